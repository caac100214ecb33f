/*
 * object.c
 *		A summary as the whole object of the HTTP contract.
 */
#include "base/session_group.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "json/output.h"
#include "summary/fields.h"
#include "summary/object.h"

static void
append_field(StringInfo buf, const SgFieldRow *field, Datum value, bool isnull)
{
	sg_json_literal(buf, ",\"");
	appendStringInfoString(buf, field->name);
	sg_json_literal(buf, "\":");
	if (isnull)
		sg_json_literal(buf, "null");
	else if (field->kind == SG_KIND_TEXT)
		sg_json_text(buf, value);
	else if (field->kind == SG_KIND_SESSIONS)
		sg_json_text_array(buf, DatumGetArrayTypeP(value));
	else
		sg_json_jsonb(buf, DatumGetJsonbP(value));
}

/*
 * Append a row of session_group.summaries. Its creator must be loaded.
 */
void
sg_object_append(StringInfo buf, SPITupleTable *rows, uint64 row, const SgPeople *people)
{
	Datum		values[SG_ROW_COLUMN_COUNT];
	bool		nulls[SG_ROW_COLUMN_COUNT];

	/* A database that has not been updated yet may lack the last columns. */
	memset(nulls, true, sizeof(nulls));
	heap_deform_tuple(rows->vals[row], rows->tupdesc, values, nulls);

	sg_json_literal(buf, "{\"id\":");
	sg_json_uuid(buf, DatumGetUUIDP(values[SG_ROW_ID - 1]));
	for (int i = 0; i < SG_FIELD_COUNT; i++)
		append_field(buf, &sg_fields[i], values[sg_fields[i].column - 1],
					 nulls[sg_fields[i].column - 1]);
	sg_json_literal(buf, ",\"created_at\":");
	sg_json_timestamp(buf, DatumGetTimestampTz(values[SG_ROW_CREATED_AT - 1]));
	sg_json_literal(buf, ",\"created_by\":");
	sg_people_append(buf, people, values[SG_ROW_CREATED_BY_ID - 1],
					 nulls[SG_ROW_CREATED_BY_ID - 1]);
	sg_json_literal(buf, ",\"team\":");
	sg_json_int(buf, DatumGetInt64(values[SG_ROW_PROJECT_ID - 1]));
	appendStringInfoChar(buf, '}');
}
