/* session_group: pages of summaries in SQL. */

-- Both take the filters in the order of src/list/filters.c.
CREATE FUNCTION session_group.list_summaries(
	project_id bigint, row_limit integer DEFAULT 100, row_offset bigint DEFAULT 0,
	order_by text DEFAULT NULL, search text DEFAULT NULL, created_by uuid DEFAULT NULL,
	date_from text DEFAULT NULL, date_to text DEFAULT NULL, session_id text DEFAULT NULL,
	q text DEFAULT NULL, severity text DEFAULT NULL)
	RETURNS SETOF session_group.summaries
	AS 'MODULE_PATHNAME', 'session_group_list_summaries'
	LANGUAGE C STABLE ROWS 100;
COMMENT ON FUNCTION session_group.list_summaries IS
'A page of a project''s summaries. row_limit: 1 to session_group.max_page_size; row_offset: from 0;
order_by: created_at, title, session_count, id or created_by, each with an optional -, by default
-created_at, or the best first where q is given; search: substring of title, case-insensitive;
created_by: the creator''s uuid; date_from, date_to: ISO 8601 or relative (-7d), exclusive;
session_id: a session that the summary contains; q: words, "phrases", or, -without, in the title and
in the patterns'' names, descriptions and indicators; severity: critical, high, medium or low, or
several with commas between: at least one pattern has it. SQLSTATE 42501 (no read access), 22023
(bad limit, offset, order, severity), 22007 (bad date), 22004 (null project).';

CREATE FUNCTION session_group.count_summaries(
	project_id bigint, search text DEFAULT NULL, created_by uuid DEFAULT NULL,
	date_from text DEFAULT NULL, date_to text DEFAULT NULL, session_id text DEFAULT NULL,
	q text DEFAULT NULL, severity text DEFAULT NULL)
	RETURNS bigint
	AS 'MODULE_PATHNAME', 'session_group_count_summaries'
	LANGUAGE C STABLE;
COMMENT ON FUNCTION session_group.count_summaries IS
'The exact number of a project''s summaries that match the filters of session_group.list_summaries.
SQLSTATE 42501 (no read access), 22023 (bad severity), 22007 (bad date), 22004 (null project).';

CREATE FUNCTION session_group.parse_date_filter(value text, timezone text, now timestamptz)
	RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'session_group_parse_date_filter'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION session_group.parse_date_filter(text, text, timestamptz) IS
'What date_from and date_to mean: ISO 8601 (without an offset: wall-clock time in timezone) or
relative to now (-7d, -1mStart). SQLSTATE 22007 (not in the grammar or out of range), 22023 (unknown
time zone).';

GRANT EXECUTE ON FUNCTION
	session_group.list_summaries, session_group.count_summaries,
	session_group.parse_date_filter(text, text, timestamptz)
	TO session_group_api, session_group_admin;

