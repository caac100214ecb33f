/*
 * count_folding.h
 *		Counts that hold without the changes before them; and counting anew.
 */
#ifndef SG_COUNT_FOLDING_H
#define SG_COUNT_FOLDING_H

#include "summary/count_table.h"

extern int64 sg_count_rows(int64 project_id, SgCounted counted);
extern void sg_counts_fold(SgCountTable *counts, int64 project_id);
extern void sg_counts_forget(const int64 *project_id);

#endif							/* SG_COUNT_FOLDING_H */
