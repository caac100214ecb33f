/*
 * word_clauses.c
 *		A query for words as conditions that indexes serve.
 *
 * The words of titles and those of documents have an index each. Which summaries
 * have a word is the union of what both find; so a query is taken apart into
 * clauses, each a list of words of which a summary has to have one, and the sets
 * that the clauses find are intersected, all from indexes alone. What must not be
 * there is a set of the same kind, whose summaries are left out.
 *
 * A phrase, and what a query combines in other ways than those, is first found by the
 * words that it must have, then the words of the summary itself are compared; so is
 * what has more clauses than CLAUSES_MAX.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "tsearch/ts_utils.h"
#include "utils/array.h"

#include "base/statement.h"
#include "identity/identity.h"
#include "list/find_keys.h"
#include "list/word_clauses.h"
#include "summary/counts.h"
#include "summary/policies.h"

/* More than these would hardly find less. */
#define CLAUSES_MAX 4

/* What is in a shape: the number of clauses, and whether these conditions are there, too. */
#define SHAPE_CLAUSES 7
#define SHAPE_EXCLUDES 8
#define SHAPE_COMPARES 16
#define SHAPE_COMMON(clause) (32 << (clause))	/* the clause, from 0, is in very many titles */

StaticAssertDecl(CLAUSES_MAX <= SHAPE_CLAUSES, "a shape has room for the number of clauses");

/*
 * A clause that more titles meet than these is asked of the summaries that others find.
 * A summary that is found by its title takes a microsecond; to read the words of a title
 * and of a document, as for what it is asked of, takes twenty-five and some hundred.
 */
#define TITLES_AT_MOST 10000

/* A query that is taken apart. A clause is a list of its operands. */
typedef struct Parts
{
	TSQuery		query;
	int			prefix_length;	/* of the project, before each word */
	List	   *clauses;
	List	   *excluded;		/* one clause, or NIL */
	bool		compares;		/* what the clauses find is more than the query asks for */
} Parts;

static QueryItem *
left_of(QueryItem *item)
{
	return item + item->qoperator.left;
}

static QueryItem *
right_of(QueryItem *item)
{
	return item + 1;
}

static bool
is_operator(const QueryItem *item, int operator)
{
	return item->type == QI_OPR && item->qoperator.oper == operator;
}

/*
 * Add the words of a list of alternatives; false if it is something else.
 */
static bool
alternatives(QueryItem *item, List **words)
{
	check_stack_depth();
	if (item->type == QI_VAL)
	{
		*words = lappend(*words, &item->qoperand);
		return true;
	}
	return is_operator(item, OP_OR) && alternatives(left_of(item), words) &&
		alternatives(right_of(item), words);
}

/*
 * Add words of which a summary has at least one if it meets the item; false if
 * there are none such.
 */
static bool
necessary(QueryItem *item, List **words)
{
	int			before = list_length(*words);

	check_stack_depth();
	if (item->type == QI_VAL)
		return alternatives(item, words);
	if (is_operator(item, OP_NOT))
		return false;
	if (is_operator(item, OP_OR))
		return necessary(left_of(item), words) && necessary(right_of(item), words);
	if (necessary(left_of(item), words))
		return true;
	*words = list_truncate(*words, before);
	return necessary(right_of(item), words);
}

static void
add_clause(Parts *parts, List *words)
{
	if (list_length(parts->clauses) < CLAUSES_MAX)
		parts->clauses = lappend(parts->clauses, words);
	else
		parts->compares = true;
}

static void
take(Parts *parts, QueryItem *item)
{
	List	   *words = NIL;

	check_stack_depth();
	if (is_operator(item, OP_AND) || is_operator(item, OP_PHRASE))
	{
		parts->compares |= is_operator(item, OP_PHRASE);
		take(parts, left_of(item));
		take(parts, right_of(item));
	}
	else if (is_operator(item, OP_NOT))
	{
		if (alternatives(right_of(item), &words))
			parts->excluded = list_concat(parts->excluded, words);
		else
			parts->compares = true;
	}
	else if (item->type == QI_VAL && item->qoperand.length == parts->prefix_length)
		return;					/* the project itself, which all have */
	else if (alternatives(item, &words))
		add_clause(parts, words);
	else
	{
		words = NIL;
		parts->compares = true;
		if (necessary(item, &words))
			add_clause(parts, words);
	}
}

