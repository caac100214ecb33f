-- What was proven at the beginning must still hold when it is used to write (lines 29 and 32).
\ir setup.psql

-- As an application, whose key is changed by others in between.
CREATE FUNCTION tap.meanwhile(key text, change text, write text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	rows bigint;
BEGIN
	SET LOCAL SESSION AUTHORIZATION tap_app;
	PERFORM session_group.login(tap.key(key));
	RESET SESSION AUTHORIZATION;
	EXECUTE change;
	SET LOCAL SESSION AUTHORIZATION tap_app;
	EXECUTE write;
	GET DIAGNOSTICS rows = ROW_COUNT;
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = rows;
EXCEPTION WHEN OTHERS THEN
	RETURN CASE SQLSTATE WHEN 'TAP00' THEN SQLERRM ELSE SQLSTATE END;
END
$$;
CREATE TABLE tap.write (statement text);
INSERT INTO tap.write VALUES
	($$INSERT INTO session_group.summaries (project_id, title) VALUES (910001, 'late')$$),
	($$UPDATE session_group.summaries SET title = 'late' WHERE project_id = 910001
	AND id = '01900000-0000-7000-8000-000000000001'$$),
	($$DELETE FROM session_group.summaries WHERE project_id = 910001 AND id = '01900000-0000-7000-8000-000000000001'$$),
	($$SELECT session_group.create_summary(910001, 'late')$$),
	($$INSERT INTO session_group_api.session_group_summaries (project_id, title) VALUES (910001, 'late')$$),
	($$MERGE INTO session_group.summaries s USING (VALUES (1)) v ON false WHEN NOT MATCHED THEN INSERT (project_id)
	VALUES (910001)$$);

SELECT is(tap.meanwhile('annwrite', change, w.statement), '28000', format('L29: %s; %s', change, left(w.statement, 60)))
FROM tap.write w, unnest(ARRAY[
	$$UPDATE session_group.api_keys SET revoked_at = now() WHERE label = 'annwrite'$$,
	$$UPDATE session_group.api_keys SET expires_at = now() - interval '1 second' WHERE label = 'annwrite'$$,
	$$DELETE FROM session_group.api_keys WHERE label = 'annwrite'$$,
	$$UPDATE session_group.users SET is_active = false WHERE id = 910011$$,
	$$UPDATE session_group.members SET removed_at = now() WHERE project_id = 910001 AND user_id = 910011$$,
	$$SELECT session_group.revoke_api_key(id) FROM session_group.api_keys WHERE label = 'annwrite'$$]) AS change;
SELECT is(tap.meanwhile('annwrite', change, w.statement), '1', format('L29: %s; %s', change, left(w.statement, 60)))
FROM tap.write w, unnest(ARRAY[
	'SELECT 1',
	$$UPDATE session_group.api_keys SET revoked_at = now() WHERE label = 'benwrite'$$,
	$$UPDATE session_group.users SET is_active = false WHERE id = 910012$$,
	$$UPDATE session_group.members SET removed_at = now() WHERE project_id = 910002$$]) AS change;

-- While the statement itself is at work, which began before.
CREATE FUNCTION tap.revoked() RETURNS text SECURITY DEFINER LANGUAGE SQL AS $$
	UPDATE session_group.api_keys SET revoked_at = now() WHERE label = 'annwrite' RETURNING 'late'
$$;
SELECT is(tap.meanwhile('annwrite', 'SELECT 1', statement), '28000',
	'L29: revoked in the middle of ' || left(statement, 60))
FROM unnest(ARRAY[
	$$INSERT INTO session_group.summaries (project_id, title) SELECT 910001, tap.revoked()$$,
	$$INSERT INTO session_group_api.session_group_summaries (project_id, title) VALUES (910001, tap.revoked())$$,
	$$UPDATE session_group.summaries SET title = tap.revoked() WHERE project_id = 910001
	AND id = '01900000-0000-7000-8000-000000000001'$$,
	$$DELETE FROM session_group.summaries WHERE project_id = 910001 AND id = '01900000-0000-7000-8000-000000000001'
	AND tap.revoked() <> ''$$,
	$$WITH w AS (INSERT INTO session_group.summaries (project_id) VALUES (910001) RETURNING id) SELECT tap.revoked()
	FROM w$$,
	$$MERGE INTO session_group.summaries s USING (VALUES (tap.revoked())) v (title) ON false
	WHEN NOT MATCHED THEN INSERT (project_id, title) VALUES (910001, title)$$]) AS statement;

-- L32: the list of a key's projects.
SELECT throws_ok($$INSERT INTO session_group.api_keys (user_id, label, mask, hash, project_ids)
	VALUES (910011, 'x', 'x', tap.hash('x'), '{}')$$, '23514', NULL, 'L32: an empty list of projects is none');
SELECT throws_ok($$SELECT session_group.create_api_key(910011, 'x', '{*}', '{}')$$, '22023',
	'project_ids must not be empty', 'L32: create_api_key() says so');

SELECT * FROM finish();
ROLLBACK;
