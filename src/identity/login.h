/*
 * login.h
 *		The ways to an identity.
 */
#ifndef SG_LOGIN_H
#define SG_LOGIN_H

#include "utils/jsonb.h"

/* The HTTP request that an identity is proven for. */
typedef struct SgRequestOrigin
{
	const char *id;				/* letters, digits, dots, underscores, hyphens; or null */
} SgRequestOrigin;

extern bool sg_session_is_gateway(void);
extern void sg_become_api_role(void);
extern bool sg_login_with_key(const char *text, size_t length, const SgRequestOrigin *request);
extern bool sg_login_with_claims(Jsonb *claims, const SgRequestOrigin *request);

/* Setting session_group.require_token_expiry. */
extern bool sg_require_token_expiry;

#endif							/* SG_LOGIN_H */
