-- The HTTP gateway, called as PostgREST calls it: who is let in, in the order of
-- the contract (lines 5 to 8), what no answer may hold (12, 13, 16), and what
-- happens to the unforeseen (19).
\ir setup.psql

CREATE FUNCTION tap.answer(key text, method text, uri text, body text DEFAULT NULL, claims text DEFAULT NULL)
	RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = tap.http(method, uri, key, body, claims => claims);
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
	RETURN SQLERRM;
END
$$;
\set list '/api/projects/910001/session_group_summaries/'
\set object '/api/projects/910001/session_group_summaries/01900000-0000-7000-8000-000000000001/'
\set object_b '/api/projects/910002/session_group_summaries/01900000-0000-7000-8000-000000000001/'

-- Expected status and the beginning of detail, for each key and operation.
CREATE TABLE tap.admission (key text, list text, post text, get text, put text, patch text, del text, options text);
INSERT INTO tap.admission VALUES
	(NULL,         '401', '401', '401', '401', '401', '401', '401'),
	('unknown',    '401', '401', '401', '401', '401', '401', '401'),
	('annexpired', '401', '401', '401', '401', '401', '401', '401'),
	('annrevoked', '401', '401', '401', '401', '401', '401', '401'),
	('danwrite',   '401', '401', '401', '401', '401', '401', '401'),
	('annnone',    '403', '403', '403', '403', '403', '403', '403'),
	('annnull',    '403', '403', '403', '403', '403', '403', '403'),
	('annother',   '403', '403', '403', '403', '403', '403', '403'),
	('annonlyb',   '403', '403', '403', '403', '403', '403', '403'),
	('benwrite',   '403', '403', '403', '403', '403', '403', '403'),
	('evewrite',   '403', '403', '403', '403', '403', '403', '403'),
	('annread',    '200', '403', '200', '403', '403', '403', '200'),
	('annwrite',   '200', '201', '200', '200', '200', '204', '200'),
	('annall',     '200', '201', '200', '200', '200', '204', '200'),
	('catonlya',   '200', '201', '200', '200', '200', '204', '200');
SELECT is(left(tap.answer(CASE WHEN key IS NOT NULL THEN tap.key(key) END, method, uri, body), 3), expected,
		  format('L6: %s %s with key %s', method, CASE uri WHEN :'list' THEN 'list' ELSE 'object' END,
		  coalesce(key, 'none')))
FROM tap.admission a, LATERAL (VALUES
	('GET', :'list', NULL, a.list), ('POST', :'list', '{"title":"n"}', a.post), ('GET', :'object', NULL, a.get),
		('PUT', :'object', '{"title":"n"}', a.put),
	('PATCH', :'object', '{"title":"n"}', a.patch), ('DELETE', :'object', NULL, a.del),
		('OPTIONS', :'object', NULL, a.options)) AS o (method, uri, body, expected);

SELECT is(tap.answer(CASE WHEN key IS NOT NULL THEN tap.key(key) END, 'GET', uri), answer,
	format('L6: %s for %s', coalesce(key, 'no key'), uri))
FROM (VALUES
	(NULL, :'list',
	'401 {"type":"authentication_error","code":"not_authenticated","detail":"Authentication credentials were not provided.","attr":null}'),
	('annrevoked', :'list',
		'401 {"type":"authentication_error","code":"authentication_failed","detail":"Personal API key found in request Authorization header is invalid.","attr":null}'),
	('annwrite', '/api/projects/910099/session_group_summaries/',
		'404 {"type":"invalid_request","code":"not_found","detail":"Project not found.","attr":null}'),
	('catonlya', '/api/projects/910002/session_group_summaries/',
		'403 {"type":"authentication_error","code":"permission_denied","detail":"API key does not have access to the requested project: ID 910002.","attr":null}'),
	('annnone', :'list',
	'403 {"type":"authentication_error","code":"permission_denied","detail":"API key missing required scope ''session_recording:read''","attr":null}'),
	('benwrite', :'list',
	'403 {"type":"authentication_error","code":"permission_denied","detail":"You don''t have access to the project.","attr":null}'),
	('evewrite', :'list',
	'403 {"type":"authentication_error","code":"permission_denied","detail":"You don''t have access to the project.","attr":null}'),
	('annread', '/api/projects/910001/session_group_summaries/01900000-0000-7000-8000-0000000000ff/',
		'404 {"type":"invalid_request","code":"not_found","detail":"Not found.","attr":null}'),
	('annread', '/api/projects/910001/session_group_summaries/x/',
		'404 {"type":"invalid_request","code":"not_found","detail":"Not found.","attr":null}'),
	('annread', '/api/projects/x/session_group_summaries/',
		'404 {"type":"invalid_request","code":"not_found","detail":"Project not found.","attr":null}')
) AS v (key, uri, answer);

