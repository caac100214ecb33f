-- What session_group.posture() finds: nothing in a fresh database, and each
-- guard that is gone. Without the fixtures of setup.psql, some of which are
-- findings; all of it goes with the file's ROLLBACK.
\set QUIET 1
\set ON_ERROR_ROLLBACK 1
\set ON_ERROR_STOP 1
\pset format unaligned
\pset tuples_only true
\pset pager off

BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE SCHEMA tap;

CREATE ROLE tap_postgrest LOGIN NOINHERIT IN ROLE session_group_gateway;
ALTER ROLE tap_postgrest SET statement_timeout = '30s';
CREATE ROLE tap_app LOGIN IN ROLE session_group_api;
CREATE ROLE tap_operator LOGIN IN ROLE session_group_admin;
CREATE ROLE tap_stranger LOGIN;
CREATE ROLE tap_group;

INSERT INTO session_group.projects (id, name) VALUES (910001, 'Project A');
INSERT INTO session_group.users (id, email, is_active) VALUES (910011, 'ann@tap.example', true), (910014, 'dan@tap.example', false);
INSERT INTO session_group.members (project_id, user_id) VALUES (910001, 910011);
INSERT INTO session_group.api_keys (id, user_id, label, mask, hash, created_at, expires_at, last_used_at, revoked_at)
SELECT id, owner, label, 'phx_...' || right(id::text, 4), 'sha256$' || encode(sha256(id::text::bytea), 'hex'), now() - age::interval, expires, used, revoked
FROM (VALUES
	(910101, 910011, 'in order',        '1 day',    now() + '30 days'::interval, NULL::timestamptz, NULL::timestamptz),
	(910102, 910011, 'old, used',       '400 days', now() + '30 days'::interval, now() - '89 days'::interval, NULL),
	(910103, 910011, 'revoked',         '400 days', NULL, NULL, now()),
	(910104, 910014, 'expired',         '400 days', now() - '1 second'::interval, NULL, NULL)
) AS k (id, owner, label, age, expires, used, revoked);

SELECT * FROM no_plan();

-- The server's release is the machine's; it has its own tests below.
CREATE VIEW tap.found AS SELECT severity, object, finding, remedy FROM session_group.posture() WHERE object !~ '^server ';

