/*
 * import.c
 *		Import of rows in batches, with a report of what became of them.
 *
 * One statement looks up which rows of a batch exist already. One INSERT ...
 * SELECT from a named tuplestore writes the new ones: values pass through as
 * they are stored, compressed ones stay compressed, and the import is hardly
 * slower than an INSERT ... SELECT by hand. What makes a row valid is defined
 * where it is for every other door: in the constraints and triggers of the
 * tables.
 *
 * Each batch is written in a subtransaction. If a row is refused, the batch is
 * split in halves that are tried one by one, down to the row that is the cause;
 * that row is skipped and reported. Errors that are not about the data end the
 * import.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

#include "activity/records.h"
#include "base/catch.h"
#include "import/import.h"

/* A line of the report: how many rows of a kind had this outcome and this note. */
typedef struct ReportLine
{
	SgImportKind kind;
	SgImportOutcome outcome;
	char	   *note;			/* or null */
	int64		number;
	ArrayBuildState *rows;		/* names of the rows, if there is a note */
} ReportLine;

/* A batch, or a part of one: the rows that one subtransaction writes. */
typedef struct Attempt
{
	SgImport   *import;
	SgImportKind kind;
	TupleDesc	tupdesc;
	SgImportRow *rows;
	int			count;
	List	   *former_members; /* names of the memberships that it made */
} Attempt;

static const char *const kind_names[] = {
	"projects", "users", "members", "api_keys", "summaries"
};

StaticAssertDecl(lengthof(kind_names) == SG_IMPORT_KIND_COUNT, "each kind has a name");

static const char *const outcome_names[] = {"imported", "unchanged", "skipped"};

/* Compare lines of the report by kind, outcome and note: no two are equal. */
static int
compare_lines(const void *a, const void *b, Size keysize)
{
	const ReportLine *left = a;
	const ReportLine *right = b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->outcome != right->outcome)
		return left->outcome < right->outcome ? -1 : 1;
	return strcmp(left->note == NULL ? "" : left->note, right->note == NULL ? "" : right->note);
}

static uint32
hash_line(const void *key, Size keysize)
{
	const ReportLine *line = key;

	return hash_combine(hash_combine(hash_uint32(line->kind), hash_uint32(line->outcome)),
						string_hash(line->note == NULL ? "" : line->note, SIZE_MAX));
}

/*
 * Begin an import. "steps" say how rows of each kind are examined and written;
 * the statement makes former members of the creators of the summaries in
 * "fresh".
 */
