/*
 * key_cache.h
 *		API keys that this backend has read, kept until something about them changes.
 */
#ifndef SG_KEY_CACHE_H
#define SG_KEY_CACHE_H

#include "common/sha2.h"
#include "datatype/timestamp.h"

#include "identity/identity.h"

/* A valid key: not revoked, of an active user. */
typedef struct SgKey
{
	SgIdentity	identity;		/* "readable" is not filled in */
	TimestampTz expires_at;		/* DT_NOEND: never */
	TimestampTz last_used_at;	/* DT_NOBEGIN: never */
} SgKey;

extern const SgKey *sg_key_cache_find(const uint8 digest[PG_SHA256_DIGEST_LENGTH]);
extern uint64 sg_key_cache_begin(void);
extern void sg_key_cache_used(const uint8 digest[PG_SHA256_DIGEST_LENGTH]);
extern void sg_key_cache_forget(void);
extern void sg_key_cache_keep(const uint8 digest[PG_SHA256_DIGEST_LENGTH], const SgKey *key,
							  uint64 began);

#endif							/* SG_KEY_CACHE_H */
