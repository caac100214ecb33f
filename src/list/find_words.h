/*
 * find_words.h
 *		Finding summaries by words.
 */
#ifndef SG_FIND_WORDS_H
#define SG_FIND_WORDS_H

#include "base/text.h"

extern Datum sg_find_words(int64 project_id, const SgText *query);

#endif							/* SG_FIND_WORDS_H */
