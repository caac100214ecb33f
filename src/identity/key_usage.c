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
#include "utils/hsearch.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/statement.h"
#include "base/worker.h"
#include "fleet/node.h"
#include "identity/key_usage.h"

#define TRANCHE "session_group_key_usage"

PG_FUNCTION_INFO_V1(session_group_key_uses_waiting);

/*
 * Uses of more keys than these within one interval are not noted: the next interval
 * has room. This takes a megabyte.
 */
#define MAX_USES 16384

/* Without padding, to be hashed. */
typedef struct UsedKey
{
	int64		key_id;
	int64		database;		/* an Oid */
} UsedKey;

typedef struct KeyUse
{
	UsedKey		key;
	TimestampTz at;
	TimestampTz noted_at;		/* later, if it could not be written before */
} KeyUse;

typedef struct KeyUsage
{
	LWLock	   *lock;			/* protects the table of uses */
} KeyUsage;

PGDLLEXPORT void session_group_key_usage_launcher(Datum arg);
PGDLLEXPORT void session_group_key_usage_worker(Datum arg);

static KeyUsage *usage = NULL;
static HTAB *uses = NULL;
static int	interval_seconds = 10;

static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

/*
 * Return the entry of a key, a new one if there is room; null otherwise. The caller
 * holds the lock.
 */
static KeyUse *
entry_of(const UsedKey *key, bool *found)
{
	bool		has_room = hash_get_num_entries(uses) < MAX_USES;

	return hash_search(uses, key, has_room ? HASH_ENTER_NULL : HASH_FIND, found);
}

/*
 * Note that a key is used now.
 */
SgKeyUsed
sg_key_usage_remember(int64 key_id)
{
	UsedKey		key = {key_id, MyDatabaseId};
	KeyUse	   *use;
	bool		found;

	if (!sg_node_administers())
		return SG_KEY_NOTED;	/* this node may not write keys: nothing is noted */
	if (usage == NULL || RecoveryInProgress())
		return SG_KEY_NOT_NOTED;
	LWLockAcquire(usage->lock, LW_EXCLUSIVE);
	use = entry_of(&key, &found);
	if (use != NULL)
		use->at = use->noted_at = GetCurrentTimestamp();
	LWLockRelease(usage->lock);
	return use != NULL ? SG_KEY_NOTED : SG_KEY_NO_ROOM;
}

/*
 * Take the entries of one database out of shared memory, those up to a time; "taken"
 * has room for all, or is null.
 */
static int
take_uses(Oid database, TimestampTz until, KeyUse *taken)
{
	HASH_SEQ_STATUS scan;
	KeyUse	   *use;
	int			count = 0;

	LWLockAcquire(usage->lock, LW_EXCLUSIVE);
	hash_seq_init(&scan, uses);
	while ((use = hash_seq_search(&scan)) != NULL)
	{
		if (use->key.database != database || use->noted_at > until)
			continue;
		if (taken != NULL)
			taken[count] = *use;
		count++;
		hash_search(uses, &use->key, HASH_REMOVE, NULL);
	}
	LWLockRelease(usage->lock);
	return count;
}

/*
 * Put a use that could not be written back, unless there is a later one.
 */
static void
put_back(const KeyUse *kept)
{
	KeyUse	   *use;
	bool		found;

	LWLockAcquire(usage->lock, LW_EXCLUSIVE);
	use = entry_of(&kept->key, &found);
	if (use != NULL && !found)
	{
		use->at = kept->at;
		use->noted_at = GetCurrentTimestamp();
	}
	LWLockRelease(usage->lock);
}

/*
 * session_group.key_uses_waiting() returns integer
 */
Datum
session_group_key_uses_waiting(PG_FUNCTION_ARGS)
{
	HASH_SEQ_STATUS scan;
	KeyUse	   *use;
	int			waiting = 0;

	if (usage == NULL)
		PG_RETURN_NULL();
	LWLockAcquire(usage->lock, LW_SHARED);
	hash_seq_init(&scan, uses);
	while ((use = hash_seq_search(&scan)) != NULL)
		waiting += use->key.database == MyDatabaseId;
	LWLockRelease(usage->lock);
	PG_RETURN_INT32(waiting);
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
	(void) take_uses(database, started, NULL);
}

