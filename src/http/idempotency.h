/*
 * idempotency.h
 *		Requests that are carried out once, however often they are sent.
 */
#ifndef SG_IDEMPOTENCY_H
#define SG_IDEMPOTENCY_H

#include "http/gateway.h"

typedef bool (*SgOperation) (SgRequest *request, SgResponse *response, SgFault *fault);

extern bool sg_operate_once(SgOperation operation, SgRequest *request, SgResponse *response,
							SgFault *fault);

#endif							/* SG_IDEMPOTENCY_H */
