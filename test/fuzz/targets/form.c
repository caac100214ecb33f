/*
 * form.c
 *		Form bodies: src/http/query_string.c and src/summary/input.c.
 */
#include "base/session_group.h"

#include "fuzz.h"
#include "http/form.h"

static void
read_form(const SgParams *form, SgInputMode mode)
{
	SgFields	fields;
	SgFault		fault = {SG_FAULT_NONE};

	if (!sg_input_from_form(form, mode, &fields, &fault))
	{
		fuzz_check_fault(&fault);
		return;
	}
	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		FUZZ_CHECK(mode == SG_INPUT_CHANGE || fields.given[i]);
		FUZZ_CHECK(!fields.given[i] || sg_validate_field(&fields, (SgField) i, &fault));
	}
}

void
fuzz_form(const char *data, size_t size)
{
	SgParams	form = sg_params_parse(data, size);

	if (sg_input_is_form(data, size))
		FUZZ_CHECK(sg_params_well_formed(data, size) && form.count > 0);
	if (sg_params_well_formed(data, size))
		FUZZ_CHECK(sg_params_are_utf8(data, size));
	read_form(&form, SG_INPUT_CREATE);
	read_form(&form, SG_INPUT_REPLACE);
	read_form(&form, SG_INPUT_CHANGE);
}
