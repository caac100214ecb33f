/*
 * date_filter.c
 *		Dates of the filters date_from and date_to.
 *
 * A value is a point in time in ISO 8601, or relative to now. All of it must
 * match:
 *
 *		value    = iso | relative
 *
 *		iso      = date [ "T" time [ offset ] ]
 *		date     = YYYY | YYYY-MM | YYYY-MM-DD | YYYYMMDD
 *				 | YYYY-Www | YYYY-Www-D | YYYYWww | YYYYWwwD	(week 1 to 53)
 *				 | YYYY-DDD | YYYYDDD							(day of the year)
 *		time     = hh | hh:mm | hhmm | hh:mm:ss [ fraction ] | hhmmss [ fraction ]
 *		fraction = ( "." | "," ) digits			(the seventh and later are dropped)
 *		offset   = "Z" | "z" | ( "+" | "-" ) ( hh | hhmm | hh:mm )
 *
 *		relative = [ "-" ] [ N ] kind [ "Start" | "End" ]
 *		kind     = "h" | "d" | "w" | "m" | "M" | "s" | "q" | "y"
 *
 * Parts that a date leaves out are the first ones: 2026 is 1 January, 2026-W31 is
 * a Monday. 24:00 is midnight of the next day. A date of eight or more characters
 * may have a space in place of the "T". Years are 1 to 9999, in the value and in
 * the result.
 *
 * Clients wrote these values for PostHog, so they mean what PostHog made of
 * them: posthog/utils.py, relative_date_parse_with_delta_mapping(), which
 * tries dateutil.parser.isoparse() and then subtracts a
 * dateutil.relativedelta. The differences, all deliberate:
 *
 *	- isoparse() reads each number with int() and takes any character for the
 *	  "T", so that "2026 10" is 10 January and "10:3" is 10:03. Here a number
 *	  has all its digits. What both take, both read alike.
 *	- isoparse() refuses a time after a date without its day. The contract has it.
 *	- PostHog also read 2021-1-1, searched for a relative date anywhere within
 *	  the value, and took now for what it could not read.
 *	- yEnd is 31 December, not the last day of the current month.
 *
 * All arithmetic is on the wall clock of the zone, for hours and minutes too, as
 * Python's is: one hour before 03:30 is 02:30, even if the clocks changed in
 * between. A wall-clock time that occurs twice means the first one; a time that
 * is skipped has the offset from before the change. That is Python's fold=0,
 * which relativedelta always results in.
 *
 * The calendar and the time zones are PostgreSQL's. The parser calls nothing else
 * of the server: it does not allocate and raises no errors.
 */
#include "base/session_group.h"

#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "base/text.h"
#include "list/date_filter.h"

PG_FUNCTION_INFO_V1(session_group_parse_date_filter);

#define DAYS_PER_WEEK 7
#define WEEKS_PER_QUARTER 13
#define MAX_ISO_WEEK 53
#define MAX_YEAR 9999
#define MIN_DATE_BEFORE_SPACE 8

/* The rest of the value. */
typedef struct Reader
{
	const char *at;
	const char *end;
} Reader;

/* One unit of a kind: a number of months, or a span of wall-clock time. */
typedef struct Kind
{
	char		letter;
	int			months;
	int64		usecs;
} Kind;

static const Kind kinds[] = {
	{'s', 0, USECS_PER_SEC},
	{'M', 0, USECS_PER_MINUTE},
	{'h', 0, USECS_PER_HOUR},
	{'d', 0, USECS_PER_DAY},
	{'w', 0, USECS_PER_DAY * DAYS_PER_WEEK},
	{'q', 0, USECS_PER_DAY * DAYS_PER_WEEK * WEEKS_PER_QUARTER},
	{'m', 1, 0},
	{'y', MONTHS_PER_YEAR, 0},
};

typedef enum Edge
{
	EDGE_NONE,
	EDGE_START,
	EDGE_END
} Edge;

static bool
at_end(const Reader *reader)
{
	return reader->at == reader->end;
}

/*
 * Tell whether the next character is a digit. isdigit() depends on the locale.
 */
static bool
at_digit(const Reader *reader)
{
	return !at_end(reader) && *reader->at >= '0' && *reader->at <= '9';
}

static bool
take(Reader *reader, char wanted)
{
	if (at_end(reader) || *reader->at != wanted)
		return false;
	reader->at++;
	return true;
}

static bool
take_word(Reader *reader, const char *word)
{
	size_t		len = strlen(word);

	if (reader->end - reader->at < (ptrdiff_t) len || memcmp(reader->at, word, len) != 0)
		return false;
	reader->at += len;
	return true;
}

static int
take_digit(Reader *reader)
{
	return *reader->at++ - '0';
}

