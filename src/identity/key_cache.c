/*
 * key_cache.c
 *		API keys that this backend has read, kept until something about them changes.
 *
 * Triggers on keys, users and members (but for when a key was last used)
 * invalidate the relation of the keys in the
 * way that DDL does. PostgreSQL sends such an invalidation to all backends when
 * the transaction commits, before its client hears of the commit, and to the own
 * backend at once, even if the transaction rolls back. Here it empties the
 * cache. So a revoked key is refused from the next request on, in every backend.
 *
 * The cache takes a key only from a read that no invalidation interrupted, since
 * such a read may have seen the old rows, and only from a snapshot that is not
 * older than that read.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "base/relation.h"
#include "base/trigger.h"
#include "fleet/confirm.h"
#include "fleet/node.h"
#include "identity/key_cache.h"

PG_FUNCTION_INFO_V1(session_group_keys_changed);

/* If more keys are in use, the cache starts again from nothing. */
#define KEYS_AT_MOST 1000

typedef struct CachedKey
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	SgKey		key;
} CachedKey;

static MemoryContext cache_context = NULL;
static HTAB *cache = NULL;
static Oid	keys_relid = InvalidOid;	/* invalidated for changes of all three tables */
static uint64 generation = 0;

static Oid
relation_of_keys(void)
{
	return sg_relation_id("api_keys", false);
}

/*
 * Mark the cache as invalid. It may be in use at this moment, so it is emptied
 * at the next look-up.
 */
static void
invalidate(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == keys_relid)
		generation++;
}

void
sg_key_cache_init(void)
{
	CacheRegisterRelcacheCallback(invalidate, (Datum) 0);
}

/*
 * Begin a read of the tables. Returns the generation, which any invalidation
 * from now on changes.
 */
uint64
sg_key_cache_begin(void)
{
	keys_relid = relation_of_keys();
	AcceptInvalidationMessages();
	return generation;
}

static void
empty_cache(void)
{
	HASHCTL		ctl = {
		.keysize = PG_SHA256_DIGEST_LENGTH, .entrysize = sizeof(CachedKey)
	};

	if (cache_context == NULL)
		cache_context = AllocSetContextCreate(TopMemoryContext, "session_group API keys",
											  ALLOCSET_DEFAULT_SIZES);
	cache = NULL;
	MemoryContextReset(cache_context);
	ctl.hcxt = cache_context;
	cache = hash_create("session_group API keys", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * Return the key with a digest, or null if it is not kept. Valid until the next
 * call into this file.
 */
const SgKey *
sg_key_cache_find(const uint8 digest[PG_SHA256_DIGEST_LENGTH])
{
	static uint64 cached_generation = 0;
	static int	cached_node = 0;
	CachedKey  *found;

	AcceptInvalidationMessages();
	if (generation != cached_generation || cached_node != sg_node_changes())
	{
		if (cache != NULL)
			empty_cache();
		cached_generation = generation;
		cached_node = sg_node_changes();
	}
	if (cache == NULL)
		return NULL;
	found = hash_search(cache, digest, HASH_FIND, NULL);
	return found != NULL ? &found->key : NULL;
}

static SgProjectList
copy_list(const SgProjectList *list)
{
	SgProjectList copy = {.count = list->count};

	if (list->count > 0)
	{
		int64	   *ids = MemoryContextAlloc(cache_context, sizeof(int64) * list->count);

		memcpy(ids, list->ids, sizeof(int64) * list->count);
		copy.ids = ids;
	}
	return copy;
}

/*
 * Keep what a read of the tables has found, unless something was invalidated
 * since it began.
 */
void
sg_key_cache_keep(const uint8 digest[PG_SHA256_DIGEST_LENGTH], const SgKey *key, uint64 began)
{
	CachedKey  *entry;
	SgProjectList members;
	SgProjectList only;
	SgProjectList elsewhere;
	char	   *mask;

	if (generation != began || IsolationUsesXactSnapshot())
		return;
	if (cache == NULL || hash_get_num_entries(cache) >= KEYS_AT_MOST)
		empty_cache();
	members = copy_list(&key->identity.members);
	only = copy_list(&key->identity.only);
	elsewhere = copy_list(&key->identity.elsewhere);
	mask = MemoryContextStrdup(cache_context, key->identity.api_key_mask);
	entry = hash_search(cache, digest, HASH_ENTER, NULL);
	entry->key = *key;
	entry->key.identity.members = members;
	entry->key.identity.only = only;
	entry->key.identity.elsewhere = elsewhere;
	entry->key.identity.api_key_mask = mask;
}

/*
 * Note in the cache that a key is used now, so that it is not told again for an hour.
 */
void
sg_key_cache_used(const uint8 digest[PG_SHA256_DIGEST_LENGTH])
{
	CachedKey  *found = cache == NULL ? NULL : hash_search(cache, digest, HASH_FIND, NULL);

	if (found != NULL)
		found->key.last_used_at = GetCurrentTimestamp();
}

/*
 * Have all backends forget their keys: this one at once, the others when the
 * transaction commits.
 */
void
sg_key_cache_forget(void)
{
	CacheInvalidateRelcacheByRelid(relation_of_keys());
}

static TimestampTz
used_at(HeapTuple key, TupleDesc tupdesc)
{
	bool		isnull;
	Datum		at = heap_getattr(key, SPI_fnumber(tupdesc, "last_used_at"), tupdesc, &isnull);

	return isnull ? DT_NOBEGIN : DatumGetTimestampTz(at);
}

/*
 * Tell whether an update of a key has written a later use, and nothing else. Who is
 * admitted does not depend on that.
 */
static bool
is_use(const TriggerData *trigger)
{
	TupleDesc	tupdesc = RelationGetDescr(trigger->tg_relation);

	if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ||
		RelationGetRelid(trigger->tg_relation) != relation_of_keys())
		return false;
	for (int i = 1; i <= tupdesc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(tupdesc, i - 1);

		if (attribute->attisdropped || strcmp(NameStr(attribute->attname), "last_used_at") == 0)
			continue;
		if (sg_column_changed(tupdesc, trigger->tg_trigtuple, trigger->tg_newtuple, i))
			return false;
	}
	return used_at(trigger->tg_newtuple, tupdesc) >= used_at(trigger->tg_trigtuple, tupdesc);
}

/*
 * session_group.keys_changed() returns trigger
 *
 * After a change of session_group.api_keys, users or members.
 */
Datum
session_group_keys_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("keys_changed must be called by its own triggers")));
	trigger = (TriggerData *) fcinfo->context;
	if (is_use(trigger))
		return PointerGetDatum(NULL);
	sg_key_cache_forget();
	/* A project that moves asks its two nodes itself, and waits for no other. */
	if (strcmp(RelationGetRelationName(trigger->tg_relation), "placements") != 0)
		sg_confirm_by_nodes();
	return PointerGetDatum(NULL);
}
