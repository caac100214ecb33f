/*
 * listing.c
 *		Pages of summaries: order, filters, count.
 *
 * The statements are put together from constant fragments, one statement for
 * each combination of order and filters, planned on first use and kept. Values
 * are parameters.
 *
 * A list that is searched (by a part of the title, by session, by words) is
 * found through an index of hashed keys. Operators on those are not leakproof,
 * so under the policies the planner may not use the index: whoever may read the
 * project has it searched by the owner of the tables, with the project pinned.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/relation.h"
#include "base/statement.h"
#include "identity/identity.h"
#include "list/listing.h"
#include "summary/counts.h"
#include "summary/policies.h"
#include "summary/store.h"

/* Orders by name; each stands for two, ascending and descending. */
typedef struct Order
{
	const char *name;
	int			key;			/* its column in SG_LIST_ITEM */
	Oid			key_type;
	const char *sort[2];		/* ascending, descending */
	const char *after[2];		/* rows after the sort key $4 and the id $5 */
	const char *after_null[2];	/* rows after a null sort key and the id $5 */
} Order;

/* "id" alone, or a column and "id" behind it; the column is never null. */
#define ORDER_BY_ID \
	{"s.id ASC", "s.id DESC"}, \
	{" AND s.id OPERATOR(pg_catalog.>) $5", " AND s.id OPERATOR(pg_catalog.<) $5"}
#define ORDER_BY(column) \
	{column " ASC, s.id ASC", column " DESC, s.id DESC"}, \
	{" AND (" column ", s.id) OPERATOR(pg_catalog.>) ($4, $5)", \
	 " AND (" column ", s.id) OPERATOR(pg_catalog.<) ($4, $5)"}

static const Order orders[] = {
	{"created_at", SG_LIST_CREATED_AT, TIMESTAMPTZOID, ORDER_BY("s.created_at")},
	{"title", SG_LIST_TITLE, TEXTOID, ORDER_BY("s.title")},
	{"session_count", SG_LIST_SESSION_COUNT, INT4OID, ORDER_BY("s.session_count")},
	{"id", SG_LIST_ID, INT8OID, ORDER_BY_ID},
	/* Null sorts after every creator, ascending, and before, descending. */
	{"created_by", SG_LIST_CREATED_BY, INT8OID,
		{"s.created_by_id ASC, s.id ASC", "s.created_by_id DESC, s.id DESC"},
		{" AND ((s.created_by_id, s.id) OPERATOR(pg_catalog.>) ($4, $5)"
			" OR s.created_by_id IS NULL)",
		" AND (s.created_by_id, s.id) OPERATOR(pg_catalog.<) ($4, $5)"},
		{" AND s.created_by_id IS NULL AND s.id OPERATOR(pg_catalog.>) $5",
	" AND (s.created_by_id IS NOT NULL OR s.id OPERATOR(pg_catalog.<) $5)"}},
};

#define ORDER_BY_CREATED_AT 0
#define DEFAULT_ORDER 1			/* created_at, descending */

/* The order of a search for words that names none: the best first. */
#define BY_RANK (2 * (int) lengthof(orders))

/* A rank is computed from all words of a summary: with more matches than this, none is. */
#define RANKED_AT_MOST 5000

/*
 * The condition for the project. A search by keys must use the index of keys. But
 * the planner makes one plan for all projects, and for one of average size an index
 * on the project looks as good, which for the largest project is far worse. So the
 * second form is one that no index on the project can serve.
 */
static const char in_project[] = "s.project_id OPERATOR(pg_catalog.=) $1";
static const char in_project_found[] =
"(s.project_id OPERATOR(pg_catalog.+) 0) OPERATOR(pg_catalog.=) $1";

/* The first parameters of every statement; behind them come the values of the filters in use. */
enum ListParam
{
	PARAM_PROJECT,
	PARAM_LIMIT,
	PARAM_OFFSET,
	PARAM_AFTER_KEY,			/* its type is that of the order's column */
	PARAM_AFTER_ID,
	PARAM_FIRST_VALUE
};

#define PARAMS_MAX (PARAM_FIRST_VALUE + SG_FILTERS_MAX * SG_FILTER_VALUES)
StaticAssertDecl(PARAMS_MAX <= SG_MAX_PARAMS, "a statement takes all parameters of a list");

static const char *const column_lists[] = {
	[SG_LIST_ITEM] = "s.id, s.title, s.session_count, s.created_at, s.created_by_id",
	[SG_LIST_ROW] = "s.*",
};

