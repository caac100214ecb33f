"""PostgREST's own interface under /rest/v1/, at nginx and past it: the view of summaries, with a
token or a key, for readers, writers and strangers."""

import json
import time
import uuid
from urllib.parse import quote

import pytest

from runner import Client
from servers import Maker

VIEW = "/session_group_summaries"
COLUMNS = [
    "project_id", "id", "title", "session_ids", "session_count", "summary", "extra_summary_context",
    "run_metadata", "created_at", "created_by_id", "updated_at", "version",
]  # fmt: skip


class Door:
    """One of the ways to PostgREST."""

    def __init__(self, world, base, prefix):
        self.world, self.client, self.prefix = world, Client(base), prefix

    def __call__(self, method, path, body=None, who="ada", scopes=("session_recording:write",), token=None, prefer=None, **headers):
        if who and token is None:
            claims = {"sub": self.world.people[who]["uuid"], "scopes": list(scopes), "exp": int(time.time()) + 600}
            token = self.world.stack.mint_jwt(claims)
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        if prefer:
            sent["Prefer"] = prefer
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        sent.update({k.replace("_", "-"): v for k, v in headers.items()})
        return self.client.request(method, self.prefix + path, sent, body)


@pytest.fixture(scope="module", params=["nginx", "postgrest"])
def door(request, world):
    if request.param == "nginx":
        return Door(world, world.stack.url, "/rest/v1")
    return Door(world, world.stack.postgrest_url, "")


def of(world, name, more=""):
    return f"{VIEW}?project_id=eq.{world.names[name]}{more}"


def ids_of(answer):
    return [row["id"] for row in answer.json()]


# Reading -------------------------------------------------------------------------------------


def test_read(world, door):
    answer = door("GET", of(world, "shelf", "&order=created_at.desc,id.desc"))
    assert answer.status == 200
    rows = answer.json()
    assert all(list(row) == COLUMNS for row in rows)
    assert [row["id"] for row in rows] == [
        r["id"] for r in world.call("GET", world.name("list:shelf") + "/").json()["results"]
    ]


@pytest.mark.parametrize(
    "query, titles",
    [
        ("title=eq.golf golf", ["golf golf"]),
        ("title=ilike.*checkout*", ["alpha checkout", "hotel CHECKOUT"]),
        ("session_count=gte.3", ["bravo onboarding", "delta snake_case", "foxtrot Ärger Ωmega", "golf golf"]),
        ("session_count=eq.0", ["echo back\\slash"]),
        ("created_at=lt.2026-01-02T00:00:00Z", ["alpha checkout"]),
        ("session_ids=cs.{s4}", ["foxtrot Ärger Ωmega"]),
        ("summary->>patterns=is.null", []),
        ("or=(title.like.alpha*,title.like.bravo*)", ["alpha checkout", "bravo onboarding"]),
        ("created_by_id=is.null", []),
        ("title=in.(\"golf golf\",nothing)", ["golf golf"]),
        ("title=not.like.*o*", ["charlie 100%25 rage", "delta snake_case"]),
    ],
)
def test_filter(world, door, query, titles):
    answer = door("GET", of(world, "shelf", "&select=title&order=title&" + quote(query, safe="=.*(),<>:-_%&")))
    assert answer.status == 200, answer
    assert [row["title"] for row in answer.json()] == [t.replace("%25", "%") for t in titles]


def test_select_order_and_pages(world, door):
    answer = door("GET", of(world, "shelf", "&select=title,n:session_count&order=session_count.desc,title&limit=2&offset=1"))
    assert answer.json() == [{"title": "bravo onboarding", "n": 3}, {"title": "delta snake_case", "n": 3}]
    answer = door("GET", of(world, "shelf", "&select=title&order=title"), Range="2-3")
    assert [r["title"][:7] for r in answer.json()] == ["charlie", "delta s"]


def test_exact_count(world, door):
    answer = door("GET", of(world, "shelf", "&limit=3"), prefer="count=exact")
    assert answer.status == 206 and answer.headers["Content-Range"] == "0-2/8"
    answer = door("HEAD", of(world, "shelf"), prefer="count=exact")
    assert answer.headers["Content-Range"] == "0-7/8" and answer.body == b""
    answer = door("GET", of(world, "c"), prefer="count=exact")
    assert answer.headers["Content-Range"] == "*/0" and answer.json() == []


