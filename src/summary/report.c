/*
 * report.c
 *		A summary as a report for people, in CommonMark.
 *
 * Headings, lists and paragraphs are ours. Every text of the summary is written
 * by sg_markdown_text() and stays within one line, so the structure of a report
 * depends only on the form of the summary, not on its texts. Parts without
 * content are left out, with their labels.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/statement.h"
#include "summary/markdown.h"
#include "summary/patterns.h"
#include "summary/report.h"
#include "summary/store.h"

/* A report is for reading, so it has no more than these. */
#define MAX_PATTERNS 200		/* of each severity */
#define MAX_EXAMPLES 5			/* of a pattern */
#define MAX_NEIGHBOURS 3		/* events before an example, and after it */

/* Patterns by severity; the last list is for those of unknown severity. */
typedef struct Findings
{
	SgSummaryForm form;
	int			total;			/* patterns */
	int			unreadable;		/* items of the list that are not patterns */
	int			count[SG_SEVERITY_COUNT + 1];
	SgPattern  *patterns[SG_SEVERITY_COUNT + 1];	/* the first MAX_PATTERNS of them */
} Findings;

static const char *const severity_headings[SG_SEVERITY_COUNT + 1] = {
	[SG_SEVERITY_CRITICAL] = "Critical",
	[SG_SEVERITY_HIGH] = "High",
	[SG_SEVERITY_MEDIUM] = "Medium",
	[SG_SEVERITY_LOW] = "Low",
	[SG_SEVERITY_UNKNOWN] = "Of no known severity",
};

/*
 * Begin a block: put one blank line behind what is there.
 */
static void
begin_block(StringInfo buf)
{
	const char *end = buf->data + buf->len;

	if (end[-1] == '\n' && end[-2] != '\n')
		appendStringInfoChar(buf, '\n');
}

/*
 * Remove what was appended since a position.
 */
static void
take_back(StringInfo buf, int start)
{
	buf->len = start;
	buf->data[start] = '\0';
}

/*
 * Append a line: a label and a text. Appends nothing if the text has nothing
 * visible.
 */
static bool
append_line(StringInfo buf, const char *label, const SgText *text)
{
	int			start = buf->len;

	appendStringInfoString(buf, label);
	if (!sg_markdown_text(buf, text))
	{
		take_back(buf, start);
		return false;
	}
	appendStringInfoChar(buf, '\n');
	return true;
}

static void
append_heading(StringInfo buf, const char *marks, const SgText *text, const char *otherwise)
{
	if (!append_line(buf, marks, text))
		appendStringInfo(buf, "%s%s\n", marks, otherwise);
}

static void
append_count(StringInfo buf, const char *label, Numeric count)
{
	if (count != NULL)
		appendStringInfo(buf, "%s" INT64_FORMAT "\n", label, sg_whole_number(count));
}

/*
 * Append a ratio in per cent, rounded.
 */
static void
append_percent(StringInfo buf, Numeric ratio)
{
	Datum		percent = DirectFunctionCall2(numeric_mul, NumericGetDatum(ratio),
											  NumericGetDatum(int64_to_numeric(100)));

	appendStringInfo(buf, INT64_FORMAT "%%", DatumGetInt64(DirectFunctionCall1(numeric_int8, percent)));
}

/*
 * Append a time in UTC, to the second.
 */
static void
append_time(StringInfo buf, TimestampTz time)
{
	char		text[MAXDATELEN + 1];
	struct pg_tm tm;
	fsec_t		fraction;

	if (TIMESTAMP_NOT_FINITE(time) ||
		timestamp2tm(time, NULL, &tm, &fraction, NULL, NULL) != 0)
		appendStringInfoString(buf, timestamptz_to_str(time));
	else
	{
		EncodeDateTime(&tm, 0, false, 0, NULL, USE_ISO_DATES, text);
		appendStringInfo(buf, "%s UTC", text);
	}
}

static SgText
text_of(Datum value)
{
	text	   *string = DatumGetTextPP(value);
	SgText		result = {VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string)};

	return result;
}

