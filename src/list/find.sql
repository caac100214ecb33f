/* session_group: indexes that find summaries by what they say. */

CREATE FUNCTION session_group.title_keys(project_id bigint, title text)
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_title_keys'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION session_group.title_keys(bigint, text) IS
'Keys of an index: hashes of the project and of each three characters of the title in lower case
whose last two are no blanks, and of its English lexemes, sorted. Raises nothing.';

CREATE FUNCTION session_group.session_keys(project_id bigint, session_ids text[])
	RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'session_group_session_keys'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION session_group.session_keys(bigint, text[]) IS
'Keys of an index: hashes of the project and of each session id, sorted. Raises nothing.';

CREATE FUNCTION session_group.summary_words(project_id bigint, title text, summary jsonb)
	RETURNS tsvector
	AS 'MODULE_PATHNAME', 'session_group_summary_words'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION session_group.summary_words(bigint, text, jsonb) IS
'The words of a summary: the English lexemes, each with the project in front, of the title (weight A) and
of the patterns'' names (B), descriptions (C) and indicators (D), the first 64 kB of them. summary:
an object, or one encoded in a JSON string. Null for a null project. Raises nothing.';

CREATE FUNCTION session_group.document_words(project_id bigint, summary jsonb)
	RETURNS tsvector
	AS 'MODULE_PATHNAME', 'session_group_document_words'
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION session_group.document_words(bigint, jsonb) IS
'Keys of an index: those of session_group.summary_words() that are not of the title. Null for a null project. Raises nothing.';

-- Whoever writes a summary computes its keys.
GRANT EXECUTE ON FUNCTION
	session_group.title_keys(bigint, text),
	session_group.session_keys(bigint, text[]),
	session_group.summary_words(bigint, text, jsonb),
	session_group.document_words(bigint, jsonb)
	TO session_group_api, session_group_admin;

-- No index here is of titles, which are in session_group.title_rows: a new title leaves these as they are.
-- What is not merged into an index yet is read as a whole by each search, and merged by whoever fills
-- the list. Of words there are hundreds in a document. Documents of 8 kB, 3000 summaries, milliseconds
-- of the processor for a create, WAL of it, and a count of a word beside a full list:
--   64 kB: p50 1.9, p98 9, longest 11, 140 kB, 0.4   256 kB: 1.8, 19, 20, 111 kB, 0.5
--   1 MB: 1.9, 2.8, 52, 80 kB, 0.6   4 MB: 2.3, 3.0, 214, 64 kB, 1.0   no list: 3.4, 5, 17, 166 kB, 0.8
CREATE INDEX summaries_by_session_keys ON session_group.summaries
	USING gin (session_group.session_keys(project_id, session_ids)) WITH (gin_pending_list_limit = 256);
CREATE INDEX summaries_by_document_words ON session_group.summaries
	USING gin (session_group.document_words(project_id, summary)) WITH (gin_pending_list_limit = 1024);