def test_count_is_of_what_is_seen(world, door):
    everything = door("HEAD", VIEW, prefer="count=exact", who="grace").headers["Content-Range"].split("/")[1]
    assert int(everything) == world.one(
        "SELECT count(*) FROM session_group.summaries WHERE project_id = %s", world.names["c"]
    )


def test_one_object(world, door):
    row = world.new_row()
    answer = door("GET", of(world, "a", f"&id=eq.{row}"), Accept="application/vnd.pgrst.object+json")
    assert answer.status == 200 and answer.json()["id"] == row
    answer = door("GET", of(world, "a", f"&id=eq.{uuid.uuid4()}"), Accept="application/vnd.pgrst.object+json")
    assert answer.status == 406


def test_creator_is_embedded(world, door):
    answer = door("GET", of(world, "shelf", "&select=title,created_by:project_users(email,uuid)&order=created_at&limit=3"))
    people = {n: {"email": world.people[n]["email"], "uuid": world.people[n]["uuid"]} for n in ("ada", "joan")}
    assert answer.json() == [
        {"title": "alpha checkout", "created_by": people["ada"]},
        {"title": "bravo onboarding", "created_by": people["ada"]},
        {"title": "charlie 100% rage", "created_by": people["joan"]},
    ]


def test_filter_by_embedded_creator(world, door):
    answer = door("GET", of(world, "shelf", f"&select=title,created_by:project_users!inner(email)&project_users.email=eq.{world.people['joan']['email']}&order=title"))
    assert answer.status in (200, 400)
    answer = door("GET", of(world, "shelf", f"&select=title,created_by:project_users!inner(email)&created_by.email=eq.{world.people['joan']['email']}&order=title"))
    assert [r["title"][:4] for r in answer.json()] == ["char", "echo", "golf"]


def test_people_of_the_project(world, door):
    answer = door("GET", f"/project_users?project_id=eq.{world.names['shelf']}&select=email")
    assert {r["email"] for r in answer.json()} == {world.people[n]["email"] for n in ("ada", "joan")}
    answer = door("GET", f"/project_users?email=eq.{world.people['grace']['email']}")
    assert answer.json() == []
    assert "is_active" not in door("GET", "/project_users?limit=1").text


def test_with_an_api_key(world):
    """A key instead of a token, at nginx."""
    client, key = world.client, world.key("read")
    answer = client.request("GET", "/rest/v1" + of(world, "shelf", "&select=id"), {"Authorization": "Bearer " + key})
    assert answer.status == 200 and len(answer.json()) == 8


# Writing -------------------------------------------------------------------------------------


def insert(world, door, body, name="a", **more):
    return door("POST", VIEW, {"project_id": world.names[name], **body}, prefer="return=representation", **more)


def test_insert_with_defaults(world, door):
    answer = insert(world, door, {})
    assert answer.status == 201
    (row,) = answer.json()
    assert uuid.UUID(row["id"]).version == 7
    assert (row["title"], row["session_ids"], row["session_count"], row["version"]) == ("Group summary", [], 0, 1)
    assert row["summary"] is row["extra_summary_context"] is row["run_metadata"] is None
    assert row["created_by_id"] == world.people["ada"]["id"]
    assert row["created_at"] == row["updated_at"]


def test_insert_whole(world, door):
    body = {"title": "é😀", "session_ids": ["a", "b"], "summary": {"x": [1]}, "extra_summary_context": {}, "run_metadata": {"m": 1}}
    (row,) = insert(world, door, body).json()
    assert {k: row[k] for k in body} == body and row["session_count"] == 2
    other = world.call("GET", f"{world.name('list')}/{row['id']}/").json()
    assert {k: other[k] for k in body} == body


def test_insert_many(world, door):
    rows = [{"project_id": world.names["a"], "title": f"T{n}"} for n in range(3)]
    answer = door("POST", VIEW, rows, prefer="return=representation")
    assert answer.status == 201 and [r["title"] for r in answer.json()] == ["T0", "T1", "T2"]
    # One that is bad: none is stored.
    before = world.snapshot()
    rows[1]["title"] = ""
    assert door("POST", VIEW, rows).status == 400
    assert world.snapshot() == before


def test_update(world, door):
    row = world.new_row()
    answer = door("PATCH", of(world, "a", f"&id=eq.{row}"), {"title": "New", "summary": None}, prefer="return=representation")
    (new,) = answer.json()
    assert (new["title"], new["summary"], new["version"], new["session_ids"]) == ("New", None, 2, ["s1", "s2"])
    assert new["updated_at"] > new["created_at"]
    assert new["created_by_id"] == world.people["ada"]["id"]


