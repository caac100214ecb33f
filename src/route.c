/*
 * route.c
 *		From method and path to an operation of the HTTP contract.
 *
 *		/api/projects/:project_id/session_group_summaries[/]
 *		/api/projects/:project_id/session_group_summaries/:id[/]
 */
#include "session_group.h"

#include "route.h"

#define MAX_SEGMENTS 5

SgMethod
sg_method(const char *name)
{
	static const struct
	{
		const char *name;
		SgMethod	method;
	}			methods[] = {
		{"GET", SG_METHOD_GET},
		{"HEAD", SG_METHOD_GET},
		{"POST", SG_METHOD_POST},
		{"PUT", SG_METHOD_PUT},
		{"PATCH", SG_METHOD_PATCH},
		{"DELETE", SG_METHOD_DELETE},
		{"OPTIONS", SG_METHOD_OPTIONS},
	};

	for (int i = 0; i < lengthof(methods); i++)
	{
		if (strcmp(name, methods[i].name) == 0)
			return methods[i].method;
	}
	return SG_METHOD_OTHER;
}

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
		if (count == MAX_SEGMENTS || c == start)
			return -1;
		segments[count].data = start;
		segments[count++].length = c - start;
	}
	return count;
}

SgRoute
sg_route(const char *path, size_t length)
{
	SgText		decoded = sg_percent_decode(path, length, false);
	SgText		segments[MAX_SEGMENTS];
	SgRoute		route = {SG_RESOURCE_NONE};
	int			count = split_path(&decoded, segments);

	if (count < 4 || !sg_text_is(&segments[0], "api") || !sg_text_is(&segments[1], "projects") ||
		!sg_text_is(&segments[3], "session_group_summaries"))
		return route;
	route.resource = count == 4 ? SG_RESOURCE_LIST : SG_RESOURCE_OBJECT;
	route.project = segments[2];
	if (count == 5)
		route.id = segments[4];
	return route;
}

bool
sg_method_allowed(SgResource resource, SgMethod method)
{
	switch (method)
	{
		case SG_METHOD_GET:
		case SG_METHOD_OPTIONS:
			return true;
		case SG_METHOD_POST:
			return resource == SG_RESOURCE_LIST;
		case SG_METHOD_PUT:
		case SG_METHOD_PATCH:
		case SG_METHOD_DELETE:
			return resource == SG_RESOURCE_OBJECT;
		default:
			return false;
	}
}

/*
 * Return the value of the header Allow.
 */
const char *
sg_allowed_methods(SgResource resource)
{
	return resource == SG_RESOURCE_LIST ?
		"GET, POST, HEAD, OPTIONS" : "GET, PUT, PATCH, DELETE, HEAD, OPTIONS";
}