/*
 * Return the query for any of a clause's words.
 */
static TSQuery
clause_query(const Parts *parts, List *words)
{
	int			size = 2 * list_length(words) - 1;
	int			position = 0;
	TSQuery		result;
	QueryItem  *item;
	char	   *strings;
	ListCell   *cell;

	foreach(cell, words)
		position += ((QueryOperand *) lfirst(cell))->length + 1;
	result = palloc0(COMPUTESIZE(size, position));
	SET_VARSIZE(result, COMPUTESIZE(size, position));
	result->size = size;
	item = GETQUERY(result);
	strings = GETOPERAND(result);
	position = 0;
	foreach(cell, words)
	{
		QueryOperand *word = lfirst(cell);

		if (lnext(words, cell) != NULL)
		{
			item->qoperator.type = QI_OPR;
			item->qoperator.oper = OP_OR;
			item->qoperator.left = 2;	/* the rest; this word is on the right */
			item++;
		}
		item->qoperand = *word;
		item->qoperand.distance = position;
		memcpy(strings + position, GETOPERAND(parts->query) + word->distance, word->length);
		position += word->length + 1;
		item++;
	}
	return result;
}

/*
 * Write the keys of a clause's words into a row of the matrix; the last one again
 * where others have more.
 */
static void
write_keys(const Parts *parts, int64 project_id, List *words, Datum *row, int width)
{
	for (int i = 0; i < width; i++)
	{
		QueryOperand *word = list_nth(words, Min(i, list_length(words) - 1));
		char	   *start = GETOPERAND(parts->query) + word->distance + parts->prefix_length;

		row[i] = Int64GetDatum(sg_word_key(project_id, start, word->length - parts->prefix_length));
	}
}

