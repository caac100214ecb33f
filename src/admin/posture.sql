/*
 * session_group: what an administrator asks to see whether the guards stand.
 *
 * One function for each concern, and posture() for all of them. They change
 * nothing and run as the caller: the catalogue is open to everybody. Their names
 * are resolved here, once; what is resolved when they run (the texts of policies,
 * the names of objects) is held to pg_catalog by the search_path of each.
 *
 * Severity: high, projects or keys are open, or a guard that kept them shut is
 * gone; medium, a guard is weaker than it was made; low, not as it should be.
 */

CREATE FUNCTION session_group.posture_roles()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	BEGIN ATOMIC
	WITH RECURSIVE
	own (name) AS (
		VALUES ('session_group_anon'), ('session_group_api'), ('session_group_gateway'), ('session_group_admin'), ('session_group_monitor')
	),
	-- Who may become whom. Since PostgreSQL 16 a membership may allow neither
	-- SET ROLE nor inheritance; it then gives no rights.
	membership AS (
		SELECT m.member, m.roleid FROM pg_auth_members m
		WHERE coalesce((to_jsonb(m) ->> 'set_option')::boolean OR (to_jsonb(m) ->> 'inherit_option')::boolean, true)
	),
	reach (member, roleid) AS (
		SELECT m.member, m.roleid FROM membership m
		UNION
		SELECT r.member, m.roleid FROM reach r JOIN membership m ON m.member = r.roleid
	),
	owner AS (
		SELECT n.nspowner AS oid FROM pg_namespace n WHERE n.nspname IN ('session_group', 'session_group_api')
		UNION
		SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('session_group', 'session_group_api')
		UNION
		SELECT f.proowner FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
		WHERE n.nspname IN ('session_group', 'session_group_api')
	),
	-- Roles that requests run as or begin with.
	client AS (
		SELECT r.oid, r.rolname, r.rolsuper, r.rolcanlogin, quote_ident(r.rolname) AS name,
			   EXISTS (SELECT FROM reach JOIN pg_roles g ON g.oid = reach.roleid
					   WHERE reach.member = r.oid AND g.rolname = 'session_group_gateway') AS of_gateway
		FROM pg_roles r
		WHERE EXISTS (SELECT FROM reach JOIN pg_roles g ON g.oid = reach.roleid
					  WHERE reach.member = r.oid
						  AND g.rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway'))
	),
	attribute AS (
		SELECT r.oid, r.rolname, a.name, a.weak
		FROM pg_roles r, LATERAL (VALUES
			('SUPERUSER', r.rolsuper, true), ('BYPASSRLS', r.rolbypassrls, true),
			('CREATEROLE', r.rolcreaterole, true), ('REPLICATION', r.rolreplication, true),
			('CREATEDB', r.rolcreatedb, false), ('LOGIN', r.rolcanlogin, false), ('INHERIT', r.rolinherit, false)
		) AS a (name, held, weak)
		WHERE a.held
	)
	SELECT 'high', 'role ' || o.name, 'The role is missing.',
		   format('CREATE ROLE %I NOLOGIN NOINHERIT; and grant it what the extension''s script does.', o.name)
	FROM own o WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = o.name)
	UNION ALL
	SELECT 'high', 'role ' || o.name,
		   format('The role has more than it may have: %s.', string_agg(a.name, ', ' ORDER BY a.name)),
		   format('ALTER ROLE %I %s;', o.name, string_agg('NO' || a.name, ' ' ORDER BY a.name))
	FROM own o JOIN attribute a ON a.rolname = o.name
	GROUP BY o.name
	UNION ALL
	SELECT 'high', 'role ' || o.name, format('The role is a member of %I.', g.rolname),
		   format('REVOKE %I FROM %I;', g.rolname, o.name)
	FROM own o JOIN pg_roles r ON r.rolname = o.name JOIN pg_auth_members m ON m.member = r.oid
		JOIN pg_roles g ON g.oid = m.roleid
	WHERE NOT (o.name = 'session_group_gateway' AND g.rolname IN ('session_group_anon', 'session_group_api'))
	UNION ALL
	SELECT 'medium', 'role ' || o.name, format('%I may grant the role, to itself or to anyone.', h.rolname),
		   format('REVOKE ADMIN OPTION FOR %I FROM %I;', o.name, h.rolname)
	FROM own o JOIN pg_roles r ON r.rolname = o.name JOIN pg_auth_members m ON m.roleid = r.oid AND m.admin_option
		JOIN pg_roles h ON h.oid = m.member
	WHERE NOT h.rolsuper
	UNION ALL
	SELECT 'high', 'role ' || c.name,
		   format('Requests come in as this role, and it can get round the policies: %s.', string_agg(a.name, ', ' ORDER BY a.name)),
		   format('ALTER ROLE %s %s;', c.name, string_agg('NO' || a.name, ' ' ORDER BY a.name))
	FROM client c JOIN attribute a ON a.oid = c.oid AND a.weak
	WHERE c.rolname NOT IN (SELECT name FROM own)
	GROUP BY c.name
	UNION ALL
	SELECT 'high', 'role ' || c.name,
		   'Requests come in as this role, and it owns objects of the extension: the policies do not bind an owner.',
		   format('REASSIGN OWNED BY %s TO …;', c.name)
	FROM client c WHERE c.oid IN (SELECT oid FROM owner)
	UNION ALL
	SELECT 'high', 'role ' || c.name,
		   format('Requests come in as this role, and it may become %I.', g.rolname),
		   format('REVOKE %I FROM %s, or from the role between them.', g.rolname, c.name)
	FROM client c JOIN reach ON reach.member = c.oid JOIN pg_roles g ON g.oid = reach.roleid
	WHERE c.rolname NOT IN (SELECT name FROM own)
		AND g.rolname NOT IN ('session_group_anon', 'session_group_api', 'session_group_gateway')
		AND (g.rolsuper OR g.rolbypassrls OR g.rolcreaterole OR g.oid IN (SELECT oid FROM owner)
			 OR g.rolname = 'session_group_admin')
	UNION ALL
	-- Predefined roles that reach past the policies, into other sessions, or into the files of the server.
	SELECT CASE WHEN c.oid IS NOT NULL THEN 'high' WHEN g.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files') THEN 'medium' ELSE 'low' END,
		   'role ' || quote_ident(r.rolname),
		   format('%s, and may become %I, %s.', CASE WHEN c.oid IS NOT NULL THEN 'Requests come in as this role' ELSE 'It may log in' END, g.rolname, p.power),
		   CASE WHEN EXISTS (SELECT FROM pg_auth_members d WHERE d.member = r.oid AND d.roleid = g.oid)
			   THEN format('REVOKE %I FROM %I;', g.rolname, r.rolname) ELSE format('REVOKE %I from the role between them.', g.rolname) END
	FROM reach JOIN pg_roles r ON r.oid = reach.member JOIN pg_roles g ON g.oid = reach.roleid
		LEFT JOIN client c ON c.oid = r.oid AND c.rolname NOT IN (SELECT name FROM own)
		JOIN (
			SELECT 'pg_execute_server_program', 'which runs programs as the server', false
			UNION ALL SELECT 'pg_read_server_files', 'which reads the files of the server', false
			UNION ALL SELECT 'pg_write_server_files', 'which writes the files of the server', false
			UNION ALL SELECT 'pg_read_all_data', 'which has a right on every table', false
			UNION ALL SELECT 'pg_write_all_data', 'which has a right on every table', false
			UNION ALL SELECT 'pg_maintain', 'which may lock every table', false
			UNION ALL SELECT 'pg_signal_backend', 'which ends other sessions', true
			UNION ALL SELECT 'pg_monitor', 'which sees the statements of other sessions', true
			UNION ALL SELECT 'pg_read_all_stats', 'which sees the statements of other sessions', true
			UNION ALL SELECT 'pg_read_all_settings', 'which sees settings that are not its own', true
			UNION ALL SELECT 'pg_stat_scan_tables', 'which may lock every table', true
			UNION ALL SELECT 'pg_checkpoint', 'which has the server write all that it holds', true
			UNION ALL SELECT 'pg_create_subscription', 'which connects to other servers', true
			UNION ALL SELECT 'pg_database_owner', 'which may make schemas', true
			UNION ALL SELECT 'pg_use_reserved_connections', 'which takes the administrators'' connections', true
		) AS p (role, power, of_clients) ON p.role = g.rolname
	WHERE NOT r.rolsuper AND (c.oid IS NOT NULL OR r.rolcanlogin AND NOT p.of_clients)
		-- What our own roles were given is reported above.
		AND (EXISTS (SELECT FROM pg_auth_members d WHERE d.member = r.oid AND d.roleid = g.oid)
			 OR NOT EXISTS (SELECT FROM reach o JOIN pg_roles w ON w.oid = o.member WHERE o.roleid = g.oid AND w.rolname IN (SELECT name FROM own)))
		AND NOT EXISTS (SELECT FROM reach o JOIN pg_roles m ON m.oid = o.roleid WHERE o.member = r.oid AND o.roleid <> g.oid AND m.rolname = 'pg_monitor' AND p.role IN ('pg_read_all_stats', 'pg_read_all_settings', 'pg_stat_scan_tables'))
	UNION ALL
	SELECT 'low', 'role ' || c.name,
		   'A login role of the gateway inherits: it has the rights of requests before any request has begun.',
		   format('ALTER ROLE %s NOINHERIT; and grant it session_group_gateway anew (PostgreSQL 16 and later: WITH INHERIT FALSE).', c.name)
	FROM client c, pg_roles g
	WHERE g.rolname = 'session_group_gateway' AND c.of_gateway AND c.rolcanlogin AND NOT c.rolsuper
		AND pg_has_role(c.oid, g.oid, 'USAGE');
	END;
