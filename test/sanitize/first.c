/*
 * first.c
 *		Starts AddressSanitizer before anything else of the process runs.
 *
 * To be preloaded beside AddressSanitizer's library, and linked so that its
 * constructor is the first of all (-z initfirst). The library starts itself in
 * the first call of malloc(), and then calls dlerror(), which takes a lock of
 * gettext's. Where that first call comes from within gettext, as it does from
 * the constructor of libgpg-error, one of the libraries that PostgreSQL
 * loads, the process waits for itself without end.
 */
#include <stdlib.h>

__attribute__((constructor)) static void
start_sanitizer(void)
{
	void	   *volatile memory = malloc(1);

	free(memory);
}
