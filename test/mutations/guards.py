"""The guards of the extension, each with the change that takes it away and the tests that must notice.

Guard(name, old, new, tests): the name says what the guard does; `old` stands exactly once in src/, in whichever
file; tests are files of test/pgtap, without ".sql". A guard may move to another file; one that is reworded makes
the run fail until its entry here follows.
"""

import collections
import functools
import pathlib

REPO = pathlib.Path(__file__).resolve().parent.parent.parent


@functools.cache
def sources():
    """The text of each file in src/ that somebody has written: made.sql says what is made of the others."""
    return {str(path.relative_to(REPO)): path.read_text() for suffix in ("c", "h", "sql")
            for path in (REPO / "src").rglob(f"*.{suffix}") if path.name != "made.sql"}


class Entry(collections.namedtuple("Entry", "name old new tests")):
    @property
    def file(self):
        """The one file that has the guard, or how many times it was found."""
        found = {file: text.count(self.old) for file, text in sources().items() if self.old in text}
        return next(iter(found)) if list(found.values()) == [1] else f"{sum(found.values())} places: {' '.join(found)}"


def Guard(name, *entry):
    """An entry, from (name, old, new, tests); older ones name a file in front, which no longer matters."""
    return Entry(name, *entry[-3:])


ASKED = {"readable": "session_group.may_read(%s)", "writable": "session_group.may_write(%s)"}


def policy(name, table, verb, column, clause, ids, weaker, tests="rls_verbs"):
    head = f"CREATE POLICY {name} ON session_group.{table} FOR {verb} TO session_group_api\n\t{clause} ("
    return Guard(f"policy {name}: {weaker or 'true'}", f"{head}{ASKED[ids] % column})",
                 f"{head}{ASKED[weaker] % column if weaker else 'true'})", tests)


def row_security(table, tests="rls_verbs"):
    return Guard(f"row-level security of {table}", f"ALTER TABLE session_group.{table} ENABLE ROW LEVEL SECURITY;",
                 "", tests)


POLICIES = [
    policy("projects_read", "projects", "SELECT", "id", "USING", "readable", None),
    policy("members_read", "members", "SELECT", "project_id", "USING", "readable", None),
    Guard("policy users_read: true",
          "USING (session_group.may_see(id))", "USING (true)",
          "rls_verbs"),
    policy("summaries_read", "summaries", "SELECT", "project_id", "USING", "readable", None),
    policy("summaries_create", "summaries", "INSERT", "project_id", "WITH CHECK", "writable", None),
    policy("summaries_create", "summaries", "INSERT", "project_id", "WITH CHECK", "writable", "readable"),
    policy("summaries_update", "summaries", "UPDATE", "project_id", "USING", "writable", "readable"),
    policy("summaries_delete", "summaries", "DELETE", "project_id", "USING", "writable", "readable"),
    policy("summaries_delete", "summaries", "DELETE", "project_id", "USING", "writable", None, "rights_matrix"),
    Guard("policy summaries_update: no check of the new row",
          "\tUSING (session_group.may_write(project_id))\n\tWITH CHECK (session_group.may_write(project_id));",
          "\tUSING (session_group.may_write(project_id))\n\tWITH CHECK (true);", "rights_matrix"),
    Guard("policies are for the API role alone",
          "CREATE POLICY summaries_administer ON session_group.summaries FOR ALL TO session_group_admin",
          "CREATE POLICY summaries_administer ON session_group.summaries FOR ALL TO session_group_admin, "
          "session_group_api", "rls_verbs"),
    *[row_security(table) for table in ("projects", "users", "members", "summaries", "pattern_rows",
                                        "pattern_numbers", "pending_rows")],
    row_security("api_keys", "rights_matrix"),
]

RIGHTS = [
    Guard("users: granted by columns",
          "GRANT SELECT (id, uuid, distinct_id, first_name, last_name, email, is_email_verified,\n"
          "\t\t\t  hedgehog_config, role_at_organization) ON", "GRANT SELECT ON", "rls_verbs"),
    Guard("members: granted by columns", "GRANT SELECT (project_id, user_id) ON", "GRANT SELECT ON", "rls_verbs"),
    Guard("projects: granted by columns", "GRANT SELECT (id, name, timezone) ON", "GRANT SELECT ON", "rls_verbs"),
    Guard("keys: not for the API role", "GRANT SELECT (project_id, user_id) ON",
          "GRANT SELECT ON session_group.api_keys TO session_group_api;\nGRANT SELECT (project_id, user_id) ON",
          "rls_verbs"),
    Guard("summaries: the creator is not the client's", "readable, pg_catalog.array_to_string(writable, ', '),",
          "readable, pg_catalog.array_to_string(writable, ', ') || ', created_by_id',", "rls_verbs"),
    Guard("summaries: the version is not the client's",
          "readable, pg_catalog.array_to_string(writable, ', '),\n\t\tpg_catalog.array_to_string(writable[2:], ', '));",
          "readable, pg_catalog.array_to_string(writable, ', '),\n"
          "\t\tpg_catalog.array_to_string(writable[2:], ', ') || ', version');", "rls_verbs"),
    Guard("summaries: the project never changes",
          "readable, pg_catalog.array_to_string(writable, ', '),\n\t\tpg_catalog.array_to_string(writable[2:], ', '));",
          "readable, pg_catalog.array_to_string(writable, ', '),\n"
          "\t\tpg_catalog.array_to_string(writable, ', '));", "rls_verbs"),
    Guard("summaries: no TRUNCATE", "GRANT DELETE ON session_group.summaries TO session_group_api;",
          "GRANT DELETE, TRUNCATE ON session_group.summaries TO session_group_api;", "rls_verbs"),
    Guard("summaries: granted by columns", "GRANT DELETE ON session_group.summaries TO session_group_api;",
          "GRANT SELECT, DELETE ON session_group.summaries TO session_group_api;", "estimates"),
    Guard("the view is security_invoker",
          "CREATE VIEW session_group_api.session_group_summaries WITH (security_invoker = true) AS",
          "CREATE VIEW session_group_api.session_group_summaries AS", "rls_verbs"),
    Guard("the view of people is security_invoker",
          "CREATE VIEW session_group_api.project_users WITH (security_invoker = true) AS",
          "CREATE VIEW session_group_api.project_users AS", "rls_verbs"),
    Guard("the view of patterns is security_invoker",
          "CREATE VIEW session_group.patterns WITH (security_invoker = true) AS",
          "CREATE VIEW session_group.patterns AS", "patterns"),
    Guard("PostgREST's view of patterns is security_invoker",
          "CREATE VIEW session_group_api.session_group_patterns WITH (security_invoker = true) AS",
          "CREATE VIEW session_group_api.session_group_patterns AS", "rights_matrix"),
    Guard("functions are not PUBLIC's",
          "REVOKE ALL ON ALL ROUTINES IN SCHEMA session_group, session_group_api FROM PUBLIC;", "", "rights_matrix"),
    Guard("the response's type is not PUBLIC's", 'REVOKE USAGE ON TYPE session_group_api."*/*" FROM PUBLIC;', "",
          "rights_matrix"),
    Guard("assume_identity is for the gateway",
          "GRANT EXECUTE ON FUNCTION session_group.assume_identity(uuid, text[], bigint[])\n"
          "\tTO session_group_gateway;",
          "GRANT EXECUTE ON FUNCTION session_group.assume_identity(uuid, text[], bigint[])\n"
          "\tTO session_group_gateway, session_group_api;", "rights_matrix"),
    Guard("login is not for the anonymous role",
          "GRANT EXECUTE ON FUNCTION session_group.login(text)\n\tTO session_group_api",
          "GRANT EXECUTE ON FUNCTION session_group.login(text)\n\tTO session_group_anon, session_group_api",
          "credentials"),
    Guard("the gateway's roles are two", "GRANT session_group_anon, session_group_api TO session_group_gateway;",
          "GRANT session_group_anon, session_group_api, session_group_admin TO session_group_gateway;",
          "identity_setting rights_matrix"),
    Guard("schemas are not PUBLIC's", "GRANT USAGE ON SCHEMA session_group\n\tTO session_group_anon",
          "GRANT USAGE ON SCHEMA session_group\n\tTO PUBLIC, session_group_anon", "rights_matrix"),
]

