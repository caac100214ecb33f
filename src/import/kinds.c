/*
 * kinds.c
 *		The kinds of rows that are imported: which of them are new, which exist already,
 *		and what has to be changed on the way.
 *
 * A row that exists already is left as it is, whatever was changed here since.
 * If the same id means another project or user here, the row is skipped, and so
 * is all that refers to it: nobody must come to see what is somebody else's.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "admin/users.h"
#include "base/text.h"
#include "import/kinds.h"
#include "summary/patterns.h"

/*
 * Decide what happens to a row whose key exists here: unchanged if it is the
 * same, skipped with the note "other" if not. Returns true if the row is new.
 */
static bool
check_new(SgImport *import, SgImportRow *row, const char *other)
{
	if (row->found == SG_FOUND_SAME)
	{
		row->outcome = SG_UNCHANGED;
		row->note = NULL;
	}
	else if (row->found == SG_FOUND_OTHER)
		sg_import_decide(import, row, SG_SKIPPED, other);
	return row->found == SG_FOUND_NONE;
}

/*
 * Return a column as text; "null" for a null.
 */
static char *
column_text(TupleDesc tupdesc, HeapTuple tuple, int column)
{
	char	   *value = SPI_getvalue(tuple, tupdesc, column);

	return value != NULL ? value : "null";
}

/*
 * Skip a row whose project or user ("what") was not imported. Returns true if it
 * was.
 */
static bool
check_imported(SgImport *import, TupleDesc tupdesc, SgImportRow *row, HTAB *known, const char *what,
			   int column)
{
	bool		isnull;
	Datum		id = heap_getattr(row->tuple, column, tupdesc, &isnull);

	if (sg_import_knows(known, id, isnull))
		return true;
	sg_import_decide(import, row, SG_SKIPPED,
					 psprintf("%s %s was not imported", what,
							  column_text(tupdesc, row->tuple, column)));
	return false;
}

static void
examine_project(SgImport *import, TupleDesc tupdesc, SgImportRow *row)
{
	char	   *timezone;

	if (!check_new(import, row,
				   "the project with this id has another name or time of creation here"))
		return;
	timezone = SPI_getvalue(row->tuple, tupdesc, SG_PROJECT_TIMEZONE);
	if (timezone == NULL || !sg_is_timezone_name(timezone))
	{
		sg_import_set_column(import, tupdesc, row, SG_PROJECT_TIMEZONE,
							 CStringGetTextDatum("UTC"), false);
		sg_import_decide(import, row, SG_IMPORTED, "its time zone is no name: UTC");
	}
	else if (sg_read_timezone(timezone) == NULL)
		sg_import_decide(import, row, SG_IMPORTED,
						 "its time zone is kept, but not known here: it counts as UTC");
}

static void
examine_user(SgImport *import, TupleDesc tupdesc, SgImportRow *row)
{
	char	   *role;

	if (!check_new(import, row, "the user with this id has another uuid here"))
		return;
	role = SPI_getvalue(row->tuple, tupdesc, SG_USER_ROLE);
	if (role == NULL || sg_is_known_role(role))
		return;
	sg_import_set_column(import, tupdesc, row, SG_USER_ROLE, (Datum) 0, true);
	sg_import_decide(import, row, SG_IMPORTED, "role_at_organization is not known here: null");
}

/*
 * A membership that exists here is left as it is, also one that access control
 * closes: somebody here may have opened it.
 */
static void
examine_member(SgImport *import, TupleDesc tupdesc, SgImportRow *row)
{
	char	   *closed = SPI_getvalue(row->tuple, tupdesc, SG_MEMBER_CLOSED);
	char	   *remark = SPI_getvalue(row->tuple, tupdesc, SG_MEMBER_REMARK);

	if (!check_imported(import, tupdesc, row, import->projects, "project", SG_MEMBER_PROJECT_ID) ||
		!check_imported(import, tupdesc, row, import->users, "user", SG_MEMBER_USER_ID))
		return;
	if (closed != NULL && row->found != SG_FOUND_NONE)
		sg_import_decide(import, row, SG_UNCHANGED,
						 psprintf("%s, who has a membership here: see remove_member()", closed));
	else if (closed != NULL)
		sg_import_decide(import, row, SG_SKIPPED, closed);
	else if (check_new(import, row, NULL) && remark != NULL)
		sg_import_decide(import, row, SG_IMPORTED, remark);
}

/*
 * Read an array column. Returns the number of items, 0 for a null.
 */
static int
column_array(TupleDesc tupdesc, HeapTuple tuple, int column, Oid type, Datum **items,
			 bool **nulls)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, column, tupdesc, &isnull);
	int			count = 0;

	if (!isnull)
		deconstruct_array(DatumGetArrayTypeP(value), type, -1, false, TYPALIGN_INT, items, nulls,
						  &count);
	return count;
}

