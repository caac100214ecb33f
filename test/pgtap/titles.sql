-- The titles of summaries as rows beside: always those that the summaries have, whoever writes them.
\ir setup.psql

CREATE FUNCTION tap.wrong() RETURNS bigint LANGUAGE SQL
RETURN (SELECT count(*) FROM session_group.summaries s FULL JOIN session_group.title_rows t ON t.project_id = s.project_id AND t.summary_id = s.id
	WHERE s.title IS DISTINCT FROM t.title);
\set first '01900000-0000-7000-8000-000000000001'

SELECT is(tap.wrong(), 0::bigint, 'titles of new summaries');
SELECT cmp_ok((SELECT count(*) FROM session_group.title_rows), '>', 4::bigint, 'of which there are some');
CREATE TABLE tap.written AS SELECT ctid::text AS place FROM session_group.title_rows;
UPDATE session_group.summaries SET session_ids = '{x}', summary = '{"patterns": []}', title = title;
SELECT set_eq('SELECT ctid::text AS place FROM session_group.title_rows', 'SELECT place FROM tap.written', 'rows are written anew with a title alone');
UPDATE session_group.summaries SET title = 'One' WHERE project_id = 910001 AND id = :'first';
SELECT is(tap.wrong(), 0::bigint, 'a new title');
SELECT is((SELECT count(*) FROM session_group.title_rows WHERE title = 'One'), 1::bigint, 'of one project: the other has the same id');
DELETE FROM session_group.summaries WHERE project_id = 910001 AND id = :'first';
SELECT is(tap.wrong(), 0::bigint, 'a summary less');

-- What is indexed of a summary does not change with its title: its new version stays in the page, and no index is written.
SELECT is((SELECT array_agg(DISTINCT a.attname::text) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
	WHERE i.indrelid = 'session_group.summaries'::regclass AND (a.attnum = ANY (i.indkey) OR pg_get_indexdef(i.indexrelid) LIKE '%' || a.attname || '%')
	AND a.attname IN ('title', 'extra_summary_context', 'run_metadata', 'updated_at', 'version')), NULL, 'no index is of a title, or of what changes with it');

-- Restores and replication.
SET LOCAL session_replication_role = replica;
INSERT INTO session_group.summaries (project_id, id, title, created_by_id) VALUES (910001, :'first', 'Two', NULL);
SELECT is(tap.wrong(), 0::bigint, 'with the triggers of a replica');
UPDATE session_group.summaries SET title = 'Three' WHERE project_id = 910001 AND id = :'first';
SELECT is(tap.wrong(), 0::bigint, 'also changed');
DELETE FROM session_group.summaries WHERE project_id = 910001 AND id = :'first';
SELECT is(tap.wrong(), 0::bigint, 'and deleted');
INSERT INTO session_group.title_rows VALUES (910001, :'first', 'From a publisher of all tables');
SELECT is(tap.wrong(), 0::bigint, 'what the publisher has made of titles is left out');
SET LOCAL session_replication_role = origin;

-- Without any: what was missed is told, and mended.
SELECT is(session_group.repair_titles(), 0::bigint, 'all is well');
SELECT count(*) AS titles FROM session_group.title_rows \gset
ALTER TABLE session_group.summaries DISABLE TRIGGER summaries_keep_titles;
INSERT INTO session_group.summaries (project_id, title, created_by_id) VALUES (910001, 'Quite new', NULL);
UPDATE session_group.summaries SET title = 'Changed' WHERE project_id = 910002 AND id = :'first';
DELETE FROM session_group.summaries WHERE project_id = 910003;
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_keep_titles;
SELECT cmp_ok(tap.wrong(), '>=', 3::bigint, 'they were missed');
SELECT is((SELECT tap.wrong()), session_group.repair_titles(), 'as many are mended');
SELECT is(tap.wrong(), 0::bigint, 'all is well again');
ALTER TABLE session_group.summaries DISABLE TRIGGER summaries_keep_titles;
INSERT INTO session_group.summaries (project_id, id, title, created_by_id) VALUES (910001, :'first', 'Missed', NULL);
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_keep_titles;
UPDATE session_group.summaries SET title = 'Not missed' WHERE project_id = 910001 AND id = :'first';
SELECT is(tap.wrong(), 0::bigint, 'a title without a row gets one when it changes');
SELECT is((SELECT number FROM session_group.repair() WHERE what = 'titles'), 0::bigint, 'repair() says so');

-- The project goes, and all summaries.
SELECT session_group.delete_project(910002);
SELECT is_empty('SELECT FROM session_group.title_rows WHERE project_id = 910002', 'titles go with their project');
TRUNCATE session_group.summaries;
SELECT is_empty('SELECT FROM session_group.title_rows', 'and with all summaries');

-- The trigger functions run for their own triggers alone.
CREATE TABLE tap.other (a integer);
CREATE TRIGGER other AFTER INSERT ON tap.other FOR EACH ROW EXECUTE FUNCTION session_group.summaries_keep_titles();
SELECT throws_ok('INSERT INTO tap.other VALUES (1)', '39P01', 'summaries_keep_titles must be called by its own trigger on session_group.summaries');

SELECT * FROM finish();
ROLLBACK;
