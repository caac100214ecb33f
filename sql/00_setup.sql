-- The extension installs, drops and installs again; the roles stay.
CREATE EXTENSION session_group;
DROP EXTENSION session_group;
SELECT rolname, rolcanlogin, rolsuper, rolbypassrls FROM pg_roles
WHERE rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway', 'session_group_admin')
ORDER BY 1;
SELECT count(*) AS left_behind FROM pg_namespace WHERE nspname LIKE 'session_group%';
CREATE EXTENSION session_group;

-- try() shows an error as its SQLSTATE, message and hint; the tests that follow use it.
CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
	message text;
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	message := regexp_replace(message, '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}', 'ID');
	RETURN concat_ws(' | ', state, message, nullif(hint, ''));
END
$$;
