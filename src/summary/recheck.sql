/* session_group: what was proven must still hold when it is used to write. */

CREATE FUNCTION session_group.summaries_recheck()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_summaries_recheck'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.summaries_recheck() IS
'Triggers of session_group.summaries, before and after each statement: refuse a write whose key, user or membership was taken away after the transaction had begun, or while the statement ran. SQLSTATE 28000.';
CREATE TRIGGER summaries_recheck BEFORE INSERT OR UPDATE OR DELETE ON session_group.summaries
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_recheck();
CREATE TRIGGER summaries_recheck_after AFTER INSERT OR UPDATE OR DELETE ON session_group.summaries
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_recheck();
