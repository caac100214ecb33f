/*
 * traps.h
 *		Faults on purpose.
 */
#ifndef TRAPS_H
#define TRAPS_H

extern void sanitizer_trap(char fault);

#endif							/* TRAPS_H */
