-- What the planner and the system columns know of all projects does not reach those whom the
-- policies bind (lines 21 and 22).
\ir setup.psql

INSERT INTO session_group.summaries (project_id, title) SELECT 910002, 'Their secret ' || n
	FROM generate_series(1, 500) AS n;
ANALYZE session_group.projects, session_group.users, session_group.members, session_group.api_keys,
	session_group.summaries;

-- L21: no statistics of values but how many rows a project has, not even of expressions in indexes.
CREATE VIEW tap.statistics AS SELECT c.relname, a.attname FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid
	JOIN pg_attribute a ON a.attrelid = s.starelid AND a.attnum = s.staattnum
	WHERE c.relnamespace = 'session_group'::regnamespace AND a.attname <> 'project_id';
SELECT is_empty('SELECT * FROM tap.statistics', 'L21: ANALYZE keeps nothing of our values');
SELECT cmp_ok((SELECT reltuples FROM pg_class WHERE oid = 'session_group.summaries'::regclass), '>', 500::real,
	'L21: but the number of rows');
ALTER TABLE session_group.summaries ALTER title SET STATISTICS 100;
ANALYZE session_group.summaries;
SELECT results_eq('SELECT * FROM tap.statistics', $$VALUES ('summaries'::name, 'title'::name)$$,
	'L21: which it would, of a column without the setting');

