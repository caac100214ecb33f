/*
 * admit.h
 *		Who may ask for what.
 */
#ifndef SG_ADMIT_H
#define SG_ADMIT_H

#include "http/request.h"

extern bool sg_request_admit(SgRequest *request, SgFault *fault);

#endif							/* SG_ADMIT_H */
