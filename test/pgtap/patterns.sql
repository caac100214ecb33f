-- The reader of patterns: both forms of a summary, and everything that is no summary.
-- And lines 8, 11 and 14: the views on it show nobody more than the table does.
\ir setup.psql

CREATE FUNCTION tap.patterns(summary jsonb) RETURNS SETOF text LANGUAGE SQL
RETURN (SELECT to_jsonb(p)::text FROM session_group.summary_patterns(summary) p);
CREATE FUNCTION tap.read(summary jsonb) RETURNS jsonb LANGUAGE SQL
RETURN (SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(p))) FROM session_group.summary_patterns(summary) p);

\set whole '{"patterns": [{"pattern_id": 3, "pattern_name": "N", "pattern_description": "D", "severity": "high", "indicators": ["a", "b"], "events": [{}, {}], "stats": {"occurences": 7, "sessions_affected": 5, "sessions_affected_ratio": 0.50, "segments_success_ratio": 1}}]}'
SELECT is((SELECT p::text FROM session_group.summary_patterns(:'whole') p), '(1,3,N,D,high,"{a,b}",5,7,0.50,1,2)', 'patterns: all fields of an object');
SELECT is((SELECT p::text FROM session_group.summary_patterns(to_jsonb(:'whole'::text)) p), '(1,3,N,D,high,"{a,b}",5,7,0.50,1,2)', 'patterns: the same of PostHog''s string');

-- No rows, and no error.
SELECT is(tap.read(summary::jsonb), NULL, 'patterns: none in ' || left(summary, 60))
FROM unnest(ARRAY['null', 'true', '7', '[]', '{}', '[{"pattern_id": 1}]', '"text"', '""', '"{\"patterns\": [{}"', '"{\"patterns\": [{}]} x"', '"[]"', '"null"',
	'"\"{\\\"patterns\\\": [{}]}\""', '"{\"patterns\": [\"\\u0000\", {}]}"', '"{\"patterns\": [1e999999, {}]}"', '{"patterns": null}', '{"patterns": {}}', '{"patterns": {"patterns": [{}]}}', '{"patterns": "[{}]"}', '{"patterns": []}',
	'{"patterns": [1, "a", null, true, [], [{}]]}', '{"Patterns": [{}]}']) AS summary;
SELECT is(tap.read(NULL), NULL, 'patterns: none in null');
SELECT is(tap.read(to_jsonb(repeat('[', 1000000))), NULL, 'patterns: none in a text nested beyond the stack');
SELECT is(tap.read(to_jsonb('{"patterns":[{"events":[{"a":' || repeat('[', 3000) || repeat(']', 3000) || '}]}]}')), '[{"position": 1, "indicators": [], "examples": 1}]', 'patterns: nested within reason');

-- A field of another type is null, and takes nothing else with it.
CREATE TABLE tap.odd (pattern text, expected text);
INSERT INTO tap.odd VALUES
	('{}', '{}'),
	('{"pattern_id": "1", "pattern_name": 1, "pattern_description": ["a"], "severity": 2, "indicators": "a", "events": {}, "stats": []}', '{}'),
	('{"pattern_name": null, "severity": null, "indicators": null, "events": null, "stats": null}', '{}'),
	('{"severity": "High"}', '{}'), ('{"severity": "high "}', '{}'), ('{"severity": "hig"}', '{}'), ('{"severity": ""}', '{}'), ('{"severity": ["high"]}', '{}'),
	('{"severity": "critical"}', '{"severity": "critical"}'), ('{"severity": "medium"}', '{"severity": "medium"}'), ('{"severity": "low"}', '{"severity": "low"}'),
	('{"pattern_id": 1.5}', '{}'), ('{"pattern_id": -1}', '{}'), ('{"pattern_id": 2.0}', '{"pattern_id": 2}'), ('{"pattern_id": 9223372036854775807}', '{"pattern_id": 9223372036854775807}'),
	('{"pattern_id": 9223372036854775808}', '{}'), ('{"pattern_id": 1e100}', '{}'),
	('{"stats": {"occurences": "7", "sessions_affected": 3, "sessions_affected_ratio": "0.5", "segments_success_ratio": true}}', '{"sessions_affected": 3}'),
	('{"stats": {"occurrences": 7}}', '{}'),
	('{"stats": {"sessions_affected_ratio": 1.01, "segments_success_ratio": -0.01}}', '{}'),
	('{"stats": {"sessions_affected_ratio": 0, "segments_success_ratio": 1.000}}', '{"sessions_affected_ratio": 0, "segments_success_ratio": 1.000}'),
	('{"stats": {"sessions_affected_ratio": 1e-16000}}', '{"sessions_affected_ratio": 0.00000000000000000000}'),
	('{"indicators": ["a", 1, null, ["b"], "c", {}, ""]}', '{"indicators": ["a", "c", ""]}'),
	('{"events": [1, null, {}]}', '{"examples": 3}');
