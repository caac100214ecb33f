/*
 * listing.h
 *		Pages of summaries: order, filters, count.
 */
#ifndef SG_LISTING_H
#define SG_LISTING_H

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "list/filters.h"

/* Columns of sg_list_page's result, from 1. */
enum SgListColumn
{
	SG_LIST_ID = 1,
	SG_LIST_TITLE,
	SG_LIST_SESSION_COUNT,
	SG_LIST_CREATED_AT,
	SG_LIST_CREATED_BY
};

typedef enum SgListColumns
{
	SG_LIST_ITEM,				/* the columns above */
	SG_LIST_ROW					/* all of the table's */
} SgListColumns;

/* Where a list goes on that is read by cursor. */
typedef enum SgAfter
{
	SG_AFTER_NOTHING,			/* from its beginning */
	SG_AFTER_KEY,
	SG_AFTER_NULL				/* the last row's sort key was null */
} SgAfter;

/* Which summaries of a project, and in which order. Filters are bits by their place in the table. */
typedef struct SgListing
{
	int64		project_id;
	int			order;			/* position in the list of orders */
	int			filters;		/* those in use */
	int			keyed;			/* those of them that an index of keys serves */
	int			shape;			/* of the conditions of the one that has several shapes */
	Datum		values[SG_FILTERS_MAX][SG_FILTER_VALUES];
	SgAfter		after;
	Datum		after_key;		/* of the type of the order's column */
	pg_uuid_t	after_id;
} SgListing;

/* The raw values of the parameters; null pointers are absent ones. */
typedef struct SgListingParams
{
	const SgText *order;
	const SgText *filters[SG_FILTERS_MAX];
} SgListingParams;

extern bool sg_listing_read(int64 project_id, const SgListingParams *params, SgListing *listing,
							SgFault *fault);
extern uint64 sg_list_page(const SgListing *listing, SgListColumns columns, int64 matching,
						   int64 limit, int64 offset);
extern int	sg_order_key(const SgListing *listing);
extern int64 sg_list_count(const SgListing *listing);

#endif							/* SG_LISTING_H */
