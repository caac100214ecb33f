/*
 * authenticate.c
 *		The credentials of an HTTP request: where they are, and which of them counts.
 */
#include "base/session_group.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "base/catch.h"
#include "http/authenticate.h"
#include "http/headers.h"
#include "http/native.h"
#include "http/query_string.h"
#include "identity/identity.h"
#include "identity/login.h"
#include "json/input.h"

PG_FUNCTION_INFO_V1(session_group_authenticate);

/*
 * Tell whether the claims come from a token. Without one, PostgREST still sets
 * an object, with the anonymous role.
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
 * Return the key in the query of the URI, or null.
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

/*
 * Keep the reason for a refusal, unless the credentials were accepted.
 */
static void
refuse_unless(bool accepted, SgRefusal refusal)
{
	if (!accepted)
		sg_identity_refuse(refusal);
}

/*
 * Give the transaction the identity that the headers of the request prove. Only
 * the first credentials found are tried.
 */
void
sg_authenticate_request(Jsonb *headers)
{
	SgRequestOrigin request = {sg_request_id(headers)};
	char	   *key = sg_request_header(headers, "x-api-key");
	Jsonb	   *claims;
	const SgText *query_key;

	if (key != NULL)
	{
		refuse_unless(sg_login_with_key(key, strlen(key), &request), SG_REFUSAL_HEADER);
		return;
	}
	claims = sg_session_is_gateway() ? sg_request_setting("request.jwt.claims") : NULL;
	if (claims_are_credentials(claims))
	{
		refuse_unless(sg_login_with_claims(claims, &request), SG_REFUSAL_CLAIMS);
		return;
	}
	query_key = key_in_query(headers);
	if (query_key != NULL)
		refuse_unless(sg_login_with_key(query_key->data, query_key->length, &request), SG_REFUSAL_QUERY);
}

/*
 * The same for a key in the body of the request.
 */
void
sg_authenticate_body(Jsonb *headers, const char *key, size_t length)
{
	SgRequestOrigin request = {sg_request_id(headers)};

	refuse_unless(sg_login_with_key(key, length, &request), SG_REFUSAL_BODY);
}

/*
 * At the native door, the rest of the request is PostgREST's own statement, as
 * the API role. The gateway function takes on that role by itself: the role may
 * not call it, so that the description does not tell of it.
 */
static void
authenticate(void *argument)
{
	Jsonb	   *headers = sg_request_headers();

	sg_authenticate_request(headers);
	if (sg_identity()->proof != SG_PROOF_NONE &&
		sg_request_header(headers, "x-forwarded-uri") == NULL)
	{
		sg_become_api_role();
		sg_native_lock();
	}
}

/*
 * The description at the root of the native door, which PostgREST would give to
 * everybody, is for those who may read.
 */
static void
check_description(void)
{
	const char *path = GetConfigOption("request.path", true, false);

	if (path != NULL && strcmp(path, "/") == 0 && sg_identity()->proof == SG_PROOF_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for the description"),
				 errhint("Send an API key.")));
}

/*
 * session_group.authenticate() returns void
 *
 * PostgREST's db-pre-request. It first removes any identity of an earlier call.
 * Raises PT500, PT504 or PT507 if the credentials could not be checked: they may
 * well be right. Raises 42501 if nobody asks for the description.
 */
Datum
session_group_authenticate(PG_FUNCTION_ARGS)
{
	ErrorData  *error;

	sg_identity_clear();
	error = sg_catch_error(authenticate, NULL);
	if (error != NULL)
		sg_raise_for_postgrest(error);
	check_description();
	PG_RETURN_VOID();
}
