/*
 * filters.h
 *		The filters of a list of summaries: one table, which every door reads.
 */
#ifndef SG_FILTERS_H
#define SG_FILTERS_H

#include "base/fault.h"
#include "base/text.h"
#include "summary/severity_count.h"

/* The most filters, and the most values that one gives to its SQL. */
#define SG_FILTERS_MAX 12
#define SG_FILTER_VALUES 5

/* Turn the text that a client gives, which is not empty, into values for SQL. */
typedef bool (*SgFilterRead) (int64 project_id, const SgText *text, const char *name,
							  Datum *values, SgFault *fault);

typedef enum SgFilterBound
{
	SG_BOUND_NONE,
	SG_BOUND_AFTER,
	SG_BOUND_BEFORE
} SgFilterBound;

/*
 * A row of the table. In SQL, ?1, ?2 and so on stand for its values, $1 for the
 * project, and s is a summary.
 */
typedef struct SgFilter
{
	const char *name;			/* of the parameter over HTTP and of the argument in SQL */
	Oid			argument;		/* the argument's type, text or uuid */
	SgFilterRead read;
	Oid			types[SG_FILTER_VALUES];	/* up to one that is InvalidOid */
	const char *condition;		/* what a summary must meet */
	bool		keyed;			/* "keys", "conditions" and "rows" go by keys, which are the last
								 * value: left out if that is null */
	const char *keys;			/* a condition that an index of keys serves, which no match fails,
								 * or null */
	char	   *(*conditions) (int shape);	/* the condition itself by keys, in several shapes: the
											 * value behind the last typed one says which; or null */
	const char *rows;			/* a query on other tables for the "id" of the summaries that meet
								 * the condition, or null */
	int64		(*count) (int64 project_id, const Datum *values, const SgTimes *times);
	/* counts the matches in a period without reading summaries, or gives -1; or null */
	SgFilterBound bound;		/* whether the condition is just a bound of s.created_at, ?1 */
	const char *rank;			/* how matches are ranked if no order is named, or null */
	bool		slow;			/* checking one summary is slow */
} SgFilter;

extern const SgFilter sg_filters[]; /* ends with one without a name */

#endif							/* SG_FILTERS_H */
