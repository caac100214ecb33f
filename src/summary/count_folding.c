/*
 * count_folding.c
 *		Counts that hold without the changes before them; and counting anew.
 *
 * Now and then a writer folds: it adds a count of what its own snapshot sees.
 * Nothing is locked, waited for or tried again for that, at any isolation level,
 * since each count holds by itself: whoever sees it sees all that its snapshot saw.
 * What it has made superfluous is deleted.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/relation.h"
#include "base/statement.h"
#include "summary/count_folding.h"

PG_FUNCTION_INFO_V1(session_group_repair_counts);

/* One fold in so many deletes all that was left behind. */
#define SWEEP_ONE_IN 256

/*
 * Count a project's rows. As the owner: of a project that the caller may see,
 * or for the count that is kept.
 */
int64
sg_count_rows(int64 project_id, SgCounted counted)
{
	static SgStatement statements[SG_COUNTED_KINDS] = {
		{
			"SELECT pg_catalog.count(*) FROM session_group.summaries AS s"
			" WHERE s.project_id OPERATOR(pg_catalog.=) $1", {INT8OID}
		},
		{
			"SELECT pg_catalog.count(*) FROM session_group.activity AS a"
			" WHERE a.project_id OPERATOR(pg_catalog.=) $1", {INT8OID}
		}
	};
	Datum		values[] = {Int64GetDatum(project_id)};

	if (sg_execute_as_owner(&statements[counted], values, NULL, SG_SNAPSHOT_OF_CALLER) != 1)
		elog(ERROR, "no count of rows");
	return DatumGetInt64(sg_required(0, 1));
}

/*
 * Count all kinds of a project's rows.
 */
static void
count_all_kinds(int64 project_id, SgCount *count)
{
	sg_spi_connect();
	for (int i = 0; i < SG_COUNTED_KINDS; i++)
		count->numbers[i] = sg_count_rows(project_id, (SgCounted) i);
	sg_spi_finish();
}

/*
 * Delete a row. What somebody else is deleting is left to them, and what this
 * transaction has deleted since the snapshot is gone.
 */
static void
delete_row(SgCountTable *counts, HeapTuple tuple)
{
	TM_FailureData failure;

	if ((tuple->t_data->t_infomask & HEAP_XMAX_INVALID) == 0 &&
		TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetRawXmax(tuple->t_data)))
		return;
	(void) table_tuple_delete(counts->table, &tuple->t_self, GetCurrentCommandId(true),
							  counts->snapshot, InvalidSnapshot, false, &failure, false);
}

/*
 * Delete a project's rows that the snapshot sees, from an as_of on, but for the
 * changes of this transaction.
 */
static void
delete_counted(SgCountTable *counts, int64 project_id, uint64 from)
{
	SysScanDesc scan = sg_count_table_scan(counts, project_id, from, PG_UINT64_MAX);
	HeapTuple	tuple;

	while ((tuple = systable_getnext_ordered(scan, ForwardScanDirection)) != NULL)
	{
		if (!sg_count_is_change(tuple) || sg_count_row(tuple)->as_of != counts->own)
			delete_row(counts, tuple);
	}
	systable_endscan_ordered(scan);
}

/*
 * Lock out repair_counts() to the end of the transaction, or, for that, lock out
 * and wait for all who fold; false if that should not be waited for.
 */
static bool
lock_folding(SgCountTable *counts, LOCKMODE lock, bool wait)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, RelationRelationId, RelationGetRelid(counts->table), 1);
	return LockAcquire(&tag, lock, false, !wait) != LOCKACQUIRE_NOT_AVAIL;
}

/*
 * Add a count of what the snapshot sees, and delete what it makes superfluous: what
 * came since the count before it, and now and then all that was left behind. Not under
 * SERIALIZABLE, where what is read here would be taken for what the transaction rests on.
 */