static bool
has_id(ArrayType *ids, int64 id)
{
	Datum	   *items;
	bool	   *nulls;
	int			count;

	deconstruct_array(ids, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &items, &nulls,
					  &count);
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i] && DatumGetInt64(items[i]) == id)
			return true;
	}
	return false;
}

/*
 * Return the imported projects that a key may reach, or null: those of its
 * organizations, if it names some (count > 0), and among them those that it
 * lists, if it does (listed).
 */
static ArrayType *
projects_of_key(SgImport *import, Datum *organizations, bool *nulls, int count, ArrayType *listed)
{
	ArrayBuildState *ids = NULL;
	HASH_SEQ_STATUS scan;
	SgImportProject *project;

	hash_seq_init(&scan, import->projects);
	while ((project = hash_seq_search(&scan)) != NULL)
	{
		bool		reached = count == 0;

		for (int i = 0; i < count && project->organization != NULL && !reached; i++)
			reached = !nulls[i] && strcmp(TextDatumGetCString(organizations[i]),
										  project->organization) == 0;
		if (reached && (listed == NULL || has_id(listed, project->id)))
			ids = accumArrayResult(ids, Int64GetDatum(project->id), false, INT8OID,
								   CurrentMemoryContext);
	}
	return ids == NULL ? NULL : DatumGetArrayTypeP(makeArrayResult(ids, CurrentMemoryContext));
}

/*
 * Narrow a key that PostHog narrowed to organizations or teams, to those of
 * their projects that were imported. A key must not reach further here than it
 * did there, and the id of a team that was skipped may be another project here.
 * Returns false if no project is left.
 */
static bool
narrow_key(SgImport *import, TupleDesc tupdesc, SgImportRow *row)
{
	bool		isnull;
	Datum		project_ids = heap_getattr(row->tuple, SG_KEY_PROJECT_IDS, tupdesc, &isnull);
	Datum	   *items;
	bool	   *nulls;
	int			count;
	ArrayType  *listed = NULL;
	ArrayType  *projects;

	if (!isnull && ARR_NDIM(DatumGetArrayTypeP(project_ids)) > 0)
		listed = DatumGetArrayTypeP(project_ids);
	count = column_array(tupdesc, row->tuple, SG_KEY_ORGANIZATIONS, TEXTOID, &items, &nulls);
	if (count == 0 && listed == NULL)
		return true;
	projects = projects_of_key(import, items, nulls, count, listed);
	if (projects == NULL)
	{
		sg_import_decide(import, row, SG_SKIPPED,
						 count > 0 ? "it is for organizations of which no project was imported" :
						 "it is for projects of which none was imported");
		return false;
	}
	sg_import_set_column(import, tupdesc, row, SG_KEY_PROJECT_IDS, PointerGetDatum(projects),
						 false);
	return true;
}

static void
examine_api_key(SgImport *import, TupleDesc tupdesc, SgImportRow *row)
{
	char	   *hash = SPI_getvalue(row->tuple, tupdesc, SG_KEY_HASH);
	Datum	   *items;
	bool	   *nulls;

	if (!check_imported(import, tupdesc, row, import->users, "user", SG_KEY_USER_ID))
		return;
	if (hash != NULL && strncmp(hash, "pbkdf2_sha256$", strlen("pbkdf2_sha256$")) == 0)
		sg_import_decide(import, row, SG_SKIPPED,
						 "it is stored as pbkdf2_sha256, which cannot be imported: make a new key");
	else if (hash == NULL || strncmp(hash, "sha256$", strlen("sha256$")) != 0)
		sg_import_decide(import, row, SG_SKIPPED, "it is not stored as sha256: make a new key");
	else if (check_new(import, row, "the same key is another user's here") &&
			 narrow_key(import, tupdesc, row) &&
			 column_array(tupdesc, row->tuple, SG_KEY_SCOPES, TEXTOID, &items, &nulls) == 0)
		sg_import_decide(import, row, SG_IMPORTED, "it has no scopes: it opens nothing");
}

/*
 * Change a JSON null into an SQL null. PostHog has either where only an object
 * may be. A value that is compressed or out of line is longer than a null.
 */
static void
drop_json_null(SgImport *import, TupleDesc tupdesc, SgImportRow *row, int column)
{
	bool		isnull;
	Datum		value = heap_getattr(row->tuple, column, tupdesc, &isnull);
	JsonbValue	scalar;

	if (isnull || VARATT_IS_COMPRESSED(DatumGetPointer(value)) ||
		VARATT_IS_EXTERNAL(DatumGetPointer(value)))
		return;
	if (JsonbExtractScalar(&DatumGetJsonbP(value)->root, &scalar) && scalar.type == jbvNull)
		sg_import_set_column(import, tupdesc, row, column, (Datum) 0, true);
}

