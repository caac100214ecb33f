/*
 * text.c
 *		Numbers, uuids and names of time zones as text: src/base/text.c;
 *		keys: src/identity/api_key.c.
 */
#include "base/session_group.h"

#include "lib/stringinfo.h"

#include "base/digest.h"
#include "base/text.h"
#include "fuzz.h"
#include "identity/api_key.h"
#include "json/output.h"

static void
check_uuid(const char *text, size_t size)
{
	pg_uuid_t	uuid;
	StringInfoData buf;
	size_t		at = 0;

	if (!sg_read_uuid(text, size, &uuid))
		return;
	initStringInfo(&buf);
	sg_json_uuid(&buf, &uuid);
	/* Between the quotes; the text may have no hyphens. */
	for (const char *c = buf.data + 1; *c != '"'; c++)
	{
		if (*c == '-' && text[at] != '-')
			continue;
		FUZZ_CHECK(at < size && *c == tolower((unsigned char) text[at]));
		at++;
	}
	FUZZ_CHECK(at == size);
}

static void
check_number(const char *text, size_t size)
{
	int64		id;
	char	   *digits;

	if (!sg_read_number(text, size, &id))
		return;
	digits = psprintf(INT64_FORMAT, id);
	while (size > 1 && *text == '0')
	{
		text++;
		size--;
	}
	FUZZ_CHECK(strlen(digits) == size && memcmp(digits, text, size) == 0);
}

void
fuzz_text(const char *data, size_t size)
{
	FuzzInput	input = {data, size};
	SgText		line = fuzz_take_line(&input);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char		hash[SG_API_KEY_HASH_SIZE];

	check_uuid(data, size);
	check_number(data, size);
	/* The server keeps each zone that it finds, and looks for the others in files. */
	if (size % 16 == 0)
		(void) sg_read_timezone(line.data);
	sg_sha256(data, size, digest);
	sg_api_key_hash(digest, hash);
	FUZZ_CHECK(strlen(hash) == SG_API_KEY_HASH_SIZE - 1);
	(void) sg_api_key_mask(line.data);
}
