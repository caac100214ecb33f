/*
 * patterns.c
 *		What hurts most across a project's summaries: their patterns, the worst first.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/statement.h"
#include "http/links.h"
#include "http/patterns.h"
#include "json/output.h"
#include "list/project_date.h"
#include "summary/patterns.h"

/*
 * Every summary of the time asked for is read as a whole. Without a time the
 * work would grow with the project's age, so there always is one.
 */
#define DEFAULT_SINCE "-30d"

/* Which patterns; arrays of text. */
typedef struct Wanted
{
	TimestampTz since;
	Datum		severities;		/* all of them, if none is asked for */
	bool		any_severity;	/* none is asked for: unknown ones too */
} Wanted;

enum PatternColumn
{
	PATTERN_COUNT = 1,			/* of all, on every page */
	PATTERN_SUMMARY_ID,
	PATTERN_SUMMARY_TITLE,
	PATTERN_SUMMARY_CREATED_AT,
	PATTERN_POSITION,
	PATTERN_ID,
	PATTERN_NAME,
	PATTERN_DESCRIPTION,
	PATTERN_SEVERITY,
	PATTERN_INDICATORS,
	PATTERN_SESSIONS_AFFECTED,
	PATTERN_OCCURRENCES,
	PATTERN_SESSIONS_AFFECTED_RATIO,
	PATTERN_SEGMENTS_SUCCESS_RATIO,
	PATTERN_EXAMPLES
};

/* The worst first; what is equal, by the newest summary, then by place. */
#define ORDER_OF(row) \
	" ORDER BY " row "rank, " row "sessions_affected DESC NULLS LAST," \
	" " row "sessions_affected_ratio DESC NULLS LAST, " row "created_at DESC, " row "id DESC," \
	" " row "\"position\""

/*
 * Read a page. What it takes to put all patterns in order is little; the texts
 * are read for those of the page alone.
 */
static uint64
read_page(int64 project_id, const Wanted *wanted, int64 limit, int64 offset)
{
	static SgStatement page = {
		"WITH ranked AS MATERIALIZED ("
		"SELECT s.id, s.created_at, p.\"position\","
		" pg_catalog.array_position($3, p.severity) AS rank,"
		" p.sessions_affected, p.sessions_affected_ratio, pg_catalog.count(*) OVER () AS count"
		" FROM session_group.summaries AS s"
		" CROSS JOIN LATERAL session_group.summary_patterns(s.summary) AS p"
		" WHERE s.project_id OPERATOR(pg_catalog.=) $1"
		" AND s.created_at OPERATOR(pg_catalog.>) $2"
		" AND ($4 OR p.severity OPERATOR(pg_catalog.=) ANY ($3))"
		ORDER_OF("") " LIMIT $5 OFFSET $6)"
		" SELECT r.count, s.id, s.title, s.created_at, p.\"position\", p.pattern_id, p.name,"
		" p.description, p.severity, p.indicators, p.sessions_affected, p.occurrences,"
		" p.sessions_affected_ratio, p.segments_success_ratio, p.examples"
		" FROM ranked AS r"
		" JOIN session_group.summaries AS s ON s.project_id OPERATOR(pg_catalog.=) $1"
		" AND s.id OPERATOR(pg_catalog.=) r.id"
		" CROSS JOIN LATERAL session_group.summary_patterns(s.summary) AS p"
		" WHERE p.\"position\" OPERATOR(pg_catalog.=) r.\"position\""
		ORDER_OF("r."),
		{INT8OID, TIMESTAMPTZOID, TEXTARRAYOID, BOOLOID, INT8OID, INT8OID}
	};
	Datum		values[] = {
		Int64GetDatum(project_id), TimestampTzGetDatum(wanted->since), wanted->severities,
		BoolGetDatum(wanted->any_severity), Int64GetDatum(limit), Int64GetDatum(offset)
	};

	return sg_execute(&page, values, NULL, SG_SNAPSHOT_OF_CALLER);
}

/*
 * Return the number of all patterns, after a page has been read: each row has
 * it, so that only behind the last page another look is needed.
 */
static int64
count_all(int64 project_id, const Wanted *wanted, uint64 rows, int64 offset)
{
	bool		isnull;

	if (rows == 0 && offset > 0)
		rows = read_page(project_id, wanted, 1, 0);
	return rows == 0 ? 0 : DatumGetInt64(sg_result(0, PATTERN_COUNT, &isnull));
}

