/* session_group: nothing is PUBLIC's. Grants to the roles stand beside the objects. */

REVOKE ALL ON ALL TABLES IN SCHEMA session_group, session_group_api FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA session_group, session_group_api FROM PUBLIC;
REVOKE ALL ON ALL ROUTINES IN SCHEMA session_group, session_group_api FROM PUBLIC;
REVOKE USAGE ON TYPE session_group_api."*/*" FROM PUBLIC;
GRANT USAGE ON TYPE session_group_api."*/*"
	TO session_group_anon, session_group_api, session_group_gateway;

-- Default privileges of the role that runs this gave rights to others as the objects were made:
-- taken back, and from our roles what is beyond the extension's own. (An update leaves alone
-- what an administrator has granted since; posture() tells of it.)
DO $$
DECLARE
	given pg_catalog.record;
	"column" pg_catalog.record;
	"on" pg_catalog.text;
BEGIN
	FOR given IN
		SELECT o.object, pg_catalog.split_part(o.statement, ': ', 1) AS role, privilege
		FROM session_group.objects() o,
			pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.split_part(o.statement, ': ', 2), ', ')) AS privilege
		WHERE o.kind OPERATOR(pg_catalog.=) 'right' AND EXISTS (
			SELECT FROM pg_catalog.pg_default_acl d, pg_catalog.aclexplode(d.defaclacl) a
			WHERE d.defaclrole OPERATOR(pg_catalog.=) CURRENT_USER::pg_catalog.regrole
				AND pg_catalog.split_part(o.statement, ': ', 1) OPERATOR(pg_catalog.=)
					(CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::pg_catalog.regrole::pg_catalog.text END))
		EXCEPT
		SELECT m.object, pg_catalog.split_part(m.statement, ': ', 1), privilege
		FROM session_group.made_objects() m,
			pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.split_part(m.statement, ': ', 2), ', ')) AS privilege
		WHERE m.kind OPERATOR(pg_catalog.=) 'right'
	LOOP
		"on" := CASE WHEN given.object OPERATOR(pg_catalog.~) '^table ' THEN given.object
			ELSE pg_catalog.upper(pg_catalog.split_part(given.object, ' ', 1))
				OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||)
				pg_catalog.substr(given.object, pg_catalog.strpos(given.object, ' ') OPERATOR(pg_catalog.+) 1) END;
		-- What they may have, but may not grant on.
		EXECUTE pg_catalog.format('REVOKE %s%s ON %s FROM %s',
			CASE WHEN EXISTS (SELECT FROM session_group.made_objects() m
							  WHERE m.object OPERATOR(pg_catalog.=) given.object AND m.statement OPERATOR(pg_catalog.~)
								pg_catalog.format('^%s:.* %s(,|$)', given.role, pg_catalog.rtrim(given.privilege, '*')))
				THEN 'GRANT OPTION FOR ' ELSE '' END,
			pg_catalog.rtrim(given.privilege, '*'), "on", given.role);
		-- With a right on a table go those on its columns.
		FOR "column" IN
			SELECT pg_catalog.regexp_match(m.object, '^column (.*)[.]([^.]+)$') AS names, m.statement
			FROM session_group.made_objects() m
			WHERE m.kind OPERATOR(pg_catalog.=) 'right'
				AND m.object OPERATOR(pg_catalog.~~) (pg_catalog.replace(pg_catalog.replace(given.object, 'table ', 'column '), '_', '\_') OPERATOR(pg_catalog.||) '.%')
				AND pg_catalog.split_part(m.statement, ': ', 1) OPERATOR(pg_catalog.=) given.role
		LOOP
			EXECUTE pg_catalog.format('GRANT %s ON %s TO %s',
				(SELECT pg_catalog.string_agg(pg_catalog.format('%s (%s)', privilege, "column".names[2]), ', ')
				 FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.split_part("column".statement, ': ', 2), ', ')) AS privilege),
				"column".names[1], given.role);
		END LOOP;
	END LOOP;
END
$$;
