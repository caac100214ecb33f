/*
 * text.h
 *		Texts with a length, and values that arrive as text.
 */
#ifndef SG_TEXT_INPUT_H
#define SG_TEXT_INPUT_H

#include "datatype/timestamp.h"
#include "pgtime.h"
#include "utils/uuid.h"

/* A text from a client: valid UTF-8 with a terminator. It may contain NUL characters. */
typedef struct SgText
{
	char	   *data;
	size_t		length;
} SgText;

extern bool sg_text_is(const SgText *text, const char *other);
extern bool sg_read_uuid(const char *text, size_t length, pg_uuid_t *uuid);
extern bool sg_is_timezone_name(const char *name);
extern pg_tz *sg_read_timezone(const char *name);
extern pg_tz *sg_timezone_or_raise(const char *name);
extern bool sg_read_number(const char *text, size_t length, int64 *number);

#endif							/* SG_TEXT_INPUT_H */
