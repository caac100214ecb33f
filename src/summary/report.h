/*
 * report.h
 *		A summary as a report for people, in CommonMark.
 */
#ifndef SG_REPORT_H
#define SG_REPORT_H

#include "executor/spi.h"
#include "lib/stringinfo.h"

extern void sg_report_append(StringInfo buf, SPITupleTable *rows, uint64 row);

#endif							/* SG_REPORT_H */
