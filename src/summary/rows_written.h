/*
 * rows_written.h
 *		How many rows of summaries one request may write.
 */
#ifndef SG_ROWS_WRITTEN_H
#define SG_ROWS_WRITTEN_H

extern void sg_count_row_written(uint32 bytes);
extern void sg_count_patterns_written(int patterns);
extern void sg_rows_written_init(void);

#endif							/* SG_ROWS_WRITTEN_H */
