/*
 * admit.c
 *		Who may ask for what, in the order of the HTTP contract: credentials (401),
 *		project (404), the key's projects (403), scope (403), membership (403).
 *
 * This chooses the answer. What a request can reach is bounded by the policies,
 * with or without these checks.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "utils/snapmgr.h"

#include "base/relation.h"
#include "base/text.h"
#include "fleet/placement.h"
#include "http/admit.h"
#include "http/authenticate.h"
#include "identity/identity.h"
#include "identity/login.h"
#include "json/input.h"

/*
 * Try the key in the body, the last of the three places, if there is one.
 */
static void
authenticate_by_body(SgRequest *request)
{
	if (request->method == SG_METHOD_GET)
		return;
	sg_request_read_body(request);
	if (request->json != NULL)
	{
		char	   *key = sg_json_string_field(request->json, "personal_api_key");

		if (key != NULL)
			sg_authenticate_body(request->headers, key, strlen(key));
	}
	else if (request->body_kind == SG_BODY_FORM)
	{
		const SgText *key = sg_params_last(&request->form, "personal_api_key");

		if (key != NULL)
			sg_authenticate_body(request->headers, key->data, key->length);
	}
}

static bool
check_credentials(SgRequest *request, SgFault *fault)
{
	static const char *const details[] = {
		[SG_REFUSAL_HEADER] = "Personal API key found in request Authorization header is invalid.",
		[SG_REFUSAL_QUERY] = "Personal API key found in request query string is invalid.",
		[SG_REFUSAL_BODY] = "Personal API key found in request body is invalid.",
		[SG_REFUSAL_CLAIMS] = "Token found in request Authorization header is invalid.",
	};

	/* Nobody has looked yet if there was no db-pre-request, or a request is admitted anew. */
	if (sg_identity()->proof == SG_PROOF_NONE && sg_identity()->refusal == SG_REFUSAL_NONE)
		sg_authenticate_request(request->headers);
	if (sg_identity()->proof == SG_PROOF_NONE && sg_identity()->refusal == SG_REFUSAL_NONE)
		authenticate_by_body(request);

	if (sg_identity()->proof != SG_PROOF_NONE)
	{
		sg_become_api_role();
		return true;
	}
	if (sg_identity()->refusal == SG_REFUSAL_BUSY)
		return sg_fault_throttled(fault);
	if (sg_identity()->refusal == SG_REFUSAL_NONE)
		return sg_fault(fault, SG_FAULT_NOT_AUTHENTICATED, NULL,
						"Authentication credentials were not provided.");
	return sg_fault(fault, SG_FAULT_AUTHENTICATION_FAILED, NULL, "%s",
					details[sg_identity()->refusal]);
}

/*
 * Find the project of credentials that reach just one.
 */
static bool
find_only_project(SgRequest *request, SgFault *fault)
{
	const SgIdentity *identity = sg_identity();
	int			count = 0;

	for (int i = 0; i < identity->members.count; i++)
	{
		if (identity->narrowed && !sg_project_listed(&identity->only, identity->members.ids[i]))
			continue;
		request->project_id = identity->members.ids[i];
		count++;
	}
	if (count == 1)
		return true;
	return sg_fault(fault, SG_FAULT_NOT_FOUND, NULL,
					"@current is the project of a key that has just one. This one has %d: name"
					" the project.", count);
}

/*
 * The contract has its own answer for a project that does not exist, before it asks whose
 * it is. The policies hide both alike.
 */
static bool
check_project(SgRequest *request, SgFault *fault)
{
	if (sg_text_is(&request->route.project, "@current"))
		return find_only_project(request, fault);
	if (!sg_read_number(request->route.project.data, request->route.project.length,
						&request->project_id) ||
		!(sg_project_listed(&sg_identity()->members, request->project_id) ||
		  sg_project_exists(request->project_id, GetActiveSnapshot())))
		return sg_fault(fault, SG_FAULT_NOT_FOUND, NULL, "Project not found.");
	return true;
}

static bool
is_allowed(const SgRequest *request)
{
	return request->method == SG_METHOD_OPTIONS ||
		(request->method < SG_METHOD_OTHER &&
		 request->route.resource->methods[request->method].operation != NULL);
}

/*
 * Compare the scopes with what the table of routes asks for. OPTIONS, and a
 * method that is not allowed, need what GET needs.
 */
static bool
check_scope(const SgRequest *request, SgFault *fault)
{
	const SgIdentity *identity = sg_identity();
	SgMethod	method = is_allowed(request) && request->method != SG_METHOD_OPTIONS ?
		request->method : SG_METHOD_GET;
	const char *scope = request->route.resource->methods[method].scope;

	if (scope == NULL ||
		(strcmp(scope, SG_SCOPE_WRITE) == 0 ? identity->can_write : identity->can_read))
		return true;
	return sg_fault(fault, SG_FAULT_PERMISSION_DENIED, NULL,
					"API key missing required scope '%s'", scope);
}

static bool
check_access(const SgRequest *request, SgFault *fault)
{
	const SgIdentity *identity = sg_identity();

	if (identity->narrowed && !sg_project_listed(&identity->only, request->project_id))
		return sg_fault(fault, SG_FAULT_PERMISSION_DENIED, NULL,
						"API key does not have access to the requested project: ID "
						INT64_FORMAT ".", request->project_id);
	if (!check_scope(request, fault))
		return false;
	if (!sg_project_listed(&identity->members, request->project_id))
		return sg_fault(fault, SG_FAULT_PERMISSION_DENIED, NULL,
						"You don't have access to the project.");
	return true;
}

/*
 * Refuse a project that another node has, and a write to one whose writes are stopped
 * (55006, which is answered as an error of the database's).
 */
static bool
check_placement(const SgRequest *request, SgFault *fault)
{
	if (sg_project_listed(&sg_identity()->elsewhere, request->project_id))
		return sg_fault(fault, SG_FAULT_MISDIRECTED, NULL, "The project is on another node.");
	if (!XactReadOnly)
		sg_refuse_unplaced_write(request->project_id);
	return true;
}

/*
 * Let a request in, or say why not.
 */
bool
sg_request_admit(SgRequest *request, SgFault *fault)
{
	if (request->route.resource == NULL)
		return sg_fault(fault, SG_FAULT_NOT_FOUND, NULL, "Endpoint not found.");
	if (!check_credentials(request, fault))
		return false;
	if (request->route.project.data != NULL)
	{
		if (!check_project(request, fault) || !check_access(request, fault) ||
			!check_placement(request, fault))
			return false;
	}
	else if (!check_scope(request, fault))
		return false;
	if (request->query.too_many)
		return sg_fault(fault, SG_FAULT_PARSE, NULL, "The query has more than %d parameters.",
						SG_PARAMS_MAX);
	if (!is_allowed(request))
		return sg_fault(fault, SG_FAULT_METHOD, NULL, "Method \"%s\" not allowed.",
						request->method_name);
	return true;
}
