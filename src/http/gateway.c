/*
 * gateway.c
 *		The edge of the HTTP gateway: a request in, an answer out. A fault is an
 *		answer, and so is an error that nobody foresaw ("server_error").
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "fmgr.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "base/catch.h"
#include "base/statement.h"
#include "http/admit.h"
#include "http/gateway.h"
#include "http/headers.h"
#include "http/route.h"
#include "identity/identity.h"
#include "json/output.h"

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
answer_fault(SgResponse *response, const SgFault *fault,
			 const SgResource *resource)
{
	StringInfo	buf = response->body;

	reset_body(response);
	response->status = sg_fault_status(fault);
	response->media_type = NULL;
	response->etag[0] = '\0';
	response->replayed = false;
	response->allow = fault->kind == SG_FAULT_METHOD ? resource : NULL;
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

/* A request, from its bytes to its answer. */
typedef struct Exchange
{
	const char *body;
	size_t		body_length;
	SgRequest	request;
	SgResponse	response;
} Exchange;

static void
serve(void *argument)
{
	Exchange   *exchange = argument;
	SgRequest  *request = &exchange->request;
	SgResponse *response = &exchange->response;
	SgFault		fault;

	sg_request_read(request, sg_request_headers(), exchange->body, exchange->body_length);
	request->route = sg_route(&request->path);
	sg_spi_connect();
	if (!sg_request_admit(request, &fault) || !sg_operate(request, response, &fault))
		answer_fault(response, &fault, request->route.resource);
	sg_spi_finish();
}

/*
 * Serve a request by what is there now, not by what was there when it came.
 */
static void
serve_anew(void *argument)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	serve(argument);
	PopActiveSnapshot();
}

/*
 * Serve the request, or return the error that stopped it.
 *
 * Where keys, users or members have changed after the request was admitted, a
 * write is refused (28000): then who asks is looked at once more, and the request
 * is answered as one that came after the change.
 */
static ErrorData *
serve_as_admitted(Exchange *exchange)
{
	ErrorData  *error = sg_catch_error(serve, exchange);

	if (error == NULL || error->sqlerrcode != ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION)
		return error;
	sg_identity_clear();
	exchange->response = (SgResponse)
	{
		.body = exchange->response.body
	};
	reset_body(&exchange->response);
	return sg_catch_error(serve_anew, exchange);
}

/*
 * Tell whether a foreign key of ours failed: the project was there when the
 * request was admitted, and was deleted while a write waited for that.
 */
static bool
project_went_away(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_FOREIGN_KEY_VIOLATION &&
		error->schema_name != NULL && strcmp(error->schema_name, SG_SCHEMA) == 0;
}

static void
answer_error(SgResponse *response, ErrorData *error)
{
	SgFault		fault;

	if (project_went_away(error))
		sg_fault(&fault, SG_FAULT_NOT_FOUND, NULL, "Project not found.");
	else if (error->sqlerrcode == ERRCODE_PROGRAM_LIMIT_EXCEEDED)
		sg_fault(&fault, SG_FAULT_INVALID, "limit", "The answer is too large. Ask for fewer at once.");
	else
	{
		sg_log_error(error);
		sg_fault_of_error(&fault, error->sqlerrcode);
	}
	answer_fault(response, &fault, NULL);
}

static void
append_header(StringInfo headers, const char *name, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfo(headers, "%s{\"%s\":", headers->len > 1 ? "," : "", name);
	sg_json_cstring(headers, value);
	appendStringInfoChar(headers, '}');
}

/*
 * Hand status and headers to PostgREST. Names and values are texts of ours,
 * none of a client's: PostgREST sends them out as they are, line breaks and
 * all. Where there is no body, the content type is empty, which nginx leaves out.
 *
 * PostgREST itself answers 400 where the connection to the server broke. So a 400
 * of ours has its body in a header, too: nginx sends that to the client, and
 * makes a 502 of a 400 without it (deploy/nginx/errors.conf). And a 421 has the project,
 * which the address may have called @current: the nginx in front of a fleet then asks
 * the node that has it.
 */
static void
publish(const Exchange *exchange)
{
	const SgResponse *response = &exchange->response;
	char		status[12];
	char		length[12];
	StringInfoData headers;

	initStringInfo(&headers);
	appendStringInfoChar(&headers, '[');
	append_header(&headers, "Content-Type", response->status == 204 || response->status == 304 ? "" :
				  response->media_type != NULL ? response->media_type : "application/json");
	snprintf(length, sizeof(length), "%d", response->body->len - VARHDRSZ);
	append_header(&headers, "Content-Length", response->body->len > VARHDRSZ ? length : NULL);
	if (response->allow != NULL)
		append_header(&headers, "Allow", sg_allowed_methods(response->allow));
	append_header(&headers, "ETag", response->etag[0] != '\0' ? response->etag : NULL);
	append_header(&headers, "Idempotency-Replayed", response->replayed ? "true" : NULL);
	if (response->status == 400)
		append_header(&headers, "X-Session-Group-Fault", response->body->data + VARHDRSZ);
	if (response->status == 421)
		append_header(&headers, "X-Session-Group-Project",
					  psprintf(INT64_FORMAT, exchange->request.project_id));
	append_header(&headers, "Vary", response->vary);
	appendStringInfoChar(&headers, ']');

	snprintf(status, sizeof(status), "%d", response->status);
	(void) set_config_option("response.status", status, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, ERROR, false);
	(void) set_config_option("response.headers", headers.data, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, ERROR, false);
}

/* Requests and answers of more bytes than this are followed by release_memory(). */
#define LARGE 1048576

static bool was_large = false;

/*
 * At the end of a transaction that served a large request, have the C library
 * return its free memory: each connection of a pool would keep tens of megabytes.
 */
static void
release_memory(XactEvent event, void *arg)
{
	if (was_large && (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT))
	{
		was_large = false;
		sg_return_free_memory();
	}
}

void
sg_gateway_init(void)
{
	RegisterXactCallback(release_memory, NULL);
}

/*
 * session_group_api.http() and http(bytea) return "*" "/" "*"
 *
 * Answer the request that PostgREST's settings describe. Raises nothing but
 * what ends the backend: a statement that is cancelled is answered, too.
 */
Datum
session_group_http(PG_FUNCTION_ARGS)
{
	bytea	   *body = PG_NARGS() > 0 && !PG_ARGISNULL(0) ? PG_GETARG_BYTEA_PP(0) : NULL;
	Exchange	exchange = {
		.body = body != NULL ? VARDATA_ANY(body) : "",
		.body_length = body != NULL ? VARSIZE_ANY_EXHDR(body) : 0,
		.response = {.body = makeStringInfo()}
	};
	SgResponse *response = &exchange.response;
	ErrorData  *error;

	reset_body(response);
	error = serve_as_admitted(&exchange);
	if (error != NULL)
		answer_error(response, error);
	publish(&exchange);
	was_large = exchange.body_length > LARGE || response->body->len > LARGE;
	SET_VARSIZE(response->body->data, response->body->len);
	PG_RETURN_BYTEA_P(response->body->data);
}
