-- Lines 1 and 4 of the threat list: the setting that carries the identity, and
-- what happens to it in the midst of a transaction.
\ir setup.psql

-- A genuine value to forge with, whatever its form.
SET SESSION AUTHORIZATION tap_app;
SELECT session_group.login(tap.key('catwrite'));
RESET SESSION AUTHORIZATION;
SELECT current_setting('session_group.identity') AS genuine \gset
SELECT isnt(:'genuine'::text, '', 'L1: the identity lives in session_group.identity');
SET SESSION AUTHORIZATION tap_app;
SAVEPOINT s;
SELECT throws_ok($$SELECT session_group.login('phx_no')$$, '28000', NULL, 'L1: a bad key is refused');
ROLLBACK TO s;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION tap_backend;
SELECT tap.request(NULL);
SELECT session_group.authenticate();
RESET SESSION AUTHORIZATION;
SELECT is(tap.who(), 'nobody r{} w{}', 'L1: nobody is left for the tests that follow');

CREATE TABLE tap.attempt (sql text, name text);
INSERT INTO tap.attempt
SELECT format(sql, :'genuine'), name FROM (VALUES
	('SET session_group.identity = %L', 'SET'),
	('SET SESSION session_group.identity = %L', 'SET SESSION'),
	('SET LOCAL session_group.identity = %L', 'SET LOCAL'),
	('SET LOCAL "Session_Group"."IDENTITY" = %L', 'SET LOCAL in another case'),
	('SELECT set_config(''session_group.identity'', %L, false)', 'set_config for the session'),
	('SELECT set_config(''session_group.identity'', %L, true)', 'set_config for the transaction'),
	('SELECT set_config(''SESSION_GROUP.identity'', %L, true)', 'set_config in another case'),
	('UPDATE pg_settings SET setting = %L WHERE name = ''session_group.identity'' AND false OR set_config(''session_group.identity'', setting, true) IS NULL', 'UPDATE of pg_settings'),
	('ALTER ROLE CURRENT_USER SET session_group.identity = %L', 'ALTER ROLE of oneself'),
	('ALTER ROLE CURRENT_USER SET session_group.identity FROM CURRENT', 'ALTER ROLE FROM CURRENT'),
	('ALTER ROLE ALL SET session_group.identity = %L', 'ALTER ROLE ALL'),
	('CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE SQL SET session_group.identity = %L AS ''SELECT tap.who()''; SELECT pg_temp.f()', 'the SET clause of a function'),
	('CREATE PROCEDURE pg_temp.p() LANGUAGE SQL SET session_group.identity FROM CURRENT AS ''SELECT 1''; CALL pg_temp.p()', 'the SET clause of a procedure')
) AS v (sql, name);
GRANT SELECT ON tap.attempt TO PUBLIC;

SELECT is(tap.outcome(actor, NULL, a.sql), '42501', format('L1: %s of the identity by %s is refused', a.name, actor))
FROM tap.attempt a, unnest(ARRAY['tap_stranger', 'tap_anon', 'tap_app', 'tap_authenticator', 'tap_backend',
	'tap_operator']) AS actor;

SELECT is(tap.value(actor, NULL, format('set_config(%L, %L, true) || tap.who()', 'session_group.identity',
	:'genuine')) ~ 'nobody|42501', true,
		  format('L1: after set_config %s is still nobody', actor))
FROM unnest(ARRAY['tap_anon', 'tap_app', 'tap_backend', 'tap_operator']) AS actor;

SELECT is(tap.outcome('tap_app', 'annread', sql), '42501', 'L1: with an identity of one''s own: ' || sql)
FROM unnest(ARRAY[
	format('SET session_group.identity = %L', :'genuine'), format('SET LOCAL session_group.identity = %L', :'genuine'),
	'SET session_group.identity TO DEFAULT', 'RESET session_group.identity',
	'ALTER ROLE CURRENT_USER SET session_group.identity FROM CURRENT']) AS sql;

