/*
 * rows_written.c
 *		How many rows of summaries one request may write.
 *
 * PostgREST writes as many as a body has, or a filter finds: 160,000 short ones fit
 * into a body, and are half a minute's work. They are counted as they come, so that
 * the work ends there.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "utils/guc.h"

#include "base/catch.h"
#include "summary/rows_written.h"

static int	max_rows_written = 10000;

/*
 * Count a row that a request is about to write, or has deleted. Raises 22023 if there
 * are too many. In SQL, outside of a request, there is no limit.
 */
void
sg_count_row_written(void)
{
	static TransactionId counted = InvalidTransactionId;
	static int	rows = 0;

	if (max_rows_written == 0 || !sg_in_request())
		return;
	if (!TransactionIdEquals(counted, GetTopTransactionId()))
	{
		counted = GetTopTransactionId();
		rows = 0;
	}
	if (++rows > max_rows_written)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a request writes at most %d rows", max_rows_written),
				 errhint("Send fewer at once, or name fewer by filters.")));
}

void
sg_rows_written_init(void)
{
	DefineCustomIntVariable("session_group.max_rows_written",
							"Most rows of summaries that one request writes.",
							"0 for any number.",
							&max_rows_written,
							10000, 0, PG_INT32_MAX - 1,
							PGC_SUSET, 0,
							NULL, NULL, NULL);
}
