/*
 * purge.h
 *		The deletion of old activity records.
 */
#ifndef SG_ACTIVITY_PURGE_H
#define SG_ACTIVITY_PURGE_H

#include "utils/timestamp.h"

/* SQL of the number up to which a project's records were deleted; 0: none. */
#define SG_ACTIVITY_PURGED_TO(project_id) \
	"coalesce((SELECT t.purged_to FROM session_group.activity_purges AS t" \
	" WHERE t.project_id OPERATOR(pg_catalog.=) " project_id " ORDER BY t.purged_to DESC LIMIT 1), 0)"

extern int64 sg_activity_purge(int64 project_id, TimestampTz before, int64 batch);

#endif							/* SG_ACTIVITY_PURGE_H */
