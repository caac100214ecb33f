/*
 * authenticate.h
 *		The credentials of an HTTP request.
 */
#ifndef SG_AUTHENTICATE_H
#define SG_AUTHENTICATE_H

#include "utils/jsonb.h"

extern void sg_authenticate_request(Jsonb *headers);
extern void sg_authenticate_body(Jsonb *headers, const char *key, size_t length);

#endif							/* SG_AUTHENTICATE_H */
