/*
 * sequence.c
 *		The numbers of a project's activity records.
 *
 * Each project has a sequence of its own: one for all would tell every project
 * how much the others write. A row that is updated in the ordinary way would
 * make the writers of a project wait for each other until they commit, so a
 * number is taken as nextval() takes one: the last one stands in a tuple of
 * session_group.activity_sequences and is raised in place, under the buffer's
 * lock and outside of any transaction. What is rolled back leaves a gap.
 *
 * The tuples are frozen from the start: they are there for everybody at once,
 * also where the transaction that made one does not commit. Nobody deletes or
 * updates them, and VACUUM FULL waits for the lock on the table.
 *
 * The table is unlogged, so that raising a number writes no WAL. A crash empties
 * it, and a promoted standby or a restored dump begins with an empty one. The
 * first writer of a project then finds no tuple and makes it, from the highest
 * number of the project's records, or of those that retention has deleted, and a
 * leap: readers may have seen more than has survived (synchronous_commit = off, a
 * standby that lagged behind), and none of those numbers may come again. All
 * records count for that, those of transactions that failed or are not finished,
 * too, so no snapshot has a say.
 *
 * The transaction has its id before it takes a number. Whoever reads the next
 * transaction id after taking a number therefore knows: all lower numbers are
 * with transactions whose ids are lower than that. See feed.c.
 */
#include "base/session_group.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "activity/columns.h"
#include "activity/sequence.h"
#include "base/relation.h"

/* How far numbers leap when a project begins anew. */
#define LEAP (INT64CONST(1) << 20)

/* A tuple of session_group.activity_sequences. */
typedef struct Sequence
{
	int64		project_id;
	int64		last;
} Sequence;

#define SEQUENCE_COLUMNS 2

static void
key_of_project(ScanKey key, int64 project_id)
{
	ScanKeyInit(key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(project_id));
}

/*
 * Raise the number in a tuple and return it.
 */
static int64
raise_in_place(Relation table, ItemPointer tid)
{
	Buffer		buffer = ReadBuffer(table, ItemPointerGetBlockNumber(tid));
	Page		page;
	Sequence   *sequence;
	int64		number;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	page = BufferGetPage(buffer);
	sequence = (Sequence *) ((char *) PageGetItem(page, PageGetItemId(page,
																	  ItemPointerGetOffsetNumber(tid))) +
							 MAXALIGN(SizeofHeapTupleHeader));
	number = ++sequence->last;
	MarkBufferDirty(buffer);
	UnlockReleaseBuffer(buffer);
	return number;
}

/*
 * Take a project's next number; 0 if the project has no tuple.
 */
static int64
take_number(Relation table, int64 project_id)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	int64		number = 0;

	key_of_project(&key, project_id);
	scan = systable_beginscan(table, sg_relation_id("activity_sequences_pkey", false), true, SnapshotSelf,
							  1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		number = raise_in_place(table, &tuple->t_self);
	systable_endscan(scan);
	return number;
}

/*
 * Return the highest number that a table has of a project: its columns and its index
 * begin with the project and the number. 0 if there is none, or, in a database that has
 * not been updated yet, no table.
 */
static int64
highest_number(const char *table_name, const char *index_name, int64 project_id)
{
	Oid			relid = sg_relation_id(table_name, true);
	Relation	table;
	Relation	index;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	int64		number = 0;

	if (!OidIsValid(relid))
		return 0;
	table = table_open(relid, AccessShareLock);
	index = index_open(sg_relation_id(index_name, false), AccessShareLock);
	key_of_project(&key, project_id);
	scan = systable_beginscan_ordered(table, index, SnapshotAny, 1, &key);
	tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;

		number = DatumGetInt64(heap_getattr(tuple, SG_ACTIVITY_SEQ, RelationGetDescr(table),
											&isnull));
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(table, AccessShareLock);
	return number;
}

/*
 * Return the number before a project's first one: 0, or, where it has or had
 * records, one beyond all that anybody can have seen.
 */
static int64
number_to_begin_from(int64 project_id)
{
	int64		highest = Max(highest_number("activity", "activity_pkey", project_id),
							  highest_number("activity_purges", "activity_purges_pkey", project_id));

	return highest == 0 ? 0 : highest + LEAP;
}

static void
insert_sequence(Relation table, int64 project_id, int64 last)
{
	Relation	index = index_open(sg_relation_id("activity_sequences_pkey", false), RowExclusiveLock);
	Datum		values[SEQUENCE_COLUMNS] = {Int64GetDatum(project_id), Int64GetDatum(last)};
	bool		nulls[SEQUENCE_COLUMNS] = {false, false};
	HeapTuple	tuple = heap_form_tuple(RelationGetDescr(table), values, nulls);

	/* A frozen tuple outlives an abort: nothing may come between it and its index entry. */
	HOLD_INTERRUPTS();
	heap_insert(table, tuple, GetCurrentCommandId(true), HEAP_INSERT_FROZEN, NULL);
	index_insert(index, values, nulls, &tuple->t_self, table, UNIQUE_CHECK_YES, false,
				 BuildIndexInfo(index));
	RESUME_INTERRUPTS();
	index_close(index, RowExclusiveLock);
	heap_freetuple(tuple);
}

/*
 * Make a project's tuple, or wait for somebody who is making one, and take the
 * next number. The lock ends here, not with the transaction.
 */
static int64
begin_sequence(Relation table, int64 project_id)
{
	int64		number;

	LockDatabaseObject(RelationRelationId, RelationGetRelid(table), 0, AccessExclusiveLock);
	number = take_number(table, project_id);
	if (number == 0)
	{
		insert_sequence(table, project_id, number_to_begin_from(project_id));
		number = take_number(table, project_id);
	}
	UnlockDatabaseObject(RelationRelationId, RelationGetRelid(table), 0, AccessExclusiveLock);
	return number;
}

/*
 * Return the next number of a project, higher than all that were given before.
 */
int64
sg_activity_next_number(int64 project_id)
{
	Relation	table;
	int64		number;

	(void) GetTopTransactionId();
	table = table_open(sg_relation_id("activity_sequences", false), RowExclusiveLock);
	number = take_number(table, project_id);
	if (number == 0)
		number = begin_sequence(table, project_id);
	table_close(table, RowExclusiveLock);
	return number;
}
