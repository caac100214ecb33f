/*
 * operations.c
 *		Which operation of the HTTP contract a request is for, and OPTIONS.
 */
#include "base/session_group.h"

#include "http/account.h"
#include "http/activity.h"
#include "http/headers.h"
#include "http/idempotency.h"
#include "http/list.h"
#include "http/object.h"
#include "http/operations.h"
#include "http/patterns.h"

static bool
describe(SgRequest *request, SgResponse *response, SgFault *fault)
{
	appendStringInfo(response->body,
					 "{\"name\":\"%s\",\"description\":\"\","
					 "\"renders\":[\"application/json\"%s],"
					 "\"parses\":[\"application/json\",\"application/x-www-form-urlencoded\"]}",
					 sg_resource_name(request->route.resource),
					 request->route.resource == SG_RESOURCE_OBJECT ? ",\"text/markdown\"" : "");
	response->status = 200;
	response->allow = sg_allowed_methods(request->route.resource);
	return true;
}

/* What is missing here is a method that the route does not allow. */
static const SgOperation operations[SG_RESOURCE_COUNT][SG_METHOD_OTHER] = {
	[SG_RESOURCE_PROJECTS] = {
		[SG_METHOD_GET] = sg_operation_projects,
	},
	[SG_RESOURCE_PROJECT] = {
		[SG_METHOD_GET] = sg_operation_project,
	},
	[SG_RESOURCE_SELF] = {
		[SG_METHOD_GET] = sg_operation_self,
	},
	[SG_RESOURCE_KEY] = {
		[SG_METHOD_GET] = sg_operation_key,
	},
	[SG_RESOURCE_LIST] = {
		[SG_METHOD_GET] = sg_operation_list,
		[SG_METHOD_POST] = sg_operation_create,
	},
	[SG_RESOURCE_PATTERNS] = {
		[SG_METHOD_GET] = sg_operation_patterns,
	},
	[SG_RESOURCE_OBJECT] = {
		[SG_METHOD_GET] = sg_operation_retrieve,
		[SG_METHOD_PUT] = sg_operation_update,
		[SG_METHOD_PATCH] = sg_operation_update,
		[SG_METHOD_DELETE] = sg_operation_destroy,
	},
	[SG_RESOURCE_ACTIVITY] = {
		[SG_METHOD_GET] = sg_operation_activity,
	},
	[SG_RESOURCE_OBJECT_ACTIVITY] = {
		[SG_METHOD_GET] = sg_operation_activity,
	},
};

/*
 * Carry out a request that has been admitted; SPI must be connected.
 */
bool
sg_operate(SgRequest *request, SgResponse *response, SgFault *fault)
{
	SgOperation operation = request->method == SG_METHOD_OPTIONS ? describe :
		operations[request->route.resource][request->method];

	if (request->method == SG_METHOD_POST &&
		sg_request_header(request->headers, "idempotency-key") != NULL)
		return sg_operate_once(operation, request, response, fault);
	return operation(request, response, fault);
}
