/*
 * links.h
 *		Pages, and the links to the next and the previous one.
 */
#ifndef SG_LINKS_H
#define SG_LINKS_H

#include "http/query_string.h"

typedef struct SgPage
{
	int64		limit;
	int64		offset;
} SgPage;

extern SgPage sg_page_read(const SgParams *query, int64 max_limit);
extern char *sg_link_next(const char *base, const SgParams *query, const SgPage *page, int64 count);
extern char *sg_link_cursor(const char *base, const SgParams *query, const SgPage *page,
							char *cursor);
extern char *sg_link_since(const char *base, const SgParams *query, const SgPage *page, int64 since);
extern char *sg_link_previous(const char *base, const SgParams *query, const SgPage *page);
extern void sg_page_begin(StringInfo buf, int64 count, const char *next, const char *previous);
extern void sg_page_end(StringInfo buf);

#endif							/* SG_LINKS_H */
