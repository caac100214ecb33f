-- The SQL functions on summaries, as an application calls them.
SET ROLE session_group_admin;
SELECT session_group.create_api_key(1, 'write 2', '{session_recording:write}') AS write_key \gset
SELECT session_group.create_api_key(1, 'read 2') AS read_key \gset
SELECT session_group.create_api_key(1, 'none', '{}') AS none_key \gset
SELECT session_group.create_api_key(2, 'of another', '{*}') AS other_key \gset
RESET ROLE;

-- without an identity, every door is shut
SET ROLE session_group_api;
SELECT * FROM session_group.current_identity();
SELECT session_group.readable_project_ids(), session_group.writable_project_ids(), session_group.current_user_id();
SELECT try($$SELECT session_group.create_summary(1)$$);
SELECT try($$SELECT session_group.list_summaries(1)$$);
SELECT try($$SELECT session_group.count_summaries(1)$$);
SELECT try($$SELECT session_group.get_summary(1, '018f2b5e-0000-7000-8000-000000000001')$$);
SELECT try($$SELECT session_group.delete_summary(1, '018f2b5e-0000-7000-8000-000000000001')$$);
SELECT try($$SELECT session_group.login('phx_wrong')$$);
SELECT try($$SELECT session_group.login(NULL)$$);
SELECT try($$SELECT session_group.login('')$$);
SELECT try($$SET session_group.identity = 'proof=api_key user=1 scopes=rw members=1'$$);

-- an identity ends with the transaction, and says so outside of one
SELECT session_group.login(:'read_key');
SELECT session_group.current_user_id();

-- create, get, update, delete
BEGIN;
SELECT session_group.login(:'write_key');
SELECT user_id, proof, scopes, readable_project_ids, writable_project_ids FROM session_group.current_identity();
SELECT project_id, title, session_ids, session_count, summary, extra_summary_context, run_metadata,
	created_by_id, version, created_at = now() AS now, substr(id::text, 15, 1) AS uuid_version
FROM session_group.create_summary(1);
SELECT id, title, session_ids, session_count, summary FROM session_group.create_summary(
	project_id => 1, title => 'Checkout trouble', session_ids => '{s-1,s-2}',
	summary => '{"patterns": [{"pattern_id": 1, "severity": "high"}]}',
	extra_summary_context => '{"focus": "checkout"}', run_metadata => '{"model": "m"}') \gset s_
SELECT :'s_title', :'s_session_ids', :'s_session_count', :'s_summary';
SELECT title, extra_summary_context, run_metadata FROM session_group.get_summary(1, :'s_id');
SELECT title, session_ids, version FROM session_group.update_summary(1, :'s_id', '{"title": "Checkout", "summary": null}');
SELECT summary IS NULL AS summary_null, extra_summary_context, updated_at > created_at AS updated
FROM session_group.get_summary(1, :'s_id');
SELECT session_ids, session_count, version FROM session_group.update_summary(1, :'s_id', '{"session_ids": ["a", "b", "c"]}');
SELECT version FROM session_group.update_summary(1, :'s_id', '{}');
COMMIT;

