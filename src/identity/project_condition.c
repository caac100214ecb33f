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
 *
 * On one of several nodes, a statement that names a project of another is not to find
 * nothing: it is given refuse_elsewhere() of what it names as a further condition, which is
 * asked once, before any row is looked for. On one machine plans have nothing of it.
 */
#include "base/session_group.h"

#include "access/stratnum.h"
#include "catalog/namespace.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_func.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "fleet/node.h"
#include "fleet/placement.h"
#include "identity/identity.h"

PG_FUNCTION_INFO_V1(session_group_may_know);
PG_FUNCTION_INFO_V1(session_group_may_read);
PG_FUNCTION_INFO_V1(session_group_may_write);
PG_FUNCTION_INFO_V1(session_group_refuse_elsewhere);
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
 * session_group.refuse_elsewhere(project_ids bigint[]) returns boolean
 */
Datum
session_group_refuse_elsewhere(PG_FUNCTION_ARGS)
{
	Datum	   *ids;
	bool	   *nulls;
	int			count;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &ids, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i] && sg_identity_can_know(DatumGetInt64(ids[i])) &&
			!sg_identity_can_read(DatumGetInt64(ids[i])))
			sg_raise_misdirected(DatumGetInt64(ids[i]));
	}
	PG_RETURN_BOOL(true);
}

static bool
is_equality(Oid operator)
{
	return get_op_opfamily_strategy(operator, INTEGER_BTREE_FAM_OID) == BTEqualStrategyNumber;
}

/*
 * Return what a clause says that a column equals; else null.
 */
static Node *
equal_to(Node *clause, Node *column)
{
	OpExpr	   *comparison = (OpExpr *) clause;

	if (!IsA(clause, OpExpr) || !is_equality(comparison->opno))
		return NULL;
	if (equal(linitial(comparison->args), column))
		return lsecond(comparison->args);
	return equal(lsecond(comparison->args), column) ? linitial(comparison->args) : NULL;
}

/*
 * Return the value of a clause "column = value", the same for all rows; else null.
 */
static Node *
named_value(Node *clause, Node *column)
{
	Node	   *value = equal_to(clause, column);

	return value != NULL && is_pseudo_constant_clause(value) ? value : NULL;
}

/*
 * Return the array of a clause "column = ANY (array)", the same for all rows; else null.
 */
static Node *
named_array(Node *clause, Node *column)
{
	ScalarArrayOpExpr *any = (ScalarArrayOpExpr *) clause;

	if (!IsA(clause, ScalarArrayOpExpr) || !any->useOr || !is_equality(any->opno) ||
		!equal(linitial(any->args), column) || !is_pseudo_constant_clause(lsecond(any->args)))
		return NULL;
	return lsecond(any->args);
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
		if (named_value((Node *) lfirst_node(RestrictInfo, cell)->clause, column) != NULL)
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
 * Return the projects that a clause names, as an array; null if it names none.
 */
static Node *
named_projects(Node *clause, Node *column)
{
	Node	   *value = named_value(clause, column);
	Node	   *array = named_array(clause, column);

	if (value != NULL)
	{
		ArrayExpr  *one = makeNode(ArrayExpr);

		one->array_typeid = get_array_type(exprType(value));
		one->element_typeid = exprType(value);
		one->elements = list_make1(copyObject(value));
		one->location = -1;
		array = (Node *) one;
	}
	return array == NULL ? NULL :
		coerce_to_target_type(NULL, copyObject(array), exprType(array), INT8ARRAYOID, -1,
							  COERCION_EXPLICIT, COERCE_EXPLICIT_CALL, -1);
}

/*
 * Return conditions that are joined by AND; none while they have not been made ready.
 */
static List *
ready(Node *quals)
{
	return quals != NULL && IsA(quals, List) ? (List *) quals : NIL;
}

/*
 * Return all conditions of a statement that are joined by AND, those of its joins too.
 */
static List *
conditions(Node *from)
{
	FromExpr   *list = (FromExpr *) from;
	JoinExpr   *join = (JoinExpr *) from;
	List	   *found = NIL;
	ListCell   *cell;

	if (IsA(from, FromExpr))
	{
		foreach(cell, list->fromlist)
			found = list_concat(found, conditions(lfirst(cell)));
		return list_concat(found, ready(list->quals));
	}
	if (!IsA(from, JoinExpr))
		return NIL;
	found = list_concat(conditions(join->larg), conditions(join->rarg));
	return list_concat(found, ready(join->quals));
}

/*
 * Return a column and all that conditions say are equal to it.
 */
static List *
equal_columns(List *clauses, Node *column)
{
	List	   *columns = list_make1(column);
	ListCell   *each;
	ListCell   *cell;

	foreach(each, columns)
	{
		foreach(cell, clauses)
		{
			Node	   *other = equal_to(lfirst(cell), lfirst(each));

			if (other != NULL && IsA(other, Var))
				columns = list_append_unique(columns, other);
		}
	}
	return columns;
}

/*
 * Have a statement that reads a project's rows by may_read() refuse the projects that it
 * names, where they are on another node. This is asked when its conditions have been made
 * ready, and before they are spread over its tables. One without a column is evaluated once,
 * before anything else; what may_read() itself were replaced by, for each row that is found.
 */
static void
add_refusals(PlannerInfo *root, Node *column)
{
	FromExpr   *from = root->parse->jointree;
	List	   *name = list_make2(makeString(SG_SCHEMA), makeString("refuse_elsewhere"));
	const Oid	types[] = {INT8ARRAYOID};
	Oid			function = LookupFuncName(name, 1, types, false);
	List	   *clauses = conditions((Node *) from);
	ListCell   *each;
	ListCell   *cell;

	foreach(each, equal_columns(clauses, column))
	{
		foreach(cell, clauses)
		{
			Node	   *projects = named_projects(lfirst(cell), lfirst(each));
			FuncExpr   *call = projects == NULL ? NULL :
				makeFuncExpr(function, BOOLOID, list_make1(projects), InvalidOid, InvalidOid,
							 COERCE_EXPLICIT_CALL);

			if (call != NULL)
				from->quals = (Node *) list_append_unique((List *) from->quals, call);
		}
	}
}

static void
simplify(SupportRequestSimplify *request)
{
	FromExpr   *from = request->root != NULL ? request->root->parse->jointree : NULL;

	if (sg_node() != NULL && from != NULL && (from->quals == NULL || IsA(from->quals, List)) &&
		strcmp(get_func_name(request->fcall->funcid), "may_read") == 0)
		add_refusals(request->root, linitial(request->fcall->args));
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

	if (IsA(request, SupportRequestSimplify))
		simplify((SupportRequestSimplify *) request);
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
