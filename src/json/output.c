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
#include "miscadmin.h"
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
 * Tell whether one of eight characters needs an escape.
 */
static inline bool
one_needs_escape(const char *text)
{
	uint64		bytes;

	memcpy(&bytes, text, sizeof(bytes));
	return (ANY_BELOW(bytes, 0x20) | ANY_BELOW(bytes ^ EIGHT('"'), 1) |
			ANY_BELOW(bytes ^ EIGHT('\\'), 1)) != 0;
}

/*
 * Return the length of the run of characters at the beginning that need no escape.
 */
static inline size_t
plain_length(const char *text, size_t length)
{
	size_t		i = 0;

	while (i + sizeof(uint64) <= length && !one_needs_escape(text + i))
		i += sizeof(uint64);
	/* The last ones together with some that were looked at. */
	if (i + sizeof(uint64) > length && i > 0 &&
		!one_needs_escape(text + length - sizeof(uint64)))
		return length;
	while (i < length && !needs_escape((unsigned char) text[i]))
		i++;
	return i;
}

/*
 * Append some bytes, as appendBinaryStringInfo() does, which is called for none of them.
 */
static inline void
append_bytes(StringInfo buf, const char *data, size_t length)
{
	if ((size_t) (buf->maxlen - buf->len) <= length)
		enlargeStringInfo(buf, (int) length);
	memcpy(buf->data + buf->len, data, length);
	buf->len += (int) length;
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

		append_bytes(buf, text, plain);
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

static void append_container(StringInfo buf, JsonbContainer *container);

/*
 * Append the value in a container that an entry is of. Its offset is from "base", where
 * values begin.
 */
static void
append_entry(StringInfo buf, JEntry entry, char *base, uint32 offset, uint32 length)
{
	if (JBE_ISSTRING(entry))
		sg_json_string(buf, base + offset, length);
	else if (JBE_ISNUMERIC(entry))
		appendStringInfoString(buf,
							   DatumGetCString(DirectFunctionCall1(numeric_out,
																   PointerGetDatum(base + INTALIGN(offset)))));
	else if (JBE_ISCONTAINER(entry))
		append_container(buf, (JsonbContainer *) (base + INTALIGN(offset)));
	else if (JBE_ISNULL(entry))
		sg_json_literal(buf, "null");
	else
		sg_json_bool(buf, JBE_ISBOOL_TRUE(entry));
}

/* A place among the entries of a container. */
typedef struct Place
{
	JEntry	   *entry;
	uint32		offset;			/* of its value */
} Place;

/*
 * Append the value at a place, and go on to the next one.
 */
static inline void
append_next(StringInfo buf, Place *place, char *base)
{
	JEntry		entry = *place->entry++;
	uint32		begin = place->offset;

	JBE_ADVANCE_OFFSET(place->offset, entry);
	append_entry(buf, entry, base, begin, place->offset - begin);
}

/*
 * Append an object: its keys are the first half of its entries, its values the other.
 */
static void
append_object(StringInfo buf, JsonbContainer *object)
{
	int			count = JsonContainerSize(object);
	char	   *base = (char *) (object->children + count + count);
	Place		key = {object->children, 0};
	Place		value = {object->children + count, getJsonbOffset(object, count)};

	appendStringInfoCharMacro(buf, '{');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoCharMacro(buf, ',');
		append_next(buf, &key, base);
		appendStringInfoCharMacro(buf, ':');
		append_next(buf, &value, base);
	}
	appendStringInfoCharMacro(buf, '}');
}

static void
append_array(StringInfo buf, JsonbContainer *array)
{
	int			count = JsonContainerSize(array);
	char	   *base = (char *) &array->children[count];
	Place		place = {array->children, 0};

	appendStringInfoCharMacro(buf, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoCharMacro(buf, ',');
		append_next(buf, &place, base);
	}
	appendStringInfoCharMacro(buf, ']');
}

/*
 * Append an object or an array; one that stands for a value alone without its brackets.
 */
static void
append_container(StringInfo buf, JsonbContainer *container)
{
	Place		place = {container->children, 0};

	check_stack_depth();
	if (JsonContainerIsScalar(container))
		append_next(buf, &place, (char *) &container->children[1]);
	else if (JsonContainerIsObject(container))
		append_object(buf, container);
	else
		append_array(buf, container);
}

/*
 * Append a jsonb value. It is gone through as it lies in memory (utils/jsonb.h):
 * PostgreSQL's iterator makes a value of each part first.
 */
void
sg_json_jsonb(StringInfo buf, Jsonb *json)
{
	/* The text will be about as long as the value: allocate once instead of doubling. */
	enlargeStringInfo(buf, (int) VARSIZE(json));
	append_container(buf, &json->root);
}