/*
 * Write all uses, one database after the other.
 */
static void
write_databases(void)
{
	HASH_SEQ_STATUS scan;
	KeyUse	   *use;
	List	   *databases = NIL;
	ListCell   *cell;

	LWLockAcquire(usage->lock, LW_SHARED);
	hash_seq_init(&scan, uses);
	while ((use = hash_seq_search(&scan)) != NULL)
		databases = list_append_unique_oid(databases, (Oid) use->key.database);
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

/* The keys that were used, whose rows do not say so yet. */
#define UNWRITTEN_USES \
	"SELECT l.id, used.at" \
	" FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS used (id, at)" \
	" JOIN session_group.api_keys AS l ON l.id OPERATOR(pg_catalog.=) used.id" \
	" WHERE l.last_used_at IS NULL OR l.last_used_at OPERATOR(pg_catalog.<)" \
	" (used.at OPERATOR(pg_catalog.-) '1 hour'::pg_catalog.interval)"

/*
 * Write uses to the table. Keys that are gone are skipped, and those whose use was
 * written within the hour: each backend notes the first one that it sees. Nobody
 * waits for keys that an administrator's transaction has locked: their uses are
 * put back.
 */
static void
write_uses(const KeyUse *taken, int count)
{
	static SgStatement write = {
		"UPDATE session_group.api_keys AS k SET last_used_at = free.at"
		" FROM (" UNWRITTEN_USES " FOR NO KEY UPDATE OF l SKIP LOCKED) AS free"
		" WHERE k.id OPERATOR(pg_catalog.=) free.id",
		{INT8ARRAYOID, TIMESTAMPTZARRAYOID}
	};
	static SgStatement left = {UNWRITTEN_USES, {INT8ARRAYOID, TIMESTAMPTZARRAYOID}};
	Datum	   *ids = palloc(sizeof(Datum) * count);
	Datum	   *times = palloc(sizeof(Datum) * count);
	Datum		values[2];
	uint64		left_count;

	for (int i = 0; i < count; i++)
	{
		ids[i] = Int64GetDatum(taken[i].key.key_id);
		times[i] = TimestampTzGetDatum(taken[i].at);
	}
	values[0] = PointerGetDatum(construct_array(ids, count, INT8OID, sizeof(int64),
												FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	values[1] = PointerGetDatum(construct_array(times, count, TIMESTAMPTZOID, sizeof(int64),
												FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	sg_spi_connect();
	sg_execute_as_owner(&write, values, NULL, SG_SNAPSHOT_NEW);
	left_count = sg_execute_as_owner(&left, values, NULL, SG_SNAPSHOT_NEW);
	for (uint64 i = 0; i < left_count; i++)
	{
		KeyUse		use = {
			.key = {DatumGetInt64(sg_required(i, 1)), MyDatabaseId},
			.at = DatumGetTimestampTz(sg_required(i, 2))
		};

		put_back(&use);
	}
	sg_spi_finish();
}

/*
 * Entry point of the worker that writes the uses of one database.
 */
void
session_group_key_usage_worker(Datum arg)
{
	KeyUse	   *taken = palloc(sizeof(KeyUse) * MAX_USES);
	Oid			database = DatumGetObjectId(arg);
	int			count;

	check_memory();
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);

	count = take_uses(database, GetCurrentTimestamp(), taken);
	SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, "writing when API keys were last used");
	if (count > 0 && OidIsValid(get_extension_oid("session_group", true)))
		write_uses(taken, count);
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
	RequestAddinShmemSpace(add_size(sizeof(KeyUsage), hash_estimate_size(MAX_USES, sizeof(KeyUse))));
	RequestNamedLWLockTranche(TRANCHE, 1);
}

static void
attach_memory(void)
{
	HASHCTL		ctl = {.keysize = sizeof(UsedKey), .entrysize = sizeof(KeyUse)};
	bool		found;

	if (previous_startup_hook != NULL)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	usage = ShmemInitStruct(TRANCHE, sizeof(KeyUsage), &found);
	if (!found)
		usage->lock = &GetNamedLWLockTranche(TRANCHE)->lock;
	uses = ShmemInitHash(TRANCHE " keys", MAX_USES, MAX_USES, &ctl, HASH_ELEM | HASH_BLOBS);
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
