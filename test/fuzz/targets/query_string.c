/*
 * query_string.c
 *		Query strings: src/http/query_string.c, and the links of src/http/links.c.
 */
#include "base/session_group.h"

#include "fuzz.h"
#include "http/links.h"

static bool
same_text(const SgText *a, const SgText *b)
{
	return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

static void
check_same(const SgParams *params, const SgParams *others)
{
	FUZZ_CHECK(params->count == others->count);
	for (int i = 0; i < params->count; i++)
	{
		FUZZ_CHECK(same_text(&params->items[i].name, &others->items[i].name));
		FUZZ_CHECK(same_text(&params->items[i].value, &others->items[i].value));
	}
}

/*
 * What was parsed and is written again is parsed as the same.
 */
static void
check_written(const SgParams *params)
{
	StringInfoData buf;
	SgParams	again;

	initStringInfo(&buf);
	for (int i = 0; i < params->count; i++)
	{
		if (i > 0)
			appendStringInfoChar(&buf, '&');
		sg_percent_encode(&buf, &params->items[i].name);
		appendStringInfoChar(&buf, '=');
		sg_percent_encode(&buf, &params->items[i].value);
	}
	FUZZ_CHECK(sg_params_are_utf8(buf.data, buf.len));
	FUZZ_CHECK(params->count == 0 || sg_params_well_formed(buf.data, buf.len));
	again = sg_params_parse(buf.data, buf.len);
	FUZZ_CHECK(!again.too_many);
	check_same(params, &again);
}

/*
 * A link keeps the parameters and pages on from where it stands.
 */
static void
check_link(const SgParams *params)
{
	SgPage		page = sg_page_read(params, 1000);
	SgResults	results = {.count = PG_INT64_MAX};
	const char *link;
	SgParams	linked;
	SgPage		next;

	sg_link_pages("", params, &page, &results);
	link = results.next;
	FUZZ_CHECK(page.limit >= 1 && page.limit <= 1000 && page.offset >= 0);
	if (link == NULL)
	{
		FUZZ_CHECK(page.offset >= PG_INT64_MAX - page.limit);
		return;
	}
	linked = sg_params_parse(link + 1, strlen(link + 1));
	if (linked.too_many)
		return;
	next = sg_page_read(&linked, 1000);
	FUZZ_CHECK(next.limit == page.limit && next.offset == page.offset + page.limit);
	FUZZ_CHECK(linked.count <= params->count + 2);
}

void
fuzz_query_string(const char *data, size_t size)
{
	SgParams	params = sg_params_parse(data, size);

	FUZZ_CHECK(params.count <= SG_PARAMS_MAX);
	for (int i = 0; i < params.count; i++)
	{
		const SgParam *param = &params.items[i];

		fuzz_check_text(&param->name);
		fuzz_check_text(&param->value);
		/* Of the first ones: each looks at all. */
		if (i < 8 && strlen(param->name.data) == param->name.length)
			FUZZ_CHECK(sg_params_last(&params, param->name.data) >= &param->value);
	}
	if (sg_params_are_utf8(data, size))
	{
		SgText		decoded = sg_percent_decode(data, size, true);

		FUZZ_CHECK(decoded.length <= size);
	}
	check_written(&params);
	check_link(&params);
}
