"""The values of date_from and date_to, against what PostHog read them with.

The oracle has no line in common with the extension: dateutil's isoparse() and relativedelta, and
zoneinfo. Random values from the contract's grammar, the same values damaged, and a good part of all
of it within hours of a change of the clocks. SG_TEST_SEED=<the number that was printed> repeats a
run.
"""

import os
import random
import re
import secrets
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import psycopg2
import pytest
from dateutil.parser import isoparse
from dateutil.relativedelta import relativedelta

SEED = int(os.environ.get("SG_TEST_SEED") or secrets.randbits(32))
VALUES = 10_000

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # changes by half an hour
    "America/St_Johns",  # changed at one minute past midnight
    "Africa/Casablanca",  # changes for Ramadan, backwards
    "Pacific/Apia",  # skipped a whole day
]

# What damages a value: what is of the grammar, what is nearly so, digits that are not ASCII.
ALPHABET = "0123456789-+:.,_ \t\nTtWwZzhdmMsqySE٣２é"

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1)


# The oracle ----------------------------------------------------------------------------------

# What is ISO 8601 in form; isoparse() says which of it is a date, and takes much that is none.
ISO = re.compile(
    r"""(?P<date>\d{4}-\d\d-\d\d | \d{8} | \d{4}(-\d\d)? | \d{4}-?\d{3}
               | \d{4}-W\d\d(-\d)? | \d{4}W\d\d\d?)
        (?:(?P<separator>T|(?<=.{8})[ ])
           (?P<time>\d\d(?:(?::?\d\d)|(?::\d\d:\d\d|\d{4})(?:[.,]\d+)?)?)
           (?P<offset>Z|z|[+-]\d\d(?::?\d\d)?)?)?""",
    re.VERBOSE | re.ASCII,
)
RELATIVE = re.compile(r"-?(\d+)?([hdwmMsqy])(Start|End)?", re.ASCII)

UNITS = {
    "s": "seconds",
    "M": "minutes",
    "h": "hours",
    "d": "days",
    "w": "weeks",
    "q": "weeks",
    "m": "months",
    "y": "years",
}
START_OF_HOUR = {"minute": 0, "second": 0, "microsecond": 0}
END_OF_HOUR = {"minute": 59, "second": 59, "microsecond": 999_999}
EDGES = {
    ("h", "Start"): START_OF_HOUR,
    ("h", "End"): END_OF_HOUR,
    ("d", "Start"): {"hour": 0, **START_OF_HOUR},
    ("d", "End"): {"hour": 23, **END_OF_HOUR},
    ("m", "Start"): {"day": 1},
    ("m", "End"): {"day": 31},
    ("y", "Start"): {"month": 1, "day": 1},
    ("y", "End"): {"month": 12, "day": 31},
}


def with_its_day(match):
    """The value with a date down to the day: isoparse() wants one before a time."""
    date = match["date"]
    if match["time"] is None:
        return match[0]
    if re.fullmatch(r"\d{4}", date):
        date += "-01-01"
    elif re.fullmatch(r"\d{4}-\d\d", date):
        date += "-01"
    elif re.fullmatch(r"\d{4}-W\d\d", date):
        date += "-1"
    elif re.fullmatch(r"\d{4}W\d\d", date):
        date += "1"
    return date + match["separator"] + match["time"] + (match["offset"] or "")


def oracle(value, zone, now):
    """What the value means, as an aware datetime; None where it means nothing."""
    try:
        if match := ISO.fullmatch(value):
            read = isoparse(with_its_day(match))
            return read if read.tzinfo else read.replace(tzinfo=zone)
        if match := RELATIVE.fullmatch(value):
            number, kind, edge = match.groups()
            amount = int(number or 0) * (13 if kind == "q" else 1)
            shift = relativedelta(**{UNITS[kind]: amount}, **EDGES.get((kind, edge), {}))
            return now.astimezone(zone) - shift
    except (ValueError, OverflowError):
        pass
    return None


def microseconds(moment):
    """Since 1970, UTC. Not by astimezone(), which ends at the years 1 and 9999."""
    since = moment.replace(tzinfo=None) - EPOCH - moment.utcoffset()
    return since // MICROSECOND


