/* session_group: import and export of summaries. */

CREATE FUNCTION session_group.import_posthog(source_schema text)
	RETURNS TABLE (kind text, outcome text, number bigint, note text, rows text[])
	AS 'MODULE_PATHNAME', 'session_group_import_posthog'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.import_posthog(text) IS
'Imports teams, users, memberships, personal API keys and group summaries from PostHog''s own tables
in a schema of this database, restored from a dump or foreign. Ids, times and key hashes are kept;
whom PostHog''s access control keeps out of a project does not become a member of it; rows that
exist here stay as they are; a row with an error is skipped. Returns a report: kind (projects,
users, members, api_keys, summaries), outcome (imported, unchanged, skipped), number of rows; note
and rows: a remark, and which rows it is about. A NOTICE after every 10000 rows. The caller
needs SELECT on the tables, and their owners must be roles that may SET ROLE to the caller (superusers may):
what they attached to the tables runs as the caller. SQLSTATE 22004 (null), 55000 (another node administers), 3F000 (no such schema),
42501 (a table is somebody else''s, or may not be read), 42P01 (a table is missing),
42703 (a column is missing), 42804 (a column is of another type).';

CREATE FUNCTION session_group.import_json(project_id bigint, objects jsonb)
	RETURNS TABLE (kind text, outcome text, number bigint, note text, rows text[])
	AS 'MODULE_PATHNAME', 'session_group_import_json'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.import_json(bigint, jsonb) IS
'Imports summaries into a project from whole objects of the HTTP API: one, an array, or an object
with an array "results". id and created_at (ISO 8601 with an offset) are kept; created_by is the
member of the project, or former member, with the same uuid, else email, else null with a note; team is not read. Summaries that exist here
stay as they are; an object with an error is skipped. Returns what import_posthog returns.
SQLSTATE 22004 (null), P0002 (no such project).';

CREATE FUNCTION session_group.export_json(project_id bigint)
	RETURNS SETOF jsonb
	AS 'MODULE_PATHNAME', 'session_group_export_json'
	LANGUAGE C STABLE ROWS 1000;
COMMENT ON FUNCTION session_group.export_json(bigint) IS
'The summaries of a project as the objects that the HTTP API gives, the oldest first; import_json takes them. SQLSTATE 22004 (null), P0002 (no such project).';

GRANT EXECUTE ON FUNCTION
	session_group.import_posthog(text), session_group.import_json(bigint, jsonb),
	session_group.export_json(bigint)
	TO session_group_admin;

-- Imported projects and users keep their ids; the sequences are moved beyond them.
GRANT UPDATE ON SEQUENCE session_group.projects_id_seq, session_group.users_id_seq
	TO session_group_admin;
