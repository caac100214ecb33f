/*
 * at_once.c
 *		How many requests of one client may be at work at once.
 *
 * nginx counts requests by the credentials that it sees in the address and the
 * headers, and cannot see a key in the body; a client has several addresses. So the
 * last count is made here, where the identity is proven, by the key or by the user of
 * a token: whoever has all places taken is answered at once, and gives the
 * connection back to the others.
 *
 * A place is a lock that ends with the transaction (base/lock_tag.c): nobody else can take
 * it, or see whose it is.
 */
#include "base/session_group.h"

#include "utils/guc.h"

#include "base/lock_tag.h"
#include "http/at_once.h"
#include "identity/identity.h"

/* The kinds of these locks, a number for each place. */
#define PLACES_OF_KEY 0x1000
#define PLACES_OF_USER 0x2000
#define PLACES_AT_MOST 1000

static int	requests_at_once = 6;

/*
 * Take a place for the request whose identity has been proven. False if there is none.
 */
bool
sg_take_place(void)
{
	const SgIdentity *identity = sg_identity();
	bool		by_key = identity->api_key_id != 0;
	int64		id = by_key ? identity->api_key_id : identity->user_id;
	LOCKTAG		tag;

	for (int i = 0; i < requests_at_once; i++)
	{
		sg_lock_tag(&tag, id, (by_key ? PLACES_OF_KEY : PLACES_OF_USER) + i);
		if (LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL)
			return true;
	}
	return requests_at_once == 0;
}

void
sg_at_once_init(void)
{
	DefineCustomIntVariable("session_group.requests_at_once",
							"Most requests of one key, or of one user's tokens, that are at work at once.",
							"Fewer than PostgREST has connections; 0 for any number.",
							&requests_at_once,
							6, 0, PLACES_AT_MOST,
							PGC_SUSET, 0,
							NULL, NULL, NULL);
}
