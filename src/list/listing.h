/*
 * listing.h
 *		Pages of summaries: order, filters, count.
 */
#ifndef SG_LISTING_H
#define SG_LISTING_H

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "base/fault.h"
#include "base/text.h"

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

/* Which summaries of a project, and in which order. */
typedef struct SgListing
{
	int64		project_id;
	int			order;			/* position in the list of orders */
	int			filters;		/* bits of the filters in use */
	Datum		search;			/* text */
	Datum		created_by;		/* uuid */
	Datum		title_keys;		/* bigint[] */
	Datum		session_keys;	/* bigint[] */
	Datum		session_id;		/* text */
	Datum		words;			/* tsquery */
	Datum		severities;		/* text[] */
	TimestampTz date_from;
	TimestampTz date_to;
	SgAfter		after;
	Datum		after_key;		/* of the type of the order's column */
	pg_uuid_t	after_id;
} SgListing;

/* The raw values of the parameters; null pointers are absent ones. */
typedef struct SgListingParams
{
	const SgText *order;
	const SgText *search;
	const SgText *created_by;
	const SgText *date_from;
	const SgText *date_to;
	const SgText *session_id;
	const SgText *severity;
	const SgText *words;
} SgListingParams;

extern bool sg_listing_read(int64 project_id, const SgListingParams *params, SgListing *listing,
							SgFault *fault);
extern uint64 sg_list_page(const SgListing *listing, SgListColumns columns, int64 matching,
						   int64 limit, int64 offset);
extern int	sg_order_key(const SgListing *listing);
extern int64 sg_list_count(const SgListing *listing);

#endif							/* SG_LISTING_H */