COMMENT ON FUNCTION session_group.posture_roles() IS
'The part of session_group.posture() about roles: whether the extension''s five have no more rights
than they were made with, and whether any login could get round the policies: by an attribute, by a
role that it may become, or by one of PostgreSQL''s predefined roles. Raises nothing.';

CREATE FUNCTION session_group.posture_keys()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	BEGIN ATOMIC
	WITH key AS (
		SELECT k.id, k.mask, k.expires_at, u.is_active, coalesce(k.last_used_at, k.created_at) AS last_use
		FROM session_group.api_keys k JOIN session_group.users u ON u.id = k.user_id
		WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
	),
	found AS (
		SELECT 1 AS place, 'medium' AS severity, 'API keys of inactive users' AS object, k.id, k.mask,
			   'are valid again when the user is active again' AS finding,
			   'Revoke them: SELECT session_group.revoke_api_key(id);' AS remedy
		FROM key k WHERE NOT k.is_active
		UNION ALL
		SELECT 2, 'low', 'API keys without expiry', k.id, k.mask, 'are valid until somebody revokes them',
			   'Make new ones with expires_at and revoke these: SELECT session_group.revoke_api_key(id);'
		FROM key k WHERE k.expires_at IS NULL
		UNION ALL
		SELECT 3, 'low', 'unused API keys', k.id, k.mask, 'were not used for 90 days (reading counts as use where shared_preload_libraries has session_group)',
			   'Revoke what nobody needs: SELECT session_group.revoke_api_key(id);'
		-- Where there are several nodes, only the directory's records the use of keys.
		FROM key k WHERE k.last_use < now() - '90 days'::interval AND NOT EXISTS (SELECT FROM session_group.nodes)
	)
	SELECT f.severity, f.object,
		   format('%s %s: %s%s.', count(*), f.finding,
				  array_to_string((array_agg(format('id %s (%s)', f.id, f.mask) ORDER BY f.id))[1:5], ', '),
				  CASE WHEN count(*) > 5 THEN ', …' END),
		   f.remedy
	FROM found f
	GROUP BY f.place, f.severity, f.object, f.finding, f.remedy;
	END;
