/* session_group: schemas and roles. */

\echo Use "CREATE EXTENSION session_group" to load this file. \quit

-- Text is UTF-8 everywhere, from the client to the disk. Another encoding would
-- need a conversion, which can fail, in every parser.
DO $$
BEGIN
	IF pg_catalog.current_setting('server_encoding') OPERATOR(pg_catalog.<>) 'UTF8' THEN
		RAISE EXCEPTION 'session_group needs a database with encoding UTF8, this one has %',
			pg_catalog.current_setting('server_encoding')
			USING ERRCODE = 'feature_not_supported',
				  HINT = 'Create a database with ENCODING ''UTF8'' TEMPLATE template0.';
	END IF;
END
$$;

-- Roles belong to the cluster: they are made if they are missing, and never
-- dropped with the extension. A role of that name that exists already must have
-- no more rights than ours, or whoever made it would get what is granted below.
-- It may have members, as after a reinstallation; a warning names them.
DO $$
DECLARE
	wanted pg_catalog.name;
	ours pg_catalog.name[] := ARRAY['session_group_anon', 'session_group_api',
									'session_group_gateway', 'session_group_admin'];
	found pg_catalog.pg_roles;
	holder pg_catalog.record;
BEGIN
	FOREACH wanted IN ARRAY ours
	LOOP
		SELECT r.* INTO found FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) wanted;
		IF found.oid IS NULL THEN
			EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
			CONTINUE;
		END IF;
		IF found.rolsuper OR found.rolbypassrls OR found.rolcreaterole OR found.rolcreatedb
			OR found.rolreplication OR found.rolcanlogin OR found.rolinherit
			OR EXISTS (SELECT FROM pg_catalog.pg_auth_members AS m
					   JOIN pg_catalog.pg_roles AS g ON g.oid OPERATOR(pg_catalog.=) m.roleid
					   WHERE m.member OPERATOR(pg_catalog.=) found.oid
					   AND g.rolname OPERATOR(pg_catalog.<>) ALL (ours[1:2]))
		THEN
			RAISE EXCEPTION 'role "%" exists with more rights than it may have', wanted
				USING ERRCODE = 'insufficient_privilege',
					  HINT = pg_catalog.format('Run ALTER ROLE %I NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION NOLOGIN NOINHERIT and revoke what it is a member of, or rename it.', wanted);
		END IF;
		FOR holder IN
			SELECT h.rolname, m.admin_option AND NOT h.rolsuper AS grants
			FROM pg_catalog.pg_auth_members AS m
			JOIN pg_catalog.pg_roles AS h ON h.oid OPERATOR(pg_catalog.=) m.member
			WHERE m.roleid OPERATOR(pg_catalog.=) found.oid
			AND h.rolname OPERATOR(pg_catalog.<>) 'session_group_gateway'
			ORDER BY 2 DESC, 1
		LOOP
			IF holder.grants THEN
				RAISE EXCEPTION 'role "%" exists, and "%" may grant it', wanted, holder.rolname
					USING ERRCODE = 'insufficient_privilege',
						  HINT = pg_catalog.format('REVOKE %I FROM %I, if it may not administer the extension.', wanted, holder.rolname);
			END IF;
			-- Where an extension in another database has the roles already, nobody is surprised.
			IF NOT EXISTS (SELECT FROM pg_catalog.pg_shdepend AS d
						   WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass
						   AND d.refobjid OPERATOR(pg_catalog.=) found.oid
						   AND d.dbid OPERATOR(pg_catalog.<>) 0)
			THEN
				RAISE WARNING 'role "%" existed, and "%" holds it', wanted, holder.rolname
					USING HINT = pg_catalog.format('REVOKE %I FROM %I, if it should not.', wanted, holder.rolname);
			END IF;
		END LOOP;
	END LOOP;
END
$$;

GRANT session_group_anon, session_group_api TO session_group_gateway;

COMMENT ON ROLE session_group_anon IS 'session_group: a request without identity; may call the gateway function only';
COMMENT ON ROLE session_group_api IS 'session_group: a request with an identity; its table rights are bounded by the policies';
COMMENT ON ROLE session_group_gateway IS 'session_group: login roles of PostgREST and of trusted backends are made members; may assert identities';
COMMENT ON ROLE session_group_admin IS 'session_group: administration of projects, users, members and API keys';

CREATE SCHEMA session_group;
COMMENT ON SCHEMA session_group IS 'session group summaries: tables, SQL functions, administration; never exposed to PostgREST';

CREATE SCHEMA session_group_api;
COMMENT ON SCHEMA session_group_api IS 'session group summaries: what PostgREST exposes (db-schemas)';

GRANT USAGE ON SCHEMA session_group
	TO session_group_anon, session_group_api, session_group_gateway, session_group_admin;
GRANT USAGE ON SCHEMA session_group_api
	TO session_group_anon, session_group_api, session_group_gateway, session_group_admin;