static Datum
key_matrix(const Parts *parts, int64 project_id, List *clauses)
{
	int			dims[2] = {list_length(clauses), 1};
	int			bounds[2] = {1, 1};
	Datum	   *keys;
	Datum	   *row;
	ListCell   *cell;

	foreach(cell, clauses)
		dims[1] = Max(dims[1], list_length(lfirst(cell)));
	keys = palloc(sizeof(Datum) * (size_t) dims[0] * dims[1]);
	row = keys;
	foreach(cell, clauses)
	{
		write_keys(parts, project_id, lfirst(cell), row, dims[1]);
		row += dims[1];
	}
	return PointerGetDatum(construct_md_array(keys, NULL, 2, dims, bounds, INT8OID, sizeof(int64),
											  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/*
 * A query without a clause: for the project itself, of all its documents, or for
 * nothing, if all its words are too common to be asked for.
 */
static List *
only_clause(Parts *parts)
{
	QueryItem  *item = GETQUERY(parts->query);

	for (int i = 0; i < parts->query->size; i++)
	{
		if (item[i].type == QI_VAL && item[i].qoperand.length == parts->prefix_length)
			return list_make1(list_make1(&item[i].qoperand));
	}
	return NIL;
}

/*
 * Tell whether more titles meet a clause than are to be found by it. The caller may
 * read the project.
 */
static bool
is_common(const Parts *parts, int64 project_id, List *words)
{
	static SgStatement statement = {
		"SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) $2"
		" FROM (SELECT FROM session_group.title_rows AS t"
		" WHERE session_group.title_keys(t.project_id, t.title) OPERATOR(pg_catalog.&&) $1"
		" LIMIT $2 OPERATOR(pg_catalog.+) 1) AS f",
		{INT8ARRAYOID, INT8OID}
	};
	Datum		values[2];

	values[0] = key_matrix(parts, project_id, list_make1(words));
	values[1] = Int64GetDatum(TITLES_AT_MOST);
	sg_execute_as_owner(&statement, values, NULL, SG_SNAPSHOT_OF_CALLER);
	return DatumGetBool(sg_required(0, 1));
}

/*
 * Return the part of a shape that says which clauses are common: none, if none is
 * left to find summaries by.
 */
static int
common_clauses(const Parts *parts, int64 project_id)
{
	int			common = 0;
	int			count = 0;
	ListCell   *cell;

	if (list_length(parts->clauses) < 2 || !sg_identity_can_read(project_id) ||
		!sg_policies_are_ours() ||
		sg_count_of_project(project_id, SG_COUNTED_SUMMARIES) <= TITLES_AT_MOST)
		return 0;
	foreach(cell, parts->clauses)
	{
		if (!is_common(parts, project_id, lfirst(cell)))
			continue;
		common |= SHAPE_COMMON(foreach_current_index(cell));
		count++;
	}
	return count < list_length(parts->clauses) ? common : 0;
}

/*
 * Take a query apart that sg_find_words() has made: write the values for the
 * conditions, and which these are. SPI must be connected.
 */
void
sg_word_clauses(int64 project_id, TSQuery query, Datum *values)
{
	Parts		parts = {.query = query};
	char		prefix[32];
	List	   *clauses;
	Datum	   *queries;
	Datum	   *projects;
	int			count;

	parts.prefix_length = snprintf(prefix, sizeof(prefix), INT64_FORMAT ":", project_id);
	if (query->size > 0)
		take(&parts, GETQUERY(query));
	clauses = parts.clauses != NIL ? parts.clauses : only_clause(&parts);
	values[SG_WORDS_SHAPE] = Int32GetDatum(list_length(clauses) |
										   common_clauses(&parts, project_id) |
										   (parts.excluded != NIL ? SHAPE_EXCLUDES : 0) |
										   (parts.compares ? SHAPE_COMPARES : 0));
	if (parts.excluded != NIL)
		clauses = lappend(clauses, parts.excluded);
	count = list_length(clauses);
	queries = palloc(sizeof(Datum) * Max(count, 1));
	projects = palloc(sizeof(Datum) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		queries[i] = TSQueryGetDatum(clause_query(&parts, list_nth(clauses, i)));
		projects[i] = Int64GetDatum(project_id);
	}
	values[SG_WORDS_QUERY] = TSQueryGetDatum(query);
	values[SG_WORDS_CLAUSES] = PointerGetDatum(construct_array(queries, count, TSQUERYOID, -1,
															   false, TYPALIGN_INT));
	values[SG_WORDS_KEYS] = key_matrix(&parts, project_id, clauses);
	values[SG_WORDS_PROJECTS] = PointerGetDatum(construct_array(projects, count, INT8OID,
																sizeof(int64), FLOAT8PASSBYVAL,
																TYPALIGN_DOUBLE));
}

#define TITLE_WORDS(title) \
	"session_group.title_keys(" title ".project_id, " title ".title)" \
	" OPERATOR(pg_catalog.&&) (?3)[%d:%d]"
#define DOCUMENT_WORDS(summary) \
	"session_group.document_words(" summary ".project_id, " summary ".summary)" \
	" OPERATOR(pg_catalog.@@) (?2)[%d]"
#define TITLES_WITH_WORDS \
	"SELECT t.summary_id FROM session_group.title_rows AS t WHERE " TITLE_WORDS("t")

/*
 * Return the conditions of a shape on a summary s, with ?1 and so on for the
 * values. The project is another value in each clause: the planner would not
 * intersect what two clauses find if they had a condition in common.
 */
char *
sg_word_conditions(int shape)
{
	int			clauses = shape & SHAPE_CLAUSES;
	int			excluded = clauses + 1;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, clauses == 0 ? "false" : "true");
	for (int i = 1; i <= clauses; i++)
	{
		if (shape & SHAPE_COMMON(i - 1))
			appendStringInfo(&sql, " AND (" TITLE_WORDS("s") " OR " DOCUMENT_WORDS("s") ")", i, i, i);
		else
			appendStringInfo(&sql, " AND (" DOCUMENT_WORDS("s")
							 " OR (s.project_id OPERATOR(pg_catalog.=) (?4)[%d]"
							 " AND s.id OPERATOR(pg_catalog.=) ANY (ARRAY(" TITLES_WITH_WORDS "))))",
							 i, i, i, i);
	}
	if (shape & SHAPE_EXCLUDES)
		appendStringInfo(&sql, " AND NOT s.id OPERATOR(pg_catalog.=) ANY"
						 " (SELECT x.id FROM session_group.summaries AS x WHERE " DOCUMENT_WORDS("x")
						 " UNION ALL " TITLES_WITH_WORDS ")", excluded, excluded, excluded);
	if (shape & SHAPE_COMPARES)
		appendStringInfoString(&sql, " AND " SG_WORDS " OPERATOR(pg_catalog.@@) ?1");
	return sql.data;
}
