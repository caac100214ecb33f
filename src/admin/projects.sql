/* session_group: administration of projects, users, members and API keys. */

CREATE FUNCTION session_group.create_project(name text, timezone text DEFAULT 'UTC', node text DEFAULT NULL)
	RETURNS session_group.projects
	AS 'MODULE_PATHNAME', 'session_group_create_project'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.create_project(text, text, text) IS
'Makes a project. name: 1 to 200 characters; timezone: an IANA name; node: where there are several
machines, the one that gets it, or null for the one with the fewest projects for its weight. Returns
its row. SQLSTATE 22004 (null), 22023 (length, unknown time zone), P0002 (no such node), 55000 (no
node takes new projects, or this one does not administer).';

CREATE FUNCTION session_group.rename_project(project_id bigint, name text)
	RETURNS session_group.projects
	AS 'MODULE_PATHNAME', 'session_group_rename_project'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.rename_project(bigint, text) IS
'Gives a project another name of 1 to 200 characters. Returns its row. SQLSTATE 22004 (null), 22023 (length), P0002 (no such project).';

CREATE FUNCTION session_group.set_project_timezone(project_id bigint, timezone text)
	RETURNS session_group.projects
	AS 'MODULE_PATHNAME', 'session_group_set_project_timezone'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.set_project_timezone(bigint, text) IS
'Sets the time zone (IANA name) in which date filters of the project are read. Returns its row.
SQLSTATE 22004 (null), 22023 (unknown time zone), P0002 (no such project).';

CREATE FUNCTION session_group.delete_project(project_id bigint)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_delete_project'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.delete_project(bigint) IS
'Deletes a project with its memberships and all of its summaries. SQLSTATE 22004 (null), P0002 (no such project).';

CREATE FUNCTION session_group.list_projects()
	RETURNS TABLE (id bigint, name text, timezone text, created_at timestamptz, members bigint,
				   retention interval, activity_retention interval)
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		SELECT p.id, p.name, p.timezone, p.created_at,
			   (SELECT count(*) FROM session_group.members m
				WHERE m.project_id = p.id AND m.removed_at IS NULL),
			   p.retention, p.activity_retention
		FROM session_group.projects p ORDER BY p.id;
	END;
COMMENT ON FUNCTION session_group.list_projects() IS 'All projects by id, with the number of their members and what is kept for how long. Raises nothing.';

CREATE FUNCTION session_group.create_user(
	email text, first_name text DEFAULT '', last_name text DEFAULT '',
	distinct_id text DEFAULT NULL, role_at_organization text DEFAULT NULL,
	is_email_verified boolean DEFAULT NULL, hedgehog_config jsonb DEFAULT NULL,
	uuid uuid DEFAULT NULL)
	RETURNS session_group.users
	AS 'MODULE_PATHNAME', 'session_group_create_user'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.create_user(text, text, text, text, text, boolean, jsonb, uuid) IS
'Makes a user. email: 1 to 254 characters, unique; role_at_organization: engineering, data, product,
founder, leadership, marketing, sales, other, empty or null; uuid: made if null. Returns the row.
SQLSTATE 22004 (null email or name), 22023 (length, unknown role), 23505 (email or uuid taken).';

CREATE FUNCTION session_group.set_user_active(user_id bigint, active boolean)
	RETURNS session_group.users
	AS 'MODULE_PATHNAME', 'session_group_set_user_active'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.set_user_active(bigint, boolean) IS
'Active false: all keys and claims of the user are refused from the next request on; true: taken
again. Returns the row. SQLSTATE 22004 (null), P0002 (no such user).';

CREATE FUNCTION session_group.list_users()
	RETURNS TABLE (id bigint, uuid uuid, email text, first_name text, last_name text,
				   is_active boolean, project_ids bigint[], created_at timestamptz)
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		SELECT u.id, u.uuid, u.email, u.first_name, u.last_name, u.is_active,
			   ARRAY(SELECT m.project_id FROM session_group.members m
					 WHERE m.user_id = u.id AND m.removed_at IS NULL ORDER BY 1),
			   u.created_at
		FROM session_group.users u ORDER BY u.id;
	END;
COMMENT ON FUNCTION session_group.list_users() IS 'All users by id, with the projects they are members of. Raises nothing.';

