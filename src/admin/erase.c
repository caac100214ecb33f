/*
 * erase.c
 *		Forgetting: a summary, or a person, with all that was kept of them.
 *
 * Deleting a summary keeps what was recorded of it: titles in records of activity,
 * and the answer to a request with an Idempotency-Key. Who has to forget calls
 * these. Patterns, keys of searches and numbers go with the rows by triggers and
 * indexes; memberships, API keys and idempotency keys go with a user by foreign
 * keys. Records of activity are changed as the owner, since nobody may write
 * them.
 *
 * If the newest record of a project is erased, it stays without what it said: the
 * project's numbers must not begin anew, and who follows the feed sees that
 * something was erased.
 *
 * What the files of the database keep of rows that are gone is said in
 * docs/administration.md.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/uuid.h"

#include "admin/row.h"
#include "base/arguments.h"
#include "fleet/placement.h"

PG_FUNCTION_INFO_V1(session_group_erase_summary);
PG_FUNCTION_INFO_V1(session_group_erase_user);

#define OF_SUMMARY(column) \
	" WHERE t.project_id OPERATOR(pg_catalog.=) $1 AND t." column " OPERATOR(pg_catalog.=) $2"

/*
 * session_group.erase_summary(project_id bigint, id uuid) returns void
 *
 * Raises 22004 and P0002.
 */
Datum
session_group_erase_summary(PG_FUNCTION_ARGS)
{
	static SgStatement summary = {
		"DELETE FROM session_group.summaries AS t" OF_SUMMARY("id"), {INT8OID, UUIDOID}
	};

	/* An answer names its summary. */
	static SgStatement answers = {
		"DELETE FROM session_group.idempotency_keys AS t"
		" WHERE t.project_id OPERATOR(pg_catalog.=) $1 AND pg_catalog.\"position\"(t.body,"
		" pg_catalog.convert_to($2::pg_catalog.text, 'UTF8')) OPERATOR(pg_catalog.>) 0",
		{INT8OID, UUIDOID}
	};
	static SgStatement newest = {
		"UPDATE session_group.activity AS t SET summary_id ="
		" '00000000-0000-0000-0000-000000000000', activity = 'deleted', user_id = NULL,"
		" api_key = NULL, how = 'sql', request_id = NULL, changes = '[]'"
		OF_SUMMARY("summary_id") " AND t.seq OPERATOR(pg_catalog.=)"
		" (SELECT pg_catalog.max(n.seq) FROM session_group.activity AS n"
		" WHERE n.project_id OPERATOR(pg_catalog.=) $1)",
		{INT8OID, UUIDOID}
	};
	static SgStatement records = {
		"DELETE FROM session_group.activity AS t" OF_SUMMARY("summary_id"), {INT8OID, UUIDOID}
	};
	Datum		values[2];
	uint64		found;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_null(fcinfo, 1, "id");
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_GETARG_DATUM(1);
	sg_refuse_unplaced_write(PG_GETARG_INT64(0));
	sg_spi_connect();
	found = sg_execute(&summary, values, NULL, SG_SNAPSHOT_NEW);
	found += sg_execute(&answers, values, NULL, SG_SNAPSHOT_NEW);
	found += sg_execute_as_owner(&newest, values, NULL, SG_SNAPSHOT_NEW);
	found += sg_execute_as_owner(&records, values, NULL, SG_SNAPSHOT_NEW);
	if (found == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("nothing is kept of summary %s in project " INT64_FORMAT,
						DatumGetCString(DirectFunctionCall1(uuid_out, values[1])),
						PG_GETARG_INT64(0)),
				 errhint("Give the project's id, and the summary's as records of activity have"
						 " it.")));
	sg_spi_finish();
	PG_RETURN_VOID();
}

/* A creator in a record, or null if it is the user ($1). */
#define CREATOR(when) \
	"CASE WHEN c.change OPERATOR(pg_catalog.->) '" when "' OPERATOR(pg_catalog.=)" \
	" pg_catalog.to_jsonb($1) THEN NULL ELSE c.change OPERATOR(pg_catalog.->) '" when "' END"
#define NAMES(when) \
	"t.changes OPERATOR(pg_catalog.@>) pg_catalog.jsonb_build_array(" \
	"pg_catalog.jsonb_build_object('field', 'created_by', '" when "', $1))"

/*
 * session_group.erase_user(user_id bigint) returns void
 *
 * Raises 22004 and P0002. One who is deleted already may still be in records: of
 * transactions that were open then, and of another node, where nobody deletes users.
 */
Datum
session_group_erase_user(PG_FUNCTION_ARGS)
{
	static SgStatement known = {
		"SELECT 1 FROM session_group.users AS u WHERE u.id OPERATOR(pg_catalog.=) $1", {INT8OID}
	};
	static SgStatement user = {
		"DELETE FROM session_group.users AS u WHERE u.id OPERATOR(pg_catalog.=) $1", {INT8OID}
	};
	static SgStatement deeds = {
		"UPDATE session_group.activity AS t SET user_id = NULL, api_key = NULL, request_id = NULL"
		" WHERE t.user_id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	static SgStatement creations = {
		"UPDATE session_group.activity AS t SET changes = (SELECT pg_catalog.jsonb_agg("
		"CASE WHEN c.change OPERATOR(pg_catalog.->>) 'field' OPERATOR(pg_catalog.=) 'created_by'"
		" THEN pg_catalog.jsonb_build_object('field', 'created_by', 'before', " CREATOR("before")
		", 'after', " CREATOR("after") ") ELSE c.change END ORDER BY c.place)"
		" FROM pg_catalog.jsonb_array_elements(t.changes) WITH ORDINALITY AS c (change, place))"
		" WHERE " NAMES("before") " OR " NAMES("after"),
		{INT8OID}
	};
	Datum		values[1];
	uint64		found;

	sg_refuse_null(fcinfo, 0, "user_id");
	values[0] = PG_GETARG_DATUM(0);
	sg_spi_connect();
	found = sg_execute(&known, values, NULL, SG_SNAPSHOT_NEW);
	if (found > 0)
		(void) sg_execute(&user, values, NULL, SG_SNAPSHOT_NEW);
	/* Their summaries have no creator now: that was recorded, with the user's id. */
	found += sg_execute_as_owner(&deeds, values, NULL, SG_SNAPSHOT_LATEST);
	found += sg_execute_as_owner(&creations, values, NULL, SG_SNAPSHOT_LATEST);
	if (found == 0)
		sg_raise_unknown("user", PG_GETARG_INT64(0), "list_users()");
	sg_spi_finish();
	PG_RETURN_VOID();
}
