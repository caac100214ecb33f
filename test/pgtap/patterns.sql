-- The reader of patterns: both forms of a summary, and everything that is no summary.
-- And lines 8, 11 and 14: the views on it show nobody more than the table does.
\ir setup.psql

CREATE FUNCTION tap.patterns(summary jsonb) RETURNS SETOF text LANGUAGE SQL
RETURN (SELECT to_jsonb(p)::text FROM session_group.summary_patterns(summary) p);
CREATE FUNCTION tap.read(summary jsonb) RETURNS jsonb LANGUAGE SQL
RETURN (SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(p))) FROM session_group.summary_patterns(summary) p);

\set whole '{"patterns": [{"pattern_id": 3, "pattern_name": "N", "pattern_description": "D", "severity": "high", "indicators": ["a", "b"], "events": [{}, {}], "stats": {"occurences": 7, "sessions_affected": 5, "sessions_affected_ratio": 0.50, "segments_success_ratio": 1}}]}'
SELECT is((SELECT p::text FROM session_group.summary_patterns(:'whole') p), '(1,3,N,D,high,"{a,b}",5,7,0.50,1,2)',
	'patterns: all fields of an object');
SELECT is((SELECT p::text FROM session_group.summary_patterns(to_jsonb(:'whole'::text)) p),
	'(1,3,N,D,high,"{a,b}",5,7,0.50,1,2)', 'patterns: the same of PostHog''s string');

-- No rows, and no error.
SELECT is(tap.read(summary::jsonb), NULL, 'patterns: none in ' || left(summary, 60))
FROM unnest(ARRAY['null', 'true', '7', '[]', '{}', '[{"pattern_id": 1}]', '"text"', '""', '"{\"patterns\": [{}"',
	'"{\"patterns\": [{}]} x"', '"[]"', '"null"',
	'"\"{\\\"patterns\\\": [{}]}\""', '"{\"patterns\": [\"\\u0000\", {}]}"', '"{\"patterns\": [1e999999, {}]}"',
	'{"patterns": null}', '{"patterns": {}}', '{"patterns": {"patterns": [{}]}}', '{"patterns": "[{}]"}',
	'{"patterns": []}',
	'{"patterns": [1, "a", null, true, [], [{}]]}', '{"Patterns": [{}]}']) AS summary;
SELECT is(tap.read(NULL), NULL, 'patterns: none in null');
SELECT is(tap.read(to_jsonb(repeat('[', 1000000))), NULL, 'patterns: none in a text nested beyond the stack');
SELECT is(tap.read(to_jsonb('{"patterns":[{"events":[{"a":' || repeat('[', 3000) || repeat(']', 3000) || '}]}]}')),
	'[{"position": 1, "indicators": [], "examples": 1}]', 'patterns: nested within reason');

-- A field of another type is null, and takes nothing else with it.
CREATE TABLE tap.odd (pattern text, expected text);
INSERT INTO tap.odd VALUES
	('{}', '{}'),
	('{"pattern_id": "1", "pattern_name": 1, "pattern_description": ["a"], "severity": 2, "indicators": "a", "events": {}, "stats": []}', '{}'),
	('{"pattern_name": null, "severity": null, "indicators": null, "events": null, "stats": null}', '{}'),
	('{"severity": "High"}', '{}'), ('{"severity": "high "}', '{}'), ('{"severity": "hig"}', '{}'),
		('{"severity": ""}', '{}'), ('{"severity": ["high"]}', '{}'),
	('{"severity": "critical"}', '{"severity": "critical"}'), ('{"severity": "medium"}', '{"severity": "medium"}'),
		('{"severity": "low"}', '{"severity": "low"}'),
	('{"pattern_id": 1.5}', '{}'), ('{"pattern_id": -1}', '{}'), ('{"pattern_id": 2.0}', '{"pattern_id": 2}'),
		('{"pattern_id": 9223372036854775807}', '{"pattern_id": 9223372036854775807}'),
	('{"pattern_id": 9223372036854775808}', '{}'), ('{"pattern_id": 1e100}', '{}'),
	('{"stats": {"occurences": "7", "sessions_affected": 3, "sessions_affected_ratio": "0.5", "segments_success_ratio": true}}', '{"sessions_affected": 3}'),
	('{"stats": {"occurrences": 7}}', '{}'),
	('{"stats": {"sessions_affected_ratio": 1.01, "segments_success_ratio": -0.01}}', '{}'),
	('{"stats": {"sessions_affected_ratio": 0, "segments_success_ratio": 1.000}}',
		'{"sessions_affected_ratio": 0, "segments_success_ratio": 1.000}'),
	('{"stats": {"sessions_affected_ratio": 1e-16000}}', '{"sessions_affected_ratio": 0.00000000000000000000}'),
	('{"indicators": ["a", 1, null, ["b"], "c", {}, ""]}', '{"indicators": ["a", "c", ""]}'),
	('{"events": [1, null, {}]}', '{"examples": 3}');
