/*
 * recheck.c
 *		What was proven at the beginning of a transaction, at each write later in it.
 *
 * A transaction may stay open after its key was revoked, its user made inactive or
 * taken out of the project. Whatever changes keys, users or members tells all
 * backends (key_cache.c); only a write that comes after such a change looks again, and
 * once more when it is done: it may have waited, or worked, for long.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/statement.h"
#include "base/trigger.h"
#include "identity/identity.h"
#include "identity/key_cache.h"

PG_FUNCTION_INFO_V1(session_group_summaries_recheck);

/*
 * Tell whether the identity could be proven again now. As the owner: of the
 * identity's own user and key.
 */
static bool
still_holds(const SgIdentity *identity)
{
	static SgStatement statement = {
		"SELECT NOT EXISTS (SELECT FROM pg_catalog.unnest($3) AS p (id) WHERE NOT EXISTS"
		" (SELECT FROM session_group.members AS m WHERE m.user_id OPERATOR(pg_catalog.=) u.id"
		" AND m.project_id OPERATOR(pg_catalog.=) p.id AND m.removed_at IS NULL))"
		" FROM session_group.users AS u"
		" WHERE u.is_active AND u.id OPERATOR(pg_catalog.=) $1"
		" AND ($2 OPERATOR(pg_catalog.=) 0 OR EXISTS (SELECT FROM session_group.api_keys AS k"
		" WHERE k.revoked_at IS NULL AND k.id OPERATOR(pg_catalog.=) $2"
		" AND k.user_id OPERATOR(pg_catalog.=) u.id AND (k.expires_at IS NULL"
		" OR k.expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp())"
		" AND (k.project_ids IS NULL OR $3 OPERATOR(pg_catalog.<@) k.project_ids)"
		" AND (NOT $4 OR k.scopes OPERATOR(pg_catalog.&&)"
		" ARRAY['" SG_SCOPE_ALL "', '" SG_SCOPE_WRITE "'])))",
		{INT8OID, INT8OID, INT8ARRAYOID, BOOLOID}
	};
	Datum	   *ids = palloc(sizeof(Datum) * Max(identity->readable.count, 1));
	Datum		values[4] = {Int64GetDatum(identity->user_id), Int64GetDatum(identity->api_key_id)};
	bool		holds;

	for (int i = 0; i < identity->readable.count; i++)
		ids[i] = Int64GetDatum(identity->readable.ids[i]);
	values[2] = PointerGetDatum(construct_array(ids, identity->readable.count, INT8OID,
												sizeof(int64), FLOAT8PASSBYVAL,
												TYPALIGN_DOUBLE));
	values[3] = BoolGetDatum(identity->can_write);
	sg_spi_connect();
	holds = sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_LATEST) == 1 &&
		DatumGetBool(sg_required(0, 1));
	sg_spi_finish();
	return holds;
}

/*
 * session_group.summaries_recheck() returns trigger
 *
 * Before and after a statement that writes summaries. Raises 28000 if the identity was
 * taken away after it was proven.
 */
Datum
session_group_summaries_recheck(PG_FUNCTION_ARGS)
{
	const SgIdentity *identity = sg_identity();
	TriggerData *trigger = sg_trigger(fcinfo, "summaries",
									  SG_BEFORE_STATEMENT | SG_AFTER_STATEMENT);

	/* What a function that the statement called has changed of keys and users counts, too. */
	if (TRIGGER_FIRED_AFTER(trigger->tg_event))
		CommandCounterIncrement();
	if (identity->proof != SG_PROOF_NONE &&
		identity->proven != (int64) sg_key_cache_begin() && !still_holds(identity))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("the identity of this transaction is no longer valid"),
				 errdetail("Its key was revoked, narrowed or has expired, its user is inactive, was"
						   " taken out of a project, or the project was deleted."),
				 errhint("Roll back, and call session_group.login() again.")));
	return PointerGetDatum(NULL);
}
