-- The kept number of summaries is what counting gives, whatever happened.
CREATE FUNCTION kept(project bigint) RETURNS bigint LANGUAGE sql AS
	'SELECT session_group.count_summaries(project)';
SELECT id AS project FROM session_group.create_project('Counted') \gset
INSERT INTO session_group.summaries (project_id, title) SELECT :project, 'n ' || n FROM generate_series(1, 500) AS n;
SELECT kept(:project), session_group.count_summaries(:project);
-- one statement, one row, beside the count that the project began with
SELECT running IS NULL AS change, summaries, records FROM session_group.project_counts WHERE project_id = :project AND summaries <> 0;
-- nor are there more if it has rows of several projects in turn
SELECT id AS one FROM session_group.create_project('One in turn') \gset
SELECT id AS other FROM session_group.create_project('Other in turn') \gset
INSERT INTO session_group.summaries (project_id) SELECT CASE n % 2 WHEN 0 THEN :one ELSE :other END FROM generate_series(1, 100) AS n;
SELECT project_id = :one AS one, count(*) AS changes, sum(summaries) AS summaries FROM session_group.project_counts
WHERE project_id IN (:one, :other) AND running IS NULL AND summaries <> 0 GROUP BY project_id ORDER BY project_id;
SELECT session_group.delete_project(id) FROM unnest(ARRAY[:one, :other]) AS id;
-- a transaction leaves one row for all its statements; what is rolled back is not in it, what comes then is
BEGIN;
INSERT INTO session_group.summaries (project_id) VALUES (:project), (:project);
SAVEPOINT s;
INSERT INTO session_group.summaries (project_id) VALUES (:project);
RELEASE s;
DELETE FROM session_group.summaries WHERE project_id = :project AND title IN ('n 1', 'n 2');
SELECT summaries, records FROM session_group.project_counts WHERE project_id = :project AND as_of = pg_current_xact_id() AND running IS NULL;
SAVEPOINT s;
INSERT INTO session_group.summaries (project_id) VALUES (:project);
ROLLBACK TO s;
INSERT INTO session_group.summaries (project_id) VALUES (:project);
SELECT sum(summaries) AS summaries, sum(records) AS records FROM session_group.project_counts WHERE project_id = :project AND as_of = pg_current_xact_id() AND running IS NULL;
SELECT kept(:project), count(*) FROM session_group.summaries WHERE project_id = :project;
ROLLBACK;
-- many transactions' rows are folded on the way
SELECT id AS busy FROM session_group.create_project('Busy') \gset
SELECT set_config('test.busy', :busy::text, false) IS NOT NULL AS set;
CREATE PROCEDURE create_one_by_one(project bigint, number int) LANGUAGE plpgsql AS $$
BEGIN
	FOR n IN 1..number LOOP
		INSERT INTO session_group.summaries (project_id) VALUES (project);
		COMMIT;
	END LOOP;
END
$$;
CALL create_one_by_one(:busy, 700);
SELECT kept(:busy), session_group.count_activity(:busy), count(*) < 700 AS folded FROM session_group.project_counts WHERE project_id = :busy;
-- so are those of transactions whose snapshot is older
SET default_transaction_isolation = 'repeatable read';
CALL create_one_by_one(:busy, 700);
RESET default_transaction_isolation;
DROP PROCEDURE create_one_by_one;
SELECT kept(:busy), session_group.count_activity(:busy), count(*) < 700 AS folded FROM session_group.project_counts WHERE project_id = :busy;
-- all of them by repair_counts()
SELECT session_group.repair_counts(), (SELECT count(*) > 1 FROM session_group.project_counts WHERE project_id = :busy) AS more;
SELECT kept(:busy), session_group.count_activity(:busy), count(*) FROM session_group.project_counts WHERE project_id = :busy;
-- what a block that fails has done is not counted, what stands around it is
DO $$
DECLARE
	busy bigint := current_setting('test.busy');
BEGIN
	INSERT INTO session_group.summaries (project_id) VALUES (busy);
	BEGIN
		INSERT INTO session_group.summaries (project_id) VALUES (busy), (busy);
		INSERT INTO session_group.summaries (project_id, title) VALUES (busy, 'good'), (busy, ' ');
	EXCEPTION WHEN check_violation THEN
		DELETE FROM session_group.summaries WHERE id IN (SELECT id FROM session_group.summaries WHERE project_id = busy LIMIT 10);
	END;