SELECT is(tap.read(jsonb_build_object('patterns', jsonb_build_array(1, pattern::jsonb))),
	jsonb_build_array('{"position": 2, "indicators": [], "examples": 0}'::jsonb || expected::jsonb),
	'patterns: ' || left(pattern, 80))
FROM tap.odd;

-- The texts of one, by its place.
SELECT is(session_group.pattern_description(to_jsonb(:'whole'::text), 1) || session_group.pattern_indicators(:'whole',
	1)::text, 'D{a,b}', 'patterns: the texts of one');
SELECT is(concat(session_group.pattern_description(summary::jsonb, n),
	session_group.pattern_indicators(summary::jsonb, n)), expected,
	format('patterns: the texts at place %s of %s', n, summary))
FROM (VALUES (:'whole', 0, ''), (:'whole', 2, ''), (:'whole', -2147483648, ''), (:'whole', 2147483647, ''),
	('{}', 1, ''), ('"x"', 1, ''), ('{"patterns": [7, {}]}', 1, ''), ('{"patterns": [7, {}]}', 2, '{}')) AS v (summary,
	n, expected);

-- Rows are what the summaries say, whoever writes them, and whatever they say.
CREATE FUNCTION tap.rows(project bigint) RETURNS text LANGUAGE SQL RETURN
	(SELECT string_agg(concat_ws(' ', position, severity, name, sessions_affected), ', ' ORDER BY summary_id, position)
		FROM session_group.pattern_rows WHERE project_id = project);
INSERT INTO session_group.projects (id, name) VALUES (910005, 'Of rows');
INSERT INTO session_group.summaries (project_id, id, summary)
	VALUES (910005, '01900000-0000-7000-8000-0000000000f1',
	'{"patterns": [{"severity": "low", "pattern_name": "a"}, 7, {"severity": "odd", "stats": {"sessions_affected": 9}}]}');
SELECT is(tap.rows(910005), '1 low a, 3 9', 'rows of an INSERT');
SELECT is((SELECT n::text FROM session_group.pattern_numbers n WHERE project_id = 910005),
	(SELECT format('(910005,%s,"%s",24,0,0,0,1,1)', id, created_at) FROM session_group.summaries
	WHERE project_id = 910005), 'numbers of an INSERT');
CREATE TABLE tap.written AS SELECT ctid::text AS place FROM session_group.pattern_rows WHERE project_id = 910005;
UPDATE session_group.summaries SET title = 'Another', session_ids = '{s}' WHERE project_id = 910005;
SELECT set_eq('SELECT ctid::text AS place FROM session_group.pattern_rows WHERE project_id = 910005',
	'SELECT place FROM tap.written', 'rows are not written anew with a title');
UPDATE session_group.summaries SET summary = to_jsonb('{"patterns": [{"severity": "critical"}]}'::text)
	WHERE project_id = 910005;
SELECT is(tap.rows(910005), '1 critical', 'rows of an UPDATE');
UPDATE session_group.summaries SET created_at = '2020-02-02' WHERE project_id = 910005;
SELECT is((SELECT string_agg(r.created_at || ' ' || n.created_at, '') FROM session_group.pattern_rows r
	JOIN session_group.pattern_numbers n USING (project_id, summary_id) WHERE project_id = 910005),
	(SELECT t || ' ' || t FROM (VALUES ('2020-02-02'::timestamptz)) AS v (t)), 'rows follow the time of creation');
UPDATE session_group.summaries SET summary = '"text"' WHERE project_id = 910005;
SELECT is(tap.rows(910005), NULL, 'no rows of what can not be read');
UPDATE session_group.summaries SET summary = jsonb_build_object('patterns', jsonb_build_array(pattern::jsonb))
	FROM tap.odd WHERE project_id = 910005 AND pattern LIKE '%ratio%';
UPDATE session_group.summaries SET summary = jsonb_build_object('patterns',
	jsonb_build_array(jsonb_build_object('pattern_name', repeat('é', 1000000), 'severity', 'high', 'stats',
	jsonb_build_object('sessions_affected_ratio', ('0.' || repeat('123456789', 1500))::numeric))))
	WHERE project_id = 910005;