-- The order of the checks: what is wrong first is what is told.
SELECT matches(tap.answer(CASE WHEN key IS NOT NULL THEN tap.key(key) END, method, uri, '{"title":1}'), answer,
	'L6: first things first: ' || answer)
FROM (VALUES
	('annrevoked', 'POST', '/api/projects/910099/session_group_summaries/', '^401'),
	('annonlyb', 'POST', '/api/projects/910099/session_group_summaries/', '^404 .*Project not found'),
	('catonlya', 'POST', '/api/projects/910002/session_group_summaries/',
		'^403 .*does not have access to the requested project'),
	('annnone', 'POST', '/api/projects/910002/session_group_summaries/',
		'^403 .*missing required scope ''session_recording:write'),
	('annread', 'POST', '/api/projects/910002/session_group_summaries/',
		'^403 .*missing required scope ''session_recording:write'),
	('benwrite', 'POST', '/api/projects/910001/session_group_summaries/', '^403 .*You don''t have access'),
	('annwrite', 'POST', '/api/projects/910001/session_group_summaries/', '^400 .*"attr":"title"')
) AS v (key, method, uri, answer);

-- A foreign summary is no different from none.
INSERT INTO session_group.summaries (project_id, id, title)
	VALUES (910002, '01900000-0000-7000-8000-00000000000b', 'Secret');
SELECT is(tap.answer(tap.key('catonlya'), method,
	'/api/projects/910001/session_group_summaries/01900000-0000-7000-8000-00000000000b/', body),
		  tap.answer(tap.key('catonlya'), method,
		  '/api/projects/910001/session_group_summaries/01900000-0000-7000-8000-00000000000f/', body),
		  format('L12: a foreign id and an unknown one, %s %s', method, body))
FROM (VALUES ('GET', NULL), ('PUT', '{"title":"n"}'), ('PUT', '{}'), ('PATCH', '{"title":"n"}'),
	('PATCH', '{"title":1}'), ('DELETE', NULL), ('POST', '{}')) AS v (method, body);
SELECT is(tap.answer(tap.key('benwrite'), method, :'object', body),
	tap.answer(tap.key('benwrite'), method, '/api/projects/910001/session_group_summaries/x/', body),
	'L12: behind a closed door nothing is told apart: ' || method)
FROM (VALUES ('GET', NULL), ('PUT', '{"title":1}'), ('PATCH', '{"title":1}'), ('DELETE', NULL)) AS v (method, body);

-- A list holds the project's rows and people, whatever else the key may read.
SELECT unalike(tap.answer(tap.key(key), 'GET', :'list' || query), '%' || secret || '%',
	format('L12: the list of A for %s%s has no %s', key, query, secret))
FROM unnest(ARRAY['annread', 'catwrite', 'catonlya']) AS key,
	unnest(ARRAY['', '?search=s&order=title', '?created_by=00000000-0000-4000-8000-000000910012', '?limit=1&offset=1',
	'?order=created_by']) AS query, unnest(ARRAY['Secret', '910002', 'ben@']) AS secret;
SELECT matches(tap.answer(tap.key('catwrite'), 'GET', :'list'), '^200 \{"count":3,',
	'L12: its count is the project''s');
SELECT matches(tap.answer(tap.key('annread'), 'GET', :'list' || '?created_by=00000000-0000-4000-8000-000000910012'),
	'^200 \{"count":0,"next":null,"previous":null,"results":\[\]\}$',
	'L12: a creator of another project is like an unknown one');
SELECT is(tap.answer(tap.key('annread'), 'GET', :'list' || '?created_by=00000000-0000-4000-8000-000000910012'),
	tap.answer(tap.key('annread'), 'GET', :'list' || '?created_by=00000000-0000-4000-8000-000000999999'),
	'L12: byte by byte');

