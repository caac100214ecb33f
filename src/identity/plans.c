/*
 * plans.c
 *		What plans tell is not for those whom the policies bind.
 *
 * A plan shows sizes and estimates of whole tables, and, once it has run, how
 * many rows the policies passed over: all of that is of all projects. Roles of
 * requests may not EXPLAIN, and are sent no message of the server's log, which
 * is how debug_print_plan, that anybody may switch on, and auto_explain would
 * hand plans to them. Nor may they LOCK a table, in which every project has
 * its rows.
 *
 * This holds once the library is loaded: before a session's first call of the
 * extension, only where shared_preload_libraries names it.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "identity/plans.h"

static ProcessUtility_hook_type next_utility = NULL;
static emit_log_hook_type next_log = NULL;

static bool
is_member(Oid user, const char *role)
{
	Oid			oid = get_role_oid(role, true);

	return OidIsValid(oid) && is_member_of_role_nosuper(user, oid);
}

/*
 * Tell whether the policies bind a role: it is a member of the API's or the
 * anonymous role (as the gateway's are), and neither administers nor bypasses them.
 */
static bool
role_is_bound(Oid user)
{
	return !has_bypassrls_privilege(user) && !is_member(user, SG_ROLE_ADMIN) &&
		(is_member(user, SG_ROLE_API) || is_member(user, SG_ROLE_ANON));
}

/*
 * Tell whether the policies bind the caller. The login role counts, whatever SET
 * ROLE has made of it.
 */
static bool
caller_is_bound(void)
{
	return role_is_bound(GetUserId()) || role_is_bound(GetSessionUserId());
}

static bool
is_ours(Oid relid)
{
	return OidIsValid(relid) && get_rel_namespace(relid) == get_namespace_oid(SG_SCHEMA, true);
}

/*
 * Tell whether a table to be locked is an ordinary one outside of the
 * extension. A view could lock ours below it.
 */
static bool
is_foreign_table(const RangeVar *name)
{
	Oid			relid = RangeVarGetRelid(name, NoLock, true);
	char		kind = OidIsValid(relid) ? get_rel_relkind(relid) : RELKIND_RELATION;

	return kind == RELKIND_RELATION && !is_ours(relid);
}

static void
refuse_lock(const LockStmt *lock)
{
	ListCell   *cell;

	foreach(cell, lock->relations)
	{
		if (!is_foreign_table(lfirst_node(RangeVar, cell)) && caller_is_bound())
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("LOCK TABLE is not for roles of requests"),
					 errhint("SELECT ... FOR UPDATE locks rows of the projects that are yours.")));
	}
}

/*
 * Refuse what would be attached to a table of ours, which PostgreSQL locks against
 * all writers or readers before it asks for the right to do so. "name" may be null.
 */
static void
refuse_attachment(const RangeVar *name)
{
	if (name != NULL && is_ours(RangeVarGetRelid(name, NoLock, true)) && caller_is_bound())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("tables of session_group take no rules, triggers or references from roles of requests"),
				 errhint("Ask an administrator.")));
}

/*
 * Refuse references to our tables in columns and constraints of another table.
 */
static void
refuse_references(const List *elements)
{
	ListCell   *cell;

	foreach(cell, elements)
	{
		const Node *element = lfirst(cell);

		if (IsA(element, Constraint))
			refuse_attachment(((const Constraint *) element)->pktable);
		else if (IsA(element, ColumnDef))
			refuse_references(((const ColumnDef *) element)->constraints);
		else if (IsA(element, AlterTableCmd) && ((const AlterTableCmd *) element)->def != NULL)
			refuse_references(list_make1(((const AlterTableCmd *) element)->def));
	}
}

static void
refuse_attachments(const Node *statement)
{
	if (IsA(statement, RuleStmt))
		refuse_attachment(((const RuleStmt *) statement)->relation);
	else if (IsA(statement, CreateTrigStmt))
	{
		refuse_attachment(((const CreateTrigStmt *) statement)->relation);
		refuse_attachment(((const CreateTrigStmt *) statement)->constrrel);
	}
	else if (IsA(statement, CreateStmt))
		refuse_references(((const CreateStmt *) statement)->tableElts);
	else if (IsA(statement, AlterTableStmt))
		refuse_references(((const AlterTableStmt *) statement)->cmds);
}

static void
refuse_explain(void)
{
	if (caller_is_bound())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("EXPLAIN is not for roles of requests"),
				 errdetail("Plans tell of the rows of all projects."),
				 errhint("Ask an administrator to explain the statement.")));
}

static void
run_utility(PlannedStmt *statement, const char *text, bool read_only_tree,
		ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
		DestReceiver *destination, QueryCompletion *completion)
{
	if (IsA(statement->utilityStmt, ExplainStmt))
		refuse_explain();
	else if (IsA(statement->utilityStmt, LockStmt))
		refuse_lock((LockStmt *) statement->utilityStmt);
	else
		refuse_attachments(statement->utilityStmt);
	(next_utility != NULL ? next_utility : standard_ProcessUtility)
		(statement, text, read_only_tree, context, params, environment, destination, completion);
}

/*
 * Tell whether roles can be looked up: the catalogue cannot be read outside of a
 * transaction or while a lock on shared memory is held.
 */
static bool
can_look_up_roles(void)
{
	return IsTransactionState() && InterruptHoldoffCount == 0 && CritSectionCount == 0;
}

/*
 * Keep the server's log from clients. Where roles cannot be looked up, no plan is
 * made, so that there is none to keep.
 */
static void
keep_log(ErrorData *message)
{
	static bool asking = false;

	if (message->output_to_client && message->elevel <= LOG && !asking && can_look_up_roles())
	{
		asking = true;
		PG_TRY();
		{
			if (caller_is_bound())
				message->output_to_client = false;
		}
		PG_FINALLY();
		{
			asking = false;
		}
		PG_END_TRY();
	}
	if (next_log != NULL)
		next_log(message);
}

/*
 * posture() asks whether every session has the library from its beginning:
 * shared_preload_libraries is not shown to administrators who are no superusers.
 */
static bool preloaded = false;

void
sg_plans_init(void)
{
	preloaded = process_shared_preload_libraries_in_progress;
	DefineCustomBoolVariable("session_group.preloaded",
							 "Whether shared_preload_libraries has session_group.",
							 NULL, &preloaded, preloaded, PGC_INTERNAL, GUC_NOT_IN_SAMPLE,
							 NULL, NULL, NULL);
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = run_utility;
	next_log = emit_log_hook;
	emit_log_hook = keep_log;
}
