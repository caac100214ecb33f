"""Too many requests: 429 in the contract's body, for the key that sent them and for no other."""

import json
import threading
import time

import pytest
import requests
from servers import Servers

from runner import compact
from world import World

MINUTE = 6
THROTTLED = compact(
    {"type": "throttled_error", "code": "throttled", "detail": "Request was throttled.", "attr": None}
)


@pytest.fixture(scope="module")
def slow():
    """A world whose keys may be used six times a minute and a hundred times an hour."""
    with Servers("--set", "fsync = off", "--limits", f"{MINUTE} 100") as running:
        yield World(running)


def fresh_key(world, scopes="*"):
    (key,) = world.new_keys(world.people["ada"]["id"], [scopes], number=1)
    return key


def used_up(world, send):
    """Sends until it is enough, and looks at the answers before and after."""
    answers = [send() for _ in range(MINUTE + 2)]
    assert [a.status for a in answers[:MINUTE]] == [200] * MINUTE
    for answer in answers[MINUTE:]:
        assert (answer.status, answer.text) == (429, THROTTLED)
        assert answer.headers["Content-Type"] == "application/json"


def test_key_in_the_header(slow):
    first, second = fresh_key(slow), fresh_key(slow)
    target = slow.name("list") + "/"
    used_up(slow, lambda: slow.client.request("GET", target, {"Authorization": "Bearer " + first}))
    assert slow.client.request("GET", target, {"Authorization": "Bearer " + second}).status == 200


def test_key_in_the_query(slow):
    first, second = fresh_key(slow), fresh_key(slow)
    target = slow.name("list") + "/?limit=1&personal_api_key="
    used_up(slow, lambda: slow.client.request("GET", target + first))
    assert slow.client.request("GET", target + second).status == 200


def test_all_paths_and_methods_count_together(slow):
    """One key over several operations: the sum is what counts, and what is refused changes nothing."""
    key = fresh_key(slow)
    headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
    row = slow.new_row()
    requests = [
        ("GET", "/", None), ("POST", "/", "{}"), ("GET", f"/{row}/", None),
        ("PATCH", f"/{row}/", "{}"), ("OPTIONS", "/", None), ("HEAD", "/", None),
    ]  # fmt: skip
    for method, path, body in requests[:MINUTE]:
        assert slow.client.request(method, slow.name("list") + path, headers, body).status < 300
    before = slow.snapshot()
    for method, path, body in (("POST", "/", "{}"), ("PATCH", f"/{row}/", '{"title":"A"}'),
                               ("DELETE", f"/{row}/", None)):
        assert slow.client.request(method, slow.name("list") + path, headers, body).status == 429
    assert slow.snapshot() == before


def test_token(slow):
    claims = {"sub": slow.people["ada"]["uuid"], "scopes": ["*"], "exp": int(time.time()) + 600}
    token = slow.stack.mint_jwt(claims)
    target = slow.name("list") + "/"
    used_up(slow, lambda: slow.client.request("GET", target, {"Authorization": "Bearer " + token}))
    other = slow.stack.mint_jwt({**claims, "sub": slow.people["joan"]["uuid"]})
    assert slow.client.request("GET", target, {"Authorization": "Bearer " + other}).status == 200


def test_without_a_key(slow):
    """Guessing is limited too: by the address that it comes from."""
    statuses = [slow.client.request("GET", slow.name("list") + "/").status for _ in range(MINUTE + 2)]
    # Whoever waited for the servers to come up may have asked once already.
    assert statuses == sorted(statuses) and set(statuses) == {401, 429} and statuses.count(401) <= MINUTE


@pytest.fixture(scope="module")
def wide():
    """A world whose keys may be used often, but not by many requests at once."""
    with Servers("--set", "fsync = off", "--limits", "1000 10000") as running:
        yield World(running)


def test_L23_one_key_leaves_connections_to_the_others(wide):
    """Requests that do not end: six of a key wait, the seventh is refused, and another key's is answered."""
    first, second = fresh_key(wide), fresh_key(wide)
    target = wide.name("list") + "/"
    lock = wide.stack.connect(autocommit=False)
    with lock.cursor() as cursor:
        cursor.execute("LOCK TABLE session_group.summaries")
        statuses = []
        clients = [threading.Thread(target=lambda: statuses.append(requests.get(f"{wide.stack.url}{target}", headers={"Authorization": f"Bearer {first}"}, timeout=60).status_code))
                   for _ in range(9)]
        for client in clients:
            client.start()
        deadline = time.monotonic() + 20
        while len(statuses) < 3:
            assert time.monotonic() < deadline, statuses
            time.sleep(0.05)
        assert statuses == [429] * 3
        answer = wide.client.request("GET", "/api/users/@me/", {"Authorization": "Bearer " + second})
        assert answer.status == 200
    lock.rollback()
    for client in clients:
        client.join()
    assert sorted(statuses) == [200] * 6 + [429] * 3


@pytest.mark.parametrize("query", [
    "session_group_summaries?title=match.(a%2A)%5C1", "session_group_summaries?title=not.imatch.(a)\\1b", "session_group_summaries?or=(title.match.%22(a)%5C%31%22,id.is.null)",
    "session_group_summaries?title=m%61tch.(a)x", "session_group_summaries?sel%65ct=id", "project_users?select=session_group_summaries(title)",
    "project_users?select=x:summaries_project_id_created_by_id_fkey(title)", "session_group_summaries?select=id,project_users(email,session_group_summaries(id))",
    "session_group_summaries?title=eq." + "x" * 8000])
def test_L23_L24_costly_queries_are_refused(wide, query):
    answer = wide.client.request("GET", f"/rest/v1/{query}", {"Authorization": f"Bearer {fresh_key(wide)}"})
    assert (answer.status, json.loads(answer.text)["code"]) == (400, "54000")


@pytest.mark.parametrize("query", ["session_group_summaries?title=match.%5EA%5C.", "session_group_summaries?title=like.%2A1%25&select=id,created_by:project_users(email)", "project_users?select=email", "session_group_summaries?title=eq.%C3%84%5C1"])
def test_L23_L24_others_are_not(wide, query):
    assert wide.client.request("GET", f"/rest/v1/{query}", {"Authorization": f"Bearer {fresh_key(wide)}"}).status == 200
