"""The guards of the extension, each with the change that takes it away and the tests that must notice.

Guard(name, file, old, new, tests): `old` stands exactly once in `file`; tests are files of test/pgtap,
without ".sql". A guard that is moved or reworded makes the run fail until its entry here follows.
"""

import collections

Guard = collections.namedtuple("Guard", "name file old new tests")

MAYBE = "OPERATOR(pg_catalog.=) ANY (session_group.%s_project_ids())"
READABLE, WRITABLE = MAYBE % "readable", MAYBE % "writable"


def policy(name, table, verb, column, clause, ids, weaker, tests="rls_verbs"):
    head = f"CREATE POLICY {name} ON session_group.{table} FOR {verb} TO session_group_api\n\t{clause} ("
    file = "src/summary/summaries.sql" if table == "summaries" else "src/identity/tables.sql"
    condition = f"{column} {MAYBE % ids}"
    return Guard(f"policy {name}: {weaker or 'true'}", file, f"{head}{condition})", f"{head}{f'{column} {MAYBE % weaker}' if weaker else 'true'})", tests)


def row_security(table, tests="rls_verbs"):
    file = "src/summary/summaries.sql" if table == "summaries" else "src/identity/tables.sql"
    return Guard(f"row-level security of {table}", file, f"ALTER TABLE session_group.{table} ENABLE ROW LEVEL SECURITY;", "", tests)


POLICIES = [
    policy("projects_read", "projects", "SELECT", "id", "USING", "readable", None),
    policy("members_read", "members", "SELECT", "project_id", "USING", "readable", None),
    Guard("policy users_read: true", "src/identity/tables.sql", "USING (project_ids OPERATOR(pg_catalog.&&) session_group.readable_project_ids())", "USING (true)", "rls_verbs"),
    policy("summaries_read", "summaries", "SELECT", "project_id", "USING", "readable", None),
    policy("summaries_create", "summaries", "INSERT", "project_id", "WITH CHECK", "writable", None),
    policy("summaries_create", "summaries", "INSERT", "project_id", "WITH CHECK", "writable", "readable"),
    policy("summaries_update", "summaries", "UPDATE", "project_id", "USING", "writable", "readable"),
    policy("summaries_delete", "summaries", "DELETE", "project_id", "USING", "writable", "readable"),
    policy("summaries_delete", "summaries", "DELETE", "project_id", "USING", "writable", None, "rights_matrix"),
    Guard("policy summaries_update: no check of the new row", "src/summary/summaries.sql",
          f"\tUSING (project_id {WRITABLE})\n\tWITH CHECK (project_id {WRITABLE});", f"\tUSING (project_id {WRITABLE})\n\tWITH CHECK (true);", "rights_matrix"),
    Guard("policies are for the API role alone", "src/summary/summaries.sql", "CREATE POLICY summaries_administer ON session_group.summaries FOR ALL TO session_group_admin",
          "CREATE POLICY summaries_administer ON session_group.summaries FOR ALL TO session_group_admin, session_group_api", "rls_verbs"),
    *[row_security(table) for table in ("projects", "users", "members", "summaries")],
    row_security("api_keys", "rights_matrix"),
]