def occurs_once(moment):
    return moment.replace(fold=1).utcoffset() == moment.replace(fold=0).utcoffset()


# Values --------------------------------------------------------------------------------------


def changes(zone):
    """The moments, to the second, at which the zone's clocks changed or will change."""
    found = []
    day = datetime(1960, 1, 1, tzinfo=timezone.utc)
    while day.year < 2045:
        low, high = day, day + timedelta(days=1)
        day = high
        if low.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset():
            continue
        before = low.astimezone(zone).utcoffset()
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
            if middle.astimezone(zone).utcoffset() == before:
                low = middle
            else:
                high = middle
        found.append(high)
    return found


class Values:
    """Random values for one zone."""

    def __init__(self, zone):
        self.random = random.Random(f"{SEED} {zone.key}")
        self.zone = zone
        self.changes = changes(zone)

    def near_a_change(self):
        seconds = self.random.choice([60, 4 * 3600, 30 * 3600])
        away = timedelta(
            seconds=self.random.randint(-seconds, seconds),
            microseconds=self.random.choice([0, 0, 1, self.random.randrange(1_000_000)]),
        )
        return self.random.choice(self.changes) + away

    def now(self):
        if self.random.random() < 0.5:
            return self.near_a_change()
        start = datetime(1970, 1, 1, tzinfo=timezone.utc)
        return start + self.random.randrange(2**51) * MICROSECOND

    def wall_clock(self):
        if self.random.random() < 0.6:
            return self.near_a_change().astimezone(self.zone).replace(tzinfo=None)
        first, last = self.random.choice([(1, 9999), (1900, 2100), (1, 1), (9999, 9999)])
        start = datetime(first, 1, 1)
        return start + (datetime(last, 12, 31, 23, 59, 59) - start) * self.random.random()

    def date(self, at):
        year = f"{at.year:04}"
        week_year, week, week_day = at.isocalendar()
        week_year = f"{week_year:04}"
        return self.random.choice(
            [
                year,
                f"{year}-{at.month:02}",
                f"{year}-{at.month:02}-{at.day:02}",
                f"{year}-{at.month:02}-{at.day:02}",
                f"{year}{at.month:02}{at.day:02}",
                f"{year}-{at.timetuple().tm_yday:03}",
                f"{year}{at.timetuple().tm_yday:03}",
                f"{week_year}-W{week:02}-{week_day}",
                f"{week_year}W{week:02}{week_day}",
                f"{week_year}-W{week:02}",
                f"{week_year}W{week:02}",
                # Most of these are no date.
                f"{year}-{self.random.randrange(14):02}-{self.random.randrange(33):02}",
                f"{year}-{self.random.randrange(370):03}",
                f"{year}-W{self.random.randrange(55):02}-{self.random.randrange(9)}",
            ]
        )

    def time(self, at):
        fraction = f"{at.microsecond:06}"[: self.random.randint(1, 6)]
        return self.random.choice(
            [
                f"{at.hour:02}",
                f"{at.hour:02}:{at.minute:02}",
                f"{at.hour:02}{at.minute:02}",
                f"{at.hour:02}:{at.minute:02}:{at.second:02}",
                f"{at.hour:02}{at.minute:02}{at.second:02}",
                f"{at.hour:02}:{at.minute:02}:{at.second:02}.{fraction}",
                f"{at.hour:02}:{at.minute:02}:{at.second:02},{fraction}",
                f"{at.hour:02}{at.minute:02}{at.second:02}.{at.microsecond:06}",
                f"{at.hour:02}:{at.minute:02}:{at.second:02}.{at.microsecond:06}789",
                self.random.choice(["24", "24:00", "2400", "24:00:00.000", "24:00:01", "24:01"]),
                f"{at.hour + 3:02}:{at.minute + 3:02}:{at.second + 3:02}",
            ]
        )

    def offset(self):
        hours, minutes = self.random.randrange(26), self.random.choice([0, 0, 30, 45, 59, 60])
        sign = self.random.choice("+-")
        return self.random.choice(
            [
                "Z",
                "z",
                f"{sign}{hours:02}",
                f"{sign}{hours:02}{minutes:02}",
                f"{sign}{hours:02}:{minutes:02}",
            ]
        )

    def iso(self):
        at = self.wall_clock()
        value = self.date(at)
        if self.random.random() < 0.8:
            value += self.random.choice("TTTTT ") + self.time(at)
            if self.random.random() < 0.3:
                value += self.offset()
        return value

    def relative(self):
        digits = self.random.choice([1, 1, 1, 2, 2, 3, 4, 5, 7, 12, 19, 40])
        return "".join(
            [
                self.random.choice(["-", "-", ""]),
                self.random.choice(["", str(self.random.randrange(10**digits)), "00007"]),
                self.random.choice("hdwmMsqy"),
                self.random.choice(["", "", "Start", "End"]),
            ]
        )

    def damaged(self):
        value = list(self.random.choice([self.iso, self.relative])())
        for _ in range(self.random.choice([1, 1, 2, 3])):
            place = self.random.randint(0, len(value))
            until = min(len(value), place + self.random.randint(0, 1))
            value[place:until] = self.random.choice(["", *ALPHABET])
        return "".join(value)

    def any(self):
        make = self.random.choices([self.iso, self.relative, self.damaged], [4, 3, 3])[0]
        return make()


