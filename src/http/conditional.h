/*
 * conditional.h
 *		ETags, and the conditions that requests put on them (RFC 9110, section 13).
 */
#ifndef SG_CONDITIONAL_H
#define SG_CONDITIONAL_H

#include "http/request.h"
#include "summary/people.h"

/*
 * What a summary can be sent as. The number goes into the ETag: a summary whose
 * bytes change without any write, by a new release for example, needs a new one.
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
