/*
 * conditions.c
 *		If-Match and If-None-Match: src/http/conditional.c.
 *
 * The first line is the one, the rest the other; an empty one is not sent.
 */
#include "base/session_group.h"

#include "fuzz.h"
#include "http/conditional.h"
#include "http/headers.h"
#include "json/output.h"

#define ETAG "\"0123456789abcdef\""

/*
 * Make the headers of a request; null where they are no text.
 */
static const SgHeaders *
headers_of(const SgText *match, const SgText *none_match)
{
	StringInfoData buf;

	initStringInfo(&buf);
	sg_json_literal(&buf, "{\"if-match\":");
	sg_json_string(&buf, match->data, match->length);
	sg_json_literal(&buf, ",\"if-none-match\":");
	sg_json_string(&buf, none_match->data, none_match->length);
	sg_json_literal(&buf, "}");
	return sg_headers_read(buf.data);
}

/*
 * Only one who names the ETag, or any, can be told that it is there.
 */
static bool
names_it(const SgText *value)
{
	return strstr(value->data, ETAG) != NULL || strchr(value->data, '*') != NULL;
}

static bool
check_request(const SgRequest *request, bool *unchanged)
{
	SgFault		fault = {SG_FAULT_NONE};
	bool		good = sg_conditions_check(request, ETAG, unchanged, &fault);

	if (!good)
		fuzz_check_fault(&fault);
	return good;
}

void
fuzz_conditions(const char *data, size_t size)
{
	FuzzInput	input = {data, size};
	SgText		match = fuzz_take_line(&input);
	SgText		none_match = fuzz_take_line(&input);
	SgRequest	request = {.headers = headers_of(&match, &none_match)};
	bool		unchanged;
	bool		reads;
	bool		writes;

	if (request.headers == NULL)
		return;
	FUZZ_CHECK(sg_conditions_given(&request) == (match.length > 0 || none_match.length > 0));
	reads = check_request(&request, &unchanged);
	writes = check_request(&request, NULL);
	FUZZ_CHECK(writes == (reads && !unchanged));
	if (reads)
	{
		FUZZ_CHECK(match.length == 0 || names_it(&match));
		FUZZ_CHECK(!unchanged || names_it(&none_match));
	}
}
