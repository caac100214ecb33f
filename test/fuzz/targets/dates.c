/*
 * dates.c
 *		Dates of filters: src/list/date_filter.c.
 */
#include "base/session_group.h"

#include "utils/timestamp.h"

#include "base/text.h"
#include "fuzz.h"
#include "list/date_filter.h"

/* Offsets of half and quarter hours, two changes a year, none, a day left out. */
static const char *const zones[] = {
	"UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe",
	"Pacific/Apia", "Africa/Monrovia", "Antarctica/Troll"
};

/*
 * The first byte chooses the zone, the next eight are now, the rest is the value.
 */
void
fuzz_dates(const char *data, size_t size)
{
	FuzzInput	input = {data, size};
	pg_tz	   *zone = sg_read_timezone(zones[fuzz_take_byte(&input) % lengthof(zones)]);
	TimestampTz now = fuzz_take_int64(&input);
	TimestampTz result;
	TimestampTz again;

	FUZZ_CHECK(zone != NULL);
	if (!IS_VALID_TIMESTAMP(now))
		now = 0;
	if (!sg_date_filter_parse(input.data, input.size, zone, now, &result))
		return;
	FUZZ_CHECK(IS_VALID_TIMESTAMP(result));
	/* It depends on nothing else. */
	FUZZ_CHECK(sg_date_filter_parse(input.data, input.size, zone, now, &again));
	FUZZ_CHECK(result == again);
}