def test_update_by_version(world, door):
    """Two writers: the second one finds that the row has moved on."""
    row = world.new_row()
    target = of(world, "a", f"&id=eq.{row}&version=eq.1")
    assert len(door("PATCH", target, {"title": "One"}, prefer="return=representation").json()) == 1
    assert len(door("PATCH", target, {"title": "Two"}, prefer="return=representation").json()) == 0
    assert world.stored(row)["title"] == "One"


def test_delete(world, door):
    row = world.new_row()
    answer = door("DELETE", of(world, "a", f"&id=eq.{row}"), prefer="return=representation")
    assert ids_of(answer) == [row]
    assert door("GET", of(world, "a", f"&id=eq.{row}")).json() == []


# Refusals: a 4xx and unchanged data ----------------------------------------------------------

BAD_ROWS = [
    ("title-blank", {"title": "  "}),
    ("title-empty", {"title": ""}),
    ("title-null", {"title": None}),
    ("title-2049", {"title": "x" * 2049}),
    ("title-2049-multi-byte", {"title": "é" * 2049}),
    ("sessions-null", {"session_ids": None}),
    ("sessions-1001", {"session_ids": ["s"] * 1001}),
    ("session-empty", {"session_ids": ["a", ""]}),
    ("session-null", {"session_ids": ["a", None]}),
    ("session-201", {"session_ids": ["x" * 201]}),
    ("sessions-nested", {"session_ids": [["a"], ["b"]]}),
    ("sessions-string", {"session_ids": "a"}),
    ("extra-list", {"extra_summary_context": []}),
    ("extra-string", {"extra_summary_context": "{}"}),
    ("run-number", {"run_metadata": 7}),
    ("run-true", {"run_metadata": True}),
    ("unknown-column", {"colour": "red"}),
    ("nul", {"title": "a\u0000b"}),
]
READ_ONLY = [
    ("id", {"id": "01890a5d-ac96-774b-bcce-b302099a8057"}),
    ("created_at", {"created_at": "2020-01-01T00:00:00Z"}),
    ("created_by_id", {"created_by_id": 1}),
    ("updated_at", {"updated_at": "2020-01-01T00:00:00Z"}),
    ("version", {"version": 100}),
    ("session_count", {"session_count": 9}),
]


def assert_refused(world, before, answer, *statuses):
    assert answer.status in (statuses or range(400, 500)), answer
    assert {"code", "message"} <= set(answer.json()), answer
    assert world.snapshot() == before


@pytest.mark.parametrize("name, body", BAD_ROWS + READ_ONLY, ids=[b[0] for b in BAD_ROWS + READ_ONLY])
def test_refused(world, door, name, body):
    before = world.snapshot()
    assert_refused(world, before, insert(world, door, body))
    row = world.new_row()
    before = world.snapshot()
    assert_refused(world, before, door("PATCH", of(world, "a", f"&id=eq.{row}"), body))


def test_limits_are_those_of_the_contract(world, door):
    for body in (
        {"title": "é" * 2048},
        {"session_ids": [f"s{n}" for n in range(1000)]},
        {"session_ids": ["é" * 200]},
        {"summary": "text"},
        {"summary": 0},
    ):
        answer = insert(world, door, body)
        assert answer.status == 201 and {k: answer.json()[0][k] for k in body} == body


def test_moving_to_another_project(world, door):
    row = world.new_row()
    before = world.snapshot()
    for project in ("b", "c", "unknown"):
        assert_refused(world, before, door("PATCH", of(world, "a", f"&id=eq.{row}"), {"project_id": world.names[project]}))


def test_upsert_is_no_way_around(world, door):
    row = world.new_row()
    before = world.snapshot()
    body = {"project_id": world.names["a"], "id": row, "title": "Taken over"}
    assert_refused(world, before, door("POST", VIEW, body, prefer="resolution=merge-duplicates"))
    foreign = {"project_id": world.names["c"], "id": world.names["foreign_row"], "title": "Taken over"}
    assert_refused(world, before, door("POST", VIEW, foreign, prefer="resolution=merge-duplicates"))
    assert_refused(world, before, door("PUT", of(world, "a", f"&id=eq.{row}"), body))


