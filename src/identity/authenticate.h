/*
 * authenticate.h
 *		The ways to an identity.
 */
#ifndef SG_AUTHENTICATE_H
#define SG_AUTHENTICATE_H

#include "identity/identity.h"
#include "utils/jsonb.h"

extern void sg_authenticate_request(Jsonb *headers);
extern void sg_authenticate_body(const char *key, size_t length);

#endif							/* SG_AUTHENTICATE_H */
