/*
 * lock_tag.h
 *		Locks on numbers that nobody else is to know.
 */
#ifndef SG_LOCK_TAG_H
#define SG_LOCK_TAG_H

#include "storage/lock.h"

extern void sg_lock_tag(LOCKTAG *tag, int64 id, uint16 kind);

#endif							/* SG_LOCK_TAG_H */
