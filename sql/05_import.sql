-- Import of PostHog's tables and of objects of the HTTP API, and their export.
CREATE SCHEMA posthog;
GRANT USAGE ON SCHEMA posthog TO session_group_admin;
SET search_path = posthog;

-- what cannot be read
SELECT public.try($$SELECT session_group.import_posthog(NULL)$$);
SELECT public.try($$SELECT session_group.import_posthog('Nowhere"; DROP')$$);
SELECT public.try($$SELECT session_group.import_posthog('posthog')$$);
CREATE TABLE posthog_team (id integer, organization_id uuid);
SELECT public.try($$SELECT session_group.import_posthog('posthog')$$);
ALTER TABLE posthog_team ADD name json;
SELECT public.try($$SELECT session_group.import_posthog('posthog')$$);
ALTER TABLE posthog_team DROP name, ADD name varchar(200);
SELECT public.try($$SELECT session_group.import_posthog('posthog')$$);

-- an early version: no time zones, titles are names, keys are for all projects
CREATE TABLE posthog_user (id bigint, uuid uuid, email varchar);
CREATE TABLE posthog_organizationmembership (organization_id uuid, user_id bigint);
CREATE TABLE posthog_personalapikey (user_id bigint, label varchar, secure_value varchar);
CREATE TABLE ee_group_session_summary (id uuid, team_id integer, name text, session_ids text[],
	summary jsonb, created_at timestamptz);
INSERT INTO posthog_team VALUES (100, '00000000-0000-0000-0000-00000000000a', 'First'),
	(101, '00000000-0000-0000-0000-00000000000b', 'Second'), (1, NULL, 'Taken');
INSERT INTO posthog_user VALUES (100, '00000000-0000-0000-0000-000000000100', 'i@example.com'),
	(1, '00000000-0000-0000-0000-000000000101', 'taken@example.com');
INSERT INTO posthog_organizationmembership VALUES ('00000000-0000-0000-0000-00000000000a', 100),
	('00000000-0000-0000-0000-00000000000a', 1);
INSERT INTO posthog_personalapikey VALUES (100, 'a key', 'sha256$' || repeat('0', 64)),
	(100, 'an old key', 'pbkdf2_sha256$1$a$b'), (100, 'a plain key', 'phx_plain');
INSERT INTO ee_group_session_summary VALUES
	('00000000-0000-0000-0000-000000000001', 100, 'Early', '{a,b}', '"{\"patterns\": []}"', '2025-01-01 00:00:00.1Z'),
	('00000000-0000-0000-0000-000000000002', 100, NULL, '{}', NULL, '2025-01-01Z'),
	('00000000-0000-0000-0000-000000000003', 1, 'Of another', '{}', NULL, '2025-01-01Z');
RESET search_path;

-- the caller needs rights on the tables
SET ROLE session_group_admin;
SELECT try($$SELECT session_group.import_posthog('posthog')$$);
RESET ROLE;
GRANT SELECT ON ALL TABLES IN SCHEMA posthog TO session_group_admin;

-- Project and user 1 are others here: what belongs to them is skipped.
SET ROLE session_group_admin;
SELECT * FROM session_group.import_posthog('posthog');
SELECT * FROM session_group.import_posthog('posthog');
SELECT id, title, session_ids, summary, created_at = updated_at AS as_made, created_by_id, version
FROM session_group.summaries WHERE project_id = 100;
SELECT id, name, timezone FROM session_group.projects WHERE id IN (1, 100, 101) ORDER BY id;
SELECT label, mask, scopes, project_ids FROM session_group.api_keys WHERE user_id = 100;

-- ids go on after the imported ones
SELECT id FROM session_group.create_project('Next');
SELECT id FROM session_group.create_user('next@example.com');
RESET ROLE;

-- a key for an organization is one for its projects here, or none
ALTER TABLE posthog.posthog_personalapikey ADD scoped_teams integer[], ADD scoped_organizations varchar[];
INSERT INTO posthog.posthog_personalapikey VALUES
	(100, 'for an organization', 'sha256$' || repeat('1', 64), '{}', '{00000000-0000-0000-0000-00000000000b}'),
	(100, 'for a team of it', 'sha256$' || repeat('2', 64), '{100}', '{00000000-0000-0000-0000-00000000000b}'),
	(100, 'for another organization', 'sha256$' || repeat('3', 64), NULL, '{00000000-0000-0000-0000-00000000000c}');
SELECT outcome, number, note, rows FROM session_group.import_posthog('posthog') WHERE kind = 'api_keys';
SELECT label, project_ids FROM session_group.api_keys WHERE user_id = 100 ORDER BY label;

-- a key for teams is one for those that were imported: 1 is another project here
INSERT INTO posthog.posthog_personalapikey VALUES
	(100, 'for a skipped team', 'sha256$' || repeat('4', 64), '{1}'),
	(100, 'for a skipped team and another', 'sha256$' || repeat('5', 64), '{1,101}'),
	(100, 'for a team that is not there', 'sha256$' || repeat('6', 64), '{4242,NULL}');
SELECT outcome, number, note, rows FROM session_group.import_posthog('posthog') WHERE kind = 'api_keys';
SELECT label, project_ids FROM session_group.api_keys WHERE user_id = 100 AND label ~ 'team' ORDER BY label;

