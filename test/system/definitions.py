"""All that the extension is in a database, as text, to be compared with another database's."""


def definitions(connection):
    """A list of (kind, name, text), with every name outside pg_catalog written out."""
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = ''")  # and no pg_temp of this session's own
        cursor.execute(r"""
            WITH n AS (SELECT oid, nspname, nspacl FROM pg_namespace WHERE nspname IN ('session_group', 'session_group_api')),
            r AS (SELECT c.* FROM pg_class c JOIN n ON n.oid = c.relnamespace),
            x AS (SELECT oid, extconfig, extcondition FROM pg_extension WHERE extname = 'session_group'),
            member AS (SELECT d.classid, d.objid FROM pg_depend d JOIN x ON d.refobjid = x.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'),
            -- rights one by one: their order in a list is that of the grants
            acl (kind, name, items) AS (
                SELECT 'schema', nspname::text, nspacl FROM n
                UNION ALL SELECT 'function', p.oid::regprocedure::text, p.proacl FROM pg_proc p JOIN n ON n.oid = p.pronamespace
                -- none written down is the same as the owner's own, written down
                UNION ALL SELECT 'relation', r.oid::regclass::text, coalesce(r.relacl, acldefault(CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", r.relowner))
                    FROM r WHERE r.relkind <> 'i'
                UNION ALL SELECT 'column', r.oid::regclass || '.' || a.attname, a.attacl FROM r JOIN pg_attribute a ON a.attrelid = r.oid WHERE a.attnum > 0
                UNION ALL SELECT 'type', t.oid::regtype::text, t.typacl FROM pg_type t JOIN n ON n.oid = t.typnamespace),
            commented (kind, name, classid, objid, subid) AS (
                SELECT 'schema', nspname::text, 'pg_namespace'::regclass, oid, 0 FROM n
                UNION ALL SELECT 'function', p.oid::regprocedure::text, 'pg_proc'::regclass, p.oid, 0 FROM pg_proc p JOIN n ON n.oid = p.pronamespace
                UNION ALL SELECT 'relation', r.oid::regclass::text, 'pg_class'::regclass, r.oid, 0 FROM r
                UNION ALL SELECT 'column', r.oid::regclass || '.' || a.attname, 'pg_class'::regclass, r.oid, a.attnum FROM r JOIN pg_attribute a ON a.attrelid = r.oid
                UNION ALL SELECT 'type', t.oid::regtype::text, 'pg_type'::regclass, t.oid, 0 FROM pg_type t JOIN n ON n.oid = t.typnamespace)
            SELECT 'member of the extension', pg_describe_object(classid, objid, 0), '' FROM member
            UNION ALL SELECT 'dumped table', t.oid::regclass::text, t.condition
                FROM x, unnest(x.extconfig, x.extcondition) AS t (oid, condition)
            UNION ALL SELECT 'right on ' || kind, name, concat_ws(' ', g.grantee::regrole, g.privilege_type, g.is_grantable, 'by', g.grantor::regrole)
                FROM acl, aclexplode(items) AS g
            UNION ALL SELECT 'comment on ' || c.kind, c.name, d.description
                FROM commented c JOIN pg_description d ON d.classoid = c.classid AND d.objoid = c.objid AND d.objsubid = c.subid
            UNION ALL SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p JOIN n ON n.oid = p.pronamespace
            UNION ALL SELECT 'relation', oid::regclass::text, concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity, reloptions, relreplident) FROM r
            UNION ALL SELECT 'column', r.oid::regclass || '.' || a.attname,
                    concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attcompression, a.attstorage, pg_get_expr(d.adbin, d.adrelid))
                FROM r JOIN pg_attribute a ON a.attrelid = r.oid LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum WHERE a.attnum > 0
            UNION ALL SELECT 'sequence', s.seqrelid::regclass::text, concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle)
                FROM pg_sequence s JOIN r ON r.oid = s.seqrelid
            UNION ALL SELECT 'view', oid::regclass::text, pg_get_viewdef(oid) FROM r WHERE relkind = 'v'
            UNION ALL SELECT 'index', oid::regclass::text, pg_get_indexdef(oid) FROM r WHERE relkind = 'i'
            UNION ALL SELECT 'constraint', k.conrelid::regclass || '.' || k.conname, concat_ws(' ', pg_get_constraintdef(k.oid), k.convalidated) FROM pg_constraint k JOIN n ON n.oid = k.connamespace
            UNION ALL SELECT 'trigger', t.tgrelid::regclass || '.' || t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
                FROM pg_trigger t JOIN r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
            UNION ALL SELECT 'policy', p.polrelid::regclass || '.' || p.polname,
                    concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
                FROM pg_policy p JOIN r ON r.oid = p.polrelid
            UNION ALL SELECT 'type', t.oid::regtype::text, concat_ws(' ', t.typtype, format_type(t.typbasetype, NULL)) FROM pg_type t JOIN n ON n.oid = t.typnamespace WHERE t.typtype = 'd'
            UNION ALL SELECT 'statistics', stxname::text, pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s JOIN n ON n.oid = s.stxnamespace""")
        found = sorted(cursor.fetchall(), key=repr)
        cursor.execute("RESET search_path")
        return found


def differences(one, other):
    """What only one of two lists of definitions has, for a message: one line each."""
    one, other = set(one), set(other)
    return [f"{side} {kind} {name}: {text}"
            for side, found in (("-", one - other), ("+", other - one))
            for kind, name, text in sorted(found, key=repr)]
