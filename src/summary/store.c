/*
 * store.c
 *		Reading and writing rows of session_group.summaries, as the caller: the
 *		policies decide, and what they hide is not there.
 */
#include "base/session_group.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/relation.h"
#include "base/statement.h"
#include "summary/store.h"

/* A field's value and its null flag, as statements take them. */
static Datum
field_value(const SgFields *fields, SgField field, char *null)
{
	void	   *value = field == SG_FIELD_TITLE ? (void *) fields->title :
		field == SG_FIELD_SESSION_IDS ? (void *) fields->session_ids :
		(void *) fields->json[field];

	*null = value == NULL ? 'n' : ' ';
	return PointerGetDatum(value);
}

/*
 * Make a summary; all fields must be given.
 */
void
sg_store_insert(int64 project_id, const SgFields *fields)
{
	static SgStatement insert = {
		"INSERT INTO session_group.summaries AS s"
		" (project_id, title, session_ids, summary, extra_summary_context, run_metadata)"
		" VALUES ($1, $2, $3, $4, $5, $6) RETURNING " SG_ROW_COLUMNS,
		{INT8OID, TEXTOID, TEXTARRAYOID, JSONBOID, JSONBOID, JSONBOID}
	};
	Datum		values[1 + SG_FIELD_COUNT] = {Int64GetDatum(project_id)};
	char		nulls[1 + SG_FIELD_COUNT] = {' '};

	for (int i = 0; i < SG_FIELD_COUNT; i++)
		values[1 + i] = field_value(fields, (SgField) i, &nulls[1 + i]);
	if (sg_execute(&insert, values, nulls, SG_SNAPSHOT_NEW) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("no summary was made"),
				 errhint("A trigger on session_group.summaries that is not the extension's"
						 " suppressed it.")));
}

uint64
sg_store_get(int64 project_id, const pg_uuid_t *id)
{
	static SgStatement get = {
		"SELECT " SG_ROW_COLUMNS " FROM session_group.summaries AS s"
		" WHERE s.project_id OPERATOR(pg_catalog.=) $1 AND s.id OPERATOR(pg_catalog.=) $2",
		{INT8OID, UUIDOID}
	};
	Datum		values[] = {Int64GetDatum(project_id), UUIDPGetDatum(id)};

	return sg_execute(&get, values, NULL, SG_SNAPSHOT_OF_CALLER);
}

/*
 * The same of a summary that is about to be written: nobody else writes it
 * before the transaction ends, and the row is the newest that there is.
 */
uint64
sg_store_lock(int64 project_id, const pg_uuid_t *id)
{
	static SgStatement lock = {
		"SELECT " SG_ROW_COLUMNS " FROM session_group.summaries AS s"
		" WHERE s.project_id OPERATOR(pg_catalog.=) $1 AND s.id OPERATOR(pg_catalog.=) $2"
		" FOR NO KEY UPDATE",
		{INT8OID, UUIDOID}
	};
	Datum		values[] = {Int64GetDatum(project_id), UUIDPGetDatum(id)};

	return sg_execute(&lock, values, NULL, SG_SNAPSHOT_NEW);
}

/*
 * Change the fields that are given; one that is not keeps its stored value,
 * TOAST pointer and all.
 */
uint64
sg_store_update(int64 project_id, const pg_uuid_t *id, const SgFields *fields)
{
#define KEEP_OR_SET(column, given, value) \
	column " = CASE WHEN " given " THEN " value " ELSE s." column " END"
	static SgStatement update = {
		"UPDATE session_group.summaries AS s SET "
		KEEP_OR_SET("title", "$3", "$4") ", "
		KEEP_OR_SET("session_ids", "$5", "$6") ", "
		KEEP_OR_SET("summary", "$7", "$8") ", "
		KEEP_OR_SET("extra_summary_context", "$9", "$10") ", "
		KEEP_OR_SET("run_metadata", "$11", "$12")
		" WHERE s.project_id OPERATOR(pg_catalog.=) $1 AND s.id OPERATOR(pg_catalog.=) $2"
		" RETURNING " SG_ROW_COLUMNS,
		{INT8OID, UUIDOID, BOOLOID, TEXTOID, BOOLOID, TEXTARRAYOID, BOOLOID, JSONBOID,
		BOOLOID, JSONBOID, BOOLOID, JSONBOID}
	};
	Datum		values[2 + 2 * SG_FIELD_COUNT] = {Int64GetDatum(project_id), UUIDPGetDatum(id)};
	char		nulls[2 + 2 * SG_FIELD_COUNT];

	memset(nulls, ' ', sizeof(nulls));
	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		values[2 + 2 * i] = BoolGetDatum(fields->given[i]);
		values[3 + 2 * i] = field_value(fields, (SgField) i, &nulls[3 + 2 * i]);
	}
	return sg_execute(&update, values, nulls, SG_SNAPSHOT_NEW);
#undef KEEP_OR_SET
}

uint64
sg_store_delete(int64 project_id, const pg_uuid_t *id)
{
	static SgStatement delete = {
		"DELETE FROM session_group.summaries AS s"
		" WHERE s.project_id OPERATOR(pg_catalog.=) $1 AND s.id OPERATOR(pg_catalog.=) $2",
		{INT8OID, UUIDOID}
	};
	Datum		values[] = {Int64GetDatum(project_id), UUIDPGetDatum(id)};

	return sg_execute(&delete, values, NULL, SG_SNAPSHOT_NEW);
}

/*
 * Tell whether the caller may see a project.
 */
bool
sg_store_project_visible(int64 project_id)
{
	static SgStatement see = {
		"SELECT 1 FROM session_group.projects AS p WHERE p.id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id)};

	return sg_execute(&see, values, NULL, SG_SNAPSHOT_OF_CALLER) == 1;
}

/*
 * Tell whether a project is there, now and for whoever runs this transaction:
 * only where the caller has just written a row of it.
 */
bool
sg_store_project_exists(int64 project_id)
{
	Relation	table = table_open(sg_relation_id("projects", false), AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool		exists;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(project_id));
	scan = systable_beginscan(table, sg_relation_id("projects_pkey", false), true, SnapshotSelf, 1, &key);
	exists = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(table, AccessShareLock);
	return exists;
}
