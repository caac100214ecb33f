"""limit, offset, links and order of the list. Against Django REST framework: see test_links.py."""

import pytest

from runner import REFUSED, Answer, case, error, ids, invalid, run, wait_until
from world import SHELF

OK = Answer(200)
BAD_ORDER = invalid("order", "<any>")

# Query, number of results, next, previous: None or the query that the link has. The project has
# 1,234 rows, in threes of the same time.
NUMBER = 1234
MAX = 1000
PAGES = [
    ("", 100, "limit=100&offset=100", None),
    ("limit=10", 10, "limit=10&offset=10", None),
    ("limit=1", 1, "limit=1&offset=1", None),
    ("limit=999", 999, "limit=999&offset=999", None),
    ("limit=1000", 1000, "limit=1000&offset=1000", None),
    ("limit=1001", 1000, "limit=1000&offset=1000", None),
    ("limit=100000", 1000, "limit=1000&offset=1000", None),
    ("limit=2147483647", 1000, "limit=1000&offset=1000", None),
    ("limit=2147483648", 1000, "limit=1000&offset=1000", None),
    ("limit=9223372036854775807", 1000, "limit=1000&offset=1000", None),
    ("limit=9223372036854775808", 1000, "limit=1000&offset=1000", None),
    ("limit=99999999999999999999999999", 1000, "limit=1000&offset=1000", None),
    ("limit=0", 100, "limit=100&offset=100", None),
    ("limit=-1", 100, "limit=100&offset=100", None),
    ("limit=-9223372036854775809", 100, "limit=100&offset=100", None),
    ("limit=", 100, "limit=100&offset=100", None),
    ("limit", 100, "limit=100&offset=100", None),
    ("limit=abc", 100, "limit=100&offset=100", None),
    ("limit=10abc", 100, "limit=100&offset=100", None),
    ("limit=1.5", 100, "limit=100&offset=100", None),
    ("limit=1e1", 100, "limit=100&offset=100", None),
    ("limit=0x10", 100, "limit=100&offset=100", None),
    ("limit=%00", 100, "limit=100&offset=100", None),
    ("limit=null", 100, "limit=100&offset=100", None),
    ("limit=010", 10, "limit=10&offset=10", None),
    ("limit=5&limit=7", 7, "limit=7&offset=7", None),
    ("limit=5&limit=", 100, "limit=100&offset=100", None),
    ("offset=0", 100, "limit=100&offset=100", None),
    ("offset=", 100, "limit=100&offset=100", None),
    ("offset=-5", 100, "limit=100&offset=100", None),
    ("offset=abc", 100, "limit=100&offset=100", None),
    ("offset=1.0", 100, "limit=100&offset=100", None),
    ("offset=-9223372036854775808", 100, "limit=100&offset=100", None),
    ("offset=1", 100, "limit=100&offset=101", "limit=100"),
    ("offset=99", 100, "limit=100&offset=199", "limit=100"),
    ("offset=100", 100, "limit=100&offset=200", "limit=100"),
    ("offset=101", 100, "limit=100&offset=201", "limit=100&offset=1"),
    ("offset=1133", 100, "limit=100&offset=1233", "limit=100&offset=1033"),
    ("offset=1134", 100, None, "limit=100&offset=1034"),
    ("offset=1135", 99, None, "limit=100&offset=1035"),
    ("offset=1233", 1, None, "limit=100&offset=1133"),
    ("offset=1234", 0, None, "limit=100&offset=1134"),
    ("offset=1235", 0, None, "limit=100&offset=1135"),
    ("offset=2147483647", 0, None, "limit=100&offset=2147483547"),
    ("offset=2147483648", 0, None, "limit=100&offset=2147483548"),
    ("offset=9223372036854775807", 0, None, "limit=100&offset=9223372036854775707"),
    ("offset=10&offset=20", 100, "limit=100&offset=120", "limit=100"),
    ("limit=10&offset=5", 10, "limit=10&offset=15", "limit=10"),
    ("limit=10&offset=10", 10, "limit=10&offset=20", "limit=10"),
    ("limit=10&offset=11", 10, "limit=10&offset=21", "limit=10&offset=1"),
    ("offset=20&limit=10", 10, "limit=10&offset=30", "limit=10&offset=10"),
    ("limit=5000&offset=1000", 234, None, "limit=1000"),
    ("limit=2000&offset=1001", 233, None, "limit=1000&offset=1"),
    # Other parameters are kept, sorted, and encoded as a form.
    ("limit=1&z=1&a=2", 1, "a=2&limit=1&offset=1&z=1", None),
    ("limit=1&b=2&B=1&_=0&%C3%A9=3", 1, "B=1&_=0&b=2&limit=1&offset=1&%C3%A9=3", None),
    ("limit=1&foo=", 1, "foo=&limit=1&offset=1", None),
    ("limit=1&foo", 1, "foo=&limit=1&offset=1", None),
    ("limit=1&=x", 1, "=x&limit=1&offset=1", None),
    ("limit=1&&&", 1, "limit=1&offset=1", None),
    ("limit=1&x=a+b", 1, "limit=1&offset=1&x=a+b", None),
    ("limit=1&x=a%20b", 1, "limit=1&offset=1&x=a+b", None),
    ("limit=1&x=a%2Bb", 1, "limit=1&offset=1&x=a%2Bb", None),
    ("limit=1&x=a:b", 1, "limit=1&offset=1&x=a%3Ab", None),
    ("limit=1&x=a/b?c", 1, "limit=1&offset=1&x=a%2Fb%3Fc", None),
    ("limit=1&x=a=b", 1, "limit=1&offset=1&x=a%3Db", None),
    ("limit=1&x=a;b", 1, "limit=1&offset=1&x=a%3Bb", None),
    ("limit=1&x=100%", 1, "limit=1&offset=1&x=100%25", None),
    ("limit=1&x=%zz", 1, "limit=1&offset=1&x=%25zz", None),
    ("limit=1&x=%2", 1, "limit=1&offset=1&x=%252", None),
    ("limit=1&x=~._-*'()!", 1, "limit=1&offset=1&x=~._-%2A%27%28%29%21", None),
    ("limit=1&x=%c3%a9", 1, "limit=1&offset=1&x=%C3%A9", None),
    ("limit=1&x=%F0%9F%98%80", 1, "limit=1&offset=1&x=%F0%9F%98%80", None),
    ("limit=1&x=%00", 1, "limit=1&offset=1&x=%00", None),
    ("limit=1&x=%0D%0AX-Evil:%201", 1, "limit=1&offset=1&x=%0D%0AX-Evil%3A+1", None),
    ("limit=1&x=%22%5C%3C", 1, "limit=1&offset=1&x=%22%5C%3C", None),
    ("limit=1&a=2&a=1&b=3&a=2", 1, "a=2&a=1&a=2&b=3&limit=1&offset=1", None),
    ("limit=1&o%66fset=7", 1, "limit=1&offset=8", "limit=1&offset=6"),
    ("limit=1&LIMIT=5&Offset=2", 1, "LIMIT=5&Offset=2&limit=1&offset=1", None),
    ("limit=1&order=-created_at", 1, "limit=1&offset=1&order=-created_at", None),
    ("limit=1&order=", 1, "limit=1&offset=1&order=", None),
    ("limit=1&search=", 1, "limit=1&offset=1&search=", None),
    ("limit=1&search=Row", 1, "limit=1&offset=1&search=Row", None),
    ("limit=1&date_from=2025-01-01T00:00:00Z", 1, "date_from=2025-01-01T00%3A00%3A00Z&limit=1&offset=1", None),
    ("limit=1&offset=1&date_from=", 1, "date_from=&limit=1&offset=2", "date_from=&limit=1"),
    # Names that PostgREST reads for itself are here like any other.
    ("limit=1&select=id&columns=x&on_conflict=y&and=z", 1, "and=z&columns=x&limit=1&offset=1&on_conflict=y&select=id",
     None),
    ("limit=1&title=eq.x&id=is.null", 1, "id=is.null&limit=1&offset=1&title=eq.x", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def book(world):
    """A project of 1,234 rows: its path and its rows in the default order."""
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    return f"/api/projects/{project}/session_group_summaries", world.fill_project(project, NUMBER)


def link(world, path, query):
    return query and f"{world.client.base}{path}?{query}"


@pytest.mark.parametrize("query, number, next, previous", PAGES, ids=[p[0][:60] or "none" for p in PAGES])
@pytest.mark.parametrize("slash", ["/", ""], ids=["slash", "plain"])
def test_page(world, book, slash, query, number, next, previous):
    path, rows = book[0] + slash, book[1]
    answer = world.call("GET", f"{path}?{query}", key="read")
    page = answer.json()
    assert answer.status == 200
    assert list(page) == ["count", "next", "previous", "results"]
    assert page["count"] == NUMBER
    assert page["next"] == link(world, path, next)
    assert page["previous"] == link(world, path, previous)
    assert len(page["results"]) == number
    start = int(next.split("offset=")[1].split("&")[0]) - number if next else NUMBER - number
    assert [r["id"] for r in page["results"]] == rows[start : start + number]


def test_cap_on_a_retrieved_page_is_the_settings(world, book):
    """1,000 is the default of a setting, not a number of the code."""
    assert world.one("SELECT current_setting('session_group.max_page_size')") == str(MAX)


def test_cap_is_set(world, book):
    """Another cap holds from the next request on."""

    def page_of(limit):
        return len(world.call("GET", f"{book[0]}/?limit={limit}", key="read").json()["results"])

    world.sql("ALTER SYSTEM SET session_group.max_page_size = 7")
    try:
        world.sql("SELECT pg_reload_conf()")
        wait_until(lambda: page_of(1000) == 7)
        assert [page_of(n) for n in (6, 7, 8, 0)] == [6, 7, 7, 7]
        answer = world.call("GET", f"{book[0]}/?limit=100").json()
        assert answer["next"] == link(world, book[0] + "/", "limit=7&offset=7")
    finally:
        world.sql("ALTER SYSTEM RESET session_group.max_page_size")
        world.sql("SELECT pg_reload_conf()")
        wait_until(lambda: page_of(1000) == MAX)


def test_walk_by_next_and_back(world, book):
    """Following the links meets every row once, in both directions."""
    path, rows = book
    target, seen = f"{path}/?limit=97", []
    while target:
        page = world.call("GET", target, key="read").json()
        seen += [r["id"] for r in page["results"]]
        target = page["next"] and page["next"].removeprefix(world.client.base)
        back = page["previous"]
    assert seen == rows
    while back:
        page = world.call("GET", back.removeprefix(world.client.base), key="read").json()
        assert page["results"]
        back = page["previous"]
    assert page["results"][0]["id"] == rows[0]


def test_links_keep_the_key(world, book):
    """All query parameters are kept: a key that came there too, or the next page would be a 401."""
    path = book[0]
    key = world.key("read")
    page = world.client.request("GET", f"{path}/?limit=1&personal_api_key={key}").json()
    assert page["next"] == f"{world.client.base}{path}/?limit=1&offset=1&personal_api_key={key}"
    again = world.client.request("GET", page["next"].removeprefix(world.client.base))
    assert again.status == 200


def test_links_have_the_clients_host(world, book):
    path = book[0]
    for host in ("sessions.example.com", "sessions.example.com:8443", "EXAMPLE.com", "127.0.0.1"):
        answer = world.call("GET", f"{path}/?limit=1", headers={"Host": host})
        assert answer.json()["next"] == f"http://{host}{path}/?limit=1&offset=1"


def test_links_and_x_forwarded_proto(world, book):
    """That of a proxy in front is believed (the servers of the tests trust this host), if it is http or https."""
    path = book[0]
    for proto, expected in (("https", "https"), ("http", "http"), ("javascript", "http"), ("", "http")):
        answer = world.call("GET", f"{path}/?limit=1", headers={"X-Forwarded-Proto": proto})
        assert answer.json()["next"] == f"{expected}://{world.client.netloc}{path}/?limit=1&offset=1"


def test_links_have_the_path_as_it_was_sent(world, book):
    path = book[0].replace("session_group", "session%5Fgroup")
    answer = world.call("GET", f"{path}/?limit=1")
    if answer.status == 200:
        assert answer.json()["next"] == f"{world.client.base}{path}/?limit=1&offset=1"


def test_links_of_a_query_that_is_not_ascii(world, book):
    """Raw UTF-8, which HTTP does not allow and browsers of old sent: refused, or encoded in the link."""
    answer = world.client.raw(
        f"GET {book[0]}/?limit=1&x=é HTTP/1.1\r\nHost: {world.client.netloc}\r\n"
        f"Authorization: Bearer {world.key('read')}\r\nConnection: close\r\n\r\n".encode("utf-8")
    )
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert answer.json()["next"] == f"{world.client.base}{book[0]}/?limit=1&offset=1&x=%C3%A9"


@pytest.mark.parametrize("host", ['a"b', "a\\b", "a<b>", "a b", "", "é", "a/b", "a@b", "x" * 3000])
def test_odd_hosts(world, book, host):
    """A Host that is none: refused in the contract's form, or a link that is still JSON."""
    request = (
        f"GET {book[0]}/?limit=1 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {world.key('read')}\r\n"
        "Connection: close\r\n\r\n"
    )
    answer = world.client.raw(request.encode("utf-8"))
    assert answer.status in (200, 400)
    assert answer.json()["next" if answer.status == 200 else "detail"]


def test_order_of_huge_numbers_in_previous(world, book):
    """An offset past the end of bigint still is one past the end: no rows, the right count."""
    for offset in (2**63, 2**64, 10**30):
        answer = world.call("GET", f"{book[0]}/?offset={offset}")
        page = answer.json()
        assert (answer.status, page["count"], page["next"], page["results"]) == (200, NUMBER, None, [])
        assert page["previous"].startswith(f"{world.client.base}{book[0]}/?limit=100&offset=")


# What Python's int() reads and the contract's "number" may or may not be.
@pytest.mark.parametrize("text, value",
                         [("%205", 5), ("+5", 5), ("5%20", 5), ("%2B5", 5), ("5_0", 50), ("%D9%A5", 5), ("-0", 0)])
def test_numbers_in_other_spellings(world, book, text, value):
    page = world.call("GET", f"{book[0]}/?limit={text}").json()
    assert len(page["results"]) in (value or 100, 100)
    page = world.call("GET", f"{book[0]}/?offset={text}").json()
    assert page["results"][0]["id"] in (book[1][0], book[1][value])


def test_a_page_of_an_empty_project(world):
    path = world.name("list:empty") + "/"
    for query, previous in (("", None), ("?offset=0", None), ("?offset=5", "limit=100"),
                            ("?limit=2&offset=5", "limit=2&offset=3")):
        page = world.call("GET", path + query).json()
        assert page == {"count": 0, "next": None, "previous": link(world, path, previous), "results": []}


# Order ---------------------------------------------------------------------------------------

KEYS = {
    "created_at": lambda row: row["created_at"],
    "title": lambda row: row["title"],
    "session_count": lambda row: row["session_count"],
    "id": lambda row: row["id"],
    "created_by": lambda row: row["created_by_id"],
}


@pytest.fixture(scope="module")
def shelf(world):
    rows = world.sql(
        "SELECT id::text, created_at, title, session_count, created_by_id FROM session_group.summaries"
        " WHERE project_id = %s", world.names["shelf"],
    )
    return rows


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("field", KEYS)
def test_order(world, shelf, field, sign):
    """Every field, both directions; id breaks ties in the same direction."""
    expected = sorted(shelf, key=lambda row: (KEYS[field](row), row["id"]), reverse=bool(sign))
    page = world.call("GET", f"{world.name('list:shelf')}/?order={sign}{field}").json()
    assert [r["id"] for r in page["results"]] == [r["id"] for r in expected]


@pytest.mark.parametrize("query",
                         ["", "?order=", "?order=-created_at", "?order", "?order=title&order=-created_at",
                          "?order=title&order="])
def test_default_order(world, shelf, query):
    expected = sorted(shelf, key=lambda row: (row["created_at"], row["id"]), reverse=True)
    page = world.call("GET", world.name("list:shelf") + "/" + query).json()
    assert [r["id"] for r in page["results"]] == [r["id"] for r in expected]


@pytest.mark.parametrize("field", ["created_by", "created_at", "session_count"])
def test_order_turned_around(world, field):
    """Of rows in threes of the same time, and without a creator too: -x is x read backwards."""
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    path = f"/api/projects/{project}/session_group_summaries/"
    world.fill_project(project, 12)
    world.new_row(project)
    world.new_row(project)
    up, down = (
        [r["id"] for r in world.call("GET", f"{path}?order={sign}{field}").json()["results"]] for sign in ("", "-")
    )
    assert up == down[::-1] and len(set(up)) == 14


@pytest.mark.parametrize("field", ["created_at", "session_count", "title", "created_by"])
def test_pages_lose_and_repeat_nothing(world, field):
    """PostHog had no tie-breaker: small pages over rows that are all alike."""
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    path = f"/api/projects/{project}/session_group_summaries/"
    rows = {world.new_row(project, created_at="2026-01-01T00:00:00Z") for _ in range(23)}
    for sign in ("", "-"):
        seen = []
        for offset in range(0, 23, 2):
            page = world.call("GET", f"{path}?order={sign}{field}&limit=2&offset={offset}").json()
            seen += [r["id"] for r in page["results"]]
        assert len(seen) == 23 and set(seen) == rows
        assert seen == sorted(seen, reverse=bool(sign))


ORDERS = [
    case("unknown", "GET <list:shelf>/?order=foo", BAD_ORDER),
    case("unknown-descending", "GET <list:shelf>/?order=-foo", BAD_ORDER),
    case("two-signs", "GET <list:shelf>/?order=--title", BAD_ORDER),
    case("sign-alone", "GET <list:shelf>/?order=-", BAD_ORDER),
    case("plus-sign", "GET <list:shelf>/?order=%2Btitle", BAD_ORDER),
    case("blank-before", "GET <list:shelf>/?order=+title", BAD_ORDER),
    case("blank", "GET <list:shelf>/?order=+", BAD_ORDER),
    case("in-capitals", "GET <list:shelf>/?order=Title", BAD_ORDER),
    case("two-fields", "GET <list:shelf>/?order=title,id", BAD_ORDER),
    case("a-column-that-is-no-field", "GET <list:shelf>/?order=version", BAD_ORDER),
    case("summary", "GET <list:shelf>/?order=summary", BAD_ORDER),
    case("team", "GET <list:shelf>/?order=team", BAD_ORDER),
    case("session-ids", "GET <list:shelf>/?order=session_ids", BAD_ORDER),
    case("through-the-creator", "GET <list:shelf>/?order=created_by__email", BAD_ORDER),
    case("postgrest-form", "GET <list:shelf>/?order=title.desc", BAD_ORDER),
    case("random", "GET <list:shelf>/?order=?", BAD_ORDER),
    case("sql", "GET <list:shelf>/?order=id;DROP+TABLE+x", BAD_ORDER),
    case("sql-function", "GET <list:shelf>/?order=pg_sleep(9)", BAD_ORDER),
    case("nul", "GET <list:shelf>/?order=%00", BAD_ORDER),
    case("nul-behind", "GET <list:shelf>/?order=title%00", BAD_ORDER),
    case("invalid-utf8", "GET <list:shelf>/?order=%ff", BAD_ORDER, REFUSED),
    case("crlf", "GET <list:shelf>/?order=%0d%0aX-Evil:1", BAD_ORDER),
    case("long", "GET <list:shelf>/?order=" + "x" * 5000, BAD_ORDER),
    case("last-wins-good", "GET <list:shelf>/?order=foo&order=title", OK),
    case("last-wins-bad", "GET <list:shelf>/?order=title&order=foo", BAD_ORDER),
    case("head", "HEAD <list:shelf>/?order=foo", Answer(400, "")),
    # Queries at the edge of what a URI is.
    case("invalid-utf8-in-query", "GET <list:shelf>/?q=%ff%fe", OK, REFUSED),
    case("surrogate-in-query", "GET <list:shelf>/?q=%ED%A0%80", OK, REFUSED),
    case("lone-question-mark", "GET <list:shelf>/?", OK),
    case("two-question-marks", "GET <list:shelf>/??a=b", OK),
    case("1000-parameters", "GET <list:shelf>/?" + "&".join(f"p{n}=1" for n in range(1000)), OK,
         error(414, "<any>", "<any>", "<any>"), REFUSED),
    case("4000-characters", "GET <list:shelf>/?q=" + "x" * 4000, OK),
    case("20000-characters", "GET <list:shelf>/?q=" + "x" * 20_000, OK, error(414, "<any>", "<any>", "<any>"),
         REFUSED),
    case("31000-characters", "GET <list:shelf>/?q=" + "x" * 31_000, OK, error(414, "<any>", "<any>", "<any>"),
         REFUSED),
    case("10000-parameters", "GET <list:shelf>/?" + "&".join("abc"[n % 3] for n in range(10_000)), OK,
         error(414, "<any>", "<any>", "<any>"), REFUSED),
    case("10001-parameters", "GET <list:shelf>/?" + "&".join("abc"[n % 3] for n in range(10_001)), REFUSED,
         error(414, "<any>", "<any>", "<any>")),
    case("100000-characters", "GET <list:shelf>/?q=" + "x" * 100_000, error(414, "<any>", "<any>", "<any>"), REFUSED),
]


@pytest.mark.parametrize("case", ORDERS, ids=ids(ORDERS))
def test_orders(world, case):
    run(world, case)


def test_shelf_is_as_said(world, shelf):
    assert len(shelf) == len(SHELF)
