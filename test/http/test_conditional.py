"""ETags, If-None-Match and If-Match through nginx and PostgREST. What a condition's value can be is
tried in ../pgtap/repeated_writes.sql; here is what proxies and several clients at once do to it."""

import concurrent.futures
import contextlib
import re

import pytest

import description
from runner import Client, compact, wait_until

ETAG = re.compile(r'"[0-9a-f]{16}"')
FAILED = (
    '{"type":"invalid_request","code":"precondition_failed",'
    '"detail":"The summary is not the one that If-Match names.","attr":null}'
)


@pytest.fixture
def row(world):
    return f"{world.name('list')}/{world.new_row()}/"


def call(world, method, target, body=None, key="write", **headers):
    """One request; headers are named as arguments."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = world.call(method, target, body, key=key, headers=headers)
    description.check_response(method, target, answer)
    return answer


def etag(world, target):
    return call(world, "GET", target, key="read").headers["ETag"]


def test_who_has_one(world, row):
    made = call(world, "POST", world.name("list") + "/", {})
    answers = [call(world, "GET", row, key="read"), call(world, "HEAD", row, key="read"), made,
               call(world, "PATCH", row, {"title": "n"}), call(world, "PUT", row, {"title": "n"})]  # fmt: skip
    assert [a.status for a in answers] == [200, 200, 201, 200, 200]
    assert all(ETAG.fullmatch(a.headers["ETag"]) for a in answers)
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]
    assert etag(world, f"{world.name('list')}/{made.json()['id']}/") == made.headers["ETag"]
    assert etag(world, row) == answers[-1].headers["ETag"]
    for answer in (
        call(world, "GET", world.name("list") + "/"), call(world, "HEAD", world.name("list") + "/"),
        call(world, "OPTIONS", row), call(world, "GET", row[:-4] + "fff0/"),
        call(world, "PATCH", row, {"title": 1}), call(world, "DELETE", row),
    ):  # fmt: skip
        assert "ETag" not in answer.headers, answer


def test_it_changes_with_the_bytes(world, row):
    """The same bytes have the same ETag, other bytes have another one."""
    seen = {}
    joan = world.people["joan"]["id"]
    steps = [
        lambda: None,
        lambda: call(world, "PATCH", row, {"title": "Another"}),
        lambda: call(world, "PATCH", row, {"summary": {"patterns": [1]}}),
        lambda: call(world, "PATCH", row, {}),
        lambda: world.sql("UPDATE session_group.summaries SET created_by_id = %s WHERE id = %s", joan, row.split("/")[-2]),
        lambda: world.sql("UPDATE session_group.users SET hedgehog_config = '{\"a\": 1}' WHERE id = %s", joan),
        lambda: world.sql("UPDATE session_group.users SET is_active = is_active WHERE id = %s", joan),
        lambda: world.sql("UPDATE session_group.users SET hedgehog_config = '{}' WHERE id = %s", joan),
        lambda: world.sql("UPDATE session_group.summaries SET created_by_id = NULL WHERE id = %s", row.split("/")[-2]),
    ]  # fmt: skip
    for step in steps:
        step()
        first, second = call(world, "GET", row), call(world, "GET", row, key="joan")
        assert first.headers["ETag"] == second.headers["ETag"] and first.body == second.body
        assert seen.setdefault(first.headers["ETag"], first.body) == first.body
    assert len(seen) >= 7


def test_unchanged(world, row):
    """304: the ETag, no body, no content type; and the connection goes on."""
    tag = etag(world, row)
    for method in ("GET", "HEAD"):
        for value in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            answer = call(world, method, row, key="read", If_None_Match=value)
            assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
            assert "Content-Type" not in answer.headers and "Transfer-Encoding" not in answer.headers
    answer = call(world, "GET", row, key="read", If_None_Match='"x"')
    assert (answer.status, answer.json()["title"]) == (200, "Before")
    call(world, "PATCH", row, {"title": "n"})
    assert call(world, "GET", row, key="read", If_None_Match=tag).json()["title"] == "n"


def test_unchanged_is_for_those_who_may_read(world, row):
    tag = etag(world, row)
    for key, status in (("unknown", 401), (None, 401), ("grace", 403), ("only_b", 403), ("former", 403)):
        for value in (tag, "*"):
            assert call(world, "GET", row, key=key, If_None_Match=value).status == status


@pytest.mark.parametrize("written", ["%s", "W/%s"])
@pytest.mark.parametrize("method, body, done", [("PUT", {"title": "n"}, 200), ("PATCH", {"title": "n"}, 200), ("DELETE", None, 204)])
def test_if_match(world, row, method, body, done, written):
    """Of the summary as it is now; its weak form, which compression makes, is the same."""
    stale = etag(world, row)
    call(world, "PATCH", row, {"run_metadata": {"step": 2}})
    now = etag(world, row)
    before = world.snapshot()
    for value in (stale, f"W/{stale}", '"x"', now.replace('"', '"x', 1)):
        answer = call(world, method, row, body, If_Match=value)
        assert (answer.status, answer.text) == (412, FAILED)
        assert answer.headers["Content-Type"] == "application/json"
    answer = call(world, method, row, body, If_Match=now[1:-1])
    assert (answer.status, answer.json()["attr"]) == (400, "If-Match")
    assert call(world, method, row, body, If_None_Match="*").status == 412
    assert world.snapshot() == before
    assert call(world, method, row, body, If_Match=f"{stale}, {written % now}").status == done
    assert world.snapshot() != before


def test_a_chain_of_writes(world, row):
    """The ETag of each answer is what the next write takes."""
    tag = etag(world, row)
    for number in range(5):
        tag = call(world, "PATCH", row, {"title": f"Step {number}"}, If_Match=tag).headers["ETag"]
    assert call(world, "DELETE", row, If_Match=tag).status == 204
    assert call(world, "DELETE", row, If_Match=tag).status == 404


def test_repeated_headers(world, row):
    """Two lines are not half obeyed: nginx joins them or refuses the request."""
    tag, key = etag(world, row), world.key("write")
    for lines in ([tag, '"x"'], ['"x"', tag]):
        head = [f"PATCH {row} HTTP/1.1", f"Host: {world.client.netloc}", f"Authorization: Bearer {key}",
                "Content-Type: application/json", "Content-Length: 2", "Connection: close",
                *(f"If-Match: {line}" for line in lines)]  # fmt: skip
        before = world.snapshot()
        answer = world.client.raw("\r\n".join(head).encode() + b"\r\n\r\n{}")
        assert answer.status in (200, 400)
        assert answer.status == 200 or world.snapshot() == before
        tag = etag(world, row)


def waiting(world):
    return world.one("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


@pytest.mark.parametrize("method, body, done", [("PATCH", True, 200), ("PUT", True, 200), ("DELETE", False, 204)])
def test_one_of_many_wins(world, row, method, body, done):
    """Writers with one ETag, all waiting for the row at once: one writes, the others are told."""
    number = 6
    tag, before = etag(world, row), world.snapshot()

    def write(n):
        return call_alone(world, method, row, {"title": f"Writer {n}"} if body else None, If_Match=tag)

    # The pool is closed last: its writers wait for the row.
    with concurrent.futures.ThreadPoolExecutor(number) as pool, contextlib.closing(world.stack.connect(autocommit=False)) as holder:
        holder.cursor().execute("SELECT FROM session_group.summaries WHERE id = %s FOR UPDATE", [row.split("/")[-2]])
        writers = [pool.submit(write, n) for n in range(number)]
        wait_until(lambda: waiting(world) == number)
        assert world.snapshot() == before
        holder.rollback()
        answers = [w.result() for w in writers]
    lost = 404 if method == "DELETE" else 412
    assert sorted(a.status for a in answers) == sorted([done] + [lost] * (number - 1))
    if body:
        (winner,) = [a for a in answers if a.status == done]
        assert world.stored(row.split("/")[-2])["title"] == winner.json()["title"]
        assert etag(world, row) == winner.headers["ETag"]


def call_alone(world, method, target, body, **headers):
    """call() on a connection of its own."""
    client = Client(world.client.base)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["Authorization"] = "Bearer " + world.key("write")
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = compact(body)
    try:
        return client.request(method, target, headers, body)
    finally:
        client.close()


def test_no_update_is_lost(world, row):
    """Counters by read, change and conditional write: each write that succeeded counts."""

    def count(_):
        done = 0
        while done < 5:
            client = Client(world.client.base)
            headers = {"Authorization": "Bearer " + world.key("write"), "Content-Type": "application/json"}
            read = client.request("GET", row, headers)
            number = (read.json()["run_metadata"] or {}).get("count", 0)
            answer = client.request(
                "PATCH", row, {**headers, "If-Match": read.headers["ETag"]}, compact({"run_metadata": {"count": number + 1}})
            )
            client.close()
            assert answer.status in (200, 412), answer
            done += answer.status == 200

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert world.stored(row.split("/")[-2])["run_metadata"]["count"] == 20