COMMENT ON FUNCTION session_group.posture_keys() IS
'The part of session_group.posture() about API keys that are neither revoked nor expired: those
without expiry, unused for 90 days, or of inactive users; a count and the first five of each kind.
Raises nothing.';

CREATE FUNCTION session_group.posture_settings()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	BEGIN ATOMIC
	WITH
	-- The settings looked at, with the value of each where nobody has set it.
	setting (name, normal) AS (
		VALUES ('log_statement', 'none'), ('log_min_duration_statement', '-1'), ('log_min_duration_sample', '-1'),
			   ('log_statement_sample_rate', '1'), ('log_transaction_sample_rate', '0'),
			   ('log_parameter_max_length', '-1'), ('log_parameter_max_length_on_error', '0'),
			   ('debug_print_parse', 'off'), ('debug_print_rewritten', 'off'), ('debug_print_plan', 'off'),
			   ('auto_explain.log_min_duration', '-1'), ('auto_explain.log_verbose', 'off'),
			   ('auto_explain.log_parameter_max_length', CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN '-1' ELSE '0' END),
			   ('pgaudit.log', 'none'), ('pgaudit.log_parameter', 'off'),
			   ('log_min_messages', 'warning'), ('auto_explain.log_level', 'log'),
			   ('row_security', 'on'), ('session_replication_role', 'origin')
	),
	-- ALTER ROLE … SET and ALTER DATABASE … SET, of this database and of roles
	-- that requests come in as.
	override AS (
		SELECT concat(' of role ' || nullif(s.setrole, 0)::regrole::text,
					  ' of database ' || quote_ident(d.datname)) AS scope,
			   lower(split_part(c, '=', 1)) AS name, substr(c, strpos(c, '=') + 1) AS value
		FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) AS c
		WHERE (s.setdatabase = 0 OR d.datname = current_database())
			AND (s.setrole = 0
				 OR lower(split_part(c, '=', 1)) = 'session_group.identity'
				 OR EXISTS (SELECT FROM pg_roles r, pg_roles g
							WHERE r.oid = s.setrole AND NOT r.rolsuper
								AND g.rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway')
								AND pg_has_role(r.oid, g.oid, 'MEMBER')))
	),
	scope (name) AS (
		SELECT '' UNION SELECT o.scope FROM override o
	),
	effective AS (
		SELECT s.name AS scope,
			   jsonb_object_agg(n.name, coalesce(o.value, nullif(current_setting(n.name, true), ''), n.normal)) AS v
		FROM scope s CROSS JOIN setting n LEFT JOIN override o ON o.scope = s.name AND o.name = n.name
		GROUP BY s.name
	),
	-- What logs statements, and whether with their parameters. A setting of a
	-- library that is not loaded takes any text from any role: whatever is not
	-- off counts as on.
	logger AS (
		SELECT e.scope, l.name, e.v ->> l.name AS value, l.parameters
		FROM effective e,
			LATERAL (SELECT e.v ->> 'log_parameter_max_length' !~ '^0' AS log,
							e.v ->> 'auto_explain.log_parameter_max_length' !~ '^0' OR e.v ->> 'auto_explain.log_verbose' !~* '^(of|f|n|0)' AS explain) AS p,
			LATERAL (
				SELECT 'log_statement', e.v ->> 'log_statement' = 'all', p.log
				UNION ALL SELECT 'log_min_duration_statement', e.v ->> 'log_min_duration_statement' !~ '^-', p.log
				UNION ALL SELECT 'log_min_duration_sample', e.v ->> 'log_min_duration_sample' !~ '^-' AND e.v ->> 'log_statement_sample_rate' !~ '^[0.]+$', p.log
				UNION ALL SELECT 'log_transaction_sample_rate', e.v ->> 'log_transaction_sample_rate' !~ '^[0.]+$', p.log
				UNION ALL SELECT 'log_parameter_max_length_on_error', e.v ->> 'log_parameter_max_length_on_error' !~ '^0', true
				UNION ALL SELECT 'debug_print_parse', e.v ->> 'debug_print_parse' !~* '^(of|f|n|0)', true
				UNION ALL SELECT 'debug_print_rewritten', e.v ->> 'debug_print_rewritten' !~* '^(of|f|n|0)', true
				UNION ALL SELECT 'debug_print_plan', e.v ->> 'debug_print_plan' !~* '^(of|f|n|0)', true
				UNION ALL SELECT 'auto_explain.log_min_duration', e.v ->> 'auto_explain.log_min_duration' !~ '^-', p.explain
				UNION ALL SELECT 'pgaudit.log', e.v ->> 'pgaudit.log' <> 'none', e.v ->> 'pgaudit.log_parameter' !~* '^(of|f|n|0)'
			) AS l (name, logs, parameters)
		WHERE l.logs
	)
	SELECT CASE WHEN l.parameters THEN 'high' ELSE 'low' END, 'setting ' || l.name || l.scope,
		   CASE WHEN l.parameters THEN format('%s writes the parameters of statements to the server''s log, and with them the API keys of requests.', l.value)
			   ELSE format('%s writes the text of statements to the server''s log, and with it the API keys that applications have put there.', l.value) END,
		   CASE WHEN NOT l.parameters THEN 'Call session_group.login() with its key as a parameter, or turn the setting off.'
			   WHEN l.name LIKE 'log\_%' AND l.name <> 'log_parameter_max_length_on_error' THEN 'Set log_parameter_max_length = 0, or turn the setting off.'
			   WHEN l.name LIKE 'auto\_explain.%' THEN 'Set auto_explain.log_parameter_max_length = 0 and auto_explain.log_verbose = off.'
			   WHEN l.name LIKE 'pgaudit.%' THEN 'Set pgaudit.log_parameter = off.'
			   ELSE 'Turn the setting off.' END
	FROM logger l
	WHERE l.scope = ''
		OR NOT EXISTS (SELECT FROM logger g WHERE g.scope = '' AND g.name = l.name AND g.parameters = l.parameters)
	UNION ALL
	SELECT s.severity, 'setting ' || s.name || e.scope, s.finding, 'Reset it.'
	FROM effective e,
		LATERAL (
			SELECT 'high', 'session_replication_role', e.v ->> 'session_replication_role' = 'replica',
			 'replica leaves triggers and foreign keys unchecked.'
			UNION ALL SELECT 'medium', 'log_min_messages', e.v ->> 'log_min_messages' IN ('fatal', 'panic'),
			 'The server writes no plans of statements; where a session asks for them (debug_print_plan), nothing keeps them from it.'
			UNION ALL SELECT 'medium', 'auto_explain.log_level', e.v ->> 'auto_explain.log_level' !~ '^(log|debug)',
			 'auto_explain sends plans to clients. Plans tell of the rows of all projects.'
			UNION ALL SELECT 'medium', 'row_security', e.v ->> 'row_security' ~* '^(of|f|n|0)',
			 'off makes statements fail where the policies would choose their rows, and dumps complete where they should not be.'
		) AS s (severity, name, wrong, finding)
	WHERE s.wrong
		AND (e.scope = '' OR EXISTS (SELECT FROM override o WHERE o.scope = e.scope AND o.name = s.name))
	UNION ALL
	SELECT 'high', 'setting ' || o.name || o.scope,
		   'Somebody tried to give sessions an identity. The library refuses it.', 'Reset it.'
	FROM override o WHERE o.name = 'session_group.identity'
	UNION ALL
	SELECT 'low', format('setting %s of role %I', t.name, r.rolname), t.finding, format('ALTER ROLE %I SET %s = ''%s'';', r.rolname, t.name, t.value)
	FROM pg_roles r,
		(VALUES ('statement_timeout', '30s', 'Requests come in as this role, and it has none: one statement, with a costly regular expression for example, holds its session for any time.'),
				('idle_in_transaction_session_timeout', '60s', 'Requests come in as this role, and it has none: a transaction that is left open keeps its locks, and its identity may read on after the key was revoked.')) AS t (name, value, finding)
	WHERE r.rolcanlogin AND NOT r.rolsuper
		AND EXISTS (SELECT FROM pg_roles g WHERE g.rolname IN ('session_group_api', 'session_group_gateway') AND pg_has_role(r.oid, g.oid, 'MEMBER'))
		AND coalesce((SELECT split_part(c, '=', 2)
					  FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) AS c
					  WHERE s.setrole IN (0, r.oid) AND (s.setdatabase = 0 OR d.datname = current_database())
						  AND lower(split_part(c, '=', 1)) = t.name
					  ORDER BY s.setrole DESC, s.setdatabase DESC LIMIT 1),
					 current_setting(t.name)) ~ '^0'
	UNION ALL
	SELECT 'low', 'setting shared_preload_libraries', 'session_group is not in it: until a session first calls the extension it may EXPLAIN and LOCK, and reading does not count as the use of a key.',
		   'Add session_group to shared_preload_libraries, and restart the server.'
	WHERE current_setting('session_group.preloaded', true) IS DISTINCT FROM 'on';
	END;
