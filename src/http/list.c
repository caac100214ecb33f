/*
 * list.c
 *		The list of the HTTP contract: a page of summaries and the links around it.
 */
#include "base/session_group.h"

#include "utils/timestamp.h"

#include "base/statement.h"
#include "http/links.h"
#include "http/list.h"
#include "json/output.h"
#include "list/cursor.h"
#include "list/listing.h"
#include "summary/people.h"

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
	sg_people_append(buf, people, values[SG_LIST_CREATED_BY - 1], nulls[SG_LIST_CREATED_BY - 1]);
	appendStringInfoChar(buf, '}');
}

/*
 * Read a page by its offset.
 */
static void
read_page_at_offset(const SgRequest *request, const SgListing *listing, const SgPage *page,
					SgResults *result)
{
	result->row_count = page->offset < result->count ?
		sg_list_page(listing, SG_LIST_ITEM, result->count, page->limit, page->offset) : 0;
	result->rows = SPI_tuptable;
	sg_link_pages(request->base_url, &request->query, page, result);
}

/*
 * Read the page after a cursor. One row more tells whether another follows.
 */
static void
read_page_after_cursor(const SgRequest *request, const SgListingParams *params,
					   const SgListing *listing, const SgPage *page, SgResults *result)
{
	Datum		values[SG_LIST_CREATED_BY];
	bool		nulls[SG_LIST_CREATED_BY];
	uint64		found = sg_list_page(listing, SG_LIST_ITEM, result->count, page->limit + 1, 0);

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

/*
 * session_group_summaries_list
 */
bool
sg_operation_list(SgRequest *request, SgResponse *response, SgFault *fault)
{
	const SgParams *query = &request->query;
	const SgText *cursor = sg_params_last(query, "cursor");
	SgListingParams params = {.order = sg_params_last(query, "order")};
	SgPage		page = sg_page_read(query, sg_max_page_size);
	SgListing	listing;
	SgResults	result = {.project_id = request->project_id};

	for (int i = 0; sg_filters[i].name != NULL; i++)
		params.filters[i] = sg_params_last(query, sg_filters[i].name);
	if (!sg_listing_read(request->project_id, &params, &listing, fault) ||
		(cursor != NULL && !sg_cursor_read(cursor, &params, &listing, fault)))
		return false;
	result.count = sg_list_count(&listing);
	if (cursor != NULL)
		read_page_after_cursor(request, &params, &listing, &page, &result);
	else
		read_page_at_offset(request, &listing, &page, &result);
	sg_results_append(response->body, &result, SG_LIST_CREATED_BY, append_item);
	response->status = 200;
	return true;
}
