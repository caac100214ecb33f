/* session_group: what each project has, at a glance. */

CREATE VIEW session_group.stats WITH (security_invoker = true) AS
	SELECT p.id AS project_id, p.name, coalesce(s.summaries, 0) AS summaries,
		   coalesce(s.sessions, 0) AS sessions, coalesce(s.bytes, 0) AS bytes, s.last_created_at,
		   coalesce(n.critical, 0) AS critical, coalesce(n.high, 0) AS high,
		   coalesce(n.medium, 0) AS medium, coalesce(n.low, 0) AS low,
		   session_group.count_activity(p.id) AS activity,
		   coalesce((SELECT t.purged_to FROM session_group.activity_purges t WHERE t.project_id = p.id
					 ORDER BY 1 DESC LIMIT 1), 0) AS activity_purged_to
	FROM session_group.projects p
	LEFT JOIN (
		SELECT t.project_id, count(*) AS summaries, sum(t.session_count) AS sessions,
			   sum(pg_column_size(t.title) + pg_column_size(t.session_ids)
				   + coalesce(pg_column_size(t.summary), 0)
				   + coalesce(pg_column_size(t.extra_summary_context), 0)
				   + coalesce(pg_column_size(t.run_metadata), 0)) AS bytes,
			   max(t.created_at) AS last_created_at
		FROM session_group.summaries t GROUP BY t.project_id) s ON s.project_id = p.id
	LEFT JOIN (
		SELECT t.project_id, sum(t.critical) AS critical, sum(t.high) AS high, sum(t.medium) AS medium,
			   sum(t.low) AS low
		FROM (SELECT r.project_id, r.critical, r.high, r.medium, r.low
			  FROM session_group.pattern_numbers r
				  JOIN session_group.summaries s ON s.project_id = r.project_id AND s.id = r.summary_id
			  UNION ALL
			  SELECT q.project_id, (p.severity = 'critical')::integer, (p.severity = 'high')::integer,
					 (p.severity = 'medium')::integer, (p.severity = 'low')::integer
			  FROM session_group.pending_rows q
				  JOIN session_group.summaries s ON s.project_id = q.project_id AND s.id = q.summary_id
				  CROSS JOIN LATERAL session_group.summary_patterns(s.summary) p) t
		GROUP BY t.project_id) n ON n.project_id = p.id;
COMMENT ON VIEW session_group.stats IS 'What each project has: a row for each project that the caller may read.';
COMMENT ON COLUMN session_group.stats.project_id IS 'The project';
COMMENT ON COLUMN session_group.stats.name IS 'Its name';
COMMENT ON COLUMN session_group.stats.summaries IS 'How many summaries it has';
COMMENT ON COLUMN session_group.stats.sessions IS 'Sessions in its summaries; one in several of them counts several times';
COMMENT ON COLUMN session_group.stats.bytes IS 'What the fields of its summaries take as they are stored, compressed; without indexes and the rows'' own overhead';
COMMENT ON COLUMN session_group.stats.last_created_at IS 'When its newest summary was made; null if there is none';
COMMENT ON COLUMN session_group.stats.critical IS 'Critical patterns in its summaries';
COMMENT ON COLUMN session_group.stats.high IS 'Patterns of high severity';
COMMENT ON COLUMN session_group.stats.medium IS 'Patterns of medium severity';
COMMENT ON COLUMN session_group.stats.low IS 'Patterns of low severity';
COMMENT ON COLUMN session_group.stats.activity IS 'How many activity records it has';
COMMENT ON COLUMN session_group.stats.activity_purged_to IS 'The highest number of an activity record that retention has deleted, with all lower ones; 0: none';
GRANT SELECT ON session_group.stats TO session_group_api, session_group_admin;