CREATE FUNCTION session_group.add_member(project_id bigint, user_id bigint)
	RETURNS session_group.members
	AS 'MODULE_PATHNAME', 'session_group_add_member'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.add_member(bigint, bigint) IS
'Makes a user a member of a project; a former member is taken back; of a member it changes nothing.
Returns the row. SQLSTATE 22004 (null), P0002 (no such project or user).';

CREATE FUNCTION session_group.remove_member(project_id bigint, user_id bigint)
	RETURNS session_group.members
	AS 'MODULE_PATHNAME', 'session_group_remove_member'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.remove_member(bigint, bigint) IS
'Ends a membership from the next request on; what the user made stays. Returns the row. SQLSTATE 22004 (null), P0002 (no such member).';

CREATE FUNCTION session_group.list_members(project_id bigint)
	RETURNS TABLE (user_id bigint, uuid uuid, email text, added_at timestamptz, removed_at timestamptz)
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		SELECT m.user_id, u.uuid, u.email, m.added_at, m.removed_at
		FROM session_group.members m JOIN session_group.users u ON u.id = m.user_id
		WHERE m.project_id = list_members.project_id ORDER BY m.user_id;
	END;
COMMENT ON FUNCTION session_group.list_members(bigint) IS 'Members of a project by user id, former ones too (removed_at not null). Raises nothing.';

CREATE FUNCTION session_group.create_api_key(
	user_id bigint, label text, scopes text[] DEFAULT '{session_recording:read}',
	project_ids bigint[] DEFAULT NULL, expires_at timestamptz DEFAULT NULL)
	RETURNS text
	AS 'MODULE_PATHNAME', 'session_group_create_api_key'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.create_api_key(bigint, text, text[], bigint[], timestamptz) IS
'Makes an API key and returns it: the only time it is seen, only its hash is stored. label: 1 to 200
characters; scopes: session_recording:read, session_recording:write (implies read) or *;
project_ids: the only projects that it is for, or null; expires_at: null for never. SQLSTATE 22004
(null user or label), 22023 (length, unknown scope, expiry in the past), P0002 (no such user or
project).';

CREATE FUNCTION session_group.revoke_api_key(
	api_key_id bigint, OUT id bigint, OUT user_id bigint, OUT label text, OUT mask text,
	OUT revoked_at timestamptz)
	RETURNS record
	AS 'MODULE_PATHNAME', 'session_group_revoke_api_key'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.revoke_api_key(bigint) IS
'Revokes a key from the next request on, for good; of a revoked one it changes nothing. Returns what
it is known by, and when it was revoked. Where there are nodes the commit waits for those that are
connected. SQLSTATE 22004 (null), P0002 (no such key).';

CREATE FUNCTION session_group.list_api_keys()
	RETURNS TABLE (id bigint, user_id bigint, email text, label text, mask text, scopes text[],
				   project_ids bigint[], created_at timestamptz, expires_at timestamptz,
				   last_used_at timestamptz, revoked_at timestamptz)
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		SELECT k.id, k.user_id, u.email, k.label, k.mask, k.scopes, k.project_ids, k.created_at,
			   k.expires_at, k.last_used_at, k.revoked_at
		FROM session_group.api_keys k JOIN session_group.users u ON u.id = k.user_id ORDER BY k.id;
	END;
COMMENT ON FUNCTION session_group.list_api_keys() IS 'All API keys by id, with masks, never with keys or hashes. Raises nothing.';

GRANT EXECUTE ON FUNCTION
	session_group.is_timezone(text), session_group.is_retention(interval),
	session_group.create_project(text, text, text), session_group.rename_project(bigint, text),
	session_group.set_project_timezone(bigint, text), session_group.delete_project(bigint),
	session_group.list_projects(),
	session_group.create_user(text, text, text, text, text, boolean, jsonb, uuid),
	session_group.set_user_active(bigint, boolean), session_group.list_users(),
	session_group.add_member(bigint, bigint), session_group.remove_member(bigint, bigint),
	session_group.list_members(bigint),
	session_group.create_api_key(bigint, text, text[], bigint[], timestamptz),
	session_group.revoke_api_key(bigint), session_group.list_api_keys()
	TO session_group_admin;
