/*
 * key_usage.c
 *		When API keys were last used: read-only requests leave it in shared memory, and a
 *		worker writes it to the table later.
 *
 * A GET runs in a read-only transaction, which cannot write the use of its key.
 * If the library is preloaded, the request leaves the id of the key in shared
 * memory. A launcher looks there every few seconds and starts a short-lived
 * worker for each database that has uses to write; the launcher itself is
 * connected to no database, so any number of them can have the extension. A
 * crash loses uses that are not written yet; the next use of the key makes up
 * for it. A standby notes nothing, and neither does a node of a fleet that does not
 * administer: the keys are the directory's.
 *
 * If the library is not preloaded, only requests that write note their use.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
#include "utils/array.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/statement.h"
#include "base/worker.h"
#include "fleet/node.h"
#include "identity/key_usage.h"

#define TRANCHE "session_group_key_usage"

PG_FUNCTION_INFO_V1(session_group_key_uses_waiting);

/* Uses of more keys than these within one interval are not noted: the next interval has room. */
#define MAX_USES 1024

typedef struct KeyUse
{
	Oid			database;
	int64		key_id;
	TimestampTz at;
} KeyUse;

typedef struct KeyUsage
{
	LWLock	   *lock;			/* protects what follows */
	int			count;
	KeyUse		uses[MAX_USES];
} KeyUsage;

PGDLLEXPORT void session_group_key_usage_launcher(Datum arg);
PGDLLEXPORT void session_group_key_usage_worker(Datum arg);

static KeyUsage *usage = NULL;
static int	interval_seconds = 10;

static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

/*
 * Return the entry of a key in this database, or null. The caller holds the
 * lock.
 */
static KeyUse *
find_use(int64 key_id)
{
	for (int i = 0; i < usage->count; i++)
	{
		if (usage->uses[i].key_id == key_id && usage->uses[i].database == MyDatabaseId)
			return &usage->uses[i];
	}
	return NULL;
}

/*
 * Note that a key is used now; false if the caller has to write it to the table: the
 * library is not preloaded.
 */
bool
sg_key_usage_remember(int64 key_id)
{
	KeyUse	   *use;

	if (!sg_node_administers())
		return true;
	if (usage == NULL || RecoveryInProgress())
		return false;
	LWLockAcquire(usage->lock, LW_EXCLUSIVE);
	use = find_use(key_id);
	if (use == NULL && usage->count < MAX_USES)
	{
		use = &usage->uses[usage->count++];
		use->database = MyDatabaseId;
		use->key_id = key_id;
	}
	if (use != NULL)
		use->at = GetCurrentTimestamp();
	LWLockRelease(usage->lock);
	return true;
}

/*
 * Take the entries of one database out of shared memory.
 */
static int
take_uses(Oid database, KeyUse *taken)
{
	int			kept = 0;
	int			count = 0;

	LWLockAcquire(usage->lock, LW_EXCLUSIVE);
	for (int i = 0; i < usage->count; i++)
	{
		if (usage->uses[i].database == database)
			taken[count++] = usage->uses[i];
		else
			usage->uses[kept++] = usage->uses[i];
	}
	usage->count = kept;
	LWLockRelease(usage->lock);
	return count;
}

/*
 * session_group.key_uses_waiting() returns integer
 */
Datum
session_group_key_uses_waiting(PG_FUNCTION_ARGS)
{
	int			waiting = 0;

	if (usage == NULL)
		PG_RETURN_NULL();
	LWLockAcquire(usage->lock, LW_SHARED);
	for (int i = 0; i < usage->count; i++)
		waiting += usage->uses[i].database == MyDatabaseId;
	LWLockRelease(usage->lock);
	PG_RETURN_INT32(waiting);
}

/*
 * Drop the entries of a database up to a time.
 */
static void
forget_uses(Oid database, TimestampTz until)
{
	int			kept = 0;

	LWLockAcquire(usage->lock, LW_EXCLUSIVE);
	for (int i = 0; i < usage->count; i++)
	{
		if (usage->uses[i].database != database || usage->uses[i].at > until)
			usage->uses[kept++] = usage->uses[i];
	}
	usage->count = kept;
	LWLockRelease(usage->lock);
}

/*
 * Start a worker that writes the uses of a database, and wait for it. Uses that
 * it did not take are dropped: the database is gone, or no worker can start.
 */
static void
write_database(Oid database)
{
	TimestampTz started = GetCurrentTimestamp();

	sg_run_worker("key usage writer", "session_group_key_usage_worker", database);
	forget_uses(database, started);
}

