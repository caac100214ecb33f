/*
 * patterns.h
 *		The patterns of a project's summaries.
 */
#ifndef SG_HTTP_PATTERNS_H
#define SG_HTTP_PATTERNS_H

#include "http/request.h"

extern bool sg_operation_patterns(SgRequest *request, SgResponse *response, SgFault *fault);

#endif							/* SG_HTTP_PATTERNS_H */
