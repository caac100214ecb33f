/*
 * placement.c
 *		Which projects this node answers for, and which may be written to.
 *
 * A backend keeps what it has looked up until a placement changes: the trigger
 * placements_changed invalidates the relation of the placements, as DDL would, in all
 * backends, when the change commits. Replication fires it too.
 *
 * Before a mover copies the last rows of a project, nobody may be writing to it any more.
 * A writer first takes a shared lock on the project, then looks whether its writes are
 * stopped, and keeps the lock until it ends. Who waits for writers first waits for the
 * transaction that brought the stop, which has told all backends before its own locks
 * end; and then for the holders of the project's lock, as CREATE INDEX CONCURRENTLY waits
 * for those of a table. A writer that comes later sees the stop. So nothing is missed,
 * and nobody waits but the mover.
 *
 * Nobody else can take the lock, or see whose it is (base/lock_tag.c).
 */
#include "base/session_group.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/lock_tag.h"
#include "base/relation.h"
#include "base/statement.h"
#include "base/trigger.h"
#include "base/watch.h"
#include "fleet/node.h"
#include "fleet/placement.h"

PG_FUNCTION_INFO_V1(session_group_placements_changed);
PG_FUNCTION_INFO_V1(session_group_projects_place);
PG_FUNCTION_INFO_V1(session_group_is_placed_here);
PG_FUNCTION_INFO_V1(session_group_wait_for_writers);

#define CHANNEL "session_group_placements"

#define PLACEMENTS_AT_MOST 10000

/* The kind of a project's lock. */
#define LOCK_KIND 3

typedef struct Placement
{
	int64		project_id;
	bool		placed;
	bool		here;
	bool		arriving;
	bool		writes_stopped;
} Placement;

static SgKept placements = {
	{{"placements"}}, "session_group placements", sizeof(int64), sizeof(Placement),
	PLACEMENTS_AT_MOST
};

/*
 * Tell whether nodes are known in this database; otherwise it is of one machine. SPI must be
 * connected.
 */
bool
sg_there_are_nodes(void)
{
	static SgStatement statement = {"SELECT 1 FROM session_group.nodes AS n LIMIT 1"};

	return sg_execute_as_owner(&statement, NULL, NULL, SG_SNAPSHOT_LATEST) > 0;
}

/*
 * Read where a project is. As the owner, since no caller but administrators may; of one
 * project, and what is told of it is whether it is here.
 */
static Placement
read_placement(int64 project_id)
{
	static SgStatement statement = {
		"SELECT p.node OPERATOR(pg_catalog.=) $2, p.moving_to IS NOT NULL"
		" AND p.moving_to OPERATOR(pg_catalog.=) $2, p.writes_stopped"
		" FROM session_group.placements AS p WHERE p.project_id OPERATOR(pg_catalog.=) $1",
		{INT8OID, TEXTOID}
	};
	Datum		values[] = {Int64GetDatum(project_id), CStringGetTextDatum(sg_node())};
	Placement	placement = {.project_id = project_id};

	sg_spi_connect();
	if (sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_LATEST) == 1)
	{
		placement.placed = true;
		placement.here = DatumGetBool(sg_required(0, 1));
		placement.arriving = DatumGetBool(sg_required(0, 2));
		placement.writes_stopped = DatumGetBool(sg_required(0, 3));
	}
	else
		placement.here = !sg_there_are_nodes();
	sg_spi_finish();
	return placement;
}

/*
 * Return where a project is; only where there are nodes.
 */
static Placement
find_placement(int64 project_id)
{
	Placement  *found = sg_kept_find(&placements, &project_id);
	Placement	read;
	uint64		began;

	if (found != NULL)
		return *found;
	began = sg_watch_begin(&placements.watch);
	read = read_placement(project_id);
	if (sg_kept_room(&placements, began) != NULL)
		sg_kept_put(&placements, &read);
	return read;
}

/*
 * Tell whether this node answers for a project.
 */
bool
sg_placed_here(int64 project_id)
{
	return sg_node() == NULL || find_placement(project_id).here;
}

/*
 * The same, and whether it may be written to.
 */
bool
sg_placed_writable(int64 project_id)
{
	Placement	placement;

	if (sg_node() == NULL)
		return true;
	placement = find_placement(project_id);
	return placement.here && !placement.writes_stopped;
}

/*
 * Tell whether this node has no need of a project's rows: there are nodes, it is on
 * another or gone, and it is not about to be here. Of one that nobody has placed, the
 * rows may be the only ones.
 */
