/*
 * request.c
 *		What the client sent: method, URI and body behind the proxy's headers.
 */
#include "base/session_group.h"

#include "http/form.h"
#include "http/headers.h"
#include "http/request.h"
#include "json/input.h"
#include "summary/input.h"

/*
 * Return the URL without its query, as the client knows it: behind the base
 * address that the proxy names.
 */
static char *
base_url(const SgHeaders *headers, const char *path, size_t length)
{
	const char *base = sg_request_header(headers, "x-forwarded-base");

	if (base == NULL || (strncmp(base, "http://", 7) != 0 && strncmp(base, "https://", 8) != 0))
		base = "http://localhost";
	return psprintf("%s%.*s", base, (int) length, path);
}

static SgMethod
method_named(const char *name)
{
	static const struct
	{
		const char *name;
		SgMethod	method;
	}			methods[] = {
		{"GET", SG_METHOD_GET},
		{"HEAD", SG_METHOD_GET},
		{"POST", SG_METHOD_POST},
		{"PUT", SG_METHOD_PUT},
		{"PATCH", SG_METHOD_PATCH},
		{"DELETE", SG_METHOD_DELETE},
		{"OPTIONS", SG_METHOD_OPTIONS},
	};

	for (size_t i = 0; i < lengthof(methods); i++)
	{
		if (strcmp(name, methods[i].name) == 0)
			return methods[i].method;
	}
	return SG_METHOD_OTHER;
}

/*
 * Read all but the body. A request without the proxy's headers names no path,
 * and will be answered so.
 */
void
sg_request_read(SgRequest *request, const SgHeaders *headers, const char *body, size_t length)
{
	const char *uri = sg_request_header(headers, "x-forwarded-uri");
	const char *method = sg_request_header(headers, "x-forwarded-method");
	const char *media_type = sg_request_header(headers, "x-forwarded-content-type");
	size_t		path_length;

	memset(request, 0, sizeof(SgRequest));
	request->headers = headers;
	request->method_name = method != NULL ? method : "GET";
	request->method = method_named(request->method_name);
	request->media_type = media_type != NULL ? media_type : "";
	request->body = body;
	request->body_length = length;

	if (uri == NULL)
		uri = "";
	path_length = strcspn(uri, "?");
	request->path.data = unconstify(char *, uri);
	request->path.length = path_length;
	request->base_url = base_url(headers, uri, path_length);
	if (uri[path_length] == '?')
		request->query = sg_params_parse(uri + path_length + 1, strlen(uri + path_length + 1));
}

/*
 * Tell whether a body begins as JSON does, though it was sent as a form: by a
 * program that forgot the header. In a real form these characters are encoded.
 */
static bool
looks_like_json(const char *body, size_t length)
{
	size_t		i = 0;

	while (i < length && (body[i] == ' ' || (body[i] >= '\t' && body[i] <= '\r')))
		i++;
	return i < length && (body[i] == '{' || body[i] == '[');
}

static SgBodyKind
body_kind(const SgRequest *request)
{
	size_t		length = strcspn(request->media_type, ";");

	while (length > 0 && isspace((unsigned char) request->media_type[length - 1]))
		length--;
	if (request->body_length == 0)
		return SG_BODY_NONE;
	if (length == strlen("application/json") &&
		pg_strncasecmp(request->media_type, "application/json", length) == 0)
		return sg_input_is_form(request->body, request->body_length) ? SG_BODY_FORM : SG_BODY_JSON;
	if (length == strlen("application/x-www-form-urlencoded") &&
		pg_strncasecmp(request->media_type, "application/x-www-form-urlencoded", length) == 0)
		return looks_like_json(request->body, request->body_length) ? SG_BODY_JSON : SG_BODY_FORM;
	return SG_BODY_OTHER;
}

/*
 * Parse the body, once.
 */
void
sg_request_read_body(SgRequest *request)
{
	if (request->body_read)
		return;
	request->body_read = true;
	request->body_kind = body_kind(request);
	if (request->body_kind == SG_BODY_JSON)
		request->json = sg_json_parse(request->body, request->body_length, &request->json_error);
	else if (request->body_kind == SG_BODY_FORM)
		request->form = sg_params_parse(request->body, request->body_length);
}
