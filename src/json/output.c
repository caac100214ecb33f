/*
 * output.c
 *		Writing JSON without spaces and without escapes for characters beyond ASCII.
 *
 * PostgreSQL's own functions write spaces into jsonb and use another form of
 * timestamps than the HTTP contract. So answers are written here, from the
 * tuples straight into one buffer.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "json/output.h"

static inline bool
needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

static void
append_escape(StringInfo buf, unsigned char c)
{
	switch (c)
	{
		case '"':
			sg_json_literal(buf, "\\\"");
			break;
		case '\\':
			sg_json_literal(buf, "\\\\");
			break;
		case '\b':
			sg_json_literal(buf, "\\b");
			break;
		case '\f':
			sg_json_literal(buf, "\\f");
			break;
		case '\n':
			sg_json_literal(buf, "\\n");
			break;
		case '\r':
			sg_json_literal(buf, "\\r");
			break;
		case '\t':
			sg_json_literal(buf, "\\t");
			break;
		default:
			appendStringInfo(buf, "\\u%04x", c);
	}
}

/* A byte eight times. */
#define EIGHT(byte) (UINT64CONST(0x0101010101010101) * (byte))

/* Tell whether one of eight bytes is below a byte, which is 0x80 at most. */
#define ANY_BELOW(bytes, byte) (((bytes) - EIGHT(byte)) & ~(bytes) & EIGHT(0x80))

/*
 * Return the length of the run of characters at the beginning that need no escape.
 */
static inline size_t
plain_length(const char *text, size_t length)
{
	size_t		i = 0;

	for (; i + sizeof(uint64) <= length; i += sizeof(uint64))
	{
		uint64		bytes;

		memcpy(&bytes, text + i, sizeof(uint64));
		if (ANY_BELOW(bytes, 0x20) | ANY_BELOW(bytes ^ EIGHT('"'), 1) |
			ANY_BELOW(bytes ^ EIGHT('\\'), 1))
			break;
	}
	while (i < length && !needs_escape((unsigned char) text[i]))
		i++;
	return i;
}

/*
 * Append a string. Runs of characters that need no escape are copied at once.
 */
void
sg_json_string(StringInfo buf, const char *text, size_t length)
{
	const char *end = text + length;

	appendStringInfoCharMacro(buf, '"');
	while (text < end)
	{
		size_t		plain = plain_length(text, end - text);

		appendBinaryStringInfo(buf, text, plain);
		text += plain;
		if (text < end)
			append_escape(buf, (unsigned char) *text++);
	}
	appendStringInfoCharMacro(buf, '"');
}

void
sg_json_cstring(StringInfo buf, const char *text)
{
	sg_json_string(buf, text, strlen(text));
}

/*
 * Append a text.
 */
void
sg_json_text(StringInfo buf, Datum value)
{
	text	   *string = DatumGetTextPP(value);

	sg_json_string(buf, VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
}

/*
 * Append an array of texts.
 */
void
sg_json_text_array(StringInfo buf, ArrayType *array)
{
	Datum	   *items;
	bool	   *nulls;
	int			count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, &count);
	appendStringInfoChar(buf, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(buf, ',');
		if (nulls[i])
			sg_json_literal(buf, "null");
		else
			sg_json_text(buf, items[i]);
	}
	appendStringInfoChar(buf, ']');
}

void
sg_json_text_or_null(StringInfo buf, Datum value, bool isnull)
{
	if (isnull)
		sg_json_literal(buf, "null");
	else
		sg_json_text(buf, value);
}

void
sg_json_int(StringInfo buf, int64 value)
{
	char		digits[MAXINT8LEN + 1];
	int			length = pg_lltoa(value, digits);

	appendBinaryStringInfo(buf, digits, length);
}

void
sg_json_bool(StringInfo buf, bool value)
{
	if (value)
		sg_json_literal(buf, "true");
	else
		sg_json_literal(buf, "false");
}

