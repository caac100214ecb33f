-- A node that is no directory: what it refuses to administer, and without news of the directory whom. (With two nodes, and news:
-- test/system/test_fleet_directory.py.) The server's configuration is written from here, and put back before the end.
\ir setup.psql

SELECT session_group.add_node('a', '127.0.0.1:1', 'host=a'), session_group.add_node('b', '127.0.0.1:2', 'host=b');
SELECT pg_read_file('postgresql.auto.conf') AS kept \gset

-- Writes the settings into the server's configuration, and has it read.
CREATE PROCEDURE tap.configure(text text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('COPY (SELECT unnest(string_to_array(%L, chr(10)))) TO %L', text, current_setting('data_directory') || '/postgresql.auto.conf');
	PERFORM pg_reload_conf();
END
$$;

CALL tap.configure('session_group.directory = off');
\set directory off
\ir configured.psql
SELECT is(current_setting('session_group.directory'), 'off', 'this node does not administer');

SELECT throws_ok(statement, '55000', 'node a does not administer projects, users, members and keys')
FROM unnest(ARRAY['UPDATE session_group.projects SET name = name', 'INSERT INTO session_group.users (email) VALUES ($$x@tap.example$$)', 'DELETE FROM session_group.members WHERE false',
	'TRUNCATE session_group.api_keys', 'UPDATE session_group.nodes SET weight = 0', 'UPDATE session_group.placements SET node = $$b$$', 'DELETE FROM session_group.directory_clock',
	'SELECT session_group.publish_directory()', 'SELECT session_group.import_posthog($$nowhere$$)', 'SELECT session_group.create_project($$x$$)', 'SELECT session_group.begin_move(910001, $$b$$)']) AS statement;
SELECT is(tap.outcome('tap_operator', NULL, 'SELECT session_group.purge_expired()'), '1', 'its own rows it does');

-- What proves who asks, and what it is told now.
CREATE FUNCTION tap.proofs() RETURNS text LANGUAGE SQL
RETURN tap.outcome('tap_app', 'annwrite', 'SELECT') || ' ' || tap.outcome('tap_backend', NULL, $$SELECT session_group.assume_identity('00000000-0000-4000-8000-000000910011', '{*}')$$);
-- As replication does.
CREATE PROCEDURE tap.receive(at interval, received_at interval) LANGUAGE SQL
	SET session_replication_role = replica AS $$
	INSERT INTO session_group.directory_clock VALUES (true, 'b', clock_timestamp() + receive.at, clock_timestamp() + receive.received_at)
		ON CONFLICT (single) DO UPDATE SET at = excluded.at, received_at = excluded.received_at;
$$;
-- The same, with the time at which it came as it is said.
CREATE FUNCTION tap.news(at interval, received_at interval) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	ALTER TABLE session_group.directory_clock DISABLE TRIGGER directory_clock_received;
	CALL tap.receive(at, received_at);
	ALTER TABLE session_group.directory_clock ENABLE ALWAYS TRIGGER directory_clock_received;
	RETURN tap.proofs();
END
$$;
SELECT is(tap.proofs(), '57P03 57P03', 'no news: nobody');
-- With the trigger as it was made: tap.news() switches it off and on.
CALL tap.receive('0', '-26 years');
SELECT is(tap.proofs(), '1 1', 'when news came is this server''s own word');
CALL tap.receive('0', '-26 years');
SELECT is(tap.proofs(), '1 1', 'also of newer news');
SELECT is(tap.news('0', '0'), '1 1', 'news of now');
SELECT is(tap.news('-4 minutes', '4 minutes'), '1 1', 'clocks that differ a little');
SELECT is(tap.news(at::interval, received_at::interval), '57P03 57P03', format('written at %s, come at %s', at, received_at))
FROM (VALUES ('-6 minutes', '0'), ('6 minutes', '0'), ('0', '-6 minutes'), ('0', '6 minutes')) AS v (at, received_at);

CALL tap.configure(:'kept');
\set directory on
\ir configured.psql
SELECT is(current_setting('session_group.directory'), 'on', 'as before');
SELECT is(tap.news('-1 year', '-1 year'), '1 1', 'a node that administers needs no news');

SELECT * FROM finish();
ROLLBACK;
