/*
 * gateway_operations.c
 *		The six operations of the HTTP contract, and OPTIONS.
 */
#include "session_group.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "cursor.h"
#include "gateway.h"
#include "json_input.h"
#include "json_output.h"
#include "links.h"
#include "listing.h"
#include "people.h"
#include "statement.h"
#include "store.h"
#include "summary_input.h"
#include "text_input.h"

static void
append_string_or_null(StringInfo buf, const char *text)
{
	if (text == NULL)
		sg_json_literal(buf, "null");
	else
		sg_json_cstring(buf, text);
}

/*
 * Load the people in one column of a result.
 */
static void
load_people(SgPeople *people, SPITupleTable *rows, uint64 count, int column)
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
	sg_people_load(people, ids, distinct);
}

static void
append_person(StringInfo buf, const SgPeople *people, Datum id, bool isnull)
{
	if (isnull)
		sg_json_literal(buf, "null");
	else
		sg_people_append(buf, people, DatumGetInt64(id));
}

static void
append_item(StringInfo buf, SPITupleTable *rows, uint64 row, const SgPeople *people)
{
	Datum		values[SG_LIST_CREATED_BY];
	bool		nulls[SG_LIST_CREATED_BY];

	heap_deform_tuple(rows->vals[row], rows->tupdesc, values, nulls);
	sg_json_literal(buf, "{\"id\":");
	sg_json_uuid(buf, DatumGetUUIDP(values[SG_LIST_ID - 1]));
	sg_json_literal(buf, ",\"title\":");
	sg_json_text(buf, values[SG_LIST_TITLE - 1]);
	sg_json_literal(buf, ",\"session_count\":");
	sg_json_int(buf, DatumGetInt32(values[SG_LIST_SESSION_COUNT - 1]));
	sg_json_literal(buf, ",\"created_at\":");
	sg_json_timestamp(buf, DatumGetTimestampTz(values[SG_LIST_CREATED_AT - 1]));
	sg_json_literal(buf, ",\"created_by\":");
	append_person(buf, people, values[SG_LIST_CREATED_BY - 1], nulls[SG_LIST_CREATED_BY - 1]);
	appendStringInfoChar(buf, '}');
}

/* A page of a list, and the links around it. */
typedef struct ListPage
{
	int64		count;			/* of all that match */
	uint64		row_count;		/* of this page */
	SPITupleTable *rows;
	const char *next;
	const char *previous;
} ListPage;

/*
 * Read a page by its offset.
 */
static void
read_page_at_offset(const SgRequest *request, const SgListing *listing, const SgPage *page,
					ListPage *result)
{
	result->row_count = page->offset < result->count ?
		sg_list_page(listing, SG_LIST_ITEM, page->limit, page->offset) : 0;
	result->rows = SPI_tuptable;
	result->next = sg_link_next(request->base_url, &request->query, page, result->count);
	result->previous = sg_link_previous(request->base_url, &request->query, page);
}

/*
 * Read the page after a cursor. One row more tells whether another follows.
 */
static void
read_page_after_cursor(const SgRequest *request, const SgListingParams *params,
					   const SgListing *listing, const SgPage *page, ListPage *result)
{
	Datum		values[SG_LIST_CREATED_BY];
	bool		nulls[SG_LIST_CREATED_BY];
	uint64		found = sg_list_page(listing, SG_LIST_ITEM, page->limit + 1, 0);

	result->rows = SPI_tuptable;
	result->row_count = Min(found, (uint64) page->limit);
	result->next = result->previous = NULL;
	if (found > result->row_count)
	{
		heap_deform_tuple(result->rows->vals[result->row_count - 1], result->rows->tupdesc,
						  values, nulls);
		result->next = sg_link_cursor(request->base_url, &request->query, page,
									  sg_cursor_write(params, listing, values, nulls));
	}
}

static void
append_page(StringInfo buf, const ListPage *page)
{
	SgPeople	people;

	load_people(&people, page->rows, page->row_count, SG_LIST_CREATED_BY);
	sg_json_literal(buf, "{\"count\":");
	sg_json_int(buf, page->count);
	sg_json_literal(buf, ",\"next\":");
	append_string_or_null(buf, page->next);
	sg_json_literal(buf, ",\"previous\":");
	append_string_or_null(buf, page->previous);
	sg_json_literal(buf, ",\"results\":[");
	for (uint64 i = 0; i < page->row_count; i++)
	{
		if (i > 0)
			appendStringInfoChar(buf, ',');
		append_item(buf, page->rows, i, &people);
	}
	sg_json_literal(buf, "]}");
}

