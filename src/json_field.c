/*
 * json_field.c
 *		Fields of JSON of no certain form: of the type that one wants, or none.
 *
 * What language models wrote may have any form. Each function here takes a null
 * pointer for the container too, so that what reads a path needs no checks
 * between its steps. Nothing is copied: what comes back points into the JSON.
 */
#include "session_group.h"

#include "json_field.h"

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

Numeric
sg_field_number(JsonbContainer *object, const char *name)
{
	JsonbValue	value;

	return find_field(object, name, &value) && value.type == jbvNumeric ? value.val.numeric : NULL;
}

/*
 * Tell whether a field is true: not false, absent or of another type.
 */
bool
sg_field_true(JsonbContainer *object, const char *name)
{
	JsonbValue	value;

	return find_field(object, name, &value) && value.type == jbvBool && value.val.boolean;
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
