/*
 * posthog.c
 *		import_posthog: which of PostHog's own tables and columns are read.
 *
 * The caller names the schema that has the tables. A name cannot be a parameter
 * of a statement, so the text of these statements is put together: from
 * constants, and from the name of a schema that exists, quoted as an identifier.
 * Values never become part of a text.
 *
 * The statements run with the caller's rights, like the rest of the import. Whose
 * tables are read, and of what types their columns may be, is said in source.c.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/arguments.h"
#include "fleet/node.h"
#include "import/access.h"
#include "import/kinds.h"
#include "import/source.h"

PG_FUNCTION_INFO_V1(session_group_import_posthog);

/* A NOTICE reports the progress each time so many rows were read. */
#define PROGRESS_ROWS 10000

static const SgColumnType uuid_type = {"uuid", {UUIDOID}};
static const SgColumnType bigint_type = {"int8", {INT8OID, INT4OID, INT2OID}};
static const SgColumnType text_type = {"text", {TEXTOID, VARCHAROID, BPCHAROID, UUIDOID}};
static const SgColumnType boolean_type = {"bool", {BOOLOID}};
static const SgColumnType jsonb_type = {"jsonb", {JSONBOID}};
static const SgColumnType time_type = {"timestamptz", {TIMESTAMPTZOID}};
static const SgColumnType texts_type = {"_text", {TEXTARRAYOID, VARCHARARRAYOID, BPCHARARRAYOID}};
static const SgColumnType bigints_type = {"_int8", {INT8ARRAYOID, INT4ARRAYOID, INT2ARRAYOID}};

typedef struct SourceColumn
{
	const char *name;			/* in the statements of kinds.c */
	const SgColumnType *type;
	const char *theirs;			/* PostHog's name */
	const char *earlier;		/* its name in earlier versions, or null */
	const char *missing;		/* SQL for its value where it is missing; null: it must exist */
	bool		joined;			/* a column of joined_table */
} SourceColumn;

typedef struct Source
{
	SgImportKind kind;
	const char *table;
	const char *joined_table;	/* joined by organization_id, or null */
	SourceColumn columns[12];	/* numbered as in import.h; the last has no name */
} Source;

/* Summaries have their fields too, behind these columns. */

static const Source sources[] = {
	{SG_IMPORT_PROJECTS, "posthog_team", NULL, {
			{"id", &bigint_type, "id"},
			{"name", &text_type, "name"},
			{"timezone", &text_type, "timezone", NULL, "'UTC'"},
			{"organization", &text_type, "organization_id", NULL, "NULL"},
			{"created_at", &time_type, "created_at", NULL, "NULL"},
	}
	},
	{SG_IMPORT_USERS, "posthog_user", NULL, {
			{"id", &bigint_type, "id"},
			{"uuid", &uuid_type, "uuid"},
			{"distinct_id", &text_type, "distinct_id", NULL, "NULL"},
			{"first_name", &text_type, "first_name", NULL, "NULL"},
			{"last_name", &text_type, "last_name", NULL, "NULL"},
			{"email", &text_type, "email"},
			{"is_email_verified", &boolean_type, "is_email_verified", NULL, "NULL"},
			{"hedgehog_config", &jsonb_type, "hedgehog_config", NULL, "NULL"},
			{"role_at_organization", &text_type, "role_at_organization", NULL, "NULL"},
			{"is_active", &boolean_type, "is_active", NULL, "true"},
			{"created_at", &time_type, "date_joined", NULL, "NULL"},
	}
	},
	{SG_IMPORT_MEMBERS, "posthog_organizationmembership", "posthog_team", {
			{"project_id", &bigint_type, "id", NULL, NULL, true},
			{"user_id", &bigint_type, "user_id"},
			{"added_at", &time_type, "joined_at", NULL, "NULL"},
			{"organization", &text_type, "organization_id"},
			{"organization_of_project", &text_type, "organization_id", NULL, NULL, true},
	}
	},
	{SG_IMPORT_API_KEYS, "posthog_personalapikey", NULL, {
			{"user_id", &bigint_type, "user_id"},
			{"label", &text_type, "label"},
			{"mask", &text_type, "mask_value", NULL, "NULL"},
			{"hash", &text_type, "secure_value"},
			{"scopes", &texts_type, "scopes", NULL, "NULL"},
			{"project_ids", &bigints_type, "scoped_teams", NULL, "NULL"},
			{"organizations", &texts_type, "scoped_organizations", NULL, "NULL"},
			{"created_at", &time_type, "created_at", NULL, "NULL"},
			{"last_used_at", &time_type, "last_used_at", NULL, "NULL"},
	}
	},
	{SG_IMPORT_SUMMARIES, "ee_group_session_summary", NULL, {
			{"id", &uuid_type, "id"},
			{"project_id", &bigint_type, "team_id"},
			{"created_at", &time_type, "created_at"},
			{"created_by_id", &bigint_type, "created_by_id", NULL, "NULL"},
	}
	},
};