SELECT ok(NOT has_parameter_privilege(role, 'session_group.identity', privilege),
		  format('L1: %s has no right to %s the identity', role, privilege))
FROM unnest(ARRAY['session_group_anon', 'session_group_api', 'session_group_gateway', 'session_group_admin',
	'tap_app']) AS role,
	 unnest(ARRAY['SET', 'ALTER SYSTEM']) AS privilege;

-- Even with the right to set it, which a careless administrator may grant.
GRANT SET ON PARAMETER session_group.identity TO tap_app;
SELECT is(left(tap.value('tap_app', NULL,
	format('set_config(%L, %L, true) || tap.who()', 'session_group.identity', :'genuine')), 5), '42501',
		  'L1: GRANT SET ON PARAMETER gives no identity');
SELECT is(tap.outcome('tap_app', NULL, format('SET LOCAL session_group.identity = %L', :'genuine')), '42501',
		  'L1: GRANT SET ON PARAMETER gives no identity by SET LOCAL');
REVOKE SET ON PARAMETER session_group.identity FROM tap_app;

-- Malformed values reach nobody's parser.
SELECT throws_ok(format('SET LOCAL session_group.identity = %L', v), NULL, NULL,
	'L1: a made-up value is refused: ' || translate(left(v, 30), E'\n', ' '))
FROM unnest(ARRAY[:'genuine', 'x', ',', ' ', 'proof=', 'proof=none', 'proof=api_key', 'user=1', 'proof=api_key user=-1',
	'{}', '{"user":1}',
	'proof=api_key user=9223372036854775808', 'proof=api_key user=1 members=1,,2', 'proof=api_key user=1 members=,',
	E'proof=api_key\nuser=1',
	'proof=api_key user=1 scopes=rw members=' || repeat('1,', 500000) || '1', repeat('a', 1000000)]) AS v;
SELECT is(tap.who(), 'nobody r{} w{}', 'L1: and nobody is who it was');

SELECT is(left(tap.value('tap_app', NULL, format('set_config(%L, %L, true)', setting, '1')), 5) IN ('42602', '42501',
	'22023'), true,
		  format('L1: no other setting of the prefix can be made up: %s', setting))
FROM unnest(ARRAY['session_group.identity2', 'session_group.user_id', 'session_group.role']) AS setting;
SELECT is(tap.outcome('tap_app', NULL, 'SET LOCAL session_group.max_page_size = 100000'), '42501',
		  'L1: the cap of pages is the administrator''s');
SELECT is(tap.outcome('tap_app', 'annread', 'SHOW session_group.identity'), '42501',
	'L1: the raw identity is not shown');
SELECT is(tap.value('tap_app', 'annread', '(SELECT count(*) FROM pg_settings WHERE name = ''session_group.identity'')'),
	'0', 'L1: nor listed');

