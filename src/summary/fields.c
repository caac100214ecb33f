/*
 * fields.c
 *		The fields of a summary: what each is, what it may be, and its default.
 *
 * What SQL must say too, the columns with their defaults, constraints and rights,
 * stands in summaries.sql; test/http/test_fields.py compares the two.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"

#include "summary/fields.h"

const SgFieldRow sg_fields[] = {
	[SG_FIELD_TITLE] = {
		"title", SG_ROW_TITLE, SG_KIND_TEXT,
		.required = true, .imported = true,
		.max_chars = SG_TITLE_MAX_CHARS, .default_text = "Group summary",
		.hint = "Give a title of 1 to 2048 characters, not only blanks."
	},
	[SG_FIELD_SESSION_IDS] = {
		"session_ids", SG_ROW_SESSION_IDS, SG_KIND_SESSIONS,
		.imported = true,
		.hint = "Give at most 1000 session ids of 1 to 200 characters each."
	},
	[SG_FIELD_SUMMARY] = {
		"summary", SG_ROW_SUMMARY, SG_KIND_PATTERNS,
		.nullable = true, .imported = true,
		.hint = "Give any JSON with at most 1000 patterns, or null."
	},
	[SG_FIELD_EXTRA_SUMMARY_CONTEXT] = {
		"extra_summary_context", SG_ROW_EXTRA_SUMMARY_CONTEXT, SG_KIND_OBJECT,
		.nullable = true,
		.hint = "Give a JSON object, or null."
	},
	[SG_FIELD_RUN_METADATA] = {
		"run_metadata", SG_ROW_RUN_METADATA, SG_KIND_OBJECT,
		.nullable = true,
		.hint = "Give a JSON object, or null."
	},
};

StaticAssertDecl(lengthof(sg_fields) == SG_FIELD_COUNT, "each field has a row");

/*
 * Return how many fields a table of so many columns has: not all, if a database has
 * not been updated yet.
 */
int
sg_fields_in(int natts)
{
	int			count = 0;

	while (count < SG_FIELD_COUNT && sg_fields[count].column <= natts)
		count++;
	return count;
}

/*
 * Return the SQL type of a field.
 */
Oid
sg_field_type(SgField field)
{
	switch (sg_fields[field].kind)
	{
		case SG_KIND_TEXT:
			return TEXTOID;
		case SG_KIND_SESSIONS:
			return TEXTARRAYOID;
		default:
			return JSONBOID;
	}
}

/*
 * Return the value of a field, not toasted; a text may have a short header.
 */
void *
sg_field_value(SgField field, Datum value)
{
	return sg_fields[field].kind == SG_KIND_TEXT ? PG_DETOAST_DATUM_PACKED(value) :
		PG_DETOAST_DATUM(value);
}
