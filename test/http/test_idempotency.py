"""Idempotency-Key through nginx and PostgREST: retries, many at once, and requests that die halfway.
What a key is, whose it is and how long it holds is tried in ../pgtap/repeated_writes.sql."""

import concurrent.futures
import secrets

import pytest

import description
from runner import Client, compact, wait_until
from servers import Servers
from world import World

CONFLICT = (
    '{"type":"invalid_request","code":"idempotency_conflict",'
    '"detail":"The key was used for another request.","attr":"Idempotency-Key"}'
)


def post(world, idempotency_key, body, key="write", project="a", type="application/json", client=None):
    """One POST on the client's connection."""
    target = world.name("list:" + project) + "/"
    headers = {"Idempotency-Key": idempotency_key, "Content-Type": type}
    if key:
        headers["Authorization"] = "Bearer " + world.key(key)
    answer = (client or world.client).request("POST", target, headers,
                                              body if isinstance(body, str) else compact(body))
    description.check_response("POST", target, answer)
    return answer


def post_alone(world, idempotency_key, body):
    client = Client(world.client.base)
    try:
        return post(world, idempotency_key, body, client=client)
    finally:
        client.close()


def rows(world, title):
    return world.one("SELECT count(*) FROM session_group.summaries WHERE title = %s", title)


@pytest.fixture
def title():
    """A title that no other row has."""
    return "Once " + secrets.token_hex(8)


def test_a_retry_has_the_first_answer(world, title):
    key = secrets.token_hex(8)
    body = {"title": title, "summary": {"é": ["\u2028", 1.50, None]}, "session_ids": ["a"]}
    first = post(world, key, body)
    assert (first.status, rows(world, title)) == (201, 1) and "Idempotency-Replayed" not in first.headers
    for _ in range(3):
        again = post(world, key, body)
        assert (again.status, again.body, again.headers["ETag"]) == (201, first.body, first.headers["ETag"])
        assert (again.headers["Idempotency-Replayed"], again.headers["Content-Type"]) == ("true", "application/json")
    assert rows(world, title) == 1


def test_another_body(world, title):
    key = secrets.token_hex(8)
    post(world, key, {"title": title})
    before = world.snapshot()
    for body in ({"title": title + "!"}, {}, "", "title=" + title, "{", {"title": 1}):
        answer = post(world, key, body)
        assert (answer.status, answer.text) == (409, CONFLICT)
    assert post(world, key, {"title": title}, type="application/x-www-form-urlencoded").status == 409
    assert world.snapshot() == before


def test_the_answer_is_the_first_one_even_when_the_summary_is_not(world, title):
    key = secrets.token_hex(8)
    first = post(world, key, {"title": title})
    one = f"{world.name('list')}/{first.json()['id']}/"
    assert world.call("PATCH", one, {"title": "Changed"}).status == 200
    assert post(world, key, {"title": title}).body == first.body
    assert world.call("DELETE", one).status == 204
    again = post(world, key, {"title": title})
    assert (again.status, again.body, rows(world, title)) == (201, first.body, 0)


def test_one_record_of_activity(world, title):
    """What is only answered again leaves no trace, what is refused neither."""
    key = secrets.token_hex(8)
    records = "SELECT count(*) FROM session_group.activity WHERE project_id = %s"
    before = world.one(records, world.names["a"])
    first = post(world, key, {"title": title})
    for body in ({"title": title}, {"title": title + "!"}, {"title": title}):
        post(world, key, body)
    world.call("DELETE", f"{world.name('list')}/{first.json()['id']}/", headers={"If-Match": '"x"'})
    assert world.one(records, world.names["a"]) == before + 1


def test_an_error_is_no_answer(world, title):
    key = secrets.token_hex(8)
    assert post(world, key, {"title": ""}).status == 400
    assert post(world, key, "{").status == 400
    assert post(world, key, "x", type="text/plain").status == 415
    assert post(world, key, {"title": title}).status == 201
    assert rows(world, title) == 1


