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
ALTER ROLE tap_postgrest SET idle_in_transaction_session_timeout = '60s';
CREATE ROLE tap_app LOGIN IN ROLE session_group_api;
ALTER ROLE tap_app SET statement_timeout = '30s';
ALTER ROLE tap_app SET idle_in_transaction_session_timeout = '60s';
CREATE ROLE tap_operator LOGIN IN ROLE session_group_admin;
CREATE ROLE tap_stranger LOGIN;
CREATE ROLE tap_group;

INSERT INTO session_group.projects (id, name) VALUES (910001, 'Project A');
INSERT INTO session_group.users (id, email, is_active) VALUES (910011, 'ann@tap.example', true),
	(910014, 'dan@tap.example', false);
INSERT INTO session_group.members (project_id, user_id) VALUES (910001, 910011);
INSERT INTO session_group.api_keys (id, user_id, label, mask, hash, created_at, expires_at, last_used_at, revoked_at)
SELECT id, owner, label, 'phx_...' || right(id::text, 4), 'sha256$' || encode(sha256(id::text::bytea), 'hex'),
	now() - age::interval, expires, used, revoked
FROM (VALUES
	(910101, 910011, 'in order',        '1 day',    now() + '30 days'::interval, NULL::timestamptz, NULL::timestamptz),
	(910102, 910011, 'old, used',       '400 days', now() + '30 days'::interval, now() - '89 days'::interval, NULL),
	(910103, 910011, 'revoked',         '400 days', NULL, NULL, now()),
	(910104, 910014, 'expired',         '400 days', now() - '1 second'::interval, NULL, NULL)
) AS k (id, owner, label, age, expires, used, revoked);

SELECT * FROM no_plan();

-- The server's release is the machine's, and what it loads the runner's; they have their own tests
-- below. Of a section that names a part of the posture, that part alone is asked.
CREATE FUNCTION tap.ask() RETURNS TABLE (severity text, object text, finding text, remedy text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT p.* FROM session_group.%I() p WHERE p.object !~ ''^server |^setting shared_preload''',
								coalesce(nullif(current_setting('tap.part', true), ''), 'posture'));
END
$$;
CREATE VIEW tap.found AS SELECT * FROM tap.ask();

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
SELECT results_eq('SELECT count(*) FROM session_group.posture() WHERE object !~ ''^server |^setting shared_preload''',
	'VALUES (0::bigint)', 'posture: the administrator''s role may ask, too');
RESET SESSION AUTHORIZATION;

-- Tables, views, rules, triggers.
SELECT tap.finds(string_agg('high table session_group.' || t, E'\n' ORDER BY 'high table session_group.' || t),
	VARIADIC array_agg(format('ALTER TABLE session_group.%I DISABLE ROW LEVEL SECURITY', t)))
FROM unnest(ARRAY['projects', 'users', 'members', 'api_keys', 'summaries']) AS t;
SELECT tap.finds('high table session_group.added', 'CREATE TABLE session_group.added (id bigint)');
SELECT tap.finds('nothing', 'CREATE TABLE session_group.added (id bigint)',
	'ALTER TABLE session_group.added ENABLE ROW LEVEL SECURITY');
SELECT tap.finds('high view session_group_api.' || v, format('ALTER VIEW session_group_api.%I %s', v, change))
FROM unnest(ARRAY['session_group_summaries', 'session_group_patterns', 'project_users']) AS v,
	unnest(ARRAY['SET (security_invoker = false)', 'RESET (security_invoker)']) AS change;
SELECT tap.finds('nothing', 'ALTER VIEW session_group_api.project_users SET (security_invoker = on)');
SELECT tap.finds('medium view tap.leak', 'CREATE VIEW tap.leak AS SELECT * FROM session_group.summaries',
	'GRANT SELECT ON tap.leak TO tap_stranger');
SELECT tap.finds('nothing', 'CREATE VIEW tap.mine AS SELECT * FROM session_group.summaries');
SELECT tap.finds('nothing', 'CREATE VIEW tap.safe WITH (security_invoker) AS SELECT * FROM session_group.summaries',
	'GRANT SELECT ON tap.safe TO tap_stranger');
SELECT tap.finds('medium view tap.leak', 'CREATE MATERIALIZED VIEW tap.leak AS SELECT * FROM session_group.summaries',
	'GRANT SELECT ON tap.leak TO tap_stranger');
SELECT tap.finds(E'high relation session_group.far\nhigh view session_group.copy',
	'CREATE MATERIALIZED VIEW session_group.copy AS SELECT title FROM session_group.summaries',
	'CREATE FOREIGN DATA WRAPPER tap_wrapper', 'CREATE SERVER tap_server FOREIGN DATA WRAPPER tap_wrapper',
	'CREATE FOREIGN TABLE session_group.far (id bigint) SERVER tap_server');
SELECT tap.finds('high rule hide on session_group.summaries',
	'CREATE RULE hide AS ON DELETE TO session_group.summaries DO INSTEAD NOTHING');
SELECT tap.finds('high trigger summaries_before_write on session_group.summaries',
	'ALTER TABLE session_group.summaries DISABLE TRIGGER summaries_before_write');
SELECT tap.finds('high foreign keys of session_group.summaries'
	|| (SELECT string_agg(format(E'\nhigh trigger %I on session_group.summaries', tgname), '' ORDER BY tgname)
	FROM pg_trigger
	WHERE tgrelid = 'session_group.summaries'::regclass AND NOT tgisinternal),
	'ALTER TABLE session_group.summaries DISABLE TRIGGER ALL');
SELECT tap.finds('high trigger members_stay on session_group.members',
	'ALTER TABLE session_group.members ENABLE REPLICA TRIGGER members_stay');
SELECT tap.finds('low trigger members_stay on session_group.members',
	'ALTER TABLE session_group.members ENABLE ALWAYS TRIGGER members_stay');
SELECT tap.finds(string_agg(format('high trigger %I on %s', tgname, tgrelid::regclass), E'\n'
	ORDER BY format('high trigger %I on %s', tgname, tgrelid::regclass)),
	VARIADIC array_agg(format('ALTER TABLE %s %s TRIGGER %I', tgrelid::regclass, change, tgname)))
