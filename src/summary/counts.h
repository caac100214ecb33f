/*
 * counts.h
 *		How many summaries and activity records a project has, without counting them.
 */
#ifndef SG_COUNTS_H
#define SG_COUNTS_H

#include "summary/count_table.h"

extern int64 sg_count_of_project(int64 project_id, SgCounted counted);
extern void sg_count_add(int64 project_id, SgCounted counted, int64 number);

#endif							/* SG_COUNTS_H */
