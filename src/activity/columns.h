/*
 * columns.h
 *		The table of activity records.
 */
#ifndef SG_ACTIVITY_COLUMNS_H
#define SG_ACTIVITY_COLUMNS_H

/* Columns of session_group.activity. activity_record has all but the last. */
enum SgActivityColumn
{
	SG_ACTIVITY_PROJECT_ID = 1,
	SG_ACTIVITY_SEQ,
	SG_ACTIVITY_SUMMARY_ID,
	SG_ACTIVITY_ACTIVITY,
	SG_ACTIVITY_USER_ID,
	SG_ACTIVITY_API_KEY,
	SG_ACTIVITY_HOW,
	SG_ACTIVITY_REQUEST_ID,
	SG_ACTIVITY_CHANGES,
	SG_ACTIVITY_AT,
	SG_ACTIVITY_HORIZON
};

/*
 * SQL: all numbers below that of the record "a" are known, by its horizon (feed.c).
 * "ended" is sg_all_ended_below(); a horizon from "next" on, the next transaction id,
 * is another cluster's.
 */
#define SG_ACTIVITY_SETTLED(ended, next) \
	"(a.horizon OPERATOR(pg_catalog.<=) " ended " OR a.horizon OPERATOR(pg_catalog.>) " next ")"

#endif							/* SG_ACTIVITY_COLUMNS_H */
