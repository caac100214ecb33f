/*
 * users.c
 *		Administration of users.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "admin/row.h"
#include "admin/users.h"
#include "base/arguments.h"

PG_FUNCTION_INFO_V1(session_group_create_user);
PG_FUNCTION_INFO_V1(session_group_set_user_active);

#define EMAIL_MAX_CHARS 254

#define USER_COLUMNS \
	"u.id, u.uuid, u.distinct_id, u.first_name, u.last_name, u.email, u.is_email_verified," \
	" u.hedgehog_config, u.role_at_organization, u.is_active, u.project_ids, u.created_at"

/*
 * Raise P0002 unless the caller sees a user with this id; SPI must be connected.
 */
void
sg_check_user_exists(int64 user_id)
{
	static SgStatement statement = {
		"SELECT 1 FROM session_group.users AS u WHERE u.id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(user_id)};

	if (sg_execute(&statement, values, NULL, SG_SNAPSHOT_NEW) == 0)
		sg_raise_unknown("user", user_id, "list_users()");
}

/*
 * Tell whether PostHog has this role in an organization.
 */
bool
sg_is_known_role(const char *role)
{
	static const char *const roles[] = {
		"engineering", "data", "product", "founder", "leadership", "marketing", "sales", "other", ""
	};

	for (size_t i = 0; i < lengthof(roles); i++)
	{
		if (strcmp(role, roles[i]) == 0)
			return true;
	}
	return false;
}

static void
check_role(FunctionCallInfo fcinfo, int number)
{
	char	   *role = PG_ARGISNULL(number) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(number));

	if (role == NULL || sg_is_known_role(role))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("role_at_organization \"%s\" is not known", role),
			 errhint("Use engineering, data, product, founder, leadership, marketing, sales,"
					 " other, an empty text or null.")));
}

/*
 * Add a hint to the error that a taken email or uuid raises.
 */
static void
add_taken_hint(void *arg)
{
	if (geterrcode() == ERRCODE_UNIQUE_VIOLATION)
		errhint("Somebody has this email or uuid; see session_group.list_users().");
}

/*
 * session_group.create_user(email text, first_name text, last_name text, distinct_id text,
 * role_at_organization text, is_email_verified boolean, hedgehog_config jsonb, uuid uuid)
 * returns session_group.users
 */
Datum
session_group_create_user(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"INSERT INTO session_group.users AS u (email, first_name, last_name, distinct_id,"
		" role_at_organization, is_email_verified, hedgehog_config, uuid)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, pg_catalog.gen_random_uuid()))"
		" RETURNING " USER_COLUMNS,
		{TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID, JSONBOID, UUIDOID}
	};
	ErrorContextCallback callback = {.callback = add_taken_hint, .previous = error_context_stack};
	Datum		row;

	sg_check_text(fcinfo, 0, "email", EMAIL_MAX_CHARS);
	sg_refuse_null(fcinfo, 1, "first_name");
	sg_refuse_null(fcinfo, 2, "last_name");
	check_role(fcinfo, 4);
	error_context_stack = &callback;
	row = sg_write_row(fcinfo, &statement);
	error_context_stack = callback.previous;
	return row;
}

/*
 * session_group.set_user_active(user_id bigint, active boolean) returns session_group.users
 */
Datum
session_group_set_user_active(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.users AS u SET is_active = $2"
		" WHERE u.id OPERATOR(pg_catalog.=) $1 RETURNING " USER_COLUMNS,
		{INT8OID, BOOLOID}
	};

	sg_refuse_null(fcinfo, 0, "user_id");
	sg_refuse_null(fcinfo, 1, "active");
	return sg_change_row(fcinfo, &statement, "user", "list_users()");
}