FROM pg_trigger, unnest(ARRAY['ENABLE', 'DISABLE']) AS change WHERE tgrelid::regclass::text LIKE 'session\_group.%'
	AND tgenabled = 'A' GROUP BY change;
SELECT tap.finds('high trigger summaries_before_write on session_group.summaries',
	'ALTER EXTENSION session_group DROP FUNCTION session_group.summaries_before_write()',
	'DROP TRIGGER summaries_before_write ON session_group.summaries',
	'ALTER EXTENSION session_group ADD FUNCTION session_group.summaries_before_write()');
SELECT tap.finds('high trigger members_stay on session_group.members',
	'DROP TRIGGER members_stay ON session_group.members',
	'CREATE TRIGGER members_stay BEFORE INSERT ON session_group.members FOR EACH ROW EXECUTE FUNCTION session_group.members_stay()');

SET LOCAL tap.part = 'posture_objects';
-- Policies.
SELECT tap.finds(string_agg(format('medium policy %I on %s', p.polname, p.polrelid::regclass), E'\n'
	ORDER BY format('medium policy %I on %s', p.polname, p.polrelid::regclass)),
	VARIADIC array_agg(format('DROP POLICY %I ON %s', p.polname, p.polrelid::regclass)))
FROM pg_policy p WHERE p.polrelid::regclass::text LIKE 'session\_group.%';
SELECT tap.finds(string_agg(format('high policy %I on %s', p.polname, p.polrelid::regclass), E'\n'
	ORDER BY format('high policy %I on %s', p.polname, p.polrelid::regclass)),
	VARIADIC array_agg(format('ALTER POLICY %I ON %s TO PUBLIC', p.polname, p.polrelid::regclass)))
FROM pg_policy p WHERE p.polrelid::regclass::text LIKE 'session\_group.%';
SELECT tap.finds(format('high policy %I on session_group.%I', policy, relation),
	format('ALTER POLICY %I ON session_group.%I %s', policy, relation, change))
FROM (VALUES
	('projects_read', 'projects', 'USING (true)'),
	('users_read', 'users', 'USING (session_group.may_see(id) OR is_active)'),
	('members_read', 'members', 'USING (session_group.may_read(project_id) OR true)'),
	('summaries_read', 'summaries', 'USING (session_group.may_write(project_id))'),
	('summaries_create', 'summaries', 'WITH CHECK (session_group.may_read(project_id))'),
	('summaries_create', 'summaries', 'WITH CHECK (session_group.may_write(created_by_id))'),
	('summaries_update', 'summaries', 'WITH CHECK (true)'),
	('summaries_update', 'summaries', 'USING (NOT session_group.may_write(project_id))'),
	('summaries_delete', 'summaries', 'USING (project_id = ANY (ARRAY[1, 2]))'),
	('summaries_administer', 'summaries', 'USING (false)'),
	('api_keys_administer', 'api_keys', 'TO session_group_admin, session_group_api')
) AS v (policy, relation, change);
SELECT tap.finds('high policy summaries_read on session_group.summaries', 'CREATE SCHEMA evil',
	'CREATE FUNCTION evil.may_read(bigint) RETURNS boolean LANGUAGE SQL RETURN true',
	'ALTER POLICY summaries_read ON session_group.summaries USING (evil.may_read(project_id))');
SELECT tap.finds('high policy summaries_read on session_group.summaries',
	'DROP POLICY summaries_read ON session_group.summaries',
	'CREATE POLICY summaries_read ON session_group.summaries AS RESTRICTIVE FOR SELECT TO session_group_api USING (session_group.may_read(project_id))');
SELECT tap.finds('high policy summaries_read on session_group.summaries',
	'DROP POLICY summaries_read ON session_group.summaries',
	'CREATE POLICY summaries_read ON session_group.summaries FOR ALL TO session_group_api USING (session_group.may_read(project_id))');
SELECT tap.finds('nothing', 'DROP POLICY summaries_read ON session_group.summaries',
	'CREATE POLICY summaries_read ON session_group.summaries FOR SELECT TO session_group_api USING (((session_group.may_read(((project_id))))))');
SELECT tap.finds('high policy more on session_group.summaries',
	'CREATE POLICY more ON session_group.summaries FOR SELECT TO session_group_api USING (session_count = 0)');
SELECT tap.finds('high policy more on session_group.api_keys',
	'CREATE POLICY more ON session_group.api_keys FOR SELECT USING (true)');
SELECT tap.finds('low policy less on session_group.summaries',
	'CREATE POLICY less ON session_group.summaries AS RESTRICTIVE FOR SELECT USING (session_count > 0)');
-- With nothing but the extension's schema on the path, too.
SELECT tap.finds('nothing', 'SET LOCAL search_path = session_group, session_group_api, tap, public');

RESET tap.part;
-- Functions.
SELECT tap.finds('high function session_group.list_projects()',
	'ALTER FUNCTION session_group.list_projects() SECURITY DEFINER');
SELECT tap.finds('high function session_group.list_projects()',
	'ALTER FUNCTION session_group.list_projects() SECURITY DEFINER SET search_path = session_group, pg_temp');
SELECT tap.finds('high function session_group.list_projects()',
	'ALTER FUNCTION session_group.list_projects() SECURITY DEFINER SET search_path = pg_catalog, pg_temp');
SELECT tap.finds('medium function session_group.is_timezone(text)',
	'ALTER FUNCTION session_group.is_timezone(text) LEAKPROOF');
SELECT tap.finds('medium function session_group_api.http(bytea)',
	'ALTER FUNCTION session_group_api.http(bytea) SET default_transaction_isolation = serializable');
SELECT tap.finds('high function ' || f,
	format('CREATE OR REPLACE FUNCTION %s RETURNS bigint[] LANGUAGE SQL STABLE STRICT PARALLEL SAFE AS ''SELECT ARRAY[1::bigint, 2]''',
	f))
FROM unnest(ARRAY['session_group.readable_project_ids()', 'session_group.writable_project_ids()']) AS f;
SELECT tap.finds('high function ' || f,
	format('CREATE OR REPLACE FUNCTION %s RETURNS boolean LANGUAGE SQL STABLE STRICT PARALLEL SAFE AS ''SELECT true''',
	replace(f, '(', '(project_id ')))
