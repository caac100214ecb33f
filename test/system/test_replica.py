"""A streaming replica behind PostgREST and nginx of its own answers all that reads; then it is promoted."""

import concurrent.futures
import time

import psycopg2
import pytest
import requests

from servers import Maker, Servers
from test_overload import assert_form
from test_upgrade import run


# What begins a request that may write is answered by the library, and before anything else calls that.
PRELOADED = ("--set", "shared_preload_libraries = 'session_group'")
READ_ONLY = {"type": "server_error", "code": "read_only", "detail": "This server is a standby, which only reads. Write to the primary server.", "attr": None}


def eventually(found, wanted, seconds=30):
    """Asks until it is so; the replica follows in its own time."""
    deadline = time.monotonic() + seconds
    while (answer := found()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert answer == wanted


@pytest.fixture(scope="module")
def pair():
    with Servers("--set", "fsync = off", "--set", "hot_standby_feedback = on", *PRELOADED) as primary:
        make = Maker(primary.admin)
        primary.project, primary.other = make.project(), make.project()
        user = make.user(primary.project)
        primary.key = make.key(user)
        primary.made = [str(make.summary(primary.project, user, title=f"Checkout {n}", session_ids=[f"s-{n}"],
                                         summary={"patterns": [{"pattern_id": n, "pattern_name": "Payment refused", "severity": "high"}]})["id"])
                        for n in range(5)]
        with Servers("--standby-of", primary.directory, *PRELOADED) as replica:
            eventually(lambda: count(replica, primary), 5)
            yield primary, replica


def count(servers, primary):
    return run(servers.admin, "SELECT count(*) FROM session_group.summaries WHERE project_id = %s", primary.project)[0][0]


def ask(servers, primary, method, path="", **options):
    return requests.request(method, f"{servers.url}/api/projects/{primary.project}/session_group_summaries/{path}",
                            headers={"Authorization": f"Bearer {primary.key}", **options.pop("headers", {})}, timeout=60, **options)


def body(answer, servers):
    """The answer's text, with links that do not tell the two servers apart."""
    return answer.text.replace(servers.url, "URL")


@pytest.mark.parametrize("path", ["", "?limit=2", "?limit=2&offset=2&order=title", "?cursor=&limit=2", "?search=checkout", "?q=payment", "?session_id=s-3",
                                  "?date_from=-1d", "{id}/", "patterns/", "activity/", "{id}/activity/"])
def test_reads_are_answered_as_by_the_primary(pair, path):
    primary, replica = pair
    path = path.format(id=primary.made[2])
    there, here = ask(primary, primary, "GET", path), ask(replica, primary, "GET", path)
    assert (here.status_code, body(here, replica)) == (there.status_code, body(there, primary)) and here.status_code == 200
    for header in ("ETag", "Content-Type"):
        assert here.headers.get(header) == there.headers.get(header)
    assert ask(replica, primary, "HEAD", path).status_code == 200
    native = requests.get(f"{replica.url}/rest/v1/session_group_summaries?select=id", headers={"Authorization": f"Bearer {primary.key}"})
    assert (native.status_code, len(native.json())) == (200, 5)


def test_who_may_not_read_is_refused_as_ever(pair):
    primary, replica = pair
    assert requests.get(f"{replica.url}/api/projects/{primary.project}/session_group_summaries/").status_code == 401
    assert requests.get(f"{replica.url}/api/projects/{primary.project + 1}/session_group_summaries/", headers={"Authorization": f"Bearer {primary.key}"}).status_code in (403, 404)


@pytest.mark.parametrize("path", ["", "{id}/"])
def test_options_are_answered(pair, path):
    primary, replica = pair
    there, here = (ask(servers, primary, "OPTIONS", path.format(id=primary.made[2])) for servers in (primary, replica))
    assert (here.status_code, here.text, here.headers["Allow"]) == (200, there.text, there.headers["Allow"])


@pytest.mark.parametrize("method, path", [("POST", ""), ("PATCH", "{id}/"), ("PUT", "{id}/"), ("DELETE", "{id}/")])
def test_writes_are_refused_and_change_nothing(pair, method, path):
    primary, replica = pair
    for headers in ({}, {"Idempotency-Key": "k"}, {"If-Match": "*"}, {"Authorization": "Bearer phx_unknown"}):
        answer = ask(replica, primary, method, path.format(id=primary.made[0]), json={"title": "Changed"}, headers=headers)
        assert (answer.status_code, answer.json(), answer.headers.get("Retry-After")) == (503, READ_ONLY, None)
    assert count(primary, primary) == 5
    assert ask(primary, primary, "GET", f"{primary.made[0]}/").json()["title"] == "Checkout 0"
    assert ask(replica, primary, "GET").status_code == 200


@pytest.mark.parametrize("method, path", [("POST", "session_group_summaries"), ("PATCH", "session_group_summaries?title=neq.x"), ("DELETE", "session_group_summaries?title=neq.x"),
                                          ("POST", "project_users"), ("PATCH", "project_users?user_id=gt.0"), ("DELETE", "project_users?user_id=gt.0"), ("DELETE", "session_group_patterns?position=gt.0")])
def test_writes_at_the_native_door(pair, method, path):
    """Without a key, too, and whatever is written: a standby is no place for it."""
    primary, replica = pair
    for key in (primary.key, "phx_unknown"):
        answer = requests.request(method, f"{replica.url}/rest/v1/{path}", headers={"Authorization": f"Bearer {key}"}, json={"project_id": primary.project}, timeout=60)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, None), answer.text
        assert answer.json() == {"code": "read_only", "details": None, "hint": "Write to the primary server.", "message": "This server is a standby, which only reads."}
    assert count(primary, primary) == 5


