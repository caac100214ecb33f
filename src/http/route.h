/*
 * route.h
 *		The table of routes: from method and path to an operation of the HTTP contract.
 */
#ifndef SG_ROUTE_H
#define SG_ROUTE_H

#include "http/request.h"

extern SgRoute sg_route(const SgText *path);
extern char *sg_allowed_methods(const SgResource *resource);
extern bool sg_operate(SgRequest *request, SgResponse *response, SgFault *fault);

#endif							/* SG_ROUTE_H */