-- L21: EXPLAIN and LOCK.
CREATE FUNCTION tap.run(statement text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE statement; END $$;
CREATE TABLE tap.other (id bigint);
GRANT ALL ON tap.other TO PUBLIC;
CREATE VIEW tap.through AS SELECT * FROM session_group.summaries;
GRANT ALL ON tap.through TO PUBLIC;
PREPARE tap_plan AS SELECT count(*) FROM session_group.summaries;
SELECT is(tap.outcome(actor, key, VARIADIC statements), '42501',
	format('L21: %s, %s: %s', actor, coalesce(key, 'no key'), array_to_string(statements, '; ')))
FROM (VALUES ('tap_app', 'annwrite'), ('tap_app', NULL), ('tap_authenticator', NULL), ('tap_backend', NULL),
	('tap_anon', NULL)) AS a (actor, key),
	(VALUES
		(ARRAY['EXPLAIN SELECT * FROM session_group.summaries']),
		(ARRAY['EXPLAIN (COSTS OFF) SELECT 1']),
		(ARRAY['EXPLAIN (ANALYZE, FORMAT json) SELECT count(*) FROM session_group.projects']),
		(ARRAY['EXPLAIN EXECUTE tap_plan']),
		(ARRAY['EXPLAIN DECLARE c CURSOR FOR SELECT 1']),
		(ARRAY[$$SELECT tap.run('EXPLAIN SELECT 1')$$]),
		(ARRAY[$$DO 'BEGIN EXECUTE ''EXPLAIN SELECT 1''; END'$$]),
		(ARRAY['LOCK TABLE session_group.summaries']),
		(ARRAY['LOCK TABLE session_group.summaries IN ACCESS SHARE MODE NOWAIT']),
		(ARRAY['LOCK TABLE tap.other, session_group_api.session_group_summaries']),
		(ARRAY['LOCK TABLE tap.through'])
	) AS s (statements);
-- L22: PostgreSQL takes their lock on a relation before it asks for the right: the words are of the refusal that comes before both.
CREATE ROLE tap_monitor LOGIN IN ROLE session_group_monitor;
CREATE FUNCTION tap.refusal(actor text, VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', actor);
	FOREACH statement IN ARRAY statements LOOP
		EXECUTE statement;
	END LOOP;
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = 'not refused';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE PUBLICATION tap_published;
ALTER PUBLICATION tap_published OWNER TO tap_app;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO tap_app', current_database()); END $$;
SELECT is(tap.refusal('tap_app', VARIADIC statements),
	'42501 relations of others take no such statement from roles of requests',
	'L22: ' || array_to_string(statements, '; '))
FROM (VALUES
	(ARRAY['CREATE RULE r AS ON INSERT TO session_group.summaries DO NOTHING']),
	(ARRAY['CREATE RULE r AS ON INSERT TO pg_catalog.pg_class DO NOTHING']),
	(ARRAY['CREATE TRIGGER t BEFORE INSERT ON session_group.summaries EXECUTE FUNCTION pg_catalog.tsvector_update_trigger()']),
	(ARRAY['CREATE CONSTRAINT TRIGGER t AFTER INSERT ON tap.other FROM session_group.projects FOR EACH ROW EXECUTE FUNCTION pg_catalog.tsvector_update_trigger()']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint REFERENCES session_group.projects)']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint, b uuid, FOREIGN KEY (a, b) REFERENCES session_group.summaries)']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint)',
		'ALTER TABLE tap_f ADD FOREIGN KEY (a) REFERENCES session_group.projects']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint)',
		'ALTER TABLE tap_f ADD COLUMN b bigint REFERENCES session_group.projects']),
	(ARRAY['CREATE TEMP TABLE tap_f PARTITION OF session_group.summaries DEFAULT']),
	(ARRAY['CREATE TEMP TABLE tap_f () INHERITS (session_group.summaries)']),
	(ARRAY['CREATE FOREIGN TABLE pg_temp.tap_f PARTITION OF session_group.summaries DEFAULT SERVER nowhere']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint)', 'ALTER TABLE tap_f INHERIT session_group.summaries']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint)', 'ALTER TABLE tap_f NO INHERIT session_group.summaries']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint) PARTITION BY LIST (a)',
		'ALTER TABLE tap_f ATTACH PARTITION session_group.summaries DEFAULT']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint) PARTITION BY LIST (a)',
		'ALTER TABLE tap_f DETACH PARTITION session_group.summaries']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint) PARTITION BY LIST (a)',
		'ALTER TABLE tap_f DETACH PARTITION session_group.summaries FINALIZE']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint) PARTITION BY LIST (a)', 'CREATE INDEX tap_i ON tap_f (a)',
		'ALTER INDEX pg_temp.tap_i ATTACH PARTITION session_group.summaries_pkey']),
	(ARRAY['ALTER MATERIALIZED VIEW session_group.summaries DEPENDS ON EXTENSION plpgsql']),
	(ARRAY['ALTER INDEX session_group.summaries_pkey DEPENDS ON EXTENSION plpgsql']),
	(ARRAY['ALTER INDEX pg_catalog.pg_attribute NO DEPENDS ON EXTENSION plpgsql']),
	(ARRAY['ALTER TRIGGER t ON session_group.summaries DEPENDS ON EXTENSION plpgsql']),
	(ARRAY['COMMENT ON TABLE session_group.summaries IS NULL']),
	(ARRAY['COMMENT ON MATERIALIZED VIEW session_group.summaries IS NULL']),
	(ARRAY['COMMENT ON INDEX session_group.summaries_pkey IS NULL']),
	(ARRAY['COMMENT ON COLUMN session_group.summaries.title IS NULL']),
	(ARRAY['COMMENT ON TABLE pg_catalog.pg_attribute IS NULL']),
	(ARRAY['CREATE STATISTICS pg_temp.tap_s ON id, title FROM session_group.summaries']),
	(ARRAY['CREATE PUBLICATION tap_p FOR TABLE session_group.summaries']),
	(ARRAY['ALTER PUBLICATION tap_published ADD TABLE session_group.summaries']),
	(ARRAY['ALTER EXTENSION plpgsql ADD TABLE session_group.summaries']),
	(ARRAY['SECURITY LABEL ON TABLE session_group.summaries IS NULL']),
	(ARRAY['SET ROLE session_group_api', 'COMMENT ON TABLE session_group.summaries IS NULL'])
) AS s (statements);
SELECT is(tap.refusal(actor, statement), '42501 relations of others take no such statement from roles of requests',
	format('L22: %s: %s', actor, statement))
