/*
 * request.c
 *		The HTTP request that PostgREST serves in this transaction.
 *
 * PostgREST hands it over in settings that any SQL user can set as well: what
 * is read here is the caller's claim, never a proof.
 */
#include "session_group.h"

#include "utils/guc.h"

#include "json_input.h"
#include "request.h"

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
