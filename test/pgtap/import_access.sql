-- Whom PostHog's access control kept out of a project does not come in by the import, by its
-- newer tables and by its older ones; where neither is there, the report says what was assumed.
\ir setup.psql

CREATE SCHEMA tap_posthog;
SET LOCAL search_path = tap_posthog, public, pg_catalog;
CREATE TABLE posthog_team (id integer, organization_id uuid, name varchar, access_control boolean);
CREATE TABLE posthog_user (id integer, uuid uuid, email varchar);
CREATE TABLE posthog_organizationmembership (id uuid, organization_id uuid, user_id integer, level smallint);
CREATE TABLE posthog_personalapikey (user_id integer, label varchar, secure_value varchar, scopes varchar[]);
CREATE TABLE ee_group_session_summary (id uuid, team_id integer, title varchar, session_ids varchar[], summary jsonb,
	created_at timestamptz, created_by_id integer);
CREATE TABLE ee_accesscontrol (team_id integer, resource varchar(32), resource_id varchar(36), access_level varchar(32),
	organization_member_id uuid, role_id uuid);
CREATE TABLE ee_role (id uuid, organization_id uuid);
CREATE TABLE ee_rolemembership (role_id uuid, user_id integer);
CREATE TABLE ee_explicitteammembership (team_id integer, parent_membership_id uuid);

CREATE FUNCTION tap.id(kind text, number integer) RETURNS uuid IMMUTABLE LANGUAGE SQL
RETURN md5(kind || number)::uuid;

-- Organization 1 has members 1 to 9, of whom 8 is an administrator and 9 the owner; 2 has member 1.
INSERT INTO posthog_user SELECT 920000 + n, tap.id('user', n), n || '@access.tap.example'
	FROM generate_series(1, 9) AS n;
INSERT INTO posthog_organizationmembership
SELECT tap.id('member', n), tap.id('organization', 1), 920000 + n, CASE n WHEN 8 THEN 8 WHEN 9 THEN 15 ELSE 1 END
FROM generate_series(1, 9) AS n
UNION ALL SELECT tap.id('member', 101), tap.id('organization', 2), 920001, 1;
-- Roles: 1 has members 1 and 2; 2, whose organization is another, has 1 and 3.
INSERT INTO ee_role VALUES (tap.id('role', 1), tap.id('organization', 1)),
	(tap.id('role', 2), tap.id('organization', 2));
INSERT INTO ee_rolemembership VALUES (tap.id('role', 1), 920001), (tap.id('role', 1), 920002),
	(tap.id('role', 2), 920001),
	(tap.id('role', 2), 920003);

-- Each project has its rules, and those who are to come in.
CREATE TABLE expected (project integer, name text, members integer[]);
INSERT INTO expected VALUES
	(1, 'without rules', '{1,2,3,4,5,6,7,8,9}'),
	(2, 'closed', '{8,9}'),
	(3, 'closed but to a member', '{4,8,9}'),
	(4, 'closed but to a role', '{1,2,8,9}'),
	(5, 'open but to a member', '{1,2,3,5,6,7,8,9}'),
	(6, 'open but to a role', '{3,4,5,6,7,8,9}'),
	(7, 'of several that name a member the highest', '{1,8,9}'),
	(8, 'a role of another organization', '{8,9}'),
	(9, 'a level that is not known', '{8,9}'),
	(10, 'rules of another project', '{1,2,3,4,5,6,7,8,9}'),
	(11, 'recordings closed', '{8,9}'),
	(12, 'recordings closed but to a member', '{5,8,9}'),
	(13, 'one recording closed', '{1,2,3,4,5,6,7,8,9}'),
	(14, 'project open, recordings closed to a role', '{3,4,5,6,7,8,9}'),
	(15, 'private, as it was before', '{6,8,9}'),
	(16, 'private, and closed to whom it lists', '{8,9}'),
	(17, 'listed, but not private', '{1,2,3,4,5,6,7,8,9}'),
	(18, 'recordings to be read only', '{1,2,3,4,5,6,7,8,9}');
INSERT INTO posthog_team
SELECT 920100 + project, tap.id('organization', 1), name, project IN (15, 16) FROM expected;
INSERT INTO ee_accesscontrol
SELECT 920100 + r.project, r.resource, CASE WHEN r.resource = 'project' THEN (920100 + coalesce(r.other,
	r.project))::text ELSE r.other::text END,
	   r.level, tap.id('member', r.member), tap.id('role', r.role)
