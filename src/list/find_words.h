/*
 * find_words.h
 *		Finding summaries by words.
 */
#ifndef SG_FIND_WORDS_H
#define SG_FIND_WORDS_H

#include "tsearch/ts_type.h"

#include "base/text.h"

extern TSVector sg_title_words(text *title);
extern TSQuery sg_find_words(int64 project_id, const SgText *query);

#endif							/* SG_FIND_WORDS_H */
