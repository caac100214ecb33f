/*
 * api_key.c
 *		Personal API keys: how they are made, hashed and masked.
 *
 * A key is 32 bytes from the server's strong random source, written in base 62
 * behind "phx_". Because of that entropy an unsalted SHA-256 is enough at
 * rest, and a lookup by hash tells an attacker nothing by its timing.
 */
#include "base/session_group.h"

#include "utils/builtins.h"

#include "base/digest.h"
#include "identity/api_key.h"

#define PREFIX "phx_"
#define RANDOM_BYTES 32
#define MASK_VISIBLE 4

/* The number of digits of 2^256 in base 62. */
#define ENCODED_LENGTH 43

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/*
 * Divide a big-endian number by 62 in place; return the remainder.
 */
static int
divide_by_62(uint8 *number, int length)
{
	int			remainder = 0;

	for (int i = 0; i < length; i++)
	{
		int			part = remainder * 256 + number[i];

		number[i] = part / 62;
		remainder = part % 62;
	}
	return remainder;
}

/*
 * Make a new key.
 */
char *
sg_api_key_generate(void)
{
	uint8		number[RANDOM_BYTES];
	char	   *key = palloc(strlen(PREFIX) + ENCODED_LENGTH + 1);
	char	   *encoded = key + strlen(PREFIX);

	if (!pg_strong_random(number, sizeof(number)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
	strcpy(key, PREFIX);
	for (int i = ENCODED_LENGTH - 1; i >= 0; i--)
		encoded[i] = digits[divide_by_62(number, RANDOM_BYTES)];
	encoded[ENCODED_LENGTH] = '\0';
	return key;
}

/*
 * Write the form in which a key's SHA-256 is stored (SG_API_KEY_HASH_SIZE
 * bytes): that of PostHog's posthog_personalapikey.secure_value.
 */
void
sg_api_key_hash(const uint8 digest[PG_SHA256_DIGEST_LENGTH], char *hash)
{
	static const char prefix[] = "sha256$";

	strcpy(hash, prefix);
	hash += strlen(prefix);
	hash += hex_encode((const char *) digest, PG_SHA256_DIGEST_LENGTH, hash);
	*hash = '\0';
}

/*
 * Return the mask by which people recognise a key: its first and last 4
 * characters.
 */
char *
sg_api_key_mask(const char *key)
{
	size_t		length = strlen(key);

	return psprintf("%.*s...%s", MASK_VISIBLE, key, key + length - Min(MASK_VISIBLE, length));
}
