/*
 * field.h
 *		Reading documents that may have any form.
 */
#ifndef SG_JSON_FIELD_H
#define SG_JSON_FIELD_H

#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "base/text.h"

/* A field that is absent or of another type is a null pointer, or a text whose data is null. */
extern SgText sg_field_string(JsonbContainer *object, const char *name);
extern Numeric sg_field_count(JsonbContainer *object, const char *name);
extern Numeric sg_field_ratio(JsonbContainer *object, const char *name);
extern int64 sg_whole_number(Numeric count);
extern bool sg_field_bool(JsonbContainer *object, const char *name, bool *boolean);
extern JsonbContainer *sg_field_object(JsonbContainer *object, const char *name);
extern JsonbContainer *sg_field_array(JsonbContainer *object, const char *name);
extern JsonbContainer *sg_item_object(JsonbContainer *array, int index);
extern SgText sg_item_string(JsonbContainer *array, int index);
extern int	sg_item_count(JsonbContainer *array);

#endif							/* SG_JSON_FIELD_H */
