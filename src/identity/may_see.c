/*
 * may_see.c
 *		Which people an identity may see: those of its projects, former ones too.
 */
#include "base/session_group.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "fmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/relation.h"
#include "identity/identity.h"

PG_FUNCTION_INFO_V1(session_group_may_see);

/* Columns of session_group.members. */
#define PROJECT_ID 1
#define USER_ID 2

/*
 * Tell whether a user is a member of a project, or was.
 */
static bool
is_known_in(Relation members, int64 project_id, int64 user_id)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	bool		found;

	ScanKeyInit(&keys[0], PROJECT_ID, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(project_id));
	ScanKeyInit(&keys[1], USER_ID, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(user_id));
	scan = systable_beginscan(members, sg_relation_id("members_pkey", false), true,
							  GetActiveSnapshot(), 2, keys);
	found = systable_getnext(scan) != NULL;
	systable_endscan(scan);
	return found;
}

/* To begin a scan of an index takes as long as to read so many rows by one. */
#define ROWS_OF_A_SCAN 4

/*
 * Look for a project of the list among the first memberships of a user, as many as take
 * no longer than to look for each of the list. "all" becomes true if the user has no more.
 */
static bool
shares_one_of_the_first(Relation members, const SgProjectList *list, int64 user_id, bool *all)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple = NULL;
	bool		found = false;
	bool		isnull;

	ScanKeyInit(&key, USER_ID, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(user_id));
	scan = systable_beginscan(members, sg_relation_id("members_user_id", false), true,
							  GetActiveSnapshot(), 1, &key);
	for (int i = 0; i / ROWS_OF_A_SCAN < list->count && !found &&
		 (tuple = systable_getnext(scan)) != NULL; i++)
		found = sg_project_listed(list, DatumGetInt64(heap_getattr(tuple, PROJECT_ID,
																   RelationGetDescr(members),
																   &isnull)));
	systable_endscan(scan);
	*all = tuple == NULL;
	return found;
}

/*
 * Tell whether a user is known in a project of the list. The shorter of the two is gone
 * through: the user's memberships, or the list.
 */
static bool
shares_project(const SgProjectList *list, int64 user_id)
{
	Relation	members = table_open(sg_relation_id("members", false), AccessShareLock);
	bool		all;
	bool		found = shares_one_of_the_first(members, list, user_id, &all);

	for (int i = 0; i < list->count && !found && !all; i++)
		found = is_known_in(members, list->ids[i], user_id);
	table_close(members, AccessShareLock);
	return found;
}

/*
 * session_group.may_see(user_id bigint) returns boolean
 *
 * Reads memberships that the policies may hide: of the user who is asked for, and of
 * them tells one bit, whether a project of the identity's is there.
 */
Datum
session_group_may_see(PG_FUNCTION_ARGS)
{
	const SgProjectList *list = &sg_identity()->known;

	PG_RETURN_BOOL(list->count > 0 && shares_project(list, PG_GETARG_INT64(0)));
}
