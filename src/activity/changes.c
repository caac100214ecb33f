/*
 * changes.c
 *		What a write has changed in a summary: a list with one object a field.
 *
 *		texts					before, after
 *		session_ids				before_count, after_count, and, where they are few,
 *								added, removed
 *		summary					before_bytes, after_bytes
 *		JSON objects			before, after, or, where they are large,
 *								before_bytes, after_bytes
 *		created_at, created_by	before, after (updates only; the creator as a user's id)
 *
 * Before it was created and after it was deleted, a summary has nothing but
 * nulls. So a record is bounded, whatever the summary holds: by some 40 kB.
 */
#include "base/session_group.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "activity/changes.h"
#include "json/output.h"
#include "summary/fields.h"

/* If more sessions than this were added and removed, they are only counted. */
#define LISTED_SESSIONS_MAX 20

/* Larger JSON objects, as they are stored, are not repeated in records. */
#define REPEATED_JSON_MAX 2048

typedef struct Value
{
	Datum		datum;
	bool		isnull;
} Value;

typedef void (*Describe) (JsonbParseState **state, const Value *before, const Value *after);

/*
 * Return the uncompressed size of a value without fetching it; 0 for null.
 */
static int64
size_of(const Value *value)
{
	return value->isnull ? 0 : toast_raw_datum_size(value->datum) - VARHDRSZ;
}

/*
 * Return a value of a row; an empty list of sessions counts as null.
 */
static Value
value_of(TupleDesc tupdesc, HeapTuple tuple, int column)
{
	Value		value = {0, true};

	if (tuple != NULL)
		value.datum = heap_getattr(tuple, column, tupdesc, &value.isnull);
	if (column == SG_ROW_SESSION_IDS)
		value.isnull = size_of(&value) <= (int64) (ARR_OVERHEAD_NONULLS(0) - VARHDRSZ);
	return value;
}

/*
 * Tell whether two values differ. They are fetched from TOAST only if both are
 * out of line and have the same length.
 */
static bool
differ(const Value *a, const Value *b, Form_pg_attribute attribute)
{
	struct varlena *x;
	struct varlena *y;
	bool		result;

	if (a->isnull || b->isnull)
		return a->isnull != b->isnull;
	if (datumIsEqual(a->datum, b->datum, attribute->attbyval, attribute->attlen))
		return false;
	if (attribute->attlen != -1)
		return true;
	if (toast_raw_datum_size(a->datum) != toast_raw_datum_size(b->datum))
		return true;
	x = PG_DETOAST_DATUM_PACKED(a->datum);
	y = PG_DETOAST_DATUM_PACKED(b->datum);
	result = memcmp(VARDATA_ANY(x), VARDATA_ANY(y), VARSIZE_ANY_EXHDR(x)) != 0;
	if ((Pointer) x != DatumGetPointer(a->datum))
		pfree(x);
	if ((Pointer) y != DatumGetPointer(b->datum))
		pfree(y);
	return result;
}

static JsonbValue
string_value(const char *string, int length)
{
	JsonbValue	value = {
		.type = jbvString, .val.string = {.len = length, .val = unconstify(char *, string)}
	};

	return value;
}