PATTERNS = [
    Guard("rows of patterns: written with the summary",
          "	if (!TRIGGER_FIRED_BY_DELETE(trigger->tg_event))\n		write_rows(&source);", "", "patterns"),
    Guard("rows of patterns: deleted with the summary", "	if (!TRIGGER_FIRED_BY_INSERT(trigger->tg_event))",
          "	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))", "patterns"),
    Guard("rows of patterns: written where the patterns change",
          "	if (is_update && !rows_change(trigger))\n		return PointerGetDatum(NULL);", "", "patterns"),
    Guard("rows of patterns: kept in replication",
          "ALTER TABLE session_group.summaries ENABLE ALWAYS TRIGGER summaries_keep_rows;", "", "patterns"),
    Guard("rows of patterns: dropped only in their project",
          "		\" DELETE FROM session_group.pattern_rows AS t WHERE t.project_id OPERATOR(pg_catalog.=) $1\",",
          "		\" DELETE FROM session_group.pattern_rows AS t WHERE $1 IS NOT NULL\",", "patterns"),
    Guard("rows of patterns: granted by columns",
          "GRANT SELECT (project_id, summary_id) ON session_group.pending_rows TO session_group_api;",
          "GRANT SELECT ON session_group.pending_rows TO session_group_api;", "rls_verbs"),
    Guard("rows of patterns: made by administrators", "	session_group.check_rows() TO session_group_admin;",
          "	session_group.check_rows() TO session_group_admin, session_group_api;", "rls_verbs"),
    Guard("a severity is counted in an index only where policies hide nothing",
          "if (counting >= 0 && sg_policies_are_ours())", "if (counting >= 0)", "added_policies"),
    Guard("patterns are counted in an index only where policies hide nothing",
          "return sg_policies_are_ours() ?\n\t\tsg_count_severities(", "return true ?\n\t\tsg_count_severities(",
          "added_policies"),
    Guard("patterns: a thousand at most", "	if (!sg_patterns_too_many(patterns))\n		return true;", "	return true;",
          "patterns"),
    Guard("patterns: counts are within bigint", "is_between(number, 0, PG_INT64_MAX) && is_whole(number)",
          "is_whole(number)", "patterns"),
    Guard("patterns: counts are whole numbers", "is_between(number, 0, PG_INT64_MAX) && is_whole(number)",
          "is_between(number, 0, PG_INT64_MAX)", "patterns"),
    Guard("patterns: ratios are from 0 to 1", "	if (number == NULL || !is_between(number, 0, 1))",
          "	if (number == NULL)", "patterns"),
    Guard("patterns: items that are objects", "	if (object == NULL)\n		return false;",
          "	if (object == NULL && patterns == NULL)\n		return false;", "patterns"),
]

# Every character of the table of escapes.
MARKDOWN = [
    *[Guard(f"markdown: {c} is escaped", f"	['{c}'] = ESCAPED,", f"	['{c}'] = PLAIN,", "report")
      for c in [r"\\", *"`*_[]<>&#~|"]],
    *[Guard(f"markdown: {c} begins no list or heading", f"	['{c}'] = {name},", f"	['{c}'] = PLAIN,", "report") for c,
      name in zip("-+=.)", ["ESCAPED_FIRST"] * 3 + ["ESCAPED_NUMBER"] * 2)],
    *[Guard(f"markdown: {c} breaks no line", f"['{c}'] = BLANK,", f"['{c}'] = PLAIN,", "report")
      for c in (r"\t", r"\n", r"\v", r"\f", r"\r")],
    Guard("markdown: U+0085 breaks no line", "return c[1] == 0x85 ? BLANK : INVISIBLE;", "return INVISIBLE;",
          "report"),
    Guard("markdown: U+2028 and U+2029 break no line", "		return BLANK;\n	return PLAIN;",
          "		return PLAIN;\n	return PLAIN;", "report"),
    Guard("markdown: no control characters", "return *c == 0x7F || (*c < 0x20 && classes[*c] == PLAIN) ? INVISIBLE :",
          "return", "report"),
]

