/*
 * key_cache.c
 *		API keys that this backend has read, kept until something about them changes.
 *
 * Triggers on keys, users and members (but for when a key was last used)
 * invalidate the relation of the keys in the way that DDL does, which empties the
 * cache (base/watch.c). So a revoked key is refused from the next request on, in
 * every backend.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "base/relation.h"
#include "base/trigger.h"
#include "base/watch.h"
#include "fleet/confirm.h"
#include "identity/key_cache.h"

PG_FUNCTION_INFO_V1(session_group_keys_changed);

#define KEYS_AT_MOST 1000

typedef struct CachedKey
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	SgKey		key;
} CachedKey;

/* Triggers invalidate this table for changes of all three. */
static SgKept keys = {
	{{"api_keys"}}, "session_group API keys", PG_SHA256_DIGEST_LENGTH, sizeof(CachedKey),
	KEYS_AT_MOST
};

static Oid
relation_of_keys(void)
{
	return sg_relation_id("api_keys", false);
}

/*
 * Begin a read of keys, users or members. Returns a number, which any change of them
 * from now on makes another one.
 */
uint64
sg_key_cache_begin(void)
{
	return sg_watch_begin(&keys.watch);
}

/*
 * Return the key with a digest, or null if it is not kept. Valid until the next
 * call into this file.
 */
const SgKey *
sg_key_cache_find(const uint8 digest[PG_SHA256_DIGEST_LENGTH])
{
	const CachedKey *found = sg_kept_find(&keys, digest);

	return found != NULL ? &found->key : NULL;
}

static SgProjectList
copy_list(MemoryContext room, const SgProjectList *list)
{
	SgProjectList copy = {.count = list->count};

	if (list->count > 0)
	{
		int64	   *ids = MemoryContextAlloc(room, sizeof(int64) * list->count);

		memcpy(ids, list->ids, sizeof(int64) * list->count);
		copy.ids = ids;
	}
	return copy;
}

/*
 * Keep what a read of the tables has found, unless something has changed since it
 * began, or its snapshot may be older.
 */
void
sg_key_cache_keep(const uint8 digest[PG_SHA256_DIGEST_LENGTH], const SgKey *key, uint64 began)
{
	MemoryContext room = IsolationUsesXactSnapshot() ? NULL : sg_kept_room(&keys, began);
	CachedKey	kept = {.key = *key};
	SgIdentity *identity = &kept.key.identity;

	if (room == NULL)
		return;
	memcpy(kept.digest, digest, PG_SHA256_DIGEST_LENGTH);
	identity->members = copy_list(room, &identity->members);
	identity->only = copy_list(room, &identity->only);
	identity->elsewhere = copy_list(room, &identity->elsewhere);
	identity->api_key_mask = MemoryContextStrdup(room, identity->api_key_mask);
	sg_kept_put(&keys, &kept);
}

/*
 * Note in the cache that a key is used now, so that it is not told again for an hour.
 */
void
sg_key_cache_used(const uint8 digest[PG_SHA256_DIGEST_LENGTH])
{
	CachedKey  *found = sg_kept_find(&keys, digest);

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