bool
sg_placed_away(int64 project_id)
{
	Placement	placement;

	if (sg_node() == NULL)
		return false;
	placement = find_placement(project_id);
	return !placement.here && !(placement.arriving && placement.writes_stopped) &&
		(placement.placed || !sg_project_exists(project_id, SnapshotSelf));
}

/*
 * Raise 3D000 for a project of another node.
 */
void
sg_raise_misdirected(int64 project_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_CATALOG_NAME),
			 errmsg("project " INT64_FORMAT " is not on this node", project_id),
			 errhint("Ask the node that has it: session_group.list_placements() tells an"
					 " administrator.")));
}

/*
 * Raise 3D000 unless this node answers for a project.
 */
void
sg_refuse_elsewhere(int64 project_id)
{
	if (!sg_placed_here(project_id))
		sg_raise_misdirected(project_id);
}

/*
 * Raise 3D000 for a write to a project of another node, 55006 if its writes are stopped.
 * Until the transaction ends, who waits for writers of the project waits for it.
 */
void
sg_refuse_unplaced_write(int64 project_id)
{
	LOCKTAG		tag;
	Placement	placement;

	if (sg_node() == NULL)
		return;
	sg_lock_tag(&tag, project_id, LOCK_KIND);
	(void) LockAcquire(&tag, ShareLock, false, false);
	placement = find_placement(project_id);
	if (!placement.here)
		sg_raise_misdirected(project_id);
	if (placement.writes_stopped)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("writes to project " INT64_FORMAT " are stopped for the moment", project_id),
				 errhint("It is moving to another node. Try again in some seconds.")));
}

/*
 * session_group.is_placed_here(project_id bigint, writable boolean) returns boolean
 */
Datum
session_group_is_placed_here(PG_FUNCTION_ARGS)
{
	int64		project_id = PG_GETARG_INT64(0);

	PG_RETURN_BOOL(PG_GETARG_BOOL(1) ? sg_placed_writable(project_id) : sg_placed_here(project_id));
}

/*
 * session_group.wait_for_writers(project_id bigint) returns void
 *
 * Raises 55000 if the project's writes are not stopped here.
 */
Datum
session_group_wait_for_writers(PG_FUNCTION_ARGS)
{
	int64		project_id = PG_GETARG_INT64(0);
	LOCKTAG		tag;
	Placement	placement = {0};

	if (sg_node() != NULL)
	{
		SET_LOCKTAG_RELATION(tag, MyDatabaseId, sg_relation_id("placements", false));
		WaitForLockers(tag, ShareLock, false);
		placement = read_placement(project_id);
	}
	if (!placement.here || !placement.writes_stopped)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("writes to project " INT64_FORMAT " are not stopped on this node",
						project_id),
				 errhint("Call session_group.stop_writes() on the directory's node, and this again"
						 " until it has come here.")));
	sg_lock_tag(&tag, project_id, LOCK_KIND);
	WaitForLockers(tag, ExclusiveLock, false);
	PG_RETURN_VOID();
}

/*
 * session_group.placements_changed() returns trigger
 *
 * After a change of session_group.placements or nodes.
 */
Datum
session_group_placements_changed(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("placements_changed must be called by its own triggers")));
	CacheInvalidateRelcacheByRelid(sg_relation_id("placements", false));
	Async_Notify(CHANNEL, "");
	return PointerGetDatum(NULL);
}

/*
 * session_group.projects_place() returns trigger
 *
 * After INSERT of a row of session_group.projects. One that create_project() makes is
 * placed by then; one of an import or of plain SQL is where its rows will be: here.
 */
Datum
session_group_projects_place(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"INSERT INTO session_group.placements (project_id, node)"
		" SELECT $1, n.name FROM session_group.nodes AS n WHERE n.name OPERATOR(pg_catalog.=) $2"
		" ON CONFLICT (project_id) DO NOTHING",
		{INT8OID, TEXTOID}
	};
	TriggerData *trigger = sg_trigger(fcinfo, "projects", SG_AFTER_ROW);
	Datum		values[2];
	bool		isnull;

	if (sg_node() == NULL)
		return PointerGetDatum(NULL);
	values[0] = heap_getattr(trigger->tg_trigtuple, 1, RelationGetDescr(trigger->tg_relation),
							 &isnull);
	values[1] = CStringGetTextDatum(sg_node());
	sg_spi_connect();
	sg_execute(&statement, values, NULL, SG_SNAPSHOT_NEW);
	sg_spi_finish();
	return PointerGetDatum(NULL);
}
