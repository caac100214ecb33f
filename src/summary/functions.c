/*
 * functions.c
 *		The SQL functions on one summary.
 */
#include "base/session_group.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "base/arguments.h"
#include "base/statement.h"
#include "json/input.h"
#include "fleet/placement.h"
#include "identity/identity.h"
#include "summary/input.h"
#include "summary/report.h"
#include "summary/store.h"
#include "summary/validate.h"

PG_FUNCTION_INFO_V1(session_group_create_summary);
PG_FUNCTION_INFO_V1(session_group_get_summary);
PG_FUNCTION_INFO_V1(session_group_summary_report);
PG_FUNCTION_INFO_V1(session_group_update_summary);
PG_FUNCTION_INFO_V1(session_group_delete_summary);

/*
 * Say why the policies let a statement find nothing.
 */
static void
raise_missing(int64 project_id, const pg_uuid_t *id)
{
	if (!sg_store_project_served(project_id))
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
 * session_group.create_summary(project_id bigint, …) returns session_group.summaries,
 * with the fields behind the project, in their order
 *
 * Raises 42501 from the policy, 3D000 if another node has the project, and what the
 * triggers raise.
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
	for (int i = 0; i < SG_FIELD_COUNT && 1 + i < PG_NARGS(); i++)
		fields.values[i] = PG_ARGISNULL(1 + i) ? NULL :
			sg_field_value((SgField) i, PG_GETARG_DATUM(1 + i));

	if (sg_project_listed(&sg_identity()->elsewhere, project_id))
		sg_raise_misdirected(project_id);
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

static const char *
field_names(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < SG_FIELD_COUNT; i++)
		appendStringInfo(&names, "%s%s", i == 0 ? "" : ", ", sg_fields[i].name);
	return names.data;
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
				 errhint("Fields are %s.", field_names())));
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

	if (!sg_has_argument(fcinfo, number))
		return;
	if (sg_store_lock(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1)) == 0)
		raise_missing_now(PG_GETARG_INT64(0), PG_GETARG_UUID_P(1));
	version = DatumGetInt64(sg_required(0, SG_ROW_VERSION));
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