/*
 * Take a number of exactly this many digits, without sign or spaces.
 */
static bool
take_number(Reader *reader, int digits, int *value)
{
	*value = 0;
	for (int i = 0; i < digits; i++)
	{
		if (!at_digit(reader))
			return false;
		*value = *value * 10 + take_digit(reader);
	}
	return true;
}

static ptrdiff_t
count_digits(Reader reader)
{
	const char *start = reader.at;

	while (at_digit(&reader))
		reader.at++;
	return reader.at - start;
}

static bool
in_years(const struct pg_tm *tm)
{
	return tm->tm_year >= 1 && tm->tm_year <= MAX_YEAR;
}

static int
days_in_month(const struct pg_tm *tm)
{
	return day_tab[isleap(tm->tm_year)][tm->tm_mon - 1];
}

static void
set_julian_day(struct pg_tm *tm, int day)
{
	j2date(day, &tm->tm_year, &tm->tm_mon, &tm->tm_mday);
}

/*
 * Take the rest of a week date, behind YYYY-W or YYYYW: the week, and perhaps
 * the day. Week 53 of a year without one is the first of the next year, as in
 * dateutil.
 */
static bool
take_week_date(Reader *reader, bool dashed, struct pg_tm *tm)
{
	int			week;
	int			day = 1;

	if (!take_number(reader, 2, &week) || week < 1 || week > MAX_ISO_WEEK)
		return false;
	if (dashed ? take(reader, '-') : at_digit(reader))
	{
		if (!take_number(reader, 1, &day) || day < 1 || day > DAYS_PER_WEEK)
			return false;
	}
	set_julian_day(tm, isoweek2j(tm->tm_year, week) + day - 1);
	return true;
}

static bool
take_day_of_year(Reader *reader, struct pg_tm *tm)
{
	int			day;

	if (!take_number(reader, 3, &day) || day < 1 || day > (isleap(tm->tm_year) ? 366 : 365))
		return false;
	set_julian_day(tm, date2j(tm->tm_year, 1, 1) + day - 1);
	return true;
}

/*
 * Take the month, and perhaps the day, behind YYYY- or YYYY.
 */
static bool
take_month_and_day(Reader *reader, bool dashed, struct pg_tm *tm)
{
	if (!take_number(reader, 2, &tm->tm_mon) || tm->tm_mon < 1 || tm->tm_mon > MONTHS_PER_YEAR)
		return false;
	if (dashed && !take(reader, '-'))
		return true;
	return take_number(reader, 2, &tm->tm_mday) &&
		tm->tm_mday >= 1 && tm->tm_mday <= days_in_month(tm);
}

static bool
take_date(Reader *reader, struct pg_tm *tm)
{
	bool		dashed;

	if (!take_number(reader, 4, &tm->tm_year) || !in_years(tm))
		return false;
	tm->tm_mon = 1;
	tm->tm_mday = 1;

	dashed = take(reader, '-');
	if (take(reader, 'W'))
		return take_week_date(reader, dashed, tm);
	switch (count_digits(*reader))
	{
		case 0:
			return !dashed;
		case 3:
			return take_day_of_year(reader, tm);
		default:
			return take_month_and_day(reader, dashed, tm);
	}
}

/*
 * Take the separator of date and time. Behind a short date isoparse() would take
 * a space as a digit, and find a time that the reader did not mean.
 */
static bool
take_separator(Reader *reader, const char *date)
{
	return take(reader, 'T') ||
		(reader->at - date >= MIN_DATE_BEFORE_SPACE && take(reader, ' '));
}

/*
 * Take a fraction of a second, if there is one.
 */
static bool
take_fraction(Reader *reader, fsec_t *fsec)
{
	fsec_t		unit = USECS_PER_SEC / 10;

	if (!take(reader, '.') && !take(reader, ','))
		return true;
	if (!at_digit(reader))
		return false;
	for (; at_digit(reader); unit /= 10)
		*fsec += take_digit(reader) * unit;
	return true;
}

static bool
take_time(Reader *reader, struct pg_tm *tm, fsec_t *fsec)
{
	bool		colons;

	if (!take_number(reader, 2, &tm->tm_hour))
		return false;
	colons = take(reader, ':');
	if (!colons && !at_digit(reader))
		return true;
	if (!take_number(reader, 2, &tm->tm_min))
		return false;
	if (colons ? !take(reader, ':') : !at_digit(reader))
		return true;
	return take_number(reader, 2, &tm->tm_sec) && take_fraction(reader, fsec);
}

static bool
is_time_of_day(const struct pg_tm *tm, fsec_t fsec)
{
	if (tm->tm_hour == HOURS_PER_DAY)
		return tm->tm_min == 0 && tm->tm_sec == 0 && fsec == 0;
	return tm->tm_hour < HOURS_PER_DAY && tm->tm_min < MINS_PER_HOUR &&
		tm->tm_sec < SECS_PER_MINUTE;
}

