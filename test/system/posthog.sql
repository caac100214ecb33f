-- PostHog's own tables as session_group.import_posthog() reads them, in the
-- schema that comes first in search_path: 10,000 group summaries, most of them
-- good, and whatever else a grown installation has.

CREATE TABLE posthog_team (
	id integer NOT NULL,
	organization_id uuid,
	name varchar(200),
	timezone varchar(240)
);
INSERT INTO posthog_team VALUES
	(1, '0190aaaa-0000-7000-8000-000000000001', 'Web shop', 'Europe/Berlin'),
	(2, '0190aaaa-0000-7000-8000-000000000001', 'Mobile', 'UTC'),
	(7, '0190bbbb-0000-7000-8000-000000000002', 'Another organization', 'Mars/Olympus_Mons'),
	(9, '0190bbbb-0000-7000-8000-000000000002', '', 'UTC'),
	(40000, '0190aaaa-0000-7000-8000-000000000001', 'Straße "O''Brien" \ 東京', NULL);

CREATE TABLE posthog_user (
	id integer NOT NULL,
	uuid uuid,
	distinct_id varchar(200),
	first_name varchar(150),
	last_name varchar(150),
	email varchar(254),
	is_email_verified boolean,
	hedgehog_config jsonb,
	role_at_organization varchar(64),
	is_active boolean
);
INSERT INTO posthog_user
SELECT u.id, ('0191cccc-0000-7000-8000-' || lpad(u.uuid::text, 12, '0'))::uuid, u.distinct_id, u.first_name, u.last_name,
	   u.email, u.verified, u.hedgehog, u.role, u.active
FROM (VALUES
	(1, 1, 'd-ada', 'Ada', 'Lovelace', 'ada@example.com', true, '{"color": "green"}'::jsonb, 'engineering', true),
	(2, 2, NULL, 'Joan', '', 'joan@example.com', NULL, '[]', '', true),
	(3, 3, 'd-grace', 'Grace', 'Hopper', 'grace@example.com', false, NULL, NULL, true),
	(4, 4, 'd-inactive', 'Ina', 'Ctive', 'ina@example.com', true, '{}', 'sales', false),
	(5, 5, 'd-former', 'Form', 'Er', 'former@example.com', true, 'null', 'other', true),
	(6, 6, 'd-double', 'Same', 'Email', 'ada@example.com', true, NULL, NULL, true),
	(7, 2, 'd-uuid', 'Same', 'Uuid', 'uuid@example.com', true, NULL, NULL, true),
	(8, 8, 'd-ada', 'Same', 'Distinct id', 'distinct@example.com', true, NULL, NULL, true),
	(9, 9, 'd-blank', 'No', 'Email', '', true, NULL, NULL, true),
	(10, 10, 'd-role', NULL, 'Astronaut', 'role@example.com', true, '"text"', 'astronaut', true),
	(11, 11, 'd-null', 'Null', 'Email', NULL, true, NULL, NULL, true),
	(12, 12, 'd-outside', 'Out', 'Side', 'outside@example.com', true, NULL, NULL, true)
) AS u (id, uuid, distinct_id, first_name, last_name, email, verified, hedgehog, role, active);

CREATE TABLE posthog_organizationmembership (
	id uuid NOT NULL,
	organization_id uuid,
	user_id integer,
	level smallint
);
INSERT INTO posthog_organizationmembership
SELECT md5(o.organization_id || m.user_id)::uuid, o.organization_id::uuid, m.user_id, CASE m.user_id WHEN 8 THEN 15 ELSE 1 END
FROM (VALUES ('0190aaaa-0000-7000-8000-000000000001', ARRAY[1, 2, 4, 6, 8, 12]),
	('0190bbbb-0000-7000-8000-000000000002', ARRAY[3, 10])) AS o (organization_id, members), unnest(o.members) AS m (user_id);

-- Project 2 is closed but to a role, that of users 1, 2 and 6, and to user 4; 8 is the owner, and 12 is left outside.
CREATE TABLE ee_accesscontrol (
	id uuid NOT NULL,
	team_id integer,
	access_level varchar(32),
	resource varchar(32),
	resource_id varchar(36),
	organization_member_id uuid,
	role_id uuid
);
INSERT INTO ee_accesscontrol
SELECT md5('rule' || n)::uuid, 2, level, 'project', '2', member::uuid, role::uuid
FROM (VALUES (1, 'none', NULL, NULL), (2, 'member', NULL, md5('role')),
	(3, 'member', md5('0190aaaa-0000-7000-8000-0000000000014'), NULL)) AS r (n, level, member, role);