/*
 * Drop a creator who is not a user here.
 */
static void
drop_unknown_creator(SgImport *import, TupleDesc tupdesc, SgImportRow *row)
{
	bool		isnull;
	Datum		creator = heap_getattr(row->tuple, SG_SUMMARY_CREATED_BY_ID, tupdesc, &isnull);

	if (isnull || sg_import_knows(import->users, creator, isnull))
		return;
	sg_import_set_column(import, tupdesc, row, SG_SUMMARY_CREATED_BY_ID, (Datum) 0, true);
	sg_import_decide(import, row, SG_IMPORTED, "its creator was not imported: null");
}

/*
 * Skip a summary whose created_at has no form in ISO 8601: infinity, or a year
 * before 1 or after 9999. Clients of the HTTP API could not read it.
 */
static bool
check_created_at(SgImport *import, TupleDesc tupdesc, SgImportRow *row)
{
	bool		isnull;
	Datum		value = heap_getattr(row->tuple, SG_SUMMARY_CREATED_AT, tupdesc, &isnull);
	struct pg_tm tm;
	fsec_t		fraction;

	TimestampTz time = DatumGetTimestampTz(value);

	if (isnull || (!TIMESTAMP_NOT_FINITE(time) &&
				   timestamp2tm(time, NULL, &tm, &fraction, NULL, NULL) == 0 &&
				   tm.tm_year >= 1 && tm.tm_year <= 9999))
		return true;
	sg_import_decide(import, row, SG_SKIPPED, "created_at is not in the years 1 to 9999");
	return false;
}

/*
 * Say so of a summary with too many patterns. It is kept as it is; its patterns
 * are not rows.
 */
static void
note_patterns(SgImport *import, TupleDesc tupdesc, SgImportRow *row)
{
	bool		isnull;
	Datum		summary = heap_getattr(row->tuple, SG_SUMMARY_FIRST_FIELD + SG_FIELD_SUMMARY, tupdesc,
									   &isnull);
	JsonbContainer *patterns;

	if (isnull)
		return;
	(void) sg_summary_open(DatumGetJsonbP(summary), &patterns);
	if (sg_patterns_too_many(patterns))
		sg_import_decide(import, row, SG_IMPORTED,
						 psprintf("it has more than %d patterns: they are not listed",
								  SG_PATTERNS_MAX));
}

static void
examine_summary(SgImport *import, TupleDesc tupdesc, SgImportRow *row)
{

	if (!check_imported(import, tupdesc, row, import->projects, "project", SG_SUMMARY_PROJECT_ID) ||
		!check_new(import, row, NULL) || !check_created_at(import, tupdesc, row))
		return;
	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		if (sg_field_type((SgField) i) == JSONBOID)
			drop_json_null(import, tupdesc, row, SG_SUMMARY_FIRST_FIELD + i);
	}
	note_patterns(import, tupdesc, row);
	drop_unknown_creator(import, tupdesc, row);
}

/* Names of rows in the report. */

static char *
label_id(TupleDesc tupdesc, HeapTuple tuple)
{
	return column_text(tupdesc, tuple, 1);
}

static char *
label_member(TupleDesc tupdesc, HeapTuple tuple)
{
	return psprintf("project %s, user %s", column_text(tupdesc, tuple, SG_MEMBER_PROJECT_ID),
					column_text(tupdesc, tuple, SG_MEMBER_USER_ID));
}

static char *
label_api_key(TupleDesc tupdesc, HeapTuple tuple)
{
	return psprintf("user %s: %s", column_text(tupdesc, tuple, SG_KEY_USER_ID),
					column_text(tupdesc, tuple, SG_KEY_LABEL));
}

/* The creator of a summary must be a member of its project, at least a former one. */
static SgStatement former_members = {
	"INSERT INTO session_group.members AS m (project_id, user_id, added_at, removed_at)"
	" SELECT f.project_id, f.created_by_id,"
	" coalesce(pg_catalog.min(f.created_at), pg_catalog.now()), pg_catalog.now()"
	" FROM fresh AS f WHERE f.created_by_id IS NOT NULL GROUP BY 1, 2"
	" ON CONFLICT (project_id, user_id) DO NOTHING RETURNING m.project_id, m.user_id"
};

#define INSERTED_FIELD(symbol, name) ", " #name
#define FRESH_FIELD(symbol, name) ", f." #name

