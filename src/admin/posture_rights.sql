/* session_group: rights that are not on the extension's own objects. */

CREATE FUNCTION session_group.posture_rights()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	BEGIN ATOMIC
	WITH
	client (oid, name) AS (
		SELECT 0::oid, 'PUBLIC'
		UNION ALL
		SELECT r.oid, quote_ident(r.rolname) FROM pg_roles r
		WHERE NOT r.rolsuper AND EXISTS (
			SELECT FROM pg_roles g WHERE g.rolname IN ('session_group_anon', 'session_group_api', 'session_group_gateway') AND pg_has_role(r.oid, g.oid, 'MEMBER'))
	),
	-- The system's own objects, with the rights that they came with.
	system (object, "on", owner, acl, initial) AS (
		SELECT CASE i.objsubid WHEN 0 THEN 'table ' || c.oid::regclass ELSE format('column %s.%I', c.oid::regclass, a.attname) END,
			   CASE i.objsubid WHEN 0 THEN '%s' ELSE '%s (' || quote_ident(a.attname) || ')' END || ' ON ' || c.oid::regclass,
			   c.relowner, CASE i.objsubid WHEN 0 THEN c.relacl ELSE a.attacl END, p.initprivs
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			JOIN pg_attribute a ON a.attrelid = c.oid
			CROSS JOIN LATERAL (SELECT CASE a.attnum WHEN (SELECT min(f.attnum) FROM pg_attribute f WHERE f.attrelid = c.oid AND f.attnum > 0) THEN 0 END AS objsubid
								UNION ALL SELECT a.attnum) AS i
			LEFT JOIN pg_init_privs p ON p.classoid = 'pg_class'::regclass AND p.objoid = c.oid AND p.objsubid = i.objsubid
		WHERE n.nspname = 'pg_catalog' AND i.objsubid IS NOT NULL AND a.attnum > 0
			AND CASE i.objsubid WHEN 0 THEN c.relacl ELSE a.attacl END IS NOT NULL
		UNION ALL
		SELECT 'function ' || f.oid::regprocedure, '%s ON FUNCTION ' || f.oid::regprocedure, f.proowner, f.proacl, coalesce(p.initprivs, acldefault('f', f.proowner))
		FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
			LEFT JOIN pg_init_privs p ON p.classoid = 'pg_proc'::regclass AND p.objoid = f.oid
		WHERE n.nspname = 'pg_catalog' AND (f.proacl IS NOT NULL OR p.initprivs IS NOT NULL)
	)
	SELECT 'high', s.object, format('%s has the right to %s, which it has not in PostgreSQL as it comes.', c.name, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)),
		   format('REVOKE %s FROM %s;', format(s."on", string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)), c.name)
	-- (A function without an entry is open to PUBLIC.)
	FROM system s, aclexplode(coalesce(s.acl, acldefault('f', s.owner))) a JOIN client c ON c.oid = a.grantee
	WHERE NOT EXISTS (SELECT FROM aclexplode(s.initial) i WHERE i.grantee = a.grantee AND i.privilege_type = a.privilege_type)
	GROUP BY s.object, s."on", c.name
	UNION ALL
	SELECT 'medium', 'default privileges of ' || d.defaclrole::regrole || coalesce(' in schema ' || d.defaclnamespace::regnamespace, ''),
		   format('What the role makes %swill be open to %s.', '', string_agg(DISTINCT d.name, ', ')),
		   'ALTER DEFAULT PRIVILEGES … REVOKE …; see \ddp.'
	FROM (SELECT e.defaclrole, nullif(e.defaclnamespace, 0) AS defaclnamespace, coalesce(quote_ident(r.rolname), 'PUBLIC') AS name
		  FROM pg_default_acl e LEFT JOIN pg_namespace n ON n.oid = e.defaclnamespace JOIN pg_roles o ON o.oid = e.defaclrole,
			aclexplode(e.defaclacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
		  WHERE (n.nspname IN ('session_group', 'session_group_api')
				 OR e.defaclnamespace = 0 AND (o.rolsuper OR e.defaclrole = (SELECT x.extowner FROM pg_extension x WHERE x.extname = 'session_group')))
			AND a.grantee <> e.defaclrole AND NOT coalesce(r.rolsuper, false)
			-- But for what PostgreSQL gives to everybody anyway.
			AND NOT (e.defaclnamespace = 0 AND EXISTS (
				SELECT FROM aclexplode(acldefault(CASE e.defaclobjtype WHEN 'S' THEN 's' ELSE e.defaclobjtype END, e.defaclrole)) b
				WHERE b.grantee = a.grantee AND b.privilege_type = a.privilege_type))) AS d
	GROUP BY d.defaclrole, d.defaclnamespace
	UNION ALL
	SELECT CASE WHEN p.parname IN ('session_replication_role', 'session_preload_libraries', 'local_preload_libraries', 'dynamic_library_path') THEN 'high' ELSE 'medium' END,
		   'parameter ' || p.parname,
		   format('%s may %s the setting.', coalesce(r.rolname, 'PUBLIC'), string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)),
		   format('REVOKE ALL ON PARAMETER %s FROM %s;', p.parname, coalesce(quote_ident(r.rolname), 'PUBLIC'))
	FROM pg_parameter_acl p, aclexplode(p.paracl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
	WHERE NOT coalesce(r.rolsuper, false)
		AND (p.parname LIKE 'session\_group.%' OR a.grantee IN (SELECT c.oid FROM client c))
	GROUP BY p.parname, r.rolname
	UNION ALL
	SELECT 'low', 'database ' || quote_ident(d.datname), format('%s may make schemas in it.', c.name),
		   format('REVOKE CREATE ON DATABASE %I FROM %s;', d.datname, c.name)
	FROM pg_database d, aclexplode(d.datacl) a JOIN client c ON c.oid = a.grantee
	WHERE d.datname = current_database() AND a.privilege_type = 'CREATE';
	END;
COMMENT ON FUNCTION session_group.posture_rights() IS
'The part of session_group.posture() about rights on other than the extension''s objects: on those of
the system, on objects that will be made, on settings, on the database. Raises nothing.';
