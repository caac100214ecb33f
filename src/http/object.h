/*
 * object.h
 *		One summary: create, retrieve, update, destroy.
 */
#ifndef SG_HTTP_OBJECT_H
#define SG_HTTP_OBJECT_H

#include "http/request.h"

extern bool sg_operation_create(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_retrieve(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_update(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_destroy(SgRequest *request, SgResponse *response, SgFault *fault);

#endif							/* SG_HTTP_OBJECT_H */
