/*
 * form.c
 *		Reading the fields of a summary from a form.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "http/form.h"
#include "json/input.h"

/*
 * Make a text of a value. A form can contain NUL, a text cannot.
 */
static bool
form_text(const SgText *value, const char *attr, void **result, SgFault *fault)
{
	if (memchr(value->data, '\0', value->length) != NULL)
		return sg_fault(fault, SG_FAULT_INVALID, attr, "Null characters are not allowed.");
	*result = cstring_to_text_with_len(value->data, value->length);
	return true;
}

/*
 * Read a list of strings, a parameter that is repeated.
 */
static bool
read_form_list(const SgParams *form, SgFields *fields, SgField field, SgFault *fault)
{
	const char *attr = sg_fields[field].name;
	Datum	   *items = palloc(sizeof(Datum) * Max(form->count, 1));
	int			count = 0;

	for (int i = 0; i < form->count; i++)
	{
		void	   *item = NULL;

		if (!sg_text_is(&form->items[i].name, attr))
			continue;
		if (!form_text(&form->items[i].value, psprintf("%s__%d", attr, count), &item, fault))
			return false;
		items[count++] = PointerGetDatum(item);
	}
	fields->values[field] = construct_array(items, count, TEXTOID, -1, false, TYPALIGN_INT);
	return true;
}

static bool
read_form_field(const SgParams *form, SgFields *fields, SgField field, const SgText *value,
				SgFault *fault)
{
	const char *name = sg_fields[field].name;
	const char *error;
	Jsonb	   *json;
	JsonbValue	scalar;

	switch (sg_fields[field].kind)
	{
		case SG_KIND_TEXT:
			return form_text(value, name, &fields->values[field], fault);
		case SG_KIND_SESSIONS:
			return read_form_list(form, fields, field, fault);
		default:
			json = sg_json_parse(value->data, value->length, &error);
			if (json == NULL)
				return sg_fault(fault, SG_FAULT_INVALID, name, "Value must be valid JSON.");
			if (!JsonbExtractScalar(&json->root, &scalar) || scalar.type != jbvNull)
				fields->values[field] = json;
			return true;
	}
}

/*
 * Read the fields from a form. Unknown names are ignored.
 */
bool
sg_input_from_form(const SgParams *form, SgInputMode mode, SgFields *fields, SgFault *fault)
{
	memset(fields, 0, sizeof(SgFields));
	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		SgField		field = (SgField) i;
		const SgText *value = sg_params_last(form, sg_fields[i].name);

		if (value != NULL ?
			!sg_input_accept(fields, field, read_form_field(form, fields, field, value, fault), fault) :
			!sg_input_default(fields, field, mode, fault))
			return false;
	}
	return true;
}

/*
 * Tell whether a body that was sent as JSON is really a form with a known field,
 * such as the documented "curl -d title=string" sends. JSON never begins with a
 * letter and has a "=".
 */
bool
sg_input_is_form(const char *body, size_t length)
{
	SgParams	form;

	if (length == 0 || !isalpha((unsigned char) body[0]) || !sg_params_well_formed(body, length))
		return false;
	form = sg_params_parse(body, length);
	for (int i = 0; i < form.count; i++)
	{
		if (sg_field_position(form.items[i].name.data, form.items[i].name.length) >= 0)
			return true;
	}
	return false;
}
