/*
 * transaction.c
 *		Ids of transactions, and which of them may still write in this database.
 */
#include "base/session_group.h"

#include "access/twophase.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/snapmgr.h"

#include "base/transaction.h"

/*
 * Return the 64 bits of a transaction id that is not far from the next one.
 */
uint64
sg_wide_id(TransactionId xid)
{
	FullTransactionId next = ReadNextFullTransactionId();
	uint32		epoch = EpochFromFullTransactionId(next);

	if (xid > XidFromFullTransactionId(next))
		epoch--;
	return U64FromFullTransactionId(FullTransactionIdFromEpochAndXid(epoch, xid));
}

/* Transactions that are running in other databases. */
typedef struct Elsewhere
{
	TransactionId *ids;
	int			count;
} Elsewhere;

/*
 * Find them, prepared ones too: their processes are listed behind all others. A
 * process keeps its database for life, and loses the id of its transaction under
 * this lock only.
 */
static void
find_elsewhere(Elsewhere *elsewhere)
{
	int			processes = (int) ProcGlobal->allProcCount + max_prepared_xacts;

	elsewhere->ids = palloc(sizeof(TransactionId) * processes);
	elsewhere->count = 0;
	LWLockAcquire(ProcArrayLock, LW_SHARED);
	for (int i = 0; i < processes; i++)
	{
		PGPROC	   *process = &ProcGlobal->allProcs[i];
		TransactionId xid = process->xid;

		if (TransactionIdIsValid(xid) && OidIsValid(process->databaseId) &&
			process->databaseId != MyDatabaseId)
			elsewhere->ids[elsewhere->count++] = xid;
	}
	LWLockRelease(ProcArrayLock);
}

static bool
is_elsewhere(const Elsewhere *elsewhere, TransactionId xid)
{
	for (int i = 0; i < elsewhere->count; i++)
	{
		if (TransactionIdEquals(elsewhere->ids[i], xid))
			return true;
	}
	return false;
}

/*
 * Return the lowest id that the active snapshot does not see and that may be of a
 * transaction of this database. What is running in another one can never commit a
 * row here. One that was running when the snapshot was taken and has ended since
 * is nobody's any more: it counts as ours.
 */
static uint64
lowest_open(Snapshot snapshot, const Elsewhere *elsewhere)
{
	FullTransactionId next = ReadNextFullTransactionId();
	uint64		lowest = sg_wide_id(snapshot->xmax);

	while (lowest < U64FromFullTransactionId(next) &&
		   is_elsewhere(elsewhere, (TransactionId) lowest))
		lowest++;
	for (uint32 i = 0; i < snapshot->xcnt; i++)
	{
		if (!is_elsewhere(elsewhere, snapshot->xip[i]))
			lowest = Min(lowest, sg_wide_id(snapshot->xip[i]));
	}
	return lowest;
}

/*
 * Return an id below which all transactions of this database had ended when the
 * active snapshot was taken, and were seen by it if they committed. A standby does
 * not know the databases of transactions: there none is below the oldest of all.
 */
FullTransactionId
sg_all_ended_below(void)
{
	Snapshot	snapshot = GetActiveSnapshot();
	FullTransactionId own = GetTopFullTransactionIdIfAny();
	Elsewhere	elsewhere;
	uint64		lowest;

	if (snapshot->takenDuringRecovery)
		return FullTransactionIdFromU64(sg_wide_id(snapshot->xmin));
	find_elsewhere(&elsewhere);
	lowest = lowest_open(snapshot, &elsewhere);
	pfree(elsewhere.ids);
	return FullTransactionIdFromU64(FullTransactionIdIsValid(own) ?
									Min(lowest, U64FromFullTransactionId(own)) : lowest);
}