static JsonbValue
text_value(Datum datum)
{
	text	   *string = DatumGetTextPP(datum);

	return string_value(VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
}

static void
push_key(JsonbParseState **state, const char *name)
{
	JsonbValue	key = string_value(name, strlen(name));

	pushJsonbValue(state, WJB_KEY, &key);
}

static void
push_string(JsonbParseState **state, const char *name, const char *string, int length)
{
	JsonbValue	value = string_value(string, length);

	push_key(state, name);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_null(JsonbParseState **state, const char *name)
{
	JsonbValue	null = {.type = jbvNull};

	push_key(state, name);
	pushJsonbValue(state, WJB_VALUE, &null);
}

static void
push_text(JsonbParseState **state, const char *name, Datum datum)
{
	JsonbValue	value = text_value(datum);

	push_key(state, name);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_number(JsonbParseState **state, const char *name, int64 number)
{
	JsonbValue	value = {.type = jbvNumeric, .val.numeric = int64_to_numeric(number)};

	push_key(state, name);
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_jsonb(JsonbParseState **state, const char *name, Datum datum)
{
	Jsonb	   *json = DatumGetJsonbP(datum);
	JsonbValue	value = {
		.type = jbvBinary, .val.binary = {.data = &json->root, .len = VARSIZE(json) - VARHDRSZ}
	};

	push_key(state, name);
	pushJsonbValue(state, WJB_VALUE, &value);
}

typedef void (*Push) (JsonbParseState **state, const char *name, Datum datum);

static void
push_pair(JsonbParseState **state, Push push, const Value *before, const Value *after)
{
	if (before->isnull)
		push_null(state, "before");
	else
		push(state, "before", before->datum);
	if (after->isnull)
		push_null(state, "after");
	else
		push(state, "after", after->datum);
}

static void
describe_text(JsonbParseState **state, const Value *before, const Value *after)
{
	push_pair(state, push_text, before, after);
}

static void
push_id(JsonbParseState **state, const char *name, Datum datum)
{
	push_number(state, name, DatumGetInt64(datum));
}

static void
describe_id(JsonbParseState **state, const Value *before, const Value *after)
{
	push_pair(state, push_id, before, after);
}

static void
push_time(JsonbParseState **state, const char *name, Datum datum)
{
	StringInfoData quoted;

	initStringInfo(&quoted);
	sg_json_timestamp(&quoted, DatumGetTimestampTz(datum));
	push_string(state, name, quoted.data + 1, quoted.len - 2);
}

static void
describe_time(JsonbParseState **state, const Value *before, const Value *after)
{
	push_pair(state, push_time, before, after);
}

static void
push_size(JsonbParseState **state, const char *name, const Value *value)
{
	if (value->isnull)
		push_null(state, name);
	else
		push_number(state, name, size_of(value));
}

static void
describe_size(JsonbParseState **state, const Value *before, const Value *after)
{
	push_size(state, "before_bytes", before);
	push_size(state, "after_bytes", after);
}

static void
describe_object(JsonbParseState **state, const Value *before, const Value *after)
{
	if (Max(size_of(before), size_of(after)) > REPEATED_JSON_MAX)
		describe_size(state, before, after);
	else
		push_pair(state, push_jsonb, before, after);
}

/* Session ids, sorted. compare_sessions() moves those that the other list lacks to the front. */
typedef struct Sessions
{
	Datum	   *ids;
	int			count;
	int			alone;
} Sessions;

static int
compare_ids(const void *a, const void *b)
{
	text	   *x = DatumGetTextPP(*(const Datum *) a);
	text	   *y = DatumGetTextPP(*(const Datum *) b);
	int			lengths = (int) VARSIZE_ANY_EXHDR(x) - (int) VARSIZE_ANY_EXHDR(y);
	int			order = memcmp(VARDATA_ANY(x), VARDATA_ANY(y),
							   Min(VARSIZE_ANY_EXHDR(x), VARSIZE_ANY_EXHDR(y)));

	return order != 0 ? order : lengths;
}

static Sessions
sorted_sessions(const Value *value)
{
	Sessions	sessions = {0};
	bool	   *nulls;

	if (value->isnull)
		return sessions;
	deconstruct_array(DatumGetArrayTypeP(value->datum), TEXTOID, -1, false, TYPALIGN_INT,
					  &sessions.ids, &nulls, &sessions.count);
	qsort(sessions.ids, sessions.count, sizeof(Datum), compare_ids);
	return sessions;
}

/*
 * Find the ids that only one of two lists has.
 */
static void
compare_sessions(Sessions *a, Sessions *b)
{
	int			i = 0;
	int			j = 0;

	while (i < a->count || j < b->count)
	{
		int			order = i == a->count ? 1 : j == b->count ? -1 :
			compare_ids(&a->ids[i], &b->ids[j]);

		if (order < 0)
			a->ids[a->alone++] = a->ids[i];
		else if (order > 0)
			b->ids[b->alone++] = b->ids[j];
		i += order <= 0;
		j += order >= 0;
	}
}

static void
push_sessions(JsonbParseState **state, const char *name, const Sessions *sessions)
{
	push_key(state, name);
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < sessions->alone; i++)
	{
		JsonbValue	id = text_value(sessions->ids[i]);

		pushJsonbValue(state, WJB_ELEM, &id);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
describe_sessions(JsonbParseState **state, const Value *before, const Value *after)
{
	Sessions	removed = sorted_sessions(before);
	Sessions	added = sorted_sessions(after);

	push_number(state, "before_count", removed.count);
	push_number(state, "after_count", added.count);
	compare_sessions(&removed, &added);
	if (removed.alone + added.alone > LISTED_SESSIONS_MAX)
		return;
	push_sessions(state, "added", &added);
	push_sessions(state, "removed", &removed);
}

static const Describe descriptions[] = {
	[SG_KIND_TEXT] = describe_text,
	[SG_KIND_SESSIONS] = describe_sessions,
	[SG_KIND_PATTERNS] = describe_size,
	[SG_KIND_OBJECT] = describe_object,
};

/* Two states of a row, and what was found to differ. */
typedef struct Comparison
{
	TupleDesc	tupdesc;
	HeapTuple	before;
	HeapTuple	after;
	JsonbParseState *changes;
} Comparison;

static void
compare_column(Comparison *comparison, const char *name, int column, Describe describe)
{
	Value		before = value_of(comparison->tupdesc, comparison->before, column);
	Value		after = value_of(comparison->tupdesc, comparison->after, column);

	if (!differ(&before, &after, TupleDescAttr(comparison->tupdesc, column - 1)))
		return;
	pushJsonbValue(&comparison->changes, WJB_BEGIN_OBJECT, NULL);
	push_string(&comparison->changes, "field", name, strlen(name));
	describe(&comparison->changes, &before, &after);
	pushJsonbValue(&comparison->changes, WJB_END_OBJECT, NULL);
}

/*
 * Describe the differences between two states of a row. Null stands for no row:
 * before it was created, or after it was deleted.
 */
Jsonb *
sg_activity_changes(TupleDesc tupdesc, HeapTuple before, HeapTuple after)
{
	Comparison	comparison = {tupdesc, before, after, NULL};
	int			count = sg_fields_in(tupdesc->natts);

	pushJsonbValue(&comparison.changes, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < count; i++)
		compare_column(&comparison, sg_fields[i].name, sg_fields[i].column,
					   descriptions[sg_fields[i].kind]);
	if (before != NULL && after != NULL)
	{
		compare_column(&comparison, "created_at", SG_ROW_CREATED_AT, describe_time);
		compare_column(&comparison, "created_by", SG_ROW_CREATED_BY_ID, describe_id);
	}
	return JsonbValueToJsonb(pushJsonbValue(&comparison.changes, WJB_END_ARRAY, NULL));
}