def test_foreign_project(world, door):
    """Nothing to see, nothing to change, and no way in."""
    foreign = world.names["foreign_row"]
    before = world.snapshot()
    assert door("GET", of(world, "c")).json() == []
    assert door("GET", f"{VIEW}?id=eq.{foreign}").json() == []
    assert door("PATCH", f"{VIEW}?id=eq.{foreign}", {"title": "A"}, prefer="return=representation").json() == []
    assert door("DELETE", f"{VIEW}?id=eq.{foreign}", prefer="return=representation").json() == []
    assert_refused(world, before, insert(world, door, {}, "c"), 401, 403)
    assert_refused(world, before, door("POST", VIEW, {"project_id": world.names["unknown"]}), 401, 403)
    everything = door("GET", f"{VIEW}?select=project_id")
    assert world.names["c"] not in {r["project_id"] for r in everything.json()}
    assert world.snapshot() == before


def test_a_foreign_project_and_none_are_alike(world, door):
    """Inserting into another's project and into none: the same answer, but for the id that was sent."""
    answers = []
    for name in ("c", "unknown"):
        answer = insert(world, door, {}, name)
        answers.append((answer.status, answer.text.replace(str(world.names[name]), "ID")))
    assert answers[0] == answers[1]


def test_reader_cannot_write(world, door):
    row = world.new_row()
    before = world.snapshot()
    read = {"scopes": ["session_recording:read"]}
    assert ids_of(door("GET", of(world, "a", f"&id=eq.{row}"), **read)) == [row]
    assert_refused(world, before, insert(world, door, {}, **read), 401, 403)
    for method, body in (("PATCH", {"title": "A"}), ("DELETE", None)):
        answer = door(method, of(world, "a", f"&id=eq.{row}"), body, prefer="return=representation", **read)
        assert answer.status >= 400 or answer.json() == []
        assert world.snapshot() == before


@pytest.mark.parametrize("scopes", [[], ["feature_flag:write"]], ids=str)
def test_no_scope_sees_nothing(world, door, scopes):
    answer = door("GET", of(world, "shelf"), scopes=scopes)
    assert answer.status >= 400 or answer.json() == []
    before = world.snapshot()
    assert_refused(world, before, insert(world, door, {}, scopes=scopes))


def test_nobody(world, door):
    before = world.snapshot()
    assert_refused(world, before, door("GET", VIEW, who=None), 401, 403)
    assert_refused(world, before, door("POST", VIEW, {"project_id": world.names["a"]}, who=None), 401, 403)
    assert_refused(world, before, door("PATCH", of(world, "a"), {"title": "A"}, who=None), 401, 403)
    assert_refused(world, before, door("DELETE", of(world, "a"), who=None), 401, 403)


def test_bad_token(world, door):
    before = world.snapshot()
    claims = {"sub": world.people["ada"]["uuid"], "scopes": ["*"]}
    forged = world.stack.mint_jwt(claims, secret="x" * 32)
    expired = world.stack.mint_jwt({**claims, "exp": 1})
    unknown = world.stack.mint_jwt({**claims, "sub": str(uuid.uuid4())})
    for token in (forged, expired, unknown):
        assert_refused(world, before, door("GET", VIEW, token=token), 401, 403)
        assert_refused(world, before, door("POST", VIEW, {"project_id": world.names["a"]}, token=token), 401, 403)


@pytest.mark.parametrize("path", ["/summaries", "/projects", "/users", "/api_keys", "/members", "/activity", "/rpc/login", "/rpc/authenticate", "/rpc/assume_identity", "/rpc/create_api_key", "/pg_class"])
def test_what_is_not_exposed(world, door, path):
    before = world.snapshot()
    for method, body in (("GET", None), ("POST", {})):
        assert door(method, path, body).status in (404, 405)
    for schema in ("session_group", "public", "pg_catalog"):
        answer = door("GET", path, Accept_Profile=schema)
        assert answer.status in (404, 406)
    assert world.snapshot() == before


def test_gateway_function_is_not_a_clients(world):
    """Past the proxy the headers could be forged; at the proxy the function is not to be had."""
    for path in ("/rest/v1/rpc/http", "/rest/v1/rpc/http/", "/rest/v1/rpc/ht%74p", "/rest/v1//rpc/http", "/rest/v1/./rpc/http"):
        answer = world.call("POST", path, {}, headers={"X-Forwarded-Method": "GET", "X-Forwarded-Uri": world.name("list") + "/"})
        assert answer.status == 404, path


@pytest.mark.parametrize("path", ["/rest//v1", "//rest/v1", "/rest/./v1", "/%72est/v1", "/rest%2Fv1", "/api/../rest/v1"])
def test_door_in_other_words(world, path):
    """nginx reads them as /rest/v1/, but not what refuses by the address as it came: it would let these pass."""
    answer = world.call("GET", f"{path}/session_group_summaries?limit=1")
    assert (answer.status, answer.json()["code"]) == (404, "not_found")


