-- Line 3 of the threat list, in one session: an identity ends with its
-- transaction. Without setup.psql, because this one has to commit; it leaves
-- its database as it found it.
\set QUIET 1
\set ON_ERROR_STOP 1
\pset format unaligned
\pset tuples_only true
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;

SELECT id AS project FROM session_group.create_project('Ends') \gset
SELECT id AS person, uuid FROM session_group.create_user('ends@tap.example') \gset
SELECT session_group.add_member(:project, :person) AS done \gset
SELECT session_group.create_api_key(:person, 'ends', '{*}') AS key \gset
PREPARE who AS SELECT session_group.current_user_id() IS NULL AND session_group.readable_project_ids() = '{}'
	AND session_group.writable_project_ids() = '{}'
	AND current_user = session_user;

SELECT * FROM no_plan();

BEGIN;
SELECT session_group.login(:'key');
SELECT is(session_group.writable_project_ids(), ARRAY[:project::bigint], 'L3: login() holds within the transaction');
COMMIT;
SELECT results_eq('who', 'VALUES (true)', 'L3: and ends with COMMIT');

BEGIN;
SELECT session_group.login(:'key');
ROLLBACK;
SELECT results_eq('who', 'VALUES (true)', 'L3: and with ROLLBACK');

BEGIN;
SAVEPOINT s;
SELECT session_group.login(:'key');
RELEASE s;
COMMIT;
SELECT results_eq('who', 'VALUES (true)', 'L3: and with COMMIT after RELEASE');

SELECT session_group.login(:'key');
SELECT results_eq('who', 'VALUES (true)', 'L3: and with the statement, where there is no transaction block');

BEGIN;
SELECT session_group.assume_identity(:'uuid', '{*}');
SELECT is(session_group.current_user_id(), :person::bigint, 'L3: assume_identity() holds within the transaction');
COMMIT;
SELECT results_eq('who', 'VALUES (true)', 'L3: and ends with it');

BEGIN;
SELECT set_config('request.headers', json_build_object('x-api-key', :'key'::text)::text, true) AS done \gset
SELECT session_group.authenticate();
SELECT is(current_user::text, 'session_group_api', 'L3: authenticate() changes the role within the transaction');
COMMIT;
SELECT results_eq('who', 'VALUES (true)', 'L3: role and identity end with it');

BEGIN;
SELECT set_config('request.headers', '{"x-api-key":"phx_no"}', true) AS done \gset
SELECT session_group.authenticate();
COMMIT;
SELECT results_eq('who', 'VALUES (true)', 'L3: a refusal ends with it, too');
SELECT is(current_setting('session_group.identity'), '', 'L3: and leaves nothing in the setting');

-- L23: how many rows a request writes is counted over its transaction, which a test that commits has for itself.
SELECT set_config('session_group.max_rows_written', '3', false) AS done,
	set_config('request.method', 'POST', false) AS method \gset
SELECT format('INSERT INTO session_group.summaries (project_id) SELECT %s FROM generate_series(1, 4)',
	:project) AS four \gset
SELECT throws_ok(:'four', '22023', 'a request writes at most 3 rows', 'L23: a request writes four rows');
SELECT lives_ok(format('INSERT INTO session_group.summaries (project_id) SELECT %s FROM generate_series(1, 3)',
	:project), 'L23: or three');
-- A row of 25 kB counts as four, one with 30 patterns, too; one of 9 kB with 19 patterns as three.
SELECT format('INSERT INTO session_group.summaries (project_id, run_metadata, summary) VALUES (%s, jsonb_build_object(''x'', repeat(''x'', %%s)),'
	' jsonb_build_object(''patterns'', (SELECT jsonb_agg(jsonb_build_object(''severity'', ''low'')) FROM generate_series(1, %%s))))', :project) AS long \gset
SELECT throws_ok(format(:'long', 25000, 1), '22023', 'a request writes at most 3 rows', 'L23: a request writes many bytes');
SELECT throws_ok(format(:'long', 1, 30), '22023', 'a request writes at most 3 rows', 'L23: or many patterns');
SELECT lives_ok(format(:'long', 9000, 19), 'L23: or some of both');
BEGIN;
INSERT INTO session_group.summaries (project_id) SELECT :project FROM generate_series(1, 2);
SELECT throws_ok(format('UPDATE session_group.summaries SET title = ''n'' WHERE project_id = %s', :project), '22023',
	NULL, 'L23: rows of several statements are counted together');
ROLLBACK;
SELECT set_config('request.method', '', false) AS method \gset
SELECT lives_ok(:'four', 'L23: SQL writes as many as it likes');
SELECT set_config('request.method', 'PATCH', false) AS method \gset
SELECT throws_ok(format('UPDATE session_group.summaries SET title = ''n'' WHERE project_id = %s', :project), '22023',
	NULL, 'L23: a request changes eight rows');
SELECT throws_ok(format('DELETE FROM session_group.summaries WHERE project_id = %s', :project), '22023', NULL,
	'L23: or deletes them');
SELECT set_config('session_group.max_rows_written', '0', false) AS done \gset
SELECT lives_ok(format('DELETE FROM session_group.summaries WHERE project_id = %s', :project),
	'L23: where no number is set, it may');
SELECT set_config('request.method', '', false) AS method \gset

SELECT * FROM finish();

DEALLOCATE who;
DELETE FROM session_group.projects WHERE id = :project;
DELETE FROM session_group.users WHERE id = :person;
