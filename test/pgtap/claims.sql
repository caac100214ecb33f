-- Lines 2 and 7 of the threat list: claims, who may assert them and what they
-- may look like; assume_identity(), by which a trusted backend does the same.
\ir setup.psql

CREATE FUNCTION tap.claimed(actor text, claims text, VARIADIC before text[] DEFAULT '{}') RETURNS text
	LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	EXECUTE 'SET LOCAL SESSION AUTHORIZATION ' || actor;
	FOREACH statement IN ARRAY before LOOP
		EXECUTE statement;
	END LOOP;
	PERFORM tap.request('{}', claims);
	PERFORM session_group.authenticate();
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = tap.who();
EXCEPTION WHEN OTHERS THEN
	RETURN CASE SQLSTATE WHEN 'TAP00' THEN SQLERRM ELSE SQLSTATE END;
END
$$;

\set cat '{"role":"session_group_api","sub":"00000000-0000-4000-8000-000000910013","scopes":["session_recording:write"]}'

-- Line 32: a token says when it ends, if the administrator does not want it otherwise.
SET LOCAL session_group.require_token_expiry = on;
SELECT is(tap.claimed('tap_backend', claims), expected, 'L32: ' || claims)
FROM (VALUES
	('{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"]}', 'nobody r{} w{}'),
	('{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"exp":null}', 'nobody r{} w{}'),
	('{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"exp":"4102444800"}', 'nobody r{} w{}'),
	('{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"exp":4102444800}',
		'910013 r{910001,910002} w{910001,910002}')
) AS v (claims, expected);
SELECT is(tap.value(actor, NULL, $$set_config('session_group.require_token_expiry', 'off', true)$$),
	'42501 permission denied to set parameter "session_group.require_token_expiry"',
	'L32: the setting is not for ' || actor)
FROM unnest(ARRAY['tap_app', 'tap_backend', 'tap_operator']) AS actor;
SET LOCAL session_group.require_token_expiry = off;

-- Line 2: only a session whose login role belongs to the gateway.
SELECT is(tap.claimed('tap_backend', :'cat'), '910013 r{910001,910002} w{910001,910002}',
	'L2: a trusted backend asserts claims');
SELECT is(tap.claimed('tap_authenticator', :'cat', 'SET LOCAL ROLE session_group_anon'),
	'910013 r{910001,910002} w{910001,910002}', 'L2: as the anonymous role');
SELECT is(tap.claimed('tap_authenticator', :'cat', 'SET LOCAL ROLE session_group_api'),
	'910013 r{910001,910002} w{910001,910002}', 'L2: as the API role');
SELECT is(tap.claimed(actor, :'cat'), expected, format('L2: forged claims of %s', actor))
FROM (VALUES ('tap_stranger', '42501'), ('tap_anon', 'nobody r{} w{}'), ('tap_app', 'nobody r{} w{}'),
	('tap_operator', '42501')) AS v (actor, expected);
SELECT is(tap.claimed('tap_app', :'cat', 'SET LOCAL ROLE session_group_api'), 'nobody r{} w{}',
	'L2: forged claims as the API role');
SELECT is(tap.claimed('tap_app', :'cat', 'SET LOCAL ROLE session_group_gateway'), '42501',
	'L2: an application cannot become the gateway');
SELECT is(tap.outcome('tap_app', NULL, format('SELECT tap.request(NULL, %L)', :'cat'),
	'SELECT session_group.authenticate()', 'SELECT FROM session_group.summaries'), '0',
		  'L2: forged claims show no rows');

-- The login role counts, not the role of the moment.
GRANT CREATE ON SCHEMA tap TO tap_backend;
SET ROLE tap_backend;
CREATE FUNCTION tap.borrowed(claims text) RETURNS void SECURITY DEFINER LANGUAGE SQL AS
'SELECT tap.request(''{}'', claims); SELECT session_group.authenticate()';
CREATE FUNCTION tap.borrowed_assume() RETURNS void SECURITY DEFINER LANGUAGE SQL AS
$$SELECT session_group.assume_identity('00000000-0000-4000-8000-000000910013', '{*}')$$;
RESET ROLE;
SELECT is(tap.value('tap_app', NULL, format('(SELECT tap.who() FROM tap.borrowed(%L))', :'cat')) ~ '^(nobody|42501)',
	true,
		  'L2: a definer function of the gateway''s does not lend its claims');
