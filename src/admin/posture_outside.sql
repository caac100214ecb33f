/* session_group: ways to the extension's rows that lie outside of it. */

CREATE FUNCTION session_group.posture_outside()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	BEGIN ATOMIC
	WITH RECURSIVE
	relation AS (
		SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('session_group', 'session_group_api') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
	),
	-- What reads our relations, also through views that read them.
	reads AS MATERIALIZED (
		SELECT DISTINCT d.refobjid AS read, w.ev_class AS by FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid
		WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class
	),
	reader (oid) AS (
		SELECT r.oid FROM relation r
		UNION
		SELECT s.by FROM reader r JOIN reads s ON s.read = r.oid
	),
	view AS (
		SELECT c.oid::regclass::text AS name, c.relkind, c.relowner, c.oid IN (SELECT oid FROM relation) AS ours, c.relacl IS NOT NULL AS granted,
			   EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
					   WHERE o.option_name = 'security_invoker' AND o.option_value::boolean) AS invoker
		FROM pg_class c JOIN reader r ON r.oid = c.oid WHERE c.relkind IN ('v', 'm')
	),
	-- The roles that requests come in as, without superusers, which posture_roles() reports.
	client AS (
		SELECT r.oid FROM pg_roles r
		WHERE NOT r.rolsuper AND EXISTS (
			SELECT FROM pg_roles g WHERE g.rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway') AND pg_has_role(r.oid, g.oid, 'MEMBER'))
	),
	definer AS (
		SELECT f.oid::regprocedure::text AS name, f.proowner,
			   f.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(f.proacl) a WHERE a.grantee <> f.proowner) AS granted,
			   EXISTS (SELECT FROM client c WHERE has_function_privilege(c.oid, f.oid, 'EXECUTE') AND has_schema_privilege(c.oid, f.pronamespace, 'USAGE')) AS reached,
			   f.prosrc ~* 'session_group'
			   OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND (
					d.refclassid = 'pg_class'::regclass AND d.refobjid IN (SELECT oid FROM reader)
					OR d.refclassid = 'pg_proc'::regclass AND d.refobjid IN (
						SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('session_group', 'session_group_api')))) AS ours
		FROM pg_proc f JOIN pg_roles o ON o.oid = f.proowner
		WHERE f.prosecdef
			-- A function that a client owns gives no more than the client has.
			AND f.proowner NOT IN (SELECT oid FROM client)
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e')
	),
	-- Tables by the names of their columns: nothing else ties a copy to its original.
	"column" AS (
		SELECT a.attrelid, array_agg(a.attname::text) AS names
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
			AND n.nspname NOT IN ('session_group', 'session_group_api', 'pg_catalog', 'information_schema')
			AND c.oid NOT IN (SELECT oid FROM reader)
			AND (c.relacl IS NOT NULL OR c.relowner IN (SELECT oid FROM client))
		GROUP BY a.attrelid
	),
	-- What belongs to the system has oids below this, and calls nothing above it.
	system (above) AS (
		SELECT 16384::oid
	),
	strange AS (
		SELECT 'function ' || f.oid::regprocedure AS object, f.prosupport::oid AS calls FROM pg_proc f WHERE f.prosupport::oid <> 0 AND f.oid < 16384
		UNION ALL
		SELECT 'operator ' || o.oid::regoperator, unnest(ARRAY[o.oprcode, o.oprrest, o.oprjoin]::oid[]) FROM pg_operator o WHERE o.oid < 16384
		UNION ALL
		SELECT 'type ' || t.oid::regtype, unnest(ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typanalyze]::oid[]) FROM pg_type t WHERE t.oid < 16384
		UNION ALL
		SELECT format('cast from %s to %s', c.castsource::regtype, c.casttarget::regtype), c.castfunc FROM pg_cast c WHERE c.oid < 16384
		UNION ALL
		SELECT format('operator family %I', f.opfname), p.amproc::oid FROM pg_amproc p JOIN pg_opfamily f ON f.oid = p.amprocfamily WHERE f.oid < 16384
		UNION ALL
		SELECT format('operator family %I', f.opfname), o.amopopr FROM pg_amop o JOIN pg_opfamily f ON f.oid = o.amopfamily WHERE f.oid < 16384
		UNION ALL
		SELECT format('access method %I', a.amname), a.amhandler::oid FROM pg_am a WHERE a.oid < 16384
		UNION ALL
		-- The system's own functions are in C or SQL: others were changed.
		SELECT 'function ' || f.oid::regprocedure, s.above FROM pg_proc f JOIN pg_language l ON l.oid = f.prolang, system s
		WHERE f.oid < 10000 AND (l.lanname NOT IN ('internal', 'c', 'sql') OR l.lanname = 'c' AND f.probin NOT LIKE '$libdir/%')
	)
	SELECT CASE WHEN v.ours THEN 'high' ELSE 'medium' END, 'view ' || v.name,
		   format('It reads tables of the extension with the rights of its owner %s, not of who asks.', v.relowner::regrole),
		   CASE v.relkind WHEN 'v' THEN format('ALTER VIEW %s SET (security_invoker = true);', v.name)
			   ELSE format('DROP MATERIALIZED VIEW %s, or grant it to nobody who may not see all projects.', v.name) END
	FROM view v WHERE NOT v.invoker AND (v.ours OR v.granted)
	UNION ALL
	SELECT 'high', 'relation ' || c.oid::regclass, 'A foreign table cannot have policies.', 'Move it to another schema and grant it to no role of the API.'
	FROM pg_class c JOIN relation r ON r.oid = c.oid WHERE c.relkind = 'f'
	UNION ALL
	SELECT CASE WHEN d.reached AND d.ours THEN 'high' WHEN d.ours THEN 'medium' ELSE 'low' END, 'function ' || d.name,
		   format('It runs with the rights of %s (SECURITY DEFINER), and %s may call it%s.', d.proowner::regrole,
				  CASE WHEN d.reached THEN 'requests' ELSE 'others' END, CASE WHEN d.ours THEN ': it names what is the extension''s' ELSE '' END),
		   format('ALTER FUNCTION %s SECURITY INVOKER; or revoke it from all who may not see all projects.', d.name)
	FROM definer d WHERE d.ours AND d.granted OR d.reached
	UNION ALL
	SELECT 'medium', 'table ' || c.attrelid::regclass,
		   'It has the columns of a table of the extension, and others may read it: a copy has no policies.',
		   format('DROP TABLE %s, or revoke it from all who may not see all projects.', c.attrelid::regclass)
	FROM "column" c
	WHERE c.names @> '{title,session_ids,summary}' OR c.names @> '{hash,mask}' OR c.names @> '{secure_value,mask_value}'
		OR c.names @> '{email,distinct_id,hedgehog_config}' OR c.names @> '{summary_id,changes}'
	UNION ALL
	SELECT 'high', 'table ' || i.inhrelid::regclass,
		   format('It is a child of %s: whoever reads that reads it too, and the policies are not its own.', i.inhparent::regclass),
		   format('ALTER TABLE %s NO INHERIT %s;', i.inhrelid::regclass, i.inhparent::regclass)
	FROM pg_inherits i JOIN relation r ON r.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhparent WHERE c.relkind = 'r'
	UNION ALL
	SELECT 'low', format('publication %I', p.pubname), 'It sends rows of all projects to whoever may replicate.',
		   format('DROP PUBLICATION %I; if what subscribes is not yours.', p.pubname)
	FROM pg_publication p
	WHERE p.puballtables
		OR EXISTS (SELECT FROM pg_publication_rel t JOIN relation r ON r.oid = t.prrelid WHERE t.prpubid = p.oid)
		OR EXISTS (SELECT FROM pg_publication_namespace s JOIN pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = p.oid AND n.nspname = 'session_group')
	UNION ALL
	SELECT 'low', format('event trigger %I', t.evtname), format('%s runs with the rights of whoever changes a definition, administrators too.', t.evtfoid::regprocedure),
		   format('DROP EVENT TRIGGER %I; if it is not yours.', t.evtname)
	FROM pg_event_trigger t
	WHERE t.evtenabled <> 'D'
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'e')
	UNION ALL
	-- Leakproof functions are called before the policies choose the rows.
	SELECT 'medium', 'function ' || f.oid::regprocedure,
		   'It is LEAKPROOF: the planner lets it see rows that the policies hide, and what it raises or takes tells of them.',
		   format('ALTER FUNCTION %s NOT LEAKPROOF; if what it does depends on values.', f.oid::regprocedure)
	FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
	WHERE f.proleakproof AND n.nspname NOT IN ('session_group', 'session_group_api')
		AND (f.oid >= 16384
			 OR EXISTS (SELECT FROM pg_operator o WHERE o.oprcode = f.oid AND o.oprname ~ '~~|^!?~\*?$|^[-+*/%&|#@?<>]+$' AND o.oprname !~ '^[<>]=?$|^<>$|^~[<>]=?~$'
							AND o.oprname <> '^@'))
	UNION ALL
	SELECT DISTINCT 'high', t.object, 'It is the system''s own, and was made to call other code: so do all statements and policies that use it.',
		   'Make it what it was in another database of this version, or move the data to a new server.'
	FROM strange t, system s WHERE t.calls >= s.above
	UNION ALL
	-- Names in pg_catalog are found before all others, and an exact match before one that needs a conversion.
	SELECT 'medium', o.object, 'It was put among the system''s own, where every statement finds it.', 'Drop it, or move it to a schema of its own.'
	FROM system s, LATERAL (
			SELECT 'function ' || f.oid::regprocedure AS object, f.oid, 'pg_proc'::regclass AS class FROM pg_proc f WHERE f.pronamespace = 'pg_catalog'::regnamespace
			UNION ALL
			SELECT 'operator ' || p.oid::regoperator, p.oid, 'pg_operator'::regclass FROM pg_operator p WHERE p.oprnamespace = 'pg_catalog'::regnamespace
			UNION ALL
			SELECT 'type ' || t.oid::regtype, t.oid, 'pg_type'::regclass FROM pg_type t WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typrelid = 0 AND t.typcategory <> 'A'
			UNION ALL
			SELECT 'relation ' || c.oid::regclass, c.oid, 'pg_class'::regclass FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind <> 'i'
			UNION ALL
			SELECT format('cast from %s to %s', c.castsource::regtype, c.casttarget::regtype), c.oid, 'pg_cast'::regclass FROM pg_cast c
			WHERE c.castcontext <> 'e' AND c.castsource < 16384 AND c.casttarget < 16384
		) AS o
	WHERE o.oid >= s.above
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
	UNION ALL
	SELECT 'high', 'language ' || l.lanname, 'It is trusted: whoever has the right to use it runs code as the server.',
		   format('UPDATE pg_language SET lanpltrusted = false WHERE lanname = %L;', l.lanname)
	FROM pg_language l WHERE l.lanpltrusted AND (l.lanname IN ('c', 'internal') OR l.lanname ~ 'u$')
	UNION ALL
	-- A connection back to this server comes in as whom the mapping names.
	SELECT 'medium', format('user mapping of %s on server %I', u.usename, u.srvname), 'Requests may use it: they reach another database, or this one, as the role that it names.',
		   format('DROP USER MAPPING FOR %s SERVER %I;', CASE u.usename WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(u.usename) END, u.srvname)
	FROM pg_user_mappings u
	WHERE EXISTS (SELECT FROM client c WHERE u.umuser IN (0, c.oid) AND has_server_privilege(c.oid, u.srvid, 'USAGE'));
	END;
COMMENT ON FUNCTION session_group.posture_outside() IS
'The part of session_group.posture() about ways to the extension''s rows from outside of it: views,
functions with their owner''s rights or that see rows before the policies do, what looks like a copy,
children of tables, publications, event triggers, user mappings, and what was done to the system''s
own functions, operators, types, casts and languages. Raises nothing.';
