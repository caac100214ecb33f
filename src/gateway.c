/*
 * gateway.c
 *		The edge of the HTTP gateway: a request in, an answer out.
 *
 * Everything happens in a subtransaction. A fault is an answer; an error that
 * nobody foresaw rolls the subtransaction back, is logged, and is answered as
 * "server_error" without detail. So nothing but a cancelled or dying backend
 * raises an error towards PostgREST, which would lose the status and headers,
 * and which repeats a transaction for ever on SQLSTATE 40001.
 */
#include "session_group.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "gateway.h"
#include "json_output.h"
#include "request.h"
#include "statement.h"

PG_FUNCTION_INFO_V1(session_group_http);

/*
 * Begin a body anew: room for the header of the bytea that it will be.
 */
static void
reset_body(SgResponse *response)
{
	resetStringInfo(response->body);
	appendStringInfoSpaces(response->body, VARHDRSZ);
}

static void
answer_fault(SgResponse *response, const SgFault *fault, SgResource resource)
{
	StringInfo	buf = response->body;

	reset_body(response);
	response->status = sg_fault_status(fault);
	response->allow = fault->kind == SG_FAULT_METHOD ? sg_allowed_methods(resource) : NULL;
	sg_json_literal(buf, "{\"type\":");
	sg_json_cstring(buf, sg_fault_type(fault));
	sg_json_literal(buf, ",\"code\":");
	sg_json_cstring(buf, sg_fault_code(fault));
	sg_json_literal(buf, ",\"detail\":");
	sg_json_cstring(buf, fault->detail);
	sg_json_literal(buf, ",\"attr\":");
	if (fault->attr != NULL)
		sg_json_cstring(buf, fault->attr);
	else
		sg_json_literal(buf, "null");
	appendStringInfoChar(buf, '}');
}

static void
serve(SgRequest *request, SgResponse *response)
{
	SgFault		fault;

	sg_spi_connect();
	if (!sg_request_admit(request, &fault) || !sg_operate(request, response, &fault))
		answer_fault(response, &fault, request->route.resource);
	sg_spi_finish();
}

/*
 * Tell whether an error must go on to whoever ends this backend's work.
 */
static bool
must_propagate(const ErrorData *error)
{
	return ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION ||
		error->elevel > ERROR;
}

static void
answer_error(SgRequest *request, SgResponse *response, ErrorData *error)
{
	SgFault		fault;

	error->elevel = LOG;
	ThrowErrorData(error);
	sg_fault(&fault, SG_FAULT_SERVER_ERROR, NULL, "A server error occurred.");
	answer_fault(response, &fault, request->route.resource);
}

/*
 * Serve a request in a subtransaction, and answer whatever goes wrong.
 */
static void
serve_safely(SgRequest *request, SgResponse *response)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		serve(request, response);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (must_propagate(error))
			ReThrowError(error);
		answer_error(request, response, error);
	}
	PG_END_TRY();
}

/*
 * Hand status and headers to PostgREST. All texts are fixed ones: header
 * values would go out as they are, line breaks and all. Where there is no
 * body, the content type is empty, which nginx leaves out.
 */
static void
publish(const SgResponse *response)
{
	char		status[12];
	char	   *headers = psprintf("[{\"Content-Type\":\"%s\"}%s%s%s]",
								   response->status == 204 ? "" : "application/json",
								   response->allow != NULL ? ",{\"Allow\":\"" : "",
								   response->allow != NULL ? response->allow : "",
								   response->allow != NULL ? "\"}" : "");

	snprintf(status, sizeof(status), "%d", response->status);
	(void) set_config_option("response.status", status, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, ERROR, false);
	(void) set_config_option("response.headers", headers, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, ERROR, false);
}

/*
 * session_group_api.http() and http(bytea) return "*" "/" "*"
 *
 * Answer the request that PostgREST's settings describe. Raises nothing but
 * what cancels or ends the backend.
 */
Datum
session_group_http(PG_FUNCTION_ARGS)
{
	bytea	   *body = PG_NARGS() > 0 && !PG_ARGISNULL(0) ? PG_GETARG_BYTEA_PP(0) : NULL;
	SgRequest	request;
	SgResponse	response = {.body = makeStringInfo()};

	reset_body(&response);
	sg_request_read(&request, sg_request_headers(), body != NULL ? VARDATA_ANY(body) : "",
					body != NULL ? VARSIZE_ANY_EXHDR(body) : 0);
	serve_safely(&request, &response);
	publish(&response);
	SET_VARSIZE(response.body->data, response.body->len);
	PG_RETURN_BYTEA_P(response.body->data);
}
