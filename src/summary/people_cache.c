/*
 * people_cache.c
 *		Creators as answers show them, kept in this backend until something about
 *		them may have changed.
 *
 * What is kept is what a reader of a project has found, as the API role, under the
 * extension's own policies: a person who is a member of that project, or was. So it
 * is under the project and the person, and is for readers of the project alone.
 *
 * Changes of keys, users and members invalidate the relation of the keys
 * (key_cache.c); a change of the rights, the policies or the columns of users and
 * members invalidates their own. Either empties the cache at the next look-up.
 *
 * A snapshot that holds for a whole transaction may be older than what is kept: such
 * a transaction reads the tables.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "base/watch.h"
#include "identity/identity.h"
#include "summary/people_cache.h"
#include "summary/policies.h"

#define PEOPLE_AT_MOST 1000

/* A person of more bytes is not kept. */
#define BYTES_AT_MOST 2048

/* Without padding, to be hashed. */
typedef struct Key
{
	int64		project_id;
	int64		user_id;
} Key;

typedef struct CachedPerson
{
	Key			key;
	char	   *json;
	int			length;
} CachedPerson;

static SgKept people = {
	{{"api_keys", "users", "members"}}, "session_group people", sizeof(Key), sizeof(CachedPerson),
	PEOPLE_AT_MOST
};

/*
 * Tell whether people of a project may be taken from the cache, or kept in it.
 */
bool
sg_people_cache_serves(int64 project_id)
{
	return !IsolationUsesXactSnapshot() && sg_identity_can_read(project_id) &&
		GetUserId() == get_role_oid(SG_ROLE_API, true);
}

static Key
key_of(int64 project_id, int64 user_id)
{
	return (Key)
	{
		project_id, user_id
	};
}

/*
 * Return a copy of a person's JSON, or null if it is not kept.
 */
char *
sg_people_cache_find(int64 project_id, int64 user_id, int *length)
{
	Key			key = key_of(project_id, user_id);
	CachedPerson *found = sg_kept_find(&people, &key);

	if (found == NULL)
		return NULL;
	*length = found->length;
	return pnstrdup(found->json, found->length);
}

/*
 * Begin a read of the tables. Returns what sg_people_cache_keep() takes.
 */
uint64
sg_people_cache_begin(void)
{
	return sg_watch_begin(&people.watch);
}

/*
 * Keep a person that a read of the tables has found in a project, unless something
 * has changed since it began.
 */
void
sg_people_cache_keep(int64 project_id, int64 user_id, const char *json, int length, uint64 began)
{
	MemoryContext room = length > BYTES_AT_MOST ? NULL : sg_kept_room(&people, began);
	CachedPerson kept = {.key = key_of(project_id, user_id), .length = length};

	if (room == NULL)
		return;
	kept.json = MemoryContextAlloc(room, length);
	memcpy(kept.json, json, length);
	sg_kept_put(&people, &kept);
}