SELECT is(char_length(tap.rows(910005)), 1000007, 'rows of long names and numbers');
SELECT is_empty('SELECT * FROM session_group.check_rows()', 'rows are what the summaries say');
CREATE FUNCTION tap.everything() RETURNS text LANGUAGE SQL RETURN
	(SELECT md5(string_agg(p::text, '' ORDER BY summary_id, position)) || (SELECT string_agg(s::text, ''
		ORDER BY s::text) FROM session_group.stats s) FROM session_group.patterns p);
CREATE TABLE tap.before AS SELECT tap.everything();
SAVEPOINT kept;
DELETE FROM session_group.summaries WHERE project_id = 910005;
SELECT is(tap.rows(910005), NULL, 'rows go with their summary');
ROLLBACK TO kept;
DELETE FROM session_group.projects WHERE id = 910005;
SELECT is_empty('SELECT FROM session_group.pattern_rows WHERE project_id = 910005 UNION ALL SELECT FROM session_group.pattern_numbers WHERE project_id = 910005', 'rows go with their project');
ROLLBACK TO kept;
TRUNCATE session_group.summaries;
SELECT is_empty('SELECT FROM session_group.pattern_rows UNION ALL SELECT FROM session_group.pattern_numbers UNION ALL SELECT FROM session_group.pending_rows', 'rows go with all summaries');
ROLLBACK TO kept;
SET LOCAL session_replication_role = replica;
UPDATE session_group.summaries SET summary = :'whole' WHERE project_id = 910005;
SELECT is(tap.rows(910005), '1 high N 5', 'rows of what replication brings');
DELETE FROM session_group.summaries WHERE project_id = 910005;
SELECT is(tap.rows(910005), NULL, 'and of what it deletes');
ROLLBACK TO kept;

-- What has gone wrong is seen, and mended; meanwhile nothing is missing, and nothing comes twice.
SELECT is(session_group.make_rows(), 0::bigint, 'all have rows');
DELETE FROM session_group.pattern_rows WHERE project_id = 910005;
SELECT is((SELECT array_agg(c::text) FROM session_group.check_rows() c), '{"(910005,1)"}', 'a missing row is seen');
ROLLBACK TO kept;
UPDATE session_group.pattern_numbers SET severities = 1 WHERE project_id = 910005;
SELECT is((SELECT array_agg(c::text) FROM session_group.check_rows() c), '{"(910005,1)"}', 'a wrong set is seen');
UPDATE session_group.pattern_rows SET severity = 'low' WHERE project_id = 910005;
SELECT is(session_group.remake_rows(910005), 1::bigint, 'rows are dropped');
SELECT is(tap.everything(), (SELECT everything FROM tap.before), 'nothing is missing without rows');
SELECT is(session_group.remake_rows(910005), 1::bigint, 'and again');
SELECT is_empty('SELECT * FROM session_group.check_rows()', 'what waits for its rows is not wrong');
SELECT is(session_group.make_rows(1), 1::bigint, 'rows are made');
SELECT is(tap.everything(), (SELECT everything FROM tap.before), 'nothing comes twice');
SELECT is_empty('SELECT * FROM session_group.check_rows() UNION ALL SELECT 1, session_group.make_rows() OFFSET 1',
	'all is well');
INSERT INTO session_group.summaries (project_id, summary)
VALUES (910002, '{"patterns": [{"pattern_name": "Elsewhere", "severity": "low"}]}');
SELECT is(session_group.remake_rows(910005), 1::bigint, 'rows of a project are dropped');
SELECT is((SELECT array_agg(DISTINCT project_id) FROM session_group.pattern_rows WHERE project_id > 910000), '{910002}',
	'those of another project stay');
SELECT throws_ok('SELECT session_group.make_rows(0)', '22023', 'batch must be between 1 and 1000000');
SELECT throws_ok('SELECT session_group.make_rows(NULL)', '22004', 'batch must not be null');
SELECT throws_ok('SELECT session_group.remake_rows(NULL)', '22004', 'project_id must not be null');
ROLLBACK TO kept;

-- A thousand, and no more from who asks for a project; an administrator's are kept, without rows.
\set many '(SELECT jsonb_build_object(''patterns'', jsonb_agg(''{"severity": "low"}''::jsonb)) FROM generate_series(1, %s))'
SELECT is(tap.value('tap_app', 'annwrite',
	format('SELECT project_id FROM session_group.create_summary(910001, summary => ' || :'many' || ')', 1000)),
	'910001', 'a thousand patterns');
SELECT is(tap.value('tap_app', 'annwrite',
	format('SELECT project_id FROM session_group.create_summary(910001, summary => ' || :'many' || ')', 1001)),
	'23514 summary: ensure this field has no more than 1000 patterns', 'not one more');
