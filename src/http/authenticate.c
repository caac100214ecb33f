/*
 * authenticate.c
 *		The credentials of an HTTP request: where they are, and which of them counts.
 */
#include "base/session_group.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "base/catch.h"
#include "base/text.h"
#include "fleet/placement.h"
#include "base/fault.h"
#include "http/at_once.h"
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
 * Return the parameter of the URI's query that is a key, the last one; or null.
 */
static const SgParam *
key_in_query(const SgHeaders *headers)
{
	const char *uri = sg_request_header(headers, "x-forwarded-uri");
	const char *query = uri == NULL ? NULL : strchr(uri, '?');
	SgParams	params;

	if (query == NULL)
		return NULL;
	query++;
	params = sg_params_parse(query, strlen(query));
	return sg_params_find_last(&params, "personal_api_key");
}

/*
 * Tell whether a key in the query is written in the one way in which nginx counts it
 * ($session_group_query_key in request.conf): each further way, with percent signs in
 * its name or in itself, would have limits of its own.
 */
static bool
is_plainly_written(const SgParam *key)
{
	static const char prefix[] = "personal_api_key=";
	size_t		length = sizeof(prefix) - 1;

	return key->value.length >= 20 && key->value.length <= 100 &&
		strspn(key->value.data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			   "0123456789_-") == key->value.length &&
		key->sent.length == length + key->value.length &&
		memcmp(key->sent.data, prefix, length) == 0;
}

/*
 * Keep the reason for a refusal, unless the credentials were accepted and the client
 * has a place for one more request.
 */
static void
refuse_unless(bool accepted, SgRefusal refusal)
{
	if (accepted && sg_take_place())
		return;
	if (accepted)
		sg_identity_clear();
	sg_identity_refuse(accepted ? SG_REFUSAL_BUSY : refusal);
}

/*
 * Give the transaction the identity that the headers of the request prove. Only
 * the first credentials found are tried.
 */
void
sg_authenticate_request(const SgHeaders *headers)
{
	SgRequestOrigin request = {sg_request_id(headers)};
	const char *key = sg_request_header(headers, "x-api-key");
	Jsonb	   *claims;
	const SgParam *query_key;

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
		refuse_unless(is_plainly_written(query_key) &&
					  sg_login_with_key(query_key->value.data, query_key->value.length, &request),
					  SG_REFUSAL_QUERY);
}

/*
 * The same for a key in the body of the request.
 */
void
sg_authenticate_body(const SgHeaders *headers, const char *key, size_t length)
{
	SgRequestOrigin request = {sg_request_id(headers)};

	refuse_unless(sg_login_with_key(key, length, &request), SG_REFUSAL_BODY);
}

/*
 * At the native door of one of several nodes, a request is for one project, or for a key
 * all of whose projects are here: else it would be answered with the rows that happen to
 * be on this node. Which one, nginx takes from "project_id=eq.N"; the header can do no harm,
 * since it only narrows. Of the description (its path is "/") nothing depends on projects.
 */
static void
narrow_to_node(const SgHeaders *headers)
{
	const SgProjectList *elsewhere = &sg_identity()->elsewhere;
	const char *header = sg_request_header(headers, "x-session-group-project");
	const char *path = GetConfigOption("request.path", true, false);
	int64		project_id;

	if (elsewhere->count == 0 || (path != NULL && strcmp(path, "/") == 0))
		return;
	if (header == NULL || !sg_read_number(header, strlen(header), &project_id))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CATALOG_NAME),
				 errmsg("some projects of this key are on other nodes"),
				 errhint("Ask for one project: project_id=eq.N.")));
	if (sg_project_listed(elsewhere, project_id))
		sg_raise_misdirected(project_id);
	sg_identity_narrow(project_id);
}

/*
 * At the native door, the rest of the request is PostgREST's own statement, as
 * the API role. The gateway function takes on that role by itself: the role may
 * not call it, so that the description does not tell of it.
 */
static void
authenticate(void *argument)
{
	const SgHeaders *headers = sg_request_headers();

	sg_authenticate_request(headers);
	if (sg_identity()->proof != SG_PROOF_NONE &&
		sg_request_header(headers, "x-forwarded-uri") == NULL)
	{
		narrow_to_node(headers);
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
 * Answer a client that has all its places taken before anything else is done.
 */
static void
check_place(void)
{
	SgFault		fault;

	if (sg_identity()->refusal != SG_REFUSAL_BUSY)
		return;
	sg_fault_throttled(&fault);
	sg_fault_raise_for_postgrest(&fault);
}

/*
 * session_group.authenticate() returns void
 *
 * PostgREST's db-pre-request. It first removes any identity of an earlier call.
 * Raises PT500, PT504 or PT507 if the credentials could not be checked: they may
 * well be right. Raises PT429 if the client has too many requests at work, and 42501
 * if nobody asks for the description.
 */
Datum
session_group_authenticate(PG_FUNCTION_ARGS)
{
	ErrorData  *error;

	sg_identity_clear();
	error = sg_catch_error(authenticate, NULL);
	if (error != NULL)
		sg_raise_for_postgrest(error);
	check_place();
	check_description();
	PG_RETURN_VOID();
}
