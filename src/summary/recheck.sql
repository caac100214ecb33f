/* session_group: what was proven must still hold when it is used to write. */

CREATE FUNCTION session_group.summaries_recheck()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_recheck'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_recheck() IS
'Trigger of session_group.summaries: refuses a write in a transaction whose key, user or membership was taken away after it had begun. SQLSTATE 28000.';
CREATE TRIGGER summaries_recheck BEFORE INSERT OR UPDATE OR DELETE ON session_group.summaries
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_recheck();
