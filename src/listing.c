/*
 * listing.c
 *		Pages of summaries: order, filters, count.
 *
 * The statements are put together from constant fragments, one statement for
 * each combination of order and filters, planned on first use and kept. Values
 * are parameters; numbers of parameters are the same in all of them.
 */
#include "session_group.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "counts.h"
#include "date_filter.h"
#include "listing.h"
#include "statement.h"
#include "store.h"
#include "text_input.h"

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

#define ORDER_COUNT (2 * lengthof(orders))
#define DEFAULT_ORDER 1			/* created_at, descending */

typedef enum Filter
{
	FILTER_SEARCH,
	FILTER_CREATED_BY,
	FILTER_DATE_FROM,
	FILTER_DATE_TO
} Filter;

static const char *const filters[] = {
	[FILTER_SEARCH] = " AND s.title OPERATOR(pg_catalog.~~*) $2",
	[FILTER_CREATED_BY] = " AND s.created_by_id OPERATOR(pg_catalog.=)"
	" (SELECT u.id FROM session_group.users AS u WHERE u.uuid OPERATOR(pg_catalog.=) $3)",
	[FILTER_DATE_FROM] = " AND s.created_at OPERATOR(pg_catalog.>) $4",
	[FILTER_DATE_TO] = " AND s.created_at OPERATOR(pg_catalog.<) $5",
};

#define FILTER_COMBINATIONS (1 << lengthof(filters))

/* All parameters; the type of the sort key after which to go on is the order's. */
#define PARAM_COUNT 9
#define AFTER_KEY_PARAM 7
static const Oid param_types[PARAM_COUNT] = {
	INT8OID, TEXTOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID, InvalidOid,
	UUIDOID
};

#define AFTER_COUNT (SG_AFTER_NULL + 1)

static const char *const column_lists[] = {
	[SG_LIST_ITEM] = "s.id, s.title, s.session_count, s.created_at, s.created_by_id",
	[SG_LIST_ROW] = SG_ROW_COLUMNS,
};

static SgStatement page_statements[lengthof(column_lists)][ORDER_COUNT][AFTER_COUNT]
	[FILTER_COMBINATIONS];
static SgStatement count_statements[FILTER_COMBINATIONS];

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
	for (int i = 0; i < lengthof(orders); i++)
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

/*
 * Return the time zone of a project, as far as the caller may see the project.
 */
static pg_tz *
project_zone(int64 project_id)
{
	static SgStatement get_zone = {
		"SELECT p.timezone FROM session_group.projects AS p"
		" WHERE p.id OPERATOR(pg_catalog.=) $1",
		1, {INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id)};
	pg_tz	   *zone = NULL;
	bool		isnull;

	if (sg_execute(&get_zone, values, NULL, SG_SNAPSHOT_OF_CALLER) == 1)
		zone = sg_read_timezone(TextDatumGetCString(sg_result(0, 1, &isnull)));
	return zone != NULL ? zone : pg_tzset("UTC");
}

static bool
read_date(SgListing *listing, Filter filter, const SgText *text, const char *attr,
		  TimestampTz *result, SgFault *fault)
{
	if (text == NULL || text->length == 0)
		return true;
	listing->filters |= 1 << filter;
	if (!sg_date_filter_parse(text->data, text->length, project_zone(listing->project_id),
							  GetCurrentTransactionStartTimestamp(), result))
		return sg_fault(fault, SG_FAULT_DATE, attr,
						"Not a valid date. Use ISO 8601 or a relative date such as -7d.");
	return true;
}

static bool
read_search(SgListing *listing, const SgText *text, SgFault *fault)
{
	if (text == NULL || text->length == 0)
		return true;
	if (memchr(text->data, '\0', text->length) != NULL)
		return sg_fault(fault, SG_FAULT_INVALID, "search", "Null characters are not allowed.");
	listing->filters |= 1 << FILTER_SEARCH;
	listing->search = PointerGetDatum(substring_pattern(text));
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
		read_created_by(listing, params->created_by, fault) &&
		read_date(listing, FILTER_DATE_FROM, params->date_from, "date_from",
				  &listing->date_from, fault) &&
		read_date(listing, FILTER_DATE_TO, params->date_to, "date_to",
				  &listing->date_to, fault);
}

/*
 * Write the text of a statement on first use.
 */
static void
build_statement(SgStatement *statement, const char *columns, const SgListing *listing,
				bool page)
{
	const Order *order = &orders[listing->order / 2];
	StringInfoData sql;

	if (statement->sql != NULL)
		return;
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s FROM session_group.summaries AS s"
					 " WHERE s.project_id OPERATOR(pg_catalog.=) $1", columns);
	for (int i = 0; i < lengthof(filters); i++)
	{
		if (listing->filters & (1 << i))
			appendStringInfoString(&sql, filters[i]);
	}
	if (page)
	{
		int			descending = listing->order % 2;

		if (listing->after == SG_AFTER_KEY)
			appendStringInfoString(&sql, order->after[descending]);
		else if (listing->after == SG_AFTER_NULL)
			appendStringInfoString(&sql, order->after_null[descending]);
		appendStringInfo(&sql, " ORDER BY %s LIMIT $6 OFFSET $7", order->sort[descending]);
	}
	statement->nparams = PARAM_COUNT;
	memcpy(statement->param_types, param_types, sizeof(param_types));
	statement->param_types[AFTER_KEY_PARAM] = order->key_type;
	statement->sql = MemoryContextStrdup(TopMemoryContext, sql.data);
}

static uint64
run_listing(SgStatement *statement, const SgListing *listing, int64 limit, int64 offset)
{
	char		nulls[PARAM_COUNT];
	Datum		values[PARAM_COUNT] = {
		Int64GetDatum(listing->project_id), listing->search, listing->created_by,
		TimestampTzGetDatum(listing->date_from), TimestampTzGetDatum(listing->date_to),
		Int64GetDatum(limit), Int64GetDatum(offset), listing->after_key,
		UUIDPGetDatum(&listing->after_id)
	};

	memset(nulls, ' ', sizeof(nulls));
	for (int i = 0; i < lengthof(filters); i++)
	{
		if (!(listing->filters & (1 << i)))
			nulls[1 + i] = 'n';
	}
	if (listing->after != SG_AFTER_KEY || orders[listing->order / 2].key == SG_LIST_ID)
		nulls[AFTER_KEY_PARAM] = 'n';
	return sg_execute(statement, values, nulls, SG_SNAPSHOT_OF_CALLER);
}

/*
 * Read a page; return its number of rows, which are in SPI_tuptable.
 */
uint64
sg_list_page(const SgListing *listing, SgListColumns columns, int64 limit, int64 offset)
{
	SgStatement *statement = &page_statements[columns][listing->order][listing->after]
		[listing->filters];

	build_statement(statement, column_lists[columns], listing, true);
	return run_listing(statement, listing, limit, offset);
}

/*
 * Return the column of SG_LIST_ITEM by which a list is sorted first.
 */
int
sg_order_key(const SgListing *listing)
{
	return orders[listing->order / 2].key;
}

/*
 * Return the exact number of summaries that match.
 */
int64
sg_list_count(const SgListing *listing)
{
	SgStatement *statement = &count_statements[listing->filters];
	bool		isnull;

	if (listing->filters == 0)
		return sg_count_of_project(listing->project_id);
	build_statement(statement, "pg_catalog.count(*)", listing, false);
	if (run_listing(statement, listing, 0, 0) != 1)
		elog(ERROR, "no count of summaries");
	return DatumGetInt64(sg_result(0, 1, &isnull));
}
