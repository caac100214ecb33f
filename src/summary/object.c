/*
 * object.c
 *		A summary as the whole object of the HTTP contract.
 */
#include "base/session_group.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "json/output.h"
#include "summary/object.h"
#include "summary/store.h"

static void
append_json(StringInfo buf, Datum value, bool isnull)
{
	if (isnull)
		sg_json_literal(buf, "null");
	else
		sg_json_jsonb(buf, DatumGetJsonbP(value));
}

/*
 * Append a row of SG_ROW_COLUMNS. Its creator must be loaded.
 */
void
sg_object_append(StringInfo buf, SPITupleTable *rows, uint64 row, const SgPeople *people)
{
	Datum		values[SG_ROW_COLUMN_COUNT];
	bool		nulls[SG_ROW_COLUMN_COUNT];

	heap_deform_tuple(rows->vals[row], rows->tupdesc, values, nulls);

	sg_json_literal(buf, "{\"id\":");
	sg_json_uuid(buf, DatumGetUUIDP(values[SG_ROW_ID - 1]));
	sg_json_literal(buf, ",\"title\":");
	sg_json_text(buf, values[SG_ROW_TITLE - 1]);
	sg_json_literal(buf, ",\"session_ids\":");
	sg_json_text_array(buf, DatumGetArrayTypeP(values[SG_ROW_SESSION_IDS - 1]));
	sg_json_literal(buf, ",\"summary\":");
	append_json(buf, values[SG_ROW_SUMMARY - 1], nulls[SG_ROW_SUMMARY - 1]);
	sg_json_literal(buf, ",\"extra_summary_context\":");
	append_json(buf, values[SG_ROW_EXTRA_SUMMARY_CONTEXT - 1],
				nulls[SG_ROW_EXTRA_SUMMARY_CONTEXT - 1]);
	sg_json_literal(buf, ",\"run_metadata\":");
	append_json(buf, values[SG_ROW_RUN_METADATA - 1], nulls[SG_ROW_RUN_METADATA - 1]);
	sg_json_literal(buf, ",\"created_at\":");
	sg_json_timestamp(buf, DatumGetTimestampTz(values[SG_ROW_CREATED_AT - 1]));
	sg_json_literal(buf, ",\"created_by\":");
	sg_people_append(buf, people, values[SG_ROW_CREATED_BY_ID - 1],
					 nulls[SG_ROW_CREATED_BY_ID - 1]);
	sg_json_literal(buf, ",\"team\":");
	sg_json_int(buf, DatumGetInt64(values[SG_ROW_PROJECT_ID - 1]));
	appendStringInfoChar(buf, '}');
}
