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
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"

#include "base/relation.h"
#include "identity/identity.h"
#include "summary/people_cache.h"
#include "summary/policies.h"

/* If more people are in use, the cache starts again from nothing. */
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

static MemoryContext cache_context = NULL;
static HTAB *cache = NULL;
static Oid	watched[3] = {InvalidOid, InvalidOid, InvalidOid};
static uint64 generation = 0;

/*
 * Mark the cache as invalid. It may be in use at this moment, so it is emptied
 * at the next look-up.
 */
static void
invalidate(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == watched[0] || relid == watched[1] || relid == watched[2])
		generation++;
}

void
sg_people_cache_init(void)
{
	CacheRegisterRelcacheCallback(invalidate, (Datum) 0);
}

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

static void
empty_cache(void)
{
	HASHCTL		ctl = {.keysize = sizeof(Key), .entrysize = sizeof(CachedPerson)};

	if (cache_context == NULL)
		cache_context = AllocSetContextCreate(TopMemoryContext, "session_group people",
											  ALLOCSET_DEFAULT_SIZES);
	cache = NULL;
	MemoryContextReset(cache_context);
	ctl.hcxt = cache_context;
	cache = hash_create("session_group people", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * Return a copy of a person's JSON, or null if it is not kept.
 */
char *
sg_people_cache_find(int64 project_id, int64 user_id, int *length)
{
	static uint64 cached_generation = 0;
	Key			key = key_of(project_id, user_id);
	CachedPerson *found;

	AcceptInvalidationMessages();
	if (generation != cached_generation)
	{
		if (cache != NULL)
			empty_cache();
		cached_generation = generation;
	}
	found = cache == NULL ? NULL : hash_search(cache, &key, HASH_FIND, NULL);
	if (found == NULL)
		return NULL;
	*length = found->length;
	return pnstrdup(found->json, found->length);
}

/*
 * Begin a read of the tables. Returns the generation, which any invalidation
 * from now on changes.
 */
uint64
sg_people_cache_begin(void)
{
	watched[0] = sg_relation_id("api_keys", false);
	watched[1] = sg_relation_id("users", false);
	watched[2] = sg_relation_id("members", false);
	AcceptInvalidationMessages();
	return generation;
}

/*
 * Keep a person that a read of the tables has found in a project, unless something
 * was invalidated since it began.
 */
void
sg_people_cache_keep(int64 project_id, int64 user_id, const char *json, int length, uint64 began)
{
	Key			key = key_of(project_id, user_id);
	CachedPerson *entry;
	char	   *copy;

	if (generation != began || length > BYTES_AT_MOST)
		return;
	if (cache == NULL || hash_get_num_entries(cache) >= PEOPLE_AT_MOST)
		empty_cache();
	copy = MemoryContextAlloc(cache_context, length);
	memcpy(copy, json, length);
	entry = hash_search(cache, &key, HASH_ENTER, NULL);
	entry->json = copy;
	entry->length = length;
}
