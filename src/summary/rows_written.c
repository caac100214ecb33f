/*
 * rows_written.c
 *		How many rows of summaries one request may write.
 *
 * PostgREST writes as many as a body has, or a filter finds: 160,000 short ones fit
 * into a body, and are half a minute's work; or one long value into many rows. They are
 * counted as they come, so that the work ends there.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "utils/guc.h"

#include "base/catch.h"
#include "summary/rows_written.h"

static int	max_rows_written = 10000;

/* What counts as one row more: so many bytes of a row, and so many of its patterns. */
#define BYTES_OF_A_ROW 8192
#define PATTERNS_OF_A_ROW 10

/*
 * Count rows of a request. Raises 22023 if there are too many. In SQL, outside of a
 * request, there is no limit.
 */
static void
count_written(int64 number)
{
	static TransactionId counted = InvalidTransactionId;
	static int64 rows = 0;

	if (max_rows_written == 0 || !sg_in_request())
		return;
	if (!TransactionIdEquals(counted, GetTopTransactionId()))
	{
		counted = GetTopTransactionId();
		rows = 0;
	}
	rows += number;
	if (rows > max_rows_written)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a request writes at most %d rows", max_rows_written),
				 errhint("Send fewer at once, or name fewer by filters. Each %d kB and each %d"
						 " patterns of a row count as one more.",
						 BYTES_OF_A_ROW / 1024, PATTERNS_OF_A_ROW)));
}

/*
 * Count a row that a request is about to write, with the bytes that are not stored yet,
 * or has deleted (0 bytes).
 */
void
sg_count_row_written(uint32 bytes)
{
	count_written(1 + bytes / BYTES_OF_A_ROW);
}

/*
 * Count the patterns of a row that a request has written: each becomes a row, too.
 */
void
sg_count_patterns_written(int patterns)
{
	count_written(patterns / PATTERNS_OF_A_ROW);
}

void
sg_rows_written_init(void)
{
	DefineCustomIntVariable("session_group.max_rows_written",
							"Most rows of summaries that one request writes.",
							"Each 8 kB and each 10 patterns of a row count as one more. 0 for"
							" any number.",
							&max_rows_written,
							10000, 0, PG_INT32_MAX - 1,
							PGC_SUSET, 0,
							NULL, NULL, NULL);
}
