/*
 * find_keys.h
 *		Keys by which an index finds parts of titles, and sessions.
 */
#ifndef SG_FIND_KEYS_H
#define SG_FIND_KEYS_H

#include "utils/array.h"

#include "base/text.h"

extern ArrayType *sg_find_title_keys(int64 project_id, const SgText *part);
extern ArrayType *sg_find_session_keys(int64 project_id, const SgText *session_id);

#endif							/* SG_FIND_KEYS_H */
