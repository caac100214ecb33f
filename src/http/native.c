/*
 * native.c
 *		What the native door needs of the server: PostgREST runs statements of its
 *		own there, and no function of ours stands between them and the client.
 *
 * A count that may be an estimate ("Prefer: count=planned") it takes from
 * EXPLAIN. That is made of statistics of the whole table, in which a caller
 * could look for other projects' values: in a request, EXPLAIN counts the rows.
 *
 * A statement that ran out of time, or that lost a deadlock, is answered as the
 * gateway's are: PostgREST would call it an error of its own. 40001, which only
 * a replica raises, PostgREST repeats by itself. Planning and execution have
 * hooks; before them, in the parser, a statement waits for locks on its tables.
 * So authenticate() takes these first, where its errors are answered.
 *
 * What a statement gives passes by a guard of its size (answer_size.c), and so does
 * what the gateway's own statements give.
 *
 * At a standby, BEGIN ... READ WRITE fails, with which PostgREST begins every
 * request that may write. Here that is an answer, too (where the library is
 * preloaded: nothing else of ours has been called by then).
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/planner.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/catch.h"
#include "base/fault.h"
#include "base/relation.h"
#include "http/answer_size.h"
#include "http/native.h"
#include "identity/login.h"

static ProcessUtility_hook_type next_utility;
static planner_hook_type next_planner;
static ExecutorRun_hook_type next_run;
static ExecutorFinish_hook_type next_finish;

/* How many of the hooks for planning and execution are inside of each other. */
static int	depth;

/*
 * Count the rows of a query, as far as the caller may see them.
 */
static uint64
count_rows(Query *query, const char *text, ParamListInfo params, QueryEnvironment *environment)
{
	Query	   *rewritten = linitial_node(Query, QueryRewrite(copyObject(query)));
	PlannedStmt *plan = pg_plan_query(rewritten, text, CURSOR_OPT_PARALLEL_OK, params);
	QueryDesc  *run = CreateQueryDesc(plan, text, GetActiveSnapshot(), InvalidSnapshot,
									  None_Receiver, params, environment, 0);
	uint64		count;

	ExecutorStart(run, 0);
	sg_executor_run_all(run);
	count = run->estate->es_processed;
	ExecutorFinish(run);
	ExecutorEnd(run);
	FreeQueryDesc(run);
	return count;
}

/*
 * Tell whether EXPLAIN is PostgREST's question for a count. Anybody can say to be
 * in a request; and what EXPLAIN takes, such as EXECUTE, need not be a query.
 */
static bool
asks_for_a_count(const ExplainStmt *statement)
{
	Query	   *query = castNode(Query, statement->query);

	return sg_in_request() && sg_session_is_gateway() && query->commandType == CMD_SELECT &&
		!query->hasModifyingCTE;
}

/*
 * Answer EXPLAIN (FORMAT JSON) with what PostgREST reads of it.
 */
static void
explain_by_counting(ExplainStmt *statement, const char *text, ParamListInfo params,
					QueryEnvironment *environment, DestReceiver *dest)
{
	uint64		count = count_rows(castNode(Query, statement->query), text, params, environment);
	TupOutputState *output = begin_tup_output_tupdesc(dest, ExplainResultDesc(statement),
													  &TTSOpsVirtual);

	do_text_output_oneline(output, psprintf("[{\"Plan\":{\"Plan Rows\":" UINT64_FORMAT "}}]", count));
	end_tup_output(output);
}

static bool
begins_to_write(const TransactionStmt *statement)
{
	ListCell   *cell;

	foreach(cell, statement->options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "transaction_read_only") == 0)
			return intVal(&castNode(A_Const, option->arg)->val) == 0;
	}
	return false;
}

/*
 * Answer a request that may write at a standby.
 */
static void
refuse_at_standby(const TransactionStmt *statement)
{
	SgFault		fault;

	if (!RecoveryInProgress() || !begins_to_write(statement) || superuser() ||
		!sg_session_is_gateway())
		return;
	sg_fault_of_error(&fault, ERRCODE_READ_ONLY_SQL_TRANSACTION);
	sg_fault_raise_for_postgrest(&fault);
}