RIGHTS = [
    Guard("users: granted by columns", "src/identity/tables.sql", "GRANT SELECT (id, uuid, distinct_id, first_name, last_name, email, is_email_verified,\n\t\t\t  hedgehog_config, role_at_organization) ON", "GRANT SELECT ON", "rls_verbs"),
    Guard("members: granted by columns", "src/identity/tables.sql", "GRANT SELECT (project_id, user_id) ON", "GRANT SELECT ON", "rls_verbs"),
    Guard("projects: granted by columns", "src/identity/tables.sql", "GRANT SELECT (id, name, timezone) ON", "GRANT SELECT ON", "rls_verbs"),
    Guard("keys: not for the API role", "src/identity/tables.sql", "GRANT SELECT (project_id, user_id) ON", "GRANT SELECT ON session_group.api_keys TO session_group_api;\nGRANT SELECT (project_id, user_id) ON", "rls_verbs"),
    Guard("summaries: the creator is not the client's", "src/summary/summaries.sql", "GRANT INSERT (project_id, title, session_ids, summary, extra_summary_context, run_metadata),\n\tUPDATE (title, session_ids, summary, extra_summary_context, run_metadata)\n\tON session_group.summaries",
          "GRANT INSERT (project_id, created_by_id, title, session_ids, summary, extra_summary_context, run_metadata),\n\tUPDATE (title, session_ids, summary, extra_summary_context, run_metadata)\n\tON session_group.summaries", "rls_verbs"),
    Guard("summaries: the version is not the client's", "src/summary/summaries.sql", "\tUPDATE (title, session_ids, summary, extra_summary_context, run_metadata)\n\tON session_group.summaries",
          "\tUPDATE (version, title, session_ids, summary, extra_summary_context, run_metadata)\n\tON session_group.summaries", "rls_verbs"),
    Guard("summaries: the project never changes", "src/summary/summaries.sql", "\tUPDATE (title, session_ids, summary, extra_summary_context, run_metadata)\n\tON session_group.summaries",
          "\tUPDATE (project_id, title, session_ids, summary, extra_summary_context, run_metadata)\n\tON session_group.summaries", "rls_verbs"),
    Guard("summaries: no TRUNCATE", "src/summary/summaries.sql", "GRANT SELECT, DELETE ON session_group.summaries TO session_group_api;", "GRANT SELECT, DELETE, TRUNCATE ON session_group.summaries TO session_group_api;", "rls_verbs"),
    Guard("the view is security_invoker", "src/http/native.sql", "CREATE VIEW session_group_api.session_group_summaries WITH (security_invoker = true) AS", "CREATE VIEW session_group_api.session_group_summaries AS", "rls_verbs"),
    Guard("the view of people is security_invoker", "src/http/native.sql", "CREATE VIEW session_group_api.project_users WITH (security_invoker = true) AS", "CREATE VIEW session_group_api.project_users AS", "rls_verbs"),
    Guard("the view of patterns is security_invoker", "src/summary/patterns.sql", "CREATE VIEW session_group.patterns WITH (security_invoker = true) AS", "CREATE VIEW session_group.patterns AS", "patterns"),
    Guard("PostgREST's view of patterns is security_invoker", "src/summary/patterns.sql", "CREATE VIEW session_group_api.session_group_patterns WITH (security_invoker = true) AS", "CREATE VIEW session_group_api.session_group_patterns AS", "rights_matrix"),
    Guard("functions are not PUBLIC's", "src/identity/grants.sql", "REVOKE ALL ON ALL ROUTINES IN SCHEMA session_group, session_group_api FROM PUBLIC;", "", "rights_matrix"),
    Guard("the response's type is not PUBLIC's", "src/identity/grants.sql", 'REVOKE USAGE ON TYPE session_group_api."*/*" FROM PUBLIC;', "", "rights_matrix"),
    Guard("assume_identity is for the gateway", "src/identity/login.sql", "GRANT EXECUTE ON FUNCTION session_group.assume_identity(uuid, text[], bigint[])\n\tTO session_group_gateway;", "GRANT EXECUTE ON FUNCTION session_group.assume_identity(uuid, text[], bigint[])\n\tTO session_group_gateway, session_group_api;", "rights_matrix"),
    Guard("login is not for the anonymous role", "src/identity/login.sql", "GRANT EXECUTE ON FUNCTION session_group.login(text)\n\tTO session_group_api", "GRANT EXECUTE ON FUNCTION session_group.login(text)\n\tTO session_group_anon, session_group_api", "credentials"),
    Guard("the gateway's roles are two", "src/identity/schema.sql", "GRANT session_group_anon, session_group_api TO session_group_gateway;", "GRANT session_group_anon, session_group_api, session_group_admin TO session_group_gateway;", "identity_setting rights_matrix"),
    Guard("schemas are not PUBLIC's", "src/identity/schema.sql", "GRANT USAGE ON SCHEMA session_group\n\tTO session_group_anon", "GRANT USAGE ON SCHEMA session_group\n\tTO PUBLIC, session_group_anon", "rights_matrix"),
]

PATTERNS = [
    Guard("patterns: counts are within bigint", "src/json/field.c", "is_between(number, 0, PG_INT64_MAX) && is_whole(number)", "is_whole(number)", "patterns"),
    Guard("patterns: counts are whole numbers", "src/json/field.c", "is_between(number, 0, PG_INT64_MAX) && is_whole(number)", "is_between(number, 0, PG_INT64_MAX)", "patterns"),
    Guard("patterns: ratios are from 0 to 1", "src/json/field.c", "	if (number == NULL || !is_between(number, 0, 1))", "	if (number == NULL)", "patterns"),
    Guard("patterns: items that are objects", "src/summary/patterns.c", "	if (object == NULL)\n		return false;", "	if (object == NULL && patterns == NULL)\n		return false;", "patterns"),
]

