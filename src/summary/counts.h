/*
 * counts.h
 *		How many summaries and activity records a project has, without counting them.
 */
#ifndef SG_COUNTS_H
#define SG_COUNTS_H

/* What is counted. */
typedef enum SgCounted
{
	SG_COUNTED_SUMMARIES,
	SG_COUNTED_RECORDS
} SgCounted;

#define SG_COUNTED_KINDS 2

extern int64 sg_count_of_project(int64 project_id, SgCounted counted);
extern void sg_count_add(int64 project_id, SgCounted counted, int64 number);

#endif							/* SG_COUNTS_H */
