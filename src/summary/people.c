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
#include "summary/people_cache.h"
#include "summary/policies.h"

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

static const SgPerson *
find_person(const SgPeople *people, int64 id)
{
	for (int i = 0; i < people->count; i++)
	{
		if (people->items[i].id == id)
			return &people->items[i];
	}
	return NULL;
}

/*
 * Add the people of the last result, each with its JSON.
 */
static void
add_people(SgPeople *people, uint64 rows)
{
	for (uint64 i = 0; i < rows; i++)
	{
		SgPerson   *person = &people->items[people->count++];

		person->id = DatumGetInt64(sg_required(i, PERSON_ID));
		initStringInfo(&person->json);
		appendStringInfoChar(&person->json, '{');
		append_person(&person->json, i);
		appendStringInfoChar(&person->json, '}');
	}
}

static Datum
array_of(const int64 *ids, int count)
{
	Datum	   *items = palloc(sizeof(Datum) * count);

	for (int i = 0; i < count; i++)
		items[i] = Int64GetDatum(ids[i]);
	return PointerGetDatum(construct_array(items, count, INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/*
 * Take out of the list of wanted people those who are here.
 */
static void
forget_found(const SgPeople *people, int64 *ids, int *count)
{
	int			left = 0;

	for (int i = 0; i < *count; i++)
	{
		if (find_person(people, ids[i]) == NULL)
			ids[left++] = ids[i];
	}
	*count = left;
}

/*
 * Take people of a project from the cache.
 */
static void
take_kept(SgPeople *people, int64 project_id, int64 *ids, int *count)
{
	for (int i = 0; i < *count; i++)
	{
		SgPerson   *person = &people->items[people->count];
		int			length;
		char	   *json = sg_people_cache_find(project_id, ids[i], &length);

		if (json == NULL)
			continue;
		person->id = ids[i];
		person->json.data = json;
		person->json.len = length;
		people->count++;
	}
	forget_found(people, ids, count);
}

/*
 * Read people who are known in the project, and keep them. In the latest snapshot:
 * what is kept must not be older than the read began.
 */
static void
load_known(SgPeople *people, int64 project_id, int64 *ids, int *count)
{
	static SgStatement load = {
		"SELECT u.id, u.uuid, u.distinct_id, " PERSON_COLUMNS
		" FROM session_group.members AS m JOIN session_group.users AS u"
		" ON u.id OPERATOR(pg_catalog.=) m.user_id"
		" WHERE m.project_id OPERATOR(pg_catalog.=) $1"
		" AND m.user_id OPERATOR(pg_catalog.=) ANY ($2)",
		{INT8OID, INT8ARRAYOID}
	};
	int			first = people->count;
	uint64		began;
	Datum		values[2] = {Int64GetDatum(project_id)};

	if (*count == 0)
		return;
	began = sg_people_cache_begin();
	if (!sg_policies_show_people())
		return;
	values[1] = array_of(ids, *count);
	add_people(people, sg_execute(&load, values, NULL, SG_SNAPSHOT_LATEST));
	for (int i = first; i < people->count; i++)
	{
		SgPerson   *person = &people->items[i];

		sg_people_cache_keep(project_id, person->id, person->json.data, person->json.len, began);
	}
	forget_found(people, ids, count);
}

/*
 * Read the people with these ids, as far as the caller may see them.
 */
static void
load_others(SgPeople *people, const int64 *ids, int count)
{
	static SgStatement load = {
		"SELECT u.id, u.uuid, u.distinct_id, " PERSON_COLUMNS
		" FROM session_group.users AS u WHERE u.id OPERATOR(pg_catalog.=) ANY ($1)",
		{INT8ARRAYOID}
	};
	Datum		values[1];

	if (count == 0)
		return;
	values[0] = array_of(ids, count);
	add_people(people, sg_execute(&load, values, NULL, SG_SNAPSHOT_OF_CALLER));
}

/*
 * Load the people in a column of a project's rows, which are kept. SPI must be
 * connected.
 */
void
sg_people_load(SgPeople *people, int64 project_id, SPITupleTable *rows, uint64 count, int column)
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
	people->count = 0;
	people->items = palloc(sizeof(SgPerson) * Max(distinct, 1));
	if (sg_people_cache_serves(project_id))
	{
		take_kept(people, project_id, ids, &distinct);
		load_known(people, project_id, ids, &distinct);
	}
	load_others(people, ids, distinct);
}

/*
 * Append a person by id; null if there is no id, or the person was not found.
 */
void
sg_people_append(StringInfo buf, const SgPeople *people, Datum id, bool isnull)
{
	const SgPerson *person = isnull ? NULL : find_person(people, DatumGetInt64(id));

	if (person == NULL)
		sg_json_literal(buf, "null");
	else
		appendBinaryStringInfo(buf, person->json.data, person->json.len);
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
