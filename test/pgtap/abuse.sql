-- Lines 16 to 18 of the threat list, as far as SQL arguments go: odd text comes
-- back as it was, SQL in a value stays a value, sizes beyond the limits are
-- errors of the contract and the backend lives.
\ir setup.psql

CREATE TABLE tap.odd (name text, value text);
INSERT INTO tap.odd VALUES
	('quotes', $$it's "quoted" `so`$$), ('backslashes', E'a\\b\\\\c\\u0041\\n'),
		('line breaks', E'a\r\nSet-Cookie: x=1\r\n\r\nb'), ('tabs', E'\ta\t'),
	('control characters', E'\x01\x02\x1f\x7f'), ('line separators', E'a\u2028b\u2029c\u0085d'),
		('a byte order mark', E'\ufeffa'),
	('four bytes', '🔑𝒜😀'), ('the last code point', E'\U0010ffff'), ('beside the surrogates', E'\ud7ff\ue000'),
		('combining marks', E'e\u0301\u0302'),
	('right to left', E'\u202etxt'), ('a zero width space', E'\u200b.'), ('percent', '100%_\%'),
		('a format', '%s%n%1$s'), ('JSON', '{"a":[1,null]}'), ('braces', '{NULL,"a"}'),
	('HTML', '<script>alert(1)</script>'), ('SQL', $$'; DROP TABLE session_group.summaries; --$$),
		('a comment', '/* */ -- x'), ('dollar quotes', '$$ $1 :x ${x}'), ('null as a word', 'NULL'),
	('2048 characters of four bytes', repeat('🔑', 2048));
GRANT SELECT ON tap.odd TO PUBLIC;

SET SESSION AUTHORIZATION tap_app;
SELECT session_group.login(tap.key('annwrite'));
SELECT is(c.title, o.value, 'L16: a title comes back: ' || o.name)
FROM tap.odd o, session_group.create_summary(910001, o.value, ARRAY[left(o.value, 200)], to_jsonb(o.value),
	jsonb_build_object(o.value, o.value)) AS c;
SELECT is((SELECT s.session_ids[1] || (s.summary #>> '{}') || (s.extra_summary_context ->> o.value)),
	left(o.value, 200) || o.value || o.value, 'L16: and so do the other fields: ' || o.name)
FROM tap.odd o JOIN session_group_api.session_group_summaries s ON s.title = o.value AND s.project_id = 910001;
SELECT is((SELECT count(*) FROM session_group.list_summaries(910001, search => o.value)), 1::bigint,
	'L17: search takes it for plain text: ' || o.name)
FROM tap.odd o WHERE o.name NOT IN ('null as a word');
SELECT is((SELECT count(*) FROM session_group.list_summaries(910001, search => w)),
	(SELECT count(*) FROM session_group.summaries WHERE strpos(title, w) > 0), 'L17: no wildcard in a search: ' || w)
FROM unnest(ARRAY['%', '_', '\', '%_', '\%', '100\%', 'a\b', '_\%']) AS w;
SELECT is((session_group.update_summary(910001, s.id, jsonb_build_object('title', s.title || 'x'))).title,
	s.title || 'x', 'L16: an update takes it: ' || o.name)
FROM tap.odd o JOIN session_group.summaries s ON s.title = o.value WHERE length(o.value) < 2048;

-- Line 17: SQL in every string parameter.
CREATE FUNCTION pg_temp.fingerprint() RETURNS text LANGUAGE SQL AS
$$SELECT count(*) || md5(string_agg(s::text, '' ORDER BY id)) FROM session_group.summaries s$$;
SELECT pg_temp.fingerprint() AS before \gset
SELECT throws_ok(format('SELECT * FROM session_group.list_summaries(910001, order_by => %L)', o), '22023', NULL,
	'L17: an order that is none: ' || translate(left(o, 60), E'\n', ' '))
FROM unnest(ARRAY['1', 'title; DELETE FROM session_group.summaries', 'title, (SELECT 1)', 'title DESC', 'TITLE',
	' title', 'title ', '--title', '-', '+title', 'title--', 'title/**/', '"title"', 's.title', 'summary',
	'version', 'project_id', 'updated_at', 'created_by_id', 'pg_sleep(1)', 'title''', E'title\n',
	repeat('-title', 100000), 'title,id', 'CASE WHEN true THEN title END']) AS o;
SELECT lives_ok(format('SELECT * FROM session_group.list_summaries(910001, order_by => %L)', o), 'L17: an order: ' || o)
FROM unnest(ARRAY['created_at', '-created_at', 'title', '-title', 'session_count', '-session_count', 'id', '-id',
	'created_by', '-created_by', '']) AS o;
SELECT throws_ok(format('SELECT * FROM session_group.list_summaries(910001, %s => %L)', p, d), '22007', NULL,
	format('L17: a %s that is none: %s', p, translate(left(d, 60), E'\n', ' ')))
FROM unnest(ARRAY['date_from', 'date_to']) AS p,
	unnest(ARRAY['now()', 'now', 'today', 'infinity', '-infinity', 'epoch', '2026-01-01''; DROP TABLE x',
	'-7d; SELECT 1', '$1', '2026-13-01', '2026-02-30', '-99999999999y',
	'294277-01-01', '-300000y', '99999-01-01', '0000-01-01', '-7d ', ' -7d', repeat('9', 100000), repeat('-1d', 1000),
	'2026-01-01T24:30', E'2026-01-01\n', '-9223372036854775808d', '-1dStart; ', '🔑']) AS d;
SELECT throws_ok(format('SELECT session_group.count_summaries(910001, date_from => %L)', d), '22007', NULL,
	'L17: nor to count: ' || d)
FROM unnest(ARRAY['now()', 'infinity', '294277-01-01']) AS d;
SELECT throws_ok(format('SELECT * FROM session_group.parse_date_filter(''-1d'', %L, now())', z), '22023', NULL,
	'L17: a time zone that is none: ' || translate(left(z, 40), E'\n', ' '))
FROM unnest(ARRAY['x''y', '../../etc/passwd', '/etc/passwd', '', 'UTC; SELECT 1', repeat('a', 100000), E'UTC\n']) AS z;
SELECT throws_ok(format('SELECT session_group.parse_date_filter(%L, ''UTC'', %L)', d, t), '22007', NULL,
	format('L18: out of range: %s of %s', d, t))
FROM (VALUES ('-7000y', '2026-01-01'), ('-1d', '4713-01-01 00:00:00 BC'), ('-999999999999999d', '2026-01-01'),
	('-1d', 'infinity'), ('-1d', '-infinity'), ('-2147483648m', '2026-01-01'), ('-9999999999999999999h', '2026-01-01'),
	('-99999999q', '2026-01-01')) AS v (d, t);
SELECT is(pg_temp.fingerprint(), :'before', 'L17: and nothing has changed');

-- Line 18: sizes and numbers.
SELECT throws_ok(format('SELECT * FROM session_group.list_summaries(910001, %s)', a), '22023', NULL,
	'L18: a page that is none: ' || a)
FROM unnest(ARRAY['0', '-1', '-2147483648', 'NULL', '1, -1', '1, -9223372036854775808']) AS a WHERE a <> 'NULL';
SELECT ok(tap.outcome('tap_app', 'annwrite',
	format('SELECT * FROM session_group.list_summaries(910001, %s)', a)) ~ '^([0-9]{1,3}|22023)$',
	'L18: a large page: ' || a)
FROM unnest(ARRAY['2147483647', '1000', '1001', '1, 9223372036854775807', '2147483647, 9223372036854775807', 'NULL',
	'NULL, NULL, NULL']) AS a;
SELECT is(tap.outcome('tap_app', 'annwrite', format('SELECT * FROM session_group.list_summaries(%s)', p)), '42501',
	'L18: a project beyond all: ' || p)
FROM unnest(ARRAY['0', '-1', '9223372036854775807', '-9223372036854775808']) AS p;
RESET SESSION AUTHORIZATION;

SELECT is(tap.outcome('tap_app', 'annwrite', 'SELECT session_group.create_summary(910001, ' || args || ')'), expected,
	'L18: create_summary of ' || name)
FROM (VALUES
	('2048 characters', $$repeat('ä', 2048)$$, '1'), ('2049 characters', $$repeat('ä', 2049)$$, '23514'),
		('100 MB', $$repeat('a', 100000000)$$, '23514'),
	('no character', $$''$$, '23514'), ('blanks', $$E' \t\n\r '$$, '23514'),
		('wide blanks', $$E'\u3000\u00a0\u2003'$$, '23514'), ('null', 'NULL', '23502'),
	('1000 sessions', $$'t', array_fill('s'::text, ARRAY[1000])$$, '1'),
		('1001 sessions', $$'t', array_fill('s'::text, ARRAY[1001])$$, '23514'),
	('10,000,000 sessions', $$'t', array_fill('s'::text, ARRAY[10000000])$$, '23514'),
		('a null session', $$'t', ARRAY['a', NULL]$$, '23502'), ('an empty session', $$'t', ARRAY['a', '']$$, '23514'),
	('a session of 200', $$'t', ARRAY[repeat('ä', 200)]$$, '1'),
		('a session of 201', $$'t', ARRAY[repeat('ä', 201)]$$, '23514'),
		('a session of 100 MB', $$'t', ARRAY[repeat('a', 100000000)]$$, '23514'),
	('a matrix of sessions', $$'t', ARRAY[['a', 'b'], ['c', 'd']]$$, '22023|23514|2202E|1'),
		('no list of sessions', $$'t', NULL$$, '23502'),
	('a list as context', $$'t', '{}', NULL, '[]'$$, '22023'),
		('a scalar as context', $$'t', '{}', NULL, '1'$$, '22023'),
		('JSON null as context', $$'t', '{}', NULL, 'null'$$, '22023|1'),
	('a string as metadata', $$'t', '{}', NULL, NULL, '"x"'$$, '22023'),
		('any JSON as summary', $$'t', '{}', '[1,"x",null,{}]'$$, '1'),
		('a JSON string as summary', $$'t', '{}', '"{}"'$$, '1'),
	('JSON 5,000 deep', $$'t', '{}', (repeat('[', 5000) || repeat(']', 5000))::jsonb$$, '1'),
		('JSON 100,000 deep', $$'t', '{}', (repeat('[', 100000) || repeat(']', 100000))::jsonb$$, '54001'),
	('a summary of 20 MB', $$'t', '{}', to_jsonb(repeat('x', 20000000))$$, '1'),
		('a long number', $$'t', '{}', ('1' || repeat('0', 100000))::jsonb$$, '1')
) AS v (name, args, expected), LATERAL (SELECT 1) AS o
WHERE expected !~ '\|';
SELECT ok(tap.outcome('tap_app', 'annwrite',
	'SELECT session_group.create_summary(910001, ' || args || ')') = ANY (string_to_array(expected, '|')),
	'L18: create_summary of ' || name)
FROM (VALUES ('a matrix of sessions', $$'t', ARRAY[['a', 'b'], ['c', 'd']]$$, '22023|23514|2202E|1'),
	('JSON null as context', $$'t', '{}', NULL, 'null'$$, '22023|1')) AS v (name, args, expected);
-- The cap of pages.
SET session_group.max_page_size = 2;
SELECT is(tap.outcome('tap_app', 'annwrite', 'SELECT * FROM session_group.list_summaries(910001, 3)'), '22023',
	'L18: a page beyond the cap');
SELECT is(tap.outcome('tap_app', 'annwrite', 'SELECT * FROM session_group.list_summaries(910001, 2)'), '2',
	'L18: a page of the cap');
SELECT is(jsonb_array_length((substr(tap.http('GET', '/api/projects/910001/session_group_summaries/?limit=2147483647',
	tap.key('annread')), 5)::jsonb) -> 'results'), 2, 'L18: over HTTP the cap is what a larger limit gives');
RESET session_group.max_page_size;
-- The same limits at the table and the view, whose constraints and trigger say them.
SELECT is(tap.outcome('tap_app', 'annwrite', format('INSERT INTO %s (project_id, %s) VALUES (910001, %s)', t, c, v)), e,
	format('L18: %s, %s = %s', t, c, left(v, 40)))
FROM unnest(ARRAY['session_group.summaries', 'session_group_api.session_group_summaries']) AS t,
	(VALUES ('title', $$repeat('a', 2049)$$, '23514'), ('title', $$' '$$, '23514'), ('title', 'NULL', '23502'),
		('session_ids', $$array_fill('s'::text, ARRAY[1001])$$, '23514'),
		('session_ids', $$ARRAY[repeat('a', 201)]$$, '23514'),
		('session_ids', $$ARRAY[NULL]::text[]$$, '23502'), ('session_ids', $$ARRAY['']$$, '23514'),
			('run_metadata', $$'[]'$$, '22023'), ('extra_summary_context', $$'"x"'$$, '22023')) AS w (c, v, e);
SELECT is(tap.outcome('tap_app', 'annwrite', format('UPDATE session_group.summaries SET %s = %s', c, v)), e,
	format('L18: UPDATE, %s = %s', c, left(v, 40)))
FROM (VALUES ('title', $$repeat('a', 2049)$$, '23514'), ('title', $$''$$, '23514'), ('title', 'NULL', '23502'),
	('session_ids', $$array_fill('s'::text, ARRAY[1001])$$, '23514'),
	('session_ids', $$ARRAY[repeat('a', 201)]$$, '23514'), ('run_metadata', $$'[]'$$, '22023')) AS w (c, v, e);
-- The constraints hold where the trigger does not fire.
SAVEPOINT no_trigger;
ALTER TABLE session_group.summaries DISABLE TRIGGER summaries_before_write;
SELECT throws_ok(format('INSERT INTO session_group.summaries (project_id, created_by_id, %s) VALUES (910001, NULL, %s)',
	c, v), '23514', NULL, format('L18: a constraint on %s = %s', c, left(v, 40)))
FROM (VALUES ('title', $$repeat('a', 2049)$$), ('title', $$''$$),
	('session_ids', $$array_fill('s'::text, ARRAY[1001])$$), ('session_ids', $$'{{a},{b}}'$$), ('session_ids', $$'{a,NULL}'$$),
	('run_metadata', $$'[]'$$), ('run_metadata', $$to_jsonb(repeat('x', 1000000))$$), ('extra_summary_context', $$'1'$$)) AS w (c, v);
ROLLBACK TO no_trigger;

SELECT is(tap.outcome('tap_app', 'annwrite',
	format('SELECT session_group.update_summary(910001, %L, %s)', '01900000-0000-7000-8000-000000000001', c)), e,
	'L18: update_summary with ' || left(c, 60))
FROM (VALUES ($$'[]'$$, '22023'), ($$'null'$$, '22023'), ($$'1'$$, '22023'), ($$'"x"'$$, '22023'), ($$'{}'$$, '1'),
	($$'{"title":null}'$$, '23502'), ($$'{"title":1}'$$, '22023'), ($$'{"title":[]}'$$, '22023'),
	($$'{"title":""}'$$, '23514'),
	($$'{"session_ids":null}'$$, '23502'), ($$'{"session_ids":"x"}'$$, '22023'), ($$'{"session_ids":[1]}'$$, '22023'),
		($$'{"session_ids":[null]}'$$, '23502'), ($$'{"session_ids":{}}'$$, '22023'),
	($$'{"summary":null}'$$, '1'), ($$'{"run_metadata":null}'$$, '1'), ($$'{"run_metadata":[]}'$$, '22023'),
		($$'{"Title":"x"}'$$, '22023'), ($$'{"id":"x"}'$$, '22023'), ($$'{"version":7}'$$, '22023'),
	($$(SELECT jsonb_object_agg('k' || n, n) FROM generate_series(1, 200000) AS n)$$, '22023'),
		($$jsonb_build_object('title', repeat('a', 50000000))$$, '23514'),
	($$jsonb_build_object('session_ids', (SELECT jsonb_agg('s'::text) FROM generate_series(1, 1000000)))$$,
		'23514')) AS v (c, e);

-- The administrator's functions.
SELECT is(left(tap.value('tap_operator', NULL, call), 5), e, 'L18: ' || left(call, 90))
FROM (VALUES
	($$session_group.create_project('')$$, '22023'), ($$session_group.create_project(repeat('a', 201))$$, '22023'),
		($$session_group.create_project(NULL)$$, '22004'),
		($$session_group.create_project(repeat('a', 10000000))$$, '22023'),
	($$session_group.create_project('p', 'Mars/Olympus')$$, '22023'),
		($$session_group.create_project('p', '../../../etc/passwd')$$, '22023'),
		($$session_group.create_project('p', NULL)$$, '22004'),
	($$session_group.create_user('')$$, '22023'), ($$session_group.create_user(repeat('a', 255))$$, '22023'),
		($$session_group.create_user('ann@tap.example')$$, '23505'),
		($$session_group.create_user('x@tap.example', role_at_organization => 'king')$$, '22023'),
	($$session_group.create_api_key(910011, '')$$, '22023'),
		($$session_group.create_api_key(910011, repeat('a', 201))$$, '22023'),
		($$session_group.create_api_key(910011, 'k', '{session_recording}')$$, '22023'),
	($$session_group.create_api_key(910011, 'k', '{SESSION_RECORDING:READ}')$$, '22023'),
		($$session_group.create_api_key(910011, 'k', '{NULL}')$$, '22004|22023'),
		($$session_group.create_api_key(910011, 'k', '{*}', '{910099}')$$, 'P0002'),
	($$session_group.create_api_key(910099, 'k')$$, 'P0002'),
		($$session_group.create_api_key(910011, 'k', '{*}', '{NULL}')$$, '22004|P0002|22023'),
		($$session_group.create_api_key(910011, 'k', '{*}', NULL, '2020-01-01')$$, '22023'),
	($$session_group.create_api_key(910011, 'k', '{*}', NULL, '-infinity')$$, '22023'),
		($$session_group.add_member(910099, 910011)$$, 'P0002'),
		($$session_group.add_member(910001, 910099)$$, 'P0002'),
		($$session_group.remove_member(910002, 910011)$$, 'P0002'),
	($$session_group.revoke_api_key(-1)$$, 'P0002'), ($$session_group.delete_project(-9223372036854775808)$$, 'P0002'),
		($$session_group.set_user_active(0, true)$$, 'P0002')
) AS v (call, e) WHERE e !~ '\|';
SELECT ok(left(tap.value('tap_operator', NULL, call), 5) IN ('22004', '22023', 'P0002'), 'L18: ' || call)
FROM unnest(ARRAY[$$session_group.create_api_key(910011, 'k', '{NULL}')$$,
	$$session_group.create_api_key(910011, 'k', '{*}', '{NULL}')$$]) AS call;

-- L24: an answer of the native door, in which a page is one row; in SQL nobody is in between.
SET LOCAL session_group.max_answer_size = 1;
SELECT is(length(repeat('x', 2000000)), 2000000, 'L24: SQL gives what it gives');
SET LOCAL request.method = 'GET';
SELECT repeat('x', 1000000) AS one \gset below_
SELECT is(length(:'below_one'), 1000000, 'L24: an answer below the limit');
SAVEPOINT large;
\set ON_ERROR_STOP off
SELECT repeat('x', 600000), repeat('y', 600000) \gset above_
\set ON_ERROR_STOP on
ROLLBACK TO large;
SELECT is(:'LAST_ERROR_SQLSTATE'::text, '22023', 'L24: an answer above it');
SELECT is(:'LAST_ERROR_MESSAGE'::text, 'the answer has more than 1 MB', 'L24: and what it says');
-- L24: what looks at answers does not outlive the statement, in which these read the receiver of its rows once more.
PREPARE tap_described(text) AS SELECT $1 AS text;
EXECUTE tap_described(obj_description('int8'::regtype, 'pg_type')) \gset described_
SELECT is(:'described_text'::text, obj_description('int8'::regtype, 'pg_type'),
	'L24: a statement within the parameters of another');
CREATE PROCEDURE pg_temp.run_as_sql() LANGUAGE sql AS 'SELECT 1';
CALL pg_temp.run_as_sql();
\copy (SELECT 1 UNION SELECT 2) TO /dev/null
SELECT is(:'ROW_COUNT'::text, '2', 'L24: COPY counts its rows');
-- L24: pages of the gateway, which are sums: of what is read, and of what is written.
INSERT INTO session_group.summaries (project_id, created_by_id, title, summary, created_at)
SELECT 910003, NULL, 'large', jsonb_build_object('patterns',
	(SELECT jsonb_agg(jsonb_build_object('pattern_name', g::text, 'severity', severity, 'pattern_description',
	repeat(c, size))) FROM generate_series(1, n) AS g)), now()
FROM (VALUES ('high', 'd', 150000, 8), ('low', E'\x01', 50000, 4)) AS v (severity, c, size, n);
\set worst '/api/projects/910003/session_group_summaries/patterns/'
SELECT is(left(tap.http('GET', :'worst' || query, tap.key('evewrite')), 100),
	'400 {"type":"validation_error","code":"invalid_input","detail":"The answer is too large. Ask for few',
	'L24: a page of patterns: ' || query)
FROM unnest(ARRAY['?limit=8', '?limit=4&severity=low']) AS query;
SELECT is(left(tap.http('GET', :'worst' || query, tap.key('evewrite')), 12), '200 {"count"',
	'L24: a smaller one: ' || query)
FROM unnest(ARRAY['?limit=6', '?limit=3&severity=low']) AS query;
SELECT is(tap.outcome('tap_app', NULL, statement), expected,
	'L24: what is read ends where it is too large, before all of it is there: ' || statement)
FROM (VALUES ('SELECT repeat(''x'', 500000) FROM generate_series(1, 2)', '2'),
	('SELECT repeat(''x'', 500000) FROM generate_series(1, 3)', '54000')) AS v (statement, expected);
RESET request.method;
RESET session_group.max_answer_size;

-- L23: rows that one request writes (transaction_end.sql).
SELECT is(tap.outcome('tap_app', NULL, 'SET LOCAL session_group.max_rows_written = 0'), '42501',
	'L23: who asks does not set how many');
SELECT is(tap.outcome('tap_app', NULL, 'SET LOCAL session_group.max_answer_size = 1023'), '42501',
	'L24: who asks does not set it');

-- A body of many values is refused before it is parsed, whatever it is sent as.
SELECT alike(tap.http('POST', '/api/projects/910001/session_group_summaries/', tap.key('annwrite'), body, type),
	'400 %' || said || '%', 'L24: many ' || name)
FROM (VALUES ('objects', '{"summary":[' || repeat('{},', 50000) || '0]}', 'application/json',
	'More than 200000 values, or more than 50000 objects and lists.'),
	('numbers', '{"summary":[' || repeat('0,', 200000) || '0]}', 'application/json',
		'More than 200000 values, or more than 50000 objects and lists.'),
	('lists in a form', 'summary=[' || repeat('[],', 50000) || '0]', 'application/x-www-form-urlencoded',
		'Value must be valid JSON.')) AS b (name, body, type, said);

SELECT * FROM finish();
ROLLBACK;
