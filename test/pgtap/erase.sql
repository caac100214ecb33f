-- Line 30 of the threat list: what is erased is gone from every table, and only that. (Project 910002 has
-- summaries of the same ids; test/system/test_erase.py reads the files.)
\ir setup.psql

CREATE FUNCTION tap.kept(project bigint, wanted uuid) RETURNS text LANGUAGE SQL
RETURN (SELECT concat_ws(' ', (SELECT count(*) FROM session_group.summaries WHERE project_id = project AND id = wanted),
	(SELECT count(*) FROM session_group.activity WHERE project_id = project AND summary_id = wanted),
	(SELECT count(*) FROM session_group.pattern_rows WHERE project_id = project AND summary_id = wanted),
	(SELECT count(*) FROM session_group.pattern_numbers WHERE project_id = project AND summary_id = wanted),
	(SELECT count(*) FROM session_group.title_rows WHERE project_id = project AND summary_id = wanted),
	(SELECT count(*) FROM session_group.idempotency_keys k WHERE project_id = project
	AND convert_from(k.body, 'UTF8') LIKE '%' || wanted || '%')));
UPDATE session_group.summaries SET title = 'Changed', summary = '{"patterns": [{"pattern_name": "Voucher"}]}'
WHERE project_id < 910003;
INSERT INTO session_group.idempotency_keys (project_id, user_id, key_digest, request_digest, status, body)
SELECT project_id, project_id + 10, sha256(id::text::bytea), sha256('r'), 201,
	convert_to(format('{"id":"%s","title":"Grüße"}', id), 'UTF8')
FROM session_group.summaries WHERE project_id < 910003;
\set first '01900000-0000-7000-8000-000000000001'
SELECT results_eq(format('SELECT tap.kept(p, %L) FROM unnest(ARRAY[910001, 910002]) AS p', :'first'),
	$$VALUES ('1 2 1 1 1 1'), ('1 2 1 1 1 1')$$, 'there is something');
SELECT session_group.erase_summary(910001, :'first');
SELECT results_eq(format('SELECT tap.kept(p, %L) FROM unnest(ARRAY[910001, 910002]) AS p', :'first'),
	$$VALUES ('0 0 0 0 0 0'), ('1 2 1 1 1 1')$$,
	'L30: a summary is erased, and none of another project');
SELECT results_eq($$SELECT activity, summary_id, user_id, api_key, request_id, changes
	FROM session_group.list_activity(910001, row_limit => 1)$$,
	$$VALUES ('deleted', '00000000-0000-0000-0000-000000000000'::uuid, NULL::bigint, NULL, NULL, '[]'::jsonb)$$,
	'L30: the newest record says nothing of it');
SELECT is((SELECT count(*) FROM session_group.idempotency_keys), 5::bigint, 'L30: answers about others stay');
SELECT throws_ok(format('SELECT session_group.erase_summary(910001, %L)', :'first'), 'P0002',
	format('nothing is kept of summary %s in project 910001', :'first'));

-- One that was deleted, and is not the newest: no record stays.
SELECT count(*) AS before FROM session_group.activity WHERE project_id = 910002 \gset
DELETE FROM session_group.summaries WHERE project_id = 910002 AND id = '01900000-0000-7000-8000-000000000002';
UPDATE session_group.summaries SET title = 'Later' WHERE project_id = 910002 AND id = :'first';
SELECT session_group.erase_summary(910002, '01900000-0000-7000-8000-000000000002');
SELECT is((SELECT count(*) FROM session_group.activity WHERE project_id = 910002), (:before - 1)::bigint,
	'L30: one that was deleted before');
SELECT is((SELECT max(seq) FROM session_group.activity WHERE project_id = 910002),
	(SELECT max(seq) FROM session_group.list_activity(910002, :'first')), 'its records are gone');

-- A person: ben made what 910002 has.
UPDATE session_group.summaries SET created_by_id = 910013 WHERE project_id = 910002 AND id = :'first';
UPDATE session_group.activity SET user_id = 910012, api_key = 'phx_...', request_id = 'r' WHERE project_id = 910002
	AND seq = (SELECT min(seq) FROM session_group.activity WHERE project_id = 910002);
SELECT ok((SELECT count(*) > 0 FROM session_group.api_keys WHERE user_id = 910012), 'ben has keys');
CREATE FUNCTION tap.others() RETURNS text LANGUAGE SQL STABLE
RETURN (SELECT md5(string_agg(x, '|' ORDER BY x))
	FROM (SELECT u::text FROM session_group.users u WHERE id <> 910012 UNION ALL SELECT k::text
	FROM session_group.api_keys k WHERE user_id <> 910012
	UNION ALL SELECT m::text FROM session_group.members m WHERE user_id <> 910012 UNION ALL SELECT a::text
	FROM session_group.activity a WHERE a::text NOT LIKE '%910012%') AS t (x));
SELECT tap.others() AS others \gset
SELECT session_group.erase_user(910012);
SELECT is_empty('SELECT FROM session_group.activity a WHERE (to_jsonb(a) - ''seq'')::text ~ ''\m910012\M''',
	'L30: no record has the user');
SELECT isnt_empty($$SELECT FROM session_group.activity
	WHERE changes @> '[{"field": "created_by", "before": null, "after": 910013}]'$$,
	'L30: who came after stays in the record');
SELECT is_empty($$SELECT FROM session_group.users WHERE id = 910012 UNION ALL SELECT FROM session_group.api_keys
	WHERE user_id = 910012
	UNION ALL SELECT FROM session_group.members WHERE user_id = 910012 UNION ALL SELECT
	FROM session_group.idempotency_keys WHERE user_id = 910012$$, 'L30: a user is erased');
SELECT alike(tap.value('tap_app', 'benwrite', 'tap.who()'), '28000%', 'L30: the keys open nothing');
SELECT isnt_empty('SELECT FROM session_group.summaries WHERE project_id = 910002', 'what the user made stays');
SELECT throws_ok('SELECT session_group.erase_user(910012)', 'P0002', 'no user has id 910012');
SELECT is_empty('SELECT * FROM session_group.check_counts()', 'numbers are right');
SELECT is_empty('SELECT * FROM session_group.check_rows()', 'and rows of patterns');

SELECT * FROM finish();
ROLLBACK;
