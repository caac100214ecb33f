/*
 * worker.c
 *		Background workers of the extension: a launcher for each purpose, which is connected
 *		to no database, and short-lived workers that it starts in one database after the
 *		other, so that any number of them can have the extension.
 */
#include "base/session_group.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/guc.h"

#include "base/worker.h"

/*
 * Fill in what all workers have in common.
 */
void
sg_describe_worker(BackgroundWorker *worker, const char *name, const char *function)
{
	memset(worker, 0, sizeof(BackgroundWorker));
	snprintf(worker->bgw_name, BGW_MAXLEN, "session_group %s", name);
	snprintf(worker->bgw_type, BGW_MAXLEN, "session_group %s", name);
	snprintf(worker->bgw_library_name, sizeof(worker->bgw_library_name), "session_group");
	snprintf(worker->bgw_function_name, sizeof(worker->bgw_function_name), "%s", function);
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker->bgw_restart_time = BGW_NEVER_RESTART;
}

/*
 * Have the server start a launcher, and start it again when it has ended; while the
 * library is preloaded.
 */
void
sg_launch(const char *name, const char *function)
{
	BackgroundWorker launcher;

	sg_describe_worker(&launcher, name, function);
	launcher.bgw_restart_time = 10;
	RegisterBackgroundWorker(&launcher);
}

/*
 * In a launcher: wait for the next round. True when it has come; false if something else
 * ended the wait. At shutdown it does not return: if only the launcher is terminated, it
 * must start again, and status 0 would end it for good.
 */
bool
sg_launcher_waits(int seconds)
{
	int			events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
								   seconds * 1000L, PG_WAIT_EXTENSION);

	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
	if (ShutdownRequestPending)
		proc_exit(1);
	return (events & WL_TIMEOUT) != 0;
}

/*
 * In a launcher: start a worker in a database, and wait for its end. It may be that none
 * can start.
 */
void
sg_run_worker(const char *name, const char *function, Oid database)
{
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;

	sg_describe_worker(&worker, name, function);
	worker.bgw_main_arg = ObjectIdGetDatum(database);
	worker.bgw_notify_pid = MyProcPid;
	if (RegisterDynamicBackgroundWorker(&worker, &handle))
	{
		(void) WaitForBackgroundWorkerShutdown(handle);
		pfree(handle);
	}
}
