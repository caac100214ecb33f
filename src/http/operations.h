/*
 * operations.h
 *		Which operation a request is for.
 */
#ifndef SG_OPERATIONS_H
#define SG_OPERATIONS_H

#include "http/request.h"

extern bool sg_operate(SgRequest *request, SgResponse *response, SgFault *fault);

#endif							/* SG_OPERATIONS_H */
