/*
 * login.c
 *		The ways to an identity: an API key, the claims of a verified JWT, and a trusted
 *		backend that vouches for the user.
 *
 * Keys, users and memberships are read as the extension's owner, since no caller
 * may read keys. Each statement reads the one key or user that the caller has
 * named.
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

#include "base/digest.h"
#include "base/statement.h"
#include "base/text.h"
#include "fleet/clock.h"
#include "fleet/node.h"
#include "identity/api_key.h"
#include "identity/key_cache.h"
#include "identity/key_usage.h"
#include "identity/login.h"
#include "json/input.h"

bool		sg_require_token_expiry = true;

PG_FUNCTION_INFO_V1(session_group_login);
PG_FUNCTION_INFO_V1(session_group_assume_identity);

/* The memberships of user "u", as an array. */
#define MEMBERSHIPS \
	"ARRAY(SELECT m.project_id FROM session_group.members AS m" \
	" WHERE m.user_id OPERATOR(pg_catalog.=) u.id AND m.removed_at IS NULL)"

/* Of these, those that other nodes have; $2 is this node. */
#define ELSEWHERE \
	"ARRAY(SELECT m.project_id FROM session_group.members AS m" \
	" WHERE m.user_id OPERATOR(pg_catalog.=) u.id AND m.removed_at IS NULL" \
	" AND EXISTS (SELECT FROM session_group.nodes AS n)" \
	" AND NOT EXISTS (SELECT FROM session_group.placements AS p" \
	" WHERE p.project_id OPERATOR(pg_catalog.=) m.project_id AND p.node OPERATOR(pg_catalog.=) $2))"

/* Where there is one machine. */
#define NONE "'{}'::pg_catalog.int8[]"

/*
 * Read a list from a bigint[]; raise 22004 if it contains nulls.
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
 * Add a scope to an identity. Unknown scopes belong to other products and are
 * ignored.
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
 * Write the use of a key to its row: not in a read-only transaction, and not
 * under REPEATABLE READ, where two uses of a key at once would fail with 40001.
 * A row that another request has locked is skipped.
 */
static void
touch_key(int64 key_id)
{
	static SgStatement touch = {
		"UPDATE session_group.api_keys AS k SET last_used_at = pg_catalog.now()"
		" WHERE k.id OPERATOR(pg_catalog.=)"
		" (SELECT l.id FROM session_group.api_keys AS l"
		" WHERE l.id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE SKIP LOCKED)",
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(key_id)};

	if (XactReadOnly || XactIsoLevel != XACT_READ_COMMITTED)
		return;
	if (sg_execute_as_owner(&touch, values, NULL, SG_SNAPSHOT_NEW) > 0)
		sg_key_cache_forget();	/* whoever reads the key again does not write its use again */
}

/*
 * Read a key from the row of the last result.
 */
static void
read_key(SgKey *key)
{
	SgIdentity *identity = &key->identity;
	bool		isnull;
	Datum		value;

	memset(key, 0, sizeof(SgKey));
	identity->proof = SG_PROOF_API_KEY;
	identity->api_key_id = DatumGetInt64(sg_required(0, 1));
	identity->user_id = DatumGetInt64(sg_required(0, 2));
	value = sg_result(0, 3, &isnull);
	if (!isnull)
		add_scopes(identity, DatumGetArrayTypeP(value));
	value = sg_result(0, 4, &isnull);
	if (!isnull)
		list_from_array(&identity->only, DatumGetArrayTypeP(value));
	identity->narrowed = identity->only.count > 0;
	list_from_array(&identity->members, DatumGetArrayTypeP(sg_required(0, 5)));
	value = sg_result(0, 6, &isnull);
	key->expires_at = isnull ? DT_NOEND : DatumGetTimestampTz(value);
	value = sg_result(0, 7, &isnull);
	key->last_used_at = isnull ? DT_NOBEGIN : DatumGetTimestampTz(value);
	identity->api_key_mask = TextDatumGetCString(sg_required(0, 8));
	list_from_array(&identity->elsewhere, DatumGetArrayTypeP(sg_required(0, 9)));
}

/*
 * Run one of two statements, the second where there are several nodes, with what it asks
 * for and this node. As the owner: it reads the one key or user that the caller has named.
 */
static bool
read_who(SgStatement *statements, Datum value)
{
	const char *node = sg_node();
	Datum		values[2] = {value};
	const char	nulls[] = {' ', node == NULL ? 'n' : ' '};

	if (node != NULL)
		values[1] = CStringGetTextDatum(node);
	return sg_execute_as_owner(&statements[node == NULL ? 0 : 1], values, nulls,
							   SG_SNAPSHOT_LATEST) == 1;
}

/*
 * Find a valid key: not revoked, of an active user. Null if there is none. SPI
 * must be connected.
 */
static const SgKey *
find_key(const uint8 digest[PG_SHA256_DIGEST_LENGTH])
{
#define FIND(elsewhere) \
	{"SELECT k.id, k.user_id, k.scopes, k.project_ids, " MEMBERSHIPS "," \
		" k.expires_at, k.last_used_at, k.mask, " elsewhere \
		" FROM session_group.api_keys AS k" \
		" JOIN session_group.users AS u ON u.id OPERATOR(pg_catalog.=) k.user_id" \
		" WHERE k.hash OPERATOR(pg_catalog.=) $1 AND k.revoked_at IS NULL AND u.is_active", \
		{TEXTOID, TEXTOID}}
	static SgStatement find[] = {FIND(NONE), FIND(ELSEWHERE)};
#undef FIND
	const SgKey *cached = sg_key_cache_find(digest);
	char		hash[SG_API_KEY_HASH_SIZE];
	uint64		generation;
	SgKey	   *key;

	if (cached != NULL)
		return cached;
	generation = sg_key_cache_begin();
	sg_api_key_hash(digest, hash);
	if (!read_who(find, CStringGetTextDatum(hash)))
		return NULL;
	key = palloc(sizeof(SgKey));
	read_key(key);
	sg_key_cache_keep(digest, key, generation);
	return key;
}

