/*
 * arguments.c
 *		What SQL functions take and give back.
 */
#include "session_group.h"

#include "access/htup_details.h"
#include "funcapi.h"

#include "arguments.h"
#include "statement.h"

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
 * Return the first row of the last result as a value of the function's row
 * type, in memory that outlives SPI.
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
