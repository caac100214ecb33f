/*
 * output.h
 *		Writing JSON without spaces and without escapes for characters beyond ASCII.
 */
#ifndef SG_JSON_OUTPUT_H
#define SG_JSON_OUTPUT_H

#include "datatype/timestamp.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

/* Append a string constant. */
#define sg_json_literal(buf, literal) \
	appendBinaryStringInfo(buf, literal, sizeof(literal) - 1)

extern void sg_json_string(StringInfo buf, const char *text, size_t length);
extern void sg_json_cstring(StringInfo buf, const char *text);
extern void sg_json_text(StringInfo buf, Datum text);
extern void sg_json_text_or_null(StringInfo buf, Datum text, bool isnull);
extern void sg_json_text_array(StringInfo buf, ArrayType *array);
extern void sg_json_int(StringInfo buf, int64 value);
extern void sg_json_bool(StringInfo buf, bool value);
extern void sg_json_uuid(StringInfo buf, const pg_uuid_t *uuid);
extern void sg_json_timestamp(StringInfo buf, TimestampTz value);
extern void sg_json_jsonb(StringInfo buf, Jsonb *value);

#endif							/* SG_JSON_OUTPUT_H */
