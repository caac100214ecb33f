/*
 * clock.h
 *		News of the directory: how old what this node knows of keys may be.
 */
#ifndef SG_FLEET_CLOCK_H
#define SG_FLEET_CLOCK_H

extern void sg_directory_clock_init(void);
extern void sg_refuse_without_directory(void);

#endif							/* SG_FLEET_CLOCK_H */
