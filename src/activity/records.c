/*
 * records.c
 *		Records of what was done to summaries: the triggers that write them.
 *
 * One trigger of session_group.summaries records each row that any door has
 * created, changed or deleted, in the transaction that did it. What is not
 * recorded:
 *
 * - Rows that a restore brings: the dump has their records, too. They are known by
 *	 their updated_at, which is not the time of this transaction. Only a superuser or
 *	 the table's owner can write such a row, and they could disable the trigger as
 *	 well.
 * - Summaries that go away with their project: its records go with it.
 * - TRUNCATE, which only the owner can do.
 * - What logical replication brings: the records are replicated, too.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

#include "activity/changes.h"
#include "activity/columns.h"
#include "activity/notify.h"
#include "activity/records.h"
#include "activity/sequence.h"
#include "base/relation.h"
#include "base/trigger.h"
#include "fleet/placement.h"
#include "identity/identity.h"
#include "summary/counts.h"
#include "summary/store.h"

PG_FUNCTION_INFO_V1(session_group_summaries_record);
PG_FUNCTION_INFO_V1(session_group_activity_before_insert);
PG_FUNCTION_INFO_V1(session_group_projects_forget_activity);

#define COLUMN_COUNT SG_ACTIVITY_HORIZON

/* The part of the extension that writes, while it does so; else null. */
static const char *origin = NULL;

/*
 * Run a statement of a part of the extension, with the rights of the caller.
 * What it writes is recorded as done by the part, and by nobody.
 */
uint64
sg_execute_in_the_name_of(const char *part, SgStatement *statement, Datum *values,
						  SgSnapshot snapshot)
{
	const char *saved_origin = origin;
	uint64		rows = 0;

	origin = part;
	PG_TRY();
	{
		rows = sg_execute(statement, values, NULL, snapshot);
	}
	PG_FINALLY();
	{
		origin = saved_origin;
	}
	PG_END_TRY();
	return rows;
}

/* A row of session_group.activity. */
typedef struct Record
{
	Datum		values[COLUMN_COUNT];
	bool		nulls[COLUMN_COUNT];
} Record;

static void
set_column(Record *record, enum SgActivityColumn column, Datum value)
{
	record->values[column - 1] = value;
	record->nulls[column - 1] = false;
}

/*
 * Set who did it: the extension, the identity, or, without one, an administrator.
 */
static void
set_who(Record *record)
{
	const SgIdentity *identity = sg_identity();

	if (origin != NULL)
		set_column(record, SG_ACTIVITY_HOW, CStringGetTextDatum(origin));
	else if (identity->proof == SG_PROOF_NONE)
		set_column(record, SG_ACTIVITY_HOW, CStringGetTextDatum("sql"));
	else
	{
		set_column(record, SG_ACTIVITY_HOW, CStringGetTextDatum(sg_proof_name(identity->proof)));
		set_column(record, SG_ACTIVITY_USER_ID, Int64GetDatum(identity->user_id));
		if (identity->api_key_mask != NULL)
			set_column(record, SG_ACTIVITY_API_KEY, CStringGetTextDatum(identity->api_key_mask));
		if (identity->request_id != NULL)
			set_column(record, SG_ACTIVITY_REQUEST_ID, CStringGetTextDatum(identity->request_id));
	}
}

/*
 * Write a record about a row that the policies have just let the caller write.
 */
static void
write_record(int64 project_id, Datum summary_id, const char *activity, Jsonb *changes)
{
	Relation	table = table_open(sg_relation_id("activity", false), RowExclusiveLock);
	int64		seq = sg_activity_next_number(project_id);
	ItemPointerData tid;
	Record		record;

	Assert(RelationGetDescr(table)->natts == COLUMN_COUNT);
	memset(record.nulls, true, sizeof(record.nulls));
	set_column(&record, SG_ACTIVITY_PROJECT_ID, Int64GetDatum(project_id));
	set_column(&record, SG_ACTIVITY_SEQ, Int64GetDatum(seq));
	set_column(&record, SG_ACTIVITY_SUMMARY_ID, summary_id);
	set_column(&record, SG_ACTIVITY_ACTIVITY, CStringGetTextDatum(activity));
	set_who(&record);
	set_column(&record, SG_ACTIVITY_CHANGES, JsonbPGetDatum(changes));
	set_column(&record, SG_ACTIVITY_AT, TimestampTzGetDatum(GetCurrentTimestamp()));
	set_column(&record, SG_ACTIVITY_HORIZON, FullTransactionIdGetDatum(ReadNextFullTransactionId()));

	sg_insert_row(table, record.values, record.nulls, &tid);
	table_close(table, RowExclusiveLock);
	sg_count_add(project_id, SG_COUNTED_RECORDS, 1);
	sg_activity_notify(project_id, seq);
}