END
$$;
SELECT kept(:busy), count(*) FROM session_group.summaries WHERE project_id = :busy;
-- the same many times over, with others in between
DO $$
DECLARE
	busy bigint := current_setting('test.busy');
BEGIN
	FOR n IN 1..200 LOOP
		BEGIN
			INSERT INTO session_group.summaries (project_id, created_by_id) VALUES (busy, NULL), (-1, NULL);
		EXCEPTION WHEN foreign_key_violation THEN
			BEGIN
				INSERT INTO session_group.summaries (project_id) VALUES (busy);
			END;
		END;
	END LOOP;
END
$$;
SELECT kept(:busy), count(*) FROM session_group.summaries WHERE project_id = :busy;
-- a statement within a statement, and one that fails within
CREATE FUNCTION echo() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.title = 'echo' THEN
		INSERT INTO session_group.summaries (project_id, title) VALUES (NEW.project_id, 'echoed');
		BEGIN
			INSERT INTO session_group.summaries (project_id, title) VALUES (NEW.project_id, 'lost');
			PERFORM 1 / 0;
		EXCEPTION WHEN division_by_zero THEN
			NULL;
		END;
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER a_echo AFTER INSERT ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION echo();
INSERT INTO session_group.summaries (project_id, title) VALUES (:busy, 'echo'), (:busy, 'none'), (:busy, 'echo');
DROP TRIGGER a_echo ON session_group.summaries;
DROP FUNCTION echo();
SELECT kept(:busy), count(*) FROM session_group.summaries WHERE project_id = :busy;
MERGE INTO session_group.summaries AS s USING (VALUES ('echoed'), ('merged')) AS v (title)
ON s.project_id = :busy AND s.title = v.title
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (project_id, title) VALUES (:busy, v.title);
SELECT kept(:busy), count(*) FROM session_group.summaries WHERE project_id = :busy;
-- rows that replication brings are counted: one change a transaction; the other server's numbers are not taken
SET session_replication_role = replica;
BEGIN;
INSERT INTO session_group.summaries (project_id) VALUES (:busy), (:busy);
INSERT INTO session_group.summaries (project_id) VALUES (:busy);
INSERT INTO session_group.project_counts VALUES (:busy, pg_current_xact_id(), 1000, 1000);
SELECT summaries, records, running IS NULL AS change FROM session_group.project_counts
WHERE project_id = :busy AND as_of = pg_current_xact_id() AND running IS NULL;
COMMIT;
DELETE FROM session_group.summaries WHERE id IN (SELECT id FROM session_group.summaries WHERE project_id = :busy LIMIT 2);
RESET session_replication_role;
SELECT kept(:busy), count(*) FROM session_group.summaries WHERE project_id = :busy;
-- a statement that runs sees what it saw when it began; a cursor, too
BEGIN;
INSERT INTO session_group.summaries (project_id) VALUES (:busy);
SELECT kept(:busy) AS before \gset
SELECT session_group.count_summaries(:busy) - :before AS added, (session_group.create_summary(:busy)).version FROM generate_series(1, 3);
DECLARE numbers CURSOR FOR SELECT session_group.count_summaries(:busy) - :before AS added;
INSERT INTO session_group.summaries (project_id) VALUES (:busy);
FETCH numbers;
SELECT kept(:busy) - :before AS added;
ROLLBACK;
-- the records of summaries that went with their project are not counted either
SELECT session_group.delete_project(:busy);
SELECT count(*) FROM session_group.project_counts WHERE project_id = :busy;
BEGIN;
DELETE FROM session_group.summaries WHERE project_id = :project AND title LIKE 'n 1%';
SELECT kept(:project), session_group.count_summaries(:project);
SAVEPOINT s;
INSERT INTO session_group.summaries (project_id) VALUES (:project), (:project);
SELECT kept(:project);
ROLLBACK TO s;
SELECT kept(:project);
ROLLBACK;
SELECT kept(:project);
-- what ON CONFLICT does not insert is not counted
INSERT INTO session_group.summaries (project_id, id)
SELECT project_id, id FROM session_group.summaries WHERE project_id = :project LIMIT 5
ON CONFLICT DO NOTHING;
SELECT kept(:project);
COPY (SELECT project_id, gen_random_uuid(), 'copied' FROM session_group.summaries WHERE project_id = :project LIMIT 7)
TO PROGRAM 'cat > copied.data';
COPY session_group.summaries (project_id, id, title) FROM PROGRAM 'cat copied.data';
SELECT kept(:project), count(*) FROM session_group.summaries WHERE project_id = :project;
SELECT * FROM session_group.check_counts();
-- with triggers disabled, the difference is shown
ALTER TABLE session_group.summaries DISABLE TRIGGER summaries_count;
DELETE FROM session_group.summaries WHERE project_id = :project AND title = 'copied';
SELECT project_id = :project AS project, counted, kept, what FROM session_group.check_counts();
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_count;
-- and mended, with what the same transaction goes on to write
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT session_group.repair_counts();
ROLLBACK;
BEGIN;
INSERT INTO session_group.summaries (project_id) VALUES (:project);
SELECT session_group.repair_counts();
SELECT * FROM session_group.check_counts();
INSERT INTO session_group.summaries (project_id) VALUES (:project);
SELECT kept(:project), session_group.repair_counts();
COMMIT;
SELECT kept(:project), session_group.repair_counts();
-- a project of which no number is kept is counted row by row, and by repair_counts() once for all
DELETE FROM session_group.project_counts WHERE project_id = :project;
SELECT kept(:project), session_group.count_activity(:project) > 500 AS records;
SELECT session_group.repair_counts(), (SELECT count(*) FROM session_group.project_counts WHERE project_id = :project);
SELECT count(*), sum(summaries) FROM session_group.project_counts WHERE project_id = :project;
SELECT session_group.delete_project(:project);
SELECT kept(:project);
SELECT * FROM session_group.check_counts();
-- one row is found by its key, whatever the policies look like
SELECT id AS large FROM session_group.create_project('Large') \gset
INSERT INTO session_group.summaries (project_id) SELECT :large FROM generate_series(1, 5000);
ANALYZE session_group.summaries;
CREATE FUNCTION uses(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before jsonb := scans();
BEGIN
	EXECUTE statement;
	RETURN (SELECT string_agg(n.key, ', ' ORDER BY n.key) FROM jsonb_each(scans()) n WHERE n.value <> before -> n.key);
END
$$;
-- scans of the table and of its indexes in this transaction
CREATE FUNCTION scans() RETURNS jsonb LANGUAGE SQL VOLATILE AS $$
	SELECT jsonb_object_agg(c.relname, pg_stat_get_xact_numscans(c.oid)) FROM pg_class c
	WHERE c.oid = 'session_group.summaries'::regclass
		OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'session_group.summaries'::regclass)
