/*
 * find.h
 *		Finding summaries by what they say: the keys of the indexes, and of a search.
 */
#ifndef SG_FIND_H
#define SG_FIND_H

#include "utils/array.h"

#include "http/query_string.h"

extern ArrayType *sg_find_title_keys(int64 project_id, const SgText *part);
extern ArrayType *sg_find_session_keys(int64 project_id, const SgText *session_id);
extern Datum sg_find_words(int64 project_id, const SgText *query);

#endif							/* SG_FIND_H */
