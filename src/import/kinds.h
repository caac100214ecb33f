/*
 * kinds.h
 *		The kinds of rows that are imported.
 */
#ifndef SG_IMPORT_KINDS_H
#define SG_IMPORT_KINDS_H

#include "import/import.h"

extern SgImport *sg_import_begin_kinds(void);
extern TupleDesc sg_import_summary_tupdesc(void);

#endif							/* SG_IMPORT_KINDS_H */