$$;
SELECT id AS reader FROM session_group.create_user('counts@example.com') \gset
SELECT FROM session_group.add_member(:large, :reader) \gset
BEGIN;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT session_group.assume_identity(uuid, '{*}') FROM session_group.users WHERE id = :reader \gset
SET LOCAL ROLE session_group_api;
PREPARE one_change (bigint, uuid) AS UPDATE session_group.summaries SET title = 'x' WHERE project_id = $1 AND id = $2 RETURNING title;
PREPARE one_end (bigint, uuid) AS DELETE FROM session_group.summaries WHERE project_id = $1 AND id = $2;
SELECT uses(format('EXECUTE one_change (%s, %L)', :large, '018f2b5e-0000-7000-8000-000000000001'));
SELECT uses(format('EXECUTE one_end (%s, %L)', :large, '018f2b5e-0000-7000-8000-000000000001'));
ROLLBACK;
DROP FUNCTION uses(text);
DROP FUNCTION scans();
SELECT session_group.delete_project(:large);
BEGIN;
TRUNCATE session_group.summaries;
SELECT * FROM session_group.project_counts;
ROLLBACK;
DROP FUNCTION kept(bigint);

-- what the posture finds depends on the server; that it looks everywhere does not
SELECT count(*) FILTER (WHERE severity NOT IN ('high', 'medium', 'low') OR remedy IS NULL) AS odd FROM session_group.posture();
