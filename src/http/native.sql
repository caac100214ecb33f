/* session_group: the native door: what PostgREST's own clients see. */

-- The door for PostgREST clients: PostgREST's own filters, order and counts.
CREATE VIEW session_group_api.session_group_summaries WITH (security_invoker = true) AS
	SELECT project_id, id, title, session_ids, session_count, summary, extra_summary_context,
		   run_metadata, created_at, created_by_id, updated_at, version
	FROM session_group.summaries;
-- What a client leaves out of one row and gives in another has the table's default.
ALTER VIEW session_group_api.session_group_summaries ALTER COLUMN title SET DEFAULT 'Group summary';
ALTER VIEW session_group_api.session_group_summaries ALTER COLUMN session_ids SET DEFAULT '{}';
COMMENT ON VIEW session_group_api.session_group_summaries IS 'Session group summaries of the projects that the request may read; writable where it may write.';
COMMENT ON COLUMN session_group_api.session_group_summaries.project_id IS 'The project; required on insert, never changes';
COMMENT ON COLUMN session_group_api.session_group_summaries.id IS 'UUID version 7, made by the server';
COMMENT ON COLUMN session_group_api.session_group_summaries.title IS '1 to 2048 characters, not only blanks; default Group summary';
COMMENT ON COLUMN session_group_api.session_group_summaries.session_ids IS 'At most 1000 session ids, each 1 to 200 characters';
COMMENT ON COLUMN session_group_api.session_group_summaries.session_count IS 'Number of session_ids';
COMMENT ON COLUMN session_group_api.session_group_summaries.summary IS 'The patterns, at most 1000: any JSON, or null';
COMMENT ON COLUMN session_group_api.session_group_summaries.extra_summary_context IS 'A JSON object or null';
COMMENT ON COLUMN session_group_api.session_group_summaries.run_metadata IS 'A JSON object or null';
COMMENT ON COLUMN session_group_api.session_group_summaries.created_at IS 'When it was made';
COMMENT ON COLUMN session_group_api.session_group_summaries.created_by_id IS 'The creator, or null; embed created_by for the person';
COMMENT ON COLUMN session_group_api.session_group_summaries.updated_at IS 'When it was last changed';
COMMENT ON COLUMN session_group_api.session_group_summaries.version IS '1, and one more with each change';

CREATE VIEW session_group_api.project_users WITH (security_invoker = true) AS
	SELECT m.project_id, m.user_id, u.uuid, u.distinct_id, u.first_name, u.last_name, u.email,
		   u.is_email_verified, u.hedgehog_config, u.role_at_organization
	FROM session_group.members m JOIN session_group.users u ON u.id OPERATOR(pg_catalog.=) m.user_id;
COMMENT ON VIEW session_group_api.project_users IS 'The people of the projects that the request may read, former members too; embedded as created_by:project_users(...).';

GRANT SELECT, DELETE ON session_group_api.session_group_summaries TO session_group_api;
GRANT INSERT (project_id, title, session_ids, summary, extra_summary_context, run_metadata),
	UPDATE (title, session_ids, summary, extra_summary_context, run_metadata)
	ON session_group_api.session_group_summaries TO session_group_api;
GRANT SELECT ON session_group_api.project_users TO session_group_api;
