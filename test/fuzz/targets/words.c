/*
 * words.c
 *		What is searched for, and what a summary is found under: src/list/find_words.c,
 *		src/list/find_keys.c.
 */
#include "base/session_group.h"

#include "fmgr.h"
#include "tsearch/ts_type.h"
#include "tsearch/ts_utils.h"
#include "utils/builtins.h"

#include "fuzz.h"
#include "json/input.h"
#include "list/find_keys.h"
#include "list/find_words.h"

extern Datum session_group_summary_words(PG_FUNCTION_ARGS);

static Datum
text_datum(const SgText *text)
{
	return PointerGetDatum(cstring_to_text_with_len(text->data, text->length));
}

/*
 * A vector that the server itself reads again as the same: lexemes are sorted,
 * each once, each with the project in front.
 */
static void
check_vector(Datum vector, const char *prefix)
{
	char	   *written = DatumGetCString(DirectFunctionCall1(tsvectorout, vector));
	Datum		again = DirectFunctionCall1(tsvectorin, CStringGetDatum(written));
	TSVector	words = DatumGetTSVector(vector);

	FUZZ_CHECK(DatumGetBool(DirectFunctionCall2(tsvector_eq, vector, again)));
	FUZZ_CHECK(words->size >= 1);
	for (int i = 0; i < words->size; i++)
		FUZZ_CHECK(strncmp(STRPTR(words) + ARRPTR(words)[i].pos, prefix, strlen(prefix)) == 0);
}

/*
 * A query that the server itself reads again, and that finds no other project.
 */
static void
check_query(Datum query, Datum vector, Datum vector_of_other)
{
	char	   *written = DatumGetCString(DirectFunctionCall1(tsqueryout, query));
	Datum		again = DirectFunctionCall1(tsqueryin, CStringGetDatum(written));

	FUZZ_CHECK(DatumGetTSQuery(again)->size == DatumGetTSQuery(query)->size);
	(void) DirectFunctionCall2(ts_match_vq, vector, query);
	FUZZ_CHECK(!DatumGetBool(DirectFunctionCall2(ts_match_vq, vector_of_other, query)));
}

/*
 * The first byte chooses the project; then come a line with what is searched,
 * one with a title, and a summary.
 */
void
fuzz_words(const char *data, size_t size)
{
	static const int64 projects[] = {1, 42, PG_INT64_MAX};
	FuzzInput	input = {data, size};
	int64		project = projects[fuzz_take_byte(&input) % lengthof(projects)];
	SgText		query = fuzz_take_line(&input);
	SgText		title = fuzz_take_line(&input);
	char	   *prefix = psprintf(INT64_FORMAT ":", project);
	const char *error;
	Jsonb	   *summary;
	LOCAL_FCINFO(call, 3);
	Datum		vector;
	Datum		vector_of_other;

	if (memchr(data, '\0', size) != NULL || !fuzz_is_utf8(query.data, query.length) ||
		!fuzz_is_utf8(title.data, title.length))
		return;
	(void) sg_find_title_keys(project, &query);
	(void) sg_find_session_keys(project, &query);

	summary = sg_json_parse(input.data, input.size, &error);
	InitFunctionCallInfoData(*call, NULL, 3, InvalidOid, NULL, NULL);
	call->args[0].value = Int64GetDatum(project);
	call->args[0].isnull = false;
	call->args[1].value = text_datum(&title);
	call->args[1].isnull = false;
	call->args[2].value = PointerGetDatum(summary);
	call->args[2].isnull = summary == NULL;
	vector = session_group_summary_words(call);
	call->args[0].value = Int64GetDatum(project - 1);
	vector_of_other = session_group_summary_words(call);

	check_vector(vector, prefix);
	check_query(sg_find_words(project, &query), vector, vector_of_other);
}
