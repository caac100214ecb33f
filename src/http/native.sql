/* session_group: the native door: what PostgREST's own clients see. */

-- The door for PostgREST clients: PostgREST's own filters, order and counts.
CREATE VIEW session_group_api.session_group_summaries WITH (security_invoker = true) AS
	SELECT s.* FROM session_group.summaries AS s;
-- What a client leaves out of one row and gives in another has the table's default.
ALTER VIEW session_group_api.session_group_summaries ALTER COLUMN title SET DEFAULT 'Group summary';
ALTER VIEW session_group_api.session_group_summaries ALTER COLUMN session_ids SET DEFAULT '{}';
COMMENT ON VIEW session_group_api.session_group_summaries IS 'Session group summaries of the projects that the request may read; writable where it may write.';
-- The columns are described, and may be written, as the table's are.
DO $again$
DECLARE
	attribute pg_catalog.record;
	writable pg_catalog.text[] := (
		SELECT p.proargnames FROM pg_catalog.pg_proc p
		WHERE p.oid OPERATOR(pg_catalog.=) 'session_group.create_summary'::pg_catalog.regproc);
BEGIN
	FOR attribute IN
		SELECT a.attname, pg_catalog.col_description(a.attrelid, a.attnum) AS said FROM pg_catalog.pg_attribute a
		WHERE a.attrelid OPERATOR(pg_catalog.=) 'session_group.summaries'::pg_catalog.regclass
			AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
	LOOP
		EXECUTE pg_catalog.format('COMMENT ON COLUMN session_group_api.session_group_summaries.%I IS %L',
								  attribute.attname, attribute.said);
	END LOOP;
	EXECUTE pg_catalog.format(
		'GRANT INSERT (%s), UPDATE (%s) ON session_group_api.session_group_summaries TO session_group_api',
		pg_catalog.array_to_string(writable, ', '), pg_catalog.array_to_string(writable[2:], ', '));
END
$again$;
COMMENT ON COLUMN session_group_api.session_group_summaries.created_by_id IS 'The creator, or null; embed created_by for the person';

CREATE VIEW session_group_api.project_users WITH (security_invoker = true) AS
	SELECT m.project_id, m.user_id, u.uuid, u.distinct_id, u.first_name, u.last_name, u.email,
		   u.is_email_verified, u.hedgehog_config, u.role_at_organization
	FROM session_group.members m JOIN session_group.users u ON u.id OPERATOR(pg_catalog.=) m.user_id;
COMMENT ON VIEW session_group_api.project_users IS 'The people of the projects that the request may read, former members too; embedded as created_by:project_users(...).';

GRANT SELECT, DELETE ON session_group_api.session_group_summaries TO session_group_api;
GRANT SELECT ON session_group_api.project_users TO session_group_api;
