-- Lines 8, 10, 12 and 17 of the threat list for the import: what is somebody
-- else's here stays theirs, no key reaches further than it did, and what is
-- read is read with the caller's rights.
\ir setup.psql

CREATE SCHEMA "tap ""posthog";
SET LOCAL search_path = "tap ""posthog", public, pg_catalog;
CREATE TABLE posthog_team (id integer, organization_id uuid, name varchar);
CREATE TABLE posthog_user (id integer, uuid uuid, email varchar);
CREATE TABLE posthog_organizationmembership (organization_id uuid, user_id integer);
CREATE TABLE posthog_personalapikey (user_id integer, label varchar, secure_value varchar, scopes varchar[],
	scoped_teams integer[], scoped_organizations varchar[]);
CREATE TABLE ee_group_session_summary (id uuid, team_id integer, title varchar, session_ids varchar[], summary jsonb,
	created_at timestamptz, created_by_id integer);

-- Project A is another one here, user ann too; project B and user ben are the same.
INSERT INTO posthog_team VALUES (910001, '00000000-0000-4000-8000-00000000000a', 'Project of another'),
	(910002, '00000000-0000-4000-8000-00000000000b', 'Project B'),
	(910051, '00000000-0000-4000-8000-00000000000c', 'Project D');
INSERT INTO posthog_user VALUES (910011, '00000000-0000-4000-8000-000000000011', 'other@tap.example'),
	(910012, '00000000-0000-4000-8000-000000910012', 'ben@tap.example'),
	(910052, '00000000-0000-4000-8000-000000910052', 'new@tap.example');
INSERT INTO posthog_organizationmembership VALUES ('00000000-0000-4000-8000-00000000000a', 910052),
	('00000000-0000-4000-8000-00000000000c', 910011), ('00000000-0000-4000-8000-00000000000c', 910052);
INSERT INTO posthog_personalapikey VALUES
	(910011, 'of another', tap.hash(tap.key('another')), '{*}', NULL, NULL),
	(910052, 'of all', tap.hash(tap.key('all')), '{*}', NULL, NULL),
	(910052, 'of an organization', tap.hash(tap.key('organization')), '{*}', NULL,
		'{00000000-0000-4000-8000-00000000000b}'),
	(910052, 'of a project of another organization', tap.hash(tap.key('both')), '{*}', '{910051}',
		'{00000000-0000-4000-8000-00000000000b}'),
	(910052, 'of nothing here', tap.hash(tap.key('nothing')), '{*}', NULL, '{00000000-0000-4000-8000-0000000000ff}'),
	(910052, 'of a skipped team', tap.hash(tap.key('skipped')), '{*}', '{910001}', NULL),
	(910052, 'of a skipped team and of another', tap.hash(tap.key('part')), '{*}', '{910001,910051}', NULL);
INSERT INTO ee_group_session_summary VALUES
	('01900000-0000-7000-8000-000000000051', 910001, 'Of another', '{}', NULL, now(), NULL),
	('01900000-0000-7000-8000-000000000052', 910051, 'By another', '{}', NULL, now(), 910011),
	('01900000-0000-7000-8000-000000000053', 910051, 'By the new one', '{}', NULL, now(), 910052);
RESET search_path;
GRANT USAGE ON SCHEMA "tap ""posthog" TO session_group_admin;
GRANT SELECT ON ALL TABLES IN SCHEMA "tap ""posthog" TO session_group_admin;

CREATE FUNCTION tap.others() RETURNS text STABLE LANGUAGE SQL
RETURN (SELECT md5(string_agg(x, E'\n' ORDER BY x)) FROM (
	SELECT p::text FROM session_group.projects p WHERE p.id < 910051
	UNION ALL SELECT u::text FROM session_group.users u WHERE u.id < 910051
	UNION ALL SELECT m::text FROM session_group.members m WHERE m.project_id < 910051
	UNION ALL SELECT k::text FROM session_group.api_keys k WHERE k.user_id < 910051
	UNION ALL SELECT s::text FROM session_group.summaries s WHERE s.project_id < 910051) AS t (x));
