/*
 * summaries.c
 *		The table's trigger and the SQL functions on summaries.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "json/input.h"
#include "list/listing.h"
#include "summary/report.h"
#include "base/statement.h"
#include "summary/store.h"
#include "summary/input.h"
#include "base/trigger.h"
#include "summary/validate.h"

PG_FUNCTION_INFO_V1(session_group_summaries_before_write);
PG_FUNCTION_INFO_V1(session_group_create_summary);
PG_FUNCTION_INFO_V1(session_group_get_summary);
PG_FUNCTION_INFO_V1(session_group_summary_report);
PG_FUNCTION_INFO_V1(session_group_update_summary);
PG_FUNCTION_INFO_V1(session_group_delete_summary);
PG_FUNCTION_INFO_V1(session_group_list_summaries);
PG_FUNCTION_INFO_V1(session_group_count_summaries);

/* What the trigger works on. */
typedef struct Change
{
	TupleDesc	tupdesc;
	HeapTuple	before;			/* null on INSERT */
	HeapTuple	after;
} Change;

/*
 * Return the new value of a column, and whether it is another than before (on
 * INSERT: always). Stored bytes are compared, so nothing is read from TOAST.
 */
static bool
column_changed(const Change *change, int column, Datum *value, bool *isnull)
{
	Form_pg_attribute attribute = TupleDescAttr(change->tupdesc, column - 1);
	Datum		old_value;
	bool		old_isnull;

	*value = heap_getattr(change->after, column, change->tupdesc, isnull);
	if (change->before == NULL)
		return true;
	old_value = heap_getattr(change->before, column, change->tupdesc, &old_isnull);
	if (*isnull || old_isnull)
		return *isnull != old_isnull;
	return !datumIsEqual(*value, old_value, attribute->attbyval, attribute->attlen);
}

/*
 * Collect the fields that are written anew, for the validator. What
 * language models wrote is not looked into, so it stays where it is.
 */
static void
changed_fields(const Change *change, SgFields *fields)
{
	Datum		value;
	bool		isnull;

	memset(fields, 0, sizeof(SgFields));
	fields->given[SG_FIELD_TITLE] = column_changed(change, SG_ROW_TITLE, &value, &isnull);
	if (fields->given[SG_FIELD_TITLE] && !isnull)
		fields->title = DatumGetTextPP(value);
	fields->given[SG_FIELD_SESSION_IDS] = column_changed(change, SG_ROW_SESSION_IDS, &value,
														 &isnull);
	if (fields->given[SG_FIELD_SESSION_IDS] && !isnull)
		fields->session_ids = DatumGetArrayTypeP(value);
	for (int i = SG_FIELD_EXTRA_SUMMARY_CONTEXT; i < SG_FIELD_COUNT; i++)
	{
		int			column = SG_ROW_EXTRA_SUMMARY_CONTEXT + (i - SG_FIELD_EXTRA_SUMMARY_CONTEXT);

		fields->given[i] = column_changed(change, column, &value, &isnull);
		if (fields->given[i] && !isnull)
			fields->json[i] = DatumGetJsonbP(value);
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
 * Validates what any door writes. Raises 23502, 23514, 22023 (see validate.c)
 * and 0A000 for another project or id.
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

	if (change.before != NULL)
		refuse_move(&change);
	changed_fields(&change, &fields);
	validate_or_raise(&fields);
	return PointerGetDatum(change.before != NULL ? stamp_change(&change) : change.after);
}

/*
 * Say why the policies let a statement find nothing.
 */
static void
raise_missing(int64 project_id, const pg_uuid_t *id)
{
	if (!sg_store_project_visible(project_id))
		sg_raise_no_access(project_id, "read");
	if (sg_store_get(project_id, id) > 0)
		sg_raise_no_access(project_id, "write");
	ereport(ERROR,
			(errcode(ERRCODE_NO_DATA_FOUND),
			 errmsg("no summary %s in project " INT64_FORMAT,
					DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(id))), project_id),
			 errhint("See session_group.list_summaries(" INT64_FORMAT ").", project_id)));
}

/*
 * Say why a write found nothing, as things are now: while it waited for
 * another transaction, that one may have deleted what the caller's snapshot
 * still shows.
 */
static void
raise_missing_now(int64 project_id, const pg_uuid_t *id)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	raise_missing(project_id, id);
}