FROM unnest(ARRAY['tap_monitor', 'tap_authenticator', 'tap_backend']) AS actor,
	unnest(ARRAY['CREATE RULE r AS ON INSERT TO pg_catalog.pg_class DO NOTHING',
		'COMMENT ON TABLE pg_catalog.pg_class IS NULL']) AS statement;
SELECT is(tap.refusal('tap_monitor', 'CREATE RULE r AS ON INSERT TO session_group.summaries DO NOTHING'),
	'42501 relations of others take no such statement from roles of requests', 'L22: the monitor, too');
SELECT is(tap.outcome('tap_monitor', NULL, 'EXPLAIN SELECT 1'), '1', 'L21: but the monitor may EXPLAIN');
CREATE TABLE tap.referenced (id bigint PRIMARY KEY);
GRANT REFERENCES (id) ON tap.referenced TO tap_app;
SELECT is(tap.refusal('tap_app', VARIADIC statements), 'TAP00 not refused', 'L22: allowed: ' || array_to_string(statements, '; '))
FROM (VALUES
	(ARRAY['CREATE TEMP TABLE tap_own (a bigint PRIMARY KEY)', 'CREATE TEMP TABLE tap_f (a bigint REFERENCES tap_own)',
		'CREATE RULE r AS ON INSERT TO tap_f DO NOTHING', 'COMMENT ON TABLE tap_f IS ''mine''',
		'COMMENT ON COLUMN tap_f.a IS ''mine''', 'COMMENT ON INDEX tap_own_pkey IS ''mine''']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint, b bigint)', 'CREATE STATISTICS pg_temp.tap_s ON a, b FROM tap_f',
		'COMMENT ON STATISTICS pg_temp.tap_s IS ''mine''', 'CREATE TEMP TABLE tap_child () INHERITS (tap_f)',
		'ALTER TABLE tap_child NO INHERIT tap_f', 'ALTER TABLE tap_child INHERIT tap_f']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint) PARTITION BY LIST (a)', 'CREATE TEMP TABLE tap_p PARTITION OF tap_f DEFAULT',
		'ALTER TABLE tap_f DETACH PARTITION tap_p', 'ALTER TABLE tap_f ATTACH PARTITION tap_p DEFAULT',
		'CREATE INDEX tap_i ON ONLY tap_f (a)', 'CREATE INDEX tap_j ON tap_p (a)',
		'ALTER INDEX pg_temp.tap_i ATTACH PARTITION pg_temp.tap_j']),
	(ARRAY['CREATE SCHEMA tap_mine CREATE TABLE t (a bigint)', 'ALTER PUBLICATION tap_published ADD TABLE tap_mine.t',
		'ALTER PUBLICATION tap_published DROP TABLE tap_mine.t']),
	(ARRAY['CREATE SCHEMA tap_mine', 'CREATE TABLE tap_mine.t (a bigint REFERENCES tap.referenced)']),
	(ARRAY['CREATE TRIGGER t BEFORE INSERT ON tap.other FOR EACH ROW EXECUTE FUNCTION pg_catalog.tsvector_update_trigger()'])
) AS s (statements);
SELECT is(tap.outcome('tap_authenticator', NULL, 'SET LOCAL ROLE session_group_api', 'EXPLAIN SELECT 1'), '42501',
	'L21: nor behind SET ROLE');
SELECT is(tap.outcome('postgres', NULL, 'SET LOCAL ROLE session_group_api', 'EXPLAIN SELECT 1'), '42501',
	'L21: nor for a superuser behind SET ROLE');
-- L21: to say to be in a request opens nothing, and what EXPLAIN takes need not be a query.
SELECT is(tap.outcome(actor, NULL, 'SET LOCAL request.method = ''GET''', statement), '42501',
	format('L21: %s, in a request: %s', actor, statement))
