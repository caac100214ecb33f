/*
 * purge.c
 *		The deletion of old activity records.
 *
 * Records go from the lowest number on, without a gap, and a row of
 * session_group.activity_purges says how far: so the feed can tell a reader who was away
 * for too long, and the next call begins behind what the last one deleted, whose dead
 * rows may stay for long. One statement does both. Nothing goes that is above a number
 * which may still come, so that none comes below purged_to.
 *
 * The project is locked first. One that somebody is changing or deleting, or that
 * another call purges, is passed over: nobody waits, so nobody deadlocks.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "utils/xid8.h"

#include "activity/columns.h"
#include "activity/purge.h"
#include "base/statement.h"
#include "base/transaction.h"

/*
 * Delete at most "batch" of a project's records that are older than "before"; return
 * their number. As the owner: nobody else may delete records. The caller has checked
 * that an administrator asks. SPI must be connected.
 */
int64
sg_activity_purge(int64 project_id, TimestampTz before, int64 batch)
{
	static SgStatement statement = {
		"WITH project AS (SELECT p.id FROM session_group.projects AS p"
		" WHERE p.id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE SKIP LOCKED),"
		" oldest AS (SELECT a.seq, a.at OPERATOR(pg_catalog.<) $2"
		" AND " SG_ACTIVITY_SETTLED("$4", "$5") " AS goes"
		" FROM session_group.activity AS a WHERE a.project_id OPERATOR(pg_catalog.=) $1"
		" AND a.seq OPERATOR(pg_catalog.>) (SELECT " SG_ACTIVITY_PURGED_TO("p.id") " FROM project AS p)"
		" ORDER BY a.seq LIMIT $3),"
		" gone AS (DELETE FROM session_group.activity AS a"
		" WHERE a.project_id OPERATOR(pg_catalog.=) $1 AND a.seq OPERATOR(pg_catalog.=) ANY (ARRAY("
		"SELECT o.seq FROM (SELECT b.seq, pg_catalog.bool_and(b.goes) OVER (ORDER BY b.seq) AS goes"
		" FROM oldest AS b) AS o WHERE o.goes)) RETURNING a.seq),"
		" before AS (DELETE FROM session_group.activity_purges AS p"
		" WHERE p.project_id OPERATOR(pg_catalog.=) $1 AND EXISTS (SELECT FROM gone)),"
		" made AS (INSERT INTO session_group.activity_purges (project_id, purged_to)"
		" SELECT $1, pg_catalog.max(g.seq) FROM gone AS g HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0)"
		" SELECT pg_catalog.count(*) FROM gone",
		{INT8OID, TIMESTAMPTZOID, INT8OID, XID8OID, XID8OID},
		.is_list = true
	};
	Datum		values[] = {
		Int64GetDatum(project_id), TimestampTzGetDatum(before), Int64GetDatum(batch),
		FullTransactionIdGetDatum(sg_all_ended_below()),
		FullTransactionIdGetDatum(ReadNextFullTransactionId())
	};

	if (sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_NEW) != 1)
		elog(ERROR, "no number of deleted records");
	return DatumGetInt64(sg_required(0, 1));
}
