-- People are kept in a backend as answers show them: for readers of their project, until something about them changes.
\ir setup.psql

-- The first use of a key would be noted in its row, which empties what is kept.
UPDATE session_group.api_keys SET last_used_at = now();

CREATE FUNCTION tap.creators(key text, project bigint DEFAULT 910001) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text := tap.http('GET', format('/api/projects/%s/session_group_summaries/', project), tap.key(key));
BEGIN
	RETURN CASE WHEN answer LIKE '200 %' THEN (
		SELECT string_agg(coalesce(result #>> '{created_by,first_name}', '-'), ' ' ORDER BY result ->> 'created_at')
		FROM jsonb_array_elements(substr(answer, 5)::jsonb -> 'results') AS result) ELSE left(answer, 3) END;
END
$$;

SELECT is(tap.creators('annread'), 'Ann Cat -', 'people: read');
SELECT is(tap.creators('annread'), 'Ann Cat -', 'people: kept');
SELECT is(tap.creators('benwrite', 910002), 'Ben Cat -', 'people: of another project');
SELECT is(tap.creators('benwrite'), '403', 'people: not for who reads another project');

-- People are found by their memberships: of nobody else it is asked whether they may be seen.
SAVEPOINT people;
SET LOCAL track_functions = 'all';
INSERT INTO session_group.users (uuid, distinct_id, first_name, last_name, email, is_email_verified)
	SELECT gen_random_uuid(), 'd' || n, 'Many', n, n || '@many.example', true FROM generate_series(1, 20) AS n;
INSERT INTO session_group.members (project_id, user_id)
	SELECT 910001, id FROM session_group.users WHERE first_name = 'Many' AND last_name::int <= 15;
ANALYZE session_group.users, session_group.members;
SELECT is(tap.creators('annread'), 'Ann Cat -', 'people: among many');
SELECT cmp_ok((SELECT calls FROM pg_stat_xact_user_functions WHERE funcname = 'may_see'), '<=', 2::bigint,
	'people: and asked of no others');
ROLLBACK TO people;
UPDATE session_group.users SET first_name = 'Anne' WHERE id = 910011;
SELECT is(tap.creators('annread'), 'Anne Cat -', 'people: a new name counts at once');
SELECT alike(tap.http('GET', '/api/projects/910001/session_group_summaries/01900000-0000-7000-8000-000000000001/',
	tap.key('annread')), '%"first_name":"Anne"%', 'people: in an object');
ROLLBACK TO people;
SELECT is(tap.creators('annread'), 'Ann Cat -', 'people: a name that was rolled back counts no more');

SET LOCAL session_replication_role = replica;
UPDATE session_group.users SET first_name = 'Anne' WHERE id = 910011;
SELECT is(tap.creators('annread'), 'Anne Cat -', 'people: a new name that replication brings');
ROLLBACK TO people;

-- The membership goes away, and the summary keeps its creator, as in a database that was restored without triggers.
SET LOCAL session_replication_role = replica;
DELETE FROM session_group.members WHERE user_id = 910013;
SELECT is(tap.creators('annread'), 'Ann - -', 'people: one who is in no project of the reader any more');
ROLLBACK TO people;

CREATE POLICY fewer ON session_group.users AS RESTRICTIVE FOR SELECT TO session_group_api USING (first_name <> 'Cat');
SELECT is(tap.creators('annread'), 'Ann - -', 'people: a restrictive policy');
SELECT is(tap.creators('annread'), 'Ann - -', 'people: a restrictive policy, once more');
ROLLBACK TO people;
CREATE POLICY fewer ON session_group.users AS RESTRICTIVE FOR SELECT TO session_group_api
	USING (session_group.current_user_id() = 910011);
SELECT is(tap.creators('annread'), 'Ann Cat -', 'people: a policy that shows them to one');
SELECT is(tap.creators('catread'), '- - -', 'people: and not to another');
ROLLBACK TO people;
ALTER POLICY users_read ON session_group.users USING (session_group.may_see(id)
	AND session_group.current_user_id() = 910011);
SELECT is(tap.creators('annread'), 'Ann Cat -', 'people: a changed policy that shows them to one');
SELECT is(tap.creators('catread'), '- - -', 'people: and not to another');
ROLLBACK TO people;
DROP POLICY users_read ON session_group.users;
SELECT is(tap.creators('annread'), '- - -', 'people: without a policy');
ROLLBACK TO people;
CREATE POLICY fewer ON session_group.members AS RESTRICTIVE FOR SELECT TO session_group_api USING (user_id <> 910013);
SELECT is(tap.creators('annread'), 'Ann Cat -', 'people: a policy of members says nothing of people');
ROLLBACK TO people;

-- A record of project B names somebody of A.
CREATE FUNCTION tap.actors(key text) RETURNS text LANGUAGE SQL
RETURN (SELECT string_agg(DISTINCT coalesce(result #>> '{user,first_name}', '-'), ' ') FROM jsonb_array_elements(
	substr(tap.http('GET', '/api/projects/910002/session_group_summaries/activity/', tap.key(key)),
	5)::jsonb -> 'results') AS result);
UPDATE session_group.activity SET user_id = 910011 WHERE project_id = 910002;
SELECT is(tap.creators('annread'), 'Ann Cat -', 'people: kept for project A');
SELECT is(tap.actors('benwrite'), '-', 'people: not for readers of project B alone');
SELECT is(tap.actors('catread'), 'Ann', 'people: for readers of both');
SELECT is(tap.actors('benwrite'), '-', 'people: and still not for the others');
ROLLBACK TO people;

REVOKE SELECT (email) ON session_group.users FROM session_group_api;
SELECT is(tap.creators('annread'), '500', 'people: a right that was taken away');
ROLLBACK TO people;

-- A role that was let in by an administrator, and that may not see people.
SELECT is(tap.creators('annread'), 'Ann Cat -', 'people: kept again');
CREATE ROLE tap_odd LOGIN IN ROLE session_group_anon;
GRANT USAGE ON SCHEMA session_group TO tap_odd;
GRANT SELECT ON session_group.summaries, session_group.project_counts TO tap_odd;
CREATE POLICY odd ON session_group.summaries FOR SELECT TO tap_odd USING (session_group.may_read(project_id));
CREATE FUNCTION tap.odd() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM tap.request(format('{"x-forwarded-method": "GET", "x-forwarded-uri": "/api/projects/910001/session_group_summaries/01900000-0000-7000-8000-000000000001/", "x-api-key": "%s"}',
	tap.key('annread')));
	PERFORM set_config('response.status', '', true);
	SET LOCAL SESSION AUTHORIZATION tap_odd;
	PERFORM session_group.authenticate();
	PERFORM session_group_api.http();
	RESET SESSION AUTHORIZATION;
	RETURN current_setting('response.status', true);
END
$$;
SELECT is(tap.odd(), '500', 'people: not for a role that may not read them');
GRANT SELECT ON session_group.users TO tap_odd;
SELECT is(tap.odd(), '200', 'people: that role, with the right');
ROLLBACK TO people;

SELECT is(tap.creators('annread'), 'Ann Cat -', 'people: and back');
SELECT * FROM finish();
ROLLBACK;