FROM unnest(ARRAY['session_group.may_read(bigint)', 'session_group.may_write(bigint)']) AS f;
SELECT tap.finds('high function session_group_api.http()', 'ALTER FUNCTION session_group_api.http() RENAME TO http_old',
	'REVOKE ALL ON FUNCTION session_group_api.http_old() FROM session_group_anon, session_group_api, session_group_gateway');

RESET tap.part;
-- Rights.
SELECT tap.finds(string_agg(DISTINCT 'high ' || object, E'\n' ORDER BY 'high ' || object),
	VARIADIC array_agg(format('GRANT %s TO %s', right_on, role)))
FROM (VALUES
	('table session_group.summaries', 'INSERT ON session_group.summaries'),
	('table session_group.summaries', 'TRUNCATE ON session_group.summaries'),
	('table session_group.api_keys', 'SELECT ON session_group.api_keys'),
	('column session_group.api_keys.hash', 'SELECT (hash) ON session_group.api_keys'),
	('column session_group.users.is_active', 'UPDATE (is_active) ON session_group.users'),
	('table session_group_api.project_users', 'UPDATE ON session_group_api.project_users'),
	('schema session_group', 'CREATE ON SCHEMA session_group'),
	('schema session_group_api', 'CREATE ON SCHEMA session_group_api'),
	('function session_group.create_api_key(bigint,text,text[],bigint[],timestamp with time zone)',
	'EXECUTE ON FUNCTION session_group.create_api_key'),
	('function session_group.posture()', 'EXECUTE ON FUNCTION session_group.posture()')
) AS v (object, right_on), unnest(ARRAY['PUBLIC', 'session_group_anon', 'session_group_api',
	'session_group_gateway']) AS role GROUP BY role;
SELECT tap.finds('high function session_group.assume_identity(uuid,text[],bigint[])',
	'GRANT EXECUTE ON FUNCTION session_group.assume_identity TO session_group_api');
SELECT tap.finds('high table session_group.summaries',
	'GRANT SELECT ON session_group.summaries TO session_group_api WITH GRANT OPTION');
SELECT tap.finds('high function session_group_api.added()',
	'CREATE FUNCTION session_group_api.added() RETURNS integer LANGUAGE SQL RETURN 1');
SELECT tap.finds('medium sequence session_group.api_keys_id_seq',
	'GRANT SELECT ON SEQUENCE session_group.api_keys_id_seq TO session_group_api');
SELECT tap.finds('medium type session_group_api."*/*"', 'GRANT USAGE ON TYPE session_group_api."*/*" TO PUBLIC');
SELECT tap.finds('medium default privileges of postgres in schema session_group_api',
	'ALTER DEFAULT PRIVILEGES IN SCHEMA session_group_api GRANT SELECT ON TABLES TO session_group_anon');
SELECT tap.finds('medium table session_group.summaries', 'GRANT SELECT ON session_group.summaries TO tap_stranger');
SELECT tap.finds('medium parameter session_group.identity',
	format('GRANT SET ON PARAMETER session_group.identity TO %s', role))
FROM unnest(ARRAY['tap_stranger', 'session_group_api', 'session_group_admin', 'PUBLIC']) AS role;
SELECT tap.finds('high parameter session_replication_role',
	'GRANT SET ON PARAMETER session_replication_role TO session_group_api');

SET LOCAL tap.part = 'posture_roles';
-- Roles.
SELECT tap.finds('high role ' || role, format('ALTER ROLE %I %s', role, attribute))
FROM unnest(ARRAY['session_group_anon', 'session_group_api', 'session_group_gateway', 'session_group_admin']) AS role,
	 unnest(ARRAY['SUPERUSER', 'BYPASSRLS', 'CREATEROLE', 'CREATEDB', 'REPLICATION', 'LOGIN', 'INHERIT']) AS attribute;
SELECT tap.finds(E'high role session_group_api\nhigh role tap_app\nhigh role tap_postgrest',
	'GRANT session_group_admin TO session_group_api');
SELECT tap.finds('medium role ' || role, format('GRANT %I TO tap_stranger WITH ADMIN OPTION', role))
FROM unnest(ARRAY['session_group_anon', 'session_group_api', 'session_group_admin']) AS role;
SELECT tap.finds('high role session_group_anon', 'GRANT pg_read_all_data TO session_group_anon');
SELECT tap.finds('high role ' || role, format('ALTER ROLE %I %s', role, attribute))
FROM unnest(ARRAY['tap_postgrest', 'tap_app']) AS role,
	unnest(ARRAY['SUPERUSER', 'BYPASSRLS', 'CREATEROLE', 'REPLICATION']) AS attribute;
SELECT tap.finds('nothing', 'ALTER ROLE tap_operator BYPASSRLS', 'ALTER ROLE tap_stranger SUPERUSER',
	'ALTER ROLE tap_group BYPASSRLS');
SELECT tap.finds('high role tap_stranger', 'GRANT session_group_api TO tap_group', 'GRANT tap_group TO tap_stranger',
	'ALTER ROLE tap_stranger BYPASSRLS');
SELECT tap.finds('high role tap_postgrest', format('GRANT %I TO tap_postgrest', role))
FROM unnest(ARRAY['session_group_admin', 'pg_execute_server_program', 'pg_read_server_files',
	'pg_write_server_files']) AS role;
SELECT tap.finds('high role tap_postgrest', 'ALTER ROLE tap_group BYPASSRLS', 'GRANT tap_group TO tap_stranger',
	'GRANT tap_stranger TO tap_postgrest');
SELECT tap.finds('high role tap_postgrest', 'GRANT pg_read_all_stats TO tap_postgrest');
SELECT tap.finds('nothing', 'GRANT pg_monitor TO tap_stranger');
SELECT tap.finds('high role tap_postgrest', 'ALTER TABLE session_group.summaries OWNER TO tap_postgrest');
SELECT tap.finds('high role tap_app', 'ALTER FUNCTION session_group.login(text) OWNER TO tap_app');
SELECT tap.finds('high role tap_postgrest', 'ALTER TABLE session_group.summaries OWNER TO tap_group',
	'GRANT tap_group TO tap_postgrest');
SELECT tap.finds('low role tap_stranger', 'GRANT session_group_gateway TO tap_stranger',
	'ALTER ROLE tap_stranger SET statement_timeout = ''1min''');