def test_what_does_not_write_is_answered_at_the_native_door(pair):
    primary, replica = pair
    for method, path, status in (("OPTIONS", "session_group_summaries", 200), ("HEAD", "project_users", 200), ("GET", "", 200), ("GET", "session_group_patterns", 200), ("DELETE", "session_group_summaries", 400)):
        there, here = (requests.request(method, f"{servers.url}/rest/v1/{path}", headers={"Authorization": f"Bearer {primary.key}"}, timeout=60) for servers in (primary, replica))
        assert (here.status_code, here.headers.get("Allow")) == (status, there.headers.get("Allow"))
        assert body(here, replica).replace(replica.url[7:], "") == body(there, primary).replace(primary.url[7:], "")


def test_sql_keeps_its_own_words(pair):
    """Only what PostgREST's login begins is answered so."""
    primary, replica = pair
    with pytest.raises(psycopg2.errors.FeatureNotSupported):
        run(replica.admin, "BEGIN READ WRITE")


def test_the_use_of_a_key_is_no_trouble(pair):
    """last_used_at is old there, and cannot be brought up to date."""
    primary, replica = pair
    run(primary.admin, "UPDATE session_group.api_keys SET last_used_at = NULL")
    eventually(lambda: run(replica.admin, "SELECT count(last_used_at) FROM session_group.api_keys"), [(0,)])
    assert ask(replica, primary, "GET").status_code == 200
    assert run(replica.admin, "SELECT count(last_used_at) FROM session_group.api_keys") == [(0,)]


def test_a_revoked_key_is_soon_revoked_here_too(pair):
    """The backends of a replica forget the keys that they have read as those of the primary do."""
    primary, replica = pair
    make = Maker(primary.admin)
    user = make.user(primary.project)
    key = make.key(user)

    def status():
        return requests.get(f"{replica.url}/api/projects/{primary.project}/session_group_summaries/?limit=1", headers={"Authorization": f"Bearer {key}"}).status_code

    eventually(status, 200)
    run(primary.admin, "SELECT session_group.revoke_api_key(id) FROM session_group.api_keys WHERE user_id = %s", user["id"])
    eventually(status, 401)


HELD = 8015