CREATE TABLE ee_role (
	id uuid NOT NULL,
	name varchar(200),
	organization_id uuid
);
INSERT INTO ee_role VALUES (md5('role')::uuid, 'Mobile', '0190aaaa-0000-7000-8000-000000000001');
CREATE TABLE ee_rolemembership (
	id uuid NOT NULL,
	role_id uuid,
	user_id integer
);
INSERT INTO ee_rolemembership SELECT md5('role' || n)::uuid, md5('role')::uuid, n FROM unnest(ARRAY[1, 2, 6]) AS n;

-- Only hashes are here; tests know the keys.
CREATE TABLE posthog_personalapikey (
	user_id integer,
	label varchar(40),
	mask_value varchar(11),
	secure_value varchar(300),
	scopes varchar(100)[],
	scoped_teams integer[],
	created_at timestamptz,
	last_used_at timestamptz
);
INSERT INTO posthog_personalapikey
SELECT k.user_id, k.label, 'phx_...' || right(k.key, 4), 'sha256$' || encode(sha256(k.key::bytea), 'hex'), k.scopes::varchar[],
	   k.teams, '2024-05-06 07:08:09.123456Z', k.used
FROM (VALUES
	(1, 'laptop', 'phx_ada_write', '{session_recording:write}', NULL::integer[], '2026-01-01 00:00Z'::timestamptz),
	(1, 'reader', 'phx_ada_read', '{insight:read,session_recording:read}', '{}', NULL),
	(1, 'everything', 'ada_all_without_prefix', '{*}', NULL, NULL),
	(1, 'only mobile', 'phx_ada_mobile', '{session_recording:write}', '{2}', NULL),
	(2, 'old, without scopes', 'phx_joan_null', NULL, NULL, NULL),
	(2, 'other things', 'phx_joan_other', '{feature_flag:write}', NULL, NULL),
	(3, 'Grace''s', 'phx_grace', '{session_recording:write}', NULL, NULL),
	(4, 'of an inactive user', 'phx_inactive', '{*}', NULL, NULL),
	(5, 'of a former member', 'phx_former', '{*}', NULL, NULL),
	(12, 'of one whom a project is closed to', 'phx_outside', '{*}', NULL, NULL),
	(6, 'of a user that is skipped', 'phx_skipped', '{*}', NULL, NULL),
	(1, 'twice', 'phx_twice', '{*}', NULL, NULL),
	(2, 'twice', 'phx_twice', '{*}', NULL, NULL),
	(1, 'a team of nobody', 'phx_null_team', '{*}', '{NULL}', NULL)
) AS k (user_id, label, key, scopes, teams, used);
INSERT INTO posthog_personalapikey VALUES
	(1, 'from 2021', NULL, 'pbkdf2_sha256$260000$salt$aGFzaA==', NULL, NULL, '2021-01-01Z', NULL),
	(3, 'also from 2021', NULL, 'pbkdf2_sha256$260000$salt$b3RoZXI=', '{*}', NULL, '2021-01-01Z', NULL),
	(1, 'without a hash', NULL, NULL, '{*}', NULL, '2020-01-01Z', NULL),
	(1, 'not a hash', NULL, 'sha256$XYZ', '{*}', NULL, '2020-01-01Z', NULL);

CREATE TABLE ee_group_session_summary (
	id uuid NOT NULL,
	team_id integer,
	title varchar(2048),
	session_ids varchar(200)[],
	summary jsonb,
	extra_summary_context jsonb,
	run_metadata jsonb,
	created_at timestamptz,
	created_by_id integer
);
ALTER TABLE ee_group_session_summary ALTER COLUMN title TYPE varchar, ALTER COLUMN session_ids TYPE varchar[];

