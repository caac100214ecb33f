/*
 * input.h
 *		Reading the fields of a summary.
 */
#ifndef SG_SUMMARY_INPUT_H
#define SG_SUMMARY_INPUT_H

#include "utils/jsonb.h"

#include "summary/validate.h"

typedef enum SgInputMode
{
	SG_INPUT_CREATE,			/* absent fields take their defaults */
	SG_INPUT_REPLACE,			/* the same, but the title is required */
	SG_INPUT_CHANGE				/* absent fields stay */
} SgInputMode;

extern bool sg_input_from_json(Jsonb *object, SgInputMode mode, SgFields *fields, SgFault *fault);
extern int	sg_field_position(const char *name, size_t length);
extern bool sg_input_default(SgFields *fields, SgField field, SgInputMode mode, SgFault *fault);
extern bool sg_input_accept(SgFields *fields, SgField field, bool good_type, SgFault *fault);
extern const char *sg_input_unknown_field(Jsonb *object);

#endif							/* SG_SUMMARY_INPUT_H */
