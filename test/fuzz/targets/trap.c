/*
 * trap.c
 *		Faults on purpose: does the machinery see them?
 */
#include "base/session_group.h"

#include "fuzz.h"
#include "traps.h"

void
fuzz_trap(const char *data, size_t size)
{
	if (size > 0)
		sanitizer_trap(data[0]);
}