-- Breaks something, and answers the findings that were not there before, one
-- line each; takes the break back.
CREATE FUNCTION tap.break(VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	statement text;
	found text;
BEGIN
	FOREACH statement IN ARRAY statements LOOP
		EXECUTE statement;
	END LOOP;
	SELECT string_agg(severity || ' ' || object, E'\n' ORDER BY severity || ' ' || object) INTO found FROM tap.found;
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = coalesce(found, 'nothing');
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
	RETURN SQLERRM;
END
$$;
CREATE FUNCTION tap.finds(expected text, VARIADIC statements text[]) RETURNS text LANGUAGE SQL AS $$
	SELECT is(tap.break(VARIADIC statements), expected, 'posture: ' || left(array_to_string(statements, '; '), 120))
$$;

SELECT is_empty('SELECT * FROM tap.found', 'posture: nothing to find in a fresh database');
SET LOCAL SESSION AUTHORIZATION tap_operator;
SELECT results_eq('SELECT count(*) FROM session_group.posture() WHERE object !~ ''^server ''', 'VALUES (0::bigint)', 'posture: the administrator''s role may ask, too');
RESET SESSION AUTHORIZATION;

-- Tables, views, rules, triggers.
SELECT tap.finds('high table session_group.' || t, format('ALTER TABLE session_group.%I DISABLE ROW LEVEL SECURITY', t))
FROM unnest(ARRAY['projects', 'users', 'members', 'api_keys', 'summaries']) AS t;
SELECT tap.finds('high table session_group.added', 'CREATE TABLE session_group.added (id bigint)');
SELECT tap.finds('nothing', 'CREATE TABLE session_group.added (id bigint)', 'ALTER TABLE session_group.added ENABLE ROW LEVEL SECURITY');
SELECT tap.finds('high view session_group_api.' || v, format('ALTER VIEW session_group_api.%I %s', v, change))
FROM unnest(ARRAY['session_group_summaries', 'session_group_patterns', 'project_users']) AS v, unnest(ARRAY['SET (security_invoker = false)', 'RESET (security_invoker)']) AS change;
SELECT tap.finds('nothing', 'ALTER VIEW session_group_api.project_users SET (security_invoker = on)');
SELECT tap.finds('medium view tap.leak', 'CREATE VIEW tap.leak AS SELECT * FROM session_group.summaries', 'GRANT SELECT ON tap.leak TO tap_stranger');
SELECT tap.finds('nothing', 'CREATE VIEW tap.mine AS SELECT * FROM session_group.summaries');
SELECT tap.finds('nothing', 'CREATE VIEW tap.safe WITH (security_invoker) AS SELECT * FROM session_group.summaries', 'GRANT SELECT ON tap.safe TO tap_stranger');
SELECT tap.finds('medium view tap.leak', 'CREATE MATERIALIZED VIEW tap.leak AS SELECT * FROM session_group.summaries', 'GRANT SELECT ON tap.leak TO tap_stranger');
SELECT tap.finds(E'high relation session_group.far\nhigh view session_group.copy', 'CREATE MATERIALIZED VIEW session_group.copy AS SELECT title FROM session_group.summaries',
	'CREATE FOREIGN DATA WRAPPER tap_wrapper', 'CREATE SERVER tap_server FOREIGN DATA WRAPPER tap_wrapper', 'CREATE FOREIGN TABLE session_group.far (id bigint) SERVER tap_server');
SELECT tap.finds('high rule hide on session_group.summaries', 'CREATE RULE hide AS ON DELETE TO session_group.summaries DO INSTEAD NOTHING');
SELECT tap.finds('high triggers of session_group.summaries', 'ALTER TABLE session_group.summaries DISABLE TRIGGER summaries_before_write');
SELECT tap.finds('high triggers of session_group.summaries', 'ALTER TABLE session_group.summaries DISABLE TRIGGER ALL');
SELECT tap.finds('high triggers of session_group.members', 'ALTER TABLE session_group.members ENABLE REPLICA TRIGGER members_to_users');
SELECT tap.finds('nothing', 'ALTER TABLE session_group.members ENABLE ALWAYS TRIGGER members_to_users');
SELECT tap.finds('high summaries_before_write on session_group.summaries', 'ALTER EXTENSION session_group DROP FUNCTION session_group.summaries_before_write()', 'DROP TRIGGER summaries_before_write ON session_group.summaries',
	'ALTER EXTENSION session_group ADD FUNCTION session_group.summaries_before_write()');
SELECT tap.finds('high members_to_users on session_group.members', 'DROP TRIGGER members_to_users ON session_group.members',
	'CREATE TRIGGER members_to_users AFTER INSERT ON session_group.members FOR EACH ROW EXECUTE FUNCTION session_group.members_to_users()');

-- Policies.
SELECT tap.finds(format('medium policy %I on %s', p.polname, p.polrelid::regclass), format('DROP POLICY %I ON %s', p.polname, p.polrelid::regclass))
FROM pg_policy p WHERE p.polrelid::regclass::text LIKE 'session\_group.%';
SELECT tap.finds(format('high policy %I on %s', p.polname, p.polrelid::regclass), format('ALTER POLICY %I ON %s TO PUBLIC', p.polname, p.polrelid::regclass))
FROM pg_policy p WHERE p.polrelid::regclass::text LIKE 'session\_group.%';
SELECT tap.finds(format('high policy %I on session_group.%I', policy, relation), format('ALTER POLICY %I ON session_group.%I %s', policy, relation, change))
FROM (VALUES
	('projects_read', 'projects', 'USING (true)'),
	('users_read', 'users', 'USING (project_ids && session_group.readable_project_ids() OR is_active)'),
	('members_read', 'members', 'USING (project_id = ANY (session_group.readable_project_ids()) OR true)'),
	('summaries_read', 'summaries', 'USING (project_id = ANY (session_group.writable_project_ids()))'),
	('summaries_create', 'summaries', 'WITH CHECK (project_id = ANY (session_group.readable_project_ids()))'),
	('summaries_update', 'summaries', 'WITH CHECK (true)'),
	('summaries_update', 'summaries', 'USING (project_id <> ALL (session_group.writable_project_ids()))'),
	('summaries_delete', 'summaries', 'USING (project_id = ANY (ARRAY[1, 2]))'),
	('summaries_administer', 'summaries', 'USING (false)'),
	('api_keys_administer', 'api_keys', 'TO session_group_admin, session_group_api')
) AS v (policy, relation, change);
SELECT tap.finds('high policy summaries_read on session_group.summaries', 'CREATE SCHEMA evil', 'CREATE FUNCTION evil.eq(bigint, bigint) RETURNS boolean LANGUAGE SQL RETURN true',
	'CREATE OPERATOR evil.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.eq)', 'ALTER POLICY summaries_read ON session_group.summaries USING (project_id OPERATOR(evil.=) ANY (session_group.readable_project_ids()))');
SELECT tap.finds('high policy summaries_read on session_group.summaries', 'DROP POLICY summaries_read ON session_group.summaries',
	'CREATE POLICY summaries_read ON session_group.summaries AS RESTRICTIVE FOR SELECT TO session_group_api USING (project_id = ANY (session_group.readable_project_ids()))');
SELECT tap.finds('high policy summaries_read on session_group.summaries', 'DROP POLICY summaries_read ON session_group.summaries',
	'CREATE POLICY summaries_read ON session_group.summaries FOR ALL TO session_group_api USING (project_id = ANY (session_group.readable_project_ids()))');
SELECT tap.finds('nothing', 'DROP POLICY summaries_read ON session_group.summaries',
	'CREATE POLICY summaries_read ON session_group.summaries FOR SELECT TO session_group_api USING ((((project_id)) = ANY (session_group.readable_project_ids())))');
SELECT tap.finds('high policy more on session_group.summaries', 'CREATE POLICY more ON session_group.summaries FOR SELECT TO session_group_api USING (session_count = 0)');
SELECT tap.finds('high policy more on session_group.api_keys', 'CREATE POLICY more ON session_group.api_keys FOR SELECT USING (true)');
SELECT tap.finds('low policy less on session_group.summaries', 'CREATE POLICY less ON session_group.summaries AS RESTRICTIVE FOR SELECT USING (session_count > 0)');
-- With nothing but the extension's schema on the path, too.
SELECT tap.finds('nothing', 'SET LOCAL search_path = session_group, session_group_api, tap, public');

-- Functions.
SELECT tap.finds('high function session_group.list_projects()', 'ALTER FUNCTION session_group.list_projects() SECURITY DEFINER');
SELECT tap.finds('high function session_group.list_projects()', 'ALTER FUNCTION session_group.list_projects() SECURITY DEFINER SET search_path = session_group, pg_temp');
SELECT tap.finds('nothing', 'ALTER FUNCTION session_group.list_projects() SECURITY DEFINER SET search_path = pg_catalog, pg_temp');
SELECT tap.finds('medium function session_group.is_timezone(text)', 'ALTER FUNCTION session_group.is_timezone(text) LEAKPROOF');
SELECT tap.finds('medium function session_group_api.http(bytea)', 'ALTER FUNCTION session_group_api.http(bytea) SET default_transaction_isolation = serializable');
SELECT tap.finds('high function ' || f, format('CREATE OR REPLACE FUNCTION %s RETURNS bigint[] LANGUAGE SQL STABLE STRICT PARALLEL SAFE AS ''SELECT ARRAY[1::bigint, 2]''', f))
FROM unnest(ARRAY['session_group.readable_project_ids()', 'session_group.writable_project_ids()']) AS f;
SELECT tap.finds('high function session_group_api.http()', 'ALTER FUNCTION session_group_api.http() RENAME TO http_old', 'REVOKE ALL ON FUNCTION session_group_api.http_old() FROM session_group_anon, session_group_api, session_group_gateway');

-- Rights.
SELECT tap.finds('high ' || object, format('GRANT %s TO %s', right_on, role))
FROM (VALUES
	('table session_group.summaries', 'INSERT ON session_group.summaries'),
	('table session_group.summaries', 'TRUNCATE ON session_group.summaries'),
	('table session_group.api_keys', 'SELECT ON session_group.api_keys'),
	('column session_group.api_keys.hash', 'SELECT (hash) ON session_group.api_keys'),
	('column session_group.users.is_active', 'UPDATE (is_active) ON session_group.users'),
	('table session_group_api.project_users', 'UPDATE ON session_group_api.project_users'),
	('schema session_group', 'CREATE ON SCHEMA session_group'),
	('schema session_group_api', 'CREATE ON SCHEMA session_group_api'),
	('function session_group.create_api_key(bigint,text,text[],bigint[],timestamp with time zone)', 'EXECUTE ON FUNCTION session_group.create_api_key'),
	('function session_group.posture()', 'EXECUTE ON FUNCTION session_group.posture()')
) AS v (object, right_on), unnest(ARRAY['PUBLIC', 'session_group_anon', 'session_group_api', 'session_group_gateway']) AS role;
SELECT tap.finds('high function session_group.assume_identity(uuid,text[],bigint[])', 'GRANT EXECUTE ON FUNCTION session_group.assume_identity TO session_group_api');
SELECT tap.finds('high table session_group.summaries', 'GRANT SELECT ON session_group.summaries TO session_group_api WITH GRANT OPTION');
SELECT tap.finds('high function session_group_api.added()', 'CREATE FUNCTION session_group_api.added() RETURNS integer LANGUAGE SQL RETURN 1');
SELECT tap.finds('medium sequence session_group.api_keys_id_seq', 'GRANT SELECT ON SEQUENCE session_group.api_keys_id_seq TO session_group_api');
SELECT tap.finds('medium type session_group_api."*/*"', 'GRANT USAGE ON TYPE session_group_api."*/*" TO PUBLIC');
SELECT tap.finds('medium default privileges in schema session_group_api', 'ALTER DEFAULT PRIVILEGES IN SCHEMA session_group_api GRANT SELECT ON TABLES TO session_group_anon');
SELECT tap.finds('nothing', 'GRANT SELECT ON session_group.summaries TO tap_stranger');
SELECT tap.finds('medium parameter session_group.identity', format('GRANT SET ON PARAMETER session_group.identity TO %s', role))
FROM unnest(ARRAY['tap_stranger', 'session_group_api', 'session_group_admin', 'PUBLIC']) AS role;
SELECT tap.finds('medium parameter session_replication_role', 'GRANT SET ON PARAMETER session_replication_role TO session_group_api');

-- Roles.
SELECT tap.finds('high role ' || role, format('ALTER ROLE %I %s', role, attribute))
FROM unnest(ARRAY['session_group_anon', 'session_group_api', 'session_group_gateway', 'session_group_admin']) AS role,
	 unnest(ARRAY['SUPERUSER', 'BYPASSRLS', 'CREATEROLE', 'CREATEDB', 'REPLICATION', 'LOGIN', 'INHERIT']) AS attribute;
SELECT tap.finds(E'high role session_group_api\nhigh role tap_app\nhigh role tap_postgrest', 'GRANT session_group_admin TO session_group_api');
SELECT tap.finds('medium role ' || role, format('GRANT %I TO tap_stranger WITH ADMIN OPTION', role))
FROM unnest(ARRAY['session_group_anon', 'session_group_api', 'session_group_admin']) AS role;
SELECT tap.finds('high role session_group_anon', 'GRANT pg_read_all_data TO session_group_anon');
SELECT tap.finds('high role ' || role, format('ALTER ROLE %I %s', role, attribute))
FROM unnest(ARRAY['tap_postgrest', 'tap_app']) AS role, unnest(ARRAY['SUPERUSER', 'BYPASSRLS', 'CREATEROLE', 'REPLICATION']) AS attribute;
SELECT tap.finds('nothing', 'ALTER ROLE tap_operator BYPASSRLS', 'ALTER ROLE tap_stranger SUPERUSER', 'ALTER ROLE tap_group BYPASSRLS');
SELECT tap.finds('high role tap_stranger', 'GRANT session_group_api TO tap_group', 'GRANT tap_group TO tap_stranger', 'ALTER ROLE tap_stranger BYPASSRLS');
SELECT tap.finds('high role tap_postgrest', format('GRANT %I TO tap_postgrest', role))
FROM unnest(ARRAY['session_group_admin', 'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files']) AS role;
SELECT tap.finds('high role tap_postgrest', 'ALTER ROLE tap_group BYPASSRLS', 'GRANT tap_group TO tap_stranger', 'GRANT tap_stranger TO tap_postgrest');
SELECT tap.finds('nothing', 'GRANT pg_read_all_stats TO tap_postgrest');
SELECT tap.finds('high role tap_postgrest', 'ALTER TABLE session_group.summaries OWNER TO tap_postgrest');
SELECT tap.finds('high role tap_app', 'ALTER FUNCTION session_group.login(text) OWNER TO tap_app');
SELECT tap.finds('high role tap_postgrest', 'ALTER TABLE session_group.summaries OWNER TO tap_group', 'GRANT tap_group TO tap_postgrest');
SELECT tap.finds('low role tap_stranger', 'GRANT session_group_gateway TO tap_stranger', 'ALTER ROLE tap_stranger SET statement_timeout = ''1min''');
SELECT tap.finds(E'high role session_group_anon\nhigh role session_group_gateway', 'ALTER ROLE session_group_anon RENAME TO tap_renamed', 'REVOKE ALL ON ALL TABLES IN SCHEMA session_group FROM tap_renamed');

-- Keys.
SELECT tap.finds('low API keys without expiry', 'UPDATE session_group.api_keys SET expires_at = NULL WHERE id = 910101');
SELECT tap.finds('low unused API keys', 'UPDATE session_group.api_keys SET last_used_at = now() - ''91 days''::interval WHERE id = 910102');
SELECT tap.finds('low unused API keys', 'UPDATE session_group.api_keys SET last_used_at = NULL WHERE id = 910102');
SELECT tap.finds('medium API keys of inactive users', 'UPDATE session_group.users SET is_active = false WHERE id = 910011');
SAVEPOINT keys;
INSERT INTO session_group.api_keys (id, user_id, label, mask, hash)
SELECT 910200 + n, 910011, 'forever', 'phx_...' || n, 'sha256$' || repeat(n::text, 64) FROM generate_series(1, 7) AS n;
SELECT is(finding, '7 are valid until somebody revokes them: id 910201 (phx_...1), id 910202 (phx_...2), id 910203 (phx_...3), id 910204 (phx_...4), id 910205 (phx_...5), ….',
	'posture: keys of a kind are one finding, with their number and the first five') FROM tap.found;
SET LOCAL SESSION AUTHORIZATION tap_operator;
SELECT is((SELECT count(*) FROM session_group.posture_keys()), 1::bigint, 'posture: the administrator''s role sees the keys');
RESET SESSION AUTHORIZATION;
ROLLBACK TO keys;

-- Settings: of the session, of roles that requests come in as, of the database.
SELECT tap.finds(expected || ' setting ' || name, VARIADIC ARRAY(SELECT format('SET LOCAL %s = %L', (regexp_split_to_array(s, '='))[1], (regexp_split_to_array(s, '='))[2]) FROM unnest(settings) AS s))
FROM (VALUES
	('high', 'log_statement', ARRAY['log_statement=all']),
	('low', 'log_statement', ARRAY['log_statement=all', 'log_parameter_max_length=0']),
	('high', 'log_statement', ARRAY['log_statement=all', 'log_parameter_max_length=100']),
	('high', 'log_min_duration_statement', ARRAY['log_min_duration_statement=250ms']),
	('high', 'log_min_duration_statement', ARRAY['log_min_duration_statement=0']),
	('low', 'log_min_duration_statement', ARRAY['log_min_duration_statement=0', 'log_parameter_max_length=0']),
	('high', 'log_min_duration_sample', ARRAY['log_min_duration_sample=100']),
	('high', 'log_transaction_sample_rate', ARRAY['log_transaction_sample_rate=0.01']),
	('high', 'log_parameter_max_length_on_error', ARRAY['log_parameter_max_length_on_error=-1']),
	('high', 'log_parameter_max_length_on_error', ARRAY['log_parameter_max_length_on_error=64']),
	('high', 'debug_print_parse', ARRAY['debug_print_parse=on']),
	('high', 'debug_print_rewritten', ARRAY['debug_print_rewritten=on']),
	('high', 'debug_print_plan', ARRAY['debug_print_plan=on']),
	('high', 'auto_explain.log_min_duration', ARRAY['auto_explain.log_min_duration=0', 'auto_explain.log_parameter_max_length=-1']),
	('high', 'auto_explain.log_min_duration', ARRAY['auto_explain.log_min_duration=1s', 'auto_explain.log_parameter_max_length=0', 'auto_explain.log_verbose=on']),
	('low', 'auto_explain.log_min_duration', ARRAY['auto_explain.log_min_duration=1s', 'auto_explain.log_parameter_max_length=0']),
	('high', 'pgaudit.log', ARRAY['pgaudit.log=read', 'pgaudit.log_parameter=on']),
	('low', 'pgaudit.log', ARRAY['pgaudit.log=read']),
	('high', 'session_replication_role', ARRAY['session_replication_role=replica']),
	('medium', 'row_security', ARRAY['row_security=off'])
) AS v (expected, name, settings);
SELECT tap.finds('nothing', format('SET LOCAL %s', s))
FROM unnest(ARRAY['log_statement = ddl', 'log_statement = mod', 'log_duration = on', 'log_parameter_max_length = 0', 'log_statement_sample_rate = 0', 'auto_explain.log_min_duration = -1', 'debug_pretty_print = on']) AS s;
SELECT tap.finds('high setting log_statement of role tap_postgrest', 'ALTER ROLE tap_postgrest SET log_statement = ''all''');
SELECT tap.finds('high setting log_min_duration_statement of role tap_app', 'ALTER ROLE tap_app SET log_min_duration_statement = ''1s''');
SELECT tap.finds('nothing', 'ALTER ROLE tap_operator SET log_statement = ''all''', 'ALTER ROLE tap_stranger SET row_security = off');
SELECT tap.finds('low setting log_statement', 'SET LOCAL log_statement = ''all''', 'SET LOCAL log_parameter_max_length = 0', 'ALTER ROLE tap_app SET work_mem = ''8MB''');
SELECT tap.finds(E'high setting log_statement of role tap_app\nlow setting log_statement', 'SET LOCAL log_statement = ''all''', 'SET LOCAL log_parameter_max_length = 0', 'ALTER ROLE tap_app SET log_parameter_max_length = -1');
SELECT tap.finds(format('high setting log_statement of database %I', current_database()), format('ALTER DATABASE %I SET log_statement = ''all''', current_database()));
SELECT tap.finds(format('high setting log_statement of role tap_postgrest of database %I', current_database()), format('ALTER ROLE tap_postgrest IN DATABASE %I SET log_statement = ''all''', current_database()));
SELECT tap.finds('medium setting row_security of role ' || role, format('ALTER ROLE %I SET row_security = off', role))
FROM unnest(ARRAY['tap_postgrest', 'tap_app', 'session_group_api']) AS role;
SELECT tap.finds('high setting session_replication_role of role tap_app', 'ALTER ROLE tap_app SET session_replication_role = replica');
SELECT tap.finds('nothing', 'ALTER ROLE tap_app SET auto_explain.log_verbose = ''neither''', 'ALTER ROLE tap_app SET pgaudit.log_parameter = ''nor''', 'ALTER ROLE tap_app SET custom.thing = ''=''');
SELECT tap.finds('low setting statement_timeout of role tap_postgrest', VARIADIC statements::text[])
FROM (VALUES
	(ARRAY['ALTER ROLE tap_postgrest RESET statement_timeout']),
	(ARRAY['ALTER ROLE tap_postgrest SET statement_timeout = 0']),
	(ARRAY[format('ALTER DATABASE %I SET statement_timeout = ''1min''', current_database()), 'ALTER ROLE tap_postgrest SET statement_timeout = 0']),
	(ARRAY[format('ALTER ROLE tap_postgrest IN DATABASE %I SET statement_timeout = 0', current_database())])
) AS v (statements);
SELECT tap.finds('nothing', 'ALTER ROLE tap_postgrest RESET statement_timeout', 'SET LOCAL statement_timeout = ''1min''');
SELECT tap.finds('nothing', 'ALTER ROLE tap_postgrest RESET statement_timeout', format('ALTER DATABASE %I SET statement_timeout = ''1min''', current_database()));
-- ALTER ROLE would be refused where the library is loaded.
SELECT tap.finds('high setting session_group.identity of role ' || role, format('INSERT INTO pg_db_role_setting VALUES (0, %L::regrole, ARRAY[''session_group.identity=proof=assumed user=1 scopes=rw members=1''])', role))
FROM unnest(ARRAY['tap_stranger', 'tap_app']) AS role;

-- The server.
SELECT is((SELECT coalesce(string_agg(severity || ' ' || object, ', '), 'nothing') FROM session_group.posture_server(version)), expected, 'posture: release ' || version)
FROM (VALUES
	(150008, 'high server 15.8'), (150009, 'medium server 15.9'), (150018, 'medium server 15.18'), (150019, 'nothing'), (150020, 'nothing'),
	(160004, 'high server 16.4'), (160005, 'medium server 16.5'), (160014, 'medium server 16.14'), (160015, 'nothing'),
	(170000, 'high server 17.0'), (170001, 'medium server 17.1'), (170010, 'medium server 17.10'), (170011, 'nothing'),
	(180000, 'medium server 18.0'), (180005, 'medium server 18.5'), (180006, 'nothing'), (190000, 'nothing')
) AS v (version, expected);
SELECT set_eq('SELECT * FROM session_group.posture() WHERE object ~ ''^server ''', 'SELECT * FROM session_group.posture_server(current_setting(''server_version_num'')::integer)', 'posture: the running server''s release is looked at');
SELECT tap.finds('medium time zone Mars/Olympus_Mons', $$UPDATE session_group.projects SET timezone = 'Mars/Olympus_Mons'$$);
SELECT tap.finds('nothing', $$UPDATE session_group.projects SET timezone = 'Europe/Berlin'$$);
SELECT tap.finds(format('high database %I', current_database()), format('UPDATE pg_database SET encoding = 8 WHERE datname = %L', current_database()));

-- The order of the findings, and what they say.
SAVEPOINT several;
ALTER TABLE session_group.summaries DISABLE ROW LEVEL SECURITY;
GRANT USAGE ON TYPE session_group_api."*/*" TO PUBLIC;
UPDATE session_group.api_keys SET expires_at = NULL WHERE id = 910101;
SELECT results_eq('SELECT severity, object, remedy FROM tap.found', $$VALUES
	('high', 'table session_group.summaries', 'ALTER TABLE session_group.summaries ENABLE ROW LEVEL SECURITY;'),
	('medium', 'type session_group_api."*/*"', 'REVOKE USAGE ON TYPE session_group_api."*/*" FROM PUBLIC;'),
	('low', 'API keys without expiry', 'Make new ones with expires_at and revoke these: SELECT session_group.revoke_api_key(id);')$$, 'posture: the worst first, each with its remedy');
ROLLBACK TO several;

-- A remedy that is a statement mends what it is about.
CREATE FUNCTION tap.mend(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	remedy text;
	rest text;
BEGIN
	EXECUTE statement;
	FOR remedy IN SELECT f.remedy FROM tap.found f LOOP
		EXECUTE remedy;
	END LOOP;
	SELECT string_agg(object, ', ') INTO rest FROM tap.found;
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = coalesce(rest, 'nothing');
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
	RETURN SQLERRM;
END
$$;
SELECT is(tap.mend(statement), 'nothing', 'posture: its remedy mends ' || statement)
FROM unnest(ARRAY[
	'ALTER TABLE session_group.summaries DISABLE ROW LEVEL SECURITY',
	'ALTER VIEW session_group_api.project_users RESET (security_invoker)',
	'CREATE RULE "a rule" AS ON DELETE TO session_group.summaries DO INSTEAD NOTHING',
	'ALTER TABLE session_group.summaries DISABLE TRIGGER ALL',
	'DROP TRIGGER summaries_before_write ON session_group.summaries',
	'CREATE POLICY "a; policy" ON session_group.users USING (true)',
	'ALTER FUNCTION session_group.list_projects() SECURITY DEFINER',
	'ALTER FUNCTION session_group.is_timezone(text) LEAKPROOF',
	'GRANT SELECT, INSERT ON session_group.users TO session_group_anon',
	'GRANT SELECT (hash), UPDATE (hash, mask) ON session_group.api_keys TO session_group_api',
	'GRANT CREATE ON SCHEMA session_group TO PUBLIC',
	'GRANT EXECUTE ON FUNCTION session_group.create_project TO PUBLIC',
	'GRANT ALL ON SEQUENCE session_group.users_id_seq TO session_group_api',
	'GRANT SET ON PARAMETER session_group.identity TO PUBLIC',
	'ALTER ROLE session_group_api BYPASSRLS LOGIN',
	'GRANT pg_read_all_data TO session_group_api',
	'GRANT session_group_admin TO tap_operator WITH ADMIN OPTION',
	'ALTER ROLE tap_postgrest RESET statement_timeout',
	'ALTER ROLE tap_postgrest SUPERUSER REPLICATION']) AS statement;

-- Names that would end a statement, in findings that an administrator may copy.
SELECT tap.finds('high policy "x; DROP TABLE y" on session_group.users', 'CREATE POLICY "x; DROP TABLE y" ON session_group.users USING (true)');
SELECT tap.finds('high role "x; y"', 'CREATE ROLE "x; y" LOGIN NOINHERIT SUPERUSER IN ROLE session_group_gateway');

-- Who may ask, and that the answer is about the catalogue, not about namesakes.
SELECT is(has_function_privilege(role, f.oid, 'EXECUTE'), role = 'session_group_admin', format('posture: %s and %s', role, f.oid::regprocedure))
FROM pg_proc f, unnest(ARRAY['tap_stranger', 'session_group_anon', 'session_group_api', 'session_group_gateway', 'session_group_admin']) AS role
WHERE f.pronamespace = 'session_group'::regnamespace AND f.proname LIKE 'posture%';
CREATE TEMP TABLE pg_class (oid oid);
CREATE TEMP TABLE pg_policy (oid oid);
CREATE FUNCTION pg_temp.has(a text) RETURNS text LANGUAGE SQL RETURN 'x';
SELECT tap.finds('high table session_group.users', 'ALTER TABLE session_group.users DISABLE ROW LEVEL SECURITY', 'SET LOCAL search_path = pg_temp, tap, public, pg_catalog');

SELECT is_empty('SELECT * FROM tap.found', 'posture: and nothing is left to find');
SELECT * FROM finish();
ROLLBACK;
