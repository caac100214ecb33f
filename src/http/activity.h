/*
 * activity.h
 *		What was done to summaries, and the feed of it.
 */
#ifndef SG_HTTP_ACTIVITY_H
#define SG_HTTP_ACTIVITY_H

#include "http/request.h"

extern bool sg_operation_activity(SgRequest *request, SgResponse *response, SgFault *fault);

#endif							/* SG_HTTP_ACTIVITY_H */
