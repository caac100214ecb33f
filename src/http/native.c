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
 * a replica raises, PostgREST repeats by itself.
 */
#include "base/session_group.h"

#include "commands/explain.h"
#include "executor/executor.h"
#include "rewrite/rewriteHandler.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/catch.h"
#include "base/fault.h"
#include "http/native.h"

static ProcessUtility_hook_type next_utility;
static ExecutorRun_hook_type next_run;

/* How many runs of the executor are inside of each other. */
static int	run_depth;

/*
 * Tell whether PostgREST's request is what this transaction is for. Only the
 * caller could have set it otherwise, and gains nothing.
 */
static bool
in_request(void)
{
	const char *method = GetConfigOption("request.method", true, false);

	return method != NULL && method[0] != '\0';
}

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

static void
run_utility(PlannedStmt *statement, const char *text, bool read_only_tree,
			ProcessUtilityContext context, ParamListInfo params,
			QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	if (IsA(statement->utilityStmt, ExplainStmt) && in_request())
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

static void
run_for_postgrest(SG_EXECUTOR_RUN_PARAMETERS)
{
	MemoryContext context = CurrentMemoryContext;

	run_depth++;
	PG_TRY();
	{
		(next_run ? next_run : standard_ExecutorRun) (SG_EXECUTOR_RUN_ARGUMENTS);
	}
	PG_CATCH();
	{
		run_depth--;
		if (run_depth == 0 && in_request())
			answer_for_postgrest(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	run_depth--;
}

void
sg_native_init(void)
{
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = run_utility;
	next_run = ExecutorRun_hook;
	ExecutorRun_hook = run_for_postgrest;
}
