-- Lines 5 and 6 of the threat list: API keys of every shape and state, by
-- login() and by authenticate().
\ir setup.psql

-- What a key gives.
SELECT is(tap.value('tap_app', key, 'tap.who()'), who, format('L6: the key %s', key))
FROM (VALUES
	('annread', '910011 r{910001} w{}'),
	('annwrite', '910011 r{910001} w{910001}'),
	('annall', '910011 r{910001} w{910001}'),
	('annlive', '910011 r{910001} w{}'),
	('annnone', '910011 r{} w{}'),
	('annnull', '910011 r{} w{}'),
	('annother', '910011 r{} w{}'),
	('annnoneofa', '910011 r{} w{}'),
	('annonlyb', '910011 r{} w{}'),
	('benwrite', '910012 r{910002} w{910002}'),
	('catwrite', '910013 r{910001,910002} w{910001,910002}'),
	('catread', '910013 r{910001,910002} w{}'),
	('catonlya', '910013 r{910001} w{910001}'),
	('catac', '910013 r{910001} w{910001}'),
	('evewrite', '910015 r{910003} w{910003}')
) AS v (key, who);

SELECT is(tap.value('tap_app', 'catonlya', 'session_group.current_identity()'),
		  format('(910013,api_key,%s,"{session_recording:read,session_recording:write}",{910001},{910001})',
				 (SELECT id FROM session_group.api_keys WHERE label = 'catonlya')),
		  'L6: current_identity() says so too');
SELECT is(tap.value('tap_app', NULL, 'session_group.current_identity()'), '(,,,,,)',
	'L6: without an identity it is all null');

