-- The extension installs, drops and installs again; the roles stay.
CREATE EXTENSION session_group;
DROP EXTENSION session_group;
SELECT rolname, rolcanlogin, rolsuper, rolbypassrls FROM pg_roles
WHERE rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway', 'session_group_admin')
ORDER BY 1;
SELECT count(*) AS left_behind FROM pg_namespace WHERE nspname LIKE 'session_group%';
CREATE EXTENSION session_group;