CONSTRAINTS = [
    Guard("the creator belongs to the project",
          "\tFOREIGN KEY (project_id, created_by_id)\n"
          "\t\tREFERENCES session_group.members (project_id, user_id) ON DELETE SET NULL (created_by_id),\n", "",
          "rls_verbs"),
    Guard("ids are unique within a project only", "\tPRIMARY KEY (project_id, id),\n", "\tPRIMARY KEY (id),\n",
          "rights_matrix"),
    Guard("constraint: length of title", "CHECK (pg_catalog.char_length(title) BETWEEN 1 AND 2048)", "CHECK (true)",
          "abuse"),
    Guard("constraint: number of session_ids",
          "CHECK (pg_catalog.cardinality(session_ids) OPERATOR(pg_catalog.<=) 1000)", "CHECK (true)", "abuse"),
    Guard("constraint: extra_summary_context is an object",
          "CHECK (pg_catalog.jsonb_typeof(extra_summary_context) OPERATOR(pg_catalog.=) 'object')", "CHECK (true)",
          "abuse"),
    Guard("constraint: run_metadata is an object",
          "CHECK (pg_catalog.jsonb_typeof(run_metadata) OPERATOR(pg_catalog.=) 'object')", "CHECK (true)", "abuse"),
    Guard("constraint: only hashes are stored", "CHECK (hash OPERATOR(pg_catalog.~) '^sha256\\$[0-9a-f]{64}$')",
          "CHECK (true)", "keys_at_rest"),
    Guard("constraint: a key's projects are not null", "CONSTRAINT api_keys_project_ids_not_null\n",
          "CONSTRAINT api_keys_project_ids_not_null CHECK (true),\n"
          "\tCONSTRAINT weakened CHECK (true OR true) NO INHERIT,\n\t--", "credentials"),
    Guard("the trigger that validates",
          "CREATE TRIGGER summaries_before_write BEFORE INSERT OR UPDATE ON session_group.summaries\n",
          "CREATE TRIGGER summaries_before_write BEFORE INSERT ON session_group.summaries\n", "rls_verbs"),
    Guard("the trigger on members", "\trefuse_moved_membership(trigger);\n\treturn PointerGetDatum(trigger->tg_newtuple);",
          "\treturn PointerGetDatum(trigger->tg_newtuple);", "rls_verbs"),
]

IDENTITY = [
    Guard("check hook: only this file sets the identity", "if (!assuming && !InitializingParallelWorker)",
          "if (false)", "identity_setting"),
    Guard("check hook and context together", '"", PGC_SUSET,', '"", PGC_USERSET,', "identity_setting"),
    Guard("the identity is not shown", "GUC_DISALLOW_IN_FILE |\n\t\t\t\t\t\t\t   GUC_SUPERUSER_ONLY,",
          "GUC_DISALLOW_IN_FILE,", "identity_setting"),
    Guard("the identity ends with the transaction", "(SETTING, text, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_LOCAL,",
          "(SETTING, text, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SET,", "transaction_end"),
    Guard("the prefix is reserved", 'MarkGUCPrefixReserved("session_group");', "", "identity_setting"),
    Guard("the cap of pages is the administrator's", "1000, 1, 100000,\n\t\t\t\t\t\t\tPGC_SUSET, 0,",
          "1000, 1, 100000,\n\t\t\t\t\t\t\tPGC_USERSET, 0,", "identity_setting"),
    Guard("the description is for those who have a key", "strcmp(path, \"/\") == 0 && sg_identity()->proof == SG_PROOF_NONE", "false", "credentials"),
    Guard("scope: reading", "i = 0; identity->can_read && i <", "i = 0; i <", "credentials"),
    Guard("scope: writing", "if (!sg_identity()->can_write)\n\t\tPG_RETURN_ARRAYTYPE_P",
          "if (false)\n\t\tPG_RETURN_ARRAYTYPE_P", "credentials"),
    Guard("narrowing of credentials", "if (sg_project_listed(&identity->only, id))",
          "if (true)", "credentials"),
    Guard("an identity needs a user", "if (sg_identity()->proof == SG_PROOF_NONE)\n\t\tPG_RETURN_NULL();", "",
          "identity_setting"),
]

CREDENTIALS = [
    Guard("a revoked key", " AND k.revoked_at IS NULL", "", "credentials"),
    Guard("an inactive owner of a key", 'IS NULL AND u.is_active"', 'IS NULL"', "credentials"),
    Guard("an inactive user of claims", "OPERATOR(pg_catalog.=) $1 AND u.is_active\"", "OPERATOR(pg_catalog.=) $1\"",
          "claims"),
    Guard("a removed membership", "OPERATOR(pg_catalog.=) u.id AND m.removed_at IS NULL)\"",
          "OPERATOR(pg_catalog.=) u.id)\"", "credentials"),
    Guard("memberships of the user alone", '" WHERE m.user_id OPERATOR(pg_catalog.=) u.id AND m.removed_at',
          '" WHERE m.removed_at', "credentials"),
    Guard("a key is looked up by its hash", "sg_sha256(text, length, digest);",
          "memset(digest, 0, sizeof(digest)); memcpy(digest, text, Min(length, sizeof(digest)));", "credentials"),
    Guard("a key's projects narrow it", "identity->narrowed = identity->only.count > 0;",
          "identity->narrowed = false;", "credentials"),
    Guard("scopes of other products mean nothing", "identity->can_read |= all || write || read;",
          "identity->can_read |= true;", "credentials"),
    Guard("reading does not imply writing", "identity->can_write |= all || write;",
          "identity->can_write |= all || write || read;", "credentials"),
    Guard("claims are the gateway's", 'sg_session_is_gateway() ? sg_request_setting("request.jwt.claims") : NULL',
          'sg_request_setting("request.jwt.claims")', "claims"),
    Guard("assume_identity asks for the gateway", "if (!sg_session_is_gateway())", "if (false)", "claims"),
    Guard("the gateway is known by the login role", "member_can_set_role(GetSessionUserId(), gateway)",
          "member_can_set_role(GetUserId(), gateway)", "claims"),
    Guard("claims: projects narrow, an empty list to none", "identity->narrowed = true;\n\tidentity->only.ids = ids;",
          "identity->narrowed = count > 0;\n\tidentity->only.ids = ids;", "claims"),
    Guard("claims: a project that is none",
          "if (token == WJB_ELEM && !read_project_id(&value, &ids[count++]))\n\t\t\treturn false;",
          "if (token == WJB_ELEM && read_project_id(&value, &ids[count]))\n\t\t\tcount++;", "claims"),
    Guard("claims: projects that are no list",
          "if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))\n\t\treturn false;\n\n\tids",
          "if (value.type != jbvBinary || !JsonContainerIsArray(value.val.binary.data))\n\t\treturn true;\n\n\tids",
          "claims"),
    Guard("headers that have changed are read anew", "read_text != NULL && text != NULL && strcmp(read_text, text) == 0", "read_text != NULL",
          "credentials"),
    Guard("authenticate() begins with nobody", "\tsg_identity_clear();\n\terror = sg_catch_error(",
          "\terror = sg_catch_error(", "credentials"),
    Guard("a refused key is not followed by other credentials",
          "refuse_unless(sg_login_with_key(key, strlen(key), &request), SG_REFUSAL_HEADER);\n\t\treturn;",
          "refuse_unless(sg_login_with_key(key, strlen(key), &request), SG_REFUSAL_HEADER);\n"
          "\t\tif (sg_identity()->proof != SG_PROOF_NONE)\n\t\t\treturn;", "credentials"),
    Guard("a key in the query has one spelling: its name", "key->sent.length == length + key->value.length &&", "true ||", "credentials"),
    Guard("a key in the query has one spelling: its letters",
          "\t\tstrspn(key->value.data, \"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\"\n\t\t\t   \"0123456789_-\") == key->value.length &&\n"
          "\t\tkey->sent.length", "\t\tkey->sent.length", "credentials"),
    Guard("a key in the query has one spelling: its length", "key->value.length >= 20 &&", "", "credentials"),
    Guard("only requests lock the row of a key", " && request != NULL && sg_session_is_gateway())", " && request != NULL)", "credentials"),
    Guard("a key has places", "if (accepted && sg_take_place())", "if (accepted)", "credentials"),
    Guard("places are the administrator's", "6, 0, PLACES_AT_MOST,\n\t\t\t\t\t\t\tPGC_SUSET", "6, 0, PLACES_AT_MOST,\n\t\t\t\t\t\t\tPGC_USERSET", "credentials"),
    Guard("the API role is for members", " && member_can_set_role(GetSessionUserId(), role))", ")", "credentials"),
    Guard("a list of projects has no nulls", "if (array_contains_nulls(array))", "if (false)", "claims"),
]

