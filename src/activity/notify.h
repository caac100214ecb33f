/*
 * notify.h
 *		NOTIFY of new activity records.
 */
#ifndef SG_ACTIVITY_NOTIFY_H
#define SG_ACTIVITY_NOTIFY_H

extern void sg_activity_notify_init(void);
extern void sg_activity_notify(int64 project_id, int64 seq);

#endif							/* SG_ACTIVITY_NOTIFY_H */
