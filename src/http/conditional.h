/*
 * conditional.h
 *		ETags, and requests with conditions (RFC 9110, section 13).
 */
#ifndef SG_CONDITIONAL_H
#define SG_CONDITIONAL_H

#include "http/request.h"
#include "summary/people.h"

/*
 * The representations of a summary. The number is part of the ETag: if a new
 * release changes the bytes without a write, give the representation another
 * number.
 */
typedef enum SgRepresentation
{
	SG_REPRESENTATION_JSON = 1,
	SG_REPRESENTATION_MARKDOWN
} SgRepresentation;

extern void sg_etag(SPITupleTable *rows, const SgPeople *people, SgRepresentation representation,
					char etag[SG_ETAG_SIZE]);
extern bool sg_conditions_given(const SgRequest *request);
extern bool sg_conditions_check(const SgRequest *request, const char *etag, bool *unchanged,
								SgFault *fault);

#endif							/* SG_CONDITIONAL_H */
