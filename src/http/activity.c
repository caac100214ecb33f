/*
 * activity.c
 *		The activity of the HTTP contract: what was done to summaries, as pages
 *		or, with since=, as a feed.
 *
 * A page of the feed counts its own records: a feed has no end to count up to.
 * Its next link goes on behind its last record, and is null where it has none.
 */
#include "base/session_group.h"

#include "utils/timestamp.h"

#include "activity/columns.h"
#include "activity/feed.h"
#include "base/statement.h"
#include "base/text.h"
#include "http/activity.h"
#include "http/links.h"
#include "json/output.h"
#include "summary/people.h"
#include "summary/store.h"

static void
append_record(StringInfo buf, SPITupleTable *rows, uint64 row, const SgPeople *people)
{
	Datum		values[SG_ACTIVITY_AT];
	bool		nulls[SG_ACTIVITY_AT];

	heap_deform_tuple(rows->vals[row], rows->tupdesc, values, nulls);
	sg_json_literal(buf, "{\"seq\":");
	sg_json_int(buf, DatumGetInt64(values[SG_ACTIVITY_SEQ - 1]));
	sg_json_literal(buf, ",\"summary_id\":");
	sg_json_uuid(buf, DatumGetUUIDP(values[SG_ACTIVITY_SUMMARY_ID - 1]));
	sg_json_literal(buf, ",\"activity\":");
	sg_json_text(buf, values[SG_ACTIVITY_ACTIVITY - 1]);
	sg_json_literal(buf, ",\"user\":");
	sg_people_append(buf, people, values[SG_ACTIVITY_USER_ID - 1],
					 nulls[SG_ACTIVITY_USER_ID - 1]);
	sg_json_literal(buf, ",\"api_key\":");
	sg_json_text_or_null(buf, values[SG_ACTIVITY_API_KEY - 1], nulls[SG_ACTIVITY_API_KEY - 1]);
	sg_json_literal(buf, ",\"how\":");
	sg_json_text(buf, values[SG_ACTIVITY_HOW - 1]);
	sg_json_literal(buf, ",\"request_id\":");
	sg_json_text_or_null(buf, values[SG_ACTIVITY_REQUEST_ID - 1],
						 nulls[SG_ACTIVITY_REQUEST_ID - 1]);
	sg_json_literal(buf, ",\"changes\":");
	sg_json_jsonb(buf, DatumGetJsonbP(values[SG_ACTIVITY_CHANGES - 1]));
	sg_json_literal(buf, ",\"at\":");
	sg_json_timestamp(buf, DatumGetTimestampTz(values[SG_ACTIVITY_AT - 1]));
	appendStringInfoChar(buf, '}');
}

static void
read_page(const SgRequest *request, const pg_uuid_t *id, const SgPage *page, SgResults *result)
{
	result->count = sg_activity_count(request->project_id, id);
	result->row_count = page->offset < result->count ?
		sg_activity_page(request->project_id, id, page->limit, page->offset) : 0;
	result->rows = SPI_tuptable;
	sg_link_pages(request->base_url, &request->query, page, result);
}

static void
read_feed(const SgRequest *request, const pg_uuid_t *id, const SgPage *page, int64 since,
		  SgResults *result)
{
	result->row_count = sg_activity_since(request->project_id, id, since, page->limit);
	result->rows = SPI_tuptable;
	result->count = (int64) result->row_count;
	result->next = result->previous = NULL;
	if (result->row_count > 0)
		result->next = sg_link_since(request->base_url, &request->query, page,
									 DatumGetInt64(sg_required(result->row_count - 1,
															   SG_ACTIVITY_SEQ)));
}

/*
 * Tell whether a summary is there, or was.
 */
static bool
is_known(int64 project_id, const pg_uuid_t *id)
{
	return sg_activity_page(project_id, id, 1, 0) > 0 || sg_store_get(project_id, id) > 0;
}

/*
 * session_group_summaries_activity and session_group_summaries_activity_retrieve
 */
bool
sg_operation_activity(SgRequest *request, SgResponse *response, SgFault *fault)
{
	bool		of_summary = request->route.id.data != NULL;
	const SgText *since = sg_params_last(&request->query, "since");
	SgPage		page = sg_page_read(&request->query, sg_max_page_size);
	SgResults	result = {.project_id = request->project_id};
	pg_uuid_t	id;
	int64		number = 0;

	if (of_summary && (!sg_read_uuid(request->route.id.data, request->route.id.length, &id) ||
					   !is_known(request->project_id, &id)))
		return sg_fault(fault, SG_FAULT_NOT_FOUND, NULL, "Not found.");
	if (since != NULL && !sg_read_number(since->data, since->length, &number))
		return sg_fault(fault, SG_FAULT_INVALID, "since",
						"Not a number of a record. Use the seq of the last one, or 0.");
	if (since != NULL && !sg_activity_kept_since(request->project_id, number, fault))
		return false;
	if (since != NULL)
		read_feed(request, of_summary ? &id : NULL, &page, number, &result);
	else
		read_page(request, of_summary ? &id : NULL, &page, &result);
	sg_results_append(response->body, &result, SG_ACTIVITY_USER_ID, append_record);
	response->status = 200;
	return true;
}
