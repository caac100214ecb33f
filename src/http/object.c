/*
 * object.c
 *		Operations on one summary: create, retrieve, update, destroy.
 */
#include "base/session_group.h"

#include "base/statement.h"
#include "base/text.h"
#include "http/accept.h"
#include "http/conditional.h"
#include "http/form.h"
#include "http/headers.h"
#include "http/object.h"
#include "json/input.h"
#include "summary/input.h"
#include "summary/object.h"
#include "summary/people.h"
#include "summary/report.h"
#include "summary/store.h"

/* A summary, and what its answer needs. */
typedef struct Object
{
	SPITupleTable *rows;		/* one, of session_group.summaries */
	SgPeople	people;			/* its creator */
	char		etag[SG_ETAG_SIZE];
} Object;

/*
 * Fill in an object from the row of the last result.
 */
static void
load_object(Object *object, SgRepresentation representation)
{
	int64		project_id = DatumGetInt64(sg_required(0, SG_ROW_PROJECT_ID));

	object->rows = SPI_tuptable;
	sg_people_load(&object->people, project_id, object->rows, 1, SG_ROW_CREATED_BY_ID);
	sg_etag(object->rows, &object->people, representation, object->etag);
}

/*
 * Answer with the whole object.
 */
static bool
answer_object(SgResponse *response, const Object *object, int status)
{
	sg_object_append(response->body, object->rows, 0, &object->people);
	response->status = status;
	memcpy(response->etag, object->etag, SG_ETAG_SIZE);
	return true;
}

/*
 * Answer with the report in Markdown.
 */
static bool
answer_report(SgResponse *response, const Object *object)
{
	sg_report_append(response->body, object->rows, 0);
	response->media_type = "text/markdown; charset=utf-8";
	response->status = 200;
	memcpy(response->etag, object->etag, SG_ETAG_SIZE);
	return true;
}

/*
 * Answer with the row that the last statement wrote.
 */
static bool
answer_written(SgResponse *response, int status)
{
	Object		object;

	load_object(&object, SG_REPRESENTATION_JSON);
	return answer_object(response, &object, status);
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
			if (!sg_input_from_json(request->json, mode, fields, fault))
				return false;
			/* The fields are copies; the document may be large. */
			pfree(request->json);
			request->json = NULL;
			return true;
		default:
			if (!sg_params_are_utf8(request->body, request->body_length))
				return sg_fault(fault, SG_FAULT_PARSE, NULL, "The form is not valid UTF-8.");
			if (request->form.too_many)
				return sg_fault(fault, SG_FAULT_PARSE, NULL, "The form has more than %d fields.",
								SG_PARAMS_MAX);
			/* An empty body counts as an empty form. */
			return sg_input_from_form(&request->form, mode, fields, fault);
	}
}

/*
 * Free the fields that are stored now: they may be large.
 */
static void
free_fields(SgFields *fields)
{
	for (int i = 0; i < SG_FIELD_COUNT; i++)
	{
		if (fields->values[i] != NULL)
			pfree(fields->values[i]);
		fields->values[i] = NULL;
	}
}

/*
 * session_group_summaries_create
 */
bool
sg_operation_create(SgRequest *request, SgResponse *response, SgFault *fault)
{
	SgFields	fields;

	if (!read_fields(request, SG_INPUT_CREATE, &fields, fault))
		return false;
	sg_store_insert(request->project_id, &fields);
	free_fields(&fields);
	return answer_written(response, 201);
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
bool
sg_operation_retrieve(SgRequest *request, SgResponse *response, SgFault *fault)
{
	pg_uuid_t	id;
	Object		object;
	bool		report;
	bool		unchanged;

	if (!read_id(request, &id) || sg_store_get(request->project_id, &id) == 0)
		return not_found(fault);
	report = sg_accepts_markdown(sg_request_header(request->headers, "x-accept"));
	load_object(&object, report ? SG_REPRESENTATION_MARKDOWN : SG_REPRESENTATION_JSON);
	if (!sg_conditions_check(request, object.etag, &unchanged, fault))
		return false;
	response->vary = "Accept";
	if (!unchanged)
		return report ? answer_report(response, &object) : answer_object(response, &object, 200);
	response->status = 304;
	memcpy(response->etag, object.etag, SG_ETAG_SIZE);
	return true;
}

/*
 * Check the conditions of a write, if there are any, against the newest state of
 * the summary, which is locked until the transaction ends.
 */
static bool
check_before_write(const SgRequest *request, const pg_uuid_t *id, SgFault *fault)
{
	Object		object;

	if (!sg_conditions_given(request))
		return true;
	if (sg_store_lock(request->project_id, id) == 0)
		return not_found(fault);
	load_object(&object, SG_REPRESENTATION_JSON);
	return sg_conditions_check(request, object.etag, NULL, fault);
}

/*
 * session_group_summaries_update and session_group_summaries_partial_update. As
 * in the framework of the contract, an unknown summary is reported before a bad
 * body; so is one that goes away meanwhile. A bad body is reported before a
 * condition that does not hold, so that it takes no lock.
 */
bool
sg_operation_update(SgRequest *request, SgResponse *response, SgFault *fault)
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
	if (!check_before_write(request, &id, fault))
		return false;
	if (sg_store_update(request->project_id, &id, &fields) == 0)
		return not_found(fault);
	free_fields(&fields);
	return answer_written(response, 200);
}

/*
 * session_group_summaries_destroy
 */
bool
sg_operation_destroy(SgRequest *request, SgResponse *response, SgFault *fault)
{
	pg_uuid_t	id;

	if (!read_id(request, &id))
		return not_found(fault);
	if (!check_before_write(request, &id, fault))
		return false;
	if (sg_store_delete(request->project_id, &id) == 0)
		return not_found(fault);
	response->status = 204;
	return true;
}
