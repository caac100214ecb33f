/*
 * retention.c
 *		How long a project's summaries and activity records are kept, and the deletion of
 *		older ones.
 *
 * A call deletes a bounded number of rows and is a transaction of its own, so that
 * nobody waits long for one, and a backlog goes away call by call. The projects that
 * have some to delete share the number evenly, and so do summaries and records of one
 * project, so that no large backlog keeps the others waiting. Rows that somebody is
 * writing, or that another call deletes, are skipped: the next call finds them if they
 * are still there.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "activity/purge.h"
#include "activity/records.h"
#include "admin/projects.h"
#include "admin/row.h"
#include "base/arguments.h"
#include "fleet/placement.h"

PG_FUNCTION_INFO_V1(session_group_is_retention);
PG_FUNCTION_INFO_V1(session_group_set_retention);
PG_FUNCTION_INFO_V1(session_group_set_activity_retention);
PG_FUNCTION_INFO_V1(session_group_purge_expired);

/* What records of activity have as "how". */
#define PART "retention"

#define RETENTION_MAX_YEARS 1000

/*
 * Tell whether a period is more than nothing and not too long. No part of it may be
 * negative: 1 month less 29 days is no time at all in February.
 */
static bool
is_retention(Interval *period)
{
	Interval	none = {0};
	Interval	most = {.month = RETENTION_MAX_YEARS * MONTHS_PER_YEAR};

	return period->month >= 0 && period->day >= 0 && period->time >= 0 &&
		DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(period),
										 IntervalPGetDatum(&none))) &&
		DatumGetBool(DirectFunctionCall2(interval_le, IntervalPGetDatum(period),
										 IntervalPGetDatum(&most)));
}

/*
 * session_group.is_retention(period interval) returns boolean
 */
Datum
session_group_is_retention(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_retention(PG_GETARG_INTERVAL_P(0)));
}

/*
 * Set one of a project's periods, from the arguments of the function that SQL has called.
 */
static Datum
set_period(FunctionCallInfo fcinfo, SgStatement *statement)
{
	sg_refuse_null(fcinfo, 0, "project_id");
	if (!PG_ARGISNULL(1) && !is_retention(PG_GETARG_INTERVAL_P(1)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("retention must be positive in all its parts, and at most %d years",
						RETENTION_MAX_YEARS),
				 errhint("For example: interval '90 days'; null to keep them for ever.")));
	return sg_change_row(fcinfo, statement, "project", "list_projects()");
}

/*
 * session_group.set_retention(project_id bigint, retention interval)
 * returns session_group.projects
 */
Datum
session_group_set_retention(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.projects AS p SET retention = $2"
		" WHERE p.id OPERATOR(pg_catalog.=) $1 RETURNING " SG_PROJECT_COLUMNS,
		{INT8OID, INTERVALOID}
	};

	return set_period(fcinfo, &statement);
}

/*
 * session_group.set_activity_retention(project_id bigint, retention interval)
 * returns session_group.projects
 */
Datum
session_group_set_activity_retention(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.projects AS p SET activity_retention = $2"
		" WHERE p.id OPERATOR(pg_catalog.=) $1 RETURNING " SG_PROJECT_COLUMNS,
		{INT8OID, INTERVALOID}
	};

	return set_period(fcinfo, &statement);
}

/*
 * Delete at most "batch" summaries of a project that were created before a
 * time, oldest first; return their number.
 */
static int64
purge_summaries(int64 project_id, TimestampTz before, int64 batch)
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

/* What a project has to delete. */
typedef struct Backlog
{
	int64		project_id;
	TimestampTz before;			/* what is older than this */
	int64		(*purge) (int64 project_id, TimestampTz before, int64 batch);
	bool		done;
} Backlog;

/*
 * Find what there is to delete, the most overdue first. Of several nodes each deletes from
 * the projects that it has, unless they are about to move.
 */