SELECT tap.finds(E'high role session_group_anon\nhigh role session_group_gateway',
	'ALTER ROLE session_group_anon RENAME TO tap_renamed',
	'REVOKE ALL ON ALL TABLES IN SCHEMA session_group FROM tap_renamed');

SET LOCAL tap.part = 'posture_keys';
-- Keys.
SELECT tap.finds('low API keys without expiry',
	'UPDATE session_group.api_keys SET expires_at = NULL WHERE id = 910101');
SELECT tap.finds('low unused API keys',
	'UPDATE session_group.api_keys SET last_used_at = now() - ''91 days''::interval WHERE id = 910102');
SELECT tap.finds('low unused API keys', 'UPDATE session_group.api_keys SET last_used_at = NULL WHERE id = 910102');
SELECT tap.finds('medium API keys of inactive users',
	'UPDATE session_group.users SET is_active = false WHERE id = 910011');
SAVEPOINT keys;
INSERT INTO session_group.api_keys (id, user_id, label, mask, hash)
SELECT 910200 + n, 910011, 'forever', 'phx_...' || n, 'sha256$' || repeat(n::text, 64) FROM generate_series(1, 7) AS n;
SELECT is(finding,
	'7 are valid until somebody revokes them: id 910201 (phx_...1), id 910202 (phx_...2), id 910203 (phx_...3), id 910204 (phx_...4), id 910205 (phx_...5), ….',
	'posture: keys of a kind are one finding, with their number and the first five') FROM tap.found;
SET LOCAL SESSION AUTHORIZATION tap_operator;
SELECT is((SELECT count(*) FROM session_group.posture_keys()), 1::bigint,
	'posture: the administrator''s role sees the keys');
RESET SESSION AUTHORIZATION;
ROLLBACK TO keys;

SET LOCAL tap.part = 'posture_settings';
-- Settings: of the session, of roles that requests come in as, of the database.
SELECT tap.finds(expected || ' setting ' || name,
	VARIADIC ARRAY(SELECT format('SET LOCAL %s = %L', (regexp_split_to_array(s, '='))[1],
	(regexp_split_to_array(s, '='))[2]) FROM unnest(settings) AS s))
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
	('high', 'auto_explain.log_min_duration',
	ARRAY['auto_explain.log_min_duration=0', 'auto_explain.log_parameter_max_length=-1']),
	('high', 'auto_explain.log_min_duration',
	ARRAY['auto_explain.log_min_duration=1s', 'auto_explain.log_parameter_max_length=0',
	'auto_explain.log_verbose=on']),
	('low', 'auto_explain.log_min_duration',
	ARRAY['auto_explain.log_min_duration=1s', 'auto_explain.log_parameter_max_length=0']),
	('high', 'pgaudit.log', ARRAY['pgaudit.log=read', 'pgaudit.log_parameter=on']),
	('low', 'pgaudit.log', ARRAY['pgaudit.log=read']),
	('high', 'session_replication_role', ARRAY['session_replication_role=replica']),
	('medium', 'row_security', ARRAY['row_security=off'])
) AS v (expected, name, settings);
SELECT tap.finds('nothing', format('SET LOCAL %s', s))
FROM unnest(ARRAY['log_statement = ddl', 'log_statement = mod', 'log_duration = on', 'log_parameter_max_length = 0',
	'log_statement_sample_rate = 0', 'auto_explain.log_min_duration = -1', 'debug_pretty_print = on']) AS s;
SELECT tap.finds('high setting log_statement of role tap_postgrest',
	'ALTER ROLE tap_postgrest SET log_statement = ''all''');
SELECT tap.finds('high setting log_min_duration_statement of role tap_app',
	'ALTER ROLE tap_app SET log_min_duration_statement = ''1s''');
SELECT tap.finds('nothing', 'ALTER ROLE tap_operator SET log_statement = ''all''',
	'ALTER ROLE tap_stranger SET row_security = off');
SELECT tap.finds('low setting log_statement', 'SET LOCAL log_statement = ''all''',
	'SET LOCAL log_parameter_max_length = 0', 'ALTER ROLE tap_app SET work_mem = ''8MB''');
SELECT tap.finds(E'high setting log_statement of role tap_app\nlow setting log_statement',
	'SET LOCAL log_statement = ''all''', 'SET LOCAL log_parameter_max_length = 0',
	'ALTER ROLE tap_app SET log_parameter_max_length = -1');
SELECT tap.finds(format('high setting log_statement of database %I', current_database()),
	format('ALTER DATABASE %I SET log_statement = ''all''', current_database()));
SELECT tap.finds(format('high setting log_statement of role tap_postgrest of database %I', current_database()),
	format('ALTER ROLE tap_postgrest IN DATABASE %I SET log_statement = ''all''', current_database()));
SELECT tap.finds('medium setting row_security of role ' || role, format('ALTER ROLE %I SET row_security = off', role))
FROM unnest(ARRAY['tap_postgrest', 'tap_app', 'session_group_api']) AS role;
SELECT tap.finds('high setting session_replication_role of role tap_app',
	'ALTER ROLE tap_app SET session_replication_role = replica');
SELECT tap.finds('nothing', 'ALTER ROLE tap_app SET auto_explain.log_verbose = ''neither''',
	'ALTER ROLE tap_app SET pgaudit.log_parameter = ''nor''', 'ALTER ROLE tap_app SET custom.thing = ''=''');
SELECT tap.finds('low setting statement_timeout of role tap_postgrest', VARIADIC statements::text[])
FROM (VALUES
	(ARRAY['ALTER ROLE tap_postgrest RESET statement_timeout']),
	(ARRAY['ALTER ROLE tap_postgrest SET statement_timeout = 0']),
	(ARRAY[format('ALTER DATABASE %I SET statement_timeout = ''1min''', current_database()),
	'ALTER ROLE tap_postgrest SET statement_timeout = 0']),
	(ARRAY[format('ALTER ROLE tap_postgrest IN DATABASE %I SET statement_timeout = 0', current_database())])
) AS v (statements);
SELECT tap.finds('nothing', 'ALTER ROLE tap_postgrest RESET statement_timeout',
	'SET LOCAL statement_timeout = ''1min''');
SELECT tap.finds('nothing', 'ALTER ROLE tap_postgrest RESET statement_timeout',
	format('ALTER DATABASE %I SET statement_timeout = ''1min''', current_database()));