/* What a statement does with the rows that match. */
typedef enum Purpose
{
	PURPOSE_COUNT,				/* counts them */
	PURPOSE_ORDERED,			/* reads them in their order, up to the page's end */
	PURPOSE_FOUND				/* finds them all first, then sorts */
} Purpose;

/* What tells one statement from another; without padding, to be hashed. */
typedef struct StatementKey
{
	int32		purpose;
	int32		columns;
	int32		order;
	int32		after;
	int32		filters;
	int32		keyed;
	int32		shape;
} StatementKey;

typedef struct ListStatement
{
	StatementKey key;
	SgStatement statement;
} ListStatement;

/*
 * Return how many values there are of a filter.
 */
static int
values_of(const SgFilter *filter)
{
	int			count = 0;

	while (count < SG_FILTER_VALUES && OidIsValid(filter->types[count]))
		count++;
	return count;
}

/*
 * Return how many values a filter gives to a statement: none if it is not in
 * use, and that of the keys only if they are.
 */
static int
value_count(int filters, int keyed, int number)
{
	const SgFilter *filter = &sg_filters[number];

	if ((filters & (1 << number)) == 0)
		return 0;
	return values_of(filter) - (filter->keyed && (keyed & (1 << number)) == 0 ? 1 : 0);
}

/*
 * Read the name of an order, with an optional "-".
 */
static bool
read_order(const SgText *text, int *order)
{
	bool		descending;
	SgText		name;

	*order = DEFAULT_ORDER;
	if (text == NULL || text->length == 0)
		return true;
	descending = text->data[0] == '-';
	name.data = text->data + (descending ? 1 : 0);
	name.length = text->length - (descending ? 1 : 0);
	for (size_t i = 0; i < lengthof(orders); i++)
	{
		if (sg_text_is(&name, orders[i].name))
		{
			*order = 2 * i + (descending ? 1 : 0);
			return true;
		}
	}
	return false;
}

/*
 * Tell whether rows of a project may be found as the owner: the policies would show the
 * caller all of them.
 */
static bool
reads_as_owner(int64 project_id)
{
	return sg_identity_can_read(project_id) && sg_policies_are_ours();
}

/*
 * Tell whether a search may go by keys: as the owner, or as the caller, if that is an
 * administrator. Others compare each summary that they may read.
 */
