-- session_group.monitor(): its figures, and that whoever watches reads nothing else.
\set QUIET 1
\set ON_ERROR_ROLLBACK 1
\set ON_ERROR_STOP 1
\pset format unaligned
\pset tuples_only true
\pset pager off

BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE ROLE tap_exporter LOGIN INHERIT IN ROLE session_group_monitor;
CREATE ROLE tap_app LOGIN IN ROLE session_group_api;
CREATE ROLE tap_operator LOGIN IN ROLE session_group_admin;

SELECT * FROM no_plan();

-- As the exporter sees them.
CREATE FUNCTION figure(wanted text) RETURNS double precision LANGUAGE SQL SECURITY INVOKER AS $$
	SELECT value FROM session_group.monitor() WHERE name = wanted
$$;
GRANT EXECUTE ON FUNCTION figure TO PUBLIC;

SET LOCAL SESSION AUTHORIZATION tap_exporter;
SELECT set_eq('SELECT name FROM session_group.monitor() WHERE name <> ''key_uses_waiting''',
	ARRAY['projects', 'summaries', 'bytes', 'activity_bytes', 'keys', 'keys_expiring',
	'unknown_timezones', 'expired_seconds', 'activity_expired_seconds', 'answers_expired_seconds',
	'activity_behind_seconds', 'dead_rows', 'oldest_snapshot_seconds'], 'monitor: the figures');
SELECT is((SELECT count(*) FROM session_group.monitor() WHERE meaning = '' OR meaning IS NULL), 0::bigint,
	'monitor: each says what it means');
SELECT is(figure(name), 0::double precision, 'monitor: nothing yet: ' || name)
FROM unnest(ARRAY['projects', 'summaries', 'keys', 'keys_expiring', 'unknown_timezones', 'expired_seconds',
	'activity_expired_seconds', 'answers_expired_seconds']) AS name;
RESET SESSION AUTHORIZATION;

INSERT INTO session_group.projects (id, name, timezone, retention)
	VALUES (920001, 'Kept', 'Mars/Olympus_Mons', '10 days'), (920002, 'For ever', 'UTC', NULL);
INSERT INTO session_group.users (id, email) VALUES (920011, 'ann@tap.example');
INSERT INTO session_group.members (project_id, user_id) VALUES (920001, 920011);
INSERT INTO session_group.summaries (project_id, title, created_at)
SELECT p, 'Row', now() - age * '1 day'::interval FROM unnest(ARRAY[920001, 920002]) p, unnest(ARRAY[1, 12, 11]) age;
INSERT INTO session_group.api_keys (user_id, label, mask, hash, expires_at, revoked_at)
SELECT 920011, label, 'phx_...', 'sha256$' || encode(sha256(label::bytea), 'hex'), now() + expires::interval,
	now() + revoked::interval
FROM (VALUES ('for ever', NULL, NULL), ('soon', '6 days', NULL), ('later', '8 days', NULL),
	('expired', '-1 second', NULL), ('revoked', '6 days', '-1 day')) AS k (label, expires, revoked);
INSERT INTO session_group.idempotency_keys (project_id, user_id, key_digest, request_digest, created_at)
VALUES (920001, 920011, 'a', 'b', now() - '25 hours'::interval), (920001, 920011, 'c', 'd', now());
UPDATE session_group.projects SET activity_retention = '10 days' WHERE id = 920001;
INSERT INTO session_group.activity_purges VALUES (920001, 100);
INSERT INTO session_group.activity (project_id, seq, summary_id, activity, how, changes, at)
SELECT 920001, seq, gen_random_uuid(), 'created', 'sql', '[]', now() - age * '1 day'::interval
	FROM (VALUES (100, 30), (101, 13), (102, 20)) AS v (seq, age);
ANALYZE session_group.summaries;

SET LOCAL SESSION AUTHORIZATION tap_exporter;
SELECT is(figure(name), value::double precision, 'monitor: ' || name)
FROM (VALUES ('projects', 2), ('summaries', 6), ('keys', 3), ('keys_expiring', 1), ('unknown_timezones', 1),
	('expired_seconds', 2 * 86400), ('activity_expired_seconds', 3 * 86400),
		('answers_expired_seconds', 3600)) AS v (name, value);
SELECT cmp_ok(figure('bytes'), '>', figure('activity_bytes'), 'monitor: bytes');

-- Nothing else: no text of anybody's, no change, no other function.
SELECT throws_ok(format('SELECT %s FROM session_group.%s', what, name), '42501', NULL,
	format('monitor: no %s of %s', what, name))
FROM (VALUES ('title', 'summaries'), ('summary', 'summaries'), ('session_ids', 'summaries'), ('id', 'summaries'),
	('name', 'projects'), ('hash', 'api_keys'), ('label', 'api_keys'),
	('mask', 'api_keys'), ('user_id', 'api_keys'), ('body', 'idempotency_keys'), ('changes', 'activity'),
		('user_id', 'activity'), ('summary_id', 'activity'), ('horizon', 'activity'), ('1', 'users'), ('1', 'members'),
		('1', 'stats'), ('1', 'patterns')) AS v (what, name);
SELECT throws_ok(statement, '42501', NULL, 'monitor: ' || statement)
FROM unnest(ARRAY['DELETE FROM session_group.summaries', 'UPDATE session_group.projects SET retention = NULL',
	'SELECT session_group.purge_expired()',
	'SELECT * FROM session_group.list_projects()', 'SELECT * FROM session_group.posture()',
	'SELECT session_group.login(''phx_x'')', 'SELECT session_group_api.http()']) AS statement;
RESET SESSION AUTHORIZATION;

SET LOCAL SESSION AUTHORIZATION tap_app;
SELECT throws_ok('SELECT * FROM session_group.monitor()', '42501', NULL, 'monitor: an application may not ask');
SELECT throws_ok('SELECT session_group.key_uses_waiting()', '42501', NULL, 'monitor: nor for keys');
RESET SESSION AUTHORIZATION;
SET LOCAL SESSION AUTHORIZATION tap_operator;
SELECT is(figure('projects'), 2::double precision, 'monitor: an administrator may ask');
RESET SESSION AUTHORIZATION;

SELECT is((SELECT array_agg(r.rolname::text) FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid
	WHERE r.rolname = 'session_group_monitor'), NULL, 'monitor: the role is a member of none');

SELECT * FROM finish();
ROLLBACK;
