/*
 * filters.h
 *		The filters of a list of summaries: one table, which every door reads.
 */
#ifndef SG_FILTERS_H
#define SG_FILTERS_H

#include "base/fault.h"
#include "base/text.h"
#include "summary/severity_count.h"

/* There is room for so many filters, each with so many values for its SQL. */
#define SG_FILTERS_MAX 12
#define SG_FILTER_VALUES 2

/* Read what a client gives, which is not empty, into the values for SQL. */
typedef bool (*SgFilterRead) (int64 project_id, const SgText *text, const char *name,
							  Datum *values, SgFault *fault);

typedef enum SgFilterBound
{
	SG_BOUND_NONE,
	SG_BOUND_AFTER,
	SG_BOUND_BEFORE
} SgFilterBound;

/*
 * A row of the table. In SQL, ?1 and ?2 stand for its values, $1 for the
 * project, and s is a summary.
 */
typedef struct SgFilter
{
	const char *name;			/* of the parameter over HTTP and of the argument in SQL */
	Oid			argument;		/* the argument's type, text or uuid */
	SgFilterRead read;
	Oid			types[SG_FILTER_VALUES];
	const char *condition;		/* what a summary has to meet, or null: the next says it all */
	const char *keys;			/* the same or less, by an index of keys, or null; not applied
								 * where the last value is a null pointer */
	const char *rows;			/* the condition as a query of the "id" of the summaries that meet
								 * it, which other tables have, or null */
	int64		(*count) (int64 project_id, const Datum *values, const SgTimes *times);
	/* counts those of a time without a statement, or null */
	SgFilterBound bound;		/* the condition bounds s.created_at by ?1, and no more */
	const char *rank;			/* the order of a list that names none, or null */
	bool		slow;			/* slow to ask of a summary at hand */
} SgFilter;

extern const SgFilter sg_filters[]; /* up to one without a name */

#endif							/* SG_FILTERS_H */
