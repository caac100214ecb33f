/*
 * headers.c
 *		Headers and settings of the HTTP request that PostgREST serves.
 *
 * PostgREST passes them in settings that any SQL user can set too. So they are
 * what the caller says, and prove nothing.
 */
#include "base/session_group.h"

#include "utils/guc.h"
#include "utils/memutils.h"

#include "http/headers.h"
#include "json/input.h"

#define REQUEST_ID_MAX 64

/*
 * Return the JSON object that a setting of PostgREST holds; null if it is unset,
 * empty (as in the next transaction of a pooled session) or not an object.
 */
static Jsonb *
object_of(const char *text)
{
	const char *error;
	Jsonb	   *object;

	if (text == NULL || text[0] == '\0')
		return NULL;
	object = sg_json_parse(text, strlen(text), &error);
	return object != NULL && JB_ROOT_IS_OBJECT(object) ? object : NULL;
}

/*
 * Return such a setting's object.
 */
Jsonb *
sg_request_setting(const char *name)
{
	return object_of(GetConfigOption(name, true, false));
}

/* The headers that were read last in this transaction, and their text. */
static char *read_text = NULL;
static Jsonb *read_headers;

static void
forget_headers(void *arg)
{
	read_text = NULL;
}

/*
 * Keep headers with their text to the end of the transaction.
 */
static void
keep_headers(const char *text, const Jsonb *headers)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	MemoryContextCallback *at_end = palloc0(sizeof(MemoryContextCallback));

	read_text = NULL;
	at_end->func = forget_headers;
	MemoryContextRegisterResetCallback(TopTransactionContext, at_end);
	read_headers = palloc(VARSIZE(headers));
	memcpy(read_headers, headers, VARSIZE(headers));
	read_text = pstrdup(text);
	MemoryContextSwitchTo(caller);
}

/*
 * Return the headers, by their names in lower case; null outside of a request.
 * Who asks and what is asked are read from them in two calls: they are parsed
 * for the first, and for the second only if the setting has changed.
 */
Jsonb *
sg_request_headers(void)
{
	const char *text = GetConfigOption("request.headers", true, false);
	Jsonb	   *headers;

	if (read_text != NULL && text != NULL && strcmp(read_text, text) == 0)
		return read_headers;
	headers = object_of(text);
	if (headers != NULL)
		keep_headers(text, headers);
	return headers;
}

/*
 * Return the value of a header; null if it is absent or empty.
 */
char *
sg_request_header(Jsonb *headers, const char *name)
{
	char	   *value = headers == NULL ? NULL : sg_json_string_field(headers, name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

/*
 * Tell whether a text has the form of a request id. nginx lets the same form
 * through.
 */
static bool
is_request_id(const char *text)
{
	size_t		length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
								"0123456789._-");

	return length > 0 && length <= REQUEST_ID_MAX && text[length] == '\0';
}

/*
 * Return the id of the request; null if there is none, or it has another form.
 */
const char *
sg_request_id(Jsonb *headers)
{
	char	   *id = sg_request_header(headers, "x-request-id");

	return id != NULL && is_request_id(id) ? id : NULL;
}
