/*
 * uuid.c
 *		UUIDs of version 7 (RFC 9562). PostgreSQL has a function for them from 18 on.
 *
 * 48 bits of milliseconds since 1970, 12 bits of the fraction of the millisecond
 * (method 3 of section 6.2), and 62 bits from the server's strong random source.
 * Each UUID is greater than the one before it in the same backend, so rows sort
 * in the order in which they were made.
 */
#include "base/session_group.h"

#include <time.h>

#include "fmgr.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(session_group_uuidv7);

#define NS_PER_S INT64CONST(1000000000)
#define NS_PER_MS INT64CONST(1000000)

/* The time that one step of the 12 bits stands for, rounded up. */
#define SMALLEST_STEP_NS ((NS_PER_MS >> 12) + 1)

/*
 * Return the time in nanoseconds since 1970, always later than the last call
 * did.
 */
static int64
ascending_clock(void)
{
	static int64 previous = 0;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	previous = Max(now.tv_sec * NS_PER_S + now.tv_nsec, previous + SMALLEST_STEP_NS);
	return previous;
}

/*
 * session_group.uuidv7() returns uuid
 */
Datum
session_group_uuidv7(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));
	int64		now = ascending_clock();
	uint64		milliseconds = now / NS_PER_MS;
	uint32		fraction = (uint32) (((now % NS_PER_MS) << 12) / NS_PER_MS);

	for (int i = 0; i < 6; i++)
		uuid->data[i] = (unsigned char) (milliseconds >> (8 * (5 - i)));
	uuid->data[6] = 0x70 | (fraction >> 8);
	uuid->data[7] = (unsigned char) fraction;
	if (!pg_strong_random(uuid->data + 8, UUID_LEN - 8))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
	uuid->data[8] = (uuid->data[8] & 0x3F) | 0x80;
	PG_RETURN_UUID_P(uuid);
}