/*
 * session_group_summaries_list
 */
static bool
list(SgRequest *request, SgResponse *response, SgFault *fault)
{
	const SgParams *query = &request->query;
	const SgText *cursor = sg_params_last(query, "cursor");
	SgListingParams params = {
		.order = sg_params_last(query, "order"),
		.search = sg_params_last(query, "search"),
		.created_by = sg_params_last(query, "created_by"),
		.date_from = sg_params_last(query, "date_from"),
		.date_to = sg_params_last(query, "date_to")
	};
	SgPage		page = sg_page_read(query, sg_max_page_size);
	SgListing	listing;
	ListPage	result;

	if (!sg_listing_read(request->project_id, &params, &listing, fault) ||
		(cursor != NULL && !sg_cursor_read(cursor, &params, &listing, fault)))
		return false;
	result.count = sg_list_count(&listing);
	if (cursor != NULL)
		read_page_after_cursor(request, &params, &listing, &page, &result);
	else
		read_page_at_offset(request, &listing, &page, &result);
	append_page(response->body, &result);
	response->status = 200;
	return true;
}

static void
append_string_list(StringInfo buf, ArrayType *array)
{
	Datum	   *items;
	bool	   *nulls;
	int			count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, &count);
	appendStringInfoChar(buf, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(buf, ',');
		if (nulls[i])
			sg_json_literal(buf, "null");
		else
			sg_json_text(buf, items[i]);
	}
	appendStringInfoChar(buf, ']');
}

static void
append_json(StringInfo buf, Datum value, bool isnull)
{
	if (isnull)
		sg_json_literal(buf, "null");
	else
		sg_json_jsonb(buf, DatumGetJsonbP(value));
}

/*
 * Answer with the row of the last result, as the whole object.
 */
static bool
answer_object(SgResponse *response, int status)
{
	StringInfo	buf = response->body;
	SPITupleTable *rows = SPI_tuptable;
	Datum		values[SG_ROW_VERSION];
	bool		nulls[SG_ROW_VERSION];
	SgPeople	people;

	load_people(&people, rows, 1, SG_ROW_CREATED_BY_ID);
	heap_deform_tuple(rows->vals[0], rows->tupdesc, values, nulls);

	sg_json_literal(buf, "{\"id\":");
	sg_json_uuid(buf, DatumGetUUIDP(values[SG_ROW_ID - 1]));
	sg_json_literal(buf, ",\"title\":");
	sg_json_text(buf, values[SG_ROW_TITLE - 1]);
	sg_json_literal(buf, ",\"session_ids\":");
	append_string_list(buf, DatumGetArrayTypeP(values[SG_ROW_SESSION_IDS - 1]));
	sg_json_literal(buf, ",\"summary\":");
	append_json(buf, values[SG_ROW_SUMMARY - 1], nulls[SG_ROW_SUMMARY - 1]);
	sg_json_literal(buf, ",\"extra_summary_context\":");
	append_json(buf, values[SG_ROW_EXTRA_SUMMARY_CONTEXT - 1],
				nulls[SG_ROW_EXTRA_SUMMARY_CONTEXT - 1]);
	sg_json_literal(buf, ",\"run_metadata\":");
	append_json(buf, values[SG_ROW_RUN_METADATA - 1], nulls[SG_ROW_RUN_METADATA - 1]);
	sg_json_literal(buf, ",\"created_at\":");
	sg_json_timestamp(buf, DatumGetTimestampTz(values[SG_ROW_CREATED_AT - 1]));
	sg_json_literal(buf, ",\"created_by\":");
	append_person(buf, &people, values[SG_ROW_CREATED_BY_ID - 1],
				  nulls[SG_ROW_CREATED_BY_ID - 1]);
	sg_json_literal(buf, ",\"team\":");
	sg_json_int(buf, DatumGetInt64(values[SG_ROW_PROJECT_ID - 1]));
	appendStringInfoChar(buf, '}');
	response->status = status;
	return true;
}

/*
 * Read the fields from the body.
 */
