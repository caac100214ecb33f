/*
 * purge.h
 *		The deletion of old activity records.
 */
#ifndef SG_ACTIVITY_PURGE_H
#define SG_ACTIVITY_PURGE_H

#include "utils/timestamp.h"

extern int64 sg_activity_purge(int64 project_id, TimestampTz before, int64 batch);

#endif							/* SG_ACTIVITY_PURGE_H */
