-- Lines 13, 15 and 20 of the threat list: what is stored, shown and logged of
-- keys; where ids come from.
\ir setup.psql

SET SESSION AUTHORIZATION tap_operator;
SELECT session_group.create_api_key(910011, 'made', '{session_recording:write}', '{910001}', '2100-01-01') AS made \gset
SELECT session_group.create_api_key(910011, 'second') AS second \gset
RESET SESSION AUTHORIZATION;
SELECT matches(:'made'::text, '^phx_[0-9A-Za-z]{43}$', 'L20: a key is phx_ and 43 digits of base 62');
SELECT isnt(:'made'::text, :'second'::text, 'L20: two keys differ');
SELECT is((SELECT count(DISTINCT session_group.create_api_key(910011, 'k' || n)) FROM generate_series(1, 500) AS n),
	500::bigint, 'L20: 500 keys differ');
SELECT is(hash, tap.hash(:'made'), 'L20: its SHA-256 is stored') FROM session_group.api_keys WHERE label = 'made';
SELECT is(mask, left(:'made', 4) || '...' || right(:'made', 4), 'L20: and its mask') FROM session_group.api_keys
	WHERE label = 'made';
SELECT is(tap.value('tap_app', NULL, format('(SELECT tap.who() FROM session_group.login(%L))', :'made')),
	'910011 r{910001} w{910001}', 'L20: it opens the door');
SELECT throws_ok($$INSERT INTO session_group.api_keys (user_id, label, mask, hash) VALUES (910011, 'x', 'x', 'phx_plain')$$, '23514', NULL, 'L20: a plain key cannot be stored as a hash');
SELECT throws_ok(format($$INSERT INTO session_group.api_keys (user_id, label, mask, hash) VALUES (910011, 'x', 'x', %L)$$, h), '23514', NULL, 'L20: nor another form: ' || translate(h, E'\n', ' '))
FROM unnest(ARRAY['', 'sha256$', 'md5$0123456789abcdef0123456789abcdef', 'sha256$' || repeat('A', 64),
	'sha256$' || repeat('a', 63), 'sha256$' || repeat('a', 65), 'sha256$' || repeat('a', 64) || E'\n',
	' sha256$' || repeat('a', 64)]) AS h;