# Every character of the table of escapes.
MARKDOWN = [
    *[Guard(f"markdown: {c} is escaped", "src/summary/markdown.c", f"	['{c}'] = ESCAPED,", f"	['{c}'] = PLAIN,", "report") for c in [r"\\", *"`*_[]<>&#~|"]],
    *[Guard(f"markdown: {c} begins no list or heading", "src/summary/markdown.c", f"	['{c}'] = {name},", f"	['{c}'] = PLAIN,", "report") for c, name in zip("-+=.)", ["ESCAPED_FIRST"] * 3 + ["ESCAPED_NUMBER"] * 2)],
    *[Guard(f"markdown: {c} breaks no line", "src/summary/markdown.c", f"['{c}'] = BLANK,", f"['{c}'] = PLAIN,", "report") for c in (r"\t", r"\n", r"\v", r"\f", r"\r")],
    Guard("markdown: U+0085 breaks no line", "src/summary/markdown.c", "return c[1] == 0x85 ? BLANK : INVISIBLE;", "return INVISIBLE;", "report"),
    Guard("markdown: U+2028 and U+2029 break no line", "src/summary/markdown.c", "		return BLANK;\n	return PLAIN;", "		return PLAIN;\n	return PLAIN;", "report"),
    Guard("markdown: no control characters", "src/summary/markdown.c", "return *c == 0x7F || (*c < 0x20 && classes[*c] == PLAIN) ? INVISIBLE :", "return", "report"),
]

CONSTRAINTS = [
    Guard("the creator belongs to the project", "src/summary/summaries.sql", "\tFOREIGN KEY (project_id, created_by_id)\n\t\tREFERENCES session_group.members (project_id, user_id) ON DELETE SET NULL (created_by_id),\n", "", "rls_verbs"),
    Guard("ids are unique within a project only", "src/summary/summaries.sql", "\tPRIMARY KEY (project_id, id),\n", "\tPRIMARY KEY (id),\n", "rights_matrix"),
    Guard("constraint: length of title", "src/summary/summaries.sql", "CHECK (pg_catalog.char_length(title) BETWEEN 1 AND 2048)", "CHECK (true)", "abuse"),
    Guard("constraint: number of session_ids", "src/summary/summaries.sql", "CHECK (pg_catalog.cardinality(session_ids) OPERATOR(pg_catalog.<=) 1000)", "CHECK (true)", "abuse"),
    Guard("constraint: extra_summary_context is an object", "src/summary/summaries.sql", "CHECK (pg_catalog.jsonb_typeof(extra_summary_context) OPERATOR(pg_catalog.=) 'object')", "CHECK (true)", "abuse"),
    Guard("constraint: run_metadata is an object", "src/summary/summaries.sql", "CHECK (pg_catalog.jsonb_typeof(run_metadata) OPERATOR(pg_catalog.=) 'object')", "CHECK (true)", "abuse"),
    Guard("constraint: only hashes are stored", "src/identity/tables.sql", "CHECK (hash OPERATOR(pg_catalog.~) '^sha256\\$[0-9a-f]{64}$')", "CHECK (true)", "keys_at_rest"),
    Guard("constraint: a key's projects are not null", "src/identity/tables.sql", "CONSTRAINT api_keys_project_ids_not_null\n", "CONSTRAINT api_keys_project_ids_not_null CHECK (true),\n\tCONSTRAINT weakened CHECK (true OR true) NO INHERIT,\n\t--", "credentials"),
    Guard("the trigger that validates", "src/summary/summaries.sql", "CREATE TRIGGER summaries_before_write BEFORE INSERT OR UPDATE ON", "CREATE TRIGGER summaries_before_write BEFORE INSERT ON", "rls_verbs"),
    Guard("the trigger on members", "src/identity/tables.sql", "CREATE TRIGGER members_to_users AFTER INSERT OR UPDATE OR DELETE ON", "CREATE TRIGGER members_to_users AFTER INSERT OR DELETE ON", "rls_verbs"),
]

IDENTITY = [
    Guard("check hook: only this file sets the identity", "src/identity/identity.c", "if (!assuming && !InitializingParallelWorker)", "if (false)", "identity_setting"),
    Guard("check hook and context together", "src/identity/identity.c", '"", PGC_SUSET,', '"", PGC_USERSET,', "identity_setting"),
    Guard("the identity is not shown", "src/identity/identity.c", "GUC_DISALLOW_IN_FILE |\n\t\t\t\t\t\t\t   GUC_SUPERUSER_ONLY,", "GUC_DISALLOW_IN_FILE,", "identity_setting"),
    Guard("the identity ends with the transaction", "src/identity/identity.c", "PGC_S_SESSION, GUC_ACTION_LOCAL,", "PGC_S_SESSION, GUC_ACTION_SET,", "transaction_end"),
    Guard("the prefix is reserved", "src/session_group.c", 'MarkGUCPrefixReserved("session_group");', "", "identity_setting"),
    Guard("the cap of pages is the administrator's", "src/session_group.c", "PGC_SUSET, 0,", "PGC_USERSET, 0,", "identity_setting"),
    Guard("scope: reading", "src/identity/identity.c", "i = 0; identity->can_read && i <", "i = 0; i <", "credentials"),
    Guard("scope: writing", "src/identity/identity.c", "if (!sg_identity()->can_write)\n\t\tPG_RETURN_ARRAYTYPE_P", "if (false)\n\t\tPG_RETURN_ARRAYTYPE_P", "credentials"),
    Guard("narrowing of credentials", "src/identity/identity.c", "if (!identity->narrowed || sg_project_listed(&identity->only, id))", "if (true)", "credentials"),
    Guard("an identity needs a user", "src/identity/identity.c", "if (sg_identity()->proof == SG_PROOF_NONE)\n\t\tPG_RETURN_NULL();", "", "identity_setting"),
]

