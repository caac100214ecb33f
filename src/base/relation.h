/*
 * relation.h
 *		The extension's own tables and indexes, read and written without SQL.
 */
#ifndef SG_RELATION_H
#define SG_RELATION_H

#include "utils/relcache.h"
#include "utils/snapshot.h"
#include "storage/itemptr.h"

typedef struct SgRows SgRows;

extern Oid	sg_relation_id(const char *name, bool missing_ok);
extern bool sg_project_exists(int64 project_id, Snapshot snapshot);
extern SgRows *sg_rows_begin(const char *table);
extern void sg_rows_add(SgRows *rows, const Datum *values, const bool *nulls);
extern void sg_rows_end(SgRows *rows);
extern void sg_insert_row(Relation table, const Datum *values, const bool *nulls,
						  ItemPointer tid);
extern bool sg_row_update(const char *name, const Datum *values, const bool *nulls);
extern void sg_rows_delete(const char *name, Datum project_id, Datum summary_id);

#endif							/* SG_RELATION_H */