# The tests -----------------------------------------------------------------------------------


@pytest.fixture
def parse(admin):
    """parse(values, zone name, times of now): microseconds since 1970, None for an error 22007."""
    with admin.cursor() as cursor:
        cursor.execute(
            """
            CREATE OR REPLACE FUNCTION pg_temp.microseconds(text, text, timestamptz) RETURNS bigint
            LANGUAGE plpgsql AS $$
            BEGIN
                RETURN 1000000 * extract(epoch FROM session_group.parse_date_filter($1, $2, $3));
            EXCEPTION WHEN invalid_datetime_format THEN
                RETURN NULL;
            END $$"""
        )

    def parse(values, zone, nows):
        with admin.cursor() as cursor:
            cursor.execute(
                """
                SELECT pg_temp.microseconds(value, %s, now)
                FROM unnest(%s::text[], %s::timestamptz[])
                    WITH ORDINALITY AS given (value, now, place)
                ORDER BY place""",
                (zone, values, [now.isoformat() for now in nows]),
            )
            return [row[0] for row in cursor.fetchall()]

    return parse


@pytest.mark.parametrize("name", ZONES)
def test_random_values_mean_what_they_meant(parse, name):
    zone = ZoneInfo(name)
    values = Values(zone)
    cases = [(values.any(), values.now()) for _ in range(VALUES)]
    expected = [oracle(value, zone, now) for value, now in cases]
    got = parse([value for value, _ in cases], name, [now for _, now in cases])

    read = [moment for moment in expected if moment is not None]
    special = sum(not occurs_once(moment) for moment in read)
    print(
        f"SG_TEST_SEED={SEED} {name}: {len(cases)} values, {len(read)} read, {special} of them at "
        f"a time that the clocks showed twice or never, {len(cases) - len(read)} refused"
    )
    wrong = [
        f"{value!r} at {now}: expected {moment}, got "
        + ("an error" if answer is None else str(EPOCH + answer * MICROSECOND))
        for (value, now), moment, answer in zip(cases, expected, got, strict=True)
        if answer != (None if moment is None else microseconds(moment))
    ]
    assert not wrong, f"SG_TEST_SEED={SEED}, {len(wrong)} wrong:\n" + "\n".join(wrong[:20])
    assert len(read) > VALUES // 3 and len(cases) - len(read) > VALUES // 10 and special > 50


BERLIN = "2026-08-31T12:34:56.789+02:00"