StaticAssertDecl(lengthof(sources) == SG_IMPORT_KIND_COUNT, "each kind has a source");

static Oid
find_table(const char *schema, const char *table)
{
	Oid			relation = sg_source_table(schema, table);

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("schema \"%s\" has no table %s", schema, table),
				 errhint("These are read: posthog_team, posthog_user,"
						 " posthog_organizationmembership, posthog_personalapikey,"
						 " ee_group_session_summary.")));
	return relation;
}

/*
 * Return the name that a column has in a table; null if it may be missing and
 * is.
 */
static const char *
find_column(Oid relation, const SourceColumn *column)
{
	if (get_attnum(relation, column->theirs) != InvalidAttrNumber)
		return column->theirs;
	if (column->earlier != NULL && get_attnum(relation, column->earlier) != InvalidAttrNumber)
		return column->earlier;
	if (column->missing == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table %s has no column %s", get_rel_name(relation), column->theirs),
				 errhint("See docs/import.md for the columns that are read.")));
	return NULL;
}

static void
append_column(StringInfo sql, Oid relation, const SourceColumn *column)
{
	const char *found = find_column(relation, column);

	appendStringInfoString(sql, sql->len > 0 ? ", " : "SELECT ");
	if (found != NULL)
	{
		sg_source_check_type(relation, found, column->type);
		appendStringInfo(sql, "%c.%s", column->joined ? 'j' : 's', quote_identifier(found));
	}
	else
		appendStringInfoString(sql, column->missing);
	appendStringInfo(sql, "::pg_catalog.%s AS %s", column->type->name,
					 quote_identifier(column->name));
}

/*
 * Append the fields of summaries. PostHog names them as we do, but for what the
 * title was called once.
 */
static void
append_fields(StringInfo sql, Oid table)
{
	static const SgColumnType *const types[] = {
		[SG_KIND_TEXT] = &text_type,
		[SG_KIND_SESSIONS] = &texts_type,
		[SG_KIND_PATTERNS] = &jsonb_type,
		[SG_KIND_OBJECT] = &jsonb_type,
	};

	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		const SgFieldRow *field = &sg_fields[i];
		SourceColumn column = {
			field->name, types[field->kind], field->name, i == SG_FIELD_TITLE ? "name" : NULL,
			field->imported ? NULL : "NULL"
		};

		append_column(sql, table, &column);
	}
}

/*
 * Return the statement that reads a source.
 */
static char *
source_query(const char *schema, const Source *source)
{
	const char *quoted = quote_identifier(schema);
	Oid			table = find_table(schema, source->table);
	Oid			joined = source->joined_table == NULL ? InvalidOid :
		find_table(schema, source->joined_table);
	StringInfoData sql;

	initStringInfo(&sql);
	for (const SourceColumn *column = source->columns; column->name != NULL; column++)
		append_column(&sql, column->joined ? joined : table, column);
	if (source->kind == SG_IMPORT_MEMBERS)
		sg_import_append_access(&sql, schema);
	if (source->kind == SG_IMPORT_SUMMARIES)
		append_fields(&sql, table);
	appendStringInfo(&sql, " FROM %s.%s AS s", quoted, source->table);
	if (OidIsValid(joined))
		appendStringInfo(&sql, " JOIN %s.%s AS j ON j.organization_id::pg_catalog.text"
						 " OPERATOR(pg_catalog.=) s.organization_id::pg_catalog.text",
						 quoted, source->joined_table);
	if (source->kind == SG_IMPORT_MEMBERS)
		sg_import_append_access_joins(&sql, schema, quoted);
	return sql.data;
}