static SgImportStep steps[] = {
	[SG_IMPORT_PROJECTS] = {
		examine_project, label_id,
		"SELECT (SELECT coalesce(p.name OPERATOR(pg_catalog.=) b.name, false)"
		" AND coalesce(p.created_at OPERATOR(pg_catalog.=) b.created_at, true)"
		" FROM session_group.projects AS p WHERE p.id OPERATOR(pg_catalog.=) b.id) FROM batch AS b",
		{"INSERT INTO session_group.projects (id, name, timezone, created_at)"
			" SELECT f.id, f.name, f.timezone, coalesce(f.created_at, pg_catalog.now())"
			" FROM fresh AS f"
		}
	},
	[SG_IMPORT_USERS] = {
		examine_user, label_id,
		"SELECT (SELECT coalesce(u.uuid OPERATOR(pg_catalog.=) b.uuid, false)"
		" FROM session_group.users AS u WHERE u.id OPERATOR(pg_catalog.=) b.id) FROM batch AS b",
		{"INSERT INTO session_group.users (id, uuid, distinct_id, first_name, last_name, email,"
			" is_email_verified, hedgehog_config, role_at_organization, is_active, created_at)"
			" SELECT f.id, f.uuid, f.distinct_id, coalesce(f.first_name, ''),"
			" coalesce(f.last_name, ''), f.email, f.is_email_verified, f.hedgehog_config,"
			" f.role_at_organization, f.is_active, coalesce(f.created_at, pg_catalog.now())"
			" FROM fresh AS f"
		}
	},
	[SG_IMPORT_MEMBERS] = {
		examine_member, label_member,
		"SELECT (SELECT true FROM session_group.members AS m"
		" WHERE m.project_id OPERATOR(pg_catalog.=) b.project_id"
		" AND m.user_id OPERATOR(pg_catalog.=) b.user_id) FROM batch AS b",
		{"INSERT INTO session_group.members (project_id, user_id, added_at)"
			" SELECT f.project_id, f.user_id, coalesce(f.added_at, pg_catalog.now())"
			" FROM fresh AS f"
		}
	},
	[SG_IMPORT_API_KEYS] = {
		examine_api_key, label_api_key,
		"SELECT (SELECT coalesce(k.user_id OPERATOR(pg_catalog.=) b.user_id, false)"
		" FROM session_group.api_keys AS k"
		" WHERE k.hash OPERATOR(pg_catalog.=) b.hash) FROM batch AS b",
		{"INSERT INTO session_group.api_keys (user_id, label, mask, hash, scopes, project_ids,"
			" created_at, last_used_at)"
			" SELECT f.user_id, f.label, coalesce(f.mask, ''), f.hash, f.scopes,"
			" CASE WHEN pg_catalog.cardinality(f.project_ids) OPERATOR(pg_catalog.>) 0 THEN f.project_ids END,"
			" coalesce(f.created_at, pg_catalog.now()), f.last_used_at"
			" FROM fresh AS f"
		}
	},
	[SG_IMPORT_SUMMARIES] = {
		examine_summary, label_id,
		"SELECT (SELECT true FROM session_group.summaries AS s"
		" WHERE s.project_id OPERATOR(pg_catalog.=) b.project_id"
		" AND s.id OPERATOR(pg_catalog.=) b.id) FROM batch AS b",
		{"INSERT INTO session_group.summaries (project_id, id"
			SG_COLUMNS(SG_NOT_LISTED, INSERTED_FIELD)
			", created_at, created_by_id, updated_at)"
			" SELECT f.project_id, f.id"
			SG_COLUMNS(SG_NOT_LISTED, FRESH_FIELD)
			", f.created_at, f.created_by_id, f.created_at FROM fresh AS f"
		}
	},
};

StaticAssertDecl(lengthof(steps) == SG_IMPORT_KIND_COUNT, "each kind has its step");

/*
 * Begin an import of these kinds.
 */
SgImport *
sg_import_begin_kinds(void)
{
	return sg_import_begin(steps, &former_members);
}

/*
 * Return the columns of summaries that do not come from a table.
 */
TupleDesc
sg_import_summary_tupdesc(void)
{
	static const struct
	{
		const char *name;
		Oid			type;
	}			columns[] = {
		{"id", UUIDOID}, {"project_id", INT8OID}, {"created_at", TIMESTAMPTZOID},
		{"created_by_id", INT8OID}
	};
	TupleDesc	tupdesc = CreateTemplateTupleDesc(SG_SUMMARY_COLUMN_COUNT);

	for (size_t i = 0; i < lengthof(columns); i++)
		TupleDescInitEntry(tupdesc, i + 1, columns[i].name, columns[i].type, -1, 0);
	for (int i = 0; i < SG_FIELD_COUNT; i++)
		TupleDescInitEntry(tupdesc, SG_SUMMARY_FIRST_FIELD + i, sg_fields[i].name,
						   sg_field_type((SgField) i), -1, 0);
	return tupdesc;
}
