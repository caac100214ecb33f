/*
 * listing.c
 *		Pages of summaries: order, filters, count.
 *
 * The statements are put together from constant fragments, one statement for
 * each combination of order and filters, planned on first use and kept. Values
 * are parameters; numbers of parameters are the same in all of them.
 *
 * A list that is searched (by a part of the title, by session, by words) is
 * found through an index of hashed keys. Operators on those are not leakproof,
 * so under the policies the planner may not use the index: whoever may read the
 * project has it searched by the owner of the tables, with the project pinned.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/statement.h"
#include "base/text.h"
#include "identity/identity.h"
#include "list/find_keys.h"
#include "list/find_words.h"
#include "list/listing.h"
#include "list/project_date.h"
#include "summary/counts.h"
#include "summary/patterns.h"
#include "summary/store.h"

/* Orders by name; each stands for two, ascending and descending. */
typedef struct Order
{
	const char *name;
	int			key;			/* its column in SG_LIST_ITEM */
	Oid			key_type;
	const char *sort[2];		/* ascending, descending */
	const char *after[2];		/* rows after the sort key $8 and the id $9 */
	const char *after_null[2];	/* rows after a null sort key and the id $9 */
} Order;

/* "id" alone, or a column and "id" behind it; the column is never null. */
#define ORDER_BY_ID \
	{"s.id ASC", "s.id DESC"}, \
	{" AND s.id OPERATOR(pg_catalog.>) $9", " AND s.id OPERATOR(pg_catalog.<) $9"}
#define ORDER_BY(column) \
	{column " ASC, s.id ASC", column " DESC, s.id DESC"}, \
	{" AND (" column ", s.id) OPERATOR(pg_catalog.>) ($8, $9)", \
	 " AND (" column ", s.id) OPERATOR(pg_catalog.<) ($8, $9)"}

static const Order orders[] = {
	{"created_at", SG_LIST_CREATED_AT, TIMESTAMPTZOID, ORDER_BY("s.created_at")},
	{"title", SG_LIST_TITLE, TEXTOID, ORDER_BY("s.title")},
	{"session_count", SG_LIST_SESSION_COUNT, INT4OID, ORDER_BY("s.session_count")},
	{"id", SG_LIST_ID, INT8OID, ORDER_BY_ID},
	/* Null sorts after every creator, ascending, and before, descending. */
	{"created_by", SG_LIST_CREATED_BY, INT8OID,
		{"s.created_by_id ASC, s.id ASC", "s.created_by_id DESC, s.id DESC"},
		{" AND ((s.created_by_id, s.id) OPERATOR(pg_catalog.>) ($8, $9)"
			" OR s.created_by_id IS NULL)",
		" AND (s.created_by_id, s.id) OPERATOR(pg_catalog.<) ($8, $9)"},
		{" AND s.created_by_id IS NULL AND s.id OPERATOR(pg_catalog.>) $9",
	" AND (s.created_by_id IS NOT NULL OR s.id OPERATOR(pg_catalog.<) $9)"}},
};

#define ORDER_BY_CREATED_AT 0
#define DEFAULT_ORDER 1			/* created_at, descending */

/* The order of a search for words that names none: the best first. */
#define BY_RANK (2 * (int) lengthof(orders))

/* Each row's rank is computed from its words: so many are ranked, more are in the default order. */
#define RANKED_AT_MOST 5000

static const char rank_sort[] =
"pg_catalog.ts_rank(session_group.summary_words(s.project_id, s.title, s.summary), $13) DESC,"
" s.created_at DESC, s.id DESC";

typedef enum Filter
{
	FILTER_SEARCH,
	FILTER_CREATED_BY,
	FILTER_DATE_FROM,
	FILTER_DATE_TO,
	FILTER_TITLE_KEYS,			/* with FILTER_SEARCH, where the part is long enough */
	FILTER_SESSION,
	FILTER_WORDS,
	FILTER_SEVERITY
} Filter;