SELECT is(left(tap.value('tap_app', NULL, '(SELECT tap.who() FROM tap.borrowed_assume())'), 5), '42501',
	'L2: nor its assume_identity()');
CREATE FUNCTION tap.lent(claims text) RETURNS void SECURITY DEFINER LANGUAGE SQL AS
'SELECT tap.request(''{}'', claims); SELECT session_group.authenticate()';
SELECT is(tap.value('tap_app', NULL, format('(SELECT tap.who() FROM tap.lent(%L))', :'cat')) ~ '^(nobody|42501)', true,
		  'L2: a definer function of a superuser''s neither');
-- A member of a member is a member; rights on the function alone are nothing.
CREATE ROLE tap_pooler LOGIN NOINHERIT IN ROLE tap_authenticator;
SELECT is(tap.claimed('tap_pooler', :'cat', 'SET LOCAL ROLE session_group_anon'),
	'910013 r{910001,910002} w{910001,910002}', 'L2: a member through another role');
GRANT EXECUTE ON FUNCTION session_group.assume_identity(uuid, text[], bigint[]) TO tap_app;
SELECT is(tap.value('tap_app', NULL,
	$$session_group.assume_identity('00000000-0000-4000-8000-000000910013', '{*}')$$) ~ '^42501', true,
		  'L2: with EXECUTE granted by mistake, assume_identity() still refuses an application');
REVOKE EXECUTE ON FUNCTION session_group.assume_identity(uuid, text[], bigint[]) FROM tap_app;
SELECT is(tap.outcome(actor, NULL,
	$$SELECT session_group.assume_identity('00000000-0000-4000-8000-000000910013', '{*}')$$),
		  '42501', 'L2: assume_identity() is not for ' || actor)
FROM unnest(ARRAY['tap_stranger', 'tap_anon', 'tap_app', 'tap_operator']) AS actor;

SELECT is(tap.claimed('tap_backend', '{"sub":"00000000000040008000000000910013","scopes":["*"]}',
	'SET LOCAL ROLE session_group_anon'),
	'910013 r{910001,910002} w{910001,910002}', 'L7: a uuid without hyphens is the same');
-- Line 7: claims of every shape. None raises, none gives more than memberships.
SELECT is(tap.claimed('tap_backend', claims, 'SET LOCAL ROLE session_group_anon'), 'nobody r{} w{}',
	'L7: no identity by claims ' || left(coalesce(claims, 'null'), 90))
FROM unnest(ARRAY[NULL, '', ' ', 'null', 'true', '0', '"x"', '[]', '{}', '{', '[{}]', E'\x02',
	'{"role":"session_group_anon"}',
	'{"role":"session_group_admin"}', '{"role":null}', '{"sub":null}', '{"sub":1}', '{"sub":true}', '{"sub":[]}',
	'{"sub":{}}', '{"sub":""}',
	'{"sub":"x","scopes":["*"]}', '{"sub":"910013","scopes":["*"]}', '{"sub":"cat@tap.example","scopes":["*"]}',
	'{"sub":"00000000-0000-4000-8000-00000091001","scopes":["*"]}',
	'{"sub":"00000000-0000-4000-8000-0000009100133","scopes":["*"]}',
	'{"sub":" 00000000-0000-4000-8000-000000910013","scopes":["*"]}',
	'{"sub":"{00000000-0000-4000-8000-000000910013}","scopes":["*"]}',
	'{"sub":"0000000000004000800000000091001","scopes":["*"]}',
	'{"sub":"00000000-0000-4000-8000-000000910013\u0000","scopes":["*"]}',
	'{"sub":"00000000-0000-4000-8000-000000910099","scopes":["*"]}',
	'{"sub":"00000000-0000-4000-8000-000000910014","scopes":["*"]}',
	'{"SUB":"00000000-0000-4000-8000-000000910013","scopes":["*"]}',
	'{"a":{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"]}}',
	'{"user_id":910013,"scopes":["*"]}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":1}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":{"*":true}}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":true}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":1}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":"910001"}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":{"910001":true}}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":true}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[null]}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[910001,null]}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":["910001"]}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[[910001]]}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[910001.5]}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[-910001]}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[9223372036854775808]}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[18446744073710461617]}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[1e100]}',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[true]}'
	]) AS claims;