FROM (VALUES
	(2, 'project', NULL::integer, 'none', NULL::integer, NULL::integer),
	(3, 'project', NULL, 'none', NULL, NULL), (3, 'project', NULL, 'member', 4, NULL),
	(4, 'project', NULL, 'none', NULL, NULL), (4, 'project', NULL, 'admin', NULL, 1),
	(5, 'project', NULL, 'none', 4, NULL),
	(6, 'project', NULL, 'member', NULL, NULL), (6, 'project', NULL, 'none', NULL, 1),
	(7, 'project', NULL, 'none', NULL, NULL), (7, 'project', NULL, 'none', NULL, 1),
		(7, 'project', NULL, 'member', 1, NULL),
	(8, 'project', NULL, 'none', NULL, NULL), (8, 'project', NULL, 'admin', NULL, 2),
	(9, 'project', NULL, 'guest', NULL, NULL),
	(10, 'project', 2, 'none', NULL, NULL), (10, 'dashboard', NULL, 'none', NULL, NULL),
	(11, 'session_recording', NULL, 'none', NULL, NULL),
	(12, 'session_recording', NULL, 'none', NULL, NULL), (12, 'session_recording', NULL, 'editor', 5, NULL),
	(13, 'session_recording', 77, 'none', NULL, NULL),
	(14, 'project', NULL, 'admin', NULL, NULL), (14, 'session_recording', NULL, 'none', NULL, 1),
	(16, 'project', NULL, 'none', 6, NULL),
	(18, 'session_recording', NULL, 'viewer', NULL, NULL)
) AS r (project, resource, other, level, member, role);
INSERT INTO ee_explicitteammembership
SELECT 920100 + team, tap.id('member', 6) FROM unnest(ARRAY[15, 16, 17]) AS team;
INSERT INTO posthog_personalapikey VALUES (920004, 'of 4', tap.hash(tap.key('four')), '{*}');

CREATE TEMP TABLE report AS SELECT * FROM session_group.import_posthog('tap_posthog');
SELECT results_eq(format($$SELECT coalesce(array_agg(user_id - 920000 ORDER BY user_id), '{}') FROM session_group.members
	WHERE project_id = %s$$, 920100 + project), format('VALUES (%L::bigint[])', members), format('L8: %s', name))
FROM expected ORDER BY project;
SELECT set_eq($$SELECT outcome, note, sum(number) FROM pg_temp.report WHERE kind = 'members' GROUP BY 1, 2$$, $$VALUES
	('imported', NULL, 86::numeric),
	('imported', 'may only read there: here what a key may is said by its scopes', 7),
	('skipped', 'access control closes the project to this member', 42),
	('skipped', 'access control closes recordings to this member', 15),
	('skipped', 'the project is private there, and does not list this member', 12)$$, 'the report says why');
SELECT results_eq($$SELECT unnest(rows) FROM pg_temp.report WHERE note ~ '^access control closes the project' ORDER BY 1 LIMIT 2$$,
	$$VALUES ('project 920102, user 920001'), ('project 920102, user 920002')$$, 'and to whom');
SELECT is(tap.value('tap_app', 'four', 'tap.who()'), (SELECT format('920004 r{%s} w{%s}', p, p)
	FROM (SELECT string_agg((920100 + project)::text, ',' ORDER BY project) AS p FROM expected
	WHERE 4 = ANY (members)) AS e),
	'L8: the key of a member opens these projects and no other');

-- Again: what was opened here stays, and is told of.
SELECT session_group.add_member(920102, 920001);
SELECT results_eq($$SELECT outcome, number, rows FROM session_group.import_posthog('tap_posthog') WHERE note ~ 'see remove_member'$$,
	$$VALUES ('unchanged', 1::bigint, '{"project 920102, user 920001"}'::text[])$$,
	'who was let in here stays a member, and is named');

-- Half of the tables would let in whom a role shuts out.
ALTER TABLE ee_rolemembership RENAME TO hidden;
SELECT throws_ok($$SELECT * FROM session_group.import_posthog('tap_posthog')$$, '42P01',
	'schema "tap_posthog" has no table ee_rolemembership', 'the rules without the members of roles are refused');
