/* session_group: making the rows of patterns of summaries that have none yet. */

CREATE FUNCTION session_group.make_rows(batch integer DEFAULT 1000)
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_make_rows'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.make_rows(integer) IS
'Makes the rows of patterns of summaries in session_group.pending_rows. Returns of how many: at most
batch (1 to 1000000), and fewer when there are no more that nobody else is writing. Answers are the
same before and after, only faster. May run beside traffic, and several times at once.
SQLSTATE 22004 (null), 22023 (batch out of range).';

CREATE FUNCTION session_group.remake_rows(project_id bigint)
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_remake_rows'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.remake_rows(bigint) IS
'Drops the rows of patterns of a project and puts all its summaries into session_group.pending_rows,
for session_group.make_rows(). Returns how many they are. Writers of the project wait until the
transaction ends. For rows that session_group.check_rows() finds wrong. SQLSTATE 22004 (null).';

CREATE FUNCTION session_group.check_rows(OUT project_id bigint, OUT summaries bigint)
	RETURNS SETOF record
	LANGUAGE SQL STABLE
	BEGIN ATOMIC
		WITH wanted AS (
			SELECT s.project_id, s.id AS summary_id, s.created_at,
				   array_agg(ROW(s.created_at, p."position", p.examples, p.pattern_id,
						p.sessions_affected, p.occurrences, p.severity, p.name,
						p.sessions_affected_ratio, p.segments_success_ratio)::text
						ORDER BY p."position") AS patterns,
				   ARRAY[count(*) FILTER (WHERE p.severity = 'critical'),
						count(*) FILTER (WHERE p.severity = 'high'),
						count(*) FILTER (WHERE p.severity = 'medium'),
						count(*) FILTER (WHERE p.severity = 'low'),
						count(*) FILTER (WHERE p.severity IS NULL)] AS numbers
			FROM session_group.summaries s
				CROSS JOIN LATERAL session_group.summary_patterns(s.summary) p
			WHERE NOT EXISTS (SELECT FROM session_group.pending_rows q
							  WHERE q.project_id = s.project_id AND q.summary_id = s.id)
			GROUP BY 1, 2
			HAVING count(*) <= 1000
		),
		kept AS (
			SELECT r.project_id, r.summary_id,
				   array_agg(ROW(r.created_at, r."position", r.examples, r.pattern_id,
						r.sessions_affected, r.occurrences, r.severity, r.name,
						r.sessions_affected_ratio, r.segments_success_ratio)::text
						ORDER BY r."position") AS patterns
			FROM session_group.pattern_rows r GROUP BY 1, 2
		),
		counted AS (
			SELECT n.project_id, n.summary_id, n.created_at, n.severities,
				   ARRAY[n.critical, n.high, n.medium, n.low, n.unknown]::bigint[] AS numbers
			FROM session_group.pattern_numbers n
		)
		SELECT coalesce(w.project_id, k.project_id, c.project_id), count(*)
		FROM wanted w
			FULL JOIN kept k ON k.project_id = w.project_id AND k.summary_id = w.summary_id
			FULL JOIN counted c ON c.project_id = coalesce(w.project_id, k.project_id)
				AND c.summary_id = coalesce(w.summary_id, k.summary_id)
		WHERE w.patterns IS DISTINCT FROM k.patterns OR w.created_at IS DISTINCT FROM c.created_at
			OR w.numbers IS DISTINCT FROM c.numbers
			OR c.severities <> (SELECT sum((1 << i::integer - 1) * (c.numbers[i] > 0)::integer)
								FROM generate_series(1, 5) AS i)
		GROUP BY 1 ORDER BY 1;
	END;
COMMENT ON FUNCTION session_group.check_rows() IS
'Projects in which rows of patterns are not what the summaries say, and of how many summaries: none,
unless rows were written with triggers disabled. session_group.remake_rows() and make_rows() mend
it. Reads every summary. Raises nothing.';

GRANT EXECUTE ON FUNCTION session_group.make_rows(integer), session_group.remake_rows(bigint),
	session_group.check_rows() TO session_group_admin;

-- In an update: few summaries have their rows at once, more wait for session_group.make_rows().
INSERT INTO session_group.pending_rows SELECT s.project_id, s.id FROM session_group.summaries s;
SELECT session_group.make_rows(10000);
