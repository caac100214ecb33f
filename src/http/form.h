/*
 * form.h
 *		Reading the fields of a summary from a form.
 */
#ifndef SG_FORM_H
#define SG_FORM_H

#include "http/query_string.h"
#include "summary/input.h"

extern bool sg_input_from_form(const SgParams *form, SgInputMode mode, SgFields *fields,
							   SgFault *fault);
extern bool sg_input_is_form(const char *body, size_t length);

#endif							/* SG_FORM_H */
