/*
 * input.h
 *		The writable fields of a summary, read from JSON or from a form.
 */
#ifndef SG_SUMMARY_INPUT_H
#define SG_SUMMARY_INPUT_H

#include "http/query_string.h"
#include "summary/validate.h"

typedef enum SgInputMode
{
	SG_INPUT_CREATE,			/* absent fields take their defaults */
	SG_INPUT_REPLACE,			/* the same, but the title is required */
	SG_INPUT_CHANGE				/* absent fields stay */
} SgInputMode;

extern bool sg_input_from_json(Jsonb *object, SgInputMode mode, SgFields *fields, SgFault *fault);
extern bool sg_input_from_form(const SgParams *form, SgInputMode mode, SgFields *fields,
							   SgFault *fault);
extern bool sg_input_is_form(const char *body, size_t length);
extern const char *sg_input_unknown_field(Jsonb *object);

#endif							/* SG_SUMMARY_INPUT_H */