OWNER = [
    Guard("searches of a project are for its readers",
          "listing->keyed != 0 && sg_identity_can_read(listing->project_id)", "listing->keyed != 0", "finding"),
    Guard("searches stay in one project", 'in_project[] = "s.project_id OPERATOR(pg_catalog.=) $1"',
          'in_project[] = "$1 IS NOT NULL"', "finding"),
    Guard("keys of titles are of one project", "(uint64) project_id)", "(uint64) project_id * 0 + length)",
          "finding"),
    Guard("a changed key is forgotten", "\tCacheInvalidateRelcacheByRelid(relation_of_keys());\n", "", "credentials"),
    Guard("a key that is kept expires", "key != NULL && key->expires_at > GetCurrentTimestamp()", "key != NULL",
          "credentials"),
    Guard("the owner's statements pin search_path", '"pg_catalog, pg_temp", PGC_USERSET',
          'GetConfigOption("search_path", false, false), PGC_USERSET', "definer_paths"),
    Guard("search_path is restored", "\tAtEOXact_GUC(true, nest_level);\n", "\t(void) nest_level;\n",
          "definer_paths"),
    Guard("the user is restored", "\tSetUserIdAndSecContext(saved_user, saved_context);\n", "",
          "credentials definer_paths"),
    Guard("qualified operators: get",
          '" WHERE s.project_id OPERATOR(pg_catalog.=) $1 AND s.id OPERATOR(pg_catalog.=) $2",\n'
          '\t\t{INT8OID, UUIDOID}\n\t};\n\tDatum\t\tvalues[] = {Int64GetDatum(project_id), UUIDPGetDatum(id)};\n\n'
          '\treturn sg_execute(&get',
          '" WHERE s.project_id = $1 AND s.id = $2",\n\t\t{INT8OID, UUIDOID}\n\t};\n'
          '\tDatum\t\tvalues[] = {Int64GetDatum(project_id), UUIDPGetDatum(id)};\n\n\treturn sg_execute(&get',
          "definer_paths"),
    Guard("qualified operators: list", 'in_project[] = "s.project_id OPERATOR(pg_catalog.=) $1"',
          'in_project[] = "s.project_id = $1"', "definer_paths"),
    Guard("qualified functions: count", '"pg_catalog.count(*)" : column_lists',
          '"(SELECT cardinality(array_agg(1)))" : column_lists', "definer_paths gateway_doors"),
    Guard("qualified functions: projects", "coalesce($8, pg_catalog.gen_random_uuid())",
          "coalesce($8, gen_random_uuid())", "definer_paths"),
]

GATEWAY = [
    Guard("credentials (401)", "if (!check_credentials(request, fault))\n\t\treturn false;",
          "(void) check_credentials(request, fault);", "gateway_doors"),
    Guard("project (404)", "if (!check_project(request, fault) || !check_access",
          "if ((!check_project(request, fault) && request->project_id == 0) || !check_access", "gateway_doors"),
    Guard("the key's projects (403)",
          "if (identity->narrowed && !sg_project_listed(&identity->only, request->project_id))", "if (false)",
          "gateway_doors"),
    Guard("scope (403)", "strcmp(scope, SG_SCOPE_WRITE) == 0 ? identity->can_write : identity->can_read", "true",
          "gateway_doors"),
    Guard("scope of writing (403)", "strcmp(scope, SG_SCOPE_WRITE) == 0 ? identity->can_write : identity->can_read",
          "identity->can_read", "gateway_doors"),
    Guard("membership (403)", "if (!sg_project_listed(&identity->members, request->project_id))", "if (false)",
          "gateway_doors"),
    Guard("a refusal is remembered", "\tsg_identity_refuse(accepted ? SG_REFUSAL_BUSY : refusal);", "", "gateway_doors"),
    Guard("a GET has no body to log in with", "if (request->method == SG_METHOD_GET)\n\t\treturn;", "",
          "gateway_doors"),
    Guard("an error is an answer", "\tCurrentResourceOwner = owner;\n\treturn error;",
          "\tCurrentResourceOwner = owner;\n\tif (error != NULL)\n\t\tReThrowError(error);\n\treturn error;",
          "gateway_doors"),
    Guard("an error has no detail", "\t\tsg_fault_of_error(&fault, error->sqlerrcode);",
          "\t\tsg_fault_of_error(&fault, error->sqlerrcode);\n\t\tfault.detail = error->message;", "gateway_doors"),
    Guard("a full disk is not the request's fault", "\t{ERRCODE_INSUFFICIENT_RESOURCES, SG_FAULT_UNAVAILABLE, UNAVAILABLE},\n",
          "", "gateway_doors"),
    Guard("a cancelled request is a timeout", "\t{ERRCODE_QUERY_CANCELED, SG_FAULT_TIMEOUT, \"The request took too long.\"},\n", "",
          "gateway_doors"),
    Guard("a failed request leaves nothing", "RollbackAndReleaseCurrentSubTransaction();",
          "ReleaseCurrentSubTransaction();", "gateway_doors"),
]

