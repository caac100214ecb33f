/*
 * session_group: no statistics of values.
 *
 * The planner's statistics of a column are of all projects, and whoever sees
 * estimates, plans or times learns from them. So ANALYZE keeps nothing of our
 * columns and of expressions in indexes, but for project_id: without the number
 * of rows of a project, a page of a large one would be sorted out of all its
 * rows. Our statements name the project and find rows by a key; for the rest,
 * default estimates lead to the same plans.
 */

DO $$
DECLARE
	attribute pg_catalog.record;
BEGIN
	FOR attribute IN
		SELECT c.oid::pg_catalog.regclass AS relation, c.relkind, a.attnum, a.attname
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
			LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
		WHERE c.relnamespace OPERATOR(pg_catalog.=) 'session_group'::pg_catalog.regnamespace
			AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
			AND a.attname OPERATOR(pg_catalog.<>) 'project_id'
			AND (c.relkind OPERATOR(pg_catalog.=) 'r'
				 OR i.indkey[a.attnum OPERATOR(pg_catalog.-) 1] OPERATOR(pg_catalog.=) 0)
	LOOP
		IF attribute.relkind OPERATOR(pg_catalog.=) 'i' THEN
			EXECUTE pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS 0', attribute.relation, attribute.attnum);
		ELSE
			EXECUTE pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', attribute.relation, attribute.attname);
		END IF;
	END LOOP;
	DELETE FROM pg_catalog.pg_statistic s USING pg_catalog.pg_class c, pg_catalog.pg_attribute a
	WHERE c.oid OPERATOR(pg_catalog.=) s.starelid AND a.attrelid OPERATOR(pg_catalog.=) s.starelid
		AND a.attnum OPERATOR(pg_catalog.=) s.staattnum AND a.attstattarget OPERATOR(pg_catalog.=) 0
		AND c.relnamespace OPERATOR(pg_catalog.=) 'session_group'::pg_catalog.regnamespace;
END
$$;