-- bad input changes nothing
BEGIN;
SELECT session_group.login(:'write_key');
SELECT try($$SELECT session_group.create_summary(NULL)$$);
SELECT try($$SELECT session_group.create_summary(1, NULL)$$);
SELECT try($$SELECT session_group.create_summary(1, '')$$);
SELECT try($$SELECT session_group.create_summary(1, E' \t\u00A0\u3000')$$);
SELECT try($$SELECT session_group.create_summary(1, repeat('é', 2048))$$);
SELECT try($$SELECT session_group.create_summary(1, repeat('é', 2049))$$);
SELECT try($$SELECT session_group.create_summary(1, session_ids => NULL)$$);
SELECT try($$SELECT session_group.create_summary(1, session_ids => '{a,NULL}')$$);
SELECT try($$SELECT session_group.create_summary(1, session_ids => '{a,""}')$$);
SELECT try($$SELECT session_group.create_summary(1, session_ids => '{{a},{b}}')$$);
SELECT try($$SELECT session_group.create_summary(1, session_ids => ARRAY['a', repeat('x', 201)])$$);
SELECT try($$SELECT session_group.create_summary(1, session_ids => array_fill('a'::text, '{1000}'))$$);
SELECT try($$SELECT session_group.create_summary(1, session_ids => array_fill('a'::text, '{1001}'))$$);
SELECT try($$SELECT session_group.create_summary(1, extra_summary_context => '[]')$$);
SELECT try($$SELECT session_group.create_summary(1, run_metadata => '"x"')$$);
SELECT try($$SELECT session_group.create_summary(2)$$);
SELECT try($$SELECT session_group.create_summary(99)$$);
ROLLBACK;
BEGIN;
SELECT session_group.login(:'write_key');
SELECT try(format($$SELECT session_group.update_summary(1, %L, '[]')$$, :'s_id'));
SELECT try(format($$SELECT session_group.update_summary(1, %L, '{"titel": "x"}')$$, :'s_id'));
SELECT try(format($$SELECT session_group.update_summary(1, %L, '{"id": "x"}')$$, :'s_id'));
SELECT try(format($$SELECT session_group.update_summary(1, %L, '{"title": 1}')$$, :'s_id'));
SELECT try(format($$SELECT session_group.update_summary(1, %L, '{"title": null}')$$, :'s_id'));
SELECT try(format($$SELECT session_group.update_summary(1, %L, '{"session_ids": "x"}')$$, :'s_id'));
SELECT try(format($$SELECT session_group.update_summary(1, %L, '{"session_ids": ["x", 1]}')$$, :'s_id'));
SELECT try(format($$SELECT session_group.update_summary(1, %L, '{"run_metadata": 1}')$$, :'s_id'));
SELECT try(format($$SELECT session_group.update_summary(1, %L, NULL)$$, :'s_id'));
SELECT try(format($$SELECT session_group.update_summary(1, NULL, '{}')$$));
SELECT try(format($$SELECT session_group.get_summary(2, %L)$$, :'s_id'));
SELECT try($$SELECT session_group.get_summary(1, '018f2b5e-0000-7000-8000-000000000001')$$);
SELECT try($$SELECT session_group.update_summary(1, '018f2b5e-0000-7000-8000-000000000001', '{}')$$);
SELECT try($$SELECT session_group.delete_summary(1, '018f2b5e-0000-7000-8000-000000000001')$$);
SELECT try($$SELECT session_group.get_summary(NULL, NULL)$$);
SELECT title, version FROM session_group.get_summary(1, :'s_id');
COMMIT;

-- a key that reads does not write
BEGIN;
SELECT session_group.login(:'read_key');
SELECT title FROM session_group.get_summary(1, :'s_id');
SELECT try($$SELECT session_group.create_summary(1)$$);
SELECT try(format($$SELECT session_group.update_summary(1, %L, '{"title": "x"}')$$, :'s_id'));
SELECT try(format($$SELECT session_group.delete_summary(1, %L)$$, :'s_id'));
COMMIT;
BEGIN;
SELECT session_group.login(:'none_key');
SELECT try(format($$SELECT session_group.get_summary(1, %L)$$, :'s_id'));
COMMIT;

-- ids come in the order in which they are made
SELECT bool_and(id > before) AS ascending FROM (
	SELECT id, lag(id) OVER (ORDER BY n) AS before FROM (
		SELECT n, session_group.uuidv7() AS id FROM generate_series(1, 10000) AS n) AS made) AS pairs;

-- pages
BEGIN;
SELECT session_group.login(:'write_key');
SELECT count(*) FROM generate_series(1, 25) AS n,
	LATERAL session_group.create_summary(2, 'Page 100% of ' || n, array_fill('s'::text, ARRAY[n % 3]));
