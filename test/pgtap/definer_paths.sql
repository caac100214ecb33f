-- Line 10 of the threat list: what runs with the owner's rights, and what runs
-- with the caller's, under a hostile search_path and a hostile pg_temp.
\ir setup.psql

-- A schema of the attacker's with namesakes of all that a careless function
-- would look up: each tells on itself.
CREATE SCHEMA tap_evil AUTHORIZATION tap_app;
GRANT USAGE ON SCHEMA tap_evil TO PUBLIC;
SET SESSION AUTHORIZATION tap_app;
CREATE FUNCTION tap_evil.evil() RETURNS text LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''evil as %'', current_user USING ERRCODE = ''EVIL0''; END';
DO $$
DECLARE
	f record;
BEGIN
	-- operators on the types that the extension compares
	FOR f IN SELECT o, l, r FROM unnest(ARRAY['=', '<>', '<', '<=', '>', '>=']) AS o,
		(VALUES ('bigint', 'bigint'), ('bigint', 'integer'), ('integer', 'integer'), ('text', 'text'), ('uuid', 'uuid'),
		('timestamptz', 'timestamptz'), ('boolean', 'boolean'), ('name', 'name'), ('name', 'text')) AS t (l, r)
	LOOP
		EXECUTE format('CREATE FUNCTION tap_evil.%I(%s, %s) RETURNS boolean LANGUAGE plpgsql AS ''BEGIN PERFORM tap_evil.evil(); RETURN true; END''',
		'op' || f.o, f.l, f.r);
		EXECUTE format('CREATE OPERATOR tap_evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = tap_evil.%I)', f.o, f.l,
		f.r, 'op' || f.o);
	END LOOP;
	FOR f IN SELECT * FROM (VALUES ('&&', 'bigint[]', 'bigint[]', 'boolean'), ('||', 'text', 'text', 'text'),
	('||', 'jsonb', 'jsonb', 'jsonb'), ('~', 'text', 'text', 'boolean'), ('~~', 'text', 'text', 'boolean'),
		('~~*', 'text', 'text', 'boolean'), ('->', 'jsonb', 'text', 'jsonb'), ('->>', 'jsonb', 'text', 'text'),
		('?', 'jsonb', 'text', 'boolean'), ('-', 'timestamptz', 'interval', 'timestamptz'),
		('+', 'bigint', 'bigint', 'bigint'), ('+', 'integer', 'integer', 'integer'),
		('@>', 'bigint[]', 'bigint[]', 'boolean')) AS t (o, l, r, x)
	LOOP
		EXECUTE format('CREATE FUNCTION tap_evil.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS ''BEGIN PERFORM tap_evil.evil(); RETURN NULL; END''',
		'op' || f.o, f.l, f.r, f.x);
		EXECUTE format('CREATE OPERATOR tap_evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = tap_evil.%I)', f.o, f.l,
		f.r, 'op' || f.o);
	END LOOP;
	-- functions, among them the extension's own names
	FOR f IN SELECT * FROM (VALUES
		('now()', 'timestamptz'), ('clock_timestamp()', 'timestamptz'), ('transaction_timestamp()', 'timestamptz'),
		('lower(text)', 'text'), ('upper(text)', 'text'), ('strpos(text, text)', 'integer'),
		('position(text, text)', 'integer'),
		('char_length(text)', 'integer'), ('length(text)', 'integer'), ('cardinality(anyarray)', 'integer'),
		('array_length(anyarray, integer)', 'integer'), ('unnest(anyarray)', 'anyelement'),
		('jsonb_typeof(jsonb)', 'text'), ('jsonb_set(jsonb, text[], jsonb)', 'jsonb'),
		('jsonb_array_elements_text(jsonb)', 'text'), ('to_jsonb(text)', 'jsonb'), ('count(text)', 'bigint'),
		('coalesce(text)', 'text'),
		('current_setting(text)', 'text'), ('current_setting(text, boolean)', 'text'),
		('set_config(text, text, boolean)', 'text'), ('gen_random_uuid()', 'uuid'), ('sha256(bytea)', 'bytea'),
		('encode(bytea, text)', 'text'),
		('array_agg(bigint)', 'bigint[]'), ('timezone(text, timestamptz)', 'timestamp'),
		('date_trunc(text, timestamptz)', 'timestamptz'), ('uuidv7()', 'uuid'), ('is_timezone(text)', 'boolean'),
		('current_user_id()', 'bigint'),
		('readable_project_ids()', 'bigint[]'), ('writable_project_ids()', 'bigint[]'), ('nextval(regclass)', 'bigint'),
		('max(bigint)', 'bigint')) AS t (s, r)
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION tap_evil.%s RETURNS %s LANGUAGE plpgsql AS ''BEGIN PERFORM tap_evil.evil(); RETURN NULL; END''',
			f.s, f.r);
		EXCEPTION WHEN syntax_error THEN
			NULL;
		END;
	END LOOP;
END
$$;
CREATE VIEW tap_evil.api_keys AS SELECT tap_evil.evil() AS id;
CREATE VIEW tap_evil.users AS SELECT tap_evil.evil() AS id;
CREATE VIEW tap_evil.members AS SELECT tap_evil.evil() AS project_id;
CREATE VIEW tap_evil.projects AS SELECT tap_evil.evil() AS id;
CREATE VIEW tap_evil.summaries AS SELECT tap_evil.evil() AS id;
CREATE VIEW tap_evil.pg_class AS SELECT tap_evil.evil() AS oid;
CREATE VIEW tap_evil.pg_authid AS SELECT tap_evil.evil() AS oid;
CREATE VIEW tap_evil.pg_timezone_names AS SELECT tap_evil.evil() AS name;
CREATE DOMAIN tap_evil.text AS pg_catalog.text CHECK (tap_evil.evil() IS NULL);
CREATE DOMAIN tap_evil.uuid AS pg_catalog.uuid CHECK (tap_evil.evil() IS NULL);
CREATE DOMAIN tap_evil.jsonb AS pg_catalog.jsonb CHECK (tap_evil.evil() IS NULL);
CREATE DOMAIN tap_evil.interval AS pg_catalog.interval CHECK (tap_evil.evil() IS NULL);
CREATE DOMAIN tap_evil.timestamptz AS pg_catalog.timestamptz CHECK (tap_evil.evil() IS NULL);
CREATE DOMAIN tap_evil.regclass AS pg_catalog.regclass CHECK (tap_evil.evil() IS NULL);
CREATE TEMP VIEW api_keys AS SELECT tap_evil.evil() AS id;
CREATE TEMP VIEW users AS SELECT tap_evil.evil() AS id;
CREATE TEMP VIEW members AS SELECT tap_evil.evil() AS project_id;
CREATE TEMP VIEW projects AS SELECT tap_evil.evil() AS id;
CREATE TEMP VIEW summaries AS SELECT tap_evil.evil() AS id;
CREATE TEMP VIEW pg_authid AS SELECT tap_evil.evil() AS oid;
CREATE TEMP VIEW pg_timezone_names AS SELECT tap_evil.evil() AS name;
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (tap_evil.evil() IS NULL);
CREATE DOMAIN pg_temp.jsonb AS pg_catalog.jsonb CHECK (tap_evil.evil() IS NULL);
CREATE DOMAIN pg_temp.interval AS pg_catalog.interval CHECK (tap_evil.evil() IS NULL);
RESET SESSION AUTHORIZATION;
SET LOCAL search_path = pg_catalog, public, pg_temp;

-- What is imported, as PostHog has it: all columns that are read.
CREATE SCHEMA tap_posthog;
CREATE TABLE tap_posthog.posthog_team AS SELECT 910051 AS id, 'Imported'::varchar AS name, 'UTC'::varchar AS timezone,
	gen_random_uuid() AS organization_id, now() AS created_at;
CREATE TABLE tap_posthog.posthog_user AS SELECT 910051 AS id, gen_random_uuid() AS uuid, 'd'::varchar AS distinct_id,
	'F'::varchar AS first_name, 'L'::varchar AS last_name,
	'imported@tap.example'::varchar AS email, true AS is_email_verified, '{}'::jsonb AS hedgehog_config,
	'sales'::varchar AS role_at_organization, true AS is_active, now() AS date_joined;
CREATE TABLE tap_posthog.posthog_organizationmembership AS SELECT gen_random_uuid() AS id, 1::smallint AS level,
	910051 AS user_id, organization_id, now() AS joined_at FROM tap_posthog.posthog_team;
CREATE TABLE tap_posthog.posthog_personalapikey AS SELECT 910051 AS user_id, 'imported'::varchar AS label,
	'phx_...'::varchar AS mask_value, tap.hash('imported') AS secure_value,
	'{*}'::varchar[] AS scopes, '{}'::integer[] AS scoped_teams, ARRAY[t.organization_id::text] AS scoped_organizations,
	now() AS created_at, now() AS last_used_at FROM tap_posthog.posthog_team AS t;
CREATE TABLE tap_posthog.ee_group_session_summary AS SELECT gen_random_uuid() AS id, 910051 AS team_id,
	'Imported'::varchar AS title, '{s}'::varchar[] AS session_ids, '{}'::jsonb AS summary,
	'{}'::jsonb AS extra_summary_context, 'null'::jsonb AS run_metadata, now() AS created_at, 910051 AS created_by_id;
ALTER TABLE tap_posthog.posthog_team ADD access_control boolean DEFAULT true;
CREATE TABLE tap_posthog.ee_explicitteammembership AS SELECT 910051 AS team_id, id AS parent_membership_id
	FROM tap_posthog.posthog_organizationmembership;
CREATE TABLE tap_posthog.ee_role AS SELECT gen_random_uuid() AS id, organization_id FROM tap_posthog.posthog_team;
CREATE TABLE tap_posthog.ee_rolemembership AS SELECT id AS role_id, 910051 AS user_id FROM tap_posthog.ee_role;
CREATE TABLE tap_posthog.ee_accesscontrol AS SELECT 910051 AS team_id, 'project'::varchar AS resource,
	'910051'::varchar AS resource_id, 'member'::varchar AS access_level, id AS role_id,
	NULL::uuid AS organization_member_id FROM tap_posthog.ee_role;
GRANT USAGE ON SCHEMA tap_posthog TO tap_operator, session_group_admin;
GRANT SELECT ON ALL TABLES IN SCHEMA tap_posthog TO tap_operator, session_group_admin;

-- Every function, as the one who may call it: first under a hostile path, so
-- that plans are made there, then under a clean one, then under the hostile
-- one with plans that have been made in a clean one.
CREATE TABLE tap.call (position int GENERATED ALWAYS AS IDENTITY, actor text, key text, sql text);
INSERT INTO tap.call (actor, key, sql) VALUES
	('tap_app', NULL, $$SELECT * FROM session_group.login('phx_annwrite00000000000000000000000000000000000')$$),
	('tap_app', NULL, $$SELECT * FROM session_group.login('x')$$),
	('tap_app', NULL, $$SELECT * FROM session_group.authenticate()$$),
	('tap_backend', NULL, $$SELECT * FROM session_group.authenticate()$$),
	('tap_backend', NULL, $$SELECT * FROM session_group_api.http()$$),
	('tap_backend', 'annwrite', $$SELECT * FROM session_group_api.http('{"title":"x"}')$$),
	('tap_backend', NULL, $$SELECT * FROM session_group.assume_identity('00000000-0000-4000-8000-000000910013',
	'{*}')$$),
	('tap_app', 'annwrite',
		$$SELECT c.title, c.session_count, c.created_by_id
		FROM session_group.create_summary(910001, 'New', '{a,b}', '{"a":1}', '{}', '{}') AS c$$),
	('tap_app', 'annwrite', $$SELECT * FROM session_group.create_summary(910001, ' ')$$),
	('tap_app', 'annwrite',
		$$SELECT * FROM session_group.get_summary(910001, '01900000-0000-7000-8000-000000000001')$$),
	('tap_app', 'annwrite',
		$$SELECT u.title, u.version FROM session_group.update_summary(910001, '01900000-0000-7000-8000-000000000001',
		'{"title":"t","session_ids":["x"],"summary":null,"run_metadata":{}}') AS u$$),
	('tap_app', 'annwrite',
		$$SELECT * FROM session_group.delete_summary(910001, '01900000-0000-7000-8000-000000000002')$$),
	('tap_app', 'annwrite', $$SELECT * FROM session_group.list_summaries(910001)$$),
	('tap_app', 'annwrite', $$SELECT * FROM session_group.list_summaries(910001, 2, 1, '-title')$$),
	('tap_app', 'annwrite', $$SELECT * FROM session_group.list_summaries(910001, 2, 0, 'created_by')$$),
	('tap_app', 'annwrite', $$SELECT * FROM session_group.list_summaries(910001, 2, 0, '-session_count', 'SUMM')$$),
	('tap_app', 'annwrite',
		$$SELECT * FROM session_group.list_summaries(910001, 2, 0, 'id', NULL, '00000000-0000-4000-8000-000000910011',
		'2025-01-01', '2027-01-01')$$),
	('tap_app', 'annwrite', $$SELECT * FROM session_group.count_summaries(910001)$$),
	('tap_app', 'annwrite',
		$$SELECT * FROM session_group.count_summaries(910001, 'summary', '00000000-0000-4000-8000-000000910011', '2025',
		'2030')$$),
	('tap_app', 'annwrite',
		$$SELECT * FROM session_group.parse_date_filter('-1mStart', 'Europe/Berlin', '2026-03-31')$$),
	('tap_app', 'annwrite',
		$$SELECT * FROM session_group.parse_date_filter('2026-W31-1', 'Europe/Berlin', '2026-03-31')$$),
	('tap_app', 'annwrite', $$SELECT * FROM session_group.current_identity()$$),
	('tap_app', 'annwrite',
		$$SELECT project_id FROM session_group.uuidv7(), session_group_api.session_group_summaries$$),
	('tap_app', 'annwrite',
		$$INSERT INTO session_group_api.session_group_summaries (project_id, title, session_ids, run_metadata)
		VALUES (910001, 'v', '{a}', '{}') RETURNING title, session_count, created_by_id$$),
	('tap_app', 'annwrite',
		$$UPDATE session_group.summaries SET title = 'v', extra_summary_context = '{}' RETURNING title, version$$),
	('tap_app', 'annwrite', $$SELECT * FROM session_group_api.project_users$$),
	('tap_app', 'annwrite', $$SELECT id, name FROM session_group.projects$$),
	('tap_app', 'annwrite', $$DELETE FROM session_group.summaries RETURNING project_id, id$$),
	('tap_operator', NULL, $$SELECT p.name FROM session_group.create_project('P', 'Europe/Berlin') AS p$$),
	('tap_operator', NULL, $$SELECT p.name FROM session_group.rename_project(910001, 'Q') AS p$$),
	('tap_operator', NULL, $$SELECT p.timezone FROM session_group.set_project_timezone(910001, 'Asia/Tokyo') AS p$$),
	('tap_operator', NULL, $$SELECT * FROM session_group.delete_project(910001)$$),
	('tap_operator', NULL, $$SELECT * FROM session_group.list_projects()$$),
	('tap_operator', NULL,
		$$SELECT u.email FROM session_group.create_user('u@tap.example', role_at_organization => 'data') AS u$$),
	('tap_operator', NULL, $$SELECT u.is_active FROM session_group.set_user_active(910011, false) AS u$$),
	('tap_operator', NULL,
		$$SELECT p.activity_retention FROM session_group.set_activity_retention(910001, '1 microsecond') AS p$$),
	('tap_operator', NULL, $$SELECT * FROM session_group.purge_expired()$$),
	('tap_operator', NULL, $$SELECT * FROM session_group.list_users()$$),
	('tap_operator', NULL, $$SELECT m.user_id FROM session_group.add_member(910002, 910011) AS m$$),
	('tap_operator', NULL, $$SELECT m.user_id FROM session_group.remove_member(910001, 910011) AS m$$),
	('tap_operator', NULL, $$SELECT * FROM session_group.list_members(910001)$$),
	('tap_operator', NULL,
		$$SELECT k.user_id FROM session_group.create_api_key(910011, 'k', '{*}', '{910001}', '2100-01-01'),
		session_group.list_api_keys() AS k$$),
	('tap_operator', NULL, $$SELECT k.label FROM session_group.revoke_api_key(910101) AS k$$),
	('tap_operator', NULL,
		$$SELECT i.kind, i.outcome, i.number, i.note FROM session_group.import_posthog('tap_posthog') AS i$$),
	('tap_operator', NULL,
		$$SELECT * FROM session_group.import_json(910001,
		'{"id":"01900000-0000-7000-8000-00000000abcd","title":"t","session_ids":["s"],"summary":{},"created_at":"2026-01-01T00:00:00Z","created_by":{"uuid":"00000000-0000-4000-8000-000000910011"}}')$$),
	('tap_operator', NULL, $$SELECT * FROM session_group.export_json(910001)$$),
	('tap_operator', NULL, $$SELECT * FROM session_group.list_api_keys()$$),
	('tap_operator', NULL,
		$$SELECT e FROM session_group.erase_summary(910001, '01900000-0000-7000-8000-000000000001') AS e$$),
	('tap_operator', NULL, $$SELECT e FROM session_group.erase_user(910011) AS e$$),
	('tap_operator', NULL, $$SELECT * FROM session_group.check_counts()$$),
	('tap_operator', NULL,
		$$SELECT * FROM session_group.check_rows(), session_group.remake_rows(910001), session_group.make_rows()$$),
	('tap_operator', NULL,
		$$SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0::pg_catalog.int8 FROM session_group.posture()$$),
	('tap_operator', NULL,
		$$SELECT * FROM session_group.is_timezone('Europe/Berlin'), session_group.is_retention('90 days')$$),
	('tap_operator', NULL, $$DELETE FROM session_group.members RETURNING project_id, user_id$$);
-- The statement itself has no operator and no function that is not qualified.
CREATE FUNCTION tap.rows(actor text, key text, path text, sql text) RETURNS text LANGUAGE plpgsql SET search_path
	FROM CURRENT AS $$
DECLARE
	line text;
	answer text := '';
BEGIN
	EXECUTE 'SET LOCAL SESSION AUTHORIZATION ' || actor;
	IF key IS NOT NULL THEN
		PERFORM session_group.login(tap.key(key));
	END IF;
	PERFORM tap.request(json_build_object('x-api-key', tap.key('annwrite'), 'x-forwarded-base', 'https://tap.example',
		'x-forwarded-method', CASE WHEN sql ~ 'title":"x' THEN 'PATCH' ELSE 'GET' END, 'x-forwarded-content-type',
		'application/json',
		'x-forwarded-uri', '/api/projects/910001/session_group_summaries/'
		|| CASE WHEN sql ~ 'title":"x' THEN '01900000-0000-7000-8000-000000000003/'
		ELSE '?search=s&order=title' END)::text);
	sql := format('WITH x AS (%s) SELECT pg_catalog.to_jsonb(x)::pg_catalog.text FROM x', sql);
	PERFORM pg_catalog.set_config('search_path', path, true);
	FOR line IN EXECUTE sql LOOP
		answer := pg_catalog.concat(answer, line, E'\n');
	END LOOP;
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = answer;
EXCEPTION WHEN OTHERS THEN
	RETURN pg_catalog.concat(SQLSTATE, ' ', SQLERRM);
END
$$;
SELECT ok(got[1] = got[2] AND got[3] = got[2] AND got[4] = got[2] AND got[2] !~ 'EVIL0',
		  format('L10: the same under any search_path, as %s: %s', actor, left(replace(sql, 'session_group', ''), 70)))
	   || CASE WHEN got[1] = got[2] AND got[3] = got[2]
	   AND got[4] = got[2] THEN '' ELSE E'\n# ' || replace(array_to_string(got, E'\n--\n'), E'\n', E'\n# ') END
FROM (SELECT c.*, ARRAY[tap.rows(actor, key, 'tap_evil, pg_catalog', sql), tap.rows(actor, key, 'pg_catalog', sql),
						tap.rows(actor, key, 'tap_evil, pg_temp, pg_catalog', sql),
						tap.rows(actor, key, 'pg_temp, tap_evil', sql)] AS got
	  FROM tap.call c ORDER BY position OFFSET 0) AS c;

-- What runs as the owner sees a pinned path, and neither owner nor path stays behind.
CREATE FUNCTION tap.path_after() RETURNS text LANGUAGE plpgsql AS
$$BEGIN PERFORM session_group.login('phx_annread000000000000000000000000000000000000'); RETURN pg_catalog.current_setting('search_path'); END$$;
CREATE TABLE tap.witness (path text, who text);
CREATE FUNCTION tap.witness() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN INSERT INTO tap.witness VALUES (pg_catalog.current_setting('search_path'), current_user); RETURN NEW; END$$;
SAVEPOINT witness;
CREATE TRIGGER witness BEFORE UPDATE ON session_group.api_keys FOR EACH ROW EXECUTE FUNCTION tap.witness();
UPDATE session_group.api_keys SET last_used_at = NULL WHERE label = 'annread';
TRUNCATE tap.witness;
SET SESSION AUTHORIZATION tap_app;
SELECT pg_catalog.set_config('search_path', 'tap_evil, pg_catalog', true) AS was \gset
SELECT session_group.login('phx_annread000000000000000000000000000000000000') AS done \gset
SELECT tap.path_after() AS path, current_user AS who \gset
-- A request's use of a key is noted in its row.
SET SESSION AUTHORIZATION tap_authenticator;
SET LOCAL ROLE session_group_anon;
SELECT pg_catalog.set_config('request.headers', '{"x-api-key":"phx_annread000000000000000000000000000000000000"}',
	true) AS was \gset
SELECT session_group.authenticate() AS done \gset
RESET SESSION AUTHORIZATION;
SET LOCAL search_path = pg_catalog, public, pg_temp;
SELECT is(:'path'::text, 'tap_evil, pg_catalog', 'L10: login() leaves the caller''s search_path as it was');
SELECT is(:'who'::text, 'tap_app', 'L10: and the caller who it was');
-- (Where the library is preloaded, a worker notes the use of keys later.)
SELECT is((SELECT string_agg(DISTINCT path || ' as ' || who, '; ') FROM tap.witness),
	CASE WHEN current_setting('shared_preload_libraries') !~ 'session_group' THEN 'pg_catalog, pg_temp as '
	|| (SELECT relowner::regrole FROM pg_class WHERE oid = 'session_group.api_keys'::regclass) END,
	'L10: what runs as the owner runs under pg_catalog, pg_temp');
ROLLBACK TO witness;

-- The namesakes do bite where a statement is careless; else the above proves nothing.
SELECT is(left(tap.rows('tap_app', NULL, 'tap_evil, pg_catalog', 'SELECT now()'), 5), 'EVIL0',
	'L10: the hostile now() is reached by an unqualified call');
SELECT is(left(tap.rows('tap_app', NULL, 'tap_evil, pg_catalog', 'SELECT 1::bigint = 1::bigint'), 5), 'EVIL0',
	'L10: the hostile = too');
SELECT is(left(tap.rows('tap_app', NULL, 'pg_temp, tap_evil', 'SELECT * FROM api_keys'), 5), 'EVIL0',
	'L10: and the hostile table');

-- Triggers and rules of the attacker's own do not run with others' rights:
-- nothing of the extension writes outside of its schemas.
SELECT is_empty($$SELECT d.objid::regclass FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
	AND d.refclassid = 'pg_extension'::regclass
	JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE e.extname = 'session_group' AND n.nspname NOT IN ('session_group', 'session_group_api')$$,
	'L10: the extension has no tables elsewhere');

-- What ran as the owner leaves the caller's search_path as it was.
SELECT is(tap.value('tap_app', 'annwrite',
	$$session_group.count_summaries(910001, 'summary') || ' ' || current_setting('search_path')$$),
	'3 ' || current_setting('search_path'), 'L10: search_path is the caller''s again');

-- C functions called in ways that they are not made for.
SELECT throws_ok('SELECT session_group.members_stay()', NULL, NULL,
	'L10: a trigger function that is not called as one');
SELECT throws_ok('SELECT session_group.summaries_before_write()', NULL, NULL, 'L10: and the other one');
CREATE TABLE tap.other (a int, project_id text);
CREATE TRIGGER t BEFORE INSERT
	OR UPDATE ON tap.other FOR EACH ROW EXECUTE FUNCTION session_group.summaries_before_write();
SELECT throws_ok('INSERT INTO tap.other VALUES (1, ''x'')', '39P01',
	'summaries_before_write must be called by its own trigger on session_group.summaries',
	'L10: a trigger function on another table');
DROP TRIGGER t ON tap.other;
CREATE TRIGGER t BEFORE INSERT OR UPDATE ON tap.other FOR EACH ROW EXECUTE FUNCTION session_group.members_stay();
SELECT throws_ok('INSERT INTO tap.other VALUES (1, ''x'')', '39P01', NULL, 'L10: another one there');
DROP TRIGGER t ON tap.other;
CREATE TRIGGER t BEFORE TRUNCATE ON session_group.summaries EXECUTE FUNCTION session_group.summaries_before_write();
SELECT throws_ok('TRUNCATE session_group.summaries', '39P01', NULL,
	'L10: a trigger function for an event that is not its');
DROP TRIGGER t ON session_group.summaries;

-- Null arguments: an error of the contract or no row, never a crash.
SELECT ok(tap.outcome(CASE WHEN f.proname IN ('login', 'get_summary', 'create_summary', 'update_summary',
	'delete_summary', 'list_summaries', 'count_summaries', 'parse_date_filter', 'uuidv7') THEN 'tap_app'
						   WHEN f.proname IN ('assume_identity', 'authenticate',
						   'http') THEN 'tap_backend' ELSE 'tap_operator' END,
		CASE WHEN f.proname ~ 'summar' THEN 'annwrite' END,
		format('SELECT %s.%I(%s)', n.nspname, f.proname,
		(SELECT string_agg('NULL::' || format_type(t, NULL), ', ') FROM unnest(f.proargtypes) AS t)))
	~ '^([01]|22004|22023|23502|28000|42501|P0002|[0-9]+)$', 'L10: nulls alone for ' || f.oid::regprocedure)
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE n.nspname IN ('session_group', 'session_group_api')
	AND f.prorettype <> 'trigger'::regtype;

SELECT * FROM finish();
ROLLBACK;
