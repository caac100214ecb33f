/*
 * digest.c
 *		SHA-256, by PostgreSQL's own code.
 */
#include "base/session_group.h"

#include "common/cryptohash.h"

#include "base/digest.h"

void
sg_sha256(const char *data, size_t length, uint8 digest[PG_SHA256_DIGEST_LENGTH])
{
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);

	if (ctx == NULL ||
		pg_cryptohash_init(ctx) < 0 ||
		pg_cryptohash_update(ctx, (const uint8 *) data, length) < 0 ||
		pg_cryptohash_final(ctx, digest, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute SHA-256 hash");
	pg_cryptohash_free(ctx);
}
