/*
 * members.c
 *		Administration of memberships, and the trigger that keeps each where it is.
 */
#include "base/session_group.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/rel.h"

#include "admin/projects.h"
#include "admin/row.h"
#include "admin/users.h"
#include "base/arguments.h"
#include "base/trigger.h"

PG_FUNCTION_INFO_V1(session_group_add_member);
PG_FUNCTION_INFO_V1(session_group_remove_member);
PG_FUNCTION_INFO_V1(session_group_members_stay);
PG_FUNCTION_INFO_V1(session_group_members_to_users);

#define MEMBER_COLUMNS "m.project_id, m.user_id, m.added_at, m.removed_at"

/*
 * session_group.add_member(project_id bigint, user_id bigint) returns session_group.members
 */
Datum
session_group_add_member(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"INSERT INTO session_group.members AS m (project_id, user_id) VALUES ($1, $2)"
		" ON CONFLICT (project_id, user_id) DO UPDATE SET removed_at = NULL"
		" RETURNING " MEMBER_COLUMNS,
		{INT8OID, INT8OID}
	};

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "user_id");
	sg_spi_connect();
	sg_check_project_exists(PG_GETARG_INT64(0));
	sg_check_user_exists(PG_GETARG_INT64(1));
	sg_spi_finish();
	return sg_write_row(fcinfo, &statement);
}

/*
 * session_group.remove_member(project_id bigint, user_id bigint)
 * returns session_group.members
 */
Datum
session_group_remove_member(PG_FUNCTION_ARGS)
{
	static SgStatement statement = {
		"UPDATE session_group.members AS m SET removed_at = pg_catalog.now()"
		" WHERE m.project_id OPERATOR(pg_catalog.=) $1 AND m.user_id OPERATOR(pg_catalog.=) $2"
		" AND m.removed_at IS NULL RETURNING " MEMBER_COLUMNS,
		{INT8OID, INT8OID}
	};
	Datum		row;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "user_id");
	row = sg_write_row(fcinfo, &statement);
	if (row == (Datum) 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("user " INT64_FORMAT " is not a member of project " INT64_FORMAT,
						PG_GETARG_INT64(1), PG_GETARG_INT64(0)),
				 errhint("See session_group.list_members(" INT64_FORMAT ").", PG_GETARG_INT64(0))));
	return row;
}

/*
 * Read project_id and user_id of a row of members.
 */
static void
read_membership(HeapTuple tuple, Relation relation, Datum *values)
{
	bool		isnull;

	for (int i = 0; i < 2; i++)
		values[i] = heap_getattr(tuple, i + 1, RelationGetDescr(relation), &isnull);
}

static void
refuse_moved_membership(const TriggerData *trigger)
{
	Datum		before[2];
	Datum		after[2];

	read_membership(trigger->tg_trigtuple, trigger->tg_relation, before);
	read_membership(trigger->tg_newtuple, trigger->tg_relation, after);
	if (DatumGetInt64(before[0]) != DatumGetInt64(after[0]) ||
		DatumGetInt64(before[1]) != DatumGetInt64(after[1]))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the project and the user of a membership never change"),
				 errhint("Use session_group.remove_member() and add_member().")));
}

/*
 * session_group.members_stay() returns trigger
 *
 * Before UPDATE of a row of session_group.members. Raises 0A000 if it would be of another
 * project or user.
 */
Datum
session_group_members_stay(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = sg_trigger(fcinfo, "members", SG_BEFORE_ROW);

	refuse_moved_membership(trigger);
	return PointerGetDatum(trigger->tg_newtuple);
}

/*
 * session_group.members_to_users() returns trigger
 *
 * Of a database that has not been updated yet: keeps users.project_ids, which the policy
 * of users reads there, the projects of all memberships of a user, former ones too.
 */
Datum
session_group_members_to_users(PG_FUNCTION_ARGS)
{
	static SgStatement add = {
		"UPDATE session_group.users AS u"
		" SET project_ids = pg_catalog.array_append(u.project_ids, $1)"
		" WHERE u.id OPERATOR(pg_catalog.=) $2"
		" AND NOT ($1 OPERATOR(pg_catalog.=) ANY (u.project_ids))",
		{INT8OID, INT8OID}
	};
	static SgStatement drop = {
		"UPDATE session_group.users AS u"
		" SET project_ids = pg_catalog.array_remove(u.project_ids, $1)"
		" WHERE u.id OPERATOR(pg_catalog.=) $2",
		{INT8OID, INT8OID}
	};
	static SgStatement drop_all = {
		"UPDATE session_group.users SET project_ids = '{}'"
		" WHERE project_ids OPERATOR(pg_catalog.<>) '{}'"
	};
	TriggerData *trigger = sg_trigger(fcinfo, "members", SG_AFTER_ROW | SG_AFTER_TRUNCATE);
	Datum		values[2] = {0};

	if (TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		read_membership(trigger->tg_trigtuple, trigger->tg_relation, values);
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
	{
		refuse_moved_membership(trigger);
		return PointerGetDatum(NULL);
	}
	sg_spi_connect();
	sg_execute(TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) ? &drop_all :
			   TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ? &add : &drop, values, NULL,
			   SG_SNAPSHOT_NEW);
	sg_spi_finish();
	return PointerGetDatum(NULL);
}
