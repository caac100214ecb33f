/*
 * clock.c
 *		News of the directory: how old what this node knows of keys may be.
 *
 * A revocation reaches a node by replication. A node that is cut off does not hear of it,
 * so it may go on only for a time: on the directory's node a worker writes a row every
 * few seconds, replication carries it behind all that was written before it, and a node
 * that has not seen a new one for session_group.directory_timeout takes no key, token or
 * word of a trusted backend any more.
 *
 * The row has two times, and both must be near this server's clock.
 *
 * - "at", by the directory's clock: replication that goes on, but lags behind, brings
 *	 rows that are old already. Here the two clocks are compared: if the directory's is
 *	 ahead by some seconds, the time is longer by as many. One that is ahead by more
 *	 than the timeout is refused, as one that is behind by more.
 * - "received_at", by this server's clock, set by a trigger when the row comes: a
 *	 directory whose clock was far ahead and then fell silent would otherwise be believed
 *	 for as long. It may not lie ahead of this server's clock by more than the timeout
 *	 either: then that was set back.
 *
 * So a wrong clock shortens the time, or lengthens it by at most the timeout; it
 * never makes a node take keys for ever. Servers keep their clocks by NTP.
 *
 * Writing waits for no node (synchronous_commit = local): one that is away must not
 * make the others believe that the directory is.
 */
#include "base/session_group.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/relation.h"
#include "base/statement.h"
#include "base/trigger.h"
#include "base/watch.h"
#include "base/worker.h"
#include "fleet/clock.h"
#include "fleet/node.h"

PG_FUNCTION_INFO_V1(session_group_directory_clock_received);

PGDLLEXPORT void session_group_directory_clock_launcher(Datum arg);
PGDLLEXPORT void session_group_directory_clock_worker(Datum arg);

/* The worker writes once in so many seconds, or more often where the timeout is short. */
#define INTERVAL_SECONDS 5

/* What this backend has read, until a new row comes. */
static SgWatch watch = {{"directory_clock"}};
static uint64 clock_began = 0;
static bool clock_found;
static TimestampTz clock_at;
static TimestampTz clock_received_at;

/*
 * Read the clock. A row that comes meanwhile makes it be read once more.
 */
static void
read_clock(void)
{
	static SgStatement statement = {
		"SELECT c.at, c.received_at FROM session_group.directory_clock AS c"
	};
	uint64		began = sg_watch_begin(&watch);

	sg_spi_connect();
	clock_found = sg_execute_as_owner(&statement, NULL, NULL, SG_SNAPSHOT_LATEST) == 1;
	if (clock_found)
	{
		clock_at = DatumGetTimestampTz(sg_required(0, 1));
		clock_received_at = DatumGetTimestampTz(sg_required(0, 2));
	}
	sg_spi_finish();
	clock_began = began;
}

static bool
is_near(TimestampTz time, TimestampTz now)
{
	int64		most = sg_directory_timeout() * USECS_PER_SEC;

	return time >= now - most && time <= now + most;
}

/*
 * Raise 57P03 if this node has been without news of the directory for too long. Called
 * before each proof of an identity.
 */
void
sg_refuse_without_directory(void)
{
	TimestampTz now;

	if (sg_node_administers() || sg_directory_timeout() == 0)
		return;
	if (!sg_watch_holds(&watch, clock_began))
		read_clock();
	now = GetCurrentTimestamp();
	if (clock_found && is_near(clock_at, now) && is_near(clock_received_at, now))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CANNOT_CONNECT_NOW),
			 errmsg("this node has had no news of the directory for too long to take keys"),
			 clock_found ?
			 errdetail("The last was written at %s and came here at %s.",
					   pstrdup(timestamptz_to_str(clock_at)),
					   pstrdup(timestamptz_to_str(clock_received_at))) :
			 errdetail("There has been none."),
			 errhint("Look after the subscription session_group_directory, and after the clocks of"
					 " both servers.")));
}

/*
 * session_group.directory_clock_received() returns trigger
 *
 * Before INSERT or UPDATE of the row of session_group.directory_clock.
 */
Datum
session_group_directory_clock_received(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "directory_clock", SG_BEFORE_ROW);
	HeapTuple	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple :
		trigger->tg_trigtuple;
	TupleDesc	tupdesc = RelationGetDescr(trigger->tg_relation);
	int			column = SPI_fnumber(tupdesc, "received_at");
	Datum		now = TimestampTzGetDatum(GetCurrentTimestamp());
	bool		isnull = false;

	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(heap_modify_tuple_by_cols(row, tupdesc, 1, &column, &now, &isnull));
}

/*
 * Return the databases that workers can connect to. The launcher is connected to none, but
 * all share their list.
 */
static List *
databases(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *found = NIL;
	Relation	table;
	TableScanDesc scan;
	HeapTuple	tuple;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	table = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(table, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		if (database->datallowconn && !database->datistemplate &&
			!database_is_invalid_form(database))
		{
			MemoryContext context = MemoryContextSwitchTo(caller);

			found = lappend_oid(found, database->oid);
			MemoryContextSwitchTo(context);
		}
	}
	table_endscan(scan);
	table_close(table, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
	return found;
}

/*
 * Write the clock of each database, one after the other.
 */
static void
write_clocks(void)
{
	List	   *all = databases();
	ListCell   *cell;

	foreach(cell, all)
		sg_run_worker("directory clock writer", "session_group_directory_clock_worker",
					  lfirst_oid(cell));
	list_free(all);
}

static bool
is_directory(void)
{
	return sg_node() != NULL && sg_node_administers();
}

/*
 * Return the seconds between two rows. Where there is nothing to write, only a reload of
 * the configuration, which wakes the launcher, changes that.
 */
static int
interval(void)
{
	int			timeout = sg_directory_timeout();

	if (!is_directory())
		return SECS_PER_HOUR;
	return timeout == 0 ? INTERVAL_SECONDS : Max(Min(INTERVAL_SECONDS, timeout / 4), 1);
}

/*
 * Entry point of the launcher.
 */
void
session_group_directory_clock_launcher(Datum arg)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);

	for (;;)
	{
		if (sg_launcher_waits(interval()) && is_directory())
			write_clocks();
	}
}

static void
write_clock(void)
{
	static SgStatement statement = {
		"INSERT INTO session_group.directory_clock AS c (node, at, received_at)"
		" VALUES ($1, pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp())"
		" ON CONFLICT (single) DO UPDATE SET node = excluded.node, at = excluded.at",
		{TEXTOID}
	};
	Datum		values[] = {CStringGetTextDatum(sg_node())};

	sg_spi_connect();
	sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_NEW);
	sg_spi_finish();
}

/*
 * Tell whether the extension is in this database, and not one from before there were nodes.
 */
static bool
has_clock(void)
{
	return OidIsValid(get_extension_oid("session_group", true)) &&
		OidIsValid(sg_relation_id("directory_clock", true));
}

/*
 * Entry point of the worker that writes the clock of one database.
 */
void
session_group_directory_clock_worker(Datum arg)
{
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(arg), InvalidOid, 0);

	SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("synchronous_commit", "local", PGC_SUSET, PGC_S_OVERRIDE);
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, "writing the directory's clock");
	if (is_directory() && has_clock())
		write_clock();
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_activity(STATE_IDLE, NULL);
	proc_exit(0);
}

/*
 * Ask for the launcher, where the library is preloaded.
 */
void
sg_directory_clock_init(void)
{
	if (process_shared_preload_libraries_in_progress)
		sg_launch("directory clock launcher", "session_group_directory_clock_launcher");
}
