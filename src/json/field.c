/*
 * field.c
 *		Reading documents that may have any form: each function returns a field of the
 *		type that it is asked for, or nothing.
 *
 * Language models wrote these documents, and nothing guarantees their form.
 * Every function accepts a null pointer as the container, so that callers can
 * follow a path without a check after each step. Results point into the
 * document, except for ratios that were rounded.
 */
#include "base/session_group.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "json/field.h"

/* Ratios are rounded to this many digits, more than a float has. */
#define RATIO_MAX_SCALE 20

static bool
find_field(JsonbContainer *object, const char *name, JsonbValue *value)
{
	return object != NULL && JsonContainerIsObject(object) &&
		getKeyJsonValueFromContainer(object, name, strlen(name), value) != NULL;
}

static bool
find_item(JsonbContainer *array, int index, JsonbValue *value)
{
	JsonbValue *found;

	if (index >= sg_item_count(array))
		return false;
	found = getIthJsonbValueFromContainer(array, index);
	*value = *found;
	pfree(found);
	return true;
}

static SgText
string_of(bool found, const JsonbValue *value)
{
	SgText		text = {NULL, 0};

	if (found && value->type == jbvString)
	{
		text.data = value->val.string.val;
		text.length = value->val.string.len;
	}
	return text;
}

static JsonbContainer *
container_of(bool found, const JsonbValue *value, bool array)
{
	return found && value->type == jbvBinary &&
		JsonContainerIsArray(value->val.binary.data) == array ? value->val.binary.data : NULL;
}

SgText
sg_field_string(JsonbContainer *object, const char *name)
{
	JsonbValue	value;

	return string_of(find_field(object, name, &value), &value);
}

static bool
is_between(Numeric number, int64 low, int64 high)
{
	Numeric		bounds[] = {int64_to_numeric(low), int64_to_numeric(high)};
	bool		result = DatumGetBool(DirectFunctionCall2(numeric_ge, NumericGetDatum(number),
														  NumericGetDatum(bounds[0]))) &&
		DatumGetBool(DirectFunctionCall2(numeric_le, NumericGetDatum(number),
										 NumericGetDatum(bounds[1])));

	pfree(bounds[0]);
	pfree(bounds[1]);
	return result;
}

static bool
is_whole(Numeric number)
{
	Datum		whole = DirectFunctionCall2(numeric_trunc, NumericGetDatum(number), Int32GetDatum(0));
	bool		result = DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(number), whole));

	pfree(DatumGetPointer(whole));
	return result;
}

static Numeric
number_field(JsonbContainer *object, const char *name)
{
	JsonbValue	value;

	return find_field(object, name, &value) && value.type == jbvNumeric ? value.val.numeric : NULL;
}

/*
 * Return a field that is a whole number from 0 to the largest bigint, or null.
 */
Numeric
sg_field_count(JsonbContainer *object, const char *name)
{
	Numeric		number = number_field(object, name);

	return number != NULL && is_between(number, 0, PG_INT64_MAX) && is_whole(number) ?
		number : NULL;
}

/*
 * Return a field that is a number from 0 to 1, rounded to RATIO_MAX_SCALE
 * digits, or null.
 */
Numeric
sg_field_ratio(JsonbContainer *object, const char *name)
{
	Numeric		number = number_field(object, name);

	if (number == NULL || !is_between(number, 0, 1))
		return NULL;
	if (DatumGetInt32(DirectFunctionCall1(numeric_scale, NumericGetDatum(number))) <= RATIO_MAX_SCALE)
		return number;
	return DatumGetNumeric(DirectFunctionCall2(numeric_round, NumericGetDatum(number),
											   Int32GetDatum(RATIO_MAX_SCALE)));
}

/*
 * Return a number from sg_field_count() as an integer.
 */
int64
sg_whole_number(Numeric count)
{
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(count)));
}

/*
 * Read a boolean field; false if the field is not a boolean.
 */
bool
sg_field_bool(JsonbContainer *object, const char *name, bool *boolean)
{
	JsonbValue	value;

	if (!find_field(object, name, &value) || value.type != jbvBool)
		return false;
	*boolean = value.val.boolean;
	return true;
}

JsonbContainer *
sg_field_object(JsonbContainer *object, const char *name)
{
	JsonbValue	value;

	return container_of(find_field(object, name, &value), &value, false);
}

JsonbContainer *
sg_field_array(JsonbContainer *object, const char *name)
{
	JsonbValue	value;

	return container_of(find_field(object, name, &value), &value, true);
}

JsonbContainer *
sg_item_object(JsonbContainer *array, int index)
{
	JsonbValue	value;

	return container_of(find_item(array, index, &value), &value, false);
}

SgText
sg_item_string(JsonbContainer *array, int index)
{
	JsonbValue	value;

	return string_of(find_item(array, index, &value), &value);
}

int
sg_item_count(JsonbContainer *array)
{
	return array != NULL ? JsonContainerSize(array) : 0;
}
