/*
 * key_usage.h
 *		When API keys were last used.
 */
#ifndef SG_KEY_USAGE_H
#define SG_KEY_USAGE_H

extern void sg_key_usage_init(void);
extern bool sg_key_usage_remember(int64 key_id);

#endif							/* SG_KEY_USAGE_H */
