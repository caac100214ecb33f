-- The kept number of summaries is what counting gives, whatever happened.
CREATE FUNCTION kept(project bigint) RETURNS bigint LANGUAGE sql AS
	'SELECT coalesce(sum(number), 0)::bigint FROM session_group.summary_counts WHERE project_id = project';
SELECT id AS project FROM session_group.create_project('Counted') \gset
INSERT INTO session_group.summaries (project_id, title) SELECT :project, 'n ' || n FROM generate_series(1, 500) AS n;
SELECT kept(:project), session_group.count_summaries(:project);
-- rows of counts are folded on the way
SELECT count(*) < 500 AS folded FROM session_group.summary_counts WHERE project_id = :project;
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
SELECT project_id = :project AS project, counted, kept FROM session_group.check_counts();
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_count;
DELETE FROM session_group.summary_counts WHERE project_id = :project;
INSERT INTO session_group.summary_counts VALUES (:project, 500);
SELECT session_group.delete_project(:project);
SELECT kept(:project);
SELECT * FROM session_group.check_counts();
BEGIN;
TRUNCATE session_group.summaries;
SELECT * FROM session_group.summary_counts;
ROLLBACK;
DROP FUNCTION kept(bigint);

-- what the posture finds depends on the server; that it looks everywhere does not
SELECT count(*) FILTER (WHERE severity NOT IN ('high', 'medium', 'low') OR remedy IS NULL) AS odd FROM session_group.posture();