-- 9,980 good ones: of a language model, an object or a JSON string that holds one.
INSERT INTO ee_group_session_summary
SELECT ('0192dddd-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
	   CASE WHEN n % 10 < 6 THEN 1 WHEN n % 10 < 9 THEN 2 ELSE 7 END,
	   'Group summary ' || n || CASE n % 50 WHEN 0 THEN ' "quoted" \ 東京 🦔' ELSE '' END,
	   ARRAY(SELECT 'session-' || n || '-' || i FROM generate_series(1, n % 7) AS i),
	   CASE WHEN n % 3 = 0 THEN to_jsonb(document::text) ELSE document END,
	   CASE n % 4 WHEN 0 THEN '{"focus_area": "checkout"}' WHEN 1 THEN 'null' END::jsonb,
	   CASE n % 5 WHEN 0 THEN '{"model_used": "m", "visual_confirmation": false}' END::jsonb,
	   '2026-02-03 04:05:06Z'::timestamptz + n * interval '1 second' + (n % 3) * interval '7 microseconds',
	   CASE WHEN n % 10 = 9 THEN 3 ELSE (ARRAY[1, 2, 5, NULL, 77])[n % 5 + 1] END
FROM generate_series(1, 9980) AS n,
	LATERAL (SELECT jsonb_build_object('patterns', jsonb_build_array(jsonb_build_object(
		'pattern_id', n % 3, 'pattern_name', 'Pattern ' || n, 'severity', (ARRAY['critical', 'high', 'medium', 'low'])[n % 4 + 1],
		'stats', jsonb_build_object('segments_success_ratio', 0.10, 'occurences', n, 'huge', 1e400),
		'events', (SELECT jsonb_agg(md5(n::text || i)) FROM generate_series(1, n % 20) AS i)))) AS document) AS made;

-- 20 odd ones: 0 to 4 are good, the others are not.
INSERT INTO ee_group_session_summary
SELECT ('0192eeee-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, o.team, o.title, o.ids::varchar[], o.summary::jsonb, o.extra::jsonb,
	   o.run::jsonb, o.at::timestamptz, o.creator
FROM (VALUES
	(0, 1, 'null', '{}', 'null', 'null', 'null', '1970-01-01Z', NULL::integer),
	(1, 1, repeat('ü', 2048), '{}', NULL, NULL, NULL, '2026-01-01Z', NULL),
	(2, 1, 'many sessions', array_fill('s'::text, ARRAY[1000])::text, '[]', '{}', '{}', '2026-01-01Z', NULL),
	(3, 1, 'long session', ARRAY[repeat('ü', 200)]::text, '"no object"', NULL, NULL, '2026-01-01Z', NULL),
	(4, 40000, 'far away', '{}', '7', NULL, NULL, '2026-01-01 00:00:00.000001Z', 1),
	(5, 1, ' 　', '{}', NULL, NULL, NULL, '2026-01-01Z', NULL),
	(6, 1, '', '{}', NULL, NULL, NULL, '2026-01-01Z', NULL),
	(7, 1, NULL, '{}', NULL, NULL, NULL, '2026-01-01Z', NULL),
	(8, 1, repeat('x', 2049), '{}', NULL, NULL, NULL, '2026-01-01Z', NULL),
	(9, 1, 'no list', NULL, NULL, NULL, NULL, '2026-01-01Z', 5),
	(10, 1, 'null session', '{a,NULL}', NULL, NULL, NULL, '2026-01-01Z', NULL),
	(11, 1, 'empty session', '{""}', NULL, NULL, NULL, '2026-01-01Z', NULL),
	(12, 1, 'too many sessions', array_fill('s'::text, ARRAY[1001])::text, NULL, NULL, NULL, '2026-01-01Z', NULL),
	(13, 1, 'too long session', ARRAY[repeat('x', 201)]::text, NULL, NULL, NULL, '2026-01-01Z', NULL),
	(14, 1, 'two dimensions', '{{a},{b}}', NULL, NULL, NULL, '2026-01-01Z', NULL),
	(15, 1, 'extra list', '{}', NULL, '[]', NULL, '2026-01-01Z', NULL),
	(16, 1, 'run text', '{}', NULL, NULL, '"text"', '2026-01-01Z', NULL),
	(17, 1, 'no time', '{}', NULL, NULL, NULL, NULL, NULL),
	(18, 404, 'unknown team', '{}', NULL, NULL, NULL, '2026-01-01Z', NULL),
	(19, 9, 'skipped team', '{}', NULL, NULL, NULL, '2026-01-01Z', NULL)
) AS o (n, team, title, ids, summary, extra, run, at, creator);
