"""Too many requests: 429 in the contract's body, for the key that sent them and for no other."""

import contextlib
import functools
import http.client
import json
import select
import socket
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
def narrow():
    """A world in which an address has six requests a minute, but for one that is many people's; and bodies of 20 MB."""
    with Servers("--set", "fsync = off", "--limits", "1000 10000", "--site", "s/rate=1200r/rate=6r/", "--site", "s/burst=1199/burst=5/",
                 "--site", "/many_people/,/}/s/default 0;/default 0; 127.0.0.3 1; 127.0.0.4 1;/", "--site", "s/body_size 4m/body_size 20m/") as running:
        yield World(running)


def ask(world, source, key, method="GET", body=None, path=None):
    """The status of a request that comes from an address of this machine."""
    connection = http.client.HTTPConnection(world.client.netloc, timeout=60, source_address=(source, 0))
    try:
        connection.request(method, path or world.name("list") + "/", body, {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_L26_guesses_count_by_their_address(narrow):
    """With a new key each time; the others' addresses have their own, and one of many people has none."""
    key = fresh_key(narrow)
    statuses = [ask(narrow, "127.0.0.2", f"phx_{number:040}") for number in range(MINUTE + 4)]
    assert statuses == [401] * MINUTE + [429] * 4
    assert ask(narrow, "127.0.0.2", key) == 429
    assert ask(narrow, "127.0.0.5", key) == 200
    assert [ask(narrow, "127.0.0.3", f"phx_{number:040}") for number in range(2 * MINUTE)] == [401] * 2 * MINUTE


@pytest.fixture(scope="module")
def proxied():
    """A world behind a proxy that says who asks, in which an address has six requests a minute."""
    with Servers("--set", "fsync = off", "--limits", "1000 10000", "--site", "s/rate=1200r/rate=6r/", "--site", "s/burst=1199/burst=5/",
                 "--site", "s/^# set_real_ip_from 192.0.2.1/set_real_ip_from 127.0.0.1/", "--site", "s/^# real_ip_header/real_ip_header/") as running:
        yield World(running)


def test_L26_addresses_of_version_6_count_by_their_first_half(proxied):
    """The other half is for its owner to choose."""
    def status(address):
        return proxied.client.request("GET", "/api/users/@me/", {"Authorization": f"Bearer {fresh_key(proxied)}", "X-Forwarded-For": address}).status

    assert [status(f"2001:db8:0:1::{number:x}") for number in range(MINUTE + 2)] == [200] * MINUTE + [429] * 2
    assert [status(f"2001:db8:0:{number:x}::1") for number in range(2, MINUTE + 4)] == [200] * (MINUTE + 2)
    assert [status(f"192.0.2.{number}") for number in range(1, MINUTE + 4)] == [200] * (MINUTE + 3)


def test_bodies_as_large_as_the_site_says(narrow):
    key = fresh_key(narrow)
    for size, status in ((19_900_000, 201), (21_000_000, 413)):
        assert ask(narrow, "127.0.0.4", key, "POST", json.dumps({"title": "Large", "summary": "x" * size})) == status


@pytest.fixture(scope="module")
def wide():
    """A world whose keys may be used often, but not by many requests at once."""
    with Servers("--set", "fsync = off", "--limits", "1000 10000") as running:
        yield World(running)


@contextlib.contextmanager
def waiting(world, sends, refused):
    """Sends all at once to tables that are locked meanwhile: so many are refused, and the others wait. Gives the statuses, in the end of all."""
    statuses = []
    clients = [threading.Thread(target=lambda send=send: statuses.append(send())) for send in sends]
    lock = world.stack.connect(autocommit=False)
    with lock.cursor() as cursor:
        cursor.execute("LOCK TABLE session_group.summaries")
        for client in clients:
            client.start()
        deadline = time.monotonic() + 20
        while len(statuses) < refused:
            assert time.monotonic() < deadline, statuses
            time.sleep(0.05)
        assert statuses == [429] * refused
        yield statuses
    lock.rollback()
    for client in clients:
        client.join()


def test_L23_one_key_leaves_connections_to_the_others(wide):
    """Requests that do not end: six of a key wait, the seventh is refused, and another key's is answered."""
    first, second = fresh_key(wide), fresh_key(wide)
    target = wide.name("list") + "/"

    def send():
        return requests.get(f"{wide.stack.url}{target}", headers={"Authorization": f"Bearer {first}"}, timeout=60).status_code

    with waiting(wide, [send] * 9, 3) as statuses:
        answer = wide.client.request("GET", "/api/users/@me/", {"Authorization": "Bearer " + second})
        assert answer.status == 200
    assert sorted(statuses) == [200] * 6 + [429] * 3


def test_L23_one_key_in_many_places(wide):
    """In the header, the query and the body, from three addresses: it has six requests at work in all, and the others' are answered."""
    first, second = fresh_key(wide), fresh_key(wide)
    target, header = wide.name("list") + "/", {"Authorization": f"Bearer {first}"}
    ways = [("127.0.0.1", "GET", target, header, None), ("127.0.0.2", "GET", f"{target}?personal_api_key={first}", {}, None),
            ("127.0.0.3", "POST", target, {"Content-Type": "application/x-www-form-urlencoded"}, f"title=A&personal_api_key={first}"), ("127.0.0.4", "GET", "/rest/v1/session_group_summaries?limit=1", header, None)]

    def send(source, method, path, headers, body):
        connection = http.client.HTTPConnection(wide.client.netloc, timeout=60, source_address=(source, 0))
        try:
            connection.request(method, path, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    with waiting(wide, [functools.partial(send, *way) for way in ways * 6], 18) as statuses:
        assert ask(wide, "127.0.0.5", second, path="/api/users/@me/") == 200
    assert sorted(statuses)[6:] == [429] * 18


def test_L23_tokens_count_by_their_user(wide):
    claims = {"sub": wide.people["ada"]["uuid"], "scopes": ["*"], "exp": int(time.time()) + 600}
    tokens = [wide.stack.mint_jwt({**claims, "jti": str(number)}) for number in range(9)]
    with waiting(wide, [functools.partial(ask, wide, "127.0.0.1", token) for token in tokens], 3) as statuses:
        pass
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


@pytest.mark.parametrize("path", ["list", "rest"])
def test_L18_bodies_of_four_megabytes(wide, path):
    target = wide.name("list") + "/" if path == "list" else "/rest/v1/session_group_summaries"
    headers = {"Authorization": f"Bearer {fresh_key(wide)}", "Content-Type": "application/json"}
    project = "" if path == "list" else f'"project_id":{wide.names["a"]},'
    for size, status in ((4 * 1024 * 1024, 201), (4 * 1024 * 1024 + 1, 413)):
        head, tail = f'{{{project}"title":"Large","summary":"', '"}'
        answer = wide.client.request("POST", target, headers, head + "x" * (size - len(head) - len(tail)) + tail)
        assert answer.status == status


def test_L26_uploads_that_do_not_end(wide):
    """Those without a key: an address has six of them, and they take none of the others' time."""
    host, port = wide.client.netloc.split(":")
    slow = []
    try:
        for _ in range(9):
            connection = socket.create_connection((host, int(port)), source_address=("127.0.0.2", 0))
            connection.sendall(b"POST /api/projects/1/session_group_summaries/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n{")
            slow.append(connection)
        # The refused are answered, the others read on.
        refused = []
        deadline = time.monotonic() + 20
        while len(refused) < 3:
            assert time.monotonic() < deadline, len(refused)
            refused = select.select(slow, [], [], 0.1)[0]
        assert [connection.recv(12) for connection in refused] == [b"HTTP/1.1 429"] * 3
        answer = wide.client.request("GET", "/api/users/@me/", {"Authorization": "Bearer " + fresh_key(wide)})
        assert answer.status == 200
    finally:
        for connection in slow:
            connection.close()
