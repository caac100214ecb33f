/*
 * policies.c
 *		Whether the extension's own policies alone choose the rows, and the caller's
 *		rights reach all of what is read.
 *
 * Then whoever may read a project may read all of its summaries, so that they can
 * be searched as the owner, and a number that was kept is theirs. An administrator
 * may add a policy that hides some of them, give a policy to another role, or take
 * rights away: then everything is read as the caller.
 *
 * The answer for a table and a role is kept until the rights, the policies or the
 * columns of the table change, or the memberships of roles.
 */
#include "base/session_group.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "nodes/primnodes.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/watch.h"
#include "summary/fields.h"
#include "summary/policies.h"

/* What lets a reader of a project read the rows of a table, and the answer that was found last. */
typedef struct Policy
{
	const char *function;		/* the condition of our policy */
	const char *const *columns; /* which are read in the caller's place */
	Oid			reader;
	uint64		began;
	bool		shows_all;
} Policy;

#define NAME(symbol, name) #name,
static const char *const summary_columns[] = {SG_COLUMNS(NAME, NAME) NULL};
#undef NAME
static const char *const project_columns[] = {"id", NULL};
static const char *const activity_columns[] = {"project_id", NULL};
static const char *const user_columns[] = {"id", "uuid", NULL};
static const char *const member_columns[] = {"project_id", "user_id", NULL};

enum
{
	SUMMARIES,
	PROJECTS,
	ACTIVITY,
	USERS,
	MEMBERS
};

/* Both in the order of the names above. */
static SgWatch watch = {{"summaries", "projects", "activity", "users", "members"}};
static Policy tables[] = {
	{"may_read", summary_columns},
	{"may_know", project_columns},
	{"may_read", activity_columns},
	{"may_see", user_columns},
	{"may_know", member_columns}
};

static void
roles_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	sg_watch_forget(&watch);
}

void
sg_policies_init(void)
{
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, roles_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, roles_changed, (Datum) 0);
}

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
 * Tell whether a policy is for a role.
 */
static bool
is_for(const RowSecurityPolicy *policy, Oid reader)
{
	const Oid  *roles = (const Oid *) ARR_DATA_PTR(policy->roles);

	for (int i = 0; i < ARR_DIMS(policy->roles)[0]; i++)
	{
		if (roles[i] == ACL_ID_PUBLIC || has_privs_of_role(reader, roles[i]))
			return true;
	}
	return false;
}

/*
 * Tell whether a role has the right to read what is read in its place.
 */
static bool
may_select(int number, Oid reader)
{
	Oid			relid = watch.relids[number];

	if (pg_class_aclcheck(relid, reader, ACL_SELECT) == ACLCHECK_OK)
		return true;
	for (const char *const *name = tables[number].columns; *name != NULL; name++)
	{
		AttrNumber	column = get_attnum(relid, *name);

		if (column == InvalidAttrNumber ||
			pg_attribute_aclcheck(relid, column, reader, ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

/*
 * Tell whether the policy is there that lets a role read what the function allows,
 * and none hides rows of it.
 */
static bool
policies_show_all(int number, Oid reader)
{
	Relation	relation = table_open(watch.relids[number], AccessShareLock);
	bool		shows = relation->rd_rsdesc != NULL;
	bool		ours = false;
	ListCell   *cell;

	foreach(cell, shows ? relation->rd_rsdesc->policies : NIL)
	{
		RowSecurityPolicy *policy = lfirst(cell);

		if (hides_rows(policy))
			shows = false;
		if (policy->permissive && policy->polcmd == ACL_SELECT_CHR && is_for(policy, reader) &&
			is_our_condition(policy->qual, tables[number].function))
			ours = true;
	}
	table_close(relation, AccessShareLock);
	return shows && ours;
}

/*
 * Tell whether the caller, as a reader of a project, may read all of its rows in a table.
 */
static bool
shows_all(int number)
{
	Policy	   *table = &tables[number];
	Oid			reader = GetUserId();
	uint64		began;

	if (table->reader == reader && sg_watch_holds(&watch, table->began))
		return table->shows_all;
	began = sg_watch_begin(&watch);
	table->began = 0;
	table->reader = reader;
	table->shows_all = may_select(number, reader) && policies_show_all(number, reader);
	table->began = began;
	return table->shows_all;
}

/*
 * Tell whether a reader of a project may read all of its summaries and people.
 */
bool
sg_policies_are_ours(void)
{
	return shows_all(SUMMARIES) && shows_all(USERS);
}

/*
 * Tell whether a reader of a project may see it.
 */
bool
sg_policies_show_projects(void)
{
	return shows_all(PROJECTS);
}

/*
 * Tell whether a reader of a project may read all of its activity records.
 */
bool
sg_policies_show_records(void)
{
	return shows_all(ACTIVITY);
}

/*
 * Tell whether a reader of a project may see all people who are members of it, or were.
 */
bool
sg_policies_show_people(void)
{
	return shows_all(USERS) && shows_all(MEMBERS);
}
