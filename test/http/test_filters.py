"""search, created_by, date_from and date_to. The grammar of dates has its own tests; here is what
the list makes of them."""

import datetime
import json
import re
import uuid
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from description import DOCUMENT, resolved
from runner import REFUSED, Answer, case, ids, invalid, run
from servers import REPO
from world import SHELF

# The table of filters: name, and type of the argument in SQL.
FILTERS = dict(re.findall(r'\.name = "(\w+)", \.argument = (\w+)OID', (REPO / "src/list/filters.c").read_text()))

ALL = list(range(len(SHELF)))
ADA = [n for n in ALL if SHELF[n][3] == "ada"]
JOAN = [n for n in ALL if SHELF[n][3] == "joan"]

# Query, rows of the shelf that match.
MATCHES = [
    ("search=alpha", [0]),
    ("search=ALPHA", [0]),
    ("search=checkout", [0, 7]),
    ("search=CheckOut", [0, 7]),
    ("search=golf", [6]),
    ("search=lf+go", [6]),
    ("search=lf%20go", [6]),
    ("search=golf++golf", []),
    ("search=nowhere", []),
    ("search=", ALL),
    ("search", ALL),
    ("search=a", [n for n in ALL if "a" in SHELF[n][0].lower()]),
    ("search=+", [n for n in ALL if " " in SHELF[n][0]]),
    ("search=%25", [2]),
    ("search=100%25", [2]),
    ("search=0%25+r", [2]),
    ("search=_", [3]),
    ("search=snake_case", [3]),
    ("search=snake%5Fcase", [3]),
    ("search=e_c", [3]),
    ("search=%5C", [4]),
    ("search=back%5Cslash", [4]),
    ("search=%5C%5C", []),
    ("search=%25a%25", []),
    ("search=alph_", []),
    ("search=.%2A", []),
    ("search=%C3%84rger", [5]),
    ("search=%C3%A4RGER", [5]),
    ("search=%CF%89mega", [5]),
    ("search=%27", []),
    ("search=%22", []),
    ("search=null", []),
    ("search=x&search=alpha", [0]),
    ("search=alpha&search=", ALL),
    ("SEARCH=alpha", ALL),
    ("search=" + "x" * 3000, []),
    ("session_id=s0", [0, 1, 2, 3, 5, 6, 7]),
    ("session_id=s2", [1, 3, 5, 6]),
    ("session_id=s4", [5]),
    ("session_id=S4", []),
    ("session_id=s", []),
    ("session_id=s5", []),
    ("session_id=%25", []),
    ("session_id=", ALL),
    ("session_id=s4&session_id=s2", [1, 3, 5, 6]),
    ("session_id=s2&search=golf", [6]),
    ("session_id=" + "s" * 3000, []),
    ("q=checkout", [0, 7]),
    ("q=Checkouts", [0, 7]),
    ("q=raging+charlie", [2]),
    ("q=alpha+or+golf", [0, 6]),
    ("q=%22alpha+checkout%22", [0]),
    ("q=%22checkout+alpha%22", []),
    ("q=checkout+-hotel", [0]),
    ("q=-checkout", [1, 2, 3, 4, 5, 6]),
    ("q=" + "-" * 1000 + "checkout", [1, 2, 3, 4, 5, 6]),
    ("q=" + "-+%28%21" * 100 + "checkout", [1, 2, 3, 4, 5, 6]),
    ("q=alpha" + "%28-" * 100 + "checkout", []),
    ("q=%C3%84RGER", [5]),
    ("q=check", []),
    ("q=the", []),
    ("q=%27+%7C+%26+%21+%28+%3A%2A", []),
    ("q=", ALL),
    ("q=checkout&session_id=s0&search=hotel&created_by=<ada>&date_from=2026-03-01", [7]),
    ("created_by=<ada>", ADA),
    ("created_by=<joan>", JOAN),
    ("created_by=<ADA>", ADA),
    ("created_by=<grace>", []),
    ("created_by=<unknown>", []),
    ("created_by=<joan>&created_by=<ada>", ADA),
    ("created_by=<joan>&search=golf", [6]),
    ("created_by=<ada>&search=golf", []),
    ("date_from=2026-02-01", [3, 4, 5, 6, 7]),
    ("date_from=2026-02-01T12:00:00Z", [3, 4, 5, 6, 7]),
    ("date_from=2026-02-01T12:00:00.000001Z", [4, 5, 6, 7]),
    ("date_from=2026-02-01T12:00:00.1Z", [5, 6, 7]),
    ("date_from=2026-03-15T23:59:59.999998Z", [5, 6, 7]),
    ("date_from=2026-03-15T23:59:59.999999Z", [7]),
    ("date_from=2026-04-01", []),
    ("date_from=2026-04-01T02:00:00%2B02:00", []),
    ("date_from=2026-04-01T01:59:59%2B02:00", [7]),
    ("date_from=2026-03-31T23:59:59-00:00", [7]),
    ("date_to=2026-01-01", []),
    ("date_to=2026-01-01T00:00:00.000001Z", [0]),
    ("date_to=2026-01-02T10:30:00Z", [0]),
    ("date_to=2026-01-02T10:30:00.000001Z", [0, 1]),
    ("date_to=2026", []),
    ("date_to=2026-02", [0, 1, 2]),
    ("date_to=20260201", [0, 1, 2]),
    ("date_to=2026-W06-1", [0, 1, 2, 3, 4]),
    ("date_to=2026-032", [0, 1, 2]),
    ("date_to=2026-02-01T12", [0, 1, 2]),
    ("date_to=2026-02-01T12:00", [0, 1, 2]),
    ("date_from=2026-01-02&date_to=2026-02-01", [1, 2]),
    ("date_from=2026-02-01&date_to=2026-01-01", []),
    ("date_from=2026-02-01&date_from=2026-04-01", []),
    ("date_from=2026-04-01&date_from=", ALL),
    ("date_from=", ALL),
    ("date_to=", ALL),
    ("date_from=&date_to=&search=&order=", ALL),
    ("date_from=-200y", ALL),
    ("date_to=-200y", []),
    ("date_from=0001-01-01", ALL),
    ("date_to=9999-12-31", ALL),
    ("date_from=2026-01-01&date_to=2026-03-15T23:59:59.999999Z&created_by=<ada>&search=a", [1, 3]),
    ("unknown=1&title=alpha", ALL),
]  # fmt: skip


