-- Lines 8 and 9 of the threat list: every verb on every table and view, by
-- everyone, with the right form of denial; rows that would change tenants.
\ir setup.psql

-- Each project has patterns that are rows, a summary whose patterns are not rows yet, and a note of what
-- retention has deleted.
UPDATE session_group.summaries SET summary = '{"patterns": [{"severity": "high"}]}'
	WHERE project_id BETWEEN 910001 AND 910003;
INSERT INTO session_group.pending_rows SELECT id, gen_random_uuid() FROM session_group.projects
	WHERE id BETWEEN 910001 AND 910003;
INSERT INTO session_group.activity_purges SELECT id, 0 FROM session_group.projects WHERE id BETWEEN 910001 AND 910003;

-- Who tries. "a_" identities are of project A; "b_write" belongs to B only.
-- Expected: a number of rows, or the SQLSTATE of the refusal.
CREATE TABLE tap.actor (position int, name text, login text, key text);
INSERT INTO tap.actor VALUES
	(1, 'stranger', 'tap_stranger', NULL), (2, 'anon', 'tap_anon', NULL), (3, 'gateway', 'tap_backend', 'annwrite'),
	(4, 'api without identity', 'tap_app', NULL), (5, 'api without scope', 'tap_app', 'annnone'),
	(6, 'api reading A', 'tap_app', 'annread'), (7, 'api writing A', 'tap_app', 'annwrite'),
	(8, 'api writing B', 'tap_app', 'benwrite'),
	(9, 'admin', 'tap_operator', NULL);

CREATE TABLE tap.verb (name text, sql text, expected text[]);
\set a1 '''01900000-0000-7000-8000-000000000001'''
-- In the order: stranger, anon, gateway, no identity, no scope, reads A, writes A, writes B, admin.
-- T is the table of summaries, V its view. Ids exist in A, B and C alike.
INSERT INTO tap.verb VALUES
('SELECT T', 'SELECT FROM session_group.summaries WHERE project_id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,0,0,3,3,3,7}'),
('SELECT V', 'SELECT FROM session_group_api.session_group_summaries WHERE project_id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,0,0,3,3,3,42501}'),
('SELECT T of A', 'SELECT FROM session_group.summaries WHERE project_id = 910001', '{42501,42501,42501,0,0,3,3,0,3}'),
('SELECT V of A', 'SELECT FROM session_group_api.session_group_summaries WHERE project_id = 910001',
	'{42501,42501,42501,0,0,3,3,0,42501}'),
('SELECT T by id', 'SELECT FROM session_group.summaries WHERE id = ' || :'a1', '{42501,42501,42501,0,0,1,1,1,3}'),
('SELECT FOR UPDATE T', 'SELECT FROM session_group.summaries WHERE project_id = 910001 FOR UPDATE',
	'{42501,42501,42501,0,0,0,3,0,3}'),
('SELECT FOR SHARE T', 'SELECT FROM session_group.summaries WHERE project_id = 910001 FOR SHARE',
	'{42501,42501,42501,0,0,0,3,0,3}'),
('SELECT FOR KEY SHARE V',
	'SELECT FROM session_group_api.session_group_summaries WHERE project_id = 910001 FOR KEY SHARE',
	'{42501,42501,42501,0,0,0,3,0,42501}'),
('INSERT T', $$INSERT INTO session_group.summaries (project_id, title) VALUES (910001, 'n')$$,
	'{42501,42501,42501,42501,42501,42501,1,42501,1}'),
('INSERT V', $$INSERT INTO session_group_api.session_group_summaries (project_id, title) VALUES (910001, 'n')$$,
	'{42501,42501,42501,42501,42501,42501,1,42501,42501}'),
('INSERT T RETURNING', $$INSERT INTO session_group.summaries (project_id, title) VALUES (910001, 'n') RETURNING *$$,
	'{42501,42501,42501,42501,42501,42501,1,42501,1}'),
('INSERT V of two projects', $$INSERT INTO session_group_api.session_group_summaries (project_id, title)
	VALUES (910001, 'n'), (910002, 'n')$$, '{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('INSERT V of an unknown project', $$INSERT INTO session_group_api.session_group_summaries (project_id, title)
	VALUES (910099, 'n')$$, '{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('INSERT T of no project', $$INSERT INTO session_group.summaries (project_id, title) VALUES (NULL, 'n')$$,
	'{42501,42501,42501,23502|42501,23502|42501,23502|42501,23502|42501,23502|42501,23502}'),
('INSERT ON CONFLICT T', $$INSERT INTO session_group.summaries (project_id, title) VALUES (910001, 'n')
	ON CONFLICT DO NOTHING$$, '{42501,42501,42501,42501,42501,42501,1,42501,1}'),
('INSERT ON CONFLICT DO UPDATE T', $$INSERT INTO session_group.summaries (project_id, title) VALUES (910001, 'n')
	ON CONFLICT (project_id, id) DO UPDATE SET title = 'n'$$, '{42501,42501,42501,42501,42501,42501,1,42501,1}'),
