/*
 * feed.c
 *		Reading activity records: pages, and the feed of changes.
 *
 * The feed gives the records after a number, in the order of their numbers.
 * Writers do not wait for each other, so that a record can be seen while one
 * with a lower number is not, since its transaction is not finished. Whoever
 * read on after the higher number would miss the lower one. So the feed goes
 * only as far as it is complete:
 *
 * - A record keeps its horizon: the next transaction id, read after its number
 *	 was taken. All lower numbers are with lower transaction ids, as those are
 *	 assigned before a number is taken. Where all transactions of this database
 *	 below the horizon had ended when the reader's snapshot was taken, nothing is
 *	 missing up to this record: numbers that are not seen were rolled back.
 * - From there on, the feed goes on as long as numbers follow each other.
 *
 * It rests on the reader's snapshot, and on what is running elsewhere at that
 * moment, so it holds in a read-only transaction, under any isolation level, and
 * on a physical standby, which waits for transactions of all databases. One that
 * stays open and has an id, whatever it does, delays the records behind the next
 * gap; it makes none get lost. A horizon beyond the next transaction id is another
 * cluster's, of a dump that was restored with triggers disabled.
 */
#include "base/session_group.h"

#include "access/transam.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/xid8.h"

#include "activity/columns.h"
#include "activity/feed.h"
#include "activity/purge.h"
#include "base/arguments.h"
#include "base/relation.h"
#include "base/statement.h"
#include "base/transaction.h"
#include "summary/counts.h"
#include "summary/policies.h"
#include "summary/store.h"

PG_FUNCTION_INFO_V1(session_group_list_activity);
PG_FUNCTION_INFO_V1(session_group_activity_since);
PG_FUNCTION_INFO_V1(session_group_count_activity);

#define COLUMNS \
	"a.project_id, a.seq, a.summary_id, a.activity, a.user_id, a.api_key, a.how, a.request_id," \
	" a.changes, a.at"
#define SELECT_OF_PROJECT(columns) \
	"SELECT " columns " FROM session_group.activity AS a" \
	" WHERE a.project_id OPERATOR(pg_catalog.=) $1"
#define OF_SUMMARY " AND a.summary_id OPERATOR(pg_catalog.=) $2"
#define NEWEST_FIRST " ORDER BY a.seq DESC LIMIT $3 OFFSET $4"
#define SINCE " AND a.seq OPERATOR(pg_catalog.>) $4 ORDER BY a.seq LIMIT $3"

/* $1 project, $2 summary, $3 limit, $4 offset or number. */
#define PARAMS {INT8OID, UUIDOID, INT8OID, INT8OID}

/* Of the project, and of one summary. */
static SgStatement pages[] = {
	{SELECT_OF_PROJECT(COLUMNS) NEWEST_FIRST, PARAMS},
	{SELECT_OF_PROJECT(COLUMNS) OF_SUMMARY NEWEST_FIRST, PARAMS},
};
static SgStatement feeds[] = {
	{SELECT_OF_PROJECT(COLUMNS) SINCE, PARAMS},
	{SELECT_OF_PROJECT(COLUMNS) OF_SUMMARY SINCE, PARAMS},
};
static SgStatement counts[] = {
	{SELECT_OF_PROJECT("pg_catalog.count(*)"), PARAMS},
	{SELECT_OF_PROJECT("pg_catalog.count(*)") OF_SUMMARY, PARAMS},
};

/*
 * Run the one of two statements that is asked for, as the caller.
 */
static uint64
run_statement(SgStatement *statements, int64 project_id, const pg_uuid_t *summary_id, int64 limit,
			  int64 last)
{
	Datum		values[] = {
		Int64GetDatum(project_id), UUIDPGetDatum(summary_id), Int64GetDatum(limit),
		Int64GetDatum(last)
	};
	char		nulls[] = {' ', summary_id == NULL ? 'n' : ' ', ' ', ' '};

	return sg_execute(&statements[summary_id == NULL ? 0 : 1], values, nulls,
					  SG_SNAPSHOT_OF_CALLER);
}

/*
 * Read a page of records, newest first; return their number.
 */
uint64
sg_activity_page(int64 project_id, const pg_uuid_t *summary_id, int64 limit, int64 offset)
{
	return run_statement(pages, project_id, summary_id, limit, offset);
}

/*
 * Return the exact number of records: a project's is kept, a summary has few.
 */
int64
sg_activity_count(int64 project_id, const pg_uuid_t *summary_id)
{
	if (summary_id == NULL && sg_policies_show_records())
		return sg_count_of_project(project_id, SG_COUNTED_RECORDS);
	if (run_statement(counts, project_id, summary_id, 0, 0) != 1)
		elog(ERROR, "no count of records");
	return DatumGetInt64(sg_required(0, 1));
}

static int64
number_of(SPITupleTable *rows, uint64 row)
{
	return DatumGetInt64(sg_required_value(rows, row, SG_ACTIVITY_SEQ));
}

/*
 * Return the highest of a project's numbers, of those after "since" up to
 * "last", up to which nothing can come any more; "since" if there is none. As
 * the owner, since horizons tell of other projects' writers; of records that
 * the caller has just read.
 */
