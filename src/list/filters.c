/*
 * filters.c
 *		The filters of a list of summaries: one table, which every door reads.
 *
 * A new filter is a row here and an argument of list_summaries() and
 * count_summaries(), which take the filters in the order of the table. HTTP,
 * the statements and the binding of cursors follow.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/statement.h"
#include "list/filters.h"
#include "list/find_keys.h"
#include "list/find_words.h"
#include "list/project_date.h"
#include "list/word_clauses.h"
#include "summary/patterns.h"

/*
 * Refuse a null character, which no text in PostgreSQL can contain.
 */
static bool
check_text(const SgText *text, const char *name, SgFault *fault)
{
	return memchr(text->data, '\0', text->length) == NULL ||
		sg_fault(fault, SG_FAULT_INVALID, name, "Null characters are not allowed.");
}

/*
 * Make the pattern for a substring, in which %, _ and \ are plain characters.
 */
static text *
substring_pattern(const SgText *search)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '%');
	for (size_t i = 0; i < search->length; i++)
	{
		char		c = search->data[i];

		if (c == '%' || c == '_' || c == '\\')
			appendStringInfoChar(&buf, '\\');
		appendStringInfoChar(&buf, c);
	}
	appendStringInfoChar(&buf, '%');
	return cstring_to_text_with_len(buf.data, buf.len);
}

/*
 * Read a part of the title. One that is too short, or "a b", has no keys in the index.
 */
static bool
read_search(int64 project_id, const SgText *text, const char *name, Datum *values, SgFault *fault)
{
	if (!check_text(text, name, fault))
		return false;
	values[0] = PointerGetDatum(substring_pattern(text));
	values[1] = PointerGetDatum(sg_find_title_keys(project_id, text));
	return true;
}

static bool
read_uuid(int64 project_id, const SgText *text, const char *name, Datum *values, SgFault *fault)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

	values[0] = UUIDPGetDatum(uuid);
	return sg_read_uuid(text->data, text->length, uuid) ||
		sg_fault(fault, SG_FAULT_INVALID, name, "Not a valid UUID.");
}

static bool
read_date(int64 project_id, const SgText *text, const char *name, Datum *values, SgFault *fault)
{
	TimestampTz date = 0;
	bool		good = sg_project_date_read(project_id, text, name, &date, fault);

	values[0] = TimestampTzGetDatum(date);
	return good;
}

static bool
read_session(int64 project_id, const SgText *text, const char *name, Datum *values,
			 SgFault *fault)
{
	if (!check_text(text, name, fault))
		return false;
	values[0] = PointerGetDatum(cstring_to_text_with_len(text->data, text->length));
	values[1] = PointerGetDatum(sg_find_session_keys(project_id, text));
	return true;
}

static bool
read_words(int64 project_id, const SgText *text, const char *name, Datum *values, SgFault *fault)
{
	if (!check_text(text, name, fault))
		return false;
	sg_word_clauses(project_id, sg_find_words(project_id, text), values);
	return true;
}

static bool
read_severity(int64 project_id, const SgText *text, const char *name, Datum *values,
			  SgFault *fault)
{
	int			severities;

	if (!sg_severities_read(text, &severities, fault))
		return false;
	values[0] = sg_severity_list(severities);
	values[1] = sg_severity_sets(severities);
	return true;
}

static int64
count_severity(int64 project_id, const Datum *values, const SgTimes *times)
{
	return sg_count_severities(project_id, sg_severities_of_sets(values[1]), times).summaries;
}

/*
 * The titles with a part. The condition on the project is one that the primary key
 * can not serve, as in listing.c.
 */
#define OF_TITLES_WITH(part, keys) \
	" FROM session_group.title_rows AS t" \
	" WHERE (t.project_id OPERATOR(pg_catalog.+) 0) OPERATOR(pg_catalog.=) $1" \
	" AND session_group.title_keys(t.project_id, t.title) OPERATOR(pg_catalog.@>) " keys \
	" AND t.title OPERATOR(pg_catalog.~~*) " part

/*
 * Return how many titles have a part, where their rows alone can say it.
 */
static int64
count_titles(int64 project_id, const Datum *values, const SgTimes *times)
{
	static SgStatement statement = {
		"SELECT pg_catalog.count(*)" OF_TITLES_WITH("$2", "$3"), {INT8OID, TEXTOID, INT8ARRAYOID}
	};
	Datum		parameters[] = {Int64GetDatum(project_id), values[0], values[1]};

	if (values[1] == (Datum) 0 || times->after != NULL || times->before != NULL)
		return -1;
	sg_execute_as_owner(&statement, parameters, NULL, SG_SNAPSHOT_OF_CALLER);
	return DatumGetInt64(sg_required(0, 1));
}

