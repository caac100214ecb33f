/*
 * find_keys.c
 *		Keys by which a GIN index finds parts of titles, words of titles, and sessions.
 *
 * A key is a hash of the project and of three characters of a title, of a word of
 * a title, or of a session id. Since the project is part of it, a search reads
 * only the index entries of its own project, however many summaries other projects
 * have, and tells nothing about them. Keys can collide; a part of a title and a
 * session are compared with the rows that their keys find, a word is not: with 64
 * bits that happens to nobody but who looks for it, and to them in their own project.
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
 * The key of a word of a title. The null character in front, which no title has,
 * tells it from the key of three characters.
 */
int64
sg_word_key(int64 project_id, const char *word, int length)
{
	char	   *marked = palloc(length + 1);
	int64		key;

	marked[0] = '\0';
	memcpy(marked + 1, word, length);
	key = key_of(project_id, marked, length + 1);
	pfree(marked);
	return key;
}

void
sg_keys_add(SgKeys *keys, int64 key)
{
	if (keys->count == keys->room)
	{
		keys->room = Max(2 * keys->room, 64);
		keys->items = keys->items == NULL ? palloc(keys->room * sizeof(int64)) :
			repalloc(keys->items, keys->room * sizeof(int64));
	}
	keys->items[keys->count++] = key;
}

/*
 * Add the keys of each three characters in a row of which the last two are no blanks. (A third
 * of an ordinary title's would have one there, and a search that has no other is rare.)
 */
void
sg_keys_add_trigrams(SgKeys *keys, int64 project_id, const char *text, size_t length)
{
	char	   *folded = str_tolower(text, length, DEFAULT_COLLATION_OID);
	const char *end = folded + strlen(folded);
	const char *starts[3] = {NULL, NULL, NULL};

	for (const char *c = folded; c < end;)
	{
		int			width = pg_mblen(c);

		starts[0] = starts[1];
		starts[1] = starts[2];
		starts[2] = c;
		c += width;
		if (starts[0] != NULL && *starts[1] != ' ' && *starts[2] != ' ')
			sg_keys_add(keys, key_of(project_id, starts[0], c - starts[0]));
	}
}

/*
 * Make a bigint[] of the keys, sorted and without duplicates.
 */
ArrayType *
sg_keys_array(SgKeys *keys)
{
	Datum	   *items = palloc(sizeof(Datum) * Max(keys->count, 1));

	if (keys->count > 0)
	{
		qsort(keys->items, keys->count, sizeof(int64), compare_keys);
		keys->count = (int) qunique(keys->items, keys->count, sizeof(int64), compare_keys);
	}
	for (int i = 0; i < keys->count; i++)
		items[i] = Int64GetDatum(keys->items[i]);
	return construct_array(items, keys->count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
						   TYPALIGN_DOUBLE);
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
	SgKeys		keys = {0};

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls,
					  &item_count);
	for (int i = 0; i < item_count; i++)
	{
		if (!nulls[i])
		{
			text	   *id = DatumGetTextPP(items[i]);

			sg_keys_add(&keys, key_of(project_id, VARDATA_ANY(id), VARSIZE_ANY_EXHDR(id)));
		}
	}
	PG_RETURN_ARRAYTYPE_P(sg_keys_array(&keys));
}

/*
 * Return the keys of a part of a title; null if it has none: one that is shorter than three
 * characters, or "a b".
 */
ArrayType *
sg_find_title_keys(int64 project_id, const SgText *part)
{
	SgKeys		keys = {0};

	sg_keys_add_trigrams(&keys, project_id, part->data, part->length);
	return keys.count > 0 ? sg_keys_array(&keys) : NULL;
}

ArrayType *
sg_find_session_keys(int64 project_id, const SgText *session_id)
{
	SgKeys		keys = {0};

	sg_keys_add(&keys, key_of(project_id, session_id->data, session_id->length));
	return sg_keys_array(&keys);
}
