-- Of several nodes this one is a: which projects it answers for, to whom it says that another has one, and how writes are
-- stopped. Project A is here; B is on b, and its rows are still here, as after a move. (Other nodes: test/system/test_fleet_directory.py.)
\ir setup.psql

SELECT is(current_setting('session_group.node'), 'a', 'the server is a node, and without nodes in the database like one machine');
SELECT is(tap.value('tap_app', 'catwrite', 'tap.who()'), '910013 r{910001,910002} w{910001,910002}', 'all projects are here');
SELECT throws_ok($$SELECT session_group.add_node('b', '127.0.0.1:1', 'host=b')$$, '55000', 'the first node must be this one, a');
SELECT lives_ok($$SELECT session_group.add_node('a', '127.0.0.1:1', 'host=a')$$, 'this one');
SELECT lives_ok($$SELECT session_group.add_node('b', 'unix:/run/b/postgrest', 'postgresql://mover@b.example/session_group', 0)$$, 'and another');
SELECT results_eq('SELECT project_id, node FROM session_group.list_placements()', $$VALUES (910001::bigint, 'a'), (910002, 'a'), (910003, 'a')$$, 'the first has what is there');
SELECT is(tap.outcome('postgres', NULL, format('SELECT session_group.add_node(%L, %L, %L)', name, address, connection)), '23514', format('no node %s at %s by %s', name, address, connection))
FROM (VALUES ('A', 'x:1', 'host=x'), ('1', 'x:1', 'host=x'), ('a-b', 'x:1', 'host=x'), (repeat('a', 33), 'x:1', 'host=x'), ('', 'x:1', 'host=x'),
	('c', 'x', 'host=x'), ('c', 'x:1;', 'host=x'), ('c', E'x:1\n', 'host=x'), ('c', 'x:1 y', 'host=x'), ('c', 'unix:/a b', 'host=x'), ('c', 'unix:/a;', 'host=x'), ('c', '$x:1', 'host=x'),
	('c', 'x:1', 'host=x password=y'), ('c', 'x:1', 'host=x PASSWORD = y'), ('c', 'x:1', 'postgresql://u:secret@h/d'), ('c', 'x:1', '')) AS v (name, address, connection);
SELECT is(tap.outcome('postgres', NULL, statement), state, statement)
FROM (VALUES ($$SELECT session_group.add_node('b', 'x:1', 'host=x')$$, '23505'), ($$SELECT session_group.add_node('c', NULL, 'host=x')$$, '22004'), ($$SELECT session_group.add_node('c', 'x:1', 'host=x', -1)$$, '23514'),
	($$SELECT session_group.change_node('c', 'x:1')$$, 'P0002'), ($$SELECT session_group.change_node(NULL, 'x:1')$$, '22004'), ($$SELECT session_group.change_node('b', weight => -1)$$, '23514'), ($$SELECT session_group.change_node('b', weight => 2)$$, '1'),
	($$SELECT session_group.remove_node('c')$$, 'P0002'), ($$SELECT session_group.remove_node('a')$$, '55000'), ($$SELECT session_group.remove_node('b')$$, '1'), ($$SELECT session_group.remove_node(NULL)$$, '22004'),
	($$SELECT session_group.create_project('x', node => 'c')$$, 'P0002'), ($$SELECT session_group.place_project(910001, 'c')$$, 'P0002'), ($$SELECT session_group.place_project(1, 'b')$$, 'P0002'),
	($$SELECT session_group.begin_move(910001, 'a')$$, '55000'), ($$SELECT session_group.begin_move(910001, NULL)$$, '22004'), ($$SELECT session_group.stop_writes(1)$$, 'P0002'), ($$SELECT session_group.finish_move(910001)$$, '55000'),
	($$SELECT session_group.purge_project(910001)$$, '55000'), ($$SELECT session_group.purge_project(910001, 0)$$, '22023'), ($$SELECT session_group.purge_project(NULL)$$, '22004'), ($$SELECT session_group.wait_for_writers(910001)$$, '55000')) AS v (statement, state);