IMPORT = [
    Guard("import: a project is known by its name too", "coalesce(p.name OPERATOR(pg_catalog.=) b.name, false)",
          "true", "import"),
    Guard("import: a user is known by the uuid too", "coalesce(u.uuid OPERATOR(pg_catalog.=) b.uuid, false)", "true",
          "import"),
    Guard("import: a key for organizations is narrowed", "\t\t\t narrow_key(import, tupdesc, row) &&\n", "",
          "import"),
    Guard("import: closed projects stay closed", "coalesce(mine.project, others.project, true)",
          "coalesce(mine.project, true)", "import_access"),
    Guard("import: rules that name a member count alone", "coalesce(mine.project, others.project, true)",
          "coalesce(others.project, true)", "import_access"),
    Guard("import: recordings that are closed keep members out", "coalesce(mine.reads, others.reads, true)", "true",
          "import_access"),
    Guard("import: private projects stay private", '" WHEN j.access_control AND NOT %s"', '" WHEN false AND NOT %s"',
          "import_access"),
    Guard("import: a role is its organization's", '" AND m.organization_id::pg_catalog.text OPERATOR(pg_catalog.=) e.organization_id::pg_catalog.text"',
          '""', "import_access"),
    Guard("import: rules are of their project",
          "r.resource_id::pg_catalog.text OPERATOR(pg_catalog.=) r.team_id::pg_catalog.text", "true", "import_access"),
    Guard("import: rules come with the members of roles", " && has_table(schema, &role_members, true)", "",
          "import_access"),
    Guard("import: who is kept out does not come in", "sg_import_decide(import, row, SG_SKIPPED, closed)", "",
          "import_access"),
    Guard("import: a key for teams is narrowed to those that were imported",
          "if (count == 0 && listed == NULL)\n\t\treturn true;", "if (count == 0)\n\t\treturn true;", "import"),
    Guard("import: a creator of the same id is no creator",
          "if (isnull || sg_import_knows(import->users, creator, isnull))", "if (true)", "import"),
    Guard("import: rows of a project that was not imported",
          "if (sg_import_knows(known, id, isnull))\n\t\treturn true;", "if (!isnull)\n\t\treturn true;", "import"),
    Guard("import: the schema is quoted", "const char *quoted = quote_identifier(schema);",
          "const char *quoted = schema;", "import"),
]

BOUNDS = [
    Guard("bound: title", "#define SG_TITLE_MAX_CHARS 2048", "#define SG_TITLE_MAX_CHARS 2049", "gateway_doors"),
    Guard("bound: session ids", "#define SG_SESSION_IDS_MAX 1000", "#define SG_SESSION_IDS_MAX 1001",
          "gateway_doors"),
    Guard("bound: a session id", "#define SG_SESSION_ID_MAX_CHARS 200", "#define SG_SESSION_ID_MAX_CHARS 201",
          "abuse"),
    Guard("bound: names of administration", "if (length < 1 || length > max)", "if (length < 1)", "abuse"),
    Guard("blank titles", "if (is_all_blank(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)))", "if (false)", "abuse"),
    Guard("null sessions", "if (item == NULL)\n\t\t\treturn",
          "if (item == NULL)\n\t\t\tcontinue;\n\t\tif (item == NULL)\n\t\t\treturn", "abuse"),
    Guard("objects are objects", "if (JB_ROOT_IS_OBJECT(json))\n\t\treturn true;\n\treturn sg_fault(fault", "if (true)\n\t\treturn true;\n\treturn sg_fault(fault", "abuse"),
    Guard("a row does not move", "\tif (change.before != NULL)\n\t\trefuse_move(&change);", "", "rls_verbs"),
    Guard("orders are a list", "\t\t\treturn true;\n\t\t}\n\t}\n\treturn false;\n}\n\n/*\n * Read a filter",
          "\t\t\treturn true;\n\t\t}\n\t}\n\treturn true;\n}\n\n/*\n * Read a filter", "abuse"),
    Guard("wildcards are plain characters", "if (c == '%' || c == '_' || c == '\\\\')", "if (false)", "abuse"),
    Guard("the cap of pages in SQL", "if (limit < 1 || limit > sg_max_page_size)", "if (limit < 1)", "abuse"),
    Guard("the cap of pages over HTTP", "sg_page_read(query, sg_max_page_size)", "sg_page_read(query, 1000000)",
          "abuse"),
    Guard("negative offsets", "if (offset < 0)", "if (false)", "abuse"),
    Guard("unknown changes", "if (unknown != NULL)", "if (false)", "rls_verbs"),
    Guard("time zones are names", "if (!isalnum((unsigned char) *c) && strchr(\"_+-/\", *c) == NULL)", "if (false)",
          "abuse"),
    Guard("unknown scopes are not stored", "strcmp(scope, SG_SCOPE_WRITE) != 0 && strcmp(scope, SG_SCOPE_ALL) != 0)",
          "strcmp(scope, SG_SCOPE_WRITE) != 0 && strcmp(scope, SG_SCOPE_ALL) != 0 && false)", "abuse"),
    Guard("keys do not begin expired", "if (!PG_ARGISNULL(4) && PG_GETARG_TIMESTAMPTZ(4) <= GetCurrentTimestamp())",
          "if (false)", "abuse"),
    Guard("keys are for projects that exist", "\t\tsg_check_project_exists(DatumGetInt64(items[i]));\n", "", "abuse"),
    Guard("memberships do not move",
          "if (DatumGetInt64(before[0]) != DatumGetInt64(after[0]) ||\n"
          "\t\tDatumGetInt64(before[1]) != DatumGetInt64(after[1]))", "if (false)", "rls_verbs"),
    Guard("people are found through their projects", "found = sg_project_listed(list, DatumGetInt64(",
          "found = DatumGetBool((", "rls_verbs"),
    Guard("people are found in the project", "ScanKeyInit(&keys[0], PROJECT_ID, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(project_id));",
          "ScanKeyInit(&keys[0], PROJECT_ID, BTGreaterEqualStrategyNumber, F_INT8GE, Int64GetDatum(0));", "rls_verbs"),
    Guard("the person who is asked for", "ScanKeyInit(&keys[1], USER_ID, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(user_id));",
          "ScanKeyInit(&keys[1], USER_ID, BTGreaterEqualStrategyNumber, F_INT8GE, Int64GetDatum(0));", "rls_verbs"),
    Guard("keys are random", "if (!pg_strong_random(number, sizeof(number)))",
          "memset(number, 7, sizeof(number));\n\tif (false)", "keys_at_rest"),
    Guard("keys are masked", "#define MASK_VISIBLE 4", "#define MASK_VISIBLE 40", "keys_at_rest"),
    Guard("ids are random", "if (!pg_strong_random(uuid->data + 8, UUID_LEN - 8))",
          "memset(uuid->data + 8, 7, UUID_LEN - 8);\n\tif (false)", "keys_at_rest"),
    Guard("a trigger function is no function", "!CALLED_AS_TRIGGER(fcinfo) || ",
          "!CALLED_AS_TRIGGER(fcinfo) ? false : ", "definer_paths"),
    Guard("a trigger function has its own events", "(kind_of(trigger->tg_event) & kinds) == 0 ||", "",
          "definer_paths"),
    Guard("a trigger function has its own table", " ||\n\t\t!is_table(trigger->tg_relation, table))", ")",
          "definer_paths"),
]