/*
 * The summaries with a pattern of a severity. The index has the set of severities
 * of each summary: it is searched once for each set that contains the severity.
 * Summaries whose patterns are not rows yet, after an update of the extension, are
 * read whole.
 */
#define SUMMARIES_OF_SEVERITY \
	"SELECT n.summary_id AS id FROM pg_catalog.unnest(?2) AS w (severities)" \
	" CROSS JOIN LATERAL (SELECT t.summary_id FROM session_group.pattern_numbers AS t" \
	" WHERE t.project_id OPERATOR(pg_catalog.=) $1" \
	" AND t.severities OPERATOR(pg_catalog.=) w.severities OFFSET 0) AS n" \
	" UNION ALL SELECT s.id" SG_PENDING_PATTERNS \
	" AND p.severity OPERATOR(pg_catalog.=) ANY (?1)"

/*
 * The same, asked of one summary. OFFSET keeps the planner from turning that into a
 * search for all summaries with the severity.
 */
#define SEVERITY_OF_SUMMARY \
	"(EXISTS (SELECT FROM session_group.pattern_numbers AS n" \
	" WHERE n.project_id OPERATOR(pg_catalog.=) $1 AND n.summary_id OPERATOR(pg_catalog.=) s.id" \
	" AND n.severities OPERATOR(pg_catalog.=) ANY (?2) OFFSET 0)" \
	" OR EXISTS (SELECT FROM session_group.pending_rows AS q" \
	" CROSS JOIN LATERAL session_group.summary_patterns(s.summary) AS p" \
	" WHERE q.project_id OPERATOR(pg_catalog.=) $1 AND q.summary_id OPERATOR(pg_catalog.=) s.id" \
	" AND p.severity OPERATOR(pg_catalog.=) ANY (?1) OFFSET 0))"

const SgFilter sg_filters[] = {
	{
		.name = "search", .argument = TEXTOID, .read = read_search,
		.types = {TEXTOID, INT8ARRAYOID},
		.condition = "s.title OPERATOR(pg_catalog.~~*) ?1",
		.keyed = true, .rows = "SELECT t.summary_id AS id" OF_TITLES_WITH("?1", "?2"),
		.count = count_titles
	},
	{
		.name = "created_by", .argument = UUIDOID, .read = read_uuid,
		.types = {UUIDOID},
		.condition = "s.created_by_id OPERATOR(pg_catalog.=)"
		" (SELECT u.id FROM session_group.users AS u WHERE u.uuid OPERATOR(pg_catalog.=) ?1)"
	},
	{
		.name = "date_from", .argument = TEXTOID, .read = read_date,
		.types = {TIMESTAMPTZOID},
		.condition = "s.created_at OPERATOR(pg_catalog.>) ?1",
		.bound = SG_BOUND_AFTER
	},
	{
		.name = "date_to", .argument = TEXTOID, .read = read_date,
		.types = {TIMESTAMPTZOID},
		.condition = "s.created_at OPERATOR(pg_catalog.<) ?1",
		.bound = SG_BOUND_BEFORE
	},
	{
		.name = "session_id", .argument = TEXTOID, .read = read_session,
		.types = {TEXTOID, INT8ARRAYOID},
		.condition = "?1 OPERATOR(pg_catalog.=) ANY (s.session_ids)",
		.keyed = true, .keys = "session_group.session_keys(s.project_id, s.session_ids)"
		" OPERATOR(pg_catalog.@>) ?2"
	},
	{
		.name = "q", .argument = TEXTOID, .read = read_words,
		.types = {TSQUERYOID, TSQUERYARRAYOID, INT8ARRAYOID, INT8ARRAYOID},
		.condition = SG_WORDS " OPERATOR(pg_catalog.@@) ?1",
		.keyed = true, .conditions = sg_word_conditions,
		.rank = "pg_catalog.ts_rank(" SG_WORDS ", ?1) DESC, s.created_at DESC, s.id DESC",
		.slow = true
	},
	{
		.name = "severity", .argument = TEXTOID, .read = read_severity,
		.types = {TEXTARRAYOID, INT2ARRAYOID},
		.condition = SEVERITY_OF_SUMMARY, .rows = SUMMARIES_OF_SEVERITY, .count = count_severity
	},
	{0}
};

StaticAssertDecl(lengthof(sg_filters) - 1 <= SG_FILTERS_MAX, "a listing has room for all filters");
