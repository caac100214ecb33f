/* session_group: figures for those who watch a server, and nothing of what is in it. */

DO $$
DECLARE
	found pg_catalog.pg_roles;
BEGIN
	SELECT r.* INTO found FROM pg_catalog.pg_roles AS r
	WHERE r.rolname OPERATOR(pg_catalog.=) 'session_group_monitor';
	IF found.oid IS NULL THEN
		CREATE ROLE session_group_monitor NOLOGIN NOINHERIT;
	ELSIF found.rolsuper OR found.rolcreaterole OR found.rolbypassrls OR found.rolcanlogin THEN
		RAISE EXCEPTION 'role "session_group_monitor" exists with more rights than it may have'
			USING ERRCODE = 'insufficient_privilege',
				  HINT = 'Run ALTER ROLE session_group_monitor NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOLOGIN, or rename it.';
	END IF;
END
$$;
COMMENT ON ROLE session_group_monitor IS 'session_group: may call session_group.monitor(), for the login roles of exporters';

-- Numbers and times of all projects, by column: no names, texts or hashes.
CREATE POLICY projects_monitor ON session_group.projects FOR SELECT TO session_group_monitor USING (true);
CREATE POLICY summaries_monitor ON session_group.summaries FOR SELECT TO session_group_monitor USING (true);
CREATE POLICY activity_purges_monitor ON session_group.activity_purges FOR SELECT TO session_group_monitor USING (true);
CREATE POLICY activity_monitor ON session_group.activity FOR SELECT TO session_group_monitor USING (true);
CREATE POLICY api_keys_monitor ON session_group.api_keys FOR SELECT TO session_group_monitor USING (true);
CREATE POLICY idempotency_keys_monitor ON session_group.idempotency_keys FOR SELECT TO session_group_monitor USING (true);
GRANT USAGE ON SCHEMA session_group TO session_group_monitor;
GRANT SELECT (id, timezone, retention, activity_retention) ON session_group.projects TO session_group_monitor;
GRANT SELECT (project_id, created_at) ON session_group.summaries TO session_group_monitor;
GRANT SELECT (project_id, purged_to) ON session_group.activity_purges TO session_group_monitor;
GRANT SELECT (project_id, seq, at) ON session_group.activity TO session_group_monitor;
GRANT SELECT (expires_at, revoked_at) ON session_group.api_keys TO session_group_monitor;
GRANT SELECT (project_id, created_at) ON session_group.idempotency_keys TO session_group_monitor;

CREATE FUNCTION session_group.key_uses_waiting()
	RETURNS integer
	AS 'MODULE_PATHNAME', 'session_group_key_uses_waiting'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.key_uses_waiting() IS
'How many keys of this database were used since that was last written down; null where the library is not preloaded. Raises nothing.';

