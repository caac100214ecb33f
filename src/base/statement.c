/*
 * statement.c
 *		SQL statements of constant text. Each is planned once in a backend.
 *
 * Every name and operator in the texts is qualified, so that the caller's
 * search_path cannot change their meaning. Statements that run with the rights
 * of the extension's owner pin the search_path too, while they are planned and
 * while they run: functions that they call might look up names.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "base/statement.h"

void
sg_spi_connect(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

void
sg_spi_finish(void)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
}

static int
parameter_count(const SgStatement *statement)
{
	int			count = 0;

	while (OidIsValid(statement->param_types[count]))
		count++;
	return count;
}

/*
 * Return the statement's plan, made on first use. It is never freed: SPI replans
 * it by itself when a table, the search_path, the role or the policies have
 * changed, and a call further up the stack may be running it. The plan is
 * generic: every statement names its project, user or key, so the same index is
 * right for all values, and planning once is enough.
 */
static SPIPlanPtr
kept_plan(SgStatement *statement)
{
	if (statement->plan == NULL)
	{
		SPIPlanPtr	plan = SPI_prepare_cursor(statement->sql, parameter_count(statement),
											  statement->param_types, CURSOR_OPT_GENERIC_PLAN);

		if (plan == NULL)
			elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "SPI_keepplan failed");
		statement->plan = plan;
	}
	return statement->plan;
}

static void
switch_off(const char *setting)
{
	(void) set_config_option(setting, "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
							 ERROR, false);
}

/*
 * While a list is planned, keep the planner from having it compiled (JIT), which
 * takes longer than to read a page: not knowing the limit, it takes a page for
 * a tenth of all rows. And where rows are looked up by their primary key, keep
 * it from index-only scans: without statistics of the key it takes it for that of
 * half a per cent of all rows, so that another index, which has all columns but is
 * read for the whole project, would look cheaper. Returns what ends that.
 */
static int
begin_list(const SgStatement *statement)
{
	int			nest_level = statement->is_list ? NewGUCNestLevel() : 0;

	if (statement->is_list)
		switch_off("jit");
	if (statement->looks_up)
		switch_off("enable_indexonlyscan");
	return nest_level;
}

/*
 * Run a statement with the caller's rights. Returns the number of rows; the rows
 * are in SPI_tuptable.
 */
uint64
sg_execute(SgStatement *statement, Datum *values, const char *nulls, SgSnapshot snapshot)
{
	int			list_level = begin_list(statement);
	SPIPlanPtr	plan = kept_plan(statement);
	int			result = snapshot == SG_SNAPSHOT_LATEST ?
		SPI_execute_snapshot(plan, values, nulls, GetLatestSnapshot(), InvalidSnapshot, false,
							 true, 0) :
		SPI_execute_plan(plan, values, nulls, snapshot == SG_SNAPSHOT_OF_CALLER, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(result));
	if (list_level > 0)
		AtEOXact_GUC(true, list_level);
	return SPI_processed;
}

/*
 * Return the role that owns the extension's tables.
 */
static Oid
owner(void)
{
	Oid			relid = get_relname_relid("summaries", get_namespace_oid(SG_SCHEMA, false));
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation \"%s.summaries\"", SG_SCHEMA);
	result = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return result;
}

/*
 * Run a statement with the rights of the extension's owner, whom the policies do
 * not bind. Each caller checks first what it may ask for, and says so in its
 * comment; the text of the statement names the one key, user or project that it
 * reads.
 *
 * An error needs no clean-up here: the abort of the (sub)transaction restores
 * the user and the settings.
 */
uint64
sg_execute_as_owner(SgStatement *statement, Datum *values, const char *nulls, SgSnapshot snapshot)
{
	Oid			saved_user;
	int			saved_context;
	int			nest_level = NewGUCNestLevel();
	uint64		rows;

	GetUserIdAndSecContext(&saved_user, &saved_context);
	SetUserIdAndSecContext(owner(), saved_context | SECURITY_LOCAL_USERID_CHANGE);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, ERROR, false);
	rows = sg_execute(statement, values, nulls, snapshot);
	AtEOXact_GUC(true, nest_level);
	SetUserIdAndSecContext(saved_user, saved_context);
	return rows;
}

/*
 * Return a value of the last result. Rows count from 0, columns from 1.
 */
Datum
sg_result(uint64 row, int column, bool *isnull)
{
	return sg_value(SPI_tuptable, row, column, isnull);
}

/*
 * The same for an earlier result that the caller has kept.
 */
Datum
sg_value(SPITupleTable *rows, uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(rows->vals[row], rows->tupdesc, column, isnull);
}

/*
 * Return a value of the last statement's result that is never null: that of a
 * NOT NULL column, a count.
 */
Datum
sg_required(uint64 row, int column)
{
	return sg_required_value(SPI_tuptable, row, column);
}

/*
 * The same of an earlier result that is still held.
 */
Datum
sg_required_value(SPITupleTable *rows, uint64 row, int column)
{
	bool		isnull;
	Datum		value = sg_value(rows, row, column, &isnull);

	if (isnull)
		elog(ERROR, "unexpected null in column %d of a result", column);
	return value;
}
