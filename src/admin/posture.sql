/*
 * session_group: what an administrator asks to see whether the guards stand.
 *
 * One function for each concern, and posture() for all of them. They change
 * nothing and run as the caller, to whom the catalogue tells enough. Names are
 * resolved here, once, in pg_catalog; what is left to run time (the texts of
 * policies, the names of objects) is pinned by the search_path of each.
 *
 * Severity: high, projects or keys are open, or a guard that kept them shut is
 * gone; medium, a guard is weaker than it was made; low, not as one would want.
 */

CREATE FUNCTION session_group.posture_tables()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH relation AS (
		SELECT c.oid, c.relkind, c.relrowsecurity, c.oid::regclass::text AS name
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('session_group', 'session_group_api')
	),
	-- Views and materialized views, wherever they are, that read our relations.
	reader AS (
		SELECT DISTINCT c.oid::regclass::text AS name, c.relkind, c.relowner,
			   c.oid IN (SELECT oid FROM relation) AS ours, c.relacl IS NOT NULL AS granted,
			   EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
					   WHERE o.option_name = 'security_invoker' AND o.option_value::boolean) AS invoker
		FROM pg_depend d
			JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
			JOIN pg_class c ON c.oid = r.ev_class
		WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid IN (SELECT oid FROM relation)
			AND c.relkind IN ('v', 'm')
	),
	expected_trigger (definition) AS (
		VALUES ('CREATE TRIGGER members_to_users AFTER INSERT OR DELETE OR UPDATE ON session_group.members FOR EACH ROW EXECUTE FUNCTION session_group.members_to_users()'),
			   ('CREATE TRIGGER members_to_no_users AFTER TRUNCATE ON session_group.members FOR EACH STATEMENT EXECUTE FUNCTION session_group.members_to_users()'),
			   ('CREATE TRIGGER api_keys_changed AFTER INSERT OR DELETE OR UPDATE ON session_group.api_keys FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER api_keys_emptied AFTER TRUNCATE ON session_group.api_keys FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER users_changed AFTER INSERT OR DELETE OR UPDATE ON session_group.users FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER users_emptied AFTER TRUNCATE ON session_group.users FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER members_changed AFTER INSERT OR DELETE OR UPDATE ON session_group.members FOR EACH ROW EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER members_emptied AFTER TRUNCATE ON session_group.members FOR EACH STATEMENT EXECUTE FUNCTION session_group.keys_changed()'),
			   ('CREATE TRIGGER summaries_before_write BEFORE INSERT OR UPDATE ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION session_group.summaries_before_write()'),
			   ('CREATE TRIGGER summaries_count AFTER INSERT OR DELETE ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION session_group.summaries_count()'),
			   ('CREATE TRIGGER summaries_counted AFTER INSERT OR DELETE ON session_group.summaries FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_counted()'),
			   ('CREATE TRIGGER summaries_uncount AFTER TRUNCATE ON session_group.summaries FOR EACH STATEMENT EXECUTE FUNCTION session_group.summaries_uncount()'),
			   ('CREATE TRIGGER summaries_record AFTER INSERT OR DELETE OR UPDATE ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION session_group.summaries_record()'),
			   ('CREATE TRIGGER activity_before_insert BEFORE INSERT ON session_group.activity FOR EACH ROW EXECUTE FUNCTION session_group.activity_before_insert()'),
			   ('CREATE TRIGGER projects_forget_activity AFTER DELETE ON session_group.projects FOR EACH ROW EXECUTE FUNCTION session_group.projects_forget_activity()'),
			   ('CREATE TRIGGER projects_forget_all_activity AFTER TRUNCATE ON session_group.projects FOR EACH STATEMENT EXECUTE FUNCTION session_group.projects_forget_activity()')
	)
	SELECT 'high', 'table ' || r.name,
		   'Row-level security is off: whoever has a right on the table has it in all projects.',
		   format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', r.name)
	FROM relation r WHERE r.relkind IN ('r', 'p') AND NOT r.relrowsecurity
	UNION ALL
	SELECT 'high', 'relation ' || r.name,
		   'A foreign table cannot have policies.',
		   'Move it to another schema and grant it to no role of the API.'
	FROM relation r WHERE r.relkind = 'f'
	UNION ALL
	SELECT CASE WHEN r.ours THEN 'high' ELSE 'medium' END, 'view ' || r.name,
		   format('It reads tables of the extension with the rights of its owner %s, not of who asks.', r.relowner::regrole),
		   CASE r.relkind WHEN 'v' THEN format('ALTER VIEW %s SET (security_invoker = true);', r.name)
			   ELSE format('DROP MATERIALIZED VIEW %s, or grant it to nobody who may not see all projects.', r.name) END
	FROM reader r WHERE NOT r.invoker AND (r.ours OR r.granted)
	UNION ALL
	SELECT 'high', format('rule %I on %s', w.rulename, r.name),
		   'A rule rewrites statements on the table, with the rights of its owner.',
		   format('DROP RULE %I ON %s;', w.rulename, r.name)
	FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid
	WHERE w.rulename <> '_RETURN'
	UNION ALL
	SELECT 'high', substring(e.definition, 'TRIGGER (\w+) ') || ' on ' || substring(e.definition, ' ON (\S+) '),
		   'The trigger is missing or changed: what is written is not validated or not recorded.',
		   e.definition || ';'
	FROM expected_trigger e
	WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE pg_get_triggerdef(t.oid) = e.definition)
	UNION ALL
	-- Those of foreign keys are triggers, too, and are many: one row a table.
	SELECT 'high', 'triggers of ' || r.name,
		   format('%s of its triggers are disabled: values or foreign keys are not checked.', count(*)),
		   format('ALTER TABLE %s ENABLE TRIGGER ALL;', r.name)
	FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid
	WHERE t.tgenabled IN ('D', 'R')
	GROUP BY r.name;
	END;