-- Line 4: fewer rights, never more.
SELECT is(tap.value('tap_app', 'annread', 'tap.who()'), '910011 r{910001} w{}', 'L4: the identity to start from');
CREATE FUNCTION tap.after(actor text, key text, VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	EXECUTE 'SET LOCAL SESSION AUTHORIZATION ' || actor;
	PERFORM session_group.login(tap.key(key));
	FOREACH statement IN ARRAY statements LOOP
		EXECUTE statement;
	END LOOP;
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = tap.who();
EXCEPTION WHEN OTHERS THEN
	RETURN CASE SQLSTATE WHEN 'TAP00' THEN SQLERRM ELSE SQLSTATE END;
END
$$;
SELECT is(tap.after('tap_app', 'annread', statement) IN ('910011 r{910001} w{}', 'nobody r{} w{}', '42501'), true,
		  'L4: no more rights after ' || statement)
FROM unnest(ARRAY['RESET ROLE', 'SET ROLE session_group_api', 'SET ROLE NONE', 'SET LOCAL ROLE session_group_api',
	'RESET ALL',
	'SET SESSION AUTHORIZATION DEFAULT', 'SET LOCAL SESSION AUTHORIZATION tap_app', 'DISCARD PLANS', 'DISCARD TEMP',
	'DISCARD SEQUENCES',
	'RESET search_path', 'SET LOCAL row_security = off', 'SET LOCAL search_path = pg_temp']) AS statement;
SELECT is(tap.after('tap_app', 'annread', 'RESET ALL'), 'nobody r{} w{}', 'L4: RESET ALL takes the identity away');
SELECT is(tap.after('tap_app', 'annread', 'RESET ALL', 'SET LOCAL ROLE session_group_api'), 'nobody r{} w{}',
	'L4: and the role does not bring it back');
SELECT is(tap.outcome('tap_app', 'annread', 'RESET ALL', 'SELECT FROM session_group.summaries'), '0',
	'L4: after RESET ALL there are no rows');
SELECT is(tap.outcome('tap_app', 'annread', 'DISCARD ALL'), '25001', 'L4: DISCARD ALL cannot run in a transaction');
SELECT is(tap.outcome('tap_app', 'annread', 'SET LOCAL row_security = off', 'SELECT FROM session_group.summaries'),
	'42501',
		  'L4: row_security = off is an error, not a way around the policies');
SELECT is(tap.outcome('tap_app', NULL, 'SET ROLE ' || role), '42501', 'L4: the API role cannot become ' || role)
FROM unnest(ARRAY['session_group_gateway', 'session_group_admin', 'session_group_anon', 'tap_authenticator',
	current_user::text]) AS role;
SELECT is(tap.outcome('tap_authenticator', NULL, 'SET ROLE ' || role),
	CASE WHEN role ~ 'admin|tap|^postgres$' THEN '42501' ELSE '0' END,
		  'L4: PostgREST''s login role and ' || role)
FROM unnest(ARRAY['session_group_anon', 'session_group_api', 'session_group_admin', 'tap_app']) AS role;
-- The identity is the transaction's, but table rights are the role's.
SELECT is(tap.outcome('tap_backend', 'annread', 'SELECT FROM session_group.summaries'), '42501',
		  'L4: an identity without the API role reads nothing');
SELECT is(tap.outcome('tap_backend', 'annread', 'SET LOCAL ROLE session_group_api',
	'SELECT FROM session_group.summaries'), '3',
		  'L4: with the API role it reads its own');
SELECT is(tap.outcome('tap_backend', NULL,
	format('SELECT tap.request(%L)', json_build_object('x-api-key', tap.key('annread'))),
	'SELECT session_group.authenticate()', 'RESET ROLE', 'SELECT FROM session_group.summaries'), '42501',
	'L4: RESET ROLE after authenticate() takes the table rights away');

-- Savepoints: an identity is never older nor newer than its savepoint.
SET SESSION AUTHORIZATION tap_app;
SAVEPOINT before_login;
SELECT session_group.login(tap.key('annwrite'));
SELECT is(tap.who(), '910011 r{910001} w{910001}', 'L4: ann after login');
SAVEPOINT ann;
SELECT session_group.login(tap.key('benwrite'));
SELECT is(tap.who(), '910012 r{910002} w{910002}', 'L4: ben after a second login, without ann''s rights');
SELECT is((SELECT array_agg(DISTINCT project_id) FROM session_group.summaries), '{910002}',
	'L4: ben sees his own only');
ROLLBACK TO ann;
SELECT is(tap.who(), '910011 r{910001} w{910001}', 'L4: ann again after ROLLBACK TO');
SELECT is((SELECT array_agg(DISTINCT project_id) FROM session_group.summaries), '{910001}',
	'L4: ann sees her own only');
SAVEPOINT released;
SELECT session_group.login(tap.key('catread'));
RELEASE released;
SELECT is(tap.who(), '910013 r{910001,910002} w{}', 'L4: cat after RELEASE');
SELECT throws_ok(format('SELECT session_group.login(%L)', tap.key('annrevoked')), '28000', NULL, 'L4: a failed login');
SELECT is(tap.who() IN ('910013 r{910001,910002} w{}', 'nobody r{} w{}'), true, 'L4: gives no other identity');
ROLLBACK TO before_login;
SELECT is(tap.who(), 'nobody r{} w{}', 'L4: nobody after the savepoint before the login');
SELECT is((SELECT count(*) FROM session_group.summaries), 0::bigint, 'L4: and no rows');

-- Plans outlive identities; what they read does not.
PREPARE seen AS SELECT array_agg(DISTINCT project_id ORDER BY project_id) FROM session_group.summaries;
PREPARE changed AS UPDATE session_group.summaries SET title = title RETURNING project_id;
CREATE FUNCTION pg_temp.seen() RETURNS bigint[] LANGUAGE plpgsql AS
'BEGIN RETURN (SELECT array_agg(DISTINCT project_id ORDER BY project_id) FROM session_group.summaries); END';
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT session_group.login(tap.key('catread'));
SELECT is(pg_temp.seen(), '{910001,910002}', 'L4: a cached plan of cat''s');
SELECT results_eq('EXECUTE seen', $$VALUES ('{910001,910002}'::bigint[])$$, 'L4: a prepared statement as cat');
SELECT session_group.login(tap.key('annread'));
SELECT is(pg_temp.seen(), '{910001}', 'L4: the same cached plan as ann');
SELECT results_eq('EXECUTE seen', $$VALUES ('{910001}'::bigint[])$$, 'L4: the same prepared statement as ann');
\o /dev/null
EXECUTE changed;
\o
SELECT is(:ROW_COUNT, 0, 'L4: a prepared UPDATE as a reader changes nothing');
SELECT session_group.login(tap.key('annwrite'));
\o /dev/null
EXECUTE changed;
\o
SELECT is(:ROW_COUNT, 3, 'L4: as a writer it changes ann''s rows');
ROLLBACK TO before_login;
SELECT is((SELECT count(*) FROM session_group.summaries), 0::bigint, 'L4: and nobody sees no rows');
SELECT results_eq('EXECUTE seen', 'VALUES (NULL::bigint[])', 'L4: also by the prepared statement');

-- Plans kept by the C functions must follow the identity and the role as well.
SELECT session_group.login(tap.key('catwrite'));
SELECT is((SELECT count(*) FROM session_group.list_summaries(910002)), 3::bigint, 'L4: cat lists B');
SELECT session_group.login(tap.key('annwrite'));
SELECT throws_ok('SELECT * FROM session_group.list_summaries(910002)', '42501', NULL,
	'L4: ann, on the same connection, does not');
SELECT throws_ok('SELECT session_group.count_summaries(910002)', '42501', NULL, 'L4: nor counts it');
RESET SESSION AUTHORIZATION;

-- Parallel workers have the leader's identity and no other.
INSERT INTO session_group.summaries (project_id, title, created_by_id)
SELECT p, 'Filler', NULL FROM unnest(ARRAY[910001, 910002]) AS p, generate_series(1, 2000);
SET SESSION AUTHORIZATION tap_app;
DO $$
BEGIN
	PERFORM set_config(name, 'on', true) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
END
$$;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT session_group.login(tap.key('annread'));
SELECT is((SELECT array_agg(DISTINCT project_id) FROM session_group.summaries), '{910001}',
	'L4: parallel workers see ann''s rows only');
SELECT is((SELECT count(*) FROM session_group.summaries), 2003::bigint, 'L4: and all of them');
ROLLBACK TO before_login;
SELECT is((SELECT count(*) FROM session_group.summaries), 0::bigint,
	'L4: without identity parallel workers see nothing');
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
ROLLBACK;
