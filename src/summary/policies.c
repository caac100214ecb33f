/*
 * policies.c
 *		Whether the extension's own policies alone choose the rows.
 *
 * Then whoever may read a project may read all of its summaries, so that they can
 * be searched as the owner, and a number that was kept is theirs. An administrator
 * may add a policy that hides some of them: then everything is read as the caller.
 */
#include "base/session_group.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "nodes/primnodes.h"
#include "rewrite/rowsecurity.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "summary/policies.h"

/*
 * Tell whether a condition is that function of session_group, of the table's first column.
 */
static bool
is_our_condition(Expr *condition, const char *function)
{
	FuncExpr   *call = (FuncExpr *) condition;
	Node	   *column;

	if (condition == NULL || !IsA(condition, FuncExpr) || list_length(call->args) != 1)
		return false;
	column = linitial(call->args);
	return IsA(column, Var) && ((Var *) column)->varattno == 1 &&
		strcmp(get_func_name(call->funcid), function) == 0 &&
		get_func_namespace(call->funcid) == get_namespace_oid(SG_SCHEMA, false);
}

/*
 * Tell whether a policy hides rows from who reads. One that lets in more than ours
 * does no harm here: the project is asked for.
 */
static bool
hides_rows(const RowSecurityPolicy *policy)
{
	return !policy->permissive && (policy->polcmd == ACL_SELECT_CHR || policy->polcmd == '*');
}

/*
 * Tell whether no policy hides rows of a table. "ours" becomes true if the one is
 * there that lets the API's role read what the function allows.
 */
static bool
shows_all(const char *table, const char *function, bool *ours)
{
	Oid			relid = get_relname_relid(table, get_namespace_oid(SG_SCHEMA, false));
	Relation	relation = table_open(relid, AccessShareLock);
	bool		shows = relation->rd_rsdesc != NULL;
	ListCell   *cell;

	foreach(cell, shows ? relation->rd_rsdesc->policies : NIL)
	{
		RowSecurityPolicy *policy = lfirst(cell);

		if (hides_rows(policy))
			shows = false;
		if (policy->permissive && policy->polcmd == ACL_SELECT_CHR && is_our_condition(policy->qual, function))
			*ours = true;
	}
	table_close(relation, AccessShareLock);
	return shows;
}

/*
 * Tell whether a reader of a project may read all of its summaries and people.
 */
bool
sg_policies_are_ours(void)
{
	bool		ours = false;
	bool		any;

	return shows_all("summaries", "may_read", &ours) && ours && shows_all("users", "may_see", &any);
}

/*
 * Tell whether a reader of a project may see it.
 */
bool
sg_policies_show_projects(void)
{
	bool		ours = false;

	return shows_all("projects", "may_know", &ours) && ours;
}

/*
 * Tell whether a reader of a project may read all of its activity records.
 */
bool
sg_policies_show_records(void)
{
	bool		ours = false;

	return shows_all("activity", "may_read", &ours) && ours;
}

/*
 * Tell whether a reader of a project may see all people who are members of it, or were.
 */
bool
sg_policies_show_people(void)
{
	bool		users = false;
	bool		members = false;

	return shows_all("users", "may_see", &users) && users &&
		shows_all("members", "may_know", &members) && members;
}