SELECT title FROM session_group.list_summaries(2, 3, order_by => 'title');
SELECT title FROM session_group.list_summaries(2, 3, 2, '-title');
SELECT session_count, count(*) FROM session_group.list_summaries(2, order_by => 'session_count') GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM session_group.list_summaries(2, row_offset => 20);
SELECT count(*) FROM session_group.list_summaries(2, row_offset => 26);
SELECT array_agg(id) = array_agg(id ORDER BY id DESC) AS ties_by_id FROM session_group.list_summaries(2);
SELECT title FROM session_group.list_summaries(2, search => '% OF 2', order_by => 'title');
SELECT session_group.count_summaries(2), session_group.count_summaries(2, search => '0%'),
	session_group.count_summaries(2, search => '_'), session_group.count_summaries(2, search => '\');
SELECT session_group.count_summaries(2, created_by => (SELECT uuid FROM session_group.users WHERE id = 1)) AS mine,
	session_group.count_summaries(2, created_by => '018f2b5e-0000-7000-8000-00000000ffff') AS nobodys;
SELECT session_group.count_summaries(2, date_from => '-1d') AS from_yesterday,
	session_group.count_summaries(2, date_to => '-1d') AS to_yesterday,
	session_group.count_summaries(2, date_from => '2020-01-01', date_to => '2021-01-01') AS then;
SELECT try($$SELECT session_group.list_summaries(2, 0)$$);
SELECT try($$SELECT session_group.list_summaries(2, 1001)$$);
SELECT try($$SELECT session_group.list_summaries(2, 10, -1)$$);
SELECT try($$SELECT session_group.list_summaries(2, order_by => 'titel')$$);
SELECT try($$SELECT session_group.list_summaries(2, order_by => 'title; DROP TABLE x')$$);
SELECT try($$SELECT session_group.list_summaries(2, date_from => 'tomorrow')$$);
SELECT try($$SELECT session_group.list_summaries(NULL)$$);
SELECT try($$SELECT session_group.list_summaries(3)$$);
SELECT session_group.parse_date_filter('-1mEnd', 'Europe/Berlin', '2026-03-31 12:00+00') AT TIME ZONE 'UTC';
SELECT try($$SELECT session_group.parse_date_filter('x', 'UTC', now())$$);
SELECT try($$SELECT session_group.parse_date_filter('-1d', 'nowhere', now())$$);
SELECT session_group.delete_summary(1, :'s_id');
SELECT try(format($$SELECT session_group.delete_summary(1, %L)$$, :'s_id'));
COMMIT;

-- the view: the same rules
BEGIN;
SELECT session_group.login(:'write_key');
INSERT INTO session_group_api.session_group_summaries (project_id, title) VALUES (2, 'By the view')
RETURNING title, session_ids, created_by_id, version;
UPDATE session_group_api.session_group_summaries SET title = 'Changed' WHERE title = 'By the view' RETURNING title, version;
SELECT try($$INSERT INTO session_group_api.session_group_summaries (project_id, title) VALUES (2, ' ')$$);
SELECT try($$INSERT INTO session_group_api.session_group_summaries (project_id, id) VALUES (2, gen_random_uuid())$$);
SELECT try($$UPDATE session_group_api.session_group_summaries SET project_id = 1$$);
DELETE FROM session_group_api.session_group_summaries WHERE title = 'Changed' RETURNING title;
SELECT email FROM session_group_api.project_users WHERE project_id = 2 ORDER BY 1;
COMMIT;
BEGIN;
SELECT session_group.login(:'other_key');
SELECT DISTINCT project_id FROM session_group_api.session_group_summaries;
SELECT try($$INSERT INTO session_group_api.session_group_summaries (project_id) VALUES (2)$$);
SELECT email FROM session_group_api.project_users ORDER BY 1;
COMMIT;
RESET ROLE;

-- rows that come in past the triggers still obey the constraints, and a trigger
-- of somebody else's that suppresses a row is not taken for a summary
BEGIN;
SET LOCAL session_replication_role = replica;
SELECT try($$INSERT INTO session_group.summaries (project_id, session_ids) VALUES (1, '{a,NULL}')$$);
SELECT try($$INSERT INTO session_group.summaries (project_id, title) VALUES (1, '')$$);
SELECT try($$INSERT INTO session_group.summaries (project_id, run_metadata) VALUES (1, '[]')$$);
SELECT try($$INSERT INTO session_group.summaries (project_id, session_ids) VALUES (1, array_fill('a'::text, '{1001}'))$$);
ROLLBACK;
BEGIN;
CREATE FUNCTION suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER suppress BEFORE INSERT ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION suppress();
SELECT try($$SELECT session_group.create_summary(1)$$);
ROLLBACK;

-- a trusted backend
CREATE ROLE regress_backend LOGIN NOINHERIT IN ROLE session_group_gateway;
SELECT uuid AS ada FROM session_group.users WHERE id = 1 \gset
SELECT try($$SET ROLE session_group_api; SELECT session_group.assume_identity('018f2b5e-0000-7000-8000-000000000001', '{*}')$$);
SET SESSION AUTHORIZATION regress_backend;
SET ROLE session_group_gateway;
BEGIN;
SELECT session_group.assume_identity(:'ada', '{session_recording:read}', '{2,99}');
SELECT user_id, proof, scopes, readable_project_ids, writable_project_ids FROM session_group.current_identity();
SELECT session_group.assume_identity(:'ada', '{*}', '{}');
SELECT readable_project_ids FROM session_group.current_identity();
COMMIT;
RESET ROLE;
SET ROLE session_group_gateway;
BEGIN; SELECT session_group.assume_identity(gen_random_uuid(), '{*}'); ROLLBACK;
BEGIN; SELECT session_group.assume_identity(NULL, '{*}'); ROLLBACK;
BEGIN; SELECT session_group.assume_identity(:'ada', '{*}', '{NULL}'); ROLLBACK;
RESET SESSION AUTHORIZATION;
DROP ROLE regress_backend;
