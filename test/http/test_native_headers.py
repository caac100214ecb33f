"""The native door against PostgREST itself: whatever a request prefers or accepts, in one line or in several,
both answer alike. (A count that may be an estimate is exact at both: the database sees to it.)

SESSION_GROUP_TEST_SEED=<the number that was printed> repeats a run."""

import concurrent.futures
import contextlib
import os
import random
import re
import secrets

import pytest

from runner import Client, wait_until

SEED = int(os.environ.get("SESSION_GROUP_TEST_SEED") or secrets.randbits(32))
SAMPLES = 400
VIEW = "/session_group_summaries"

PREFERENCES = [
    "count=exact", "count=planned", "count=estimated", "return=representation", "return=minimal", "return=headers-only", "resolution=merge-duplicates", "resolution=ignore-duplicates",
    "missing=default", "missing=null", "handling=strict", "handling=strict", "handling=lenient", "tx=commit", "tx=rollback", "max-affected=1", "max-affected=x",
    "timezone=Europe/Berlin", "timezone=Nowhere/At_All", "params=single-object", "respond-async", "foo=bar", "wait=10", "Count=exact", "count = exact", 'count="exact"',
    "count=exact;q=1", "return=representation; charset=utf-8", "", " ", "count=", "=exact", "countexact", "count=none", "handling=strict2",
]  # fmt: skip
MEDIA = [
    "application/json", "*/*", "text/csv", "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json", "application/json;q=0.5", "text/csv;q=0.1",
    "application/vnd.pgrst.object+json;nulls=stripped", "text/html", "text/*", "application/*;q=0.9", "x", "", ";", "application/json, text/csv;q=0.2",
]  # fmt: skip
PROFILES = [None, None, None, "public", "session_group_api", "session_group", "pg_catalog", "Public", "public, session_group"]


@pytest.fixture(scope="module")
def doors(world):
    """Both, for the same key, with rows of their own."""
    def make(base, prefix, header):
        project = world.new_project()
        world.add_member(project, world.people["ada"]["id"])
        for number in range(3):
            world.new_row(project, title=f"Row {number}")
        client = Client(base)

        def ask(method, query, headers, body=None):
            sent = {**header(world.key("write")), **headers}
            if body is not None:
                sent["Content-Type"] = "application/json"
                body = body.replace("PROJECT", str(project))
            return client.request(method, f"{prefix}{VIEW}?project_id=eq.{project}{query}", sent, body)

        return ask

    # A profile that PostgREST would not know is one that the door knows.
    return (
        make(world.stack.url, "/rest/v1", lambda key: {"Authorization": f"Bearer {key}"}),
        make(world.stack.postgrest_url, "", lambda key: {"X-Api-Key": key}),
    )


def lines(rng, words, most):
    """Some of them, in one header or several."""
    chosen = [rng.choice(words) for _ in range(rng.randint(0, most))]
    result = []
    while chosen:
        number = rng.randint(1, len(chosen))
        result.append(rng.choice([", ", ",", " ,  "]).join(chosen[:number]))
        chosen = chosen[number:]
    return result


def plain(answer):
    """An answer without what is each row's and each project's own."""
    body = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d[ T][\d:.]+\+\d\d(:\d\d)?|\b\d+\b", "_", answer.body.decode())
    location = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|eq\.\d+(?=&)", "_", answer.headers["Location"] or "").partition(VIEW)[2]
    return {
        "status": answer.status, "applied": answer.headers["Preference-Applied"], "type": answer.headers.get_all("Content-Type"),
        "range": answer.headers["Content-Range"], "location": location, "body": body,
    }  # fmt: skip


REQUESTS = [
    ("GET", "&select=title&order=title", None),
    ("GET", "&select=title&order=title&limit=1&offset=1", None),
    ("HEAD", "&select=title", None),
    ("GET", "&title=eq.nothing", None),
    ("POST", "&columns=project_id,title,session_ids", '[{"project_id": PROJECT, "title": "A"}, {"project_id": PROJECT, "session_ids": ["s"], "title": "A"}]'),
    ("POST", "", '{"project_id": PROJECT, "title": "A"}'),
    ("PATCH", "&title=eq.A", '{"run_metadata": {}}'),
    ("PATCH", "&title=eq.nothing", '{"title": "B"}'),
    ("DELETE", "&title=eq.A", None),
]


