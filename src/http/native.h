/*
 * native.h
 *		What the native door needs of the server.
 */
#ifndef SG_NATIVE_H
#define SG_NATIVE_H

extern void sg_native_init(void);
extern void sg_native_lock(void);

#endif							/* SG_NATIVE_H */