def written_out(world, query):
    ada = world.people["ada"]["uuid"]
    return (
        query.replace("<ADA>", ada.upper())
        .replace("<ada>", ada)
        .replace("<joan>", world.people["joan"]["uuid"])
        .replace("<grace>", world.people["grace"]["uuid"])
        .replace("<unknown>", str(uuid.uuid4()))
    )


@pytest.mark.parametrize("query, expected", MATCHES, ids=[m[0][:60] for m in MATCHES])
def test_filter(world, query, expected):
    path = world.name("list:shelf") + "/?"
    query = written_out(world, query)
    answer = world.call("GET", path + query + "&order=created_at", key="read")
    assert answer.status == 200, answer
    page = answer.json()
    found = {r["id"] for r in page["results"]}
    assert found == {world.shelf[n] for n in expected}
    assert page["count"] == len(expected)
    # count and links are of what matches.
    page = world.call("GET", path + query + "&limit=1", key="read").json()
    assert page["count"] == len(expected)
    assert (page["next"] is not None) == (len(expected) > 1)


def test_words_bring_their_order(world):
    """The best first: what a title says counts more than what an indicator says."""
    patterns = {"patterns": [{"pattern_name": "Cold starts", "pattern_description": "Zephyrs", "indicators": ["a quokka"]}]}
    path = world.name("list:a")

    def new(title, summary=None):
        body = {"title": title, "summary": summary}
        return world.call("POST", path + "/", key="write", body=body).json()["id"]

    indicator, title = new("nothing in the title", patterns), new("a quokka at last")
    encoded = new("as PostHog stored it", json.dumps(patterns))
    page = world.call("GET", path + "/?q=quokka", key="read").json()
    assert [row["id"] for row in page["results"]] == [title, encoded, indicator]
    page = world.call("GET", path + "/?q=quokka&order=created_at", key="read").json()
    assert [row["id"] for row in page["results"]] == [indicator, title, encoded]
    page = world.call("GET", path + "/?q=zephyr&limit=1", key="read").json()
    assert page["count"] == 2 and "q=zephyr" in page["next"]