CREDENTIALS = [
    Guard("a revoked key", "src/identity/login.c", " AND k.revoked_at IS NULL", "", "credentials"),
    Guard("an inactive owner of a key", "src/identity/login.c", 'IS NULL AND u.is_active"', 'IS NULL"', "credentials"),
    Guard("an inactive user of claims", "src/identity/login.c", "OPERATOR(pg_catalog.=) $1 AND u.is_active\"", "OPERATOR(pg_catalog.=) $1\"", "claims"),
    Guard("a removed membership", "src/identity/login.c", "OPERATOR(pg_catalog.=) u.id AND m.removed_at IS NULL)\"", "OPERATOR(pg_catalog.=) u.id)\"", "credentials"),
    Guard("memberships of the user alone", "src/identity/login.c", '" WHERE m.user_id OPERATOR(pg_catalog.=) u.id AND m.removed_at', '" WHERE m.removed_at', "credentials"),
    Guard("a key is looked up by its hash", "src/identity/login.c", "sg_sha256(text, length, digest);", "memset(digest, 0, sizeof(digest)); memcpy(digest, text, Min(length, sizeof(digest)));", "credentials"),
    Guard("a key's projects narrow it", "src/identity/login.c", "identity->narrowed = identity->only.count > 0;", "identity->narrowed = false;", "credentials"),
    Guard("scopes of other products mean nothing", "src/identity/login.c", "identity->can_read |= all || write || read;", "identity->can_read |= true;", "credentials"),
    Guard("reading does not imply writing", "src/identity/login.c", "identity->can_write |= all || write;", "identity->can_write |= all || write || read;", "credentials"),
    Guard("claims are the gateway's", "src/http/authenticate.c", 'sg_session_is_gateway() ? sg_request_setting("request.jwt.claims") : NULL', 'sg_request_setting("request.jwt.claims")', "claims"),
    Guard("assume_identity asks for the gateway", "src/identity/login.c", "if (!sg_session_is_gateway())", "if (false)", "claims"),
    Guard("the gateway is known by the login role", "src/identity/login.c", "member_can_set_role(GetSessionUserId(), gateway)", "member_can_set_role(GetUserId(), gateway)", "claims"),
    Guard("claims: projects narrow, an empty list to none", "src/identity/login.c", "identity->narrowed = true;\n\tidentity->only.ids = ids;", "identity->narrowed = count > 0;\n\tidentity->only.ids = ids;", "claims"),
    Guard("claims: a project that is none", "src/identity/login.c", "if (token == WJB_ELEM && !read_project_id(&value, &ids[count++]))\n\t\t\treturn false;", "if (token == WJB_ELEM && read_project_id(&value, &ids[count]))\n\t\t\tcount++;", "claims"),
    Guard("claims: projects that are no list", "src/identity/login.c", "if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))\n\t\treturn false;\n\n\tids", "if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))\n\t\treturn true;\n\n\tids", "claims"),
    Guard("authenticate() begins with nobody", "src/http/authenticate.c", "\tsg_identity_clear();\n\terror = sg_safely(", "\terror = sg_safely(", "credentials"),
    Guard("a refused key is not followed by other credentials", "src/http/authenticate.c", "admit_or_refuse(sg_login_with_key(key, strlen(key), &request), SG_REFUSAL_HEADER);\n\t\treturn;", "admit_or_refuse(sg_login_with_key(key, strlen(key), &request), SG_REFUSAL_HEADER);\n\t\tif (sg_identity()->proof != SG_PROOF_NONE)\n\t\t\treturn;", "credentials"),
    Guard("the API role is for members", "src/identity/login.c", " && member_can_set_role(GetSessionUserId(), role))", ")", "credentials"),
    Guard("the API role is for the accepted", "src/http/authenticate.c", "\tif (accepted)\n\t\tsg_become_api_role();\n\telse\n", "\tsg_become_api_role();\n\tif (!accepted)\n", "credentials"),
    Guard("a list of projects has no nulls", "src/identity/login.c", "if (array_contains_nulls(array))", "if (false)", "claims"),
]