-- ALTER ROLE would be refused where the library is loaded.
SELECT tap.finds('high setting session_group.identity of role ' || role,
	format('INSERT INTO pg_db_role_setting VALUES (0, %L::regrole, ARRAY[''session_group.identity=proof=assumed user=1 scopes=rw members=1''])',
	role))
FROM unnest(ARRAY['tap_stranger', 'session_group_api']) AS role;

RESET tap.part;
-- The server.
SELECT is((SELECT coalesce(string_agg(severity || ' ' || object, ', '), 'nothing')
	FROM session_group.posture_server(version)), expected, 'posture: release ' || version)
FROM (VALUES
	(150008, 'high server 15.8'), (150009, 'medium server 15.9'), (150018, 'medium server 15.18'), (150019, 'nothing'),
	(150020, 'nothing'),
	(160004, 'high server 16.4'), (160005, 'medium server 16.5'), (160014, 'medium server 16.14'), (160015, 'nothing'),
	(170000, 'high server 17.0'), (170001, 'medium server 17.1'), (170010, 'medium server 17.10'), (170011, 'nothing'),
	(180000, 'medium server 18.0'), (180005, 'medium server 18.5'), (180006, 'nothing'), (190000, 'nothing')
) AS v (version, expected);
SELECT set_eq('SELECT * FROM session_group.posture() WHERE object ~ ''^server ''',
	'SELECT * FROM session_group.posture_server(current_setting(''server_version_num'')::integer)',
	'posture: the running server''s release is looked at');
SELECT tap.finds('medium time zone Mars/Olympus_Mons',
	$$UPDATE session_group.projects SET timezone = 'Mars/Olympus_Mons'$$);
SELECT tap.finds('nothing', $$UPDATE session_group.projects SET timezone = 'Europe/Berlin'$$);
SELECT tap.finds(format('high database %I', current_database()),
	format('UPDATE pg_database SET encoding = 8 WHERE datname = %L', current_database()));

RESET tap.part;
-- L27: rights that came by other ways than a GRANT to the roles of requests.
SELECT tap.finds('medium default privileges of postgres', format('ALTER DEFAULT PRIVILEGES GRANT %s TO %s', what, role))
FROM (VALUES ('SELECT ON TABLES'), ('ALL ON TABLES'), ('USAGE ON SEQUENCES'), ('USAGE ON TYPES'),
	('USAGE ON SCHEMAS')) AS w (what), unnest(ARRAY['session_group_api', 'tap_stranger']) AS role;
