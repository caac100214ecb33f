/*
 * markdown.c
 *		Text in CommonMark, escaped so that readers see it unchanged.
 *
 * This one function writes every text that comes from a summary, wherever in a
 * line it goes. The text becomes part of one line: line breaks and runs of
 * blanks become one blank. Characters that could be markup get a backslash;
 * characters that are invisible, or could control a terminal, become U+FFFD.
 */
#include "base/session_group.h"

#include "summary/markdown.h"

typedef enum CharClass
{
	PLAIN,
	ESCAPED,					/* markup anywhere */
	ESCAPED_FIRST,				/* markup at the beginning of a line */
	ESCAPED_NUMBER,				/* markup behind the digits that begin a line */
	BLANK,
	INVISIBLE
} CharClass;

/* Other characters are plain, except control characters. */
static const unsigned char classes[128] = {
	['\t'] = BLANK,['\n'] = BLANK,['\v'] = BLANK,['\f'] = BLANK,['\r'] = BLANK,[' '] = BLANK,
	['\\'] = ESCAPED,			/* the escape itself; a hard line break */
	['`'] = ESCAPED,			/* code */
	['*'] = ESCAPED,			/* emphasis, lists, thematic breaks */
	['_'] = ESCAPED,
	['['] = ESCAPED,			/* links, images, reference definitions */
	[']'] = ESCAPED,
	['<'] = ESCAPED,			/* HTML, links */
	['>'] = ESCAPED,			/* quotations */
	['&'] = ESCAPED,			/* character references */
	['#'] = ESCAPED,			/* headings, and their ends */
	['~'] = ESCAPED,			/* fenced code; GitHub's deletions */
	['|'] = ESCAPED,			/* GitHub's tables */
	['-'] = ESCAPED_FIRST,		/* lists, thematic breaks, underlines of headings */
	['+'] = ESCAPED_FIRST,
	['='] = ESCAPED_FIRST,
	['.'] = ESCAPED_NUMBER,		/* ordered lists */
	[')'] = ESCAPED_NUMBER,
};

/*
 * Classify a character, and return its length in bytes. Beyond ASCII there are
 * more line breaks (U+0085, U+2028, U+2029) and more control characters (U+0080
 * to U+009F).
 */
static CharClass
classify(const unsigned char *c, const unsigned char *end, int *length)
{
	*length = 1;
	if (*c < 0x80)
		return *c == 0x7F || (*c < 0x20 && classes[*c] == PLAIN) ? INVISIBLE :
			(CharClass) classes[*c];
	*length = Min(pg_utf_mblen(c), (int) (end - c));
	if (*length == 2 && c[0] == 0xC2 && c[1] < 0xA0)
		return c[1] == 0x85 ? BLANK : INVISIBLE;
	if (*length == 3 && c[0] == 0xE2 && c[1] == 0x80 && (c[2] == 0xA8 || c[2] == 0xA9))
		return BLANK;
	return PLAIN;
}

/*
 * Append a text. Returns false if nothing of it is visible. A text whose data is
 * null counts as empty.
 */
bool
sg_markdown_text(StringInfo buf, const SgText *text)
{
	const unsigned char *c = (const unsigned char *) text->data;
	const unsigned char *end = c + text->length;
	bool		begun = false;	/* something stands in the line */
	bool		number = true;	/* nothing but digits does */
	bool		blank = false;	/* a blank is due before what comes next */
	int			length;

	for (; c < end; c += length)
	{
		CharClass	class = classify(c, end, &length);

		if (class == BLANK)
		{
			blank = begun;
			continue;
		}
		if (blank)
		{
			appendStringInfoChar(buf, ' ');
			number = blank = false;
		}
		if (class == ESCAPED || (class == ESCAPED_FIRST && !begun) ||
			(class == ESCAPED_NUMBER && begun && number))
			appendStringInfoChar(buf, '\\');
		if (class == INVISIBLE)
			appendStringInfoString(buf, "\xEF\xBF\xBD");
		else
			appendBinaryStringInfo(buf, (const char *) c, length);
		number = number && *c >= '0' && *c <= '9';
		begun = true;
	}
	return begun;
}
