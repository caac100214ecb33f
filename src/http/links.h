/*
 * links.h
 *		Pages, and the links to the next and the previous one.
 */
#ifndef SG_LINKS_H
#define SG_LINKS_H

#include "executor/spi.h"

#include "http/query_string.h"
#include "summary/people.h"

typedef struct SgPage
{
	int64		limit;
	int64		offset;
} SgPage;

/* What a page holds, and the links around it. */
typedef struct SgResults
{
	int64		project_id;
	int64		count;			/* of all that match */
	uint64		row_count;		/* of this page */
	SPITupleTable *rows;
	const char *next;
	const char *previous;
} SgResults;

typedef void (*SgAppendResult) (StringInfo buf, SPITupleTable *rows, uint64 row,
								const SgPeople *people);

extern SgPage sg_page_read(const SgParams *query, int64 max_limit);
extern char *sg_link_cursor(const char *base, const SgParams *query, const SgPage *page,
							char *cursor);
extern char *sg_link_since(const char *base, const SgParams *query, const SgPage *page, int64 since);
extern void sg_link_pages(const char *base, const SgParams *query, const SgPage *page,
						  SgResults *results);
extern void sg_results_append(StringInfo buf, const SgResults *results, int person,
							  SgAppendResult append);

#endif							/* SG_LINKS_H */
