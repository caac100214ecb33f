/*
 * headers.c
 *		The HTTP request that PostgREST serves in this transaction.
 *
 * PostgREST hands it over in settings that any SQL user can set as well: what
 * is read here is the caller's claim, never a proof.
 */
#include "base/session_group.h"

#include "utils/guc.h"

#include "http/headers.h"
#include "json/input.h"

#define REQUEST_ID_MAX 64

/*
 * Return one of PostgREST's settings that hold a JSON object, or null if it is
 * unset, empty (as it is in a pooled session's next transaction) or no object.
 */
Jsonb *
sg_request_setting(const char *name)
{
	const char *text = GetConfigOption(name, true, false);
	const char *error;
	Jsonb	   *object;

	if (text == NULL || text[0] == '\0')
		return NULL;
	object = sg_json_parse(text, strlen(text), &error);
	return object != NULL && JB_ROOT_IS_OBJECT(object) ? object : NULL;
}

/*
 * Return the request's headers, by lower-case name, or null outside of a request.
 */
Jsonb *
sg_request_headers(void)
{
	return sg_request_setting("request.headers");
}

/*
 * Return a header's value; null if it is absent or empty.
 */
char *
sg_request_header(Jsonb *headers, const char *name)
{
	char	   *value = headers == NULL ? NULL : sg_json_string_field(headers, name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

/*
 * Tell whether a text may be a request's id: what the proxy lets pass, too.
 */
static bool
is_request_id(const char *text)
{
	size_t		length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
								"0123456789._-");

	return length > 0 && length <= REQUEST_ID_MAX && text[length] == '\0';
}

/*
 * Return the request's id, or null if it has none that may be one.
 */
const char *
sg_request_id(Jsonb *headers)
{
	char	   *id = sg_request_header(headers, "x-request-id");

	return id != NULL && is_request_id(id) ? id : NULL;
}
