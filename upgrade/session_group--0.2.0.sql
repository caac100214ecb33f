/* session_group: schemas and roles. */

\echo Use "CREATE EXTENSION session_group" to load this file. \quit

-- Text is UTF-8 from the wire to the disk; any other encoding would need a
-- conversion, with its own failures, in every parser.
DO $$
BEGIN
	IF pg_catalog.current_setting('server_encoding') OPERATOR(pg_catalog.<>) 'UTF8' THEN
		RAISE EXCEPTION 'session_group needs a database with encoding UTF8, this one has %',
			pg_catalog.current_setting('server_encoding')
			USING ERRCODE = 'feature_not_supported',
				  HINT = 'Create a database with ENCODING ''UTF8'' TEMPLATE template0.';
	END IF;
END
$$;

-- Roles belong to the cluster: they are made if missing and never dropped
-- with the extension. One that is there already must be as weak as ours, or
-- whoever planted it would own what is granted to it below; and who holds it,
-- which a reinstallation must allow, is said.
DO $$
DECLARE
	wanted pg_catalog.name;
	ours pg_catalog.name[] := ARRAY['session_group_anon', 'session_group_api',
									'session_group_gateway', 'session_group_admin'];
	found pg_catalog.pg_roles;
	holder pg_catalog.record;
BEGIN
	FOREACH wanted IN ARRAY ours
	LOOP
		SELECT r.* INTO found FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) wanted;
		IF found.oid IS NULL THEN
			EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
			CONTINUE;
		END IF;
		IF found.rolsuper OR found.rolbypassrls OR found.rolcreaterole OR found.rolcreatedb
			OR found.rolreplication OR found.rolcanlogin OR found.rolinherit
			OR EXISTS (SELECT FROM pg_catalog.pg_auth_members AS m
					   JOIN pg_catalog.pg_roles AS g ON g.oid OPERATOR(pg_catalog.=) m.roleid
					   WHERE m.member OPERATOR(pg_catalog.=) found.oid
					   AND g.rolname OPERATOR(pg_catalog.<>) ALL (ours[1:2]))
		THEN
			RAISE EXCEPTION 'role "%" exists with more rights than it may have', wanted
				USING ERRCODE = 'insufficient_privilege',
					  HINT = pg_catalog.format('Run ALTER ROLE %I NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION NOLOGIN NOINHERIT and revoke what it is a member of, or rename it.', wanted);
		END IF;
		FOR holder IN
			SELECT h.rolname, m.admin_option AND NOT h.rolsuper AS grants
			FROM pg_catalog.pg_auth_members AS m
			JOIN pg_catalog.pg_roles AS h ON h.oid OPERATOR(pg_catalog.=) m.member
			WHERE m.roleid OPERATOR(pg_catalog.=) found.oid
			AND h.rolname OPERATOR(pg_catalog.<>) 'session_group_gateway'
			ORDER BY 2 DESC, 1
		LOOP
			IF holder.grants THEN
				RAISE EXCEPTION 'role "%" exists, and "%" may grant it', wanted, holder.rolname
					USING ERRCODE = 'insufficient_privilege',
						  HINT = pg_catalog.format('REVOKE %I FROM %I, if it may not administer the extension.', wanted, holder.rolname);
			END IF;
			RAISE WARNING 'role "%" existed, and "%" holds it', wanted, holder.rolname
				USING HINT = pg_catalog.format('REVOKE %I FROM %I, if it should not.', wanted, holder.rolname);
		END LOOP;
	END LOOP;
END
$$;

GRANT session_group_anon, session_group_api TO session_group_gateway;

COMMENT ON ROLE session_group_anon IS 'session_group: a request without identity; may call the gateway function only';
COMMENT ON ROLE session_group_api IS 'session_group: a request with an identity; its table rights are bounded by the policies';
COMMENT ON ROLE session_group_gateway IS 'session_group: login roles of PostgREST and of trusted backends are made members; may assert identities';
COMMENT ON ROLE session_group_admin IS 'session_group: administration of projects, users, members and API keys';

CREATE SCHEMA session_group;
COMMENT ON SCHEMA session_group IS 'session group summaries: tables, SQL functions, administration; never exposed to PostgREST';

CREATE SCHEMA session_group_api;
COMMENT ON SCHEMA session_group_api IS 'session group summaries: what PostgREST exposes (db-schemas)';

GRANT USAGE ON SCHEMA session_group
	TO session_group_anon, session_group_api, session_group_gateway, session_group_admin;
GRANT USAGE ON SCHEMA session_group_api
	TO session_group_anon, session_group_api, session_group_gateway, session_group_admin;
/* session_group: who asks. The functions that policies read. */

CREATE FUNCTION session_group.readable_project_ids()
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_readable_project_ids'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.readable_project_ids() IS
'The projects whose summaries the identity of this transaction may read: its memberships, narrowed by its key. Empty without an identity. Reads no table. Raises nothing.';

CREATE FUNCTION session_group.writable_project_ids()
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_writable_project_ids'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.writable_project_ids() IS
'The projects whose summaries the identity of this transaction may write: the readable ones if it has the scope session_recording:write, else none. Reads no table. Raises nothing.';

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
'The identity of this transaction: user, how it was proven (api_key, claims, assumed), scopes, readable and writable projects. All null without one. Raises nothing.';

GRANT EXECUTE ON FUNCTION
	session_group.readable_project_ids(), session_group.writable_project_ids(),
	session_group.current_user_id(), session_group.current_identity()
	TO session_group_anon, session_group_api, session_group_gateway, session_group_admin;
/* session_group: projects, users, members and API keys, and their administration. */

CREATE FUNCTION session_group.is_timezone(name text)
	RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_is_timezone'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.is_timezone(text) IS
'Whether this names a time zone: one of pg_timezone_names, or a POSIX specification as SET TimeZone takes it. Raises nothing.';

CREATE TABLE session_group.projects (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	name text NOT NULL,
	timezone text NOT NULL DEFAULT 'UTC',
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	retention interval,
	CONSTRAINT projects_id_positive CHECK (id OPERATOR(pg_catalog.>) 0),
	CONSTRAINT projects_name_length
		CHECK (pg_catalog.char_length(name) BETWEEN 1 AND 200),
	CONSTRAINT projects_timezone_length
		CHECK (pg_catalog.char_length(timezone) BETWEEN 1 AND 200),
	CONSTRAINT projects_retention_bounded
		CHECK (retention OPERATOR(pg_catalog.>) '0' AND retention OPERATOR(pg_catalog.<=) '1000 years')
);
COMMENT ON TABLE session_group.projects IS 'Tenants. Every summary belongs to one project, which never changes.';
COMMENT ON COLUMN session_group.projects.id IS 'The project_id of URLs, and team in the objects of the HTTP contract';
COMMENT ON COLUMN session_group.projects.timezone IS 'As SET TimeZone takes it, best an IANA name (one that this server does not know counts as UTC); date filters without an offset are wall-clock time here';
COMMENT ON COLUMN session_group.projects.retention IS 'session_group.purge_expired() deletes summaries that were created longer ago than this; null: none';

CREATE TABLE session_group.users (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	uuid uuid NOT NULL UNIQUE DEFAULT pg_catalog.gen_random_uuid(),
	distinct_id text,
	first_name text NOT NULL DEFAULT '',
	last_name text NOT NULL DEFAULT '',
	email text NOT NULL UNIQUE,
	is_email_verified boolean,
	hedgehog_config jsonb,
	role_at_organization text,
	is_active boolean NOT NULL DEFAULT true,
	project_ids bigint[] NOT NULL DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	CONSTRAINT users_id_positive CHECK (id OPERATOR(pg_catalog.>) 0),
	CONSTRAINT users_email_length CHECK (pg_catalog.char_length(email) BETWEEN 1 AND 254),
	CONSTRAINT users_role_known CHECK (role_at_organization OPERATOR(pg_catalog.=) ANY (ARRAY[
		'engineering', 'data', 'product', 'founder', 'leadership', 'marketing', 'sales', 'other', '']))
);
COMMENT ON TABLE session_group.users IS 'People who make and read summaries; shown as created_by.';
COMMENT ON COLUMN session_group.users.is_active IS 'False: the user''s keys and claims are refused, what they made stays';
COMMENT ON COLUMN session_group.users.project_ids IS 'Projects that know this user (members, former ones too), kept by a trigger on members for the policy of this table';

CREATE TABLE session_group.members (
	project_id bigint NOT NULL REFERENCES session_group.projects (id) ON DELETE CASCADE,
	user_id bigint NOT NULL REFERENCES session_group.users (id) ON DELETE CASCADE,
	added_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	removed_at timestamptz,
	PRIMARY KEY (project_id, user_id)
);
COMMENT ON TABLE session_group.members IS 'Who belongs to which project. A removed member keeps the row, so that what they made keeps its creator.';
COMMENT ON COLUMN session_group.members.removed_at IS 'Null: a member now';
CREATE INDEX members_user_id ON session_group.members (user_id);

CREATE TABLE session_group.api_keys (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	user_id bigint NOT NULL REFERENCES session_group.users (id) ON DELETE CASCADE,
	label text NOT NULL,
	mask text NOT NULL,
	hash text NOT NULL UNIQUE,
	scopes text[],
	project_ids bigint[],
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	expires_at timestamptz,
	last_used_at timestamptz,
	revoked_at timestamptz,
	CONSTRAINT api_keys_label_length CHECK (pg_catalog.char_length(label) BETWEEN 1 AND 200),
	CONSTRAINT api_keys_project_ids_not_null
		CHECK (pg_catalog.array_position(project_ids, NULL) IS NULL),
	CONSTRAINT api_keys_hash_form CHECK (hash OPERATOR(pg_catalog.~) '^sha256\$[0-9a-f]{64}$')
);
COMMENT ON TABLE session_group.api_keys IS 'Personal API keys: hashes only, the key itself is shown once when it is made.';
COMMENT ON COLUMN session_group.api_keys.mask IS 'First 4 and last 4 characters of the key, to recognise it by';
COMMENT ON COLUMN session_group.api_keys.hash IS 'sha256$ and the lower-case hex SHA-256 of the key, unsalted (the form of PostHog''s secure_value)';
COMMENT ON COLUMN session_group.api_keys.scopes IS 'session_recording:read, session_recording:write (implies read), * (all); null or empty: none';
COMMENT ON COLUMN session_group.api_keys.project_ids IS 'Not empty: narrows the key to these projects; the owner''s memberships bound it in any case';
COMMENT ON COLUMN session_group.api_keys.last_used_at IS 'Brought up to date by use when it is null or more than an hour old';
CREATE INDEX api_keys_user_id ON session_group.api_keys (user_id);

CREATE FUNCTION session_group.members_to_users()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_members_to_users'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.members_to_users() IS
'Trigger of session_group.members: keeps session_group.users.project_ids. Raises 0A000 when a membership would move to another project or user.';
CREATE TRIGGER members_to_users AFTER INSERT OR UPDATE OR DELETE ON session_group.members
	FOR EACH ROW EXECUTE FUNCTION session_group.members_to_users();

CREATE TRIGGER members_to_no_users AFTER TRUNCATE ON session_group.members
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.members_to_users();

-- Rights. The API role sees its projects and the people of them; keys are the
-- administrator's alone (login reads them in C, as the owner).
ALTER TABLE session_group.projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_group.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_group.members ENABLE ROW LEVEL SECURITY;
ALTER TABLE session_group.api_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY projects_read ON session_group.projects FOR SELECT TO session_group_api
	USING (id OPERATOR(pg_catalog.=) ANY (session_group.readable_project_ids()));
CREATE POLICY users_read ON session_group.users FOR SELECT TO session_group_api
	USING (project_ids OPERATOR(pg_catalog.&&) session_group.readable_project_ids());
CREATE POLICY members_read ON session_group.members FOR SELECT TO session_group_api
	USING (project_id OPERATOR(pg_catalog.=) ANY (session_group.readable_project_ids()));

CREATE POLICY projects_administer ON session_group.projects FOR ALL TO session_group_admin
	USING (true) WITH CHECK (true);
CREATE POLICY users_administer ON session_group.users FOR ALL TO session_group_admin
	USING (true) WITH CHECK (true);
CREATE POLICY members_administer ON session_group.members FOR ALL TO session_group_admin
	USING (true) WITH CHECK (true);
CREATE POLICY api_keys_administer ON session_group.api_keys FOR ALL TO session_group_admin
	USING (true) WITH CHECK (true);

GRANT SELECT (id, name, timezone) ON session_group.projects TO session_group_api;
GRANT SELECT (id, uuid, distinct_id, first_name, last_name, email, is_email_verified,
			  hedgehog_config, role_at_organization) ON session_group.users TO session_group_api;
GRANT SELECT (project_id, user_id) ON session_group.members TO session_group_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON session_group.projects, session_group.users,
	session_group.members, session_group.api_keys TO session_group_admin;
