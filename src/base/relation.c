/*
 * relation.c
 *		The extension's own tables and indexes, read and written without SQL.
 *
 * For the rows that a write of a summary brings along: a statement of SQL would do
 * the same for several times the cost, most of it for rights, which nobody but
 * the owner has, and for what starts and ends a statement. Indexes and unique keys
 * are kept; no trigger is fired, no publication asks for a replica identity, and
 * policies, defaults and constraints have no part: these tables have none that a
 * row of ours could break.
 */
#include "base/session_group.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/relation.h"

/*
 * Return a table or an index of the extension; one that is new may be missing in
 * a database that has not been updated yet.
 */
Oid
sg_relation_id(const char *name, bool missing_ok)
{
	Oid			relid = get_relname_relid(name, get_namespace_oid(SG_SCHEMA, false));

	if (!OidIsValid(relid) && !missing_ok)
		elog(ERROR, "relation \"%s.%s\" does not exist", SG_SCHEMA, name);
	return relid;
}

/*
 * Tell whether a project is there, for whoever asks: in SnapshotSelf as it is now, with what
 * this transaction has done.
 */
bool
sg_project_exists(int64 project_id, Snapshot snapshot)
{
	Relation	table = table_open(sg_relation_id("projects", false), AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool		exists;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(project_id));
	scan = systable_beginscan(table, sg_relation_id("projects_pkey", false), true, snapshot, 1,
							  &key);
	exists = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(table, AccessShareLock);
	return exists;
}

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

static void
begin_rows(SgRows *rows, Relation table)
{
	memset(rows, 0, sizeof(SgRows));
	rows->table = table;
	rows->estate = CreateExecutorState();
	rows->target = makeNode(ResultRelInfo);
	InitResultRelInfo(rows->target, table, 0, NULL, 0);
	ExecOpenIndices(rows->target, false);
}

/*
 * Begin to insert rows into a table of ours.
 */
SgRows *
sg_rows_begin(const char *table)
{
	SgRows	   *rows = palloc(sizeof(SgRows));

	begin_rows(rows, table_open(sg_relation_id(table, false), RowExclusiveLock));
	return rows;
}

static void
write_rows(SgRows *rows)
{
	if (rows->count == 1)
		simple_table_tuple_insert(rows->table, rows->slots[0]);
	else
		table_multi_insert(rows->table, rows->slots, rows->count, GetCurrentCommandId(true), 0,
						   NULL);
	for (int i = 0; i < rows->count; i++)
		list_free(sg_insert_index_tuples(rows->target, rows->slots[i], rows->estate));
	ResetPerTupleExprContext(rows->estate);
	rows->count = 0;
}

/*
 * Write the waiting row in place of another one.
 */
static void
update_row(SgRows *rows, ItemPointer tid)
{
	sg_indexes_to_update indexes;

	simple_table_tuple_update(rows->table, tid, rows->slots[0], SnapshotSelf, &indexes);
	if (indexes)
		list_free(sg_insert_index_tuples(rows->target, rows->slots[0], rows->estate));
	rows->count = 0;
}

static void
end_rows(SgRows *rows)
{
	ExecCloseIndices(rows->target);
	for (int i = 0; i < rows->slot_count; i++)
		ExecDropSingleTupleTableSlot(rows->slots[i]);
	FreeExecutorState(rows->estate);
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
	ExecClearTuple(slot);
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
	end_rows(rows);
	table_close(rows->table, RowExclusiveLock);
	pfree(rows);
}

/*
 * Insert one row; "tid" is where it is then.
 */
void
sg_insert_row(Relation table, const Datum *values, const bool *nulls, ItemPointer tid)
{
	SgRows		rows;

	begin_rows(&rows, table);
	sg_rows_add(&rows, values, nulls);
	write_rows(&rows);
	*tid = rows.slots[0]->tts_tid;
	end_rows(&rows);
}

/*
 * Begin to read the rows of a summary: of a table that begins with the project and the
 * summary's id, as its primary key does. Whoever writes them holds the lock of the summary's
 * row, so those that are there now are the ones that there are, for any snapshot.
 */
static SysScanDesc
scan_summary(Relation table, Datum project_id, Datum summary_id)
{
	ScanKeyData keys[2];
	const char *index = psprintf("%s_pkey", RelationGetRelationName(table));

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, project_id);
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_UUID_EQ, summary_id);
	return systable_beginscan(table, sg_relation_id(index, false), true, SnapshotSelf, 2, keys);
}

/*
 * Delete all rows of a summary.
 */
void
sg_rows_delete(const char *name, Datum project_id, Datum summary_id)
{
	Relation	table = table_open(sg_relation_id(name, false), RowExclusiveLock);
	SysScanDesc scan = scan_summary(table, project_id, summary_id);
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
		simple_table_tuple_delete(table, &tuple->t_self, SnapshotSelf);
	systable_endscan(scan);
	table_close(table, RowExclusiveLock);
}

/*
 * Find the one row of a summary; false if there is none.
 */
static bool
find_row(Relation table, Datum project_id, Datum summary_id, ItemPointer tid)
{
	SysScanDesc scan = scan_summary(table, project_id, summary_id);
	HeapTuple	tuple = systable_getnext(scan);
	bool		found = HeapTupleIsValid(tuple);

	if (found)
		*tid = tuple->t_self;
	systable_endscan(scan);
	return found;
}

/*
 * Write the one row of a summary, its project and its id first, in place of the one that
 * there is; false if there is none.
 */
bool
sg_row_update(const char *name, const Datum *values, const bool *nulls)
{
	Relation	table = table_open(sg_relation_id(name, false), RowExclusiveLock);
	ItemPointerData tid;
	bool		found = find_row(table, values[0], values[1], &tid);

	if (found)
	{
		SgRows		rows;

		begin_rows(&rows, table);
		sg_rows_add(&rows, values, nulls);
		update_row(&rows, &tid);
		end_rows(&rows);
	}
	table_close(table, RowExclusiveLock);
	return found;
}
