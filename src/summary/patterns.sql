/* session_group: the patterns in summaries. */

CREATE FUNCTION session_group.summary_patterns(summary jsonb)
	RETURNS TABLE ("position" integer, pattern_id bigint, name text, description text, severity text,
				   indicators text[], sessions_affected bigint, occurrences bigint,
				   sessions_affected_ratio numeric, segments_success_ratio numeric,
				   examples integer)
	AS 'MODULE_PATHNAME', 'session_group_summary_patterns'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 5;
COMMENT ON FUNCTION session_group.summary_patterns(jsonb) IS
'The patterns in a summary, a row each. summary: an object with an array "patterns", or a JSON string
that holds one. position: in that array, from 1; severity: critical, high, medium, low or null;
indicators: those that are strings; counts: whole numbers or null; ratios: from 0 to 1 or null;
examples: how many events there are. What is of another type counts as absent: broken summaries give
no rows, or nulls in them. Raises nothing.';

CREATE FUNCTION session_group.pattern_description(summary jsonb, "position" integer)
	RETURNS text
	AS 'MODULE_PATHNAME', 'session_group_pattern_description'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION session_group.pattern_description(jsonb, integer) IS
'The description of the pattern at a place in a summary, from 1: as session_group.summary_patterns() gives it, or null. Raises nothing.';

CREATE FUNCTION session_group.pattern_indicators(summary jsonb, "position" integer)
	RETURNS text[]
	AS 'MODULE_PATHNAME', 'session_group_pattern_indicators'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION session_group.pattern_indicators(jsonb, integer) IS
'The indicators of the pattern at a place in a summary, from 1: as session_group.summary_patterns()
gives them, or null where there is no pattern. Raises nothing.';

-- The summaries are read for their titles and texts, and because their policies say what is seen.
CREATE VIEW session_group.patterns WITH (security_invoker = true) AS
	SELECT r.project_id, r.summary_id, s.title AS summary_title, r.created_at,
		   r."position", r.pattern_id, r.name,
		   session_group.pattern_description(s.summary, r."position") AS description, r.severity,
		   session_group.pattern_indicators(s.summary, r."position") AS indicators,
		   r.sessions_affected, r.occurrences, r.sessions_affected_ratio,
		   r.segments_success_ratio, r.examples
	FROM session_group.pattern_rows r
		JOIN session_group.summaries s
			ON s.project_id OPERATOR(pg_catalog.=) r.project_id AND s.id OPERATOR(pg_catalog.=) r.summary_id
	UNION ALL
	SELECT q.project_id, q.summary_id, s.title, s.created_at,
		   p."position", p.pattern_id, p.name, p.description, p.severity, p.indicators,
		   p.sessions_affected, p.occurrences, p.sessions_affected_ratio,
		   p.segments_success_ratio, p.examples
	FROM session_group.pending_rows q
		-- One by one, few as they are: no other plan is as good.
		CROSS JOIN LATERAL (
			SELECT t.title, t.created_at, t.summary FROM session_group.summaries t
			WHERE t.project_id OPERATOR(pg_catalog.=) q.project_id
				AND t.id OPERATOR(pg_catalog.=) q.summary_id OFFSET 0) s
		CROSS JOIN LATERAL session_group.summary_patterns(s.summary) p;
COMMENT ON VIEW session_group.patterns IS 'The patterns in all summaries that the caller may read, a row each, as session_group.summary_patterns() reads them. Descriptions and indicators are read from the summaries: ask for a project, and for a time, or leave them out.';

-- For PostgREST clients.
CREATE VIEW session_group_api.session_group_patterns WITH (security_invoker = true) AS
	SELECT project_id, summary_id, summary_title, created_at, "position", pattern_id, name,
		   description, severity, indicators, sessions_affected, occurrences,
		   sessions_affected_ratio, segments_success_ratio, examples
	FROM session_group.patterns;
COMMENT ON VIEW session_group_api.session_group_patterns IS 'The patterns in the summaries of the projects that the request may read, a row each; read-only. Ask for a project, and for a time.';

DO $$
DECLARE
	relation text;
	"column" text[];
BEGIN
	FOREACH relation IN ARRAY '{session_group.patterns,session_group_api.session_group_patterns}'::text[] LOOP
		FOREACH "column" SLICE 1 IN ARRAY ARRAY[
			['project_id', 'The project'],
			['summary_id', 'The summary''s id'],
			['summary_title', 'The summary''s title'],
			['created_at', 'When the summary was made'],
			['position', 'Place in the summary''s list, from 1'],
			['pattern_id', 'The number that the language model gave it, or null'],
			['name', 'Its name, or null'],
			['description', 'What happens, or null'],
			['severity', 'critical, high, medium, low or null'],
			['indicators', 'What to know it by; empty if there are none'],
			['sessions_affected', 'Sessions that have it, or null'],
			['occurrences', 'How often it happened, or null'],
			['sessions_affected_ratio', 'Share of the summary''s sessions that have it, from 0 to 1, or null'],
			['segments_success_ratio', 'Share of the segments with it that ended well, from 0 to 1, or null'],
			['examples', 'How many events are told of']]
		LOOP
			EXECUTE pg_catalog.format('COMMENT ON COLUMN %s.%I IS %L', relation, "column"[1], "column"[2]);
		END LOOP;
	END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION session_group.summary_patterns(jsonb),
	session_group.pattern_description(jsonb, integer), session_group.pattern_indicators(jsonb, integer)
	TO session_group_api, session_group_admin;
GRANT SELECT ON session_group.patterns TO session_group_api, session_group_admin;
GRANT SELECT ON session_group_api.session_group_patterns TO session_group_api;
