/*
 * project_date.h
 *		Dates in parameters, on the clock of a project.
 */
#ifndef SG_PROJECT_DATE_H
#define SG_PROJECT_DATE_H

#include "datatype/timestamp.h"

#include "base/fault.h"
#include "base/text.h"

extern bool sg_project_date_read(int64 project_id, const SgText *text, const char *attr,
								 TimestampTz *result, SgFault *fault);

#endif							/* SG_PROJECT_DATE_H */
