/*
 * catch.c
 *		Errors that become answers instead of ending the transaction.
 *
 * Whatever PostgREST calls does its work in a subtransaction. An unexpected
 * error rolls the subtransaction back, is logged, and becomes an answer. If it
 * were raised, the status and the headers would be lost with it, and PostgREST
 * before 16 would repeat the transaction for ever on SQLSTATE 40001.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/catch.h"

/*
 * Do the work in a subtransaction. Returns null, or the error that rolled it
 * back, even if that was the cancellation of the statement. Only an error that
 * ends the backend gets through.
 */
ErrorData *
sg_catch_error(void (*work) (void *), void *argument)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(argument);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

/*
 * Write an error that became an answer to the log of the server.
 */
void
sg_log_error(ErrorData *error)
{
	error->elevel = LOG;
	ThrowErrorData(error);
}
