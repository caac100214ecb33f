/*
 * authenticate.c
 *		The ways to an identity: an API key, the claims of a verified JWT, the
 *		word of a trusted backend.
 *
 * Keys, users and memberships are read as the extension's owner, since no
 * caller may read keys. Each statement is about one key or one user, named by
 * what the caller has brought.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "identity/api_key.h"
#include "identity/authenticate.h"
#include "base/digest.h"
#include "base/fault.h"
#include "json/input.h"
#include "identity/key_cache.h"
#include "identity/key_usage.h"
#include "http/query_string.h"
#include "http/headers.h"
#include "base/safely.h"
#include "base/statement.h"
#include "base/text.h"

PG_FUNCTION_INFO_V1(session_group_login);
PG_FUNCTION_INFO_V1(session_group_assume_identity);
PG_FUNCTION_INFO_V1(session_group_authenticate);

/* Memberships as an array, for a user "u". */
#define MEMBERSHIPS \
	"ARRAY(SELECT m.project_id FROM session_group.members AS m" \
	" WHERE m.user_id OPERATOR(pg_catalog.=) u.id AND m.removed_at IS NULL)"

/*
 * Fill a list from a bigint[]; nulls are refused.
 */
static void
list_from_array(SgProjectList *list, ArrayType *array)
{
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a list of projects must not contain nulls"),
				 errhint("Leave the nulls out.")));
	list->count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	list->ids = (const int64 *) ARR_DATA_PTR(array);
}

/*
 * Add one scope to an identity; unknown ones are scopes of other products.
 */
static void
add_scope(SgIdentity *identity, const char *scope, size_t length)
{
	bool		all = length == strlen(SG_SCOPE_ALL) && memcmp(scope, SG_SCOPE_ALL, length) == 0;
	bool		write = length == strlen(SG_SCOPE_WRITE) && memcmp(scope, SG_SCOPE_WRITE, length) == 0;
	bool		read = length == strlen(SG_SCOPE_READ) && memcmp(scope, SG_SCOPE_READ, length) == 0;

	identity->can_read |= all || write || read;
	identity->can_write |= all || write;
}

static void
add_scopes(SgIdentity *identity, ArrayType *scopes)
{
	Datum	   *items;
	bool	   *nulls;
	int			count;

	deconstruct_array(scopes, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i])
		{
			text	   *scope = DatumGetTextPP(items[i]);

			add_scope(identity, VARDATA_ANY(scope), VARSIZE_ANY_EXHDR(scope));
		}
	}
}

/*
 * Note in a key's row that it is used. Not in a read-only transaction, which cannot; not
 * under REPEATABLE READ, where two uses of one key would fail with 40001; and
 * no waiting for another request that does the same.
 */
static void
touch_key(int64 key_id)
{
	static SgStatement touch = {
		"UPDATE session_group.api_keys AS k SET last_used_at = pg_catalog.now()"
		" WHERE k.id OPERATOR(pg_catalog.=)"
		" (SELECT l.id FROM session_group.api_keys AS l"
		" WHERE l.id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE SKIP LOCKED)",
		1, {INT8OID}
	};
	Datum		values[] = {Int64GetDatum(key_id)};

	if (!XactReadOnly && XactIsoLevel == XACT_READ_COMMITTED)
		sg_execute_as_owner(&touch, values, NULL, SG_SNAPSHOT_NEW);
}

/*
 * Read the owner, scopes and projects of a key from the last result's row.
 */
static void
read_key(SgKey *key)
{
	SgIdentity *identity = &key->identity;
	bool		isnull;
	Datum		value;

	memset(key, 0, sizeof(SgKey));
	identity->proof = SG_PROOF_API_KEY;
	identity->api_key_id = DatumGetInt64(sg_result(0, 1, &isnull));
	identity->user_id = DatumGetInt64(sg_result(0, 2, &isnull));
	value = sg_result(0, 3, &isnull);
	if (!isnull)
		add_scopes(identity, DatumGetArrayTypeP(value));
	value = sg_result(0, 4, &isnull);
	if (!isnull)
		list_from_array(&identity->only, DatumGetArrayTypeP(value));
	identity->narrowed = identity->only.count > 0;
	list_from_array(&identity->members, DatumGetArrayTypeP(sg_result(0, 5, &isnull)));
	value = sg_result(0, 6, &isnull);
	key->expires_at = isnull ? DT_NOEND : DatumGetTimestampTz(value);
	value = sg_result(0, 7, &isnull);
	key->last_used_at = isnull ? DT_NOBEGIN : DatumGetTimestampTz(value);
}