def test_users_and_projects_are_apart(world, title):
    key = secrets.token_hex(8)
    answers = [post(world, key, {"title": title}, who, project) for who, project in
               (("write", "a"), ("joan", "a"), ("write", "b"), ("grace", "c"))]  # fmt: skip
    assert [a.status for a in answers] == [201] * 4
    assert len({a.json()["id"] for a in answers}) == 4 and not any("Idempotency-Replayed" in a.headers
            for a in answers)
    assert [a.json()["team"] for a in answers] == [world.names[n] for n in "aabc"]
    # Another's key is no different from a new one, whatever body it comes with.
    second = secrets.token_hex(8)
    answers = [post(world, second, {"title": title + who}, who) for who in ("write", "joan")]
    assert [a.status for a in answers] == [201, 201]


def test_who_may_not_ask_gets_no_replay(world, title):
    key = secrets.token_hex(8)
    eve = world.new_user("eve")
    world.add_member(world.names["a"], eve["id"])
    world.keys["eve"] = world.new_keys(eve["id"], ["session_recording:write"], number=2)
    world.hand_out["eve"] = iter(world.keys["eve"] * 20)
    assert post(world, key, {"title": title}, "eve").status == 201
    assert post(world, key, {"title": title}, "eve").headers["Idempotency-Replayed"] == "true"
    for step, status in (
        ("UPDATE session_group.members SET removed_at = now() WHERE user_id = %s", 403),
        ("UPDATE session_group.members SET removed_at = NULL WHERE user_id = %s", 201),
        ("UPDATE session_group.api_keys SET scopes = '{session_recording:read}' WHERE user_id = %s", 403),
        ("UPDATE session_group.api_keys SET scopes = '{*}', revoked_at = now() WHERE user_id = %s", 401),
    ):
        world.sql(step, eve["id"])
        answer = post(world, key, {"title": title}, "eve")
        assert answer.status == status
        assert ("Idempotency-Replayed" in answer.headers) == (status == 201)
    assert post(world, key, {"title": title}, None).status == 401
    assert rows(world, title) == 1


def test_a_token_and_a_key_are_one_user(world, title):
    key = secrets.token_hex(8)
    first = post(world, key, {"title": title})
    token = world.stack.mint_jwt({"sub": world.people["ada"]["uuid"], "scopes": "session_recording:write"})
    answer = world.client.request("POST", world.name("list") + "/", {
        "Authorization": "Bearer " + token, "Idempotency-Key": key, "Content-Type": "application/json"},
        compact({"title": title}))  # fmt: skip
    assert (answer.status, answer.body) == (201, first.body)


def test_four_megabytes(world, title):
    """As large as a body may be: stored, sent again, and compared to its last byte."""
    key = secrets.token_hex(8)
    body = compact({"title": title, "summary": {"text": secrets.token_hex(2_090_000)}})
    first, again = post(world, key, body), post(world, key, body)
    assert (first.status, again.status, first.body == again.body) == (201, 201, True)
    assert len(first.body) > 4_180_000 and again.headers["Idempotency-Replayed"] == "true"
    assert post(world, key, body[:-4] + 'f"}}').status == 409 or body[-4] == "f"
    assert rows(world, title) == 1


@pytest.mark.parametrize("key", ["k" * 256, "k" * 4000, "caf\u00e9", "a\tb"])
def test_no_key(world, title, key):
    answer = post(world, key.encode() if not key.isascii() else key, {"title": title})
    assert (answer.status, rows(world, title)) == (400, 0)


def waiting(world):
    """Backends that wait for a lock: (pid, kind of lock)."""
    return [(r["pid"], r["wait_event"]) for r in world.sql(
        "SELECT pid, wait_event FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")]  # fmt: skip


class Held:
    """While it is held, nobody adds a summary: requests pile up behind the first one."""

    def __init__(self, world):
        self.connection = world.stack.connect(autocommit=False)

    def __enter__(self):
        self.connection.cursor().execute("LOCK TABLE session_group.summaries IN SHARE MODE")
        return self

    def release(self):
        self.connection.rollback()

    def __exit__(self, *_):
        self.connection.close()