def bad(parameter):
    return invalid(parameter, "<any>")


REFUSALS = [
    *(case(f"{parameter}-nul", f"GET <list:shelf>/?{parameter}=a%00b", bad(parameter)) for parameter in ("session_id", "q")),
    case("cursor-by-rank", "GET <list:shelf>/?q=alpha&cursor=", bad("cursor")),
    *(
        case(f"created-by-{name}", f"GET <list:shelf>/?created_by={value}", bad("created_by"))
        for name, value in (
            ("word", "ada"),
            ("number", "1"),
            ("email", "ada@example.com"),
            ("short", "01890a5d-ac96-774b-bcce-b302099a805"),
            ("long", "01890a5d-ac96-774b-bcce-b302099a80570"),
            ("no-hex", "01890a5d-ac96-774b-bcce-b302099a805g"),
            ("blank", "+"),
            ("nul", "%00"),
            ("sql", "%27+OR+1=1+--"),
            ("null", "null"),
        )
    ),
    *(
        case(f"{parameter}-{name}", f"GET <list:shelf>/?{parameter}={value}", bad(parameter))
        for parameter in ("date_from", "date_to")
        for name, value in (
            ("word", "yesterday"),
            ("now", "now"),
            ("today", "today"),
            ("infinity", "infinity"),
            ("epoch", "epoch"),
            ("all", "all"),
            ("blank", "+"),
            ("month-13", "2026-13"),
            ("day-30-of-february", "2026-02-30"),
            ("day-366", "2026-366"),
            ("week-54", "2026-W54-1"),
            ("hour-25", "2026-01-01T25"),
            ("minute-60", "2026-01-01T10:60"),
            ("second-61", "2026-01-01T10:00:61"),
            ("us-date", "01/02/2026"),
            ("number", "1700000000"),
            ("garbage-behind", "2026-01-01x"),
            ("relative-garbage-behind", "-7dx"),
            ("relative-no-kind", "-7"),
            ("relative-unknown-kind", "-7f"),
            ("relative-two-signs", "--7d"),
            ("relative-plus", "%2B7d"),
            ("relative-fraction", "-1.5d"),
            ("relative-two", "-1d-1h"),
            ("relative-lower-case-start", "-1dstart"),
            ("relative-out-of-range", "-99999999999y"),
            ("relative-past-bigint", "-99999999999999999999d"),
            ("relative-out-of-calendar", "-999999y"),
            ("nul", "%00"),
            ("nul-behind", "-7d%00"),
            ("newline-behind", "-7d%0A"),
            ("sql", "%27%3B--"),
            ("long", "9" * 3000),
        )
    ),
    case("created-by-last-wins", "GET <list:shelf>/?created_by=<uuid_of:ada>&created_by=x", bad("created_by")),
    case("date-last-wins", "GET <list:shelf>/?date_from=-7d&date_from=x", bad("date_from")),
    case("date-last-wins-good", "GET <list:shelf>/?date_from=x&date_from=-7d", Answer(200)),
    case("created-by-invalid-utf8", "GET <list:shelf>/?created_by=%ff", bad("created_by"), REFUSED),
    case("date-invalid-utf8", "GET <list:shelf>/?date_from=%ff", bad("date_from"), REFUSED),
    case("search-invalid-utf8", "GET <list:shelf>/?search=%ff", Answer(200), REFUSED),
    # A title never has a NUL: no rows, or DRF's refusal of the character.
    case("search-nul", "GET <list:shelf>/?search=%00", Answer(200, '{"count":0,<any>'), REFUSED),
    # PostHog takes an empty creator for no filter; the contract says so of dates only.
    case("created-by-empty", "GET <list:shelf>/?created_by=", Answer(200, '{"count":8,<any>'), bad("created_by")),
    # Two faults: the first of them, whichever that is.
    case("two-faults", "GET <list:shelf>/?date_from=x&order=foo&created_by=y", bad("date_from"), bad("order"), bad("created_by")),
    case("relative-days", "GET <list:shelf>/?date_from=-7d", Answer(200)),
    case("relative-month-end", "GET <list:shelf>/?date_to=-1mEnd", Answer(200)),
    case("relative-no-sign", "GET <list:shelf>/?date_from=7d", Answer(200)),
    case("relative-no-number", "GET <list:shelf>/?date_from=dStart", Answer(200)),
    case("filters-of-a-post-are-not-read", "POST <list>/?date_from=x&created_by=y", Answer(201), send={"title": "A"}),
]


