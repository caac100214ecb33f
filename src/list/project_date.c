/*
 * project_date.c
 *		Dates in parameters, on the clock of a project.
 */
#include "base/session_group.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "pgtime.h"
#include "utils/builtins.h"

#include "base/statement.h"
#include "base/text.h"
#include "list/date_filter.h"
#include "list/project_date.h"

/*
 * Return the time zone of a project; UTC if the caller may not see the project.
 */
static pg_tz *
project_zone(int64 project_id)
{
	static SgStatement get_zone = {
		"SELECT p.timezone FROM session_group.projects AS p"
		" WHERE p.id OPERATOR(pg_catalog.=) $1",
		{INT8OID}
	};
	Datum		values[] = {Int64GetDatum(project_id)};
	pg_tz	   *zone = NULL;

	if (sg_execute(&get_zone, values, NULL, SG_SNAPSHOT_OF_CALLER) == 1)
		zone = sg_read_timezone(TextDatumGetCString(sg_required(0, 1)));
	return zone != NULL ? zone : pg_tzset("UTC");
}

/*
 * Read the date in a parameter; SPI must be connected.
 */
bool
sg_project_date_read(int64 project_id, const SgText *text, const char *attr,
					 TimestampTz *result, SgFault *fault)
{
	if (!sg_date_filter_parse(text->data, text->length, project_zone(project_id),
							  GetCurrentTransactionStartTimestamp(), result))
		return sg_fault(fault, SG_FAULT_DATE, attr,
						"Not a valid date. Use ISO 8601 or a relative date such as -7d.");
	return true;
}