SELECT tap.finds('medium default privileges of postgres', 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC');
SELECT tap.finds('nothing', 'ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC');
SELECT tap.finds('nothing', 'ALTER DEFAULT PRIVILEGES FOR ROLE tap_stranger GRANT SELECT ON TABLES TO PUBLIC');
SELECT tap.finds('high table session_group.summaries',
	format('GRANT %s ON session_group.summaries TO tap_stranger', privilege))
	FROM unnest(ARRAY['TRUNCATE', 'TRIGGER', 'REFERENCES']) AS privilege;
SELECT tap.finds('medium column session_group.users.email',
	'GRANT SELECT (email) ON session_group.users TO tap_stranger');
SELECT tap.finds('high schema session_group', 'GRANT CREATE ON SCHEMA session_group TO tap_stranger');
SELECT tap.finds('medium function session_group.login(text)',
	'GRANT EXECUTE ON FUNCTION session_group.login(text) TO tap_stranger');
SELECT tap.finds('medium function session_group.login(text)',
	'REVOKE EXECUTE ON FUNCTION session_group.login(text) FROM session_group_api');
SELECT tap.finds('high table ' || t, format('GRANT SELECT ON %s TO %s', t, role))
	FROM unnest(ARRAY['pg_statistic', 'pg_authid', 'pg_statistic_ext_data', 'pg_user_mapping']) AS t,
	unnest(ARRAY['PUBLIC', 'tap_app']) AS role;
SELECT tap.finds('high column pg_statistic.stavalues1',
	'GRANT SELECT (stavalues1) ON pg_statistic TO session_group_api');
SELECT tap.finds('high function ' || f, format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', f))
	FROM unnest(ARRAY['pg_read_file(text)', 'pg_ls_dir(text)', 'lo_import(text)', 'pg_read_binary_file(text)',
	'pg_reload_conf()']) AS f;
SELECT tap.finds('low database ' || current_database(),
	format('GRANT CREATE ON DATABASE %I TO tap_app', current_database()));
SELECT tap.finds('medium parameter log_statement', 'GRANT SET ON PARAMETER log_statement TO tap_app');
SELECT tap.finds('high parameter session_preload_libraries',
	'GRANT SET ON PARAMETER session_preload_libraries TO tap_app');
SELECT tap.finds('nothing', 'GRANT SET ON PARAMETER log_statement TO tap_stranger');
SELECT tap.finds(severity || ' role tap_stranger', format('GRANT %I TO tap_stranger', role))
FROM (VALUES ('medium', 'pg_read_server_files'), ('medium', 'pg_execute_server_program'), ('low', 'pg_read_all_data'),
	('low', 'pg_write_all_data')) AS r (severity, role);
SELECT tap.finds('high role tap_app', format('GRANT %I TO tap_app', role))
	FROM unnest(ARRAY['pg_monitor', 'pg_signal_backend', 'pg_read_all_data', 'pg_checkpoint',
	'pg_database_owner']) AS role WHERE role <> 'pg_database_owner';

-- Owners, columns, constraints, functions.
SELECT tap.finds('high ' || object, format('ALTER %s OWNER TO tap_stranger', object))
	FROM unnest(ARRAY['table session_group.api_keys', 'view session_group_api.session_group_summaries',
	'function session_group.readable_project_ids()', 'schema session_group']) AS object;
SELECT tap.finds(string_agg(format('high constraint %I on %s', conname, conrelid::regclass), E'\n'
	ORDER BY format('high constraint %I on %s', conname, conrelid::regclass)),
	VARIADIC array_agg(format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)))
FROM pg_constraint WHERE connamespace = 'session_group'::regnamespace AND contype IN ('c', 'f');
SELECT tap.finds('high constraint summaries_fit on session_group.summaries',
	'ALTER TABLE session_group.summaries DROP CONSTRAINT summaries_fit',
	'ALTER TABLE session_group.summaries ADD CONSTRAINT summaries_fit CHECK (char_length(title) >= 0)');
SELECT tap.finds('high constraint members_user_id_fkey on session_group.members',
	'ALTER TABLE session_group.members DROP CONSTRAINT members_user_id_fkey',
	'ALTER TABLE session_group.members ADD CONSTRAINT members_user_id_fkey FOREIGN KEY (user_id) REFERENCES session_group.users (id) ON DELETE CASCADE NOT VALID');
SELECT tap.finds('high foreign keys of session_group.members',
	format('ALTER TABLE session_group.members DISABLE TRIGGER %I', tgname)) FROM pg_trigger
	WHERE tgrelid = 'session_group.members'::regclass AND tgisinternal LIMIT 1;
SELECT tap.finds('medium column session_group.' || object, 'ALTER TABLE session_group.' || change)
FROM (VALUES
	('summaries.title', 'summaries ALTER title SET STATISTICS -1'),
	('users.email', 'users ALTER email SET STATISTICS 10'),
	('summaries.project_id', 'summaries ALTER project_id SET STATISTICS 10000'),
	('api_keys.hash', 'api_keys ALTER hash DROP NOT NULL'),
	('summaries.session_count', 'summaries ALTER session_count DROP EXPRESSION'),
	('summaries.id', 'summaries ALTER id SET DEFAULT gen_random_uuid()'),
	('summaries.created_by_id', 'summaries ALTER created_by_id DROP DEFAULT'),
	('users.project_ids', 'users ALTER project_ids SET DEFAULT ''{1}''')
) AS v (object, change);
-- Code that sees what all projects write.
SELECT tap.finds('medium index session_group.added', 'CREATE INDEX added ON session_group.summaries ' || definition)
FROM unnest(ARRAY['(lower(title))', $$(id) WHERE title LIKE 'a%'$$]) AS definition;
SELECT tap.finds('nothing', 'CREATE INDEX added ON session_group.summaries (title)');
SELECT tap.finds(E'low index session_group.summaries_by_document_words\nmedium column 1 of index session_group.summaries_by_document_words',
	'DROP INDEX session_group.summaries_by_document_words');
SELECT tap.finds('medium constraint added on session_group.summaries',
	'ALTER TABLE session_group.summaries ADD CONSTRAINT added CHECK (lower(title) <> ''x'')');
SELECT tap.finds('nothing', 'CREATE TABLE session_group.added (id bigint PRIMARY KEY)',
	'ALTER TABLE session_group.added ENABLE ROW LEVEL SECURITY');
-- What stands between a call and the function.
CREATE FUNCTION tap.support(internal) RETURNS internal LANGUAGE internal STRICT AS 'generate_series_int8_support';
SELECT tap.finds('high function ' || f, format('ALTER FUNCTION %s SUPPORT tap.support', f))
FROM unnest(ARRAY['session_group.may_read(bigint)', 'session_group.may_see(bigint)',
	'session_group.current_user_id()']) AS f;
-- What is the system's own.
SELECT tap.finds('medium function ' || f, format('ALTER FUNCTION %s LEAKPROOF', f))
	FROM unnest(ARRAY['textlike(text,text)', 'int8div(bigint,bigint)', 'texticregexeq(text,text)']) AS f;
SELECT tap.finds('medium function tap.seen(text)',
	'CREATE FUNCTION tap.seen(text) RETURNS boolean LANGUAGE SQL LEAKPROOF RETURN true');
SELECT tap.finds('medium cast from text to bigint', 'CREATE CAST (text AS bigint) WITH INOUT AS IMPLICIT');
SELECT tap.finds('nothing', 'CREATE CAST (text AS bigint) WITH INOUT');
SELECT tap.finds('medium function tap_planted()',
	'CREATE FUNCTION pg_catalog.tap_planted() RETURNS boolean LANGUAGE SQL RETURN true');
SELECT tap.finds('medium operator =(bigint,numeric)',
	'CREATE FUNCTION tap.eq(bigint, numeric) RETURNS boolean LANGUAGE SQL RETURN true',
	'CREATE OPERATOR pg_catalog.= (LEFTARG = bigint, RIGHTARG = numeric, FUNCTION = tap.eq)');
SELECT tap.finds('high operator =(bigint,bigint)',
	'CREATE FUNCTION tap.sel(internal, oid, internal, integer) RETURNS double precision  STABLE STRICT LANGUAGE internal AS $a$eqsel$a$',
	'ALTER OPERATOR pg_catalog.=(bigint, bigint) SET (RESTRICT = tap.sel)');
SELECT tap.finds('high function pi()',
	'CREATE OR REPLACE FUNCTION pg_catalog.pi() RETURNS double precision LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $a$BEGIN RETURN 3; END$a$');
SELECT tap.finds('high function array_append(anycompatiblearray,anycompatible)',
	'ALTER FUNCTION pg_catalog.array_append(anycompatiblearray, anycompatible) SUPPORT tap.support');
SELECT tap.finds('high language c', $$UPDATE pg_language SET lanpltrusted = true WHERE lanname = 'c'$$);
SELECT tap.finds('medium column 1 of index session_group.summaries_by_document_words',
	'ALTER INDEX session_group.summaries_by_document_words ALTER COLUMN 1 SET STATISTICS 100');
SELECT tap.finds('medium statistics tap.seen',
	'CREATE STATISTICS tap.seen ON title, project_id FROM session_group.summaries');
SELECT tap.finds('medium table session_group.activity', 'ALTER TABLE session_group.activity SET UNLOGGED');
SELECT tap.finds('high table session_group.api_keys', 'ALTER TABLE session_group.api_keys FORCE ROW LEVEL SECURITY');
SELECT tap.finds('high function ' || f, format('ALTER FUNCTION %s IMMUTABLE', f))
	FROM unnest(ARRAY['session_group.readable_project_ids()', 'session_group.writable_project_ids()',
	'session_group.may_read(bigint)', 'session_group.may_write(bigint)', 'session_group.may_see(bigint)',
	'session_group.current_user_id()']) AS f;
SELECT tap.finds('medium function session_group.readable_project_ids()', change)
	FROM unnest(ARRAY['ALTER FUNCTION session_group.readable_project_ids() VOLATILE',
	'ALTER FUNCTION session_group.readable_project_ids() CALLED ON NULL INPUT',
	'ALTER FUNCTION session_group.readable_project_ids() SET work_mem = ''64kB''']) AS change;
SELECT tap.finds('medium function session_group.posture()',
	'ALTER FUNCTION session_group.posture() SET search_path = tap, pg_catalog');
SELECT tap.finds('high trigger seen on session_group.summaries',
	'CREATE FUNCTION tap.seen() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END''',
	'CREATE TRIGGER seen AFTER INSERT ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION tap.seen()');

-- What lies around the extension.
SET LOCAL tap.part = 'posture_outside';
SELECT tap.finds('medium view tap.second', 'CREATE VIEW tap.first AS SELECT * FROM session_group.summaries',
	'CREATE VIEW tap.second AS SELECT title FROM tap.first', 'GRANT SELECT ON tap.second TO tap_stranger');
SELECT tap.finds('high function tap.all_of_it()', 'GRANT USAGE ON SCHEMA tap TO PUBLIC',
	'CREATE FUNCTION tap.all_of_it() RETURNS SETOF session_group.summaries LANGUAGE SQL SECURITY DEFINER AS ''SELECT * FROM session_group.summaries''');
SELECT tap.finds('high function tap.number()', 'GRANT USAGE ON SCHEMA tap TO PUBLIC',
	'CREATE FUNCTION tap.number() RETURNS bigint LANGUAGE SQL SECURITY DEFINER BEGIN ATOMIC SELECT count(*) FROM session_group.users; END');
SELECT tap.finds('medium function tap.number()',
	'CREATE FUNCTION tap.number() RETURNS bigint LANGUAGE SQL SECURITY DEFINER BEGIN ATOMIC SELECT count(*) FROM session_group.users; END',
	'REVOKE ALL ON FUNCTION tap.number() FROM PUBLIC', 'GRANT EXECUTE ON FUNCTION tap.number() TO tap_stranger');
SELECT tap.finds('low function tap.run(text)', 'GRANT USAGE ON SCHEMA tap TO PUBLIC',
	'CREATE FUNCTION tap.run(text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS ''BEGIN EXECUTE $1; END''');
SELECT tap.finds('nothing',
	'CREATE FUNCTION tap.mine() RETURNS bigint LANGUAGE SQL SECURITY DEFINER BEGIN ATOMIC SELECT count(*) FROM session_group.users; END',
	'REVOKE ALL ON FUNCTION tap.mine() FROM PUBLIC');
SELECT tap.finds('medium table tap.copy', 'CREATE TABLE tap.copy AS SELECT * FROM ' || source,
	'GRANT SELECT ON tap.copy TO ' || role)
FROM unnest(ARRAY['session_group.summaries', 'session_group.users', 'session_group.api_keys',
	'session_group.activity']) AS source, unnest(ARRAY['PUBLIC', 'tap_stranger']) AS role;
SELECT tap.finds('nothing', 'CREATE TABLE tap.copy AS SELECT * FROM session_group.summaries');
SELECT tap.finds('high table tap.child', 'CREATE TABLE tap.child () INHERITS (session_group.summaries)');
SELECT tap.finds('low publication tap_out', 'CREATE PUBLICATION tap_out FOR ' || what)
	FROM unnest(ARRAY['ALL TABLES', 'TABLE session_group.summaries', 'TABLES IN SCHEMA session_group']) AS what;
SELECT tap.finds('nothing', 'CREATE TABLE tap.other (id bigint)', 'CREATE PUBLICATION tap_out FOR TABLE tap.other');
SELECT tap.finds('low event trigger watch',
	'CREATE FUNCTION tap.watch() RETURNS event_trigger LANGUAGE plpgsql AS ''BEGIN END''',
	'CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION tap.watch()');
SELECT tap.finds(format('medium user mapping of %s on server back', lower(who)),
	'CREATE FOREIGN DATA WRAPPER tap_wrapper', 'CREATE SERVER back FOREIGN DATA WRAPPER tap_wrapper',
	format('CREATE USER MAPPING FOR %s SERVER back', who), 'GRANT USAGE ON FOREIGN SERVER back TO ' || grantee)
FROM (VALUES ('PUBLIC', 'session_group_api'), ('tap_app', 'PUBLIC')) AS v (who, grantee);
SELECT tap.finds('nothing', 'CREATE FOREIGN DATA WRAPPER tap_wrapper',
	'CREATE SERVER back FOREIGN DATA WRAPPER tap_wrapper', 'CREATE USER MAPPING FOR tap_stranger SERVER back',
	'GRANT USAGE ON FOREIGN SERVER back TO tap_stranger');
SET LOCAL tap.part = 'posture_settings';
SELECT tap.finds('low setting idle_in_transaction_session_timeout of role ' || role,
	format('ALTER ROLE %I RESET idle_in_transaction_session_timeout', role))
	FROM unnest(ARRAY['tap_app', 'tap_postgrest']) AS role;
SELECT tap.finds('low setting statement_timeout of role tap_app', 'ALTER ROLE tap_app SET statement_timeout = 0');
SELECT tap.finds('medium setting log_min_messages', 'SET LOCAL log_min_messages = panic');
SELECT tap.finds('medium setting auto_explain.log_level of role tap_app',
	'ALTER ROLE tap_app SET auto_explain.log_level = notice');
SELECT is((SELECT count(*) FROM session_group.posture_settings() WHERE object = 'setting shared_preload_libraries'),
	(current_setting('session_group.preloaded', true) IS DISTINCT FROM 'on')::int::bigint,
	'posture: whether the library is preloaded');
RESET tap.part;

-- The order of the findings, and what they say.
SAVEPOINT several;
ALTER TABLE session_group.summaries DISABLE ROW LEVEL SECURITY;
GRANT USAGE ON TYPE session_group_api."*/*" TO PUBLIC;
UPDATE session_group.api_keys SET expires_at = NULL WHERE id = 910101;
SELECT results_eq('SELECT severity, object, remedy FROM tap.found', $$VALUES
	('high', 'table session_group.summaries', 'ALTER TABLE session_group.summaries ENABLE ROW LEVEL SECURITY;'),
	('medium', 'type session_group_api."*/*"', 'REVOKE USAGE ON TYPE session_group_api."*/*" FROM PUBLIC;'),
	('low', 'API keys without expiry',
	'Make new ones with expires_at and revoke these: SELECT session_group.revoke_api_key(id);')$$,
	'posture: the worst first, each with its remedy');
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
SET LOCAL tap.part = 'posture_objects';
SELECT is(tap.mend(statement), 'nothing', 'posture: its remedy mends ' || statement)
FROM unnest(ARRAY[
	'ALTER TABLE session_group.summaries DISABLE ROW LEVEL SECURITY',
	'CREATE RULE "a rule" AS ON DELETE TO session_group.summaries DO INSTEAD NOTHING',
	'ALTER TABLE session_group.summaries DISABLE TRIGGER ALL',
	'DROP TRIGGER summaries_before_write ON session_group.summaries',
	'DROP TRIGGER summaries_count ON session_group.summaries',
	'ALTER TABLE session_group.api_keys ENABLE TRIGGER api_keys_changed',
	'ALTER TABLE session_group.activity ENABLE REPLICA TRIGGER activity_before_insert',
	'ALTER POLICY summaries_read ON session_group.summaries USING (true)',
	'DROP POLICY summaries_delete ON session_group.summaries',
	'ALTER TABLE session_group.summaries DROP CONSTRAINT summaries_fit',
	'ALTER TABLE session_group.api_keys ALTER hash DROP NOT NULL, ALTER created_at DROP DEFAULT',
	'ALTER TABLE session_group.summaries ALTER title SET STATISTICS 100',
	'ALTER INDEX session_group.summaries_by_document_words ALTER COLUMN 1 SET STATISTICS 1',
	'CREATE STATISTICS session_group.more ON title, project_id FROM session_group.summaries',
	'ALTER TABLE session_group.project_counts SET UNLOGGED',
	'ALTER TABLE session_group.summaries FORCE ROW LEVEL SECURITY',
	'ALTER FUNCTION session_group.readable_project_ids() IMMUTABLE',
	'ALTER FUNCTION session_group.posture() RESET search_path',
	'GRANT ALL ON session_group.summaries TO tap_stranger WITH GRANT OPTION',
	'GRANT DELETE ON session_group.summaries TO session_group_api WITH GRANT OPTION',
	'REVOKE SELECT (title) ON session_group.summaries FROM session_group_api',
	'REVOKE EXECUTE ON FUNCTION session_group.login(text) FROM session_group_api',
	'ALTER TABLE session_group.users OWNER TO tap_stranger',
	'ALTER FUNCTION session_group.login(text) OWNER TO tap_stranger',
	'CREATE POLICY "a; policy" ON session_group.users USING (true)',
	'ALTER FUNCTION session_group.list_projects() SECURITY DEFINER',
	'ALTER FUNCTION session_group.is_timezone(text) LEAKPROOF',
	'GRANT SELECT, INSERT ON session_group.users TO session_group_anon',
	'GRANT SELECT (hash), UPDATE (hash, mask) ON session_group.api_keys TO session_group_api',
	'GRANT CREATE ON SCHEMA session_group TO PUBLIC',
	'GRANT EXECUTE ON FUNCTION session_group.create_project TO PUBLIC',
	'GRANT ALL ON SEQUENCE session_group.users_id_seq TO session_group_api']) AS statement;
SET LOCAL tap.part = 'posture_outside';
SELECT is(tap.mend(statement), 'nothing', 'posture: its remedy mends ' || statement)
FROM unnest(ARRAY[
	'ALTER VIEW session_group_api.project_users RESET (security_invoker)']) AS statement;
SET LOCAL tap.part = 'posture_rights';
SELECT is(tap.mend(statement), 'nothing', 'posture: its remedy mends ' || statement)
FROM unnest(ARRAY[
	'GRANT SELECT ON pg_statistic TO PUBLIC',
	'GRANT SELECT (rolpassword) ON pg_authid TO session_group_api',
	'GRANT EXECUTE ON FUNCTION pg_read_file(text) TO tap_app',
	'GRANT SET ON PARAMETER session_group.identity TO PUBLIC']) AS statement;
SET LOCAL tap.part = 'posture_roles';
SELECT is(tap.mend(statement), 'nothing', 'posture: its remedy mends ' || statement)
FROM unnest(ARRAY[
	'ALTER ROLE session_group_api BYPASSRLS LOGIN',
	'GRANT pg_read_all_data TO session_group_api',
	'GRANT session_group_admin TO tap_operator WITH ADMIN OPTION',
	'ALTER ROLE tap_postgrest SUPERUSER REPLICATION']) AS statement;
SET LOCAL tap.part = 'posture_settings';
SELECT is(tap.mend(statement), 'nothing', 'posture: its remedy mends ' || statement)
FROM unnest(ARRAY[
	'ALTER ROLE tap_postgrest RESET statement_timeout']) AS statement;
RESET tap.part;

-- Names that would end a statement, in findings that an administrator may copy.
SELECT tap.finds('high policy "x; DROP TABLE y" on session_group.users',
	'CREATE POLICY "x; DROP TABLE y" ON session_group.users USING (true)');
SELECT tap.finds('high role "x; y"', 'CREATE ROLE "x; y" LOGIN NOINHERIT SUPERUSER IN ROLE session_group_gateway');

-- Who may ask, and that the answer is about the catalogue, not about namesakes.
SELECT is(has_function_privilege(role, f.oid, 'EXECUTE'), role = 'session_group_admin',
	format('posture: %s and %s', role, f.oid::regprocedure))
FROM pg_proc f, unnest(ARRAY['tap_stranger', 'session_group_anon', 'session_group_api', 'session_group_gateway',
	'session_group_admin']) AS role
WHERE f.pronamespace = 'session_group'::regnamespace AND f.proname LIKE 'posture%';
CREATE TEMP TABLE pg_class (oid oid);
CREATE TEMP TABLE pg_policy (oid oid);
CREATE FUNCTION pg_temp.has(a text) RETURNS text LANGUAGE SQL RETURN 'x';
SELECT tap.finds('high table session_group.users', 'ALTER TABLE session_group.users DISABLE ROW LEVEL SECURITY',
	'SET LOCAL search_path = pg_temp, tap, public, pg_catalog');

SELECT is_empty('SELECT * FROM tap.found', 'posture: and nothing is left to find');
SELECT * FROM finish();
ROLLBACK;