COMMENT ON FUNCTION session_group.posture_tables() IS
'The part of session_group.posture() about tables, views, rules and triggers: row-level security on, views security_invoker, no rules, all triggers enabled. Raises nothing.';

CREATE FUNCTION session_group.posture_policies()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH
	-- The conditions without blanks and parentheses, in which majors may differ.
	expected ("table", policy, command, role, reads, writes) AS (
		VALUES ('projects', 'projects_read', 'r', 'session_group_api', 'id=ANYsession_group.readable_project_ids', NULL),
			   ('users', 'users_read', 'r', 'session_group_api', 'project_ids&&session_group.readable_project_ids', NULL),
			   ('members', 'members_read', 'r', 'session_group_api', 'project_id=ANYsession_group.readable_project_ids', NULL),
			   ('summaries', 'summaries_read', 'r', 'session_group_api', 'project_id=ANYsession_group.readable_project_ids', NULL),
			   ('summaries', 'summaries_create', 'a', 'session_group_api', NULL, 'project_id=ANYsession_group.writable_project_ids'),
			   ('summaries', 'summaries_update', 'w', 'session_group_api', 'project_id=ANYsession_group.writable_project_ids', 'project_id=ANYsession_group.writable_project_ids'),
			   ('summaries', 'summaries_delete', 'd', 'session_group_api', 'project_id=ANYsession_group.writable_project_ids', NULL),
			   ('projects', 'projects_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('users', 'users_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('members', 'members_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('api_keys', 'api_keys_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('summaries', 'summaries_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('idempotency_keys', 'idempotency_keys_administer', '*', 'session_group_admin', 'true', 'true'),
			   ('summary_counts', 'summary_counts_read', 'r', 'session_group_api', 'project_id=ANYsession_group.readable_project_ids', NULL),
			   ('summary_counts', 'summary_counts_administer', 'r', 'session_group_admin', 'true', NULL),
			   ('activity', 'activity_read', 'r', 'session_group_api', 'project_id=ANYsession_group.readable_project_ids', NULL),
			   ('activity', 'activity_administer', 'r', 'session_group_admin', 'true', NULL)
	),
	present AS (
		SELECT n.nspname = 'session_group' AS ours, c.relname, c.oid::regclass::text AS "table", p.polname AS policy,
			   p.polpermissive AS permissive,
			   jsonb_build_array(p.polcmd,
					ARRAY(SELECT coalesce(r.rolname, 'public') FROM unnest(p.polroles) AS o (oid)
						  LEFT JOIN pg_roles r ON r.oid = o.oid ORDER BY 1),
					translate(pg_get_expr(p.polqual, p.polrelid), E'() \n', ''),
					translate(pg_get_expr(p.polwithcheck, p.polrelid), E'() \n', '')) AS content
		FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('session_group', 'session_group_api')
	)
	SELECT CASE WHEN p.policy IS NULL THEN 'medium' ELSE 'high' END,
		   format('policy %I on session_group.%I', e.policy, e."table"),
		   CASE WHEN p.policy IS NULL THEN 'The policy is missing: those whom it let in find nothing.'
			   ELSE 'The policy is not as the extension made it.' END,
		   'Create it again as the extension''s script does.'
	FROM expected e LEFT JOIN present p ON p.ours AND p.relname = e."table" AND p.policy = e.policy
	WHERE p.policy IS NULL OR NOT p.permissive
		OR p.content <> jsonb_build_array(e.command, ARRAY[e.role], e.reads, e.writes)
	UNION ALL
	SELECT CASE WHEN p.permissive THEN 'high' ELSE 'low' END,
		   format('policy %I on %s', p.policy, p."table"),
		   CASE WHEN p.permissive THEN 'A policy was added. Policies add up: it opens rows that the others keep shut.'
			   ELSE 'A restrictive policy was added: it hides rows from those who may see them.' END,
		   format('DROP POLICY %I ON %s;', p.policy, p."table")
	FROM present p
	WHERE NOT EXISTS (SELECT FROM expected e WHERE p.ours AND p.relname = e."table" AND p.policy = e.policy);
	END;
COMMENT ON FUNCTION session_group.posture_policies() IS
'The part of session_group.posture() about policies: each as the extension made it, and no others. Raises nothing.';

CREATE FUNCTION session_group.posture_functions()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH function AS (
		SELECT f.proname, f.prosecdef, f.proleakproof, f.proconfig, f.probin, f.prosrc, l.lanname,
			   f.oid::regprocedure::text AS name,
			   EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
					   WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e'
						   AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'session_group') AS ours
		FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace JOIN pg_language l ON l.oid = f.prolang
		WHERE n.nspname IN ('session_group', 'session_group_api')
	),
	-- What policies and triggers rest on, and the doors.
	expected (name) AS (
		VALUES ('session_group.readable_project_ids()'), ('session_group.writable_project_ids()'),
			   ('session_group.current_user_id()'), ('session_group.login(text)'),
			   ('session_group.assume_identity(uuid,text[],bigint[])'), ('session_group.authenticate()'),
			   ('session_group.members_to_users()'), ('session_group.keys_changed()'), ('session_group.summaries_before_write()'),
			   ('session_group.summaries_count()'), ('session_group.summaries_counted()'),
			   ('session_group.summaries_uncount()'),
			   ('session_group.summaries_record()'), ('session_group.activity_before_insert()'),
			   ('session_group.projects_forget_activity()'),
			   ('session_group_api.http()'), ('session_group_api.http(bytea)')
	)
	SELECT 'high', 'function ' || f.name,
		   'It runs with the rights of its owner (SECURITY DEFINER) under the caller''s search_path.',
		   format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp;', f.name)
	FROM function f
	WHERE f.prosecdef AND NOT coalesce(f.proconfig, '{}') && ARRAY['search_path=pg_catalog, pg_temp']
	UNION ALL
	SELECT 'medium', 'function ' || f.name,
		   'It claims to be leakproof: the planner may run it before the policies have chosen the rows.',
		   format('ALTER FUNCTION %s NOT LEAKPROOF;', f.name)
	FROM function f WHERE f.proleakproof
	UNION ALL
	SELECT 'medium', 'function ' || f.name,
		   'PostgREST takes the isolation level of requests from it. Above read committed, COMMIT raises 40001, which no function can answer and PostgREST repeats.',
		   format('ALTER FUNCTION %s RESET default_transaction_isolation;', f.name)
	FROM function f, unnest(f.proconfig) AS c
	WHERE f.name LIKE 'session\_group\_api.%' AND lower(c) LIKE 'default\_transaction\_isolation=%'
	UNION ALL
	SELECT 'high', 'function ' || e.name,
		   'It is missing, or other code took its place: policies and triggers rest on it.',
		   'Install the extension anew in another database and move the data there.'
	FROM expected e
	WHERE NOT EXISTS (SELECT FROM function f
					  WHERE f.name = e.name AND f.ours AND f.lanname = 'c' AND f.probin = '$libdir/session_group'
						  AND f.prosrc = 'session_group_' || f.proname);
	END;
COMMENT ON FUNCTION session_group.posture_functions() IS
'The part of session_group.posture() about functions: none with its owner''s rights under another''s search_path, none leakproof, none with an isolation level for requests, and behind policies, triggers and doors the code of the library. Raises nothing.';

CREATE FUNCTION session_group.posture_rights()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH
	-- What the roles of requests hold; PUBLIC holds nothing. Names in "names"
	-- are columns where "of" is a relation.
	expected (role, privilege, kind, "of", names) AS (
		VALUES ('session_group_anon', 'USAGE', 'schema', NULL, ARRAY['session_group', 'session_group_api']),
			   ('session_group_api', 'USAGE', 'schema', NULL, ARRAY['session_group', 'session_group_api']),
			   ('session_group_gateway', 'USAGE', 'schema', NULL, ARRAY['session_group', 'session_group_api']),

			   ('session_group_api', 'SELECT', 'table', NULL, ARRAY['session_group.summaries', 'session_group.patterns', 'session_group.stats', 'session_group_api.session_group_summaries', 'session_group_api.session_group_patterns', 'session_group_api.project_users']),
			   ('session_group_api', 'DELETE', 'table', NULL, ARRAY['session_group.summaries', 'session_group_api.session_group_summaries']),
			   ('session_group_api', 'INSERT', 'column', 'session_group.summaries', ARRAY['project_id', 'title', 'session_ids', 'summary', 'extra_summary_context', 'run_metadata']),
			   ('session_group_api', 'UPDATE', 'column', 'session_group.summaries', ARRAY['title', 'session_ids', 'summary', 'extra_summary_context', 'run_metadata']),
			   ('session_group_api', 'INSERT', 'column', 'session_group_api.session_group_summaries', ARRAY['project_id', 'title', 'session_ids', 'summary', 'extra_summary_context', 'run_metadata']),
			   ('session_group_api', 'UPDATE', 'column', 'session_group_api.session_group_summaries', ARRAY['title', 'session_ids', 'summary', 'extra_summary_context', 'run_metadata']),
			   ('session_group_api', 'SELECT', 'column', 'session_group.projects', ARRAY['id', 'name', 'timezone']),
			   ('session_group_api', 'SELECT', 'column', 'session_group.users', ARRAY['id', 'uuid', 'distinct_id', 'first_name', 'last_name', 'email', 'is_email_verified', 'hedgehog_config', 'role_at_organization']),
			   ('session_group_api', 'SELECT', 'column', 'session_group.members', ARRAY['project_id', 'user_id']),
			   ('session_group_api', 'SELECT', 'column', 'session_group.summary_counts', ARRAY['project_id', 'number']),
			   ('session_group_api', 'SELECT', 'column', 'session_group.activity', ARRAY['project_id', 'seq', 'summary_id', 'activity', 'user_id', 'api_key', 'how', 'request_id', 'changes', 'at']),

			   ('session_group_anon', 'EXECUTE', 'function', NULL, ARRAY['session_group_api.http()', 'session_group_api.http(bytea)', 'session_group.authenticate()']),
			   ('session_group_api', 'EXECUTE', 'function', NULL, ARRAY['session_group_api.http()', 'session_group_api.http(bytea)', 'session_group.authenticate()']),
			   ('session_group_gateway', 'EXECUTE', 'function', NULL, ARRAY['session_group_api.http()', 'session_group_api.http(bytea)', 'session_group.authenticate()']),
			   ('session_group_api', 'EXECUTE', 'function', NULL, ARRAY['session_group.login(text)']),
			   ('session_group_gateway', 'EXECUTE', 'function', NULL, ARRAY['session_group.login(text)', 'session_group.assume_identity(uuid,text[],bigint[])']),
			   ('session_group_anon', 'EXECUTE', 'function', NULL, ARRAY['session_group.readable_project_ids()', 'session_group.writable_project_ids()', 'session_group.current_user_id()', 'session_group.current_identity()']),
			   ('session_group_api', 'EXECUTE', 'function', NULL, ARRAY['session_group.readable_project_ids()', 'session_group.writable_project_ids()', 'session_group.current_user_id()', 'session_group.current_identity()']),
			   ('session_group_gateway', 'EXECUTE', 'function', NULL, ARRAY['session_group.readable_project_ids()', 'session_group.writable_project_ids()', 'session_group.current_user_id()', 'session_group.current_identity()']),
			   ('session_group_api', 'EXECUTE', 'function', NULL, ARRAY[
				   'session_group.create_summary(bigint,text,text[],jsonb,jsonb,jsonb)', 'session_group.get_summary(bigint,uuid)',
				   'session_group.update_summary(bigint,uuid,jsonb,bigint)', 'session_group.delete_summary(bigint,uuid,bigint)',
				   'session_group.list_summaries(bigint,integer,bigint,text,text,uuid,text,text,text,text)', 'session_group.count_summaries(bigint,text,uuid,text,text,text,text)',
				   'session_group.list_activity(bigint,uuid,integer,bigint)', 'session_group.activity_since(bigint,bigint,integer)',
				   'session_group.parse_date_filter(text,text,timestamp with time zone)', 'session_group.uuidv7()',
				   'session_group.title_keys(bigint,text)', 'session_group.session_keys(bigint,text[])', 'session_group.summary_words(bigint,text,jsonb)',
				   'session_group.summary_patterns(jsonb)', 'session_group.summary_report(bigint,uuid)']),

			   ('session_group_anon', 'USAGE', 'type', NULL, ARRAY['session_group_api."*/*"']),
			   ('session_group_api', 'USAGE', 'type', NULL, ARRAY['session_group_api."*/*"']),
			   ('session_group_gateway', 'USAGE', 'type', NULL, ARRAY['session_group_api."*/*"'])
	),
	schema AS (
		SELECT n.oid, n.nspname, n.nspacl, n.nspowner FROM pg_namespace n
		WHERE n.nspname IN ('session_group', 'session_group_api')
	),
	entry AS (
		SELECT 'schema' AS kind, NULL AS "of", quote_ident(n.nspname) AS name, n.nspowner AS owner,
			   coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl
		FROM schema n
		UNION ALL
		SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, NULL, c.oid::regclass::text, c.relowner,
			   coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))
		FROM pg_class c JOIN schema n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
		UNION ALL
		SELECT 'column', c.oid::regclass::text, a.attname, c.relowner, a.attacl
		FROM pg_class c JOIN schema n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE a.attacl IS NOT NULL
		UNION ALL
		SELECT 'function', NULL, f.oid::regprocedure::text, f.proowner, coalesce(f.proacl, acldefault('f', f.proowner))
		FROM pg_proc f JOIN schema n ON n.oid = f.pronamespace
		UNION ALL
		-- Row types and arrays go with their relations and elements.
		SELECT 'type', NULL, t.oid::regtype::text, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
		FROM pg_type t JOIN schema n ON n.oid = t.typnamespace WHERE t.typtype <> 'c' AND t.typcategory <> 'A'
	),
	held AS (
		SELECT e.kind, e."of", e.name, coalesce(r.rolname, 'PUBLIC')::text AS role, a.privilege_type AS privilege, a.is_grantable
		FROM entry e, aclexplode(e.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
		WHERE (a.grantee = 0 OR r.rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway'))
			AND a.grantee <> e.owner
	),
	beyond AS (
		SELECT h.* FROM held h
		WHERE h.is_grantable
			OR NOT EXISTS (SELECT FROM expected e
						   WHERE e.role = h.role AND e.privilege = h.privilege AND e.kind = h.kind
							   AND e."of" IS NOT DISTINCT FROM h."of" AND h.name = ANY (e.names))
	)
	SELECT CASE WHEN b.kind IN ('sequence', 'type') THEN 'medium' ELSE 'high' END,
		   b.kind || ' ' || coalesce(b."of" || '.', '') || b.name,
		   format('%s has the right to %s%s.', b.role, string_agg(b.privilege, ', ' ORDER BY b.privilege),
				  CASE WHEN bool_or(b.is_grantable) THEN ' and to grant it' END),
		   CASE b.kind
			   WHEN 'column' THEN format('REVOKE %s ON %s FROM %s;', string_agg(format('%s (%I)', b.privilege, b.name), ', ' ORDER BY b.privilege), b."of", b.role)
			   ELSE format('REVOKE %s ON %s %s FROM %s;', string_agg(b.privilege, ', ' ORDER BY b.privilege), upper(b.kind), b.name, b.role) END
	FROM beyond b
	GROUP BY b.kind, b."of", b.name, b.role
	UNION ALL
	SELECT 'medium', 'default privileges in schema ' || n.nspname,
		   format('What %s makes there will be open to %s.', d.defaclrole::regrole, coalesce(r.rolname, 'PUBLIC')),
		   'ALTER DEFAULT PRIVILEGES … IN SCHEMA … REVOKE …; see \ddp.'
	FROM pg_default_acl d JOIN schema n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
		LEFT JOIN pg_roles r ON r.oid = a.grantee
	WHERE a.grantee = 0 OR r.rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway')
	UNION ALL
	SELECT 'medium', 'parameter ' || p.parname,
		   format('%s may %s the setting.', coalesce(r.rolname, 'PUBLIC'), string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)),
		   format('REVOKE ALL ON PARAMETER %s FROM %s;', p.parname, coalesce(quote_ident(r.rolname), 'PUBLIC'))
	FROM pg_parameter_acl p, aclexplode(p.paracl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
	WHERE NOT coalesce(r.rolsuper, false)
		AND (p.parname LIKE 'session\_group.%'
			 OR p.parname = 'session_replication_role'
				AND coalesce(r.rolname, 'PUBLIC') IN ('PUBLIC', 'session_group_anon', 'session_group_api', 'session_group_gateway'))
	GROUP BY p.parname, r.rolname;
	END;
COMMENT ON FUNCTION session_group.posture_rights() IS
'The part of session_group.posture() about rights: those of PUBLIC and of the roles of requests on the extension''s objects, columns and settings beyond the ones that the extension gave. Raises nothing.';

CREATE FUNCTION session_group.posture_roles()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	WITH RECURSIVE
	own (name) AS (
		VALUES ('session_group_anon'), ('session_group_api'), ('session_group_gateway'), ('session_group_admin')
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
			 OR g.rolname IN ('session_group_admin', 'pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
	UNION ALL
	SELECT 'low', 'role ' || c.name,
		   'A login role of the gateway inherits: it has the rights of requests before any request has begun.',
		   format('ALTER ROLE %s NOINHERIT; and grant it session_group_gateway anew (PostgreSQL 16 and later: WITH INHERIT FALSE).', c.name)
	FROM client c, pg_roles g
	WHERE g.rolname = 'session_group_gateway' AND c.of_gateway AND c.rolcanlogin AND NOT c.rolsuper
		AND pg_has_role(c.oid, g.oid, 'USAGE');
	END;
COMMENT ON FUNCTION session_group.posture_roles() IS
'The part of session_group.posture() about roles: the four of the extension as weak as they were made, and no login of PostgREST or of an application that could get round the policies. Raises nothing.';

CREATE FUNCTION session_group.posture_keys()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
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
		FROM key k WHERE k.last_use < now() - '90 days'::interval
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
'The part of session_group.posture() about API keys that are neither revoked nor expired: those without expiry, unused for 90 days, or of inactive users; a count and the first five of each kind. Raises nothing.';

CREATE FUNCTION session_group.posture_settings()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
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
	-- What writes statements, and whether their parameters come along. Any role
	-- may give itself a setting of a library that is not loaded, with any text:
	-- what is not off counts as on.
	logger AS (
		SELECT e.scope, l.name, e.v ->> l.name AS value, l.parameters
		FROM effective e,
			LATERAL (SELECT e.v ->> 'log_parameter_max_length' !~ '^0' AS log,
							e.v ->> 'auto_explain.log_parameter_max_length' !~ '^0' OR e.v ->> 'auto_explain.log_verbose' !~* '^(of|f|n|0)' AS explain) AS p,
			LATERAL (VALUES
				('log_statement', e.v ->> 'log_statement' = 'all', p.log),
				('log_min_duration_statement', e.v ->> 'log_min_duration_statement' !~ '^-', p.log),
				('log_min_duration_sample', e.v ->> 'log_min_duration_sample' !~ '^-' AND e.v ->> 'log_statement_sample_rate' !~ '^[0.]+$', p.log),
				('log_transaction_sample_rate', e.v ->> 'log_transaction_sample_rate' !~ '^[0.]+$', p.log),
				('log_parameter_max_length_on_error', e.v ->> 'log_parameter_max_length_on_error' !~ '^0', true),
				('debug_print_parse', e.v ->> 'debug_print_parse' !~* '^(of|f|n|0)', true),
				('debug_print_rewritten', e.v ->> 'debug_print_rewritten' !~* '^(of|f|n|0)', true),
				('debug_print_plan', e.v ->> 'debug_print_plan' !~* '^(of|f|n|0)', true),
				('auto_explain.log_min_duration', e.v ->> 'auto_explain.log_min_duration' !~ '^-', p.explain),
				('pgaudit.log', e.v ->> 'pgaudit.log' <> 'none', e.v ->> 'pgaudit.log_parameter' !~* '^(of|f|n|0)')
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
		LATERAL (VALUES
			('high', 'session_replication_role', e.v ->> 'session_replication_role' = 'replica',
			 'replica leaves triggers and foreign keys unchecked.'),
			('medium', 'row_security', e.v ->> 'row_security' ~* '^(of|f|n|0)',
			 'off makes statements fail where the policies would choose their rows, and dumps complete where they should not be.')
		) AS s (severity, name, wrong, finding)
	WHERE s.wrong
		AND (e.scope = '' OR EXISTS (SELECT FROM override o WHERE o.scope = e.scope AND o.name = s.name))
	UNION ALL
	SELECT 'high', 'setting ' || o.name || o.scope,
		   'Somebody tried to give sessions an identity. The library refuses it.', 'Reset it.'
	FROM override o WHERE o.name = 'session_group.identity'
	UNION ALL
	SELECT 'low', 'setting statement_timeout of role ' || quote_ident(r.rolname),
		   'A login role of the gateway has none: one request, with a costly regular expression for example, holds its session for any time.',
		   format('ALTER ROLE %I SET statement_timeout = ''30s'';', r.rolname)
	FROM pg_roles r, pg_roles g
	WHERE g.rolname = 'session_group_gateway' AND r.oid <> g.oid AND r.rolcanlogin AND NOT r.rolsuper
		AND pg_has_role(r.oid, g.oid, 'MEMBER')
		AND coalesce((SELECT split_part(c, '=', 2)
					  FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) AS c
					  WHERE s.setrole IN (0, r.oid) AND (s.setdatabase = 0 OR d.datname = current_database())
						  AND lower(c) LIKE 'statement\_timeout=%'
					  ORDER BY s.setrole DESC, s.setdatabase DESC LIMIT 1),
					 current_setting('statement_timeout')) ~ '^0';
	END;
COMMENT ON FUNCTION session_group.posture_settings() IS
'The part of session_group.posture() about settings, as this session has them and as they are set for this database and for the roles of requests: those that write API keys to the server''s log, that switch policies or triggers off, that tried to set an identity, and logins without statement_timeout. Raises nothing.';

CREATE FUNCTION session_group.posture_server(
	version integer DEFAULT pg_catalog.current_setting('server_version_num')::pg_catalog.int4)
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
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
'The part of session_group.posture() about the server: its release (server_version_num) has the fixes that isolation rests on, the database is UTF-8, the projects'' time zones are known. Raises nothing.';

CREATE FUNCTION session_group.posture()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	BEGIN ATOMIC
	SELECT p.severity, p.object, p.finding, p.remedy
	FROM (SELECT * FROM session_group.posture_tables()
		  UNION ALL SELECT * FROM session_group.posture_policies()
		  UNION ALL SELECT * FROM session_group.posture_functions()
		  UNION ALL SELECT * FROM session_group.posture_rights()
		  UNION ALL SELECT * FROM session_group.posture_roles()
		  UNION ALL SELECT * FROM session_group.posture_keys()
		  UNION ALL SELECT * FROM session_group.posture_settings()
		  UNION ALL SELECT * FROM session_group.posture_server()) AS p
	ORDER BY array_position(ARRAY['high', 'medium', 'low'], p.severity), p.object, p.finding;
	END;
COMMENT ON FUNCTION session_group.posture() IS
'Checks whether the guards of this database stand: tables, policies, functions, rights, roles, keys, settings, server. No rows: nothing was found. severity: high, medium or low; finding: what is wrong; remedy: how to mend it. Changes nothing, raises nothing.';

GRANT EXECUTE ON FUNCTION
	session_group.posture(), session_group.posture_tables(), session_group.posture_policies(),
	session_group.posture_functions(), session_group.posture_rights(), session_group.posture_roles(),
	session_group.posture_keys(), session_group.posture_settings(), session_group.posture_server(integer)
	TO session_group_admin;