static int64
complete_up_to(int64 project_id, int64 since, int64 last)
{
	static SgStatement statement = {
		"SELECT a.seq FROM session_group.activity AS a"
		" WHERE a.project_id OPERATOR(pg_catalog.=) $1 AND a.seq OPERATOR(pg_catalog.>) $2"
		" AND a.seq OPERATOR(pg_catalog.<=) $3"
		" AND " SG_ACTIVITY_SETTLED("$4", "$5")
		" ORDER BY a.seq DESC LIMIT 1",
		{INT8OID, INT8OID, INT8OID, XID8OID, XID8OID}
	};

	/* A standby may not know of ids that the primary has given. */
	FullTransactionId next = RecoveryInProgress() ?
		FullTransactionIdFromU64(PG_UINT64_MAX) : ReadNextFullTransactionId();
	Datum		values[] = {
		Int64GetDatum(project_id), Int64GetDatum(since), Int64GetDatum(last),
		FullTransactionIdGetDatum(sg_all_ended_below()), FullTransactionIdGetDatum(next)
	};

	return sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_OF_CALLER) == 0 ? since :
		DatumGetInt64(sg_required(0, 1));
}

/*
 * Read the records after a number, oldest first, as far as nothing is missing
 * among them; return their number.
 */
uint64
sg_activity_since(int64 project_id, const pg_uuid_t *summary_id, int64 since, int64 limit)
{
	uint64		found = run_statement(feeds, project_id, summary_id, limit, since);
	SPITupleTable *rows = SPI_tuptable;
	uint64		given = 0;
	int64		complete;

	if (found == 0)
		return 0;
	complete = complete_up_to(project_id, since, number_of(rows, found - 1));
	while (given < found && number_of(rows, given) <= complete + 1)
	{
		complete = Max(complete, number_of(rows, given));
		given++;
	}
	SPI_tuptable = rows;
	return given;
}

/*
 * Tell whether no record after a number has been deleted by retention; false, with
 * the fault, if the feed cannot go on there.
 */
bool
sg_activity_kept_since(int64 project_id, int64 since, SgFault *fault)
{
	static SgStatement statement = {
		"SELECT " SG_ACTIVITY_PURGED_TO("$1"), {INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id)};
	int64		purged_to;

	/* A database that has not been updated yet has no such table. */
	if (!OidIsValid(sg_relation_id("activity_purges", true)))
		return true;
	if (sg_execute(&statement, values, NULL, SG_SNAPSHOT_OF_CALLER) != 1)
		elog(ERROR, "no number of deleted records");
	purged_to = DatumGetInt64(sg_required(0, 1));
	return purged_to == 0 || purged_to <= since ||
		sg_fault(fault, SG_FAULT_GONE, "since",
				 "Records up to number " INT64_FORMAT " are no longer kept. Begin again with since="
				 INT64_FORMAT ".", purged_to, purged_to);
}

/*
 * Return rows of the last result, or say that the project is hidden.
 */
static void
give_rows(FunctionCallInfo fcinfo, uint64 count)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	for (uint64 i = 0; i < count; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
	if (count == 0 && !sg_store_project_served(PG_GETARG_INT64(0)))
		sg_raise_no_access(PG_GETARG_INT64(0), "read");
}

/*
 * session_group.list_activity(project_id bigint, summary_id uuid, row_limit integer,
 * row_offset bigint) returns setof session_group.activity_record
 *
 * Raises 42501 if the project is hidden, 22023 and 22004 for bad arguments.
 */
Datum
session_group_list_activity(PG_FUNCTION_ARGS)
{
	int32		limit = PG_ARGISNULL(2) ? SG_DEFAULT_PAGE_SIZE : PG_GETARG_INT32(2);
	int64		offset = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT64(3);

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_bad_page(limit, offset);
	InitMaterializedSRF(fcinfo, 0);
	sg_spi_connect();
	give_rows(fcinfo, sg_activity_page(PG_GETARG_INT64(0),
									   PG_ARGISNULL(1) ? NULL : PG_GETARG_UUID_P(1), limit,
									   offset));
	sg_spi_finish();
	return (Datum) 0;
}

/*
 * session_group.activity_since(project_id bigint, since bigint, row_limit integer)
 * returns setof session_group.activity_record
 *
 * Raises 42501 if the project is hidden, 22023 and 22004 for bad arguments, 55000 if
 * records after "since" were deleted.
 */
Datum
session_group_activity_since(PG_FUNCTION_ARGS)
{
	int32		limit = PG_ARGISNULL(2) ? SG_DEFAULT_PAGE_SIZE : PG_GETARG_INT32(2);
	SgFault		fault;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "since");
	sg_refuse_bad_page(limit, 0);
	if (PG_GETARG_INT64(1) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("since must not be negative"),
				 errhint("Give the seq of the last record that was read, or 0.")));
	InitMaterializedSRF(fcinfo, 0);
	sg_spi_connect();
	if (!sg_activity_kept_since(PG_GETARG_INT64(0), PG_GETARG_INT64(1), &fault))
		sg_fault_raise(&fault);
	give_rows(fcinfo, sg_activity_since(PG_GETARG_INT64(0), NULL, PG_GETARG_INT64(1), limit));
	sg_spi_finish();
	return (Datum) 0;
}

/*
 * session_group.count_activity(project_id bigint, summary_id uuid) returns bigint
 *
 * Raises 42501 if the project is hidden, 22004 for no project.
 */
Datum
session_group_count_activity(PG_FUNCTION_ARGS)
{
	int64		count;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_spi_connect();
	count = sg_activity_count(PG_GETARG_INT64(0), PG_ARGISNULL(1) ? NULL : PG_GETARG_UUID_P(1));
	if (count == 0 && !sg_store_project_served(PG_GETARG_INT64(0)))
		sg_raise_no_access(PG_GETARG_INT64(0), "read");
	sg_spi_finish();
	PG_RETURN_INT64(count);
}
