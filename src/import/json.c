/*
 * json.c
 *		import_json and export_json: summaries as the objects that the HTTP API gives.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "admin/projects.h"
#include "base/arguments.h"
#include "base/text.h"
#include "import/kinds.h"
#include "json/input.h"
#include "list/date_filter.h"
#include "summary/input.h"
#include "summary/object.h"
#include "summary/people.h"

PG_FUNCTION_INFO_V1(session_group_import_json);
PG_FUNCTION_INFO_V1(session_group_export_json);

/* The state of import_json. */
typedef struct Reading
{
	SgImport   *import;
	TupleDesc	tupdesc;
	int64		project_id;
	int64		number;			/* of objects read so far */
	SgImportRow rows[SG_IMPORT_BATCH];
	int			count;			/* of rows */
} Reading;

/*
 * Find the member of the project that created_by names, by uuid or else by email; a
 * former one, too. Of a stranger nothing is said: who reads the project would learn
 * from a summary who they are.
 */
static bool
find_member(int64 project_id, Jsonb *person, Datum *id)
{
#define MEMBER_WHERE(condition) \
	"SELECT u.id FROM session_group.users AS u JOIN session_group.members AS m" \
	" ON m.user_id OPERATOR(pg_catalog.=) u.id" \
	" WHERE m.project_id OPERATOR(pg_catalog.=) $1 AND " condition
	static SgStatement by_uuid = {
		MEMBER_WHERE("u.uuid OPERATOR(pg_catalog.=) $2"), {INT8OID, UUIDOID}
	};
	static SgStatement by_email = {
		MEMBER_WHERE("u.email OPERATOR(pg_catalog.=) $2"), {INT8OID, TEXTOID}
	};
#undef MEMBER_WHERE
	char	   *uuid = sg_json_string_field(person, "uuid");
	char	   *email = sg_json_string_field(person, "email");
	pg_uuid_t	key;
	Datum		values[2];
	bool		found = false;

	values[0] = Int64GetDatum(project_id);
	sg_spi_connect();
	if (uuid != NULL && sg_read_uuid(uuid, strlen(uuid), &key))
	{
		values[1] = UUIDPGetDatum(&key);
		found = sg_execute(&by_uuid, values, NULL, SG_SNAPSHOT_NEW) > 0;
	}
	if (!found && email != NULL)
	{
		values[1] = CStringGetTextDatum(email);
		found = sg_execute(&by_email, values, NULL, SG_SNAPSHOT_NEW) > 0;
	}
	if (found)
		*id = sg_required(0, 1);
	sg_spi_finish();
	return found;
}

/*
 * Read created_by. If no member of the project is meant, the summary has no creator,
 * and a note says so.
 */
static void
read_creator(Reading *reading, Jsonb *object, SgImportRow *row, Datum *value, bool *isnull)
{
	JsonbValue	person;

	*isnull = true;
	if (!sg_json_object_field(object, "created_by", &person) || person.type == jbvNull)
		return;
	*isnull = person.type != jbvBinary ||
		!find_member(reading->project_id, JsonbValueToJsonb(&person), value);
	if (*isnull)
		row->remark = "its creator is not, and was not, a member of the project: null";
	else
		sg_import_know_user(reading->import, DatumGetInt64(*value));
}

static bool
check_present(Jsonb *object, const char *name, SgFault *fault)
{
	JsonbValue	value;

	return sg_json_object_field(object, name, &value) ||
		sg_fault(fault, SG_FAULT_REQUIRED, name, "This field is required.");
}

/*
 * Check that an object has all the fields that cannot be left out: items of a
 * list have no summary.
 */
static bool
check_whole(Jsonb *object, SgFault *fault)
{
	if (!JB_ROOT_IS_OBJECT(object))
		return sg_fault(fault, SG_FAULT_INVALID, NULL, "Not a JSON object.");
	if (!check_present(object, "id", fault))
		return false;
	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		if (sg_fields[i].imported && !check_present(object, sg_fields[i].name, fault))
			return false;
	}
	return check_present(object, "created_at", fault);
}

/*
 * Read id and created_at.
 */
static bool
read_stamp(Jsonb *object, pg_uuid_t *id, TimestampTz *created_at, SgFault *fault)
{
	char	   *text = sg_json_string_field(object, "id");

	if (text == NULL || !sg_read_uuid(text, strlen(text), id))
		return sg_fault(fault, SG_FAULT_INVALID, "id", "Must be a valid UUID.");
	text = sg_json_string_field(object, "created_at");
	if (text == NULL || !sg_time_parse(text, strlen(text), created_at))
		return sg_fault(fault, SG_FAULT_INVALID, "created_at",
						"Not a time in ISO 8601 with its offset from UTC.");
	return true;
}

static bool
read_object(Reading *reading, Jsonb *object, SgImportRow *row, SgFault *fault)
{
	Datum		values[SG_SUMMARY_COLUMN_COUNT];
	bool		nulls[SG_SUMMARY_COLUMN_COUNT] = {false};
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	TimestampTz created_at;
	SgFields	fields;

	if (!check_whole(object, fault) || !read_stamp(object, id, &created_at, fault) ||
		!sg_input_from_json(object, SG_INPUT_CREATE, &fields, fault))
		return false;
	values[SG_SUMMARY_ID - 1] = UUIDPGetDatum(id);
	values[SG_SUMMARY_PROJECT_ID - 1] = Int64GetDatum(reading->project_id);
	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		int			column = SG_SUMMARY_FIRST_FIELD + i;

		values[column - 1] = PointerGetDatum(fields.values[i]);
		nulls[column - 1] = fields.values[i] == NULL;
	}
	values[SG_SUMMARY_CREATED_AT - 1] = TimestampTzGetDatum(created_at);
	read_creator(reading, object, row, &values[SG_SUMMARY_CREATED_BY_ID - 1],
				 &nulls[SG_SUMMARY_CREATED_BY_ID - 1]);
	row->source = heap_form_tuple(reading->tupdesc, values, nulls);
	return true;
}