-- The plain key is nowhere in the database: every column of every table, as text.
CREATE FUNCTION tap.holders(needle text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	name text;
	found boolean;
BEGIN
	FOR name IN SELECT r.oid::regclass FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
		WHERE r.relkind IN ('r', 'v') AND (n.nspname ~ '^session_group' OR r.relname IN ('pg_settings', 'pg_description', 'pg_db_role_setting'))
	LOOP
		EXECUTE format('SELECT EXISTS (SELECT FROM %s x WHERE x::text LIKE %L)', name, '%' || needle || '%') INTO found;
		IF found THEN
			RETURN NEXT name;
		END IF;
	END LOOP;
END
$$;
SELECT is_empty(format('SELECT tap.holders(%L)', :'made'), 'L20: the plain key is in no table');
SELECT is_empty(format('SELECT tap.holders(%L)', substr(:'made', 5, 20)), 'L20: nor is a part of it');
SELECT isnt_empty(format('SELECT tap.holders(%L)', tap.hash(:'made')),
	'L20: while its hash is found by the same search');
SELECT is(tap.value('tap_operator', NULL,
	format('(SELECT count(*) FROM session_group.list_api_keys() k WHERE k::text ~ %L)', 'sha256')), '0',
	'L20: list_api_keys() shows no hashes');
SELECT is(tap.value('tap_app', NULL,
	format('(SELECT count(*) FROM session_group.login(%L), pg_settings WHERE setting LIKE %L)', :'made',
	'%' || substr(:'made', 5) || '%')), '0', 'L15: after login no setting has the key');
SELECT is(tap.value('tap_app', NULL,
	format('(SELECT application_name FROM session_group.login(%L), pg_stat_activity WHERE pid = pg_backend_pid())',
	:'made')), current_setting('application_name'), 'L15: nor has pg_stat_activity');

-- Errors and notices carry neither keys nor foreign values.
SELECT unalike(tap.value('tap_app', NULL, 'session_group.login(''phx_secret'')'), '%secret%',
	'L20: a refused key is not repeated');
CREATE FUNCTION tap.whole_error(actor text, key text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	m text; d text; h text; c text;
BEGIN
	EXECUTE 'SET LOCAL SESSION AUTHORIZATION ' || actor;
	IF key IS NOT NULL THEN
		PERFORM session_group.login(tap.key(key));
	END IF;
	EXECUTE statement;
	RAISE EXCEPTION 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT, c = PG_EXCEPTION_CONTEXT;
	RETURN concat_ws(E'\n', SQLSTATE, m, d, h, regexp_replace(c, 'SQL statement "[^"]*"|SQL expression "[^"]*"', '', 'g'));
END
$$;
SELECT unalike(tap.whole_error('tap_app', NULL, format('SELECT session_group.login(%L)', key)), '%' || key || '%',
	'L20: nor in detail, hint or context: ' || key)
FROM unnest(ARRAY['phx_secret', tap.key('annrevoked'), tap.key('annexpired')]) AS key;
SELECT unalike(tap.whole_error('tap_app', 'annwrite', statement), '%' || secret || '%',
	'L13: no foreign value in the error of ' || left(statement, 80))
FROM (VALUES
	('SELECT session_group.get_summary(910002, ''01900000-0000-7000-8000-000000000001'')', 'secret of'),
	('SELECT session_group.get_summary(910002, ''01900000-0000-7000-8000-000000000001'')', 'Project B'),
	('SELECT session_group.update_summary(910002, ''01900000-0000-7000-8000-000000000001'', ''{"title":"x"}'')',
		'Summary 1'),
	('SELECT session_group.delete_summary(910002, ''01900000-0000-7000-8000-000000000001'')', 'Summary 1'),
	('INSERT INTO session_group.summaries (project_id, title) VALUES (910002, ''x'')', 'Project B'),
	('MERGE INTO session_group.summaries s USING (VALUES (910002)) v (p) ON s.project_id = v.p WHEN NOT MATCHED THEN INSERT (project_id) VALUES (p)', 'secret of')
) AS v (statement, secret);
-- With a lax right on the columns, unique and foreign keys do not tell of other projects.
SAVEPOINT lax;
GRANT INSERT ON session_group.summaries TO session_group_api;
SELECT is(replace(tap.whole_error('tap_app', 'annwrite',
	format('INSERT INTO session_group.summaries (project_id, id) VALUES (910002, %L)', taken)), taken, '?'),
		  replace(tap.whole_error('tap_app', 'annwrite',
		  format('INSERT INTO session_group.summaries (project_id, id) VALUES (910002, %L)', free)), free, '?'),
		  'L13: an id that another project has and one that is free are refused alike')
FROM (VALUES ('01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-0000000000ff')) AS v (taken, free);
SELECT is(tap.outcome('tap_app', 'annwrite',
	'INSERT INTO session_group.summaries (project_id, id) VALUES (910001, ''01900000-0000-7000-8000-00000000000b'')'),
	'1', 'L13: an id that another project has is free in one''s own');
SELECT unalike(tap.whole_error('tap_app', 'annwrite',
	'INSERT INTO session_group.summaries (project_id, id) VALUES (910001, ''01900000-0000-7000-8000-000000000001'')'),
	'%secret of%', 'L13: a conflict within the project shows its key alone');
ROLLBACK TO lax;

-- Ids: version 7, from a strong source, in the order of time.
SELECT is((SELECT count(DISTINCT u) || ' ' || bool_and(u::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$') FROM (SELECT session_group.uuidv7() AS u FROM generate_series(1, 20000)) AS s), '20000 true', 'L13: 20,000 ids of version 7 differ');
SELECT ok((SELECT abs(extract(epoch
	FROM clock_timestamp()) * 1000 - ('x' || lpad(replace(left(session_group.uuidv7()::text, 13), '-', ''), 16,
	'0'))::bit(64)::bigint) < 5000), 'L13: an id begins with the milliseconds of now');
-- 62 random bits at the end: no two share their last 8 bytes, and no bit of them is fixed.
SELECT is((SELECT count(DISTINCT right(u::text, 17))
	FROM (SELECT session_group.uuidv7() AS u FROM generate_series(1, 20000)) AS s), 20000::bigint,
	'L13: their random ends differ');
SELECT ok(n BETWEEN 9300 AND 10700, format('L13: bit %s is set in half of 20,000 ids (%s)', b, n))
FROM (SELECT b, count(*) FILTER (WHERE get_bit(uuid_send(u), b) = 1) AS n
	FROM (SELECT session_group.uuidv7() AS u FROM generate_series(1, 20000)) AS s,
	unnest(ARRAY[66, 67, 72, 80, 88, 96, 111, 120, 127]) AS b GROUP BY b) AS t;

-- Nothing notifies, and nothing of the extension lets PUBLIC listen in.
SELECT is_empty($$SELECT f.oid::regprocedure FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE n.nspname ~ '^session_group' AND (f.prosrc ~* 'notify' OR pg_get_function_sqlbody(f.oid) ~* 'notify')$$, 'L15: no function notifies');

SELECT * FROM finish();
ROLLBACK;
