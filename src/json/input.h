/*
 * input.h
 *		Reading JSON from clients.
 */
#ifndef SG_JSON_INPUT_H
#define SG_JSON_INPUT_H

#include "utils/jsonb.h"

/* The most values that a text may have, and how many of them may be objects and lists. */
#define SG_JSON_VALUES_MAX 200000
#define SG_JSON_CONTAINERS_MAX 50000

extern Jsonb *sg_json_parse(const char *text, size_t length, const char **error);
extern bool sg_json_object_field(Jsonb *object, const char *name, JsonbValue *value);
extern char *sg_json_string_field(Jsonb *object, const char *name);
extern const char *sg_json_python_type(const JsonbValue *value);
extern const char *sg_json_python_type_of(Jsonb *json);

#endif							/* SG_JSON_INPUT_H */
