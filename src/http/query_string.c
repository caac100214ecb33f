/*
 * query_string.c
 *		Query strings and form bodies: application/x-www-form-urlencoded.
 *
 * Decoding is that of Python's urllib.parse.parse_qs, encoding that of its
 * urlencode, since the links of the contract are made with them. Bytes that are
 * not UTF-8 become U+FFFD, one for each maximal subpart (Unicode standard,
 * chapter 3.9); a name without "=" has an empty value; empty pieces are skipped.
 *
 * Uses no state of the backend except its memory.
 */
#include "base/session_group.h"

#include "http/query_string.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
is_escape(const char *text, const char *end)
{
	return end - text >= 3 && text[0] == '%' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0;
}

/*
 * Decode only the escapes. Returns the number of bytes written to "out".
 */
static size_t
decode_escapes(const char *text, size_t length, bool plus_is_space, char *out)
{
	const char *end = text + length;
	char	   *start = out;

	while (text < end)
	{
		if (is_escape(text, end))
		{
			*out++ = (char) (hex_digit(text[1]) << 4 | hex_digit(text[2]));
			text += 3;
		}
		else if (plus_is_space && *text == '+')
		{
			*out++ = ' ';
			text++;
		}
		else
			*out++ = *text++;
	}
	return out - start;
}

/*
 * Return the length of the longest prefix of "text" that begins a UTF-8
 * character, and whether it is a whole one (Unicode standard, table 3-7).
 */
static size_t
utf8_piece(const unsigned char *text, size_t length, bool *whole)
{
	unsigned char low = 0x80;
	unsigned char high = 0xBF;
	size_t		wanted;
	size_t		have = 1;

	*whole = text[0] < 0x80;
	if (text[0] >= 0xC2 && text[0] <= 0xDF)
		wanted = 2;
	else if (text[0] >= 0xE0 && text[0] <= 0xEF)
		wanted = 3;
	else if (text[0] >= 0xF0 && text[0] <= 0xF4)
		wanted = 4;
	else
		return 1;

	if (text[0] == 0xE0)
		low = 0xA0;
	else if (text[0] == 0xED)
		high = 0x9F;
	else if (text[0] == 0xF0)
		low = 0x90;
	else if (text[0] == 0xF4)
		high = 0x8F;
	while (have < wanted && have < length && text[have] >= low && text[have] <= high)
	{
		low = 0x80;
		high = 0xBF;
		have++;
	}
	*whole = have == wanted;
	return have;
}

/*
 * Copy bytes; those that are not UTF-8 become U+FFFD.
 */
static SgText
repair_utf8(const char *bytes, size_t length)
{
	SgText		text;
	char	   *out;
	size_t		position = 0;

	out = text.data = palloc(length * 3 + 1);
	while (position < length)
	{
		bool		whole;
		size_t		piece = utf8_piece((const unsigned char *) bytes + position,
									   length - position, &whole);

		memcpy(out, whole ? bytes + position : "\xEF\xBF\xBD", whole ? piece : 3);
		out += whole ? piece : 3;
		position += piece;
	}
	*out = '\0';
	text.length = out - text.data;
	return text;
}

/*
 * Decode %XX, and + to a space where query strings and forms have it.
 */
SgText
sg_percent_decode(const char *text, size_t length, bool plus_is_space)
{
	char	   *bytes = palloc(length + 1);
	size_t		decoded = decode_escapes(text, length, plus_is_space, bytes);
	SgText		result = repair_utf8(bytes, decoded);

	pfree(bytes);
	return result;
}

/*
 * Append a text as urlencode does: letters, digits and "_.-~" unchanged, a space
 * as +, any other byte as %XX.
 */
void
sg_percent_encode(StringInfo buf, const SgText *text)
{
	for (size_t i = 0; i < text->length; i++)
	{
		unsigned char c = text->data[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '_' || c == '.' || c == '-' || c == '~')
			appendStringInfoChar(buf, c);
		else if (c == ' ')
			appendStringInfoChar(buf, '+');
		else
			appendStringInfo(buf, "%%%02X", c);
	}
}

/*
 * Parse a query string or a form body.
 */
SgParams
sg_params_parse(const char *text, size_t length)
{
	const char *end = text + length;
	SgParams	params = {0};
	int			room = 1;

	for (const char *c = text; c < end && room < SG_PARAMS_MAX; c++)
		room += *c == '&';
	params.items = palloc(room * sizeof(SgParam));

	while (text < end)
	{
		const char *stop = memchr(text, '&', end - text);
		const char *equals;
		SgParam    *param = &params.items[params.count];

		if (stop == NULL)
			stop = end;
		equals = memchr(text, '=', stop - text);
		if (equals == NULL)
			equals = stop;
		if (stop > text && params.count == SG_PARAMS_MAX)
		{
			params.too_many = true;
			break;
		}
		if (stop > text)
		{
			const char *value = equals < stop ? equals + 1 : stop;

			param->name = sg_percent_decode(text, equals - text, true);
			param->value = sg_percent_decode(value, stop - value, true);
			param->sent = (SgText)
			{
				unconstify(char *, text), stop - text
			};
			params.count++;
		}
		text = stop + 1;
	}
	return params;
}

/*
 * Return the last parameter of a name, or null.
 */
const SgParam *
sg_params_find_last(const SgParams *params, const char *name)
{
	for (int i = params->count - 1; i >= 0; i--)
	{
		if (sg_text_is(&params->items[i].name, name))
			return &params->items[i];
	}
	return NULL;
}

/*
 * Return the last value of a parameter, or null.
 */
const SgText *
sg_params_last(const SgParams *params, const char *name)
{
	const SgParam *param = sg_params_find_last(params, name);

	return param != NULL ? &param->value : NULL;
}

/*
 * Tell whether a form is UTF-8 after decoding.
 */
bool
sg_params_are_utf8(const char *text, size_t length)
{
	char	   *bytes = palloc(length + 1);
	size_t		decoded = decode_escapes(text, length, true, bytes);
	size_t		position = 0;
	bool		whole = true;

	while (whole && position < decoded)
		position += utf8_piece((const unsigned char *) bytes + position, decoded - position,
							   &whole);
	pfree(bytes);
	return whole;
}

/*
 * Tell whether a text is strictly a form: pairs of name=value, each % an escape,
 * UTF-8 without control characters.
 */
bool
sg_params_well_formed(const char *text, size_t length)
{
	const char *end = text + length;
	bool		equals_seen = false;

	for (const char *c = text; c < end; c++)
	{
		if ((unsigned char) *c < 0x20 || (*c == '%' && !is_escape(c, end)))
			return false;
		if (*c == '=')
			equals_seen = true;
		else if (*c == '&')
		{
			if (!equals_seen)
				return false;
			equals_seen = false;
		}
	}
	return equals_seen && sg_params_are_utf8(text, length);
}
