/*
 * projects.c
 *		Administration: projects, users, members and API keys.
 *
 * All of it runs as the caller; the policies let the administrator's role do
 * it. What a constraint of the tables would refuse is checked beforehand only
 * where the constraint could not say what to do.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "admin/projects.h"
#include "base/arguments.h"
#include "base/digest.h"
#include "base/statement.h"
#include "base/text.h"
#include "base/trigger.h"
#include "identity/api_key.h"
#include "identity/identity.h"
#include "summary/store.h"

PG_FUNCTION_INFO_V1(session_group_is_timezone);
PG_FUNCTION_INFO_V1(session_group_members_to_users);
PG_FUNCTION_INFO_V1(session_group_create_project);
PG_FUNCTION_INFO_V1(session_group_rename_project);
PG_FUNCTION_INFO_V1(session_group_set_project_timezone);
PG_FUNCTION_INFO_V1(session_group_set_retention);
PG_FUNCTION_INFO_V1(session_group_delete_project);
PG_FUNCTION_INFO_V1(session_group_create_user);
PG_FUNCTION_INFO_V1(session_group_set_user_active);
PG_FUNCTION_INFO_V1(session_group_add_member);
PG_FUNCTION_INFO_V1(session_group_remove_member);
PG_FUNCTION_INFO_V1(session_group_create_api_key);
PG_FUNCTION_INFO_V1(session_group_revoke_api_key);

#define NAME_MAX_CHARS 200
#define EMAIL_MAX_CHARS 254
#define RETENTION_MAX_YEARS 1000

#define PROJECT_COLUMNS "p.id, p.name, p.timezone, p.created_at, p.retention"
#define USER_COLUMNS \
	"u.id, u.uuid, u.distinct_id, u.first_name, u.last_name, u.email, u.is_email_verified," \
	" u.hedgehog_config, u.role_at_organization, u.is_active, u.project_ids, u.created_at"
#define MEMBER_COLUMNS "m.project_id, m.user_id, m.added_at, m.removed_at"
#define KEY_COLUMNS "k.id, k.user_id, k.label, k.mask, k.revoked_at"

/*
 * Raise 22004 or 22023 unless an argument is a text of 1 to max characters.
 */
static void
check_text(FunctionCallInfo fcinfo, int number, const char *name, int max)
{
	text	   *value;
	int			length;

	sg_refuse_null(fcinfo, number, name);
	value = PG_GETARG_TEXT_PP(number);
	length = pg_mbstrlen_with_len(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	if (length < 1 || length > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have 1 to %d characters, this one has %d", name, max, length),
				 errhint("Give a shorter or a non-empty one.")));
}

/*
 * session_group.is_timezone(name text) returns boolean
 */
Datum
session_group_is_timezone(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(sg_read_timezone(text_to_cstring(PG_GETARG_TEXT_PP(0))) != NULL);
}

static void
check_timezone(FunctionCallInfo fcinfo, int number)
{
	sg_refuse_null(fcinfo, number, "timezone");
	sg_timezone_or_raise(text_to_cstring(PG_GETARG_TEXT_PP(number)));
}

static void
raise_unknown(const char *what, int64 id, const char *function)
{
	ereport(ERROR,
			(errcode(ERRCODE_NO_DATA_FOUND),
			 errmsg("no %s has id " INT64_FORMAT, what, id),
			 errhint("See session_group.%s.", function)));
}

/*
 * Run a statement whose parameters are the function's arguments; return its
 * row as a value of the function's type, or 0 if there is no row.
 */
