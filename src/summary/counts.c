/*
 * counts.c
 *		How many summaries and activity records a project has, without counting
 *		them: what is counted, and who asks.
 *
 * count_table.c says how the numbers are kept. A project without a count that the
 * reader sees is counted row by row: one that was restored with triggers disabled,
 * until somebody folds (count_folding.c).
 *
 * The rows of one statement are one change: it is raised in place. That is as
 * good as a new row, since no snapshot but those of the statement's own triggers
 * has seen it: others wait for the end of the transaction, and the
 * statement's snapshot, like all that were taken before it, is older than the row.
 * A later statement of the transaction replaces the row, so that it leaves one for
 * all its statements.
 */
#include "base/session_group.h"

#include "access/generic_xlog.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "commands/trigger.h"
#include "common/pg_prng.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/relation.h"
#include "base/trigger.h"
#include "identity/identity.h"
#include "summary/count_folding.h"
#include "summary/count_table.h"
#include "summary/counts.h"
#include "summary/policies.h"
#include "summary/rows_written.h"
#include "summary/store.h"

PG_FUNCTION_INFO_V1(session_group_summaries_count);
PG_FUNCTION_INFO_V1(session_group_summaries_uncount);
PG_FUNCTION_INFO_V1(session_group_activity_count);
PG_FUNCTION_INFO_V1(session_group_projects_count);
PG_FUNCTION_INFO_V1(session_group_project_counts_before_insert);

/* One transaction in so many folds a project that it adds to. */
#define FOLD_ONE_IN 32

/*
 * Tell whether the caller may see a project. A reader of it does, which is known
 * without a query unless an administrator has given projects another policy.
 */
static bool
project_visible(int64 project_id)
{
	return (sg_identity_can_read(project_id) && sg_policies_show_projects()) ||
		sg_store_project_served(project_id);
}

/*
 * Return how many of something a project has, as the running statement sees it;
 * 0 if the caller may not see the project. SPI must be connected.
 */
int64
sg_count_of_project(int64 project_id, SgCounted counted)
{
	SgCountTable counts;
	SgCount		count = {0};
	bool		kept = false;

	if (!project_visible(project_id))
		return 0;
	if (sg_count_table_open(&counts, AccessShareLock))
	{
		kept = sg_count_read(&counts, project_id, &count);
		sg_count_table_close(&counts, AccessShareLock);
	}
	return kept ? count.numbers[counted] : sg_count_rows(project_id, counted);
}

/* A change that this backend wrote. */
typedef struct Change
{
	uint64		transaction;
	TransactionId subtransaction;
	CommandId	command;
	int64		project_id;
	ItemPointerData tid;
} Change;

/*
 * The last change of each project, as far as they find room: a statement may have
 * rows of many projects in any order, and each row would be a change of its own.
 */
#define LAST_CHANGES 1024

static Change last_changes[LAST_CHANGES];

static Change *
last_change(int64 project_id)
{
	return &last_changes[(uint64) project_id % LAST_CHANGES];
}

/*
 * Tell whether a change of this transaction is the running statement's. Replication makes
 * one change of a transaction: there nobody looks at numbers in between.
 */
static bool
is_own_change(const Change *change)
{
	return change->subtransaction == GetCurrentTransactionId() &&
		(change->command >= GetActiveSnapshot()->curcid ||
		 SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA);
}

static void
raise_change(SgCountTable *counts, const Change *change, SgCounted counted, int64 number)
{
	Buffer		buffer = ReadBuffer(counts->table, ItemPointerGetBlockNumber(&change->tid));
	OffsetNumber offset = ItemPointerGetOffsetNumber(&change->tid);
	GenericXLogState *log;
	Page		page;
	HeapTupleHeader tuple;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	log = GenericXLogStart(counts->table);
	page = GenericXLogRegisterBuffer(log, buffer, 0);
	tuple = (HeapTupleHeader) PageGetItem(page, PageGetItemId(page, offset));
	((SgCountRow *) ((char *) tuple + tuple->t_hoff))->numbers[counted] += number;
	GenericXLogFinish(log);
	UnlockReleaseBuffer(buffer);
}

/*
 * Tell whether a change of this transaction is of an earlier command, and has not been
 * rolled back with a part of it.
 */
static bool
is_earlier_change(const Change *change)
{
	return TransactionIdIsCurrentTransactionId(change->subtransaction) &&
		change->command < GetCurrentCommandId(true);
}

static void
note_change(Change *change, uint64 transaction, int64 project_id)
{
	change->transaction = transaction;
	change->subtransaction = GetCurrentTransactionId();
	change->command = GetCurrentCommandId(true);
	change->project_id = project_id;
}

/*
 * Replace a change by one that is raised. Both have the same keys, and mostly stand in
 * the same page: then no index is written.
 */