('INSERT ON CONFLICT with id T', 'INSERT INTO session_group.summaries (project_id, id, title) VALUES (910001, ' || :'a1'
	|| $$, 'n') ON CONFLICT (project_id, id) DO UPDATE SET title = 'n'$$,
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('INSERT ON CONFLICT with id V',
	'INSERT INTO session_group_api.session_group_summaries (project_id, id, title) VALUES (910001, ' || :'a1'
	|| $$, 'n') ON CONFLICT (project_id, id) DO NOTHING$$, '{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('UPDATE T', $$UPDATE session_group.summaries SET title = 'n' WHERE project_id = 910001$$,
	'{42501,42501,42501,0,0,0,3,0,3}'),
('UPDATE T without WHERE', $$UPDATE session_group.summaries SET title = 'n'$$, '{42501,42501,42501,0,0,0,3,3,*}'),
('UPDATE V', $$UPDATE session_group_api.session_group_summaries SET title = 'n' WHERE project_id = 910001$$,
	'{42501,42501,42501,0,0,0,3,0,42501}'),
('UPDATE V without WHERE', $$UPDATE session_group_api.session_group_summaries SET title = 'n'$$,
	'{42501,42501,42501,0,0,0,3,3,42501}'),
('UPDATE T RETURNING', $$UPDATE session_group.summaries SET title = 'n' WHERE project_id = 910001 RETURNING title$$,
	'{42501,42501,42501,0,0,0,3,0,3}'),
('UPDATE V FROM a foreign row', $$UPDATE session_group_api.session_group_summaries s SET title = f.title
	FROM session_group.summaries f WHERE f.id = s.id AND f.project_id <> s.project_id
	AND f.project_id > 910000$$, '{42501,42501,42501,0,0,0,0,0,42501}'),
('DELETE T', 'DELETE FROM session_group.summaries WHERE project_id = 910001', '{42501,42501,42501,0,0,0,3,0,3}'),
('DELETE V', 'DELETE FROM session_group_api.session_group_summaries WHERE project_id = 910001',
	'{42501,42501,42501,0,0,0,3,0,42501}'),
('DELETE V without WHERE', 'DELETE FROM session_group_api.session_group_summaries',
	'{42501,42501,42501,0,0,0,3,3,42501}'),
('DELETE T RETURNING', 'DELETE FROM session_group.summaries WHERE project_id = 910001 RETURNING summary',
	'{42501,42501,42501,0,0,0,3,0,3}'),
('MERGE T, update', $$MERGE INTO session_group.summaries s USING (VALUES (910001)) v (p) ON s.project_id = v.p
	WHEN MATCHED THEN UPDATE SET title = 'n'$$, '{42501,42501,42501,0,0,42501,3,0,3}'),
('MERGE T, delete',
	'MERGE INTO session_group.summaries s USING (VALUES (910001)) v (p) ON s.project_id = v.p WHEN MATCHED THEN DELETE',
	'{42501,42501,42501,0,0,42501,3,0,3}'),
('MERGE T, insert', $$MERGE INTO session_group.summaries s USING (VALUES (910001)) v (p) ON false
	WHEN NOT MATCHED THEN INSERT (project_id, title)
	VALUES (p, 'n')$$, '{42501,42501,42501,42501,42501,42501,1,42501,1}'),
('MERGE T, insert what exists unseen',
	$$MERGE INTO session_group.summaries s USING (VALUES (910001)) v (p) ON s.project_id = v.p
	WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT (project_id, title)
	VALUES (p, 'n')$$, '{42501,42501,42501,42501,42501,0,0,42501,0}'),
('TRUNCATE T', 'TRUNCATE session_group.summaries', '{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('TRUNCATE V', 'TRUNCATE session_group_api.session_group_summaries',
	'{42501,42501|42809,42501|42809,42501|42809,42501|42809,42501|42809,42501|42809,42501|42809,42501|42809}'),
