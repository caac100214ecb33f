/*
 * retired.c
 *		C functions that released scripts name and this version no longer has.
 *
 * A script could not declare them otherwise. A function says that the
 * extension is to be updated. A trigger does nothing, since writes go on
 * between the installation of the files and the update.
 */
#include "base/session_group.h"

#include "fmgr.h"

PG_FUNCTION_INFO_V1(session_group_summaries_counted);

Datum
session_group_summaries_counted(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(NULL);
}
