/* session_group: the ways to an identity. */

CREATE FUNCTION session_group.login(api_key text)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_login'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.login(text) IS
'Takes on the identity of an API key for the rest of the transaction, for SQL applications and psql.
SQLSTATE 28000 (unknown, revoked or expired key, inactive owner).';

CREATE FUNCTION session_group.assume_identity(
	user_uuid uuid, scopes text[], project_ids bigint[] DEFAULT NULL)
	RETURNS void
	AS 'MODULE_PATHNAME', 'session_group_assume_identity'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION session_group.assume_identity(uuid, text[], bigint[]) IS
'Takes on the identity of a user for the rest of the transaction, for trusted backends that have
authenticated the user themselves. The session''s login role must be a member of
session_group_gateway. scopes: session_recording:read, session_recording:write, *; project_ids:
null, or the only projects it is for. SQLSTATE 42501 (not the gateway), 28000 (unknown or inactive
user), 22004 (null).';

GRANT EXECUTE ON FUNCTION session_group.login(text)
	TO session_group_api, session_group_gateway;
GRANT EXECUTE ON FUNCTION session_group.assume_identity(uuid, text[], bigint[])
	TO session_group_gateway;
CREATE FUNCTION session_group.keys_changed()
	RETURNS trigger
	AS 'MODULE_PATHNAME', 'session_group_keys_changed'
	LANGUAGE C;
COMMENT ON FUNCTION session_group.keys_changed() IS
'Trigger of session_group.api_keys, users and members: has all backends forget the keys and people that they have read. Raises nothing of its own.';

-- On INSERT, too: a transaction may log in with a key that it has just made, and roll back. Always
-- (see below): logical replication changes keys, too.
CREATE TRIGGER api_keys_changed AFTER INSERT OR UPDATE OR DELETE ON session_group.api_keys
	FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER api_keys_emptied AFTER TRUNCATE ON session_group.api_keys
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER users_changed AFTER INSERT OR UPDATE OR DELETE ON session_group.users
	FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER users_emptied AFTER TRUNCATE ON session_group.users
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER members_changed AFTER INSERT OR UPDATE OR DELETE ON session_group.members
	FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed();
CREATE TRIGGER members_emptied AFTER TRUNCATE ON session_group.members
	FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed();
ALTER TABLE session_group.api_keys ENABLE ALWAYS TRIGGER api_keys_changed;
ALTER TABLE session_group.api_keys ENABLE ALWAYS TRIGGER api_keys_emptied;
ALTER TABLE session_group.users ENABLE ALWAYS TRIGGER users_changed;
ALTER TABLE session_group.users ENABLE ALWAYS TRIGGER users_emptied;
ALTER TABLE session_group.members ENABLE ALWAYS TRIGGER members_changed;
ALTER TABLE session_group.members ENABLE ALWAYS TRIGGER members_emptied;
