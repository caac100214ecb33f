/*
 * key_usage.h
 *		When API keys were last used.
 */
#ifndef SG_KEY_USAGE_H
#define SG_KEY_USAGE_H

/* What became of the use of a key. */
typedef enum SgKeyUsed
{
	SG_KEY_NOT_NOTED,			/* the library is not preloaded, or this is a standby */
	SG_KEY_NOTED,
	SG_KEY_NO_ROOM				/* it is told again in the next interval */
} SgKeyUsed;

extern void sg_key_usage_init(void);
extern SgKeyUsed sg_key_usage_remember(int64 key_id);

#endif							/* SG_KEY_USAGE_H */
