/*
 * json.c
 *		JSON bodies: src/json/input.c and src/summary/input.c, and that
 *		src/json/output.c writes what they read.
 */
#include "base/session_group.h"

#include "fuzz.h"
#include "json/input.h"
#include "json/output.h"
#include "summary/input.h"

static void
read_object(Jsonb *object, SgInputMode mode)
{
	SgFields	fields;
	SgFault		fault = {SG_FAULT_NONE};

	if (!sg_input_from_json(object, mode, &fields, &fault))
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

/*
 * What is written is read as the same value.
 */
static void
check_written(Jsonb *json)
{
	StringInfoData buf;
	const char *error;
	Jsonb	   *again;

	initStringInfo(&buf);
	sg_json_jsonb(&buf, json);
	again = sg_json_parse(buf.data, buf.len, &error);
	FUZZ_CHECK(again != NULL);
	FUZZ_CHECK(compareJsonbContainers(&json->root, &again->root) == 0);
}

void
fuzz_json(const char *data, size_t size)
{
	const char *error = NULL;
	Jsonb	   *json = sg_json_parse(data, size, &error);

	if (json == NULL)
	{
		FUZZ_CHECK(error != NULL && fuzz_is_utf8(error, strlen(error)));
		return;
	}
	FUZZ_CHECK(sg_json_python_type_of(json) != NULL);
	check_written(json);
	if (!JB_ROOT_IS_OBJECT(json))
		return;
	(void) sg_input_unknown_field(json);
	read_object(json, SG_INPUT_CREATE);
	read_object(json, SG_INPUT_REPLACE);
	read_object(json, SG_INPUT_CHANGE);
}