OWNER = [
    Guard("searches of a project are for its readers", "src/list/listing.c", "(listing->filters & INDEXED_FILTERS) != 0 && sg_identity_can_read(listing->project_id)", "(listing->filters & INDEXED_FILTERS) != 0", "finding"),
    Guard("searches stay in one project", "src/list/listing.c", 'in_project[] = "s.project_id OPERATOR(pg_catalog.=) $1"', 'in_project[] = "$1 IS NOT NULL"', "finding"),
    Guard("keys of titles are of one project", "src/list/find_keys.c", "(uint64) project_id)", "(uint64) project_id * 0 + length)", "finding"),
    Guard("a changed key is forgotten", "src/identity/key_cache.c", "\tCacheInvalidateRelcacheByRelid(relation_of_keys());\n", "", "credentials"),
    Guard("a key that is kept expires", "src/identity/login.c", "key != NULL && key->expires_at > GetCurrentTimestamp()", "key != NULL", "credentials"),
    Guard("the owner's statements pin search_path", "src/base/statement.c", '"pg_catalog, pg_temp", PGC_USERSET', 'GetConfigOption("search_path", false, false), PGC_USERSET', "definer_paths"),
    Guard("search_path is restored", "src/base/statement.c", "\tAtEOXact_GUC(true, nest_level);\n", "\t(void) nest_level;\n", "definer_paths"),
    Guard("the user is restored", "src/base/statement.c", "\tSetUserIdAndSecContext(saved_user, saved_context);\n", "", "credentials definer_paths"),
    Guard("qualified operators: get", "src/summary/store.c", '" WHERE s.project_id OPERATOR(pg_catalog.=) $1 AND s.id OPERATOR(pg_catalog.=) $2",\n\t\t{INT8OID, UUIDOID}\n\t};\n\tDatum\t\tvalues[] = {Int64GetDatum(project_id), UUIDPGetDatum(id)};\n\n\treturn sg_execute(&get',
          '" WHERE s.project_id = $1 AND s.id = $2",\n\t\t{INT8OID, UUIDOID}\n\t};\n\tDatum\t\tvalues[] = {Int64GetDatum(project_id), UUIDPGetDatum(id)};\n\n\treturn sg_execute(&get', "definer_paths"),
    Guard("qualified operators: list", "src/list/listing.c", 'in_project[] = "s.project_id OPERATOR(pg_catalog.=) $1"', 'in_project[] = "s.project_id = $1"', "definer_paths"),
    Guard("qualified functions: count", "src/list/listing.c", '"pg_catalog.count(*)"', '"(SELECT cardinality(array_agg(1)))"', "definer_paths gateway_doors"),
    Guard("qualified functions: projects", "src/admin/projects.c", "pg_catalog.gen_random_uuid()", "gen_random_uuid()", "definer_paths"),
]

GATEWAY = [
    Guard("credentials (401)", "src/http/admit.c", "if (!check_credentials(request, fault) ||\n\t\t!check_project", "check_credentials(request, fault);\n\tif (!check_project", "gateway_doors"),
    Guard("project (404)", "src/http/admit.c", "\t\t!check_project(request, fault) ||\n", "\t\t(!check_project(request, fault) && request->project_id == 0) ||\n", "gateway_doors"),
    Guard("the key's projects (403)", "src/http/admit.c", "if (identity->narrowed && !sg_project_listed(&identity->only, request->project_id))", "if (false)", "gateway_doors"),
    Guard("scope (403)", "src/http/admit.c", "if (write ? !identity->can_write : !identity->can_read)", "if (false)", "gateway_doors"),
    Guard("scope of writing (403)", "src/http/admit.c", "if (write ? !identity->can_write : !identity->can_read)", "if (!identity->can_read)", "gateway_doors"),
    Guard("membership (403)", "src/http/admit.c", "if (!sg_project_listed(&identity->members, request->project_id))", "if (false)", "gateway_doors"),
    Guard("a refusal is remembered", "src/http/authenticate.c", "\telse\n\t\tsg_identity_refuse(refusal);", "", "gateway_doors"),
    Guard("a GET has no body to log in with", "src/http/admit.c", "if (request->method == SG_METHOD_GET)\n\t\treturn;", "", "gateway_doors"),
    Guard("an error is an answer", "src/base/safely.c", "\tCurrentResourceOwner = owner;\n\treturn error;", "\tCurrentResourceOwner = owner;\n\tif (error != NULL)\n\t\tReThrowError(error);\n\treturn error;", "gateway_doors"),
    Guard("an error has no detail", "src/http/gateway.c", "\tsg_fault_of_error(&fault, error->sqlerrcode);", "\tsg_fault_of_error(&fault, error->sqlerrcode);\n\tfault.detail = error->message;", "gateway_doors"),
    Guard("a full disk is not the request's fault", "src/base/fault.c", "category == ERRCODE_INSUFFICIENT_RESOURCES ||\n\t\t\t category == ERRCODE_TRANSACTION_ROLLBACK", "category == ERRCODE_TRANSACTION_ROLLBACK", "gateway_doors"),
    Guard("a cancelled request is a timeout", "src/base/fault.c", "sqlstate == ERRCODE_QUERY_CANCELED || ", "", "gateway_doors"),
    Guard("a failed request leaves nothing", "src/base/safely.c", "RollbackAndReleaseCurrentSubTransaction();", "ReleaseCurrentSubTransaction();", "gateway_doors"),
]

