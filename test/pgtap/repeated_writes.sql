-- Writes that can be trusted: conditions on ETags, and requests that are carried
-- out once. What several connections do at once is in ../http/test_conditional.py
-- and ../http/test_idempotency.py.
\ir setup.psql

\set list '/api/projects/910001/session_group_summaries/'
\set list_b '/api/projects/910002/session_group_summaries/'
\set object '/api/projects/910001/session_group_summaries/01900000-0000-7000-8000-000000000001/'

-- One request with headers of its own: status, ETag (or -), whether it was
-- replayed, and the body. Changes stay.
CREATE FUNCTION tap.send(key text, method text, uri text, headers jsonb, body text DEFAULT NULL) RETURNS text
	LANGUAGE plpgsql AS $$
DECLARE
	answer bytea;
	sent jsonb;
BEGIN
	PERFORM tap.request((jsonb_build_object('host', 'tap.example', 'x-forwarded-method', method, 'x-forwarded-uri', uri,
		'x-api-key', tap.key(key), 'x-forwarded-content-type', 'application/json') || headers)::text);
	PERFORM set_config('response.status', '', true), set_config('response.headers', '', true);
	SET LOCAL SESSION AUTHORIZATION tap_authenticator;
	SET LOCAL ROLE session_group_anon;
	PERFORM session_group.authenticate();
	answer := session_group_api.http(convert_to(coalesce(body, ''), 'UTF8'));
	RESET SESSION AUTHORIZATION;
	SELECT jsonb_object_agg(h.key, h.value) INTO sent FROM jsonb_array_elements(current_setting('response.headers')::jsonb) e, jsonb_each_text(e) h;
	RETURN concat_ws(' ', current_setting('response.status'), coalesce(sent ->> 'ETag', '-'),
		coalesce('replayed ' || (sent ->> 'Idempotency-Replayed'), 'fresh'), convert_from(answer, 'UTF8'));
END
$$;
CREATE FUNCTION tap.etag(key text, uri text) RETURNS text LANGUAGE SQL
RETURN split_part(tap.send(key, 'GET', uri, '{}'), ' ', 2);
CREATE FUNCTION tap.rows(project bigint) RETURNS text LANGUAGE SQL
RETURN (SELECT count(*) || ' ' || md5(string_agg(s::text, ' ' ORDER BY id)) FROM session_group.summaries s
	WHERE project_id = project);

-- Without these headers nothing is looked up -----------------------------------------------

SELECT matches(tap.send('annwrite', method, uri, '{}', body), '^20[0-4] ', 'a plain ' || method)
FROM (VALUES ('GET', :'list', NULL), ('POST', :'list', '{}'), ('GET', :'object', NULL), ('PATCH', :'object', '{}'),
	('PUT', :'object', '{"title":"n"}')) AS v (method, uri, body);
SELECT is((SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) + n_tup_ins FROM pg_stat_xact_user_tables
	WHERE relid = 'session_group.idempotency_keys'::regclass), 0::bigint, 'nobody asks for keys');

-- ETags ---------------------------------------------------------------------------------------

SELECT matches(tap.etag('annread', :'object'), '^"[0-9a-f]{16}"$', 'an ETag is a strong one');
SELECT is(tap.etag('annread', :'object'), tap.etag('catwrite', :'object'), 'it is the same for all');
-- (The third rows of A and B have no creator, and all times are those of this transaction.)
INSERT INTO session_group.summaries (project_id, id, title, created_by_id)
	VALUES (910001, '01900000-0000-7000-8000-00000000000d', 'Another', NULL);
SELECT isnt(tap.etag('annread', replace(:'object', '0000001/', '000000d/')),
	tap.etag('annread', replace(:'object', '0000001/', '0000003/')), 'each summary has its own');
SELECT isnt(tap.etag('catread', replace(:'object', '0000001/', '0000003/')),
	tap.etag('catread', replace(replace(:'object', '910001', '910002'), '0000001/', '0000003/')),
	'so has one of the same id in another project');
SELECT isnt(tap.etag('annread', replace(:'object', '0000001/', '0000003/')), '-', 'all have one');
SELECT matches(tap.send('annread', 'GET', :'list', '{}'), '^200 - ', 'a list has none');

