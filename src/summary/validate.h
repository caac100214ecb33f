/*
 * validate.h
 *		What a valid summary is.
 */
#ifndef SG_VALIDATE_H
#define SG_VALIDATE_H

#include "base/fault.h"
#include "summary/fields.h"

extern bool sg_validate_field(const SgFields *fields, SgField field, SgFault *fault);
extern bool sg_field_fault(SgField field, SgFault *fault);

#endif							/* SG_VALIDATE_H */
