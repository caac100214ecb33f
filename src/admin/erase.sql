/* session_group: forgetting. */

CREATE FUNCTION session_group.erase_summary(project_id bigint, id uuid)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_erase_summary'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.erase_summary(bigint, uuid) IS
'Deletes a summary, or one that was deleted before, with all that is kept of it: its records of
activity and answers under idempotency keys too. If its record is the newest of the project, that
stays, with nothing in it and a summary_id of zeros. What the files of the database keep of it:
docs/administration.md. SQLSTATE 22004 (null), P0002 (nothing is kept of such a summary).';

CREATE FUNCTION session_group.erase_user(user_id bigint)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_erase_user'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.erase_user(bigint) IS
'Deletes a user with memberships, API keys and answers under idempotency keys, and takes the user out
of all records of activity. Summaries that the user made stay, without a creator. Reads all records
of activity. A transaction that is open meanwhile may still record the user: call this again when it
has ended. In a fleet, call it on the directory''s node, and on each other one when the deletion has
come there, since each has the records of its projects. What the files of the database keep:
docs/administration.md. SQLSTATE 22004 (null), P0002 (no such user, and no record of one), 55000 (the
user is here, and this is not the directory''s node).';

GRANT EXECUTE ON FUNCTION session_group.erase_summary(bigint, uuid), session_group.erase_user(bigint)
	TO session_group_admin;
