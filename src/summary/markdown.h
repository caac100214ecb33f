/*
 * markdown.h
 *		Text in CommonMark, escaped so that readers see it unchanged.
 */
#ifndef SG_MARKDOWN_H
#define SG_MARKDOWN_H

#include "lib/stringinfo.h"

#include "base/text.h"

extern bool sg_markdown_text(StringInfo buf, const SgText *text);

#endif							/* SG_MARKDOWN_H */