/*
 * Find a key that is not revoked, of an active user; null if there is none.
 * SPI must be connected.
 */
static const SgKey *
find_key(const uint8 digest[PG_SHA256_DIGEST_LENGTH])
{
	static SgStatement find = {
		"SELECT k.id, k.user_id, k.scopes, k.project_ids, " MEMBERSHIPS ","
		" k.expires_at, k.last_used_at"
		" FROM session_group.api_keys AS k"
		" JOIN session_group.users AS u ON u.id OPERATOR(pg_catalog.=) k.user_id"
		" WHERE k.hash OPERATOR(pg_catalog.=) $1 AND k.revoked_at IS NULL AND u.is_active",
		1, {TEXTOID}
	};
	const SgKey *cached = sg_key_cache_find(digest);
	char		hash[SG_API_KEY_HASH_SIZE];
	Datum		values[1];
	uint64		generation;
	SgKey	   *key;

	if (cached != NULL)
		return cached;
	generation = sg_key_cache_begin();
	sg_api_key_hash(digest, hash);
	values[0] = CStringGetTextDatum(hash);
	if (sg_execute_as_owner(&find, values, NULL, SG_SNAPSHOT_NEW) != 1)
		return NULL;
	key = palloc(sizeof(SgKey));
	read_key(key);
	sg_key_cache_keep(digest, key, generation);
	return key;
}

/*
 * Tell whether the use of a key is to be noted: the last that was is an hour ago.
 */
static bool
use_is_news(const SgKey *key)
{
	return key->last_used_at == DT_NOBEGIN ||
		key->last_used_at < GetCurrentTransactionStartTimestamp() - USECS_PER_HOUR;
}

/*
 * Take on the identity of a key; false if it is none that is valid now. Only a
 * request's transaction, which is short, notes the use in the key's row: an
 * application's would keep the row locked, and the key from being revoked.
 */
static bool
login_with_key(const char *text, size_t length, bool in_request)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	const SgKey *key;
	bool		found;

	if (length == 0 || length > SG_API_KEY_MAX_LENGTH)
		return false;
	sg_sha256(text, length, digest);

	sg_spi_connect();
	key = find_key(digest);
	found = key != NULL && key->expires_at > GetCurrentTimestamp();
	if (found)
	{
		int64		key_id = key->identity.api_key_id;
		bool		news = use_is_news(key);

		sg_identity_assume(&key->identity);
		if (news && !sg_key_usage_remember(key_id) && in_request)
			touch_key(key_id);
	}
	sg_spi_finish();
	return found;
}

/*
 * Complete an identity by its user's uuid and take it on; false if no active
 * user has it.
 */
static bool
login_with_uuid(SgIdentity *identity, const pg_uuid_t *uuid)
{
	static SgStatement find_user = {
		"SELECT u.id, " MEMBERSHIPS " FROM session_group.users AS u"
		" WHERE u.uuid OPERATOR(pg_catalog.=) $1 AND u.is_active",
		1, {UUIDOID}
	};
	Datum		values[] = {UUIDPGetDatum(uuid)};
	bool		found;

	sg_spi_connect();
	found = sg_execute_as_owner(&find_user, values, NULL, SG_SNAPSHOT_NEW) == 1;
	if (found)
	{
		bool		isnull;

		identity->user_id = DatumGetInt64(sg_result(0, 1, &isnull));
		list_from_array(&identity->members, DatumGetArrayTypeP(sg_result(0, 2, &isnull)));
		sg_identity_assume(identity);
	}
	sg_spi_finish();
	return found;
}

/*
 * Tell whether the session was opened by a login role that may assert claims.
 */
static bool
session_is_gateway(void)
{
	Oid			gateway = get_role_oid(SG_ROLE_GATEWAY, true);

	return OidIsValid(gateway) && member_can_set_role(GetSessionUserId(), gateway);
}