COMMENT ON FUNCTION session_group.posture_settings() IS
'The part of session_group.posture() about settings, as this session has them and as they are set for
this database and for the roles of requests: those that write API keys to the server''s log, that
switch policies or triggers off, that tried to set an identity, that hand plans to clients, and
logins without statement_timeout or idle_in_transaction_session_timeout. Raises nothing.';

CREATE FUNCTION session_group.posture_server(
	version integer DEFAULT pg_catalog.current_setting('server_version_num')::pg_catalog.int4)
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	BEGIN ATOMIC
	WITH
	-- "policies": the first release that plans anew when another role's policies
	-- apply (CVE-2024-10976); "statements": the first one that does so when a
	-- role has changed, and in which no statement is known to get out of its
	-- memory (CVE-2026-14666, CVE-2026-16239). docs/security.md has more.
	minimum (major, policies, statements) AS (
		VALUES (15, 150009, 150019), (16, 160005, 160015), (17, 170001, 170011), (18, 180000, 180006)
	)
	SELECT CASE WHEN posture_server.version < m.policies THEN 'high' ELSE 'medium' END,
		   format('server %s.%s', m.major, posture_server.version % 10000),
		   CASE WHEN posture_server.version < m.policies
			   THEN 'Plans can be reused with the policies of another role (CVE-2024-10976).'
			   ELSE 'Plans can outlive a change of roles (CVE-2026-14666), and whoever can run SQL can run code in the server (CVE-2026-16239).' END,
		   format('Update PostgreSQL to the newest release of %s, %s.%s at least.', m.major, m.major, m.statements % 10000)
	FROM minimum m
	WHERE m.major = posture_server.version / 10000 AND posture_server.version < m.statements
	UNION ALL
	SELECT 'high', 'database ' || quote_ident(d.datname),
		   format('Its encoding is %s: texts are checked and compared as UTF-8.', pg_encoding_to_char(d.encoding)),
		   'Move the data to a database with ENCODING ''UTF8''.'
	FROM pg_database d WHERE d.datname = current_database() AND pg_encoding_to_char(d.encoding) <> 'UTF8'
	UNION ALL
	SELECT 'medium', 'time zone ' || p.timezone,
		   format('This server does not know it: dates in filters count as UTC in %s %s.',
				  CASE count(*) WHEN 1 THEN 'project' ELSE 'projects' END,
				  array_to_string((array_agg(p.id ORDER BY p.id))[1:5], ', ') || CASE WHEN count(*) > 5 THEN ', …' ELSE '' END),
		   'Install the zones'' older names (tzdata-legacy, from Debian 13 on) and restart the server, or choose another by session_group.set_project_timezone().'
	FROM session_group.projects p WHERE NOT session_group.is_timezone(p.timezone)
	GROUP BY p.timezone;
	END;
