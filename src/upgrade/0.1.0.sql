/*
 * session_group: from 0.1.0 to this version. Here stands what is neither new as a whole nor can
 * simply be said again; make adds the rest from the parts of the install script.
 */

\echo Use "ALTER EXTENSION session_group UPDATE" to load this file. \quit

ALTER TABLE session_group.projects ADD COLUMN retention interval,
	ADD CONSTRAINT projects_retention_bounded
		CHECK (retention OPERATOR(pg_catalog.>) '0' AND retention OPERATOR(pg_catalog.<=) '1000 years');

-- They take more arguments now, or give more columns.
DROP FUNCTION session_group.list_projects();
DROP FUNCTION session_group.update_summary(bigint, uuid, jsonb);
DROP FUNCTION session_group.delete_summary(bigint, uuid);
DROP FUNCTION session_group.list_summaries(bigint, integer, bigint, text, text, uuid, text, text);
DROP FUNCTION session_group.count_summaries(bigint, text, uuid, text, text);

DROP INDEX session_group.summaries_by_created_by;
CREATE INDEX summaries_by_created_by ON session_group.summaries (created_by_id, project_id)
	WHERE created_by_id IS NOT NULL;

