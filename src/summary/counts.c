/*
 * counts.c
 *		How many summaries a project has, without counting them.
 *
 * A row of session_group.summary_counts says that so many summaries were added
 * to a project, or, negative, taken away; a project's number is the sum. Such
 * a row is written in the transaction that writes the summaries, so rollback,
 * crash and concurrency need no thought, and since rows are only added,
 * writers of one project never wait for each other.
 *
 * One statement writes one row a project: a trigger for each row adds up in
 * memory, one for the statement writes the sums. They are kept apart by
 * subtransaction: what one that was rolled back has left is never written,
 * since its number does not come again. It goes when a statement ends in
 * another subtransaction of its level or above, so that many failures in one
 * transaction do not pile up.
 *
 * Now and then a writer folds the rows of its project into one. It takes only
 * those that nobody else is folding, and leaves it where it could fail: under
 * REPEATABLE READ a row that somebody folded meanwhile would be an error.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/statement.h"
#include "base/trigger.h"
#include "summary/counts.h"
#include "summary/store.h"

PG_FUNCTION_INFO_V1(session_group_summaries_count);
PG_FUNCTION_INFO_V1(session_group_summaries_counted);
PG_FUNCTION_INFO_V1(session_group_summaries_uncount);

/* What the rows of a statement add up to, by subtransaction and project. */
typedef struct SumKey
{
	int64		project_id;
	int64		subtransaction; /* wide, so that there is no padding to hash */
} SumKey;

typedef struct Sum
{
	SumKey		key;
	int			nest_level;		/* of the subtransaction */
	int64		number;
} Sum;

static HTAB *sums = NULL;		/* lives and ends with sums_transaction */
static FullTransactionId sums_transaction;

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
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id)};

	if (sg_execute(&sum, values, NULL, SG_SNAPSHOT_OF_CALLER) != 1)
		elog(ERROR, "no sum of counts");
	return DatumGetInt64(sg_required(0, 1));
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
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id)};

	sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_NEW);
}

/*
 * Add to a project's number. As the owner, for the project of rows that the
 * policies have just let the caller write. SPI must be connected.
 */
static void
add_number(int64 project_id, int64 number)
{
	static SgStatement statement = {
		"INSERT INTO session_group.summary_counts (project_id, number) VALUES ($1, $2)",
		{INT8OID, INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id), Int64GetDatum(number)};

	sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_NEW);
}

/*
 * Return the table of sums of this transaction.
 */
static HTAB *
transaction_sums(void)
{
	FullTransactionId transaction = GetTopFullTransactionId();
	HASHCTL		ctl = {
		.keysize = sizeof(SumKey), .entrysize = sizeof(Sum), .hcxt = TopTransactionContext
	};

	if (sums == NULL || !FullTransactionIdEquals(transaction, sums_transaction))
	{
		sums = hash_create("session_group sums of a statement", 16, &ctl,
						   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
		sums_transaction = transaction;
	}
	return sums;
}

static void
add_up(int64 project_id, int64 number)
{
	SumKey		key = {project_id, GetCurrentSubTransactionId()};
	bool		found;
	Sum		   *sum = hash_search(transaction_sums(), &key, HASH_ENTER, &found);

	sum->nest_level = GetCurrentTransactionNestLevel();
	sum->number = (found ? sum->number : 0) + number;
}

/*
 * Write the sums of this subtransaction, and forget them and those of
 * subtransactions that have ended.
 */
static void
write_sums(void)
{
	SubTransactionId subtransaction = GetCurrentSubTransactionId();
	int			nest_level = GetCurrentTransactionNestLevel();
	HTAB	   *table = transaction_sums();
	HASH_SEQ_STATUS scan;
	Sum		   *sum;

	hash_seq_init(&scan, table);
	while ((sum = hash_seq_search(&scan)) != NULL)
	{
		Sum			written = *sum;

		if (written.key.subtransaction != subtransaction && written.nest_level < nest_level)
			continue;			/* of a statement in whose midst this one ran */
		hash_search(table, &written.key, HASH_REMOVE, NULL);
		if (written.key.subtransaction != subtransaction)
			continue;
		if (written.number != 0)
			add_number(written.key.project_id, written.number);
		if (XactIsoLevel == XACT_READ_COMMITTED &&
			pg_prng_uint64(&pg_global_prng_state) % FOLD_ONE_IN == 0)
			fold(written.key.project_id);
	}
}

/*
 * session_group.summaries_count() returns trigger
 *
 * After INSERT or DELETE of a row of session_group.summaries. Logical
 * replication fires no trigger for the statement, so there the row counts by
 * itself.
 */
Datum
session_group_summaries_count(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "summaries", SG_AFTER_ROW);
	bool		isnull;
	int64		project_id;
	int64		number;

	project_id = DatumGetInt64(heap_getattr(trigger->tg_trigtuple, SG_ROW_PROJECT_ID,
											RelationGetDescr(trigger->tg_relation), &isnull));
	number = TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ? 1 : -1;
	if (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA)
	{
		sg_spi_connect();
		add_number(project_id, number);
		sg_spi_finish();
	}
	else
		add_up(project_id, number);
	return PointerGetDatum(NULL);
}

/*
 * session_group.summaries_counted() returns trigger
 *
 * After a statement of INSERT or DELETE on session_group.summaries.
 */
Datum
session_group_summaries_counted(PG_FUNCTION_ARGS)
{
	(void) sg_trigger(fcinfo, "summaries", SG_AFTER_STATEMENT);
	if (sums != NULL && FullTransactionIdEquals(GetTopFullTransactionIdIfAny(), sums_transaction))
	{
		sg_spi_connect();
		write_sums();
		sg_spi_finish();
	}
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
	static SgStatement statement = {"DELETE FROM session_group.summary_counts"};

	(void) sg_trigger(fcinfo, "summaries", SG_AFTER_TRUNCATE);
	sg_spi_connect();
	sg_execute_as_owner(&statement, NULL, NULL, SG_SNAPSHOT_LATEST);
	sg_spi_finish();
	return PointerGetDatum(NULL);
}
