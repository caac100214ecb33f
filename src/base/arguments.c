/*
 * arguments.c
 *		Arguments and results of SQL functions.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "funcapi.h"

#include "base/arguments.h"
#include "base/statement.h"

#define BATCH_MAX 1000000

/*
 * Raise 22004 for a null argument.
 */
void
sg_refuse_null(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name),
				 errhint("See \\df+ for what the function takes.")));
}

/*
 * Raise 22023 for a limit or an offset that is out of range.
 */
void
sg_refuse_bad_page(int32 limit, int64 offset)
{
	if (limit < 1 || limit > sg_max_page_size)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("row_limit must be between 1 and %d", sg_max_page_size),
				 errhint("Read on with row_offset, or raise session_group.max_page_size.")));
	if (offset < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("row_offset must not be negative"),
				 errhint("The first row has offset 0.")));
}

/*
 * Return how many rows a call may write at most. Raises 22004 for null, 22023 for a
 * number that is out of range.
 */
int64
sg_batch(FunctionCallInfo fcinfo, int number)
{
	int64		batch;

	sg_refuse_null(fcinfo, number, "batch");
	batch = PG_GETARG_INT32(number);
	if (batch < 1 || batch > BATCH_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("batch must be between 1 and %d", BATCH_MAX),
				 errhint("Call the function again until it returns 0.")));
	return batch;
}

/*
 * Raise 42501 for a project that the caller may not see, or may not write to:
 * "what" says which.
 */
void
sg_raise_no_access(int64 project_id, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("no %s access to project " INT64_FORMAT, what, project_id),
			 errhint("Call session_group.login() in this transaction, with a key for the"
					 " project; session_group.current_identity() shows who you are.")));
}

/*
 * Tell whether an argument was given and is not null. After a new library is
 * installed and before ALTER EXTENSION UPDATE runs, SQL still declares the
 * functions with the arguments of the earlier version.
 */
bool
sg_has_argument(FunctionCallInfo fcinfo, int number)
{
	return number < PG_NARGS() && !PG_ARGISNULL(number);
}

/*
 * Return the first row of the last result as a value of the function's row type.
 * It is copied to "context", which must outlive SPI.
 */
Datum
sg_row_result(FunctionCallInfo fcinfo, MemoryContext context)
{
	TupleDesc	source = SPI_tuptable->tupdesc;
	TupleDesc	tupdesc;
	Datum	   *values = palloc(source->natts * sizeof(Datum));
	bool	   *nulls = palloc(source->natts * sizeof(bool));
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Datum		result;

	if (SPI_processed == 0 ||
		get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE ||
		tupdesc->natts != source->natts)
		elog(ERROR, "unexpected row");
	heap_deform_tuple(SPI_tuptable->vals[0], source, values, nulls);
	result = HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
	MemoryContextSwitchTo(old_context);
	return result;
}
