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
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/catch.h"
#include "base/fault.h"

/*
 * Tell whether PostgREST's request is what this transaction is for, or the caller
 * says so: nothing may depend on it but the form of errors, and bounds.
 */
bool
sg_in_request(void)
{
	const char *method = GetConfigOption("request.method", true, false);

	return method != NULL && method[0] != '\0';
}

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

/*
 * Raise a fault so that PostgREST answers with its status, which it takes out of
 * the SQLSTATE: PT504, PT507 …
 */
void
sg_fault_raise_for_postgrest(const SgFault *fault)
{
	int			status = sg_fault_status(fault);

	ereport(ERROR,
			(errcode(MAKE_SQLSTATE('P', 'T', '0' + status / 100, '0' + status / 10 % 10,
								   '0' + status % 10)),
			 errmsg("%s", fault->detail)));
}

/*
 * Raise, instead of an error, what it means for a request; the error itself is
 * logged.
 */
void
sg_raise_for_postgrest(ErrorData *error)
{
	SgFault		fault;

	sg_log_error(error);
	sg_fault_of_error(&fault, error->sqlerrcode);
	sg_fault_raise_for_postgrest(&fault);
}