static Datum
call_for_row(FunctionCallInfo fcinfo, SgStatement *statement)
{
	MemoryContext context = CurrentMemoryContext;
	Datum		values[SG_MAX_PARAMS];
	char		nulls[SG_MAX_PARAMS];
	Datum		result = (Datum) 0;

	for (int i = 0; OidIsValid(statement->param_types[i]); i++)
	{
		values[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	sg_spi_connect();
	if (sg_execute(statement, values, nulls, SG_SNAPSHOT_NEW) > 0)
		result = sg_row_result(fcinfo, context);
	sg_spi_finish();
	return result;
}

/*
 * session_group.create_project(name text, timezone text) returns session_group.projects
 */
Datum
session_group_create_project(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"INSERT INTO session_group.projects AS p (name, timezone) VALUES ($1, $2)"
		" RETURNING " PROJECT_COLUMNS,
		{TEXTOID, TEXTOID}
	};

	check_text(fcinfo, 0, "name", NAME_MAX_CHARS);
	check_timezone(fcinfo, 1);
	return call_for_row(fcinfo, &statement);
}

/*
 * Run a change of the project that is the first argument.
 */
static Datum
change_project(FunctionCallInfo fcinfo, SgStatement *statement)
{
	Datum		row = call_for_row(fcinfo, statement);

	if (row == (Datum) 0)
		raise_unknown("project", PG_GETARG_INT64(0), "list_projects()");
	return row;
}

/*
 * session_group.rename_project(project_id bigint, name text) returns session_group.projects
 */
Datum
session_group_rename_project(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.projects AS p SET name = $2"
		" WHERE p.id OPERATOR(pg_catalog.=) $1 RETURNING " PROJECT_COLUMNS,
		{INT8OID, TEXTOID}
	};

	sg_refuse_null(fcinfo, 0, "project_id");
	check_text(fcinfo, 1, "name", NAME_MAX_CHARS);
	return change_project(fcinfo, &statement);
}

/*
 * session_group.set_project_timezone(project_id bigint, timezone text)
 * returns session_group.projects
 */
Datum
session_group_set_project_timezone(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.projects AS p SET timezone = $2"
		" WHERE p.id OPERATOR(pg_catalog.=) $1 RETURNING " PROJECT_COLUMNS,
		{INT8OID, TEXTOID}
	};

	sg_refuse_null(fcinfo, 0, "project_id");
	check_timezone(fcinfo, 1);
	return change_project(fcinfo, &statement);
}

/*
 * Raise 22023 unless a period is positive and of a length to reckon with. None of
 * its parts may be negative: a month less 29 days is no time at all in February.
 */
static void
check_retention(FunctionCallInfo fcinfo, int number)
{
	Interval	least = {0};
	Interval	most = {.month = RETENTION_MAX_YEARS * MONTHS_PER_YEAR};
	Interval   *period;

	if (PG_ARGISNULL(number))
		return;
	period = PG_GETARG_INTERVAL_P(number);
	if (period->month < 0 || period->day < 0 || period->time < 0 ||
		!DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(period),
										  IntervalPGetDatum(&least))) ||
		!DatumGetBool(DirectFunctionCall2(interval_le, IntervalPGetDatum(period),
										  IntervalPGetDatum(&most))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("retention must be positive in all its parts, and at most %d years",
						RETENTION_MAX_YEARS),
				 errhint("For example: interval '90 days'; null to keep summaries for ever.")));
}

/*
 * session_group.set_retention(project_id bigint, retention interval)
 * returns session_group.projects
 */
Datum
session_group_set_retention(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.projects AS p SET retention = $2"
		" WHERE p.id OPERATOR(pg_catalog.=) $1 RETURNING " PROJECT_COLUMNS,
		{INT8OID, INTERVALOID}
	};

	sg_refuse_null(fcinfo, 0, "project_id");
	check_retention(fcinfo, 1);
	return change_project(fcinfo, &statement);
}

/*
 * session_group.delete_project(project_id bigint) returns void
 */
Datum
session_group_delete_project(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"DELETE FROM session_group.projects AS p WHERE p.id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[1];

	sg_refuse_null(fcinfo, 0, "project_id");
	values[0] = PG_GETARG_DATUM(0);
	sg_spi_connect();
	if (sg_execute(&statement, values, NULL, SG_SNAPSHOT_NEW) == 0)
		raise_unknown("project", PG_GETARG_INT64(0), "list_projects()");
	sg_spi_finish();
	PG_RETURN_VOID();
}

/*
 * Tell whether this is a role in an organization that PostHog has.
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
 * While a user is made, say what a taken email or uuid means.
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

	check_text(fcinfo, 0, "email", EMAIL_MAX_CHARS);
	sg_refuse_null(fcinfo, 1, "first_name");
	sg_refuse_null(fcinfo, 2, "last_name");
	check_role(fcinfo, 4);
	error_context_stack = &callback;
	row = call_for_row(fcinfo, &statement);
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
	Datum		row;

	sg_refuse_null(fcinfo, 0, "user_id");
	sg_refuse_null(fcinfo, 1, "active");
	row = call_for_row(fcinfo, &statement);
	if (row == (Datum) 0)
		raise_unknown("user", PG_GETARG_INT64(0), "list_users()");
	return row;
}

/*
 * Raise P0002 unless the caller sees a project with this id.
 */