SELECT throws_ok($$SELECT session_group.change_node('a', weight => 0); SELECT session_group.create_project('x')$$, '55000', 'no node takes new projects');
SELECT session_group.change_node('a', weight => 1);
SELECT session_group.create_project('none on one of weight 0') FROM generate_series(1, 3);
SELECT session_group.change_node('b', weight => 1);
SELECT session_group.create_project('the one with the fewest') FROM generate_series(1, 9);
SELECT session_group.create_project('told', node => 'a');
SELECT results_eq($$SELECT j.name, p.node, count(*) FROM session_group.placements p JOIN session_group.projects j ON j.id = p.project_id WHERE j.id < 910001 GROUP BY 1, 2 ORDER BY 1, 2$$,
	$$VALUES ('none on one of weight 0', 'a', 3::bigint), ('the one with the fewest', 'a', 2), ('the one with the fewest', 'b', 7), ('told', 'a', 1)$$, 'new projects are placed by weight, or as told');
INSERT INTO session_group.projects (id, name) VALUES (910009, 'Project of plain SQL');
SELECT is((SELECT node FROM session_group.placements WHERE project_id = 910009), 'a', 'plain SQL: where it was made');

SELECT is(tap.value('tap_app', NULL, 'session_group.known_project_ids()'), '{}', 'nobody knows any');

-- B moves.
SELECT is((session_group.begin_move(910002, 'b')).moving_to, 'b', 'B is moving');
SELECT throws_ok($$SELECT session_group.place_project(910002, 'b')$$, '55000', 'project 910002 is moving');
SELECT is(tap.outcome('tap_app', 'benwrite', $$SELECT session_group.create_summary(910002)$$), '1', 'and written to');
SELECT throws_ok('SELECT session_group.finish_move(910002)', '55000', 'project 910002 is not moving, or its writes are not stopped');
SELECT session_group.stop_writes(910002);
SELECT is(tap.outcome('tap_app', 'benwrite', statement), '55006', 'stopped: ' || statement)
FROM unnest(ARRAY['SELECT session_group.create_summary(910002)', $$SELECT session_group.update_summary(910002, '01900000-0000-7000-8000-000000000001', '{"title": "x"}')$$,
	$$SELECT session_group.delete_summary(910002, '01900000-0000-7000-8000-000000000001')$$, 'INSERT INTO session_group.summaries (project_id) VALUES (910002)', $$UPDATE session_group.summaries SET title = 'x'$$,
	'DELETE FROM session_group_api.session_group_summaries']) AS statement;
SELECT is(tap.outcome('tap_operator', NULL, statement), '55006', 'stopped for administrators: ' || statement)
FROM unnest(ARRAY['DELETE FROM session_group.summaries WHERE project_id = 910002', $$SELECT session_group.erase_summary(910002, '01900000-0000-7000-8000-000000000009')$$]) AS statement;
SELECT is(tap.outcome('tap_app', 'benwrite', 'SELECT * FROM session_group.list_summaries(910002)'), '3', 'and read');
SELECT is(tap.outcome('tap_app', 'catwrite', 'SELECT session_group.create_summary(910001)'), '1', 'others are written to');
UPDATE session_group.summaries SET title = title WHERE project_id = 910001;
SELECT cmp_ok((SELECT count(*)::integer FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid = 3), '>', 0, 'a writer keeps the lock of the project');
SELECT is_empty($$SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND (objid::bigint IN (SELECT id FROM session_group.projects) OR classid = 0)$$,
	'L15: of which nobody reads in pg_locks');
SELECT is(tap.http(method, '/api/projects/910002/session_group_summaries/', tap.key('benwrite'), body), '507 {"type":"server_error","code":"service_unavailable","detail":"The service is unavailable for the moment. Try again later.","attr":null}', 'HTTP: 507, which nginx makes 503')
FROM (VALUES ('POST', '{"title": "x"}'), ('POST', '{"title": 1}')) AS v (method, body);
UPDATE session_group.projects SET retention = '1 second' WHERE id = 910002;
SELECT is(session_group.purge_expired(), 0::bigint, 'retention waits, too');
UPDATE session_group.projects SET retention = NULL WHERE id = 910002;
SELECT is((session_group.finish_move(910002)).node, 'b', 'B is on b');

