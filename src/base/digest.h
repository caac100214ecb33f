/*
 * digest.h
 *		SHA-256, by PostgreSQL's own code.
 */
#ifndef SG_DIGEST_H
#define SG_DIGEST_H

#include "common/sha2.h"

extern void sg_sha256(const char *data, size_t length, uint8 digest[PG_SHA256_DIGEST_LENGTH]);

#endif							/* SG_DIGEST_H */