SELECT is(tap.read(jsonb_build_object('patterns', jsonb_build_array(1, pattern::jsonb))), jsonb_build_array('{"position": 2, "indicators": [], "examples": 0}'::jsonb || expected::jsonb), 'patterns: ' || left(pattern, 80))
FROM tap.odd;

-- What the views show to whom: each row of a summary that the table shows.
UPDATE session_group.summaries SET summary = :'whole' WHERE project_id BETWEEN 910001 AND 910003;
CREATE TABLE tap.seen (login text, key text, view text, seen text);
INSERT INTO tap.seen VALUES
	('tap_app', NULL, 'session_group.patterns', 'null'), ('tap_app', 'annnone', 'session_group.patterns', 'null'),
	('tap_app', 'annread', 'session_group.patterns', '910001:3'), ('tap_app', 'benwrite', 'session_group.patterns', '910002:3'),
	('tap_app', NULL, 'session_group_api.session_group_patterns', 'null'), ('tap_app', 'annnone', 'session_group_api.session_group_patterns', 'null'),
	('tap_app', 'annread', 'session_group_api.session_group_patterns', '910001:3'), ('tap_app', 'benwrite', 'session_group_api.session_group_patterns', '910002:3');
SELECT is(tap.value(login, key, format($$(SELECT string_agg(project_id || ':' || number, ' ') FROM (SELECT project_id, count(*) AS number FROM %s GROUP BY 1 ORDER BY 1) v)$$, view)), seen,
	format('L8: patterns that %s sees with the key %s in %s', login, coalesce(key, 'of nobody'), view))
FROM tap.seen;
SELECT is(left(tap.value(login, NULL, '(SELECT count(*) FROM ' || view || ')'), 5), '42501', format('L8: %s may not read %s', login, view))
FROM (VALUES ('tap_stranger', 'session_group.patterns'), ('tap_anon', 'session_group.patterns'), ('tap_stranger', 'session_group_api.session_group_patterns'),
	('tap_anon', 'session_group_api.session_group_patterns')) AS v (login, view);

-- What a project has.
SELECT is(tap.value('tap_app', 'annread', $$SELECT string_agg(format('%s %s %s %s %s %s %s', project_id, summaries, sessions, critical, high, medium, low), ' ') FROM session_group.stats$$), '910001 3 3 0 3 0 0', 'L8: stats: the reader''s own project');
SELECT is(tap.value('tap_app', NULL, 'SELECT count(*) FROM session_group.stats'), '0', 'L8: stats: nobody''s are none');
SELECT is(left(tap.value('tap_anon', NULL, 'SELECT count(*) FROM session_group.stats'), 5), '42501', 'L8: stats: not for the anonymous role');
SELECT is(tap.value('tap_operator', NULL, $$SELECT string_agg(format('%s %s', project_id, summaries), ' ' ORDER BY project_id) FROM session_group.stats WHERE project_id > 910000$$), '910001 3 910002 3 910003 1', 'stats: all of them for the administrator');
SELECT ok(bytes BETWEEN 100 AND 10000 AND last_created_at = '2026-01-01 03:00'::timestamptz, 'stats: bytes and the newest') FROM session_group.stats WHERE project_id = 910001;
INSERT INTO session_group.projects (id, name) VALUES (910004, 'Empty');
SELECT is(s::text, '(910004,Empty,0,0,0,,0,0,0,0)', 'stats: of an empty project') FROM session_group.stats s WHERE project_id = 910004;

SELECT * FROM finish();
ROLLBACK;