-- Read-only fields cannot carry a row to another project or person.
SELECT matches(tap.answer(tap.key('catwrite'), method, uri,
	'{"title":"n","team":910002,"project_id":910002,"created_by":{"id":910012},"created_by_id":910012,"id":"01900000-0000-7000-8000-00000000000e","version":9}'),
			   '^20[01] .*"created_by":\{"id":9100(11|13),.*"team":910001\}$',
			   'L9: read-only fields are ignored by ' || method)
FROM (VALUES ('POST', :'list'), ('PUT', :'object'), ('PATCH', :'object')) AS v (method, uri);

-- Claims, as PostgREST hands them over.
SELECT is(left(tap.answer(NULL, 'GET', uri, NULL, claims), 3), status,
	format('L2: claims %s for %s', left(claims, 60), uri))
FROM (VALUES
	('{"sub":"00000000-0000-4000-8000-000000910011","scopes":["session_recording:read"]}', :'list', '200'),
	('{"sub":"00000000-0000-4000-8000-000000910011","scopes":["session_recording:read"]}',
		'/api/projects/910002/session_group_summaries/', '403'),
	('{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"],"project_ids":[910001]}',
		'/api/projects/910002/session_group_summaries/', '403'),
	('{"sub":"00000000-0000-4000-8000-000000910014","scopes":["*"]}', :'list', '401'),
	('{"sub":"x","scopes":["*"]}', :'list', '401'),
	('{"role":"session_group_anon"}', :'list', '401')) AS v (claims, uri, status);
SELECT is(left(tap.answer(NULL, 'PATCH', :'object', '{"title":"n"}',
	'{"sub":"00000000-0000-4000-8000-000000910011","scopes":["session_recording:read"]}'), 3), '403',
	'L2: claims that read do not write');

-- A key in the body, the last of the three places.
SELECT is(left(tap.answer(NULL, 'POST', :'list', format('{"title":"n","personal_api_key":%s}', k)), 3), status,
	'L5: a key in the body: ' || left(k, 30))
FROM (VALUES (to_json(tap.key('annwrite'))::text, '201'), (to_json(tap.key('annread'))::text, '403'),
	(to_json(tap.key('annrevoked'))::text, '401'), ('1', '401'), ('null', '401'), ('["x"]', '401'), ('""', '401'),
	('"\u0000"', '401|400')) AS v (k, status) WHERE status !~ '\|';
SELECT is(left(tap.answer(tap.key('annrevoked'), 'POST', :'list',
	format('{"title":"n","personal_api_key":%s}', to_json(tap.key('annwrite')))), 3), '401',
	'L5: it does not make good a bad key in the header');
SELECT is(left(tap.answer(tap.key('annread'), 'POST', :'list',
	format('{"title":"n","personal_api_key":%s}', to_json(tap.key('annwrite')))), 3), '403',
	'L5: nor does it widen the one in the header');
SELECT is(left(tap.answer(NULL, 'GET', :'list', format('{"personal_api_key":%s}', to_json(tap.key('annwrite')))), 3),
	'401', 'L5: a GET has no body');

