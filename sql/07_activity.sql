-- Activity: what was done to summaries, by whom, through which door.
\pset null '-'
CREATE FUNCTION records(project bigint, since bigint DEFAULT 0)
	RETURNS TABLE (seq bigint, activity text, how text, who text, key text, request text, changes jsonb)
	LANGUAGE sql AS $$
	SELECT a.seq, a.activity, a.how, u.first_name, regexp_replace(a.api_key, '[^.]{4}$', '####'), a.request_id, a.changes
	FROM session_group.activity_since(project, since, 1000) a LEFT JOIN session_group.users u ON u.id = a.user_id
	ORDER BY a.seq
$$;
SELECT id AS project FROM session_group.create_project('Recorded') \gset
INSERT INTO session_group.users (id, email, first_name) VALUES (9000001, 'ann.activity@example.com', 'Ann')
RETURNING id AS ann, uuid AS ann_uuid \gset
SELECT FROM session_group.add_member(:project, :ann);
SELECT session_group.create_api_key(:ann, 'activity', '{session_recording:write}') AS key \gset
-- an administrator's plain SQL
INSERT INTO session_group.summaries (project_id, title, session_ids, summary, run_metadata, created_at)
VALUES (:project, 'First', '{a,b}', '{"patterns": []}', '{"model": "m"}', '2025-12-31 12:00+01') RETURNING id AS first \gset
UPDATE session_group.summaries SET title = 'Second', session_ids = '{b,c,d}', run_metadata = NULL WHERE id = :'first';
-- what stays as it is is no change; an update without any is a record all the same
UPDATE session_group.summaries SET title = 'Second', summary = '{"patterns": []}' WHERE id = :'first';
UPDATE session_group.summaries SET summary = '{"patterns": [1]}' WHERE id = :'first';
UPDATE session_group.summaries SET summary = '{"patterns": [2]}' WHERE id = :'first';
UPDATE session_group.summaries SET created_at = '2026-01-01 00:00:00.5Z', created_by_id = 9000001 WHERE id = :'first';
DELETE FROM session_group.summaries WHERE id = :'first';
SELECT * FROM records(:project);
-- values that are long are counted, not repeated
SELECT max(seq) AS last FROM session_group.activity WHERE project_id = :project \gset
INSERT INTO session_group.summaries (project_id, session_ids, summary, extra_summary_context)
SELECT :project, array_agg('session ' || n), jsonb_build_object('text', repeat('x', 100000)), jsonb_build_object('text', repeat('y', 3000))
FROM generate_series(1, 21) AS n RETURNING id AS long \gset
UPDATE session_group.summaries SET session_ids = session_ids || 'session 22'::text, extra_summary_context = '{"short": true}' WHERE id = :'long';
UPDATE session_group.summaries SET title = 'Only the title' WHERE id = :'long';
SELECT seq - :last AS nth, activity, changes FROM records(:project, :last);
UPDATE session_group.summaries SET title = repeat('ä', 2048),
	session_ids = (SELECT array_agg(repeat('€', 190) || n) FROM generate_series(1, 1000) AS n),
	run_metadata = jsonb_build_object('text', repeat('z', 1000000)) WHERE id = :'long';
