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
#include "summary/policies.h"
#include "summary/severity_count.h"

/* Without since=, patterns of the last 30 days: older ones would bury what is new. */
#define DEFAULT_SINCE "-30d"

/* Which patterns. */
typedef struct Wanted
{
	TimestampTz since;
	int			severities;		/* bits; the unknown one too, if none is asked for */
} Wanted;

enum PatternColumn
{
	PATTERN_SUMMARY_ID = 1,
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

/*
 * The patterns of a project, with these parameters:
 *
 *	$1 the project		$2 since when		$3 the severities		$4 unknown ones too?
 *	$5 limit			$6 offset			$7 sets that have one of the severities
 *
 * In rows of these columns, whatever they are read from.
 */
#define COLUMNS_OF(row, id) \
	id ", " row "created_at, " row "\"position\", " row "pattern_id, " row "name," \
	" " row "severity, " row "sessions_affected, " row "occurrences," \
	" " row "sessions_affected_ratio, " row "segments_success_ratio, " row "examples"

/* The order within a severity, as the index has it. */
#define ORDER_OF(row, id) \
	row "sessions_affected DESC NULLS LAST," \
	" pg_catalog.round(" row "sessions_affected_ratio, 9) DESC NULLS LAST," \
	" " row "created_at DESC, " id " DESC, " row "\"position\""

/* The first rows of one severity, as many as there are on the page and before it: all may be of this one. */
#define FIRST_ROWS(severity) \
	"SELECT " COLUMNS_OF("r.", "r.summary_id AS id") " FROM session_group.pattern_rows AS r" \
	" WHERE r.project_id OPERATOR(pg_catalog.=) $1 AND r.created_at OPERATOR(pg_catalog.>) $2" \
	" AND " severity " ORDER BY r.severity, " ORDER_OF("r.", "r.summary_id") \
	" LIMIT $5 OPERATOR(pg_catalog.+) $6"

/* One way: the rows in the order of the index, which is the order of the page. */
#define ROWS_IN_ORDER \
	"SELECT f.* FROM pg_catalog.unnest($3) AS w (severity) CROSS JOIN LATERAL (" \
	FIRST_ROWS("r.severity OPERATOR(pg_catalog.=) w.severity") ") AS f" \
	" UNION ALL (" FIRST_ROWS("r.severity IS NULL AND $4") ")"

/* The other: the rows of summaries that are new enough, to be sorted. */
#define ROWS_OF_TIME \
	"SELECT " COLUMNS_OF("r.", "r.summary_id AS id") " FROM session_group.pattern_numbers AS n" \
	" CROSS JOIN LATERAL (SELECT t.* FROM session_group.pattern_rows AS t" \
	" WHERE t.project_id OPERATOR(pg_catalog.=) $1" \
	" AND t.summary_id OPERATOR(pg_catalog.=) n.summary_id OFFSET 0) AS r" \
	" WHERE n.project_id OPERATOR(pg_catalog.=) $1 AND n.created_at OPERATOR(pg_catalog.>) $2" \
	" AND n.severities OPERATOR(pg_catalog.=) ANY ($7)" \
	" AND (r.severity OPERATOR(pg_catalog.=) ANY ($3) OR $4 AND r.severity IS NULL)"

/* For databases where an administrator's own policies may hide the summary of a row. */
#define SUMMARY_IS_VISIBLE \
	" AND EXISTS (SELECT FROM session_group.summaries AS v" \
	" WHERE v.project_id OPERATOR(pg_catalog.=) $1 AND v.id OPERATOR(pg_catalog.=) n.summary_id)"

/* Patterns of summaries that have no rows of patterns yet: read from the summaries. */
#define PENDING_ROWS \
	"SELECT s.id, s.created_at, p.\"position\", p.pattern_id, p.name, p.severity," \
	" p.sessions_affected, p.occurrences, p.sessions_affected_ratio, p.segments_success_ratio," \
	" p.examples" SG_PENDING_PATTERNS \
	" AND s.created_at OPERATOR(pg_catalog.>) $2" \
	" AND (p.severity OPERATOR(pg_catalog.=) ANY ($3) OR $4 AND p.severity IS NULL)"

#define RANK " ORDER BY pg_catalog.array_position($3, r.severity) NULLS LAST, "

/*
 * The texts are read from the summaries for the page's patterns alone, and in their
 * order, one after the other: sorting would take those of all.
 */
#define PAGE_OF(rows) \
	"WITH page AS MATERIALIZED (SELECT r.* FROM (" rows " UNION ALL " PENDING_ROWS ") AS r" \
	RANK ORDER_OF("r.", "r.id") " LIMIT $5 OFFSET $6)" \
	" SELECT r.id, r.title, r.created_at, r.\"position\", r.pattern_id, r.name," \
	" session_group.pattern_description(r.summary, r.\"position\"), r.severity," \
	" session_group.pattern_indicators(r.summary, r.\"position\"), r.sessions_affected," \
	" r.occurrences, r.sessions_affected_ratio, r.segments_success_ratio, r.examples" \
	" FROM (SELECT r.*, s.title, s.summary FROM page AS r CROSS JOIN LATERAL (" \
	"SELECT t.title, t.summary FROM session_group.summaries AS t" \
	" WHERE t.project_id OPERATOR(pg_catalog.=) $1" \
	" AND t.id OPERATOR(pg_catalog.=) r.id OFFSET 0) AS s" \
	RANK ORDER_OF("r.", "r.id") " OFFSET 0) AS r"

/* Up to so many rows are sorted. More are read in the order of the index, which passes old ones. */
#define SORTED_AT_MOST 5000

static uint64
read_page(int64 project_id, const Wanted *wanted, int64 count, int64 limit, int64 offset)
{
	static SgStatement in_order = {
		PAGE_OF(ROWS_IN_ORDER),
		{INT8OID, TIMESTAMPTZOID, TEXTARRAYOID, BOOLOID, INT8OID, INT8OID}, true
	};
	static SgStatement sorted = {
		PAGE_OF(ROWS_OF_TIME),
		{INT8OID, TIMESTAMPTZOID, TEXTARRAYOID, BOOLOID, INT8OID, INT8OID, INT2ARRAYOID}, true
	};
	static SgStatement visible = {
		PAGE_OF(ROWS_OF_TIME SUMMARY_IS_VISIBLE),
		{INT8OID, TIMESTAMPTZOID, TEXTARRAYOID, BOOLOID, INT8OID, INT8OID, INT2ARRAYOID}, true
	};
	Datum		values[] = {
		Int64GetDatum(project_id), TimestampTzGetDatum(wanted->since),
		sg_severity_list(wanted->severities),
		BoolGetDatum(wanted->severities == SG_EVERY_SEVERITY), Int64GetDatum(limit),
		Int64GetDatum(offset), sg_severity_sets(wanted->severities)
	};

	return sg_execute(!sg_policies_are_ours() ? &visible : count > SORTED_AT_MOST ? &in_order :
					  &sorted, values, NULL, SG_SNAPSHOT_OF_CALLER);
}

/*
 * Count the patterns where a policy may hide some of their summaries.
 */
static int64
count_visible(int64 project_id, const Wanted *wanted)
{
	static SgStatement statement = {
		"SELECT pg_catalog.count(*) FROM (" ROWS_OF_TIME SUMMARY_IS_VISIBLE
		" UNION ALL " PENDING_ROWS ") AS r",
		{INT8OID, TIMESTAMPTZOID, TEXTARRAYOID, BOOLOID, INT8OID, INT8OID, INT2ARRAYOID}, true
	};
	Datum		values[] = {
		Int64GetDatum(project_id), TimestampTzGetDatum(wanted->since),
		sg_severity_list(wanted->severities),
		BoolGetDatum(wanted->severities == SG_EVERY_SEVERITY), (Datum) 0, (Datum) 0,
		sg_severity_sets(wanted->severities)
	};

	if (sg_execute(&statement, values, NULL, SG_SNAPSHOT_OF_CALLER) != 1)
		elog(ERROR, "no count of patterns");
	return DatumGetInt64(sg_required(0, 1));
}

/*
 * Return the number of all patterns.
 */
static int64
count_all(int64 project_id, const Wanted *wanted)
{
	SgTimes		times = {.after = &wanted->since};

	return sg_policies_are_ours() ?
		sg_count_severities(project_id, wanted->severities, &times).patterns :
		count_visible(project_id, wanted);
}

static bool
read_wanted(const SgRequest *request, Wanted *wanted, SgFault *fault)
{
	static const SgText default_since = {DEFAULT_SINCE, sizeof(DEFAULT_SINCE) - 1};
	const SgText *severity = sg_params_last(&request->query, "severity");
	const SgText *since = sg_params_last(&request->query, "since");

	wanted->severities = SG_EVERY_SEVERITY;
	if (severity != NULL && severity->length > 0 &&
		!sg_severities_read(severity, &wanted->severities, fault))
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
append_pattern(StringInfo buf, SPITupleTable *rows, uint64 row, const SgPeople *people)
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
	SgPage		page = sg_page_read(&request->query, sg_max_page_size);
	SgResults	results;
	Wanted		wanted;

	if (!read_wanted(request, &wanted, fault))
		return false;
	results.count = count_all(request->project_id, &wanted);
	results.row_count = page.offset >= results.count ? 0 :
		read_page(request->project_id, &wanted, results.count, page.limit, page.offset);
	results.rows = SPI_tuptable;
	sg_link_pages(request->base_url, &request->query, &page, &results);
	sg_results_append(response->body, &results, 0, append_pattern);
	response->status = 200;
	return true;
}