-- Line 16: what goes into headers is fixed text, whatever the request holds.
CREATE FUNCTION tap.header_of(method text, uri text, key text, body text, type text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM tap.http(method, uri, key, body, type);
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = current_setting('response.status') || ' '
	|| current_setting('response.headers');
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
	RETURN SQLERRM;
END
$$;
SELECT matches(tap.header_of(method, uri, tap.key('annwrite'), body, type),
	'^(200|201|204|400|404|405|415) \[\{"Content-Type":"application/json"\}(,\{"Content-Length":"[0-9]+"\})?(,\{"Allow":"[A-Z, ]+"\})?(,\{"ETag":"\\"[0-9a-f]{16}\\""\})?(,\{"X-Session-Group-Fault":"[ -~]+"\})?\]$',
	format('L16: headers are fixed: %s', n))
FROM (VALUES (1, E'GET\r\nX: y', :'list', NULL, ''), (2, 'GET', :'list' || E'?a=\r\nX: y', NULL, ''),
	(3, 'GET', E'/api/\r\nX: y', NULL, ''), (4, 'POST', :'list', 'x', E'text/plain\r\nX: y'),
	(5, 'POST', :'list', E'{"title":"a\\r\\nX: y"}', 'application/json'),
	(6, repeat('A', 100000), :'list', NULL, ''), (7, 'PATCH', :'object', '{"title":1}', 'application/json'),
		(8, 'GET', repeat('/', 100000), NULL, ''),
		(9, 'GET', '/api/projects/%0d%0aX:%20y/session_group_summaries/', NULL, ''), (10, 'TRACE', :'object', NULL, ''),
	(11, 'POST', :'list', '{é}', 'application/json'),
		(12, 'POST', :'list', '{' || repeat('x', 100000) || '}', 'application/json'),
		(13, 'POST', :'list', E'{\r\nX: y}', 'application/json'),
		(14, 'POST', :'list', '{"\u00e9": nulL\u000a}', 'application/json')) AS v (n, method, uri, body, type);
SELECT is(substr(tap.header_of('POST', :'list', tap.key('annwrite'), '{"title":""}', 'application/json'),
	5)::json -> 2 ->> 'X-Session-Group-Fault',
		  substr(tap.answer(tap.key('annwrite'), 'POST', :'list', '{"title":""}'), 5),
		  'a 400 has its body in a header');
SELECT is(tap.header_of('GET', '/api/', tap.key('annread'), NULL, ''),
	'404 [{"Content-Type":"application/json"},{"Content-Length":"88"}]', 'another status has none');
-- The same odd bytes in the body: JSON that any parser reads.
SELECT lives_ok(format('SELECT substr(%L, 5)::json', tap.answer(tap.key('annwrite'), method, uri, body)),
	'L16: the answer is JSON: ' || n)
FROM (VALUES (1, E'GET\r\n"x', :'list', NULL), (2, 'GET', :'list' || '?search=%22%0d%0a%00%ff%5c', NULL),
	(3, 'GET', :'list' || '?limit=1&a=%22%0d%0a%c3%28', NULL),
	(4, 'POST', :'list', E'{"title":"\u2028\\u0001\\ud83d\\ude00\\\\\\""}'), (5, 'POST', :'list', '{"title"'),
	(6, 'POST', :'list', E'{"a\x01'), (7, 'PATCH', :'object', '[]'), (8, 'POST', :'list', '{"title":"\ud800"}'),
		(9, 'POST', :'list', '{"title":"\u0000"}')) AS v (n, method, uri, body);

-- Line 18, and 19: whatever a statement raises is answered, and leaves nothing behind.
SELECT matches(tap.answer(tap.key('annwrite'), 'POST', :'list', body),
	'^400 \{"type":"(invalid_request|validation_error)"', 'L18: refused in form: ' || left(body, 40))
FROM unnest(ARRAY[repeat('[', 100000), repeat('{"a":', 100000) || '1',
	'{"title":"n","summary":' || repeat('[', 200000) || repeat(']', 200000) || '}', '{"title":"n","summary":1e400000}',
	'{"title":"' || repeat('a', 20000000) || '"}',
	'{"session_ids":[' || repeat('"s",', 1000000) || '"s"]}', '{"session_ids":["' || repeat('s', 1000000) || '"]}',
	'{"title":"n","run_metadata":' || repeat('[', 5000) || repeat(']', 5000) || '}']) AS body;
SELECT matches(tap.answer(tap.key('annwrite'), 'POST', :'list', body), expected,
	'L18: just beyond and just within: ' || left(body, 30))
FROM (VALUES (jsonb_build_object('title', repeat('ä', 2049))::text,
	'^400 .*"Ensure this field has no more than 2048 characters\."'),
	(jsonb_build_object('title', repeat('ä', 2048))::text, '^201 '),
	(jsonb_build_object('session_ids', array_fill('s'::text, ARRAY[1001]))::text,
		'^400 .*"Ensure this field has no more than 1000 elements\."'),
		(jsonb_build_object('session_ids', array_fill('s'::text, ARRAY[1000]))::text, '^201 '),
	(jsonb_build_object('session_ids', ARRAY['a', repeat('ä', 201)])::text,
		'^400 .*"Ensure this field has no more than 200 characters\.","attr":"session_ids__1"'),
		(jsonb_build_object('session_ids', ARRAY[repeat('ä', 200)])::text, '^201 ')) AS v (body, expected);
SELECT is(left(tap.answer(tap.key('annread'), 'GET', :'list' || query), 3), expected, 'L18: list' || left(query, 60))
FROM (VALUES ('?limit=2147483648', '200'), ('?limit=9223372036854775808', '200'),
	('?offset=-9223372036854775808', '200'), ('?offset=9223372036854775807', '200'),
	('?offset=99999999999999999999', '200'), ('?limit=' || repeat('9', 100000), '200'),
	('?' || repeat('a&', 500000), '400'),
	('?' || repeat('limit=1&', 100000), '400'), ('?date_from=294277-01-01', '400'), ('?date_to=-300000y', '400'),
		('?order=' || repeat('x', 100000), '400'), ('?created_by=x', '400'),
		('?search=' || repeat('%25', 100000), '200'), ('?limit=2147483647&offset=2147483647', '200')) AS v (query,
		expected);

CREATE FUNCTION tap.fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO session_group.summaries (project_id, title, created_by_id) VALUES (910003, 'left behind', NULL);
	RAISE EXCEPTION 'secret detail' USING ERRCODE = current_setting('tap.code'), DETAIL = 'secret', HINT = 'secret';
END
$$;
SAVEPOINT failing;
CREATE TRIGGER z AFTER INSERT ON session_group.summaries FOR EACH ROW WHEN (NEW.project_id = 910001) EXECUTE FUNCTION tap.fail();
CREATE FUNCTION tap.failing(code text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	PERFORM set_config('tap.code', code, true);
	ALTER FUNCTION tap.fail() SECURITY DEFINER;
	answer := tap.http('POST', '/api/projects/910001/session_group_summaries/', tap.key('annwrite'), '{"title":"n"}');
	RETURN answer || ' ' || (SELECT count(*) FROM session_group.summaries WHERE title IN ('n', 'left behind')) || ' '
	|| tap.who();
END
$$;
SET LOCAL log_min_messages = panic;
SELECT is(tap.failing(code), format('%s {"type":"server_error",%s,"attr":null} 0 910011 r{910001} w{910001}', status,
	said), 'L19: SQLSTATE ' || code || ' is answered without detail, and its work undone')
FROM (VALUES
	('500', '"code":"error","detail":"A server error occurred."',
		ARRAY['P0001', 'XX000', '54001', '22003', '23505', '42501', '0A000', '55000', '25001', '58030']),
	('507', '"code":"service_unavailable","detail":"The service is unavailable for the moment. Try again later."',
		ARRAY['40001', '40P01', '40002', '53000', '53100', '53200', '53300', '53400', '55006', '57000', '57P01',
		'57P05']),
	('504', '"code":"timeout","detail":"The request took too long."', ARRAY['57014', '55P03']),
	('508', '"code":"read_only","detail":"This server is a standby, which only reads. Write to the primary server."',
		ARRAY['25006'])) AS v (status, said, codes), unnest(codes) AS code;
ROLLBACK TO failing;
SELECT matches(tap.answer(tap.key('annwrite'), 'POST', :'list', '{"title":"n"}'), '^201 ',
	'L19: and the next request is served');

-- A request without the gateway's headers.
SELECT is(tap.value('tap_backend', NULL, 'convert_from(session_group_api.http(), ''UTF8'')'),
	'{"type":"invalid_request","code":"not_found","detail":"Endpoint not found.","attr":null}',
	'L18: a call without a request');
SELECT is(tap.value('tap_app', 'annwrite', 'convert_from(session_group_api.http(''x''), ''UTF8'')'),
	'42501 permission denied for function http', 'L18: an application has other doors');
-- Without db-pre-request the doors are as narrow.
CREATE FUNCTION tap.bare(key text, actor text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	PERFORM tap.request(json_build_object('x-forwarded-method', 'GET', 'x-forwarded-uri',
	'/api/projects/910001/session_group_summaries/', 'x-api-key', tap.key(key))::text,
						'{"sub":"00000000-0000-4000-8000-000000910013","scopes":["*"]}');
	EXECUTE 'SET LOCAL SESSION AUTHORIZATION ' || actor;
	answer := convert_from(session_group_api.http(), 'UTF8');
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = current_setting('response.status') || ' ' || answer;
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
	RETURN SQLERRM;
END
$$;
SELECT matches(tap.bare('annread', 'tap_backend'), '^200 \{"count":3,', 'L6: http() alone, with a good key');
SELECT matches(tap.bare('benwrite', 'tap_backend'), '^403 ', 'L6: http() alone, with a foreign key');
SELECT matches(tap.bare('annrevoked', 'tap_backend'), '^401 ', 'L6: http() alone, with a revoked key');
SELECT matches(tap.bare('annread', 'tap_anon'), '^(401|403|500) ',
	'L6: a login role without the API role gets no rows, with a good key');

SELECT * FROM finish();
ROLLBACK;
