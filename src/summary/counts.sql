/* session_group: how many summaries and activity records a project has, without counting them. */

CREATE TABLE session_group.project_counts (
	project_id bigint NOT NULL,
	as_of xid8 NOT NULL,
	summaries bigint NOT NULL,
	records bigint NOT NULL,
	running xid8[]
);
CREATE INDEX project_counts_by_as_of ON session_group.project_counts (project_id, as_of);
COMMENT ON TABLE session_group.project_counts IS 'What a project has, or what a transaction has added to it; written by the library and by nobody else. Kept by triggers, which a restore fires too, so it is not dumped.';
COMMENT ON COLUMN session_group.project_counts.project_id IS 'The project';
COMMENT ON COLUMN session_group.project_counts.as_of IS 'Of a change, its transaction; of a count, the next transaction when it was counted';
COMMENT ON COLUMN session_group.project_counts.summaries IS 'How many summaries were added (negative: deleted), or counted';
COMMENT ON COLUMN session_group.project_counts.records IS 'How many activity records';
COMMENT ON COLUMN session_group.project_counts.running IS 'Null in a change; of a count, the transactions below as_of that were not counted, since they had not ended';

-- Its rows do not live long: vacuum them early.
ALTER TABLE session_group.project_counts SET (autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- Only the owner may read it: the library tells callers the numbers of their projects.
ALTER TABLE session_group.project_counts ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION session_group.project_counts_before_insert()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_project_counts_before_insert'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.project_counts_before_insert() IS
'Trigger of session_group.project_counts: leaves out what a subscription to all tables brings, since
what it brings of other tables is counted here. Raises nothing of its own.';
CREATE TRIGGER project_counts_before_insert BEFORE INSERT ON session_group.project_counts
	FOR EACH ROW EXECUTE FUNCTION session_group.project_counts_before_insert();
ALTER TABLE session_group.project_counts ENABLE ALWAYS TRIGGER project_counts_before_insert;

CREATE FUNCTION session_group.summaries_count()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_count'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_count() IS
'Trigger of session_group.summaries: counts a row that comes or goes in session_group.project_counts. Raises nothing of its own.';

CREATE FUNCTION session_group.summaries_uncount()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_uncount'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_uncount() IS
'Trigger of session_group.summaries: empties session_group.project_counts on TRUNCATE. Raises nothing of its own.';

CREATE FUNCTION session_group.activity_count()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_activity_count'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.activity_count() IS
'Trigger of session_group.activity: counts a record that SQL brings or deletes in session_group.project_counts. Raises nothing of its own.';

CREATE FUNCTION session_group.projects_count()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_projects_count'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.projects_count() IS
'Trigger of session_group.projects: begins and ends a project''s numbers in session_group.project_counts. Raises nothing of its own.';

CREATE TRIGGER summaries_count AFTER INSERT OR DELETE ON session_group.summaries
	FOR EACH ROW EXECUTE FUNCTION session_group.summaries_count();
CREATE TRIGGER summaries_uncount AFTER TRUNCATE ON session_group.summaries
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_uncount();
CREATE TRIGGER activity_count AFTER INSERT OR DELETE ON session_group.activity
	FOR EACH ROW EXECUTE FUNCTION session_group.activity_count();
CREATE TRIGGER projects_count AFTER INSERT ON session_group.projects
	FOR EACH ROW EXECUTE FUNCTION session_group.projects_count();
-- By its name fired after projects_forget_activity, whose deletions are counted.
CREATE TRIGGER projects_uncount AFTER DELETE ON session_group.projects
	FOR EACH ROW EXECUTE FUNCTION session_group.projects_count();
CREATE TRIGGER projects_uncount_all AFTER TRUNCATE ON session_group.projects
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.projects_count();

-- Rows that logical replication brings are counted, too.
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_count;
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_uncount;
ALTER TABLE session_group.activity ENABLE ALWAYS TRIGGER activity_count;
ALTER TABLE session_group.projects ENABLE ALWAYS TRIGGER projects_count;
ALTER TABLE session_group.projects ENABLE ALWAYS TRIGGER projects_uncount;
ALTER TABLE session_group.projects ENABLE ALWAYS TRIGGER projects_uncount_all;

CREATE FUNCTION session_group.check_counts(OUT project_id bigint, OUT counted bigint, OUT kept bigint,
										   OUT what text)
	RETURNS SETOF record
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		SELECT p.id, n.counted, n.kept, n.what
		FROM (SELECT q.id FROM session_group.projects q WHERE session_group.is_placed_here(q.id)) p
		LEFT JOIN (SELECT t.project_id, count(*) AS number FROM session_group.summaries t
				   GROUP BY 1) s ON s.project_id = p.id
		LEFT JOIN (SELECT t.project_id, count(*) AS number FROM session_group.activity t
				   GROUP BY 1) a ON a.project_id = p.id
		CROSS JOIN LATERAL (VALUES
			('summaries', coalesce(s.number, 0), session_group.count_summaries(p.id)),
			('activity', coalesce(a.number, 0), session_group.count_activity(p.id)))
			AS n (what, counted, kept)
		WHERE n.counted <> n.kept
		ORDER BY 1, 4;
	END;
COMMENT ON FUNCTION session_group.check_counts() IS
'Projects whose kept number of summaries or of activity records (what: summaries, activity) is not
what counting them gives: none, unless rows were written with triggers disabled.
session_group.repair_counts() mends it. Raises nothing.';
GRANT EXECUTE ON FUNCTION session_group.check_counts() TO session_group_admin;

CREATE FUNCTION session_group.repair_counts()
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_repair_counts'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.repair_counts() IS
'Counts the summaries and activity records of all projects anew, and returns how many projects had
another number: none, unless rows were written with triggers disabled. Reads both tables; safe at
any time, no writer waits for it. SQLSTATE 25001 (not under READ COMMITTED).';
GRANT EXECUTE ON FUNCTION session_group.repair_counts() TO session_group_admin;

-- An update finds projects that are there already.
SELECT session_group.repair_counts() FROM session_group.projects LIMIT 1;