/*
 * Import the rows of one fetch.
 */
static void
import_batch(SgImport *import, SgImportKind kind, SPITupleTable *result, int count)
{
	SgImportRow *rows = MemoryContextAllocZero(import->batch, sizeof(SgImportRow) * count);

	for (int i = 0; i < count; i++)
		rows[i].source = result->vals[i];
	sg_import_rows(import, kind, result->tupdesc, rows, count);
	MemoryContextReset(import->batch);
}

static void
tell_progress(const char *table, int64 rows, TimestampTz start)
{
	double		seconds = TimestampDifferenceMilliseconds(start, GetCurrentTimestamp()) / 1000.0;

	ereport(NOTICE,
			(errmsg(INT64_FORMAT " rows of %s read, %.0f a second", rows, table,
					rows / Max(seconds, 0.001))));
}

static void
import_source(SgImport *import, const char *schema, const Source *source)
{
	TimestampTz start = GetCurrentTimestamp();
	Portal		portal = SPI_cursor_open_with_args(NULL, source_query(schema, source), 0, NULL,
												   NULL, NULL, true, CURSOR_OPT_NO_SCROLL);
	int64		rows = 0;

	sg_import_expect(import, source->kind);
	for (;;)
	{
		SPITupleTable *result;
		int			count;

		SPI_cursor_fetch(portal, true, SG_IMPORT_BATCH);
		result = SPI_tuptable;
		count = (int) SPI_processed;
		if (count == 0)
			break;
		import_batch(import, source->kind, result, count);
		SPI_freetuptable(result);
		rows += count;
		if (rows % PROGRESS_ROWS < count)
			tell_progress(source->table, rows, start);
	}
	SPI_cursor_close(portal);
}

/*
 * Move the sequences on, so that new projects and users get ids above the
 * imported ones.
 */
static void
advance_ids(void)
{
#define ADVANCE(table) \
	"SELECT pg_catalog.setval('session_group." table "_id_seq'::pg_catalog.regclass, m.id)" \
	" FROM (SELECT pg_catalog.max(t.id) AS id FROM session_group." table " AS t) AS m" \
	" WHERE m.id OPERATOR(pg_catalog.>) coalesce(" \
	"pg_catalog.pg_sequence_last_value('session_group." table "_id_seq'::pg_catalog.regclass), 0)"
	static SgStatement projects = {ADVANCE("projects")};
	static SgStatement users = {ADVANCE("users")};
#undef ADVANCE

	sg_execute(&projects, NULL, NULL, SG_SNAPSHOT_NEW);
	sg_execute(&users, NULL, NULL, SG_SNAPSHOT_NEW);
}

/*
 * session_group.import_posthog(source_schema text)
 * returns table (kind text, outcome text, number bigint, note text, rows text[])
 *
 * Raises 22004, 3F000, 42501, 42P01, 42703 and 42804 for what cannot be read, 55000 where
 * another node administers.
 */
Datum
session_group_import_posthog(PG_FUNCTION_ARGS)
{
	SgImport   *import;
	char	   *schema;

	sg_refuse_null(fcinfo, 0, "source_schema");
	sg_refuse_without_administration();
	schema = text_to_cstring(PG_GETARG_TEXT_PP(0));
	InitMaterializedSRF(fcinfo, 0);
	import = sg_import_begin_kinds();
	sg_spi_connect();
	for (size_t i = 0; i < lengthof(sources); i++)
		import_source(import, schema, &sources[i]);
	advance_ids();
	sg_spi_finish();
	sg_import_end(import, fcinfo);
	return (Datum) 0;
}