COUNTS = [
    policy("activity_read", "activity", "SELECT", "project_id", "USING", "readable", None),
    policy("activity_purges_read", "activity_purges", "SELECT", "project_id", "USING", "readable", None),
    row_security("activity_purges"),
    Guard("row-level security of activity", "ALTER TABLE session_group.activity ENABLE ROW LEVEL SECURITY;", "",
          "rls_verbs"),
    Guard("horizons are not the API's", "request_id, changes, at)\n\tON", "request_id, changes, at, horizon)\n\tON",
          "rights_matrix"),
    Guard("activity: nobody writes but the library", "GRANT SELECT ON session_group.activity TO",
          "GRANT SELECT, INSERT ON session_group.activity TO", "rights_matrix"),
    Guard("row-level security of project_counts",
          "ALTER TABLE session_group.project_counts ENABLE ROW LEVEL SECURITY;", "", "rights_matrix"),
    Guard("monitor: summaries by column",
          "GRANT SELECT (project_id, created_at) ON session_group.summaries TO session_group_monitor;",
          "GRANT SELECT ON session_group.summaries TO session_group_monitor;", "monitor"),
    Guard("monitor: keys by column",
          "GRANT SELECT (expires_at, revoked_at) ON session_group.api_keys TO session_group_monitor;",
          "GRANT SELECT ON session_group.api_keys TO session_group_monitor;", "monitor"),
    Guard("monitor: projects by column",
          "GRANT SELECT (id, timezone, retention, activity_retention) ON session_group.projects TO session_group_monitor;",
          "GRANT SELECT ON session_group.projects TO session_group_monitor;", "monitor"),
    Guard("may_read() looks the project up", "PG_RETURN_BOOL(sg_identity_can_read(PG_GETARG_INT64(0)));", "PG_RETURN_BOOL(true);", "rls_verbs"),
    Guard("may_write() looks the project up", "PG_RETURN_BOOL(sg_identity_can_write(PG_GETARG_INT64(0)));",
          "PG_RETURN_BOOL(sg_identity_can_read(PG_GETARG_INT64(0)));", "rls_verbs"),
    Guard("a list in front of an index only", "request->indexcol != 0 || ", "", "finding"),
    Guard("what finds rows does not decide", "request->lossy = true;", "request->lossy = false;", "finding"),
    Guard("a kept list has the ids of who asks", "\n\t\tmemcmp(kept->given, list->ids, sizeof(int64) * list->count) != 0)",
          "\n\t\tfalse)", "credentials"),
    Guard("a kept list has the text that is parsed", "if (kept->text != NULL && strcmp(kept->text, text) == 0)",
          "if (kept->text != NULL)", "credentials"),
    Guard("monitor: activity by column",
          "GRANT SELECT (project_id, seq, at) ON session_group.activity TO session_group_monitor;",
          "GRANT SELECT ON session_group.activity TO session_group_monitor;", "monitor"),
    Guard("activity's retention is the administrator's",
          "session_group.set_activity_retention(bigint, interval),\n\tsession_group.purge_expired(integer)\n\tTO session_group_admin;",
          "session_group.set_activity_retention(bigint, interval),\n\tsession_group.purge_expired(integer)\n\tTO session_group_admin, session_group_api;",
          "rights_matrix"),
    Guard("monitor: not for applications",
          "session_group.is_timezone(text)\n\tTO session_group_monitor, session_group_admin;",
          "session_group.is_timezone(text)\n\tTO session_group_monitor, session_group_admin, session_group_api;",
          "monitor"),
    Guard("the trigger that counts",
          "CREATE TRIGGER summaries_count AFTER INSERT OR DELETE ON session_group.summaries\n",
          "CREATE TRIGGER summaries_count AFTER INSERT ON session_group.summaries\n", "rls_verbs"),
    Guard("counting is for readers of the project", "if (!project_visible(project_id))\n\t\treturn 0;", "", "rls_verbs"),
    Guard("counts obey added policies of projects", "sg_identity_can_read(project_id) && sg_policies_show_projects()",
          "sg_identity_can_read(project_id)", "added_policies"),
    Guard("counting a severity is for readers of the project",
          "return !sg_store_project_visible(listing->project_id) ? 0 :\n\t\t\t", "return ", "rls_verbs"),
    Guard("counting a severity is by project", "ScanKeyInit(&keys[0], INDEX_PROJECT_ID, BTEqualStrategyNumber, F_INT8EQ,",
          "ScanKeyInit(&keys[0], INDEX_PROJECT_ID, BTGreaterEqualStrategyNumber, F_INT8GE,", "added_policies"),
    Guard("counting is by project", "ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(project_id));",
          "ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(1));", "rls_verbs"),
]

