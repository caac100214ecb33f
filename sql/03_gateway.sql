-- The gateway without PostgREST: the settings that PostgREST would set, the
-- answer as bytes. The whole contract is tested over HTTP in test/http.
SET ROLE session_group_admin;
SELECT session_group.create_api_key(1, 'gateway', '{session_recording:write}') AS key \gset
RESET ROLE;

CREATE FUNCTION request(method text, uri text, key text DEFAULT NULL, body text DEFAULT NULL,
	content_type text DEFAULT 'application/json')
	RETURNS TABLE (status text, headers text, answer text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('request.headers', json_build_object(
		'x-forwarded-method', method, 'x-forwarded-uri', uri, 'x-api-key', key,
		'x-forwarded-content-type', content_type,
		'x-forwarded-base', 'https://api.example')::text, true);
	PERFORM session_group.authenticate();
	answer := convert_from(CASE WHEN body IS NULL THEN session_group_api.http()
		ELSE session_group_api.http(convert_to(body, 'UTF8')) END, 'UTF8');
	answer := regexp_replace(answer, '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}', 'ID', 'g');
	answer := regexp_replace(answer, '"uuid":"[^"]*"', '"uuid":"UUID"', 'g');
	answer := regexp_replace(answer, '"created_at":"[^"]*"', '"created_at":"TIME"', 'g');
	status := current_setting('response.status');
	headers := regexp_replace(current_setting('response.headers'), '[0-9a-f]{16}', 'TAG');
	headers := regexp_replace(headers, '"Content-Length":"[0-9]+"', '"Content-Length":"LENGTH"');
	RETURN NEXT;
END
$$;
GRANT EXECUTE ON FUNCTION request TO PUBLIC;

\pset format unaligned
\pset tuples_only on
SELECT * FROM request('GET', '/api/projects/1/session_group_summaries/');
SELECT * FROM request('GET', '/api/projects/1/session_group_summaries/', 'phx_wrong');
SELECT * FROM request('POST', '/api/projects/1/session_group_summaries/', :'key', 'title=string');
SELECT * FROM request('POST', '/api/projects/1/session_group_summaries/', :'key', '{"title": "é \" \\ \u0001", "session_ids": ["a"], "summary": {"b": [1, 2.50, true, null, {}], "a": []}}');
SELECT * FROM request('POST', '/api/projects/1/session_group_summaries/', :'key', '{"title"');
SELECT * FROM request('POST', '/api/projects/1/session_group_summaries/', :'key', '{"title": 1e999999}');
SELECT * FROM request('POST', '/api/projects/1/session_group_summaries/', :'key', repeat('[', 40000));
SELECT * FROM request('POST', '/api/projects/1/session_group_summaries/', :'key', '[]');
SELECT * FROM request('POST', '/api/projects/1/session_group_summaries/', :'key', 'x', 'text/plain');
SELECT * FROM request('POST', '/api/projects/1/session_group_summaries/', :'key', repeat('session_ids=a&', 10001), 'application/x-www-form-urlencoded');
SELECT * FROM request('GET', '/api/projects/1/session_group_summaries/?' || repeat('a&', 10001), :'key');
SELECT * FROM request('GET', '/api/projects/1/session_group_summaries/?limit=1&b=%20&a=', :'key');
SELECT * FROM request('GET', '/api/projects/1/session_group_summaries?order=nope', :'key');
SELECT * FROM request('DELETE', '/api/projects/1/session_group_summaries/', :'key');
SELECT * FROM request('OPTIONS', '/api/projects/1/session_group_summaries/x', :'key');
SELECT * FROM request('GET', '/api/projects/1/session_group_summaries/x', :'key');
SELECT * FROM request('GET', '/api/projects/99/session_group_summaries/', :'key');
SELECT * FROM request('GET', '/api/other/', :'key');
SELECT * FROM request('GET', '/', :'key');
DROP FUNCTION request;
