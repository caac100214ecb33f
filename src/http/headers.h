/*
 * headers.h
 *		Headers and settings of the HTTP request that PostgREST serves.
 */
#ifndef SG_HEADERS_H
#define SG_HEADERS_H

#include "utils/jsonb.h"

/* The headers of a request. */
typedef struct SgHeaders SgHeaders;

extern Jsonb *sg_request_setting(const char *name);
extern SgHeaders *sg_headers_read(const char *text);
extern const SgHeaders *sg_request_headers(void);
extern const char *sg_request_header(const SgHeaders *headers, const char *name);
extern const char *sg_request_id(const SgHeaders *headers);

#endif							/* SG_HEADERS_H */