('LOCK T', 'LOCK session_group.summaries IN ACCESS EXCLUSIVE MODE', '{42501,42501,42501,*,*,*,*,*,*}'),
('COPY T TO a file', 'COPY session_group.summaries TO ''/tmp/tap''',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('COPY T FROM a program', 'COPY session_group.summaries FROM PROGRAM ''true''',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('CTE that writes', $$WITH x AS (DELETE FROM session_group.summaries WHERE project_id = 910001 RETURNING id) SELECT
	FROM x$$, '{42501,42501,42501,0,0,0,3,0,3}'),
('UPDATE T of version', 'UPDATE session_group.summaries SET version = 9 WHERE project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,3}'),
('UPDATE T of created_by_id', 'UPDATE session_group.summaries SET created_by_id = 910013 WHERE project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,3}'),
('UPDATE T of created_at', 'UPDATE session_group.summaries SET created_at = now() WHERE project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,3}'),
('UPDATE V of id', 'UPDATE session_group_api.session_group_summaries SET id = gen_random_uuid()',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('INSERT T with created_by_id',
	'INSERT INTO session_group.summaries (project_id, created_by_id) VALUES (910001, 910013)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('INSERT V with created_at',
	'INSERT INTO session_group_api.session_group_summaries (project_id, created_at) VALUES (910001, now())',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
-- line 9
('move T to B', 'UPDATE session_group.summaries SET project_id = 910002 WHERE project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,0A000}'),
('move V to B', 'UPDATE session_group_api.session_group_summaries SET project_id = 910002 WHERE project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('a foreign creator', 'INSERT INTO session_group.summaries (project_id, created_by_id) VALUES (910001, 910012)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,23503}'),
-- people and projects
('SELECT projects', 'SELECT id, name, timezone FROM session_group.projects WHERE id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,0,0,1,1,1,3}'),
('SELECT * of projects', 'SELECT * FROM session_group.projects WHERE id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,42501,42501,42501,42501,42501,3}'),
('INSERT projects', 'INSERT INTO session_group.projects (name) VALUES (''n'')',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('UPDATE projects', 'UPDATE session_group.projects SET name = ''n'' WHERE id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('DELETE projects', 'DELETE FROM session_group.projects WHERE id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('TRUNCATE projects', 'TRUNCATE session_group.projects CASCADE',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('SELECT users', 'SELECT id, uuid, email FROM session_group.users WHERE id BETWEEN 910011 AND 910015',
	'{42501,42501,42501,0,0,4,4,2,5}'),
('SELECT * of users', 'SELECT * FROM session_group.users WHERE id BETWEEN 910011 AND 910015',
	'{42501,42501,42501,42501,42501,42501,42501,42501,5}'),
('SELECT users'' projects', 'SELECT project_ids FROM session_group.users',
	'{42501,42501,42501,42501,42501,42501,42501,42501,*}'),
('SELECT users by projects', 'SELECT id FROM session_group.users WHERE project_ids <> ''{}''',
	'{42501,42501,42501,42501,42501,42501,42501,42501,*}'),
('SELECT users'' state', 'SELECT is_active FROM session_group.users',
	'{42501,42501,42501,42501,42501,42501,42501,42501,*}'),
('INSERT users', 'INSERT INTO session_group.users (email) VALUES (''n@tap.example'')',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('UPDATE users', 'UPDATE session_group.users SET project_ids = ''{910001,910002}'' WHERE id = 910011',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('DELETE users', 'DELETE FROM session_group.users WHERE id = 910011',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('SELECT members', 'SELECT project_id, user_id FROM session_group.members WHERE project_id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,0,0,4,4,2,7}'),
('SELECT * of members', 'SELECT * FROM session_group.members', '{42501,42501,42501,42501,42501,42501,42501,42501,*}'),
('INSERT members', 'INSERT INTO session_group.members (project_id, user_id) VALUES (910002, 910011)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('UPDATE members', 'UPDATE session_group.members SET removed_at = NULL WHERE project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,4}'),
('DELETE members', 'DELETE FROM session_group.members WHERE project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,4}'),
('move members to B', 'UPDATE session_group.members SET project_id = 910002 WHERE project_id = 910003',
	'{42501,42501,42501,42501,42501,42501,42501,42501,0A000}'),
('SELECT V of users', 'SELECT * FROM session_group_api.project_users WHERE project_id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,0,0,4,4,2,42501}'),
('UPDATE V of users', 'UPDATE session_group_api.project_users SET email = ''n''',
	'{42501,42501|55000,42501|55000,42501|55000,42501|55000,42501|55000,42501|55000,42501|55000,42501|55000}'),
('DELETE V of users', 'DELETE FROM session_group_api.project_users',
	'{42501,42501|55000,42501|55000,42501|55000,42501|55000,42501|55000,42501|55000,42501|55000,42501|55000}'),
('SELECT keys', 'SELECT id FROM session_group.api_keys', '{42501,42501,42501,42501,42501,42501,42501,42501,*}'),
('count keys', 'SELECT count(*) FROM session_group.api_keys', '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('a key exists', 'SELECT 1 WHERE EXISTS (SELECT FROM session_group.api_keys)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('INSERT keys', $$INSERT INTO session_group.api_keys (user_id, label, mask, hash, scopes)
	VALUES (910011, 'n', 'n', tap.hash('n'), '{*}')$$, '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('UPDATE keys', 'UPDATE session_group.api_keys SET scopes = ''{*}'' WHERE label = ''annread''',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('DELETE keys', 'DELETE FROM session_group.api_keys WHERE label = ''annread''',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
-- numbers of summaries
('SELECT counts', 'SELECT project_id FROM session_group.project_counts',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('INSERT counts',
	'INSERT INTO session_group.project_counts (project_id, as_of, summaries, records) VALUES (910001, ''1'', 1, 1)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('UPDATE counts', 'UPDATE session_group.project_counts SET summaries = 0',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('DELETE counts', 'DELETE FROM session_group.project_counts',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('TRUNCATE counts', 'TRUNCATE session_group.project_counts', '{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('check_counts', 'SELECT session_group.check_counts()', '{42501,42501,42501,42501,42501,42501,42501,42501,0}'),
('repair_counts', 'SELECT session_group.repair_counts()', '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('repair', 'SELECT what FROM session_group.repair()', '{42501,42501,42501,42501,42501,42501,42501,42501,5}'),
('count_activity', 'SELECT session_group.count_activity(910001)', '{42501,42501,42501,42501,42501,1,1,42501,1}'),
-- patterns as rows
('SELECT pattern_rows',
	'SELECT DISTINCT project_id FROM session_group.pattern_rows WHERE project_id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,0,0,1,1,1,3}'),
('SELECT pattern_rows of A', 'SELECT DISTINCT project_id FROM session_group.pattern_rows WHERE project_id = 910001',
	'{42501,42501,42501,0,0,1,1,0,1}'),
('SELECT xmin of pattern_rows', 'SELECT xmin FROM session_group.pattern_rows WHERE project_id = 910001 LIMIT 1',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('INSERT pattern_rows', 'INSERT INTO session_group.pattern_rows SELECT * FROM session_group.pattern_rows LIMIT 1',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('UPDATE pattern_rows', 'UPDATE session_group.pattern_rows SET project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('DELETE pattern_rows', 'DELETE FROM session_group.pattern_rows',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('TRUNCATE pattern_rows', 'TRUNCATE session_group.pattern_rows',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('SELECT pattern_numbers',
	'SELECT DISTINCT project_id FROM session_group.pattern_numbers WHERE project_id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,0,0,1,1,1,3}'),
('SELECT pattern_numbers of A',
	'SELECT DISTINCT project_id FROM session_group.pattern_numbers WHERE project_id = 910001',
	'{42501,42501,42501,0,0,1,1,0,1}'),
('SELECT xmin of pattern_numbers', 'SELECT xmin FROM session_group.pattern_numbers WHERE project_id = 910001 LIMIT 1',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('INSERT pattern_numbers',
	'INSERT INTO session_group.pattern_numbers SELECT * FROM session_group.pattern_numbers LIMIT 1',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('UPDATE pattern_numbers', 'UPDATE session_group.pattern_numbers SET project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('DELETE pattern_numbers', 'DELETE FROM session_group.pattern_numbers',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('TRUNCATE pattern_numbers', 'TRUNCATE session_group.pattern_numbers',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('SELECT title_rows',
	'SELECT DISTINCT project_id FROM session_group.title_rows WHERE project_id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,42501,42501,42501,42501,42501,3}'),
('SELECT title_rows of A', 'SELECT DISTINCT project_id FROM session_group.title_rows WHERE project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('SELECT xmin of title_rows', 'SELECT xmin FROM session_group.title_rows WHERE project_id = 910001 LIMIT 1',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('INSERT title_rows', 'INSERT INTO session_group.title_rows SELECT * FROM session_group.title_rows LIMIT 1',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('UPDATE title_rows', 'UPDATE session_group.title_rows SET project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('DELETE title_rows', 'DELETE FROM session_group.title_rows',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('TRUNCATE title_rows', 'TRUNCATE session_group.title_rows', '{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('SELECT pending_rows',
	'SELECT DISTINCT project_id FROM session_group.pending_rows WHERE project_id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,0,0,1,1,1,3}'),
('SELECT pending_rows of A', 'SELECT DISTINCT project_id FROM session_group.pending_rows WHERE project_id = 910001',
	'{42501,42501,42501,0,0,1,1,0,1}'),
('SELECT xmin of pending_rows', 'SELECT xmin FROM session_group.pending_rows WHERE project_id = 910001 LIMIT 1',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('INSERT pending_rows', 'INSERT INTO session_group.pending_rows SELECT * FROM session_group.pending_rows LIMIT 1',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('UPDATE pending_rows', 'UPDATE session_group.pending_rows SET project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('DELETE pending_rows', 'DELETE FROM session_group.pending_rows',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('TRUNCATE pending_rows', 'TRUNCATE session_group.pending_rows',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('make_rows', 'SELECT session_group.make_rows()', '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('remake_rows', 'SELECT session_group.remake_rows(910001)', '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('repair_titles', 'SELECT session_group.repair_titles()', '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('check_rows', 'SELECT session_group.check_rows()', '{42501,42501,42501,42501,42501,42501,42501,42501,0}'),
-- activity
('SELECT activity', 'SELECT DISTINCT project_id FROM session_group.activity WHERE project_id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,0,0,1,1,1,3}'),
('SELECT activity of A', 'SELECT DISTINCT project_id FROM session_group.activity WHERE project_id = 910001',
	'{42501,42501,42501,0,0,1,1,0,1}'),
('SELECT horizon of activity', 'SELECT DISTINCT horizon > ''0'' FROM session_group.activity WHERE project_id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('SELECT xmin of activity', 'SELECT xmin FROM session_group.activity WHERE project_id = 910001 LIMIT 1',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('INSERT activity',
	'INSERT INTO session_group.activity (project_id, seq, summary_id, activity, how, changes) VALUES (910001, 99, gen_random_uuid(), ''created'', ''sql'', ''[]'')',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('UPDATE activity', 'UPDATE session_group.activity SET how = ''n''',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('DELETE activity', 'DELETE FROM session_group.activity', '{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('TRUNCATE activity', 'TRUNCATE session_group.activity', '{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('list_activity of A', 'SELECT DISTINCT project_id FROM session_group.list_activity(910001)',
	'{42501,42501,42501,42501,42501,1,1,42501,1}'),
('activity_since of A', 'SELECT count(*) FROM session_group.activity_since(910001)',
	'{42501,42501,42501,42501,42501,1,1,42501,1}'),
('SELECT activity_purges',
	'SELECT project_id FROM session_group.activity_purges WHERE project_id BETWEEN 910001 AND 910003',
	'{42501,42501,42501,0,0,1,1,1,3}'),
('SELECT activity_purges of A', 'SELECT project_id FROM session_group.activity_purges WHERE project_id = 910001',
	'{42501,42501,42501,0,0,1,1,0,1}'),
('INSERT activity_purges', 'INSERT INTO session_group.activity_purges VALUES (910001, 5)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('UPDATE activity_purges', 'UPDATE session_group.activity_purges SET purged_to = 5',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('DELETE activity_purges', 'DELETE FROM session_group.activity_purges',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('SELECT activity_sequences', 'SELECT FROM session_group.activity_sequences',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('UPDATE activity_sequences', 'UPDATE session_group.activity_sequences SET last = 0',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('INSERT activity_sequences', 'INSERT INTO session_group.activity_sequences VALUES (910001, 0)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('DELETE activity_sequences', 'DELETE FROM session_group.activity_sequences',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
-- retention
('set_retention', 'SELECT session_group.set_retention(910001, ''1 day'')',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('set_activity_retention', 'SELECT session_group.set_activity_retention(910001, ''1 day'')',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('SELECT activity_retention', 'SELECT activity_retention FROM session_group.projects WHERE id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('SELECT retention', 'SELECT retention FROM session_group.projects WHERE id = 910001',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('purge_expired', 'SELECT session_group.purge_expired()', '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
-- forgetting
('erase_summary', 'SELECT session_group.erase_summary(910001, ''01900000-0000-7000-8000-000000000001'')',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('erase_user', 'SELECT session_group.erase_user(910011)', '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
-- sequences
('nextval', 'SELECT nextval(''session_group.projects_id_seq'')', '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('currval of keys', 'SELECT last_value FROM session_group.api_keys_id_seq',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('setval', 'SELECT setval(''session_group.users_id_seq'', 1)', '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('setval of keys', 'SELECT setval(''session_group.api_keys_id_seq'', 1)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
-- definitions
('ALTER TABLE', 'ALTER TABLE session_group.summaries DISABLE ROW LEVEL SECURITY',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('CREATE POLICY', 'CREATE POLICY p ON session_group.summaries USING (true)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('DROP POLICY', 'DROP POLICY summaries_read ON session_group.summaries',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('CREATE TRIGGER',
	'CREATE TRIGGER t BEFORE INSERT ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION session_group.summaries_before_write()',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('DROP TRIGGER', 'DROP TRIGGER summaries_before_write ON session_group.summaries',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('CREATE RULE', 'CREATE RULE r AS ON INSERT TO session_group.summaries DO INSTEAD NOTHING',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('CREATE INDEX', 'CREATE INDEX ON session_group.summaries (title)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('REFERENCES', 'CREATE TEMP TABLE t (p bigint, i uuid, FOREIGN KEY (p, i) REFERENCES session_group.summaries)',
	'{42501,42501|42P16,42501|42P16,42501|42P16,42501|42P16,42501|42P16,42501|42P16,42501|42P16,42501|42P16}'),
('INHERITS', 'CREATE TEMP TABLE t () INHERITS (session_group.summaries)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('CREATE in the schema', 'CREATE TABLE session_group.t ()', '{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('CREATE FUNCTION in the schema', 'CREATE FUNCTION session_group_api.f() RETURNS int LANGUAGE SQL RETURN 1',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('CREATE OR REPLACE',
	'CREATE OR REPLACE FUNCTION session_group.readable_project_ids() RETURNS bigint[] LANGUAGE SQL RETURN ''{910001,910002}''::bigint[]',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('ALTER FUNCTION', 'ALTER FUNCTION session_group.login(text) SECURITY DEFINER',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('ALTER VIEW', 'ALTER VIEW session_group_api.session_group_summaries SET (security_invoker = false)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('GRANT', 'GRANT SELECT ON session_group.api_keys TO PUBLIC', '{42501,42501,42501,42501,42501,42501,42501,42501,0}'),
('GRANT of a role', 'GRANT session_group_gateway TO CURRENT_USER',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}'),
('SELECT catalogue statistics', $$SELECT FROM pg_statistic$$,
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501}');

SELECT is(cardinality(expected), 9, 'L8: an expectation for everyone: ' || name) FROM tap.verb
	WHERE cardinality(expected) <> 9;
SELECT is(CASE WHEN wanted = '*' OR got = ANY (string_to_array(wanted, '|')) THEN wanted ELSE got END, wanted,
		  format('%s: %s, %s', CASE WHEN v.name ~ '^(move|a foreign)' THEN 'L9' ELSE 'L8' END, v.name, a.name))
FROM tap.verb v, tap.actor a,
	 LATERAL (SELECT v.expected[a.position] AS wanted, tap.outcome(a.login, a.key, v.sql) AS got OFFSET 0) AS o
ORDER BY a.position, v.name;

-- The functions are doors to the same rooms.
CREATE TABLE tap.door (name text, sql text, expected text[]);
INSERT INTO tap.door VALUES
('create_summary', 'SELECT session_group.create_summary(910001)',
	'{42501,42501,42501,42501,42501,42501,1,42501,42501|1}'),
('create_summary in an unknown project', 'SELECT session_group.create_summary(910099)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501|23503}'),
('get_summary', 'SELECT session_group.get_summary(910001, ' || :'a1' || ')',
	'{42501,42501,42501,42501,42501,1,1,42501,42501|1}'),
('update_summary', 'SELECT session_group.update_summary(910001, ' || :'a1' || ', ''{"title":"n"}'')',
	'{42501,42501,42501,42501,42501,42501,1,42501,42501|1}'),
('update_summary to move', 'SELECT session_group.update_summary(910001, ' || :'a1' || ', ''{"project_id":910002}'')',
	'{42501,42501,42501,42501|22023,42501|22023,42501|22023,22023,42501|22023,42501|22023}'),
('update_summary of its creator', 'SELECT session_group.update_summary(910001, ' || :'a1'
	|| ', ''{"created_by_id":910012}'')',
	'{42501,42501,42501,42501|22023,42501|22023,42501|22023,22023,42501|22023,42501|22023}'),
('delete_summary', 'SELECT session_group.delete_summary(910001, ' || :'a1' || ')',
	'{42501,42501,42501,42501,42501,42501,1,42501,42501|1}'),
('list_summaries', 'SELECT session_group.list_summaries(910001)', '{42501,42501,42501,42501,42501,3,3,42501,42501|3}'),
('list_summaries of an unknown project', 'SELECT session_group.list_summaries(910099)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,42501|0}'),
('count_summaries', 'SELECT session_group.count_summaries(910001)',
	'{42501,42501,42501,42501,42501,1,1,42501,42501|1}'),
('count_summaries of a severity', 'SELECT session_group.count_summaries(910001, severity => ''high'')',
	'{42501,42501,42501,42501,42501,1,1,42501,42501|1}'),
('create_project', 'SELECT session_group.create_project(''n'')', '{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('list_projects', 'SELECT session_group.list_projects()', '{42501,42501,42501,42501,42501,42501,42501,42501,*}'),
('add_member', 'SELECT session_group.add_member(910002, 910011)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('create_api_key', 'SELECT session_group.create_api_key(910011, ''n'', ''{*}'')',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('revoke_api_key', 'SELECT session_group.revoke_api_key(910101)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('list_api_keys', 'SELECT session_group.list_api_keys()', '{42501,42501,42501,42501,42501,42501,42501,42501,*}'),
('import_posthog', 'SELECT session_group.import_posthog(''nowhere'')',
	'{42501,42501,42501,42501,42501,42501,42501,42501,3F000}'),
('import_json', 'SELECT session_group.import_json(910001, ''[]'')',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}'),
('export_json', 'SELECT session_group.export_json(910001)', '{42501,42501,42501,42501,42501,42501,42501,42501,3}'),
('delete_project', 'SELECT session_group.delete_project(910002)',
	'{42501,42501,42501,42501,42501,42501,42501,42501,1}');
SELECT is(CASE WHEN wanted = '*' OR got = ANY (string_to_array(wanted, '|')) THEN wanted ELSE got END, wanted,
		  format('L8: %s(), %s', v.name, a.name))
FROM tap.door v, tap.actor a,
	 LATERAL (SELECT v.expected[a.position] AS wanted, tap.outcome(a.login, a.key, v.sql) AS got OFFSET 0) AS o
ORDER BY a.position, v.name;

-- A foreign summary and one that is nowhere are the same thing.
INSERT INTO session_group.summaries (project_id, id) VALUES (910002, '01900000-0000-7000-8000-00000000000b');
SELECT is(replace(tap.value('tap_app', 'annwrite', format(call, '01900000-0000-7000-8000-00000000000b')), '00b', '?'),
		  replace(tap.value('tap_app', 'annwrite', format(call, '01900000-0000-7000-8000-00000000000f')), '00f', '?'),
		  'L8: a foreign id and an unknown one: ' || call)
FROM unnest(ARRAY['session_group.get_summary(910001, ''%s'')', 'session_group.delete_summary(910001, ''%s'')',
	'session_group.update_summary(910001, ''%s'', ''{}'')']) AS call;
SELECT is(replace(tap.value('tap_app', 'annwrite', format(call, 910002)), '910002', '?'),
		  replace(tap.value('tap_app', 'annwrite', format(call, 910099)), '910099', '?'),
		  'L8: a foreign project and an unknown one: ' || call)
FROM unnest(ARRAY['session_group.list_summaries(%s)', 'session_group.count_summaries(%s)',
	'session_group.create_summary(%s)',
	'session_group.get_summary(%s, ''01900000-0000-7000-8000-000000000001'')',
	'session_group.delete_summary(%s, ''01900000-0000-7000-8000-000000000001'')',
	'session_group.update_summary(%s, ''01900000-0000-7000-8000-000000000001'', ''{}'')']) AS call;

-- After all refusals nothing has changed, seen by someone to whom no policy applies.
CREATE FUNCTION tap.state() RETURNS text STABLE LANGUAGE SQL
RETURN (SELECT md5(string_agg(s::text, E'\n' ORDER BY project_id, id)) FROM session_group.summaries s
	WHERE project_id BETWEEN 910001 AND 910003);
SELECT tap.state() AS before \gset
SET SESSION AUTHORIZATION tap_app;
SELECT session_group.login(tap.key('annread'));
UPDATE session_group.summaries SET title = 'changed';
DELETE FROM session_group.summaries;
UPDATE session_group_api.session_group_summaries SET title = 'changed';
DELETE FROM session_group_api.session_group_summaries;
SELECT session_group.login(tap.key('benwrite'));
UPDATE session_group.summaries SET title = 'changed' WHERE project_id <> 910002;
DELETE FROM session_group_api.session_group_summaries WHERE project_id <> 910002;
RESET SESSION AUTHORIZATION;
SELECT is(tap.state(), :'before', 'L8: a reader''s and a stranger''s writes changed nothing');

-- Line 9, should a column right slip in: the policy and the trigger still stand.
SAVEPOINT lax;
GRANT UPDATE, INSERT ON session_group.summaries TO session_group_api;
SELECT is(tap.outcome('tap_app', 'annwrite', 'UPDATE session_group.summaries SET project_id = 910002') IN ('0A000',
	'42501'), true, 'L9: with a right on the column, a row does not move to a foreign project');
SELECT is(tap.outcome('tap_app', 'catwrite',
	'UPDATE session_group.summaries SET project_id = 910002 WHERE project_id = 910001'), '0A000',
	'L9: nor to another one of one''s own');
SELECT is(tap.outcome('tap_app', 'catwrite',
	'UPDATE session_group.summaries SET id = gen_random_uuid() WHERE project_id = 910001'), '0A000',
	'L9: nor to another id');
SELECT is(tap.outcome('tap_app', 'annwrite',
	'INSERT INTO session_group.summaries (project_id, created_by_id) VALUES (910001, 910012)'), '23503',
	'L9: the creator belongs to the project');
SELECT is(tap.outcome('tap_app', 'annwrite', 'INSERT INTO session_group.summaries (project_id, id) VALUES (910002, '
	|| :'a1' || ')'), '42501', 'L9: an id of a foreign project is refused by the policy, not by the unique key');
SELECT is(tap.outcome('tap_app', 'annwrite',
	'INSERT INTO session_group.summaries (project_id, id) VALUES (910002, gen_random_uuid())'), '42501',
	'L9: as one is that is not taken');
ROLLBACK TO lax;

-- Users are seen through a shared project only, and no more of them than that.
SELECT is(tap.value('tap_app', key, $$(SELECT string_agg(first_name, ',' ORDER BY id) FROM session_group.users
	WHERE id BETWEEN 910011 AND 910015)$$), expected, 'L8: the people that are seen by ' || key)
FROM (VALUES ('annread', 'Ann,Cat,Dan,Eve'), ('benwrite', 'Ben,Cat'), ('catread', 'Ann,Ben,Cat,Dan,Eve'),
	('catonlya', 'Ann,Cat,Dan,Eve'), ('evewrite', 'Eve'), ('annnone', 'null')) AS v (key, expected);
SELECT is(tap.value('tap_app', 'catonlya',
	'(SELECT array_agg(DISTINCT project_id) FROM session_group_api.project_users)'), '{910001}',
	'L8: of a person in two projects, the one that may be read');

-- Numbers of summaries follow what the policies let through, and nothing else.
SAVEPOINT counting;
SET SESSION AUTHORIZATION tap_app;
SELECT session_group.login(tap.key('annwrite'));
DELETE FROM session_group.summaries;
INSERT INTO session_group.summaries (project_id, title) SELECT 910001, 'n' FROM generate_series(1, 100);
SAVEPOINT undone;
INSERT INTO session_group.summaries (project_id, title) SELECT 910001, 'n' FROM generate_series(1, 100);
DELETE FROM session_group.summaries WHERE title <> 'n';
ROLLBACK TO undone;
MERGE INTO session_group.summaries s USING (VALUES (1), (2)) v (n) ON v.n = 1 AND s.title = 'n' WHEN MATCHED THEN DELETE
	WHEN NOT MATCHED THEN INSERT (project_id, title) VALUES (910001, 'm');
SELECT is(session_group.count_summaries(910001), 1::bigint, 'L8: the number of summaries is that of ann''s');
RESET SESSION AUTHORIZATION;
SELECT is_empty('SELECT * FROM session_group.check_counts()', 'L8: all numbers are right');
ROLLBACK TO counting;
SELECT is_empty('SELECT * FROM session_group.check_counts()', 'L8: and after a rollback');

-- Kept numbers are those of the project, and not of another one that has them, too.
INSERT INTO session_group.projects (id, name) VALUES (1, 'First');
INSERT INTO session_group.summaries (project_id, created_by_id, title) SELECT 1, NULL, 'of the first'
	FROM generate_series(1, 77);
SELECT is(tap.value('tap_app', key, format('session_group.count_summaries(%s)', project)),
	(SELECT count(*) FROM session_group.summaries s WHERE s.project_id = project)::text,
	format('L12: the number of project %s alone', project))
FROM (VALUES ('annread', 910001), ('benwrite', 910002)) AS v (key, project);

-- Who is in more projects than are looked at one by one is known to those of the last of them, and to no others.
INSERT INTO session_group.projects (id, name) SELECT n, 'L8 ' || n FROM generate_series(900101, 900106) AS n;
INSERT INTO session_group.users (id, email) VALUES (910098, 'stranger@tap.example'), (910099, 'busy@tap.example');
INSERT INTO session_group.members (project_id, user_id) SELECT n, u FROM generate_series(900101, 900106) AS n, unnest(ARRAY[910098, 910099]) AS u;
INSERT INTO session_group.members (project_id, user_id) VALUES (910001, 910099);
SELECT is(tap.value('tap_app', 'annread', format('session_group.may_see(%s)', u)), seen, format('L8: a user of %s projects, known: %s', n, seen))
FROM (VALUES (910098, 6, 'false'), (910099, 7, 'true')) AS v (u, n, seen);

-- What is deleted and denied is not told by functions that leak.
CREATE SCHEMA tap_leak AUTHORIZATION tap_app;
SET SESSION AUTHORIZATION tap_app;
CREATE TABLE tap_leak.seen (value text);
CREATE FUNCTION tap_leak.see(value text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
'BEGIN INSERT INTO tap_leak.seen VALUES (value); RETURN true; END';
CREATE FUNCTION tap_leak.eq(a jsonb, b text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
'BEGIN INSERT INTO tap_leak.seen VALUES (a::text); RETURN true; END';
CREATE OPERATOR tap_leak.=== (LEFTARG = jsonb, RIGHTARG = text, FUNCTION = tap_leak.eq);
SELECT session_group.login(tap.key('annread'));
DO $$
BEGIN
	PERFORM FROM session_group.summaries WHERE tap_leak.see(project_id::text);
	PERFORM FROM session_group_api.session_group_summaries WHERE tap_leak.see(project_id::text)
	AND summary OPERATOR(tap_leak.===) 'x';
	PERFORM FROM session_group.users WHERE tap_leak.see(email);
	PERFORM FROM session_group_api.project_users WHERE tap_leak.see(project_id::text) AND tap_leak.see(email);
	PERFORM FROM session_group.projects WHERE tap_leak.see(id::text);
	PERFORM FROM session_group.summaries s JOIN session_group.users u ON u.id = s.created_by_id
	AND tap_leak.see(u.email || s.project_id::text);
	UPDATE session_group.summaries SET title = 'x' WHERE tap_leak.see(title || project_id::text);
END
$$;
RESET SESSION AUTHORIZATION;
SELECT ok((SELECT count(*) FROM tap_leak.seen) > 5, 'L8: functions that leak were called');
SELECT is_empty($$SELECT value FROM tap_leak.seen WHERE value ~ '910002|910003|ben@'$$,
	'L8: but saw nothing of other projects');

SELECT * FROM finish();
ROLLBACK;
