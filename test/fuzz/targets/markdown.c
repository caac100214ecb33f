/*
 * markdown.c
 *		Text in CommonMark, src/summary/markdown.c, and the header that asks for it,
 *		src/http/accept.c.
 *
 * The first line is the header, the rest the text.
 */
#include "base/session_group.h"

#include "fuzz.h"
#include "http/accept.h"
#include "summary/markdown.h"

/*
 * What is written is one line, without blanks around it, in which nothing that
 * is markup anywhere stands without its backslash.
 */
static void
check_line(const StringInfo line)
{
	bool		escaped = false;

	FUZZ_CHECK(fuzz_is_utf8(line->data, line->len));
	FUZZ_CHECK(line->len == 0 || (line->data[0] != ' ' && line->data[line->len - 1] != ' '));
	for (int i = 0; i < line->len; i++)
	{
		unsigned char c = line->data[i];

		FUZZ_CHECK(c >= ' ' && c != 0x7F);
		FUZZ_CHECK(escaped || c == '\\' || strchr("`*_[]<>&#~|", c) == NULL);
		escaped = !escaped && c == '\\';
	}
	FUZZ_CHECK(!escaped);
	FUZZ_CHECK(line->len == 0 || strchr("-+=", line->data[0]) == NULL);
}

void
fuzz_markdown(const char *data, size_t size)
{
	FuzzInput	input = {data, size};
	SgText		accept = fuzz_take_line(&input);
	SgText		text = {unconstify(char *, input.data), input.size};
	StringInfoData line;

	(void) sg_accepts_markdown(accept.data);

	/* Text that is no UTF-8, or has a NUL in it, is in no database. */
	if (memchr(text.data, '\0', text.length) != NULL || !fuzz_is_utf8(text.data, text.length))
		return;
	initStringInfo(&line);
	FUZZ_CHECK(sg_markdown_text(&line, &text) == (line.len > 0));
	check_line(&line);
}