void
sg_json_uuid(StringInfo buf, const pg_uuid_t *uuid)
{
	static const char hex[] = "0123456789abcdef";
	char		out[38];
	char	   *c = out;

	*c++ = '"';
	for (int i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*c++ = '-';
		*c++ = hex[uuid->data[i] >> 4];
		*c++ = hex[uuid->data[i] & 0xF];
	}
	*c++ = '"';
	appendBinaryStringInfo(buf, out, c - out);
}

/*
 * Append a time in ISO 8601, in UTC, with six digits of fraction, or none if the
 * fraction is zero.
 */
void
sg_json_timestamp(StringInfo buf, TimestampTz value)
{
	struct pg_tm tm;
	fsec_t		fraction;
	char		out[64];
	char	   *c = out;

	if (TIMESTAMP_NOT_FINITE(value) ||
		timestamp2tm(value, NULL, &tm, &fraction, NULL, NULL) != 0 || tm.tm_year < 1)
	{
		/* ISO 8601 has neither infinity nor years before 1: these stay in PostgreSQL's own form. */
		sg_json_cstring(buf, timestamptz_to_str(value));
		return;
	}
	*c++ = '"';
	c = pg_ultostr_zeropad(c, tm.tm_year, 4);
	*c++ = '-';
	c = pg_ultostr_zeropad(c, tm.tm_mon, 2);
	*c++ = '-';
	c = pg_ultostr_zeropad(c, tm.tm_mday, 2);
	*c++ = 'T';
	c = pg_ultostr_zeropad(c, tm.tm_hour, 2);
	*c++ = ':';
	c = pg_ultostr_zeropad(c, tm.tm_min, 2);
	*c++ = ':';
	c = pg_ultostr_zeropad(c, tm.tm_sec, 2);
	if (fraction != 0)
	{
		*c++ = '.';
		c = pg_ultostr_zeropad(c, fraction, 6);
	}
	*c++ = 'Z';
	*c++ = '"';
	appendBinaryStringInfo(buf, out, c - out);
}

static void
append_scalar(StringInfo buf, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			sg_json_literal(buf, "null");
			break;
		case jbvBool:
			sg_json_bool(buf, value->val.boolean);
			break;
		case jbvNumeric:
			appendStringInfoString(buf,
								   DatumGetCString(DirectFunctionCall1(numeric_out,
																	   NumericGetDatum(value->val.numeric))));
			break;
		case jbvString:
			sg_json_string(buf, value->val.string.val, value->val.string.len);
			break;
		default:
			elog(ERROR, "unexpected JSON value type %d", (int) value->type);
	}
}

/*
 * Append a jsonb value.
 */
void
sg_json_jsonb(StringInfo buf, Jsonb *json)
{
	JsonbIterator *it = JsonbIteratorInit(&json->root);
	JsonbIteratorToken token;
	JsonbValue	value;
	bool		comma = false;
	bool		raw_scalar = JB_ROOT_IS_SCALAR(json);

	/* The text will be about as long as the value: allocate once instead of doubling. */
	enlargeStringInfo(buf, (int) VARSIZE(json));
	while ((token = JsonbIteratorNext(&it, &value, false)) != WJB_DONE)
	{
		if (comma && (token == WJB_KEY || token == WJB_ELEM ||
					  token == WJB_BEGIN_ARRAY || token == WJB_BEGIN_OBJECT))
			appendStringInfoCharMacro(buf, ',');
		comma = true;
		switch (token)
		{
			case WJB_BEGIN_ARRAY:
				if (!raw_scalar)
					appendStringInfoCharMacro(buf, '[');
				comma = false;
				break;
			case WJB_END_ARRAY:
				if (!raw_scalar)
					appendStringInfoCharMacro(buf, ']');
				break;
			case WJB_BEGIN_OBJECT:
				appendStringInfoCharMacro(buf, '{');
				comma = false;
				break;
			case WJB_END_OBJECT:
				appendStringInfoCharMacro(buf, '}');
				break;
			case WJB_KEY:
				sg_json_string(buf, value.val.string.val, value.val.string.len);
				appendStringInfoCharMacro(buf, ':');
				comma = false;
				break;
			default:
				append_scalar(buf, &value);
		}
	}
}
