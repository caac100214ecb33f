/*
 * find_words.c
 *		Words by which GIN indexes find summaries.
 *
 * The words of a summary are those of its title and of its document. Each of the
 * two has an index of its own, so that a new title leaves the document's words as
 * they are: the document's is on session_group.summaries, the title's on
 * session_group.title_rows (title_rows.c). word_clauses.c asks both.
 *
 * A lexeme is stored with its project in front ("42:checkout"), so a search
 * reads only the index entries of its own project. Each summary also has the
 * lexeme "42:", for the project itself: a query that only excludes words is
 * combined with it, otherwise it would read the whole index.
 *
 * Weights: A for the title, B for names of patterns, C for their descriptions, D
 * for their indicators.
 */
#include "base/session_group.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "tsearch/ts_cache.h"
#include "tsearch/ts_type.h"
#include "tsearch/ts_utils.h"
#include "utils/builtins.h"
#include "utils/pg_crc.h"

#include "list/find_words.h"
#include "summary/patterns.h"

PG_FUNCTION_INFO_V1(session_group_summary_words);
PG_FUNCTION_INFO_V1(session_group_document_words);

/* A tsvector has at most one megabyte, prefixes included. This much text of a document fits, and a title. */
#define TEXT_MAX (64 * 1024)

/* The longest word, in bytes. With the prefix it is within the limit of a lexeme. */
#define WORD_MAX 1024

/* A query may exclude this many words: the parser has a stack of 32. */
#define DASHES_MAX 30

/* "-9223372036854775808:" */
#define PREFIX_SIZE 22

typedef enum Weight
{
	WEIGHT_TITLE,
	WEIGHT_NAME,
	WEIGHT_DESCRIPTION,
	WEIGHT_INDICATOR,
	WEIGHT_COUNT
} Weight;

static const char weight_letters[WEIGHT_COUNT] = {'A', 'B', 'C', 'D'};

typedef struct Texts
{
	StringInfoData by_weight[WEIGHT_COUNT];
	int			left;			/* bytes that may still be added */
} Texts;

/*
 * The text search configuration is English, since language models write English;
 * words of other languages are found in the form in which they occur.
 */
static Oid
configuration(void)
{
	return get_ts_config_oid(list_make2(makeString("pg_catalog"), makeString("english")), false);
}

static int
write_prefix(char *prefix, int64 project_id)
{
	return snprintf(prefix, PREFIX_SIZE, INT64_FORMAT ":", project_id);
}

/*
 * Append a text for the parser of words. "<" is replaced, since the parser would
 * skip it as a tag, and words are cut at the longest that it can index.
 */
static void
append_plain(StringInfo buf, const char *text, int length)
{
	int			start = buf->len;
	int			run = 0;

	appendBinaryStringInfo(buf, text, length);
	for (char *c = buf->data + start; c < buf->data + buf->len; c++)
	{
		bool		begins = ((unsigned char) *c & 0xC0) != 0x80;	/* a character */

		if (*c == '<' || (run >= WORD_MAX && begins))
			memset(c, ' ', Min(pg_mblen(c), buf->data + buf->len - c));
		run = isspace((unsigned char) *c) ? 0 : run + 1;
	}
	appendStringInfoChar(buf, '\n');
}

static void
take_text(Texts *texts, Weight weight, const char *text, int length)
{
	length = pg_mbcliplen(text, length, texts->left);
	append_plain(&texts->by_weight[weight], text, length);
	texts->left -= length;
}

/*
 * Add the strings of a list.
 */
static void
take_strings(Texts *texts, Weight weight, JsonbContainer *list)
{
	for (int i = 0; i < sg_item_count(list) && texts->left > 0; i++)
	{
		SgText		text = sg_item_string(list, i);

		texts->left--;			/* for the item itself: there may be millions */
		if (text.data != NULL)
			take_text(texts, weight, text.data, (int) text.length);
	}
}

/*
 * Add the texts of the patterns of a summary.
 */
static void
take_patterns(Texts *texts, Jsonb *summary)
{
	JsonbContainer *patterns;
	SgPattern	pattern;

	if (sg_summary_open(summary, &patterns) != SG_SUMMARY_READABLE)
		return;
	for (int i = 0; i < sg_item_count(patterns) && texts->left > 0; i++)
	{
		texts->left--;
		if (!sg_pattern_read(patterns, i, &pattern))
			continue;
		if (pattern.name.data != NULL)
			take_text(texts, WEIGHT_NAME, pattern.name.data, (int) pattern.name.length);
		if (pattern.description.data != NULL)
			take_text(texts, WEIGHT_DESCRIPTION, pattern.description.data,
					  (int) pattern.description.length);
		if (pattern.indicators != NULL)
			take_strings(texts, WEIGHT_INDICATOR, pattern.indicators);
	}
}

