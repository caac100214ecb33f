/*
 * store.c
 *		Reading and writing rows of session_group.summaries, as the caller: the
 *		policies decide, and what they hide is not there.
 */
#include "base/session_group.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/relation.h"
#include "base/statement.h"
#include "fleet/placement.h"
#include "summary/store.h"

#define FIRST_FIELD_OF_INSERT 2 /* $1 is the project */
#define FIRST_FIELD_OF_UPDATE 3 /* $1 is the project, $2 the id; two parameters each */

StaticAssertDecl(FIRST_FIELD_OF_UPDATE + 2 * SG_FIELD_COUNT <= SG_MAX_PARAMS,
				 "a statement takes all fields");

/*
 * Return how many fields there are in this database.
 */
static int
stored_fields(void)
{
	Relation	table = table_open(sg_relation_id("summaries", false), AccessShareLock);
	int			count = sg_fields_in(RelationGetDescr(table)->natts);

	table_close(table, AccessShareLock);
	return count;
}

/*
 * Write the text of the statement that inserts the first fields.
 */
static void
write_insert(SgStatement *statement, int count)
{
	StringInfoData columns;
	StringInfoData params;

	initStringInfo(&columns);
	initStringInfo(&params);
	statement->param_types[0] = INT8OID;
	for (int i = 0; i < count; i++)
	{
		int			param = FIRST_FIELD_OF_INSERT + i;

		appendStringInfo(&columns, ", %s", sg_fields[i].name);
		appendStringInfo(&params, ", $%d", param);
		statement->param_types[param - 1] = sg_field_type((SgField) i);
	}
	statement->sql =
		MemoryContextStrdup(TopMemoryContext,
							psprintf("INSERT INTO session_group.summaries AS s (project_id%s)"
									 " VALUES ($1%s) RETURNING s.*",
									 columns.data, params.data));
}

/*
 * Make a summary; all fields must be given.
 */
void
sg_store_insert(int64 project_id, const SgFields *fields)
{
	static SgStatement inserts[1 + SG_FIELD_COUNT];
	int			count = stored_fields();
	SgStatement *insert = &inserts[count];
	Datum		values[1 + SG_FIELD_COUNT] = {Int64GetDatum(project_id)};
	char		nulls[1 + SG_FIELD_COUNT] = {' '};

	if (insert->sql == NULL)
		write_insert(insert, count);
	for (int i = 0; i < count; i++)
	{
		values[1 + i] = PointerGetDatum(fields->values[i]);
		nulls[1 + i] = fields->values[i] == NULL ? 'n' : ' ';
	}
	if (sg_execute(insert, values, nulls, SG_SNAPSHOT_NEW) != 1)
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
		"SELECT s.* FROM session_group.summaries AS s"
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
		"SELECT s.* FROM session_group.summaries AS s"
		" WHERE s.project_id OPERATOR(pg_catalog.=) $1 AND s.id OPERATOR(pg_catalog.=) $2"
		" FOR NO KEY UPDATE",
		{INT8OID, UUIDOID}
	};
	Datum		values[] = {Int64GetDatum(project_id), UUIDPGetDatum(id)};

	return sg_execute(&lock, values, NULL, SG_SNAPSHOT_NEW);
}

/*
 * Write the text of the statement that updates: of each of the first fields a parameter that
 * says whether it is given, and one with its value. One that is not given keeps
 * its stored value, TOAST pointer and all.
 */
static void
write_update(SgStatement *statement, int count)
{
	StringInfoData set;

	initStringInfo(&set);
	statement->param_types[0] = INT8OID;
	statement->param_types[1] = UUIDOID;
	for (int i = 0; i < count; i++)
	{
		int			param = FIRST_FIELD_OF_UPDATE + 2 * i;

		appendStringInfo(&set, "%s%s = CASE WHEN $%d THEN $%d ELSE s.%s END", i == 0 ? "" : ", ",
						 sg_fields[i].name, param, param + 1, sg_fields[i].name);
		statement->param_types[param - 1] = BOOLOID;
		statement->param_types[param] = sg_field_type((SgField) i);
	}
	statement->sql =
		MemoryContextStrdup(TopMemoryContext,
							psprintf("UPDATE session_group.summaries AS s SET %s"
									 " WHERE s.project_id OPERATOR(pg_catalog.=) $1"
									 " AND s.id OPERATOR(pg_catalog.=) $2"
									 " RETURNING s.*", set.data));
}

/*
 * Change the fields that are given.
 */
uint64
sg_store_update(int64 project_id, const pg_uuid_t *id, const SgFields *fields)
{
	static SgStatement updates[1 + SG_FIELD_COUNT];
	int			count = stored_fields();
	SgStatement *update = &updates[count];
	Datum		values[2 + 2 * SG_FIELD_COUNT] = {Int64GetDatum(project_id), UUIDPGetDatum(id)};
	char		nulls[2 + 2 * SG_FIELD_COUNT];

	if (update->sql == NULL)
		write_update(update, count);
	memset(nulls, ' ', sizeof(nulls));
	for (int i = 0; i < count; i++)
	{
		values[2 + 2 * i] = BoolGetDatum(fields->given[i]);
		values[3 + 2 * i] = PointerGetDatum(fields->values[i]);
		nulls[3 + 2 * i] = fields->values[i] == NULL ? 'n' : ' ';
	}
	return sg_execute(update, values, nulls, SG_SNAPSHOT_NEW);
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
 * Tell whether the caller may see a project whose rows were asked for; raise 3D000 if
 * another node has them.
 */
bool
sg_store_project_served(int64 project_id)
{
	bool		visible = sg_store_project_visible(project_id);

	if (visible)
		sg_refuse_elsewhere(project_id);
	return visible;
}
