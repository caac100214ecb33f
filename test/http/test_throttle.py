"""Too many requests: 429 in the contract's body, for the key that sent them and for no other."""

import time

import pytest
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
