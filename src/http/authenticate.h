/*
 * authenticate.h
 *		The credentials of an HTTP request.
 */
#ifndef SG_AUTHENTICATE_H
#define SG_AUTHENTICATE_H

#include "http/headers.h"

extern void sg_authenticate_request(const SgHeaders *headers);
extern void sg_authenticate_body(const SgHeaders *headers, const char *key, size_t length);

#endif							/* SG_AUTHENTICATE_H */