SELECT tap.others() AS before \gset
SET SESSION AUTHORIZATION tap_operator;
SET ROLE session_group_admin;
CREATE TEMP TABLE report AS SELECT * FROM session_group.import_posthog('tap "posthog');
RESET SESSION AUTHORIZATION;
SELECT set_eq('SELECT kind, outcome, number, note FROM pg_temp.report', $$VALUES
	('projects', 'imported', 1::bigint, NULL),
	('projects', 'unchanged', 1, NULL),
	('projects', 'skipped', 1, 'the project with this id has another name or time of creation here'),
	('users', 'imported', 1, NULL),
	('users', 'unchanged', 1, NULL),
	('users', 'skipped', 1, 'the user with this id has another uuid here'),
	('members', 'imported', 1, 'no access control came with the tables: the project was taken as open to its organization'),
	('members', 'skipped', 1, 'user 910011 was not imported'),
	('members', 'skipped', 1, 'project 910001 was not imported'),
	('api_keys', 'imported', 3, NULL),
	('api_keys', 'skipped', 1, 'user 910011 was not imported'),
	('api_keys', 'skipped', 2, 'it is for organizations of which no project was imported'),
	('api_keys', 'skipped', 1, 'it is for projects of which none was imported'),
	('summaries', 'imported', 1, NULL),
	('summaries', 'imported', 1, 'its creator was not imported: null'),
	('summaries', 'skipped', 1, 'project 910001 was not imported')$$, 'L17: a schema of any name; the report');
SELECT is(tap.others(), :'before'::text, 'L12: what was here is as it was: nothing came to project or user of another');
SELECT is(tap.value('tap_app', 'all', 'tap.who()'), '910052 r{910051} w{910051}',
	'L8: an imported key opens its user''s projects');
SELECT is(tap.value('tap_app', 'organization', 'tap.who()'), '910052 r{} w{}', 'L8: one of an organization no other');
SELECT alike(tap.value('tap_app', 'another', 'tap.who()'), '28000%', 'L8: one of somebody else none');
SELECT alike(tap.value('tap_app', 'both', 'tap.who()'), '28000%',
	'L8: one of a project outside of its organizations none');
SELECT alike(tap.value('tap_app', 'nothing', 'tap.who()'), '28000%', 'L8: one of an unknown organization none');
SELECT alike(tap.value('tap_app', 'skipped', 'tap.who()'), '28000%', 'L8: one of a team that was skipped none');
SELECT results_eq($$SELECT project_ids FROM session_group.api_keys WHERE label = 'of a skipped team and of another'$$,
	$$VALUES ('{910051}'::bigint[])$$, 'L8: one of a team that was skipped, and of another, the other');
SELECT results_eq('SELECT title, created_by_id FROM session_group.summaries WHERE project_id = 910051 ORDER BY title',
	$$VALUES ('By another', NULL::bigint), ('By the new one', 910052)$$,
	'L12: no summary is said to be by the wrong user');

-- An object that names a stranger tells the project nothing about them; members and former ones are creators.
SELECT results_eq($$SELECT outcome, number, note FROM session_group.import_json(910001, (SELECT jsonb_agg(jsonb_build_object(
	'id', '01900000-0000-7000-8000-00000091000' || n, 'title', person, 'session_ids', '[]'::jsonb, 'summary', NULL,
	'created_at', '2026-01-01T00:00:00Z', 'created_by', person::jsonb)) FROM unnest(ARRAY['{"email":"ben@tap.example"}',
	'{"uuid":"00000000-0000-4000-8000-000000910012"}', '{"email":"ann@tap.example"}', '{"email":"eve@tap.example"}'])
	WITH ORDINALITY AS p (person, n)))$$, $$VALUES ('imported', 2::bigint, NULL),
	('imported', 2, 'its creator is not, and was not, a member of the project: null')$$, 'L13: strangers are not found');
SELECT results_eq($$SELECT created_by_id FROM session_group.summaries WHERE id BETWEEN '01900000-0000-7000-8000-000000910001'
	AND '01900000-0000-7000-8000-000000910004' ORDER BY id$$, 'VALUES (NULL::bigint), (NULL), (910011), (910015)',
	'L13: nor made creators; members and former ones are');
SELECT is_empty('SELECT FROM session_group.members WHERE project_id = 910001 AND user_id = 910012',
	'L13: nor former members, whom the project''s keys may see');

-- A table that is a view: its functions run as the caller, as in any SELECT.
ALTER TABLE "tap ""posthog".posthog_team RENAME TO team;
CREATE FUNCTION tap.look(id integer) RETURNS integer STABLE LANGUAGE plpgsql AS
$$BEGIN IF current_user <> 'session_group_admin' THEN RAISE EXCEPTION 'evil runs as %', current_user; END IF; RETURN id; END$$;
CREATE VIEW "tap ""posthog".posthog_team AS SELECT tap.look(id) AS id, organization_id, name FROM "tap ""posthog".team;
GRANT SELECT ON ALL TABLES IN SCHEMA "tap ""posthog" TO session_group_admin;
SET SESSION AUTHORIZATION tap_operator;
SET ROLE session_group_admin;
SELECT is((SELECT string_agg(DISTINCT outcome, ' ') FROM session_group.import_posthog('tap "posthog')),
	'skipped unchanged',
	'L10: what a source evaluates runs as the caller');
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
ROLLBACK;
