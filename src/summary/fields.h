/*
 * fields.h
 *		The columns of session_group.summaries, and which of them are fields: those
 *		that clients write.
 *
 * All that reads or writes fields goes by these tables. A new field is a line
 * here, its row in fields.c, and its column in summaries.sql.
 */
#ifndef SG_FIELDS_H
#define SG_FIELDS_H

#include "postgres_ext.h"

/*
 * The columns in the table's own order, by symbol and name; the fields among them in
 * the order in which the contract names them. A new one is the last: there it is too
 * where ALTER TABLE adds it.
 */
#define SG_COLUMNS(COLUMN, FIELD) \
	COLUMN(PROJECT_ID, project_id) \
	COLUMN(ID, id) \
	FIELD(TITLE, title) \
	FIELD(SESSION_IDS, session_ids) \
	COLUMN(SESSION_COUNT, session_count) \
	FIELD(SUMMARY, summary) \
	FIELD(EXTRA_SUMMARY_CONTEXT, extra_summary_context) \
	FIELD(RUN_METADATA, run_metadata) \
	COLUMN(CREATED_AT, created_at) \
	COLUMN(CREATED_BY_ID, created_by_id) \
	COLUMN(UPDATED_AT, updated_at) \
	COLUMN(VERSION, version)

#define SG_NOT_LISTED(symbol, name)
#define SG_ROW_SYMBOL(symbol, name) SG_ROW_##symbol,
#define SG_FIELD_SYMBOL(symbol, name) SG_FIELD_##symbol,

/* SG_ROW_PROJECT_ID and so on: the number of a column, from 1. */
enum SgRowColumn
{
	SG_ROW_NONE,
	SG_COLUMNS(SG_ROW_SYMBOL, SG_ROW_SYMBOL)
	SG_ROW_END
};

#define SG_ROW_COLUMN_COUNT (SG_ROW_END - 1)

/* SG_FIELD_TITLE and so on: the fields, from 0. */
typedef enum SgField
{
	SG_COLUMNS(SG_NOT_LISTED, SG_FIELD_SYMBOL)
	SG_FIELD_COUNT
} SgField;

/* What a field holds: how it is read, checked, written and recorded. */
typedef enum SgFieldKind
{
	SG_KIND_TEXT,				/* a text, not blank */
	SG_KIND_SESSIONS,			/* session ids, a text[] */
	SG_KIND_PATTERNS,			/* any JSON; what may be very large */
	SG_KIND_OBJECT				/* a JSON object */
} SgFieldKind;

typedef struct SgFieldRow
{
	const char *name;			/* of the column too */
	int			column;			/* SG_ROW_… */
	SgFieldKind kind;
	bool		nullable;
	bool		required;		/* a PUT must have it */
	bool		imported;		/* what is imported must have it */
	int			max_chars;		/* of a text */
	const char *default_text;	/* of a text, or null */
	const char *hint;			/* what to give, if the value is refused */
} SgFieldRow;

extern const SgFieldRow sg_fields[SG_FIELD_COUNT];

/* Values for the fields: texts, arrays, Jsonb, none of them toasted. A null pointer is SQL's null. */
typedef struct SgFields
{
	bool		given[SG_FIELD_COUNT];
	void	   *values[SG_FIELD_COUNT];
} SgFields;

extern int	sg_fields_in(int natts);
extern Oid	sg_field_type(SgField field);
extern void *sg_field_value(SgField field, Datum value);

#endif							/* SG_FIELDS_H */
