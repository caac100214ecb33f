/*
 * notify.c
 *		NOTIFY for new activity records, if session_group.notify_activity is on.
 *
 * When a transaction commits, it sends one notification for each project that it
 * wrote in, with the project and the highest number. It only says that there may
 * be something to read: the number may belong to a savepoint that was rolled
 * back, and COMMIT PREPARED sends nothing.
 *
 * It is off by default for two reasons. Everybody who may log in to the database
 * may LISTEN, and would learn how much each project writes. And a transaction
 * that notifies locks the whole database while it commits, so that such commits
 * happen one after the other.
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
	int64		seq;			/* the highest number */
} Written;

static bool notify_activity = false;

/* The projects that this transaction wrote in; in TopTransactionContext. */
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
 * Define the setting, and register for the end of transactions.
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