static bool
read_fields(SgRequest *request, SgInputMode mode, SgFields *fields, SgFault *fault)
{
	sg_request_read_body(request);
	switch (request->body_kind)
	{
		case SG_BODY_OTHER:
			return sg_fault(fault, SG_FAULT_MEDIA_TYPE, NULL,
							"Unsupported media type \"%s\" in request.", request->media_type);
		case SG_BODY_JSON:
			if (request->json == NULL)
				return sg_fault(fault, SG_FAULT_PARSE, NULL, "JSON parse error - %s",
								request->json_error);
			if (!JB_ROOT_IS_OBJECT(request->json))
				return sg_fault(fault, SG_FAULT_INVALID, NULL,
								"Invalid data. Expected a dictionary, but got %s.",
								sg_json_python_type_of(request->json));
			return sg_input_from_json(request->json, mode, fields, fault);
		default:
			if (!sg_params_are_utf8(request->body, request->body_length))
				return sg_fault(fault, SG_FAULT_PARSE, NULL, "The form is not valid UTF-8.");
			if (request->form.too_many)
				return sg_fault(fault, SG_FAULT_PARSE, NULL, "The form has more than %d fields.",
								SG_PARAMS_MAX);
			/* An empty body is a form without values. */
			return sg_input_from_form(&request->form, mode, fields, fault);
	}
}

/*
 * session_group_summaries_create
 */
static bool
create(SgRequest *request, SgResponse *response, SgFault *fault)
{
	SgFields	fields;

	if (!read_fields(request, SG_INPUT_CREATE, &fields, fault))
		return false;
	sg_store_insert(request->project_id, &fields);
	return answer_object(response, 201);
}

static bool
read_id(const SgRequest *request, pg_uuid_t *id)
{
	return sg_read_uuid(request->route.id.data, request->route.id.length, id);
}

static bool
not_found(SgFault *fault)
{
	return sg_fault(fault, SG_FAULT_NOT_FOUND, NULL, "Not found.");
}

/*
 * session_group_summaries_retrieve
 */
static bool
retrieve(SgRequest *request, SgResponse *response, SgFault *fault)
{
	pg_uuid_t	id;

	if (!read_id(request, &id) || sg_store_get(request->project_id, &id) == 0)
		return not_found(fault);
	return answer_object(response, 200);
}

/*
 * session_group_summaries_update and session_group_summaries_partial_update.
 * An unknown summary is told before a bad body, as the contract's framework
 * does; a summary that goes away in between is unknown too.
 */
static bool
update(SgRequest *request, SgResponse *response, SgFault *fault)
{
	SgInputMode mode = request->method == SG_METHOD_PUT ? SG_INPUT_REPLACE : SG_INPUT_CHANGE;
	SgFields	fields;
	pg_uuid_t	id;

	if (!read_id(request, &id))
		return not_found(fault);
	if (!read_fields(request, mode, &fields, fault))
	{
		if (sg_store_get(request->project_id, &id) == 0)
			return not_found(fault);
		return false;
	}
	if (sg_store_update(request->project_id, &id, &fields) == 0)
		return not_found(fault);
	return answer_object(response, 200);
}

/*
 * session_group_summaries_destroy
 */
static bool
destroy(SgRequest *request, SgResponse *response, SgFault *fault)
{
	pg_uuid_t	id;

	if (!read_id(request, &id) || sg_store_delete(request->project_id, &id) == 0)
		return not_found(fault);
	response->status = 204;
	return true;
}

/*
 * OPTIONS: what Django REST framework tells of a resource.
 */
static bool
describe(SgRequest *request, SgResponse *response)
{
	appendStringInfo(response->body,
					 "{\"name\":\"Session Group Summary %s\",\"description\":\"\","
					 "\"renders\":[\"application/json\"],"
					 "\"parses\":[\"application/json\",\"application/x-www-form-urlencoded\"]}",
					 request->route.resource == SG_RESOURCE_LIST ? "List" : "Instance");
	response->status = 200;
	response->allow = sg_allowed_methods(request->route.resource);
	return true;
}

/*
 * Carry out a request that has been admitted; SPI must be connected.
 */
bool
sg_operate(SgRequest *request, SgResponse *response, SgFault *fault)
{
	switch (request->method)
	{
		case SG_METHOD_GET:
			return request->route.resource == SG_RESOURCE_LIST ?
				list(request, response, fault) : retrieve(request, response, fault);
		case SG_METHOD_POST:
			return create(request, response, fault);
		case SG_METHOD_PUT:
		case SG_METHOD_PATCH:
			return update(request, response, fault);
		case SG_METHOD_DELETE:
			return destroy(request, response, fault);
		default:
			return describe(request, response);
	}
}
