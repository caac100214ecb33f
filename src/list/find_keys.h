/*
 * find_keys.h
 *		Keys by which an index finds parts of titles, words of titles, and sessions.
 */
#ifndef SG_FIND_KEYS_H
#define SG_FIND_KEYS_H

#include "utils/array.h"

#include "base/text.h"

/* Keys that are collected; begins as {0}. */
typedef struct SgKeys
{
	int64	   *items;
	int			count;
	int			room;
} SgKeys;

extern int64 sg_word_key(int64 project_id, const char *word, int length);
extern void sg_keys_add(SgKeys *keys, int64 key);
extern void sg_keys_add_trigrams(SgKeys *keys, int64 project_id, const char *text, size_t length);
extern ArrayType *sg_keys_array(SgKeys *keys);
extern ArrayType *sg_find_title_keys(int64 project_id, const SgText *part);
extern ArrayType *sg_find_session_keys(int64 project_id, const SgText *session_id);

#endif							/* SG_FIND_KEYS_H */
