/*
 * watch.h
 *		Whether tables of ours may have changed since they were read, and what this backend
 *		keeps of them until they do.
 */
#ifndef SG_WATCH_H
#define SG_WATCH_H

#include "utils/hsearch.h"

#define SG_WATCHED_AT_MOST 5

/* Tables that are watched together. All but their names begins as zero. */
typedef struct SgWatch
{
	const char *tables[SG_WATCHED_AT_MOST]; /* null behind the last */
	Oid			relids[SG_WATCHED_AT_MOST]; /* as of looked_up */
	uint64		changes;		/* seen so far; 0: not watched yet */
	uint64		looked_up;
	struct SgWatch *next;
} SgWatch;

/* Entries that each begin with their key, a fixed number of bytes without padding. */
typedef struct SgKept
{
	SgWatch		watch;
	const char *name;
	Size		keysize;
	Size		entrysize;
	int			at_most;		/* if more are wanted, it starts again from nothing */
	MemoryContext context;		/* of the entries and of what they point to */
	HTAB	   *entries;
	uint64		began;			/* the changes that the entries have seen */
} SgKept;

extern uint64 sg_watch_begin(SgWatch *watch);
extern bool sg_watch_holds(const SgWatch *watch, uint64 began);
extern void sg_watch_forget(SgWatch *watch);
extern void sg_watch_forget_all(void);

extern void *sg_kept_find(SgKept *kept, const void *key);
extern MemoryContext sg_kept_room(SgKept *kept, uint64 began);
extern void sg_kept_put(SgKept *kept, const void *entry);

#endif							/* SG_WATCH_H */
