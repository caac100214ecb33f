/*
 * pattern_rows.c
 *		The patterns of summaries as rows, kept by each write of a summary.
 *
 * What is asked of patterns (which are the worst, which summaries have a
 * critical one, how many there are) is answered from these rows: nothing is
 * read of the summaries themselves but the texts that are shown.
 *
 * session_group.pattern_rows has a row for each pattern, pattern_numbers one
 * for each summary that has any. A trigger writes both in the transaction that
 * writes the summary, and only where the summary's patterns are written anew. No
 * foreign key joins them to the summaries, since the same trigger deletes them:
 * also where foreign keys have no effect (replication, parallel restores), and
 * without one for each row that is written.
 *
 * A summary that is in pending_rows has no rows yet, and is read as a whole
 * where patterns are asked for. So it is with those that an update of the
 * extension finds, until make_rows() has made their rows, batch by batch.
 *
 * Whoever writes or deletes rows of a summary holds the lock of its row in
 * session_group.summaries. All is done as the owner, since nobody else may
 * write these tables, and sees what has been committed by now, whatever the
 * isolation level: rows that were made after the caller's snapshot belong to
 * the summary as well.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "base/relation.h"
#include "base/statement.h"
#include "base/trigger.h"
#include "summary/patterns.h"
#include "summary/rows_written.h"
#include "summary/store.h"

PG_FUNCTION_INFO_V1(session_group_summaries_keep_rows);
PG_FUNCTION_INFO_V1(session_group_summaries_drop_rows);
PG_FUNCTION_INFO_V1(session_group_make_rows);
PG_FUNCTION_INFO_V1(session_group_remake_rows);

/* A summary, as far as its rows are concerned. */
typedef struct Source
{
	Datum		project_id;
	Datum		id;
	Datum		created_at;
	Datum		summary;
	bool		is_null;		/* the summary */
} Source;

/* The columns of session_group.pattern_rows, in its own order. */
enum PatternColumn
{
	PATTERN_PROJECT_ID,
	PATTERN_SUMMARY_ID,
	PATTERN_CREATED_AT,
	PATTERN_POSITION,
	PATTERN_EXAMPLES,
	PATTERN_ID,
	PATTERN_SESSIONS_AFFECTED,
	PATTERN_OCCURRENCES,
	PATTERN_SEVERITY,
	PATTERN_NAME,
	PATTERN_SESSIONS_AFFECTED_RATIO,
	PATTERN_SEGMENTS_SUCCESS_RATIO,
	PATTERN_COLUMN_COUNT
};

/* And those of session_group.pattern_numbers; a column for each severity follows. */
enum NumberColumn
{
	NUMBER_PROJECT_ID,
	NUMBER_SUMMARY_ID,
	NUMBER_CREATED_AT,
	NUMBER_SEVERITIES,
	NUMBER_OF_SEVERITY,
	NUMBER_COLUMN_COUNT = NUMBER_OF_SEVERITY + SG_SEVERITY_COUNT + 1
};

static void
set_count(Datum *values, bool *nulls, int column, Numeric number)
{
	nulls[column] = number == NULL;
	values[column] = number == NULL ? (Datum) 0 : Int64GetDatum(sg_whole_number(number));
}

static void
set_pointer(Datum *values, bool *nulls, int column, const void *value)
{
	nulls[column] = value == NULL;
	values[column] = PointerGetDatum(value);
}

static void
add_pattern(SgRows *rows, const Source *source, const SgPattern *pattern)
{
	Datum		values[PATTERN_COLUMN_COUNT];
	bool		nulls[PATTERN_COLUMN_COUNT] = {false};
	bool		is_known = pattern->severity != SG_SEVERITY_UNKNOWN;

	values[PATTERN_PROJECT_ID] = source->project_id;
	values[PATTERN_SUMMARY_ID] = source->id;
	values[PATTERN_CREATED_AT] = source->created_at;
	values[PATTERN_POSITION] = Int32GetDatum(pattern->position);
	values[PATTERN_EXAMPLES] = Int32GetDatum(sg_item_count(pattern->events));
	set_count(values, nulls, PATTERN_ID, pattern->pattern_id);
	set_count(values, nulls, PATTERN_SESSIONS_AFFECTED, pattern->sessions_affected);
	set_count(values, nulls, PATTERN_OCCURRENCES, pattern->occurrences);
	set_pointer(values, nulls, PATTERN_SEVERITY,
				is_known ? cstring_to_text(sg_severity_names[pattern->severity]) : NULL);
	set_pointer(values, nulls, PATTERN_NAME, pattern->name.data == NULL ? NULL :
				cstring_to_text_with_len(pattern->name.data, pattern->name.length));
	set_pointer(values, nulls, PATTERN_SESSIONS_AFFECTED_RATIO, pattern->sessions_affected_ratio);
	set_pointer(values, nulls, PATTERN_SEGMENTS_SUCCESS_RATIO, pattern->segments_success_ratio);
	sg_rows_add(rows, values, nulls);
}

