/*
 * traps.c
 *		Faults on purpose: do the sanitizers see them?
 */
#include "base/session_group.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "traps.h"

/* Where this is a library of its own; in one with the extension, that has it. */
#ifdef TRAPS_MODULE
PG_MODULE_MAGIC;
#endif

PG_FUNCTION_INFO_V1(trap);

/*
 * Make one fault:
 *
 *		r		read past the end of palloc's memory
 *		f		read after pfree
 *		o		overflow an integer
 *		e		raise an error (none for a sanitizer)
 */
void
sanitizer_trap(char fault)
{
	volatile int number = PG_INT32_MAX;
	char	   *memory = palloc(3);

	memset(memory, 0, 3);
	switch (fault)
	{
		case 'r':
			number = ((volatile char *) memory)[3];
			break;
		case 'f':
			pfree(memory);
			number = ((volatile char *) memory)[0];
			break;
		case 'o':
			number += 1;
			break;
		case 'e':
			elog(ERROR, "raised");
			break;
		default:
			break;
	}
	(void) number;
}

/*
 * trap(fault text) returns void
 */
Datum
trap(PG_FUNCTION_ARGS)
{
	sanitizer_trap(text_to_cstring(PG_GETARG_TEXT_PP(0))[0]);
	PG_RETURN_VOID();
}