@pytest.fixture()
def impatient(pair):
    """The replica cancels reads that keep it from following; reads of summaries wait while it holds an advisory lock."""
    primary, replica = pair
    for name, value in (("hot_standby_feedback", "off"), ("max_standby_streaming_delay", "100ms")):
        run(replica.admin, f"ALTER SYSTEM SET {name} = '{value}'")
    run(replica.admin, "SELECT pg_reload_conf()")
    eventually(lambda: run(primary.admin, "SELECT backend_xmin FROM pg_stat_replication"), [(None,)])
    run(primary.admin, f"""CREATE POLICY waits ON session_group.summaries AS RESTRICTIVE FOR SELECT TO session_group_api
        USING (pg_advisory_xact_lock_shared({HELD}) IS NOT NULL)""")
    eventually(lambda: run(replica.admin, "SELECT count(*) FROM pg_policy WHERE polname = 'waits'"), [(1,)])
    yield primary, replica
    run(primary.admin, "DROP POLICY waits ON session_group.summaries")
    for name in ("hot_standby_feedback", "max_standby_streaming_delay"):
        run(replica.admin, f"ALTER SYSTEM RESET {name}")
    run(replica.admin, "SELECT pg_reload_conf()")
    eventually(lambda: run(replica.admin, "SELECT count(*) FROM pg_policy WHERE polname = 'waits'"), [(0,)])


def waiting(replica):
    return run(replica.admin, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")[0][0]


def conflicts(replica, kind):
    """From the log: the server's own count waits until the session that lost is idle."""
    return replica.log().count({"lock": "holding a relation lock for too long", "snapshot": "row versions that must be removed"}[kind])


def take_away(primary, kind):
    """Changes what a read on the replica needs: its table, or rows that it may still see."""
    if kind == "lock":
        run(primary.admin, "BEGIN")
        run(primary.admin, "LOCK TABLE session_group.summaries")
        run(primary.admin, "COMMIT")
    else:
        Maker(primary.admin).summary(primary.other, title="Gone")
        run(primary.admin, "DELETE FROM session_group.summaries WHERE project_id = %s", primary.other)
        run(primary.admin, "VACUUM session_group.summaries")


def conflict(pair, kind, get):
    """The answer to a read that came into conflict."""
    primary, replica = pair
    before = conflicts(replica, kind)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        run(replica.admin, "SELECT pg_advisory_lock(%s)", HELD)
        try:
            answer = pool.submit(get)
            eventually(lambda: waiting(replica), 1)
            take_away(primary, kind)
            eventually(lambda: conflicts(replica, kind) > before, True)
        finally:
            run(replica.admin, "SELECT pg_advisory_unlock(%s)", HELD)
        return answer.result(60)


@pytest.mark.parametrize("kind", ["lock", "snapshot"])
@pytest.mark.parametrize("path", ["", "{id}/"])
def test_a_read_that_conflicts_with_the_primary_may_come_again(impatient, kind, path):
    """PostgreSQL ends the session, because the work is done in a subtransaction; the next request has another."""
    primary, replica = impatient
    path = path.format(id=primary.made[1])
    assert_form(conflict(impatient, kind, lambda: ask(replica, primary, "GET", path)), 503)
    again = ask(replica, primary, "GET", path)
    assert (again.status_code, body(again, replica)) == (200, body(ask(primary, primary, "GET", path), primary))


def test_a_read_at_the_native_door_is_repeated_by_postgrest(impatient):
    """After a lock. One repeated beside a vacuum may lose once more, as a deadlock, since here it waits for a lock with a page pinned."""
    primary, replica = impatient

    def get():
        return requests.get(f"{replica.url}/rest/v1/session_group_summaries?select=id", headers={"Authorization": f"Bearer {primary.key}"}, timeout=60)

    for answer in conflict(impatient, "lock", get), get():
        assert (answer.status_code, len(answer.json())) == (200, 5)


def test_promoted_it_takes_writes(pair):
    """The last test: the two go different ways from here on."""
    primary, replica = pair
    run(replica.admin, "SELECT pg_promote()")
    eventually(lambda: ask(replica, primary, "POST", json={"title": "After the promotion"}).status_code, 201)
    assert ask(replica, primary, "GET", "?search=promotion").json()["count"] == 1
    assert ask(replica, primary, "GET").json()["count"] == 6
    assert run(replica.admin, "SELECT * FROM session_group.check_counts()") == []
    assert run(replica.admin, "SELECT * FROM session_group.check_rows()") == []
    assert ask(replica, primary, "GET", "activity/").json()["count"] == ask(primary, primary, "GET", "activity/").json()["count"] + 1
