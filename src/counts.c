/*
 * counts.c
 *		How many summaries a project has, without counting them.
 *
 * A row of session_group.summary_counts says that so many summaries were added
 * to a project, or, negative, taken away; a project's number is the sum. A
 * trigger writes such a row in the transaction that writes the summary, so
 * rollback, crash and concurrency need no thought, and since rows are only
 * added, writers of one project never wait for each other.
 *
 * Now and then a writer folds the rows of its project into one. It takes only
 * those that nobody else is folding, and leaves it where it could fail: under
 * REPEATABLE READ a row that somebody folded meanwhile would be an error.
 */
#include "session_group.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/pg_prng.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "counts.h"
#include "statement.h"
#include "store.h"

PG_FUNCTION_INFO_V1(session_group_summaries_count);
PG_FUNCTION_INFO_V1(session_group_summaries_uncount);

/* One write in so many folds; the most rows that one folding takes. */
#define FOLD_ONE_IN 32
#define FOLD_AT_MOST "1000"

/*
 * Return the number of a project's summaries, as far as the caller may see the
 * project; SPI must be connected.
 */
int64
sg_count_of_project(int64 project_id)
{
	static SgStatement sum = {
		"SELECT coalesce(pg_catalog.sum(c.number), 0)::pg_catalog.int8"
		" FROM session_group.summary_counts AS c WHERE c.project_id OPERATOR(pg_catalog.=) $1",
		1, {INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id)};
	bool		isnull;

	if (sg_execute(&sum, values, NULL, SG_SNAPSHOT_OF_CALLER) != 1)
		elog(ERROR, "no sum of counts");
	return DatumGetInt64(sg_result(0, 1, &isnull));
}

/*
 * Fold rows of a project into one. As the owner: nobody else writes counts.
 */
static void
fold(int64 project_id)
{
	static SgStatement statement = {
		"WITH taken AS ("
		" DELETE FROM session_group.summary_counts AS d WHERE d.ctid OPERATOR(pg_catalog.=) ANY (ARRAY("
		" SELECT c.ctid FROM session_group.summary_counts AS c"
		" WHERE c.project_id OPERATOR(pg_catalog.=) $1 LIMIT " FOLD_AT_MOST
		" FOR UPDATE SKIP LOCKED))"
		" AND d.project_id OPERATOR(pg_catalog.=) $1 RETURNING d.number)"
		" INSERT INTO session_group.summary_counts (project_id, number)"
		" SELECT $1, pg_catalog.sum(t.number) FROM taken AS t"
		" HAVING pg_catalog.sum(t.number) OPERATOR(pg_catalog.<>) 0",
		1, {INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id)};

	sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_NEW);
}

/*
 * Add to a project's number. As the owner, for the project of a row that the
 * policies have just let the caller write.
 */
static void
add_number(int64 project_id, int64 number)
{
	static SgStatement statement = {
		"INSERT INTO session_group.summary_counts (project_id, number) VALUES ($1, $2)",
		2, {INT8OID, INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id), Int64GetDatum(number)};

	sg_spi_connect();
	sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_NEW);
	if (XactIsoLevel == XACT_READ_COMMITTED &&
		pg_prng_uint64(&pg_global_prng_state) % FOLD_ONE_IN == 0)
		fold(project_id);
	sg_spi_finish();
}

/*
 * session_group.summaries_count() returns trigger
 *
 * After INSERT or DELETE of a row of session_group.summaries.
 */
Datum
session_group_summaries_count(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	bool		isnull;
	Datum		project_id;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("summaries_count must be called by its own trigger")));
	project_id = heap_getattr(trigger->tg_trigtuple, SG_ROW_PROJECT_ID,
							  RelationGetDescr(trigger->tg_relation), &isnull);
	add_number(DatumGetInt64(project_id), TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ? 1 : -1);
	return PointerGetDatum(NULL);
}

/*
 * session_group.summaries_uncount() returns trigger
 *
 * After TRUNCATE of session_group.summaries, which only its owner can do.
 */
Datum
session_group_summaries_uncount(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {"DELETE FROM session_group.summary_counts", 0, {0}};
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("summaries_uncount must be called by its own trigger")));
	sg_spi_connect();
	sg_execute_as_owner(&statement, NULL, NULL, SG_SNAPSHOT_NEW);
	sg_spi_finish();
	return PointerGetDatum(NULL);
}
