/*
 * patterns.c
 *		Patterns of a summary, and the parameter severity: src/summary/patterns.c,
 *		src/json/field.c.
 *
 * The first line is the parameter, the rest a summary.
 */
#include "base/session_group.h"

#include "port/pg_bitutils.h"
#include "utils/array.h"

#include "fuzz.h"
#include "json/input.h"
#include "summary/patterns.h"

static void
check_part(const SgText *text)
{
	FUZZ_CHECK(text->data == NULL || fuzz_is_utf8(text->data, text->length));
}

static void
check_pattern(JsonbContainer *patterns, int index)
{
	SgPattern	pattern;

	if (!sg_pattern_read(patterns, index, &pattern))
		return;
	FUZZ_CHECK(pattern.position == index + 1);
	FUZZ_CHECK(pattern.severity >= SG_SEVERITY_CRITICAL && pattern.severity <= SG_SEVERITY_UNKNOWN);
	check_part(&pattern.name);
	check_part(&pattern.description);
	if (pattern.pattern_id != NULL)
		(void) sg_whole_number(pattern.pattern_id);
	if (pattern.sessions_affected != NULL)
		FUZZ_CHECK(sg_whole_number(pattern.sessions_affected) >= 0);
	if (pattern.occurrences != NULL)
		FUZZ_CHECK(sg_whole_number(pattern.occurrences) >= 0);
	for (int i = 0; i < sg_item_count(pattern.indicators); i++)
	{
		SgText		indicator = sg_item_string(pattern.indicators, i);

		check_part(&indicator);
	}
}

static void
check_severities(const SgText *text)
{
	int			severities;
	SgFault		fault = {SG_FAULT_NONE};
	ArrayType  *list;

	if (!sg_severities_read(text, &severities, &fault))
	{
		fuzz_check_fault(&fault);
		return;
	}
	list = DatumGetArrayTypeP(sg_severity_list(severities));
	FUZZ_CHECK(ArrayGetNItems(ARR_NDIM(list), ARR_DIMS(list)) == pg_popcount32(severities));
	list = DatumGetArrayTypeP(sg_severity_sets(severities));
	FUZZ_CHECK(ArrayGetNItems(ARR_NDIM(list), ARR_DIMS(list)) ==
			   SG_EVERY_SEVERITY + 1 - (1 << (5 - pg_popcount32(severities))));
}

void
fuzz_patterns(const char *data, size_t size)
{
	FuzzInput	input = {data, size};
	SgText		severity = fuzz_take_line(&input);
	const char *error;
	Jsonb	   *summary;
	JsonbContainer *patterns;
	SgSummaryForm form;

	if (fuzz_is_utf8(severity.data, severity.length))
		check_severities(&severity);
	summary = sg_json_parse(input.data, input.size, &error);
	if (summary == NULL)
		return;
	form = sg_summary_open(summary, &patterns);
	FUZZ_CHECK((form == SG_SUMMARY_READABLE) == (patterns != NULL));
	for (int i = 0; i < sg_item_count(patterns); i++)
		check_pattern(patterns, i);
}