/*
 * Add a row for each pattern; count them by severity.
 */
static void
add_patterns(const Source *source, JsonbContainer *patterns, int *numbers)
{
	SgRows	   *rows = sg_rows_begin("pattern_rows");

	for (int i = 0; i < sg_item_count(patterns); i++)
	{
		SgPattern	pattern;

		if (!sg_pattern_read(patterns, i, &pattern))
			continue;
		add_pattern(rows, source, &pattern);
		numbers[pattern.severity]++;
	}
	sg_rows_end(rows);
}

static void
add_numbers(const Source *source, const int *numbers)
{
	SgRows	   *rows;
	Datum		values[NUMBER_COLUMN_COUNT];
	bool		nulls[NUMBER_COLUMN_COUNT] = {false};
	int			severities = 0;

	for (int i = 0; i <= SG_SEVERITY_COUNT; i++)
	{
		values[NUMBER_OF_SEVERITY + i] = Int16GetDatum((int16) numbers[i]);
		if (numbers[i] > 0)
			severities |= SG_SEVERITY_BIT(i);
	}
	if (severities == 0)
		return;
	values[NUMBER_PROJECT_ID] = source->project_id;
	values[NUMBER_SUMMARY_ID] = source->id;
	values[NUMBER_CREATED_AT] = source->created_at;
	values[NUMBER_SEVERITIES] = Int16GetDatum((int16) severities);
	rows = sg_rows_begin("pattern_numbers");
	sg_rows_add(rows, values, nulls);
	sg_rows_end(rows);
}

/*
 * Write the rows of a summary that has none. More patterns than a summary may
 * have get there by an import or a restore only; it has no rows then.
 */
static void
write_rows(const Source *source)
{
	int			numbers[SG_SEVERITY_COUNT + 1] = {0};
	JsonbContainer *patterns;

	if (source->is_null ||
		sg_summary_open(DatumGetJsonbP(source->summary), &patterns) != SG_SUMMARY_READABLE ||
		sg_item_count(patterns) == 0 || sg_patterns_too_many(patterns))
		return;
	sg_count_patterns_written(sg_item_count(patterns));
	add_patterns(source, patterns, numbers);
	add_numbers(source, numbers);
}

static void
delete_rows(const Source *source)
{
	static const char *const tables[] = {"pattern_numbers", "pending_rows", "pattern_rows"};

	for (int i = 0; i < (int) lengthof(tables); i++)
		sg_rows_delete(tables[i], source->project_id, source->id);
}

static void
read_source(HeapTuple tuple, TupleDesc tupdesc, Source *source)
{
	bool		isnull;

	source->project_id = heap_getattr(tuple, SG_ROW_PROJECT_ID, tupdesc, &isnull);
	source->id = heap_getattr(tuple, SG_ROW_ID, tupdesc, &isnull);
	source->created_at = heap_getattr(tuple, SG_ROW_CREATED_AT, tupdesc, &isnull);
	source->summary = heap_getattr(tuple, SG_ROW_SUMMARY, tupdesc, &source->is_null);
}

static bool
rows_change(const TriggerData *trigger)
{
	TupleDesc	tupdesc = RelationGetDescr(trigger->tg_relation);

	return sg_column_changed(tupdesc, trigger->tg_trigtuple, trigger->tg_newtuple,
							 SG_ROW_SUMMARY) ||
		sg_column_changed(tupdesc, trigger->tg_trigtuple, trigger->tg_newtuple,
						  SG_ROW_CREATED_AT);
}

/*
 * session_group.summaries_keep_rows() returns trigger
 *
 * After INSERT, UPDATE or DELETE of a row of session_group.summaries. What the
 * caller may write has been decided; these are the rows of what was written.
 */
Datum
session_group_summaries_keep_rows(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "summaries", SG_AFTER_ROW);
	TupleDesc	tupdesc = RelationGetDescr(trigger->tg_relation);
	bool		is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	Source		source;

	if (is_update && !rows_change(trigger))
		return PointerGetDatum(NULL);
	read_source(is_update ? trigger->tg_newtuple : trigger->tg_trigtuple, tupdesc, &source);
	if (!TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		delete_rows(&source);
	if (!TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		write_rows(&source);
	return PointerGetDatum(NULL);
}

/*
 * session_group.summaries_drop_rows() returns trigger
 *
 * After TRUNCATE of session_group.summaries, which only its owner can do.
 */
Datum
session_group_summaries_drop_rows(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"WITH numbers AS (DELETE FROM session_group.pattern_numbers),"
		" pending AS (DELETE FROM session_group.pending_rows)"
		" DELETE FROM session_group.pattern_rows",
	};

	(void) sg_trigger(fcinfo, "summaries", SG_AFTER_TRUNCATE);
	sg_spi_connect();
	sg_execute_as_owner(&statement, NULL, NULL, SG_SNAPSHOT_LATEST);
	sg_spi_finish();
	return PointerGetDatum(NULL);
}

