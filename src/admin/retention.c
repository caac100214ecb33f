/*
 * retention.c
 *		Deleting summaries that have been kept for as long as their project wants.
 *
 * A call deletes a bounded number of them and is a transaction of its own, so
 * that nobody waits long for a row, and a backlog goes away call by call. Rows
 * that somebody is writing, or that another call deletes, are passed over: the
 * next call finds them if they are still there.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/timestamp.h"

#include "activity/records.h"
#include "base/arguments.h"

PG_FUNCTION_INFO_V1(session_group_purge_expired);

/* How records of activity call it. */
#define PART "retention"

#define BATCH_MAX 1000000

/*
 * Delete at most "batch" summaries of a project that were created before a
 * time, oldest first; return their number.
 */
static int64
purge_project(int64 project_id, TimestampTz before, int64 batch)
{
	static SgStatement statement = {
		"DELETE FROM session_group.summaries AS s"
		" WHERE s.project_id OPERATOR(pg_catalog.=) $1 AND s.id OPERATOR(pg_catalog.=) ANY (ARRAY("
		"SELECT e.id FROM session_group.summaries AS e"
		" WHERE e.project_id OPERATOR(pg_catalog.=) $1"
		" AND e.created_at OPERATOR(pg_catalog.<) $2"
		" ORDER BY e.created_at, e.id LIMIT $3 FOR UPDATE SKIP LOCKED))",
		{INT8OID, TIMESTAMPTZOID, INT8OID}
	};
	Datum		values[] = {
		Int64GetDatum(project_id), TimestampTzGetDatum(before), Int64GetDatum(batch)
	};

	return (int64) sg_execute_in_the_name_of(PART, &statement, values, SG_SNAPSHOT_NEW);
}

/*
 * session_group.purge_expired(batch integer) returns bigint
 *
 * Raises 22004 and 22023. Runs as the caller, an administrator.
 */
Datum
session_group_purge_expired(PG_FUNCTION_ARGS)
{
	static SgStatement find = {
		"SELECT p.id, pg_catalog.now() OPERATOR(pg_catalog.-) p.retention"
		" FROM session_group.projects AS p WHERE p.retention IS NOT NULL ORDER BY p.id"
	};
	SPITupleTable *projects;
	uint64		count;
	int64		batch;
	int64		deleted = 0;

	sg_refuse_null(fcinfo, 0, "batch");
	batch = PG_GETARG_INT32(0);
	if (batch < 1 || batch > BATCH_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("batch must be between 1 and %d", BATCH_MAX),
				 errhint("Call the function again until it returns 0.")));
	sg_spi_connect();
	count = sg_execute(&find, NULL, NULL, SG_SNAPSHOT_NEW);
	projects = SPI_tuptable;
	for (uint64 i = 0; i < count && deleted < batch; i++)
	{
		bool		isnull;

		deleted += purge_project(DatumGetInt64(sg_value(projects, i, 1, &isnull)),
								 DatumGetTimestampTz(sg_value(projects, i, 2, &isnull)),
								 batch - deleted);
	}
	sg_spi_finish();
	PG_RETURN_INT64(deleted);
}
