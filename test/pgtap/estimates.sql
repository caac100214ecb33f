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
-- L22: PostgreSQL takes their lock on our table before it asks for the right: the words are of the refusal that comes before both.
CREATE FUNCTION tap.refusal(VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	SET LOCAL SESSION AUTHORIZATION tap_app;
	FOREACH statement IN ARRAY statements LOOP
		EXECUTE statement;
	END LOOP;
	RAISE EXCEPTION USING ERRCODE = 'TAP00', MESSAGE = 'not refused';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT is(tap.refusal(VARIADIC statements),
	'42501 tables of session_group take no rules, triggers or references from roles of requests',
	'L22: ' || array_to_string(statements, '; '))
FROM (VALUES
	(ARRAY['CREATE RULE r AS ON INSERT TO session_group.summaries DO NOTHING']),
	(ARRAY['CREATE TRIGGER t BEFORE INSERT ON session_group.summaries EXECUTE FUNCTION pg_catalog.tsvector_update_trigger()']),
	(ARRAY['CREATE CONSTRAINT TRIGGER t AFTER INSERT ON tap.other FROM session_group.projects FOR EACH ROW EXECUTE FUNCTION pg_catalog.tsvector_update_trigger()']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint REFERENCES session_group.projects)']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint, b uuid, FOREIGN KEY (a, b) REFERENCES session_group.summaries)']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint)',
		'ALTER TABLE tap_f ADD FOREIGN KEY (a) REFERENCES session_group.projects']),
	(ARRAY['CREATE TEMP TABLE tap_f (a bigint)',
		'ALTER TABLE tap_f ADD COLUMN b bigint REFERENCES session_group.projects'])
) AS s (statements);
SELECT is(tap.refusal('CREATE TEMP TABLE tap_own (a bigint PRIMARY KEY)',
	'CREATE TEMP TABLE tap_f (a bigint REFERENCES tap_own)', 'CREATE RULE r AS ON INSERT TO tap_f DO NOTHING'),
	'TAP00 not refused', 'L22: their own tables are theirs');
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
