/* session_group: how long summaries and activity records are kept. */

CREATE FUNCTION session_group.set_retention(project_id bigint, retention interval)
	RETURNS session_group.projects
	AS 'MODULE_PATHNAME', 'session_group_set_retention'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.set_retention(bigint, interval) IS
'Sets for how long a project''s summaries are kept after their creation; null: for ever.
session_group.purge_expired() deletes them. Returns the project''s row. SQLSTATE 22004 (null
project), 22023 (not positive, a negative part, more than 1000 years), P0002 (no such project).';

CREATE FUNCTION session_group.set_activity_retention(project_id bigint, retention interval)
	RETURNS session_group.projects
	AS 'MODULE_PATHNAME', 'session_group_set_activity_retention'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.set_activity_retention(bigint, interval) IS
'Sets for how long a project''s activity records are kept; null: for ever.
session_group.purge_expired() deletes them, and activity_since() then refuses to go on from before
what is left. Returns the project''s row. SQLSTATE 22004 (null project), 22023 (not positive, a
negative part, more than 1000 years), P0002 (no such project).';

CREATE FUNCTION session_group.purge_expired(batch integer DEFAULT 1000)
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_purge_expired'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.purge_expired(integer) IS
'Deletes summaries that are older than their project''s retention, and records that (how: retention);
and activity records that are older than its activity_retention. The projects that have such share
the batch evenly; in each the oldest go first. Returns how many rows it deleted: at most batch (1 to
1000000), and fewer when there are no more that nobody else is writing or deleting. Then merges what
writes have left aside of the indexes of searches. May run several times at once. Call it regularly,
with pg_cron for example. SQLSTATE 22004 (null), 22023 (batch out of range).';

GRANT EXECUTE ON FUNCTION
	session_group.set_retention(bigint, interval), session_group.set_activity_retention(bigint, interval),
	session_group.purge_expired(integer)
	TO session_group_admin;