/*
 * While a policy is what refuses an INSERT, say what to do about it.
 */
static void
add_access_hint(void *arg)
{
	if (geterrcode() == ERRCODE_INSUFFICIENT_PRIVILEGE)
		errhint("Call session_group.login() in this transaction, with a key that may write"
				" to project " INT64_FORMAT ".", *(int64 *) arg);
}

/*
 * session_group.create_summary(project_id bigint, title text, session_ids text[],
 * summary jsonb, extra_summary_context jsonb, run_metadata jsonb)
 * returns session_group.summaries
 *
 * Raises 42501 from the policy, and what the trigger raises.
 */
Datum
session_group_create_summary(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	int64		project_id;
	SgFields	fields = {0};
	Datum		result;
	ErrorContextCallback callback;

	sg_refuse_null(fcinfo, 0, "project_id");
	project_id = PG_GETARG_INT64(0);
	fields.title = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
	fields.session_ids = PG_ARGISNULL(2) ? NULL : PG_GETARG_ARRAYTYPE_P(2);
	for (int i = SG_FIELD_SUMMARY; i < SG_FIELD_COUNT; i++)
		fields.json[i] = PG_ARGISNULL(1 + i) ? NULL : PG_GETARG_JSONB_P(1 + i);

	sg_spi_connect();
	callback.callback = add_access_hint;
	callback.arg = &project_id;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	sg_store_insert(project_id, &fields);
	error_context_stack = callback.previous;
	result = sg_row_result(fcinfo, context);
	sg_spi_finish();
	return result;
}

/*
 * session_group.get_summary(project_id bigint, id uuid) returns session_group.summaries
 *
 * Raises 42501 if the project is hidden, P0002 if the summary is not there.
 */
Datum
session_group_get_summary(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	Datum		result;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "id");
	sg_spi_connect();
	if (sg_store_get(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1)) == 0)
		raise_missing(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1));
	result = sg_row_result(fcinfo, context);
	sg_spi_finish();
	return result;
}

/*
 * session_group.summary_report(project_id bigint, id uuid) returns text
 *
 * Raises 42501 if the project is hidden, P0002 if the summary is not there.
 */
Datum
session_group_summary_report(PG_FUNCTION_ARGS)
{
	StringInfoData report;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "id");
	initStringInfo(&report);
	sg_spi_connect();
	if (sg_store_get(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1)) == 0)
		raise_missing(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1));
	sg_report_append(&report, SPI_tuptable, 0);
	sg_spi_finish();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(report.data, report.len));
}

/*
 * Read the changes of update_summary; unlike a body over HTTP, they hold no
 * field that is ignored.
 */
static void
read_changes(Jsonb *changes, SgFields *fields)
{
	SgFault		fault;
	const char *unknown;

	if (!JB_ROOT_IS_OBJECT(changes))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("changes must be a JSON object"),
				 errhint("For example: {\"title\": \"New title\"}.")));
	unknown = sg_input_unknown_field(changes);
	if (unknown != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no field \"%s\" can be changed", unknown),
				 errhint("Fields are title, session_ids, summary, extra_summary_context and"
						 " run_metadata.")));
	if (!sg_input_from_json(changes, SG_INPUT_CHANGE, fields, &fault))
		sg_fault_raise(&fault);
}

/*
 * Before a write, hold the version that the caller has read, if one is given,
 * against that of the summary, which is locked from here on.
 */
static void
check_version(FunctionCallInfo fcinfo, int number)
{
	int64		version;
	bool		isnull;

	if (!sg_has_argument(fcinfo, number))
		return;
	if (sg_store_lock(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1)) == 0)
		raise_missing_now(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1));
	version = DatumGetInt64(sg_result(0, SG_ROW_VERSION, &isnull));
	if (version != PG_GETARG_INT64(number))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the summary has version " INT64_FORMAT ", not " INT64_FORMAT, version,
						PG_GETARG_INT64(number)),
				 errhint("Somebody else has changed it. Read it again, and decide anew.")));
}

/*
 * session_group.update_summary(project_id bigint, id uuid, changes jsonb,
 * expected_version bigint) returns session_group.summaries
 *
 * Raises 42501, P0002, 22023 for what is no change, 55000 for another version,
 * and what the trigger raises.
 */