/*
 * Lock some summaries that have no rows yet, passing over those that somebody
 * is writing; their rows are in SPI_tuptable, the columns in the table's order.
 */
static uint64
lock_pending(int64 batch)
{
	static SgStatement statement = {
		"SELECT s.* FROM session_group.pending_rows AS q"
		" JOIN session_group.summaries AS s ON s.project_id OPERATOR(pg_catalog.=) q.project_id"
		" AND s.id OPERATOR(pg_catalog.=) q.summary_id"
		" LIMIT $1 FOR NO KEY UPDATE OF s SKIP LOCKED",
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(batch)};

	return sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_LATEST);
}

/*
 * session_group.make_rows(batch integer) returns bigint
 *
 * Raises 22004 and 22023. Whoever may call it says nothing of what is written:
 * the rows follow from the summaries.
 */
Datum
session_group_make_rows(PG_FUNCTION_ARGS)
{
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext,
													  "session_group rows of a summary",
													  ALLOCSET_DEFAULT_SIZES);
	int64		batch = sg_batch(fcinfo, 0);
	uint64		count;
	SPITupleTable *summaries;

	sg_spi_connect();
	count = lock_pending(batch);
	summaries = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		MemoryContext old_context;
		Source		source;

		CHECK_FOR_INTERRUPTS();
		read_source(summaries->vals[i], summaries->tupdesc, &source);
		delete_rows(&source);
		old_context = MemoryContextSwitchTo(row_context);
		write_rows(&source);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(row_context);
	}
	sg_spi_finish();
	PG_RETURN_INT64((int64) count);
}

/*
 * Lock the summaries of a project ($1), and return their number; their ids are in values[1].
 */
static int64
lock_project(Datum *values)
{
	static SgStatement statement = {
		"SELECT pg_catalog.count(*), coalesce(pg_catalog.array_agg(l.id), '{}')"
		" FROM (SELECT s.id FROM session_group.summaries AS s"
		" WHERE s.project_id OPERATOR(pg_catalog.=) $1 ORDER BY s.id FOR NO KEY UPDATE) AS l",
		{INT8OID}
	};

	sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_LATEST);
	values[1] = sg_required(0, 2);
	return DatumGetInt64(sg_required(0, 1));
}

/*
 * session_group.remake_rows(project_id bigint) returns bigint
 *
 * Raises 22004. The summaries are locked first: whoever has written one has
 * committed then, and what is read next is the newest. What comes later has its rows
 * from its own writer, and keeps them: one statement drops all others and puts what is
 * locked, so that it sees a summary with its rows, or neither.
 */
Datum
session_group_remake_rows(PG_FUNCTION_ARGS)
{
#define DROPPED \
	" WHERE t.project_id OPERATOR(pg_catalog.=) $1" \
	" AND NOT EXISTS (SELECT FROM later AS l WHERE l.id OPERATOR(pg_catalog.=) t.summary_id)"
	static SgStatement statement = {
		"WITH locked AS MATERIALIZED (SELECT l.id FROM pg_catalog.unnest($2) AS l (id)),"
		" later AS MATERIALIZED (SELECT s.id FROM session_group.summaries AS s"
		" WHERE s.project_id OPERATOR(pg_catalog.=) $1"
		" AND NOT EXISTS (SELECT FROM locked AS l WHERE l.id OPERATOR(pg_catalog.=) s.id)),"
		" numbers AS (DELETE FROM session_group.pattern_numbers AS t" DROPPED "),"
		" patterns AS (DELETE FROM session_group.pattern_rows AS t" DROPPED ")"
		" INSERT INTO session_group.pending_rows (project_id, summary_id)"
		" SELECT $1, l.id FROM locked AS l ON CONFLICT DO NOTHING",
		{INT8OID, UUIDARRAYOID}
	};
	Datum		values[2];
	int64		count;

	sg_refuse_null(fcinfo, 0, "project_id");
	values[0] = PG_GETARG_DATUM(0);
	sg_spi_connect();
	count = lock_project(values);
	sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_LATEST);
	sg_spi_finish();
	PG_RETURN_INT64(count);
#undef DROPPED
}
