/*
 * text_input.h
 *		Values that arrive as text: read without raising an error.
 */
#ifndef SG_TEXT_INPUT_H
#define SG_TEXT_INPUT_H

#include "utils/uuid.h"

extern bool sg_read_uuid(const char *text, size_t length, pg_uuid_t *uuid);
extern bool sg_read_project_id(const char *text, size_t length, int64 *project_id);

#endif							/* SG_TEXT_INPUT_H */
