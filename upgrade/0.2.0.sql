/*
 * session_group: from 0.2.0 to this version. Here stands what is neither new as a whole nor can
 * simply be run again; make adds the rest from the parts of the install script.
 */

\echo Use "ALTER EXTENSION session_group UPDATE" to load this file. \quit

-- They take more arguments now.
DROP FUNCTION session_group.list_summaries(bigint, integer, bigint, text, text, uuid, text, text, text, text);
DROP FUNCTION session_group.count_summaries(bigint, text, uuid, text, text, text, text);
DROP FUNCTION session_group.create_project(text, text);

-- A period with a negative part (1 month less 29 days) can be no time at all: nothing is deleted
-- before an administrator has said what was meant.
CREATE FUNCTION session_group.is_retention(period interval) RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_is_retention' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
DO $$
DECLARE
	project record;
BEGIN
	FOR project IN
		UPDATE session_group.projects AS p SET retention = NULL FROM session_group.projects AS before
		WHERE p.id OPERATOR(pg_catalog.=) before.id
			AND NOT session_group.is_retention(p.retention)
		RETURNING p.id, before.retention
	LOOP
		RAISE WARNING 'project % keeps its summaries for ever now: its retention % had a negative part',
			project.id, project.retention
			USING HINT = 'Call session_group.set_retention().';
	END LOOP;
END
$$;
ALTER TABLE session_group.projects DROP CONSTRAINT projects_retention_bounded,
	ADD CONSTRAINT projects_retention_bounded CHECK (session_group.is_retention(retention));

-- Granted anew by columns.
REVOKE SELECT ON session_group.summaries FROM session_group_api;

-- The gateway function takes on that role by itself.
REVOKE EXECUTE ON FUNCTION session_group_api.http(), session_group_api.http(bytea) FROM session_group_api;

-- In parts that are new as a whole.
DROP FUNCTION session_group.posture(), session_group.posture_tables(), session_group.posture_policies(),
	session_group.posture_functions(), session_group.posture_rights();

-- An empty list of a key's projects meant all.
UPDATE session_group.api_keys SET project_ids = NULL WHERE project_ids OPERATOR(pg_catalog.=) '{}';
ALTER TABLE session_group.api_keys ADD CONSTRAINT api_keys_project_ids_not_empty
	CHECK (pg_catalog.cardinality(project_ids) OPERATOR(pg_catalog.>) 0);

-- Numbers are kept in another way.
DROP TRIGGER summaries_count ON session_group.summaries;
DROP TRIGGER summaries_counted ON session_group.summaries;
DROP TRIGGER summaries_uncount ON session_group.summaries;
DROP FUNCTION session_group.summaries_count();
DROP FUNCTION session_group.summaries_counted();
DROP FUNCTION session_group.summaries_uncount();
DROP FUNCTION session_group.check_counts();
DROP TABLE session_group.summary_counts;

-- The oldest keys of all projects are found without reading the others.
DROP INDEX session_group.idempotency_keys_by_created_at;
CREATE INDEX idempotency_keys_by_age ON session_group.idempotency_keys (created_at);

-- Activity has a retention of its own.
ALTER TABLE session_group.projects ADD COLUMN activity_retention interval,
	ADD CONSTRAINT projects_activity_retention_bounded CHECK (session_group.is_retention(activity_retention));
DROP FUNCTION session_group.list_projects();

-- Policies ask for each row's project. (The functions are made again below, as they are in the parts.)
CREATE FUNCTION session_group.project_condition(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'session_group_project_condition' LANGUAGE C STRICT;
CREATE FUNCTION session_group.may_read(project_id bigint) RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_may_read'
	LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT session_group.project_condition;
CREATE FUNCTION session_group.may_write(project_id bigint) RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_may_write'
	LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT session_group.project_condition;
CREATE FUNCTION session_group.known_project_ids() RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_known_project_ids' LANGUAGE C STABLE STRICT PARALLEL SAFE;
CREATE FUNCTION session_group.may_know(project_id bigint) RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_may_know'
	LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT session_group.project_condition;
ALTER POLICY projects_read ON session_group.projects USING (session_group.may_know(id));
ALTER POLICY members_read ON session_group.members USING (session_group.may_know(project_id));
ALTER POLICY summaries_read ON session_group.summaries USING (session_group.may_read(project_id));
ALTER POLICY summaries_create ON session_group.summaries WITH CHECK (session_group.may_write(project_id));
ALTER POLICY summaries_update ON session_group.summaries USING (session_group.may_write(project_id))
	WITH CHECK (session_group.may_write(project_id));
ALTER POLICY summaries_delete ON session_group.summaries USING (session_group.may_write(project_id));
ALTER POLICY activity_read ON session_group.activity USING (session_group.may_read(project_id));

-- People are found by their memberships; what was copied to them is forgotten.
DROP TRIGGER members_to_users ON session_group.members;
DROP TRIGGER members_to_no_users ON session_group.members;
DROP FUNCTION session_group.members_to_users();
CREATE FUNCTION session_group.may_see(user_id bigint) RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_may_see' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
ALTER POLICY users_read ON session_group.users USING (session_group.may_see(id));
UPDATE session_group.users SET project_ids = '{}' WHERE project_ids OPERATOR(pg_catalog.<>) '{}';

-- (Behind the function that its policy calls.)
CREATE TABLE session_group.activity_purges (
	project_id bigint NOT NULL REFERENCES session_group.projects (id) ON DELETE CASCADE,
	purged_to bigint NOT NULL,
	PRIMARY KEY (project_id, purged_to)
);
ALTER TABLE session_group.activity_purges ENABLE ROW LEVEL SECURITY;
CREATE POLICY activity_purges_read ON session_group.activity_purges FOR SELECT TO session_group_api
	USING (session_group.may_read(project_id));
CREATE POLICY activity_purges_administer ON session_group.activity_purges FOR SELECT TO session_group_admin
	USING (true);

-- What finds a summary by its title is no index of the summary any more.
DROP INDEX session_group.summaries_by_title_keys, session_group.summaries_by_words;
CREATE FUNCTION session_group.document_words(project_id bigint, summary jsonb) RETURNS tsvector
	AS 'MODULE_PATHNAME', 'session_group_document_words' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
CREATE INDEX summaries_by_document_words ON session_group.summaries
	USING gin (session_group.document_words(project_id, summary)) WITH (gin_pending_list_limit = 1024);
ALTER TABLE session_group.summaries SET (fillfactor = 90);

-- One constraint, which costs a write less than five.
CREATE FUNCTION session_group.summary_fits(
	title text, session_ids text[], extra_summary_context jsonb, run_metadata jsonb) RETURNS boolean
	AS 'MODULE_PATHNAME', 'session_group_summary_fits' LANGUAGE C IMMUTABLE PARALLEL SAFE;
ALTER TABLE session_group.summaries DROP CONSTRAINT summaries_title_length,
	DROP CONSTRAINT summaries_session_ids_number, DROP CONSTRAINT summaries_session_ids_not_null,
	DROP CONSTRAINT summaries_extra_summary_context_object, DROP CONSTRAINT summaries_run_metadata_object,
	ADD CONSTRAINT summaries_fit
		CHECK (session_group.summary_fits(title, session_ids, extra_summary_context, run_metadata));