def compare(doors, method, query, body, headers, expected=None):
    ours, theirs = (plain(ask(method, query, {**headers, **changed}, body)) for ask, changed in zip(doors, ({}, expected or {})))
    if ours["type"] and ours["type"][-1] in (theirs["type"] or []):
        # PostgREST's errors may have two; which of them nginx passes on depends on its version.
        ours["type"] = theirs["type"]
    if method == "HEAD":
        # PostgREST is asked for the whole there.
        ours["type"] = theirs["type"]
    if method in ("PATCH", "DELETE"):
        # Changed rows come as they lie in the table, and each door has rows of its own.
        for answer in (ours, theirs):
            answer["body"] = sorted(re.split(r",? *\n *", answer["body"].strip("[]")))
    assert ours == theirs, (method, query, headers)
    return ours


def test_preferences(doors):
    print(f"SESSION_GROUP_TEST_SEED={SEED}")
    rng = random.Random(SEED)
    seen = set()
    for _ in range(SAMPLES):
        prefer = lines(rng, PREFERENCES, 5)
        answer = compare(doors, *rng.choice(REQUESTS), {"Prefer": prefer} if prefer else {})
        seen.add((answer["status"], len(prefer) > 1, bool(answer["applied"])))
    assert {status for status, _, _ in seen} >= {200, 201, 204, 400} and len(seen) >= 8


@pytest.mark.parametrize("how", ["planned", "estimated", "exact"])
def test_every_count_is_exact(world, how):
    """PostgREST takes estimates from EXPLAIN, whose statistics are of all projects' rows."""
    rng = random.Random(SEED)
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    world.fill_project(project, 1234)
    world.sql("ANALYZE session_group.summaries")
    for prefer in ([f"count={how}"], ["return=minimal", f"count={how}"], [f"handling=lenient, count={how}", "missing=null"]):
        for query, count in (
            ("", 1234), ("&title=eq.Row 7", 1), ("&title=like.*Row 12*", 46), ("&id=is.null", 0), ("&or=(title.eq.Row 1,title.eq.Row 2)", 2),
            ("&select=title,project_users!inner(email)&project_users.email=eq.nobody", 0), (f"&version=eq.{rng.randint(2, 99)}", 0),
        ):  # fmt: skip
            target = f"/rest/v1{VIEW}?project_id=eq.{project}{query.replace(' ', '%20')}&limit=2&order=id"
            answer = world.call("GET", target, headers={"Prefer": prefer})
            assert answer.status in (200, 206), answer
            assert answer.headers["Content-Range"].split("/")[1] == str(count)
            assert f"count={how}" in answer.headers["Preference-Applied"]
    foreign = world.call("GET", f"/rest/v1{VIEW}?project_id=eq.{project}&limit=1", key="grace", headers={"Prefer": f"count={how}"})
    assert foreign.headers["Content-Range"] == "*/0"
    assert world.call("GET", f"/rest/v1{VIEW}?x=eq.1", headers={"Prefer": f"count={how}"}).status == 400


def test_media_types(doors):
    print(f"SESSION_GROUP_TEST_SEED={SEED}")
    rng = random.Random(SEED)
    for _ in range(150):
        accept = lines(rng, MEDIA, 3)
        compare(doors, *rng.choice(REQUESTS), {"Accept": accept} if accept else {})


def test_ranges(doors):
    rng = random.Random(SEED)
    for _ in range(100):
        headers = {name: value for name, value in (
            ("Range", rng.choice([None, "0-0", "0-1", "1-", "2-1", "99-", "x", "-1", "0-9,20-30"])),
            ("Range-Unit", rng.choice([None, "items", "bytes", "x"])),
            ("Prefer", rng.choice([None, "count=exact"])),
        ) if value is not None}  # fmt: skip
        compare(doors, "GET", "&select=title&order=title", None, headers)


def test_profiles(doors):
    """supabase-js asks for the schema "public", which is the one that is served."""
    for accept in PROFILES:
        for content in PROFILES:
            headers = {name: value for name, value in (("Accept-Profile", accept), ("Content-Profile", content)) if value is not None}
            renamed = {name: "session_group_api" for name, value in headers.items() if value == "public"}
            for request in REQUESTS:
                compare(doors, *request, headers, renamed)


