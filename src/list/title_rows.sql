/* session_group: the titles of summaries as rows beside, kept by each write. */

CREATE TABLE session_group.title_rows (
	project_id bigint NOT NULL,
	summary_id uuid NOT NULL,
	title text NOT NULL,
	PRIMARY KEY (project_id, summary_id)
);
COMMENT ON TABLE session_group.title_rows IS 'The titles of summaries, for searches. Kept by a trigger of session_group.summaries, which restores and replication fire too, so it is neither dumped nor to be published.';
COMMENT ON COLUMN session_group.title_rows.project_id IS 'The project';
COMMENT ON COLUMN session_group.title_rows.summary_id IS 'The summary''s id';
COMMENT ON COLUMN session_group.title_rows.title IS 'The summary''s title';

ALTER TABLE session_group.title_rows ENABLE ROW LEVEL SECURITY;
CREATE POLICY title_rows_administer ON session_group.title_rows FOR SELECT TO session_group_admin
	USING (true);
-- Not for the API's role: searches read it as the owner, where no policy hides summaries of the project.
GRANT SELECT ON session_group.title_rows TO session_group_admin;

CREATE FUNCTION session_group.summaries_keep_titles()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_keep_titles'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_keep_titles() IS
'Trigger of session_group.summaries: keeps the rows of session_group.title_rows. Raises nothing of its own.';

CREATE FUNCTION session_group.summaries_drop_titles()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_drop_titles'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_drop_titles() IS
'Trigger of session_group.summaries: empties session_group.title_rows on TRUNCATE. Raises nothing of its own.';

CREATE TRIGGER summaries_keep_titles AFTER INSERT OR DELETE OR UPDATE ON session_group.summaries
	FOR EACH ROW EXECUTE FUNCTION session_group.summaries_keep_titles();
CREATE TRIGGER summaries_drop_titles AFTER TRUNCATE ON session_group.summaries
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_drop_titles();

-- What logical replication brings has rows too.
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_keep_titles;
ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_drop_titles;

CREATE FUNCTION session_group.title_rows_before_insert()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_title_rows_before_insert'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.title_rows_before_insert() IS
'Trigger of session_group.title_rows: leaves out what a subscription to all tables brings, since
the summaries that come from there have their rows already. Raises nothing.';
CREATE TRIGGER title_rows_before_insert BEFORE INSERT ON session_group.title_rows
	FOR EACH ROW EXECUTE FUNCTION session_group.title_rows_before_insert();
ALTER TABLE session_group.title_rows ENABLE REPLICA TRIGGER title_rows_before_insert;

CREATE FUNCTION session_group.repair_titles()
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_repair_titles'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.repair_titles() IS
'Makes the rows of session_group.title_rows what the titles of summaries say. Returns how many were
wrong: none, unless summaries were written with triggers disabled. Writers of titles wait until the
transaction ends. Raises nothing.';
GRANT EXECUTE ON FUNCTION session_group.repair_titles() TO session_group_admin;

-- In an update: the titles that there are. The index is made behind them, which is faster. Its list
-- (find.sql): with 256 kB, 1 in 300 changes took 10 ms; with 1 MB, 1 in 1200 took 30, all together less.
SELECT session_group.repair_titles();
CREATE INDEX title_rows_by_keys ON session_group.title_rows
	USING gin (session_group.title_keys(project_id, title)) WITH (gin_pending_list_limit = 1024);
