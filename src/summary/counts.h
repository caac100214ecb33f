/*
 * counts.h
 *		How many summaries a project has, without counting them.
 */
#ifndef SG_COUNTS_H
#define SG_COUNTS_H

extern int64 sg_count_of_project(int64 project_id);

#endif							/* SG_COUNTS_H */