/*
 * Take an offset from UTC, in seconds west of Greenwich as PostgreSQL counts.
 */
static bool
take_offset(Reader *reader, int *west)
{
	bool		negative;
	int			hours;
	int			minutes = 0;

	*west = 0;
	if (take(reader, 'Z') || take(reader, 'z'))
		return true;
	negative = take(reader, '-');
	if ((!negative && !take(reader, '+')) || !take_number(reader, 2, &hours))
		return false;
	if ((take(reader, ':') || at_digit(reader)) && !take_number(reader, 2, &minutes))
		return false;
	*west = hours * SECS_PER_HOUR + minutes * SECS_PER_MINUTE;
	if (!negative)
		*west = -*west;
	return hours < HOURS_PER_DAY && minutes < MINS_PER_HOUR;
}

/*
 * Return the offset of a zone at a wall-clock time, in seconds west of
 * Greenwich.
 *
 * Of two equal wall-clock times, DetermineTimeZoneOffset() takes the second,
 * Python the first. So a change of the clocks counts as past only if it is past
 * by both offsets. Then a time that occurs twice and one that is skipped both
 * get the offset from before the change. The search starts two days earlier,
 * which is more than any offset from UTC.
 */
static int
zone_offset(const struct pg_tm *tm, pg_tz *zone)
{
	int64		day = date2j(tm->tm_year, tm->tm_mon, tm->tm_mday) - UNIX_EPOCH_JDATE;
	pg_time_t	wall = day * SECS_PER_DAY + (pg_time_t) tm->tm_hour * SECS_PER_HOUR +
		(pg_time_t) tm->tm_min * SECS_PER_MINUTE + tm->tm_sec;
	pg_time_t	boundary = wall - (pg_time_t) 2 * SECS_PER_DAY;
	pg_time_t	from;
	long int	before = 0;
	long int	after = 0;
	int			isdst;

	do
	{
		from = boundary;
		if (pg_next_dst_boundary(&from, &before, &isdst, &boundary, &after, &isdst, zone) <= 0)
			break;
	} while (wall - before >= boundary && wall - after >= boundary);

	return -(int) before;
}

static bool
parse_iso(Reader reader, pg_tz *zone, TimestampTz *result)
{
	const char *date = reader.at;
	struct pg_tm tm = {0};
	fsec_t		fsec = 0;
	bool		local = true;
	int			west;

	if (!take_date(&reader, &tm))
		return false;
	if (take_separator(&reader, date))
	{
		if (!take_time(&reader, &tm, &fsec) || !is_time_of_day(&tm, fsec))
			return false;
		local = at_end(&reader);
		if (!local && !take_offset(&reader, &west))
			return false;
	}
	if (!at_end(&reader))
		return false;

	if (tm.tm_hour == HOURS_PER_DAY)
	{
		set_julian_day(&tm, date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) + 1);
		tm.tm_hour = 0;
	}
	if (!in_years(&tm))
		return false;
	if (local)
	{
		if (zone == NULL)
			return false;
		west = zone_offset(&tm, zone);
	}
	return tm2timestamp(&tm, fsec, &west, result) == 0;
}

/*
 * Take the number of a relative date, 0 if there is none. False if it overflows.
 */
static bool
take_amount(Reader *reader, int64 *amount)
{
	*amount = 0;
	while (at_digit(reader))
	{
		if (pg_mul_s64_overflow(*amount, 10, amount) ||
			pg_add_s64_overflow(*amount, take_digit(reader), amount))
			return false;
	}
	return true;
}

static const Kind *
take_kind(Reader *reader)
{
	for (size_t i = 0; i < lengthof(kinds); i++)
	{
		if (take(reader, kinds[i].letter))
			return &kinds[i];
	}
	return NULL;
}

static Edge
take_edge(Reader *reader)
{
	if (take_word(reader, "Start"))
		return EDGE_START;
	if (take_word(reader, "End"))
		return EDGE_END;
	return EDGE_NONE;
}

/*
 * Go back by months. A day that the month does not have becomes its last day.
 */
static bool
go_back_months(struct pg_tm *tm, int64 count)
{
	int64		month = (int64) tm->tm_year * MONTHS_PER_YEAR + tm->tm_mon - 1;

	if (pg_sub_s64_overflow(month, count, &month) || month < MONTHS_PER_YEAR)
		return false;
	tm->tm_year = month / MONTHS_PER_YEAR;
	tm->tm_mon = month % MONTHS_PER_YEAR + 1;
	tm->tm_mday = Min(tm->tm_mday, days_in_month(tm));
	return true;
}