static Datum
weighted_vector(const StringInfo text, char weight)
{
	Datum		vector = DirectFunctionCall2(to_tsvector_byid, ObjectIdGetDatum(configuration()),
											 PointerGetDatum(cstring_to_text_with_len(text->data,
																					  text->len)));

	return DirectFunctionCall2(tsvector_setweight, vector, CharGetDatum(weight));
}

/*
 * Return the vector with the prefix before each lexeme, and the bare prefix as
 * its first lexeme. The order stays the same, since all begin alike.
 */
static TSVector
prefixed_vector(TSVector vector, const char *prefix, int prefix_length)
{
	int			room = vector->size == 0 ? 0 : ((int) VARSIZE(vector) - DATAHDRSIZE);
	int			size;
	int			position;
	TSVector	result;
	WordEntry  *entries;
	char	   *strings;

	/* Each lexeme may need one more byte to align what follows. */
	room += (vector->size + 1) * (prefix_length + 2);
	size = CALCDATASIZE(vector->size + 1, room);
	result = palloc0(size);
	result->size = vector->size + 1;
	entries = ARRPTR(result);
	strings = STRPTR(result);

	memcpy(strings, prefix, prefix_length);
	entries[0].haspos = 0;
	entries[0].len = prefix_length;
	entries[0].pos = 0;
	position = prefix_length;

	for (int i = 0; i < vector->size; i++)
	{
		WordEntry  *from = ARRPTR(vector) + i;
		WordEntry  *to = entries + i + 1;

		to->haspos = from->haspos;
		to->len = from->len + prefix_length;
		to->pos = position;
		memcpy(strings + position, prefix, prefix_length);
		memcpy(strings + position + prefix_length, STRPTR(vector) + from->pos, from->len);
		position += to->len;
		if (from->haspos)
		{
			int			positions = POSDATALEN(vector, from);

			position = SHORTALIGN(position);
			memcpy(strings + position, (char *) POSDATAPTR(vector, from) - sizeof(uint16),
				   sizeof(uint16) + positions * sizeof(WordEntryPos));
			position += sizeof(uint16) + positions * sizeof(WordEntryPos);
		}
	}
	SET_VARSIZE(result, CALCDATASIZE(result->size, position));
	return result;
}

/*
 * Return the words of texts, one weight behind the other, with the project in front.
 */
static TSVector
words_of(int64 project_id, Texts *texts)
{
	char		prefix[PREFIX_SIZE];
	Datum		words = (Datum) 0;

	for (int i = 0; i < WEIGHT_COUNT; i++)
	{
		Datum		vector;

		if (i > 0 && texts->by_weight[i].len == 0)
			continue;
		vector = weighted_vector(&texts->by_weight[i], weight_letters[i]);
		words = i == 0 ? vector : DirectFunctionCall2(tsvector_concat, words, vector);
	}
	return prefixed_vector(DatumGetTSVector(words), prefix, write_prefix(prefix, project_id));
}

static void
begin_texts(Texts *texts)
{
	for (int i = 0; i < WEIGHT_COUNT; i++)
		initStringInfo(&texts->by_weight[i]);
	texts->left = TEXT_MAX;
}

static void
take_title(Texts *texts, text *title)
{
	take_text(texts, WEIGHT_TITLE, VARDATA_ANY(title), VARSIZE_ANY_EXHDR(title));
	texts->left = TEXT_MAX;		/* the document has the same room with any title */
}

/*
 * session_group.summary_words(project_id bigint, title text, summary jsonb)
 * returns tsvector
 */
Datum
session_group_summary_words(PG_FUNCTION_ARGS)
{
	Texts		texts;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	begin_texts(&texts);
	if (!PG_ARGISNULL(1))
		take_title(&texts, PG_GETARG_TEXT_PP(1));
	if (!PG_ARGISNULL(2))
		take_patterns(&texts, PG_GETARG_JSONB_P(2));
	PG_RETURN_TSVECTOR(words_of(PG_GETARG_INT64(0), &texts));
}

/*
 * session_group.document_words(project_id bigint, summary jsonb) returns tsvector
 */