def test_other_headers(doors):
    """What PostgREST knows nothing of changes nothing, whatever it holds."""
    for headers in (
        {"X-Custom": "a"}, {"X-Custom": ["a", "b"]}, {"Cookie": "a=b"}, {"Referer": "http://x/"}, {"User-Agent": "x" * 5000}, {"If-Match": '"x"'},
        {"If-None-Match": "*"}, {"Idempotency-Key": "k"}, {"Origin": "https://x.example"}, {"X-Forwarded-Method": "DELETE"}, {"X-HTTP-Method-Override": "DELETE"},
        {"X-Forwarded-Uri": "/?personal_api_key=x"}, {"Accept-Encoding": "identity"}, {"Expect": "x"}, {"Forwarded": "for=x"}, {"Connection": "close"},
    ):  # fmt: skip
        for request in REQUESTS:
            # (PostgREST itself believes what only the compatible door sets.)
            compare(doors, *request, headers, {"X-Forwarded-Uri": ""})


def test_a_key_stands_in_one_header_alone(world):
    """Not in those that nginx sets for PostgREST."""
    key = world.key("write")
    for headers in ({"X-Api-Key": key}, {"X-Forwarded-Uri": f"/?personal_api_key={key}"}, {"X_Api_Key": key}, {"X-Forwarded-Uri": [f"/?personal_api_key={key}", "/"]}):
        assert world.call("GET", f"/rest/v1{VIEW}", key=None, headers=headers).status == 401
        assert world.call("GET", f"/rest/v1{VIEW}", key="unknown", headers=headers).status == 401


def test_what_is_not_text(world):
    """PostgREST falls over it (500); the door says what is wrong."""
    for name in ("X-Custom", "Prefer", "Accept", "User-Agent", "Range", "Content-Profile", "Cookie"):
        for value in (b"\xff", [b"a", b"\xff"], b"\xed\xa0\x80"):
            answer = world.call("GET", f"/rest/v1{VIEW}?limit=1", headers={name: value})
            assert answer.status in (200, 400, 415), answer
            if answer.status == 400:
                assert answer.json()["message"] == "The address or a header of the request is not text."
    for query in ("title=eq.%ff", "title=eq.%C0%80", "ti%fftle=eq.x", "select=%ff"):
        answer = world.call("GET", f"/rest/v1{VIEW}?{query}")
        assert (answer.status, answer.json()["message"]) == (400, "The address or a header of the request is not text.")


def test_views_that_nobody_writes(world):
    """A 4xx that says so; and what is no view is 404 as ever."""
    before = world.snapshot()
    for view in ("project_users", "session_group_patterns"):
        for method, query, body in (("POST", "", {"project_id": 1}), ("PATCH", "?project_id=eq.1", {"name": "x"}), ("DELETE", "?project_id=eq.1", None)):
            answer = world.call(method, f"/rest/v1/{view}{query}", body)
            assert answer.status in (400, 405), answer
            if answer.status == 405:
                assert (answer.json()["code"], answer.headers["Allow"]) == ("55000", "GET, HEAD, OPTIONS")
    assert world.call("DELETE", "/rest/v1/project_users?project_id=eq.1").status == 405
    assert world.call("POST", "/rest/v1/nothing", {}).status == 404
    assert world.snapshot() == before


def test_defaults_of_the_view(world):
    """What one of several rows leaves out has its default where the client says so."""
    rows = [{"project_id": world.names["a"], "title": "T"}, {"project_id": world.names["a"], "session_ids": ["s"]}]
    target = f"/rest/v1{VIEW}?columns=project_id,title,session_ids,summary"
    headers = {"Prefer": "missing=default, return=representation"}
    made = world.call("POST", target, rows, headers=headers).json()
    assert [(r["title"], r["session_ids"], r["summary"]) for r in made] == [("T", [], None), ("Group summary", ["s"], None)]
    assert world.call("POST", target, rows, headers={"Prefer": "missing=null"}).json()["code"] == "23502"


