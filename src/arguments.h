/*
 * arguments.h
 *		What SQL functions take and give back.
 */
#ifndef SG_ARGUMENTS_H
#define SG_ARGUMENTS_H

#include "fmgr.h"

extern void sg_refuse_null(FunctionCallInfo fcinfo, int number, const char *name);
extern Datum sg_row_result(FunctionCallInfo fcinfo, MemoryContext context);

#endif							/* SG_ARGUMENTS_H */
