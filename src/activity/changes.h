/*
 * changes.h
 *		What a write has changed in a summary.
 */
#ifndef SG_ACTIVITY_CHANGES_H
#define SG_ACTIVITY_CHANGES_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "utils/jsonb.h"

extern Jsonb *sg_activity_changes(TupleDesc tupdesc, HeapTuple before, HeapTuple after);

#endif							/* SG_ACTIVITY_CHANGES_H */