/*
 * Tell whether to note a use: the last one was noted more than an hour ago.
 */
static bool
use_is_news(const SgKey *key)
{
	return key->last_used_at == DT_NOBEGIN ||
		key->last_used_at < GetCurrentTransactionStartTimestamp() - USECS_PER_HOUR;
}

/*
 * Note that a key is used: in memory, from where it is written later, or, where that
 * is not to be had, in its row, if the caller may.
 */
static void
note_use(const uint8 digest[PG_SHA256_DIGEST_LENGTH], int64 key_id, bool may_write)
{
	SgKeyUsed	noted = sg_key_usage_remember(key_id);

	if (noted == SG_KEY_NOTED)
		sg_key_cache_used(digest);
	else if (noted == SG_KEY_NOT_NOTED && may_write)
		touch_key(key_id);
}

/*
 * Take on the identity of a key; false if the key is not valid. Only HTTP
 * requests, whose transactions are short, write the use to the key's row: a long
 * transaction would keep the row locked, and the key could not be revoked. An
 * application may say that it is one, so the session must be the gateway's.
 * "request" is null for SQL.
 */
bool
sg_login_with_key(const char *text, size_t length, const SgRequestOrigin *request)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	const SgKey *key;
	uint64		state;
	bool		found;

	if (length == 0 || length > SG_API_KEY_MAX_LENGTH)
		return false;
	sg_refuse_without_directory();
	sg_sha256(text, length, digest);

	sg_spi_connect();
	state = sg_key_cache_begin();
	key = find_key(digest);
	found = key != NULL && key->expires_at > GetCurrentTimestamp();
	if (found)
	{
		SgIdentity	identity = key->identity;
		int64		key_id = identity.api_key_id;
		bool		news = use_is_news(key);

		identity.proven = (int64) state;
		if (request != NULL)
			identity.request_id = request->id;
		sg_identity_assume(&identity);
		if (news)
			note_use(digest, key_id, request != NULL && sg_session_is_gateway());
	}
	sg_spi_finish();
	return found;
}

/*
 * Fill in the user of an identity by uuid and take it on; false if there is no
 * active user with it.
 */
static bool
login_with_uuid(SgIdentity *identity, const pg_uuid_t *uuid)
{
#define FIND(elsewhere) \
	{"SELECT u.id, " MEMBERSHIPS ", " elsewhere " FROM session_group.users AS u" \
		" WHERE u.uuid OPERATOR(pg_catalog.=) $1 AND u.is_active", {UUIDOID, TEXTOID}}
	static SgStatement find_user[] = {FIND(NONE), FIND(ELSEWHERE)};
#undef FIND
	bool		found;

	sg_refuse_without_directory();
	sg_spi_connect();
	identity->proven = (int64) sg_key_cache_begin();
	found = read_who(find_user, UUIDPGetDatum(uuid));
	if (found)
	{
		identity->user_id = DatumGetInt64(sg_required(0, 1));
		list_from_array(&identity->members, DatumGetArrayTypeP(sg_required(0, 2)));
		list_from_array(&identity->elsewhere, DatumGetArrayTypeP(sg_required(0, 3)));
		sg_identity_assume(identity);
	}
	sg_spi_finish();
	return found;
}

/*
 * Tell whether the login role of this session may assert who the user is.
 */
bool
sg_session_is_gateway(void)
{
	Oid			gateway = get_role_oid(SG_ROLE_GATEWAY, true);

	return OidIsValid(gateway) && member_can_set_role(GetSessionUserId(), gateway);
}

/*
 * Change to the API role until the end of the transaction, if the session may.
 */
void
sg_become_api_role(void)
{
	Oid			role = get_role_oid(SG_ROLE_API, true);

	if (OidIsValid(role) && GetUserId() != role && member_can_set_role(GetSessionUserId(), role))
		(void) set_config_option("role", SG_ROLE_API, superuser() ? PGC_SUSET : PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_LOCAL, true, ERROR, false);
}

/*
 * Read the claim "scopes": a list of strings, or a string of words. False if it
 * is neither.
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
 * Read a project id; false if it is not a positive whole number of bigint's
 * range.
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
 * Read the claim "project_ids". Absent or null, it does not narrow; a list
 * narrows to its projects, an empty one to none. False if it is malformed.
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

/*
 * Take on the identity that the claims of a token name. PostgREST has verified
 * the token. False if the user is not an active one, or a claim is malformed.
 */
bool
sg_login_with_claims(Jsonb *claims, const SgRequestOrigin *request)
{
	SgIdentity	identity = {.proof = SG_PROOF_CLAIMS, .request_id = request->id};
	char	   *sub = sg_json_string_field(claims, "sub");
	JsonbValue	expiry;
	pg_uuid_t	uuid;

	/* PostgREST has compared it with the time, if it is there. */
	if (sg_require_token_expiry &&
		!(sg_json_object_field(claims, "exp", &expiry) && expiry.type == jbvNumeric))
		return false;
	return sub != NULL && sg_read_uuid(sub, strlen(sub), &uuid) &&
		read_scopes(&identity, claims) &&
		read_project_ids(&identity, claims) &&
		login_with_uuid(&identity, &uuid);
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
	if (key == NULL || !sg_login_with_key(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key), NULL))
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

	if (!sg_session_is_gateway())
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
