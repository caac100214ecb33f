/*
 * rows.h
 *		Rows that the library itself inserts, without a statement of SQL.
 */
#ifndef SG_ROWS_H
#define SG_ROWS_H

#include "utils/rel.h"

struct SgRows;

extern struct SgRows *sg_rows_begin(const char *table);
extern void sg_rows_add(struct SgRows *rows, const Datum *values, const bool *nulls);
extern void sg_rows_end(struct SgRows *rows);

#endif							/* SG_ROWS_H */
