/*
 * session_group: what differs from what the extension made.
 *
 * Definitions are compared without blanks and parentheses, which differ between
 * major versions of PostgreSQL.
 */

CREATE FUNCTION session_group.posture_objects()
	RETURNS TABLE (severity text, object text, finding text, remedy text)
	LANGUAGE SQL STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	BEGIN ATOMIC
	WITH
	schema AS MATERIALIZED (
		SELECT n.oid, n.nspowner FROM pg_namespace n WHERE n.nspname IN ('session_group', 'session_group_api')
	),
	made AS MATERIALIZED (
		SELECT m.kind, m.object, m.statement, translate(m.statement, E'() \n', '') AS bare FROM session_group.made_objects() m
	),
	present AS MATERIALIZED (
		SELECT o.kind, o.object, o.statement, translate(o.statement, E'() \n', '') AS bare FROM session_group.objects() o
	),
	-- What is not as it was made; "now" is null where it is gone.
	changed AS (
		SELECT m.kind, m.object, m.statement, now.statement AS now
		FROM made m LEFT JOIN present now ON now.kind = m.kind AND now.object = m.object
		WHERE m.kind <> 'right' AND now.bare IS DISTINCT FROM m.bare
	),
	added AS (
		SELECT p.kind, p.object, p.statement FROM present p
		WHERE (p.kind IN ('trigger', 'rule', 'policy', 'statistics object')
			   -- Of the extension's own tables alone.
			   OR p.kind IN ('constraint', 'index')
				   AND EXISTS (SELECT FROM made m WHERE m.kind = 'row security' AND strpos(p.statement, substr(m.object, 7) || ' ') > 0))
			AND NOT EXISTS (SELECT FROM made m WHERE m.kind = p.kind AND m.object = p.object)
	),
	-- Rights, privilege by privilege.
	granted AS (
		SELECT p.object, split_part(p.statement, ': ', 1) AS role, privilege
		FROM present p, unnest(string_to_array(split_part(p.statement, ': ', 2), ', ')) AS privilege WHERE p.kind = 'right'
	),
	given AS (
		SELECT m.object, split_part(m.statement, ': ', 1) AS role, privilege
		FROM made m, unnest(string_to_array(split_part(m.statement, ': ', 2), ', ')) AS privilege WHERE m.kind = 'right'
	),
	difference AS (
		SELECT 'extra' AS what, e.object, e.role, e.privilege FROM (SELECT * FROM granted EXCEPT SELECT * FROM given) e
		UNION ALL
		SELECT 'lost', l.object, l.role, l.privilege FROM (SELECT * FROM given EXCEPT SELECT * FROM granted) l
		-- A function that is gone is reported above; a privilege with the grant option counts as there.
		WHERE NOT EXISTS (SELECT FROM granted g WHERE g.object = l.object AND g.role = l.role AND g.privilege = l.privilege || '*')
			AND (l.object NOT LIKE 'function %' OR EXISTS (SELECT FROM present p WHERE p.kind = 'function' AND p.object = l.object))
	),
	right_of_role AS (
		SELECT d.what, d.object, d.role, string_agg(rtrim(d.privilege, '*'), ', ' ORDER BY d.privilege) AS privileges,
			   bool_or(d.privilege LIKE '%*') AS grantable,
			   CASE WHEN d.object LIKE 'column %'
				   THEN string_agg(format('%s (%s)', rtrim(d.privilege, '*'), substring(d.object, '([^.]+)$')), ', ' ORDER BY d.privilege)
						|| ' ON ' || substring(d.object, '^column (.*)\.[^.]+$')
				   ELSE string_agg(rtrim(d.privilege, '*'), ', ' ORDER BY d.privilege)
						|| format(' ON %s %s', upper(split_part(d.object, ' ', 1)), substr(d.object, strpos(d.object, ' ') + 1)) END AS "on"
		FROM difference d GROUP BY d.what, d.object, d.role
	)
	SELECT 'high', p.object, 'Row-level security is off: whoever has a right on the table has it in all projects.',
		   replace(p.statement, 'DISABLE', 'ENABLE')
	FROM present p WHERE p.kind = 'row security' AND p.statement LIKE '% DISABLE %'
	UNION ALL
	SELECT CASE c.kind WHEN 'policy' THEN CASE WHEN c.now IS NULL THEN 'medium' ELSE 'high' END
			   WHEN 'state' THEN CASE WHEN c.now LIKE '% ENABLE ALWAYS %' THEN 'low' ELSE 'high' END
			   WHEN 'column' THEN 'medium' WHEN 'statistics' THEN 'medium' WHEN 'persistence' THEN 'medium' WHEN 'index' THEN 'low'
			   WHEN 'function' THEN CASE WHEN split_part(c.now, ' -- ', 2) <> split_part(c.statement, ' -- ', 2) OR c.now IS NULL
										  OR c.now LIKE '%SECURITY DEFINER%' OR c.now LIKE '%IMMUTABLE%' AND c.statement NOT LIKE '%IMMUTABLE%'
									  THEN 'high' ELSE 'medium' END
			   ELSE 'high' END,
		   c.object,
		   CASE c.kind
			   WHEN 'row security' THEN 'Row-level security binds the owner, too: what the extension does as the owner fails.'
			   WHEN 'persistence' THEN 'The table is UNLOGGED: a crash empties it.'
			   WHEN 'column' THEN 'The column is not as the extension made it: its type, default, NOT NULL, or that nothing of its values is in the planner''s statistics.'
			   WHEN 'statistics' THEN 'The planner keeps statistics of all projects'' values.'
			   WHEN 'constraint' THEN CASE WHEN c.now IS NULL THEN 'The constraint is missing: what it refused is written.' ELSE 'The constraint is not as the extension made it.' END
			   WHEN 'trigger' THEN CASE WHEN c.now IS NULL THEN 'The trigger is missing: what is written is not validated or not recorded.' ELSE 'The trigger is not as the extension made it.' END
			   WHEN 'state' THEN CASE WHEN c.now LIKE '% ENABLE ALWAYS %' THEN 'The trigger fires for what replication brings, too.'
					ELSE 'The trigger does not fire where it should: what is written is not validated or not recorded.' END
			   WHEN 'policy' THEN CASE WHEN c.now IS NULL THEN 'The policy is missing: those whom it let in find nothing.' ELSE 'The policy is not as the extension made it.' END
			   WHEN 'function' THEN CASE WHEN split_part(c.now, ' -- ', 2) = split_part(c.statement, ' -- ', 2)
					THEN 'The function is not as the extension made it: volatility, rights of its owner, leakproof, or settings.'
					ELSE 'It is missing, or other code took its place: policies and triggers rest on it.' END
			   ELSE 'It is not as the extension made it.' END,
		   CASE c.kind
			   WHEN 'row security' THEN replace(c.now, ' FORCE ', ' NO FORCE ')
			   WHEN 'policy' THEN CASE WHEN c.now IS NULL THEN '' ELSE format('DROP %s; ', upper(left(c.object, 6)) || substr(c.object, 7)) END || c.statement
			   WHEN 'constraint' THEN CASE WHEN c.now IS NULL THEN '' ELSE regexp_replace(c.object, '^constraint (.*) on (.*)$', 'ALTER TABLE \2 DROP CONSTRAINT \1; ') END || c.statement
			   WHEN 'trigger' THEN CASE WHEN c.now IS NULL THEN '' ELSE format('DROP %s; ', upper(left(c.object, 7)) || substr(c.object, 8)) END || c.statement
					|| ' ' || (SELECT m.statement FROM made m WHERE m.kind = 'state' AND m.object = c.object)
			   WHEN 'column' THEN CASE WHEN split_part(c.now, ' -- ', 2) = split_part(c.statement, ' -- ', 2) THEN '' ELSE 'Make it what it was, ' || split_part(c.statement, ' -- ', 2) || '; ' END
					|| split_part(c.statement, ' -- ', 1) || CASE WHEN c.now LIKE '% STATISTICS 0; -- %' OR c.statement NOT LIKE '% STATISTICS 0; -- %' THEN ''
					ELSE regexp_replace(c.object, '^column (.*)\.([^.]+)$',
						' DELETE FROM pg_statistic WHERE starelid = ''\1''::regclass AND staattnum = (SELECT attnum FROM pg_attribute WHERE attrelid = starelid AND attname = ''\2'');') END
			   WHEN 'statistics' THEN c.statement || regexp_replace(c.object, '^column (.*) of index (.*)$', ' DELETE FROM pg_statistic WHERE starelid = ''\2''::regclass AND staattnum = \1;')
			   WHEN 'function' THEN CASE WHEN split_part(c.now, ' -- ', 2) = split_part(c.statement, ' -- ', 2) THEN
					split_part(c.statement, ' -- ', 1) ELSE 'Install the extension anew in another database and move the data there.' END
			   ELSE c.statement END
	FROM changed c
	WHERE NOT (c.kind = 'row security' AND coalesce(c.now, '') NOT LIKE '% FORCE %')
		AND NOT (c.kind = 'state' AND c.now IS NULL)
	UNION ALL
	SELECT CASE WHEN a.kind IN ('statistics object', 'constraint', 'index') THEN 'medium' WHEN a.statement LIKE '% AS RESTRICTIVE %' THEN 'low' ELSE 'high' END, a.object,
		   CASE a.kind
			   WHEN 'trigger' THEN 'A trigger was added: it sees, and may change, what all projects write.'
			   WHEN 'rule' THEN 'A rule rewrites statements on the table, with the rights of its owner.'
			   WHEN 'statistics object' THEN 'The planner keeps statistics of all projects'' values.'
			   WHEN 'constraint' THEN 'A constraint was added: what it calls sees what all projects write, and what it points at tells of them.'
			   WHEN 'index' THEN 'An index was added whose expression or condition sees what all projects write, and of whose values the planner keeps statistics.'
			   ELSE CASE WHEN a.statement LIKE '% AS RESTRICTIVE %' THEN 'A restrictive policy was added: it hides rows from those who may see them, and searches and counts read all rows of a project. Titles stand in activity too, and names in pattern_rows: each table has policies of its own.'
				   ELSE 'A policy was added. Policies add up: it opens rows that the others keep shut.' END END,
		   CASE a.kind WHEN 'statistics object' THEN format('DROP %s;', a.object) WHEN 'index' THEN format('DROP %s;', a.object)
			   WHEN 'constraint' THEN regexp_replace(a.object, '^constraint (.*) on (.*)$', 'ALTER TABLE \2 DROP CONSTRAINT \1;')
			   ELSE format('DROP %s;', upper(split_part(a.object, ' ', 1)) || substr(a.object, strpos(a.object, ' '))) END
	FROM added a
	UNION ALL
	SELECT CASE WHEN split_part(r.object, ' ', 1) IN ('sequence', 'type') THEN 'medium'
			   WHEN r.role IN ('PUBLIC', 'session_group_anon', 'session_group_api', 'session_group_gateway')
				   OR r.privileges ~ 'TRUNCATE|TRIGGER|REFERENCES|CREATE' THEN 'high' ELSE 'medium' END,
		   r.object,
		   format('%s has the right to %s%s, which the extension did not give.', r.role, r.privileges, CASE WHEN r.grantable THEN ' and to grant it' ELSE '' END),
		   format('REVOKE %s FROM %s;', r."on", r.role)
		   || CASE WHEN r.grantable AND EXISTS (SELECT FROM given g WHERE g.object = r.object AND g.role = r.role) THEN format(' GRANT %s TO %s;', r."on", r.role) ELSE '' END
	FROM right_of_role r WHERE r.what = 'extra'
	UNION ALL
	SELECT 'medium', r.object, format('%s has lost the right to %s.', r.role, r.privileges), format('GRANT %s TO %s;', r."on", r.role)
	FROM right_of_role r WHERE r.what = 'lost'
	UNION ALL
	-- Triggers check the foreign keys, several for each: one row for each table.
	SELECT 'high', 'foreign keys of ' || t.tgrelid::regclass,
		   format('%s of their triggers are disabled: foreign keys are not checked.', count(*)),
		   string_agg(format('ALTER TABLE %s ENABLE TRIGGER %I;', t.tgrelid::regclass, t.tgname), ' ' ORDER BY t.tgname)
	FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = 'session_group' AND t.tgisinternal AND t.tgenabled <> 'O'
	GROUP BY t.tgrelid
	UNION ALL
	SELECT 'high', d.object, format('It belongs to %s, whom the policies do not bind, and not to who has the extension.', d.owner::regrole),
		   format('ALTER %s OWNER TO %s;', d.statement, e.extowner::regrole)
	FROM pg_extension e,
		(SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'view ' WHEN 'S' THEN 'sequence ' ELSE 'table ' END || c.oid::regclass AS object,
				CASE c.relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW ' WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || c.oid::regclass AS statement,
				c.relowner AS owner
		 FROM pg_class c JOIN schema s ON s.oid = c.relnamespace
		 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
			-- (Those of identity columns go with their tables.)
			OR c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i')
		 UNION ALL
		 SELECT 'function ' || f.oid::regprocedure, 'FUNCTION ' || f.oid::regprocedure, f.proowner FROM pg_proc f JOIN schema s ON s.oid = f.pronamespace
		 UNION ALL
		 SELECT 'schema ' || s.oid::regnamespace, 'SCHEMA ' || s.oid::regnamespace, s.nspowner FROM schema s) AS d
	WHERE e.extname = 'session_group' AND d.owner <> e.extowner;
	END;
COMMENT ON FUNCTION session_group.posture_objects() IS
'The part of session_group.posture() about the extension''s own objects: tables, columns,
constraints, triggers, policies, rules, functions, rights and owners that are gone, are not as the
extension made them, or were added. Raises nothing.';
