/*
 * trigger.c
 *		Trigger functions are called by their own triggers only.
 *
 * They read the columns of their tables by number. On another table that would be
 * the wrong column or none at all, which since PostgreSQL 18 is a crash.
 */
#include "base/session_group.h"

#include "catalog/namespace.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/trigger.h"

/*
 * Return the kind of a trigger's event; 0 for one that no trigger of ours has.
 */
static int
kind_of(TriggerEvent event)
{
	if (TRIGGER_FIRED_BEFORE(event))
		return TRIGGER_FIRED_FOR_ROW(event) ? SG_BEFORE_ROW : 0;
	if (!TRIGGER_FIRED_AFTER(event))
		return 0;
	if (TRIGGER_FIRED_FOR_ROW(event))
		return SG_AFTER_ROW;
	return TRIGGER_FIRED_BY_TRUNCATE(event) ? SG_AFTER_TRUNCATE : SG_AFTER_STATEMENT;
}

static bool
is_table(Relation relation, const char *table)
{
	return strcmp(RelationGetRelationName(relation), table) == 0 &&
		RelationGetNamespace(relation) == get_namespace_oid(SG_SCHEMA, true);
}

/*
 * Return what a trigger function was called with, having made sure that it was
 * called for a table of the extension by a trigger of one of these kinds.
 */
TriggerData *
sg_trigger(FunctionCallInfo fcinfo, const char *table, int kinds)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || (kind_of(trigger->tg_event) & kinds) == 0 ||
		!is_table(trigger->tg_relation, table))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s must be called by its own trigger on %s.%s",
						get_func_name(fcinfo->flinfo->fn_oid), SG_SCHEMA, table)));
	return trigger;
}
