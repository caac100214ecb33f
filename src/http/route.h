/*
 * route.h
 *		From method and path to an operation of the HTTP contract.
 */
#ifndef SG_ROUTE_H
#define SG_ROUTE_H

#include "http/query_string.h"

typedef enum SgMethod
{
	SG_METHOD_GET,				/* HEAD too */
	SG_METHOD_POST,
	SG_METHOD_PUT,
	SG_METHOD_PATCH,
	SG_METHOD_DELETE,
	SG_METHOD_OPTIONS,
	SG_METHOD_OTHER
} SgMethod;

typedef enum SgResource
{
	SG_RESOURCE_NONE,
	SG_RESOURCE_PROJECTS,
	SG_RESOURCE_PROJECT,
	SG_RESOURCE_SELF,
	SG_RESOURCE_KEY,
	SG_RESOURCE_LIST,
	SG_RESOURCE_PATTERNS,
	SG_RESOURCE_ACTIVITY,
	SG_RESOURCE_OBJECT,
	SG_RESOURCE_OBJECT_ACTIVITY,
	SG_RESOURCE_COUNT
} SgResource;

/* What the path names; project and id are texts of the client's, null where it has none. */
typedef struct SgRoute
{
	SgResource	resource;
	SgText		project;
	SgText		id;
} SgRoute;

extern SgMethod sg_method(const char *name);
extern SgRoute sg_route(const char *path, size_t length);
extern bool sg_method_allowed(SgResource resource, SgMethod method);
extern const char *sg_resource_name(SgResource resource);
extern const char *sg_allowed_methods(SgResource resource);

#endif							/* SG_ROUTE_H */
