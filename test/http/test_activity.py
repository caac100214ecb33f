"""Activity over HTTP: what was done to summaries, as pages and as a feed."""

import re

import pytest

from runner import compact

TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")


@pytest.fixture
def project(world):
    """A project of Ada's and Joan's without any activity, as the path of its list."""
    number = world.new_project()
    for name in ("ada", "joan"):
        world.add_member(number, world.people[name]["id"])
    return f"/api/projects/{number}/session_group_summaries"


def number_of(project):
    return int(project.split("/")[3])


def activity(world, target, key="read", **options):
    answer = world.call("GET", target, key=key, **options)
    assert answer.status == 200, answer
    return answer.json()


def create(world, project, key="write", headers=None, **fields):
    answer = world.call("POST", f"{project}/", {"title": "New", **fields}, key=key, headers=headers)
    assert answer.status == 201, answer
    return answer.json()["id"]


def test_a_record_is_written_as_the_contract_has_it(world, project):
    """Byte for byte, but for the time and the key, for each of the three."""
    ids = {"X-Request-Id": "test-1"}
    made = create(world, project, headers=ids, session_ids=["a", "b"], summary={"patterns": []})
    assert world.call("PATCH", f"{project}/{made}/",
                      {"title": "Ä \u2028 \"q\"", "session_ids": ["b", "c"], "run_metadata": {"model": "m"}},
                      headers=ids).status == 200
    assert world.call("DELETE", f"{project}/{made}/", key="joan", headers=ids).status == 204
    ada, joan = world.creator("ada"), world.creator("joan")

    def record(seq, name, user, changes):
        return (f'{{"seq":{seq},"summary_id":"{made}","activity":"{name}","user":{user},"api_key":"<mask>","how":"api_key",'
                f'"request_id":"test-1","changes":{compact(changes)},"at":"<time>"}}')

    text = world.call("GET", f"{project}/activity/", key="read").text
    text = re.sub(r'"phx_\.\.\.[0-9A-Za-z]{4}"', '"<mask>"', TIME.sub("<time>", text))
    assert text == '{"count":3,"next":null,"previous":null,"results":[' + ",".join([
        record(3, "deleted", joan, [
            {"after": None, "field": "title", "before": "Ä \u2028 \"q\""},
            {"added": [], "field": "session_ids", "removed": ["b", "c"], "after_count": 0, "before_count": 2},
            {"field": "summary", "after_bytes": None, "before_bytes": 24},
            {"after": None, "field": "run_metadata", "before": {"model": "m"}}]),
        record(2, "updated", ada, [
            {"after": "Ä \u2028 \"q\"", "field": "title", "before": "New"},
            {"added": ["c"], "field": "session_ids", "removed": ["a"], "after_count": 2, "before_count": 2},
            {"after": {"model": "m"}, "field": "run_metadata", "before": None}]),
        record(1, "created", ada, [
            {"after": "New", "field": "title", "before": None},
            {"added": ["a", "b"], "field": "session_ids", "removed": [], "after_count": 2, "before_count": 0},
            {"field": "summary", "after_bytes": 24, "before_bytes": None}]),
    ]) + "]}"


def test_the_key_is_known_by_its_mask(world, project):
    key = world.key("write")
    create(world, project, key=None, headers={"Authorization": f"Bearer {key}"})
    (record,) = activity(world, f"{project}/activity")["results"]
    assert record["api_key"] == f"{key[:4]}...{key[-4:]}"


def test_how_each_door_is_recorded(world, project):
    ada = world.people["ada"]
    token = world.stack.mint_jwt({"sub": ada["uuid"], "scopes": ["session_recording:write"]})
    create(world, project, key=None, headers={"Authorization": f"Bearer {token}"})
    native = world.call("POST", "/rest/v1/session_group_summaries",
                        [{"project_id": number_of(project), "title": t} for t in ("n1", "n2")])
    assert native.status == 201, native
    world.new_row(number_of(project), title="administrator's")
    found = [(r["how"], r["user"] and r["user"]["uuid"], bool(r["api_key"]), bool(r["request_id"]),
              r["changes"][0]["after"])
             for r in reversed(activity(world, f"{project}/activity/")["results"])]
    assert found == [("claims", ada["uuid"], False, True, "New"), ("api_key", ada["uuid"], True, True, "n1"),
                     ("api_key", ada["uuid"], True, True, "n2"), ("sql", None, False, False, "administrator's")]


def test_an_update_without_a_change_is_recorded(world, project):
    made = create(world, project, title="Same")
    world.call("PATCH", f"{project}/{made}/", {"title": "Same"})
    world.call("PATCH", f"{project}/{made}/", {})
    assert [r["changes"] for r in activity(world, f"{project}/activity/")["results"][:2]] == [[], []]


