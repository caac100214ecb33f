/*
 * route.c
 *		The table of routes: from method and path to an operation of the HTTP contract.
 *
 * A new route is a row here. Who may use it, the header Allow and OPTIONS
 * follow; what nginx allows by itself (deploy/nginx/errors-table.conf) and the
 * description (deploy/openapi.json) are compared with it by a test.
 */
#include "base/session_group.h"

#include "http/account.h"
#include "http/activity.h"
#include "http/headers.h"
#include "http/idempotency.h"
#include "http/list.h"
#include "http/object.h"
#include "http/patterns.h"
#include "http/route.h"
#include "identity/identity.h"

/* What stands in a path for any segment. No segment is equal to these: they have a slash. */
#define ANY_PROJECT "/project"
#define ANY_ID "/id"

#define SUMMARIES "projects", ANY_PROJECT, "session_group_summaries"

/* The first row that fits is taken: one with a word comes before one with an id there. */
static const SgResource resources[] = {
	{
		"Project List", {"projects"}, NULL,
		{[SG_METHOD_GET] = {sg_operation_projects, SG_SCOPE_READ}}
	},
	{
		"Project Instance", {"projects", ANY_PROJECT}, NULL,
		{[SG_METHOD_GET] = {sg_operation_project, SG_SCOPE_READ}}
	},
	{
		"User Instance", {"users", "@me"}, NULL,
		{[SG_METHOD_GET] = {sg_operation_self, NULL}}
	},
	{
		"Personal API Key Instance", {"personal_api_keys", "@current"}, NULL,
		{[SG_METHOD_GET] = {sg_operation_key, NULL}}
	},
	{
		"Session Group Summary List", {SUMMARIES}, NULL,
		{
			[SG_METHOD_GET] = {sg_operation_list, SG_SCOPE_READ},
			[SG_METHOD_POST] = {sg_operation_create, SG_SCOPE_WRITE}
		}
	},
	{
		"Session Group Summary Patterns", {SUMMARIES, "patterns"}, NULL,
		{[SG_METHOD_GET] = {sg_operation_patterns, SG_SCOPE_READ}}
	},
	{
		"Session Group Summary Activity", {SUMMARIES, "activity"}, NULL,
		{[SG_METHOD_GET] = {sg_operation_activity, SG_SCOPE_READ}}
	},
	{
		"Session Group Summary Instance", {SUMMARIES, ANY_ID}, ",\"text/markdown\"",
		{
			[SG_METHOD_GET] = {sg_operation_retrieve, SG_SCOPE_READ},
			[SG_METHOD_PUT] = {sg_operation_update, SG_SCOPE_WRITE},
			[SG_METHOD_PATCH] = {sg_operation_update, SG_SCOPE_WRITE},
			[SG_METHOD_DELETE] = {sg_operation_destroy, SG_SCOPE_WRITE}
		}
	},
	{
		"Session Group Summary Activity", {SUMMARIES, ANY_ID, "activity"}, NULL,
		{[SG_METHOD_GET] = {sg_operation_activity, SG_SCOPE_READ}}
	},
};

/*
 * Split a decoded path at its slashes, but for one at its end; return the
 * number of segments, or -1 for a path of another shape.
 */
static int
split_path(const SgText *path, SgText *segments)
{
	char	   *c = path->data;
	char	   *end = path->data + path->length;
	int			count = 0;

	if (c == end || *c != '/')
		return -1;
	if (end[-1] == '/' && end - 1 > c)
		end--;
	while (c < end)
	{
		char	   *start = ++c;

		while (c < end && *c != '/')
			c++;
		if (count > SG_PATH_MAX || c == start)
			return -1;
		segments[count].data = start;
		segments[count++].length = c - start;
	}
	return count;
}

/*
 * Tell whether a segment is a word of a path. The contract's clients call
 * projects environments, too.
 */
static bool
is_word(const SgText *segment, const char *word)
{
	return sg_text_is(segment, word) ||
		(strcmp(word, "projects") == 0 && sg_text_is(segment, "environments"));
}

/*
 * Tell whether the segments are a resource's path; if so, note its project and its id.
 */
static bool
path_fits(const SgResource *resource, const SgText *segments, int count, SgRoute *route)
{
	SgRoute		found = {resource};
	int			i = 0;

	for (; resource->path[i] != NULL; i++)
	{
		if (i == count)
			return false;
		if (strcmp(resource->path[i], ANY_PROJECT) == 0)
			found.project = segments[i];
		else if (strcmp(resource->path[i], ANY_ID) == 0)
			found.id = segments[i];
		else if (!is_word(&segments[i], resource->path[i]))
			return false;
	}
	if (i != count)
		return false;
	*route = found;
	return true;
}

/*
 * Return what a path names.
 */
SgRoute
sg_route(const SgText *path)
{
	SgText		decoded = sg_percent_decode(path->data, path->length, false);
	SgText		segments[SG_PATH_MAX + 1];
	SgRoute		route = {NULL};
	int			count = split_path(&decoded, segments);

	if (count < 1 || !sg_text_is(&segments[0], "api"))
		return route;
	for (size_t i = 0; i < lengthof(resources); i++)
	{
		if (path_fits(&resources[i], segments + 1, count - 1, &route))
			break;
	}
	return route;
}

/*
 * Return the value of the header Allow.
 */
char *
sg_allowed_methods(const SgResource *resource)
{
	static const char *const names[SG_METHOD_OTHER] = {
		"GET, ", "POST, ", "PUT, ", "PATCH, ", "DELETE, ", ""
	};
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < SG_METHOD_OTHER; i++)
	{
		if (resource->methods[i].operation != NULL)
			appendStringInfoString(&buf, names[i]);
	}
	appendStringInfoString(&buf, "HEAD, OPTIONS");
	return buf.data;
}

static bool
describe(SgRequest *request, SgResponse *response, SgFault *fault)
{
	const SgResource *resource = request->route.resource;

	appendStringInfo(response->body,
					 "{\"name\":\"%s\",\"description\":\"\","
					 "\"renders\":[\"application/json\"%s],"
					 "\"parses\":[\"application/json\",\"application/x-www-form-urlencoded\"]}",
					 resource->name, resource->renders != NULL ? resource->renders : "");
	response->status = 200;
	response->allow = resource;
	return true;
}

/*
 * Carry out a request that has been admitted; SPI must be connected.
 */
bool
sg_operate(SgRequest *request, SgResponse *response, SgFault *fault)
{
	SgOperation operation = request->method == SG_METHOD_OPTIONS ? describe :
		request->route.resource->methods[request->method].operation;

	if (request->method == SG_METHOD_POST &&
		sg_request_header(request->headers, "idempotency-key") != NULL)
		return sg_operate_once(operation, request, response, fault);
	return operation(request, response, fault);
}