/*
 * Become the API role until the end of the transaction, where the session may.
 */
static void
become_api_role(void)
{
	Oid			role = get_role_oid(SG_ROLE_API, true);

	if (OidIsValid(role) && GetUserId() != role && member_can_set_role(GetSessionUserId(), role))
		(void) set_config_option("role", SG_ROLE_API, superuser() ? PGC_SUSET : PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_LOCAL, true, ERROR, false);
}

/*
 * Read the claim "scopes": a list of strings, or one string with blanks
 * between. False if it is neither.
 */
static bool
read_scopes(SgIdentity *identity, Jsonb *claims)
{
	JsonbValue	value;
	JsonbIterator *it;
	JsonbIteratorToken token;

	if (!sg_json_object_field(claims, "scopes", &value) || value.type == jbvNull)
		return true;
	if (value.type == jbvString)
	{
		char	   *scopes = pnstrdup(value.val.string.val, value.val.string.len);
		char	   *rest;

		for (char *s = strtok_r(scopes, " ", &rest); s != NULL; s = strtok_r(NULL, " ", &rest))
			add_scope(identity, s, strlen(s));
		return true;
	}
	if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
		return false;
	it = JsonbIteratorInit(value.val.binary.data);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if (value.type != jbvString)
			return false;
		add_scope(identity, value.val.string.val, value.val.string.len);
	}
	return true;
}

/*
 * Read a project id; false if it is no whole number of bigint's positive range.
 */
static bool
read_project_id(const JsonbValue *value, int64 *id)
{
	char	   *digits;

	if (value->type != jbvNumeric)
		return false;
	digits = numeric_normalize(value->val.numeric);
	return sg_read_number(digits, strlen(digits), id);
}

/*
 * Read the claim "project_ids": absent or null, it narrows nothing; a list
 * narrows to its projects, an empty one to none. False if it is no such list.
 */
static bool
read_project_ids(SgIdentity *identity, Jsonb *claims)
{
	JsonbValue	value;
	JsonbIterator *it;
	JsonbIteratorToken token;
	int64	   *ids;
	int			count = 0;

	if (!sg_json_object_field(claims, "project_ids", &value) || value.type == jbvNull)
		return true;
	if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))
		return false;

	ids = palloc(sizeof(int64) * Max(JsonContainerSize(value.val.binary.data), 1));
	it = JsonbIteratorInit(value.val.binary.data);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM && !read_project_id(&value, &ids[count++]))
			return false;
	}
	identity->narrowed = true;
	identity->only.ids = ids;
	identity->only.count = count;
	return true;
}

static bool
login_with_claims(Jsonb *claims)
{
	SgIdentity	identity = {.proof = SG_PROOF_CLAIMS};
	char	   *sub = sg_json_string_field(claims, "sub");
	pg_uuid_t	uuid;

	return sub != NULL && sg_read_uuid(sub, strlen(sub), &uuid) &&
		read_scopes(&identity, claims) &&
		read_project_ids(&identity, claims) &&
		login_with_uuid(&identity, &uuid);
}

/*
 * Tell whether claims are credentials: without a token, PostgREST still gives
 * an object with the anonymous role in it.
 */
static bool
claims_are_credentials(Jsonb *claims)
{
	JsonbValue	value;
	bool		has_role;

	if (claims == NULL)
		return false;
	has_role = sg_json_object_field(claims, "role", &value);
	return JB_ROOT_COUNT(claims) > (has_role ? 1 : 0);
}

/*
 * Return the key in the query of the request's URI, or null.
 */
static const SgText *
key_in_query(Jsonb *headers)
{
	char	   *uri = sg_request_header(headers, "x-forwarded-uri");
	char	   *query = uri == NULL ? NULL : strchr(uri, '?');
	SgParams	params;

	if (query == NULL)
		return NULL;
	query++;
	params = sg_params_parse(query, strlen(query));
	return sg_params_last(&params, "personal_api_key");
}

static void
conclude(bool accepted, SgRefusal refusal)
{
	if (accepted)
		become_api_role();
	else
		sg_identity_refuse(refusal);
}

/*
 * Give the transaction the identity that the request's headers prove. The
 * first credentials found are the ones tried.
 */