-- Each figure costs an index or a catalogue, however many summaries there are.
CREATE FUNCTION session_group.monitor()
	RETURNS TABLE (name text, value double precision, meaning text)
	LANGUAGE SQL VOLATILE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH
	relation AS (
		SELECT c.oid, c.relname, c.reltuples FROM pg_class c
		WHERE c.relnamespace = 'session_group'::regnamespace AND c.relkind = 'r'
	),
	figure (name, value, meaning) AS (
		SELECT 'projects', count(*)::double precision, 'Projects' FROM session_group.projects
		UNION ALL
		SELECT 'summaries', greatest(r.reltuples, 0), 'Summaries, as the planner estimates them' FROM relation r WHERE r.relname = 'summaries'
		UNION ALL
		SELECT 'bytes', sum(pg_total_relation_size(r.oid)), 'What all tables take on disk, with their indexes' FROM relation r
		UNION ALL
		SELECT 'activity_bytes', pg_total_relation_size(r.oid), 'What the records of activity take of that' FROM relation r WHERE r.relname = 'activity'
		UNION ALL
		SELECT 'keys', count(*), 'Keys that open something: neither revoked nor expired'
		FROM session_group.api_keys k WHERE k.revoked_at IS NULL AND (k.expires_at > now()) IS NOT FALSE
		UNION ALL
		SELECT 'keys_expiring', count(*), 'Keys that expire within seven days'
		FROM session_group.api_keys k WHERE k.revoked_at IS NULL AND k.expires_at BETWEEN now() AND now() + '7 days'::interval
		UNION ALL
		SELECT 'key_uses_waiting', session_group.key_uses_waiting(), 'Keys whose use is to be written down; none where the library is not preloaded'
		UNION ALL
		SELECT 'unknown_timezones', count(*), 'Projects whose time zone this server does not know: their dates count as UTC'
		FROM session_group.projects p WHERE NOT session_group.is_timezone(p.timezone)
		UNION ALL
		SELECT 'expired_seconds', coalesce(max(extract(epoch FROM now() - p.retention - o.created_at)), 0), 'For how long the oldest summary has passed its time and is still there'
		FROM session_group.projects p,
			LATERAL (SELECT min(s.created_at) AS created_at FROM session_group.summaries s WHERE s.project_id = p.id) AS o
		WHERE p.retention IS NOT NULL AND o.created_at < now() - p.retention
		UNION ALL
		SELECT 'activity_expired_seconds', coalesce(max(extract(epoch FROM now() - p.activity_retention - o.at)), 0), 'The same of a record of activity'
		FROM session_group.projects p,
			LATERAL (SELECT a.at FROM session_group.activity a WHERE a.project_id = p.id AND a.seq > coalesce((SELECT t.purged_to FROM session_group.activity_purges t WHERE t.project_id = p.id ORDER BY 1 DESC LIMIT 1), 0) ORDER BY a.seq LIMIT 1) AS o
		WHERE p.activity_retention IS NOT NULL AND o.at < now() - p.activity_retention
		UNION ALL
		SELECT 'answers_expired_seconds', coalesce(extract(epoch FROM now() - '24 hours'::interval - min(k.created_at)), 0), 'The same of an answer kept for an idempotency key'
		FROM session_group.idempotency_keys k WHERE k.created_at < now() - '24 hours'::interval
		UNION ALL
		SELECT 'dead_rows', sum(d.n_dead_tup), 'Rows of all tables that are dead, and that vacuum has not removed yet'
		FROM pg_stat_all_tables d WHERE d.schemaname = 'session_group'
		UNION ALL
		SELECT 'oldest_snapshot_seconds', coalesce(max(extract(epoch FROM now() - a.xact_start)), 0), 'How long the oldest open transaction keeps vacuum from removing what has died since (seen by members of pg_monitor)'
		FROM pg_stat_activity a WHERE a.datname = current_database() AND a.backend_xmin IS NOT NULL AND a.backend_type <> 'autovacuum worker' AND a.pid <> pg_backend_pid()
		UNION ALL
		SELECT 'activity_behind_seconds', coalesce(max(extract(epoch FROM now() - o.began)), 0), 'How long the oldest transaction of this database that wrote something and has not ended holds the feed of activity back (seen by members of pg_monitor)'
		FROM (SELECT a.xact_start FROM pg_stat_activity a WHERE a.datname = current_database() AND a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid()
			  UNION ALL SELECT x.prepared FROM pg_prepared_xacts x WHERE x.database = current_database()) AS o (began)
	)
	SELECT f.name, f.value, f.meaning FROM figure f WHERE f.value IS NOT NULL;
	END;
COMMENT ON FUNCTION session_group.monitor() IS
'Figures of this database for those who watch it, a row each: name, value (numbers, bytes or seconds,
as the name says) and what it means. Cheap: no summary is read. Who calls it is a member of
session_group_monitor or session_group_admin; with pg_monitor it also sees how far activity is
behind. Raises nothing.';
GRANT EXECUTE ON FUNCTION session_group.monitor(), session_group.key_uses_waiting(), session_group.is_timezone(text)
	TO session_group_monitor, session_group_admin;
