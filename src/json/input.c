/*
 * input.c
 *		Reading JSON from clients, with PostgreSQL's own parser.
 */
#include "base/session_group.h"

#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "json/input.h"

/*
 * Tell whether a message is fit for a header: short, printable ASCII. It may
 * quote the client.
 */
static bool
is_plain(const char *text)
{
	size_t		length = 0;

	while (text[length] >= ' ' && text[length] <= '~')
		length++;
	return length <= 200 && text[length] == '\0';
}

/*
 * Return the end of a string, behind its closing quote; "c" is behind the opening one.
 */
static const char *
end_of_string(const char *c, const char *end)
{
	while ((c = memchr(c, '"', end - c)) != NULL)
	{
		const char *run = c;

		while (run[-1] == '\\')
			run--;
		if ((c++ - run) % 2 == 0)
			return c;
	}
	return end;
}

/*
 * Tell whether a text of JSON has more than SG_JSON_VALUES_MAX values, or more than
 * SG_JSON_CONTAINERS_MAX of them are objects and lists. The parser builds a tree,
 * which takes hundreds of bytes for each, before anybody could ask how many there are.
 * A value is the first in its container, or behind a comma.
 */
static bool
has_too_many_values(const char *text, size_t length)
{
	const char *end = text + length;
	const char *c = text;
	size_t		containers = 0;
	size_t		values = 1;
	bool		opened = false;

	/* Each has two characters at least: itself and a comma, or its brackets. */
	if (length < (size_t) 2 * SG_JSON_CONTAINERS_MAX)
		return false;
	while (c < end)
	{
		char		character = *c++;

		if (isspace((unsigned char) character))
			continue;
		if (opened && character != ']' && character != '}')
			values++;
		opened = character == '[' || character == '{';
		if (opened)
			containers++;
		else if (character == ',')
			values++;
		else if (character == '"')
			c = end_of_string(c, end);
	}
	return containers > SG_JSON_CONTAINERS_MAX || values > SG_JSON_VALUES_MAX;
}

/*
 * Parse a text. If it is not JSON, or has too many values, or jsonb cannot hold it,
 * return null and the reason in *error.
 *
 * The parser raises errors for malformed JSON, numbers out of range, nesting
 * deeper than the stack, and values too large for jsonb. These are caught
 * without a subtransaction: the parser only allocates memory, so an abort would
 * have nothing to undo. That memory, several times the size of the text, is
 * freed before this returns.
 */
Jsonb *
sg_json_parse(const char *text, size_t length, const char **error)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext parsing;
	Jsonb	   *volatile result = NULL;

	if (memchr(text, '\0', length) != NULL || !pg_verify_mbstr(PG_UTF8, text, length, true))
	{
		*error = "The text is not valid UTF-8.";
		return NULL;
	}
	if (has_too_many_values(text, length))
	{
		*error = "More than " CppAsString2(SG_JSON_VALUES_MAX) " values, or more than "
			CppAsString2(SG_JSON_CONTAINERS_MAX) " objects and lists.";
		return NULL;
	}
	parsing = AllocSetContextCreate(context, "session_group JSON", ALLOCSET_DEFAULT_SIZES);
	PG_TRY();
	{
		Jsonb	   *parsed;

		MemoryContextSwitchTo(parsing);
		parsed = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
													CStringGetDatum(pnstrdup(text, length))));
		MemoryContextSwitchTo(context);
		result = palloc(VARSIZE(parsed));
		memcpy(result, parsed, VARSIZE(parsed));
	}
	PG_CATCH();
	{
		ErrorData  *raised;
		int			category = ERRCODE_TO_CATEGORY(geterrcode());

		if (category != ERRCODE_DATA_EXCEPTION && category != ERRCODE_PROGRAM_LIMIT_EXCEEDED)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		raised = CopyErrorData();
		FlushErrorState();
		*error = raised->detail != NULL && is_plain(raised->detail) ? raised->detail : raised->message;
	}
	PG_END_TRY();
	MemoryContextDelete(parsing);
	return result;
}

/*
 * Find a field of an object; false if it is absent, or if this is not an object.
 */
bool
sg_json_object_field(Jsonb *object, const char *name, JsonbValue *value)
{
	return JB_ROOT_IS_OBJECT(object) &&
		getKeyJsonValueFromContainer(&object->root, name, strlen(name), value) != NULL;
}

/*
 * Return a field that is a string; null otherwise.
 */
char *
sg_json_string_field(Jsonb *object, const char *name)
{
	JsonbValue	value;

	if (!sg_json_object_field(object, name, &value) || value.type != jbvString)
		return NULL;
	return pnstrdup(value.val.string.val, value.val.string.len);
}

/*
 * Return the name of a value's type in Python, which the error messages of the
 * HTTP contract use.
 */
const char *
sg_json_python_type(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return "NoneType";
		case jbvString:
			return "str";
		case jbvBool:
			return "bool";
		case jbvNumeric:
			/* jsonb keeps the zeros of 1.0, a float; it stores 1e2 as 100, an int. */
			{
				Datum		digits = DirectFunctionCall1(numeric_out,
														 NumericGetDatum(value->val.numeric));

				return strchr(DatumGetCString(digits), '.') == NULL ? "int" : "float";
			}
		case jbvBinary:
			return JsonContainerIsArray(value->val.binary.data) ? "list" : "dict";
		default:
			elog(ERROR, "unexpected JSON value type %d", (int) value->type);
	}
}

/*
 * The same for a whole document.
 */
const char *
sg_json_python_type_of(Jsonb *json)
{
	JsonbValue	value;

	if (!JsonbExtractScalar(&json->root, &value))
	{
		value.type = jbvBinary;
		value.val.binary.data = &json->root;
	}
	return sg_json_python_type(&value);
}