void
sg_authenticate_request(Jsonb *headers)
{
	char	   *key = sg_request_header(headers, "x-api-key");
	Jsonb	   *claims;
	const SgText *query_key;

	if (key != NULL)
	{
		conclude(login_with_key(key, strlen(key), true), SG_REFUSAL_HEADER);
		return;
	}
	claims = session_is_gateway() ? sg_request_setting("request.jwt.claims") : NULL;
	if (claims_are_credentials(claims))
	{
		conclude(login_with_claims(claims), SG_REFUSAL_CLAIMS);
		return;
	}
	query_key = key_in_query(headers);
	if (query_key != NULL)
		conclude(login_with_key(query_key->data, query_key->length, true), SG_REFUSAL_QUERY);
}

/*
 * The same for a key that stands in the request's body.
 */
void
sg_authenticate_body(const char *key, size_t length)
{
	conclude(login_with_key(key, length, true), SG_REFUSAL_BODY);
}

static void
authenticate(void *argument)
{
	sg_authenticate_request(sg_request_headers());
}

/*
 * Refuse the request because its credentials could not be checked, which does
 * not make them wrong ones. PostgREST takes the status out of the SQLSTATE.
 */
static void
raise_for_postgrest(ErrorData *error)
{
	SgFault		fault;
	int			status;

	sg_log_error(error);
	sg_fault_of_error(&fault, error->sqlerrcode);
	status = sg_fault_status(&fault);
	ereport(ERROR,
			(errcode(MAKE_SQLSTATE('P', 'T', '0' + status / 100, '0' + status / 10 % 10,
								   '0' + status % 10)),
			 errmsg("%s", fault.detail)));
}

/*
 * session_group.authenticate() returns void
 *
 * PostgREST's db-pre-request. Leaves no identity of an earlier call behind.
 * Raises PT500, PT504 or PT507 where credentials could not be checked.
 */
Datum
session_group_authenticate(PG_FUNCTION_ARGS)
{
	ErrorData  *error;

	sg_identity_clear();
	error = sg_safely(authenticate, NULL);
	if (error != NULL)
		raise_for_postgrest(error);
	PG_RETURN_VOID();
}

/*
 * session_group.login(api_key text) returns void
 *
 * Raises 28000 if the key is not valid, with nothing of the key in the message.
 */
Datum
session_group_login(PG_FUNCTION_ARGS)
{
	text	   *key = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);

	sg_identity_clear();
	if (key == NULL || !login_with_key(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key), false))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("the API key is invalid"),
				 errdetail("It is unknown, revoked or expired, or its owner is inactive."),
				 errhint("An administrator makes a key with session_group.create_api_key().")));
	if (!IsTransactionBlock())
		ereport(WARNING,
				(errmsg("the identity ends with this statement"),
				 errhint("Call session_group.login() inside a transaction block (BEGIN).")));
	PG_RETURN_VOID();
}

/*
 * session_group.assume_identity(user_uuid uuid, scopes text[], project_ids bigint[])
 * returns void
 *
 * Raises 42501 if the session's login role is not the gateway's, 22004 for a
 * null user or scopes or a null in the projects, 28000 for an unknown or
 * inactive user.
 */
Datum
session_group_assume_identity(PG_FUNCTION_ARGS)
{
	SgIdentity	identity = {.proof = SG_PROOF_ASSUMED};

	if (!session_is_gateway())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only a trusted backend may assume an identity"),
				 errhint("GRANT %s to the role that this session logs in as.", SG_ROLE_GATEWAY)));
	sg_identity_clear();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("user_uuid and scopes must not be null"),
				 errhint("Give the uuid of a user (session_group.list_users()) and, for example, ARRAY['%s'].",
						 SG_SCOPE_READ)));
	add_scopes(&identity, PG_GETARG_ARRAYTYPE_P(1));
	identity.narrowed = !PG_ARGISNULL(2);
	if (identity.narrowed)
		list_from_array(&identity.only, PG_GETARG_ARRAYTYPE_P(2));
	if (!login_with_uuid(&identity, PG_GETARG_UUID_P(0)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("no active user has this uuid"),
				 errhint("See session_group.list_users().")));
	PG_RETURN_VOID();
}