ALTER TABLE hidden RENAME TO ee_rolemembership;
ALTER TABLE ee_accesscontrol RENAME COLUMN role_id TO roles;
SELECT throws_ok($$SELECT * FROM session_group.import_posthog('tap_posthog')$$, '42703',
	'table ee_accesscontrol has no column role_id', 'and rules without roles');
ALTER TABLE ee_accesscontrol RENAME COLUMN roles TO role_id;

-- Before ee_accesscontrol: the list of members alone; without it, nobody but administrators is in a private project.
DELETE FROM session_group.members WHERE project_id > 920100;
ALTER TABLE ee_accesscontrol RENAME TO hidden;
SELECT set_eq($$SELECT outcome, note, number FROM session_group.import_posthog('tap_posthog') WHERE kind = 'members'$$,
	$$VALUES
	('imported', NULL, 150::bigint),
	('skipped', 'the project is private there, and does not list this member', 12)$$, 'the older list alone');
DELETE FROM session_group.members WHERE project_id > 920100;
DROP TABLE ee_explicitteammembership;
SELECT set_eq($$SELECT outcome, note, number FROM session_group.import_posthog('tap_posthog') WHERE kind = 'members'$$,
	$$VALUES
	('imported', NULL, 36::bigint),
	('imported', 'no access control came with the tables: the project was taken as open to its organization', 112),
	('skipped', 'the project is private there, and does not list this member', 14)$$, 'no table of access control');

-- Whose table is read, theirs is the code that runs: an owner must be one who may act as the caller.
GRANT USAGE ON SCHEMA tap_posthog TO session_group_admin;
GRANT SELECT ON ALL TABLES IN SCHEMA tap_posthog TO session_group_admin;
CREATE FUNCTION tap.import_as(role text, schema text = 'tap_posthog') RETURNS text LANGUAGE plpgsql AS
$$BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	PERFORM FROM session_group.import_posthog(schema);
	RESET ROLE;
	RETURN 'imported';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END$$;
SELECT current_user AS super \gset
SELECT is(tap.import_as('session_group_admin'), 'imported', 'L10: tables of a superuser are read');
ALTER TABLE posthog_team OWNER TO tap_stranger;
SELECT alike(tap.import_as(:'super'), '42501 table posthog_team of schema "tap_posthog" belongs to tap_stranger%',
	'L10: a stranger''s table does not run code as a superuser');
SELECT alike(tap.import_as('session_group_admin'), '42501 table posthog_team of schema%', 'L10: nor as an administrator');
ALTER TABLE posthog_team OWNER TO tap_operator;
SELECT is(tap.import_as('session_group_admin'), 'imported', 'who may act as the caller may own them');
SELECT is(tap.import_as('tap_operator'), 'imported', 'and the caller, of course');
ALTER TABLE posthog_team OWNER TO :"super";
ALTER TABLE hidden RENAME TO ee_accesscontrol;
SELECT is(tap.import_as(:'super'), 'imported', 'with access control');
ALTER TABLE ee_accesscontrol OWNER TO tap_stranger;
SELECT alike(tap.import_as(:'super'), '42501 table ee_accesscontrol of schema%', 'L10: a stranger''s table that may be missing is refused too');
ALTER TABLE ee_accesscontrol OWNER TO :"super";

-- A cast of a foreign type runs code of its owner, too.
CREATE TYPE tap.level AS (word text);
CREATE FUNCTION tap.spell(tap.level) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'evil runs as %', current_user; END$$;
CREATE CAST (tap.level AS text) WITH FUNCTION tap.spell(tap.level);
ALTER TABLE ee_accesscontrol ALTER COLUMN resource TYPE tap.level USING ROW(resource)::tap.level;
SELECT is(tap.import_as('session_group_admin'), '42804 column resource of table ee_accesscontrol has type tap.level, not text',
	'L10: a column of access control of a foreign type is refused');
ALTER TABLE ee_accesscontrol ALTER COLUMN resource TYPE text USING (resource).word;
ALTER TABLE posthog_organizationmembership ALTER COLUMN level TYPE tap.level USING ROW(level::text)::tap.level;
SELECT is(tap.import_as('session_group_admin'),
	'42804 column level of table posthog_organizationmembership has type tap.level, not bigint', 'and a level');

SELECT * FROM finish();
ROLLBACK;