void
sg_check_project_exists(int64 project_id)
{
	if (!sg_store_project_visible(project_id))
		raise_unknown("project", project_id, "list_projects()");
}

static void
check_user_exists(int64 user_id)
{
	static SgStatement statement = {
		"SELECT 1 FROM session_group.users AS u WHERE u.id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(user_id)};

	if (sg_execute(&statement, values, NULL, SG_SNAPSHOT_NEW) == 0)
		raise_unknown("user", user_id, "list_users()");
}

/*
 * session_group.add_member(project_id bigint, user_id bigint) returns session_group.members
 */
Datum
session_group_add_member(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"INSERT INTO session_group.members AS m (project_id, user_id) VALUES ($1, $2)"
		" ON CONFLICT (project_id, user_id) DO UPDATE SET removed_at = NULL"
		" RETURNING " MEMBER_COLUMNS,
		{INT8OID, INT8OID}
	};

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "user_id");
	sg_spi_connect();
	sg_check_project_exists(PG_GETARG_INT64(0));
	check_user_exists(PG_GETARG_INT64(1));
	sg_spi_finish();
	return call_for_row(fcinfo, &statement);
}

/*
 * session_group.remove_member(project_id bigint, user_id bigint)
 * returns session_group.members
 */
Datum
session_group_remove_member(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.members AS m SET removed_at = pg_catalog.now()"
		" WHERE m.project_id OPERATOR(pg_catalog.=) $1 AND m.user_id OPERATOR(pg_catalog.=) $2"
		" AND m.removed_at IS NULL RETURNING " MEMBER_COLUMNS,
		{INT8OID, INT8OID}
	};
	Datum		row;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "user_id");
	row = call_for_row(fcinfo, &statement);
	if (row == (Datum) 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("user " INT64_FORMAT " is not a member of project " INT64_FORMAT,
						PG_GETARG_INT64(1), PG_GETARG_INT64(0)),
				 errhint("See session_group.list_members(" INT64_FORMAT ").", PG_GETARG_INT64(0))));
	return row;
}

/*
 * Read the project and the user of a row of members.
 */
static void
membership(HeapTuple tuple, Relation relation, Datum *values)
{
	bool		isnull;

	for (int i = 0; i < 2; i++)
		values[i] = heap_getattr(tuple, i + 1, RelationGetDescr(relation), &isnull);
}

static void
refuse_moved_membership(const TriggerData *trigger)
{
	Datum		before[2];
	Datum		after[2];

	membership(trigger->tg_trigtuple, trigger->tg_relation, before);
	membership(trigger->tg_newtuple, trigger->tg_relation, after);
	if (DatumGetInt64(before[0]) != DatumGetInt64(after[0]) ||
		DatumGetInt64(before[1]) != DatumGetInt64(after[1]))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the project and the user of a membership never change"),
				 errhint("Use session_group.remove_member() and add_member().")));
}

/*
 * session_group.members_to_users() returns trigger
 *
 * Keeps users.project_ids, which the policy of that table reads: the projects
 * of all rows of members, those of former members too.
 */
Datum
session_group_members_to_users(PG_FUNCTION_ARGS)
{
	static SgStatement add = {
		"UPDATE session_group.users AS u"
		" SET project_ids = pg_catalog.array_append(u.project_ids, $1)"
		" WHERE u.id OPERATOR(pg_catalog.=) $2"
		" AND NOT ($1 OPERATOR(pg_catalog.=) ANY (u.project_ids))",
		{INT8OID, INT8OID}
	};
	static SgStatement drop = {
		"UPDATE session_group.users AS u"
		" SET project_ids = pg_catalog.array_remove(u.project_ids, $1)"
		" WHERE u.id OPERATOR(pg_catalog.=) $2",
		{INT8OID, INT8OID}
	};
	static SgStatement drop_all = {
		"UPDATE session_group.users SET project_ids = '{}'"
		" WHERE project_ids OPERATOR(pg_catalog.<>) '{}'"
	};
	TriggerData *trigger = sg_trigger(fcinfo, "members", SG_AFTER_ROW | SG_AFTER_TRUNCATE);
	Datum		values[2] = {0};

	if (TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		membership(trigger->tg_trigtuple, trigger->tg_relation, values);
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
	{
		refuse_moved_membership(trigger);
		return PointerGetDatum(NULL);
	}
	sg_spi_connect();
	sg_execute(TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) ? &drop_all :
			   TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ? &add : &drop, values, NULL,
			   SG_SNAPSHOT_NEW);
	sg_spi_finish();
	return PointerGetDatum(NULL);
}

