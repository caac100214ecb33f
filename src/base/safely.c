/*
 * safely.c
 *		Work whose errors are answers.
 *
 * What PostgREST calls does its work in a subtransaction. An error that nobody
 * foresaw rolls it back, is logged, and becomes an answer: raised, it would
 * take status and headers with it, and PostgREST before 16 repeats a
 * transaction for ever on SQLSTATE 40001.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/safely.h"

/*
 * Do the work; return null, or the error that rolled it back, a cancelled
 * statement's too. Only what ends the backend gets past this.
 */
ErrorData *
sg_safely(void (*work) (void *), void *argument)
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
 * Write an error that became an answer to the server's log.
 */
void
sg_log_error(ErrorData *error)
{
	error->elevel = LOG;
	ThrowErrorData(error);
}