SgImport *
sg_import_begin(SgImportStep *steps, SgStatement *former_members)
{
	SgImport   *import = palloc0(sizeof(SgImport));
	HASHCTL		projects = {
		.keysize = sizeof(int64), .entrysize = sizeof(SgImportProject), .hcxt = CurrentMemoryContext
	};
	HASHCTL		users = {
		.keysize = sizeof(int64), .entrysize = sizeof(int64), .hcxt = CurrentMemoryContext
	};
	HASHCTL		report = {
		.keysize = offsetof(ReportLine, number), .entrysize = sizeof(ReportLine),
		.hash = hash_line, .match = compare_lines, .hcxt = CurrentMemoryContext
	};

	import->steps = steps;
	import->former_members = former_members;
	import->context = CurrentMemoryContext;
	import->batch = AllocSetContextCreate(CurrentMemoryContext, "session_group import batch",
										  ALLOCSET_DEFAULT_SIZES);
	import->projects = hash_create("session_group imported projects", 64, &projects,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	import->users = hash_create("session_group imported users", 256, &users,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	import->report = hash_create("session_group report of an import", 64, &report,
								 HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	return import;
}

void
sg_import_know_project(SgImport *import, int64 id, const char *organization)
{
	SgImportProject *project = hash_search(import->projects, &id, HASH_ENTER, NULL);

	project->organization = organization == NULL ? NULL :
		MemoryContextStrdup(import->context, organization);
}

void
sg_import_know_user(SgImport *import, int64 id)
{
	hash_search(import->users, &id, HASH_ENTER, NULL);
}

bool
sg_import_knows(HTAB *known, Datum id, bool isnull)
{
	int64		key = isnull ? 0 : DatumGetInt64(id);

	return !isnull && hash_search(known, &key, HASH_FIND, NULL) != NULL;
}

/*
 * Decide what happens to a row, and note why.
 */
void
sg_import_decide(SgImport *import, SgImportRow *row, SgImportOutcome outcome, const char *note)
{
	row->outcome = outcome;
	row->note = MemoryContextStrdup(import->batch, note);
}

/*
 * Change the value of a column of a row.
 */
void
sg_import_set_column(SgImport *import, TupleDesc tupdesc, SgImportRow *row, int column, Datum value,
					 bool isnull)
{
	MemoryContext old_context = MemoryContextSwitchTo(import->batch);

	row->tuple = heap_modify_tuple_by_cols(row->tuple, tupdesc, 1, &column, &value, &isnull);
	MemoryContextSwitchTo(old_context);
}

/*
 * Return the line with this kind, outcome and note; make it if there is none
 * yet.
 */
static ReportLine *
report_line(SgImport *import, SgImportKind kind, SgImportOutcome outcome, const char *note)
{
	ReportLine	key = {.kind = kind, .outcome = outcome, .note = unconstify(char *, note)};
	bool		found;
	ReportLine *line = hash_search(import->report, &key, HASH_ENTER, &found);

	if (!found)
	{
		line->note = note == NULL ? NULL : pstrdup(note);
		line->number = 0;
		line->rows = NULL;
	}
	return line;
}

/*
 * Make sure that the report has a line for a kind, even if it has no rows at all.
 */
void
sg_import_expect(SgImport *import, SgImportKind kind)
{
	MemoryContext old_context = MemoryContextSwitchTo(import->context);

	report_line(import, kind, SG_IMPORTED, NULL);
	MemoryContextSwitchTo(old_context);
}

/*
 * Count a row in the report; if there is a note, keep the name of the row.
 */
void
sg_import_report(SgImport *import, SgImportKind kind, SgImportOutcome outcome, const char *note,
				 const char *row)
{
	MemoryContext old_context = MemoryContextSwitchTo(import->context);
	ReportLine *line = report_line(import, kind, outcome, note);

	line->number++;
	if (note != NULL)
		line->rows = accumArrayResult(line->rows, CStringGetTextDatum(row), false, TEXTOID,
									  import->context);
	MemoryContextSwitchTo(old_context);
}

/*
 * Remember a project or user that later rows may refer to.
 */
static void
know_row(SgImport *import, SgImportKind kind, TupleDesc tupdesc, HeapTuple tuple)
{
	bool		isnull;
	Datum		id = heap_getattr(tuple, 1, tupdesc, &isnull);

	if (kind == SG_IMPORT_PROJECTS)
	{
		Datum		organization = heap_getattr(tuple, SG_PROJECT_ORGANIZATION, tupdesc, &isnull);

		sg_import_know_project(import, DatumGetInt64(id),
							   isnull ? NULL : TextDatumGetCString(organization));
	}
	else if (kind == SG_IMPORT_USERS)
		sg_import_know_user(import, DatumGetInt64(id));
}

/*
 * Report the outcome of a row.
 */
static void
report_row(SgImport *import, SgImportKind kind, TupleDesc tupdesc, const SgImportRow *row)
{
	sg_import_report(import, kind, row->outcome, row->note,
					 row->note == NULL ? NULL : import->steps[kind].label(tupdesc, row->source));
	if (row->outcome != SG_SKIPPED)
		know_row(import, kind, tupdesc, row->tuple);
}

/*
 * Report the outcome of rows that were written.
 */
static void
report_rows(const Attempt *attempt)
{
	ListCell   *cell;

	for (int i = 0; i < attempt->count; i++)
		report_row(attempt->import, attempt->kind, attempt->tupdesc, &attempt->rows[i]);
	foreach(cell, attempt->former_members)
		sg_import_report(attempt->import, SG_IMPORT_MEMBERS, SG_IMPORTED,
						 "a former member: made a summary, and is no member now", lfirst(cell));
}

/*
 * Let the statements of this SPI connection select from a tuplestore by a name.
 */
static void
show_rows(EphemeralNamedRelation relation, char *name, TupleDesc tupdesc, Tuplestorestate *rows)
{
	memset(relation, 0, sizeof(EphemeralNamedRelationData));
	relation->md.name = name;
	relation->md.reliddesc = InvalidOid;
	relation->md.tupdesc = tupdesc;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	relation->md.enrtuples = tuplestore_tuple_count(rows);
	relation->reldata = rows;
	if (SPI_register_relation(relation) != SPI_OK_REL_REGISTER)
		elog(ERROR, "SPI_register_relation failed");
}

/*
 * Find out which rows exist already. The statement is planned anew each time:
 * the tables may be growing from nothing, and a plan made for the first rows
 * would be a bad one for the last. The result is in the order of the rows.
 */
static void
find_rows(const Attempt *attempt)
{
	Tuplestorestate *batch = tuplestore_begin_heap(false, false, work_mem);
	EphemeralNamedRelationData relation;
	int			result;

	for (int i = 0; i < attempt->count; i++)
		tuplestore_puttuple(batch, attempt->rows[i].source);
	show_rows(&relation, "batch", attempt->tupdesc, batch);
	result = SPI_execute(attempt->import->steps[attempt->kind].find, false, 0);
	if (result != SPI_OK_SELECT || SPI_processed != (uint64) attempt->count)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	for (int i = 0; i < attempt->count; i++)
	{
		bool		isnull;
		bool		same = DatumGetBool(sg_result(i, 1, &isnull));

		attempt->rows[i].found = isnull ? SG_FOUND_NONE : same ? SG_FOUND_SAME : SG_FOUND_OTHER;
	}
	tuplestore_end(batch);
}

/*
 * Decide what happens to each row; return the new ones.
 */
static Tuplestorestate *
examine_rows(const Attempt *attempt)
{
	Tuplestorestate *fresh = tuplestore_begin_heap(false, false, work_mem);

	for (int i = 0; i < attempt->count; i++)
	{
		SgImportRow *row = &attempt->rows[i];

		row->tuple = row->source;
		row->outcome = SG_IMPORTED;
		row->note = row->remark;
		attempt->import->steps[attempt->kind].examine(attempt->import, attempt->tupdesc, row);
		if (row->outcome == SG_IMPORTED)
			tuplestore_puttuple(fresh, row->tuple);
	}
	return fresh;
}

/*
 * Keep the names of the memberships that the last statement has made.
 */
static void
keep_former_members(Attempt *attempt)
{
	SPITupleTable *made = SPI_tuptable;
	char	   *(*label) (TupleDesc, HeapTuple) = attempt->import->steps[SG_IMPORT_MEMBERS].label;
	MemoryContext old_context = MemoryContextSwitchTo(attempt->import->batch);

	attempt->former_members = NIL;
	for (uint64 i = 0; i < SPI_processed; i++)
		attempt->former_members = lappend(attempt->former_members,
										  label(made->tupdesc, made->vals[i]));
	MemoryContextSwitchTo(old_context);
}

/*
 * Insert the rows of a tuplestore.
 */
static void
insert_rows(Attempt *attempt, Tuplestorestate *fresh)
{
	EphemeralNamedRelationData relation;

	show_rows(&relation, "fresh", attempt->tupdesc, fresh);
	if (attempt->kind == SG_IMPORT_SUMMARIES)
	{
		sg_execute(attempt->import->former_members, NULL, NULL, SG_SNAPSHOT_NEW);
		keep_former_members(attempt);
	}
	if (sg_execute_in_the_name_of("import", &attempt->import->steps[attempt->kind].insert, NULL,
								  SG_SNAPSHOT_NEW) != (uint64) tuplestore_tuple_count(fresh))
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("rows were not written"),
				 errhint("A trigger or rule that is not the extension's suppressed them; see"
						 " session_group.posture().")));
}

/*
 * Examine rows and write the new ones, in an SPI connection of its own: when it
 * ends, or an error ends it, the memory of the statements is freed.
 */
static void
attempt_rows(void *argument)
{
	Attempt    *attempt = argument;
	Tuplestorestate *fresh;

	sg_spi_connect();
	find_rows(attempt);
	fresh = examine_rows(attempt);
	if (tuplestore_tuple_count(fresh) > 0)
		insert_rows(attempt, fresh);
	tuplestore_end(fresh);
	sg_spi_finish();
}

/*
 * Tell whether an error is about the data of a row; any other ends the import.
 */
static bool
is_about_data(const ErrorData *error)
{
	int			category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category == ERRCODE_DATA_EXCEPTION ||
		category == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ||
		category == ERRCODE_PROGRAM_LIMIT_EXCEEDED;
}

/*
 * Import rows, whose memory is the batch's. If one is refused, the halves are
 * tried one by one.
 */
void
sg_import_rows(SgImport *import, SgImportKind kind, TupleDesc tupdesc, SgImportRow *rows,
			   int count)
{
	Attempt		attempt = {import, kind, tupdesc, rows, count, NIL};
	MemoryContext old_context = MemoryContextSwitchTo(import->batch);
	ErrorData  *error = sg_catch_error(attempt_rows, &attempt);

	if (error == NULL)
		report_rows(&attempt);
	else if (!is_about_data(error))
		ReThrowError(error);
	else if (count > 1)
	{
		sg_import_rows(import, kind, tupdesc, rows, count / 2);
		sg_import_rows(import, kind, tupdesc, rows + count / 2, count - count / 2);
	}
	else
	{
		sg_import_decide(import, &rows[0], SG_SKIPPED, error->message);
		report_row(import, kind, tupdesc, &rows[0]);
	}
	MemoryContextSwitchTo(old_context);
}

static int
compare_cells(const ListCell *a, const ListCell *b)
{
	return compare_lines(lfirst(a), lfirst(b), 0);
}

/*
 * Return the lines of the report, sorted.
 */
static List *
sorted_lines(SgImport *import)
{
	List	   *lines = NIL;
	HASH_SEQ_STATUS scan;
	ReportLine *line;

	hash_seq_init(&scan, import->report);
	while ((line = hash_seq_search(&scan)) != NULL)
		lines = lappend(lines, line);
	list_sort(lines, compare_cells);
	return lines;
}

/*
 * Tell whether a line only says that there were no rows of its kind, from
 * sg_import_expect(), although others of that kind follow.
 */
static bool
is_needless(List *lines, ListCell *cell)
{
	ReportLine *line = lfirst(cell);
	ListCell   *next = lnext(lines, cell);

	return line->number == 0 && next != NULL && ((ReportLine *) lfirst(next))->kind == line->kind;
}

/*
 * Return the report as the function's rows, and end the import.
 */
void
sg_import_end(SgImport *import, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List	   *lines = sorted_lines(import);
	ListCell   *cell;

	foreach(cell, lines)
	{
		ReportLine *line = lfirst(cell);
		Datum		values[5] = {0};
		bool		nulls[5] = {false, false, false, line->note == NULL, line->note == NULL};

		if (is_needless(lines, cell))
			continue;
		values[0] = CStringGetTextDatum(kind_names[line->kind]);
		values[1] = CStringGetTextDatum(outcome_names[line->outcome]);
		values[2] = Int64GetDatum(line->number);
		if (line->note != NULL)
		{
			values[3] = CStringGetTextDatum(line->note);
			values[4] = makeArrayResult(line->rows, CurrentMemoryContext);
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	MemoryContextDelete(import->batch);
}