static Backlog *
find_backlogs(int *count)
{
	static SgStatement find = {
		"SELECT p.id, pg_catalog.now() OPERATOR(pg_catalog.-) p.retention,"
		" true AS of_summaries, oldest.created_at OPERATOR(pg_catalog.+) p.retention AS due"
		" FROM session_group.projects AS p CROSS JOIN LATERAL ("
		"SELECT s.created_at FROM session_group.summaries AS s"
		" WHERE s.project_id OPERATOR(pg_catalog.=) p.id AND s.created_at"
		" OPERATOR(pg_catalog.<) (pg_catalog.now() OPERATOR(pg_catalog.-) p.retention)"
		" ORDER BY s.created_at LIMIT 1) AS oldest WHERE p.retention IS NOT NULL"
		" UNION ALL "
		"SELECT p.id, pg_catalog.now() OPERATOR(pg_catalog.-) p.activity_retention,"
		" false, oldest.at OPERATOR(pg_catalog.+) p.activity_retention"
		" FROM session_group.projects AS p CROSS JOIN LATERAL ("
		"SELECT a.at FROM session_group.activity AS a"
		" WHERE a.project_id OPERATOR(pg_catalog.=) p.id"
		" AND a.seq OPERATOR(pg_catalog.>) " SG_ACTIVITY_PURGED_TO("p.id") " ORDER BY a.seq LIMIT 1) AS oldest"
		" WHERE p.activity_retention IS NOT NULL AND oldest.at"
		" OPERATOR(pg_catalog.<) (pg_catalog.now() OPERATOR(pg_catalog.-) p.activity_retention)"
		" ORDER BY due, id, of_summaries"
	};
	uint64		rows = sg_execute(&find, NULL, NULL, SG_SNAPSHOT_NEW);
	Backlog    *backlogs = palloc0(sizeof(Backlog) * Max(rows, 1));

	*count = 0;
	for (uint64 i = 0; i < rows; i++)
	{
		Backlog    *backlog = &backlogs[*count];

		backlog->project_id = DatumGetInt64(sg_required(i, 1));
		backlog->before = DatumGetTimestampTz(sg_required(i, 2));
		backlog->purge = DatumGetBool(sg_required(i, 3)) ? purge_summaries : sg_activity_purge;
		if (sg_placed_writable(backlog->project_id))
			(*count)++;
	}
	return backlogs;
}

/*
 * Delete up to "batch" rows: each backlog gets an equal share, and what one does not
 * use goes to those that have more. Returns the number of deleted rows.
 */
static int64
purge_backlogs(Backlog *backlogs, int count, int64 batch)
{
	int64		deleted = 0;
	int			waiting = count;

	while (waiting > 0 && deleted < batch)
	{
		int			left = waiting;

		for (int i = 0; i < count && deleted < batch; i++)
		{
			Backlog    *backlog = &backlogs[i];
			int64		share;
			int64		gone;

			if (backlog->done)
				continue;
			share = Max((batch - deleted) / left, 1);
			left--;
			gone = backlog->purge(backlog->project_id, backlog->before, share);
			deleted += gone;
			backlog->done = gone < share;
			if (backlog->done)
				waiting--;
		}
	}
	return deleted;
}

/*
 * Merge what writes have left in the lists of the indexes of searches: each search reads
 * these as a whole, until autovacuum comes by, or a writer fills one. As the owner, as
 * whom alone an index is cleaned.
 */
static void
merge_lists(void)
{
	static SgStatement statement = {
		"SELECT pg_catalog.gin_clean_pending_list(i.indexrelid) FROM pg_catalog.pg_index AS i"
		" JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid"
		" JOIN pg_catalog.pg_am AS a ON a.oid OPERATOR(pg_catalog.=) c.relam"
		" WHERE a.amname OPERATOR(pg_catalog.=) 'gin' AND i.indisvalid"
		" AND c.relnamespace OPERATOR(pg_catalog.=) 'session_group'::pg_catalog.regnamespace"
	};

	sg_execute_as_owner(&statement, NULL, NULL, SG_SNAPSHOT_NEW);
}

/*
 * session_group.purge_expired(batch integer) returns bigint
 *
 * Raises 22004 and 22023. Deletes as the caller, an administrator.
 */
Datum
session_group_purge_expired(PG_FUNCTION_ARGS)
{
	Backlog    *backlogs;
	int			count;
	int64		batch = sg_batch(fcinfo, 0);
	int64		deleted;

	sg_spi_connect();
	backlogs = find_backlogs(&count);
	deleted = purge_backlogs(backlogs, count, batch);
	merge_lists();
	sg_spi_finish();
	PG_RETURN_INT64(deleted);
}
