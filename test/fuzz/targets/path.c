/*
 * path.c
 *		Paths: src/http/route.c, and the ids in src/base/text.c.
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

void
fuzz_path(const char *data, size_t size)
{
	SgText		path = {unconstify(char *, data), size};
	SgRoute		route = sg_route(&path);
	int64		project;
	pg_uuid_t	id;

	if (route.resource == NULL)
		return;
	FUZZ_CHECK(strstr(sg_allowed_methods(route.resource), "HEAD, OPTIONS") != NULL);
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