W = "repeated_writes"
WRITES = [
    Guard("If-Match is weighed", "\tif (!matched)\n", "\tif (false)\n", W),
    Guard("If-None-Match is weighed by writes", "if (none_matched && unchanged == NULL)", "if (false)", W),
    Guard("If-None-Match is weighed by reads", "*unchanged = none_matched;", "*unchanged = false;", W),
    Guard("a condition that can not be read is refused", "if (match != NULL && !find_tag(match, etag, &matched))",
          "if (match != NULL && !find_tag(match, etag, &matched) && (matched = true, false))", W),
    Guard("an ETag knows the project", "DatumGetInt64(sg_required_value(rows, 0, SG_ROW_PROJECT_ID)),", "0,", W),
    Guard("an ETag knows the row", "(char *) numbers, sizeof(numbers));", "(char *) numbers, sizeof(int64));", W),
    Guard("an ETag knows the creator", "\tsg_people_append(&state, people, value, isnull);\n", "", W),
    Guard("an ETag knows the summary", "\tappendBinaryStringInfo(&state, (char *) DatumGetUUIDP(value), UUID_LEN);\n",
          "", W),
    Guard("a change weighs its conditions",
          "\tif (!check_before_write(request, &id, fault))\n\t\treturn false;\n\tif (sg_store_update",
          "\tif (sg_store_update", W),
    Guard("a deletion weighs its conditions",
          "\tif (!check_before_write(request, &id, fault))\n\t\treturn false;\n\tif (sg_store_delete",
          "\tif (sg_store_delete", W),
    Guard("a version that is expected", "if (version != PG_GETARG_INT64(number))", "if (false)", W),
    Guard("a condition locks the row", '"\n\t\t" FOR NO KEY UPDATE"', '"', W),
    Guard("an idempotency key is its project's", "Int64GetDatum(request->project_id);", "Int64GetDatum(910001);", W),
    Guard("an idempotency key is its user's", "Int64GetDatum(sg_identity()->user_id);", "Int64GetDatum(910011);", W),
    Guard("an idempotency key is for one request", "if (!DatumGetBool(sg_required(0, 1)))", "if (false)", W),
    Guard("the body is part of the request", "appendBinaryStringInfo(&all, (char *) body, sizeof(body));", "", W),
    Guard("the type of the body is part of the request", "request->media_type);\n\treturn digest_datum",
          "\"\");\n\treturn digest_datum", W),
    Guard("an idempotency key ends after a day", "#define LIFETIME_HOURS 24", "#define LIFETIME_HOURS 25", W),
    Guard("an idempotency key holds for a day", "#define LIFETIME_HOURS 24", "#define LIFETIME_HOURS 23", W),
    Guard("only success is kept", "\t\trelease_key(&key);\n", "", W),
    Guard("expired keys are purged", "\tpurge_some();\n", "\t(void) purge_some;\n", W),
    Guard("keys of idempotency have a length", "return length <= KEY_MAX_LENGTH;", "return true;", W),
    Guard("keys of idempotency are ASCII", "if (text[i] < ' ' || text[i] > '~')", "if (false)", W),
    Guard("idempotency keys are for POST", "if (request->method == SG_METHOD_POST &&\n\t\tsg_request_header",
          "if (sg_request_header", W),
    Guard("row-level security of idempotency_keys",
          "ALTER TABLE session_group.idempotency_keys ENABLE ROW LEVEL SECURITY;", "", "rights_matrix"),
    Guard("idempotency_keys: not the API's", "ON session_group.idempotency_keys TO session_group_admin;",
          "ON session_group.idempotency_keys TO session_group_admin, session_group_api;", "rights_matrix"),
    Guard("young idempotency keys stay", "WHERE o.created_at <= now() - '24 hours'::interval", "WHERE true", W),
]

E = "estimates"
ESTIMATES = [
    Guard("EXPLAIN is refused", "if (IsA(statement->utilityStmt, ExplainStmt))", "if (false)", E),
    Guard("LOCK TABLE is refused", "else if (IsA(statement->utilityStmt, LockStmt))", "else if (false)", E),
    Guard("what locks a table before it asks is refused", "\telse\n\t\trefuse_attachments(statement->utilityStmt);\n", "", E),
    Guard("references in columns are refused", "refuse_references(((const ColumnDef *) element)->constraints);", ";", E),
    Guard("LOCK TABLE is refused behind views", "return kind == RELKIND_RELATION && !is_ours(relid);",
          "return !is_ours(relid);", E),
    Guard("SET ROLE does not unbind", " || role_is_bound(GetSessionUserId())", "", E),
    Guard("SET ROLE binds", "return role_is_bound(GetUserId()) || ", "return ", E),
    Guard("anonymous logins are bound", " || is_member(user, SG_ROLE_ANON)", "", E),
    Guard("EXPLAIN counts in PostgREST's sessions alone", "return sg_in_request() && sg_session_is_gateway() && query", "return sg_in_request() && query", E),
    Guard("EXPLAIN counts queries alone", " && query->commandType == CMD_SELECT &&\n\t\t!query->hasModifyingCTE;", ";", E),
    Guard("the server's log is kept from clients", "message->output_to_client = false;", "(void) message;", E),
    Guard("no statistics of columns", "ALTER COLUMN %I SET STATISTICS 0", "ALTER COLUMN %I SET STATISTICS -1", E),
    Guard("no statistics of expressions", "ALTER COLUMN %s SET STATISTICS 0', attribute",
          "ALTER COLUMN %s SET STATISTICS -1', attribute", E),
]

