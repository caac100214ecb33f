/*
 * validate.h
 *		What a valid summary is.
 */
#ifndef SG_VALIDATE_H
#define SG_VALIDATE_H

#include "utils/array.h"
#include "utils/jsonb.h"

#include "base/fault.h"

/* The writable fields, in the order in which the contract names them. */
typedef enum SgField
{
	SG_FIELD_TITLE,
	SG_FIELD_SESSION_IDS,
	SG_FIELD_SUMMARY,
	SG_FIELD_EXTRA_SUMMARY_CONTEXT,
	SG_FIELD_RUN_METADATA
} SgField;

#define SG_FIELD_COUNT (SG_FIELD_RUN_METADATA + 1)

/* Values for the writable fields; a null pointer is SQL's null. */
typedef struct SgFields
{
	bool		given[SG_FIELD_COUNT];
	text	   *title;
	ArrayType  *session_ids;
	Jsonb	   *json[SG_FIELD_COUNT];	/* of the three that hold JSON */
} SgFields;

extern const char *const sg_field_names[SG_FIELD_COUNT];

extern bool sg_validate_field(const SgFields *fields, SgField field, SgFault *fault);
extern bool sg_field_fault(SgField field, SgFault *fault);

#endif							/* SG_VALIDATE_H */
