/*
 * projects.c
 *		Administration of projects.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "admin/nodes.h"
#include "admin/projects.h"
#include "admin/row.h"
#include "base/arguments.h"
#include "base/text.h"
#include "fleet/node.h"
#include "summary/store.h"

PG_FUNCTION_INFO_V1(session_group_is_timezone);
PG_FUNCTION_INFO_V1(session_group_create_project);
PG_FUNCTION_INFO_V1(session_group_rename_project);
PG_FUNCTION_INFO_V1(session_group_set_project_timezone);
PG_FUNCTION_INFO_V1(session_group_delete_project);

/*
 * session_group.is_timezone(name text) returns boolean
 */
Datum
session_group_is_timezone(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(sg_read_timezone(text_to_cstring(PG_GETARG_TEXT_PP(0))) != NULL);
}

static void
check_timezone(FunctionCallInfo fcinfo, int number)
{
	sg_refuse_null(fcinfo, number, "timezone");
	sg_timezone_or_raise(text_to_cstring(PG_GETARG_TEXT_PP(number)));
}

/*
 * Raise P0002 unless the caller sees a project with this id.
 */
void
sg_check_project_exists(int64 project_id)
{
	if (!sg_store_project_visible(project_id))
		sg_raise_unknown("project", project_id, "list_projects()");
}

/*
 * Return the node for a new project, the one that was named or the one that is chosen;
 * null where there are no nodes.
 */
static char *
node_for_project(FunctionCallInfo fcinfo)
{
	char	   *node;

	if (PG_NARGS() < 3 || (PG_ARGISNULL(2) && sg_node() == NULL))
		return NULL;
	node = sg_has_argument(fcinfo, 2) ? text_to_cstring(PG_GETARG_TEXT_PP(2)) : NULL;
	sg_spi_connect();
	if (node != NULL)
		sg_check_node_exists(node);
	else
	{
		MemoryContext spi;

		node = sg_choose_node();
		spi = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		node = node != NULL ? pstrdup(node) : NULL;
		MemoryContextSwitchTo(spi);
	}
	sg_spi_finish();
	return node;
}

/*
 * session_group.create_project(name text, timezone text, node text)
 * returns session_group.projects
 */
Datum
session_group_create_project(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"INSERT INTO session_group.projects AS p (name, timezone) VALUES ($1, $2)"
		" RETURNING " SG_PROJECT_COLUMNS,
		{TEXTOID, TEXTOID}
	};
	static SgStatement on_node = {
		"WITH p AS (INSERT INTO session_group.projects AS p (name, timezone) VALUES ($1, $2)"
		" RETURNING p.*),"
		" placed AS (INSERT INTO session_group.placements (project_id, node) SELECT p.id, $3 FROM p)"
		" SELECT " SG_PROJECT_COLUMNS " FROM p",
		{TEXTOID, TEXTOID, TEXTOID}
	};
	char	   *node;
	NullableDatum given;
	Datum		row;

	sg_check_text(fcinfo, 0, "name", SG_NAME_MAX_CHARS);
	check_timezone(fcinfo, 1);
	node = node_for_project(fcinfo);
	if (node == NULL)
		return sg_write_row(fcinfo, &statement);
	/* The executor keeps constant arguments for the next call. */
	given = fcinfo->args[2];
	fcinfo->args[2] = (NullableDatum)
	{
		CStringGetTextDatum(node), false
	};
	row = sg_write_row(fcinfo, &on_node);
	fcinfo->args[2] = given;
	return row;
}

/*
 * session_group.rename_project(project_id bigint, name text) returns session_group.projects
 */
Datum
session_group_rename_project(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.projects AS p SET name = $2"
		" WHERE p.id OPERATOR(pg_catalog.=) $1 RETURNING " SG_PROJECT_COLUMNS,
		{INT8OID, TEXTOID}
	};

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_check_text(fcinfo, 1, "name", SG_NAME_MAX_CHARS);
	return sg_change_row(fcinfo, &statement, "project", "list_projects()");
}

/*
 * session_group.set_project_timezone(project_id bigint, timezone text)
 * returns session_group.projects
 */
Datum
session_group_set_project_timezone(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.projects AS p SET timezone = $2"
		" WHERE p.id OPERATOR(pg_catalog.=) $1 RETURNING " SG_PROJECT_COLUMNS,
		{INT8OID, TEXTOID}
	};

	sg_refuse_null(fcinfo, 0, "project_id");
	check_timezone(fcinfo, 1);
	return sg_change_row(fcinfo, &statement, "project", "list_projects()");
}

/*
 * session_group.delete_project(project_id bigint) returns void
 */
Datum
session_group_delete_project(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"DELETE FROM session_group.projects AS p WHERE p.id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[1];

	sg_refuse_null(fcinfo, 0, "project_id");
	values[0] = PG_GETARG_DATUM(0);
	sg_spi_connect();
	if (sg_execute(&statement, values, NULL, SG_SNAPSHOT_NEW) == 0)
		sg_raise_unknown("project", PG_GETARG_INT64(0), "list_projects()");
	sg_spi_finish();
	PG_RETURN_VOID();
}
