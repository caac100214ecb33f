/* session_group: what was done to summaries, by whom. */

CREATE TABLE session_group.activity (
	project_id bigint NOT NULL,
	seq bigint NOT NULL,
	summary_id uuid NOT NULL,
	activity text NOT NULL,
	user_id bigint,
	api_key text,
	how text NOT NULL,
	request_id text,
	changes jsonb NOT NULL,
	at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	horizon xid8 NOT NULL DEFAULT '0',
	PRIMARY KEY (project_id, seq),
	CONSTRAINT activity_known
		CHECK (activity OPERATOR(pg_catalog.=) ANY (ARRAY['created', 'updated', 'deleted']))
);
COMMENT ON TABLE session_group.activity IS 'One record for each summary that was created, updated or deleted, written by a trigger of session_group.summaries in the same transaction. Records outlive their summaries; they go with their project, or when projects.activity_retention says so.';
COMMENT ON COLUMN session_group.activity.project_id IS 'The project; no foreign key, but a trigger of session_group.projects deletes the records with it';
COMMENT ON COLUMN session_group.activity.seq IS 'Ascending within the project, in the order in which transactions wrote, which is not that of their commits; gaps mean nothing';
COMMENT ON COLUMN session_group.activity.summary_id IS 'The summary, which may be gone';
COMMENT ON COLUMN session_group.activity.activity IS 'created, updated or deleted';
COMMENT ON COLUMN session_group.activity.user_id IS 'session_group.users.id of who did it, or null: administration, retention, import; no foreign key, the user may be gone';
COMMENT ON COLUMN session_group.activity.api_key IS 'Mask of the API key that was used, or null';
COMMENT ON COLUMN session_group.activity.how IS 'api_key, claims or assumed (how the user was known), sql (administration), retention or import';
COMMENT ON COLUMN session_group.activity.request_id IS 'X-Request-Id of the HTTP request: 1 to 64 letters, digits, dots, underscores and hyphens; null if it had none such';
COMMENT ON COLUMN session_group.activity.changes IS 'One object for each field that differs: field, and before and after, which for session_ids are counts (before_count, after_count; up to 20 ids are listed in added and removed) and for summary and for large objects sizes in bytes (before_bytes, after_bytes); at most some 40 kB';
COMMENT ON COLUMN session_group.activity.at IS 'When it was recorded';
COMMENT ON COLUMN session_group.activity.horizon IS 'The cluster''s next transaction id after seq was taken: all lower numbers are with lower ids';

CREATE INDEX activity_by_summary ON session_group.activity (project_id, summary_id, seq);

ALTER TABLE session_group.activity ENABLE ROW LEVEL SECURITY;
CREATE POLICY activity_read ON session_group.activity FOR SELECT TO session_group_api
	USING (session_group.may_read(project_id));
CREATE POLICY activity_administer ON session_group.activity FOR SELECT TO session_group_admin
	USING (true);
-- Not horizon, and not the system columns: they tell of other projects' writers.
GRANT SELECT (project_id, seq, summary_id, activity, user_id, api_key, how, request_id, changes, at)
	ON session_group.activity TO session_group_api;
GRANT SELECT ON session_group.activity TO session_group_admin;

SELECT pg_catalog.pg_extension_config_dump('session_group.activity', '');

CREATE UNLOGGED TABLE session_group.activity_sequences (
	project_id bigint NOT NULL PRIMARY KEY,
	last bigint NOT NULL
);
COMMENT ON TABLE session_group.activity_sequences IS 'The last number of each project''s activity records, raised in place by the library and by nobody else. Empty after a crash, a promotion or a restore; begun anew from the records then, so it is not dumped.';
COMMENT ON COLUMN session_group.activity_sequences.project_id IS 'The project; may be gone';
COMMENT ON COLUMN session_group.activity_sequences.last IS 'The number that was given last';
ALTER TABLE session_group.activity_sequences ENABLE ROW LEVEL SECURITY;

-- Each purge adds a row and deletes the one before it. So a search for the highest number meets
-- the live row first, however many dead ones an old snapshot keeps.
CREATE TABLE session_group.activity_purges (
	project_id bigint NOT NULL REFERENCES session_group.projects (id) ON DELETE CASCADE,
	purged_to bigint NOT NULL,
	PRIMARY KEY (project_id, purged_to)
);
COMMENT ON TABLE session_group.activity_purges IS 'Up to which number the activity records of a project were deleted by its retention: the highest one counts. Written by the library and by nobody else.';
COMMENT ON COLUMN session_group.activity_purges.project_id IS 'The project';
COMMENT ON COLUMN session_group.activity_purges.purged_to IS 'The highest number of a record that was deleted, with all lower ones';
ALTER TABLE session_group.activity_purges ENABLE ROW LEVEL SECURITY;
CREATE POLICY activity_purges_read ON session_group.activity_purges FOR SELECT TO session_group_api
	USING (session_group.may_read(project_id));