-- What is left of it here is nobody's.
SELECT is(tap.value('tap_app', 'catwrite', 'tap.who()'), '910013 r{910001} w{910001}', 'elsewhere: neither read nor written');
SELECT is(tap.value('tap_app', 'catwrite', '(SELECT array_agg(x ORDER BY x) FROM unnest(session_group.known_project_ids()) AS x)'), '{910001,910002}', 'but known');
SELECT is(tap.value('tap_app', 'catonlya', 'session_group.known_project_ids()'), '{910001}', 'as far as the key goes');
SELECT is(tap.value('tap_app', 'catwrite', '(SELECT array_agg(id ORDER BY id) FROM session_group.projects)'), '{910001,910002}', 'its project is listed');
SELECT is(tap.value('tap_app', 'annwrite', '(SELECT array_agg(id ORDER BY id) FROM session_group.projects)'), '{910001}', 'to its members');
SELECT is(tap.value('tap_app', 'catwrite', '(SELECT array_agg(DISTINCT project_id ORDER BY project_id) FROM session_group.members)'), '{910001,910002}', 'with its members');
SELECT is(tap.value('tap_app', 'benwrite', '(SELECT array_agg(id ORDER BY id) FROM session_group.users)'), '{910012,910013}', 'and its people');
-- A statement that names it is refused, however it names it; one that names none has the rows of this node.
SELECT is(tap.outcome('tap_app', 'catwrite', format(statement, t)), '3D000', format(statement, t))
FROM unnest(ARRAY['session_group.summaries', 'session_group.activity', 'session_group.activity_purges', 'session_group.pattern_rows', 'session_group.pattern_numbers', 'session_group.pending_rows', 'session_group.patterns',
	'session_group_api.session_group_summaries', 'session_group_api.session_group_patterns']) AS t, unnest(ARRAY['SELECT FROM %s WHERE project_id = 910002', 'SELECT FROM %s WHERE project_id = ANY (ARRAY[910001, 910002]::bigint[]) LIMIT 1']) AS statement;
SELECT is(tap.outcome('tap_app', 'catwrite', VARIADIC statements), '3D000', statements::text)
FROM (VALUES (ARRAY['SELECT FROM session_group.summaries s WHERE 910002::integer + 0 = s.project_id']), (ARRAY['SELECT FROM session_group.summaries WHERE project_id IN (1, 910002)']),
	(ARRAY['SELECT FROM session_group.summaries WHERE project_id = 910002 AND id = session_group.uuidv7()']), (ARRAY['SELECT FROM session_group.projects p LEFT JOIN session_group.summaries s ON s.project_id = 910002 AND p.id = 0']),
	(ARRAY['SELECT (SELECT count(*) FROM session_group.summaries s WHERE s.project_id = p.id) FROM session_group.projects p']), (ARRAY['WITH w AS MATERIALIZED (SELECT * FROM session_group_api.session_group_summaries WHERE project_id = 910002) SELECT FROM w']),
	(ARRAY['UPDATE session_group.summaries SET title = title WHERE project_id = 910002']), (ARRAY['DELETE FROM session_group_api.session_group_summaries WHERE project_id = 910002']),
	(ARRAY['SELECT FROM session_group.summaries WHERE project_id = 910002 FOR UPDATE']), (ARRAY['SELECT FROM session_group.projects p JOIN session_group.summaries s ON s.project_id = p.id WHERE p.id = 910002']),
	(ARRAY['SELECT FROM session_group.projects p LEFT JOIN session_group.summaries s ON s.project_id = p.id JOIN session_group.members m ON m.project_id = p.id WHERE m.project_id IN (910002)']),
	(ARRAY['SET LOCAL plan_cache_mode = force_generic_plan', 'PREPARE generic (bigint) AS SELECT FROM session_group.summaries WHERE project_id = $1', 'EXECUTE generic (910001)', 'EXECUTE generic (910002)'])) AS v (statements);
SELECT is(tap.outcome('tap_app', k, statement), expected, format('%s: %s', k, statement))
FROM (VALUES ('catwrite', 'SELECT FROM session_group.summaries WHERE project_id = 910001', '3'), ('catwrite', 'SELECT FROM session_group.summaries', '3'), ('catwrite', 'SELECT FROM session_group.summaries WHERE project_id <> 910002', '3'),
	('catwrite', 'SELECT FROM session_group.summaries WHERE project_id = 910002 IS NULL', '0'), ('catwrite', 'SELECT FROM session_group.summaries WHERE project_id = NULL', '0'), ('catwrite', 'SELECT FROM session_group.projects WHERE id = 910002', '1'),
	('catwrite', 'SELECT FROM session_group.projects p LEFT JOIN session_group.summaries s ON s.project_id = p.id', '4'), ('catwrite', 'SELECT FROM session_group.summaries WHERE project_id = 910002 OR title = $$x$$', '0'),
	('annwrite', 'SELECT FROM session_group.summaries WHERE project_id = 910002', '0'), ('catonlya', 'SELECT FROM session_group.summaries WHERE project_id = 910002', '0'), ('annnone', 'SELECT FROM session_group.summaries WHERE project_id IN (910001, 910002)', '0')) AS v (k, statement, expected);
