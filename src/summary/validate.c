/*
 * validate.c
 *		What a valid summary is: the one validator, called by the table's trigger
 *		for every door, and by the gateway beforehand for the form of its answer.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "json/input.h"
#include "identity/identity.h"
#include "summary/patterns.h"
#include "summary/validate.h"

PG_FUNCTION_INFO_V1(session_group_summary_fits);

/*
 * Tell whether a character is white space (Unicode's White_Space, and the
 * separators U+001C to U+001F that Python's str.strip() takes away too).
 */
static bool
is_blank(pg_wchar c)
{
	return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 ||
		c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
		c == 0x202F || c == 0x205F || c == 0x3000;
}

static bool
is_all_blank(const char *text, int length)
{
	const unsigned char *c = (const unsigned char *) text;
	const unsigned char *end = c + length;

	while (c < end)
	{
		if (!is_blank(utf8_to_unicode(c)))
			return false;
		c += pg_utf_mblen(c);
	}
	return true;
}

/*
 * Check a string's length in characters: 1 to max.
 */
static bool
check_length(const char *text, int length, int max, const char *attr, SgFault *fault)
{
	if (length == 0)
		return sg_fault(fault, SG_FAULT_BLANK, attr, "This field may not be blank.");
	if (length > max && pg_mbstrlen_with_len(text, length) > max)
		return sg_fault(fault, SG_FAULT_MAX_LENGTH, attr,
						"Ensure this field has no more than %d characters.", max);
	return true;
}

static bool
check_text(const text *value, const SgFieldRow *field, SgFault *fault)
{
	if (is_all_blank(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)))
		return sg_fault(fault, SG_FAULT_BLANK, field->name, "This field may not be blank.");
	return check_length(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), field->max_chars,
						field->name, fault);
}

static bool
check_session_ids(ArrayType *ids, const char *attr, SgFault *fault)
{
	Datum	   *items;
	bool	   *nulls;
	int			count;

	if (ARR_NDIM(ids) > 1)
		return sg_fault(fault, SG_FAULT_INVALID, attr, "Not a list of one dimension.");

	deconstruct_array(ids, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, &count);
	if (count > SG_SESSION_IDS_MAX)
		return sg_fault(fault, SG_FAULT_MAX_LENGTH, attr,
						"Ensure this field has no more than %d elements.", SG_SESSION_IDS_MAX);
	for (int i = 0; i < count; i++)
	{
		text	   *item = nulls[i] ? NULL : DatumGetTextPP(items[i]);

		if (item == NULL)
			return sg_fault(fault, SG_FAULT_NULL, psprintf("%s__%d", attr, i),
							"This field may not be null.");
		if (!check_length(VARDATA_ANY(item), VARSIZE_ANY_EXHDR(item), SG_SESSION_ID_MAX_CHARS,
						  attr, fault))
		{
			fault->attr = psprintf("%s__%d", attr, i);
			return false;
		}
	}
	pfree(items);
	pfree(nulls);
	return true;
}

static bool
check_json_object(Jsonb *json, const char *attr, SgFault *fault)
{
	if (JB_ROOT_IS_OBJECT(json))
		return true;
	return sg_fault(fault, SG_FAULT_INVALID, attr,
					"Expected a dictionary of items but got type \"%s\".",
					sg_json_python_type_of(json));
}

/*
 * Check the number of patterns, each of which becomes a row. It is asked of those
 * who have an identity: what an administrator imports or restores is kept,
 * however many there are, and then has no rows.
 */
static bool
check_patterns(Jsonb *summary, const char *attr, SgFault *fault)
{
	JsonbContainer *patterns;

	if (sg_identity()->proof == SG_PROOF_NONE)
		return true;
	(void) sg_summary_open(summary, &patterns);
	if (!sg_patterns_too_many(patterns))
		return true;
	return sg_fault(fault, SG_FAULT_MAX_LENGTH, attr,
					"Ensure this field has no more than %d patterns.", SG_PATTERNS_MAX);
}

/*
 * Complete the description of a field's fault; always false.
 */
bool
sg_field_fault(SgField field, SgFault *fault)
{
	fault->hint = sg_fields[field].hint;
	return false;
}

static bool
check_value(const SgFieldRow *field, void *value, SgFault *fault)
{
	if (value == NULL)
		return field->nullable ||
			sg_fault(fault, SG_FAULT_NULL, field->name, "This field may not be null.");
	switch (field->kind)
	{
		case SG_KIND_TEXT:
			return check_text(value, field, fault);
		case SG_KIND_SESSIONS:
			return check_session_ids(value, field->name, fault);
		case SG_KIND_PATTERNS:
			return check_patterns(value, field->name, fault);
		default:
			return check_json_object(value, field->name, fault);
	}
}

/*
 * Check the value of a field.
 */
bool
sg_validate_field(const SgFields *fields, SgField field, SgFault *fault)
{
	return check_value(&sg_fields[field], fields->values[field], fault) ||
		sg_field_fault(field, fault);
}

static bool
title_fits(text *title)
{
	int			chars = pg_mbstrlen_with_len(VARDATA_ANY(title), VARSIZE_ANY_EXHDR(title));

	return chars >= 1 && chars <= SG_TITLE_MAX_CHARS;
}

static bool
sessions_fit(ArrayType *ids)
{
	return ARR_NDIM(ids) <= 1 && !array_contains_nulls(ids) &&
		ArrayGetNItems(ARR_NDIM(ids), ARR_DIMS(ids)) <= SG_SESSION_IDS_MAX;
}

/*
 * Tell whether a jsonb is an object. Nothing is read of it but its header.
 */
static bool
is_object(Datum json)
{
	Jsonb	   *header = (Jsonb *) PG_DETOAST_DATUM_SLICE(json, 0, sizeof(header->root.header));

	return JB_ROOT_IS_OBJECT(header);
}

/*
 * session_group.summary_fits(title text, session_ids text[], extra_summary_context jsonb,
 * run_metadata jsonb) returns boolean
 *
 * The limits once more, for the constraint of the table, which is one, since PostgreSQL reads the
 * expression of each constraint anew for each statement. Raises nothing.
 */
Datum
session_group_summary_fits(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL((PG_ARGISNULL(0) || title_fits(PG_GETARG_TEXT_PP(0))) &&
				   (PG_ARGISNULL(1) || sessions_fit(PG_GETARG_ARRAYTYPE_P(1))) &&
				   (PG_ARGISNULL(2) || is_object(PG_GETARG_DATUM(2))) &&
				   (PG_ARGISNULL(3) || is_object(PG_GETARG_DATUM(3))));
}
