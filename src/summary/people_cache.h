/*
 * people_cache.h
 *		Creators as answers show them, kept in this backend until something about
 *		them may have changed.
 */
#ifndef SG_PEOPLE_CACHE_H
#define SG_PEOPLE_CACHE_H

extern bool sg_people_cache_serves(int64 project_id);
extern char *sg_people_cache_find(int64 project_id, int64 user_id, int *length);
extern uint64 sg_people_cache_begin(void);
extern void sg_people_cache_keep(int64 project_id, int64 user_id, const char *json, int length,
								 uint64 began);

#endif							/* SG_PEOPLE_CACHE_H */