static bool
keys_are_readable(int64 project_id)
{
	return reads_as_owner(project_id) ||
		pg_class_aclcheck(sg_relation_id("title_rows", false), GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/*
 * Read a filter, if it is given.
 */
static bool
read_filter(SgListing *listing, const SgListingParams *params, int number, SgFault *fault)
{
	const SgFilter *filter = &sg_filters[number];
	const SgText *text = params->filters[number];
	Datum	   *values = listing->values[number];

	if (text == NULL || text->length == 0)
		return true;
	if (!filter->read(listing->project_id, text, filter->name, values, fault))
		return false;
	listing->filters |= 1 << number;
	if (filter->keyed && values[values_of(filter) - 1] != (Datum) 0 &&
		keys_are_readable(listing->project_id))
		listing->keyed |= 1 << number;
	if (filter->conditions != NULL)
		listing->shape = DatumGetInt32(values[values_of(filter)]);
	if (filter->rank != NULL && (params->order == NULL || params->order->length == 0))
		listing->order = BY_RANK;
	return true;
}

/*
 * Read what a list is asked for; SPI must be connected.
 */
bool
sg_listing_read(int64 project_id, const SgListingParams *params, SgListing *listing,
				SgFault *fault)
{
	memset(listing, 0, sizeof(SgListing));
	listing->project_id = project_id;
	if (!read_order(params->order, &listing->order))
		return sg_fault(fault, SG_FAULT_INVALID, "order",
						"Not a valid order. Use created_at, title, session_count, id or"
						" created_by, each with an optional -.");
	for (int i = 0; sg_filters[i].name != NULL; i++)
	{
		if (!read_filter(listing, params, i, fault))
			return false;
	}
	return true;
}

/*
 * Append a piece of a filter's SQL, with the numbers of its values' parameters.
 */
static void
append_numbered(StringInfo sql, const char *piece, int first)
{
	for (const char *c = piece; *c != '\0'; c++)
	{
		if (c[0] == '?' && c[1] >= '1' && c[1] < '1' + SG_FILTER_VALUES)
			appendStringInfo(sql, "$%d", first + *++c - '0');
		else
			appendStringInfoChar(sql, *c);
	}
}

/*
 * Tell whether a filter is asked for by the summaries that other tables know. By
 * keys it is where no other filter goes by keys, too: then it is asked of what that
 * one finds.
 */
static bool
is_by_rows(const StatementKey *key, int number)
{
	const SgFilter *filter = &sg_filters[number];

	return (key->filters & (1 << number)) != 0 && filter->rows != NULL &&
		key->purpose != PURPOSE_ORDERED && (!filter->keyed || key->keyed == (1 << number));
}

/*
 * Append a filter that is in use.
 */
static void
append_filter(StringInfo sql, const StatementKey *key, int number, int first)
{
	const SgFilter *filter = &sg_filters[number];
	bool		is_keyed = (key->keyed & (1 << number)) != 0;

	if (is_by_rows(key, number) && filter->keyed)
	{
		/* As an array: the summaries are read in the order in which they lie. */
		appendStringInfo(sql, " AND %s AND s.id OPERATOR(pg_catalog.=) ANY (ARRAY(", in_project);
		append_numbered(sql, filter->rows, first);
		appendStringInfoString(sql, "))");
	}
	else if (is_by_rows(key, number))
	{
		appendStringInfoString(sql, " AND s.id OPERATOR(pg_catalog.=) ANY (SELECT f.id FROM (");
		append_numbered(sql, filter->rows, first);
		appendStringInfoString(sql, ") AS f)");
	}
	else if (filter->condition != NULL && !(is_keyed && filter->conditions != NULL))
	{
		appendStringInfoString(sql, " AND ");
		append_numbered(sql, filter->condition, first);
	}

	/*
	 * In order, rows are compared until the page is full: with the keys, all that match would be
	 * found first.
	 */
	if (is_keyed && (filter->conditions != NULL ||
					 (filter->keys != NULL && key->purpose != PURPOSE_ORDERED)))
	{
		appendStringInfoString(sql, " AND ");
		append_numbered(sql, filter->keys != NULL ? filter->keys : filter->conditions(key->shape),
						first);
	}
}

/*
 * Append from what a statement reads, and the conditions of the filters in use; write the order of a list by rank.
 */
static void
append_filters(StringInfo sql, const StatementKey *key, StringInfo rank)
{
	int			first = PARAM_FIRST_VALUE;

	appendStringInfo(sql, " FROM session_group.summaries AS s WHERE %s",
					 key->keyed != 0 && key->purpose != PURPOSE_ORDERED ?
					 in_project_found : in_project);
	for (int i = 0; sg_filters[i].name != NULL; i++)
	{
		const SgFilter *filter = &sg_filters[i];

		if ((key->filters & (1 << i)) == 0)
			continue;
		append_filter(sql, key, i, first);
		if (filter->rank != NULL)
			append_numbered(rank, filter->rank, first);
		first += value_count(key->filters, key->keyed, i);
	}
}

/*
 * Write the text of a statement.
 */
static char *
statement_text(const StatementKey *key)
{
	const Order *order = key->order == BY_RANK ? NULL : &orders[key->order / 2];
	int			descending = key->order % 2;
	StringInfoData sql;
	StringInfoData rank;

	initStringInfo(&sql);
	initStringInfo(&rank);
	if (key->purpose == PURPOSE_FOUND)
		appendStringInfo(&sql, "WITH s AS MATERIALIZED (SELECT %s",
						 order == NULL ? "s.*" : column_lists[key->columns]);
	else
		appendStringInfo(&sql, "SELECT %s", key->purpose == PURPOSE_COUNT ?
						 "pg_catalog.count(*)" : column_lists[key->columns]);
	append_filters(&sql, key, &rank);
	if (key->after == SG_AFTER_KEY)
		appendStringInfoString(&sql, order->after[descending]);
	else if (key->after == SG_AFTER_NULL)
		appendStringInfoString(&sql, order->after_null[descending]);
	if (key->purpose == PURPOSE_FOUND)
		appendStringInfo(&sql, ") SELECT %s FROM s", column_lists[key->columns]);
	if (key->purpose != PURPOSE_COUNT)
		appendStringInfo(&sql, " ORDER BY %s LIMIT $2 OFFSET $3",
						 order == NULL ? rank.data : order->sort[descending]);
	return sql.data;
}

/* With more statements than this, they are made anew: a client may combine orders and filters. */
#define STATEMENTS_AT_MOST 64

/*
 * Free all statements and their plans. None is running, as a list never calls
 * another one.
 */
static void
forget_statements(HTAB *statements)
{
	HASH_SEQ_STATUS scan;
	ListStatement *found;

	hash_seq_init(&scan, statements);
	while ((found = hash_seq_search(&scan)) != NULL)
	{
		if (found->statement.plan != NULL)
			SPI_freeplan(found->statement.plan);
		pfree(unconstify(char *, found->statement.sql));
	}
	hash_destroy(statements);
}

/*
 * Set the types of a statement's parameters.
 */
static void
set_param_types(const StatementKey *key, Oid *types)
{
	static const Oid first[] = {
		[PARAM_PROJECT] = INT8OID,[PARAM_LIMIT] = INT8OID,[PARAM_OFFSET] = INT8OID,
		[PARAM_AFTER_KEY] = INT8OID,[PARAM_AFTER_ID] = UUIDOID
	};

	memcpy(types, first, sizeof(first));
	if (key->order != BY_RANK)
		types[PARAM_AFTER_KEY] = orders[key->order / 2].key_type;
	types += PARAM_FIRST_VALUE;
	for (int i = 0; sg_filters[i].name != NULL; i++)
	{
		for (int j = 0; j < value_count(key->filters, key->keyed, i); j++)
			*types++ = sg_filters[i].types[j];
	}
}

/*
 * Tell whether an index serves a filter in use, so that all that match can be found.
 */
static bool
is_found(const SgListing *listing)
{
	if (listing->keyed != 0)
		return true;
	for (int i = 0; sg_filters[i].name != NULL; i++)
	{
		if (sg_filters[i].rows != NULL && !sg_filters[i].keyed && (listing->filters & (1 << i)) != 0)
			return true;
	}
	return false;
}

/*
 * Return the statement for a listing, made on first use and kept for a while.
 */
static SgStatement *
list_statement(const SgListing *listing, Purpose purpose, SgListColumns columns)
{
	static HTAB *statements = NULL;
	StatementKey key = {purpose, columns, listing->order, listing->after, listing->filters,
	listing->keyed, listing->shape};
	ListStatement *found;
	bool		exists;

	if (purpose == PURPOSE_COUNT)
		key.columns = key.order = key.after = 0;
	if (statements != NULL && hash_get_num_entries(statements) >= STATEMENTS_AT_MOST &&
		hash_search(statements, &key, HASH_FIND, NULL) == NULL)
	{
		forget_statements(statements);
		statements = NULL;
	}
	if (statements == NULL)
	{
		HASHCTL		ctl = {.keysize = sizeof(StatementKey), .entrysize = sizeof(ListStatement)};

		statements = hash_create("session_group statements of lists", 32, &ctl,
								 HASH_ELEM | HASH_BLOBS);
	}
	found = hash_search(statements, &key, HASH_FIND, NULL);
	if (found == NULL)
	{
		char	   *sql = MemoryContextStrdup(TopMemoryContext, statement_text(&key));

		found = hash_search(statements, &key, HASH_ENTER, &exists);
		memset(&found->statement, 0, sizeof(SgStatement));
		found->statement.sql = sql;
		found->statement.is_list = true;
		found->statement.looks_up = purpose == PURPOSE_ORDERED && is_found(listing);
		set_param_types(&key, found->statement.param_types);
	}
	return &found->statement;
}

/*
 * Run a statement: as the owner if it uses an index of keys. The caller has been
 * found to be a reader of the project, and the statement reads no other.
 */
static uint64
run_listing(SgStatement *statement, const SgListing *listing, int64 limit, int64 offset)
{
	char		nulls[PARAMS_MAX];
	Datum		values[PARAMS_MAX] = {
		[PARAM_PROJECT] = Int64GetDatum(listing->project_id),
		[PARAM_LIMIT] = Int64GetDatum(limit),[PARAM_OFFSET] = Int64GetDatum(offset),
		[PARAM_AFTER_KEY] = listing->after_key,
		[PARAM_AFTER_ID] = UUIDPGetDatum(&listing->after_id)
	};
	Datum	   *value = &values[PARAM_FIRST_VALUE];

	memset(nulls, ' ', sizeof(nulls));
	if (listing->after != SG_AFTER_KEY || sg_order_key(listing) == SG_LIST_ID)
		nulls[PARAM_AFTER_KEY] = 'n';
	for (int i = 0; sg_filters[i].name != NULL; i++)
	{
		for (int j = 0; j < value_count(listing->filters, listing->keyed, i); j++)
			*value++ = listing->values[i][j];
	}
	if (listing->keyed != 0 && reads_as_owner(listing->project_id))
		return sg_execute_as_owner(statement, values, nulls, SG_SNAPSHOT_OF_CALLER);
	return sg_execute(statement, values, nulls, SG_SNAPSHOT_OF_CALLER);
}

/*
 * Choose how to read a page, from how many rows match. Reading in order passes the
 * rows between the matches: many where matches are rare. Finding reads every match.
 */
static Purpose
page_purpose(const SgListing *listing, int64 matching, int64 limit, int64 offset)
{
	double		passed;

	if (!is_found(listing))
		return PURPOSE_ORDERED;
	/* Behind a cursor there may be no more matches: in order that takes the whole rest to see. */
	if (listing->order / 2 != ORDER_BY_CREATED_AT ||
		(listing->after != SG_AFTER_NOTHING && listing->keyed != 0))
		return PURPOSE_FOUND;
	for (int i = 0; sg_filters[i].name != NULL; i++)
	{
		if (sg_filters[i].slow && (listing->filters & (1 << i)) != 0)
			return PURPOSE_FOUND;
	}
	passed = ((double) limit + offset) *
		sg_count_of_project(listing->project_id, SG_COUNTED_SUMMARIES) / Max(matching, 1);
	return passed < matching ? PURPOSE_ORDERED : PURPOSE_FOUND;
}

/*
 * Read a page into SPI_tuptable; return its number of rows. The caller says how many
 * rows match in all, or -1 if it does not know.
 */
uint64
sg_list_page(const SgListing *listing, SgListColumns columns, int64 matching, int64 limit,
			 int64 offset)
{
	SgListing	ordered = *listing;
	Purpose		purpose;

	if (matching < 0 && is_found(listing))
		matching = sg_list_count(listing);
	if (listing->order == BY_RANK && matching > RANKED_AT_MOST)
		ordered.order = DEFAULT_ORDER;
	purpose = page_purpose(&ordered, matching, limit, offset);
	return run_listing(list_statement(&ordered, purpose, columns), &ordered, limit, offset);
}

/*
 * Return the column of SG_LIST_ITEM by which a list is sorted first; 0 for
 * the rank, which is none of them.
 */
int
sg_order_key(const SgListing *listing)
{
	return listing->order == BY_RANK ? 0 : orders[listing->order / 2].key;
}

/*
 * Return the filter that can count its matches itself, if it is in use and the others
 * are only bounds of time, which become "times"; otherwise -1.
 */
static int
counting_filter(const SgListing *listing, SgTimes *times, TimestampTz *bounds)
{
	int			counting = -1;

	memset(times, 0, sizeof(SgTimes));
	for (int i = 0; sg_filters[i].name != NULL; i++)
	{
		if ((listing->filters & (1 << i)) == 0)
			continue;
		bounds[i] = DatumGetTimestampTz(listing->values[i][0]);
		if (sg_filters[i].bound == SG_BOUND_AFTER)
			times->after = &bounds[i];
		else if (sg_filters[i].bound == SG_BOUND_BEFORE)
			times->before = &bounds[i];
		else if (sg_filters[i].count != NULL && counting < 0)
			counting = i;
		else
			return -1;
	}
	return counting;
}

/*
 * Return the exact number of summaries that match.
 */
int64
sg_list_count(const SgListing *listing)
{
	TimestampTz bounds[SG_FILTERS_MAX];
	SgTimes		times;
	int			counting = counting_filter(listing, &times, bounds);

	if (listing->filters == 0 && sg_policies_are_ours())
		return sg_count_of_project(listing->project_id, SG_COUNTED_SUMMARIES);
	if (counting >= 0 && sg_policies_are_ours())
	{
		int64		count = !sg_store_project_served(listing->project_id) ? 0 :
			sg_filters[counting].count(listing->project_id, listing->values[counting], &times);

		if (count >= 0)
			return count;
	}
	if (run_listing(list_statement(listing, PURPOSE_COUNT, 0), listing, 0, 0) != 1)
		elog(ERROR, "no count of summaries");
	return DatumGetInt64(sg_required(0, 1));
}
