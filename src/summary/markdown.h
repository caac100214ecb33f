/*
 * markdown.h
 *		Text in CommonMark, so that it is read as the text that it is.
 */
#ifndef SG_MARKDOWN_H
#define SG_MARKDOWN_H

#include "lib/stringinfo.h"

#include "base/text.h"

extern bool sg_markdown_text(StringInfo buf, const SgText *text);

#endif							/* SG_MARKDOWN_H */