def cancelled(world, hold, method, query, body=None):
    """The answer to a request that waits for what another session holds, and then is cancelled, as a timeout would."""
    with contextlib.closing(world.stack.connect(autocommit=False)) as holder, concurrent.futures.ThreadPoolExecutor(1) as pool:
        holder.cursor().execute(hold)
        headers = {"Authorization": "Bearer " + world.key("write"), "Content-Type": "application/json"}
        waiting = pool.submit(Client(world.stack.url).request, method, f"/rest/v1{query}", headers, body)
        wait_until(lambda: world.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'session_group_web' AND wait_event_type = 'Lock'"))
        return waiting.result(timeout=60)


def assert_timeout(answer):
    assert (answer.status, answer.json()) == (504, {"code": "timeout", "details": None, "hint": None, "message": "The request took too long."}), answer


def test_a_cancelled_statement(world):
    """It is a timeout, in the door's own words, and has changed nothing."""
    row = world.new_row()
    before = world.snapshot()
    assert_timeout(cancelled(world, f"SELECT FROM session_group.summaries WHERE id = '{row}' FOR UPDATE", "PATCH", f"{VIEW}?id=eq.{row}", '{"title": "Late"}'))
    assert world.snapshot() == before


# What a statement on a view of the door opens: the view, and all that it reads.
OPENED = """
WITH RECURSIVE opened AS (
    SELECT v.oid AS relation, v.relname AS view FROM pg_class v WHERE v.relnamespace = 'session_group_api'::regnamespace AND v.relkind = 'v'
    UNION
    SELECT d.refobjid, o.view
    FROM opened o JOIN pg_rewrite r ON r.ev_class = o.relation JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> o.relation
)
SELECT c.oid::regclass::text AS relation, c.relkind = 'v' AS is_view, o.view FROM opened o JOIN pg_class c ON c.oid = o.relation ORDER BY 1, 3
"""


def test_a_statement_that_is_cancelled_before_it_is_read(world):
    """PostgreSQL's parser waits for a relation that is being altered: sg_native_lock() names them all."""
    opened = world.sql(OPENED)
    assert {"session_group.summaries", "session_group_api.project_users"} <= {each["relation"] for each in opened}
    for each in opened:
        relation = each["relation"]
        lock = f"ALTER VIEW {relation} SET SCHEMA {relation.split('.')[0]}" if each["is_view"] else f"LOCK TABLE {relation}"
        assert_timeout(cancelled(world, lock, "GET", f"/{each['view']}?project_id=eq.{world.names['a']}&limit=1"))


def test_a_write_that_is_cancelled_before_it_is_read(world):
    """An index is being made, beside which one may read, but not write."""
    lock = "LOCK TABLE session_group.summaries IN SHARE MODE"
    before = world.snapshot()
    for method, query, body in (("POST", "", '{"project_id": %d}' % world.names["a"]), ("PATCH", "?title=eq.none", '{"title": "A"}'), ("DELETE", "?title=eq.none", None)):
        assert_timeout(cancelled(world, lock, method, VIEW + query, body))
    assert world.snapshot() == before


def test_a_statement_that_is_cancelled_while_it_is_planned(world):
    """An index is being made anew, which the planner looks at."""
    assert_timeout(cancelled(world, "REINDEX INDEX session_group.summaries_pkey", "GET", f"{VIEW}?project_id=eq.{world.names['a']}&limit=1"))


def test_a_statement_that_is_cancelled_at_its_end(world):
    """Where triggers fire after the statement."""
    world.sql("CREATE FUNCTION public.waits() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF pg_advisory_xact_lock(4711) IS NULL THEN NULL; END IF; RETURN NULL; END$$;"
              "CREATE TRIGGER waits AFTER INSERT ON session_group.summaries FOR EACH STATEMENT EXECUTE FUNCTION public.waits()")
    try:
        before = world.snapshot()
        assert_timeout(cancelled(world, "SELECT pg_advisory_xact_lock(4711)", "POST", VIEW, '{"project_id": %d}' % world.names["a"]))
        assert world.snapshot() == before
    finally:
        world.sql("DROP TRIGGER waits ON session_group.summaries; DROP FUNCTION public.waits()")


@pytest.mark.parametrize("state, status, code", [
    ("57014", 504, "timeout"), ("55P03", 504, "timeout"), ("40P01", 503, "service_unavailable"), ("53100", 503, "service_unavailable"), ("53400", 503, "service_unavailable"),
    ("55006", 503, "service_unavailable"), ("57000", 503, "service_unavailable"), ("57P05", 503, "service_unavailable"), ("25006", 503, "read_only"), ("28000", 401, "PT401"),
    ("55000", 500, "error"), ("XX000", 500, "error"),
])  # fmt: skip
def test_what_goes_wrong_in_the_database(world, state, status, code):
    """The same as at the HTTP API: whether asking again may help."""
    world.sql("CREATE FUNCTION public.go_wrong() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = TG_ARGV[0]; END$$;"
              f"CREATE TRIGGER go_wrong AFTER INSERT ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION public.go_wrong('{state}')")
    try:
        answer = world.call("POST", f"/rest/v1{VIEW}", {"project_id": world.names["a"]})
        assert (answer.status, answer.json()["code"]) == (status, code), answer
        assert list(answer.json()) == ["code", "details", "hint", "message"] and "secret" not in answer.text
    finally:
        world.sql("DROP TRIGGER go_wrong ON session_group.summaries; DROP FUNCTION public.go_wrong()")
