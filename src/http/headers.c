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

/* A header of the request: its name in lower case. */
typedef struct Header
{
	const char *name;
	const char *value;
} Header;

struct SgHeaders
{
	int			count;
	Header		items[FLEXIBLE_ARRAY_MEMBER];
};

/* Of the shortest field of an object, with its comma: "":0, */
#define FIELD_AT_LEAST 5

static char *
skip_blanks(char *c)
{
	return c + strspn(c, " \t\n\r");
}

/*
 * Read a string of ASCII that has no escapes but those of quotes and backslashes, and
 * end it in place. Returns what is behind it; null if it is of another kind.
 */
static char *
read_string(char *c, const char **value)
{
	char	   *to;

	if (*c++ != '"')
		return NULL;
	*value = to = c;
	for (; *c != '"'; c++)
	{
		if (*c == '\\' && *++c != '"' && *c != '\\')
			return NULL;
		if ((signed char) *c < ' ')
			return NULL;
		*to++ = *c;
	}
	*to = '\0';
	return c + 1;
}

/*
 * Read a header, with blanks around it. Returns what is behind it, or null as above.
 */
static char *
read_field(char *c, Header *header)
{
	c = read_string(skip_blanks(c), &header->name);
	if (c == NULL || *(c = skip_blanks(c)) != ':')
		return NULL;
	c = read_string(skip_blanks(c + 1), &header->value);
	return c == NULL ? NULL : skip_blanks(c);
}

/*
 * Read headers from a text, which becomes theirs; false if there is more to it than
 * plain strings, so that the parser is to read it. That takes ten times as long.
 */
static bool
read_plainly(SgHeaders *headers, char *c)
{
	headers->count = 0;
	c = skip_blanks(c);
	if (*c != '{')
		return false;
	do
	{
		c = read_field(c + 1, &headers->items[headers->count++]);
		if (c == NULL)
			return false;
	} while (*c == ',');
	return *c == '}' && *skip_blanks(c + 1) == '\0';
}

/*
 * Read headers from the object that the parser has made, of which texts alone count.
 */
static void
read_object(SgHeaders *headers, Jsonb *object)
{
	JsonbIterator *it = JsonbIteratorInit(&object->root);
	JsonbIteratorToken token;
	JsonbValue	value;

	headers->count = 0;
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		Header	   *header = &headers->items[headers->count];

		if (token == WJB_KEY)
			header->name = pnstrdup(value.val.string.val, value.val.string.len);
		else if (token == WJB_VALUE && value.type == jbvString)
		{
			header->value = pnstrdup(value.val.string.val, value.val.string.len);
			headers->count++;
		}
	}
}

/*
 * Read headers from the text of a JSON object, into memory of the caller's; null if it
 * is none.
 */
SgHeaders *
sg_headers_read(const char *text)
{
	size_t		length = strlen(text);
	SgHeaders  *headers = palloc(offsetof(SgHeaders, items) +
								 sizeof(Header) * (length / FIELD_AT_LEAST + 1));
	Jsonb	   *object;

	if (read_plainly(headers, pnstrdup(text, length)))
		return headers;
	object = object_of(text);
	if (object == NULL)
		return NULL;
	read_object(headers, object);
	return headers;
}

/* The headers that were read last in this transaction, and their text. */
static char *read_text = NULL;
static SgHeaders *kept_headers;

static void
forget_headers(void *arg)
{
	read_text = NULL;
}

/*
 * Read headers, and keep them with their text to the end of the transaction.
 */
static void
keep_headers(const char *text)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	MemoryContextCallback *at_end = palloc0(sizeof(MemoryContextCallback));

	read_text = NULL;
	at_end->func = forget_headers;
	MemoryContextRegisterResetCallback(TopTransactionContext, at_end);
	kept_headers = sg_headers_read(text);
	read_text = pstrdup(text);
	MemoryContextSwitchTo(caller);
}

/*
 * Return the headers; null outside of a request. Who asks and what is asked are read
 * from them in two calls: they are read for the first, and for the second only if the
 * setting has changed.
 */
const SgHeaders *
sg_request_headers(void)
{
	const char *text = GetConfigOption("request.headers", true, false);

	if (text == NULL || text[0] == '\0')
		return NULL;
	if (read_text == NULL || strcmp(read_text, text) != 0)
		keep_headers(text);
	return kept_headers;
}

/*
 * Return the value of a header by its name in lower case; null if it is absent or empty.
 * Of two fields of that name the last one counts, as in jsonb. Valid to the end of the
 * transaction.
 */
const char *
sg_request_header(const SgHeaders *headers, const char *name)
{
	for (int i = headers == NULL ? 0 : headers->count; i > 0; i--)
	{
		const Header *header = &headers->items[i - 1];

		if (strcmp(header->name, name) == 0)
			return header->value[0] != '\0' ? header->value : NULL;
	}
	return NULL;
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
sg_request_id(const SgHeaders *headers)
{
	const char *id = sg_request_header(headers, "x-request-id");

	return id != NULL && is_request_id(id) ? id : NULL;
}
