/*
 * validate.c
 *		What a valid summary is: the one validator, called by the table's trigger
 *		for every door, and by the gateway beforehand for the form of its answer.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "json/input.h"
#include "identity/identity.h"
#include "summary/patterns.h"
#include "summary/validate.h"

const char *const sg_field_names[] = {
	"title", "session_ids", "summary", "extra_summary_context", "run_metadata"
};

static const char *const field_hints[] = {
	"Give a title of 1 to 2048 characters, not only blanks.",
	"Give at most 1000 session ids of 1 to 200 characters each.",
	"Give any JSON with at most 1000 patterns, or null.",
	"Give a JSON object, or null.",
	"Give a JSON object, or null."
};

StaticAssertDecl(lengthof(field_hints) == SG_FIELD_COUNT, "each field has a hint");

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
check_title(const text *title, SgFault *fault)
{
	const char *attr = sg_field_names[SG_FIELD_TITLE];

	if (title == NULL)
		return sg_fault(fault, SG_FAULT_NULL, attr, "This field may not be null.");
	if (is_all_blank(VARDATA_ANY(title), VARSIZE_ANY_EXHDR(title)))
		return sg_fault(fault, SG_FAULT_BLANK, attr, "This field may not be blank.");
	return check_length(VARDATA_ANY(title), VARSIZE_ANY_EXHDR(title), SG_TITLE_MAX_CHARS, attr,
						fault);
}

static bool
check_session_ids(ArrayType *ids, SgFault *fault)
{
	const char *attr = sg_field_names[SG_FIELD_SESSION_IDS];
	Datum	   *items;
	bool	   *nulls;
	int			count;

	if (ids == NULL)
		return sg_fault(fault, SG_FAULT_NULL, attr, "This field may not be null.");
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
	if (json == NULL || JB_ROOT_IS_OBJECT(json))
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
check_summary(Jsonb *summary, SgFault *fault)
{
	JsonbContainer *patterns;

	if (sg_identity()->proof == SG_PROOF_NONE)
		return true;
	(void) sg_summary_open(summary, &patterns);
	if (!sg_patterns_too_many(patterns))
		return true;
	return sg_fault(fault, SG_FAULT_MAX_LENGTH, sg_field_names[SG_FIELD_SUMMARY],
					"Ensure this field has no more than %d patterns.", SG_PATTERNS_MAX);
}

/*
 * Complete the description of a field's fault; always false.
 */
bool
sg_field_fault(SgField field, SgFault *fault)
{
	fault->hint = field_hints[field];
	return false;
}

/*
 * Check the value of a field.
 */
bool
sg_validate_field(const SgFields *fields, SgField field, SgFault *fault)
{
	bool		good = true;

	switch (field)
	{
		case SG_FIELD_TITLE:
			good = check_title(fields->title, fault);
			break;
		case SG_FIELD_SESSION_IDS:
			good = check_session_ids(fields->session_ids, fault);
			break;
		case SG_FIELD_SUMMARY:
			good = check_summary(fields->json[field], fault);
			break;
		default:
			good = check_json_object(fields->json[field], sg_field_names[field], fault);
	}
	return good || sg_field_fault(field, fault);
}