SELECT tap.etag('annread', :'object') AS before \gset
UPDATE session_group.users SET last_name = 'Renamed' WHERE id = 910011;
SELECT isnt(tap.etag('annread', :'object'), :'before', 'the creator''s new name is another representation');
SELECT tap.etag('annread', :'object') AS before \gset
UPDATE session_group.summaries SET title = title WHERE project_id = 910001
	AND id = '01900000-0000-7000-8000-000000000001';
SELECT isnt(tap.etag('annread', :'object'), :'before', 'a write is, too');
SELECT tap.etag('annread', :'object') AS now \gset
SELECT is(split_part(answer, ' ', 2), tap.etag('annread', :'object'),
	'the answer to a write has the ETag of what is read then')
FROM tap.send('annwrite', 'PATCH', :'object', '{}', '{"title":"n"}') AS answer;

-- Conditions ----------------------------------------------------------------------------------

CREATE FUNCTION tap.condition(method text, uri text, header text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before text := tap.rows(910001);
	etag text := tap.etag('annwrite', uri);
	answer text;
BEGIN
	answer := tap.send('annwrite', method, uri, jsonb_build_object(header, replace(replace(value, 'ETAG', etag), 'BARE', btrim(etag, '"'))), CASE WHEN method <> 'GET' THEN '{"title":"n"}' END);
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = left(answer, 3) || CASE WHEN tap.rows(910001) = before THEN '' ELSE ' written' END;
EXCEPTION WHEN SQLSTATE 'TAP00' THEN
	RETURN SQLERRM;
END
$$;
-- value, GET, and a write with If-Match; GET and a write with If-None-Match
CREATE TABLE tap.condition_case (value text, match_get text, match_write text, none_get text, none_write text);
INSERT INTO tap.condition_case VALUES
	('ETAG',                   '200', 'done', '304', '412'),
	('W/ETAG',                 '200', 'done', '304', '412'),
	('"x", ETAG',              '200', 'done', '304', '412'),
	(' , "x",, W/"y" ,ETAG,',  '200', 'done', '304', '412'),
	('"x,y", "BARE "',         '400', '400',  '400', '400'),
	('"x,y", "xBARE"',         '412', '412',  '200', 'done'),
	('*',                      '200', 'done', '304', '412'),
	(' * ',                    '200', 'done', '304', '412'),
	('""',                     '412', '412',  '200', 'done'),
	('"x"',                    '412', '412',  '200', 'done'),
	('w/ETAG',                 '400', '400',  '400', '400'),
	('BARE',                   '400', '400',  '400', '400'),
	('"BARE',                  '400', '400',  '400', '400'),
	('*, ETAG',                '400', '400',  '400', '400'),
	('ETAG, *',                '400', '400',  '400', '400'),
	('ETAG ETAG',              '400', '400',  '400', '400'),
	('ETAG"x"',                '400', '400',  '400', '400'),
	('W/',                     '400', '400',  '400', '400'),
	(',',                      '400', '400',  '400', '400'),
	(E'"\u00e9", ETAG',        '200', 'done', '304', '412'),
	(E'"\t", ETAG',            '400', '400',  '400', '400');
SELECT is(tap.condition(method, :'object', header, value),
		  CASE expected WHEN 'done' THEN CASE method WHEN 'DELETE' THEN '204 written' ELSE '200 written' END ELSE expected END,
		  format('%s with %s: %s', method, header, value))
FROM tap.condition_case c, LATERAL (VALUES
	('GET', 'if-match', c.match_get), ('PUT', 'if-match', c.match_write), ('PATCH', 'if-match', c.match_write),
		('DELETE', 'if-match', c.match_write),
	('GET', 'if-none-match', c.none_get), ('PATCH', 'if-none-match', c.none_write),
		('DELETE', 'if-none-match', c.none_write)) AS o (method, header, expected);

SELECT is(tap.send('annwrite', 'GET', :'object', jsonb_build_object('if-none-match', tap.etag('annwrite', :'object'))),
		  concat('304 ', tap.etag('annwrite', :'object'), ' fresh '),
		  'an answer without news has the ETag and no body');
SELECT is(tap.send('annwrite', 'PATCH', :'object', '{"if-match":"\"x\""}', '{"title":"n"}'),
		  '412 - fresh {"type":"invalid_request","code":"precondition_failed","detail":"The summary is not the one that If-Match names.","attr":null}', 'a condition that does not hold, in the contract''s form');
SELECT is(tap.send('annwrite', 'DELETE', :'object', '{"if-none-match":"*"}'),
		  '412 - fresh {"type":"invalid_request","code":"precondition_failed","detail":"The summary is one that If-None-Match names.","attr":null}', 'the other one');
SELECT is(tap.send('annwrite', 'DELETE', :'object', '{"if-match":"x"}'),
		  '400 - fresh {"type":"validation_error","code":"invalid_input","detail":"Not valid. Use * or a list of ETags, each in its quotes.","attr":"If-Match"}', 'one that can not be read');
SELECT matches(tap.send('annwrite', 'GET', :'object',
	jsonb_build_object('if-match', '"x"', 'if-none-match', tap.etag('annwrite', :'object'))), '^412 ',
	'If-Match is weighed first');
-- What else is wrong is told first.
SELECT matches(tap.send(key, method, uri, '{"if-match":"\"x\""}', body), answer,
	format('conditions come after %s (%s %s)', answer, key, method))
FROM (VALUES
	('unknown', 'PATCH', :'object', '{"title":"n"}', '^401 '),
		('annread', 'PATCH', :'object', '{"title":"n"}', '^403 '), ('benwrite', 'DELETE', :'object', NULL, '^403 '),
	('annwrite', 'DELETE', replace(:'object', '0000001/', '00000ff/'), NULL, '^404 .*"Not found\."'),
		('annwrite', 'PATCH', replace(:'object', '0000001/', '00000ff/'), '{"title":"n"}', '^404 .*"Not found\."'),
	('annwrite', 'GET', replace(:'object', '0000001/', '00000ff/'), NULL, '^404 '),
		('annwrite', 'PATCH', :'object', '{"title":1}', '^400 .*"attr":"title"')
) AS v (key, method, uri, body, answer);
SELECT matches(tap.send('annwrite', 'OPTIONS', :'object', '{"if-match":"x"}'), '^200 ', 'OPTIONS knows no conditions');
SELECT matches(tap.send('annwrite', 'POST', :'list', '{"if-match":"\"x\"","if-none-match":"x"}', '{}'), '^201 ',
	'a list knows none');
-- Nobody comes between the comparison and the write: the row is locked for it.
INSERT INTO session_group.summaries (project_id, id, title)
	VALUES (910001, '01900000-0000-7000-8000-00000000000c', 'Locked');
SELECT is((SELECT xmax::text FROM session_group.summaries WHERE title = 'Locked'), '0', 'a row that nobody has locked');
SELECT matches(tap.send('annwrite', 'PATCH', replace(:'object', '0000001/', '000000c/'), '{"if-match":"\"x\""}',
	'{"title":"n"}'), '^412 ', 'a write''s condition');
SELECT isnt((SELECT xmax::text FROM session_group.summaries WHERE title = 'Locked'), '0',
	'locks the row that it is about');
-- An ETag of the same id in another project is none here.
SELECT matches(tap.send('catwrite', 'PATCH', :'object',
	jsonb_build_object('if-match', tap.etag('catwrite', replace(:'object', '910001', '910002'))), '{"title":"n"}'),
	'^412 ', 'L12: another project''s ETag');

-- In SQL ---------------------------------------------------------------------------------------

SELECT is(tap.value('tap_app', key, format('session_group.%s(%s, ''01900000-0000-7000-8000-000000000002''%s)', function,
	project, arguments)), answer, format('%s of project %s with key %s: %s', function, project, key, arguments))
FROM (VALUES
	('annwrite', 910001, 3, '55000 the summary has version 1, not 3'),
		('annwrite', 910001, 0, '55000 the summary has version 1, not 0'),
	('annread', 910001, 1, '42501 no write access to project 910001'),
		('annwrite', 910002, 1, '42501 no read access to project 910002')
) AS v (key, project, version, answer), LATERAL (VALUES ('update_summary', ', ''{"title":"n"}'', ' || version),
	('delete_summary', ', ' || version)) AS f (function, arguments);
SELECT is(tap.value('tap_app', 'annwrite',
	format('session_group.%s(910001, ''01900000-0000-7000-8000-0000000000ff'', %s)', function, arguments)),
	'P0002 no summary 01900000-0000-7000-8000-0000000000ff in project 910001', function || ' of no summary')
FROM (VALUES ('update_summary', '''{"title":"n"}'', 1'), ('delete_summary', '1')) AS f (function, arguments);
SELECT is(tap.value('tap_app', 'annwrite',
	format('(session_group.update_summary(910001, ''01900000-0000-7000-8000-000000000002'', ''{"title":"n"}'', %s)).version', version)), '2', 'update_summary of version ' || version)
FROM unnest(ARRAY['1', 'expected_version => 1', 'NULL']) AS version;
SELECT is(tap.value('tap_app', 'annwrite',
	format('session_group.delete_summary(910001, ''01900000-0000-7000-8000-000000000002'', %s)', version)), '',
	'delete_summary of version ' || version)
FROM unnest(ARRAY['1', 'expected_version => 1', 'NULL']) AS version;

-- Idempotency keys ----------------------------------------------------------------------------

-- Sends a POST, and tells whether a row was made (+1) or not (+0).
CREATE FUNCTION tap.post(key text, uri text, idempotency_key text, body text DEFAULT '{"title":"Once"}',
	headers jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before bigint := (SELECT count(*) FROM session_group.summaries);
	answer text;
BEGIN
	answer := tap.send(key, 'POST', uri, headers || jsonb_build_object('idempotency-key', idempotency_key), body);
	RETURN '+' || (SELECT count(*) FROM session_group.summaries) - before || ' ' || answer;
END
$$;
SELECT tap.post('annwrite', :'list', 'once') AS first \gset
SELECT matches(:'first'::text, '^\+1 201 "[0-9a-f]{16}" fresh \{"id":', 'a key''s first request is carried out');
SELECT is(tap.post('annwrite', :'list', 'once'), replace(replace(:'first', '+1', '+0'), 'fresh', 'replayed true'),
	'its second one has the same answer, byte for byte');
UPDATE session_group.summaries SET title = 'Changed since' WHERE title = 'Once' AND project_id = 910001;
UPDATE session_group.users SET last_name = 'Again' WHERE id = 910011;
SELECT is(tap.post('annwrite', :'list', 'once'), replace(replace(:'first', '+1', '+0'), 'fresh', 'replayed true'),
	'also when the summary and its creator have changed');
DELETE FROM session_group.summaries WHERE title = 'Changed since';
SELECT is(tap.post('annwrite', :'list', 'once'), replace(replace(:'first', '+1', '+0'), 'fresh', 'replayed true'),
	'also when the summary is gone');
SELECT is(tap.post('annall', :'list', 'once'), replace(replace(:'first', '+1', '+0'), 'fresh', 'replayed true'),
	'also with another API key of the same user');
SELECT is(tap.post('annwrite', left(:'list', -1), 'once'),
	replace(replace(:'first', '+1', '+0'), 'fresh', 'replayed true'), 'also without the slash');

SELECT is(tap.post('annwrite', :'list', 'once', body, headers::jsonb),
	'+0 409 - fresh {"type":"invalid_request","code":"idempotency_conflict","detail":"The key was used for another request.","attr":"Idempotency-Key"}', 'another request: ' || body)
FROM (VALUES ('{"title":"Twice"}', '{}'), ('{"title":"Once"} ', '{}'), ('', '{}'),
	('{"title":"Once"}', '{"x-forwarded-content-type":"application/json; charset=utf-8"}'),
	('{"title":1}', '{}')) AS v (body, headers);
SELECT is(tap.post('annwrite', :'list', 'once'), replace(replace(:'first', '+1', '+0'), 'fresh', 'replayed true'),
	'a conflict leaves the first answer');
SELECT matches(tap.post('annwrite', :'list', 'Once'), '^\+1 201 ', 'keys are compared byte for byte');

-- What one has said, another does not hear.
SELECT matches(tap.post('catwrite', :'list', 'once'), '^\+1 201 \S+ fresh .*cat@tap\.example',
	'L12: the same key of another user');
SELECT matches(tap.post('catwrite', :'list_b', 'once'), '^\+1 201 \S+ fresh .*"team":910002',
	'L12: the same key in another project');
SELECT is((SELECT string_agg(format('%s/%s', project_id, user_id), ' ' ORDER BY project_id, user_id)
	FROM session_group.idempotency_keys WHERE key_digest = sha256('once')),
		  '910001/910011 910001/910013 910002/910013', 'L12: these are three rows');
SELECT is_empty($$SELECT FROM session_group.idempotency_keys WHERE octet_length(key_digest) <> 32 OR octet_length(request_digest) <> 32$$, 'L20: keys are stored as digests');

-- Who may not ask is not answered, whatever was answered before.
SELECT matches(tap.post(key, :'list', 'once'), answer, format('L6: no replay for %s', key))
FROM (VALUES ('annrevoked', '^\+0 401 '), ('annexpired', '^\+0 401 '), ('annread', '^\+0 403 '),
	('annonlyb', '^\+0 403 ')) AS v (key, answer);
UPDATE session_group.members SET removed_at = now() WHERE project_id = 910001 AND user_id = 910011;
SELECT matches(tap.post('annwrite', :'list', 'once'), '^\+0 403 .*You don''t have access',
	'L6: no replay for a former member');
UPDATE session_group.members SET removed_at = NULL WHERE project_id = 910001 AND user_id = 910011;

-- Only success is kept.
SELECT matches(tap.post('annwrite', :'list', 'fault', '{"title":""}'), '^\+0 400 - fresh .*"code":"blank"', 'a fault');
SELECT matches(tap.post('annwrite', :'list', 'fault', '{"title":""}'), '^\+0 400 - fresh .*"code":"blank"',
	'is no answer to keep');
SELECT matches(tap.post('annwrite', :'list', 'fault'), '^\+1 201 \S+ fresh', 'the key is still free');
CREATE FUNCTION tap.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION tap.refuse();
SELECT matches(tap.post('annwrite', :'list', 'error'), '^\+0 500 - fresh', 'an error');
DROP TRIGGER refuse ON session_group.summaries;
SELECT matches(tap.post('annwrite', :'list', 'error'), '^\+1 201 \S+ fresh', 'is none either');
SELECT is_empty($$SELECT FROM session_group.idempotency_keys WHERE status IS DISTINCT FROM 201 OR body IS NULL$$,
	'what is kept is whole');

-- What a key is.
SELECT matches(tap.post('annwrite', :'list', value),
	'^\+0 400 - fresh .*"detail":"Not valid\. Use 1 to 255 printable ASCII characters\.","attr":"Idempotency-Key"',
	'no key: ' || left(value, 5))
FROM unnest(ARRAY[repeat('k', 256), repeat('k', 4000), 'caf' || U&'\00e9', E'a\tb', E'a\x7f', U&'\2028']) AS value;
SELECT matches(tap.post('annwrite', :'list', value), '^\+1 201 ', 'a key: ' || left(value, 5))
FROM unnest(ARRAY[repeat('k', 255), 'k', ' ', '"quoted"', '''; DROP TABLE x; --', '*']) AS value;
SELECT is(tap.post('annwrite', :'list', '') LIKE '+1 201%', true, 'an empty one is none') FROM generate_series(1, 2);

-- POST alone takes one.
SELECT matches(tap.send('annwrite', 'PATCH', :'object', '{"idempotency-key":"patch"}', '{"title":"n"}'),
	'^200 \S+ fresh', 'PATCH does without: ' || n) FROM generate_series(1, 2) n;
SELECT matches(tap.send('annwrite', 'GET', :'object', jsonb_build_object('idempotency-key', repeat('k', 999))), '^200 ',
	'GET does');
SELECT is_empty($$SELECT FROM session_group.idempotency_keys WHERE key_digest = sha256('patch')$$,
	'nothing is kept of them');

-- 24 hours.
UPDATE session_group.idempotency_keys SET created_at = now() - interval '24 hours' + interval '1 second'
	WHERE project_id = 910001 AND user_id = 910011 AND key_digest = sha256('once');
SELECT is(tap.post('annwrite', :'list', 'once'), replace(replace(:'first', '+1', '+0'), 'fresh', 'replayed true'),
	'a key of nearly a day');
UPDATE session_group.idempotency_keys SET created_at = now() - interval '24 hours' WHERE project_id = 910001
	AND user_id = 910011 AND key_digest = sha256('once');
SELECT tap.post('annwrite', :'list', 'once', '{"title":"Tomorrow"}') AS second \gset
SELECT matches(:'second'::text, '^\+1 201 \S+ fresh .*"title":"Tomorrow"',
	'a key of a whole day is as new, with whatever body');
SELECT is(tap.post('annwrite', :'list', 'once', '{"title":"Tomorrow"}'),
	replace(replace(:'second', '+1', '+0'), 'fresh', 'replayed true'), 'and kept anew');
UPDATE session_group.idempotency_keys SET created_at = now() - interval '24 hours' WHERE project_id = 910001
	AND user_id = 910011 AND key_digest = sha256('once');
SELECT matches(tap.post('annwrite', :'list', 'once', '{"title":""}'), '^\+0 400 ', 'a fault gives an old key free');
SELECT is_empty($$SELECT FROM session_group.idempotency_keys WHERE project_id = 910001 AND user_id = 910011 AND key_digest = sha256('once')$$, 'without its old answer');

-- Old ones go: a few with each request, or by hand.
DELETE FROM session_group.idempotency_keys;
INSERT INTO session_group.idempotency_keys (project_id, user_id, key_digest, request_digest, status, body, created_at)
SELECT p, 910013, sha256(n::text::bytea), sha256(''), 201, '{}', now() - '24 hours'::interval - n * '1 minute'::interval
	FROM generate_series(1, 25) n, unnest(ARRAY[910001, 910002]) p;
INSERT INTO session_group.idempotency_keys (project_id, user_id, key_digest, request_digest, status, body, created_at)
SELECT 910001, 910013, sha256('young' || n::text::bytea), sha256(''), 201, '{}', now() - '23 hours'::interval
	FROM generate_series(1, 5) n;
SELECT tap.post('annwrite', :'list', 'purge') \g /dev/null
SELECT is((SELECT string_agg(format('%s %s', project_id, n), ', ' ORDER BY project_id)
	FROM (SELECT project_id, count(*) n FROM session_group.idempotency_keys GROUP BY 1) c), '910001 26, 910002 20',
	'a request takes ten old ones away');
SELECT is((SELECT min(created_at) FROM session_group.idempotency_keys WHERE project_id = 910001),
	now() - '24 hours'::interval - '20 minutes'::interval, 'the oldest ones');
SET LOCAL ROLE session_group_admin;
SELECT is(session_group.purge_idempotency_keys(7), 7::bigint, 'the administrator takes as many as wanted');
SELECT is(session_group.purge_idempotency_keys(), 33::bigint, 'or all');
SELECT is(session_group.purge_idempotency_keys(), 0::bigint, 'and then there are none');
SELECT is((SELECT count(*) FROM session_group.idempotency_keys), 6::bigint, 'but the young ones');
RESET ROLE;

-- Behind the gateway, nobody.
SELECT is(tap.outcome(actor, 'annall', statement), '42501', format('L8: %s: %s', actor, statement))
FROM unnest(ARRAY['tap_stranger', 'tap_anon', 'tap_app', 'tap_authenticator', 'tap_backend']) AS actor, unnest(ARRAY[
	'TABLE session_group.idempotency_keys',
	'INSERT INTO session_group.idempotency_keys (project_id, user_id, key_digest, request_digest) VALUES (910001, 910011, '''', '''')',
	'UPDATE session_group.idempotency_keys SET body = ''x''', 'DELETE FROM session_group.idempotency_keys',
	'SELECT session_group.purge_idempotency_keys()']) AS statement;
DELETE FROM session_group.members WHERE project_id = 910001 AND user_id = 910013;
SELECT is_empty($$SELECT FROM session_group.idempotency_keys WHERE project_id = 910001 AND user_id = 910013$$,
	'keys go with the membership that they belong to');

SELECT * FROM finish();
ROLLBACK;
