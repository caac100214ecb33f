/*
 * headers.c
 *		Requests behind the proxy's headers: src/http/headers.c, src/http/request.c.
 *
 * The input is the JSON text in which PostgREST hands the headers over, up to
 * the first line break, and the body behind it.
 */
#include "base/session_group.h"

#include "utils/guc.h"

#include "fuzz.h"
#include "http/headers.h"
#include "http/request.h"
#include "json/input.h"

/*
 * What is read of plain headers is what the parser would make of them.
 */
static void
check_headers(const SgHeaders *headers, const char *text, size_t length)
{
	static const char *const names[] = {
		"x-api-key", "x-forwarded-uri", "x-forwarded-method", "x-forwarded-base", "x-request-id", "if-match", "a", ""
	};
	const char *error;
	Jsonb	   *parsed = sg_json_parse(text, length, &error);

	for (size_t i = 0; i < lengthof(names); i++)
	{
		const char *read = sg_request_header(headers, names[i]);
		const char *wanted = parsed == NULL ? NULL : sg_json_string_field(parsed, names[i]);

		FUZZ_CHECK((read != NULL) == (wanted != NULL && wanted[0] != '\0'));
		FUZZ_CHECK(read == NULL || strcmp(read, wanted) == 0);
	}
}

static void
check_request(const SgRequest *request)
{
	FUZZ_CHECK(request->method_name[0] != '\0');
	FUZZ_CHECK(strncmp(request->base_url, "http://", 7) == 0 ||
			   strncmp(request->base_url, "https://", 8) == 0);
	FUZZ_CHECK(fuzz_is_utf8(request->base_url, strlen(request->base_url)));
	for (int i = 0; i < request->query.count; i++)
		fuzz_check_text(&request->query.items[i].value);
}

static void
check_body(const SgRequest *request)
{
	FUZZ_CHECK((request->body_kind == SG_BODY_NONE) == (request->body_length == 0));
	if (request->body_kind == SG_BODY_JSON)
		FUZZ_CHECK(request->json != NULL || request->json_error != NULL);
}

void
fuzz_headers(const char *data, size_t size)
{
	FuzzInput	input = {data, size};
	SgText		text = fuzz_take_line(&input);
	const SgHeaders *headers;
	SgRequest	request;

	/* No setting can hold a text that is not of the database's encoding. */
	if (strlen(text.data) != text.length || !fuzz_is_utf8(text.data, text.length))
		return;
	SetConfigOption("request.headers", text.data, PGC_USERSET, PGC_S_SESSION);
	headers = sg_request_headers();
	check_headers(headers, text.data, text.length);
	sg_request_read(&request, headers, input.data, input.size);
	check_request(&request);
	sg_request_read_body(&request);
	check_body(&request);
}