/*
 * Write all uses, one database after the other.
 */
static void
write_databases(void)
{
	List	   *databases = NIL;
	ListCell   *cell;

	LWLockAcquire(usage->lock, LW_SHARED);
	for (int i = 0; i < usage->count; i++)
		databases = list_append_unique_oid(databases, usage->uses[i].database);
	LWLockRelease(usage->lock);
	foreach(cell, databases)
		write_database(lfirst_oid(cell));
	list_free(databases);
}

/*
 * A library that was preloaded by another path has no shared memory here: raise
 * an error.
 */
static void
check_memory(void)
{
	if (usage == NULL)
		ereport(FATAL,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("session_group has no shared memory"),
				 errhint("Put session_group, without a path, into shared_preload_libraries.")));
}

/*
 * Entry point of the launcher.
 */
void
session_group_key_usage_launcher(Datum arg)
{
	check_memory();
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);

	for (;;)
	{
		if (sg_launcher_waits(interval_seconds))
			write_databases();
	}
}

/*
 * Write uses to the table. Keys that are gone or have a later use are skipped,
 * and so are keys that an administrator's transaction has locked, so that nobody
 * waits: their next use is noted.
 */
static void
write_uses(const KeyUse *uses, int count)
{
	static SgStatement write = {
		"UPDATE session_group.api_keys AS k SET last_used_at = free.at"
		" FROM (SELECT l.id, used.at"
		" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS used (id, at)"
		" JOIN session_group.api_keys AS l ON l.id OPERATOR(pg_catalog.=) used.id"
		" WHERE l.last_used_at IS NULL OR l.last_used_at OPERATOR(pg_catalog.<) used.at"
		" FOR NO KEY UPDATE OF l SKIP LOCKED) AS free"
		" WHERE k.id OPERATOR(pg_catalog.=) free.id",
		{INT8ARRAYOID, TIMESTAMPTZARRAYOID}
	};
	Datum	   *ids = palloc(sizeof(Datum) * count);
	Datum	   *times = palloc(sizeof(Datum) * count);
	Datum		values[2];

	for (int i = 0; i < count; i++)
	{
		ids[i] = Int64GetDatum(uses[i].key_id);
		times[i] = TimestampTzGetDatum(uses[i].at);
	}
	values[0] = PointerGetDatum(construct_array(ids, count, INT8OID, sizeof(int64),
												FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	values[1] = PointerGetDatum(construct_array(times, count, TIMESTAMPTZOID, sizeof(int64),
												FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	sg_spi_connect();
	sg_execute_as_owner(&write, values, NULL, SG_SNAPSHOT_NEW);
	sg_spi_finish();
}

/*
 * Entry point of the worker that writes the uses of one database.
 */
void
session_group_key_usage_worker(Datum arg)
{
	static KeyUse uses[MAX_USES];
	Oid			database = DatumGetObjectId(arg);
	int			count;

	check_memory();
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);

	count = take_uses(database, uses);
	SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, "writing when API keys were last used");
	if (count > 0 && OidIsValid(get_extension_oid("session_group", true)))
		write_uses(uses, count);
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_activity(STATE_IDLE, NULL);
	proc_exit(0);
}

static void
request_memory(void)
{
	if (previous_request_hook != NULL)
		previous_request_hook();
	RequestAddinShmemSpace(sizeof(KeyUsage));
	RequestNamedLWLockTranche(TRANCHE, 1);
}

static void
attach_memory(void)
{
	bool		found;

	if (previous_startup_hook != NULL)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	usage = ShmemInitStruct(TRANCHE, sizeof(KeyUsage), &found);
	if (!found)
	{
		usage->lock = &GetNamedLWLockTranche(TRANCHE)->lock;
		usage->count = 0;
	}
	LWLockRelease(AddinShmemInitLock);
}

/*
 * Ask for shared memory and the launcher, where the library is preloaded.
 */
void
sg_key_usage_init(void)
{
	DefineCustomIntVariable("session_group.key_usage_interval",
							"Seconds between writes of when API keys were last used.",
							NULL,
							&interval_seconds,
							10, 1, 3600,
							PGC_SIGHUP, GUC_UNIT_S,
							NULL, NULL, NULL);
	if (!process_shared_preload_libraries_in_progress)
		return;
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = attach_memory;
	sg_launch("key usage launcher", "session_group_key_usage_launcher");
}
