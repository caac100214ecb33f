/*
 * people.c
 *		Creators of summaries, as the HTTP contract shows them.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/statement.h"
#include "json/output.h"
#include "summary/people.h"

/* The columns of a person "u", behind its id, uuid and distinct_id. */
#define PERSON_COLUMNS \
	"u.first_name, u.last_name, u.email, u.is_email_verified, u.hedgehog_config," \
	" u.role_at_organization"

enum PersonColumn
{
	PERSON_ID = 1,
	PERSON_UUID,
	PERSON_DISTINCT_ID,
	PERSON_FIRST_NAME,
	PERSON_LAST_NAME,
	PERSON_EMAIL,
	PERSON_IS_EMAIL_VERIFIED,
	PERSON_HEDGEHOG_CONFIG,
	PERSON_ROLE
};

/*
 * Append hedgehog_config: null unless it is a non-empty object.
 */
static void
append_hedgehog(StringInfo buf, Datum value, bool isnull)
{
	Jsonb	   *config = isnull ? NULL : DatumGetJsonbP(value);

	if (config == NULL || !JB_ROOT_IS_OBJECT(config) || JB_ROOT_COUNT(config) == 0)
		sg_json_literal(buf, "null");
	else
		sg_json_jsonb(buf, config);
}

/*
 * Append the fields of a person from a row of the last result, without braces.
 */
static void
append_person(StringInfo buf, uint64 row)
{
	bool		isnull;
	Datum		value;

	sg_json_literal(buf, "\"id\":");
	sg_json_int(buf, DatumGetInt64(sg_result(row, PERSON_ID, &isnull)));
	sg_json_literal(buf, ",\"uuid\":");
	sg_json_uuid(buf, DatumGetUUIDP(sg_result(row, PERSON_UUID, &isnull)));
	sg_json_literal(buf, ",\"distinct_id\":");
	value = sg_result(row, PERSON_DISTINCT_ID, &isnull);
	sg_json_text_or_null(buf, value, isnull);
	sg_json_literal(buf, ",\"first_name\":");
	sg_json_text(buf, sg_result(row, PERSON_FIRST_NAME, &isnull));
	sg_json_literal(buf, ",\"last_name\":");
	sg_json_text(buf, sg_result(row, PERSON_LAST_NAME, &isnull));
	sg_json_literal(buf, ",\"email\":");
	sg_json_text(buf, sg_result(row, PERSON_EMAIL, &isnull));
	sg_json_literal(buf, ",\"is_email_verified\":");
	value = sg_result(row, PERSON_IS_EMAIL_VERIFIED, &isnull);
	if (isnull)
		sg_json_literal(buf, "null");
	else
		sg_json_bool(buf, DatumGetBool(value));
	sg_json_literal(buf, ",\"hedgehog_config\":");
	value = sg_result(row, PERSON_HEDGEHOG_CONFIG, &isnull);
	append_hedgehog(buf, value, isnull);
	sg_json_literal(buf, ",\"role_at_organization\":");
	value = sg_result(row, PERSON_ROLE, &isnull);
	sg_json_text_or_null(buf, value, isnull);
}

/*
 * Read the people with these ids, as far as the caller may see them, and write
 * their JSON. SPI must be connected.
 */
static void
load_people(SgPeople *people, const int64 *ids, int count)
{
	static SgStatement load = {
		"SELECT u.id, u.uuid, u.distinct_id, " PERSON_COLUMNS
		" FROM session_group.users AS u WHERE u.id OPERATOR(pg_catalog.=) ANY ($1)",
		{INT8ARRAYOID}
	};
	Datum	   *items;
	Datum		values[1];

	people->count = 0;
	if (count == 0)
		return;
	items = palloc(sizeof(Datum) * count);
	for (int i = 0; i < count; i++)
		items[i] = Int64GetDatum(ids[i]);
	values[0] = PointerGetDatum(construct_array(items, count, INT8OID, sizeof(int64),
												FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	people->count = (int) sg_execute(&load, values, NULL, SG_SNAPSHOT_OF_CALLER);
	people->ids = palloc(sizeof(int64) * Max(people->count, 1));
	people->json = palloc(sizeof(StringInfoData) * Max(people->count, 1));
	for (int i = 0; i < people->count; i++)
	{
		people->ids[i] = DatumGetInt64(sg_required(i, PERSON_ID));
		initStringInfo(&people->json[i]);
		appendStringInfoChar(&people->json[i], '{');
		append_person(&people->json[i], i);
		appendStringInfoChar(&people->json[i], '}');
	}
}

/*
 * Load the people in a column of a result that is kept.
 */
void
sg_people_load(SgPeople *people, SPITupleTable *rows, uint64 count, int column)
{
	int64	   *ids = palloc(sizeof(int64) * Max(count, 1));
	int			distinct = 0;

	for (uint64 i = 0; i < count; i++)
	{
		bool		isnull;
		int64		id = DatumGetInt64(sg_value(rows, i, column, &isnull));
		int			seen = 0;

		while (seen < distinct && ids[seen] != id)
			seen++;
		if (!isnull && seen == distinct)
			ids[distinct++] = id;
	}
	load_people(people, ids, distinct);
}

/*
 * Append a person by id; null if there is no id, or the person was not found.
 */
void
sg_people_append(StringInfo buf, const SgPeople *people, Datum id, bool isnull)
{
	for (int i = 0; i < people->count && !isnull; i++)
	{
		if (people->ids[i] == DatumGetInt64(id))
		{
			appendBinaryStringInfo(buf, people->json[i].data, people->json[i].len);
			return;
		}
	}
	sg_json_literal(buf, "null");
}

/*
 * Append the fields of the user who asks, without braces. The policies hide a
 * user who is in no project, so this runs as the owner: everybody may see
 * themselves. Clients need a distinct_id; the uuid stands in for one.
 */
void
sg_people_append_self(StringInfo buf, int64 user_id)
{
	static SgStatement load = {
		"SELECT u.id, u.uuid, COALESCE(u.distinct_id, u.uuid::pg_catalog.text), " PERSON_COLUMNS
		" FROM session_group.users AS u WHERE u.id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(user_id)};

	if (sg_execute_as_owner(&load, values, NULL, SG_SNAPSHOT_OF_CALLER) == 1)
		append_person(buf, 0);
}
