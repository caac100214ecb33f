/*
 * placements.c
 *		Administration of where projects are.
 *
 * Each function changes a row on the directory's node; replication brings it to the
 * others. What is done with the rows of a project is the mover's: here is noted how far a
 * move is, so that it can be taken up or taken back at every step.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"

#include "admin/nodes.h"
#include "admin/projects.h"
#include "admin/row.h"
#include "base/arguments.h"
#include "fleet/placement.h"

PG_FUNCTION_INFO_V1(session_group_place_project);
PG_FUNCTION_INFO_V1(session_group_begin_move);
PG_FUNCTION_INFO_V1(session_group_stop_writes);
PG_FUNCTION_INFO_V1(session_group_allow_writes);
PG_FUNCTION_INFO_V1(session_group_finish_move);
PG_FUNCTION_INFO_V1(session_group_cancel_move);
PG_FUNCTION_INFO_V1(session_group_purge_project);

#define COLUMNS "p.project_id, p.node, p.moving_to, p.writes_stopped, p.changed_at"

/* A change of where a project ($1) is, under a condition. */
#define CHANGE(set, condition) \
	"UPDATE session_group.placements AS p SET " set ", changed_at = pg_catalog.clock_timestamp()" \
	" WHERE p.project_id OPERATOR(pg_catalog.=) $1" condition " RETURNING " COLUMNS

static void
check_project_and_node(FunctionCallInfo fcinfo)
{
	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "node");
	sg_spi_connect();
	sg_check_project_exists(PG_GETARG_INT64(0));
	sg_check_node_exists(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	sg_spi_finish();
}

static bool
is_placed(int64 project_id)
{
	static SgStatement statement = {
		"SELECT 1 FROM session_group.placements AS p WHERE p.project_id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id)};
	bool		placed;

	sg_spi_connect();
	placed = sg_execute(&statement, values, NULL, SG_SNAPSHOT_NEW) > 0;
	sg_spi_finish();
	return placed;
}

/*
 * Raise P0002 for a project that is on no node, or does not exist.
 */
pg_noreturn static void
raise_unplaced(int64 project_id)
{
	sg_spi_connect();
	sg_check_project_exists(project_id);
	ereport(ERROR,
			(errcode(ERRCODE_NO_DATA_FOUND),
			 errmsg("project " INT64_FORMAT " is on no node", project_id),
			 errhint("Say which one has it with session_group.place_project().")));
}

/*
 * Change where the project of the first argument is, and return the row. Raises P0002 if
 * it is nowhere.
 */
static Datum
change(FunctionCallInfo fcinfo, SgStatement *statement)
{
	Datum		row;

	sg_refuse_null(fcinfo, 0, "project_id");
	row = sg_write_row(fcinfo, statement);
	if (row == (Datum) 0)
		raise_unplaced(PG_GETARG_INT64(0));
	return row;
}

/*
 * The same by a statement with a condition. Raises 55000 with a message and a hint if
 * that does not hold.
 */
static Datum
change_if(FunctionCallInfo fcinfo, SgStatement *statement, const char *message, const char *hint)
{
	Datum		row;

	sg_refuse_null(fcinfo, 0, "project_id");
	row = sg_write_row(fcinfo, statement);
	if (row != (Datum) 0)
		return row;
	if (!is_placed(PG_GETARG_INT64(0)))
		raise_unplaced(PG_GETARG_INT64(0));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("project " INT64_FORMAT " %s", PG_GETARG_INT64(0), message),
			 errhint("%s", hint)));
}

/*
 * session_group.place_project(project_id bigint, node text) returns session_group.placements
 */
Datum
session_group_place_project(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"INSERT INTO session_group.placements AS p (project_id, node) VALUES ($1, $2)"
		" ON CONFLICT (project_id) DO UPDATE SET node = excluded.node, writes_stopped = false,"
		" changed_at = pg_catalog.clock_timestamp() WHERE p.moving_to IS NULL RETURNING " COLUMNS,
		{INT8OID, TEXTOID}
	};

	check_project_and_node(fcinfo);
	return change_if(fcinfo, &statement, "is moving",
					 "Call session_group.finish_move() or cancel_move() before.");
}

/*
 * session_group.begin_move(project_id bigint, node text) returns session_group.placements
 */
