/*
 * cursor.h
 *		Cursors: the end of a page of a list, as an opaque text.
 */
#ifndef SG_CURSOR_H
#define SG_CURSOR_H

#include "list/listing.h"

extern bool sg_cursor_read(const SgText *cursor, const SgListingParams *params,
						   SgListing *listing, SgFault *fault);
extern char *sg_cursor_write(const SgListingParams *params, const SgListing *listing,
							 const Datum *values, const bool *nulls);

#endif							/* SG_CURSOR_H */