static const char *const filters[] = {
	[FILTER_SEARCH] = " AND s.title OPERATOR(pg_catalog.~~*) $2",
	[FILTER_CREATED_BY] = " AND s.created_by_id OPERATOR(pg_catalog.=)"
	" (SELECT u.id FROM session_group.users AS u WHERE u.uuid OPERATOR(pg_catalog.=) $3)",
	[FILTER_DATE_FROM] = " AND s.created_at OPERATOR(pg_catalog.>) $4",
	[FILTER_DATE_TO] = " AND s.created_at OPERATOR(pg_catalog.<) $5",
	[FILTER_TITLE_KEYS] = " AND session_group.title_keys(s.project_id, s.title)"
	" OPERATOR(pg_catalog.@>) $10",
	[FILTER_SESSION] = " AND session_group.session_keys(s.project_id, s.session_ids)"
	" OPERATOR(pg_catalog.@>) $11 AND $12 OPERATOR(pg_catalog.=) ANY (s.session_ids)",
	[FILTER_WORDS] = " AND session_group.summary_words(s.project_id, s.title, s.summary)"
	" OPERATOR(pg_catalog.@@) $13",
	[FILTER_SEVERITY] = " AND EXISTS (SELECT FROM session_group.summary_patterns(s.summary) AS p"
	" WHERE p.severity OPERATOR(pg_catalog.=) ANY ($14))",
};

/*
 * The one project. What is found by keys is written so that no index on the
 * project serves it: for a project of average size, which a generic plan is
 * made for, that would be as good as the keys, for the largest it is not.
 */
static const char in_project[] = "s.project_id OPERATOR(pg_catalog.=) $1";
static const char in_project_found[] =
"(s.project_id OPERATOR(pg_catalog.+) 0) OPERATOR(pg_catalog.=) $1";

/* The filters that an index of keys serves. */
#define INDEXED_FILTERS (1 << FILTER_TITLE_KEYS | 1 << FILTER_SESSION | 1 << FILTER_WORDS)

/* All parameters; the type of the sort key after which to go on is the order's. */
#define PARAM_COUNT 14
#define AFTER_KEY_PARAM 7
static const Oid param_types[PARAM_COUNT] = {
	INT8OID, TEXTOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID, InvalidOid,
	UUIDOID, INT8ARRAYOID, INT8ARRAYOID, TEXTOID, TSQUERYOID,
	TEXTARRAYOID
};
StaticAssertDecl(PARAM_COUNT <= SG_MAX_PARAMS, "a statement takes all parameters of a list");

static const char *const column_lists[] = {
	[SG_LIST_ITEM] = "s.id, s.title, s.session_count, s.created_at, s.created_by_id",
	[SG_LIST_ROW] = SG_ROW_COLUMNS,
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
} StatementKey;

typedef struct ListStatement
{
	StatementKey key;
	SgStatement statement;
} ListStatement;

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
 * Make the pattern for a substring, in which %, _ and \ are plain characters.
 */
static text *
substring_pattern(const SgText *search)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '%');
	for (size_t i = 0; i < search->length; i++)
	{
		char		c = search->data[i];

		if (c == '%' || c == '_' || c == '\\')
			appendStringInfoChar(&buf, '\\');
		appendStringInfoChar(&buf, c);
	}
	appendStringInfoChar(&buf, '%');
	return cstring_to_text_with_len(buf.data, buf.len);
}

static bool
read_date(SgListing *listing, Filter filter, const SgText *text, const char *attr,
		  TimestampTz *result, SgFault *fault)
{
	if (text == NULL || text->length == 0)
		return true;
	listing->filters |= 1 << filter;
	return sg_project_date_read(listing->project_id, text, attr, result, fault);
}

/*
 * Tell whether a text is there to search for; false and a fault if it can be
 * none.
 */
static bool
check_text(const SgText *text, const char *attr, bool *given, SgFault *fault)
{
	*given = text != NULL && text->length > 0;
	return !*given || memchr(text->data, '\0', text->length) == NULL ||
		sg_fault(fault, SG_FAULT_INVALID, attr, "Null characters are not allowed.");
}

static bool
read_search(SgListing *listing, const SgText *text, SgFault *fault)
{
	bool		given;
	ArrayType  *keys;

	if (!check_text(text, "search", &given, fault))
		return false;
	if (!given)
		return true;
	listing->filters |= 1 << FILTER_SEARCH;
	listing->search = PointerGetDatum(substring_pattern(text));
	keys = sg_find_title_keys(listing->project_id, text);
	if (keys != NULL)
	{
		listing->filters |= 1 << FILTER_TITLE_KEYS;
		listing->title_keys = PointerGetDatum(keys);
	}
	return true;
}

