/*
 * store.h
 *		Reading and writing rows of session_group.summaries, as the caller.
 */
#ifndef SG_STORE_H
#define SG_STORE_H

#include "utils/uuid.h"

#include "summary/fields.h"

/*
 * SPI must be connected. The row is in SPI_tuptable then;
 * insert always makes one, the others return the number of rows, 0 or 1.
 */
extern void sg_store_insert(int64 project_id, const SgFields *fields);
extern uint64 sg_store_get(int64 project_id, const pg_uuid_t *id);
extern uint64 sg_store_lock(int64 project_id, const pg_uuid_t *id);
extern uint64 sg_store_update(int64 project_id, const pg_uuid_t *id, const SgFields *fields);
extern uint64 sg_store_delete(int64 project_id, const pg_uuid_t *id);

extern bool sg_store_project_visible(int64 project_id);
extern bool sg_store_project_served(int64 project_id);

#endif							/* SG_STORE_H */