@pytest.mark.parametrize(
    "value, now, expected",
    [
        # Every form that the contract names, in Berlin.
        ("2026", BERLIN, "2026-01-01T00:00+01:00"),
        ("2026-08", BERLIN, "2026-08-01T00:00+02:00"),
        ("2026-08-01", BERLIN, "2026-08-01T00:00+02:00"),
        ("20260801", BERLIN, "2026-08-01T00:00+02:00"),
        ("2026-W31-1", BERLIN, "2026-07-27T00:00+02:00"),
        ("2026-213", BERLIN, "2026-08-01T00:00+02:00"),
        ("2026T10", BERLIN, "2026-01-01T10:00+01:00"),
        ("2026-08T10", BERLIN, "2026-08-01T10:00+02:00"),
        ("2026-08-01T10", BERLIN, "2026-08-01T10:00+02:00"),
        ("20260801T10:30", BERLIN, "2026-08-01T10:30+02:00"),
        ("2026-W31-1T10:30", BERLIN, "2026-07-27T10:30+02:00"),
        ("2026-213T10:30:15.123456", BERLIN, "2026-08-01T10:30:15.123456+02:00"),
        ("2026-08-01T10:30:15.123456Z", BERLIN, "2026-08-01T10:30:15.123456+00:00"),
        ("2026-08-01T10:30-05:30", BERLIN, "2026-08-01T10:30-05:30"),
        ("-7d", BERLIN, "2026-08-24T12:34:56.789+02:00"),
        ("7d", BERLIN, "2026-08-24T12:34:56.789+02:00"),
        ("-24h", BERLIN, "2026-08-30T12:34:56.789+02:00"),
        ("-1m", BERLIN, "2026-07-31T12:34:56.789+02:00"),
        ("-30M", BERLIN, "2026-08-31T12:04:56.789+02:00"),
        ("-10s", BERLIN, "2026-08-31T12:34:46.789+02:00"),
        ("-2w", BERLIN, "2026-08-17T12:34:56.789+02:00"),
        ("-1q", BERLIN, "2026-06-01T12:34:56.789+02:00"),
        ("-1y", BERLIN, "2025-08-31T12:34:56.789+02:00"),
        ("d", BERLIN, "2026-08-31T12:34:56.789+02:00"),
        ("hStart", BERLIN, "2026-08-31T12:00+02:00"),
        ("hEnd", BERLIN, "2026-08-31T12:59:59.999999+02:00"),
        ("dStart", BERLIN, "2026-08-31T00:00+02:00"),
        ("-1dStart", BERLIN, "2026-08-30T00:00+02:00"),
        ("dEnd", BERLIN, "2026-08-31T23:59:59.999999+02:00"),
        ("mStart", BERLIN, "2026-08-01T12:34:56.789+02:00"),
        ("-1mEnd", BERLIN, "2026-07-31T12:34:56.789+02:00"),
        ("yStart", BERLIN, "2026-01-01T12:34:56.789+01:00"),
        ("-1yEnd", BERLIN, "2025-12-31T12:34:56.789+01:00"),
        # Months clamp.
        ("-6m", BERLIN, "2026-02-28T12:34:56.789+01:00"),
        ("-1y", "2028-02-29T12:00+01:00", "2027-02-28T12:00+01:00"),
        ("-30mEnd", BERLIN, "2024-02-29T12:34:56.789+01:00"),
        # The clocks go from 02:00 to 03:00 on 29 March 2026, and back from 03:00 on 25 October.
        ("2026-03-29T02:30", BERLIN, "2026-03-29T02:30+01:00"),
        ("2026-10-25T02:30", BERLIN, "2026-10-25T02:30+02:00"),
        ("2026-10-25T03:00", BERLIN, "2026-10-25T03:00+01:00"),
        ("-1d", "2026-03-29T12:00+02:00", "2026-03-28T12:00+01:00"),
        ("-24h", "2026-03-29T12:00+02:00", "2026-03-28T12:00+01:00"),
        ("-1d", "2026-03-30T02:30+02:00", "2026-03-29T02:30+01:00"),
        ("-1d", "2026-10-26T02:30+01:00", "2026-10-25T02:30+02:00"),
        # The years 1 and 9999 are in, their neighbours out.
        ("0001-01-01", BERLIN, "0001-01-01T00:00+00:53:28"),
        ("9999-12-31T23:59:59.999999-23:59", BERLIN, "9999-12-31T23:59:59.999999-23:59"),
        ("0000-12-31", BERLIN, None),
        ("9999-12-31T24:00", BERLIN, None),
        ("-2025y", BERLIN, "0001-08-31T12:34:56.789+00:53:28"),
        ("-2026y", BERLIN, None),
        ("-99999999999y", BERLIN, None),
        ("-" + "9" * 5000 + "s", BERLIN, None),
        ("-" + "0" * 5000 + "1d", BERLIN, "2026-08-30T12:34:56.789+02:00"),
    ],
    ids=lambda text: text and text[:40],
)
def test_value(parse, value, now, expected):
    wanted = None if expected is None else microseconds(datetime.fromisoformat(expected))
    assert parse([value], "Europe/Berlin", [datetime.fromisoformat(now)]) == [wanted]