static bool
read_session(SgListing *listing, const SgText *text, SgFault *fault)
{
	bool		given;

	if (!check_text(text, "session_id", &given, fault))
		return false;
	if (!given)
		return true;
	listing->filters |= 1 << FILTER_SESSION;
	listing->session_keys = PointerGetDatum(sg_find_session_keys(listing->project_id, text));
	listing->session_id = PointerGetDatum(cstring_to_text_with_len(text->data, text->length));
	return true;
}

/*
 * Read the words to search for; they bring an order of their own, if none is
 * named.
 */
static bool
read_words(SgListing *listing, const SgListingParams *params, SgFault *fault)
{
	bool		given;

	if (!check_text(params->words, "q", &given, fault))
		return false;
	if (!given)
		return true;
	listing->filters |= 1 << FILTER_WORDS;
	listing->words = sg_find_words(listing->project_id, params->words);
	if (params->order == NULL || params->order->length == 0)
		listing->order = BY_RANK;
	return true;
}

static bool
read_created_by(SgListing *listing, const SgText *text, SgFault *fault)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

	if (text == NULL || text->length == 0)
		return true;
	if (!sg_read_uuid(text->data, text->length, uuid))
		return sg_fault(fault, SG_FAULT_INVALID, "created_by", "Not a valid UUID.");
	listing->filters |= 1 << FILTER_CREATED_BY;
	listing->created_by = UUIDPGetDatum(uuid);
	return true;
}

static bool
read_severity(SgListing *listing, const SgText *text, SgFault *fault)
{
	if (text == NULL || text->length == 0)
		return true;
	listing->filters |= 1 << FILTER_SEVERITY;
	return sg_severities_read(text, &listing->severities, fault);
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
	return read_search(listing, params->search, fault) &&
		read_session(listing, params->session_id, fault) &&
		read_words(listing, params, fault) &&
		read_severity(listing, params->severity, fault) &&
		read_created_by(listing, params->created_by, fault) &&
		read_date(listing, FILTER_DATE_FROM, params->date_from, "date_from",
				  &listing->date_from, fault) &&
		read_date(listing, FILTER_DATE_TO, params->date_to, "date_to",
				  &listing->date_to, fault);
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

	initStringInfo(&sql);
	if (key->purpose == PURPOSE_FOUND)
		appendStringInfoString(&sql, "WITH s AS MATERIALIZED (SELECT s.*");
	else
		appendStringInfo(&sql, "SELECT %s", key->purpose == PURPOSE_COUNT ?
						 "pg_catalog.count(*)" : column_lists[key->columns]);
	appendStringInfo(&sql, " FROM session_group.summaries AS s WHERE %s",
					 (key->filters & INDEXED_FILTERS) != 0 && key->purpose != PURPOSE_ORDERED ?
					 in_project_found : in_project);
	for (size_t i = 0; i < lengthof(filters); i++)
	{
		if (key->filters & (1 << i))
			appendStringInfoString(&sql, filters[i]);
	}
	if (key->after == SG_AFTER_KEY)
		appendStringInfoString(&sql, order->after[descending]);
	else if (key->after == SG_AFTER_NULL)
		appendStringInfoString(&sql, order->after_null[descending]);
	if (key->purpose == PURPOSE_FOUND)
		appendStringInfo(&sql, ") SELECT %s FROM s", column_lists[key->columns]);
	if (key->purpose != PURPOSE_COUNT)
		appendStringInfo(&sql, " ORDER BY %s LIMIT $6 OFFSET $7",
						 order == NULL ? rank_sort : order->sort[descending]);
	return sql.data;
}

/* With more statements than this, they are made anew: a client may combine orders and filters. */
#define STATEMENTS_AT_MOST 64

/*
 * Give up all statements and their plans. None is running: nothing that a list
 * calls calls a list.
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
 * Return the statement for a listing, made on first use and kept for a while.
 */
