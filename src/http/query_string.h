/*
 * query_string.h
 *		Query strings and form bodies: application/x-www-form-urlencoded.
 */
#ifndef SG_QUERY_STRING_H
#define SG_QUERY_STRING_H

#include "lib/stringinfo.h"

#include "base/text.h"

typedef struct SgParam
{
	SgText		name;
	SgText		value;
	SgText		sent;			/* both, as they were sent; without a null byte at the end */
} SgParam;

/* Further parameters are not read. */
#define SG_PARAMS_MAX 10000

typedef struct SgParams
{
	int			count;
	bool		too_many;
	SgParam    *items;			/* in the order of the text */
} SgParams;

extern SgText sg_percent_decode(const char *text, size_t length, bool plus_is_space);
extern void sg_percent_encode(StringInfo buf, const SgText *text);
extern SgParams sg_params_parse(const char *text, size_t length);
extern const SgParam *sg_params_find_last(const SgParams *params, const char *name);
extern const SgText *sg_params_last(const SgParams *params, const char *name);
extern bool sg_params_are_utf8(const char *text, size_t length);
extern bool sg_params_well_formed(const char *text, size_t length);

#endif							/* SG_QUERY_STRING_H */
