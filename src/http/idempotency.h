/*
 * idempotency.h
 *		Requests that are carried out once, however often they are sent.
 */
#ifndef SG_IDEMPOTENCY_H
#define SG_IDEMPOTENCY_H

#include "http/request.h"

extern bool sg_operate_once(SgOperation operation, SgRequest *request, SgResponse *response,
							SgFault *fault);

#endif							/* SG_IDEMPOTENCY_H */
