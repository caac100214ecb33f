/*
 * find_keys.c
 *		Keys by which a GIN index finds parts of titles, and sessions.
 *
 * A key is a hash of the project and of three characters of a title, or of a
 * session id. Since the project is part of it, a search reads only the index
 * entries of its own project, however many summaries other projects have, and
 * tells nothing about them. Keys can collide, so the query also compares the
 * rows that they find.
 *
 * Titles are folded like ILIKE folds them, by lower() in the collation of the
 * database: a title that ILIKE finds has all the keys of the search.
 */
#include "base/session_group.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "lib/qunique.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

#include "list/find_keys.h"

PG_FUNCTION_INFO_V1(session_group_title_keys);
PG_FUNCTION_INFO_V1(session_group_session_keys);

static int64
key_of(int64 project_id, const char *bytes, size_t length)
{
	return (int64) hash_bytes_extended((const unsigned char *) bytes, (int) length,
									   (uint64) project_id);
}

static int
compare_keys(const void *left, const void *right)
{
	int64		a = *(const int64 *) left;
	int64		b = *(const int64 *) right;

	return a < b ? -1 : a > b ? 1 : 0;
}

/*
 * Make a bigint[] of keys, sorted and without duplicates.
 */
static ArrayType *
key_array(int64 *keys, int count)
{
	Datum	   *items = palloc(sizeof(Datum) * Max(count, 1));

	qsort(keys, count, sizeof(int64), compare_keys);
	count = (int) qunique(keys, count, sizeof(int64), compare_keys);
	for (int i = 0; i < count; i++)
		items[i] = Int64GetDatum(keys[i]);
	return construct_array(items, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

/*
 * Return the keys of each three characters in a row.
 */
static ArrayType *
trigram_keys(int64 project_id, const char *text, size_t length)
{
	char	   *folded = str_tolower(text, length, DEFAULT_COLLATION_OID);
	size_t		folded_length = strlen(folded);
	const char *end = folded + folded_length;
	const char *starts[3] = {NULL, NULL, NULL};
	int64	   *keys = palloc(sizeof(int64) * Max(folded_length, 1));
	int			count = 0;

	for (const char *c = folded; c < end;)
	{
		int			width = pg_mblen(c);

		starts[0] = starts[1];
		starts[1] = starts[2];
		starts[2] = c;
		c += width;
		if (starts[0] != NULL)
			keys[count++] = key_of(project_id, starts[0], c - starts[0]);
	}
	return key_array(keys, count);
}

/*
 * session_group.title_keys(project_id bigint, title text) returns bigint[]
 */
Datum
session_group_title_keys(PG_FUNCTION_ARGS)
{
	text	   *title = PG_GETARG_TEXT_PP(1);

	PG_RETURN_ARRAYTYPE_P(trigram_keys(PG_GETARG_INT64(0), VARDATA_ANY(title),
									   VARSIZE_ANY_EXHDR(title)));
}

/*
 * session_group.session_keys(project_id bigint, session_ids text[]) returns bigint[]
 */
Datum
session_group_session_keys(PG_FUNCTION_ARGS)
{
	int64		project_id = PG_GETARG_INT64(0);
	Datum	   *items;
	bool	   *nulls;
	int			item_count;
	int64	   *keys;
	int			count = 0;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls,
					  &item_count);
	keys = palloc(sizeof(int64) * Max(item_count, 1));
	for (int i = 0; i < item_count; i++)
	{
		if (!nulls[i])
		{
			text	   *id = DatumGetTextPP(items[i]);

			keys[count++] = key_of(project_id, VARDATA_ANY(id), VARSIZE_ANY_EXHDR(id));
		}
	}
	PG_RETURN_ARRAYTYPE_P(key_array(keys, count));
}

/*
 * Return the keys of a part of a title; null if it is too short to have any.
 */
ArrayType *
sg_find_title_keys(int64 project_id, const SgText *part)
{
	ArrayType  *keys = trigram_keys(project_id, part->data, part->length);

	return ARR_NDIM(keys) > 0 ? keys : NULL;
}

ArrayType *
sg_find_session_keys(int64 project_id, const SgText *session_id)
{
	int64		key = key_of(project_id, session_id->data, session_id->length);

	return key_array(&key, 1);
}