SELECT is(tap.outcome('tap_app', k, statement), '3D000', format('%s is told: %s', k, statement))
FROM unnest(ARRAY['catwrite', 'benwrite']) AS k, unnest(ARRAY['SELECT * FROM session_group.list_summaries(910002)', 'SELECT session_group.count_summaries(910002)', $$SELECT session_group.count_summaries(910002, search => 'x')$$,
	$$SELECT session_group.get_summary(910002, '01900000-0000-7000-8000-000000000001')$$, 'SELECT session_group.create_summary(910002)', $$SELECT session_group.update_summary(910002, '01900000-0000-7000-8000-000000000001', '{}')$$,
	$$SELECT session_group.delete_summary(910002, '01900000-0000-7000-8000-000000000001')$$, $$SELECT session_group.summary_report(910002, '01900000-0000-7000-8000-000000000001')$$, 'SELECT * FROM session_group.list_activity(910002)',
	'SELECT * FROM session_group.activity_since(910002)', 'SELECT session_group.count_activity(910002)']) AS statement;
SELECT is(tap.outcome('tap_app', 'annwrite', statement), '42501', 'who is no member is not: ' || statement)
FROM unnest(ARRAY['SELECT * FROM session_group.list_summaries(910002)', 'SELECT session_group.create_summary(910002)', 'INSERT INTO session_group.summaries (project_id) VALUES (910002)', 'SELECT session_group.count_activity(910002)',
	'SELECT session_group.is_placed_here(910002)']) AS statement;
SELECT is(tap.outcome('tap_app', 'benwrite', 'INSERT INTO session_group.summaries (project_id) VALUES (910002)'), '42501', 'plain SQL writes nothing either');
SELECT is(tap.outcome('tap_operator', NULL, statement), '3D000', 'an administrator is told: ' || statement)
FROM unnest(ARRAY['INSERT INTO session_group.summaries (project_id) VALUES (910002)', 'DELETE FROM session_group.summaries WHERE project_id = 910002', $$SELECT session_group.erase_summary(910002, '01900000-0000-7000-8000-000000000001')$$]) AS statement;
SELECT is(tap.http(m, '/api/projects/910002/session_group_summaries/' || p, tap.key('catwrite'), b), '421 {"type":"invalid_request","code":"misdirected","detail":"The project is on another node.","attr":null}', format('HTTP: %s %s', m, p))
FROM (VALUES ('GET', '', NULL), ('POST', '', '{}'), ('GET', '01900000-0000-7000-8000-000000000001/', NULL), ('PATCH', '01900000-0000-7000-8000-000000000001/', '{}'), ('DELETE', '01900000-0000-7000-8000-000000000001/', ''),
	('GET', 'patterns/', NULL), ('GET', 'activity/', NULL), ('OPTIONS', '', NULL)) AS v (m, p, b);
