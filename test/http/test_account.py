"""Who asks, with which key, for which projects; the other names that projects and summaries have."""

import json
import time
import uuid

import pytest

from runner import NO_ENDPOINT, NO_PROJECT, NO_READ_SCOPE, NO_SUMMARY, NOT_AUTHENTICATED, NOT_MEMBER, Answer, case, error, ids, no_method, not_for_project, run
from world import BEFORE

ORGANIZATION = "00000000-0000-0000-0000-000000000000"
READ_ALLOW = "GET, HEAD, OPTIONS"
PATHS = ["/api/users/@me/", "/api/projects/", "/api/projects/<a>/", "/api/personal_api_keys/@current/"]


def ambiguous(count):
    return error(404, "invalid_request", "not_found",
                 f"@current is the project of a key that has just one. This one has {count}: name the project.")


CASES = [
    *[case(f"get{p}", f"GET {p}", Answer(200)) for p in PATHS],
    *[case(f"no-slash{p}", f"GET {p[:-1]}", Answer(200)) for p in PATHS],
    *[case(f"head{p}", f"HEAD {p}", Answer(200, "")) for p in PATHS],
    *[case(f"options{p}", f"OPTIONS {p}", Answer(200, headers=(("Allow", READ_ALLOW),))) for p in PATHS],
    *[case(f"{m}{p}", f"{m} {p}", no_method(m, READ_ALLOW), send={"name": "x"}) for p in PATHS
      for m in ("POST", "PUT", "PATCH", "DELETE", "PURGE")],
    *[case(f"nobody{p}", f"GET {p}", NOT_AUTHENTICATED, key=None) for p in PATHS],
    *[case(f"query{p}", f"GET {p}?personal_api_key=<key:read>", Answer(200), key=None) for p in PATHS],
    case("no-scope-me", "GET /api/users/@me/", Answer(200), key="null_scopes"),
    case("no-scope-key", "GET /api/personal_api_keys/@current/", Answer(200), key="null_scopes"),
    case("no-scope-projects", "GET /api/projects/", NO_READ_SCOPE, key="null_scopes"),
    case("no-scope-project", "GET /api/projects/<a>/", NO_READ_SCOPE, key="null_scopes"),
    case("narrow", "GET /api/projects/<a>/", not_for_project("a"), key="only_b"),
    case("no-member", "GET /api/projects/<a>/", NOT_MEMBER, key="grace"),
    case("unknown-project", "GET /api/projects/<unknown>/", NO_PROJECT),
    case("no-number", "GET /api/projects/abc/", NO_PROJECT),
    case("former-member", "GET /api/projects/<a>/", NOT_MEMBER, key="former"),
    case("environments", "GET /api/environments/", Answer(200)),
    case("environment", "GET /api/environments/<a>/", Answer(200)),
    case("environment-current", "GET /api/environments/@current/", Answer(200), key="only_a"),
    case("environment-list", "GET /api/environments/<a>/session_group_summaries/", Answer(200)),
    case("environment-create", "POST /api/environments/<a>/session_group_summaries/", Answer(201),
         send={"title": "A"}),
    case("environment-object", "GET /api/environments/<a>/session_group_summaries/<row>/", Answer(200)),
    case("environment-patterns", "GET /api/environments/<a>/session_group_summaries/patterns/", Answer(200)),
    case("environment-activity", "GET /api/environments/<a>/session_group_summaries/<row>/activity/", Answer(200)),
    case("environment-foreign", "GET /api/environments/<c>/session_group_summaries/", NOT_MEMBER),
    case("environment-of-users", "GET /api/environments/@me/", NO_PROJECT),
    case("current", "GET /api/projects/@current/session_group_summaries/", Answer(200), key="only_a"),
    case("current-create", "POST /api/projects/@current/session_group_summaries/", Answer(201), send={"title": "A"},
         key="only_a"),
    case("current-object", "DELETE /api/projects/@current/session_group_summaries/<row>/", Answer(204, ""),
         key="only_a"),
    case("current-of-another", "GET /api/projects/@current/session_group_summaries/<a_row>/", NO_SUMMARY,
         key="only_b"),
    case("current-encoded", "GET /api/projects/%40current/", Answer(200), key="only_a"),
    case("current-of-four", "GET /api/projects/@current/session_group_summaries/", ambiguous("<int>")),
    case("current-of-none", "GET /api/projects/@current/", ambiguous(0), key="former"),
    case("current-of-a-foreign-one", "GET /api/projects/@current/", ambiguous(0), key="only_c"),
    case("current-without-scope", "GET /api/projects/@current/", NO_READ_SCOPE, key="only_b_no_scope"),
    case("current-without-key", "GET /api/projects/@current/", NOT_AUTHENTICATED, key=None),
    case("current-of-a-reader", "POST /api/projects/@current/session_group_summaries/", Answer(403),
         send={"title": "A"}, key="only_b_read"),
    case("me-in-another-place", "GET /api/projects/@me/", NO_PROJECT),
    case("current-user", "GET /api/users/@current/", NO_ENDPOINT),
    case("capital-current", "GET /api/projects/@CURRENT/", NO_PROJECT, key="only_a"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_case(world, case):
    run(world, case)


def test_projects(world):
    """Those that the key reads, by id; a page with links."""
    everything = world.call("GET", "/api/projects/?limit=1000").json()
    mine = [r["project_id"] for r in world.sql(
        "SELECT project_id FROM session_group.members WHERE user_id = %s AND removed_at IS NULL ORDER BY 1", world.people["ada"]["id"]
    )]  # fmt: skip
    assert {world.names[n] for n in ("a", "b", "shelf", "empty")} <= set(mine)
    assert list(everything) == ["count", "next", "previous", "results"]
    assert (everything["count"], everything["next"], everything["previous"]) == (len(mine), None, None)
    assert [r["id"] for r in everything["results"]] == mine
    assert everything["results"][0] == {"id": mine[0], "organization": ORGANIZATION, "name": "Tests", "timezone": "UTC"}
    narrow = world.call("GET", "/api/projects/", key="only_b").json()
    assert [r["id"] for r in narrow["results"]] == [world.names["b"]]
    assert world.call("GET", f"/api/projects/{world.names['b']}/").json() == everything["results"][mine.index(world.names["b"])]
    page = world.call("GET", "/api/projects/?limit=2&offset=1").json()
    assert [r["id"] for r in page["results"]] == mine[1:3] and page["count"] == len(mine)
    assert page["next"] == f"{world.client.base}/api/projects/?limit=2&offset=3"
    assert page["previous"] == f"{world.client.base}/api/projects/?limit=2"
    assert world.call("GET", "/api/projects/?offset=99", key="only_b").json() == {
        "count": 1, "next": None, "previous": f"{world.client.base}/api/projects/?limit=100", "results": []}


@pytest.mark.parametrize("who, key",
                         [("ada", "write"), ("ada", "null_scopes"), ("ada", "only_b"), ("joan", "joan"),
                          ("former", "former")])
def test_me(world, who, key):
    me = world.call("GET", "/api/users/@me/", key=key).json()
    creator = json.loads(world.creator(who))
    creator["distinct_id"] = creator["distinct_id"] or creator["uuid"]
    assert {k: v for k, v in me.items() if k in creator} == creator
    assert list(me) == [*creator, "organization", "organizations", "team"]
    assert me["organizations"] == [me["organization"]] and me["organization"]["id"] == ORGANIZATION
    readable = {"write": "a", "only_b": "b", "joan": "a"}.get(key)
    if readable is None:
        assert me["team"] is None
    else:
        assert me["team"] == world.call("GET", f"/api/projects/{world.names[readable]}/", key=key).json()


def test_the_key(world):
    key = world.new_keys(world.people["ada"]["id"], ["session_recording:read", None, "other:write"],
                         [world.names["b"], world.names["a"]], number=1, expires_at="2126-01-01T00:00:00Z")
    answer = world.client.request("GET", "/api/personal_api_keys/@current/", {"Authorization": f"Bearer {key[0]}"})
    found = answer.json()
    (row,) = world.sql("SELECT * FROM session_group.api_keys WHERE mask = %s ORDER BY id DESC LIMIT 1",
                       key[0][:4] + "..." + key[0][-4:])
    assert answer.status == 200 and key[0] not in answer.text and row["hash"] not in answer.text
    assert found == {
        "id": str(row["id"]), "label": "tests", "mask_value": row["mask"], "created_at": found["created_at"],
        "last_used_at": None,
        "expires_at": "2126-01-01T00:00:00Z", "user_id": world.people["ada"]["id"],
        "scopes": ["session_recording:read", "other:write"],
        "scoped_teams": sorted([world.names["a"], world.names["b"]]), "scoped_organizations": [],
    }  # fmt: skip
    assert world.call("GET", "/api/personal_api_keys/@current/", key="null_scopes").json()["scopes"] == []


def test_a_token(world):
    """It is the user's, and no key."""
    token = world.stack.mint_jwt({"sub": world.people["ada"]["uuid"], "scopes": "session_recording:read",
                                  "project_ids": [world.names["a"]], "exp": int(time.time()) + 600})
    headers = {"Authorization": f"Bearer {token}"}
    assert world.client.request("GET", "/api/users/@me/", headers).json()["uuid"] == world.people["ada"]["uuid"]
    assert [r["id"] for r in world.client.request("GET", "/api/projects/",
                                                  headers).json()["results"]] == [world.names["a"]]
    assert world.client.request("GET", "/api/projects/@current/", headers).json()["id"] == world.names["a"]
    assert world.client.request("GET", "/api/personal_api_keys/@current/", headers).status == 404


def test_another_way_to_write_an_id(world):
    row = world.new_row()
    plain = world.call("GET", f"{world.name('list')}/{row}/")
    for written in (row.replace("-", ""), row.upper(), row.replace("-", "").upper()):
        assert world.call("GET", f"{world.name('list')}/{written}/").body == plain.body
        assert world.call("GET", f"{world.name('list')}/{written}/activity/").status == 200
    ada = world.people["ada"]["uuid"]
    lists = [world.call("GET", f"{world.name('list:shelf')}/?created_by={written}").json()
             for written in (ada, ada.replace("-", ""), ada.upper())]
    assert lists[0]["count"] == 5 and lists[1]["results"] == lists[2]["results"] == lists[0]["results"]
    answer = world.call("PATCH", f"{world.name('list')}/{row.replace('-', '')}/", {"title": "B"})
    assert (answer.status, answer.json()["id"]) == (200, row)


@pytest.mark.parametrize("written", ["%s0", "0%s", "{%s}", "urn:uuid:%s", "%s-", "%.31s", "g%.31s"])
def test_what_is_no_id(world, written):
    for row in (world.names["a_row"], world.names["a_row"].replace("-", "")):
        answer = world.call("GET", f"{world.name('list')}/{written % row}/")
        assert (answer.status, answer.json()["detail"]) == (404, "Not found."), written
    mixed = uuid.UUID(world.names["a_row"]).hex
    assert world.call("GET", f"{world.name('list')}/{mixed[:8]}-{mixed[8:]}/").status == 404


def test_links_name_what_was_asked(world):
    """A list that was asked of an environment, or of @current, goes on there."""
    world.new_row(project=world.names["b"], **BEFORE)
    for path, key in ((f"/api/environments/{world.names['shelf']}/session_group_summaries/", "read"),
                      ("/api/projects/@current/session_group_summaries/", "only_b")):
        page = world.call("GET", path + "?limit=1", key=key).json()
        assert page["next"] == f"{world.client.base}{path}?limit=1&offset=1"
        assert world.client.request("GET", page["next"].removeprefix(world.client.base),
                                    {"Authorization": "Bearer " + world.key(key)}).status == 200
