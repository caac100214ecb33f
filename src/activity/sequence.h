/*
 * sequence.h
 *		The numbers of a project's activity records.
 */
#ifndef SG_ACTIVITY_SEQUENCE_H
#define SG_ACTIVITY_SEQUENCE_H

extern int64 sg_activity_next_number(int64 project_id);

#endif							/* SG_ACTIVITY_SEQUENCE_H */
