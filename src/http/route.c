/*
 * route.c
 *		From method and path to an operation of the HTTP contract.
 */
#include "base/session_group.h"

#include "http/route.h"

/* The segments of a path behind /api. */
#define MAX_PATH 5

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
	const char *path[MAX_PATH + 1]; /* segments, ended by null */
	int			methods;		/* bits; OPTIONS is allowed everywhere */
	const char *allow;			/* header Allow */
} Resource;

/* Words that no segment can be: they hold a slash. */
#define ANY_PROJECT "/project"
#define ANY_ID "/id"

#define SUMMARIES "projects", ANY_PROJECT, "session_group_summaries"

/* The first that fits is the one: words go before ids. */
static const Resource resources[SG_RESOURCE_COUNT] = {
	[SG_RESOURCE_PROJECTS] = {"Project List", {"projects"}, METHODS_READ, ALLOW_READ},
	[SG_RESOURCE_PROJECT] = {
		"Project Instance", {"projects", ANY_PROJECT}, METHODS_READ, ALLOW_READ
	},
	[SG_RESOURCE_SELF] = {"User Instance", {"users", "@me"}, METHODS_READ, ALLOW_READ},
	[SG_RESOURCE_KEY] = {
		"Personal API Key Instance", {"personal_api_keys", "@current"}, METHODS_READ, ALLOW_READ
	},
	[SG_RESOURCE_LIST] = {"Session Group Summary List", {SUMMARIES}, METHODS_LIST, ALLOW_LIST},
	[SG_RESOURCE_PATTERNS] = {
		"Session Group Summary Patterns", {SUMMARIES, "patterns"}, METHODS_READ, ALLOW_READ
	},
	[SG_RESOURCE_ACTIVITY] = {
		"Session Group Summary Activity", {SUMMARIES, "activity"}, METHODS_READ, ALLOW_READ
	},
	[SG_RESOURCE_OBJECT] = {
		"Session Group Summary Instance", {SUMMARIES, ANY_ID}, METHODS_OBJECT, ALLOW_OBJECT
	},
	[SG_RESOURCE_OBJECT_ACTIVITY] = {
		"Session Group Summary Activity", {SUMMARIES, ANY_ID, "activity"}, METHODS_READ, ALLOW_READ
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
		if (count > MAX_PATH || c == start)
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
path_fits(const Resource *resource, const SgText *segments, int count, SgRoute *route)
{
	SgRoute		found = {SG_RESOURCE_NONE};
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

SgRoute
sg_route(const char *path, size_t length)
{
	SgText		decoded = sg_percent_decode(path, length, false);
	SgText		segments[MAX_PATH + 1];
	SgRoute		route = {SG_RESOURCE_NONE};
	int			count = split_path(&decoded, segments);

	if (count < 1 || !sg_text_is(&segments[0], "api"))
		return route;
	for (int i = SG_RESOURCE_NONE + 1; i < SG_RESOURCE_COUNT; i++)
	{
		if (path_fits(&resources[i], segments + 1, count - 1, &route))
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
