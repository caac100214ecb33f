/*
 * title_rows.c
 *		The titles of summaries as rows beside, kept by each write of a summary.
 *
 * Searches find titles by an index of keys. PostgreSQL writes all indexes of a row
 * anew if one of its indexed columns changes: with an index of titles on
 * session_group.summaries, a new title would write those of the document's words,
 * too, for which the whole document has to be parsed. So the titles have a table of
 * their own, and what is indexed of a summary does not change with its title.
 *
 * As with the rows of patterns (summary/pattern_rows.c), a trigger writes them in
 * the transaction that writes the summary, also for replication and restores; whoever
 * writes the row of a title holds the lock of the summary's; and all is done as the
 * owner, who sees what has been committed by now.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "base/relation.h"
#include "base/statement.h"
#include "base/trigger.h"
#include "list/find_keys.h"
#include "list/find_words.h"
#include "summary/fields.h"

PG_FUNCTION_INFO_V1(session_group_title_keys);
PG_FUNCTION_INFO_V1(session_group_summaries_keep_titles);
PG_FUNCTION_INFO_V1(session_group_summaries_drop_titles);
PG_FUNCTION_INFO_V1(session_group_title_rows_before_insert);
PG_FUNCTION_INFO_V1(session_group_repair_titles);

/* The columns of session_group.title_rows. */
enum TitleColumn
{
	TITLE_PROJECT_ID,
	TITLE_SUMMARY_ID,
	TITLE_TITLE,
	TITLE_COLUMN_COUNT
};

/*
 * session_group.title_keys(project_id bigint, title text) returns bigint[]
 */
Datum
session_group_title_keys(PG_FUNCTION_ARGS)
{
	int64		project_id = PG_GETARG_INT64(0);
	text	   *title = PG_GETARG_TEXT_PP(1);
	TSVector	words = sg_title_words(title);
	SgKeys		keys = {0};

	sg_keys_add_trigrams(&keys, project_id, VARDATA_ANY(title), VARSIZE_ANY_EXHDR(title));
	for (int i = 0; i < words->size; i++)
	{
		WordEntry  *word = ARRPTR(words) + i;

		sg_keys_add(&keys, sg_word_key(project_id, STRPTR(words) + word->pos, word->len));
	}
	PG_RETURN_ARRAYTYPE_P(sg_keys_array(&keys));
}

static void
read_title(HeapTuple tuple, TupleDesc tupdesc, Datum *values)
{
	bool		isnull;

	values[TITLE_PROJECT_ID] = heap_getattr(tuple, SG_ROW_PROJECT_ID, tupdesc, &isnull);
	values[TITLE_SUMMARY_ID] = heap_getattr(tuple, SG_ROW_ID, tupdesc, &isnull);
	values[TITLE_TITLE] = heap_getattr(tuple, SG_ROW_TITLE, tupdesc, &isnull);
}

static void
insert_title(const Datum *values, const bool *nulls)
{
	SgRows	   *rows = sg_rows_begin("title_rows");

	sg_rows_add(rows, values, nulls);
	sg_rows_end(rows);
}

/*
 * session_group.summaries_keep_titles() returns trigger
 *
 * After INSERT, UPDATE or DELETE of a row of session_group.summaries. A changed one has no row
 * if it was written with triggers disabled.
 */
Datum
session_group_summaries_keep_titles(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "summaries", SG_AFTER_ROW);
	TupleDesc	tupdesc = RelationGetDescr(trigger->tg_relation);
	bool		is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	Datum		values[TITLE_COLUMN_COUNT];
	bool		nulls[TITLE_COLUMN_COUNT] = {false};

	if (is_update && !sg_column_changed(tupdesc, trigger->tg_trigtuple, trigger->tg_newtuple,
										SG_ROW_TITLE))
		return PointerGetDatum(NULL);
	read_title(is_update ? trigger->tg_newtuple : trigger->tg_trigtuple, tupdesc, values);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		sg_rows_delete("title_rows", values[TITLE_PROJECT_ID], values[TITLE_SUMMARY_ID]);
	else if (!is_update || !sg_row_update("title_rows", values, nulls))
		insert_title(values, nulls);
	return PointerGetDatum(NULL);
}

/*
 * session_group.summaries_drop_titles() returns trigger
 *
 * After TRUNCATE of session_group.summaries, which only its owner can do.
 */
Datum
session_group_summaries_drop_titles(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {"DELETE FROM session_group.title_rows"};

	(void) sg_trigger(fcinfo, "summaries", SG_AFTER_TRUNCATE);
	sg_spi_connect();
	sg_execute_as_owner(&statement, NULL, NULL, SG_SNAPSHOT_LATEST);
	sg_spi_finish();
	return PointerGetDatum(NULL);
}

/*
 * session_group.title_rows_before_insert() returns trigger
 *
 * Before INSERT into session_group.title_rows by SQL, in replica role alone.
 */
Datum
session_group_title_rows_before_insert(PG_FUNCTION_ARGS)
{
	(void) sg_trigger(fcinfo, "title_rows", SG_BEFORE_ROW);
	return PointerGetDatum(NULL);
}

/*
 * session_group.repair_titles() returns bigint
 *
 * The table is locked first: whoever has written a title has committed then, or
 * waits to write its row.
 */
Datum
session_group_repair_titles(PG_FUNCTION_ARGS)
{
	static SgStatement repair = {
		"WITH wrong AS MATERIALIZED (SELECT COALESCE(s.project_id, t.project_id) AS project_id,"
		" COALESCE(s.id, t.summary_id) AS summary_id, s.title"
		" FROM session_group.summaries AS s FULL JOIN session_group.title_rows AS t"
		" ON t.project_id OPERATOR(pg_catalog.=) s.project_id"
		" AND t.summary_id OPERATOR(pg_catalog.=) s.id"
		" WHERE s.title IS NULL OR t.title IS NULL"
		" OR s.title COLLATE \"C\" OPERATOR(pg_catalog.<>) t.title),"
		" gone AS (DELETE FROM session_group.title_rows AS t USING wrong AS w"
		" WHERE t.project_id OPERATOR(pg_catalog.=) w.project_id"
		" AND t.summary_id OPERATOR(pg_catalog.=) w.summary_id AND w.title IS NULL),"
		" written AS (INSERT INTO session_group.title_rows AS t (project_id, summary_id, title)"
		" SELECT w.project_id, w.summary_id, w.title FROM wrong AS w WHERE w.title IS NOT NULL"
		" ON CONFLICT (project_id, summary_id) DO UPDATE SET title = excluded.title)"
		" SELECT pg_catalog.count(*) FROM wrong",
	};
	int64		wrong;

	LockRelationOid(sg_relation_id("title_rows", false), ShareRowExclusiveLock);
	sg_spi_connect();
	sg_execute_as_owner(&repair, NULL, NULL, SG_SNAPSHOT_LATEST);
	wrong = DatumGetInt64(sg_required(0, 1));
	sg_spi_finish();
	PG_RETURN_INT64(wrong);
}