-- A GET of PostgREST's is read-only: nothing there asks whether the project may be written to.
CREATE FUNCTION tap.get(uri text, key text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	SET LOCAL transaction_read_only = on;
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = tap.http('GET', uri, tap.key(key));
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
	RETURN SQLERRM;
END
$$;
SELECT is(left(tap.get('/api/projects/910002/session_group_summaries/' || p, 'catwrite'), 3), '421', 'HTTP, read-only: ' || p)
FROM unnest(ARRAY['', '01900000-0000-7000-8000-000000000001/', '01900000-0000-7000-8000-000000000009/', 'patterns/', 'activity/', 'activity/?since=x']) AS p;
SELECT is(left(tap.get('/api/projects/910001/session_group_summaries/', 'catwrite'), 3), '200', 'HTTP, read-only: a project that is here');
SELECT matches(tap.http('GET', '/api/projects/910002/session_group_summaries/', tap.key(k)), s, 'HTTP: in its order: ' || k)
FROM (VALUES ('annwrite', '^403 .*have access to the project'), ('catonlya', '^403 .*requested project: ID 910002'), ('annrevoked', '^401 ')) AS v (k, s);
SELECT matches(tap.http('GET', '/api/projects/', tap.key('catwrite')), '^200 \{"count":2,', 'HTTP: any node lists the projects');
SELECT matches(tap.http('GET', '/api/users/@me/', tap.key('benwrite')), '^200 .*"team":\{"id":910002,', 'HTTP: and says who asks');

-- The native door.
CREATE FUNCTION tap.native(key text, project text, path text DEFAULT '/session_group_summaries') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	who text;
BEGIN
	PERFORM tap.request(jsonb_strip_nulls(jsonb_build_object('x-api-key', tap.key(key), 'x-session-group-project', project))::text), set_config('request.path', path, true);
	SET LOCAL SESSION AUTHORIZATION tap_authenticator;
	SET LOCAL ROLE session_group_anon;
	PERFORM session_group.authenticate();
	who := tap.who() || ' k' || session_group.known_project_ids()::text;
	RESET SESSION AUTHORIZATION;
	RETURN who;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END
$$;
GRANT EXECUTE ON FUNCTION tap.who() TO PUBLIC;
SELECT is(tap.native(key, project), expected, format('native: %s asks for %s', key, coalesce(project, 'no project')))
FROM (VALUES ('annwrite', NULL, '910011 r{910001} w{910001} k{910001}'), ('catwrite', NULL, 'PT421'), ('catwrite', '', 'PT421'), ('catwrite', 'x', 'PT421'), ('catwrite', '910002', 'PT421'),
	('catwrite', '910001', '910013 r{910001} w{910001} k{910001}'), ('catread', '910001', '910013 r{910001} w{} k{910001}'), ('catwrite', '910003', '910013 r{} w{} k{}'), ('benwrite', NULL, 'PT421'), ('benwrite', '910001', '910012 r{} w{} k{}'),
	('catonlya', '910001', '910013 r{910001} w{910001} k{910001}'), ('catac', '910003', '910013 r{} w{} k{}')) AS v (key, project, expected);
-- A key that is narrowed already gets no other project of its user by that.
INSERT INTO session_group.members (project_id, user_id) VALUES (910003, 910013);
SELECT is(tap.native('catwrite', '910003'), '910013 r{910003} w{910003} k{910003}', 'native: another project that is here');
SELECT is(tap.native('catonlya', '910003'), '910013 r{} w{} k{}', 'native: which is not the key''s');
DELETE FROM session_group.members WHERE project_id = 910003 AND user_id = 910013;
SELECT is(tap.native('catwrite', NULL, '/'), '910013 r{910001} w{910001} k{910001,910002}', 'native: the description is any node''s');

-- What is left goes, and counts and rows of patterns with it.
SELECT is(tap.outcome('tap_app', 'catwrite', 'SELECT session_group.purge_project(910002)'), '42501', 'not by an application');
SELECT cmp_ok(session_group.purge_project(910002, 2), '<=', 8::bigint, 'in batches');
SELECT is((SELECT count(*) FROM session_group.summaries WHERE project_id = 910002), 1::bigint, 'of so many');
SELECT cmp_ok(session_group.purge_project(910002), '>', 0::bigint, 'the rest');
SELECT is(session_group.purge_project(910002), 0::bigint, 'and then there is none');
SELECT is_empty($$SELECT FROM session_group.project_fingerprint(910002) WHERE number > 0$$, 'nothing is left');
SELECT is((SELECT count(*) FROM session_group.summaries WHERE project_id = 910001), 3::bigint, 'all of another project is');
SELECT is_empty('SELECT * FROM session_group.check_counts()', 'numbers are right');
SELECT is_empty('SELECT * FROM session_group.check_rows()', 'and rows of patterns');
-- It comes back: no copy is deleted under the mover's hands.
SELECT session_group.begin_move(910002, 'a');
SELECT is(session_group.purge_project(910002), 0::bigint, 'a copy that began wrong can be deleted');
SELECT session_group.stop_writes(910002);
SELECT throws_ok('SELECT session_group.purge_project(910002)', '55000', 'project 910002 is on this node, about to be, or placed on none');
SELECT is((session_group.cancel_move(910002)).writes_stopped, false, 'and the move is taken back');
SELECT lives_ok('SELECT session_group.delete_project(910002)', 'a project is deleted with its placement');
SELECT is_empty('SELECT FROM session_group.placements WHERE project_id = 910002', 'which is gone');
SELECT is(session_group.purge_project(910002), 0::bigint, 'what is left of a project that is gone may be deleted');
-- Nobody has placed it: these may be its only rows.
DELETE FROM session_group.placements WHERE project_id = 910001;
SELECT throws_ok('SELECT session_group.purge_project(910001)', '55000', 'project 910001 is on this node, about to be, or placed on none');
SELECT isnt_empty('SELECT FROM session_group.summaries WHERE project_id = 910001', 'and they stay');

SELECT * FROM finish();
ROLLBACK;