SELECT is(tap.claimed('tap_backend', '{"sub":"00000000-0000-4000-8000-000000910013"' || rest || '}',
	'SET LOCAL ROLE session_group_anon'), expected, 'L7: cat''s claims with ' || left(rest, 70))
FROM (VALUES
	('', '910013 r{} w{}'),
	(',"scopes":null', '910013 r{} w{}'),
	(',"scopes":[]', '910013 r{} w{}'),
	(',"scopes":""', '910013 r{} w{}'),
	(',"scopes":["SESSION_RECORDING:READ"]', '910013 r{} w{}'),
	(',"scopes":["session_recording"]', '910013 r{} w{}'),
	(',"scopes":["session_recording:*"]', '910013 r{} w{}'),
	(',"scopes":[" session_recording:read"]', '910013 r{} w{}'),
	(',"scopes":["session_recording:read "]', '910013 r{} w{}'),
	(',"scopes":["session_recording:read\nsession_recording:write"]', '910013 r{} w{}'),
	(',"scopes":["insight:write"]', '910013 r{} w{}'),
	(',"scope":["*"]', '910013 r{} w{}'),
	(',"scopes":"session_recording:read"', '910013 r{910001,910002} w{}'),
	(',"scopes":["session_recording:read"]', '910013 r{910001,910002} w{}'),
	(',"scopes":["session_recording:read","session_recording:read"]', '910013 r{910001,910002} w{}'),
	(',"scopes":["session_recording:write"]', '910013 r{910001,910002} w{910001,910002}'),
	(',"scopes":["*"]', '910013 r{910001,910002} w{910001,910002}'),
	(',"scopes":["*"],"project_ids":null', '910013 r{910001,910002} w{910001,910002}'),
	(',"scopes":["*"],"project_ids":[]', '910013 r{} w{}'),
	(',"scopes":["*"],"project_ids":[910001]', '910013 r{910001} w{910001}'),
	(',"scopes":["*"],"project_ids":[910002,910002,910002]', '910013 r{910002} w{910002}'),
	(',"scopes":["*"],"project_ids":[910003]', '910013 r{} w{}'),
	(',"scopes":["*"],"project_ids":[910003,910001]', '910013 r{910001} w{910001}'),
	(',"scopes":["*"],"project_ids":[9.10001e5]', '910013 r{910001} w{910001}'),
	(',"scopes":["*"],"project_ids":[0]', '910013 r{} w{}'),
	(',"scopes":["*"],"project_ids":[9223372036854775807]', '910013 r{} w{}'),
	(',"scopes":["*"],"project_ids":[910001],"project_ids":[910002]', '910013 r{910002} w{910002}'),
	(',"scopes":["*"],"readable_project_ids":[910003]', '910013 r{910001,910002} w{910001,910002}'),
	(',"scopes":["session_recording:read"],"proof":"api_key","user":910012,"is_admin":true',
		'910013 r{910001,910002} w{}')
) AS v (rest, expected);
SELECT is(tap.claimed('tap_backend',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[' || array_to_string(array(SELECT generate_series(905000, 914999)), ',') || ']}'),
		  '910013 r{910001,910002} w{910001,910002}', 'L7: 10,000 projects');
SELECT is(tap.claimed('tap_backend',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[910001' || repeat(',910001',
	99999) || ']}'),
		  '910013 r{910001} w{910001}', 'L7: 100,000 times one project');
SELECT is(tap.claimed('tap_backend',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["session_recording:read"' || repeat(',"x"',
	100000) || ']}'),
		  '910013 r{910001,910002} w{}', 'L7: 100,000 scopes');
SELECT is(tap.claimed('tap_backend', '{"sub":"00000000-0000-4000-8000-000000910013","x":"' || repeat('x',
	1048576) || '","scopes":["*"]}'),
		  '910013 r{910001,910002} w{910001,910002}', 'L7: claims of 1 MB');
SELECT ok(tap.claimed('tap_backend',
	'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"x":' || x || '}') ~ '^(nobody r\{\} w\{\}|54001|22003|22P05)$',
		  'L7: claims that no jsonb holds: ' || left(x, 20))
FROM unnest(ARRAY[repeat('[', 100000) || repeat(']', 100000), '1e200000', '"\u0000"', '"\ud800"', '01', 'NaN',
	'''x''']) AS x;