static SgStatement *
list_statement(const SgListing *listing, Purpose purpose, SgListColumns columns)
{
	static HTAB *statements = NULL;
	StatementKey key = {purpose, columns, listing->order, listing->after, listing->filters};
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
		memcpy(found->statement.param_types, param_types, sizeof(param_types));
		if (key.order != BY_RANK)
			found->statement.param_types[AFTER_KEY_PARAM] = orders[key.order / 2].key_type;
		else
			found->statement.param_types[AFTER_KEY_PARAM] = INT8OID;
	}
	return &found->statement;
}

/*
 * Run a statement on a listing: as the owner where an index of keys is to be
 * used, on the one project that the caller has been found to be a reader of.
 */
static uint64
run_listing(SgStatement *statement, const SgListing *listing, int64 limit, int64 offset)
{
	char		nulls[PARAM_COUNT];
	Datum		values[PARAM_COUNT] = {
		Int64GetDatum(listing->project_id), listing->search, listing->created_by,
		TimestampTzGetDatum(listing->date_from), TimestampTzGetDatum(listing->date_to),
		Int64GetDatum(limit), Int64GetDatum(offset), listing->after_key,
		UUIDPGetDatum(&listing->after_id), listing->title_keys, listing->session_keys,
		listing->session_id, listing->words, listing->severities
	};

	memset(nulls, 'n', sizeof(nulls));
	nulls[0] = nulls[5] = nulls[6] = nulls[8] = ' ';
	for (int i = 0; i <= FILTER_DATE_TO; i++)
	{
		if (listing->filters & (1 << i))
			nulls[1 + i] = ' ';
	}
	if (listing->filters & (1 << FILTER_TITLE_KEYS))
		nulls[9] = ' ';
	if (listing->filters & (1 << FILTER_SESSION))
		nulls[10] = nulls[11] = ' ';
	if (listing->filters & (1 << FILTER_WORDS))
		nulls[12] = ' ';
	if (listing->filters & (1 << FILTER_SEVERITY))
		nulls[13] = ' ';
	if (listing->after == SG_AFTER_KEY && sg_order_key(listing) != SG_LIST_ID)
		nulls[AFTER_KEY_PARAM] = ' ';
	if ((listing->filters & INDEXED_FILTERS) != 0 && sg_identity_can_read(listing->project_id))
		return sg_execute_as_owner(statement, values, nulls, SG_SNAPSHOT_OF_CALLER);
	return sg_execute(statement, values, nulls, SG_SNAPSHOT_OF_CALLER);
}

/*
 * Choose how to read a page of the matching rows, of which there are so many.
 * Reading in order passes as many rows that do not match as there are in the
 * project for each that does; finding reads all that match.
 */
static Purpose
page_purpose(const SgListing *listing, int64 matching, int64 limit, int64 offset)
{
	double		passed;

	if ((listing->filters & INDEXED_FILTERS) == 0)
		return PURPOSE_ORDERED;
	/* To look at a row's words is dear, and behind a cursor the rest may match nothing. */
	if (listing->order / 2 != ORDER_BY_CREATED_AT || listing->after != SG_AFTER_NOTHING ||
		(listing->filters & (1 << FILTER_WORDS)) != 0)
		return PURPOSE_FOUND;
	passed = ((double) limit + offset) * sg_count_of_project(listing->project_id) /
		Max(matching, 1);
	return passed < matching ? PURPOSE_ORDERED : PURPOSE_FOUND;
}

/*
 * Read a page of the rows that match, the number of which the caller knows or
 * gives as -1; return its number of rows, which are in SPI_tuptable.
 */
uint64
sg_list_page(const SgListing *listing, SgListColumns columns, int64 matching, int64 limit,
			 int64 offset)
{
	SgListing	ordered = *listing;
	Purpose		purpose;

	if (matching < 0 && (listing->filters & INDEXED_FILTERS) != 0)
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
 * Return the exact number of summaries that match.
 */
int64
sg_list_count(const SgListing *listing)
{
	bool		isnull;

	if (listing->filters == 0)
		return sg_count_of_project(listing->project_id);
	if (run_listing(list_statement(listing, PURPOSE_COUNT, 0), listing, 0, 0) != 1)
		elog(ERROR, "no count of summaries");
	return DatumGetInt64(sg_result(0, 1, &isnull));
}