-- What is no key. One and the same answer for all, with nothing of the key in it.
CREATE TABLE tap.bad_key (name text, key text);
INSERT INTO tap.bad_key VALUES
	('null', NULL), ('empty', ''), ('one blank', ' '), ('the prefix alone', 'phx_'),
	('unknown', tap.key('unknown')),
	('expired', tap.key('annexpired')), ('revoked', tap.key('annrevoked')),
		('of an inactive owner', tap.key('danwrite')),
	('upper case', upper(tap.key('annread'))), ('initial capital', initcap(tap.key('annread'))),
	('a leading blank', ' ' || tap.key('annread')), ('a trailing blank', tap.key('annread') || ' '),
	('a trailing line feed', tap.key('annread') || E'\n'), ('a trailing carriage return', tap.key('annread') || E'\r'),
	('a leading tab', E'\t' || tap.key('annread')), ('a zero width space', tap.key('annread') || E'\u200b'),
	('one character less', left(tap.key('annread'), -1)), ('one character more', tap.key('annread') || '0'),
	('without its prefix', substr(tap.key('annread'), 5)), ('with Bearer', 'Bearer ' || tap.key('annread')),
	('two keys', tap.key('annread') || ',' || tap.key('annwrite')),
	('its hash', tap.hash(tap.key('annread'))), ('the hex of its hash', substr(tap.hash(tap.key('annread')), 8)),
	('its mask', 'phx_...0000'), ('its label', 'annread'), ('a pattern', '%'), ('another pattern', 'phx\_annread%'),
	('SQL', ''' OR true --'), ('an escape', E'\\'), ('full-width letters', 'ｐｈｘ_annread'),
		('an emoji', repeat('🔑', 12)),
	('1 kB', repeat('a', 1024)), ('1 MB', repeat('phx_', 262144)), ('16 MB', repeat('a', 16 * 1024 * 1024)),
	('its null byte, escaped', tap.key('annread') || '\u0000'), ('another key''s id', '910101');
GRANT SELECT ON tap.bad_key TO PUBLIC;

SELECT is(tap.value('tap_app', NULL, 'session_group.login(' || coalesce(quote_literal(key), 'NULL') || ')'),
		  '28000 the API key is invalid', 'L5: login refuses a key: ' || name)
FROM tap.bad_key;
SELECT is(tap.value('tap_app', 'annread',
	'tap.who() || session_group.login(' || quote_literal(tap.key('annrevoked')) || ')'),
		  '28000 the API key is invalid', 'L5: with a good identity before, too');

-- A key from before, without a prefix, and one with every kind of character.
UPDATE session_group.api_keys SET hash = tap.hash('oldkey') WHERE label = 'annlive';
SELECT is(tap.value('tap_app', NULL, '(SELECT tap.who() FROM session_group.login(''oldkey''))'), '910011 r{910001} w{}',
	'L5: a key without the prefix');
UPDATE session_group.api_keys SET hash = tap.hash(tap.key('annlive')) WHERE label = 'annlive';

-- authenticate(), as PostgREST calls it.
CREATE FUNCTION tap.authenticated(headers text, claims text DEFAULT NULL, actor text DEFAULT 'tap_authenticator')
	RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	who text;
BEGIN
	EXECUTE 'SET LOCAL SESSION AUTHORIZATION ' || actor;
	IF actor = 'tap_authenticator' THEN
		SET LOCAL ROLE session_group_anon;
	END IF;
	PERFORM tap.request(headers, claims);
	PERFORM session_group.authenticate();
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = tap.who() || ' as ' || current_user;
EXCEPTION WHEN OTHERS THEN
	RETURN CASE SQLSTATE WHEN 'TAP00' THEN SQLERRM ELSE SQLSTATE || ' ' || SQLERRM END;
END
$$;

SELECT is(tap.authenticated(json_build_object('x-api-key', tap.key('annread'))::text),
	'910011 r{910001} w{} as session_group_api', 'L5: a key in X-Api-Key');
-- However the JSON of the headers is written; of two keys the last one counts.
SELECT is(tap.authenticated(format(headers, tap.key('annread'))), '910011 r{910001} w{} as session_group_api', 'L5: a key in ' || headers)
FROM unnest(ARRAY[E' {\t"x-api-key"\n:\r"%s" } ', '{"a":"\"\\","x-api-key":"%s"}', '{"a":"\u0041\/\n","x-api-key":"%s"}',
	'{"a":"é","x-api-key":"%s"}', '{"a":1,"x-api-key":"%s"}', '{"x-api-key":"%s","b":{"x-api-key":"c"}}', '{"\u0078-api-key":"%s"}',
	'{"x-api-key":"a","x-api-key":"%s"}', '{"x-api-key":1,"x-api-key":"%s"}']) AS headers;
SELECT is(tap.authenticated(format(headers, tap.key('annread'))), 'nobody r{} w{} as session_group_anon', 'L5: no key in ' || headers)
FROM unnest(ARRAY['{"x-api-key":"%s","x-api-key":"a"}', '{"x-api-key":"%s","x-api-key":null}', '{"x-api-key\u0000":"%s"}',
	'{"a":"\","x-api-key":"%s"}', '{"a":"\\\\\","x-api-key\":\"%s"}']) AS headers;
SELECT is(tap.authenticated(json_build_object('x-forwarded-uri',
	'/api/projects/1/?personal_api_key=' || tap.key('annread'))::text),
		  '910011 r{910001} w{} as session_group_anon', 'L5: a key in the query');
SELECT is(tap.authenticated(json_build_object('x-api-key', key)::text), 'nobody r{} w{} as session_group_anon',
	'L5: authenticate gives nothing for a key: ' || name)
FROM tap.bad_key;
-- PostgREST's description of the native door, which is its root.
SELECT set_config('request.path', '/', true);
SELECT is(tap.authenticated(json_build_object('x-api-key', tap.key('annread'))::text),
	'910011 r{910001} w{} as session_group_api', 'L5: the description, with a key');
SELECT is(tap.authenticated(json_build_object('x-api-key', key)::text), '42501 permission denied for the description',
	'L5: the description, with the key ' || coalesce(key, 'null'))
FROM (VALUES (tap.key('unknown')), (tap.key('annrevoked')), (NULL)) AS v (key);
SELECT set_config('request.path', '', true);
SELECT is(tap.authenticated(json_build_object('x-forwarded-uri', '/api/?personal_api_key='
			|| array_to_string(array(SELECT '%' || encode(substr(convert_to(key, 'UTF8'), n, 1), 'hex')
			FROM generate_series(1, octet_length(key)) AS n), ''))::text),
		  'nobody r{} w{} as session_group_anon', 'L5: nor for one in the query: ' || name)
FROM tap.bad_key WHERE key <> '' AND octet_length(key) < 2000;

-- Two credentials: the first one found is the one tried.
SELECT is(tap.authenticated(json_build_object('x-api-key', tap.key('annread'), 'x-forwarded-uri',
	'/api/?personal_api_key=' || tap.key('catwrite'))::text),
		  '910011 r{910001} w{} as session_group_anon', 'L5: the header goes before the query');
SELECT is(tap.authenticated(json_build_object('x-api-key', tap.key('annrevoked'), 'x-forwarded-uri',
	'/api/?personal_api_key=' || tap.key('catwrite'))::text),
		  'nobody r{} w{} as session_group_anon', 'L5: a bad key in the header is not made good by the query');
SELECT is(tap.authenticated(json_build_object('x-api-key', tap.key('annread'))::text,
			'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"]}'),
		  '910011 r{910001} w{} as session_group_api', 'L5: of a key and a JWT, the key');
SELECT is(tap.authenticated(json_build_object('x-api-key', tap.key('annrevoked'))::text,
			'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"]}'),
		  'nobody r{} w{} as session_group_anon', 'L5: a bad key is not made good by a JWT');
SELECT is(tap.authenticated(json_build_object('x-forwarded-uri',
	format('/api/?personal_api_key=%s&personal_api_key=%s', tap.key('catwrite'), tap.key('annread')))::text),
		  '910011 r{910001} w{} as session_group_anon', 'L5: the last of a repeated parameter counts');

-- One spelling, in which nginx counts it.
SELECT is(tap.authenticated(json_build_object('x-forwarded-uri',
	'/api/?' || replace(query, 'KEY', substr(tap.key('annread'), 2)))::text), who || ' as session_group_anon',
	'L26: a key as plainly written: ' || query)
FROM (VALUES ('personal_api_key=pKEY', '910011 r{910001} w{}'),
	('a=1&personal_api_key=pKEY&b=personal_api_key', '910011 r{910001} w{}'),
	('%70ersonal_api_key=x&personal_api_key=pKEY', '910011 r{910001} w{}'),
		('%70ersonal_api_key=pKEY', 'nobody r{} w{}'), ('personal%5fapi_key=pKEY', 'nobody r{} w{}'),
	('personal_api_key=%70KEY', 'nobody r{} w{}'), ('personal_api_key=pKEY&personal_api_ke%79=pKEY', 'nobody r{} w{}'),
		('personal_api_key=x&personal_api_key=%70KEY', 'nobody r{} w{}'),
	('personal_api_key=pKEY%20', 'nobody r{} w{}'), ('personal_api_key=pKEY+', 'nobody r{} w{}')) AS v (query, who);

UPDATE session_group.api_keys SET hash = tap.hash(h.key)
	FROM (VALUES ('annlive', 'phx_key'), ('catread', 'phx_~key/of' || repeat('0', 30))) AS h (label, key)
	WHERE api_keys.label = h.label;
SELECT is(tap.authenticated(json_build_object('x-forwarded-uri', '/api/?personal_api_key=' || key)::text),
	'nobody r{} w{} as session_group_anon', 'L26: nor one that nginx does not take for a key: ' || key)
FROM unnest(ARRAY['phx_key', 'phx_~key/of' || repeat('0', 30)]) AS key;
SELECT isnt(tap.authenticated(json_build_object('x-api-key', key)::text), 'nobody r{} w{} as session_group_anon',
	'L26: which it is in the header: ' || key)
FROM unnest(ARRAY['phx_key', 'phx_~key/of' || repeat('0', 30)]) AS key;
UPDATE session_group.api_keys SET hash = tap.hash(tap.key(label)) WHERE label IN ('annlive', 'catread');

-- An application that says that it is a request locks no row of its key, which could not be revoked then.
CREATE FUNCTION tap.uses(actor text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SET LOCAL SESSION AUTHORIZATION ' || actor;
	IF actor = 'tap_authenticator' THEN
		SET LOCAL ROLE session_group_anon;
	END IF;
	PERFORM tap.request(json_build_object('x-api-key', tap.key('catread'))::text), session_group.authenticate();
	RESET SESSION AUTHORIZATION;
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = (SELECT last_used_at IS NOT NULL FROM session_group.api_keys WHERE label = 'catread');
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
	RETURN SQLERRM;
END
$$;
SELECT is(tap.uses(actor), used, 'L29: the row of the key is written by a ' || actor)
FROM (VALUES ('tap_app', 'f'), ('tap_authenticator',
	CASE WHEN current_setting('session_group.preloaded')::boolean THEN 'f' ELSE 't' END)) AS v (actor, used);

-- A place for each request at work, by the key or by the token's user.
SET LOCAL session_group.requests_at_once = 6;
SET LOCAL SESSION AUTHORIZATION tap_authenticator;
SET LOCAL ROLE session_group_anon;
SELECT tap.request(json_build_object('x-api-key', tap.key('annread'))::text), session_group.authenticate();
SET LOCAL ROLE session_group_anon;
SELECT tap.request('{}', '{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"exp":9999999999}'),
	session_group.authenticate();
RESET SESSION AUTHORIZATION;
-- (3 is a project's that is written to; fleet/placement.c.)
SELECT results_eq('SELECT objsubid::integer FROM pg_locks WHERE locktype = ''advisory'' AND pid = pg_backend_pid() AND objsubid > 3 ORDER BY 1',
	'VALUES (4096), (8192)', 'L23: a request takes a place of its key, or of its user');
SELECT is_empty('SELECT objid FROM pg_locks WHERE locktype = ''advisory'' AND pid = pg_backend_pid()
	AND (objid::bigint IN (SELECT id FROM session_group.api_keys UNION ALL SELECT id FROM session_group.users) OR classid = 0)',
	'L15: whose it is nobody reads in pg_locks');

SELECT tap.request(NULL), session_group.authenticate();
SELECT is(tap.outcome('tap_authenticator', NULL, 'SET LOCAL session_group.requests_at_once = 0'), '42501',
	'L23: how many there are is not for who asks to say');

-- Headers of every shape: no credentials, no error.
SELECT is(tap.authenticated(headers), 'nobody r{} w{} as session_group_anon',
	'L5: headers are ' || left(coalesce(headers, 'null'), 60))
FROM unnest(ARRAY[NULL, '', ' ', 'null', 'true', '1', '"x"', '[]', '{}', '{', '}', '{"x-api-key"', 'x',
	'[{"x-api-key":"a"}]', E'\x01',
	'{"x-api-key":"a"', '{"x-api-key":"a"}}', '{"x-api-key":"a",}', '{"x-api-key" "a"}', '{"x-api-key":"a"} {}',
	E'{"x-api-key":"a\tb"}', '{"x-api-key":"a\', '{"x-api-key":"a\\x"}', '{"x-api-key":"a" "b":"c"}',
	'{"x-api-key":null}', '{"x-api-key":1}', '{"x-api-key":true}', '{"x-api-key":[]}', '{"x-api-key":{}}',
	'{"x-api-key":""}', '{"x-api-key":"\u0000"}',
	'{"x-api-key":"\ud800"}', '{"x-forwarded-uri":null}', '{"x-forwarded-uri":1}', '{"x-forwarded-uri":"?"}',
	'{"x-forwarded-uri":"?&&=&"}',
	'{"x-forwarded-uri":"?personal_api_key"}', '{"x-forwarded-uri":"?personal_api_key="}',
	'{"x-forwarded-uri":"?personal_api_key=%"}',
	'{"x-forwarded-uri":"?personal_api_key=%f"}', '{"x-forwarded-uri":"?personal_api_key=%zz"}',
	'{"x-forwarded-uri":"?personal_api_key=%00"}',
	'{"x-forwarded-uri":"?personal_api_key=%ff%fe"}', '{"x-forwarded-uri":"?personal_api_key=%f0%9f%94"}',
	'{"x-forwarded-uri":"?personal_api_key=%c0%80"}']) AS headers;
SELECT is(tap.authenticated(json_build_object(name, tap.key('annread'))::text), 'nobody r{} w{} as session_group_anon',
	'L5: no credentials in ' || name)
FROM unnest(ARRAY['X-Api-Key', 'x_api_key', 'x-api-key ', 'api-key', 'authorization', 'cookie', 'x-forwarded-method',
	'x-forwarded-user', 'personal_api_key']) AS name;
SELECT is(tap.authenticated(json_build_object('x-forwarded-uri', uri || tap.key('annread'))::text),
	'nobody r{} w{} as session_group_anon', 'L5: no credentials in ' || uri || '…')
FROM unnest(ARRAY['/api/personal_api_key=', '/api/?Personal_Api_Key=', '/api/?xpersonal_api_key=',
	'/api/?personal_api_key%3D', '/api/?personal_api_key=%20', '/api/?personal_api_key=+']) AS uri;
SELECT is(tap.authenticated('{"x-forwarded-uri":"/?' || repeat('a=1&',
	200000) || 'personal_api_key=' || tap.key('annread') || '"}'),
		  'nobody r{} w{} as session_group_anon', 'L5: a key behind 200,000 parameters, of which 10,000 are read');
SELECT ok(left(tap.authenticated(repeat('[', 100000)), 6) IN ('nobody', '54001 '), 'L5: headers 100,000 deep');
SELECT ok(tap.authenticated('{"x-api-key":' || repeat('[', 100000) || repeat(']', 100000) || '}') ~ '^(nobody|54001)',
	'L5: a header 100,000 deep');

-- Who may become the API role.
SELECT is(tap.authenticated(json_build_object('x-api-key', tap.key('annread'))::text, NULL, 'tap_anon'),
	'910011 r{910001} w{} as tap_anon',
		  'L5: a good key does not make a login role a member of the API role');
SELECT is(tap.outcome('tap_anon', NULL, format('SELECT tap.request(%L)', json_build_object('x-api-key',
	tap.key('annread'))),
		  'SELECT session_group.authenticate()', 'SELECT FROM session_group.summaries'), '42501',
		  'L5: and gives it no rows');
SELECT is(left(tap.authenticated(json_build_object('x-api-key', tap.key('annread'))::text, NULL, 'tap_stranger'), 5),
	'42501',
		  'L5: a stranger cannot call authenticate()');
SELECT is(tap.outcome(actor, NULL, format('SELECT session_group.login(%L)', tap.key('annread'))), '42501',
	'L5: login() is not for ' || actor)
FROM unnest(ARRAY['tap_stranger', 'tap_anon', 'tap_operator']) AS actor;

-- Line 6: what changes, changes from the next login on, on the same connection.
CREATE FUNCTION tap.lifecycle(key text, change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before text := tap.value('tap_app', key, 'tap.who()');
BEGIN
	EXECUTE change;
	RETURN before || ' -> ' || tap.value('tap_app', key, 'tap.who()')
		|| ' -> ' || tap.authenticated(json_build_object('x-api-key', tap.key(key))::text);
END
$$;
SAVEPOINT life;
SELECT is(tap.lifecycle('annwrite',
	$$SELECT session_group.revoke_api_key(id) FROM session_group.api_keys WHERE label = 'annwrite'$$),
		  '910011 r{910001} w{910001} -> 28000 the API key is invalid -> nobody r{} w{} as session_group_anon',
		  'L6: a key that is revoked');
ROLLBACK TO life;
SELECT is(tap.lifecycle('annwrite',
	$$UPDATE session_group.api_keys SET expires_at = clock_timestamp() WHERE label = 'annwrite'$$),
		  '910011 r{910001} w{910001} -> 28000 the API key is invalid -> nobody r{} w{} as session_group_anon',
		  'L6: a key that expires');
ROLLBACK TO life;
SELECT is(tap.lifecycle('annwrite', $$SELECT session_group.set_user_active(910011, false)$$),
		  '910011 r{910001} w{910001} -> 28000 the API key is invalid -> nobody r{} w{} as session_group_anon',
		  'L6: an owner who becomes inactive');
ROLLBACK TO life;
SELECT is(tap.lifecycle('danwrite', $$SELECT session_group.set_user_active(910014, true)$$),
		  '28000 the API key is invalid -> 910014 r{910001} w{910001} -> 910014 r{910001} w{910001} as session_group_api', 'L6: and active again');
ROLLBACK TO life;
SELECT is(tap.lifecycle('catwrite', $$SELECT session_group.remove_member(910002, 910013)$$),
		  '910013 r{910001,910002} w{910001,910002} -> 910013 r{910001} w{910001} -> 910013 r{910001} w{910001} as session_group_api', 'L6: a member who is removed');
SELECT is(tap.lifecycle('catwrite', $$SELECT session_group.add_member(910002, 910013)$$),
		  '910013 r{910001} w{910001} -> 910013 r{910001,910002} w{910001,910002} -> 910013 r{910001,910002} w{910001,910002} as session_group_api', 'L6: and taken back');
ROLLBACK TO life;
SELECT is(tap.lifecycle('annwrite',
	$$UPDATE session_group.api_keys SET scopes = '{session_recording:read}' WHERE label = 'annwrite'$$),
		  '910011 r{910001} w{910001} -> 910011 r{910001} w{} -> 910011 r{910001} w{} as session_group_api',
		  'L6: scopes that are narrowed');
ROLLBACK TO life;
SELECT is(tap.lifecycle('catwrite',
	$$UPDATE session_group.api_keys SET project_ids = '{910002}' WHERE label = 'catwrite'$$),
		  '910013 r{910001,910002} w{910001,910002} -> 910013 r{910002} w{910002} -> 910013 r{910002} w{910002} as session_group_api', 'L6: projects that are narrowed');
ROLLBACK TO life;
SELECT is(tap.lifecycle('annwrite', $$DELETE FROM session_group.users WHERE id = 910011$$),
		  '910011 r{910001} w{910001} -> 28000 the API key is invalid -> nobody r{} w{} as session_group_anon',
		  'L6: an owner who is deleted');
ROLLBACK TO life;
SELECT is(tap.lifecycle('annwrite', $$SELECT session_group.delete_project(910001)$$),
		  '910011 r{910001} w{910001} -> 910011 r{} w{} -> 910011 r{} w{} as session_group_api',
		  'L6: a project that is deleted');
ROLLBACK TO life;

-- A list with a null in it is not stored, so that none is read as no list.
SELECT throws_ok($$UPDATE session_group.api_keys SET project_ids = '{NULL}' WHERE label = 'catwrite'$$, '23514', NULL,
	'L6: a key for a null project is not stored');

-- An earlier identity does not survive authenticate().
SET SESSION AUTHORIZATION tap_app;
SELECT session_group.login(tap.key('catwrite'));
SELECT tap.request(json_build_object('x-api-key', tap.key('annrevoked'))::text);
SELECT session_group.authenticate();
SELECT is(tap.who(), 'nobody r{} w{}', 'L6: authenticate() with a bad key ends an earlier identity');
SELECT session_group.login(tap.key('catwrite'));
SELECT tap.request(NULL);
SELECT session_group.authenticate();
SELECT is(tap.who(), 'nobody r{} w{}', 'L6: authenticate() without credentials ends it too');
SELECT is((SELECT count(*) FROM session_group.summaries), 0::bigint, 'L6: and its rows');
RESET SESSION AUTHORIZATION;

-- The last long list is kept with its text: nobody gets it but who has the same one. Ann's and Cat's are equally long.
SAVEPOINT many;
INSERT INTO session_group.projects (id, name) SELECT n, 'One of many' FROM generate_series(920000, 920100) AS n;
INSERT INTO session_group.members (project_id, user_id)
SELECT n, 910011 FROM generate_series(920000, 920099) AS n UNION ALL SELECT n, 910013
	FROM generate_series(920002, 920100) AS n ORDER BY 1 DESC;
UPDATE session_group.api_keys SET project_ids = ARRAY(SELECT generate_series(920050, 920149)) WHERE label = 'catonlya';
CREATE TABLE tap.readable AS
SELECT k.label, ARRAY(SELECT m.project_id FROM session_group.members m WHERE m.user_id = k.user_id
	AND (k.project_ids IS NULL OR m.project_id = ANY (k.project_ids)) ORDER BY 1) AS ids
FROM session_group.api_keys k WHERE k.label IN ('annwrite', 'catwrite', 'catonlya', 'benwrite');
SELECT is((SELECT array_agg(cardinality(ids) ORDER BY label) FROM tap.readable), '{101,1,51,101}',
	'L6: lists of many projects');
SELECT is(tap.value('tap_app', label, 'session_group.readable_project_ids()'), ids::text,
	format('L6: the projects of %s, asked for in turn with others (%s)', label, turn))
FROM (SELECT r.*, turn FROM unnest(ARRAY['annwrite', 'catwrite', 'annwrite', 'benwrite', 'catonlya', 'catwrite',
	'catonlya', 'annwrite']) WITH ORDINALITY AS t (label, turn) JOIN tap.readable r USING (label)
	ORDER BY turn OFFSET 0) AS r;
ROLLBACK TO many;
SELECT is(tap.value('tap_app', 'annwrite', 'session_group.readable_project_ids()'), '{910001}',
	'L6: and the one project that is left');

SELECT * FROM finish();
ROLLBACK;
