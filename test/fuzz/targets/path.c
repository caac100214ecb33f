/*
 * path.c
 *		Methods and paths: src/http/route.c, and the ids in src/base/text.c.
 */
#include "base/session_group.h"

#include "base/text.h"
#include "fuzz.h"
#include "http/route.h"

static void
check_segment(const SgText *segment)
{
	FUZZ_CHECK(segment->length > 0);
	FUZZ_CHECK(memchr(segment->data, '/', segment->length) == NULL);
	FUZZ_CHECK(fuzz_is_utf8(segment->data, segment->length));
}

/*
 * The first line is the method, the rest the path.
 */
void
fuzz_path(const char *data, size_t size)
{
	FuzzInput	input = {data, size};
	SgText		name = fuzz_take_line(&input);
	SgMethod	method = sg_method(name.data);
	SgRoute		route = sg_route(input.data, input.size);
	int64		project;
	pg_uuid_t	id;

	FUZZ_CHECK(route.resource >= SG_RESOURCE_NONE && route.resource < SG_RESOURCE_COUNT);
	if (route.resource == SG_RESOURCE_NONE)
		return;
	FUZZ_CHECK(sg_allowed_methods(route.resource) != NULL);
	FUZZ_CHECK(sg_resource_name(route.resource) != NULL);
	if (sg_method_allowed(route.resource, method))
		FUZZ_CHECK(strstr(sg_allowed_methods(route.resource), name.data) != NULL);
	if (route.project.data != NULL)
	{
		check_segment(&route.project);
		if (sg_read_number(route.project.data, route.project.length, &project))
			FUZZ_CHECK(project >= 0);
	}
	if (route.id.data != NULL)
	{
		check_segment(&route.id);
		if (sg_read_uuid(route.id.data, route.id.length, &id))
			FUZZ_CHECK(route.id.length == 36 || route.id.length == 32);
	}
}