def test_gateway_function_past_the_proxy(world):
    """Even there a request has the rights of its credentials only."""
    client = Client(world.stack.postgrest_url)
    headers = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": world.name("list") + "/", "Accept": "*/*", "Content-Type": "application/octet-stream"}
    assert client.request("POST", "/rpc/http", headers, b"").status == 401
    for forged in ({"X-Api-Key": world.key("unknown")}, {"X-Api-Key": ""}, {}):
        assert client.request("POST", "/rpc/http", {**headers, **forged}, b"").status == 401


def test_no_plans(world, door):
    answer = door("GET", VIEW, Accept="application/vnd.pgrst.plan+json")
    assert answer.status >= 400


def test_description(world, door):
    """PostgREST's own description of the view has the comments of its columns."""
    answer = door("GET", "/", Accept="application/openapi+json")
    assert answer.status == 200
    assert list(answer.json()["paths"]) == ["/", "/session_group_summaries", "/project_users", "/session_group_patterns"]
    properties = answer.json()["definitions"]["session_group_summaries"]["properties"]
    assert list(properties) == COLUMNS
    assert all(p.get("description") for p in properties.values())


def test_the_description_is_for_those_who_read(world):
    for key in (None, "unknown", "revoked"):
        answer = world.call("GET", "/rest/v1/", key=key)
        assert (answer.status, answer.json()["code"], answer.json()["hint"]) == (401, "42501", "Send an API key."), answer
    assert world.call("GET", "/rest/v1/", key="empty_scopes").status == 200


def test_titles_round_trip(world, door):
    for title in ('"; DROP TABLE', "a\\b", "a\u2028", "'$1'", "😀", "a\r\nb", "eq.x", "(,)"):
        (row,) = insert(world, door, {"title": title}).json()
        assert row["title"] == title
        found = door("GET", of(world, "a", f"&select=title&id=eq.{row['id']}&title=eq.{quote(title, safe='')}"))
        assert found.json() == [{"title": title}]


# No request does more than it says ------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "title=like.*%00draft*", "title=eq.%00", "title=eq.Before%00", "title=in.(Before,%00)", "title%00=eq.Before", "ti%00tle=eq.Before",
        "or=(title.eq.A%00,version.gt.0)", "not.and=(title.eq.%00A)", "summary->>a%00b=is.null", "select=id%00", "columns=title%00",
        "order=id%00", "select=id,project_users(email%00)", "limit=1%00", "x=%00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "POST"])
def test_null_in_an_address(world, method, query):
    """PostgREST would read the text up to there, and a filter of nothing would be one of everything."""
    before = world.snapshot()
    body = None if method in ("GET", "DELETE") else {"title": "A", "project_id": world.names["a"]}
    for address in (of(world, "a", "&" + query), f"{VIEW}?{query}&project_id=eq.{world.names['a']}"):
        answer = world.call(method, "/rest/v1" + address, body)
        assert (answer.status, answer.json()["code"]) == (400, "22021"), answer
        assert list(answer.json()) == ["code", "details", "hint", "message"]
    assert world.snapshot() == before


def test_null_encoded_twice(world):
    """That is the text "%00"."""
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    row = world.new_row(project, title="A %00 B")
    world.new_row(project, title="A B")
    answer = world.call("GET", f"/rest/v1{VIEW}?project_id=eq.{project}&select=id&title=like.*%2500*")
    assert ids_of(answer) == [row]


@pytest.mark.parametrize(
    "type, body",
    [
        ("application/json", b'{"project_id":%d,"title":"a\\u0000b"}'),
        ("application/json", b'{"project_id":%d,"title":"a\0b"}'),
        ("application/x-www-form-urlencoded", b"project_id=%d&title=a%%00b"),
        ("text/csv", b"project_id,title\n%d,a\0b"),
    ],
)
def test_null_in_a_body(world, type, body):
    before = world.snapshot()
    answer = world.call("POST", "/rest/v1" + VIEW, body % world.names["a"], type=type)
    assert_refused(world, before, answer, 400)


@pytest.mark.parametrize(
    "query",
    [
        "", "?", "?select=id", "?limit=1000&order=id", "?offset=0", "?columns=title", "?on_conflict=id", "?select=id&limit=9&order=id.asc",
        # PostgREST leaves out what has no "=".
        "?title", "?project_id&title",
        # It reads encoded names as well, which say nothing to whoever reads along.
        "?sel%65ct=id", "?%73elect=id", "?l%69mit=1&order=id", "?select=id;x=y",
        # A filter of an embedded table chooses none of the rows that are changed.
        "?select=id,project_users(email)&project_users.email=eq.nobody", "?project_users.limit=1", "?project_users.or=(email.eq.a,email.eq.b)",
        # What nginx leaves out is no filter.
        "#?title=eq.x", "?select=id#&title=eq.x",
    ],
)  # fmt: skip
def test_a_change_without_a_filter(world, query):
    before = world.snapshot()
    for method, body in (("DELETE", None), ("PATCH", {"title": "Taken"})):
        answer = world.call(method, "/rest/v1" + VIEW + query, body)
        assert (answer.status, answer.json()["code"]) == (400, "21000"), answer
        assert list(answer.json()) == ["code", "details", "hint", "message"]
    assert world.snapshot() == before


@pytest.mark.parametrize("form", ["id=eq.%s", "select=title&id=in.(%s)", "or=(id.eq.%s,id.is.null)", "not.and=(id.neq.%s,version.gt.0)", "version=gt.0&id=eq.%s"])
def test_a_change_with_a_filter(world, form):
    row = world.new_row()
    project = of(world, "a")
    before = world.snapshot()
    assert world.call("PATCH", f"/rest/v1{VIEW}?{form % row}", {"title": "Named"}).status == 204
    assert world.stored(row)["title"] == "Named"
    assert world.call("DELETE", f"/rest/v1{VIEW}?{form % row}").status == 204
    assert world.call("GET", f"/rest/v1{project}&id=eq.{row}").json() == []
    assert world.snapshot() != before


def test_L23_rows_of_one_request(world):
    """10,000 of them; of more, none is stored."""
    project, key = world.names["empty"], world.key("write")
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Prefer": "return=minimal"}
    body = json.dumps([{"project_id": project}] * 10_001)
    answer = world.client.request("POST", "/rest/v1/session_group_summaries", headers, body)
    assert (answer.status, answer.json()["code"], answer.json()["message"]) == (400, "22023", "a request writes at most 10000 rows")
    assert world.one("SELECT count(*) FROM session_group.summaries WHERE project_id = %s", project) == 0


def test_L18_nested_too_deeply(world):
    body = f'{{"project_id":{world.names["empty"]},"summary":{"[" * 20000}{"]" * 20000}}}'
    answer = world.client.request("POST", "/rest/v1/session_group_summaries", {"Authorization": f"Bearer {world.key('write')}", "Content-Type": "application/json"}, body)
    assert (answer.status, answer.json()) == (413, {"code": "54000", "details": None, "hint": "Nest it less deeply, or send less at once.", "message": "The request is too complex"})


def test_L24_an_answer_has_an_end(world):
    """A page that would take gigabytes on its way is refused, in whatever form; what is in parts, or of other columns, is not."""
    make = Maker(world.stack.admin)
    project = make.project()
    headers = {"Authorization": f"Bearer {make.key(make.user(project))}", "Content-Type": "application/json", "Prefer": "return=representation"}
    with world.stack.admin.cursor() as cursor:
        cursor.execute("INSERT INTO session_group.summaries (project_id, title, summary) SELECT %s, 'Large', to_jsonb(repeat('x', 4000000)) FROM generate_series(1, 17)", (project,))
    rows = f"/rest/v1{VIEW}?project_id=eq.{project}"
    try:
        for method, address, accept, body in (("GET", rows, "application/json", None), ("GET", f"{rows}&select=summary", "text/csv", None),
                                              ("HEAD", rows, "application/json", None), ("PATCH", rows, "application/json", '{"title":"Changed"}')):
            answer = world.client.request(method, address, {**headers, "Accept": accept}, body)
            assert answer.status == 400, (method, answer.text[:200])
            if method != "HEAD":
                assert answer.json()["code"] == "22023" and answer.json()["message"] == "the answer has more than 64 MB", answer.text
        assert len(world.client.request("GET", f"{rows}&limit=3", headers).body) > 12_000_000
        assert {row["title"] for row in world.client.request("GET", f"{rows}&select=title", headers).json()} == {"Large"}
        answer = world.client.request("GET", f"/api/projects/{project}/session_group_summaries/?limit=1000", headers)
        assert answer.json()["count"] == 17
    finally:
        with world.stack.admin.cursor() as cursor:
            cursor.execute("SELECT session_group.delete_project(%s)", (project,))
