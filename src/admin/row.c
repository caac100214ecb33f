/*
 * row.c
 *		What the functions of administration share: most of them write one row, by
 *		one statement whose parameters are the function's arguments, and return it.
 *
 * All of them run as the caller; the policies let the administrator's role write.
 * What a constraint of the tables refuses is checked beforehand only where its
 * error could not say what to do. They are in C for their errors: in SQL each would
 * need functions beside it that check and raise, and would be no shorter.
 */
#include "base/session_group.h"

#include "admin/row.h"
#include "base/arguments.h"

/*
 * Raise 22004 or 22023 unless an argument is a text of 1 to max characters.
 */
void
sg_check_text(FunctionCallInfo fcinfo, int number, const char *name, int max)
{
	text	   *value;
	int			length;

	sg_refuse_null(fcinfo, number, name);
	value = PG_GETARG_TEXT_PP(number);
	length = pg_mbstrlen_with_len(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	if (length < 1 || length > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have 1 to %d characters, this one has %d", name, max, length),
				 errhint("Give a shorter or a non-empty one.")));
}

/*
 * Raise P0002 for an unknown id. "function" is the one that lists what exists.
 */
void
sg_raise_unknown(const char *what, int64 id, const char *function)
{
	ereport(ERROR,
			(errcode(ERRCODE_NO_DATA_FOUND),
			 errmsg("no %s has id " INT64_FORMAT, what, id),
			 errhint("See session_group.%s.", function)));
}

/*
 * Run a statement whose parameters are the first arguments of the function.
 * Returns its row as a value of the function's type, or 0 if there is none.
 */
Datum
sg_write_row(FunctionCallInfo fcinfo, SgStatement *statement)
{
	MemoryContext context = CurrentMemoryContext;
	Datum		values[SG_MAX_PARAMS];
	char		nulls[SG_MAX_PARAMS];
	Datum		result = (Datum) 0;

	for (int i = 0; OidIsValid(statement->param_types[i]); i++)
	{
		values[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	sg_spi_connect();
	if (sg_execute(statement, values, nulls, SG_SNAPSHOT_NEW) > 0)
		result = sg_row_result(fcinfo, context);
	sg_spi_finish();
	return result;
}

/*
 * The same for a change of the thing that the first argument names. Raises P0002
 * if it does not exist.
 */
Datum
sg_change_row(FunctionCallInfo fcinfo, SgStatement *statement, const char *what,
			  const char *function)
{
	Datum		row = sg_write_row(fcinfo, statement);

	if (row == (Datum) 0)
		sg_raise_unknown(what, PG_GETARG_INT64(0), function);
	return row;
}
