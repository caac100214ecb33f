/*
 * account.h
 *		Who asks: the user, the key, the projects.
 */
#ifndef SG_ACCOUNT_H
#define SG_ACCOUNT_H

#include "http/request.h"

extern bool sg_operation_projects(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_project(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_self(SgRequest *request, SgResponse *response, SgFault *fault);
extern bool sg_operation_key(SgRequest *request, SgResponse *response, SgFault *fault);

#endif							/* SG_ACCOUNT_H */