/*
 * Append who made the summary, as far as the caller may see.
 */
static void
append_creator(StringInfo buf, Datum id)
{
	static SgStatement get_name = {
		"SELECT pg_catalog.btrim(pg_catalog.concat_ws(' ', u.first_name, u.last_name)), u.email"
		" FROM session_group.users AS u WHERE u.id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[] = {id};
	SgText		name;
	bool		isnull;

	if (sg_execute(&get_name, values, NULL, SG_SNAPSHOT_OF_CALLER) != 1)
		return;
	name = text_of(sg_result(0, 1, &isnull));
	if (!append_line(buf, "- Created by: ", &name))
	{
		name = text_of(sg_result(0, 2, &isnull));
		(void) append_line(buf, "- Created by: ", &name);
	}
}

/*
 * Read the patterns of a summary, sorted into severities.
 */
static void
find_patterns(Jsonb *summary, Findings *findings)
{
	JsonbContainer *list;

	memset(findings, 0, sizeof(Findings));
	for (int i = 0; i <= SG_SEVERITY_COUNT; i++)
		findings->patterns[i] = palloc(sizeof(SgPattern) * MAX_PATTERNS);
	findings->form = sg_summary_open(summary, &list);
	for (int i = 0; i < sg_item_count(list); i++)
	{
		SgPattern	pattern;

		CHECK_FOR_INTERRUPTS();
		if (!sg_pattern_read(list, i, &pattern))
		{
			findings->unreadable++;
			continue;
		}
		if (findings->count[pattern.severity] < MAX_PATTERNS)
			findings->patterns[pattern.severity][findings->count[pattern.severity]] = pattern;
		findings->count[pattern.severity]++;
		findings->total++;
	}
}

/*
 * Append the heading and the facts about the summary.
 */
static void
append_head(StringInfo buf, SPITupleTable *rows, uint64 row, const Findings *findings)
{
	Datum		values[SG_ROW_COLUMN_COUNT];
	bool		nulls[SG_ROW_COLUMN_COUNT];
	SgText		text;

	heap_deform_tuple(rows->vals[row], rows->tupdesc, values, nulls);
	text = text_of(values[SG_ROW_TITLE - 1]);
	append_heading(buf, "# ", &text, "No title");
	begin_block(buf);
	appendStringInfo(buf, "- Sessions: %d\n", DatumGetInt32(values[SG_ROW_SESSION_COUNT - 1]));
	if (!nulls[SG_ROW_EXTRA_SUMMARY_CONTEXT - 1])
	{
		Jsonb	   *context = DatumGetJsonbP(values[SG_ROW_EXTRA_SUMMARY_CONTEXT - 1]);

		text = sg_field_string(&context->root, "focus_area");
		(void) append_line(buf, "- Focus: ", &text);
	}
	appendStringInfoString(buf, "- Created: ");
	append_time(buf, DatumGetTimestampTz(values[SG_ROW_CREATED_AT - 1]));
	appendStringInfoChar(buf, '\n');
	if (!nulls[SG_ROW_CREATED_BY_ID - 1])
		append_creator(buf, values[SG_ROW_CREATED_BY_ID - 1]);
	if (findings->total > 0)
		appendStringInfo(buf, "- Patterns: %d\n", findings->total);
}

/*
 * Append what is missing or unreadable, if anything is.
 */
static void
append_condition(StringInfo buf, const Findings *findings)
{
	static const char *const conditions[] = {
		[SG_SUMMARY_ABSENT] = "This group has no summary yet.",
		[SG_SUMMARY_UNREADABLE] = ("The summary can not be read: it is neither a JSON object"
								   " nor a string that holds one."),
		[SG_SUMMARY_WITHOUT_LIST] = "The summary can not be read: it has no list of patterns.",
		[SG_SUMMARY_READABLE] = "No patterns were found.",
	};

	if (findings->total == 0 && findings->unreadable == 0)
	{
		begin_block(buf);
		appendStringInfo(buf, "%s\n", conditions[findings->form]);
	}
	if (findings->unreadable > 0)
	{
		begin_block(buf);
		appendStringInfo(buf, "Items of the list of patterns that can not be read, and are left"
						 " out: %d.\n", findings->unreadable);
	}
}

static void
append_stats(StringInfo buf, const SgPattern *pattern)
{
	begin_block(buf);
	append_count(buf, "- Sessions affected: ", pattern->sessions_affected);
	if (pattern->sessions_affected_ratio != NULL)
	{
		appendStringInfoString(buf, "- Share of the sessions: ");
		append_percent(buf, pattern->sessions_affected_ratio);
		appendStringInfoChar(buf, '\n');
	}
	append_count(buf, "- Occurrences: ", pattern->occurrences);
	if (pattern->segments_success_ratio != NULL)
	{
		appendStringInfoString(buf, "- Segments that ended well: ");
		append_percent(buf, pattern->segments_success_ratio);
		appendStringInfoChar(buf, '\n');
	}
}

/*
 * Append a label and a list below it, or nothing if the list is empty.
 */
static void
append_strings(StringInfo buf, const char *label, JsonbContainer *strings)
{
	int			start = buf->len;
	bool		any = false;

	begin_block(buf);
	appendStringInfo(buf, "%s\n\n", label);
	for (int i = 0; i < sg_item_count(strings); i++)
	{
		SgText		item = sg_item_string(strings, i);

		any |= append_line(buf, "- ", &item);
	}
	if (!any)
		take_back(buf, start);
}

/*
 * Append another text to a line, behind a separator.
 */
static bool
append_part(StringInfo buf, const char *joint, SgText text)
{
	int			start = buf->len;

	appendStringInfoString(buf, joint);
	if (sg_markdown_text(buf, &text))
		return true;
	take_back(buf, start);
	return false;
}

/*
 * Append an event in one line: what happened, and in brackets its name and page.
 */
static bool
append_event(StringInfo buf, JsonbContainer *event)
{
	bool		told = append_part(buf, "- ", sg_field_string(event, "description"));
	bool		named = append_part(buf, told ? " (" : "- ", sg_field_string(event, "event"));
	bool		placed = append_part(buf, named ? ", " : told ? " (" : "- ",
									 sg_field_string(event, "current_url"));

	if (told && (named || placed))
		appendStringInfoChar(buf, ')');
	if (told || named || placed)
		appendStringInfoChar(buf, '\n');
	return told || named || placed;
}

/*
 * Append a label and a range of events, or nothing if there are none.
 */
static void
append_events(StringInfo buf, const char *label, JsonbContainer *events, int first, int end)
{
	int			start = buf->len;
	bool		any = false;

	begin_block(buf);
	appendStringInfo(buf, "%s\n\n", label);
	for (int i = Max(first, 0); i < Min(end, sg_item_count(events)); i++)
		any |= append_event(buf, sg_item_object(events, i));
	if (!any)
		take_back(buf, start);
}

/*
 * Append the signs of trouble that the model saw in an event.
 */
static void
append_signs(StringInfo buf, JsonbContainer *event)
{
	SgText		exception = sg_field_string(event, "exception");
	bool		seen;

	if (sg_field_bool(event, "abandonment", &seen) && seen)
		appendStringInfoString(buf, "- Sign: abandonment\n");
	if (sg_field_bool(event, "confusion", &seen) && seen)
		appendStringInfoString(buf, "- Sign: confusion\n");
	(void) append_line(buf, "- Exception: ", &exception);
}

/*
 * Append the event of an example, a line for each fact.
 */
static void
append_key_event(StringInfo buf, JsonbContainer *event)
{
	SgText		description = sg_field_string(event, "description");
	SgText		session = sg_field_string(event, "session_id");
	SgText		url = sg_field_string(event, "current_url");
	SgText		time = sg_field_string(event, "timestamp");
	Numeric		elapsed = sg_field_count(event, "milliseconds_since_start");

	begin_block(buf);
	if (!append_line(buf, "- Key event: ", &description))
		appendStringInfoString(buf, "- Key event: not described\n");
	if (append_part(buf, "- Event: ", sg_field_string(event, "event")))
	{
		(void) append_part(buf, ", ", sg_field_string(event, "event_type"));
		appendStringInfoChar(buf, '\n');
	}
	(void) append_line(buf, "- Page: ", &url);
	(void) append_line(buf, "- Time: ", &time);
	if (elapsed != NULL)
	{
		int64		milliseconds = sg_whole_number(elapsed);

		appendStringInfo(buf, "- Since the session began: " INT64_FORMAT ".%03d s\n",
						 milliseconds / 1000, (int) (milliseconds % 1000));
	}
	(void) append_line(buf, "- Session: ", &session);
	append_signs(buf, event);
}

/*
 * Append how the segment of the session ended that contains the example.
 */
static void
append_outcome(StringInfo buf, JsonbContainer *example)
{
	SgText		segment = sg_field_string(example, "segment_name");
	SgText		outcome = sg_field_string(example, "segment_outcome");
	int			start = buf->len;
	bool		told;
	bool		success;

	begin_block(buf);
	appendStringInfoString(buf, "Outcome:\n\n");
	told = append_line(buf, "- Segment: ", &segment);
	told |= append_line(buf, "- Outcome: ", &outcome);
	if (sg_field_bool(example, "segment_success", &success))
	{
		appendStringInfo(buf, "- Ended well: %s\n", success ? "yes" : "no");
		told = true;
	}
	if (!told)
		take_back(buf, start);
}

static void
append_example(StringInfo buf, JsonbContainer *example, int number)
{
	JsonbContainer *before = sg_field_array(example, "previous_events_in_segment");
	JsonbContainer *after = sg_field_array(example, "next_events_in_segment");
	int			count = sg_item_count(before);

	begin_block(buf);
	appendStringInfo(buf, "#### Example %d\n", number);
	append_key_event(buf, sg_field_object(example, "target_event"));
	append_events(buf, "Before:", before, count - MAX_NEIGHBOURS, count);
	append_events(buf, "After:", after, 0, MAX_NEIGHBOURS);
	append_outcome(buf, example);
}

static void
append_pattern(StringInfo buf, const SgPattern *pattern)
{
	int			examples = 0;

	begin_block(buf);
	append_heading(buf, "### ", &pattern->name, "No name");
	begin_block(buf);
	(void) append_line(buf, "", &pattern->description);
	append_stats(buf, pattern);
	append_strings(buf, "Indicators:", pattern->indicators);
	for (int i = 0; i < sg_item_count(pattern->events) && examples < MAX_EXAMPLES; i++)
	{
		JsonbContainer *example = sg_item_object(pattern->events, i);

		if (example != NULL)
			append_example(buf, example, ++examples);
	}
}

static void
append_severity(StringInfo buf, const Findings *findings, int severity)
{
	int			shown = Min(findings->count[severity], MAX_PATTERNS);

	if (shown == 0)
		return;
	begin_block(buf);
	appendStringInfo(buf, "## %s\n", severity_headings[severity]);
	for (int i = 0; i < shown; i++)
	{
		CHECK_FOR_INTERRUPTS();
		append_pattern(buf, &findings->patterns[severity][i]);
	}
	if (findings->count[severity] > shown)
	{
		begin_block(buf);
		appendStringInfo(buf, "Further patterns of this severity, left out: %d.\n",
						 findings->count[severity] - shown);
	}
}

/*
 * Append the report on a row of session_group.summaries; SPI must be connected.
 */
void
sg_report_append(StringInfo buf, SPITupleTable *rows, uint64 row)
{
	Findings	findings;
	bool		isnull;
	Datum		summary = sg_value(rows, row, SG_ROW_SUMMARY, &isnull);

	find_patterns(isnull ? NULL : DatumGetJsonbP(summary), &findings);
	append_head(buf, rows, row, &findings);
	append_condition(buf, &findings);
	for (int i = 0; i <= SG_SEVERITY_COUNT; i++)
		append_severity(buf, &findings, i);
	if (buf->data[buf->len - 2] == '\n')
		take_back(buf, buf->len - 1);
}
