/* session_group: after a restore that left something out. */

CREATE FUNCTION session_group.repair()
	RETURNS TABLE (what text, number bigint, meaning text)
	LANGUAGE SQL VOLATILE
	BEGIN ATOMIC
	WITH
	largest (sequence, id) AS (
		SELECT 'session_group.projects_id_seq'::regclass, max(p.id) FROM session_group.projects p
		UNION ALL SELECT 'session_group.users_id_seq', max(u.id) FROM session_group.users u
		UNION ALL SELECT 'session_group.api_keys_id_seq', max(k.id) FROM session_group.api_keys k
	)
	SELECT 'counts', session_group.repair_counts(), 'Projects whose kept numbers were wrong'
	UNION ALL
	SELECT 'patterns', coalesce(sum(session_group.remake_rows(c.project_id)), 0)::bigint,
		   'Summaries whose patterns are to be read again: call make_rows() until it returns 0'
	FROM session_group.check_rows() c
	UNION ALL
	SELECT 'titles', session_group.repair_titles(), 'Titles that searches did not know as they are'
	UNION ALL
	SELECT 'ids', count(setval(l.sequence, l.id)), 'Tables whose next id was there already'
	FROM largest l WHERE l.id > coalesce(pg_sequence_last_value(l.sequence), 0)
	UNION ALL
	SELECT 'orphans', count(*), 'Summaries of no project here: bring the projects, or delete them'
	FROM session_group.summaries s
	WHERE NOT EXISTS (SELECT FROM session_group.projects p WHERE p.id = s.project_id);
	END;
COMMENT ON FUNCTION session_group.repair() IS
'Mends what a restore leaves wrong that skipped triggers or tables, and says what it did: what, of
how many (number; all 0: nothing was wrong), and its meaning. It reads every summary; writers of a
project whose patterns are to be read again wait until the transaction ends. Disabled triggers and
time zones that this server does not know are named by session_group.posture(). SQLSTATE 25001 (not
under READ COMMITTED).';
GRANT EXECUTE ON FUNCTION session_group.repair() TO session_group_admin;
GRANT UPDATE ON SEQUENCE session_group.api_keys_id_seq TO session_group_admin;
