/*
 * list.h
 *		Pages of summaries.
 */
#ifndef SG_HTTP_LIST_H
#define SG_HTTP_LIST_H

#include "http/request.h"

extern bool sg_operation_list(SgRequest *request, SgResponse *response, SgFault *fault);

#endif							/* SG_HTTP_LIST_H */
