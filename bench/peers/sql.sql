-- The gateway's answers by SQL json functions: what one would write in SQL. They
-- can be inlined, so that a prepared statement keeps their plan; people are
-- rendered once per page. The same rights as ours: the caller's, with its policies.

CREATE SCHEMA bench_sql;

-- ISO 8601 in UTC, with six digits of fraction or none.
CREATE FUNCTION bench_sql.iso(t timestamptz) RETURNS text LANGUAGE sql STABLE
RETURN to_char(t AT TIME ZONE 'UTC', CASE WHEN date_part('microseconds', t)::bigint % 1000000 = 0
	THEN 'YYYY-MM-DD"T"HH24:MI:SS"Z"' ELSE 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' END);

CREATE VIEW bench_sql.person WITH (security_invoker = true) AS
SELECT u.id AS user_id, row_to_json(person) AS json
FROM session_group.users AS u, LATERAL (
	SELECT u.id, u.uuid, u.distinct_id, u.first_name, u.last_name, u.email, u.is_email_verified,
		   CASE WHEN jsonb_typeof(u.hedgehog_config) = 'object' AND u.hedgehog_config <> '{}'
				THEN u.hedgehog_config END AS hedgehog_config,
		   u.role_at_organization) AS person;

CREATE FUNCTION bench_sql.page(project bigint, base text, page_limit bigint, page_offset bigint)
RETURNS TABLE (body json) LANGUAGE sql STABLE AS $$
	WITH s AS MATERIALIZED (
		SELECT id, title, session_count, created_at, created_by_id
		FROM session_group.summaries WHERE project_id = project
		ORDER BY created_at DESC, id DESC LIMIT page_limit OFFSET page_offset
	), people AS MATERIALIZED (
		SELECT user_id, json FROM bench_sql.person
		WHERE user_id = ANY (ARRAY(SELECT DISTINCT created_by_id FROM s))
	)
	SELECT row_to_json(page)
	FROM (SELECT count(*) AS count FROM session_group.summaries WHERE project_id = project) AS c,
		 LATERAL (
			SELECT c.count,
				   CASE WHEN page_offset + page_limit < c.count THEN
						base || '?limit=' || page_limit || '&offset=' || page_offset + page_limit END AS next,
				   CASE WHEN page_offset > 0 THEN base || '?limit=' || page_limit ||
						CASE WHEN page_offset > page_limit THEN '&offset=' || page_offset - page_limit ELSE '' END END AS previous,
				   array_to_json(ARRAY(
						SELECT item
						FROM s LEFT JOIN people ON user_id = s.created_by_id, LATERAL (
							SELECT s.id, s.title, s.session_count, bench_sql.iso(s.created_at) AS created_at,
								   people.json AS created_by) AS item
						ORDER BY s.created_at DESC, s.id DESC)) AS results) AS page
$$;

CREATE FUNCTION bench_sql.object(project bigint, summary_id uuid)
RETURNS TABLE (body json) LANGUAGE sql STABLE AS $$
	SELECT row_to_json(object)
	FROM session_group.summaries AS s LEFT JOIN bench_sql.person ON user_id = s.created_by_id, LATERAL (
		SELECT s.id, s.title, s.session_ids, s.summary, s.extra_summary_context, s.run_metadata,
			   bench_sql.iso(s.created_at) AS created_at, person.json AS created_by, s.project_id AS team) AS object
	WHERE s.project_id = project AND s.id = summary_id
$$;

GRANT USAGE ON SCHEMA bench_sql TO session_group_api;
GRANT SELECT ON bench_sql.person TO session_group_api;
