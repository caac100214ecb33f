/*
 * trigger.h
 *		Trigger functions refuse to run for any trigger that is not the extension's.
 */
#ifndef SG_TRIGGER_H
#define SG_TRIGGER_H

#include "commands/trigger.h"
#include "fmgr.h"

/* The kinds of triggers that the extension has; bits of a set. */
typedef enum SgTriggerKind
{
	SG_BEFORE_ROW = 1,
	SG_AFTER_ROW = 2,
	SG_AFTER_STATEMENT = 4,		/* INSERT, UPDATE or DELETE */
	SG_AFTER_TRUNCATE = 8,
	SG_BEFORE_STATEMENT = 16
} SgTriggerKind;

extern bool sg_column_changed(TupleDesc tupdesc, HeapTuple before, HeapTuple after, int column);
extern TriggerData *sg_trigger(FunctionCallInfo fcinfo, const char *table, int kinds);

#endif							/* SG_TRIGGER_H */