@pytest.mark.parametrize("case", REFUSALS, ids=ids(REFUSALS))
def test_refusal(world, case):
    run(world, case)


@pytest.fixture(scope="module")
def diary(world):
    """A project with a row for each of a range of ages; in New York."""
    project = world.new_project("America/New_York")
    world.add_member(project, world.people["ada"]["id"])
    ages = ["1 second", "59 minutes", "61 minutes", "23 hours", "25 hours", "6 days", "8 days", "40 days", "400 days"]
    rows = {
        age: world.new_row(project, created_at=world.one("SELECT (now() - %s::interval)::text", age)) for age in ages
    }
    return f"/api/projects/{project}/session_group_summaries/", rows


@pytest.mark.parametrize(
    "query, ages",
    [
        ("date_from=-1h", ["1 second", "59 minutes"]),
        ("date_from=-60M", ["1 second", "59 minutes"]),
        ("date_from=-3600s", ["1 second", "59 minutes"]),
        ("date_from=-24h", ["1 second", "59 minutes", "61 minutes", "23 hours"]),
        ("date_from=-1q&date_to=-1w", ["8 days", "40 days"]),
        ("date_to=-1y", ["400 days"]),
        ("date_from=-7d&date_to=-24h", ["25 hours", "6 days"]),
        ("date_to=-2m", ["400 days"]),
    ],
)
def test_relative_dates(world, diary, query, ages):
    path, rows = diary
    page = world.call("GET", f"{path}?{query}").json()
    assert {r["id"] for r in page["results"]} == {rows[a] for a in ages}


def test_wall_clock_is_the_projects(world):
    """Without an offset a date is wall-clock time in the project's time zone, winter and summer."""
    project = world.new_project("America/New_York")
    world.add_member(project, world.people["ada"]["id"])
    path = f"/api/projects/{project}/session_group_summaries/"
    winter = world.new_row(project, created_at="2026-01-15T05:00:00.000001Z")
    summer = world.new_row(project, created_at="2026-07-15T04:00:00.000001Z")
    for query, expected in (
        ("date_from=2026-01-15&date_to=2026-01-16", {winter}),
        ("date_to=2026-01-15", set()),
        ("date_from=2026-07-15&date_to=2026-07-16", {summer}),
        ("date_from=2026-07-15T00:00:00.000001", set()),
        ("date_from=2026-07-15T04:00:00Z", {summer}),
        ("date_from=2026-07-15T04:00:00.000001Z", set()),
        ("date_from=2026-01-15T00:00:00.000001&date_to=2026-07-15T00:00:00.000001", set()),
        ("date_from=2026-01-15T00:00:00&date_to=2026-07-15T00:00:00.000002", {winter, summer}),
    ):
        page = world.call("GET", path + "?" + query).json()
        assert {r["id"] for r in page["results"]} == expected, query


TITLES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), min_size=1, max_size=6)


@settings(max_examples=150, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.text("ab%_\\ A'\"", min_size=1, max_size=8).map(lambda t: "x" + t), min_size=1, max_size=5),
    st.text("ab%_\\ A'\"", max_size=4),
)
def test_search_against_python(world, titles, needle):
    """Substrings by Python's own in; %, _ and \\ are plain characters."""
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    rows = {world.new_row(project, title=t): t for t in titles}
    path = f"/api/projects/{project}/session_group_summaries/?search={quote(needle, safe='')}"
    page = world.call("GET", path).json()
    found = sorted(rows[r["id"]] for r in page["results"])
    assert found == sorted(t for t in titles if needle.lower() in t.lower())
    assert page["count"] == len(found)