static bool
read_wanted(const SgRequest *request, Wanted *wanted, SgFault *fault)
{
	static const SgText default_since = {DEFAULT_SINCE, sizeof(DEFAULT_SINCE) - 1};
	const SgText *severity = sg_params_last(&request->query, "severity");
	const SgText *since = sg_params_last(&request->query, "since");

	wanted->any_severity = severity == NULL || severity->length == 0;
	wanted->severities = sg_all_severities();
	if (!wanted->any_severity && !sg_severities_read(severity, &wanted->severities, fault))
		return false;
	return sg_project_date_read(request->project_id,
								since != NULL && since->length > 0 ? since : &default_since,
								"since", &wanted->since, fault);
}

/*
 * Append a name and a value of a column, in the form of its type.
 */
static void
append_column(StringInfo buf, SPITupleTable *rows, uint64 row, const char *name, int column)
{
	bool		isnull;
	Datum		value = sg_value(rows, row, column, &isnull);

	appendStringInfo(buf, ",\"%s\":", name);
	if (isnull)
		sg_json_literal(buf, "null");
	else if (SPI_gettypeid(rows->tupdesc, column) == TEXTOID)
		sg_json_text(buf, value);
	else if (SPI_gettypeid(rows->tupdesc, column) == TEXTARRAYOID)
		sg_json_text_array(buf, DatumGetArrayTypeP(value));
	else						/* a number, which JSON writes as SQL does */
		appendStringInfoString(buf, SPI_getvalue(rows->vals[row], rows->tupdesc, column));
}

static void
append_pattern(StringInfo buf, SPITupleTable *rows, uint64 row)
{
	static const struct
	{
		const char *name;
		int			column;
	}			fields[] = {
		{"position", PATTERN_POSITION},
		{"pattern_id", PATTERN_ID},
		{"name", PATTERN_NAME},
		{"description", PATTERN_DESCRIPTION},
		{"severity", PATTERN_SEVERITY},
		{"indicators", PATTERN_INDICATORS},
		{"sessions_affected", PATTERN_SESSIONS_AFFECTED},
		{"occurrences", PATTERN_OCCURRENCES},
		{"sessions_affected_ratio", PATTERN_SESSIONS_AFFECTED_RATIO},
		{"segments_success_ratio", PATTERN_SEGMENTS_SUCCESS_RATIO},
		{"examples", PATTERN_EXAMPLES},
	};
	bool		isnull;

	sg_json_literal(buf, "{\"summary\":{\"id\":");
	sg_json_uuid(buf, DatumGetUUIDP(sg_value(rows, row, PATTERN_SUMMARY_ID, &isnull)));
	sg_json_literal(buf, ",\"title\":");
	sg_json_text(buf, sg_value(rows, row, PATTERN_SUMMARY_TITLE, &isnull));
	sg_json_literal(buf, ",\"created_at\":");
	sg_json_timestamp(buf, DatumGetTimestampTz(sg_value(rows, row, PATTERN_SUMMARY_CREATED_AT,
														&isnull)));
	appendStringInfoChar(buf, '}');
	for (size_t i = 0; i < lengthof(fields); i++)
		append_column(buf, rows, row, fields[i].name, fields[i].column);
	appendStringInfoChar(buf, '}');
}

/*
 * session_group_summaries_patterns
 */
bool
sg_operation_patterns(SgRequest *request, SgResponse *response, SgFault *fault)
{
	StringInfo	buf = response->body;
	SgPage		page = sg_page_read(&request->query, sg_max_page_size);
	SPITupleTable *rows;
	Wanted		wanted;
	uint64		row_count;
	int64		count;

	if (!read_wanted(request, &wanted, fault))
		return false;
	row_count = read_page(request->project_id, &wanted, page.limit, page.offset);
	rows = SPI_tuptable;
	count = count_all(request->project_id, &wanted, row_count, page.offset);
	sg_page_begin(buf, count, sg_link_next(request->base_url, &request->query, &page, count),
				  sg_link_previous(request->base_url, &request->query, &page));
	for (uint64 i = 0; i < row_count; i++)
	{
		if (i > 0)
			appendStringInfoChar(buf, ',');
		append_pattern(buf, rows, i);
	}
	sg_page_end(buf);
	response->status = 200;
	return true;
}
