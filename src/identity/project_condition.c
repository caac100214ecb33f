/*
 * project_condition.c
 *		The functions that policies call for each row, and what the planner is told
 *		of them.
 *
 * may_read(), may_write() and may_know() look a project up in the identity: they take as long for a
 * user of thousands of projects as for one of a few. An array in the policy would be
 * made anew for each row, and searched from its beginning, or from the index once for
 * each of its projects.
 *
 * An index cannot be searched for what a function says. So the planner is told that it
 * implies "project_id = ANY (session_group.readable_project_ids())", or the same with
 * known_project_ids(): that finds the rows where the statement names no project, and the
 * function still decides on each. Where the statement names one, that is the better way
 * to find them, and the list is left out.
 */
#include "base/session_group.h"

#include "access/stratnum.h"
#include "catalog/namespace.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "identity/identity.h"

PG_FUNCTION_INFO_V1(session_group_may_know);
PG_FUNCTION_INFO_V1(session_group_may_read);
PG_FUNCTION_INFO_V1(session_group_may_write);
PG_FUNCTION_INFO_V1(session_group_project_condition);

/*
 * session_group.may_know(project_id bigint) returns boolean
 */
Datum
session_group_may_know(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(sg_identity_can_know(PG_GETARG_INT64(0)));
}

/*
 * session_group.may_read(project_id bigint) returns boolean
 */
Datum
session_group_may_read(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(sg_identity_can_read(PG_GETARG_INT64(0)));
}

/*
 * session_group.may_write(project_id bigint) returns boolean
 */
Datum
session_group_may_write(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(sg_identity_can_write(PG_GETARG_INT64(0)));
}

/*
 * Tell whether a clause is "column = value", the value the same for all rows.
 */
static bool
names_value(Node *clause, Node *column)
{
	OpExpr	   *comparison = (OpExpr *) clause;
	Node	   *left;
	Node	   *right;

	if (!IsA(clause, OpExpr) ||
		get_op_opfamily_strategy(comparison->opno, INTEGER_BTREE_FAM_OID) != BTEqualStrategyNumber)
		return false;
	left = linitial(comparison->args);
	right = lsecond(comparison->args);
	return (equal(left, column) && is_pseudo_constant_clause(right)) ||
		(equal(right, column) && is_pseudo_constant_clause(left));
}

/*
 * Tell whether the statement names the one project whose rows it reads from a table.
 */
static bool
is_named(RelOptInfo *rel, Node *column)
{
	ListCell   *cell;

	foreach(cell, rel->baserestrictinfo)
	{
		if (names_value((Node *) lfirst_node(RestrictInfo, cell)->clause, column))
			return true;
	}
	return false;
}

/*
 * Return the function that lists the projects for which one of ours is true.
 */
static Oid
list_function(Oid function)
{
	bool		known = strcmp(get_func_name(function), "may_know") == 0;
	List	   *name = list_make2(makeString(SG_SCHEMA),
								  makeString(known ? "known_project_ids" : "readable_project_ids"));

	return LookupFuncName(name, 0, NULL, false);
}

/*
 * Return the condition for an index whose first column is the project, or null. Behind
 * another column a list would break the order of the index, of which the planner does
 * not know.
 */
static List *
index_condition(SupportRequestIndexCondition *request)
{
	FuncExpr   *call = (FuncExpr *) request->node;
	Node	   *column;
	ScalarArrayOpExpr *any;

	if (!IsA(call, FuncExpr) || request->indexcol != 0 || !request->index->amsearcharray ||
		request->opfamily != INTEGER_BTREE_FAM_OID)
		return NIL;
	column = linitial(call->args);
	if (is_named(request->index->rel, column))
		return NIL;
	any = makeNode(ScalarArrayOpExpr);
	any->opno = get_opfamily_member(request->opfamily, INT8OID, INT8OID, BTEqualStrategyNumber);
	any->opfuncid = get_opcode(any->opno);
	any->useOr = true;
	any->location = -1;
	any->args = list_make2(column,
						   makeFuncExpr(list_function(call->funcid), INT8ARRAYOID, NIL,
										InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL));
	request->lossy = true;
	return list_make1(any);
}

/*
 * Estimate for which share of a table's rows the function is true: of those of one
 * project for all, else for the identity's projects among all.
 */
static double
selectivity(SupportRequestSelectivity *request)
{
	Node	   *column = linitial(request->args);
	VariableStatData variable;
	double		projects;
	bool		is_default;

	examine_variable(request->root, column, request->varRelid, &variable);
	projects = get_variable_numdistinct(&variable, &is_default);
	if (variable.rel != NULL && is_named(variable.rel, column))
		projects = 1;
	else
		projects /= Max(sg_identity()->readable.count, 1);
	ReleaseVariableStats(variable);
	return 1 / Max(projects, 1);
}

/*
 * session_group.project_condition(internal) returns internal
 *
 * What the planner asks about may_read() and may_write().
 */
Datum
session_group_project_condition(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestIndexCondition))
		PG_RETURN_POINTER(index_condition((SupportRequestIndexCondition *) request));
	if (IsA(request, SupportRequestSelectivity) && !((SupportRequestSelectivity *) request)->is_join)
	{
		((SupportRequestSelectivity *) request)->selectivity =
			selectivity((SupportRequestSelectivity *) request);
		PG_RETURN_POINTER(request);
	}
	PG_RETURN_POINTER(NULL);
}
