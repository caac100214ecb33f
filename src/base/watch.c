/*
 * watch.c
 *		Whether tables of ours may have changed since they were read, and what this backend
 *		keeps of them until they do.
 *
 * PostgreSQL tells all backends when the definition of a table changes, its rights and
 * its policies. Triggers tell in the same way of changes of rows, where something is
 * kept of these: the others hear of it when the transaction commits, before its client
 * hears of the commit, and the own backend at once, even if the transaction rolls back.
 *
 * Whoever reads a table to keep something of it begins with sg_watch_begin(), and keeps
 * it only if nothing has changed since, because the read may have seen the old rows.
 */
#include "base/session_group.h"

#include "utils/inval.h"
#include "utils/memutils.h"

#include "base/relation.h"
#include "base/watch.h"

static SgWatch *watches = NULL;

static bool
has_table(const SgWatch *watch, Oid relid)
{
	for (int i = 0; i < SG_WATCHED_AT_MOST; i++)
	{
		if (watch->relids[i] == relid)
			return true;
	}
	return false;
}

/*
 * Note a change of a table, or of all that there are. What was read may be in use at
 * this moment, so it is left alone.
 */
static void
table_changed(Datum arg, Oid relid)
{
	for (SgWatch *watch = watches; watch != NULL; watch = watch->next)
	{
		if (relid == InvalidOid || has_table(watch, relid))
			watch->changes++;
	}
}

static void
begin_to_watch(SgWatch *watch)
{
	if (watches == NULL)
		CacheRegisterRelcacheCallback(table_changed, (Datum) 0);
	watch->changes = 1;
	watch->next = watches;
	watches = watch;
}

/*
 * Begin a read of the tables. Returns what sg_watch_holds() takes; that does not hold
 * if a table changes while its number is looked up.
 */
uint64
sg_watch_begin(SgWatch *watch)
{
	uint64		began;
	bool		complete = true;

	if (watch->changes == 0)
		begin_to_watch(watch);
	AcceptInvalidationMessages();
	began = watch->changes;
	/* A table that was dropped and made again is another one. */
	if (watch->looked_up != began)
	{
		for (int i = 0; i < SG_WATCHED_AT_MOST && watch->tables[i] != NULL; i++)
		{
			watch->relids[i] = sg_relation_id(watch->tables[i], true);
			complete = complete && OidIsValid(watch->relids[i]);
		}
		AcceptInvalidationMessages();
		/* One that a release before this one did not have comes with the update. */
		if (complete)
			watch->looked_up = began;
	}
	return began;
}

/*
 * Tell whether none of the tables has changed since a read began; false if none did (0).
 */
bool
sg_watch_holds(const SgWatch *watch, uint64 began)
{
	AcceptInvalidationMessages();
	return began != 0 && began == watch->changes;
}

/*
 * Take the tables for changed, if they are watched.
 */
void
sg_watch_forget(SgWatch *watch)
{
	if (watch->changes != 0)
		watch->changes++;
}

/*
 * Take all tables for changed.
 */
void
sg_watch_forget_all(void)
{
	table_changed((Datum) 0, InvalidOid);
}

static void
forget_entries(SgKept *kept)
{
	HASHCTL		ctl = {.keysize = kept->keysize, .entrysize = kept->entrysize};

	if (kept->context == NULL)
		kept->context = AllocSetContextCreate(TopMemoryContext, "session_group kept",
											  ALLOCSET_DEFAULT_SIZES);
	kept->entries = NULL;
	MemoryContextReset(kept->context);
	ctl.hcxt = kept->context;
	kept->entries = hash_create(kept->name, 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * Return the entry of a key, or null if it is not kept. Valid until the next call for
 * the same table of entries.
 */
void *
sg_kept_find(SgKept *kept, const void *key)
{
	if (kept->entries == NULL)
		return NULL;
	if (!sg_watch_holds(&kept->watch, kept->began))
	{
		forget_entries(kept);
		kept->began = kept->watch.changes;
	}
	return hash_search(kept->entries, key, HASH_FIND, NULL);
}

/*
 * Make room for an entry that a read has found. Returns where to allocate what it
 * points to, or null if something has changed since the read began.
 */
MemoryContext
sg_kept_room(SgKept *kept, uint64 began)
{
	if (!sg_watch_holds(&kept->watch, began))
		return NULL;
	if (kept->began != began || hash_get_num_entries(kept->entries) >= kept->at_most)
	{
		forget_entries(kept);
		kept->began = began;
	}
	return kept->context;
}

/*
 * Keep an entry for which there is room.
 */
void
sg_kept_put(SgKept *kept, const void *entry)
{
	memcpy(hash_search(kept->entries, entry, HASH_ENTER, NULL), entry, kept->entrysize);
}
