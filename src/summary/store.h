/*
 * store.h
 *		Reading and writing rows of session_group.summaries, as the caller.
 */
#ifndef SG_STORE_H
#define SG_STORE_H

#include "utils/uuid.h"

#include "summary/validate.h"

/* The table's columns, in its own order. */
#define SG_ROW_COLUMNS \
	"s.project_id, s.id, s.title, s.session_ids, s.session_count, s.summary," \
	" s.extra_summary_context, s.run_metadata, s.created_at, s.created_by_id," \
	" s.updated_at, s.version"

enum SgRowColumn
{
	SG_ROW_PROJECT_ID = 1,
	SG_ROW_ID,
	SG_ROW_TITLE,
	SG_ROW_SESSION_IDS,
	SG_ROW_SESSION_COUNT,
	SG_ROW_SUMMARY,
	SG_ROW_EXTRA_SUMMARY_CONTEXT,
	SG_ROW_RUN_METADATA,
	SG_ROW_CREATED_AT,
	SG_ROW_CREATED_BY_ID,
	SG_ROW_UPDATED_AT,
	SG_ROW_VERSION
};

#define SG_ROW_COLUMN_COUNT SG_ROW_VERSION

/*
 * SPI must be connected. The row of SG_ROW_COLUMNS is in SPI_tuptable then;
 * insert always makes one, the others return the number of rows, 0 or 1.
 */
extern void sg_store_insert(int64 project_id, const SgFields *fields);
extern uint64 sg_store_get(int64 project_id, const pg_uuid_t *id);
extern uint64 sg_store_lock(int64 project_id, const pg_uuid_t *id);
extern uint64 sg_store_update(int64 project_id, const pg_uuid_t *id, const SgFields *fields);
extern uint64 sg_store_delete(int64 project_id, const pg_uuid_t *id);

extern bool sg_store_project_visible(int64 project_id);
extern bool sg_store_project_exists(int64 project_id);

#endif							/* SG_STORE_H */