TIME = [
    Guard("a write needs an identity that still holds",
          "identity->proven != (int64) sg_key_cache_begin() && !still_holds(identity)", "false", "open_transactions"),
    Guard("a revoked key holds no more", '" WHERE k.revoked_at IS NULL AND k.id', '" WHERE k.id',
          "open_transactions"),
    Guard("an expired key holds no more", "k.expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()", "true",
          "open_transactions"),
    Guard("an inactive user holds no more", "WHERE u.is_active AND u.id OPERATOR", "WHERE u.id OPERATOR",
          "open_transactions"),
    Guard("a former member holds no more", "m.project_id OPERATOR(pg_catalog.=) p.id AND m.removed_at IS NULL",
          "m.project_id OPERATOR(pg_catalog.=) p.id", "open_transactions"),
    Guard("a token ends", "if (sg_require_token_expiry &&", "if (false &&", "claims"),
    Guard("a key's projects are not empty", "CHECK (pg_catalog.cardinality(project_ids) OPERATOR(pg_catalog.>) 0),",
          "CHECK (true),", "open_transactions"),
    Guard("a write looks again when it is done", "summaries_recheck_after AFTER INSERT OR UPDATE OR DELETE", "summaries_recheck_after AFTER TRUNCATE",
          "open_transactions"),
]

ADDED = [
    Guard("searches obey added policies", "sg_identity_can_read(listing->project_id) &&\n\t\tsg_policies_are_ours())",
          "sg_identity_can_read(listing->project_id))", "added_policies"),
    Guard("counts obey added policies", "listing->filters == 0 && sg_policies_are_ours()", "listing->filters == 0",
          "added_policies"),
    Guard("restrictive policies are noticed", "return !policy->permissive && (policy->polcmd",
          "return false && (policy->polcmd", "added_policies"),
    Guard("restrictive policies for all are noticed", " || policy->polcmd == '*');", ");", "added_policies"),
    Guard("counts of activity obey added policies", "summary_id == NULL && sg_policies_show_records()", "summary_id == NULL", "added_policies"),
    Guard("changed policies of activity are noticed", "return shows_all(\"activity\", \"may_read\", &ours) && ours;", "return shows_all(\"activity\", \"may_read\", &ours);", "added_policies"),
    Guard("changed policies are noticed", "return shows_all(\"summaries\", \"may_read\", &ours) && ours &&",
          "return shows_all(\"summaries\", \"may_read\", &ours) &&", "added_policies"),
    Guard("people are kept only where policies hide none", "*count == 0 || !sg_policies_show_people()", "*count == 0", "people"),
    Guard("changed policies of people are noticed", "return shows_all(\"users\", \"may_see\", &users) && users &&",
          "return shows_all(\"users\", \"may_see\", &users) &&", "people"),
    Guard("people are kept for the API's role", "GetUserId() == get_role_oid(SG_ROLE_API, true);", "true;", "people"),
    Guard("people are kept for their project", "return (Key)\n\t{\n\t\tproject_id, user_id", "return (Key)\n\t{\n\t\t0, user_id", "people"),
    Guard("changes of people are noticed", "relid == watched[0] ||", "", "people"),
    Guard("changed rights on people are noticed", "relid == watched[1] ||", "", "people"),
    Guard("people are those of the project", "\" WHERE m.project_id OPERATOR(pg_catalog.=) $1\"\n\t\t\" AND m.user_id",
          "\" WHERE ($1 IS NOT NULL)\"\n\t\t\" AND m.user_id", "people"),
]

ANSWERS = [
    Guard("an answer has an end", "if (is_too_large(guard->size))", "if (false)", "abuse"),
    Guard("pages of the gateway have an end: what is read", "if (given->mydest != DestNone && sg_in_request())", "if (depth == 0 && sg_in_request())", "abuse"),
    Guard("pages of the gateway have an end: what is written", "\t\tsg_check_answer(buf->len);\n", "", "abuse"),
    Guard("a request writes so many rows", "if (++rows > max_rows_written)", "if (false)", "transaction_end"),
    Guard("a request deletes so many rows", "if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))\n\t\tsg_count_row_written();", "", "transaction_end"),
    Guard("how many rows is the administrator's", "10000, 0, PG_INT32_MAX - 1,\n\t\t\t\t\t\t\tPGC_SUSET", "10000, 0, PG_INT32_MAX - 1,\n\t\t\t\t\t\t\tPGC_USERSET", "abuse"),
    Guard("objects and lists in a body have an end", "return containers > SG_JSON_CONTAINERS_MAX || values", "return values", "abuse"),
    Guard("values in a body have an end", " || values > SG_JSON_VALUES_MAX;", ";", "abuse"),
    Guard("an answer's end is the administrator's", "64, 1, 1023,\n\t\t\t\t\t\t\tPGC_SUSET", "64, 1, 1023,\n\t\t\t\t\t\t\tPGC_USERSET", "abuse"),
]

ERASE = [
    Guard("erase: of the project alone", '" WHERE t.project_id OPERATOR(pg_catalog.=) $1 AND t." column',
          '" WHERE $1 IS NOT NULL AND t." column', "erase"),
    Guard("erase: answers that name the summary",
          "convert_to($2::pg_catalog.text, 'UTF8')) OPERATOR(pg_catalog.>) 0", "convert_to($2::pg_catalog.text, 'UTF8')) OPERATOR(pg_catalog.<) 0",
          "erase"),
    Guard("erase: records of the summary", "\tfound += sg_execute_as_owner(&records, values, NULL, SG_SNAPSHOT_NEW);\n", "", "erase"),
    Guard("erase: the newest record says nothing", "\tfound += sg_execute_as_owner(&newest, values, NULL, SG_SNAPSHOT_NEW);\n", "", "erase"),
    Guard("erase: what a user did", "\t(void) sg_execute_as_owner(&deeds, values, NULL, SG_SNAPSHOT_NEW);\n", "", "erase"),
    Guard("erase: what a user made", "\t(void) sg_execute_as_owner(&creations, values, NULL, SG_SNAPSHOT_NEW);\n", "", "erase"),
]

GUARDS = [*POLICIES, *ADDED, *ERASE, *ANSWERS, *TIME, *ESTIMATES, *RIGHTS, *CONSTRAINTS, *IDENTITY, *CREDENTIALS, *OWNER, *GATEWAY,
          *IMPORT, *BOUNDS, *COUNTS, *PATTERNS, *WRITES, *MARKDOWN]