GRANT USAGE ON SEQUENCE session_group.projects_id_seq, session_group.users_id_seq,
	session_group.api_keys_id_seq TO session_group_admin;

SELECT pg_catalog.pg_extension_config_dump('session_group.projects', '');
SELECT pg_catalog.pg_extension_config_dump('session_group.projects_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('session_group.users', '');
SELECT pg_catalog.pg_extension_config_dump('session_group.users_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('session_group.members', '');
SELECT pg_catalog.pg_extension_config_dump('session_group.api_keys', '');
SELECT pg_catalog.pg_extension_config_dump('session_group.api_keys_id_seq', '');

-- Administration.
CREATE FUNCTION session_group.create_project(name text, timezone text DEFAULT 'UTC')
	RETURNS session_group.projects
	AS 'MODULE_PATHNAME', 'session_group_create_project'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.create_project(text, text) IS
'Makes a project. name: 1 to 200 characters; timezone: an IANA name. Returns its row. SQLSTATE 22004 (null), 22023 (length, unknown time zone).';

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
'Sets the time zone (IANA name) in which date filters of the project are read. Returns its row. SQLSTATE 22004 (null), 22023 (unknown time zone), P0002 (no such project).';

CREATE FUNCTION session_group.delete_project(project_id bigint)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_delete_project'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.delete_project(bigint) IS
'Deletes a project with its memberships and all of its summaries. SQLSTATE 22004 (null), P0002 (no such project).';

CREATE FUNCTION session_group.list_projects()
	RETURNS TABLE (id bigint, name text, timezone text, created_at timestamptz, members bigint,
				   retention interval)
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		SELECT p.id, p.name, p.timezone, p.created_at,
			   (SELECT count(*) FROM session_group.members m
				WHERE m.project_id = p.id AND m.removed_at IS NULL), p.retention
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
'Makes a user. email: 1 to 254 characters, unique; role_at_organization: engineering, data, product, founder, leadership, marketing, sales, other, empty or null; uuid: made if null. Returns the row. SQLSTATE 22004 (null email or name), 22023 (length, unknown role), 23505 (email or uuid taken).';

CREATE FUNCTION session_group.set_user_active(user_id bigint, active boolean)
	RETURNS session_group.users
	AS 'MODULE_PATHNAME', 'session_group_set_user_active'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.set_user_active(bigint, boolean) IS
'Active false: all keys and claims of the user are refused from the next request on; true: taken again. Returns the row. SQLSTATE 22004 (null), P0002 (no such user).';

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
'Makes a user a member of a project; a former member is taken back; of a member it changes nothing. Returns the row. SQLSTATE 22004 (null), P0002 (no such project or user).';

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
'Makes an API key and returns it: the only time it is seen, only its hash is stored. label: 1 to 200 characters; scopes: session_recording:read, session_recording:write (implies read) or *; project_ids: not empty, narrows it to these projects; expires_at: null for never. SQLSTATE 22004 (null user or label), 22023 (length, unknown scope, expiry in the past), P0002 (no such user or project).';

CREATE FUNCTION session_group.revoke_api_key(
	api_key_id bigint, OUT id bigint, OUT user_id bigint, OUT label text, OUT mask text,
	OUT revoked_at timestamptz)
	RETURNS record
	AS 'MODULE_PATHNAME', 'session_group_revoke_api_key'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.revoke_api_key(bigint) IS
'Revokes a key from the next request on, for good; of a revoked one it changes nothing. Returns what it is known by, and when it was revoked. SQLSTATE 22004 (null), P0002 (no such key).';

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
	session_group.is_timezone(text),
	session_group.create_project(text, text), session_group.rename_project(bigint, text),
	session_group.set_project_timezone(bigint, text), session_group.delete_project(bigint),
	session_group.list_projects(),
	session_group.create_user(text, text, text, text, text, boolean, jsonb, uuid),
	session_group.set_user_active(bigint, boolean), session_group.list_users(),
	session_group.add_member(bigint, bigint), session_group.remove_member(bigint, bigint),
	session_group.list_members(bigint),
	session_group.create_api_key(bigint, text, text[], bigint[], timestamptz),
	session_group.revoke_api_key(bigint), session_group.list_api_keys()
	TO session_group_admin;
/* session_group: the ways to an identity. */

CREATE FUNCTION session_group.login(api_key text)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_login'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.login(text) IS
'Takes on the identity of an API key for the rest of the transaction, for SQL applications and psql. SQLSTATE 28000 (unknown, revoked or expired key, inactive owner).';

CREATE FUNCTION session_group.assume_identity(
	user_uuid uuid, scopes text[], project_ids bigint[] DEFAULT NULL)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_assume_identity'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.assume_identity(uuid, text[], bigint[]) IS
'Takes on the identity of a user for the rest of the transaction, for trusted backends that have authenticated the user themselves. The session''s login role must be a member of session_group_gateway. scopes: session_recording:read, session_recording:write, *; project_ids: null, or the only projects it is for. SQLSTATE 42501 (not the gateway), 28000 (unknown or inactive user), 22004 (null).';

CREATE FUNCTION session_group.authenticate()
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_authenticate'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.authenticate() IS
'PostgREST''s db-pre-request: an API key from the request''s headers or URI, or the verified claims of a JWT (sub: the user''s uuid, scopes, optional project_ids; believed only where the login role belongs to session_group_gateway), become the identity of this transaction and the role becomes session_group_api. Without good credentials there is no identity, and every door is shut. SQLSTATE PT500, PT504, PT507 (they could not be checked; PostgREST answers with that status, and nginx turns 507 into 503).';

GRANT EXECUTE ON FUNCTION session_group.login(text)
	TO session_group_api, session_group_gateway;
GRANT EXECUTE ON FUNCTION session_group.assume_identity(uuid, text[], bigint[])
	TO session_group_gateway;
GRANT EXECUTE ON FUNCTION session_group.authenticate()
	TO session_group_anon, session_group_api, session_group_gateway;

CREATE FUNCTION session_group.keys_changed()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_keys_changed'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.keys_changed() IS
'Trigger of session_group.api_keys, users and members: has all backends forget the keys that they have read. Raises nothing of its own.';

-- Of new rows too: their transaction may read them, and roll back.
-- Always: what logical replication brings changes keys too.
CREATE TRIGGER api_keys_changed AFTER INSERT OR UPDATE OR DELETE ON session_group.api_keys
	FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER api_keys_emptied AFTER TRUNCATE ON session_group.api_keys
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER users_changed AFTER INSERT OR UPDATE OR DELETE ON session_group.users
	FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER users_emptied AFTER TRUNCATE ON session_group.users
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER members_changed AFTER INSERT OR UPDATE OR DELETE ON session_group.members
	FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER members_emptied AFTER TRUNCATE ON session_group.members
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed();
ALTER TABLE session_group.api_keys ENABLE ALWAYS TRIGGER api_keys_changed;
ALTER TABLE session_group.api_keys ENABLE ALWAYS TRIGGER api_keys_emptied;
ALTER TABLE session_group.users ENABLE ALWAYS TRIGGER users_changed;
ALTER TABLE session_group.users ENABLE ALWAYS TRIGGER users_emptied;
ALTER TABLE session_group.members ENABLE ALWAYS TRIGGER members_changed;
ALTER TABLE session_group.members ENABLE ALWAYS TRIGGER members_emptied;
/* session_group: the summaries, their rights, and the SQL functions on them. */

CREATE FUNCTION session_group.uuidv7()
	RETURNS uuid
	AS 'MODULE_PATHNAME', 'session_group_uuidv7'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.uuidv7() IS
'A new UUID of version 7 (RFC 9562): milliseconds since 1970 and their fraction, ascending within a session, then 62 bits from the server''s strong random source. Raises nothing.';

CREATE TABLE session_group.summaries (
	project_id bigint NOT NULL REFERENCES session_group.projects (id) ON DELETE CASCADE,
	id uuid NOT NULL DEFAULT session_group.uuidv7(),
	title text NOT NULL DEFAULT 'Group summary',
	session_ids text[] NOT NULL DEFAULT '{}',
	session_count integer NOT NULL GENERATED ALWAYS AS (pg_catalog.cardinality(session_ids)) STORED,
	summary jsonb,
	extra_summary_context jsonb,
	run_metadata jsonb,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	created_by_id bigint DEFAULT session_group.current_user_id(),
	updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	version bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (project_id, id),
	FOREIGN KEY (project_id, created_by_id)
		REFERENCES session_group.members (project_id, user_id) ON DELETE SET NULL (created_by_id),
	CONSTRAINT summaries_title_length
		CHECK (pg_catalog.char_length(title) BETWEEN 1 AND 2048),
	CONSTRAINT summaries_session_ids_number
		CHECK (pg_catalog.cardinality(session_ids) OPERATOR(pg_catalog.<=) 1000),
	CONSTRAINT summaries_session_ids_not_null
		CHECK (pg_catalog.array_position(session_ids, NULL) IS NULL),
	CONSTRAINT summaries_extra_summary_context_object
		CHECK (pg_catalog.jsonb_typeof(extra_summary_context) OPERATOR(pg_catalog.=) 'object'),
	CONSTRAINT summaries_run_metadata_object
		CHECK (pg_catalog.jsonb_typeof(run_metadata) OPERATOR(pg_catalog.=) 'object')
);
COMMENT ON TABLE session_group.summaries IS 'Session group summaries. Written through the SQL functions, the gateway or the view session_group_api.session_group_summaries; one trigger validates them all.';
COMMENT ON COLUMN session_group.summaries.project_id IS 'The tenant; never changes';
COMMENT ON COLUMN session_group.summaries.id IS 'UUID version 7';
COMMENT ON COLUMN session_group.summaries.title IS '1 to 2048 characters, not only blanks';
COMMENT ON COLUMN session_group.summaries.session_ids IS 'At most 1000 session ids, each 1 to 200 characters';
COMMENT ON COLUMN session_group.summaries.session_count IS 'Number of session_ids';
COMMENT ON COLUMN session_group.summaries.summary IS 'The patterns as the language model gave them: any JSON, or null';
COMMENT ON COLUMN session_group.summaries.extra_summary_context IS 'A JSON object or null';
COMMENT ON COLUMN session_group.summaries.run_metadata IS 'A JSON object or null';
COMMENT ON COLUMN session_group.summaries.created_by_id IS 'session_group.users.id of the creator, or null';
COMMENT ON COLUMN session_group.summaries.version IS '1, and one more with each change';

CREATE INDEX summaries_by_created_at ON session_group.summaries (project_id, created_at DESC, id DESC);
-- The creator first: an index that begins as the primary key does would be
-- taken for it, by a planner that sees "project_id = ANY (...)" of several policies.
-- Nor is it one for rows without a creator: where few creators are known, a planner that can
-- skip over a leading column (PostgreSQL 18) would read a whole project by it to find one id.
CREATE INDEX summaries_by_created_by ON session_group.summaries (created_by_id, project_id)
	WHERE created_by_id IS NOT NULL;

-- Tens of kilobytes of JSON each: lz4 is several times faster than pglz where the server has it.
DO $$
BEGIN
	ALTER TABLE session_group.summaries ALTER COLUMN summary SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
	NULL;
END
$$;

CREATE FUNCTION session_group.summaries_before_write()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_before_write'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_before_write() IS
'Trigger of session_group.summaries: validates what is written; on UPDATE sets updated_at and the next version. SQLSTATE 23502 (null), 23514 (blank, length, number), 22023 (wrong type), 0A000 (another project or id).';
CREATE TRIGGER summaries_before_write BEFORE INSERT OR UPDATE ON session_group.summaries
	FOR EACH ROW EXECUTE FUNCTION session_group.summaries_before_write();

ALTER TABLE session_group.summaries ENABLE ROW LEVEL SECURITY;

CREATE POLICY summaries_read ON session_group.summaries FOR SELECT TO session_group_api
	USING (project_id OPERATOR(pg_catalog.=) ANY (session_group.readable_project_ids()));
CREATE POLICY summaries_create ON session_group.summaries FOR INSERT TO session_group_api
	WITH CHECK (project_id OPERATOR(pg_catalog.=) ANY (session_group.writable_project_ids()));
CREATE POLICY summaries_update ON session_group.summaries FOR UPDATE TO session_group_api
	USING (project_id OPERATOR(pg_catalog.=) ANY (session_group.writable_project_ids()))
	WITH CHECK (project_id OPERATOR(pg_catalog.=) ANY (session_group.writable_project_ids()));
CREATE POLICY summaries_delete ON session_group.summaries FOR DELETE TO session_group_api
	USING (project_id OPERATOR(pg_catalog.=) ANY (session_group.writable_project_ids()));
CREATE POLICY summaries_administer ON session_group.summaries FOR ALL TO session_group_admin
	USING (true) WITH CHECK (true);

-- Column rights make the read-only fields read-only at every door.
GRANT SELECT, DELETE ON session_group.summaries TO session_group_api;
GRANT INSERT (project_id, title, session_ids, summary, extra_summary_context, run_metadata),
	UPDATE (title, session_ids, summary, extra_summary_context, run_metadata)
	ON session_group.summaries TO session_group_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON session_group.summaries TO session_group_admin;

SELECT pg_catalog.pg_extension_config_dump('session_group.summaries', '');

CREATE FUNCTION session_group.create_summary(
	project_id bigint, title text DEFAULT 'Group summary', session_ids text[] DEFAULT '{}',
	summary jsonb DEFAULT NULL, extra_summary_context jsonb DEFAULT NULL,
	run_metadata jsonb DEFAULT NULL)
	RETURNS session_group.summaries
	AS 'MODULE_PATHNAME', 'session_group_create_summary'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.create_summary(bigint, text, text[], jsonb, jsonb, jsonb) IS
'Makes a summary in a project. title: 1 to 2048 characters; session_ids: at most 1000, each 1 to 200 characters; summary: any JSON; extra_summary_context and run_metadata: JSON objects. Returns the row. SQLSTATE 42501 (no write access to the project), 23502 (null), 23503 (the project was deleted meanwhile), 23514 (blank, length, number), 22023 (wrong type).';

CREATE FUNCTION session_group.get_summary(project_id bigint, id uuid)
	RETURNS session_group.summaries
	AS 'MODULE_PATHNAME', 'session_group_get_summary'
	LANGUAGE C STABLE;
COMMENT ON FUNCTION session_group.get_summary(bigint, uuid) IS
'One summary of a project. SQLSTATE 42501 (no read access to the project), P0002 (no such summary in it), 22004 (null argument).';

CREATE FUNCTION session_group.summary_report(project_id bigint, id uuid)
	RETURNS text
	AS 'MODULE_PATHNAME', 'session_group_summary_report'
	LANGUAGE C STABLE;
COMMENT ON FUNCTION session_group.summary_report(bigint, uuid) IS
'One summary of a project as a report in CommonMark, in UTC: its patterns by severity, at most 200 of each, with at most five examples. All text of the summary is escaped; a summary that can not be read gives a report that says so. SQLSTATE 42501 (no read access to the project), P0002 (no such summary in it), 22004 (null argument).';

CREATE FUNCTION session_group.update_summary(project_id bigint, id uuid, changes jsonb,
	expected_version bigint DEFAULT NULL)
	RETURNS session_group.summaries
	AS 'MODULE_PATHNAME', 'session_group_update_summary'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.update_summary(bigint, uuid, jsonb, bigint) IS
'Changes a summary. changes: an object with any of title, session_ids, summary, extra_summary_context, run_metadata; what is absent stays, null is stored where null is allowed. expected_version: change this version of the summary only, or fail; null for any. Returns the row as it is then. SQLSTATE 42501 (no write access), P0002 (no such summary), 23502 (null), 23514 (blank, length, number), 22023 (wrong type, unknown field), 55000 (another version), 22004 (null argument).';

CREATE FUNCTION session_group.delete_summary(project_id bigint, id uuid,
	expected_version bigint DEFAULT NULL)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_delete_summary'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.delete_summary(bigint, uuid, bigint) IS
'Deletes a summary. expected_version: delete this version of it only, or fail; null for any. SQLSTATE 42501 (no write access to the project), P0002 (no such summary in it), 55000 (another version), 22004 (null argument).';

CREATE FUNCTION session_group.list_summaries(
	project_id bigint, row_limit integer DEFAULT 100, row_offset bigint DEFAULT 0,
	order_by text DEFAULT NULL, search text DEFAULT NULL, created_by uuid DEFAULT NULL,
	date_from text DEFAULT NULL, date_to text DEFAULT NULL, session_id text DEFAULT NULL,
	q text DEFAULT NULL)
	RETURNS SETOF session_group.summaries
	AS 'MODULE_PATHNAME', 'session_group_list_summaries'
	LANGUAGE C STABLE ROWS 100;
COMMENT ON FUNCTION session_group.list_summaries(bigint, integer, bigint, text, text, uuid, text, text, text, text) IS
'A page of a project''s summaries. row_limit: 1 to session_group.max_page_size; row_offset: from 0; order_by: created_at, title, session_count, id or created_by, each with an optional -, by default -created_at, or the best first where q is given; search: substring of title, case-insensitive; created_by: the creator''s uuid; date_from, date_to: ISO 8601 or relative (-7d), exclusive; session_id: a session that the summary contains; q: words, "phrases", or, -without, in the title and in the patterns'' names, descriptions and indicators. SQLSTATE 42501 (no read access), 22023 (bad limit, offset, order), 22007 (bad date), 22004 (null project).';

CREATE FUNCTION session_group.count_summaries(
	project_id bigint, search text DEFAULT NULL, created_by uuid DEFAULT NULL,
	date_from text DEFAULT NULL, date_to text DEFAULT NULL, session_id text DEFAULT NULL,
	q text DEFAULT NULL)
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_count_summaries'
	LANGUAGE C STABLE;
COMMENT ON FUNCTION session_group.count_summaries(bigint, text, uuid, text, text, text, text) IS
'The exact number of a project''s summaries that match the filters of session_group.list_summaries. SQLSTATE 42501 (no read access), 22007 (bad date), 22004 (null project).';

CREATE FUNCTION session_group.parse_date_filter(value text, timezone text, now timestamptz)
	RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'session_group_parse_date_filter'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.parse_date_filter(text, text, timestamptz) IS
'What date_from and date_to mean: ISO 8601 (without an offset: wall-clock time in timezone) or relative to now (-7d, -1mStart). SQLSTATE 22007 (not in the grammar or out of range), 22023 (unknown time zone).';

GRANT EXECUTE ON FUNCTION
	session_group.uuidv7(),
	session_group.create_summary(bigint, text, text[], jsonb, jsonb, jsonb),
	session_group.get_summary(bigint, uuid),
	session_group.summary_report(bigint, uuid),
	session_group.update_summary(bigint, uuid, jsonb, bigint),
	session_group.delete_summary(bigint, uuid, bigint),
	session_group.list_summaries(bigint, integer, bigint, text, text, uuid, text, text, text, text),
	session_group.count_summaries(bigint, text, uuid, text, text, text, text),
	session_group.parse_date_filter(text, text, timestamptz)
	TO session_group_api, session_group_admin;

-- The door for PostgREST clients: PostgREST's own filters, order and counts.
CREATE VIEW session_group_api.session_group_summaries WITH (security_invoker = true) AS
	SELECT project_id, id, title, session_ids, session_count, summary, extra_summary_context,
		   run_metadata, created_at, created_by_id, updated_at, version
	FROM session_group.summaries;
COMMENT ON VIEW session_group_api.session_group_summaries IS 'Session group summaries of the projects that the request may read; writable where it may write.';
COMMENT ON COLUMN session_group_api.session_group_summaries.project_id IS 'The project; required on insert, never changes';
COMMENT ON COLUMN session_group_api.session_group_summaries.id IS 'UUID version 7, made by the server';
COMMENT ON COLUMN session_group_api.session_group_summaries.title IS '1 to 2048 characters, not only blanks; default Group summary';
COMMENT ON COLUMN session_group_api.session_group_summaries.session_ids IS 'At most 1000 session ids, each 1 to 200 characters';
COMMENT ON COLUMN session_group_api.session_group_summaries.session_count IS 'Number of session_ids';
COMMENT ON COLUMN session_group_api.session_group_summaries.summary IS 'The patterns: any JSON, or null';
COMMENT ON COLUMN session_group_api.session_group_summaries.extra_summary_context IS 'A JSON object or null';
COMMENT ON COLUMN session_group_api.session_group_summaries.run_metadata IS 'A JSON object or null';
COMMENT ON COLUMN session_group_api.session_group_summaries.created_at IS 'When it was made';
COMMENT ON COLUMN session_group_api.session_group_summaries.created_by_id IS 'The creator, or null; embed created_by for the person';
COMMENT ON COLUMN session_group_api.session_group_summaries.updated_at IS 'When it was last changed';
COMMENT ON COLUMN session_group_api.session_group_summaries.version IS '1, and one more with each change';

CREATE VIEW session_group_api.project_users WITH (security_invoker = true) AS
	SELECT m.project_id, m.user_id, u.uuid, u.distinct_id, u.first_name, u.last_name, u.email,
		   u.is_email_verified, u.hedgehog_config, u.role_at_organization
	FROM session_group.members m JOIN session_group.users u ON u.id OPERATOR(pg_catalog.=) m.user_id;
COMMENT ON VIEW session_group_api.project_users IS 'The people of the projects that the request may read, former members too; embedded as created_by:project_users(...).';

GRANT SELECT, DELETE ON session_group_api.session_group_summaries TO session_group_api;
GRANT INSERT (project_id, title, session_ids, summary, extra_summary_context, run_metadata),
	UPDATE (title, session_ids, summary, extra_summary_context, run_metadata)
	ON session_group_api.session_group_summaries TO session_group_api;
GRANT SELECT ON session_group_api.project_users TO session_group_api;
/* session_group: the patterns in summaries. */

CREATE FUNCTION session_group.summary_patterns(summary jsonb)
	RETURNS TABLE ("position" integer, pattern_id bigint, name text, description text, severity text,
				   indicators text[], sessions_affected bigint, occurrences bigint,
				   sessions_affected_ratio numeric, segments_success_ratio numeric,
				   examples integer)
	AS 'MODULE_PATHNAME', 'session_group_summary_patterns'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 5;
COMMENT ON FUNCTION session_group.summary_patterns(jsonb) IS
'The patterns in a summary, a row each. summary: an object with an array "patterns", or a JSON string that holds one. position: in that array, from 1; severity: critical, high, medium, low or null; indicators: those that are strings; counts: whole numbers or null; ratios: from 0 to 1 or null; examples: how many events there are. What is of another type counts as absent: broken summaries give no rows, or nulls in them. Raises nothing.';

CREATE VIEW session_group.patterns WITH (security_invoker = true) AS
	SELECT s.project_id, s.id AS summary_id, s.title AS summary_title, s.created_at,
		   p."position", p.pattern_id, p.name, p.description, p.severity, p.indicators,
		   p.sessions_affected, p.occurrences, p.sessions_affected_ratio,
		   p.segments_success_ratio, p.examples
	FROM session_group.summaries s CROSS JOIN LATERAL session_group.summary_patterns(s.summary) p;
COMMENT ON VIEW session_group.patterns IS 'The patterns in all summaries that the caller may read, a row each, by session_group.summary_patterns(). Reads whole summaries: ask for a project, and for a time.';

-- For PostgREST clients.
CREATE VIEW session_group_api.session_group_patterns WITH (security_invoker = true) AS
	SELECT project_id, summary_id, summary_title, created_at, "position", pattern_id, name,
		   description, severity, indicators, sessions_affected, occurrences,
		   sessions_affected_ratio, segments_success_ratio, examples
	FROM session_group.patterns;
COMMENT ON VIEW session_group_api.session_group_patterns IS 'The patterns in the summaries of the projects that the request may read, a row each; read-only. Ask for a project, and for a time.';

DO $$
DECLARE
	relation text;
	"column" text[];
BEGIN
	FOREACH relation IN ARRAY '{session_group.patterns,session_group_api.session_group_patterns}'::text[] LOOP
		FOREACH "column" SLICE 1 IN ARRAY ARRAY[
			['project_id', 'The project'],
			['summary_id', 'The summary''s id'],
			['summary_title', 'The summary''s title'],
			['created_at', 'When the summary was made'],
			['position', 'Place in the summary''s list, from 1'],
			['pattern_id', 'The number that the language model gave it, or null'],
			['name', 'Its name, or null'],
			['description', 'What happens, or null'],
			['severity', 'critical, high, medium, low or null'],
			['indicators', 'What to know it by; empty if there are none'],
			['sessions_affected', 'Sessions that have it, or null'],
			['occurrences', 'How often it happened, or null'],
			['sessions_affected_ratio', 'Share of the summary''s sessions that have it, from 0 to 1, or null'],
			['segments_success_ratio', 'Share of the segments with it that ended well, from 0 to 1, or null'],
			['examples', 'How many events are told of']]
		LOOP
			EXECUTE pg_catalog.format('COMMENT ON COLUMN %s.%I IS %L', relation, "column"[1], "column"[2]);
		END LOOP;
	END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION session_group.summary_patterns(jsonb)
	TO session_group_api, session_group_admin;
GRANT SELECT ON session_group.patterns TO session_group_api, session_group_admin;
GRANT SELECT ON session_group_api.session_group_patterns TO session_group_api;
/* session_group: what each project has, at a glance. */

CREATE VIEW session_group.stats WITH (security_invoker = true) AS
	SELECT p.id AS project_id, p.name, coalesce(s.summaries, 0) AS summaries,
		   coalesce(s.sessions, 0) AS sessions, coalesce(s.bytes, 0) AS bytes, s.last_created_at,
		   coalesce(n.critical, 0) AS critical, coalesce(n.high, 0) AS high,
		   coalesce(n.medium, 0) AS medium, coalesce(n.low, 0) AS low
	FROM session_group.projects p
	LEFT JOIN (
		SELECT t.project_id, count(*) AS summaries, sum(t.session_count) AS sessions,
			   sum(pg_column_size(t.title) + pg_column_size(t.session_ids)
				   + coalesce(pg_column_size(t.summary), 0)
				   + coalesce(pg_column_size(t.extra_summary_context), 0)
				   + coalesce(pg_column_size(t.run_metadata), 0)) AS bytes,
			   max(t.created_at) AS last_created_at
		FROM session_group.summaries t GROUP BY t.project_id) s ON s.project_id = p.id
	LEFT JOIN (
		SELECT t.project_id, count(*) FILTER (WHERE t.severity = 'critical') AS critical,
			   count(*) FILTER (WHERE t.severity = 'high') AS high,
			   count(*) FILTER (WHERE t.severity = 'medium') AS medium,
			   count(*) FILTER (WHERE t.severity = 'low') AS low
		FROM session_group.patterns t GROUP BY t.project_id) n ON n.project_id = p.id;
COMMENT ON VIEW session_group.stats IS 'What each project has that the caller may read, a row each. The numbers of patterns take reading every summary; ask for the other columns by name where that is too much.';
COMMENT ON COLUMN session_group.stats.project_id IS 'The project';
COMMENT ON COLUMN session_group.stats.name IS 'Its name';
COMMENT ON COLUMN session_group.stats.summaries IS 'How many summaries it has';
COMMENT ON COLUMN session_group.stats.sessions IS 'Sessions in its summaries; one in several of them counts several times';
COMMENT ON COLUMN session_group.stats.bytes IS 'What the fields of its summaries take as they are stored, compressed; without indexes and the rows'' own overhead';
COMMENT ON COLUMN session_group.stats.last_created_at IS 'When its newest summary was made; null if there is none';
COMMENT ON COLUMN session_group.stats.critical IS 'Critical patterns in its summaries';
COMMENT ON COLUMN session_group.stats.high IS 'Patterns of high severity';
COMMENT ON COLUMN session_group.stats.medium IS 'Patterns of medium severity';
COMMENT ON COLUMN session_group.stats.low IS 'Patterns of low severity';
GRANT SELECT ON session_group.stats TO session_group_api, session_group_admin;
/* session_group: indexes that find summaries by what they say. */

CREATE FUNCTION session_group.title_keys(project_id bigint, title text)
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_title_keys'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION session_group.title_keys(bigint, text) IS
'Keys of an index: hashes of the project and of each three characters of the title in lower case, sorted. Raises nothing.';

CREATE FUNCTION session_group.session_keys(project_id bigint, session_ids text[])
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_session_keys'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION session_group.session_keys(bigint, text[]) IS
'Keys of an index: hashes of the project and of each session id, sorted. Raises nothing.';

CREATE FUNCTION session_group.summary_words(project_id bigint, title text, summary jsonb)
	RETURNS tsvector
	AS 'MODULE_PATHNAME', 'session_group_summary_words'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION session_group.summary_words(bigint, text, jsonb) IS
'Keys of an index: the English lexemes, each with the project in front, of the title (weight A) and of the patterns'' names (B), descriptions (C) and indicators (D), the first 64 kB of them. summary: an object, or one encoded in a JSON string. Null for a null project. Raises nothing.';

-- Whoever writes a summary computes its keys.
GRANT EXECUTE ON FUNCTION
	session_group.title_keys(bigint, text),
	session_group.session_keys(bigint, text[]),
	session_group.summary_words(bigint, text, jsonb)
	TO session_group_api, session_group_admin;

-- What is not merged into an index yet is read as a whole by each search: little.
CREATE INDEX summaries_by_title_keys ON session_group.summaries
	USING gin (session_group.title_keys(project_id, title)) WITH (gin_pending_list_limit = 256);
CREATE INDEX summaries_by_session_keys ON session_group.summaries
	USING gin (session_group.session_keys(project_id, session_ids)) WITH (gin_pending_list_limit = 256);
CREATE INDEX summaries_by_words ON session_group.summaries
	USING gin (session_group.summary_words(project_id, title, summary)) WITH (gin_pending_list_limit = 256);
/* session_group: how many summaries a project has, without counting them. */

CREATE TABLE session_group.summary_counts (
	project_id bigint NOT NULL,
	number bigint NOT NULL
);
CREATE INDEX summary_counts_project_id ON session_group.summary_counts (project_id);
COMMENT ON TABLE session_group.summary_counts IS 'Numbers of summaries added to a project, negative ones taken away; their sum is how many it has. Kept by triggers of session_group.summaries, which a restore fires too, so it is not dumped.';
COMMENT ON COLUMN session_group.summary_counts.project_id IS 'The project';
COMMENT ON COLUMN session_group.summary_counts.number IS 'How many were added';

-- Rows come and go; a scan should not wade through the gone ones for long.
ALTER TABLE session_group.summary_counts SET (autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

ALTER TABLE session_group.summary_counts ENABLE ROW LEVEL SECURITY;
CREATE POLICY summary_counts_read ON session_group.summary_counts FOR SELECT TO session_group_api
	USING (project_id OPERATOR(pg_catalog.=) ANY (session_group.readable_project_ids()));
CREATE POLICY summary_counts_administer ON session_group.summary_counts FOR SELECT TO session_group_admin
	USING (true);
-- By column, which leaves out what the system columns tell of other writers.
GRANT SELECT (project_id, number) ON session_group.summary_counts TO session_group_api;
GRANT SELECT ON session_group.summary_counts TO session_group_admin;

CREATE FUNCTION session_group.summaries_count()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_count'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_count() IS
'Trigger of session_group.summaries: adds up the rows of a statement for session_group.summary_counts. Raises nothing of its own.';

CREATE FUNCTION session_group.summaries_counted()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_counted'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_counted() IS
'Trigger of session_group.summaries: writes what the rows of a statement have added up to. Raises nothing of its own.';

CREATE FUNCTION session_group.summaries_uncount()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_uncount'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_uncount() IS
'Trigger of session_group.summaries: empties session_group.summary_counts on TRUNCATE. Raises nothing of its own.';

CREATE TRIGGER summaries_count AFTER INSERT OR DELETE ON session_group.summaries
	FOR EACH ROW EXECUTE FUNCTION session_group.summaries_count();
CREATE TRIGGER summaries_counted AFTER INSERT OR DELETE ON session_group.summaries
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_counted();
CREATE TRIGGER summaries_uncount AFTER TRUNCATE ON session_group.summaries
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_uncount();

-- What logical replication brings is counted too.
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_count;
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_uncount;

CREATE FUNCTION session_group.check_counts(OUT project_id bigint, OUT counted bigint, OUT kept bigint)
	RETURNS SETOF record
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		SELECT coalesce(s.project_id, c.project_id), coalesce(s.number, 0), coalesce(c.number, 0)
		FROM (SELECT t.project_id, count(*) AS number FROM session_group.summaries t GROUP BY 1) s
		FULL JOIN (SELECT t.project_id, sum(t.number)::bigint AS number
				   FROM session_group.summary_counts t GROUP BY 1) c
			ON c.project_id = s.project_id
		WHERE coalesce(s.number, 0) <> coalesce(c.number, 0)
		ORDER BY 1;
	END;
COMMENT ON FUNCTION session_group.check_counts() IS
'Projects whose kept number of summaries is not what counting them gives: none, unless rows were written with triggers disabled. The owner mends it, while nobody writes: DELETE FROM session_group.summary_counts; INSERT INTO session_group.summary_counts SELECT project_id, count(*) FROM session_group.summaries GROUP BY 1. Raises nothing.';
GRANT EXECUTE ON FUNCTION session_group.check_counts() TO session_group_admin;
/* session_group: what was done to summaries, by whom. */

CREATE TABLE session_group.activity (
	project_id bigint NOT NULL,
	seq bigint NOT NULL,
	summary_id uuid NOT NULL,
	activity text NOT NULL,
	user_id bigint,
	api_key text,
	how text NOT NULL,
	request_id text,
	changes jsonb NOT NULL,
	at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	horizon xid8 NOT NULL DEFAULT '0',
	PRIMARY KEY (project_id, seq),
	CONSTRAINT activity_known
		CHECK (activity OPERATOR(pg_catalog.=) ANY (ARRAY['created', 'updated', 'deleted']))
);
COMMENT ON TABLE session_group.activity IS 'One record for each summary that was created, updated or deleted, written by a trigger of session_group.summaries in the same transaction. Records outlive their summaries; they go with their project.';
COMMENT ON COLUMN session_group.activity.project_id IS 'The project; no foreign key, but a trigger of session_group.projects deletes the records with it';
COMMENT ON COLUMN session_group.activity.seq IS 'Ascending within the project, in the order in which transactions wrote, which is not that of their commits; gaps mean nothing';
COMMENT ON COLUMN session_group.activity.summary_id IS 'The summary, which may be gone';
COMMENT ON COLUMN session_group.activity.activity IS 'created, updated or deleted';
COMMENT ON COLUMN session_group.activity.user_id IS 'session_group.users.id of who did it, or null: administration, retention, import; no foreign key, the user may be gone';
COMMENT ON COLUMN session_group.activity.api_key IS 'Mask of the API key that was used, or null';
COMMENT ON COLUMN session_group.activity.how IS 'api_key, claims or assumed (how the user was known), sql (administration), retention or import';
COMMENT ON COLUMN session_group.activity.request_id IS 'X-Request-Id of the HTTP request: 1 to 64 letters, digits, dots, underscores and hyphens; null if it had none such';
COMMENT ON COLUMN session_group.activity.changes IS 'One object for each field that differs: field, and before and after, which for session_ids are counts (before_count, after_count; up to 20 ids are listed in added and removed) and for summary and for large objects sizes in bytes (before_bytes, after_bytes); at most some 40 kB';
COMMENT ON COLUMN session_group.activity.at IS 'When it was recorded';
COMMENT ON COLUMN session_group.activity.horizon IS 'The cluster''s next transaction id after seq was taken: all lower numbers are with lower ids';

CREATE INDEX activity_by_summary ON session_group.activity (project_id, summary_id, seq);

ALTER TABLE session_group.activity ENABLE ROW LEVEL SECURITY;
CREATE POLICY activity_read ON session_group.activity FOR SELECT TO session_group_api
	USING (project_id OPERATOR(pg_catalog.=) ANY (session_group.readable_project_ids()));
CREATE POLICY activity_administer ON session_group.activity FOR SELECT TO session_group_admin
	USING (true);
-- Without horizon, and the system columns, which tell of other writers.
GRANT SELECT (project_id, seq, summary_id, activity, user_id, api_key, how, request_id, changes, at)
	ON session_group.activity TO session_group_api;
GRANT SELECT ON session_group.activity TO session_group_admin;

SELECT pg_catalog.pg_extension_config_dump('session_group.activity', '');

CREATE UNLOGGED TABLE session_group.activity_sequences (
	project_id bigint NOT NULL PRIMARY KEY,
	last bigint NOT NULL
);
COMMENT ON TABLE session_group.activity_sequences IS 'The last number of each project''s activity records, raised in place by the library and by nobody else. Empty after a crash, a promotion or a restore; begun anew from the records then, so it is not dumped.';
COMMENT ON COLUMN session_group.activity_sequences.project_id IS 'The project; may be gone';
COMMENT ON COLUMN session_group.activity_sequences.last IS 'The number that was given last';
ALTER TABLE session_group.activity_sequences ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION session_group.summaries_record()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_record'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_record() IS
'Trigger of session_group.summaries: records what was done in session_group.activity. Raises nothing of its own.';
CREATE TRIGGER summaries_record AFTER INSERT OR UPDATE OR DELETE ON session_group.summaries
	FOR EACH ROW EXECUTE FUNCTION session_group.summaries_record();

CREATE FUNCTION session_group.activity_before_insert()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_activity_before_insert'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.activity_before_insert() IS
'Trigger of session_group.activity: sets horizon, which a dump or a subscription brings from another cluster. Raises nothing of its own.';
CREATE TRIGGER activity_before_insert BEFORE INSERT ON session_group.activity
	FOR EACH ROW EXECUTE FUNCTION session_group.activity_before_insert();
ALTER TABLE session_group.activity ENABLE ALWAYS TRIGGER activity_before_insert;

CREATE FUNCTION session_group.projects_forget_activity()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_projects_forget_activity'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.projects_forget_activity() IS
'Trigger of session_group.projects: deletes the activity records of a project that was deleted. Raises nothing of its own.';
-- Behind the foreign keys' own triggers, whose names begin with RI_.
CREATE TRIGGER projects_forget_activity AFTER DELETE ON session_group.projects
	FOR EACH ROW EXECUTE FUNCTION session_group.projects_forget_activity();
CREATE TRIGGER projects_forget_all_activity AFTER TRUNCATE ON session_group.projects
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.projects_forget_activity();

-- Reading. The type is the table's row without horizon.
CREATE TYPE session_group.activity_record AS (
	project_id bigint, seq bigint, summary_id uuid, activity text, user_id bigint, api_key text,
	how text, request_id text, changes jsonb, at timestamptz);
COMMENT ON TYPE session_group.activity_record IS 'A record of session_group.activity, whose columns are described there';

CREATE FUNCTION session_group.list_activity(
	project_id bigint, summary_id uuid DEFAULT NULL, row_limit integer DEFAULT 100,
	row_offset bigint DEFAULT 0)
	RETURNS SETOF session_group.activity_record
	AS 'MODULE_PATHNAME', 'session_group_list_activity'
	LANGUAGE C STABLE ROWS 100;
COMMENT ON FUNCTION session_group.list_activity(bigint, uuid, integer, bigint) IS
'What was done to a project''s summaries, or to one of them, newest first. row_limit: 1 to session_group.max_page_size; row_offset: from 0. SQLSTATE 42501 (no read access), 22023 (bad limit or offset), 22004 (null project).';

CREATE FUNCTION session_group.activity_since(
	project_id bigint, since bigint DEFAULT 0, row_limit integer DEFAULT 100)
	RETURNS SETOF session_group.activity_record
	AS 'MODULE_PATHNAME', 'session_group_activity_since'
	LANGUAGE C STABLE ROWS 100;
COMMENT ON FUNCTION session_group.activity_since(bigint, bigint, integer) IS
'What was done to a project''s summaries after the record with the number since (0: from the beginning), oldest first, as far as no transaction that is still open can add to it: reading on from the last seq of each result misses nothing and repeats nothing. row_limit: 1 to session_group.max_page_size. SQLSTATE 42501 (no read access), 22023 (bad limit, negative number), 22004 (null argument).';

GRANT EXECUTE ON FUNCTION
	session_group.list_activity(bigint, uuid, integer, bigint),
	session_group.activity_since(bigint, bigint, integer)
	TO session_group_api, session_group_admin;
/* session_group: how long summaries are kept. */

CREATE FUNCTION session_group.set_retention(project_id bigint, retention interval)
	RETURNS session_group.projects
	AS 'MODULE_PATHNAME', 'session_group_set_retention'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.set_retention(bigint, interval) IS
'Sets for how long a project''s summaries are kept after their creation; null: for ever. session_group.purge_expired() deletes them. Returns the project''s row. SQLSTATE 22004 (null project), 22023 (not positive, more than 1000 years), P0002 (no such project).';

-- Oldest first in each project.
CREATE FUNCTION session_group.purge_expired(batch integer DEFAULT 1000)
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_purge_expired'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.purge_expired(integer) IS
'Deletes summaries that are older than their project''s retention, the oldest of each project first, and records that (how: retention). Returns how many it deleted: at most batch (1 to 1000000), and fewer when there are no more that nobody else is writing or deleting. May run several times at once. Call it regularly, with pg_cron for example. SQLSTATE 22004 (null), 22023 (batch out of range).';

GRANT EXECUTE ON FUNCTION
	session_group.set_retention(bigint, interval), session_group.purge_expired(integer)
	TO session_group_admin;
/* session_group: answers to requests that may come again. */

-- The project is referenced before its member, as by summaries: all writes take them
-- in this order, in which delete_project() does, so that none deadlock.
CREATE TABLE session_group.idempotency_keys (
	project_id bigint NOT NULL REFERENCES session_group.projects (id) ON DELETE CASCADE,
	user_id bigint NOT NULL,
	key_digest bytea NOT NULL,
	request_digest bytea NOT NULL,
	status integer,
	etag text,
	body bytea,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	PRIMARY KEY (project_id, user_id, key_digest),
	FOREIGN KEY (project_id, user_id)
		REFERENCES session_group.members (project_id, user_id) ON DELETE CASCADE
);
COMMENT ON TABLE session_group.idempotency_keys IS 'Answers to POST requests with the header Idempotency-Key, for the case that they are sent again: each for 24 hours. Written by the gateway alone, as the owner.';
COMMENT ON COLUMN session_group.idempotency_keys.project_id IS 'The project of the request';
COMMENT ON COLUMN session_group.idempotency_keys.user_id IS 'Who made it';
COMMENT ON COLUMN session_group.idempotency_keys.key_digest IS 'SHA-256 of the header''s value';
COMMENT ON COLUMN session_group.idempotency_keys.request_digest IS 'SHA-256 of what the same request has in common: method, resource, content type, body';
COMMENT ON COLUMN session_group.idempotency_keys.status IS 'Status of the answer; null only while the request is carried out';
COMMENT ON COLUMN session_group.idempotency_keys.etag IS 'Header ETag of the answer, or null';
COMMENT ON COLUMN session_group.idempotency_keys.body IS 'Body of the answer';
COMMENT ON COLUMN session_group.idempotency_keys.created_at IS 'When the request was made; after 24 hours the key is as if it was never used';

CREATE INDEX idempotency_keys_by_created_at ON session_group.idempotency_keys (project_id, created_at);

DO $$
BEGIN
	ALTER TABLE session_group.idempotency_keys ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
	NULL;
END
$$;

-- No right and no policy for the API's role: what it may be told, the gateway tells.
ALTER TABLE session_group.idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY idempotency_keys_administer ON session_group.idempotency_keys FOR ALL TO session_group_admin
	USING (true) WITH CHECK (true);
-- (UPDATE is for the row locks of purge_idempotency_keys.)
GRANT SELECT, UPDATE, DELETE ON session_group.idempotency_keys TO session_group_admin;

SELECT pg_catalog.pg_extension_config_dump('session_group.idempotency_keys', '');

CREATE FUNCTION session_group.purge_idempotency_keys(batch integer DEFAULT 1000)
	RETURNS bigint
	LANGUAGE SQL VOLATILE
	BEGIN ATOMIC
		WITH purged AS (
			DELETE FROM session_group.idempotency_keys k
			WHERE (k.project_id, k.user_id, k.key_digest) IN (
				SELECT o.project_id, o.user_id, o.key_digest FROM session_group.idempotency_keys o
				WHERE o.created_at <= now() - '24 hours'::interval
				LIMIT batch FOR UPDATE SKIP LOCKED)
			RETURNING 1)
		SELECT count(*) FROM purged;
	END;
COMMENT ON FUNCTION session_group.purge_idempotency_keys(integer) IS
'Deletes idempotency keys that are older than 24 hours, at most batch of them (1000), and returns how many. Projects that go on using keys have theirs deleted by the requests themselves. Safe to run at any time, also several times at once. SQLSTATE 2201W (a negative batch).';
GRANT EXECUTE ON FUNCTION session_group.purge_idempotency_keys(integer) TO session_group_admin;
/* session_group: the contract of the HTTP API, behind PostgREST. */

-- PostgREST sends the bytes of a domain of this name out as they are, under
-- the content type that the function sets.
CREATE DOMAIN session_group_api."*/*" AS bytea;
COMMENT ON DOMAIN session_group_api."*/*" IS 'A response body of any media type';

-- Stable, as what only reads: PostgREST would store the result of a volatile
-- one once more, on disk where it is large.
CREATE FUNCTION session_group_api.http()
	RETURNS session_group_api."*/*"
	AS 'MODULE_PATHNAME', 'session_group_http'
	LANGUAGE C STABLE;
COMMENT ON FUNCTION session_group_api.http() IS
'Answers a request without a body under /api/, as the headers X-Forwarded-Method and X-Forwarded-Uri name it. Errors are answers, with the contract''s status and body. One request a transaction: the identity stays. Raises nothing.';

CREATE FUNCTION session_group_api.http(bytea)
	RETURNS session_group_api."*/*"
	AS 'MODULE_PATHNAME', 'session_group_http'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group_api.http(bytea) IS
'As session_group_api.http(), with the request''s body, whose content type is in the header X-Forwarded-Content-Type.';

GRANT EXECUTE ON FUNCTION session_group_api.http(), session_group_api.http(bytea)
	TO session_group_anon, session_group_api, session_group_gateway;
/* session_group: taking summaries in from elsewhere, and giving them away. */

CREATE FUNCTION session_group.import_posthog(source_schema text)
	RETURNS TABLE (kind text, outcome text, number bigint, note text, rows text[])
	AS 'MODULE_PATHNAME', 'session_group_import_posthog'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.import_posthog(text) IS
'Imports teams, users, memberships, personal API keys and group summaries from PostHog''s own tables in a schema of this database, restored from a dump or foreign. Ids, times and key hashes are kept; what is there already stays as it is here; a broken row is skipped. Returns counts: kind (projects, users, members, api_keys, summaries), outcome (imported, unchanged, skipped), number; where there is something to say, a note and which rows it is about. A NOTICE after every 10000 rows. The caller needs SELECT on the tables. SQLSTATE 22004 (null), 3F000 (no such schema), 42P01 (a table is missing), 42703 (a column is missing), 42804 (a column is of another type).';

CREATE FUNCTION session_group.import_json(project_id bigint, objects jsonb)
	RETURNS TABLE (kind text, outcome text, number bigint, note text, rows text[])
	AS 'MODULE_PATHNAME', 'session_group_import_json'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.import_json(bigint, jsonb) IS
'Imports summaries into a project from whole objects of the HTTP API: one, an array, or an object with an array "results". id and created_at are kept; created_by is the user here with the same uuid, else email, else null; team is not read. What is there already stays as it is here; a broken object is skipped. Returns what import_posthog returns. SQLSTATE 22004 (null), P0002 (no such project).';

CREATE FUNCTION session_group.export_json(project_id bigint)
	RETURNS SETOF jsonb
	AS 'MODULE_PATHNAME', 'session_group_export_json'
	LANGUAGE C STABLE ROWS 1000;
COMMENT ON FUNCTION session_group.export_json(bigint) IS
'The summaries of a project as the objects that the HTTP API gives, the oldest first; import_json takes them. SQLSTATE 22004 (null), P0002 (no such project).';

GRANT EXECUTE ON FUNCTION
	session_group.import_posthog(text), session_group.import_json(bigint, jsonb),
	session_group.export_json(bigint)
	TO session_group_admin;

-- Imported projects and users bring their ids along; the next ones come after them.
GRANT UPDATE ON SEQUENCE session_group.projects_id_seq, session_group.users_id_seq
	TO session_group_admin;
/*
 * session_group: what an administrator asks to see whether the guards stand.
 *
 * One function for each concern, and posture() for all of them. They change
 * nothing and run as the caller, to whom the catalogue tells enough. Names are
 * resolved here, once, in pg_catalog; what is left to run time (the texts of
 * policies, the names of objects) is pinned by the search_path of each.
 *
 * Severity: high, projects or keys are open, or a guard that kept them shut is
 * gone; medium, a guard is weaker than it was made; low, not as one would want.
 */

CREATE FUNCTION session_group.posture_tables()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH relation AS (
		SELECT c.oid, c.relkind, c.relrowsecurity, c.oid::regclass::text AS name
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('session_group', 'session_group_api')
	),
	-- Views and materialized views, wherever they are, that read our relations.
	reader AS (
		SELECT DISTINCT c.oid::regclass::text AS name, c.relkind, c.relowner,
			   c.oid IN (SELECT oid FROM relation) AS ours, c.relacl IS NOT NULL AS granted,
			   EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
					   WHERE o.option_name = 'security_invoker' AND o.option_value::boolean) AS invoker
		FROM pg_depend d
			JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
			JOIN pg_class c ON c.oid = r.ev_class
		WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid IN (SELECT oid FROM relation)
			AND c.relkind IN ('v', 'm')
	),
	expected_trigger (definition) AS (
		VALUES ('CREATE TRIGGER members_to_users AFTER INSERT OR DELETE OR UPDATE ON session_group.members FOR EACH ROW EXECUTE FUNCTION session_group.members_to_users()'),
			   ('CREATE TRIGGER members_to_no_users AFTER TRUNCATE ON session_group.members FOR EACH STATEMENT EXECUTE FUNCTION session_group.members_to_users()'),
			   ('CREATE TRIGGER api_keys_changed AFTER INSERT OR DELETE OR UPDATE ON session_group.api_keys FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER api_keys_emptied AFTER TRUNCATE ON session_group.api_keys FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER users_changed AFTER INSERT OR DELETE OR UPDATE ON session_group.users FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER users_emptied AFTER TRUNCATE ON session_group.users FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER members_changed AFTER INSERT OR DELETE OR UPDATE ON session_group.members FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER members_emptied AFTER TRUNCATE ON session_group.members FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER summaries_before_write BEFORE INSERT OR UPDATE ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION session_group.summaries_before_write()'),
			   ('CREATE TRIGGER summaries_count AFTER INSERT OR DELETE ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION session_group.summaries_count()'),
			   ('CREATE TRIGGER summaries_counted AFTER INSERT OR DELETE ON session_group.summaries FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_counted()'),
			   ('CREATE TRIGGER summaries_uncount AFTER TRUNCATE ON session_group.summaries FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_uncount()'),
			   ('CREATE TRIGGER summaries_record AFTER INSERT OR DELETE OR UPDATE ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION session_group.summaries_record()'),
			   ('CREATE TRIGGER activity_before_insert BEFORE INSERT ON session_group.activity FOR EACH ROW EXECUTE FUNCTION session_group.activity_before_insert()'),
			   ('CREATE TRIGGER projects_forget_activity AFTER DELETE ON session_group.projects FOR EACH ROW EXECUTE FUNCTION session_group.projects_forget_activity()'),
			   ('CREATE TRIGGER projects_forget_all_activity AFTER TRUNCATE ON session_group.projects FOR EACH STATEMENT EXECUTE FUNCTION session_group.projects_forget_activity()')
	)
	SELECT 'high', 'table ' || r.name,
		   'Row-level security is off: whoever has a right on the table has it in all projects.',
		   format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', r.name)
	FROM relation r WHERE r.relkind IN ('r', 'p') AND NOT r.relrowsecurity
	UNION ALL
	SELECT 'high', 'relation ' || r.name,
		   'A foreign table cannot have policies.',
		   'Move it to another schema and grant it to no role of the API.'
	FROM relation r WHERE r.relkind = 'f'
	UNION ALL
	SELECT CASE WHEN r.ours THEN 'high' ELSE 'medium' END, 'view ' || r.name,
		   format('It reads tables of the extension with the rights of its owner %s, not of who asks.', r.relowner::regrole),
		   CASE r.relkind WHEN 'v' THEN format('ALTER VIEW %s SET (security_invoker = true);', r.name)
			   ELSE format('DROP MATERIALIZED VIEW %s, or grant it to nobody who may not see all projects.', r.name) END
	FROM reader r WHERE NOT r.invoker AND (r.ours OR r.granted)
	UNION ALL
	SELECT 'high', format('rule %I on %s', w.rulename, r.name),
		   'A rule rewrites statements on the table, with the rights of its owner.',
		   format('DROP RULE %I ON %s;', w.rulename, r.name)
	FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid
	WHERE w.rulename <> '_RETURN'
	UNION ALL
	SELECT 'high', substring(e.definition, 'TRIGGER (\w+) ') || ' on ' || substring(e.definition, ' ON (\S+) '),
		   'The trigger is missing or changed: what is written is not validated or not recorded.',
		   e.definition || ';'
	FROM expected_trigger e
	WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE pg_get_triggerdef(t.oid) = e.definition)
	UNION ALL
	-- Those of foreign keys are triggers, too, and are many: one row a table.
	SELECT 'high', 'triggers of ' || r.name,
		   format('%s of its triggers are disabled: values or foreign keys are not checked.', count(*)),
		   format('ALTER TABLE %s ENABLE TRIGGER ALL;', r.name)
	FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid
	WHERE t.tgenabled IN ('D', 'R')
	GROUP BY r.name;
	END;
COMMENT ON FUNCTION session_group.posture_tables() IS
'The part of session_group.posture() about tables, views, rules and triggers: row-level security on, views security_invoker, no rules, all triggers enabled. Raises nothing.';

CREATE FUNCTION session_group.posture_policies()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH
	-- The conditions without blanks and parentheses, in which majors may differ.
	expected ("table", policy, command, role, reads, writes) AS (
		VALUES ('projects', 'projects_read', 'r', 'session_group_api', 'id=ANYsession_group.readable_project_ids', NULL),
			   ('users', 'users_read', 'r', 'session_group_api', 'project_ids&&session_group.readable_project_ids', NULL),
			   ('members', 'members_read', 'r', 'session_group_api', 'project_id=ANYsession_group.readable_project_ids', NULL),
			   ('summaries', 'summaries_read', 'r', 'session_group_api', 'project_id=ANYsession_group.readable_project_ids', NULL),
			   ('summaries', 'summaries_create', 'a', 'session_group_api', NULL, 'project_id=ANYsession_group.writable_project_ids'),
			   ('summaries', 'summaries_update', 'w', 'session_group_api', 'project_id=ANYsession_group.writable_project_ids', 'project_id=ANYsession_group.writable_project_ids'),
			   ('summaries', 'summaries_delete', 'd', 'session_group_api', 'project_id=ANYsession_group.writable_project_ids', NULL),
			   ('projects', 'projects_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('users', 'users_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('members', 'members_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('api_keys', 'api_keys_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('summaries', 'summaries_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('idempotency_keys', 'idempotency_keys_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('summary_counts', 'summary_counts_read', 'r', 'session_group_api', 'project_id=ANYsession_group.readable_project_ids', NULL),
			   ('summary_counts', 'summary_counts_administer', 'r', 'session_group_admin', 'true', NULL),
			   ('activity', 'activity_read', 'r', 'session_group_api', 'project_id=ANYsession_group.readable_project_ids', NULL),
			   ('activity', 'activity_administer', 'r', 'session_group_admin', 'true', NULL)
	),
	present AS (
		SELECT n.nspname = 'session_group' AS ours, c.relname, c.oid::regclass::text AS "table", p.polname AS policy,
			   p.polpermissive AS permissive,
			   jsonb_build_array(p.polcmd,
					ARRAY(SELECT coalesce(r.rolname, 'public') FROM unnest(p.polroles) AS o (oid)
						  LEFT JOIN pg_roles r ON r.oid = o.oid ORDER BY 1),
					translate(pg_get_expr(p.polqual, p.polrelid), E'() \n', ''),
					translate(pg_get_expr(p.polwithcheck, p.polrelid), E'() \n', '')) AS content
		FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('session_group', 'session_group_api')
	)
	SELECT CASE WHEN p.policy IS NULL THEN 'medium' ELSE 'high' END,
		   format('policy %I on session_group.%I', e.policy, e."table"),
		   CASE WHEN p.policy IS NULL THEN 'The policy is missing: those whom it let in find nothing.'
			   ELSE 'The policy is not as the extension made it.' END,
		   'Create it again as the extension''s script does.'
	FROM expected e LEFT JOIN present p ON p.ours AND p.relname = e."table" AND p.policy = e.policy
	WHERE p.policy IS NULL OR NOT p.permissive
		OR p.content <> jsonb_build_array(e.command, ARRAY[e.role], e.reads, e.writes)
	UNION ALL
	SELECT CASE WHEN p.permissive THEN 'high' ELSE 'low' END,
		   format('policy %I on %s', p.policy, p."table"),
		   CASE WHEN p.permissive THEN 'A policy was added. Policies add up: it opens rows that the others keep shut.'
			   ELSE 'A restrictive policy was added: it hides rows from those who may see them.' END,
		   format('DROP POLICY %I ON %s;', p.policy, p."table")
	FROM present p
	WHERE NOT EXISTS (SELECT FROM expected e WHERE p.ours AND p.relname = e."table" AND p.policy = e.policy);
	END;
COMMENT ON FUNCTION session_group.posture_policies() IS
'The part of session_group.posture() about policies: each as the extension made it, and no others. Raises nothing.';

CREATE FUNCTION session_group.posture_functions()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH function AS (
		SELECT f.proname, f.prosecdef, f.proleakproof, f.proconfig, f.probin, f.prosrc, l.lanname,
			   f.oid::regprocedure::text AS name,
			   EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
					   WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e'
						   AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'session_group') AS ours
		FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace JOIN pg_language l ON l.oid = f.prolang
		WHERE n.nspname IN ('session_group', 'session_group_api')
	),
	-- What policies and triggers rest on, and the doors.
	expected (name) AS (
		VALUES ('session_group.readable_project_ids()'), ('session_group.writable_project_ids()'),
			   ('session_group.current_user_id()'), ('session_group.login(text)'),
			   ('session_group.assume_identity(uuid,text[],bigint[])'), ('session_group.authenticate()'),
			   ('session_group.members_to_users()'), ('session_group.keys_changed()'), ('session_group.summaries_before_write()'),
			   ('session_group.summaries_count()'), ('session_group.summaries_counted()'),
			   ('session_group.summaries_uncount()'),
			   ('session_group.summaries_record()'), ('session_group.activity_before_insert()'),
			   ('session_group.projects_forget_activity()'),
			   ('session_group_api.http()'), ('session_group_api.http(bytea)')
	)
	SELECT 'high', 'function ' || f.name,
		   'It runs with the rights of its owner (SECURITY DEFINER) under the caller''s search_path.',
		   format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp;', f.name)
	FROM function f
	WHERE f.prosecdef AND NOT coalesce(f.proconfig, '{}') && ARRAY['search_path=pg_catalog, pg_temp']
	UNION ALL
	SELECT 'medium', 'function ' || f.name,
		   'It claims to be leakproof: the planner may run it before the policies have chosen the rows.',
		   format('ALTER FUNCTION %s NOT LEAKPROOF;', f.name)
	FROM function f WHERE f.proleakproof
	UNION ALL
	SELECT 'medium', 'function ' || f.name,
		   'PostgREST takes the isolation level of requests from it. Above read committed, COMMIT raises 40001, which no function can answer and PostgREST repeats.',
		   format('ALTER FUNCTION %s RESET default_transaction_isolation;', f.name)
	FROM function f, unnest(f.proconfig) AS c
	WHERE f.name LIKE 'session\_group\_api.%' AND lower(c) LIKE 'default\_transaction\_isolation=%'
	UNION ALL
	SELECT 'high', 'function ' || e.name,
		   'It is missing, or other code took its place: policies and triggers rest on it.',
		   'Install the extension anew in another database and move the data there.'
	FROM expected e
	WHERE NOT EXISTS (SELECT FROM function f
					  WHERE f.name = e.name AND f.ours AND f.lanname = 'c' AND f.probin = '$libdir/session_group'
						  AND f.prosrc = 'session_group_' || f.proname);
	END;
COMMENT ON FUNCTION session_group.posture_functions() IS
'The part of session_group.posture() about functions: none with its owner''s rights under another''s search_path, none leakproof, none with an isolation level for requests, and behind policies, triggers and doors the code of the library. Raises nothing.';

CREATE FUNCTION session_group.posture_rights()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH
	-- What the roles of requests hold; PUBLIC holds nothing. Names in "names"
	-- are columns where "of" is a relation.
	expected (role, privilege, kind, "of", names) AS (
		VALUES ('session_group_anon', 'USAGE', 'schema', NULL, ARRAY['session_group', 'session_group_api']),
			   ('session_group_api', 'USAGE', 'schema', NULL, ARRAY['session_group', 'session_group_api']),
			   ('session_group_gateway', 'USAGE', 'schema', NULL, ARRAY['session_group', 'session_group_api']),

			   ('session_group_api', 'SELECT', 'table', NULL, ARRAY['session_group.summaries', 'session_group.patterns', 'session_group.stats', 'session_group_api.session_group_summaries', 'session_group_api.session_group_patterns', 'session_group_api.project_users']),
			   ('session_group_api', 'DELETE', 'table', NULL, ARRAY['session_group.summaries', 'session_group_api.session_group_summaries']),
			   ('session_group_api', 'INSERT', 'column', 'session_group.summaries', ARRAY['project_id', 'title', 'session_ids', 'summary', 'extra_summary_context', 'run_metadata']),
			   ('session_group_api', 'UPDATE', 'column', 'session_group.summaries', ARRAY['title', 'session_ids', 'summary', 'extra_summary_context', 'run_metadata']),
			   ('session_group_api', 'INSERT', 'column', 'session_group_api.session_group_summaries', ARRAY['project_id', 'title', 'session_ids', 'summary', 'extra_summary_context', 'run_metadata']),
			   ('session_group_api', 'UPDATE', 'column', 'session_group_api.session_group_summaries', ARRAY['title', 'session_ids', 'summary', 'extra_summary_context', 'run_metadata']),
			   ('session_group_api', 'SELECT', 'column', 'session_group.projects', ARRAY['id', 'name', 'timezone']),
			   ('session_group_api', 'SELECT', 'column', 'session_group.users', ARRAY['id', 'uuid', 'distinct_id', 'first_name', 'last_name', 'email', 'is_email_verified', 'hedgehog_config', 'role_at_organization']),
			   ('session_group_api', 'SELECT', 'column', 'session_group.members', ARRAY['project_id', 'user_id']),
			   ('session_group_api', 'SELECT', 'column', 'session_group.summary_counts', ARRAY['project_id', 'number']),
			   ('session_group_api', 'SELECT', 'column', 'session_group.activity', ARRAY['project_id', 'seq', 'summary_id', 'activity', 'user_id', 'api_key', 'how', 'request_id', 'changes', 'at']),

			   ('session_group_anon', 'EXECUTE', 'function', NULL, ARRAY['session_group_api.http()', 'session_group_api.http(bytea)', 'session_group.authenticate()']),
			   ('session_group_api', 'EXECUTE', 'function', NULL, ARRAY['session_group_api.http()', 'session_group_api.http(bytea)', 'session_group.authenticate()']),
			   ('session_group_gateway', 'EXECUTE', 'function', NULL, ARRAY['session_group_api.http()', 'session_group_api.http(bytea)', 'session_group.authenticate()']),
			   ('session_group_api', 'EXECUTE', 'function', NULL, ARRAY['session_group.login(text)']),
			   ('session_group_gateway', 'EXECUTE', 'function', NULL, ARRAY['session_group.login(text)', 'session_group.assume_identity(uuid,text[],bigint[])']),
			   ('session_group_anon', 'EXECUTE', 'function', NULL, ARRAY['session_group.readable_project_ids()', 'session_group.writable_project_ids()', 'session_group.current_user_id()', 'session_group.current_identity()']),
			   ('session_group_api', 'EXECUTE', 'function', NULL, ARRAY['session_group.readable_project_ids()', 'session_group.writable_project_ids()', 'session_group.current_user_id()', 'session_group.current_identity()']),
			   ('session_group_gateway', 'EXECUTE', 'function', NULL, ARRAY['session_group.readable_project_ids()', 'session_group.writable_project_ids()', 'session_group.current_user_id()', 'session_group.current_identity()']),
			   ('session_group_api', 'EXECUTE', 'function', NULL, ARRAY[
				   'session_group.create_summary(bigint,text,text[],jsonb,jsonb,jsonb)', 'session_group.get_summary(bigint,uuid)',
				   'session_group.update_summary(bigint,uuid,jsonb,bigint)', 'session_group.delete_summary(bigint,uuid,bigint)',
				   'session_group.list_summaries(bigint,integer,bigint,text,text,uuid,text,text,text,text)', 'session_group.count_summaries(bigint,text,uuid,text,text,text,text)',
				   'session_group.list_activity(bigint,uuid,integer,bigint)', 'session_group.activity_since(bigint,bigint,integer)',
				   'session_group.parse_date_filter(text,text,timestamp with time zone)', 'session_group.uuidv7()',
				   'session_group.title_keys(bigint,text)', 'session_group.session_keys(bigint,text[])', 'session_group.summary_words(bigint,text,jsonb)',
				   'session_group.summary_patterns(jsonb)', 'session_group.summary_report(bigint,uuid)']),

			   ('session_group_anon', 'USAGE', 'type', NULL, ARRAY['session_group_api."*/*"']),
			   ('session_group_api', 'USAGE', 'type', NULL, ARRAY['session_group_api."*/*"']),
			   ('session_group_gateway', 'USAGE', 'type', NULL, ARRAY['session_group_api."*/*"'])
	),
	schema AS (
		SELECT n.oid, n.nspname, n.nspacl, n.nspowner FROM pg_namespace n
		WHERE n.nspname IN ('session_group', 'session_group_api')
	),
	entry AS (
		SELECT 'schema' AS kind, NULL AS "of", quote_ident(n.nspname) AS name, n.nspowner AS owner,
			   coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl
		FROM schema n
		UNION ALL
		SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, NULL, c.oid::regclass::text, c.relowner,
			   coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))
		FROM pg_class c JOIN schema n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
		UNION ALL
		SELECT 'column', c.oid::regclass::text, a.attname, c.relowner, a.attacl
		FROM pg_class c JOIN schema n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE a.attacl IS NOT NULL
		UNION ALL
		SELECT 'function', NULL, f.oid::regprocedure::text, f.proowner, coalesce(f.proacl, acldefault('f', f.proowner))
		FROM pg_proc f JOIN schema n ON n.oid = f.pronamespace
		UNION ALL
		-- Row types and arrays go with their relations and elements.
		SELECT 'type', NULL, t.oid::regtype::text, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
		FROM pg_type t JOIN schema n ON n.oid = t.typnamespace WHERE t.typtype <> 'c' AND t.typcategory <> 'A'
	),
	held AS (
		SELECT e.kind, e."of", e.name, coalesce(r.rolname, 'PUBLIC')::text AS role, a.privilege_type AS privilege, a.is_grantable
		FROM entry e, aclexplode(e.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
		WHERE (a.grantee = 0 OR r.rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway'))
			AND a.grantee <> e.owner
	),
	beyond AS (
		SELECT h.* FROM held h
		WHERE h.is_grantable
			OR NOT EXISTS (SELECT FROM expected e
						   WHERE e.role = h.role AND e.privilege = h.privilege AND e.kind = h.kind
							   AND e."of" IS NOT DISTINCT FROM h."of" AND h.name = ANY (e.names))
	)
	SELECT CASE WHEN b.kind IN ('sequence', 'type') THEN 'medium' ELSE 'high' END,
		   b.kind || ' ' || coalesce(b."of" || '.', '') || b.name,
		   format('%s has the right to %s%s.', b.role, string_agg(b.privilege, ', ' ORDER BY b.privilege),
				  CASE WHEN bool_or(b.is_grantable) THEN ' and to grant it' END),
		   CASE b.kind
			   WHEN 'column' THEN format('REVOKE %s ON %s FROM %s;', string_agg(format('%s (%I)', b.privilege, b.name), ', ' ORDER BY b.privilege), b."of", b.role)
			   ELSE format('REVOKE %s ON %s %s FROM %s;', string_agg(b.privilege, ', ' ORDER BY b.privilege), upper(b.kind), b.name, b.role) END
	FROM beyond b
	GROUP BY b.kind, b."of", b.name, b.role
	UNION ALL
	SELECT 'medium', 'default privileges in schema ' || n.nspname,
		   format('What %s makes there will be open to %s.', d.defaclrole::regrole, coalesce(r.rolname, 'PUBLIC')),
		   'ALTER DEFAULT PRIVILEGES … IN SCHEMA … REVOKE …; see \ddp.'
	FROM pg_default_acl d JOIN schema n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
		LEFT JOIN pg_roles r ON r.oid = a.grantee
	WHERE a.grantee = 0 OR r.rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway')
	UNION ALL
	SELECT 'medium', 'parameter ' || p.parname,
		   format('%s may %s the setting.', coalesce(r.rolname, 'PUBLIC'), string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)),
		   format('REVOKE ALL ON PARAMETER %s FROM %s;', p.parname, coalesce(quote_ident(r.rolname), 'PUBLIC'))
	FROM pg_parameter_acl p, aclexplode(p.paracl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
	WHERE NOT coalesce(r.rolsuper, false)
		AND (p.parname LIKE 'session\_group.%'
			 OR p.parname = 'session_replication_role'
				AND coalesce(r.rolname, 'PUBLIC') IN ('PUBLIC', 'session_group_anon', 'session_group_api', 'session_group_gateway'))
	GROUP BY p.parname, r.rolname;
	END;
COMMENT ON FUNCTION session_group.posture_rights() IS
'The part of session_group.posture() about rights: those of PUBLIC and of the roles of requests on the extension''s objects, columns and settings beyond the ones that the extension gave. Raises nothing.';

CREATE FUNCTION session_group.posture_roles()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH RECURSIVE
	own (name) AS (
		VALUES ('session_group_anon'), ('session_group_api'), ('session_group_gateway'), ('session_group_admin')
	),
	-- Who may become whom. Since PostgreSQL 16 a membership may allow neither
	-- SET ROLE nor inheritance; it then gives no rights.
	membership AS (
		SELECT m.member, m.roleid FROM pg_auth_members m
		WHERE coalesce((to_jsonb(m) ->> 'set_option')::boolean OR (to_jsonb(m) ->> 'inherit_option')::boolean, true)
	),
	reach (member, roleid) AS (
		SELECT m.member, m.roleid FROM membership m
		UNION
		SELECT r.member, m.roleid FROM reach r JOIN membership m ON m.member = r.roleid
	),
	owner AS (
		SELECT n.nspowner AS oid FROM pg_namespace n WHERE n.nspname IN ('session_group', 'session_group_api')
		UNION
		SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('session_group', 'session_group_api')
		UNION
		SELECT f.proowner FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
		WHERE n.nspname IN ('session_group', 'session_group_api')
	),
	-- Roles that requests run as or begin with.
	client AS (
		SELECT r.oid, r.rolname, r.rolsuper, r.rolcanlogin, quote_ident(r.rolname) AS name,
			   EXISTS (SELECT FROM reach JOIN pg_roles g ON g.oid = reach.roleid
					   WHERE reach.member = r.oid AND g.rolname = 'session_group_gateway') AS of_gateway
		FROM pg_roles r
		WHERE EXISTS (SELECT FROM reach JOIN pg_roles g ON g.oid = reach.roleid
					  WHERE reach.member = r.oid
						  AND g.rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway'))
	),
	attribute AS (
		SELECT r.oid, r.rolname, a.name, a.weak
		FROM pg_roles r, LATERAL (VALUES
			('SUPERUSER', r.rolsuper, true), ('BYPASSRLS', r.rolbypassrls, true),
			('CREATEROLE', r.rolcreaterole, true), ('REPLICATION', r.rolreplication, true),
			('CREATEDB', r.rolcreatedb, false), ('LOGIN', r.rolcanlogin, false), ('INHERIT', r.rolinherit, false)
		) AS a (name, held, weak)
		WHERE a.held
	)
	SELECT 'high', 'role ' || o.name, 'The role is missing.',
		   format('CREATE ROLE %I NOLOGIN NOINHERIT; and grant it what the extension''s script does.', o.name)
	FROM own o WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = o.name)
	UNION ALL
	SELECT 'high', 'role ' || o.name,
		   format('The role has more than it may have: %s.', string_agg(a.name, ', ' ORDER BY a.name)),
		   format('ALTER ROLE %I %s;', o.name, string_agg('NO' || a.name, ' ' ORDER BY a.name))
	FROM own o JOIN attribute a ON a.rolname = o.name
	GROUP BY o.name
	UNION ALL
	SELECT 'high', 'role ' || o.name, format('The role is a member of %I.', g.rolname),
		   format('REVOKE %I FROM %I;', g.rolname, o.name)
	FROM own o JOIN pg_roles r ON r.rolname = o.name JOIN pg_auth_members m ON m.member = r.oid
		JOIN pg_roles g ON g.oid = m.roleid
	WHERE NOT (o.name = 'session_group_gateway' AND g.rolname IN ('session_group_anon', 'session_group_api'))
	UNION ALL
	SELECT 'medium', 'role ' || o.name, format('%I may grant the role, to itself or to anyone.', h.rolname),
		   format('REVOKE ADMIN OPTION FOR %I FROM %I;', o.name, h.rolname)
	FROM own o JOIN pg_roles r ON r.rolname = o.name JOIN pg_auth_members m ON m.roleid = r.oid AND m.admin_option
		JOIN pg_roles h ON h.oid = m.member
	WHERE NOT h.rolsuper
	UNION ALL
	SELECT 'high', 'role ' || c.name,
		   format('Requests come in as this role, and it can get round the policies: %s.', string_agg(a.name, ', ' ORDER BY a.name)),
		   format('ALTER ROLE %s %s;', c.name, string_agg('NO' || a.name, ' ' ORDER BY a.name))
	FROM client c JOIN attribute a ON a.oid = c.oid AND a.weak
	WHERE c.rolname NOT IN (SELECT name FROM own)
	GROUP BY c.name
	UNION ALL
	SELECT 'high', 'role ' || c.name,
		   'Requests come in as this role, and it owns objects of the extension: the policies do not bind an owner.',
		   format('REASSIGN OWNED BY %s TO …;', c.name)
	FROM client c WHERE c.oid IN (SELECT oid FROM owner)
	UNION ALL
	SELECT 'high', 'role ' || c.name,
		   format('Requests come in as this role, and it may become %I.', g.rolname),
		   format('REVOKE %I FROM %s, or from the role between them.', g.rolname, c.name)
	FROM client c JOIN reach ON reach.member = c.oid JOIN pg_roles g ON g.oid = reach.roleid
	WHERE c.rolname NOT IN (SELECT name FROM own)
		AND g.rolname NOT IN ('session_group_anon', 'session_group_api', 'session_group_gateway')
		AND (g.rolsuper OR g.rolbypassrls OR g.rolcreaterole OR g.oid IN (SELECT oid FROM owner)
			 OR g.rolname IN ('session_group_admin', 'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
	UNION ALL
	SELECT 'low', 'role ' || c.name,
		   'A login role of the gateway inherits: it has the rights of requests before any request has begun.',
		   format('ALTER ROLE %s NOINHERIT; and grant it session_group_gateway anew (PostgreSQL 16 and later: WITH INHERIT FALSE).', c.name)
	FROM client c, pg_roles g
	WHERE g.rolname = 'session_group_gateway' AND c.of_gateway AND c.rolcanlogin AND NOT c.rolsuper
		AND pg_has_role(c.oid, g.oid, 'USAGE');
	END;
COMMENT ON FUNCTION session_group.posture_roles() IS
'The part of session_group.posture() about roles: the four of the extension as weak as they were made, and no login of PostgREST or of an application that could get round the policies. Raises nothing.';

CREATE FUNCTION session_group.posture_keys()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH key AS (
		SELECT k.id, k.mask, k.expires_at, u.is_active, coalesce(k.last_used_at, k.created_at) AS last_use
		FROM session_group.api_keys k JOIN session_group.users u ON u.id = k.user_id
		WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
	),
	found AS (
		SELECT 1 AS place, 'medium' AS severity, 'API keys of inactive users' AS object, k.id, k.mask,
			   'are valid again when the user is active again' AS finding,
			   'Revoke them: SELECT session_group.revoke_api_key(id);' AS remedy
		FROM key k WHERE NOT k.is_active
		UNION ALL
		SELECT 2, 'low', 'API keys without expiry', k.id, k.mask, 'are valid until somebody revokes them',
			   'Make new ones with expires_at and revoke these: SELECT session_group.revoke_api_key(id);'
		FROM key k WHERE k.expires_at IS NULL
		UNION ALL
		SELECT 3, 'low', 'unused API keys', k.id, k.mask, 'were not used for 90 days (reading counts as use where shared_preload_libraries has session_group)',
			   'Revoke what nobody needs: SELECT session_group.revoke_api_key(id);'
		FROM key k WHERE k.last_use < now() - '90 days'::interval
	)
	SELECT f.severity, f.object,
		   format('%s %s: %s%s.', count(*), f.finding,
				  array_to_string((array_agg(format('id %s (%s)', f.id, f.mask) ORDER BY f.id))[1:5], ', '),
				  CASE WHEN count(*) > 5 THEN ', …' END),
		   f.remedy
	FROM found f
	GROUP BY f.place, f.severity, f.object, f.finding, f.remedy;
	END;
COMMENT ON FUNCTION session_group.posture_keys() IS
'The part of session_group.posture() about API keys that are neither revoked nor expired: those without expiry, unused for 90 days, or of inactive users; a count and the first five of each kind. Raises nothing.';

CREATE FUNCTION session_group.posture_settings()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH
	-- The settings looked at, with the value of each where nobody has set it.
	setting (name, normal) AS (
		VALUES ('log_statement', 'none'), ('log_min_duration_statement', '-1'), ('log_min_duration_sample', '-1'),
			   ('log_statement_sample_rate', '1'), ('log_transaction_sample_rate', '0'),
			   ('log_parameter_max_length', '-1'), ('log_parameter_max_length_on_error', '0'),
			   ('debug_print_parse', 'off'), ('debug_print_rewritten', 'off'), ('debug_print_plan', 'off'),
			   ('auto_explain.log_min_duration', '-1'), ('auto_explain.log_verbose', 'off'),
			   ('auto_explain.log_parameter_max_length', CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN '-1' ELSE '0' END),
			   ('pgaudit.log', 'none'), ('pgaudit.log_parameter', 'off'),
			   ('row_security', 'on'), ('session_replication_role', 'origin')
	),
	-- ALTER ROLE … SET and ALTER DATABASE … SET, of this database and of roles
	-- that requests come in as.
	override AS (
		SELECT concat(' of role ' || nullif(s.setrole, 0)::regrole::text,
					  ' of database ' || quote_ident(d.datname)) AS scope,
			   lower(split_part(c, '=', 1)) AS name, substr(c, strpos(c, '=') + 1) AS value
		FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) AS c
		WHERE (s.setdatabase = 0 OR d.datname = current_database())
			AND (s.setrole = 0
				 OR lower(split_part(c, '=', 1)) = 'session_group.identity'
				 OR EXISTS (SELECT FROM pg_roles r, pg_roles g
							WHERE r.oid = s.setrole AND NOT r.rolsuper
								AND g.rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway')
								AND pg_has_role(r.oid, g.oid, 'MEMBER')))
	),
	scope (name) AS (
		SELECT '' UNION SELECT o.scope FROM override o
	),
	effective AS (
		SELECT s.name AS scope,
			   jsonb_object_agg(n.name, coalesce(o.value, nullif(current_setting(n.name, true), ''), n.normal)) AS v
		FROM scope s CROSS JOIN setting n LEFT JOIN override o ON o.scope = s.name AND o.name = n.name
		GROUP BY s.name
	),
	-- What writes statements, and whether their parameters come along. Any role
	-- may give itself a setting of a library that is not loaded, with any text:
	-- what is not off counts as on.
	logger AS (
		SELECT e.scope, l.name, e.v ->> l.name AS value, l.parameters
		FROM effective e,
			LATERAL (SELECT e.v ->> 'log_parameter_max_length' !~ '^0' AS log,
							e.v ->> 'auto_explain.log_parameter_max_length' !~ '^0' OR e.v ->> 'auto_explain.log_verbose' !~* '^(of|f|n|0)' AS explain) AS p,
			LATERAL (VALUES
				('log_statement', e.v ->> 'log_statement' = 'all', p.log),
				('log_min_duration_statement', e.v ->> 'log_min_duration_statement' !~ '^-', p.log),
				('log_min_duration_sample', e.v ->> 'log_min_duration_sample' !~ '^-' AND e.v ->> 'log_statement_sample_rate' !~ '^[0.]+$', p.log),
				('log_transaction_sample_rate', e.v ->> 'log_transaction_sample_rate' !~ '^[0.]+$', p.log),
				('log_parameter_max_length_on_error', e.v ->> 'log_parameter_max_length_on_error' !~ '^0', true),
				('debug_print_parse', e.v ->> 'debug_print_parse' !~* '^(of|f|n|0)', true),
				('debug_print_rewritten', e.v ->> 'debug_print_rewritten' !~* '^(of|f|n|0)', true),
				('debug_print_plan', e.v ->> 'debug_print_plan' !~* '^(of|f|n|0)', true),
				('auto_explain.log_min_duration', e.v ->> 'auto_explain.log_min_duration' !~ '^-', p.explain),
				('pgaudit.log', e.v ->> 'pgaudit.log' <> 'none', e.v ->> 'pgaudit.log_parameter' !~* '^(of|f|n|0)')
			) AS l (name, logs, parameters)
		WHERE l.logs
	)
	SELECT CASE WHEN l.parameters THEN 'high' ELSE 'low' END, 'setting ' || l.name || l.scope,
		   CASE WHEN l.parameters THEN format('%s writes the parameters of statements to the server''s log, and with them the API keys of requests.', l.value)
			   ELSE format('%s writes the text of statements to the server''s log, and with it the API keys that applications have put there.', l.value) END,
		   CASE WHEN NOT l.parameters THEN 'Call session_group.login() with its key as a parameter, or turn the setting off.'
			   WHEN l.name LIKE 'log\_%' AND l.name <> 'log_parameter_max_length_on_error' THEN 'Set log_parameter_max_length = 0, or turn the setting off.'
			   WHEN l.name LIKE 'auto\_explain.%' THEN 'Set auto_explain.log_parameter_max_length = 0 and auto_explain.log_verbose = off.'
			   WHEN l.name LIKE 'pgaudit.%' THEN 'Set pgaudit.log_parameter = off.'
			   ELSE 'Turn the setting off.' END
	FROM logger l
	WHERE l.scope = ''
		OR NOT EXISTS (SELECT FROM logger g WHERE g.scope = '' AND g.name = l.name AND g.parameters = l.parameters)
	UNION ALL
	SELECT s.severity, 'setting ' || s.name || e.scope, s.finding, 'Reset it.'
	FROM effective e,
		LATERAL (VALUES
			('high', 'session_replication_role', e.v ->> 'session_replication_role' = 'replica',
			 'replica leaves triggers and foreign keys unchecked.'),
			('medium', 'row_security', e.v ->> 'row_security' ~* '^(of|f|n|0)',
			 'off makes statements fail where the policies would choose their rows, and dumps complete where they should not be.')
		) AS s (severity, name, wrong, finding)
	WHERE s.wrong
		AND (e.scope = '' OR EXISTS (SELECT FROM override o WHERE o.scope = e.scope AND o.name = s.name))
	UNION ALL
	SELECT 'high', 'setting ' || o.name || o.scope,
		   'Somebody tried to give sessions an identity. The library refuses it.', 'Reset it.'
	FROM override o WHERE o.name = 'session_group.identity'
	UNION ALL
	SELECT 'low', 'setting statement_timeout of role ' || quote_ident(r.rolname),
		   'A login role of the gateway has none: one request, with a costly regular expression for example, holds its session for any time.',
		   format('ALTER ROLE %I SET statement_timeout = ''30s'';', r.rolname)
	FROM pg_roles r, pg_roles g
	WHERE g.rolname = 'session_group_gateway' AND r.oid <> g.oid AND r.rolcanlogin AND NOT r.rolsuper
		AND pg_has_role(r.oid, g.oid, 'MEMBER')
		AND coalesce((SELECT split_part(c, '=', 2)
					  FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) AS c
					  WHERE s.setrole IN (0, r.oid) AND (s.setdatabase = 0 OR d.datname = current_database())
						  AND lower(c) LIKE 'statement\_timeout=%'
					  ORDER BY s.setrole DESC, s.setdatabase DESC LIMIT 1),
					 current_setting('statement_timeout')) ~ '^0';
	END;
COMMENT ON FUNCTION session_group.posture_settings() IS
'The part of session_group.posture() about settings, as this session has them and as they are set for this database and for the roles of requests: those that write API keys to the server''s log, that switch policies or triggers off, that tried to set an identity, and logins without statement_timeout. Raises nothing.';

CREATE FUNCTION session_group.posture_server(
	version integer DEFAULT pg_catalog.current_setting('server_version_num')::pg_catalog.int4)
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH
	-- "policies": the first release that plans anew when another role's policies
	-- apply (CVE-2024-10976); "statements": the first one that does so when a
	-- role has changed, and in which no statement is known to get out of its
	-- memory (CVE-2026-14666, CVE-2026-16239). docs/security.md has more.
	minimum (major, policies, statements) AS (
		VALUES (15, 150009, 150019), (16, 160005, 160015), (17, 170001, 170011), (18, 180000, 180006)
	)
	SELECT CASE WHEN posture_server.version < m.policies THEN 'high' ELSE 'medium' END,
		   format('server %s.%s', m.major, posture_server.version % 10000),
		   CASE WHEN posture_server.version < m.policies
			   THEN 'Plans can be reused with the policies of another role (CVE-2024-10976).'
			   ELSE 'Plans can outlive a change of roles (CVE-2026-14666), and whoever can run SQL can run code in the server (CVE-2026-16239).' END,
		   format('Update PostgreSQL to the newest release of %s, %s.%s at least.', m.major, m.major, m.statements % 10000)
	FROM minimum m
	WHERE m.major = posture_server.version / 10000 AND posture_server.version < m.statements
	UNION ALL
	SELECT 'high', 'database ' || quote_ident(d.datname),
		   format('Its encoding is %s: texts are checked and compared as UTF-8.', pg_encoding_to_char(d.encoding)),
		   'Move the data to a database with ENCODING ''UTF8''.'
	FROM pg_database d WHERE d.datname = current_database() AND pg_encoding_to_char(d.encoding) <> 'UTF8';
	END;
COMMENT ON FUNCTION session_group.posture_server(integer) IS
'The part of session_group.posture() about the server: its release (server_version_num) has the fixes that isolation rests on, the database is UTF-8. Raises nothing.';

CREATE FUNCTION session_group.posture()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	SELECT p.severity, p.object, p.finding, p.remedy
	FROM (SELECT * FROM session_group.posture_tables()
		  UNION ALL SELECT * FROM session_group.posture_policies()
		  UNION ALL SELECT * FROM session_group.posture_functions()
		  UNION ALL SELECT * FROM session_group.posture_rights()
		  UNION ALL SELECT * FROM session_group.posture_roles()
		  UNION ALL SELECT * FROM session_group.posture_keys()
		  UNION ALL SELECT * FROM session_group.posture_settings()
		  UNION ALL SELECT * FROM session_group.posture_server()) AS p
	ORDER BY array_position(ARRAY['high', 'medium', 'low'], p.severity), p.object, p.finding;
	END;
COMMENT ON FUNCTION session_group.posture() IS
'Checks whether the guards of this database stand: tables, policies, functions, rights, roles, keys, settings, server. No rows: nothing was found. severity: high, medium or low; finding: what is wrong; remedy: how to mend it. Changes nothing, raises nothing.';

GRANT EXECUTE ON FUNCTION
	session_group.posture(), session_group.posture_tables(), session_group.posture_policies(),
	session_group.posture_functions(), session_group.posture_rights(), session_group.posture_roles(),
	session_group.posture_keys(), session_group.posture_settings(), session_group.posture_server(integer)
	TO session_group_admin;
/* session_group: nothing is PUBLIC's. Grants to the roles stand beside the objects. */

REVOKE ALL ON ALL TABLES IN SCHEMA session_group, session_group_api FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA session_group, session_group_api FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA session_group, session_group_api FROM PUBLIC;
REVOKE USAGE ON TYPE session_group_api."*/*" FROM PUBLIC;
GRANT USAGE ON TYPE session_group_api."*/*"
	TO session_group_anon, session_group_api, session_group_gateway;
