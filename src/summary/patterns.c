/*
 * patterns.c
 *		The patterns in a summary: the one reader of its form.
 *
 * The names of the fields are PostHog's ("occurences" is spelled as there):
 * class EnrichedSessionGroupSummaryPatternsList in
 * ee/hogai/session_summaries/session_group/patterns.py of github.com/PostHog/posthog.
 * There the column holds the object as a JSON string; a summary may be either.
 *
 * A summary may hold any JSON, so nothing is taken for granted, and nothing is
 * an error: what is of another type than it should be counts as absent.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "json/input.h"
#include "summary/patterns.h"

PG_FUNCTION_INFO_V1(session_group_summary_patterns);
PG_FUNCTION_INFO_V1(session_group_pattern_description);
PG_FUNCTION_INFO_V1(session_group_pattern_indicators);

const char *const sg_severity_names[SG_SEVERITY_COUNT] = {
	[SG_SEVERITY_CRITICAL] = "critical",
	[SG_SEVERITY_HIGH] = "high",
	[SG_SEVERITY_MEDIUM] = "medium",
	[SG_SEVERITY_LOW] = "low",
};

static SgSeverity
severity_named(const SgText *name)
{
	SgSeverity	severity = SG_SEVERITY_CRITICAL;

	while (severity < SG_SEVERITY_COUNT &&
		   (name->data == NULL || !sg_text_is(name, sg_severity_names[severity])))
		severity++;
	return severity;
}

/*
 * Return the object that a summary is, or that its string holds; or null.
 */
static JsonbContainer *
summary_object(Jsonb *summary)
{
	JsonbValue	value;
	const char *error;

	if (JsonbExtractScalar(&summary->root, &value) && value.type == jbvString)
		summary = sg_json_parse(value.val.string.val, value.val.string.len, &error);
	return summary != NULL && JB_ROOT_IS_OBJECT(summary) ? &summary->root : NULL;
}

/*
 * Find the list of patterns in a summary, or tell why there is none. A null
 * pointer is a summary that is null.
 */
SgSummaryForm
sg_summary_open(Jsonb *summary, JsonbContainer **patterns)
{
	JsonbValue	value;
	JsonbContainer *object;

	*patterns = NULL;
	if (summary == NULL ||
		(JsonbExtractScalar(&summary->root, &value) && value.type == jbvNull))
		return SG_SUMMARY_ABSENT;
	object = summary_object(summary);
	if (object == NULL)
		return SG_SUMMARY_UNREADABLE;
	*patterns = sg_field_array(object, "patterns");
	return *patterns == NULL ? SG_SUMMARY_WITHOUT_LIST : SG_SUMMARY_READABLE;
}

/*
 * Read one of the patterns; false for an item that is no object.
 */
bool
sg_pattern_read(JsonbContainer *patterns, int index, SgPattern *pattern)
{
	JsonbContainer *object = sg_item_object(patterns, index);
	JsonbContainer *stats = sg_field_object(object, "stats");
	SgText		severity = sg_field_string(object, "severity");

	if (object == NULL)
		return false;
	pattern->position = index + 1;
	pattern->name = sg_field_string(object, "pattern_name");
	pattern->description = sg_field_string(object, "pattern_description");
	pattern->severity = severity_named(&severity);
	pattern->pattern_id = sg_field_count(object, "pattern_id");
	pattern->sessions_affected = sg_field_count(stats, "sessions_affected");
	pattern->occurrences = sg_field_count(stats, "occurences");
	pattern->sessions_affected_ratio = sg_field_ratio(stats, "sessions_affected_ratio");
	pattern->segments_success_ratio = sg_field_ratio(stats, "segments_success_ratio");
	pattern->indicators = sg_field_array(object, "indicators");
	pattern->events = sg_field_array(object, "events");
	return true;
}

/* Values of a row, set one after the other. */
typedef struct Row
{
	int			count;
	Datum		values[11];
	bool		nulls[11];
} Row;

static void
add_value(Row *row, bool given, Datum value)
{
	row->values[row->count] = value;
	row->nulls[row->count++] = !given;
}

static Datum
text_datum(const SgText *text)
{
	return PointerGetDatum(cstring_to_text_with_len(text->data, text->length));
}

static void
add_text(Row *row, const SgText *text)
{
	add_value(row, text->data != NULL, text->data != NULL ? text_datum(text) : (Datum) 0);
}

static void
add_count(Row *row, Numeric number)
{
	add_value(row, number != NULL,
			  number != NULL ? Int64GetDatum(sg_whole_number(number)) : (Datum) 0);
}

