/*
 * forget.c
 *		What a node deletes when the directory has deleted a project or a membership.
 *
 * On the directory's node foreign keys do that. Replication brings the deletion to the
 * others, and in its role foreign keys are not looked after: these triggers are, there
 * and nowhere else (ENABLE REPLICA). They run as the owner, since records of activity are
 * nobody's to delete: of a project that is gone for everybody.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "base/statement.h"
#include "base/trigger.h"
#include "fleet/placement.h"

PG_FUNCTION_INFO_V1(session_group_projects_forget_rows);
PG_FUNCTION_INFO_V1(session_group_members_forget_creator);

/*
 * Run statements with the first columns of the deleted row.
 */
static void
run(const TriggerData *trigger, SgStatement *statements, int count)
{
	Datum		values[2];
	bool		isnull;

	for (int i = 0; i < (int) lengthof(values); i++)
		values[i] = heap_getattr(trigger->tg_trigtuple, i + 1,
								 RelationGetDescr(trigger->tg_relation), &isnull);
	sg_spi_connect();
	for (int i = 0; i < count; i++)
		(void) sg_execute_as_owner(&statements[i], values, NULL, SG_SNAPSHOT_NEW);
	sg_spi_finish();
}

/*
 * session_group.projects_forget_rows() returns trigger
 *
 * After DELETE of a row of session_group.projects.
 */
Datum
session_group_projects_forget_rows(PG_FUNCTION_ARGS)
{
#define ROWS(table, key) \
	{"DELETE FROM session_group." table " AS t WHERE t.project_id OPERATOR(pg_catalog.=) $1", {INT8OID}},
	static SgStatement statements[] = {SG_PROJECT_TABLES(ROWS)};
#undef ROWS

	run(sg_trigger(fcinfo, "projects", SG_AFTER_ROW), statements, lengthof(statements));
	return PointerGetDatum(NULL);
}

/*
 * session_group.members_forget_creator() returns trigger
 *
 * After DELETE of a row of session_group.members: with its user, or with its project.
 */
Datum
session_group_members_forget_creator(PG_FUNCTION_ARGS)
{
	static SgStatement statements[] = {
		{
			"UPDATE session_group.summaries AS t SET created_by_id = NULL"
			" WHERE t.project_id OPERATOR(pg_catalog.=) $1"
			" AND t.created_by_id OPERATOR(pg_catalog.=) $2",
			{INT8OID, INT8OID}
		},
		{
			"DELETE FROM session_group.idempotency_keys AS t"
			" WHERE t.project_id OPERATOR(pg_catalog.=) $1 AND t.user_id OPERATOR(pg_catalog.=) $2",
			{INT8OID, INT8OID}
		}
	};

	run(sg_trigger(fcinfo, "members", SG_AFTER_ROW), statements, lengthof(statements));
	return PointerGetDatum(NULL);
}
