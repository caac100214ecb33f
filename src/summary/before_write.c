/*
 * before_write.c
 *		The trigger of session_group.summaries that validates what any door writes.
 */
#include "base/session_group.h"

#include "executor/executor.h"
#include "fmgr.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "base/trigger.h"
#include "summary/rows_written.h"
#include "summary/validate.h"

PG_FUNCTION_INFO_V1(session_group_summaries_before_write);

/* What the trigger works on. */
typedef struct Change
{
	TupleDesc	tupdesc;
	HeapTuple	before;			/* null on INSERT */
	HeapTuple	after;
} Change;

/*
 * Return the new value of a column, and whether it is another than before (on
 * INSERT: always).
 */
static bool
column_changed(const Change *change, int column, Datum *value, bool *isnull)
{
	*value = heap_getattr(change->after, column, change->tupdesc, isnull);
	return change->before == NULL ||
		sg_column_changed(change->tupdesc, change->before, change->after, column);
}

/*
 * Collect the fields that are written anew, for the validator.
 */
static void
changed_fields(const Change *change, SgFields *fields)
{
	int			count = sg_fields_in(change->tupdesc->natts);

	memset(fields, 0, sizeof(SgFields));
	for (int i = 0; i < count; i++)
	{
		Datum		value;
		bool		isnull;

		fields->given[i] = column_changed(change, sg_fields[i].column, &value, &isnull);
		if (fields->given[i] && !isnull)
			fields->values[i] = sg_field_value((SgField) i, value);
	}
}

/*
 * Check the fields that are written anew; raise the first fault.
 */
static void
validate_or_raise(const SgFields *fields)
{
	SgFault		fault;

	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		if (fields->given[i] && !sg_validate_field(fields, (SgField) i, &fault))
			sg_fault_raise(&fault);
	}
}

static void
refuse_move(const Change *change)
{
	Datum		value;
	bool		isnull;

	if (column_changed(change, SG_ROW_PROJECT_ID, &value, &isnull) ||
		column_changed(change, SG_ROW_ID, &value, &isnull))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the project and the id of a summary never change"),
				 errhint("Make a new summary in the other project and delete this one.")));
}

/*
 * Set updated_at and the next version.
 */
static HeapTuple
stamp_change(const Change *change)
{
	int			columns[] = {SG_ROW_UPDATED_AT, SG_ROW_VERSION};
	Datum		values[2];
	bool		nulls[2] = {false, false};
	bool		isnull;
	Datum		version = heap_getattr(change->before, SG_ROW_VERSION, change->tupdesc, &isnull);

	values[0] = TimestampTzGetDatum(GetCurrentTimestamp());
	values[1] = Int64GetDatum(DatumGetInt64(version) + 1);
	return heap_modify_tuple_by_cols(change->after, change->tupdesc, 2, columns, values, nulls);
}

/*
 * session_group.summaries_before_write() returns trigger
 *
 * Validates what any door writes. Raises 23502, 23514, 22023 (see validate.c; also
 * for too many rows of a request) and 0A000 for another project or id.
 */
Datum
session_group_summaries_before_write(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "summaries", SG_BEFORE_ROW);
	Change		change;
	SgFields	fields;

	change.tupdesc = RelationGetDescr(trigger->tg_relation);
	change.before = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_trigtuple : NULL;
	change.after = change.before != NULL ? trigger->tg_newtuple : trigger->tg_trigtuple;
	/* What stays as it was and is long is a pointer of some bytes. */
	sg_count_row_written(change.after->t_len);

	if (change.before != NULL)
		refuse_move(&change);
	changed_fields(&change, &fields);
	validate_or_raise(&fields);
	return PointerGetDatum(change.before != NULL ? stamp_change(&change) : change.after);
}