def test_what_fails_leaves_no_record(world, project):
    made = create(world, project)
    for method, body in (("PATCH", {"title": " "}), ("PUT", {}), ("PATCH", "{")):
        assert world.call(method, f"{project}/{made}/", body).status == 400
    assert world.call("DELETE", f"{project}/{made}/", key="read").status == 403
    assert activity(world, f"{project}/activity/")["count"] == 1


def test_pages(world, project):
    for n in range(5):
        create(world, project, title=f"n{n}")
    base = f"{world.client.base}{project}/activity/"
    page = activity(world, f"{project}/activity/?limit=2&offset=1&kept=%C3%A4")
    assert [r["changes"][0]["after"] for r in page["results"]] == ["n3", "n2"]
    assert page["count"] == 5
    assert page["next"] == f"{base}?kept=%C3%A4&limit=2&offset=3"
    assert page["previous"] == f"{base}?kept=%C3%A4&limit=2"
    assert activity(world, f"{project}/activity/?offset=9")["results"] == []
    assert len(activity(world, f"{project}/activity/?limit=x")["results"]) == 5


def test_the_feed_gives_every_record_once(world, project):
    for n in range(7):
        create(world, project, title=f"n{n}")
    everything = activity(world, f"{project}/activity/")["results"][::-1]
    url = f"{project}/activity/?since=0&limit=3&offset=2&kept=1"
    read, sizes = [], []
    while url:
        page = activity(world, url)
        assert (page["count"], page["previous"]) == (len(page["results"]), None)
        read += page["results"]
        sizes.append(len(page["results"]))
        url = page["next"] and page["next"].removeprefix(world.client.base)
        if url:
            assert url == f"{project}/activity/?kept=1&limit=3&since={read[-1]['seq']}"
    assert read == everything
    assert sizes == [3, 3, 1, 0]
    # It goes on with what comes later.
    made = create(world, project, title="later")
    (later,) = activity(world, f"{project}/activity/?since={read[-1]['seq']}")["results"]
    assert later["summary_id"] == made


def test_the_feed_waits_for_who_is_not_finished(world, project):
    """A number that is still to come holds back the higher ones, in the project's feed and in a summary's."""
    made = create(world, project, title="first")
    slow = world.stack.connect(autocommit=False)
    with slow.cursor() as cursor:
        cursor.execute("INSERT INTO session_group.summaries (project_id, title) VALUES (%s, 'slow')",
                       (number_of(project),))
    world.call("PATCH", f"{project}/{made}/", {"title": "fast"})
    assert [r["seq"] for r in activity(world, f"{project}/activity/")["results"]] == [3, 1]
    assert [r["seq"] for r in activity(world, f"{project}/activity/?since=0")["results"]] == [1]
    assert [r["seq"] for r in activity(world, f"{project}/{made}/activity/?since=0")["results"]] == [1]
    slow.rollback()
    assert [r["seq"] for r in activity(world, f"{project}/activity/?since=0")["results"]] == [1, 3]
    assert [r["seq"] for r in activity(world, f"{project}/{made}/activity/?since=1")["results"]] == [3]
    slow.close()


def test_a_feed_from_before_what_is_kept_is_gone(world, project):
    """The answer has the number to begin again with; what is kept, and pages, are as they were."""
    made = create(world, project, title="n1")
    for n in range(2, 6):
        create(world, project, title=f"n{n}")
    world.sql("UPDATE session_group.activity SET at = now() - interval '2 years' WHERE project_id = %s AND seq <= 3", number_of(project))
    world.sql("SELECT session_group.set_activity_retention(%s, '1 year')", number_of(project))
    world.sql("SELECT session_group.purge_expired()")
    gone = {"type": "invalid_request", "code": "gone", "attr": "since",
            "detail": "Records up to number 3 are no longer kept. Begin again with since=3."}
    for target in (f"{project}/activity/", f"{project}/{made}/activity/"):
        for since in (0, 2):
            answer = world.call("GET", f"{target}?since={since}", key="read")
            assert (answer.status, answer.json()) == (410, gone)
    assert [r["seq"] for r in activity(world, f"{project}/activity/?since=3")["results"]] == [4, 5]
    assert activity(world, f"{project}/{made}/activity/?since=3")["results"] == []
    page = activity(world, f"{project}/activity/")
    assert (page["count"], [r["seq"] for r in page["results"]]) == (2, [5, 4])
    assert activity(world, f"{project}/{made}/activity/")["count"] == 0


@pytest.mark.parametrize("since", ["", "-1", "+1", "1.0", "x", "9223372036854775808", "1%00", "0x1", "%D9%A1"])
def test_a_number_that_is_none_is_refused(world, project, since):
    for target in (f"{project}/activity/", f"{project}/{create(world, project)}/activity"):
        answer = world.call("GET", f"{target}?since={since}", key="read")
        assert (answer.status, answer.json()) == (400, {
            "type": "validation_error", "code": "invalid_input",
            "detail": "Not a number of a record. Use the seq of the last one, or 0.", "attr": "since"})


