/*
 * text.c
 *		Reading values that arrive as text. Bad ones return false, they raise nothing.
 */
#include "base/session_group.h"

#include "utils/builtins.h"

#include "base/text.h"

bool
sg_text_is(const SgText *text, const char *other)
{
	return text->length == strlen(other) && memcmp(text->data, other, text->length) == 0;
}

/*
 * Read a uuid of 32 hexadecimal digits in either case, with or without the
 * hyphens of its canonical form.
 */
bool
sg_read_uuid(const char *text, size_t length, pg_uuid_t *uuid)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	bool		hyphens = length == strlen(form);
	char		copy[sizeof(form)];

	if (!hyphens && length != (size_t) 2 * UUID_LEN)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		if (hyphens && form[i] == '-' ? text[i] != '-' : !isxdigit((unsigned char) text[i]))
			return false;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	*uuid = *DatumGetUUIDP(DirectFunctionCall1(uuid_in, CStringGetDatum(copy)));
	return true;
}

/*
 * Read a decimal number from 0 to the largest bigint, without a sign.
 */
bool
sg_read_number(const char *text, size_t length, int64 *number)
{
	*number = 0;
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] < '0' || text[i] > '9' ||
			*number > (PG_INT64_MAX - (text[i] - '0')) / 10)
			return false;
		*number = *number * 10 + (text[i] - '0');
	}
	return length > 0;
}

/*
 * Tell whether a text has the form of a time zone's name, known to this server
 * or not.
 */
bool
sg_is_timezone_name(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
	{
		if (!isalnum((unsigned char) *c) && strchr("_+-/", *c) == NULL)
			return false;
	}
	return isalpha((unsigned char) name[0]);
}

/*
 * Find a time zone by the name that SET TimeZone takes; null if it is not known.
 * PostgreSQL also takes POSIX specifications, and ignores what follows them, so
 * only characters that names of zones have are let through.
 */
pg_tz *
sg_read_timezone(const char *name)
{
	pg_tz	   *zone = sg_is_timezone_name(name) ? pg_tzset(name) : NULL;

	return zone != NULL && pg_tz_acceptable(zone) ? zone : NULL;
}

/*
 * The same, but raise 22023 if the zone is not known.
 */
pg_tz *
sg_timezone_or_raise(const char *name)
{
	pg_tz	   *zone = sg_read_timezone(name);

	if (zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" is not known", name),
				 errhint("See the names in pg_timezone_names.")));
	return zone;
}
