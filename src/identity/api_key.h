/*
 * api_key.h
 *		Personal API keys: how they are made, hashed and masked.
 */
#ifndef SG_API_KEY_H
#define SG_API_KEY_H

#include "common/sha2.h"

/* "sha256$", 64 hexadecimal digits, and the end. */
#define SG_API_KEY_HASH_SIZE (7 + 64 + 1)

/* A longer text is not a key, and is not hashed. */
#define SG_API_KEY_MAX_LENGTH 1024

extern char *sg_api_key_generate(void);
extern void sg_api_key_hash(const uint8 digest[PG_SHA256_DIGEST_LENGTH], char *hash);
extern char *sg_api_key_mask(const char *key);

#endif							/* SG_API_KEY_H */