def test_of_one_summary(world, project):
    one, other = create(world, project, title="one"), create(world, project, title="other")
    world.call("PATCH", f"{project}/{one}/", {"title": "changed"})
    assert [r["activity"] for r in activity(world, f"{project}/{one}/activity/")["results"]] == ["updated", "created"]
    page = activity(world, f"{project}/{one}/activity/?limit=1")
    assert (page["count"], page["next"]) == (2, f"{world.client.base}{project}/{one}/activity/?limit=1&offset=1")
    world.call("DELETE", f"{project}/{other}/")
    assert [r["activity"] for r in activity(world, f"{project}/{other.upper()}/activity")["results"]] == ["deleted",
            "created"]
    for unknown in (world.names["no_row"], world.names["foreign_row"], "x", "activity"):
        answer = world.call("GET", f"{project}/{unknown}/activity/", key="read")
        assert (answer.status, answer.json()["detail"]) == (404, "Not found."), answer


def test_a_summary_without_records_has_an_empty_page(world, project):
    """One that was there before, or that a restore brought."""
    row = world.new_row(number_of(project), updated_at="2026-01-01Z")
    assert activity(world, f"{project}/{row}/activity/") == {"count": 0, "next": None, "previous": None,
            "results": []}
    assert activity(world, f"{project}/{row}/activity/?since=0")["results"] == []


def test_another_project_sees_nothing_of_it(world, project):
    """Neither records nor, by the numbers of its own, that there are any."""
    secret = create(world, project, title="Secret")
    other = world.new_project()
    stranger = world.new_user("stranger")["id"]
    world.add_member(other, stranger)
    (own,) = world.new_keys(stranger, ["session_recording:write"], number=1)
    credentials = {"key": None, "headers": {"Authorization": f"Bearer {own}"}}
    path = f"/api/projects/{other}/session_group_summaries"
    first = create(world, path, **credentials)
    for n in range(3):
        create(world, project)
    second = create(world, path, **credentials)
    feed = activity(world, f"{path}/activity/?since=0", **credentials)["results"]
    assert [(r["seq"], r["summary_id"]) for r in feed] == [(1, first), (2, second)]
    for target in (f"{project}/activity/", f"{project}/activity/?since=0", f"{project}/{secret}/activity/"):
        answer = world.call("GET", target, **credentials)
        assert (answer.status, answer.json()["detail"]) == (403, "You don't have access to the project.")
    assert world.call("GET", f"{path}/{secret}/activity/", **credentials).status == 404
    assert world.call("GET", f"{project}/activity/", key="only_b").status == 403
    assert world.call("GET", f"{project}/activity/", key="null_scopes").status == 403
    assert world.call("GET", f"{project}/activity/", key=None).status == 401


def test_people_of_elsewhere_are_not_shown(world, project):
    """A record's user is shown as far as the reader may see the person."""
    create(world, project)
    world.sql("UPDATE session_group.activity SET user_id = %s WHERE project_id = %s", world.people["grace"]["id"],
              number_of(project))
    (record,) = activity(world, f"{project}/activity/")["results"]
    assert record["user"] is None


@pytest.mark.parametrize("sent",
                         ["a b", "ä".encode(), "x" * 65, "<script>", "a,b", "'; --", "", "a\tb", "%0d%0aX: y"])
def test_hostile_request_ids_are_replaced(world, project, sent):
    """The proxy gives the request an id of its own, and sends none back that is the client's text."""
    headers = {"X-Request-Id": sent}
    answer = world.call("POST", f"{project}/", {"title": "New"}, headers=headers)
    assert answer.status == 201, answer
    (record,) = activity(world, f"{project}/activity/")["results"]
    assert re.fullmatch(r"[0-9a-f]{32}", record["request_id"])


def test_methods(world, project):
    row = create(world, project)
    for target in (f"{project}/activity/", f"{project}/{row}/activity"):
        answer = world.call("OPTIONS", target, key="read")
        assert (answer.status, answer.headers["Allow"]) == (200, "GET, HEAD, OPTIONS")
        assert answer.json()["name"] == "Session Group Summary Activity"
        for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
            answer = world.call(method, target, {"title": "A"} if method in ("POST", "PUT", "PATCH") else None)
            assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS"), method
        answer = world.call("HEAD", target, key="read")
        assert (answer.status, answer.body) == (200, b"")
    for target in (f"{project}/activity/x/", f"{project}/{row}/activity/x", f"{project}/{row}/activities/"):
        answer = world.call("GET", target)
        assert answer.status == 404, target


def test_a_large_page(world, project):
    """1000 records on one page, of two people."""
    world.sql("INSERT INTO session_group.summaries (project_id, title) SELECT %s, 'n ' || n FROM generate_series(1, 998) AS n", number_of(project))
    create(world, project), create(world, project, key="joan")
    page = activity(world, f"{project}/activity/?limit=1000")
    assert page["count"] == len(page["results"]) == 1000
    assert [r["user"] and r["user"]["first_name"] for r in page["results"][:3]] == ["Joan", "Ada", None]