/*
 * Raise 22023 for a scope that means nothing here.
 */
static void
check_scopes(FunctionCallInfo fcinfo, int number)
{
	Datum	   *items;
	bool	   *nulls;
	int			count;

	if (PG_ARGISNULL(number))
		return;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(number), TEXTOID, -1, false, TYPALIGN_INT,
					  &items, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *scope = nulls[i] ? "null" : TextDatumGetCString(items[i]);

		if (strcmp(scope, SG_SCOPE_READ) != 0 &&
			strcmp(scope, SG_SCOPE_WRITE) != 0 && strcmp(scope, SG_SCOPE_ALL) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("scope \"%s\" is not known", scope),
					 errhint("Use " SG_SCOPE_READ ", " SG_SCOPE_WRITE " or " SG_SCOPE_ALL ".")));
	}
}

static void
check_projects(FunctionCallInfo fcinfo, int number)
{
	Datum	   *items;
	bool	   *nulls;
	int			count;

	if (PG_ARGISNULL(number))
		return;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(number), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &items, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("project_ids must not contain nulls"),
					 errhint("Leave the nulls out.")));
		sg_check_project_exists(DatumGetInt64(items[i]));
	}
}

/*
 * session_group.create_api_key(user_id bigint, label text, scopes text[],
 * project_ids bigint[], expires_at timestamptz) returns text
 *
 * The one place where a key is seen.
 */
Datum
session_group_create_api_key(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"INSERT INTO session_group.api_keys"
		" (user_id, label, scopes, project_ids, expires_at, mask, hash)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)",
		{INT8OID, TEXTOID, TEXTARRAYOID, INT8ARRAYOID, TIMESTAMPTZOID, TEXTOID, TEXTOID}
	};
	char	   *key = sg_api_key_generate();
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char		hash[SG_API_KEY_HASH_SIZE];
	Datum		values[7];
	char		nulls[7];

	sg_refuse_null(fcinfo, 0, "user_id");
	check_text(fcinfo, 1, "label", NAME_MAX_CHARS);
	check_scopes(fcinfo, 2);
	if (!PG_ARGISNULL(4) && PG_GETARG_TIMESTAMPTZ(4) <= GetCurrentTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_at must be in the future"),
				 errhint("For example: now() + interval '90 days'; null for never.")));

	sg_spi_connect();
	check_user_exists(PG_GETARG_INT64(0));
	check_projects(fcinfo, 3);
	for (int i = 0; i < 5; i++)
	{
		values[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	sg_sha256(key, strlen(key), digest);
	sg_api_key_hash(digest, hash);
	values[5] = CStringGetTextDatum(sg_api_key_mask(key));
	values[6] = CStringGetTextDatum(hash);
	nulls[5] = nulls[6] = ' ';
	sg_execute(&statement, values, nulls, SG_SNAPSHOT_NEW);
	sg_spi_finish();
	PG_RETURN_TEXT_P(cstring_to_text(key));
}

/*
 * session_group.revoke_api_key(api_key_id bigint) returns record
 */
Datum
session_group_revoke_api_key(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.api_keys AS k"
		" SET revoked_at = coalesce(k.revoked_at, pg_catalog.now())"
		" WHERE k.id OPERATOR(pg_catalog.=) $1 RETURNING " KEY_COLUMNS,
		{INT8OID}
	};
	Datum		row;

	sg_refuse_null(fcinfo, 0, "api_key_id");
	row = call_for_row(fcinfo, &statement);
	if (row == (Datum) 0)
		raise_unknown("API key", PG_GETARG_INT64(0), "list_api_keys()");
	return row;
}