/*
 * Tell whether a new row comes from a dump, which has its records, too.
 */
static bool
is_restored(const TriggerData *trigger)
{
	bool		isnull;
	Datum		updated_at = heap_getattr(trigger->tg_trigtuple, SG_ROW_UPDATED_AT,
										  RelationGetDescr(trigger->tg_relation), &isnull);

	return origin == NULL &&
		DatumGetTimestampTz(updated_at) != GetCurrentTransactionStartTimestamp() &&
		object_ownercheck(RelationRelationId, RelationGetRelid(trigger->tg_relation), GetUserId());
}

/*
 * session_group.summaries_record() returns trigger
 *
 * After INSERT, UPDATE or DELETE of a row of session_group.summaries. Raises 3D000 if
 * another node has the project, 55006 if its writes are stopped.
 */
Datum
session_group_summaries_record(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "summaries", SG_AFTER_ROW);
	TupleDesc	tupdesc;
	HeapTuple	before;
	HeapTuple	after;
	HeapTuple	row;
	int64		project_id;
	bool		isnull;

	before = TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ? NULL : trigger->tg_trigtuple;
	after = TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ? trigger->tg_trigtuple :
		TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : NULL;
	row = after != NULL ? after : before;
	tupdesc = RelationGetDescr(trigger->tg_relation);
	project_id = DatumGetInt64(heap_getattr(row, SG_ROW_PROJECT_ID, tupdesc, &isnull));
	if (before == NULL ? is_restored(trigger) :
		after == NULL && !sg_project_exists(project_id, SnapshotSelf))
		return PointerGetDatum(NULL);
	/* The policies have let the row pass: who asks may know where the project is. */
	sg_refuse_unplaced_write(project_id);
	write_record(project_id, heap_getattr(row, SG_ROW_ID, tupdesc, &isnull),
				 before == NULL ? "created" : after == NULL ? "deleted" : "updated",
				 sg_activity_changes(tupdesc, before, after));
	return PointerGetDatum(NULL);
}

/*
 * session_group.activity_before_insert() returns trigger
 *
 * Before INSERT of a row of session_group.activity: sets horizon, which means
 * something in this cluster only, also in rows that a dump or a subscription
 * brings.
 */
Datum
session_group_activity_before_insert(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "activity", SG_BEFORE_ROW);
	int			column = SG_ACTIVITY_HORIZON;
	Datum		horizon = FullTransactionIdGetDatum(ReadNextFullTransactionId());
	bool		isnull = false;

	return PointerGetDatum(heap_modify_tuple_by_cols(trigger->tg_trigtuple,
													 RelationGetDescr(trigger->tg_relation), 1,
													 &column, &horizon, &isnull));
}

/*
 * session_group.projects_forget_activity() returns trigger
 *
 * After DELETE of a row of session_group.projects, or TRUNCATE: deletes the
 * records of what is gone. No foreign key does that, since it would be checked
 * with each record, and would lock the project: a writer who has locked a
 * summary and somebody who deletes its project would wait for each other. By
 * its name this trigger is fired behind those of foreign keys, so that the
 * project's summaries are gone, and their writers have ended.
 */
Datum
session_group_projects_forget_activity(PG_FUNCTION_ARGS)
{
	static SgStatement forget = {
		"DELETE FROM session_group.activity AS a WHERE a.project_id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	static SgStatement forget_all = {"DELETE FROM session_group.activity"};
	TriggerData *trigger = sg_trigger(fcinfo, "projects", SG_AFTER_ROW | SG_AFTER_TRUNCATE);
	bool		all = TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event);
	bool		isnull;
	Datum		values[1] = {0};

	if (!all)
		values[0] = heap_getattr(trigger->tg_trigtuple, 1, RelationGetDescr(trigger->tg_relation),
								 &isnull);
	sg_spi_connect();
	sg_execute_as_owner(all ? &forget_all : &forget, values, NULL, SG_SNAPSHOT_LATEST);
	sg_spi_finish();
	return PointerGetDatum(NULL);
}
