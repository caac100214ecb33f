/* session_group: how many summaries a project has, without counting them. */

CREATE TABLE session_group.summary_counts (
	project_id bigint NOT NULL,
	number bigint NOT NULL
);
CREATE INDEX summary_counts_project_id ON session_group.summary_counts (project_id);
COMMENT ON TABLE session_group.summary_counts IS 'Numbers of summaries added to a project, negative ones taken away; their sum is how many it has. Kept by triggers of session_group.summaries, which a restore fires too, so it is not dumped.';
COMMENT ON COLUMN session_group.summary_counts.project_id IS 'The project';
COMMENT ON COLUMN session_group.summary_counts.number IS 'How many were added';

-- Rows come and go; a scan should not wade through the gone ones for long.
ALTER TABLE session_group.summary_counts SET (autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

ALTER TABLE session_group.summary_counts ENABLE ROW LEVEL SECURITY;
CREATE POLICY summary_counts_read ON session_group.summary_counts FOR SELECT TO session_group_api
	USING (project_id OPERATOR(pg_catalog.=) ANY (session_group.readable_project_ids()));
CREATE POLICY summary_counts_administer ON session_group.summary_counts FOR SELECT TO session_group_admin
	USING (true);
-- By column, which leaves out what the system columns tell of other writers.
GRANT SELECT (project_id, number) ON session_group.summary_counts TO session_group_api;
GRANT SELECT ON session_group.summary_counts TO session_group_admin;

CREATE FUNCTION session_group.summaries_count()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_count'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_count() IS
'Trigger of session_group.summaries: adds up the rows of a statement for session_group.summary_counts. Raises nothing of its own.';

CREATE FUNCTION session_group.summaries_counted()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_counted'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_counted() IS
'Trigger of session_group.summaries: writes what the rows of a statement have added up to. Raises nothing of its own.';

CREATE FUNCTION session_group.summaries_uncount()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_uncount'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_uncount() IS
'Trigger of session_group.summaries: empties session_group.summary_counts on TRUNCATE. Raises nothing of its own.';

CREATE TRIGGER summaries_count AFTER INSERT OR DELETE ON session_group.summaries
	FOR EACH ROW EXECUTE FUNCTION session_group.summaries_count();
CREATE TRIGGER summaries_counted AFTER INSERT OR DELETE ON session_group.summaries
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_counted();
CREATE TRIGGER summaries_uncount AFTER TRUNCATE ON session_group.summaries
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_uncount();

-- What logical replication brings is counted too.
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_count;
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_uncount;

CREATE FUNCTION session_group.check_counts(OUT project_id bigint, OUT counted bigint, OUT kept bigint)
	RETURNS SETOF record
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		SELECT coalesce(s.project_id, c.project_id), coalesce(s.number, 0), coalesce(c.number, 0)
		FROM (SELECT t.project_id, count(*) AS number FROM session_group.summaries t GROUP BY 1) s
		FULL JOIN (SELECT t.project_id, sum(t.number)::bigint AS number
				   FROM session_group.summary_counts t GROUP BY 1) c
			ON c.project_id = s.project_id
		WHERE coalesce(s.number, 0) <> coalesce(c.number, 0)
		ORDER BY 1;
	END;
COMMENT ON FUNCTION session_group.check_counts() IS
'Projects whose kept number of summaries is not what counting them gives: none, unless rows were written with triggers disabled. The owner mends it, while nobody writes: DELETE FROM session_group.summary_counts; INSERT INTO session_group.summary_counts SELECT project_id, count(*) FROM session_group.summaries GROUP BY 1. Raises nothing.';
GRANT EXECUTE ON FUNCTION session_group.check_counts() TO session_group_admin;
