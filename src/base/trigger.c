/*
 * trigger.c
 *		Trigger functions refuse to run for any trigger that is not the extension's.
 *
 * They read the columns of their own table by number. On another table those
 * would be other columns, or none, which crashes PostgreSQL 18.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/trigger.h"

/*
 * Return the kind of event that a trigger was fired for; 0 for kinds that the
 * extension does not use.
 */
static int
kind_of(TriggerEvent event)
{
	if (TRIGGER_FIRED_BEFORE(event))
		return TRIGGER_FIRED_FOR_ROW(event) ? SG_BEFORE_ROW : SG_BEFORE_STATEMENT;
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
 * Return the trigger data of a call, after checking that it comes from a trigger
 * of one of these kinds on this table of the extension. Raises 39P01 otherwise.
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

/*
 * Tell whether a column has another value than before. Stored bytes are
 * compared, so nothing is read from TOAST.
 */
bool
sg_column_changed(TupleDesc tupdesc, HeapTuple before, HeapTuple after, int column)
{
	Form_pg_attribute attribute = TupleDescAttr(tupdesc, column - 1);
	bool		old_isnull;
	bool		new_isnull;
	Datum		old_value = heap_getattr(before, column, tupdesc, &old_isnull);
	Datum		new_value = heap_getattr(after, column, tupdesc, &new_isnull);

	if (old_isnull || new_isnull)
		return old_isnull != new_isnull;
	return !datumIsEqual(old_value, new_value, attribute->attbyval, attribute->attlen);
}
