/*
 * records.h
 *		Records of what was done to summaries.
 */
#ifndef SG_ACTIVITY_H
#define SG_ACTIVITY_H

#include "base/statement.h"

extern uint64 sg_execute_in_the_name_of(const char *part, SgStatement *statement, Datum *values,
										SgSnapshot snapshot);

#endif							/* SG_ACTIVITY_H */