@settings(max_examples=100, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(TITLES, st.integers(0, 5), st.integers(1, 6))
def test_part_of_a_title_is_found(world, title, start, length):
    """Any part of any title finds it, whatever the characters."""
    title = "t" + title
    needle = title[start : start + length]
    row = world.new_row(title=title)
    path = f"{world.name('list')}/?limit=1000&search={quote(needle, safe='')}"
    assert row in {r["id"] for r in world.call("GET", path).json()["results"]}
    world.sql("DELETE FROM session_group.summaries WHERE id = %s", row)


@settings(max_examples=150, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(
    st.datetimes(datetime.datetime(2025, 12, 31), datetime.datetime(2026, 4, 2)),
    st.datetimes(datetime.datetime(2025, 12, 31), datetime.datetime(2026, 4, 2)),
    st.sampled_from(["Z", "%2B00:00", "%2B05:30", "-08:00"]),
)
def test_dates_against_python(world, start, end, offset):
    """Strict bounds to the microsecond, in any offset."""
    zones = {"Z": 0, "%2B00:00": 0, "%2B05:30": 330, "-08:00": -480}
    zone = datetime.timezone(datetime.timedelta(minutes=zones[offset]))
    low, high = (t.replace(tzinfo=zone) for t in (start, end))
    expected = {
        world.shelf[n]
        for n in ALL
        if low < datetime.datetime.fromisoformat(SHELF[n][2].replace("Z", "+00:00")) < high
    }
    query = f"date_from={start.isoformat()}{offset}&date_to={end.isoformat()}{offset}"
    page = world.call("GET", f"{world.name('list:shelf')}/?{query}").json()
    assert {r["id"] for r in page["results"]} == expected


def test_a_filter_sees_no_other_project(world):
    """created_by of somebody who is elsewhere, search for a foreign title: as if they were not there."""
    page = world.call("GET", f"{world.name('list')}/?created_by={world.people['grace']['uuid']}").json()
    assert (page["count"], page["results"]) == (0, [])
    page = world.call("GET", f"{world.name('list')}/?search=Foreign").json()
    assert page["count"] == 0


def test_every_door_has_the_filters_of_the_table(admin):
    """SQL's two functions, in the table's order; the description and the documents, each by name."""
    assert len(FILTERS) > 6
    wanted = [f"{name} {kind.lower()} DEFAULT NULL::{kind.lower()}" for name, kind in FILTERS.items()]
    for function, first in (("list_summaries", 4), ("count_summaries", 1)):
        with admin.cursor() as cursor:
            cursor.execute("SELECT pg_get_function_arguments(('session_group.' || %s)::regproc)", (function,))
            assert cursor.fetchone()[0].split(", ")[first:] == wanted
    described = DOCUMENT["paths"]["/api/projects/{project_id}/session_group_summaries/"]["get"]["parameters"]
    in_query = {p["name"] for p in map(resolved, described) if p["in"] == "query"}
    assert in_query == {*FILTERS, "order", "limit", "offset", "cursor"}
    for name in FILTERS:
        assert f"`{name}`" in (REPO / "docs/http-api.md").read_text(), name


def test_severity_of_each_row_is_looked_up_by_its_key(world):
    """Not read from the index of severities, which has the whole project for each row of the page."""
    project, many = world.new_project(), 4000
    world.sql("""INSERT INTO session_group.summaries (project_id, summary)
                 SELECT %s, jsonb_build_object('patterns', jsonb_build_array(jsonb_build_object('severity', s)))
                 FROM generate_series(1, %s), unnest('{low,high}'::text[]) AS s""", project, many)
    world.sql("VACUUM ANALYZE session_group.summaries, session_group.pattern_numbers")
    read = "SELECT pg_stat_get_xact_tuples_returned('session_group.pattern_numbers_by_severities'::regclass)"
    with world.stack.connect() as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM session_group.list_summaries(%s, 50, severity => 'high')", (project,))
        assert cursor.fetchone() == (50,)
        cursor.execute(read)
        (counted,) = cursor.fetchone()
        cursor.execute("ROLLBACK")
    assert counted <= many, "it is read once, to count"