CREATE POLICY activity_purges_administer ON session_group.activity_purges FOR SELECT TO session_group_admin
	USING (true);
GRANT SELECT (project_id, purged_to) ON session_group.activity_purges TO session_group_api;
GRANT SELECT ON session_group.activity_purges TO session_group_admin;
SELECT pg_catalog.pg_extension_config_dump('session_group.activity_purges', '');

CREATE FUNCTION session_group.summaries_record()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_record'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_record() IS
'Trigger of session_group.summaries: records what was done in session_group.activity. SQLSTATE 3D000
(another node has the project), 55006 (its writes are stopped for the moment).';
CREATE TRIGGER summaries_record AFTER INSERT OR UPDATE OR DELETE ON session_group.summaries
	FOR EACH ROW EXECUTE FUNCTION session_group.summaries_record();

CREATE FUNCTION session_group.activity_before_insert()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_activity_before_insert'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.activity_before_insert() IS
'Trigger of session_group.activity: sets horizon, which a dump or a subscription brings from another cluster. Raises nothing of its own.';
CREATE TRIGGER activity_before_insert BEFORE INSERT ON session_group.activity
	FOR EACH ROW EXECUTE FUNCTION session_group.activity_before_insert();
ALTER TABLE session_group.activity ENABLE ALWAYS TRIGGER activity_before_insert;

CREATE FUNCTION session_group.projects_forget_activity()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_projects_forget_activity'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.projects_forget_activity() IS
'Trigger of session_group.projects: deletes the activity records of a project that was deleted. Raises nothing of its own.';
-- Behind the foreign keys' own triggers, whose names begin with RI_.
CREATE TRIGGER projects_forget_activity AFTER DELETE ON session_group.projects
	FOR EACH ROW EXECUTE FUNCTION session_group.projects_forget_activity();
CREATE TRIGGER projects_forget_all_activity AFTER TRUNCATE ON session_group.projects
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.projects_forget_activity();

-- Reading. The type is the table's row without horizon.
CREATE TYPE session_group.activity_record AS (
	project_id bigint, seq bigint, summary_id uuid, activity text, user_id bigint, api_key text,
	how text, request_id text, changes jsonb, at timestamptz);
COMMENT ON TYPE session_group.activity_record IS 'A record of session_group.activity, whose columns are described there';

CREATE FUNCTION session_group.list_activity(
	project_id bigint, summary_id uuid DEFAULT NULL, row_limit integer DEFAULT 100,
	row_offset bigint DEFAULT 0)
	RETURNS SETOF session_group.activity_record
	AS 'MODULE_PATHNAME', 'session_group_list_activity'
	LANGUAGE C STABLE ROWS 100;
COMMENT ON FUNCTION session_group.list_activity(bigint, uuid, integer, bigint) IS
'What was done to a project''s summaries, or to one of them, newest first. row_limit: 1 to
session_group.max_page_size; row_offset: from 0. SQLSTATE 42501 (no read access), 22023 (bad limit
or offset), 22004 (null project).';

CREATE FUNCTION session_group.activity_since(
	project_id bigint, since bigint DEFAULT 0, row_limit integer DEFAULT 100)
	RETURNS SETOF session_group.activity_record
	AS 'MODULE_PATHNAME', 'session_group_activity_since'
	LANGUAGE C STABLE ROWS 100;
COMMENT ON FUNCTION session_group.activity_since(bigint, bigint, integer) IS
'What was done to a project''s summaries after the record with the number since (0: from the
beginning), oldest first, as far as no transaction that is still open can add to it: reading on from
the last seq of each result misses nothing and repeats nothing. row_limit: 1 to
session_group.max_page_size. SQLSTATE 42501 (no read access), 55000 (records after since were
deleted by retention; the hint has the number to begin again with), 22023 (bad limit, negative
number), 22004 (null argument).';

CREATE FUNCTION session_group.count_activity(project_id bigint, summary_id uuid DEFAULT NULL)
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_count_activity'
	LANGUAGE C STABLE;
COMMENT ON FUNCTION session_group.count_activity(bigint, uuid) IS
'The exact number of a project''s activity records, or of those of one summary. SQLSTATE 42501 (no read access), 22004 (null project).';

GRANT EXECUTE ON FUNCTION
	session_group.count_activity(bigint, uuid),
	session_group.list_activity(bigint, uuid, integer, bigint),
	session_group.activity_since(bigint, bigint, integer)
	TO session_group_api, session_group_admin;