Datum
session_group_update_summary(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	SgFields	fields;
	Datum		result;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "id");
	sg_refuse_null(fcinfo, 2, "changes");
	read_changes(PG_GETARG_JSONB_P(2), &fields);
	sg_spi_connect();
	check_version(fcinfo, 3);
	if (sg_store_update(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1), &fields) == 0)
		raise_missing_now(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1));
	result = sg_row_result(fcinfo, context);
	sg_spi_finish();
	return result;
}

/*
 * session_group.delete_summary(project_id bigint, id uuid, expected_version bigint)
 * returns void
 *
 * Raises 42501, P0002, and 55000 for another version.
 */
Datum
session_group_delete_summary(PG_FUNCTION_ARGS)
{
	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "id");
	sg_spi_connect();
	check_version(fcinfo, 2);
	if (sg_store_delete(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1)) == 0)
		raise_missing_now(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1));
	sg_spi_finish();
	PG_RETURN_VOID();
}

/*
 * Return an argument of type text or uuid as the listing takes it, or null.
 */
static SgText *
text_argument(FunctionCallInfo fcinfo, int number, Oid type)
{
	SgText	   *result;

	if (!sg_has_argument(fcinfo, number))
		return NULL;
	result = palloc(sizeof(SgText));
	result->data = type == UUIDOID ?
		DatumGetCString(DirectFunctionCall1(uuid_out, PG_GETARG_DATUM(number))) :
		text_to_cstring(PG_GETARG_TEXT_PP(number));
	result->length = strlen(result->data);
	return result;
}

/*
 * Read the filters, from argument "first" on; raise what is wrong with them.
 */
static void
read_listing(FunctionCallInfo fcinfo, const SgText *order, int first, SgListing *listing)
{
	SgListingParams params = {.order = order};
	SgFault		fault;

	params.search = text_argument(fcinfo, first, TEXTOID);
	params.created_by = text_argument(fcinfo, first + 1, UUIDOID);
	params.date_from = text_argument(fcinfo, first + 2, TEXTOID);
	params.date_to = text_argument(fcinfo, first + 3, TEXTOID);
	params.session_id = text_argument(fcinfo, first + 4, TEXTOID);
	params.words = text_argument(fcinfo, first + 5, TEXTOID);
	if (!sg_listing_read(PG_GETARG_INT64(0), &params, listing, &fault))
	{
		/* The one argument that has another name than its parameter over HTTP. */
		if (strcmp(fault.attr, "order") == 0)
			fault.attr = "order_by";
		sg_fault_raise(&fault);
	}
}

/*
 * session_group.list_summaries(project_id bigint, row_limit integer, row_offset bigint,
 * order_by text, search text, created_by uuid, date_from text, date_to text,
 * session_id text, q text)
 * returns setof session_group.summaries
 *
 * Raises 42501 if the project is hidden, 22023 and 22007 for bad arguments.
 */
Datum
session_group_list_summaries(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int32		limit = PG_ARGISNULL(1) ? SG_DEFAULT_PAGE_SIZE : PG_GETARG_INT32(1);
	int64		offset = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2);
	SgListing	listing;
	uint64		rows;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_bad_page(limit, offset);
	InitMaterializedSRF(fcinfo, 0);
	sg_spi_connect();
	read_listing(fcinfo, text_argument(fcinfo, 3, TEXTOID), 4, &listing);
	rows = sg_list_page(&listing, SG_LIST_ROW, -1, limit, offset);
	for (uint64 i = 0; i < rows; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
	if (rows == 0 && !sg_store_project_visible(PG_GETARG_INT64(0)))
		sg_raise_no_access(PG_GETARG_INT64(0), "read");
	sg_spi_finish();
	return (Datum) 0;
}

/*
 * session_group.count_summaries(project_id bigint, search text, created_by uuid,
 * date_from text, date_to text, session_id text, q text) returns bigint
 *
 * Raises 42501 if the project is hidden, 22007 for a bad date.
 */
Datum
session_group_count_summaries(PG_FUNCTION_ARGS)
{
	SgListing	listing;
	int64		count;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_spi_connect();
	read_listing(fcinfo, NULL, 1, &listing);
	count = sg_list_count(&listing);
	if (count == 0 && !sg_store_project_visible(PG_GETARG_INT64(0)))
		sg_raise_no_access(PG_GETARG_INT64(0), "read");
	sg_spi_finish();
	PG_RETURN_INT64(count);
}
