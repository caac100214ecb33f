/*
 * What the specs in specs/ stand on. stage.reset() gives them two projects,
 * two users, two keys and two summaries, the same each time.
 */
CREATE EXTENSION session_group;

CREATE SCHEMA stage;
GRANT USAGE ON SCHEMA stage TO PUBLIC;

CREATE FUNCTION stage.hash(key text) RETURNS text LANGUAGE sql IMMUTABLE AS
	$$ SELECT 'sha256$' || encode(sha256(convert_to(key, 'UTF8')), 'hex') $$;

-- A summary's id, by its number.
CREATE FUNCTION stage.id(number integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$ SELECT ('018f2b5e-0000-7000-8000-' || lpad(number::text, 12, '0'))::uuid $$;

CREATE FUNCTION stage.reset() RETURNS void LANGUAGE sql AS $$
	TRUNCATE session_group.projects, session_group.users, session_group.members, session_group.api_keys,
		session_group.summaries CASCADE;
	INSERT INTO session_group.projects (id, name) VALUES (1, 'One'), (2, 'Two');
	INSERT INTO session_group.users (id, uuid, email) VALUES
		(1, '018f2b5e-0000-4000-8000-000000000001', 'ada@example.com'),
		(2, '018f2b5e-0000-4000-8000-000000000002', 'joan@example.com');
	INSERT INTO session_group.members (project_id, user_id) VALUES (1, 1), (2, 1), (1, 2);
	INSERT INTO session_group.api_keys (id, user_id, label, mask, hash, scopes) VALUES
		(1, 1, 'one', 'phx_...-ada', stage.hash('phx_ada'), '{session_recording:write}'),
		(2, 2, 'two', 'phx_...joan', stage.hash('phx_joan'), '{session_recording:write}');
	INSERT INTO session_group.summaries (project_id, id, title, created_by_id) VALUES
		(1, stage.id(1), 'first', 1), (1, stage.id(2), 'second', 2);
$$;

-- Begin to speak as the owner of a key, as an SQL application does.
CREATE PROCEDURE stage.enter(key text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM session_group.login(key);
	SET LOCAL ROLE session_group_api;
END
$$;

-- What a session does to a summary, by its number. (A spec's SQL has no braces.)
CREATE FUNCTION stage.retitle(number integer, title text)
	RETURNS TABLE (title text, sessions text[], version bigint) LANGUAGE sql AS $$
	SELECT title, session_ids, version
	FROM session_group.update_summary(1, stage.id(number), jsonb_build_object('title', retitle.title))
$$;
CREATE FUNCTION stage.set_session(number integer, session text)
	RETURNS TABLE (title text, sessions text[], version bigint) LANGUAGE sql AS $$
	SELECT title, session_ids, version
	FROM session_group.update_summary(1, stage.id(number), jsonb_build_object('session_ids', ARRAY[session]))
$$;
CREATE FUNCTION stage.set_severities(number integer, VARIADIC severities text[])
	RETURNS TABLE (version bigint) LANGUAGE sql AS $$
	SELECT version FROM session_group.update_summary(1, stage.id(number), jsonb_build_object('summary',
		jsonb_build_object('patterns', (SELECT jsonb_agg(jsonb_build_object('severity', s)) FROM unnest(severities) AS s))))
$$;

-- A request at the gateway, as PostgREST makes it, with one header of its own.
CREATE FUNCTION stage.request(method text, path text, key text, title text DEFAULT NULL,
							  header text DEFAULT 'x-none', value text DEFAULT NULL)
	RETURNS TABLE (status text, answer text) LANGUAGE plpgsql AS $$
DECLARE
	body json;
BEGIN
	PERFORM set_config('request.headers', json_build_object(
		'x-forwarded-method', method,
		'x-forwarded-uri', '/api/projects/1/session_group_summaries/' || path,
		'x-forwarded-content-type', 'application/json', 'x-api-key', key, header, value)::text, true);
	SET LOCAL ROLE session_group_anon;
	PERFORM session_group.authenticate();
	body := nullif(convert_from(CASE WHEN title IS NULL THEN session_group_api.http()
		ELSE session_group_api.http(convert_to(json_build_object('title', title)::text, 'UTF8')) END, 'UTF8'), '');
	status := current_setting('response.status');
	answer := coalesce(body ->> 'title', body ->> 'count', (body ->> 'code') || ': ' || (body ->> 'detail'));
	IF current_setting('response.headers') LIKE '%Idempotency-Replayed%' THEN
		answer := answer || ', again';
	END IF;
	RESET ROLE;
	RETURN NEXT;
END
$$;

-- The ETag of a summary, by its number, as this statement sees it.
CREATE FUNCTION stage.etag(number integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM stage.request('GET', stage.id(number) || '/', 'phx_ada');
	RETURN jsonb_path_query_first(current_setting('response.headers')::jsonb, '$[*].ETag') #>> ARRAY[]::text[];
END
$$;

-- Many transactions of one row each, some of which fold the counts.
CREATE PROCEDURE stage.write_apart(number integer) LANGUAGE plpgsql AS $$
BEGIN
	FOR n IN 1 .. number LOOP
		INSERT INTO session_group.summaries (project_id) VALUES (1);
		COMMIT;
	END LOOP;
END
$$;

-- Many statements of one row each.
CREATE PROCEDURE stage.write_many(number integer) LANGUAGE plpgsql AS $$
BEGIN
	FOR n IN 1 .. number LOOP
		PERFORM FROM session_group.create_summary(1, 'many ' || n);
	END LOOP;
END
$$;

-- What is there in the end, for a session that sees everything.
CREATE VIEW stage.outcome AS
	SELECT s.project_id AS project, s.title, s.session_ids AS sessions, s.version
	FROM session_group.summaries s ORDER BY s.project_id, s.title, s.id;

-- Projects whose kept number is not what counting gives: none.
CREATE VIEW stage.miscounted AS SELECT project_id, counted, kept FROM session_group.check_counts();

-- The severities in a project, as the rows of patterns have them; projects whose rows are wrong: none.
CREATE VIEW stage.severities WITH (security_invoker = true) AS
	SELECT string_agg(severity, ' ' ORDER BY summary_id, "position") AS all FROM session_group.patterns WHERE project_id = 1;
GRANT SELECT ON stage.severities TO session_group_api;
CREATE VIEW stage.wrong_rows AS SELECT * FROM session_group.check_rows();

-- Who is there: the projects of each user as the policies see them, the
-- memberships that have not ended, and the number of keys.
CREATE VIEW stage.people AS
	SELECT p.id,
		   ARRAY(SELECT m.project_id FROM session_group.members m WHERE m.user_id = p.id ORDER BY 1) AS project_ids,
		   ARRAY(SELECT m.project_id FROM session_group.members m
				 WHERE m.user_id = p.id AND m.removed_at IS NULL ORDER BY 1) AS member_of,
		   (SELECT count(*) FROM session_group.api_keys k WHERE k.user_id = p.id) AS keys
	FROM session_group.users p ORDER BY 1;