static void
run_utility(PlannedStmt *statement, const char *text, bool read_only_tree,
			ProcessUtilityContext context, ParamListInfo params,
			QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	if (IsA(statement->utilityStmt, TransactionStmt))
		refuse_at_standby((TransactionStmt *) statement->utilityStmt);
	if (IsA(statement->utilityStmt, ExplainStmt) &&
		asks_for_a_count((ExplainStmt *) statement->utilityStmt))
		explain_by_counting((ExplainStmt *) statement->utilityStmt, text, params, environment, dest);
	else
		(next_utility ? next_utility : standard_ProcessUtility)
			(statement, text, read_only_tree, context, params, environment, dest, completion);
}

/*
 * Raise an error that asking again may help against in PostgREST's own way;
 * return for any other.
 */
static void
answer_for_postgrest(MemoryContext context)
{
	SgFault		fault;

	MemoryContextSwitchTo(context);
	sg_fault_of_error(&fault, geterrcode());
	if (fault.kind != SG_FAULT_SERVER_ERROR && geterrcode() != ERRCODE_T_R_SERIALIZATION_FAILURE)
	{
		ErrorData  *error = CopyErrorData();

		FlushErrorState();
		sg_raise_for_postgrest(error);
	}
}

/*
 * Leave a hook by an error: answer that of a request's own statement, not that of
 * one inside of it, which the outer one may yet catch.
 */
static void
leave_by_error(MemoryContext context)
{
	depth--;
	if (depth != 0 || !sg_in_request())
		return;
	/* A page that PostgreSQL could not even put together. */
	if (XactReadOnly && geterrcode() == ERRCODE_PROGRAM_LIMIT_EXCEEDED)
	{
		MemoryContextSwitchTo(context);
		FlushErrorState();
		sg_raise_answer_too_large(false);
	}
	answer_for_postgrest(context);
}

static PlannedStmt *
plan_for_postgrest(Query *query, const char *text, int options, ParamListInfo params)
{
	MemoryContext context = CurrentMemoryContext;
	PlannedStmt *result;

	depth++;
	PG_TRY();
	{
		result = (next_planner ? next_planner : standard_planner) (query, text, options, params);
	}
	PG_CATCH();
	{
		leave_by_error(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	depth--;
	return result;
}

static void
run_for_postgrest(SG_EXECUTOR_RUN_PARAMETERS)
{
	MemoryContext context = CurrentMemoryContext;
	DestReceiver *given = query->dest;
	SgAnswerGuard guard;

	if (given->mydest != DestNone && sg_in_request())
		query->dest = sg_answer_guard(&guard, given, depth > 0);
	depth++;
	PG_TRY();
	{
		(next_run ? next_run : standard_ExecutorRun) (SG_EXECUTOR_RUN_ARGUMENTS);
	}
	PG_CATCH();
	{
		query->dest = given;
		leave_by_error(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	query->dest = given;
	depth--;
}

/*
 * Triggers that fire after a statement fire here.
 */
static void
finish_for_postgrest(QueryDesc *query)
{
	MemoryContext context = CurrentMemoryContext;

	depth++;
	PG_TRY();
	{
		(next_finish ? next_finish : standard_ExecutorFinish) (query);
	}
	PG_CATCH();
	{
		leave_by_error(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	depth--;
}

static void
lock_relation(Oid relation, LOCKMODE mode)
{
	if (OidIsValid(relation))
		LockRelationOid(relation, mode);
}

/*
 * Lock what statements of the native door may read and write: its views, and what is
 * below them (test_native_headers.py compares the list with the views).
 */
void
sg_native_lock(void)
{
	static const char *const views[] = {
		"session_group_summaries", "project_users", "session_group_patterns"
	};
	static const char *const tables[] = {
		"summaries", "users", "members", "patterns", "pattern_rows", "pending_rows"
	};
	Oid			schema = get_namespace_oid(SG_SCHEMA_API, false);

	for (size_t i = 0; i < lengthof(views); i++)
		lock_relation(get_relname_relid(views[i], schema), AccessShareLock);
	for (size_t i = 0; i < lengthof(tables); i++)
		lock_relation(sg_relation_id(tables[i], true), AccessShareLock);
	if (!XactReadOnly)
		lock_relation(sg_relation_id("summaries", true), RowExclusiveLock);
}

void
sg_native_init(void)
{
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = run_utility;
	next_planner = planner_hook;
	planner_hook = plan_for_postgrest;
	next_run = ExecutorRun_hook;
	ExecutorRun_hook = run_for_postgrest;
	next_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish_for_postgrest;
}