UPDATE session_group.summaries SET title = repeat('ö', 2048), session_ids = '{}', run_metadata = '{}' WHERE id = :'long';
SELECT max(pg_column_size(changes)) < 40000 AS bounded FROM session_group.activity WHERE project_id = :project;
DELETE FROM session_group.summaries WHERE id = :'long';
-- a key, the word of a trusted backend, the gateway; the request's id is what the proxy lets pass
SELECT max(seq) AS last FROM session_group.activity WHERE project_id = :project \gset
BEGIN;
SELECT session_group.login(:'key');
SET LOCAL ROLE session_group_api;
SELECT id AS mine FROM session_group.create_summary(:project, 'With a key') \gset
SELECT title FROM session_group.update_summary(:project, :'mine', '{"title": "Changed with a key"}');
COMMIT;
BEGIN;
SELECT session_group.assume_identity(:'ann_uuid', '{session_recording:write}');
SET LOCAL ROLE session_group_api;
SELECT session_group.delete_summary(:project, :'mine');
COMMIT;
CREATE FUNCTION with_request_id(project bigint, api_key text, request_id text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('request.headers', jsonb_build_object('x-api-key', api_key, 'x-request-id', request_id)::text, true);
	PERFORM session_group.authenticate();
	INSERT INTO session_group.summaries (project_id, title) VALUES (project, 'Requested');
END
$$;
SELECT with_request_id(:project, :'key', 'abc.DEF_1-2');
SELECT with_request_id(:project, :'key', repeat('i', 64));
SELECT with_request_id(:project, :'key', repeat('i', 65));
SELECT with_request_id(:project, :'key', E'a\r\nSet-Cookie: b');
SELECT with_request_id(:project, :'key', 'ä');
SELECT with_request_id(:project, :'key', '');
SELECT with_request_id(:project, :'key', 'a scopes=rw');
DROP FUNCTION with_request_id(bigint, text, text);
-- the id is that of the request that proved the identity, not of whoever sets its headers
SELECT set_config('request.headers', '{"x-request-id": "mine"}', false) IS NOT NULL AS set;
INSERT INTO session_group.summaries (project_id, title) VALUES (:project, 'Not requested');
SELECT set_config('request.headers', '', false) IS NOT NULL AS set;
SELECT seq - :last AS nth, activity, how, who, key LIKE 'phx\_...####' AS key, request FROM records(:project, :last);
-- what was rolled back leaves no record, but a gap
SELECT max(seq) AS last FROM session_group.activity WHERE project_id = :project \gset
BEGIN;
INSERT INTO session_group.summaries (project_id, title) VALUES (:project, 'one');
SAVEPOINT s;
INSERT INTO session_group.summaries (project_id, title) VALUES (:project, 'lost'), (:project, 'lost');
ROLLBACK TO s;
INSERT INTO session_group.summaries (project_id, title) VALUES (:project, 'two');
COMMIT;
BEGIN;
DELETE FROM session_group.summaries WHERE project_id = :project;
ROLLBACK;
\set rows 'printf "' :project '\\tcopied\\n"'
COPY session_group.summaries (project_id, title) FROM PROGRAM :'rows';
MERGE INTO session_group.summaries AS s USING (VALUES ('one'), ('merged')) AS v (title)
ON s.project_id = :project AND s.title = v.title
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (project_id, title) VALUES (:project, v.title);
SELECT seq - :last > 4 AS later, activity, changes -> 0 ->> 'after' AS title FROM records(:project, :last) ORDER BY seq;
-- pages, newest first, and of one summary
SELECT count(*), max(seq) = max(seq) FILTER (WHERE nth = 1) AS newest_first
FROM (SELECT seq, row_number() OVER () AS nth FROM session_group.list_activity(:project, row_limit => 7)) AS page;
SELECT activity FROM session_group.list_activity(:project, :'first', 2, 1);
SELECT count(*) FROM session_group.list_activity(:project, gen_random_uuid());
SELECT count(*) FROM session_group.activity_since(:project, 9223372036854775807);
SELECT session_group.list_activity(NULL);
SELECT session_group.list_activity(:project, row_limit => 0);
SELECT session_group.list_activity(:project, row_offset => -1);
SELECT session_group.activity_since(:project, -1);
SELECT session_group.activity_since(:project, NULL);
SELECT session_group.activity_since(:project, row_limit => 1001);
-- rows that a restore brings have their records in the dump
SELECT max(seq) AS last FROM session_group.activity WHERE project_id = :project \gset
INSERT INTO session_group.summaries (project_id, title, updated_at) VALUES (:project, 'Restored', '2026-01-01Z');
SET ROLE session_group_admin;
INSERT INTO session_group.summaries (project_id, title, updated_at) VALUES (:project, 'By an administrator', '2026-01-01Z');
RESET ROLE;
SELECT activity, changes -> 0 ->> 'after' AS title FROM records(:project, :last);
-- what replication brings is not recorded
SET session_replication_role = replica;
UPDATE session_group.summaries SET title = 'Replicated' WHERE project_id = :project AND title = 'Restored';
RESET session_replication_role;
SELECT count(*) FROM records(:project, :last);
-- records go with their project; ones of the summaries that go with it are not made
SELECT session_group.delete_project(:project);
SELECT count(*) FROM session_group.activity WHERE project_id = :project;
-- many rows in one statement
SELECT id AS bulk FROM session_group.create_project('Bulk') \gset
INSERT INTO session_group.summaries (project_id, title) SELECT :bulk, 'n ' || n FROM generate_series(1, 2000) AS n;
UPDATE session_group.summaries SET title = 'all' WHERE project_id = :bulk;
DELETE FROM session_group.summaries WHERE project_id = :bulk;
SELECT activity, count(*), min(seq), max(seq) FROM session_group.activity WHERE project_id = :bulk GROUP BY 1 ORDER BY 1;
DELETE FROM session_group.projects WHERE id = :bulk;
-- a project of the same number begins anew, with other numbers
INSERT INTO session_group.projects (id, name) VALUES (:bulk, 'Again');
INSERT INTO session_group.summaries (project_id, title) VALUES (:bulk, 'Again');
SELECT seq, activity FROM records(:bulk);
-- sequences that are lost begin anew, beyond what anybody has seen
BEGIN;
DELETE FROM session_group.activity_sequences WHERE project_id = :bulk;
COMMIT;
INSERT INTO session_group.summaries (project_id, title) VALUES (:bulk, 'After the loss'), (:bulk, 'and next');
SELECT seq, activity FROM records(:bulk);
SELECT session_group.delete_project(:bulk);
DROP FUNCTION records(bigint, bigint);
DELETE FROM session_group.users WHERE id = :ann;
\pset null ''
