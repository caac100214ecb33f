/* session_group: indexes that find summaries by what they say. */

CREATE FUNCTION session_group.title_keys(project_id bigint, title text)
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_title_keys'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION session_group.title_keys(bigint, text) IS
'Keys of an index: hashes of the project and of each three characters of the title in lower case, sorted. Raises nothing.';

CREATE FUNCTION session_group.session_keys(project_id bigint, session_ids text[])
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_session_keys'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION session_group.session_keys(bigint, text[]) IS
'Keys of an index: hashes of the project and of each session id, sorted. Raises nothing.';

CREATE FUNCTION session_group.summary_words(project_id bigint, title text, summary jsonb)
	RETURNS tsvector
	AS 'MODULE_PATHNAME', 'session_group_summary_words'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
COMMENT ON FUNCTION session_group.summary_words(bigint, text, jsonb) IS
'Keys of an index: the English lexemes, each with the project in front, of the title (weight A) and
of the patterns'' names (B), descriptions (C) and indicators (D), the first 64 kB of them. summary:
an object, or one encoded in a JSON string. Null for a null project. Raises nothing.';

-- Whoever writes a summary computes its keys.
GRANT EXECUTE ON FUNCTION
	session_group.title_keys(bigint, text),
	session_group.session_keys(bigint, text[]),
	session_group.summary_words(bigint, text, jsonb)
	TO session_group_api, session_group_admin;

-- What is not merged into an index yet is read as a whole by each search: little.
CREATE INDEX summaries_by_title_keys ON session_group.summaries
	USING gin (session_group.title_keys(project_id, title)) WITH (gin_pending_list_limit = 256);
CREATE INDEX summaries_by_session_keys ON session_group.summaries
	USING gin (session_group.session_keys(project_id, session_ids)) WITH (gin_pending_list_limit = 256);
CREATE INDEX summaries_by_words ON session_group.summaries
	USING gin (session_group.summary_words(project_id, title, summary)) WITH (gin_pending_list_limit = 256);