static bool
go_back_usecs(struct pg_tm *tm, fsec_t *fsec, int64 usecs)
{
	Timestamp	wall;

	return tm2timestamp(tm, *fsec, NULL, &wall) == 0 &&
		!pg_sub_s64_overflow(wall, usecs, &wall) &&
		IS_VALID_TIMESTAMP(wall) &&
		timestamp2tm(wall, NULL, tm, fsec, NULL, NULL) == 0;
}

static bool
go_back(struct pg_tm *tm, fsec_t *fsec, int64 amount, const Kind *kind)
{
	int64		span;

	if (kind->months > 0)
		return !pg_mul_s64_overflow(amount, kind->months, &span) && go_back_months(tm, span);
	return !pg_mul_s64_overflow(amount, kind->usecs, &span) && go_back_usecs(tm, fsec, span);
}

/*
 * Move to the start or end of the hour, day, month or year. As in PostHog,
 * months and years keep the time of day, and other kinds are not moved.
 */
static void
move_to_edge(struct pg_tm *tm, fsec_t *fsec, const Kind *kind, Edge edge)
{
	bool		end = edge == EDGE_END;

	if (edge == EDGE_NONE)
		return;
	switch (kind->letter)
	{
		case 'd':
			tm->tm_hour = end ? HOURS_PER_DAY - 1 : 0;
			/* FALLTHROUGH */
		case 'h':
			tm->tm_min = end ? MINS_PER_HOUR - 1 : 0;
			tm->tm_sec = end ? SECS_PER_MINUTE - 1 : 0;
			*fsec = end ? USECS_PER_SEC - 1 : 0;
			break;
		case 'y':
			tm->tm_mon = end ? MONTHS_PER_YEAR : 1;
			/* FALLTHROUGH */
		case 'm':
			tm->tm_mday = end ? days_in_month(tm) : 1;
			break;
		default:
			break;
	}
}

static bool
parse_relative(Reader reader, pg_tz *zone, TimestampTz now, TimestampTz *result)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int64		amount;
	const Kind *kind;
	Edge		edge;
	int			west;

	(void) take(&reader, '-');
	if (!take_amount(&reader, &amount) || (kind = take_kind(&reader)) == NULL)
		return false;
	edge = take_edge(&reader);
	if (!at_end(&reader))
		return false;

	if (TIMESTAMP_NOT_FINITE(now) || timestamp2tm(now, &west, &tm, &fsec, NULL, zone) != 0 ||
		!go_back(&tm, &fsec, amount, kind))
		return false;
	move_to_edge(&tm, &fsec, kind, edge);
	if (!in_years(&tm))
		return false;
	west = zone_offset(&tm, zone);
	return tm2timestamp(&tm, fsec, &west, result) == 0;
}

/*
 * Read a value of date_from or date_to of len bytes.
 *
 * Relative dates, and dates without an offset, are on the wall clock of "zone";
 * relative ones go back from "now". Returns true and *result if the whole value
 * matches the grammar above and the result is in range. Never raises.
 */
bool
sg_date_filter_parse(const char *value, size_t len, pg_tz *zone, TimestampTz now,
					 TimestampTz *result)
{
	Reader		reader = {value, value + len};

	/* No value matches both: they end in different characters. */
	return parse_iso(reader, zone, result) || parse_relative(reader, zone, now, result);
}

/*
 * Read a time in ISO 8601 with an offset, as the HTTP API writes it. No setting
 * changes its meaning. Never raises.
 */
bool
sg_time_parse(const char *value, size_t len, TimestampTz *result)
{
	Reader		reader = {value, value + len};

	return parse_iso(reader, NULL, result);
}

/*
 * session_group.parse_date_filter(value text, timezone text, now timestamptz):
 * what a filter's value means, for those who write queries of their own.
 *
 * value is as in the grammar above, timezone a name from pg_timezone_names,
 * now what relative values go back from. Returns the point in time. SQLSTATE
 * 22007 if the value is not in the grammar or out of range, 22023 if the time
 * zone is unknown.
 */
Datum
session_group_parse_date_filter(PG_FUNCTION_ARGS)
{
	char	   *value = text_to_cstring(PG_GETARG_TEXT_PP(0));
	pg_tz	   *zone = sg_timezone_or_raise(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	TimestampTz now = PG_GETARG_TIMESTAMPTZ(2);
	TimestampTz result;

	if (!sg_date_filter_parse(value, strlen(value), zone, now, &result))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_DATETIME_FORMAT),
				 errmsg("invalid date filter: \"%s\"", value),
				 errhint("Use ISO 8601, such as 2026-08-01T10:30+02:00, or a time before now, "
						 "such as -7d or -1mStart, in the years 1 to 9999.")));
	PG_RETURN_TIMESTAMPTZ(result);
}
