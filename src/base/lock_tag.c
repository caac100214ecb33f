/*
 * lock_tag.c
 *		Locks on numbers that nobody else is to know.
 *
 * Every login may read pg_locks, which shows the fields of a lock. So these have no
 * id of a key, a user or a project in them, but a digest of it with a secret that all
 * backends of the server have, and no login. Two ids whose digests are the same (one pair
 * in 2^64) share a lock: somebody waits for another's writers, or has a place less. Nothing
 * else depends on it.
 */
#include "base/session_group.h"

#include "access/xlog.h"
#include "catalog/pg_control.h"
#include "miscadmin.h"

#include "base/digest.h"
#include "base/lock_tag.h"

/*
 * Make the tag of the advisory lock on an id, in this database. "kind" is its last field;
 * SQL's functions for advisory locks have 1 and 2 there: with other numbers nobody else
 * can take it.
 */
void
sg_lock_tag(LOCKTAG *tag, int64 id, uint16 kind)
{
	char		data[MOCK_AUTH_NONCE_LEN + sizeof(id) + sizeof(kind)];
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	uint32		fields[2];

	memcpy(data, GetMockAuthenticationNonce(), MOCK_AUTH_NONCE_LEN);
	memcpy(data + MOCK_AUTH_NONCE_LEN, &id, sizeof(id));
	memcpy(data + MOCK_AUTH_NONCE_LEN + sizeof(id), &kind, sizeof(kind));
	sg_sha256(data, sizeof(data), digest);
	memcpy(fields, digest, sizeof(fields));
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, fields[0], fields[1], kind);
}
