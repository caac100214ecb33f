/*
 * notify.c
 *		NOTIFY of new activity records, where session_group.notify_activity is on.
 *
 * A transaction sends one notification for each project that it wrote in, with
 * the project and the highest number, when it commits. They say no more than
 * that there may be something to read: numbers of a savepoint that was rolled
 * back count, too, and COMMIT PREPARED sends none.
 *
 * It is off by default for two reasons. Everybody who may log in to the
 * database may LISTEN, and would learn how much each project writes. And a
 * transaction that notifies takes a lock on the whole database while it
 * commits, so that all such commits happen one after the other.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "commands/async.h"
#include "nodes/pg_list.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "activity/notify.h"

#define CHANNEL "session_group_activity"

typedef struct Written
{
	int64		project_id;
	int64		seq;			/* the highest */
} Written;

static bool notify_activity = false;

/* What this transaction wrote, in TopTransactionContext. */
static List *written = NIL;

static void
send_notifications(void)
{
	ListCell   *cell;

	foreach(cell, written)
	{
		Written    *entry = lfirst(cell);

		Async_Notify(CHANNEL, psprintf(INT64_FORMAT ":" INT64_FORMAT, entry->project_id,
									   entry->seq));
	}
}

static void
at_transaction_end(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_PRE_COMMIT)
		send_notifications();
	else if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT ||
			 event == XACT_EVENT_PREPARE)
		written = NIL;
}

/*
 * Define the setting and be called at the end of transactions.
 */
void
sg_activity_notify_init(void)
{
	DefineCustomBoolVariable("session_group.notify_activity",
							 "Sends NOTIFY " CHANNEL " for new activity records.",
							 "The payload is PROJECT:NUMBER. Every login role may listen.",
							 &notify_activity,
							 false, PGC_SUSET, 0,
							 NULL, NULL, NULL);
	RegisterXactCallback(at_transaction_end, NULL);
}

/*
 * Note that a project has a new record.
 */
void
sg_activity_notify(int64 project_id, int64 seq)
{
	ListCell   *cell;
	Written    *entry;
	MemoryContext context;

	if (!notify_activity)
		return;
	foreach(cell, written)
	{
		entry = lfirst(cell);
		if (entry->project_id == project_id)
		{
			entry->seq = Max(entry->seq, seq);
			return;
		}
	}
	context = MemoryContextSwitchTo(TopTransactionContext);
	entry = palloc(sizeof(Written));
	entry->project_id = project_id;
	entry->seq = seq;
	written = lappend(written, entry);
	MemoryContextSwitchTo(context);
}