IMPORT = [
    Guard("import: a project is known by its name too", "src/import/kinds.c", "coalesce(p.name OPERATOR(pg_catalog.=) b.name, false)", "true", "import"),
    Guard("import: a user is known by the uuid too", "src/import/kinds.c", "coalesce(u.uuid OPERATOR(pg_catalog.=) b.uuid, false)", "true", "import"),
    Guard("import: a key for organizations is narrowed", "src/import/kinds.c", "\t\t\t narrow_key(import, tupdesc, row) &&\n", "", "import"),
    Guard("import: a creator of the same id is no creator", "src/import/kinds.c", "if (isnull || sg_import_knows(import->users, creator, isnull))", "if (true)", "import"),
    Guard("import: rows of a project that was not imported", "src/import/kinds.c", "if (sg_import_knows(known, id, isnull))\n\t\treturn true;", "if (!isnull)\n\t\treturn true;", "import"),
    Guard("import: the schema is quoted", "src/import/posthog.c", "const char *quoted = quote_identifier(schema);", "const char *quoted = schema;", "import"),
]

BOUNDS = [
    Guard("bound: title", "src/base/session_group.h", "#define SG_TITLE_MAX_CHARS 2048", "#define SG_TITLE_MAX_CHARS 2049", "gateway_doors"),
    Guard("bound: session ids", "src/base/session_group.h", "#define SG_SESSION_IDS_MAX 1000", "#define SG_SESSION_IDS_MAX 1001", "gateway_doors"),
    Guard("bound: a session id", "src/base/session_group.h", "#define SG_SESSION_ID_MAX_CHARS 200", "#define SG_SESSION_ID_MAX_CHARS 201", "abuse"),
    Guard("bound: names of administration", "src/admin/projects.c", "if (length < 1 || length > max)", "if (length < 1)", "abuse"),
    Guard("blank titles", "src/summary/validate.c", "if (is_all_blank(VARDATA_ANY(title), VARSIZE_ANY_EXHDR(title)))", "if (false)", "abuse"),
    Guard("null sessions", "src/summary/validate.c", "if (item == NULL)\n\t\t\treturn", "if (item == NULL)\n\t\t\tcontinue;\n\t\tif (item == NULL)\n\t\t\treturn", "abuse"),
    Guard("objects are objects", "src/summary/validate.c", "if (json == NULL || JB_ROOT_IS_OBJECT(json))", "if (true)", "abuse"),
    Guard("a row does not move", "src/summary/before_write.c", "\tif (change.before != NULL)\n\t\trefuse_move(&change);", "", "rls_verbs"),
    Guard("orders are a list", "src/list/listing.c", "\t\t\treturn true;\n\t\t}\n\t}\n\treturn false;\n}\n\n/*\n * Make the pattern", "\t\t\treturn true;\n\t\t}\n\t}\n\treturn true;\n}\n\n/*\n * Make the pattern", "abuse"),
    Guard("wildcards are plain characters", "src/list/listing.c", "if (c == '%' || c == '_' || c == '\\\\')", "if (false)", "abuse"),
    Guard("the cap of pages in SQL", "src/base/arguments.c", "if (limit < 1 || limit > sg_max_page_size)", "if (limit < 1)", "abuse"),
    Guard("the cap of pages over HTTP", "src/http/list.c", "sg_page_read(query, sg_max_page_size)", "sg_page_read(query, 1000000)", "abuse"),
    Guard("negative offsets", "src/base/arguments.c", "if (offset < 0)", "if (false)", "abuse"),
    Guard("unknown changes", "src/summary/functions.c", "if (unknown != NULL)", "if (false)", "rls_verbs"),
    Guard("time zones are names", "src/base/text.c", "if (!isalnum((unsigned char) *c) && strchr(\"_+-/\", *c) == NULL)", "if (false)", "abuse"),
    Guard("unknown scopes are not stored", "src/admin/projects.c", "strcmp(scope, SG_SCOPE_WRITE) != 0 && strcmp(scope, SG_SCOPE_ALL) != 0)", "strcmp(scope, SG_SCOPE_WRITE) != 0 && strcmp(scope, SG_SCOPE_ALL) != 0 && false)", "abuse"),
    Guard("keys do not begin expired", "src/admin/projects.c", "if (!PG_ARGISNULL(4) && PG_GETARG_TIMESTAMPTZ(4) <= GetCurrentTimestamp())", "if (false)", "abuse"),
    Guard("keys are for projects that exist", "src/admin/projects.c", "\t\tsg_check_project_exists(DatumGetInt64(items[i]));\n", "", "abuse"),
    Guard("memberships do not move", "src/admin/projects.c", "if (DatumGetInt64(before[0]) != DatumGetInt64(after[0]) ||\n\t\tDatumGetInt64(before[1]) != DatumGetInt64(after[1]))", "if (false)", "rls_verbs"),
    Guard("people are found through their projects", "src/admin/projects.c", "pg_catalog.array_append(u.project_ids, $1)", "pg_catalog.array_append(u.project_ids, 910002::pg_catalog.int8)", "rls_verbs"),
    Guard("keys are random", "src/identity/api_key.c", "if (!pg_strong_random(number, sizeof(number)))", "memset(number, 7, sizeof(number));\n\tif (false)", "keys_at_rest"),
    Guard("keys are masked", "src/identity/api_key.c", "#define MASK_VISIBLE 4", "#define MASK_VISIBLE 40", "keys_at_rest"),
    Guard("ids are random", "src/base/uuid.c", "if (!pg_strong_random(uuid->data + 8, UUID_LEN - 8))", "memset(uuid->data + 8, 7, UUID_LEN - 8);\n\tif (false)", "keys_at_rest"),
    Guard("a trigger function is no function", "src/base/trigger.c", "!CALLED_AS_TRIGGER(fcinfo) || ", "!CALLED_AS_TRIGGER(fcinfo) ? false : ", "definer_paths"),
    Guard("a trigger function has its own events", "src/base/trigger.c", "(kind_of(trigger->tg_event) & kinds) == 0 ||", "", "definer_paths"),
    Guard("a trigger function has its own table", "src/base/trigger.c", " ||\n\t\t!is_table(trigger->tg_relation, table))", ")", "definer_paths"),
]

