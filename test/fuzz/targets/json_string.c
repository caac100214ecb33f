/*
 * json_string.c
 *		Strings of JSON: what src/json/output.c escapes is read as the same bytes.
 */
#include "base/session_group.h"

#include "fuzz.h"
#include "json/input.h"
#include "json/output.h"

void
fuzz_json_string(const char *data, size_t size)
{
	StringInfoData buf;
	const char *error = NULL;
	Jsonb	   *json;
	JsonbValue	value;

	initStringInfo(&buf);
	sg_json_string(&buf, data, size);
	for (int i = 0; i < buf.len; i++)
		FUZZ_CHECK((unsigned char) buf.data[i] >= 0x20);
	json = sg_json_parse(buf.data, buf.len, &error);

	/* PostgreSQL has no text with NUL in it, nor one that is not UTF-8. */
	if (memchr(data, '\0', size) != NULL || !fuzz_is_utf8(data, size))
	{
		FUZZ_CHECK(json == NULL && error != NULL);
		return;
	}
	FUZZ_CHECK(json != NULL && JsonbExtractScalar(&json->root, &value));
	FUZZ_CHECK(value.type == jbvString && value.val.string.len == size);
	FUZZ_CHECK(memcmp(value.val.string.val, data, size) == 0);
}