/*
 * Import the rows that were collected.
 */
static void
import_collected(Reading *reading)
{
	if (reading->count > 0)
		sg_import_rows(reading->import, SG_IMPORT_SUMMARIES, reading->tupdesc, reading->rows,
					   reading->count);
	reading->count = 0;
	MemoryContextReset(reading->import->batch);
}

static char *
label_object(const Reading *reading, Jsonb *object)
{
	char	   *id = sg_json_string_field(object, "id");

	return id != NULL ? id : psprintf("object " INT64_FORMAT, reading->number);
}

/*
 * Read one object, and collect its row or report what is wrong with it.
 */
static void
collect_object(Reading *reading, Jsonb *object)
{
	SgImport   *import = reading->import;
	SgImportRow *row = &reading->rows[reading->count];
	SgFault		fault;
	bool		good;

	reading->number++;
	memset(row, 0, sizeof(SgImportRow));
	good = read_object(reading, object, row, &fault);
	if (good)
		reading->count++;
	else
		sg_import_report(import, SG_IMPORT_SUMMARIES, SG_SKIPPED, sg_fault_message(&fault),
						 label_object(reading, object));
	if (reading->count == SG_IMPORT_BATCH)
		import_collected(reading);
}

/*
 * Read each object of a list.
 */
static void
read_objects(Reading *reading, JsonbContainer *container)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		MemoryContext old_context = MemoryContextSwitchTo(reading->import->batch);

		if (token == WJB_ELEM)
			collect_object(reading, JsonbValueToJsonb(&value));
		MemoryContextSwitchTo(old_context);
	}
	import_collected(reading);
}

/*
 * Tell whether this is a page of a list, and return its objects.
 */
static bool
is_page(Jsonb *objects, JsonbContainer **results)
{
	JsonbValue	value;

	if (!sg_json_object_field(objects, "results", &value) || value.type != jbvBinary ||
		!JsonContainerIsArray(value.val.binary.data))
		return false;
	*results = value.val.binary.data;
	return true;
}

/*
 * session_group.import_json(project_id bigint, objects jsonb)
 * returns table (kind text, outcome text, number bigint, note text, rows text[])
 *
 * Raises 22004 for null and P0002 for an unknown project.
 */
Datum
session_group_import_json(PG_FUNCTION_ARGS)
{
	Reading    *reading = palloc0(sizeof(Reading));
	Jsonb	   *objects;
	JsonbContainer *results;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "objects");
	objects = PG_GETARG_JSONB_P(1);
	InitMaterializedSRF(fcinfo, 0);
	reading->import = sg_import_begin_kinds();
	reading->tupdesc = sg_import_summary_tupdesc();
	reading->project_id = PG_GETARG_INT64(0);
	sg_import_know_project(reading->import, reading->project_id, NULL);
	sg_import_expect(reading->import, SG_IMPORT_SUMMARIES);
	sg_spi_connect();
	sg_check_project_exists(reading->project_id);
	if (is_page(objects, &results))
		read_objects(reading, results);
	else if (JB_ROOT_IS_ARRAY(objects))
		read_objects(reading, &objects->root);
	else
	{
		collect_object(reading, objects);
		import_collected(reading);
	}
	sg_spi_finish();
	sg_import_end(reading->import, fcinfo);
	return (Datum) 0;
}

/*
 * Add rows of summaries to the result, as objects.
 */
static void
put_objects(ReturnSetInfo *result, int64 project_id, SPITupleTable *rows, uint64 count)
{
	SgPeople	people;
	StringInfoData buf;

	sg_spi_connect();
	sg_people_load(&people, project_id, rows, count, SG_ROW_CREATED_BY_ID);
	initStringInfo(&buf);
	for (uint64 i = 0; i < count; i++)
	{
		Datum		object;
		bool		isnull = false;

		resetStringInfo(&buf);
		sg_object_append(&buf, rows, i, &people);
		object = DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
		tuplestore_putvalues(result->setResult, result->setDesc, &object, &isnull);
		pfree(DatumGetPointer(object));
	}
	sg_spi_finish();
}

/*
 * session_group.export_json(project_id bigint) returns setof jsonb
 *
 * Raises 22004 for null and P0002 for an unknown project.
 */
Datum
session_group_export_json(PG_FUNCTION_ARGS)
{
	static const char *const sql =
		"SELECT s.* FROM session_group.summaries AS s"
		" WHERE s.project_id OPERATOR(pg_catalog.=) $1 ORDER BY s.created_at, s.id";
	Oid			types[] = {INT8OID};
	Datum		values[1];
	Portal		portal;

	sg_refuse_null(fcinfo, 0, "project_id");
	values[0] = PG_GETARG_DATUM(0);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	sg_spi_connect();
	sg_check_project_exists(PG_GETARG_INT64(0));
	portal = SPI_cursor_open_with_args(NULL, sql, 1, types, values, NULL, true,
									   CURSOR_OPT_NO_SCROLL);
	for (;;)
	{
		SPITupleTable *rows;

		SPI_cursor_fetch(portal, true, SG_IMPORT_BATCH);
		rows = SPI_tuptable;
		if (SPI_processed == 0)
			break;
		put_objects((ReturnSetInfo *) fcinfo->resultinfo, DatumGetInt64(values[0]), rows,
					SPI_processed);
		SPI_freetuptable(rows);
	}
	SPI_cursor_close(portal);
	sg_spi_finish();
	return (Datum) 0;
}