Datum
session_group_document_words(PG_FUNCTION_ARGS)
{
	Texts		texts;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	begin_texts(&texts);
	if (!PG_ARGISNULL(1))
		take_patterns(&texts, PG_GETARG_JSONB_P(1));
	PG_RETURN_TSVECTOR(words_of(PG_GETARG_INT64(0), &texts));
}

/*
 * Return the words of a title, without a project.
 */
TSVector
sg_title_words(text *title)
{
	Texts		texts;

	begin_texts(&texts);
	take_title(&texts, title);
	return DatumGetTSVector(weighted_vector(&texts.by_weight[WEIGHT_TITLE],
											weight_letters[WEIGHT_TITLE]));
}

/*
 * Return the query with the prefix before each word.
 */
static TSQuery
prefixed_query(TSQuery query, const char *prefix, int prefix_length, bool *excludes)
{
	size_t		strings_size = VARSIZE(query) - COMPUTESIZE(query->size, 0) +
		(size_t) query->size * prefix_length;
	TSQuery		result = palloc0(COMPUTESIZE(query->size, strings_size));
	char	   *strings;
	int			position = 0;

	*excludes = false;
	result->size = query->size;
	memcpy(GETQUERY(result), GETQUERY(query), query->size * sizeof(QueryItem));
	strings = GETOPERAND(result);
	for (int i = 0; i < query->size; i++)
	{
		QueryItem  *item = GETQUERY(result) + i;
		QueryOperand *operand = &item->qoperand;
		const char *word = GETOPERAND(query) + operand->distance;
		int			word_length = operand->length;
		pg_crc32	crc;

		if (position > MAXSTRPOS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many words to search for"),
					 errhint("Search for fewer words.")));
		if (item->type == QI_OPR)
		{
			*excludes |= item->qoperator.oper == OP_NOT;
			continue;
		}
		memcpy(strings + position, prefix, prefix_length);
		memcpy(strings + position + prefix_length, word, word_length);
		operand->length = word_length + prefix_length;
		operand->distance = position;
		INIT_LEGACY_CRC32(crc);
		COMP_LEGACY_CRC32(crc, strings + position, operand->length);
		FIN_LEGACY_CRC32(crc);
		operand->valcrc = (int32) crc;
		position += operand->length + 1;	/* ends with a null character */
	}
	SET_VARSIZE(result, COMPUTESIZE(result->size, position));
	return result;
}

/*
 * Remove repeated dashes in front of a word, and dashes beyond the number of
 * words that may be excluded: each dash is a "not", and PostgreSQL raises an
 * error for more than 32 of them.
 */
static void
drop_repeated_dashes(char *query)
{
	bool		in_word = false;
	bool		dash = false;
	int			dashes = 0;

	for (char *c = query; *c != '\0'; c++)
	{
		if (isspace((unsigned char) *c) || strchr("!&|()", *c) != NULL)
			in_word = false;
		else if (*c == '-' && !(in_word && isalnum((unsigned char) c[-1])))
		{
			/* Behind a character beyond ASCII this may be a hyphen; it counts as a dash. */
			if ((dash && !in_word) || dashes == DASHES_MAX)
				*c = ' ';
			else
				dashes++;
			dash = true;
		}
		else
		{
			in_word = *c != '"';
			dash = false;
		}
	}
}

/*
 * Return the tsquery for the words that a person typed: words, "phrases", or,
 * -without.
 */
TSQuery
sg_find_words(int64 project_id, const SgText *query)
{
	char		prefix[PREFIX_SIZE];
	int			prefix_length = write_prefix(prefix, project_id);
	StringInfoData typed;
	TSQuery		words;
	TSQuery		result;
	bool		excludes;

	initStringInfo(&typed);
	append_plain(&typed, query->data, (int) query->length);
	drop_repeated_dashes(typed.data);
	words = DatumGetTSQuery(DirectFunctionCall2(websearch_to_tsquery_byid,
												ObjectIdGetDatum(configuration()),
												PointerGetDatum(cstring_to_text_with_len(typed.data,
																						 typed.len))));
	result = prefixed_query(words, prefix, prefix_length, &excludes);
	if (excludes)
	{
		char	   *project = psprintf("'%s'", prefix);
		Datum		all = DirectFunctionCall1(tsqueryin, CStringGetDatum(project));

		return DatumGetTSQuery(DirectFunctionCall2(tsquery_and, all, TSQueryGetDatum(result)));
	}
	return result;
}
