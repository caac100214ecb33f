/*
 * validate.h
 *		What a valid summary is.
 */
#ifndef SG_VALIDATE_H
#define SG_VALIDATE_H

#include "utils/array.h"
#include "utils/jsonb.h"

#include "fault.h"

/* The writable fields, in the order in which the contract names them. */
typedef enum SgField
{
	SG_FIELD_TITLE,
	SG_FIELD_SESSION_IDS,
	SG_FIELD_SUMMARY,
	SG_FIELD_EXTRA_SUMMARY_CONTEXT,
	SG_FIELD_RUN_METADATA
} SgField;

#define SG_FIELD_COUNT 5

/* Values for the writable fields; a null pointer is SQL's null. */
typedef struct SgFields
{
	bool		given[SG_FIELD_COUNT];
	text	   *title;
	ArrayType  *session_ids;
	Jsonb	   *json[SG_FIELD_COUNT];	/* of the three that hold JSON */
} SgFields;

extern const char *const sg_field_names[SG_FIELD_COUNT];
extern const char *const sg_field_hints[SG_FIELD_COUNT];

extern bool sg_validate(const SgFields *fields, SgFault *fault, SgField *field);
extern void sg_validate_or_raise(const SgFields *fields);

#endif							/* SG_VALIDATE_H */