Datum
session_group_begin_move(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		CHANGE("moving_to = $2", " AND p.node OPERATOR(pg_catalog.<>) $2"
			   " AND COALESCE(p.moving_to, $2) OPERATOR(pg_catalog.=) $2"),
		{INT8OID, TEXTOID}
	};

	check_project_and_node(fcinfo);
	return change_if(fcinfo, &statement, "is there already, or moving to another node",
					 "See session_group.list_placements(); cancel_move() ends a move.");
}

/*
 * session_group.stop_writes(project_id bigint) returns session_group.placements
 */
Datum
session_group_stop_writes(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {CHANGE("writes_stopped = true", ""), {INT8OID}};

	return change(fcinfo, &statement);
}

/*
 * session_group.allow_writes(project_id bigint) returns session_group.placements
 */
Datum
session_group_allow_writes(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {CHANGE("writes_stopped = false", ""), {INT8OID}};

	return change(fcinfo, &statement);
}

/*
 * session_group.finish_move(project_id bigint) returns session_group.placements
 */
Datum
session_group_finish_move(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		CHANGE("node = p.moving_to, moving_to = NULL, writes_stopped = false",
			   " AND p.moving_to IS NOT NULL AND p.writes_stopped"),
		{INT8OID}
	};

	return change_if(fcinfo, &statement, "is not moving, or its writes are not stopped",
					 "Call session_group.begin_move(), copy its rows, and call stop_writes() before.");
}

/*
 * session_group.cancel_move(project_id bigint) returns session_group.placements
 */
Datum
session_group_cancel_move(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		CHANGE("moving_to = NULL, writes_stopped = false", ""), {INT8OID}
	};

	return change(fcinfo, &statement);
}

/*
 * Delete at most a batch of the project's rows ($1, $2) of each table; return their number.
 * As the owner, since records of activity are nobody's to delete: the caller has checked that an
 * administrator asks, and that the project is not here.
 *
 * In the role of replication, in which neither records are written nor writes refused,
 * and numbers and patterns are kept. The numbers of activity are forgotten with the
 * last record: if the project comes back, they go on from where they are then.
 */
static int64
purge(Datum project_id, Datum batch)
{
#define ROWS(table, key) \
	{"DELETE FROM session_group." table " AS t WHERE t.project_id OPERATOR(pg_catalog.=) $1" \
		" AND t." key " OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT o." key " FROM session_group." table " AS o" \
		" WHERE o.project_id OPERATOR(pg_catalog.=) $1 LIMIT $2))", {INT8OID, INT8OID}},
	static SgStatement statements[] = {SG_PROJECT_TABLES(ROWS)};
#undef ROWS
	static SgStatement numbers = {
		"DELETE FROM session_group.activity_sequences AS t"
		" WHERE t.project_id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	int			role_level = NewGUCNestLevel();
	Datum		values[] = {project_id, batch};
	int64		purged = 0;

	(void) set_config_option("session_replication_role", "replica", PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, ERROR, false);
	sg_spi_connect();
	for (size_t i = 0; i < lengthof(statements); i++)
		purged += (int64) sg_execute_as_owner(&statements[i], values, NULL, SG_SNAPSHOT_NEW);
	if (purged == 0)
		(void) sg_execute_as_owner(&numbers, values, NULL, SG_SNAPSHOT_NEW);
	sg_spi_finish();
	AtEOXact_GUC(true, role_level);
	return purged;
}

/*
 * session_group.purge_project(project_id bigint, batch integer) returns bigint
 */
Datum
session_group_purge_project(PG_FUNCTION_ARGS)
{
	int64		batch = sg_batch(fcinfo, 1);

	sg_refuse_null(fcinfo, 0, "project_id");
	AcceptInvalidationMessages();
	if (!sg_placed_away(PG_GETARG_INT64(0)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("project " INT64_FORMAT " is on this node, about to be, or placed on none",
						PG_GETARG_INT64(0)),
				 errhint("session_group.delete_project() deletes a project; a move is taken back"
						 " with cancel_move() before its copy is deleted; place_project() says"
						 " where one is that is placed on none.")));
	PG_RETURN_INT64(purge(PG_GETARG_DATUM(0), Int64GetDatum(batch)));
}
