/*
 * severity_count.h
 *		How many summaries of a project have patterns of some severities, and how
 *		many patterns those are.
 */
#ifndef SG_SEVERITY_COUNT_H
#define SG_SEVERITY_COUNT_H

#include "datatype/timestamp.h"

/* The times of summaries that are counted: null pointers are no bound. */
typedef struct SgTimes
{
	const TimestampTz *after;
	const TimestampTz *before;
} SgTimes;

typedef struct SgSeverityCount
{
	int64		summaries;
	int64		patterns;
} SgSeverityCount;

extern SgSeverityCount sg_count_severities(int64 project_id, int severities,
										   const SgTimes *times);

#endif							/* SG_SEVERITY_COUNT_H */