NO_DATES = [
    *["", " ", "-", "7", "-7", "--7d", "+7d", "-7 d", " -7d", "-7d ", "-7D", "-7days", "-1.5d"],
    *["-7dstart", "dStartEnd", "StartEnd", "now", "today", "infinity", "epoch"],
    *["2026-", "2026-8", "2026-08-1", "2026-8-1", "202608", "26-08-01", "02026-08-01"],
    *["2026/08/01", "2026-0801", "2026W31-1", "2026-W311", "2026-W00-1", "2026-W54-1"],
    *["2026-W31-0", "2026-W31-8", "2026-000", "2025-366", "2026-13", "2026-02-29"],
    *["2026-08-01Z", "2026-08-01+02:00", "2026-08-01T", "2026-08-01T1", "2026-08-01T10:"],
    *["2026-08-01T10:3", "2026-08-01T10:3015", "2026-08-01T1030:15", "2026-08-01t10"],
    *["2026-08-01T10.5", "2026-08-01T10:30.5", "2026-08-01T10:30:15.", "2026-08-01T10:30:60"],
    *["2026-08-01T10:60", "2026-08-01T25", "2026-08-01T24:00:00.1", "2026-08-01T10:30ZZ"],
    *["2026-08-01T10:30 Z", "2026-08-01T10:30+2", "2026-08-01T10:30+02:"],
    *["2026-08-01T10:30+24:00", "2026-08-01T10:30+02:60", "2026-08-01T10:30 02:00"],
    *["2026-08-01T10:30 Europe/Berlin", "2026-08-01  10:30", "2026-08-01_10:30"],
    *["2026-08-01T10:30\n", "２026-08-01", "٣d"],
    # isoparse() takes these, for something else than what stands there.
    *["2026 10", "2026 213", "2026- 8- 1", "2026-+8", "2026-W3", "2026101 1030"],
    *["2026-08-01T+02:00"],
]


@pytest.mark.parametrize("value", NO_DATES)
def test_no_date(admin, value):
    with pytest.raises(psycopg2.Error) as raised, admin.cursor() as cursor:
        cursor.execute("SELECT session_group.parse_date_filter(%s, 'UTC', now())", (value,))
    assert raised.value.pgcode == "22007"
    assert raised.value.diag.message_hint


@pytest.mark.parametrize(
    "zone",
    ["", "Nowhere/City", "right/UTC", "../../../../etc/passwd", "x" * 1000],
    ids=lambda zone: zone[:40],
)
def test_unknown_zone(admin, zone):
    with pytest.raises(psycopg2.Error) as raised, admin.cursor() as cursor:
        cursor.execute("SELECT session_group.parse_date_filter('-7d', %s, now())", (zone,))
    assert raised.value.pgcode == "22023"


@pytest.mark.parametrize("now", ["infinity", "-infinity", "4713-01-01 00:00 BC"])
def test_now_out_of_range(admin, now):
    """A relative value has no meaning then; an absolute one keeps its own."""
    query = "SELECT session_group.parse_date_filter(%s, 'UTC', %s)"
    with admin.cursor() as cursor:
        cursor.execute(query, ("2026", now))
        assert cursor.fetchone()[0] == datetime(2026, 1, 1, tzinfo=timezone.utc)
        with pytest.raises(psycopg2.Error) as raised:
            cursor.execute(query, ("-7d", now))
    assert raised.value.pgcode == "22007"