-- times that ISO 8601 does not have
INSERT INTO posthog.ee_group_session_summary VALUES
	('00000000-0000-0000-0000-000000000007', 100, 'Never', '{}', NULL, 'infinity'),
	('00000000-0000-0000-0000-000000000008', 100, 'Long ago', '{}', NULL, '0044-03-15 12:00:00Z BC'),
	('00000000-0000-0000-0000-000000000009', 100, 'Far off', '{}', NULL, '10000-01-01Z');
SELECT outcome, number, note, rows FROM session_group.import_posthog('posthog') WHERE kind = 'summaries';

-- objects out and in again
SET ROLE session_group_admin;
SELECT try($$SELECT session_group.export_json(NULL)$$);
SELECT try($$SELECT session_group.export_json(4242)$$);
SELECT try($$SELECT session_group.import_json(100, NULL)$$);
SELECT try($$SELECT session_group.import_json(4242, '[]')$$);
SELECT * FROM session_group.export_json(100);
CREATE TEMP TABLE object AS SELECT session_group.export_json(100) AS object;
DELETE FROM session_group.summaries WHERE project_id = 100;
SELECT i.* FROM object, session_group.import_json(100, object) AS i;
SELECT i.* FROM object, session_group.import_json(100, object) AS i;
SELECT count(*) FROM object, session_group.export_json(100) AS again WHERE again = object;

-- a list, a page of a list, and what is no whole object
SELECT * FROM session_group.import_json(100, '[]');
SELECT * FROM session_group.import_json(100, 'null');
SELECT outcome, number, note, rows FROM session_group.import_json(100, '{"results": {"id": "7"}}');
SELECT outcome, number, note, rows FROM session_group.import_json(100, '{"count": 2, "results": [
	{"id": "00000000-0000-0000-0000-000000000004", "title": "by email", "session_ids": [], "summary": 1,
	 "created_at": "2025-01-01T00:00:00Z", "created_by": {"uuid": "x", "email": "i@example.com"}, "team": 7},
	{"id": "00000000-0000-0000-0000-000000000005", "title": "by nobody", "session_ids": [], "summary": null,
	 "created_at": "2025-01-01T00:00:00Z", "created_by": {"email": "nobody@example.com"}}]}');
SELECT outcome, number, note, rows FROM session_group.import_json(100, '[
	7, {"id": "00000000-0000-0000-0000-000000000006", "title": "an item of a list", "session_count": 1,
		"created_at": "2025-01-01T00:00:00Z", "created_by": null},
	{"id": "6", "title": "t", "session_ids": [], "summary": null, "created_at": "2025-01-01T00:00:00Z"},
	{"id": "00000000-0000-0000-0000-000000000006", "title": "t", "session_ids": [], "summary": null, "created_at": "2025-13-01T00:00:00Z"},
	{"id": "00000000-0000-0000-0000-000000000006", "title": "t", "session_ids": ["a", 7], "summary": null, "created_at": "2025-01-01T00:00:00Z"},
	{"id": "00000000-0000-0000-0000-000000000006", "title": " ", "session_ids": [], "summary": null, "created_at": "2025-01-01T00:00:00Z"}]');
-- times mean the same whatever the session's settings are, or nothing
SET DateStyle = 'SQL, DMY';
SET TimeZone = 'Asia/Tokyo';
SELECT outcome, number, note, rows FROM session_group.import_json(100, (SELECT jsonb_agg(jsonb_build_object(
	'id', md5(t)::uuid, 'title', t, 'session_ids', '[]'::jsonb, 'summary', NULL, 'created_at', t))
	FROM unnest(ARRAY['infinity', '-infinity', 'tomorrow', 'now', '-7d', '02/03/2026', '2026-03-02', '2026-03-02T10:00:00',
		'2026-03-02T10:00:00 Europe/Berlin', '2026-03-02T10:00:00Z', '2026-03-02T10:00:00.25+01:00']) AS t));
SELECT title, created_at AT TIME ZONE 'UTC' AS utc FROM session_group.summaries
WHERE project_id = 100 AND title ~ '^2026' ORDER BY title;
RESET DateStyle;
RESET TimeZone;
SELECT s.title, u.email, m.removed_at IS NOT NULL AS former FROM session_group.summaries s
LEFT JOIN session_group.users u ON u.id = s.created_by_id
LEFT JOIN session_group.members m ON m.project_id = s.project_id AND m.user_id = s.created_by_id
WHERE s.project_id = 100 ORDER BY s.id;
-- batches that are larger than work_mem, one of them with an id twice
SET work_mem = '64kB';
SELECT i.* FROM session_group.import_json(100, (SELECT jsonb_agg(jsonb_build_object(
	'id', md5(CASE n WHEN 78 THEN 77 ELSE n END::text)::uuid, 'title', 'Large ' || n, 'session_ids', '[]'::jsonb,
	'summary', repeat(md5(n::text), 300), 'created_at', '2025-01-01T00:00:00Z')) FROM generate_series(1, 250) AS n)) AS i;
SELECT count(*), sum(length(summary::text)) FROM session_group.summaries WHERE project_id = 100 AND title ~ 'Large';
RESET work_mem;
RESET ROLE;
DROP SCHEMA posthog CASCADE;
