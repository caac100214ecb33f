/*
 * date_filter.h
 *		Dates of the filters date_from and date_to.
 */
#ifndef SG_DATE_FILTER_H
#define SG_DATE_FILTER_H

#include "datatype/timestamp.h"
#include "pgtime.h"

extern bool sg_date_filter_parse(const char *value, size_t len, pg_tz *zone, TimestampTz now,
								 TimestampTz *result);
extern bool sg_time_parse(const char *value, size_t len, TimestampTz *result);

#endif							/* SG_DATE_FILTER_H */
