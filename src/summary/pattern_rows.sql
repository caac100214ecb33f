/* session_group: the patterns of summaries as rows, kept by each write. */

CREATE TABLE session_group.pattern_rows (
	project_id bigint NOT NULL,
	summary_id uuid NOT NULL,
	created_at timestamptz NOT NULL,
	"position" integer NOT NULL,
	examples integer NOT NULL,
	pattern_id bigint,
	sessions_affected bigint,
	occurrences bigint,
	severity text,
	name text,
	sessions_affected_ratio numeric,
	segments_success_ratio numeric,
	PRIMARY KEY (project_id, summary_id, "position")
-- Vacuumed when a twentieth is dead, not a fifth: after two years with a retention of half a one, a row
-- and its keys take 461 bytes instead of 541 (338 where they were loaded just now).
) WITH (autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE session_group.pattern_rows IS 'The patterns of summaries, a row each, as session_group.summary_patterns() reads them; texts longer than a name stay in the summary. Kept by a trigger of session_group.summaries, which restores and replication fire too, so it is neither dumped nor to be published.';
COMMENT ON COLUMN session_group.pattern_rows.project_id IS 'The project';
COMMENT ON COLUMN session_group.pattern_rows.summary_id IS 'The summary''s id';
COMMENT ON COLUMN session_group.pattern_rows.created_at IS 'When the summary was made';
COMMENT ON COLUMN session_group.pattern_rows."position" IS 'Place in the summary''s list, from 1';
COMMENT ON COLUMN session_group.pattern_rows.examples IS 'How many examples of it the summary has';
COMMENT ON COLUMN session_group.pattern_rows.pattern_id IS 'The number that the language model gave it, or null';
COMMENT ON COLUMN session_group.pattern_rows.sessions_affected IS 'Sessions that have it, or null';
COMMENT ON COLUMN session_group.pattern_rows.occurrences IS 'How often it happened, or null';
COMMENT ON COLUMN session_group.pattern_rows.severity IS 'critical, high, medium, low or null';
COMMENT ON COLUMN session_group.pattern_rows.name IS 'Its name, or null';
COMMENT ON COLUMN session_group.pattern_rows.sessions_affected_ratio IS 'Share of the summary''s sessions that have it, from 0 to 1, or null';
COMMENT ON COLUMN session_group.pattern_rows.segments_success_ratio IS 'Share of the segments with it that ended well, from 0 to 1, or null';

-- The worst first, severity by severity: the order of GET …/patterns/. A number may have
-- thousands of digits, for which an index has no room.
CREATE INDEX pattern_rows_worst_first ON session_group.pattern_rows (project_id, severity,
	sessions_affected DESC NULLS LAST, pg_catalog.round(sessions_affected_ratio, 9) DESC NULLS LAST,
	created_at DESC, summary_id DESC, "position");

CREATE TABLE session_group.pattern_numbers (
	project_id bigint NOT NULL,
	summary_id uuid NOT NULL,
	created_at timestamptz NOT NULL,
	severities smallint NOT NULL,
	critical smallint NOT NULL,
	high smallint NOT NULL,
	medium smallint NOT NULL,
	low smallint NOT NULL,
	unknown smallint NOT NULL,
	PRIMARY KEY (project_id, summary_id)
);
COMMENT ON TABLE session_group.pattern_numbers IS 'How many patterns of each severity a summary has; no row for one that has none. Kept and neither dumped nor to be published, as session_group.pattern_rows.';
COMMENT ON COLUMN session_group.pattern_numbers.project_id IS 'The project';
COMMENT ON COLUMN session_group.pattern_numbers.summary_id IS 'The summary''s id';
COMMENT ON COLUMN session_group.pattern_numbers.created_at IS 'When the summary was made';
COMMENT ON COLUMN session_group.pattern_numbers.severities IS 'Which there are: the sum of 1 (critical), 2 (high), 4 (medium), 8 (low) and 16 (unknown)';
COMMENT ON COLUMN session_group.pattern_numbers.critical IS 'Critical patterns';
COMMENT ON COLUMN session_group.pattern_numbers.high IS 'Patterns of high severity';
COMMENT ON COLUMN session_group.pattern_numbers.medium IS 'Patterns of medium severity';
COMMENT ON COLUMN session_group.pattern_numbers.low IS 'Patterns of low severity';
COMMENT ON COLUMN session_group.pattern_numbers.unknown IS 'Patterns with no severity, or an unknown one';

-- Summaries with a severity, and numbers of patterns since a time, from the index alone.
CREATE INDEX pattern_numbers_by_severities ON session_group.pattern_numbers
	(project_id, severities, created_at) INCLUDE (summary_id, critical, high, medium, low, unknown);

CREATE TABLE session_group.pending_rows (
	project_id bigint NOT NULL,
	summary_id uuid NOT NULL,
	PRIMARY KEY (project_id, summary_id)
);
COMMENT ON TABLE session_group.pending_rows IS 'Summaries whose patterns are not rows yet: those of before an update, and those of session_group.remake_rows(). They are read from the summaries until session_group.make_rows() has made their rows.';
COMMENT ON COLUMN session_group.pending_rows.project_id IS 'The project';
COMMENT ON COLUMN session_group.pending_rows.summary_id IS 'The summary''s id';

ALTER TABLE session_group.pattern_rows ENABLE ROW LEVEL SECURITY;
CREATE POLICY pattern_rows_read ON session_group.pattern_rows FOR SELECT TO session_group_api
	USING (session_group.may_read(project_id));
CREATE POLICY pattern_rows_administer ON session_group.pattern_rows FOR SELECT TO session_group_admin
	USING (true);
ALTER TABLE session_group.pattern_numbers ENABLE ROW LEVEL SECURITY;
CREATE POLICY pattern_numbers_read ON session_group.pattern_numbers FOR SELECT TO session_group_api
	USING (session_group.may_read(project_id));
CREATE POLICY pattern_numbers_administer ON session_group.pattern_numbers FOR SELECT
	TO session_group_admin USING (true);
ALTER TABLE session_group.pending_rows ENABLE ROW LEVEL SECURITY;
CREATE POLICY pending_rows_read ON session_group.pending_rows FOR SELECT TO session_group_api
	USING (session_group.may_read(project_id));
CREATE POLICY pending_rows_administer ON session_group.pending_rows FOR SELECT TO session_group_admin
	USING (true);
-- By column, which leaves out what the system columns tell of other writers.
GRANT SELECT (project_id, summary_id, created_at, "position", examples, pattern_id, sessions_affected,
	occurrences, severity, name, sessions_affected_ratio, segments_success_ratio)
	ON session_group.pattern_rows TO session_group_api;
GRANT SELECT (project_id, summary_id, created_at, severities, critical, high, medium, low, unknown)
	ON session_group.pattern_numbers TO session_group_api;
GRANT SELECT (project_id, summary_id) ON session_group.pending_rows TO session_group_api;
GRANT SELECT ON session_group.pattern_rows, session_group.pattern_numbers, session_group.pending_rows
	TO session_group_admin;

CREATE FUNCTION session_group.summaries_keep_rows()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_keep_rows'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_keep_rows() IS
'Trigger of session_group.summaries: keeps the rows of session_group.pattern_rows and session_group.pattern_numbers. Raises nothing of its own.';

CREATE FUNCTION session_group.summaries_drop_rows()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_drop_rows'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_drop_rows() IS
'Trigger of session_group.summaries: empties session_group.pattern_rows, pattern_numbers and pending_rows on TRUNCATE. Raises nothing of its own.';

CREATE TRIGGER summaries_keep_rows AFTER INSERT OR DELETE OR UPDATE ON session_group.summaries
	FOR EACH ROW EXECUTE FUNCTION session_group.summaries_keep_rows();
CREATE TRIGGER summaries_drop_rows AFTER TRUNCATE ON session_group.summaries
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_drop_rows();

-- Summaries that logical replication brings have such rows, too.
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_keep_rows;
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_drop_rows;
