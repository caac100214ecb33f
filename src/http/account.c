/*
 * account.c
 *		The user, the key and the projects of a request: what clients look up first.
 */
#include "base/session_group.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "base/statement.h"
#include "http/account.h"
#include "http/links.h"
#include "identity/identity.h"
#include "json/output.h"
#include "summary/people.h"

/* Clients expect an organization with a uuid. There is one, and it has all projects. */
#define ORGANIZATION_ID "\"00000000-0000-0000-0000-000000000000\""
#define ORGANIZATION "{\"id\":" ORGANIZATION_ID ",\"name\":\"session_group\"}"

#define PROJECT_COLUMNS "p.id, p.name, p.timezone"

static void
append_project(StringInfo buf, SPITupleTable *rows, uint64 row, const SgPeople *people)
{
	sg_json_literal(buf, "{\"id\":");
	sg_json_int(buf, DatumGetInt64(sg_required_value(rows, row, 1)));
	sg_json_literal(buf, ",\"organization\":" ORGANIZATION_ID ",\"name\":");
	sg_json_text(buf, sg_required_value(rows, row, 2));
	sg_json_literal(buf, ",\"timezone\":");
	sg_json_text(buf, sg_required_value(rows, row, 3));
	appendStringInfoChar(buf, '}');
}

/*
 * Read a page of the projects that the caller may read.
 */
static uint64
read_projects(const SgPage *page)
{
	static SgStatement read = {
		"SELECT " PROJECT_COLUMNS " FROM session_group.projects AS p"
		" ORDER BY p.id LIMIT $1 OFFSET $2",
		{INT8OID, INT8OID}
	};
	Datum		values[] = {Int64GetDatum(page->limit), Int64GetDatum(page->offset)};

	return sg_execute(&read, values, NULL, SG_SNAPSHOT_OF_CALLER);
}

/*
 * Read one project.
 */
static uint64
read_project(int64 id)
{
	static SgStatement read = {
		"SELECT " PROJECT_COLUMNS " FROM session_group.projects AS p"
		" WHERE p.id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(id)};

	return sg_execute(&read, values, NULL, SG_SNAPSHOT_OF_CALLER);
}

static int64
count_projects(void)
{
	static SgStatement count = {
		"SELECT pg_catalog.count(*) FROM session_group.projects AS p"
	};

	(void) sg_execute(&count, NULL, NULL, SG_SNAPSHOT_OF_CALLER);
	return DatumGetInt64(sg_required(0, 1));
}

/*
 * projects_list
 */
bool
sg_operation_projects(SgRequest *request, SgResponse *response, SgFault *fault)
{
	SgPage		page = sg_page_read(&request->query, sg_max_page_size);
	SgResults	results = {.count = count_projects()};

	results.row_count = read_projects(&page);
	results.rows = SPI_tuptable;
	sg_link_pages(request->base_url, &request->query, &page, &results);
	sg_results_append(response->body, &results, 0, append_project);
	response->status = 200;
	return true;
}

/*
 * projects_retrieve
 */
bool
sg_operation_project(SgRequest *request, SgResponse *response, SgFault *fault)
{
	if (read_project(request->project_id) == 0)
		return sg_fault(fault, SG_FAULT_NOT_FOUND, NULL, "Project not found.");
	append_project(response->body, SPI_tuptable, 0, NULL);
	response->status = 200;
	return true;
}

/*
 * users_me: "team" is the first of the projects, or null.
 */
bool
sg_operation_self(SgRequest *request, SgResponse *response, SgFault *fault)
{
	const SgPage first = {.limit = 1};
	StringInfo	buf = response->body;

	appendStringInfoChar(buf, '{');
	sg_people_append_self(buf, sg_identity()->user_id);
	sg_json_literal(buf, ",\"organization\":" ORGANIZATION ",\"organizations\":[" ORGANIZATION "]"
					",\"team\":");
	if (read_projects(&first) > 0)
		append_project(buf, SPI_tuptable, 0, NULL);
	else
		sg_json_literal(buf, "null");
	appendStringInfoChar(buf, '}');
	response->status = 200;
	return true;
}

static void
append_numbers(StringInfo buf, const SgProjectList *list)
{
	appendStringInfoChar(buf, '[');
	for (int i = 0; i < list->count; i++)
	{
		if (i > 0)
			appendStringInfoChar(buf, ',');
		sg_json_int(buf, list->ids[i]);
	}
	appendStringInfoChar(buf, ']');
}

static void
append_time_or_null(StringInfo buf, Datum value, bool isnull)
{
	if (isnull)
		sg_json_literal(buf, "null");
	else
		sg_json_timestamp(buf, DatumGetTimestampTz(value));
}

/*
 * Read what the owner of a key may know about it. Runs as the extension's owner,
 * since no caller may read keys.
 */
static uint64
read_key(int64 id)
{
	static SgStatement read = {
		"SELECT k.label, k.mask, k.created_at, k.last_used_at, k.expires_at,"
		" pg_catalog.array_remove(COALESCE(k.scopes, '{}'), NULL) FROM session_group.api_keys AS k"
		" WHERE k.id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(id)};

	return sg_execute_as_owner(&read, values, NULL, SG_SNAPSHOT_OF_CALLER);
}

/*
 * personal_api_keys_current: the key of this request. A token is not a key.
 */
bool
sg_operation_key(SgRequest *request, SgResponse *response, SgFault *fault)
{
	const SgIdentity *identity = sg_identity();
	StringInfo	buf = response->body;
	bool		isnull;
	Datum		value;

	if (identity->proof != SG_PROOF_API_KEY || read_key(identity->api_key_id) == 0)
		return sg_fault(fault, SG_FAULT_NOT_FOUND, NULL, "Not found.");
	appendStringInfo(buf, "{\"id\":\"" INT64_FORMAT "\",\"label\":", identity->api_key_id);
	sg_json_text(buf, sg_required(0, 1));
	sg_json_literal(buf, ",\"mask_value\":");
	sg_json_text(buf, sg_required(0, 2));
	sg_json_literal(buf, ",\"created_at\":");
	value = sg_result(0, 3, &isnull);
	append_time_or_null(buf, value, isnull);
	sg_json_literal(buf, ",\"last_used_at\":");
	value = sg_result(0, 4, &isnull);
	append_time_or_null(buf, value, isnull);
	sg_json_literal(buf, ",\"expires_at\":");
	value = sg_result(0, 5, &isnull);
	append_time_or_null(buf, value, isnull);
	appendStringInfo(buf, ",\"user_id\":" INT64_FORMAT ",\"scopes\":", identity->user_id);
	sg_json_text_array(buf, DatumGetArrayTypeP(sg_required(0, 6)));
	sg_json_literal(buf, ",\"scoped_teams\":");
	append_numbers(buf, &identity->only);
	sg_json_literal(buf, ",\"scoped_organizations\":[]}");
	response->status = 200;
	return true;
}
