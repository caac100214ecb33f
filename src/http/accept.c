/*
 * accept.c
 *		Which representation a client prefers: the header Accept (RFC 9110, section 12.5.1).
 *
 * There are two, JSON and Markdown. The contract has always had JSON, so JSON is
 * the answer unless the client clearly prefers Markdown; clients that accept
 * neither get JSON too.
 */
#include "base/session_group.h"

#include "http/accept.h"
#include "http/query_string.h"

/* How much a client wants a media type, by the media range that matches it best. */
typedef struct Preference
{
	int			quality;		/* thousandths */
	int			precision;		/* 0: no range matches; 1: any, 2: type, 3: full name */
} Preference;

static SgText
trimmed(const char *start, const char *end)
{
	SgText		text;

	while (start < end && (*start == ' ' || *start == '\t'))
		start++;
	while (start < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	text.data = (char *) start;
	text.length = end - start;
	return text;
}

static bool
is_name(const SgText *text, const char *name)
{
	return text->length == strlen(name) && pg_strncasecmp(text->data, name, text->length) == 0;
}

/*
 * Return the next separator outside of quoted strings, or the end.
 */
static const char *
find_separator(const char *c, const char *end, char separator)
{
	bool		quoted = false;

	for (; c < end && (quoted || *c != separator); c++)
	{
		if (*c == '"')
			quoted = !quoted;
		else if (quoted && *c == '\\' && c + 1 < end)
			c++;
	}
	return c;
}

/*
 * Read a weight from 0 to 1 with up to three digits of fraction, in thousandths;
 * -1 if it is malformed.
 */
static int
read_weight(const SgText *text)
{
	int			digits = 1000;
	int			weight;

	if (text->length == 0 || text->length > 5 || (text->data[0] != '0' && text->data[0] != '1') ||
		(text->length > 1 && text->data[1] != '.'))
		return -1;
	weight = text->data[0] == '1' ? 1000 : 0;
	for (size_t i = 2; i < text->length; i++)
	{
		if (text->data[i] < '0' || text->data[i] > '9')
			return -1;
		digits /= 10;
		weight += (text->data[i] - '0') * digits;
	}
	return weight <= 1000 ? weight : -1;
}

/*
 * Return the weight in the parameters of a media range, 1000 if there is none.
 */
static int
range_weight(const char *parameters, const char *end)
{
	while (parameters < end)
	{
		const char *stop = find_separator(parameters + 1, end, ';');
		const char *equals = find_separator(parameters + 1, stop, '=');
		SgText		name = trimmed(parameters + 1, equals);

		if (equals < stop && is_name(&name, "q"))
		{
			SgText		value = trimmed(equals + 1, stop);

			return read_weight(&value);
		}
		parameters = stop;
	}
	return 1000;
}

static int
range_precision(const SgText *range, const char *media_type)
{
	size_t		prefix = strcspn(media_type, "/") + 1;

	if (is_name(range, media_type))
		return 3;
	if (range->length == prefix + 1 && range->data[prefix] == '*' &&
		pg_strncasecmp(range->data, media_type, prefix) == 0)
		return 2;
	return is_name(range, "*/*") ? 1 : 0;
}

/*
 * Return how much a media type is wanted. Malformed ranges are ignored.
 */
static Preference
preference_for(const char *accept, const char *media_type)
{
	const char *end = accept + strlen(accept);
	Preference	best = {0, 0};

	while (accept < end)
	{
		const char *stop = find_separator(accept, end, ',');
		const char *parameters = find_separator(accept, stop, ';');
		SgText		range = trimmed(accept, parameters);
		Preference	found = {range_weight(parameters, stop), range_precision(&range, media_type)};

		if (found.quality >= 0 && found.precision > 0 &&
			(found.precision > best.precision ||
			 (found.precision == best.precision && found.quality > best.quality)))
			best = found;
		accept = stop + 1;
	}
	return best;
}

/*
 * Tell whether Markdown is wanted more than JSON: by a larger weight, or by an
 * equal one of a more precise range. Null stands for no header.
 */
bool
sg_accepts_markdown(const char *accept)
{
	Preference	markdown;
	Preference	json;

	if (accept == NULL)
		return false;
	markdown = preference_for(accept, "text/markdown");
	json = preference_for(accept, "application/json");
	return markdown.quality > json.quality ||
		(markdown.quality > 0 && markdown.quality == json.quality &&
		 markdown.precision > json.precision);
}
