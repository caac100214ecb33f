/* session_group: the summaries, their rights, and the SQL functions on one of them. */

CREATE FUNCTION session_group.uuidv7()
	RETURNS uuid
	AS 'MODULE_PATHNAME', 'session_group_uuidv7'
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.uuidv7() IS
'A new UUID of version 7 (RFC 9562): milliseconds since 1970 and their fraction, ascending within a
session, then 62 bits from the server''s strong random source. Raises nothing.';

CREATE FUNCTION session_group.summary_fits(
	title text, session_ids text[], extra_summary_context jsonb, run_metadata jsonb)
	RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_summary_fits'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION session_group.summary_fits(text, text[], jsonb, jsonb) IS
'Whether a summary is within the limits that the constraint of session_group.summaries repeats,
for the case that somebody disables its trigger: a title of 1 to 2048 characters, at most 1000
session ids in one dimension and no null among them, JSON objects. Null where null may be is within
them. Raises nothing.';

CREATE TABLE session_group.summaries (
	project_id bigint NOT NULL REFERENCES session_group.projects (id) ON DELETE CASCADE,
	id uuid NOT NULL DEFAULT session_group.uuidv7(),
	title text NOT NULL DEFAULT 'Group summary',
	session_ids text[] NOT NULL DEFAULT '{}',
	session_count integer NOT NULL GENERATED ALWAYS AS (pg_catalog.cardinality(session_ids)) STORED,
	summary jsonb,
	extra_summary_context jsonb,
	run_metadata jsonb,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	created_by_id bigint DEFAULT session_group.current_user_id(),
	updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	version bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (project_id, id),
	FOREIGN KEY (project_id, created_by_id)
		REFERENCES session_group.members (project_id, user_id) ON DELETE SET NULL (created_by_id),
	CONSTRAINT summaries_fit
		CHECK (session_group.summary_fits(title, session_ids, extra_summary_context, run_metadata))
-- Room for a new version in the row's own page: its indexes are not written then.
) WITH (fillfactor = 90);
COMMENT ON TABLE session_group.summaries IS 'Session group summaries. Written through the SQL functions, the gateway or the view session_group_api.session_group_summaries; one trigger validates them all.';
COMMENT ON COLUMN session_group.summaries.project_id IS 'The project; never changes';
COMMENT ON COLUMN session_group.summaries.id IS 'UUID version 7';
COMMENT ON COLUMN session_group.summaries.title IS '1 to 2048 characters, not only blanks; default Group summary';
COMMENT ON COLUMN session_group.summaries.session_ids IS 'At most 1000 session ids, each 1 to 200 characters';
COMMENT ON COLUMN session_group.summaries.session_count IS 'Number of session_ids';
COMMENT ON COLUMN session_group.summaries.summary IS 'The patterns as the language model gave them, at most 1000: any JSON, or null';
COMMENT ON COLUMN session_group.summaries.extra_summary_context IS 'A JSON object or null';
COMMENT ON COLUMN session_group.summaries.run_metadata IS 'A JSON object or null';
COMMENT ON COLUMN session_group.summaries.created_at IS 'When it was made';
COMMENT ON COLUMN session_group.summaries.created_by_id IS 'session_group.users.id of the creator, or null';
COMMENT ON COLUMN session_group.summaries.updated_at IS 'When it was last changed';
COMMENT ON COLUMN session_group.summaries.version IS '1, and one more with each change';

CREATE INDEX summaries_by_created_at ON session_group.summaries (project_id, created_at DESC, id DESC);
-- The creator is the first column: an index that begins like the primary key would be used in
-- its place by a planner that sees "project_id = ANY (...)" from several policies. Rows without
-- a creator are left out: where there are few creators, PostgreSQL 18, which can skip a leading
-- column, would read a whole project through this index to find one id.
CREATE INDEX summaries_by_created_by ON session_group.summaries (created_by_id, project_id)
	WHERE created_by_id IS NOT NULL;

-- Tens of kilobytes of JSON each: lz4 is several times faster than pglz where the server has it.
DO $$
BEGIN
	ALTER TABLE session_group.summaries ALTER COLUMN summary SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
	NULL;
END
$$;

CREATE FUNCTION session_group.summaries_before_write()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_before_write'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_before_write() IS
'Trigger of session_group.summaries: validates what is written; on UPDATE sets updated_at and the
next version. SQLSTATE 23502 (null), 23514 (blank, length, number), 22023 (wrong type), 0A000
(another project or id).';
CREATE TRIGGER summaries_before_write BEFORE INSERT OR UPDATE ON session_group.summaries
	FOR EACH ROW EXECUTE FUNCTION session_group.summaries_before_write();

ALTER TABLE session_group.summaries ENABLE ROW LEVEL SECURITY;

CREATE POLICY summaries_read ON session_group.summaries FOR SELECT TO session_group_api
	USING (session_group.may_read(project_id));
CREATE POLICY summaries_create ON session_group.summaries FOR INSERT TO session_group_api
	WITH CHECK (session_group.may_write(project_id));
