/*
 * access.c
 *		Whom PostHog's access control lets into a project.
 *
 * A member of an organization is a member of its projects there, unless a project
 * is closed to the member: an import must not open it. PostHog has had two ways to
 * close one, and a database may have both:
 *
 * - ee_accesscontrol: rows with a level of access to the resource "project" (whose
 *	 resource_id is the team), and to all recordings of a team, to which its group
 *	 summaries belong (resource "session_recording" without an id). A row names a
 *	 member, or a role that ee_rolemembership gives to members of the role's
 *	 organization, or nobody: then it is for all others. What names the member, be
 *	 it by a role, counts alone, and of several the highest.
 * - Earlier, posthog_team.access_control, with the members whom
 *	 ee_explicitteammembership lists.
 *
 * Administrators and owners of the organization are bound by neither. If
 * ee_accesscontrol is there, the tables of roles must be too, or those whom a role
 * shuts out would come in. Whether the organization still pays for access control
 * is not looked at: what is closed stays closed.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "import/access.h"
#include "import/source.h"

/* The least level of an organization's administrators; owners have 15. */
#define LEVEL_ADMINISTRATOR "8"

/* All columns of these tables are compared as text. */
static const SgColumnType id_or_word = {
	"text", {TEXTOID, VARCHAROID, BPCHAROID, UUIDOID, INT8OID, INT4OID, INT2OID}
};
static const SgColumnType level_type = {"int8", {INT8OID, INT4OID, INT2OID}};
static const SgColumnType flag_type = {"bool", {BOOLOID}};

typedef struct RuleTable
{
	const char *name;
	const char *columns[6];
} RuleTable;

static const RuleTable rules = {
	"ee_accesscontrol",
	{"team_id", "resource", "resource_id", "access_level", "organization_member_id", "role_id"}
};
static const RuleTable role_members = {"ee_rolemembership", {"role_id", "user_id"}};
static const RuleTable roles = {"ee_role", {"id", "organization_id"}};
static const RuleTable listed_members = {
	"ee_explicitteammembership", {"team_id", "parent_membership_id"}
};
static const RuleTable memberships = {
	"posthog_organizationmembership", {"id", "user_id", "organization_id"}
};

/*
 * Tell whether a table has a column; if so, it must be of this type.
 */
static bool
has_column(Oid table, const char *column, const SgColumnType *type)
{
	if (get_attnum(table, column) == InvalidAttrNumber)
		return false;
	sg_source_check_type(table, column, type);
	return true;
}

/*
 * Tell whether a schema has a table with its columns. If "needed", raise 42P01 or
 * 42703 where it has not; a table that is there must have its columns, of known types.
 */
static bool
has_table(const char *schema, const RuleTable *table, bool needed)
{
	Oid			relation = sg_source_table(schema, table->name);

	if (!OidIsValid(relation))
	{
		if (needed)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("schema \"%s\" has no table %s", schema, table->name),
					 errhint("With ee_accesscontrol these are read too: ee_role,"
							 " ee_rolemembership.")));
		return false;
	}
	for (size_t i = 0; i < lengthof(table->columns) && table->columns[i] != NULL; i++)
	{
		if (!has_column(relation, table->columns[i], &id_or_word))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table %s has no column %s", table->name, table->columns[i]),
					 errhint("See docs/import.md for the columns that are read.")));
	}
	return true;
}

static bool
has_rules(const char *schema)
{
	return has_table(schema, &rules, false) && has_table(schema, &role_members, true) &&
		has_table(schema, &roles, true) && has_table(schema, &memberships, true);
}

static bool
has_listed_members(const char *schema)
{
	return has_table(schema, &listed_members, false) && has_table(schema, &memberships, true);
}

/*
 * Append what is to be known of the access of each membership, as the columns
 * "closed" (why the project is closed to it, or null) and "remark" (or null). The
 * statement has posthog_organizationmembership as s and posthog_team as j, and the
 * joins of sg_import_append_access_joins().
 */
