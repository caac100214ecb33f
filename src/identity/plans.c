/*
 * plans.c
 *		What plans tell is not for those whom the policies bind.
 *
 * A plan shows sizes and estimates of whole tables, and, once it has run, how
 * many rows the policies passed over: all of that is of all projects. Roles of
 * requests may not EXPLAIN, and are sent no message of the server's log, which
 * is how debug_print_plan, that anybody may switch on, and auto_explain would
 * hand plans to them. Nor may they LOCK a table, in which every project has
 * its rows, or name a relation of others in a statement that locks it first and
 * asks for the right to it later.
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

/*
 * Tell whether a role is one of the monitor's. It sees figures of all
 * projects, but has no more business with locks than those whom the policies bind.
 */
static bool
role_monitors(Oid user)
{
	return !has_bypassrls_privilege(user) && !is_member(user, SG_ROLE_ADMIN) && is_member(user, SG_ROLE_MONITOR);
}

static bool
caller_may_not_lock(void)
{
	return caller_is_bound() || role_monitors(GetUserId()) || role_monitors(GetSessionUserId());
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
		if (!is_foreign_table(lfirst_node(RangeVar, cell)) && caller_may_not_lock())
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("LOCK TABLE is not for roles of requests"),
					 errhint("SELECT ... FOR UPDATE locks rows of the projects that are yours.")));
	}
}

/*
 * Tell whether the caller may do what a statement asks of a relation: as its owner
 * or, where that is enough, by the right to it or to some of its columns.
 */
static bool
has_right(Oid relid, AclMode right)
{
	Oid			user = GetUserId();

	return object_ownercheck(RelationRelationId, relid, user) ||
		(right != ACL_NO_RIGHTS &&
		 (pg_class_aclcheck(relid, user, right) == ACLCHECK_OK ||
		  pg_attribute_aclcheck_all(relid, user, right, ACLMASK_ANY) == ACLCHECK_OK));
}

/*
 * Refuse a lock on a relation that PostgreSQL would take, or wait for with everybody
 * behind, before it asks for the right to the statement. "name" may be null.
 */
static void
refuse_early_lock(const RangeVar *name, AclMode right)
{
	Oid			relid = name == NULL ? InvalidOid : RangeVarGetRelid(name, NoLock, true);

	if (OidIsValid(relid) && caller_may_not_lock() && !has_right(relid, right))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("relations of others take no such statement from roles of requests"),
				 errdetail("It would lock \"%s\" before the right to it is asked for.", name->relname),
				 errhint("Ask an administrator.")));
}

/*
 * Refuse parents, relations of statistics and members of publications.
 */
static void
refuse_each(const List *names)
{
	ListCell   *cell;

	foreach(cell, names)
	{
		const Node *name = lfirst(cell);

		if (IsA(name, RangeVar))
			refuse_early_lock((const RangeVar *) name, ACL_NO_RIGHTS);
		else if (IsA(name, PublicationObjSpec) && ((const PublicationObjSpec *) name)->pubtable != NULL)
			refuse_early_lock(((const PublicationObjSpec *) name)->pubtable->relation, ACL_NO_RIGHTS);
	}
}

/*
 * Refuse the names that columns, constraints and subcommands have of other relations.
 */
static void
refuse_references(const List *elements)
{
	ListCell   *cell;

	foreach(cell, elements)
	{
		const Node *element = lfirst(cell);

		if (IsA(element, Constraint))
			refuse_early_lock(((const Constraint *) element)->pktable, ACL_REFERENCES);
		else if (IsA(element, ColumnDef))
			refuse_references(((const ColumnDef *) element)->constraints);
		else if (IsA(element, RangeVar))	/* INHERIT, NO INHERIT */
			refuse_early_lock((const RangeVar *) element, ACL_NO_RIGHTS);
		else if (IsA(element, PartitionCmd))	/* ATTACH and DETACH PARTITION */
			refuse_early_lock(((const PartitionCmd *) element)->name, ACL_NO_RIGHTS);
		else if (IsA(element, AlterTableCmd) && ((const AlterTableCmd *) element)->def != NULL)
			refuse_references(list_make1(((const AlterTableCmd *) element)->def));
	}
}

/*
 * Refuse an object that a statement names by a list: a relation, or a column of one.
 * Objects of other kinds lock no relation against anybody.
 */
static void
refuse_object(ObjectType type, Node *object)
{
	List	   *names;

	switch (type)
	{
		case OBJECT_TABLE:
		case OBJECT_FOREIGN_TABLE:
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
		case OBJECT_INDEX:
		case OBJECT_SEQUENCE:
			names = castNode(List, object);
			break;
		case OBJECT_COLUMN:
			names = castNode(List, object);
			names = list_truncate(list_copy(names), list_length(names) - 1);
			break;
		default:
			return;
	}
	if (names != NIL)
		refuse_early_lock(makeRangeVarFromNameList(names), ACL_NO_RIGHTS);
}

static void
refuse_trigger(const CreateTrigStmt *trigger)
{
	refuse_early_lock(trigger->relation, ACL_TRIGGER);
	refuse_early_lock(trigger->constrrel, ACL_TRIGGER);
}

/* CREATE FOREIGN TABLE begins with the same. */
static void
refuse_create(const CreateStmt *create)
{
	refuse_each(create->inhRelations);
	refuse_references(create->tableElts);
}

/*
 * All statements that lock a relation so that others wait, and ask for the right
 * after that. The others ask while they look the name up.
 */
static void
refuse_early_locks(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_RuleStmt:
			refuse_early_lock(((const RuleStmt *) statement)->relation, ACL_NO_RIGHTS);
			break;
		case T_CreateTrigStmt:
			refuse_trigger((const CreateTrigStmt *) statement);
			break;
		case T_CreateStmt:
		case T_CreateForeignTableStmt:
			refuse_create((const CreateStmt *) statement);
			break;
		case T_AlterTableStmt:
			refuse_references(((const AlterTableStmt *) statement)->cmds);
			break;
		case T_AlterObjectDependsStmt:
			refuse_early_lock(((const AlterObjectDependsStmt *) statement)->relation, ACL_NO_RIGHTS);
			break;
		case T_CreateStatsStmt:
			refuse_each(((const CreateStatsStmt *) statement)->relations);
			break;
		case T_CreatePublicationStmt:
			refuse_each(((const CreatePublicationStmt *) statement)->pubobjects);
			break;
		case T_AlterPublicationStmt:
			refuse_each(((const AlterPublicationStmt *) statement)->pubobjects);
			break;
		case T_CommentStmt:
			refuse_object(((const CommentStmt *) statement)->objtype, ((const CommentStmt *) statement)->object);
			break;
		case T_SecLabelStmt:
			refuse_object(((const SecLabelStmt *) statement)->objtype, ((const SecLabelStmt *) statement)->object);
			break;
		case T_AlterExtensionContentsStmt:
			refuse_object(((const AlterExtensionContentsStmt *) statement)->objtype,
						  ((const AlterExtensionContentsStmt *) statement)->object);
			break;
		default:
			break;
	}
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
		refuse_early_locks(statement->utilityStmt);
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
