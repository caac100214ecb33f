/*
 * route.c
 *		From method and path to an operation of the HTTP contract.
 *
 *		/api/projects/:project_id/session_group_summaries[/]
 *		/api/projects/:project_id/session_group_summaries/patterns[/]
 *		/api/projects/:project_id/session_group_summaries/:id[/]
 *		/api/projects/:project_id/session_group_summaries/activity[/]
 *		/api/projects/:project_id/session_group_summaries/:id/activity[/]
 */
#include "base/session_group.h"

#include "http/route.h"

/* What may follow /api/projects/:project_id/session_group_summaries. */
#define MAX_TAIL 2
#define MAX_SEGMENTS (4 + MAX_TAIL)

#define METHOD(method) (1 << (method))
#define METHODS_READ METHOD(SG_METHOD_GET)
#define METHODS_LIST (METHODS_READ | METHOD(SG_METHOD_POST))
#define METHODS_OBJECT \
	(METHODS_READ | METHOD(SG_METHOD_PUT) | METHOD(SG_METHOD_PATCH) | METHOD(SG_METHOD_DELETE))

/* The same as values of the header Allow. */
#define ALLOW_READ "GET, HEAD, OPTIONS"
#define ALLOW_LIST "GET, POST, HEAD, OPTIONS"
#define ALLOW_OBJECT "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"

typedef struct Resource
{
	const char *name;			/* as OPTIONS tells it */
	const char *tail[MAX_TAIL + 1]; /* segments; ANY_ID stands for any, null ends them */
	int			methods;		/* bits; OPTIONS is allowed everywhere */
	const char *allow;			/* header Allow */
} Resource;

/* A word that no segment can be: they hold no slash. */
#define ANY_ID "/"

/* The first that fits is the one: words go before ids. */
static const Resource resources[SG_RESOURCE_COUNT] = {
	[SG_RESOURCE_LIST] = {"Session Group Summary List", {NULL}, METHODS_LIST, ALLOW_LIST},
	[SG_RESOURCE_PATTERNS] = {"Session Group Summary Patterns", {"patterns"}, METHODS_READ, ALLOW_READ},
	[SG_RESOURCE_ACTIVITY] = {"Session Group Summary Activity", {"activity"}, METHODS_READ, ALLOW_READ},
	[SG_RESOURCE_OBJECT] = {"Session Group Summary Instance", {ANY_ID}, METHODS_OBJECT, ALLOW_OBJECT},
	[SG_RESOURCE_OBJECT_ACTIVITY] = {
		"Session Group Summary Activity", {ANY_ID, "activity"}, METHODS_READ, ALLOW_READ
	},
};

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

	for (size_t i = 0; i < lengthof(methods); i++)
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

/*
 * Tell whether the segments behind the resource's root are this resource's;
 * if so, note the one that is its id.
 */
static bool
tail_fits(const Resource *resource, const SgText *segments, int count, SgText *id)
{
	int			i = 0;

	for (; resource->tail[i] != NULL; i++)
	{
		if (i == count)
			return false;
		if (strcmp(resource->tail[i], ANY_ID) == 0)
			*id = segments[i];
		else if (!sg_text_is(&segments[i], resource->tail[i]))
			return false;
	}
	return i == count;
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
	route.project = segments[2];
	for (int i = SG_RESOURCE_NONE + 1; i < SG_RESOURCE_COUNT; i++)
	{
		if (tail_fits(&resources[i], segments + 4, count - 4, &route.id))
		{
			route.resource = (SgResource) i;
			break;
		}
	}
	return route;
}

bool
sg_method_allowed(SgResource resource, SgMethod method)
{
	return method == SG_METHOD_OPTIONS || (resources[resource].methods & METHOD(method)) != 0;
}

const char *
sg_resource_name(SgResource resource)
{
	return resources[resource].name;
}

/*
 * Return the value of the header Allow.
 */
const char *
sg_allowed_methods(SgResource resource)
{
	return resources[resource].allow;
}