void
sg_import_append_access(StringInfo sql, const char *schema)
{
	bool		with_rules = has_rules(schema);
	bool		with_list = has_listed_members(schema);
	Oid			members = sg_source_table(schema, memberships.name);
	const char *unbound = has_column(members, "level", &level_type) ?
		"s.level OPERATOR(pg_catalog.>=) " LEVEL_ADMINISTRATOR : "false";

	appendStringInfo(sql, ", CASE WHEN %s THEN NULL", unbound);
	if (has_column(sg_source_table(schema, "posthog_team"), "access_control", &flag_type))
		appendStringInfo(sql, " WHEN j.access_control AND NOT %s"
						 " THEN 'the project is private there, and does not list this member'",
						 with_list ? "coalesce(listed.found, false)" : "false");
	if (with_rules)
		appendStringInfoString(sql,
							   " WHEN NOT coalesce(mine.project, others.project, true)"
							   " THEN 'access control closes the project to this member'"
							   " WHEN NOT coalesce(mine.reads, others.reads, true)"
							   " THEN 'access control closes recordings to this member'");
	appendStringInfo(sql, " END::pg_catalog.text AS closed, CASE WHEN %s THEN NULL", unbound);
	if (with_rules)
		appendStringInfoString(sql, " WHEN NOT coalesce(mine.writes, others.writes, true)"
							   " THEN 'may only read there: here what a key may is said by its scopes'");
	else if (!with_list)
		appendStringInfoString(sql, " ELSE 'no access control came with the tables: the project was"
							   " taken as open to its organization'");
	appendStringInfoString(sql, " END::pg_catalog.text AS remark");
}

/* What rules about somebody say: of several the highest counts. */
#define LEVELS(resource, levels) \
	"pg_catalog.bool_or(a.access_level::pg_catalog.text OPERATOR(pg_catalog.=)" \
	" ANY (ARRAY[" levels "])) FILTER (WHERE a.resource::pg_catalog.text" \
	" OPERATOR(pg_catalog.=) '" resource "')"
#define ANSWERS \
	LEVELS("project", "'member', 'admin'") " AS project, " \
	LEVELS("session_recording", "'viewer', 'editor', 'manager'") " AS reads, " \
	LEVELS("session_recording", "'editor', 'manager'") " AS writes"

/* The rules that are about a whole project, or all of its recordings. */
#define RULES \
	"(SELECT * FROM %1$s.ee_accesscontrol AS r" \
	" WHERE CASE WHEN r.resource::pg_catalog.text OPERATOR(pg_catalog.=) 'project'" \
	" THEN r.resource_id::pg_catalog.text OPERATOR(pg_catalog.=) r.team_id::pg_catalog.text" \
	" ELSE r.resource_id IS NULL END) AS a"

/* Those that name a membership, or a role that it has; and those that name nobody. */
#define JOIN_RULES \
	" LEFT JOIN (SELECT a.team_id::pg_catalog.text AS team, n.member, " ANSWERS " FROM " RULES \
	" JOIN (SELECT NULL AS role, m.id::pg_catalog.text AS member" \
	" FROM %1$s.posthog_organizationmembership AS m" \
	" UNION ALL SELECT e.id::pg_catalog.text, m.id::pg_catalog.text FROM %1$s.ee_role AS e" \
	" JOIN %1$s.ee_rolemembership AS w" \
	" ON w.role_id::pg_catalog.text OPERATOR(pg_catalog.=) e.id::pg_catalog.text" \
	" JOIN %1$s.posthog_organizationmembership AS m" \
	" ON m.user_id::pg_catalog.text OPERATOR(pg_catalog.=) w.user_id::pg_catalog.text" \
	" AND m.organization_id::pg_catalog.text OPERATOR(pg_catalog.=) e.organization_id::pg_catalog.text" \
	") AS n ON coalesce(a.role_id::pg_catalog.text, a.organization_member_id::pg_catalog.text)" \
	" OPERATOR(pg_catalog.=) coalesce(n.role, n.member)" \
	" AND (a.role_id IS NULL) OPERATOR(pg_catalog.=) (n.role IS NULL)" \
	" GROUP BY 1, 2) AS mine ON mine.team OPERATOR(pg_catalog.=) j.id::pg_catalog.text" \
	" AND mine.member OPERATOR(pg_catalog.=) s.id::pg_catalog.text" \
	" LEFT JOIN (SELECT a.team_id::pg_catalog.text AS team, " ANSWERS " FROM " RULES \
	" WHERE a.organization_member_id IS NULL AND a.role_id IS NULL GROUP BY 1) AS others" \
	" ON others.team OPERATOR(pg_catalog.=) j.id::pg_catalog.text"

#define JOIN_LIST \
	" LEFT JOIN (SELECT DISTINCT l.team_id::pg_catalog.text AS team," \
	" l.parent_membership_id::pg_catalog.text AS member, true AS found" \
	" FROM %1$s.ee_explicitteammembership AS l) AS listed" \
	" ON listed.team OPERATOR(pg_catalog.=) j.id::pg_catalog.text" \
	" AND listed.member OPERATOR(pg_catalog.=) s.id::pg_catalog.text"

/*
 * Append the joins that the columns need; "quoted" is the schema as an identifier.
 */
void
sg_import_append_access_joins(StringInfo sql, const char *schema, const char *quoted)
{
	if (has_rules(schema))
		appendStringInfo(sql, JOIN_RULES, quoted);
	if (has_listed_members(schema))
		appendStringInfo(sql, JOIN_LIST, quoted);
}
