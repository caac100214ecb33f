/*
 * input.c
 *		Reading the fields of a summary from JSON.
 *
 * Types are checked here, since a column could not hold a value of another type.
 * The values themselves are checked by the validator.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "json/input.h"
#include "summary/input.h"

/*
 * Return the position of a field by its name, or -1.
 */
int
sg_field_position(const char *name, size_t length)
{
	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		if (strlen(sg_fields[i].name) == length && memcmp(sg_fields[i].name, name, length) == 0)
			return i;
	}
	return -1;
}

/*
 * Make an array of texts, some of which may be null.
 */
static ArrayType *
text_array(Datum *items, bool *nulls, int count)
{
	int			dims[1] = {count};
	int			lower_bounds[1] = {1};

	if (count == 0)
		return construct_empty_array(TEXTOID);
	return construct_md_array(items, nulls, 1, dims, lower_bounds, TEXTOID, -1, false,
							  TYPALIGN_INT);
}

/*
 * Read a list of strings. If an item is not a string, faults of
 * the items before it come first: these are left in the fields for the
 * validator.
 */
static bool
read_json_list(SgFields *fields, SgField field, const JsonbValue *list, SgFault *fault)
{
	const char *attr = sg_fields[field].name;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	item;
	Datum	   *items;
	bool	   *nulls;
	int			size;
	int			count = 0;
	bool		good = true;

	if (list->type != jbvBinary || !JsonContainerIsArray(list->val.binary.data))
		return sg_fault(fault, SG_FAULT_INVALID, attr,
						"Expected a list of items but got type \"%s\".", sg_json_python_type(list));

	size = Max(JsonContainerSize(list->val.binary.data), 1);
	items = palloc(sizeof(Datum) * size);
	nulls = palloc(sizeof(bool) * size);
	it = JsonbIteratorInit(list->val.binary.data);
	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		good = item.type == jbvString || item.type == jbvNull;
		if (!good)
			break;
		nulls[count] = item.type == jbvNull;
		items[count] = nulls[count] ? (Datum) 0 :
			PointerGetDatum(cstring_to_text_with_len(item.val.string.val, item.val.string.len));
		count++;
	}
	fields->values[field] = text_array(items, nulls, count);
	if (!good && sg_validate_field(fields, field, fault))
		sg_fault(fault, SG_FAULT_INVALID, psprintf("%s__%d", attr, count), "Not a valid string.");
	return good;
}

static bool
read_json_field(SgFields *fields, SgField field, JsonbValue *value, SgFault *fault)
{
	if (value->type == jbvNull)
		return true;
	switch (sg_fields[field].kind)
	{
		case SG_KIND_TEXT:
			if (value->type != jbvString)
				return sg_fault(fault, SG_FAULT_INVALID, sg_fields[field].name,
								"Not a valid string.");
			fields->values[field] = cstring_to_text_with_len(value->val.string.val,
															 value->val.string.len);
			return true;
		case SG_KIND_SESSIONS:
			return read_json_list(fields, field, value, fault);
		default:
			fields->values[field] = JsonbValueToJsonb(value);
			return true;
	}
}

/*
 * Set an absent field to what the mode has for it.
 */
bool
sg_input_default(SgFields *fields, SgField field, SgInputMode mode, SgFault *fault)
{
	const SgFieldRow *row = &sg_fields[field];

	if (mode == SG_INPUT_CHANGE)
		return true;
	if (mode == SG_INPUT_REPLACE && row->required)
		return sg_fault(fault, SG_FAULT_REQUIRED, row->name, "This field is required.");
	fields->given[field] = true;
	if (row->kind == SG_KIND_SESSIONS)
		fields->values[field] = construct_empty_array(TEXTOID);
	else if (row->default_text != NULL)
		fields->values[field] = cstring_to_text(row->default_text);
	return true;
}

/*
 * Accept a field that is present: "good_type" tells whether its type was right;
 * the value is validated.
 */
bool
sg_input_accept(SgFields *fields, SgField field, bool good_type, SgFault *fault)
{
	fields->given[field] = true;
	return good_type ? sg_validate_field(fields, field, fault) : sg_field_fault(field, fault);
}

/*
 * Read the fields from an object. Other members are ignored.
 */
bool
sg_input_from_json(Jsonb *object, SgInputMode mode, SgFields *fields, SgFault *fault)
{
	memset(fields, 0, sizeof(SgFields));
	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		SgField		field = (SgField) i;
		JsonbValue	value;

		if (sg_json_object_field(object, sg_fields[i].name, &value) ?
			!sg_input_accept(fields, field, read_json_field(fields, field, &value, fault), fault) :
			!sg_input_default(fields, field, mode, fault))
			return false;
	}
	return true;
}

/*
 * Return the first member of an object that is not a field, or null.
 */
const char *
sg_input_unknown_field(Jsonb *object)
{
	JsonbIterator *it = JsonbIteratorInit(&object->root);
	JsonbIteratorToken token;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY && sg_field_position(value.val.string.val, value.val.string.len) < 0)
			return pnstrdup(value.val.string.val, value.val.string.len);
	}
	return NULL;
}
