/*
 * count_table.h
 *		Rows of session_group.project_counts, and what a snapshot sees in them.
 */
#ifndef SG_COUNT_TABLE_H
#define SG_COUNT_TABLE_H

#include "access/genam.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

/* What is counted. */
typedef enum SgCounted
{
	SG_COUNTED_SUMMARIES,
	SG_COUNTED_RECORDS
} SgCounted;

#define SG_COUNTED_KINDS 2

/* A row of the table, but for the last column, running. */
typedef struct SgCountRow
{
	int64		project_id;
	uint64		as_of;
	int64		numbers[SG_COUNTED_KINDS];
} SgCountRow;

/* A count, or the lack of one: as_of is 0. */
typedef struct SgCount
{
	uint64		as_of;
	uint64	   *running;
	int			running_count;
	int			changes;		/* so many rows were added up to it */
	int64		numbers[SG_COUNTED_KINDS];
} SgCount;

/* The table, as a snapshot sees it. */
typedef struct SgCountTable
{
	Relation	table;
	Relation	index;
	Snapshot	snapshot;
	uint64		begins;			/* of the snapshot: ids from here on are unseen, */
	uint64		own;			/* but for this transaction's; 0 if it has none */
} SgCountTable;

extern bool sg_count_table_open(SgCountTable *counts, LOCKMODE lock);
extern void sg_count_table_close(SgCountTable *counts, LOCKMODE lock);
extern SysScanDesc sg_count_table_scan(SgCountTable *counts, int64 project_id, uint64 from,
									   uint64 to);
extern SgCountRow *sg_count_row(HeapTuple tuple);
extern bool sg_count_is_change(HeapTuple tuple);
extern bool sg_count_read(SgCountTable *counts, int64 project_id, SgCount *count);
extern void sg_count_insert(SgCountTable *counts, const SgCountRow *row, Datum running,
							ItemPointer tid);
extern void sg_count_write(SgCountTable *counts, int64 project_id, const int64 *numbers);

#endif							/* SG_COUNT_TABLE_H */
