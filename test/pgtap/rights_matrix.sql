-- Who may do what, and how it is guarded: derived from the catalogue and
-- compared with the tables below. What is missing there fails.
\ir setup.psql

-- Privileges of each role on each object; of PUBLIC, on every object, none
-- (but on row types, where they mean nothing). An object that no role has a
-- right on is listed, too.
CREATE TABLE tap.expected_right (kind text, object text, stranger text, anon text, api text, gateway text, admin text, PRIMARY KEY (kind, object));
COPY tap.expected_right FROM STDIN WITH (FORMAT csv);
schema,session_group,,USAGE,USAGE,USAGE,USAGE
schema,session_group_api,,USAGE,USAGE,USAGE,USAGE
table,session_group.activity,,,,,SELECT
table,session_group.activity_purges,,,,,SELECT
table,session_group.activity_sequences,,,,,
table,session_group.project_counts,,,,,
table,session_group.api_keys,,,,,DELETE INSERT SELECT UPDATE
table,session_group.idempotency_keys,,,,,DELETE SELECT UPDATE
table,session_group.nodes,,,,,DELETE INSERT SELECT UPDATE
table,session_group.placements,,,,,DELETE INSERT SELECT UPDATE
table,session_group.directory_clock,,,,,SELECT
table,session_group.members,,,,,DELETE INSERT SELECT UPDATE
table,session_group.pattern_numbers,,,,,SELECT
table,session_group.pattern_rows,,,,,SELECT
table,session_group.pending_rows,,,,,SELECT
table,session_group.projects,,,,,DELETE INSERT SELECT UPDATE
table,session_group.summaries,,,DELETE,,DELETE INSERT SELECT UPDATE
table,session_group.title_rows,,,,,SELECT
table,session_group.users,,,,,DELETE INSERT SELECT UPDATE
view,session_group.patterns,,,SELECT,,SELECT
view,session_group.stats,,,SELECT,,SELECT
view,session_group_api.project_users,,,SELECT,,
view,session_group_api.session_group_patterns,,,SELECT,,
view,session_group_api.session_group_summaries,,,DELETE SELECT,,
column,session_group.activity.activity,,,SELECT,,
column,session_group.activity.api_key,,,SELECT,,
column,session_group.activity.at,,,SELECT,,
column,session_group.activity.changes,,,SELECT,,
column,session_group.activity.horizon,,,,,
column,session_group.activity.how,,,SELECT,,
column,session_group.activity.project_id,,,SELECT,,
column,session_group.activity.request_id,,,SELECT,,
column,session_group.activity.seq,,,SELECT,,
column,session_group.activity.summary_id,,,SELECT,,
column,session_group.activity.user_id,,,SELECT,,
column,session_group.activity_purges.project_id,,,SELECT,,
column,session_group.activity_purges.purged_to,,,SELECT,,
column,session_group.activity_sequences.last,,,,,
column,session_group.activity_sequences.project_id,,,,,
column,session_group.project_counts.as_of,,,,,
column,session_group.project_counts.project_id,,,,,
column,session_group.project_counts.records,,,,,
column,session_group.project_counts.running,,,,,
column,session_group.project_counts.summaries,,,,,
column,session_group.nodes.name,,,,,
column,session_group.nodes.address,,,,,
column,session_group.nodes.connection,,,,,
column,session_group.nodes.weight,,,,,
column,session_group.placements.project_id,,,,,
column,session_group.placements.node,,,,,
column,session_group.placements.moving_to,,,,,
column,session_group.placements.writes_stopped,,,,,
column,session_group.placements.changed_at,,,,,
column,session_group.directory_clock.single,,,,,
column,session_group.directory_clock.node,,,,,
column,session_group.directory_clock.at,,,,,
column,session_group.directory_clock.received_at,,,,,
column,session_group.api_keys.created_at,,,,,
column,session_group.api_keys.expires_at,,,,,
column,session_group.api_keys.hash,,,,,
column,session_group.api_keys.id,,,,,
column,session_group.api_keys.label,,,,,
column,session_group.api_keys.last_used_at,,,,,
column,session_group.api_keys.mask,,,,,
column,session_group.api_keys.project_ids,,,,,
column,session_group.api_keys.revoked_at,,,,,
column,session_group.api_keys.scopes,,,,,
column,session_group.api_keys.user_id,,,,,
column,session_group.idempotency_keys.body,,,,,
column,session_group.idempotency_keys.created_at,,,,,
column,session_group.idempotency_keys.etag,,,,,
column,session_group.idempotency_keys.key_digest,,,,,
column,session_group.idempotency_keys.project_id,,,,,
column,session_group.idempotency_keys.request_digest,,,,,
column,session_group.idempotency_keys.status,,,,,
column,session_group.idempotency_keys.user_id,,,,,
column,session_group.members.added_at,,,,,
column,session_group.members.project_id,,,SELECT,,
column,session_group.members.removed_at,,,,,
column,session_group.members.user_id,,,SELECT,,
column,session_group.pattern_numbers.created_at,,,SELECT,,
column,session_group.pattern_numbers.critical,,,SELECT,,
column,session_group.pattern_numbers.high,,,SELECT,,
column,session_group.pattern_numbers.low,,,SELECT,,
column,session_group.pattern_numbers.medium,,,SELECT,,
column,session_group.pattern_numbers.project_id,,,SELECT,,
column,session_group.pattern_numbers.severities,,,SELECT,,
column,session_group.pattern_numbers.summary_id,,,SELECT,,
column,session_group.pattern_numbers.unknown,,,SELECT,,
column,session_group.pattern_rows.created_at,,,SELECT,,
column,session_group.pattern_rows.examples,,,SELECT,,
column,session_group.pattern_rows.name,,,SELECT,,
column,session_group.pattern_rows.occurrences,,,SELECT,,
column,session_group.pattern_rows.pattern_id,,,SELECT,,
column,session_group.pattern_rows.position,,,SELECT,,
column,session_group.pattern_rows.project_id,,,SELECT,,
column,session_group.pattern_rows.segments_success_ratio,,,SELECT,,
column,session_group.pattern_rows.sessions_affected,,,SELECT,,
column,session_group.pattern_rows.sessions_affected_ratio,,,SELECT,,
column,session_group.pattern_rows.severity,,,SELECT,,
column,session_group.pattern_rows.summary_id,,,SELECT,,
column,session_group.pending_rows.project_id,,,SELECT,,
column,session_group.pending_rows.summary_id,,,SELECT,,
column,session_group.patterns.created_at,,,,,
column,session_group.patterns.description,,,,,
column,session_group.patterns.examples,,,,,
column,session_group.patterns.indicators,,,,,
column,session_group.patterns.name,,,,,
column,session_group.patterns.occurrences,,,,,
column,session_group.patterns.pattern_id,,,,,
column,session_group.patterns.position,,,,,
column,session_group.patterns.project_id,,,,,
column,session_group.patterns.segments_success_ratio,,,,,
column,session_group.patterns.sessions_affected,,,,,
column,session_group.patterns.sessions_affected_ratio,,,,,
column,session_group.patterns.severity,,,,,
column,session_group.patterns.summary_id,,,,,
column,session_group.patterns.summary_title,,,,,
column,session_group.projects.activity_retention,,,,,
column,session_group.projects.created_at,,,,,
column,session_group.projects.id,,,SELECT,,
column,session_group.projects.name,,,SELECT,,
column,session_group.projects.retention,,,,,
column,session_group.projects.timezone,,,SELECT,,
column,session_group.stats.activity,,,,,
column,session_group.stats.activity_purged_to,,,,,
column,session_group.stats.bytes,,,,,
column,session_group.stats.critical,,,,,
column,session_group.stats.high,,,,,
column,session_group.stats.last_created_at,,,,,
column,session_group.stats.low,,,,,
column,session_group.stats.medium,,,,,
column,session_group.stats.name,,,,,
column,session_group.stats.project_id,,,,,
column,session_group.stats.sessions,,,,,
column,session_group.stats.summaries,,,,,
column,session_group.summaries.created_at,,,SELECT,,
column,session_group.summaries.created_by_id,,,SELECT,,
column,session_group.summaries.extra_summary_context,,,INSERT SELECT UPDATE,,
column,session_group.summaries.id,,,SELECT,,
column,session_group.summaries.project_id,,,INSERT SELECT,,
column,session_group.summaries.run_metadata,,,INSERT SELECT UPDATE,,
column,session_group.summaries.session_count,,,SELECT,,
column,session_group.summaries.session_ids,,,INSERT SELECT UPDATE,,
column,session_group.summaries.summary,,,INSERT SELECT UPDATE,,
column,session_group.summaries.title,,,INSERT SELECT UPDATE,,
column,session_group.summaries.updated_at,,,SELECT,,
column,session_group.summaries.version,,,SELECT,,
column,session_group.title_rows.project_id,,,,,
column,session_group.title_rows.summary_id,,,,,
column,session_group.title_rows.title,,,,,
column,session_group.users.created_at,,,,,
column,session_group.users.distinct_id,,,SELECT,,
column,session_group.users.email,,,SELECT,,
column,session_group.users.first_name,,,SELECT,,
column,session_group.users.hedgehog_config,,,SELECT,,
column,session_group.users.id,,,SELECT,,
column,session_group.users.is_active,,,,,
column,session_group.users.is_email_verified,,,SELECT,,
column,session_group.users.last_name,,,SELECT,,
column,session_group.users.project_ids,,,,,
column,session_group.users.role_at_organization,,,SELECT,,
column,session_group.users.uuid,,,SELECT,,
column,session_group_api.project_users.distinct_id,,,,,
column,session_group_api.project_users.email,,,,,
column,session_group_api.project_users.first_name,,,,,
column,session_group_api.project_users.hedgehog_config,,,,,
column,session_group_api.project_users.is_email_verified,,,,,
column,session_group_api.project_users.last_name,,,,,
column,session_group_api.project_users.project_id,,,,,
column,session_group_api.project_users.role_at_organization,,,,,
column,session_group_api.project_users.user_id,,,,,
column,session_group_api.project_users.uuid,,,,,
column,session_group_api.session_group_patterns.created_at,,,,,
column,session_group_api.session_group_patterns.description,,,,,
column,session_group_api.session_group_patterns.examples,,,,,
column,session_group_api.session_group_patterns.indicators,,,,,
column,session_group_api.session_group_patterns.name,,,,,
column,session_group_api.session_group_patterns.occurrences,,,,,
column,session_group_api.session_group_patterns.pattern_id,,,,,
column,session_group_api.session_group_patterns.position,,,,,
column,session_group_api.session_group_patterns.project_id,,,,,
column,session_group_api.session_group_patterns.segments_success_ratio,,,,,
column,session_group_api.session_group_patterns.sessions_affected,,,,,
column,session_group_api.session_group_patterns.sessions_affected_ratio,,,,,
column,session_group_api.session_group_patterns.severity,,,,,
column,session_group_api.session_group_patterns.summary_id,,,,,
column,session_group_api.session_group_patterns.summary_title,,,,,
column,session_group_api.session_group_summaries.created_at,,,,,
column,session_group_api.session_group_summaries.created_by_id,,,,,
column,session_group_api.session_group_summaries.extra_summary_context,,,INSERT UPDATE,,
column,session_group_api.session_group_summaries.id,,,,,
column,session_group_api.session_group_summaries.project_id,,,INSERT,,
column,session_group_api.session_group_summaries.run_metadata,,,INSERT UPDATE,,
column,session_group_api.session_group_summaries.session_count,,,,,
column,session_group_api.session_group_summaries.session_ids,,,INSERT UPDATE,,
column,session_group_api.session_group_summaries.summary,,,INSERT UPDATE,,
column,session_group_api.session_group_summaries.title,,,INSERT UPDATE,,
column,session_group_api.session_group_summaries.updated_at,,,,,
column,session_group_api.session_group_summaries.version,,,,,
sequence,session_group.api_keys_id_seq,,,,,UPDATE USAGE
sequence,session_group.projects_id_seq,,,,,UPDATE USAGE
sequence,session_group.users_id_seq,,,,,UPDATE USAGE
function,session_group.activity_before_insert(),,,,,
function,session_group.activity_count(),,,,,
function,"session_group.count_activity(bigint, uuid)",,,EXECUTE,,EXECUTE
function,"session_group.document_words(bigint, jsonb)",,,EXECUTE,,EXECUTE
function,session_group.project_counts_before_insert(),,,,,
function,session_group.projects_count(),,,,,
function,session_group.refuse_elsewhere(bigint[]),,EXECUTE,EXECUTE,EXECUTE,EXECUTE
function,session_group.repair_counts(),,,,,EXECUTE
function,session_group.repair(),,,,,EXECUTE
function,"session_group.activity_since(bigint, bigint, integer)",,,EXECUTE,,EXECUTE
function,"session_group.directory_only()",,,,,
function,session_group.projects_forget_rows(),,,,,
function,session_group.members_forget_creator(),,,,,
function,session_group.known_project_ids(),,EXECUTE,EXECUTE,EXECUTE,EXECUTE
function,session_group.may_know(bigint),,EXECUTE,EXECUTE,EXECUTE,EXECUTE
function,"session_group.directory_clock_received()",,,,,
function,"session_group.placements_changed()",,,,,
function,"session_group.projects_place()",,,,,
function,"session_group.publish_directory()",,,,,
function,"session_group.add_node(text, text, text, integer)",,,,,EXECUTE
function,"session_group.change_node(text, text, text, integer)",,,,,EXECUTE
function,"session_group.remove_node(text)",,,,,EXECUTE
function,"session_group.list_nodes()",,,,,EXECUTE
function,"session_group.list_placements()",,,,,EXECUTE
function,"session_group.place_project(bigint, text)",,,,,EXECUTE
function,"session_group.begin_move(bigint, text)",,,,,EXECUTE
function,"session_group.stop_writes(bigint)",,,,,EXECUTE
function,"session_group.allow_writes(bigint)",,,,,EXECUTE
function,"session_group.finish_move(bigint)",,,,,EXECUTE
function,"session_group.cancel_move(bigint)",,,,,EXECUTE
function,"session_group.purge_project(bigint, integer)",,,,,EXECUTE
function,"session_group.project_fingerprint(bigint)",,,,,EXECUTE
function,"session_group.wait_for_writers(bigint)",,,,,EXECUTE
function,"session_group.is_placed_here(bigint, boolean)",,,,,EXECUTE
function,"session_group.add_member(bigint, bigint)",,,,,EXECUTE
function,"session_group.assume_identity(uuid, text[], bigint[])",,,,EXECUTE,
function,session_group.authenticate(),,EXECUTE,EXECUTE,EXECUTE,
function,session_group.check_counts(),,,,,EXECUTE
function,session_group.check_rows(),,,,,EXECUTE
function,"session_group.count_summaries(bigint, text, uuid, text, text, text, text, text)",,,EXECUTE,,EXECUTE
function,"session_group.create_api_key(bigint, text, text[], bigint[], timestamp with time zone)",,,,,EXECUTE
function,"session_group.create_project(text, text, text)",,,,,EXECUTE
function,"session_group.create_summary(bigint, text, text[], jsonb, jsonb, jsonb)",,,EXECUTE,,EXECUTE
function,"session_group.create_user(text, text, text, text, text, boolean, jsonb, uuid)",,,,,EXECUTE
function,session_group.current_identity(),,EXECUTE,EXECUTE,EXECUTE,EXECUTE
function,session_group.current_user_id(),,EXECUTE,EXECUTE,EXECUTE,EXECUTE
function,session_group.delete_project(bigint),,,,,EXECUTE
function,"session_group.delete_summary(bigint, uuid, bigint)",,,EXECUTE,,EXECUTE
function,"session_group.get_summary(bigint, uuid)",,,EXECUTE,,EXECUTE
function,"session_group.erase_summary(bigint, uuid)",,,,,EXECUTE
function,session_group.erase_user(bigint),,,,,EXECUTE
function,session_group.export_json(bigint),,,,,EXECUTE
function,"session_group.import_json(bigint, jsonb)",,,,,EXECUTE
function,session_group.import_posthog(text),,,,,EXECUTE
function,session_group.is_retention(interval),,,,,EXECUTE
function,session_group.is_timezone(text),,,,,EXECUTE
function,session_group.keys_changed(),,,,,
function,"session_group.list_activity(bigint, uuid, integer, bigint)",,,EXECUTE,,EXECUTE
function,session_group.list_api_keys(),,,,,EXECUTE
function,session_group.list_members(bigint),,,,,EXECUTE
function,session_group.list_projects(),,,,,EXECUTE
function,"session_group.list_summaries(bigint, integer, bigint, text, text, uuid, text, text, text, text, text)",,,EXECUTE,,EXECUTE
function,session_group.list_users(),,,,,EXECUTE
function,session_group.login(text),,,EXECUTE,EXECUTE,
function,session_group.make_rows(integer),,,,,EXECUTE
function,session_group.members_stay(),,,,,
function,"session_group.parse_date_filter(text, text, timestamp with time zone)",,,EXECUTE,,EXECUTE
function,"session_group.pattern_description(jsonb, integer)",,,EXECUTE,,EXECUTE
function,"session_group.pattern_indicators(jsonb, integer)",,,EXECUTE,,EXECUTE
function,session_group.posture(),,,,,EXECUTE
function,session_group.made_objects(),,,,,EXECUTE
function,session_group.objects(),,,,,EXECUTE
function,session_group.posture_keys(),,,,,EXECUTE
function,session_group.posture_objects(),,,,,EXECUTE
function,session_group.posture_outside(),,,,,EXECUTE
function,session_group.posture_rights(),,,,,EXECUTE
function,session_group.posture_roles(),,,,,EXECUTE
function,session_group.posture_server(integer),,,,,EXECUTE
function,session_group.posture_settings(),,,,,EXECUTE
function,session_group.projects_forget_activity(),,,,,
function,session_group.purge_expired(integer),,,,,EXECUTE
function,session_group.purge_idempotency_keys(integer),,,,,EXECUTE
function,session_group.may_read(bigint),,EXECUTE,EXECUTE,EXECUTE,EXECUTE
function,session_group.may_see(bigint),,EXECUTE,EXECUTE,EXECUTE,EXECUTE
function,session_group.may_write(bigint),,EXECUTE,EXECUTE,EXECUTE,EXECUTE
function,session_group.project_condition(internal),,,,,
function,session_group.readable_project_ids(),,EXECUTE,EXECUTE,EXECUTE,EXECUTE
function,session_group.remake_rows(bigint),,,,,EXECUTE
function,"session_group.remove_member(bigint, bigint)",,,,,EXECUTE
function,"session_group.rename_project(bigint, text)",,,,,EXECUTE
function,session_group.repair_titles(),,,,,EXECUTE
function,"session_group.session_keys(bigint, text[])",,,EXECUTE,,EXECUTE
function,session_group.revoke_api_key(bigint),,,,,EXECUTE
function,"session_group.set_project_timezone(bigint, text)",,,,,EXECUTE
function,"session_group.set_activity_retention(bigint, interval)",,,,,EXECUTE
function,"session_group.set_retention(bigint, interval)",,,,,EXECUTE
function,"session_group.set_user_active(bigint, boolean)",,,,,EXECUTE
function,session_group.summaries_drop_titles(),,,,,
function,session_group.summaries_keep_titles(),,,,,
function,"session_group.summary_words(bigint, text, jsonb)",,,EXECUTE,,EXECUTE
function,"session_group.title_keys(bigint, text)",,,EXECUTE,,EXECUTE
function,"session_group.summary_fits(text, text[], jsonb, jsonb)",,,EXECUTE,,EXECUTE
function,session_group.summaries_before_write(),,,,,
function,session_group.summaries_count(),,,,,
function,session_group.summaries_recheck(),,,,,
function,session_group.summaries_drop_rows(),,,,,
function,session_group.summaries_keep_rows(),,,,,
function,session_group.summaries_record(),,,,,
function,session_group.summaries_uncount(),,,,,
function,session_group.key_uses_waiting(),,,,,EXECUTE
function,session_group.monitor(),,,,,EXECUTE
function,session_group.summary_patterns(jsonb),,,EXECUTE,,EXECUTE
function,"session_group.summary_report(bigint, uuid)",,,EXECUTE,,EXECUTE
function,session_group.title_rows_before_insert(),,,,,
function,"session_group.update_summary(bigint, uuid, jsonb, bigint)",,,EXECUTE,,EXECUTE
function,session_group.uuidv7(),,,EXECUTE,,EXECUTE
function,session_group.writable_project_ids(),,EXECUTE,EXECUTE,EXECUTE,EXECUTE
function,session_group_api.http(),,EXECUTE,,EXECUTE,
function,session_group_api.http(bytea),,EXECUTE,,EXECUTE,
type,session_group_api.*/*,,USAGE,USAGE,USAGE,
\.

CREATE VIEW tap.role AS
SELECT * FROM (VALUES ('stranger', 'tap_stranger'), ('anon', 'session_group_anon'), ('api', 'session_group_api'),
	('gateway', 'session_group_gateway'), ('admin', 'session_group_admin')) AS v (short, name);

CREATE VIEW tap.schema AS
SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('session_group', 'session_group_api');

CREATE VIEW tap.right AS
WITH held AS (
	SELECT 'schema' AS kind, n.nspname::text AS object, r.short, p AS privilege, has_schema_privilege(r.name, n.oid, p) AS has
	FROM tap.schema n, tap.role r, unnest(ARRAY['CREATE', 'USAGE']) AS p
	UNION ALL
	SELECT CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END, n.nspname || '.' || c.relname, r.short, p, has_table_privilege(r.name, c.oid, p)
	FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace, tap.role r,
		 unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p
	WHERE c.relkind NOT IN ('S', 'i', 'I', 'c', 't')
	UNION ALL
	-- Columns by column rights alone; those of the whole table are above.
	SELECT 'column', n.nspname || '.' || c.relname || '.' || a.attname, r.short, p,
		   has_column_privilege(r.name, c.oid, a.attnum, p) AND NOT has_table_privilege(r.name, c.oid, p)
	FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped, tap.role r,
		 unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p
	WHERE c.relkind NOT IN ('S', 'i', 'I', 'c', 't') AND a.attnum > 0
	UNION ALL
	SELECT 'sequence', n.nspname || '.' || c.relname, r.short, p, has_sequence_privilege(r.name, c.oid, p)
	FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace, tap.role r, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS p
	WHERE c.relkind = 'S'
	UNION ALL
	SELECT 'function', n.nspname || '.' || f.proname || '(' || oidvectortypes(f.proargtypes) || ')', r.short, p, has_function_privilege(r.name, f.oid, p)
	FROM pg_proc f JOIN tap.schema n ON n.oid = f.pronamespace, tap.role r, unnest(ARRAY['EXECUTE']) AS p
	UNION ALL
	SELECT 'type', n.nspname || '.' || t.typname, r.short, p, has_type_privilege(r.name, t.oid, p)
	FROM pg_type t JOIN tap.schema n ON n.oid = t.typnamespace, tap.role r, unnest(ARRAY['USAGE']) AS p
	WHERE t.typtype <> 'c' AND t.typcategory <> 'A'
)
SELECT kind, object,
	   coalesce(string_agg(privilege, ' ' ORDER BY privilege) FILTER (WHERE has AND short = 'stranger'), '') AS stranger,
	   coalesce(string_agg(privilege, ' ' ORDER BY privilege) FILTER (WHERE has AND short = 'anon'), '') AS anon,
	   coalesce(string_agg(privilege, ' ' ORDER BY privilege) FILTER (WHERE has AND short = 'api'), '') AS api,
	   coalesce(string_agg(privilege, ' ' ORDER BY privilege) FILTER (WHERE has AND short = 'gateway'), '') AS gateway,
	   coalesce(string_agg(privilege, ' ' ORDER BY privilege) FILTER (WHERE has AND short = 'admin'), '') AS admin
FROM held GROUP BY kind, object;

SELECT is(r::text, e::text, format('L8: rights on %s %s', coalesce(r.kind, e.kind), coalesce(r.object, e.object)))
FROM tap.right r
FULL JOIN (SELECT kind, object, coalesce(stranger, '') AS stranger, coalesce(anon, '') AS anon, coalesce(api, '') AS api,
				  coalesce(gateway, '') AS gateway, coalesce(admin, '') AS admin FROM tap.expected_right) e USING (kind, object)
ORDER BY coalesce(r.kind, e.kind), coalesce(r.object, e.object);

-- Nothing is PUBLIC's.
SELECT is_empty($$
	SELECT 'relation', c.oid::regclass::text, a.privilege_type FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace,
		aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner))) a
	WHERE a.grantee = 0 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
	UNION ALL
	SELECT 'column', attrelid::regclass || '.' || attname, a.privilege_type FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN tap.schema n ON n.oid = c.relnamespace, aclexplode(attacl) a
	WHERE a.grantee = 0
	UNION ALL
	SELECT 'function', f.oid::regprocedure::text, a.privilege_type FROM pg_proc f JOIN tap.schema n ON n.oid = f.pronamespace, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
	WHERE a.grantee = 0
	UNION ALL
	SELECT 'schema', n.nspname, a.privilege_type FROM pg_namespace n JOIN tap.schema USING (oid), aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
	WHERE a.grantee = 0
	UNION ALL
	SELECT 'type', t.oid::regtype::text, a.privilege_type FROM pg_type t JOIN tap.schema n ON n.oid = t.typnamespace, aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) a
	WHERE a.grantee = 0 AND t.typtype <> 'c' AND t.typcategory <> 'A'$$, 'L8: nothing is granted to PUBLIC');
SELECT is_empty($$
	SELECT grantor, grantee, object FROM (
		SELECT a.*, c.oid::regclass::text AS object FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
		UNION ALL SELECT a.*, f.oid::regprocedure::text FROM pg_proc f JOIN tap.schema n ON n.oid = f.pronamespace, aclexplode(f.proacl) a
		UNION ALL SELECT a.*, n.nspname FROM pg_namespace n JOIN tap.schema USING (oid), aclexplode(n.nspacl) a) g
	WHERE is_grantable AND grantee <> grantor$$, 'L8: no right can be handed on');
SELECT is_empty($$SELECT * FROM pg_default_acl WHERE defaclnamespace IN (SELECT oid FROM tap.schema)$$, 'L8: no default privileges');

-- Policies, word by word.
CREATE TABLE tap.expected_policy (tablename text, policyname text, permissive text, roles text, cmd text, qual text, with_check text);
COPY tap.expected_policy FROM STDIN WITH (FORMAT csv, DELIMITER '|');
activity|activity_administer|PERMISSIVE|{session_group_admin}|SELECT|true|
activity|activity_read|PERMISSIVE|{session_group_api}|SELECT|session_group.may_read(project_id)|
api_keys|api_keys_administer|PERMISSIVE|{session_group_admin}|ALL|true|true
activity|activity_monitor|PERMISSIVE|{session_group_monitor}|SELECT|true|
activity_purges|activity_purges_administer|PERMISSIVE|{session_group_admin}|SELECT|true|
activity_purges|activity_purges_monitor|PERMISSIVE|{session_group_monitor}|SELECT|true|
activity_purges|activity_purges_read|PERMISSIVE|{session_group_api}|SELECT|session_group.may_read(project_id)|
api_keys|api_keys_monitor|PERMISSIVE|{session_group_monitor}|SELECT|true|
idempotency_keys|idempotency_keys_administer|PERMISSIVE|{session_group_admin}|ALL|true|true
idempotency_keys|idempotency_keys_monitor|PERMISSIVE|{session_group_monitor}|SELECT|true|
members|members_administer|PERMISSIVE|{session_group_admin}|ALL|true|true
members|members_read|PERMISSIVE|{session_group_api}|SELECT|session_group.may_know(project_id)|
nodes|nodes_administer|PERMISSIVE|{session_group_admin}|ALL|true|true
placements|placements_administer|PERMISSIVE|{session_group_admin}|ALL|true|true
directory_clock|directory_clock_administer|PERMISSIVE|{session_group_admin}|SELECT|true|
pattern_numbers|pattern_numbers_administer|PERMISSIVE|{session_group_admin}|SELECT|true|
pattern_numbers|pattern_numbers_read|PERMISSIVE|{session_group_api}|SELECT|session_group.may_read(project_id)|
pattern_rows|pattern_rows_administer|PERMISSIVE|{session_group_admin}|SELECT|true|
pattern_rows|pattern_rows_read|PERMISSIVE|{session_group_api}|SELECT|session_group.may_read(project_id)|
pending_rows|pending_rows_administer|PERMISSIVE|{session_group_admin}|SELECT|true|
pending_rows|pending_rows_read|PERMISSIVE|{session_group_api}|SELECT|session_group.may_read(project_id)|
projects|projects_administer|PERMISSIVE|{session_group_admin}|ALL|true|true
projects|projects_monitor|PERMISSIVE|{session_group_monitor}|SELECT|true|
projects|projects_read|PERMISSIVE|{session_group_api}|SELECT|session_group.may_know(id)|
summaries|summaries_administer|PERMISSIVE|{session_group_admin}|ALL|true|true
summaries|summaries_monitor|PERMISSIVE|{session_group_monitor}|SELECT|true|
summaries|summaries_create|PERMISSIVE|{session_group_api}|INSERT||session_group.may_write(project_id)
summaries|summaries_delete|PERMISSIVE|{session_group_api}|DELETE|session_group.may_write(project_id)|
summaries|summaries_read|PERMISSIVE|{session_group_api}|SELECT|session_group.may_read(project_id)|
summaries|summaries_update|PERMISSIVE|{session_group_api}|UPDATE|session_group.may_write(project_id)|session_group.may_write(project_id)
title_rows|title_rows_administer|PERMISSIVE|{session_group_admin}|SELECT|true|
users|users_administer|PERMISSIVE|{session_group_admin}|ALL|true|true
users|users_read|PERMISSIVE|{session_group_api}|SELECT|session_group.may_see(id)|
\.
SELECT set_eq('SELECT tablename::text, policyname::text, permissive, roles::text, cmd, qual, with_check FROM pg_policies WHERE schemaname IN (''session_group'', ''session_group_api'')',
			  'SELECT * FROM tap.expected_policy', 'L11: the policies, word by word');
SELECT is_empty($$SELECT tablename, policyname FROM pg_policies WHERE schemaname IN ('session_group', 'session_group_api')
	AND (coalesce(qual, '') = 'true' OR coalesce(with_check, '') = 'true') AND roles NOT IN ('{session_group_admin}', '{session_group_monitor}')$$, 'L11: no policy is true for a role of the API');
SELECT is_empty($$SELECT tablename, policyname FROM pg_policies WHERE schemaname IN ('session_group', 'session_group_api')
	AND coalesce(qual, '') || coalesce(with_check, '') ~* 'select|current_setting|request\.'$$, 'L11: no policy reads a table or a setting');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity$$,
	'L11: no table without row-level security');
SELECT is_empty($$SELECT p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN tap.schema n ON n.oid = c.relnamespace WHERE NOT c.relrowsecurity$$,
	'L11: no policy on a table that does not enable it');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace WHERE c.relkind = 'v'
	AND NOT coalesce(c.reloptions, '{}') && '{security_invoker=true,security_invoker=on,security_invoker=1}'$$, 'L11: every view is security_invoker');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace WHERE c.relkind IN ('m', 'f')$$, 'L11: no materialized views, no foreign tables');

-- Line 10: functions with rights of their own.
SELECT is_empty($$SELECT f.oid::regprocedure FROM pg_proc f JOIN tap.schema n ON n.oid = f.pronamespace
	WHERE f.prosecdef AND NOT coalesce(f.proconfig, '{}') && '{"search_path=pg_catalog, pg_temp"}'$$, 'L10: no definer function without a pinned search_path');
SELECT is_empty($$SELECT f.oid::regprocedure FROM pg_proc f JOIN tap.schema n ON n.oid = f.pronamespace WHERE f.prosecdef$$,
	'L10: no definer functions at all: what runs as the owner does so in C, statement by statement');
SELECT is_empty($$SELECT f.oid::regprocedure FROM pg_proc f JOIN tap.schema n ON n.oid = f.pronamespace JOIN pg_language l ON l.oid = f.prolang
	WHERE l.lanname NOT IN ('c', 'sql') OR l.lanname = 'sql' AND f.prosqlbody IS NULL$$, 'L10: no function body is parsed under the caller''s search_path');
SELECT is_empty($$SELECT t.tgrelid::regclass, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN tap.schema n ON n.oid = c.relnamespace
	JOIN pg_proc f ON f.oid = t.tgfoid WHERE NOT t.tgisinternal AND f.pronamespace NOT IN (SELECT oid FROM tap.schema)$$, 'L10: every trigger is the extension''s');

-- Line 13: keys of tenant data lead with the project.
SELECT is_empty($$SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN tap.schema n ON n.oid = c.relnamespace
	JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
	WHERE i.indisunique AND a.attname <> 'project_id'
	AND EXISTS (SELECT FROM pg_attribute p WHERE p.attrelid = i.indrelid AND p.attname = 'project_id')$$, 'L13: unique keys of tables with a project lead with it');
SELECT is_empty($$SELECT k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN tap.schema n ON n.oid = c.relnamespace
	JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
	WHERE k.contype = 'f' AND c.relname = 'summaries' AND a.attname <> 'project_id'$$, 'L13: foreign keys of summaries lead with the project');
SELECT is_empty($$SELECT c.oid::regclass, a.attname FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relkind = 'r' AND a.attname = 'project_id' AND NOT a.attnotnull$$, 'L13: a row always has its project');

-- Line 14.
SELECT is_empty($$SELECT f.oid::regprocedure FROM pg_proc f JOIN tap.schema n ON n.oid = f.pronamespace WHERE f.proleakproof$$, 'L14: nothing claims to be leakproof');
SELECT is_empty($$SELECT f.oid::regprocedure FROM pg_proc f JOIN tap.schema n ON n.oid = f.pronamespace WHERE f.provolatile = 'i'
	AND f.proname NOT IN ('is_retention', 'summary_fits', 'title_keys', 'session_keys', 'summary_words', 'document_words', 'summary_patterns', 'pattern_description', 'pattern_indicators')$$, 'L14: nothing that depends on the identity is folded into a plan: these are made of their arguments alone');
ANALYZE session_group.summaries;
ANALYZE session_group.users;
SELECT is(tap.value('tap_app', 'catwrite', format('(SELECT count(*) FROM %s WHERE schemaname = ''session_group'')', v)), '0', 'L14: no statistics of the tables in ' || v)
FROM unnest(ARRAY['pg_stats', 'pg_stats_ext', 'pg_stats_ext_exprs']) AS v;

-- Roles.
SELECT is(format('%s super=%s bypass=%s login=%s createrole=%s createdb=%s replication=%s inherit=%s', rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb, rolreplication, rolinherit),
		  rolname || ' super=f bypass=f login=f createrole=f createdb=f replication=f inherit=f', 'L10: the role ' || rolname || ' is weak')
FROM pg_roles WHERE rolname ~ '^session_group_';
SELECT set_eq($$SELECT m.rolname::text AS member, r.rolname::text AS role FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles r ON r.oid = a.roleid WHERE m.rolname ~ '^session_group_'$$,
	$$VALUES ('session_group_gateway', 'session_group_anon'), ('session_group_gateway', 'session_group_api')$$, 'L10: what the roles are members of');
SELECT is_empty($$SELECT setrole::regrole, setconfig FROM pg_db_role_setting WHERE array_to_string(setconfig, ' ') ~ 'session_group\.identity'$$, 'L1: no role or database sets the identity');

-- Everything explains itself.
SELECT is_empty($$
	SELECT n.nspname FROM pg_namespace n JOIN tap.schema USING (oid) WHERE obj_description(n.oid, 'pg_namespace') IS NULL
	UNION ALL SELECT c.oid::regclass::text FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v') AND obj_description(c.oid, 'pg_class') IS NULL
	UNION ALL SELECT f.oid::regprocedure::text FROM pg_proc f JOIN tap.schema n ON n.oid = f.pronamespace WHERE obj_description(f.oid, 'pg_proc') IS NULL
	UNION ALL SELECT t.oid::regtype::text FROM pg_type t JOIN tap.schema n ON n.oid = t.typnamespace WHERE t.typtype IN ('d', 'e', 'b') AND t.typcategory <> 'A' AND obj_description(t.oid, 'pg_type') IS NULL
	UNION ALL SELECT rolname FROM pg_roles WHERE rolname ~ '^session_group_' AND shobj_description(oid, 'pg_authid') IS NULL
	UNION ALL SELECT extname FROM pg_extension WHERE extname = 'session_group' AND obj_description(oid, 'pg_extension') IS NULL$$, 'L8: every object has a comment');
-- \df+: what goes in by its name, and what it raises.
SELECT is_empty($$SELECT f.oid::regprocedure FROM pg_proc f JOIN tap.schema n ON n.oid = f.pronamespace
	WHERE f.prorettype NOT IN ('trigger'::regtype) AND obj_description(f.oid, 'pg_proc') !~* '(SQLSTATE [0-9A-Z]{5}|raises|as session_group)'$$, 'L8: every function''s comment tells what it raises');
SELECT is_empty($$SELECT c.oid::regclass, a.attname FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.relkind = 'v' AND c.relname IN ('patterns', 'session_group_patterns', 'stats', 'session_group_summaries') AND col_description(c.oid, a.attnum) IS NULL$$, 'L8: every column of a view has a comment');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace JOIN pg_extension e ON e.extname = 'session_group'
	WHERE c.relkind IN ('r', 'p') AND NOT c.oid = ANY (e.extconfig)
	-- what triggers and the library derive anew from what a restore brings
	AND c.relname NOT IN ('project_counts', 'activity_sequences', 'pattern_rows', 'pattern_numbers', 'pending_rows', 'title_rows',
	-- what its writer writes every few seconds
	'directory_clock')
	UNION ALL SELECT c.oid::regclass FROM pg_class c JOIN tap.schema n ON n.oid = c.relnamespace JOIN pg_extension e ON e.extname = 'session_group'
	WHERE c.relkind = 'S' AND NOT c.oid = ANY (e.extconfig)$$, 'L8: every table and sequence is part of a dump');

SELECT * FROM finish();
ROLLBACK;
