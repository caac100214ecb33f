/*
 * at_once.h
 *		How many requests of one client may be at work at once.
 */
#ifndef SG_AT_ONCE_H
#define SG_AT_ONCE_H

extern bool sg_take_place(void);
extern void sg_at_once_init(void);

#endif							/* SG_AT_ONCE_H */
