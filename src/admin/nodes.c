/*
 * nodes.c
 *		Administration of nodes.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "admin/nodes.h"
#include "admin/row.h"
#include "base/arguments.h"
#include "fleet/node.h"
#include "fleet/placement.h"

PG_FUNCTION_INFO_V1(session_group_add_node);
PG_FUNCTION_INFO_V1(session_group_change_node);
PG_FUNCTION_INFO_V1(session_group_remove_node);
PG_FUNCTION_INFO_V1(session_group_publish_directory);

#define NODE_COLUMNS "n.name, n.address, n.connection, n.weight"

pg_noreturn static void
raise_unknown_node(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NO_DATA_FOUND),
			 errmsg("no node is called \"%s\"", name),
			 errhint("See session_group.list_nodes().")));
}

/*
 * Raise P0002 for a node that the caller does not see. SPI must be connected.
 */
void
sg_check_node_exists(const char *name)
{
	static SgStatement statement = {
		"SELECT 1 FROM session_group.nodes AS n WHERE n.name OPERATOR(pg_catalog.=) $1", {TEXTOID}
	};
	Datum		values[] = {CStringGetTextDatum(name)};

	if (sg_execute(&statement, values, NULL, SG_SNAPSHOT_NEW) == 0)
		raise_unknown_node(name);
}

/*
 * Return the node for a new project: the one with the fewest for its weight; null where
 * there are no nodes. Raises 55000 if none takes new projects. SPI must be connected.
 */
char *
sg_choose_node(void)
{
	static SgStatement statement = {
		"SELECT n.name, n.weight FROM session_group.nodes AS n"
		" ORDER BY n.weight OPERATOR(pg_catalog.=) 0,"
		" (SELECT pg_catalog.count(*) FROM session_group.placements AS p"
		" WHERE p.node OPERATOR(pg_catalog.=) n.name)::pg_catalog.float8"
		" OPERATOR(pg_catalog./) GREATEST(n.weight, 1), n.name LIMIT 1"
	};

	if (sg_execute(&statement, NULL, NULL, SG_SNAPSHOT_NEW) == 0)
		return NULL;
	if (DatumGetInt32(sg_required(0, 2)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no node takes new projects"),
				 errhint("Name one, or give one a weight with session_group.change_node().")));
	return TextDatumGetCString(sg_required(0, 1));
}

/*
 * Give the first node all projects that there are.
 */
static void
place_all(const char *name)
{
	static SgStatement statement = {
		"INSERT INTO session_group.placements (project_id, node)"
		" SELECT p.id, $1 FROM session_group.projects AS p ON CONFLICT (project_id) DO NOTHING",
		{TEXTOID}
	};
	Datum		values[] = {CStringGetTextDatum(name)};

	(void) sg_execute(&statement, values, NULL, SG_SNAPSHOT_NEW);
}

/*
 * Raise 55000 unless a node may be the first.
 */
static void
check_first_node(const char *name)
{
	if (sg_node() == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this server is no node"),
				 errhint("Set session_group.node in postgresql.conf, and reload it.")));
	if (strcmp(name, sg_node()) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the first node must be this one, %s", sg_node()),
				 errhint("It has the projects that are there already.")));
}

/*
 * session_group.add_node(name text, address text, connection text, weight integer)
 * returns session_group.nodes
 */
Datum
session_group_add_node(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"INSERT INTO session_group.nodes AS n (name, address, connection, weight)"
		" VALUES ($1, $2, $3, $4) RETURNING " NODE_COLUMNS,
		{TEXTOID, TEXTOID, TEXTOID, INT4OID}
	};
	static const char *const names[] = {"name", "address", "connection", "weight"};
	char	   *name;
	bool		is_first;
	Datum		row;

	for (int i = 0; i < (int) lengthof(names); i++)
		sg_refuse_null(fcinfo, i, names[i]);
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	sg_spi_connect();
	is_first = !sg_there_are_nodes();
	sg_spi_finish();
	if (is_first)
		check_first_node(name);
	row = sg_write_row(fcinfo, &statement);
	if (is_first)
	{
		sg_spi_connect();
		place_all(name);
		sg_spi_finish();
	}
	return row;
}

/*
 * session_group.change_node(name text, address text, connection text, weight integer)
 * returns session_group.nodes
 */
Datum
session_group_change_node(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.nodes AS n SET address = COALESCE($2, n.address),"
		" connection = COALESCE($3, n.connection), weight = COALESCE($4, n.weight)"
		" WHERE n.name OPERATOR(pg_catalog.=) $1 RETURNING " NODE_COLUMNS,
		{TEXTOID, TEXTOID, TEXTOID, INT4OID}
	};
	Datum		row;

	sg_refuse_null(fcinfo, 0, "name");
	row = sg_write_row(fcinfo, &statement);
	if (row == (Datum) 0)
		raise_unknown_node(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	return row;
}

/*
 * session_group.remove_node(name text) returns void
 *
 * A project that comes at the same moment makes the foreign key refuse it (23503).
 */
Datum
session_group_remove_node(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"DELETE FROM session_group.nodes AS n WHERE n.name OPERATOR(pg_catalog.=) $1"
		" AND NOT EXISTS (SELECT FROM session_group.placements AS p"
		" WHERE p.node OPERATOR(pg_catalog.=) n.name OR p.moving_to OPERATOR(pg_catalog.=) n.name)",
		{TEXTOID}
	};
	char	   *name;
	Datum		values[1];

	sg_refuse_null(fcinfo, 0, "name");
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	values[0] = PG_GETARG_DATUM(0);
	sg_spi_connect();
	if (sg_execute(&statement, values, NULL, SG_SNAPSHOT_NEW) == 0)
	{
		sg_check_node_exists(name);
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("node \"%s\" has projects", name),
				 errhint("Set its weight to 0 and move them: session_group.list_placements() names"
						 " them.")));
	}
	sg_spi_finish();
	PG_RETURN_VOID();
}

/*
 * session_group.publish_directory() returns void
 */
Datum
session_group_publish_directory(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"CREATE PUBLICATION session_group_directory FOR TABLE session_group.projects,"
		" session_group.users, session_group.members, session_group.api_keys,"
		" session_group.nodes, session_group.placements, session_group.directory_clock"
	};

	sg_refuse_without_administration();
	sg_spi_connect();
	sg_execute(&statement, NULL, NULL, SG_SNAPSHOT_NEW);
	sg_spi_finish();
	PG_RETURN_VOID();
}