void
sg_counts_fold(SgCountTable *counts, int64 project_id)
{
	SgCount		count;

	if (IsolationIsSerializable() || !lock_folding(counts, RowExclusiveLock, false))
		return;
	if (!sg_count_read(counts, project_id, &count))
		count_all_kinds(project_id, &count);
	sg_count_write(counts, project_id, count.numbers);
	delete_counted(counts, project_id,
				   pg_prng_uint64(&pg_global_prng_state) % SWEEP_ONE_IN == 0 ? 0 : count.as_of);
}

/*
 * Open the table as everybody has left it who folds, and as this transaction
 * sees it now; until the end of the transaction nobody folds.
 */
static bool
open_latest(SgCountTable *counts)
{
	if (!sg_count_table_open(counts, RowExclusiveLock))
		return false;
	(void) lock_folding(counts, ShareLock, true);
	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	sg_count_table_close(counts, NoLock);
	return sg_count_table_open(counts, RowExclusiveLock);
}

static void
close_latest(SgCountTable *counts)
{
	sg_count_table_close(counts, NoLock);
	PopActiveSnapshot();
}

/*
 * Forget the numbers of a project that is gone, or of all.
 */
void
sg_counts_forget(const int64 *project_id)
{
	SgCountTable counts;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	if (!open_latest(&counts))
		return;
	if (project_id != NULL)
		ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(*project_id));
	scan = systable_beginscan(counts.table, RelationGetRelid(counts.index), project_id != NULL,
							  counts.snapshot, project_id != NULL ? 1 : 0, &key);
	while ((tuple = systable_getnext(scan)) != NULL)
		delete_row(&counts, tuple);
	systable_endscan(scan);
	close_latest(&counts);
}

/*
 * Read what every project has by counting; return their number. The rows are
 * project, summaries, records.
 */
static uint64
count_all_rows(void)
{
	static SgStatement statement = {
		"SELECT p.id, coalesce(s.number, 0), coalesce(a.number, 0) FROM session_group.projects AS p"
		" LEFT JOIN (SELECT t.project_id, pg_catalog.count(*) AS number"
		" FROM session_group.summaries AS t GROUP BY 1) AS s"
		" ON s.project_id OPERATOR(pg_catalog.=) p.id"
		" LEFT JOIN (SELECT t.project_id, pg_catalog.count(*) AS number"
		" FROM session_group.activity AS t GROUP BY 1) AS a"
		" ON a.project_id OPERATOR(pg_catalog.=) p.id"
	};

	return sg_execute_as_owner(&statement, NULL, NULL, SG_SNAPSHOT_OF_CALLER);
}

/*
 * Keep what was counted for a row of count_all_rows(), unless it is kept already, and
 * folded; tell whether another number was.
 */
static bool
repair_count(SgCountTable *counts, uint64 row)
{
	int64		values[1 + SG_COUNTED_KINDS];
	SgCount		count;
	bool		kept,
				right;

	for (int i = 0; i < (int) lengthof(values); i++)
		values[i] = DatumGetInt64(sg_required(row, i + 1));
	kept = sg_count_read(counts, values[0], &count);
	right = kept && memcmp(count.numbers, values + 1, sizeof(count.numbers)) == 0;
	if (right && count.changes == 0)
		return false;
	sg_count_write(counts, values[0], values + 1);
	delete_counted(counts, values[0], 0);
	return kept && !right;
}

/*
 * session_group.repair_counts() returns bigint
 *
 * Count the rows of all projects, and keep that, folded; return how many projects had
 * another number. Beside traffic: nobody waits for it, it waits for
 * transactions that have folded. Raises 25001 but under READ COMMITTED.
 */
Datum
session_group_repair_counts(PG_FUNCTION_ARGS)
{
	SgCountTable counts;
	int64		repaired = 0;

	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("repair_counts() must run under READ COMMITTED"),
				 errhint("It has to see what others have committed since the transaction began.")));
	(void) GetTopTransactionId();
	sg_spi_connect();
	if (open_latest(&counts))
	{
		uint64		projects = count_all_rows();

		for (uint64 i = 0; i < projects; i++)
			repaired += repair_count(&counts, i) ? 1 : 0;
		close_latest(&counts);
	}
	sg_spi_finish();
	PG_RETURN_INT64(repaired);
}
