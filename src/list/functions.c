/*
 * functions.c
 *		The SQL functions list_summaries() and count_summaries().
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "base/arguments.h"
#include "base/statement.h"
#include "list/listing.h"
#include "summary/store.h"

PG_FUNCTION_INFO_V1(session_group_list_summaries);
PG_FUNCTION_INFO_V1(session_group_count_summaries);

/*
 * Return an argument of type text or uuid as a text, or null.
 */
static SgText *
text_argument(FunctionCallInfo fcinfo, int number, Oid type)
{
	SgText	   *result;

	if (!sg_has_argument(fcinfo, number))
		return NULL;
	result = palloc(sizeof(SgText));
	result->data = type == UUIDOID ?
		DatumGetCString(DirectFunctionCall1(uuid_out, PG_GETARG_DATUM(number))) :
		text_to_cstring(PG_GETARG_TEXT_PP(number));
	result->length = strlen(result->data);
	return result;
}

/*
 * Read the filters, which are the arguments from "first" on. Raises the first
 * fault.
 */
static void
read_listing(FunctionCallInfo fcinfo, const SgText *order, int first, SgListing *listing)
{
	SgListingParams params = {.order = order};
	SgFault		fault;

	for (int i = 0; sg_filters[i].name != NULL; i++)
		params.filters[i] = text_argument(fcinfo, first + i, sg_filters[i].argument);
	if (!sg_listing_read(PG_GETARG_INT64(0), &params, listing, &fault))
	{
		/* Only this argument has another name than its parameter over HTTP. */
		if (strcmp(fault.attr, "order") == 0)
			fault.attr = "order_by";
		sg_fault_raise(&fault);
	}
}

/*
 * session_group.list_summaries(project_id bigint, row_limit integer, row_offset bigint,
 * order_by text, …) returns setof session_group.summaries: then the filters.
 *
 * Raises 42501 if the project is hidden, 22023 and 22007 for bad arguments.
 */
Datum
session_group_list_summaries(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int32		limit = PG_ARGISNULL(1) ? SG_DEFAULT_PAGE_SIZE : PG_GETARG_INT32(1);
	int64		offset = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2);
	SgListing	listing;
	uint64		rows;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_refuse_bad_page(limit, offset);
	InitMaterializedSRF(fcinfo, 0);
	sg_spi_connect();
	read_listing(fcinfo, text_argument(fcinfo, 3, TEXTOID), 4, &listing);
	rows = sg_list_page(&listing, SG_LIST_ROW, -1, limit, offset);
	for (uint64 i = 0; i < rows; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
	if (rows == 0 && !sg_store_project_served(PG_GETARG_INT64(0)))
		sg_raise_no_access(PG_GETARG_INT64(0), "read");
	sg_spi_finish();
	return (Datum) 0;
}

/*
 * session_group.count_summaries(project_id bigint, …) returns bigint: the filters.
 *
 * Raises 42501 if the project is hidden, 22023 and 22007 for bad arguments.
 */
Datum
session_group_count_summaries(PG_FUNCTION_ARGS)
{
	SgListing	listing;
	int64		count;

	sg_refuse_null(fcinfo, 0, "project_id");
	sg_spi_connect();
	read_listing(fcinfo, NULL, 1, &listing);
	count = sg_list_count(&listing);
	if (count == 0 && !sg_store_project_served(PG_GETARG_INT64(0)))
		sg_raise_no_access(PG_GETARG_INT64(0), "read");
	sg_spi_finish();
	PG_RETURN_INT64(count);
}
