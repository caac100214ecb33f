/*
 * confirm.c
 *		What is administered is on all nodes when it returns.
 *
 * A revoked key must be refused by every node when the administrator is told that it is
 * revoked. Nodes get it by logical replication, and confirm what they have on their disks
 * to their slots here. No function can wait for its own commit, so the commit itself waits,
 * as that of synchronous replication does. (Its list of standbys does not serve: Patroni
 * writes it for the members of its cluster, and a server that is away stops everybody.)
 *
 * A node that is connected is waited for until it refuses what was revoked: until it has
 * confirmed, or for session_group.directory_timeout, after which it takes no keys at all. One that
 * is not connected is not waited for: it refuses by itself after that time. In either case, and
 * where the wait is cancelled, a warning names the nodes. The change is done all the same.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "replication/slot.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/spin.h"
#include "utils/timestamp.h"

#include "fleet/confirm.h"
#include "fleet/node.h"

/* The slot of a node's subscription to the directory is this and the node's name. */
#define SLOT_PREFIX "session_group_directory_"

/* Milliseconds between two looks; a node nearby has a change in some of them. */
#define PAUSE 2

static bool changed = false;

/*
 * Have the commit of this transaction wait for the nodes.
 */
void
sg_confirm_by_nodes(void)
{
	changed = changed || (sg_node() != NULL && sg_node_administers());
}

static bool
is_of_node(const ReplicationSlot *slot)
{
	return slot->in_use && slot->data.database == MyDatabaseId &&
		strncmp(NameStr(slot->data.name), SLOT_PREFIX, strlen(SLOT_PREFIX)) == 0;
}

/*
 * Count the nodes that are connected and have not confirmed the log up to there. The names of
 * all that have not, connected or not, are appended to late, unless that is null.
 */
static int
count_late(XLogRecPtr end, StringInfo late)
{
	int			connected = 0;

	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	for (int i = 0; i < max_replication_slots; i++)
	{
		ReplicationSlot *slot = &ReplicationSlotCtl->replication_slots[i];
		bool		active;
		XLogRecPtr	confirmed;

		if (!is_of_node(slot))
			continue;
		SpinLockAcquire(&slot->mutex);
		active = slot->active_pid != 0;
		confirmed = slot->data.confirmed_flush;
		SpinLockRelease(&slot->mutex);
		if (confirmed >= end)
			continue;
		connected += active;
		if (late != NULL)
			appendStringInfo(late, "%s%s", late->len > 0 ? ", " : "",
							 NameStr(slot->data.name) + strlen(SLOT_PREFIX));
	}
	LWLockRelease(ReplicationSlotControlLock);
	return connected;
}

/*
 * Wait for a moment. False if the wait is to end. Interrupts are held off in a commit: an error
 * here would be one in a transaction that is done.
 */
static bool
wait_a_moment(void)
{
	int			events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_POSTMASTER_DEATH,
								   PAUSE, PG_WAIT_EXTENSION);

	ResetLatch(MyLatch);
	if (events & WL_POSTMASTER_DEATH)
		ProcDiePending = true;
	if (!QueryCancelPending)
		return !ProcDiePending;
	QueryCancelPending = false;
	return false;
}

static void
wait_for_nodes(XLogRecPtr end)
{
	int			most = sg_directory_timeout() * 1000;
	TimestampTz began = GetCurrentTimestamp();
	StringInfoData late;

	while (count_late(end, NULL) > 0 && wait_a_moment())
	{
		if (most > 0 && TimestampDifferenceExceeds(began, GetCurrentTimestamp(), most))
			break;
	}
	initStringInfo(&late);
	count_late(end, &late);
	if (late.len > 0)
		ereport(WARNING,
				(errmsg("this change is done, and has not come to all nodes yet: %s", late.data),
				 errdetail("A node that does not get it refuses all keys after"
						   " session_group.directory_timeout.")));
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	bool		waits = changed && event == XACT_EVENT_COMMIT;

	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		changed = false;
	if (waits)
		wait_for_nodes(XactLastCommitEnd);
}

/*
 * Register for the end of transactions.
 */
void
sg_confirm_init(void)
{
	RegisterXactCallback(at_transaction_end, NULL);
}