COUNTS = [
    Guard("policy summary_counts_read: true", "src/summary/counts.sql", f"FOR SELECT TO session_group_api\n\tUSING (project_id {READABLE});", "FOR SELECT TO session_group_api\n\tUSING (true);", "rls_verbs"),
    Guard("policy activity_read: true", "src/activity/activity.sql", f"FOR SELECT TO session_group_api\n\tUSING (project_id {READABLE});", "FOR SELECT TO session_group_api\n\tUSING (true);", "rls_verbs"),
    Guard("row-level security of activity", "src/activity/activity.sql", "ALTER TABLE session_group.activity ENABLE ROW LEVEL SECURITY;", "", "rls_verbs"),
    Guard("horizons are not the API's", "src/activity/activity.sql", "request_id, changes, at)\n\tON", "request_id, changes, at, horizon)\n\tON", "rights_matrix"),
    Guard("activity: nobody writes but the library", "src/activity/activity.sql", "GRANT SELECT ON session_group.activity TO", "GRANT SELECT, INSERT ON session_group.activity TO", "rights_matrix"),
    Guard("row-level security of summary_counts", "src/summary/counts.sql", "ALTER TABLE session_group.summary_counts ENABLE ROW LEVEL SECURITY;", "", "rls_verbs"),
    Guard("summary_counts: nobody writes but the trigger", "src/summary/counts.sql", "GRANT SELECT ON session_group.summary_counts TO", "GRANT SELECT, INSERT ON session_group.summary_counts TO", "rights_matrix"),
    Guard("the trigger that counts", "src/summary/counts.sql", "CREATE TRIGGER summaries_count AFTER INSERT OR DELETE ON", "CREATE TRIGGER summaries_count AFTER INSERT ON", "rls_verbs"),
    Guard("the trigger that writes the count", "src/summary/counts.sql", "CREATE TRIGGER summaries_counted AFTER INSERT OR DELETE ON", "CREATE TRIGGER summaries_counted AFTER INSERT ON", "rls_verbs"),
    Guard("counting is by project", "src/summary/counts.c", 'FROM session_group.summary_counts AS c WHERE c.project_id OPERATOR(pg_catalog.=) $1"', 'FROM session_group.summary_counts AS c WHERE $1 IS NOT NULL"', "gateway_doors"),
]

