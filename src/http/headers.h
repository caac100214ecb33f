/*
 * headers.h
 *		Headers and settings of the HTTP request that PostgREST serves.
 */
#ifndef SG_HEADERS_H
#define SG_HEADERS_H

#include "utils/jsonb.h"

extern Jsonb *sg_request_setting(const char *name);
extern Jsonb *sg_request_headers(void);
extern char *sg_request_header(Jsonb *headers, const char *name);
extern const char *sg_request_id(Jsonb *headers);

#endif							/* SG_HEADERS_H */
