/*
 * compat.h
 *		Differences between major versions of PostgreSQL. Each is hidden here once,
 *		under the name that the newest version has; no other file tests the version.
 */
#ifndef SG_COMPAT_H
#define SG_COMPAT_H

#include "mb/pg_wchar.h"
#include "utils/acl.h"

/* Before 16 postgres.h declared this. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Before 16 every member of a role may SET ROLE to it. */
#if PG_VERSION_NUM < 160000
#define member_can_set_role(member, role) is_member_of_role(member, role)
#endif

/* Before 16 there was one function for each kind of object. */
#if PG_VERSION_NUM < 160000
#define object_ownercheck(class_id, object_id, role_id) pg_class_ownercheck(object_id, role_id)
#endif

/* Since 16 there is an argument that limits the call to summarizing indexes. */
#if PG_VERSION_NUM >= 160000
#define sg_insert_index_tuples(relation, slot, estate) \
	ExecInsertIndexTuples(relation, slot, estate, false, false, NULL, NIL, false)
#else
#define sg_insert_index_tuples(relation, slot, estate) \
	ExecInsertIndexTuples(relation, slot, estate, false, false, NULL, NIL)
#endif

/* Since 16 an update also tells indexes that summarize, of which there are none, from others. */
#if PG_VERSION_NUM >= 160000
#define sg_indexes_to_update TU_UpdateIndexes
#else
#define sg_indexes_to_update bool
#endif

/* Before 18 the executor was told whether it would be called once more. */
#if PG_VERSION_NUM >= 180000
#define SG_EXECUTOR_RUN_PARAMETERS \
	QueryDesc *query, ScanDirection direction, uint64 count
#define SG_EXECUTOR_RUN_ARGUMENTS query, direction, count
#define sg_executor_run_all(query) ExecutorRun(query, ForwardScanDirection, 0)
#else
#define SG_EXECUTOR_RUN_PARAMETERS \
	QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once
#define SG_EXECUTOR_RUN_ARGUMENTS query, direction, count, execute_once
#define sg_executor_run_all(query) ExecutorRun(query, ForwardScanDirection, 0, true)
#endif

/* Since 18 a scan can be told to count what it does. */
#if PG_VERSION_NUM >= 180000
#define sg_index_beginscan(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, NULL, keys, 0)
#else
#define sg_index_beginscan(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, keys, 0)
#endif

/* Before 18 the attribute was written behind the declaration. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* Before 16 the values of settings, and what check hooks return, come from malloc(). */
#if PG_VERSION_NUM < 160000
#define guc_malloc(elevel, size) sg_guc_malloc(size)
#define guc_free(pointer) free(pointer)

static inline void *
sg_guc_malloc(size_t size)
{
	void	   *memory = malloc(size);

	if (memory == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return memory;
}
#endif

/* Give memory that malloc() holds free back to the operating system (glibc only). */
#ifdef __GLIBC__
#include <malloc.h>
#define sg_return_free_memory() ((void) malloc_trim(0))
#else
#define sg_return_free_memory() ((void) 0)
#endif

#endif							/* SG_COMPAT_H */
