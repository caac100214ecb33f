/*
 * row.h
 *		What the functions of administration share.
 */
#ifndef SG_ADMIN_ROW_H
#define SG_ADMIN_ROW_H

#include "fmgr.h"

#include "base/statement.h"

/* Of names of projects and labels of keys. Constraints of the tables repeat it. */
#define SG_NAME_MAX_CHARS 200

extern void sg_check_text(FunctionCallInfo fcinfo, int number, const char *name, int max);
pg_noreturn extern void sg_raise_unknown(const char *what, int64 id, const char *function);
extern Datum sg_write_row(FunctionCallInfo fcinfo, SgStatement *statement);
extern Datum sg_change_row(FunctionCallInfo fcinfo, SgStatement *statement, const char *what,
						   const char *function);

#endif							/* SG_ADMIN_ROW_H */