def test_many_at_once_are_one(world, title):
    number, key = 6, secrets.token_hex(8)
    with concurrent.futures.ThreadPoolExecutor(number) as pool, Held(world) as held:
        sent = [pool.submit(post_alone, world, key, {"title": title}) for _ in range(number)]
        wait_until(lambda: sorted(w[1] for w in waiting(world)) == ["relation"] + ["transactionid"] * (number - 1))
        held.release()
        answers = [s.result() for s in sent]
    assert {(a.status, a.body, a.headers["ETag"])
            for a in answers} == {(201, answers[0].body, answers[0].headers["ETag"])}
    assert sum("Idempotency-Replayed" in a.headers for a in answers) == number - 1
    assert rows(world, title) == 1


def test_another_body_at_the_same_time_waits_and_is_refused(world, title):
    key = secrets.token_hex(8)
    with concurrent.futures.ThreadPoolExecutor(2) as pool, Held(world) as held:
        first = pool.submit(post_alone, world, key, {"title": title})
        wait_until(lambda: len(waiting(world)) == 1)
        second = pool.submit(post_alone, world, key, {"title": title + "!"})
        wait_until(lambda: len(waiting(world)) == 2)
        held.release()
        assert (first.result().status, second.result().status) == (201, 409)
    assert (rows(world, title), rows(world, title + "!")) == (1, 0)


def test_other_keys_do_not_wait(world, title):
    """One user's slow request holds nobody up but its own retries."""
    with concurrent.futures.ThreadPoolExecutor(3) as pool, Held(world) as held:
        sent = [pool.submit(post_alone, world, secrets.token_hex(8), {"title": title}) for _ in range(3)]
        wait_until(lambda: [w[1] for w in waiting(world)] == ["relation"] * 3)
        held.release()
        assert [s.result().status for s in sent] == [201] * 3
    assert rows(world, title) == 3


def test_storm(world, title):
    """Retries without a lock to line them up: each key makes one row."""
    keys = [secrets.token_hex(8) for _ in range(5)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: (n % 5, post_alone(world, keys[n % 5], {"title": title})), range(60)))
    assert {a.status for _, a in answers} == {201}
    assert rows(world, title) == len({(n, a.body) for n, a in answers}) == 5


@pytest.fixture(scope="module")
def mortal():
    """A world of its own, whose backends are killed."""
    with Servers("--set", "fsync = off") as running:
        yield World(running)


def test_killed_before_its_commit(mortal, title):
    """The first request's backend dies with the row made and not committed: a retry runs anew, once."""
    world, number, key = mortal, 4, secrets.token_hex(8)
    with concurrent.futures.ThreadPoolExecutor(number) as pool, Held(world) as held:
        sent = [pool.submit(post_alone, world, key, {"title": title}) for _ in range(number)]
        wait_until(lambda: len(waiting(world)) == number)
        (first,) = [pid for pid, kind in waiting(world) if kind == "relation"]
        world.sql("SELECT pg_terminate_backend(%s)", first)
        # The next one takes the key, and waits for the table in its turn.
        wait_until(lambda: sorted(w[1] for w in waiting(world)) == ["relation"] + ["transactionid"] * (number - 2))
        held.release()
        answers = [s.result() for s in sent]
    done = [a for a in answers if a.status == 201]
    assert sorted(a.status for a in answers)[:-1] == [201] * (number - 1), answers
    assert max(a.status for a in answers) >= 500
    assert len({a.body for a in done}) == 1
    assert sum("Idempotency-Replayed" in a.headers for a in done) == number - 2
    assert rows(world, title) == 1
    # The client whose answer was lost asks again.
    again = post_alone(world, key, {"title": title})
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (201, done[0].body, "true")
    assert rows(world, title) == 1


def test_killed_alone(mortal, title):
    """Nothing of it is left, and the key is free."""
    world, key = mortal, secrets.token_hex(8)
    with concurrent.futures.ThreadPoolExecutor(1) as pool, Held(world) as held:
        sent = pool.submit(post_alone, world, key, {"title": title})
        wait_until(lambda: len(waiting(world)) == 1)
        world.sql("SELECT pg_terminate_backend(%s)", waiting(world)[0][0])
        assert sent.result().status >= 500
        held.release()
    assert rows(world, title) == 0
    answer = post_alone(world, key, {"title": title + "!"})
    assert answer.status == 201 and "Idempotency-Replayed" not in answer.headers
