/*
 * api_keys.c
 *		Administration of API keys.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "admin/projects.h"
#include "admin/row.h"
#include "admin/users.h"
#include "base/arguments.h"
#include "base/digest.h"
#include "identity/api_key.h"
#include "identity/identity.h"

PG_FUNCTION_INFO_V1(session_group_create_api_key);
PG_FUNCTION_INFO_V1(session_group_revoke_api_key);

#define KEY_COLUMNS "k.id, k.user_id, k.label, k.mask, k.revoked_at"

/*
 * Raise 22023 for an unknown scope.
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
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("project_ids must not be empty"),
				 errhint("Null is for all projects of the user.")));
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
 * The key is returned here and can never be seen again.
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
	sg_check_text(fcinfo, 1, "label", SG_NAME_MAX_CHARS);
	check_scopes(fcinfo, 2);
	if (!PG_ARGISNULL(4) && PG_GETARG_TIMESTAMPTZ(4) <= GetCurrentTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_at must be in the future"),
				 errhint("For example: now() + interval '90 days'; null for never.")));

	sg_spi_connect();
	sg_check_user_exists(PG_GETARG_INT64(0));
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

	sg_refuse_null(fcinfo, 0, "api_key_id");
	return sg_change_row(fcinfo, &statement, "API key", "list_api_keys()");
}