SELECT is(tap.claimed('tap_backend',
	'{"sub":"00000000-0000-4000-8000-000000910015","scopes":["*"],"project_ids":[910001,910003]}'),
		  '910015 r{910003} w{910003}', 'L7: a removed membership is not brought back by claims');
SELECT is(tap.claimed('tap_backend', '{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"]}',
	'SET LOCAL ROLE session_group_api'),
		  tap.claimed('tap_backend',
		  upper('{"x":"') || '","sub":"00000000-0000-4000-8000-000000910013","scopes":["*"]}'),
		  'L7: other claims change nothing');

-- The same by assume_identity().
SELECT is(tap.value('tap_backend', NULL, format('(SELECT tap.who() FROM session_group.assume_identity(%s))', args)),
	expected, format('L7: assume_identity(%s)', left(args, 90)))
FROM (VALUES
	($$'00000000-0000-4000-8000-000000910013', '{*}'$$, '910013 r{910001,910002} w{910001,910002}'),
	($$'00000000-0000-4000-8000-000000910013', '{session_recording:read}'$$, '910013 r{910001,910002} w{}'),
	($$'00000000-0000-4000-8000-000000910013', '{}'$$, '910013 r{} w{}'),
	($$'00000000-0000-4000-8000-000000910013', '{NULL,x}'$$, '910013 r{} w{}'),
	($$'00000000-0000-4000-8000-000000910013', '{{*},{x}}'$$, '910013 r{910001,910002} w{910001,910002}'),
	($$'00000000-0000-4000-8000-000000910013', '{*}', NULL$$, '910013 r{910001,910002} w{910001,910002}'),
	($$'00000000-0000-4000-8000-000000910013', '{*}', '{}'$$, '910013 r{} w{}'),
	($$'00000000-0000-4000-8000-000000910013', '{*}', '{910001,910001,910003}'$$, '910013 r{910001} w{910001}'),
	($$'00000000-0000-4000-8000-000000910013', '{*}', '{{910001},{910002}}'$$,
		'910013 r{910001,910002} w{910001,910002}'),
	($$'00000000-0000-4000-8000-000000910013', '{*}', '[5:6]={910001,910003}'$$, '910013 r{910001} w{910001}')
) AS v (args, expected);
SELECT is(left(tap.value('tap_backend', NULL, format('session_group.assume_identity(%s)', args)), 5), expected,
	format('L7: assume_identity(%s)', left(args, 90)))
FROM (VALUES
	($$NULL, '{*}'$$, '22004'), ($$'00000000-0000-4000-8000-000000910013', NULL$$, '22004'),
		('NULL, NULL, NULL', '22004'),
	($$'00000000-0000-4000-8000-000000910013', '{*}', '{910001,NULL}'$$, '22004'),
	($$'00000000-0000-4000-8000-000000910014', '{*}'$$, '28000'),
		($$'00000000-0000-4000-8000-000000910099', '{*}'$$, '28000')
) AS v (args, expected);
SELECT ok(tap.value('tap_backend', NULL,
	format('(SELECT tap.who() FROM session_group.assume_identity(''00000000-0000-4000-8000-000000910013'', ''{*}'', %L::bigint[]))', ids)) ~ '^(910013 r\{\} w\{\}|22)',
		  'L7: assume_identity() with odd projects opens nothing: ' || ids)
FROM unnest(ARRAY['{0}', '{-1}', '{-910001}', '{9223372036854775807}', '{-9223372036854775808}']) AS ids;
SELECT is(tap.value('tap_backend', NULL,
	'(SELECT tap.who() FROM session_group.assume_identity(''00000000-0000-4000-8000-000000910013'', ''{*}'', array(SELECT generate_series(905000::bigint, 914999))))'),
		  '910013 r{910001,910002} w{910001,910002}', 'L7: assume_identity() with 10,000 projects');

-- A failed one leaves nobody, or whoever was there before the statement.
SET SESSION AUTHORIZATION tap_backend;
SELECT session_group.assume_identity('00000000-0000-4000-8000-000000910011', '{*}');
SELECT tap.request('{}', '{"sub":"00000000-0000-4000-8000-000000910099","scopes":["*"]}');
SELECT session_group.authenticate();
SELECT is(tap.who(), 'nobody r{} w{}', 'L7: bad claims end an earlier identity');
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
ROLLBACK;