COMMENT ON FUNCTION session_group.posture_server(integer) IS
'The part of session_group.posture() about the server: whether its release (server_version_num) has
the fixes that isolation needs, the database is UTF-8, and the server knows the time zones of all
projects. Raises nothing.';

CREATE FUNCTION session_group.posture()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	BEGIN ATOMIC
	SELECT p.severity, p.object, p.finding, p.remedy
	FROM (SELECT * FROM session_group.posture_objects()
		  UNION ALL SELECT * FROM session_group.posture_outside()
		  UNION ALL SELECT * FROM session_group.posture_rights()
		  UNION ALL SELECT * FROM session_group.posture_roles()
		  UNION ALL SELECT * FROM session_group.posture_keys()
		  UNION ALL SELECT * FROM session_group.posture_settings()
		  UNION ALL SELECT * FROM session_group.posture_server()) AS p
	ORDER BY array_position(ARRAY['high', 'medium', 'low'], p.severity), p.object, p.finding;
	END;
COMMENT ON FUNCTION session_group.posture() IS
'Checks whether the guards of this database are in place: the extension''s objects, ways around them,
rights, roles, keys, settings, the server. No rows: nothing is wrong. severity: high, medium or low;
object: what it is about; finding: what is wrong; remedy: how to mend it. Changes nothing, raises
nothing.';

GRANT EXECUTE ON FUNCTION
	session_group.posture(), session_group.posture_objects(), session_group.posture_outside(),
	session_group.posture_rights(), session_group.posture_roles(), session_group.posture_keys(),
	session_group.posture_settings(), session_group.posture_server(integer),
	session_group.objects(), session_group.made_objects()
	TO session_group_admin;
