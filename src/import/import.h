/*
 * import.h
 *		Import of rows in batches, with a report of what became of them.
 */
#ifndef SG_IMPORT_H
#define SG_IMPORT_H

#include "access/htup_details.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"

#include "base/statement.h"
#include "summary/fields.h"

/* The kinds of rows, in the order in which they are imported. */
typedef enum SgImportKind
{
	SG_IMPORT_PROJECTS,
	SG_IMPORT_USERS,
	SG_IMPORT_MEMBERS,
	SG_IMPORT_API_KEYS,
	SG_IMPORT_SUMMARIES
} SgImportKind;

#define SG_IMPORT_KIND_COUNT (SG_IMPORT_SUMMARIES + 1)

typedef enum SgImportOutcome
{
	SG_IMPORTED,
	SG_UNCHANGED,				/* existed before, and was left as it is */
	SG_SKIPPED
} SgImportOutcome;

/* The number of rows in a batch. */
#define SG_IMPORT_BATCH 100

typedef struct SgImport
{
	MemoryContext context;		/* of the whole import: the report, known ids */
	MemoryContext batch;		/* of the batch: its rows */
	HTAB	   *projects;		/* SgImportProject */
	HTAB	   *users;			/* int64 */
	HTAB	   *report;			/* ReportLine of import.c */
	struct SgImportStep *steps; /* by kind */
	SgStatement *former_members;	/* makes members of those who made summaries */
} SgImport;

/* A project that this import brought, or that was the same here before. */
typedef struct SgImportProject
{
	int64		id;
	char	   *organization;	/* the id of PostHog's organization, or null */
} SgImportProject;

/* What exists here under the key of a row. */
typedef enum SgFound
{
	SG_FOUND_NONE,
	SG_FOUND_SAME,
	SG_FOUND_OTHER
} SgFound;

typedef struct SgImportRow
{
	HeapTuple	source;			/* as read from the source */
	const char *remark;			/* a note of whoever read it, or null */
	SgFound		found;
	HeapTuple	tuple;			/* as it will be written */
	SgImportOutcome outcome;
	const char *note;			/* for the report, or null */
} SgImportRow;

/*
 * How rows of a kind are examined and written. Their columns are numbered by the
 * enumerations below; statements know them by the names in the sources.
 */
typedef struct SgImportStep
{
	void		(*examine) (SgImport *import, TupleDesc tupdesc, SgImportRow *row);
	char	   *(*label) (TupleDesc tupdesc, HeapTuple tuple);
	const char *find;			/* of each row of "batch": null if new, else is it the same? */
	SgStatement insert;			/* inserts the rows of "fresh" */
} SgImportStep;

enum SgImportProjectColumn
{
	SG_PROJECT_ID = 1,
	SG_PROJECT_NAME,
	SG_PROJECT_TIMEZONE,
	SG_PROJECT_ORGANIZATION,
	SG_PROJECT_CREATED_AT
};

enum SgImportUserColumn
{
	SG_USER_ID = 1,
	SG_USER_UUID,
	SG_USER_DISTINCT_ID,
	SG_USER_FIRST_NAME,
	SG_USER_LAST_NAME,
	SG_USER_EMAIL,
	SG_USER_IS_EMAIL_VERIFIED,
	SG_USER_HEDGEHOG_CONFIG,
	SG_USER_ROLE,
	SG_USER_IS_ACTIVE,
	SG_USER_CREATED_AT
};

enum SgImportMemberColumn
{
	SG_MEMBER_PROJECT_ID = 1,
	SG_MEMBER_USER_ID,
	SG_MEMBER_ADDED_AT,
	SG_MEMBER_ORGANIZATION,
	SG_MEMBER_ORGANIZATION_OF_PROJECT,
	SG_MEMBER_CLOSED,			/* why access control keeps the member out, or null */
	SG_MEMBER_REMARK
};

enum SgImportKeyColumn
{
	SG_KEY_USER_ID = 1,
	SG_KEY_LABEL,
	SG_KEY_MASK,
	SG_KEY_HASH,
	SG_KEY_SCOPES,
	SG_KEY_PROJECT_IDS,
	SG_KEY_ORGANIZATIONS,
	SG_KEY_CREATED_AT,
	SG_KEY_LAST_USED_AT
};

enum SgImportSummaryColumn
{
	SG_SUMMARY_ID = 1,
	SG_SUMMARY_PROJECT_ID,
	SG_SUMMARY_CREATED_AT,
	SG_SUMMARY_CREATED_BY_ID,
	SG_SUMMARY_FIRST_FIELD		/* from here on the fields, in the order of SgField */
};

#define SG_SUMMARY_COLUMN_COUNT (SG_SUMMARY_FIRST_FIELD + SG_FIELD_COUNT - 1)

extern SgImport *sg_import_begin(SgImportStep *steps, SgStatement *former_members);
extern void sg_import_expect(SgImport *import, SgImportKind kind);
extern void sg_import_rows(SgImport *import, SgImportKind kind, TupleDesc tupdesc,
						   SgImportRow *rows, int count);
extern void sg_import_report(SgImport *import, SgImportKind kind, SgImportOutcome outcome,
							 const char *note, const char *row);
extern void sg_import_end(SgImport *import, FunctionCallInfo fcinfo);
extern void sg_import_decide(SgImport *import, SgImportRow *row, SgImportOutcome outcome,
							 const char *note);
extern void sg_import_set_column(SgImport *import, TupleDesc tupdesc, SgImportRow *row, int column,
								 Datum value, bool isnull);
extern void sg_import_know_project(SgImport *import, int64 id, const char *organization);
extern void sg_import_know_user(SgImport *import, int64 id);
extern bool sg_import_knows(HTAB *known, Datum id, bool isnull);

#endif							/* SG_IMPORT_H */