CREATE POLICY summaries_update ON session_group.summaries FOR UPDATE TO session_group_api
	USING (session_group.may_write(project_id))
	WITH CHECK (session_group.may_write(project_id));
CREATE POLICY summaries_delete ON session_group.summaries FOR DELETE TO session_group_api
	USING (session_group.may_write(project_id));
CREATE POLICY summaries_administer ON session_group.summaries FOR ALL TO session_group_admin
	USING (true) WITH CHECK (true);

GRANT DELETE ON session_group.summaries TO session_group_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON session_group.summaries TO session_group_admin;

SELECT pg_catalog.pg_extension_config_dump('session_group.summaries', '');

CREATE FUNCTION session_group.create_summary(
	project_id bigint, title text DEFAULT 'Group summary', session_ids text[] DEFAULT '{}',
	summary jsonb DEFAULT NULL, extra_summary_context jsonb DEFAULT NULL,
	run_metadata jsonb DEFAULT NULL)
	RETURNS session_group.summaries
	AS 'MODULE_PATHNAME', 'session_group_create_summary'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.create_summary IS
'Makes a summary in a project. title: 1 to 2048 characters; session_ids: at most 1000, each 1 to 200
characters; summary: any JSON, with at most 1000 patterns; extra_summary_context and run_metadata:
JSON objects. Returns the row. SQLSTATE 42501 (no write access to the project), 23502 (null), 23503
(the project was deleted meanwhile), 23514 (blank, length, number), 22023 (wrong type).';

-- By column, so that what is read-only is so at every door, and the system columns do not tell of
-- other projects' writers: the API reads all columns, and writes a new summary's project and what
-- else create_summary() takes, the fields.
DO $again$
DECLARE
	readable pg_catalog.text := (
		SELECT pg_catalog.string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
		WHERE a.attrelid OPERATOR(pg_catalog.=) 'session_group.summaries'::pg_catalog.regclass
			AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped);
	writable pg_catalog.text[] := (
		SELECT p.proargnames FROM pg_catalog.pg_proc p
		WHERE p.oid OPERATOR(pg_catalog.=) 'session_group.create_summary'::pg_catalog.regproc);
BEGIN
	EXECUTE pg_catalog.format(
		'GRANT SELECT (%s), INSERT (%s), UPDATE (%s) ON session_group.summaries TO session_group_api',
		readable, pg_catalog.array_to_string(writable, ', '),
		pg_catalog.array_to_string(writable[2:], ', '));
END
$again$;

CREATE FUNCTION session_group.get_summary(project_id bigint, id uuid)
	RETURNS session_group.summaries
	AS 'MODULE_PATHNAME', 'session_group_get_summary'
	LANGUAGE C STABLE;
COMMENT ON FUNCTION session_group.get_summary(bigint, uuid) IS
'One summary of a project. SQLSTATE 42501 (no read access to the project), P0002 (no such summary in it), 22004 (null argument).';

CREATE FUNCTION session_group.summary_report(project_id bigint, id uuid)
	RETURNS text
	AS 'MODULE_PATHNAME', 'session_group_summary_report'
	LANGUAGE C STABLE;
COMMENT ON FUNCTION session_group.summary_report(bigint, uuid) IS
'One summary of a project as a report in CommonMark, in UTC: its patterns by severity, at most 200 of
each, with at most five examples. All text of the summary is escaped; a summary that can not be read
gives a report that says so. SQLSTATE 42501 (no read access to the project), P0002 (no such summary
in it), 22004 (null argument).';

CREATE FUNCTION session_group.update_summary(project_id bigint, id uuid, changes jsonb,
	expected_version bigint DEFAULT NULL)
	RETURNS session_group.summaries
	AS 'MODULE_PATHNAME', 'session_group_update_summary'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.update_summary(bigint, uuid, jsonb, bigint) IS
'Changes a summary. changes: an object with any of title, session_ids, summary,
extra_summary_context, run_metadata; what is absent stays, null is stored where null is allowed.
expected_version: change this version of the summary only, or fail; null for any. Returns the row
as it is then. SQLSTATE 42501 (no write access), P0002 (no such summary), 23502 (null), 23514
(blank, length, number), 22023 (wrong type, unknown field), 55000 (another version), 22004 (null
argument).';

CREATE FUNCTION session_group.delete_summary(project_id bigint, id uuid,
	expected_version bigint DEFAULT NULL)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_delete_summary'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.delete_summary(bigint, uuid, bigint) IS
'Deletes a summary. expected_version: delete this version of it only, or fail; null for any.
SQLSTATE 42501 (no write access to the project), P0002 (no such summary in it), 55000 (another
version), 22004 (null argument).';

GRANT EXECUTE ON FUNCTION
	session_group.uuidv7(),
	session_group.summary_fits(text, text[], jsonb, jsonb),
	session_group.create_summary,
	session_group.get_summary(bigint, uuid),
	session_group.summary_report(bigint, uuid),
	session_group.update_summary(bigint, uuid, jsonb, bigint),
	session_group.delete_summary(bigint, uuid, bigint)
	TO session_group_api, session_group_admin;