W = "repeated_writes"
WRITES = [
    Guard("If-Match is weighed", "src/http/conditional.c", "\tif (!matched)\n", "\tif (false)\n", W),
    Guard("If-None-Match is weighed by writes", "src/http/conditional.c", "if (none_matched && unchanged == NULL)", "if (false)", W),
    Guard("If-None-Match is weighed by reads", "src/http/conditional.c", "*unchanged = none_matched;", "*unchanged = false;", W),
    Guard("If-Match compares strongly", "src/http/conditional.c", "find_tag(match, etag, false, &matched)", "find_tag(match, etag, true, &matched)", W),
    Guard("a condition that can not be read is refused", "src/http/conditional.c", "if (match != NULL && !find_tag(match, etag, false, &matched))", "if (match != NULL && !find_tag(match, etag, false, &matched) && (matched = true, false))", W),
    Guard("an ETag knows the project", "src/http/conditional.c", "DatumGetInt64(sg_value(rows, 0, SG_ROW_PROJECT_ID, &isnull)),", "0,", W),
    Guard("an ETag knows the row", "src/http/conditional.c", "(char *) numbers, sizeof(numbers));", "(char *) numbers, sizeof(int64));", W),
    Guard("an ETag knows the creator", "src/http/conditional.c", "\tsg_people_append(&state, people, value, isnull);\n", "", W),
    Guard("an ETag knows the summary", "src/http/conditional.c", "\tappendBinaryStringInfo(&state, (char *) DatumGetUUIDP(value), UUID_LEN);\n", "", W),
    Guard("a change weighs its conditions", "src/http/object.c", "\tif (!check_before_write(request, &id, fault))\n\t\treturn false;\n\tif (sg_store_update", "\tif (sg_store_update", W),
    Guard("a deletion weighs its conditions", "src/http/object.c", "\tif (!check_before_write(request, &id, fault))\n\t\treturn false;\n\tif (sg_store_delete", "\tif (sg_store_delete", W),
    Guard("a version that is expected", "src/summary/functions.c", "if (version != PG_GETARG_INT64(number))", "if (false)", W),
    Guard("a condition locks the row", "src/summary/store.c", '"\n\t\t" FOR NO KEY UPDATE"', '"', W),
    Guard("an idempotency key is its project's", "src/http/idempotency.c", "Int64GetDatum(request->project_id);", "Int64GetDatum(910001);", W),
    Guard("an idempotency key is its user's", "src/http/idempotency.c", "Int64GetDatum(sg_identity()->user_id);", "Int64GetDatum(910011);", W),
    Guard("an idempotency key is for one request", "src/http/idempotency.c", "if (!DatumGetBool(sg_result(0, 1, &isnull)))", "if (false)", W),
    Guard("the body is part of the request", "src/http/idempotency.c", "appendBinaryStringInfo(&all, (char *) body, sizeof(body));", "", W),
    Guard("the type of the body is part of the request", "src/http/idempotency.c", "request->media_type);\n\treturn digest_datum", "\"\");\n\treturn digest_datum", W),
    Guard("an idempotency key ends after a day", "src/http/idempotency.c", "#define LIFETIME \"'24 hours'", "#define LIFETIME \"'25 hours'", W),
    Guard("an idempotency key holds for a day", "src/http/idempotency.c", "#define LIFETIME \"'24 hours'", "#define LIFETIME \"'23 hours'", W),
    Guard("only success is kept", "src/http/idempotency.c", "\t\trelease(&key);\n", "", W),
    Guard("expired keys are purged", "src/http/idempotency.c", "\tpurge_some(&key);\n", "\t(void) purge_some;\n", W),
    Guard("keys of idempotency have a length", "src/http/idempotency.c", "return length <= KEY_MAX_LENGTH;", "return true;", W),
    Guard("keys of idempotency are ASCII", "src/http/idempotency.c", "if (text[i] < ' ' || text[i] > '~')", "if (false)", W),
    Guard("idempotency keys are for POST", "src/http/operations.c", "if (request->method == SG_METHOD_POST &&\n\t\tsg_request_header", "if (sg_request_header", W),
    Guard("row-level security of idempotency_keys", "src/http/idempotency.sql", "ALTER TABLE session_group.idempotency_keys ENABLE ROW LEVEL SECURITY;", "", "rights_matrix"),
    Guard("idempotency_keys: not the API's", "src/http/idempotency.sql", "ON session_group.idempotency_keys TO session_group_admin;", "ON session_group.idempotency_keys TO session_group_admin, session_group_api;", "rights_matrix"),
    Guard("young idempotency keys stay", "src/http/idempotency.sql", "WHERE o.created_at <= now() - '24 hours'::interval", "WHERE true", W),
]

GUARDS = [*POLICIES, *RIGHTS, *CONSTRAINTS, *IDENTITY, *CREDENTIALS, *OWNER, *GATEWAY, *IMPORT, *BOUNDS, *COUNTS, *PATTERNS, *WRITES, *MARKDOWN]
