/*
 * arguments.h
 *		Arguments and results of SQL functions.
 */
#ifndef SG_ARGUMENTS_H
#define SG_ARGUMENTS_H

#include "fmgr.h"

extern void sg_refuse_null(FunctionCallInfo fcinfo, int number, const char *name);
extern void sg_refuse_bad_page(int32 limit, int64 offset);
extern int64 sg_batch(FunctionCallInfo fcinfo, int number);
pg_noreturn extern void sg_raise_no_access(int64 project_id, const char *what);
extern bool sg_has_argument(FunctionCallInfo fcinfo, int number);
extern Datum sg_row_result(FunctionCallInfo fcinfo, MemoryContext context);

#endif							/* SG_ARGUMENTS_H */
