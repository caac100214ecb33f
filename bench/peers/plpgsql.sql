-- The same answers by PL/pgSQL functions, whose statements are planned once.

CREATE SCHEMA bench_plpgsql;

CREATE FUNCTION bench_plpgsql.page(project bigint, base text, page_limit bigint, page_offset bigint)
RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	total bigint;
	next text;
	previous text;
	results json;
BEGIN
	SELECT count(*) INTO total FROM session_group.summaries WHERE project_id = project;
	IF page_offset + page_limit < total THEN
		next := base || '?limit=' || page_limit || '&offset=' || page_offset + page_limit;
	END IF;
	IF page_offset > page_limit THEN
		previous := base || '?limit=' || page_limit || '&offset=' || page_offset - page_limit;
	ELSIF page_offset > 0 THEN
		previous := base || '?limit=' || page_limit;
	END IF;
	WITH s AS MATERIALIZED (
		SELECT id, title, session_count, created_at, created_by_id
		FROM session_group.summaries WHERE project_id = project
		ORDER BY created_at DESC, id DESC LIMIT page_limit OFFSET page_offset
	), people AS MATERIALIZED (
		SELECT user_id, json FROM bench_sql.person
		WHERE user_id = ANY (ARRAY(SELECT DISTINCT created_by_id FROM s))
	)
	SELECT array_to_json(ARRAY(
		SELECT item
		FROM s LEFT JOIN people ON user_id = s.created_by_id, LATERAL (
			SELECT s.id, s.title, s.session_count, bench_sql.iso(s.created_at) AS created_at,
				   people.json AS created_by) AS item
		ORDER BY s.created_at DESC, s.id DESC)) INTO results;
	RETURN (SELECT row_to_json(page) FROM (SELECT total AS count, next, previous, results) AS page);
END
$$;

CREATE FUNCTION bench_plpgsql.object(project bigint, summary_id uuid)
RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	s session_group.summaries;
	person json;
BEGIN
	SELECT * INTO s FROM session_group.summaries WHERE project_id = project AND id = summary_id;
	SELECT json INTO person FROM bench_sql.person WHERE user_id = s.created_by_id;
	RETURN (SELECT row_to_json(object) FROM (
		SELECT s.id, s.title, s.session_ids, s.summary, s.extra_summary_context, s.run_metadata,
			   bench_sql.iso(s.created_at) AS created_at, person AS created_by, s.project_id AS team) AS object);
END
$$;

GRANT USAGE ON SCHEMA bench_plpgsql TO session_group_api;
