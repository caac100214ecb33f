/* session_group: who asks. The functions that policies read. */

CREATE FUNCTION session_group.known_project_ids()
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_known_project_ids'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.known_project_ids() IS
'The projects of the identity of this transaction, on whichever nodes they are: its memberships,
narrowed by its key. Empty without an identity. Reads no table. Raises nothing.';

CREATE FUNCTION session_group.readable_project_ids()
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_readable_project_ids'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.readable_project_ids() IS
'The projects whose summaries the identity of this transaction may read: its memberships, narrowed by
its key, and where there are several nodes those that this one has. Empty without an identity. Reads
no table. Raises nothing.';

CREATE FUNCTION session_group.writable_project_ids()
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_writable_project_ids'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.writable_project_ids() IS
'The projects whose summaries the identity of this transaction may write: the readable ones if it
has the scope session_recording:write, else none. Reads no table. Raises nothing.';

CREATE FUNCTION session_group.refuse_elsewhere(project_ids bigint[])
	RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_refuse_elsewhere'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.refuse_elsewhere(bigint[]) IS
'On one of several nodes, plans of statements that name projects ask it once: true, unless one of the
projects is known_project_ids(), and on another node. Reads no table. SQLSTATE 3D000.';

CREATE FUNCTION session_group.project_condition(internal)
	RETURNS internal
	AS 'MODULE_PATHNAME', 'session_group_project_condition'
	LANGUAGE C STRICT;
COMMENT ON FUNCTION session_group.project_condition(internal) IS
'What the planner asks about may_read(), may_write() and may_know(): by which index they find rows, and how many; and on one of several nodes, that it is to ask refuse_elsewhere(), too. Raises nothing.';

CREATE FUNCTION session_group.may_read(project_id bigint)
	RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_may_read'
	LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT session_group.project_condition;
COMMENT ON FUNCTION session_group.may_read(bigint) IS
'Whether a project is one of readable_project_ids(). Policies ask it for each row. Reads no table. Raises nothing.';

CREATE FUNCTION session_group.may_write(project_id bigint)
	RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_may_write'
	LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT session_group.project_condition;
COMMENT ON FUNCTION session_group.may_write(bigint) IS
'Whether a project is one of writable_project_ids(). Policies ask it for each row. Reads no table. Raises nothing.';

CREATE FUNCTION session_group.may_know(project_id bigint)
	RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_may_know'
	LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT session_group.project_condition;
COMMENT ON FUNCTION session_group.may_know(bigint) IS
'Whether a project is one of known_project_ids(). Policies of projects and members ask it for each row. Reads no table. Raises nothing.';

CREATE FUNCTION session_group.may_see(user_id bigint)
	RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_may_see'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION session_group.may_see(bigint) IS
'Whether a user is, or was, a member of one of known_project_ids(). The policy of users asks it for each row. Reads memberships, by an index. Raises nothing.';

CREATE FUNCTION session_group.current_user_id()
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_current_user_id'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.current_user_id() IS
'The user of this transaction''s identity (session_group.users.id), or null without one. Raises nothing.';

CREATE FUNCTION session_group.current_identity(
	OUT user_id bigint, OUT proof text, OUT api_key_id bigint, OUT scopes text[],
	OUT readable_project_ids bigint[], OUT writable_project_ids bigint[])
	RETURNS record
	AS 'MODULE_PATHNAME', 'session_group_current_identity'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.current_identity() IS
'The identity of this transaction: user, how it was proven (api_key, claims, assumed), scopes,
readable and writable projects. All null without one. Raises nothing.';

GRANT EXECUTE ON FUNCTION
	session_group.known_project_ids(), session_group.may_know(bigint),
	session_group.readable_project_ids(), session_group.writable_project_ids(),
	session_group.may_read(bigint), session_group.may_write(bigint), session_group.may_see(bigint), session_group.refuse_elsewhere(bigint[]),
	session_group.current_user_id(), session_group.current_identity()
	TO session_group_anon, session_group_api, session_group_gateway, session_group_admin;