SELECT is(tap.value('tap_app', 'annwrite',
	format('SELECT project_id FROM session_group.create_summary(910001, summary => to_jsonb(' || :'many' || '::text))',
	1001)), '23514 summary: ensure this field has no more than 1000 patterns', 'not one more in a string');
UPDATE session_group.summaries SET summary = (SELECT jsonb_build_object('patterns',
	jsonb_agg('{"severity": "low"}'::jsonb)) FROM generate_series(1, 1001)) WHERE project_id = 910005;
SELECT is(tap.rows(910005), NULL, 'no rows of more than a thousand');
SELECT is((SELECT string_agg(concat_ws(' ', kind, outcome, number, note), '')
	FROM session_group.import_json(910005,
	jsonb_build_object('id', '01900000-0000-7000-8000-00000000abcd', 'title', 't', 'session_ids', '[]'::jsonb,
	'created_at', '2026-01-01T00:00:00Z',
	'summary', (SELECT jsonb_build_object('patterns', jsonb_agg('{"severity": "low"}'::jsonb))
	FROM generate_series(1, 1001)))) WHERE note IS NOT NULL),
	'summaries imported 1 it has more than 1000 patterns: they are not listed', 'an import says so');
SELECT is(tap.rows(910005), NULL, 'no rows of those either');
SELECT is_empty('SELECT * FROM session_group.check_rows()', 'which is as it should be');
ROLLBACK TO kept;
DELETE FROM session_group.projects WHERE id = 910005;

-- What the views show to whom: each row of a summary that the table shows.
UPDATE session_group.summaries SET summary = :'whole' WHERE project_id BETWEEN 910001 AND 910003;
CREATE TABLE tap.seen (login text, key text, view text, seen text);
INSERT INTO tap.seen VALUES
	('tap_app', NULL, 'session_group.patterns', 'null'), ('tap_app', 'annnone', 'session_group.patterns', 'null'),
	('tap_app', 'annread', 'session_group.patterns', '910001:3'),
		('tap_app', 'benwrite', 'session_group.patterns', '910002:3'),
	('tap_app', NULL, 'session_group_api.session_group_patterns', 'null'),
		('tap_app', 'annnone', 'session_group_api.session_group_patterns', 'null'),
	('tap_app', 'annread', 'session_group_api.session_group_patterns', '910001:3'),
		('tap_app', 'benwrite', 'session_group_api.session_group_patterns', '910002:3');
SELECT is(tap.value(login, key,
	format($$(SELECT string_agg(project_id || ':' || number, ' ') FROM (SELECT project_id, count(*) AS number FROM %s GROUP BY 1 ORDER BY 1) v)$$, view)), seen,
	format('L8: patterns that %s sees with the key %s in %s', login, coalesce(key, 'of nobody'), view))
FROM tap.seen;
SELECT is(left(tap.value(login, NULL, '(SELECT count(*) FROM ' || view || ')'), 5), '42501',
	format('L8: %s may not read %s', login, view))
FROM (VALUES ('tap_stranger', 'session_group.patterns'), ('tap_anon', 'session_group.patterns'),
	('tap_stranger', 'session_group_api.session_group_patterns'),
	('tap_anon', 'session_group_api.session_group_patterns')) AS v (login, view);

-- What a project has.
SELECT is(tap.value('tap_app', 'annread',
	$$SELECT string_agg(format('%s %s %s %s %s %s %s', project_id, summaries, sessions, critical, high, medium, low), ' ') FROM session_group.stats$$), '910001 3 3 0 3 0 0', 'L8: stats: the reader''s own project');
SELECT is(tap.value('tap_app', NULL, 'SELECT count(*) FROM session_group.stats'), '0', 'L8: stats: nobody''s are none');
SELECT is(left(tap.value('tap_anon', NULL, 'SELECT count(*) FROM session_group.stats'), 5), '42501',
	'L8: stats: not for the anonymous role');
SELECT is(tap.value('tap_operator', NULL,
	$$SELECT string_agg(format('%s %s', project_id, summaries), ' ' ORDER BY project_id) FROM session_group.stats WHERE project_id > 910000$$), '910001 3 910002 3 910003 1', 'stats: all of them for the administrator');
SELECT ok(bytes BETWEEN 100 AND 10000 AND last_created_at = '2026-01-01 03:00'::timestamptz,
	'stats: bytes and the newest') FROM session_group.stats WHERE project_id = 910001;
INSERT INTO session_group.projects (id, name) VALUES (910004, 'Empty');
SELECT is(s::text, '(910004,Empty,0,0,0,,0,0,0,0,0,0)', 'stats: of an empty project') FROM session_group.stats s
	WHERE project_id = 910004;

SELECT * FROM finish();
ROLLBACK;