static Datum
text_array(Datum *items, int count)
{
	return PointerGetDatum(construct_array(items, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * Make an array of the items that are strings.
 */
static Datum
strings_of(JsonbContainer *array)
{
	int			length = sg_item_count(array);
	Datum	   *items = palloc(sizeof(Datum) * Max(length, 1));
	int			count = 0;

	for (int i = 0; i < length; i++)
	{
		SgText		item = sg_item_string(array, i);

		if (item.data != NULL)
			items[count++] = text_datum(&item);
	}
	return text_array(items, count);
}

static void
put_pattern(ReturnSetInfo *result, const SgPattern *pattern)
{
	Row			row = {0};

	add_value(&row, true, Int32GetDatum(pattern->position));
	add_count(&row, pattern->pattern_id);
	add_text(&row, &pattern->name);
	add_text(&row, &pattern->description);
	add_value(&row, pattern->severity != SG_SEVERITY_UNKNOWN,
			  pattern->severity == SG_SEVERITY_UNKNOWN ? (Datum) 0 :
			  CStringGetTextDatum(sg_severity_names[pattern->severity]));
	add_value(&row, true, strings_of(pattern->indicators));
	add_count(&row, pattern->sessions_affected);
	add_count(&row, pattern->occurrences);
	add_value(&row, pattern->sessions_affected_ratio != NULL,
			  NumericGetDatum(pattern->sessions_affected_ratio));
	add_value(&row, pattern->segments_success_ratio != NULL,
			  NumericGetDatum(pattern->segments_success_ratio));
	add_value(&row, true, Int32GetDatum(sg_item_count(pattern->events)));
	tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
}

/*
 * session_group.summary_patterns(summary jsonb) returns table
 *
 * Raises nothing: what can not be read gives no rows, or nulls in them.
 */
Datum
session_group_summary_patterns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	JsonbContainer *patterns;
	SgPattern	pattern;
	MemoryContext row_context;
	MemoryContext old_context;

	InitMaterializedSRF(fcinfo, 0);
	(void) sg_summary_open(PG_GETARG_JSONB_P(0), &patterns);
	row_context = AllocSetContextCreate(CurrentMemoryContext, "session_group pattern",
										ALLOCSET_SMALL_SIZES);
	old_context = MemoryContextSwitchTo(row_context);
	for (int i = 0; i < sg_item_count(patterns); i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (sg_pattern_read(patterns, i, &pattern))
			put_pattern(result, &pattern);
		MemoryContextReset(row_context);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(row_context);
	return (Datum) 0;
}

/*
 * Tell whether these are more patterns than a summary may have.
 */
bool
sg_patterns_too_many(JsonbContainer *patterns)
{
	int			count = 0;

	if (sg_item_count(patterns) <= SG_PATTERNS_MAX)
		return false;
	for (int i = 0; i < sg_item_count(patterns); i++)
	{
		if (sg_item_object(patterns, i) != NULL)
			count++;
	}
	return count > SG_PATTERNS_MAX;
}

/*
 * Find the pattern at a place in a summary, from 1; false if there is none.
 */
static bool
pattern_at(Jsonb *summary, int position, SgPattern *pattern)
{
	JsonbContainer *patterns;

	(void) sg_summary_open(summary, &patterns);
	return position >= 1 && position <= sg_item_count(patterns) &&
		sg_pattern_read(patterns, position - 1, pattern);
}

/*
 * session_group.pattern_description(summary jsonb, "position" integer) returns text
 */
Datum
session_group_pattern_description(PG_FUNCTION_ARGS)
{
	SgPattern	pattern;

	if (!pattern_at(PG_GETARG_JSONB_P(0), PG_GETARG_INT32(1), &pattern) ||
		pattern.description.data == NULL)
		PG_RETURN_NULL();
	return text_datum(&pattern.description);
}

/*
 * session_group.pattern_indicators(summary jsonb, "position" integer) returns text[]
 */
Datum
session_group_pattern_indicators(PG_FUNCTION_ARGS)
{
	SgPattern	pattern;

	if (!pattern_at(PG_GETARG_JSONB_P(0), PG_GETARG_INT32(1), &pattern))
		PG_RETURN_NULL();
	return strings_of(pattern.indicators);
}

/*
 * Read a list of severities with commas between them into bits.
 */
bool
sg_severities_read(const SgText *text, int *severities, SgFault *fault)
{
	char	   *end = text->data + text->length;
	SgText		name = {text->data, 0};

	*severities = 0;
	for (char *c = text->data; c <= end; c++)
	{
		SgSeverity	severity;

		if (c < end && *c != ',')
			continue;
		name.length = c - name.data;
		severity = severity_named(&name);
		if (severity == SG_SEVERITY_UNKNOWN)
			return sg_fault(fault, SG_FAULT_INVALID, "severity",
							"Not a valid severity. Use critical, high, medium or low, or several"
							" of them with commas between.");
		*severities |= SG_SEVERITY_BIT(severity);
		name.data = c + 1;
	}
	return true;
}

/*
 * Return all sets (smallint[]) that have any of these severities: what
 * session_group.pattern_numbers has of summaries with such patterns.
 */
Datum
sg_severity_sets(int severities)
{
	Datum		items[SG_EVERY_SEVERITY];
	int			count = 0;

	for (int set = 1; set <= SG_EVERY_SEVERITY; set++)
	{
		if (set & severities)
			items[count++] = Int16GetDatum((int16) set);
	}
	return PointerGetDatum(construct_array(items, count, INT2OID, sizeof(int16), true,
										   TYPALIGN_SHORT));
}

/*
 * Return the severities whose sets these are: each of them is a set of its own, too.
 */
int
sg_severities_of_sets(Datum sets)
{
	ArrayType  *array = DatumGetArrayTypeP(sets);
	const int16 *items = (const int16 *) ARR_DATA_PTR(array);
	int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	int			severities = 0;

	for (int i = 0; i < count; i++)
	{
		if ((items[i] & (items[i] - 1)) == 0)
			severities |= items[i];
	}
	return severities;
}

/*
 * Return the names of severities (text[]), the worst first.
 */
Datum
sg_severity_list(int severities)
{
	Datum		items[SG_SEVERITY_COUNT];
	int			count = 0;

	for (int i = 0; i < SG_SEVERITY_COUNT; i++)
	{
		if (severities & SG_SEVERITY_BIT(i))
			items[count++] = CStringGetTextDatum(sg_severity_names[i]);
	}
	return text_array(items, count);
}
