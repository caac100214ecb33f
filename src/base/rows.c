/*
 * rows.c
 *		Rows that the library itself inserts, without a statement of SQL.
 *
 * A statement would do the same for several times the cost, most of it for
 * rights, which nobody but the owner has on these tables, and for what starts
 * and ends a statement. Indexes and unique keys are kept; triggers, policies,
 * defaults and constraints have no part: these tables have none that a row of
 * ours could break.
 */
#include "base/session_group.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"

#include "base/relation.h"
#include "base/rows.h"

/* So many rows are written at once. */
#define SLOTS 64

struct SgRows
{
	Relation	table;
	EState	   *estate;
	ResultRelInfo *target;
	TupleTableSlot *slots[SLOTS];
	int			slot_count;		/* made so far */
	int			count;			/* waiting to be written */
};

typedef struct SgRows SgRows;

/*
 * Begin to insert rows into a table of ours.
 */
SgRows *
sg_rows_begin(const char *table)
{
	SgRows	   *rows = palloc0(sizeof(SgRows));

	rows->table = table_open(sg_relation_id(table, false), RowExclusiveLock);
	rows->estate = CreateExecutorState();
	rows->target = makeNode(ResultRelInfo);
	InitResultRelInfo(rows->target, rows->table, 0, NULL, 0);
	ExecOpenIndices(rows->target, false);
	return rows;
}

static void
write_rows(SgRows *rows)
{
	table_multi_insert(rows->table, rows->slots, rows->count, GetCurrentCommandId(true), 0, NULL);
	for (int i = 0; i < rows->count; i++)
	{
		list_free(sg_insert_index_tuples(rows->target, rows->slots[i], rows->estate));
		ExecClearTuple(rows->slots[i]);
	}
	ResetPerTupleExprContext(rows->estate);
	rows->count = 0;
}

/*
 * Add a row; what its values point to must stay until the rows are written.
 */
void
sg_rows_add(SgRows *rows, const Datum *values, const bool *nulls)
{
	int			columns = RelationGetDescr(rows->table)->natts;
	TupleTableSlot *slot;

	if (rows->count == SLOTS)
		write_rows(rows);
	if (rows->count == rows->slot_count)
		rows->slots[rows->slot_count++] = table_slot_create(rows->table, NULL);
	slot = rows->slots[rows->count++];
	memcpy(slot->tts_values, values, columns * sizeof(Datum));
	memcpy(slot->tts_isnull, nulls, columns * sizeof(bool));
	ExecStoreVirtualTuple(slot);
}

/*
 * Write what has not been written yet, and close the table.
 */
void
sg_rows_end(SgRows *rows)
{
	if (rows->count > 0)
		write_rows(rows);
	ExecCloseIndices(rows->target);
	for (int i = 0; i < rows->slot_count; i++)
		ExecDropSingleTupleTableSlot(rows->slots[i]);
	FreeExecutorState(rows->estate);
	table_close(rows->table, RowExclusiveLock);
	pfree(rows);
}