FROM unnest(ARRAY['tap_app', 'tap_anon']) AS actor,
	unnest(ARRAY['EXPLAIN SELECT 1', 'EXPLAIN EXECUTE tap_plan', 'EXPLAIN DECLARE c CURSOR FOR SELECT 1',
	'EXPLAIN CREATE TEMP TABLE tap_made AS SELECT 1',
		'EXPLAIN DELETE FROM session_group.summaries', 'EXPLAIN (ANALYZE) EXECUTE tap_plan']) AS statement;
SELECT is(tap.outcome('tap_authenticator', NULL, 'SET LOCAL request.method = ''GET''', statement), outcome,
	'L21: PostgREST, in a request: ' || statement)
FROM (VALUES ('EXPLAIN (FORMAT json) SELECT 1', '1'), ('EXPLAIN EXECUTE tap_plan', '42501'),
	('EXPLAIN DECLARE c CURSOR FOR SELECT 1', '42501'),
	('EXPLAIN CREATE TEMP TABLE tap_made AS SELECT 1', '42501'), ('EXPLAIN INSERT INTO tap.other VALUES (1)', '42501'),
	('EXPLAIN WITH made AS (INSERT INTO tap.other VALUES (1) RETURNING 1) SELECT * FROM made',
		'42501')) AS s (statement, outcome);
CREATE ROLE tap_other;
GRANT tap_other TO tap_app;
SELECT is(tap.outcome('tap_app', NULL, 'SET LOCAL ROLE tap_other', 'EXPLAIN SELECT 1'), '42501',
	'L21: nor by SET ROLE to another one');
SELECT is(tap.outcome(actor, NULL, 'EXPLAIN SELECT 1'), '1', 'L21: EXPLAIN is for ' || actor)
FROM unnest(ARRAY['tap_stranger', 'tap_operator', 'postgres']) AS actor;
SELECT is(tap.outcome('tap_app', NULL, 'LOCK TABLE tap.other'), '0', 'L21: tables of others may be locked');
SELECT is(tap.outcome('tap_operator', NULL, 'LOCK TABLE session_group.summaries'), '0',
	'L21: the administrator may lock');

-- L21: messages of the server's log. If this one reached psql, its second line would be that of a test that failed.
SET LOCAL log_statement = 'all';
SET LOCAL client_min_messages = log;
SET SESSION AUTHORIZATION tap_app;
SELECT length('
not ok - L21: a message of the log reached a role of requests') AS length \gset
RESET SESSION AUTHORIZATION;
RESET client_min_messages;
RESET log_statement;

-- L22: the system columns.
SELECT is(tap.outcome('tap_app', 'annwrite', format('SELECT %s FROM session_group.%I', name, relation)), '42501',
	format('L22: %s of %s', name, relation))
FROM unnest(ARRAY['ctid', 'xmin', 'xmax', 'cmin', 'tableoid']) AS name,
	(SELECT c.relname AS relation FROM pg_class c WHERE c.relnamespace = 'session_group'::regnamespace
		AND c.relkind = 'r') AS r;
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c, unnest(ARRAY['session_group_anon', 'session_group_api', 'session_group_gateway']) AS role
	WHERE c.relnamespace = 'session_group'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege(role, c.oid, 'SELECT')$$,
	'L22: tables are granted by columns');
SELECT is(tap.outcome('tap_app', 'annwrite', statement), '3', 'L22: the columns are there: ' || statement)
FROM unnest(ARRAY['SELECT * FROM session_group.summaries', 'SELECT s FROM session_group.summaries s',
	'SELECT * FROM session_group_api.session_group_summaries', 'SELECT id FROM session_group.summaries FOR UPDATE',
	$$UPDATE session_group.summaries SET title = 'x' RETURNING *$$,
	'DELETE FROM session_group.summaries RETURNING summaries']) AS statement;

SELECT * FROM finish();
ROLLBACK;
