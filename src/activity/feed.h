/*
 * feed.h
 *		Reading activity records: pages, and the feed of changes.
 */
#ifndef SG_ACTIVITY_FEED_H
#define SG_ACTIVITY_FEED_H

#include "utils/uuid.h"

#include "base/fault.h"

/*
 * SPI must be connected. Pages leave their rows, of
 * session_group.activity_record, in SPI_tuptable. Of the
 * project, or, unless it is null, of one summary.
 */
extern uint64 sg_activity_page(int64 project_id, const pg_uuid_t *summary_id, int64 limit,
							   int64 offset);
extern uint64 sg_activity_since(int64 project_id, const pg_uuid_t *summary_id, int64 since,
								int64 limit);
extern bool sg_activity_kept_since(int64 project_id, int64 since, SgFault *fault);
extern int64 sg_activity_count(int64 project_id, const pg_uuid_t *summary_id);

#endif							/* SG_ACTIVITY_FEED_H */