static void
replace_change(SgCountTable *counts, Change *change, SgCounted counted, int64 number)
{
	HeapTupleData old = {.t_self = change->tid};
	HeapTuple	tuple;
	Buffer		buffer;

	if (!heap_fetch(counts->table, SnapshotAny, &old, &buffer, false))
		elog(ERROR, "a change of this transaction is gone");
	tuple = heap_copytuple(&old);
	ReleaseBuffer(buffer);
	sg_count_row(tuple)->numbers[counted] += number;
	CatalogTupleUpdate(counts->table, &change->tid, tuple);
	change->tid = tuple->t_self;
	heap_freetuple(tuple);
	note_change(change, counts->own, change->project_id);
}

static void
insert_change(SgCountTable *counts, Change *change, int64 project_id, SgCounted counted,
			  int64 number)
{
	SgCountRow	row = {project_id, counts->own};

	row.numbers[counted] = number;
	sg_count_insert(counts, &row, (Datum) 0, &change->tid);
	note_change(change, counts->own, project_id);
}

/*
 * Add to a project's number: of rows that the policies have just let the
 * caller write. One transaction in so many folds, and only with its first change of the
 * project, as what it writes itself is not to be folded.
 */
void
sg_count_add(int64 project_id, SgCounted counted, int64 number)
{
	SgCountTable counts;
	Change	   *change = last_change(project_id);
	bool		is_first;
	bool		is_known;

	(void) GetTopTransactionId();
	if (!sg_count_table_open(&counts, RowExclusiveLock))
		return;
	is_first = change->transaction != counts.own;
	is_known = !is_first && change->project_id == project_id;

	if (is_known && is_own_change(change))
		raise_change(&counts, change, counted, number);
	else if (is_known && is_earlier_change(change))
		replace_change(&counts, change, counted, number);
	else
		insert_change(&counts, change, project_id, counted, number);
	if (is_first && pg_prng_uint64(&pg_global_prng_state) % FOLD_ONE_IN == 0)
		sg_counts_fold(&counts, project_id);
	sg_count_table_close(&counts, NoLock);
}

/*
 * Forget the numbers of a project that is gone, or of all, and which rows they were in.
 */
static void
forget(const int64 *project_id)
{
	sg_counts_forget(project_id);
	memset(last_changes, 0, sizeof(last_changes));
}

static int64
project_of(TriggerData *trigger)
{
	bool		isnull;

	/* The first column of each of the tables. */
	return DatumGetInt64(heap_getattr(trigger->tg_trigtuple, 1,
									  RelationGetDescr(trigger->tg_relation), &isnull));
}

/*
 * Count a row that came or went; with a project go its numbers.
 */
static Datum
count_row(TriggerData *trigger, SgCounted counted)
{
	int64		project_id = project_of(trigger);

	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		sg_count_add(project_id, counted, 1);
	else if (sg_project_exists(project_id, SnapshotSelf))
		sg_count_add(project_id, counted, -1);
	return PointerGetDatum(NULL);
}

/*
 * session_group.summaries_count() returns trigger
 *
 * After INSERT or DELETE of a row of session_group.summaries, whoever does it:
 * logical replication, too, which fires no trigger for statements.
 */
Datum
session_group_summaries_count(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "summaries", SG_AFTER_ROW);

	/* Those that are not deleted are counted before they are written. */
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		sg_count_row_written(0);
	return count_row(trigger, SG_COUNTED_SUMMARIES);
}

/*
 * session_group.activity_count() returns trigger
 *
 * After INSERT or DELETE of a row of session_group.activity by SQL.
 */
Datum
session_group_activity_count(PG_FUNCTION_ARGS)
{
	return count_row(sg_trigger(fcinfo, "activity", SG_AFTER_ROW), SG_COUNTED_RECORDS);
}

/*
 * session_group.summaries_uncount() returns trigger
 *
 * After TRUNCATE of session_group.summaries, which only its owner can do: then
 * projects are counted row by row, until somebody folds.
 */
Datum
session_group_summaries_uncount(PG_FUNCTION_ARGS)
{
	(void) sg_trigger(fcinfo, "summaries", SG_AFTER_TRUNCATE);
	forget(NULL);
	return PointerGetDatum(NULL);
}

/*
 * session_group.projects_count() returns trigger
 *
 * After INSERT or DELETE of a row of session_group.projects, or TRUNCATE: a
 * project begins with a count, and its numbers go with it. What is there already
 * is counted: a restore may bring rows before their project.
 */
Datum
session_group_projects_count(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "projects", SG_AFTER_ROW | SG_AFTER_TRUNCATE);
	SgCountTable counts;
	int64		project_id;

	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
	{
		forget(NULL);
		return PointerGetDatum(NULL);
	}
	project_id = project_of(trigger);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		forget(&project_id);
	else if (sg_count_table_open(&counts, RowExclusiveLock))
	{
		sg_counts_fold(&counts, project_id);
		sg_count_table_close(&counts, NoLock);
	}
	return PointerGetDatum(NULL);
}

/*
 * session_group.project_counts_before_insert() returns trigger
 *
 * Before INSERT into session_group.project_counts by SQL: leaves out what a
 * replica takes from a server that publishes all its tables, since the rows of
 * the other tables that come from there are counted here.
 */
Datum
session_group_project_counts_before_insert(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "project_counts", SG_BEFORE_ROW);

	return PointerGetDatum(SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA ?
						   NULL : trigger->tg_trigtuple);
}
