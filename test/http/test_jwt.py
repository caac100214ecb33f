"""A JSON Web Token instead of a key, on the contract's paths: the claims sub, scopes, project_ids."""

import json
import time
import uuid

import pytest

from runner import NO_PROJECT, NO_READ_SCOPE, NO_SUMMARY, NO_WRITE_SCOPE, NOT_MEMBER, Answer, difference, fill, not_for_project

HOUR = 3600
READ, WRITE, ALL = "session_recording:read", "session_recording:write", "*"
# The contract's table has no text for a bad token; only its status, type and code are sure.
BAD_TOKEN = Answer(
    401, '{"type":"authentication_error","code":"authentication_failed","detail":"<any>","attr":null}'
)


def token(world, who="ada", **claims):
    claims = {"sub": world.people[who]["uuid"], "exp": int(time.time()) + HOUR, **claims}
    return world.stack.mint_jwt({k: v for k, v in claims.items() if v is not None})


def call(world, jwt, request, body=None):
    method, target = fill(request, world.name).split(" ", 1)
    headers = {"Authorization": "Bearer " + jwt}
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body)
    return world.client.request(method, target, headers, body)


def check(world, answer, *allowed):
    filled = [Answer(a.status, a.body if a.body is None else fill(a.body, lambda n: world.names.get(n)))
              for a in allowed]
    wrong = [difference(answer, a) for a in filled]
    assert None in wrong, f"{answer}\n{wrong}"


OPERATIONS = [
    ("GET <list>/", None, 200),
    ("GET <list>", None, 200),
    ("POST <list>/", {"title": "A"}, 201),
    ("GET <list>/<row>/", None, 200),
    ("PUT <list>/<row>/", {"title": "A"}, 200),
    ("PATCH <list>/<row>/", {"title": "A"}, 200),
    ("DELETE <list>/<row>/", None, 204),
    ("OPTIONS <list>/", None, 200),
]


@pytest.mark.parametrize("scopes", [[WRITE], [ALL], WRITE, f"{READ} {WRITE}", [READ, WRITE, "insight:read"]], ids=str)
def test_all_operations(world, scopes):
    for request, body, status in OPERATIONS:
        answer = call(world, token(world, scopes=scopes), request, body)
        assert answer.status == status, (request, answer)
        if status == 201:
            assert f'"created_by":{world.creator("ada")}' in answer.text


@pytest.mark.parametrize("scopes", [[READ], READ, f"openid {READ}"], ids=str)
def test_read_only(world, scopes):
    row = world.new_row()
    before = world.snapshot()
    for request, body, status in OPERATIONS:
        answer = call(world, token(world, scopes=scopes), request.replace("<row>", row), body)
        if request.startswith(("GET", "OPTIONS")):
            assert answer.status == status
        else:
            check(world, answer, NO_WRITE_SCOPE)
    assert world.snapshot() == before


@pytest.mark.parametrize("scopes",
                         [None, [], "", ["feature_flag:read"], "openid email", [None], [7], 7, True, {},
                          ["session_recording"], [READ.upper()]], ids=str)
def test_no_scope(world, scopes):
    # A claim of a wrong type gives no scope, or makes the token a bad one.
    odd = (BAD_TOKEN,) if not isinstance(scopes, (list, str, type(None))) or scopes in ([None], [7]) else ()
    before = world.snapshot()
    check(world, call(world, token(world, scopes=scopes), "GET <list>/"), NO_READ_SCOPE, *odd)
    check(world, call(world, token(world, scopes=scopes), "POST <list>/", {"title": "A"}), NO_WRITE_SCOPE, *odd)
    assert world.snapshot() == before


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": "soon"},
        {"nbf": int(time.time()) + HOUR},
        {"sub": "ada"},
        {"sub": ""},
        {"sub": 7},
        {"sub": ["x"]},
        {"sub": str(uuid.uuid4())},
        {"sub": "00000000-0000-0000-0000-000000000000"},
        {"sub": "' OR 1=1 --"},
        {"sub": "\u0000"},
        {"sub": "x" * 5000},
    ],
    ids=lambda c: str(c)[:40],
)
def test_bad_claims(world, claims):
    before = world.snapshot()
    for request, body in (("GET <list>/", None), ("POST <list>/", {"title": "A"})):
        check(world, call(world, token(world, scopes=[ALL], **claims), request, body), BAD_TOKEN)
    assert world.snapshot() == before


def test_no_sub(world):
    claims = {"scopes": [ALL], "exp": int(time.time()) + HOUR}
    not_authenticated = Answer(401,
                               '{"type":"authentication_error","code":"not_authenticated","detail":"<any>","attr":null}')
    check(world, call(world, world.stack.mint_jwt(claims), "GET <list>/"), BAD_TOKEN, not_authenticated)


def test_no_expiry(world):
    assert call(world, world.stack.mint_jwt({"sub": world.people["ada"]["uuid"], "scopes": [READ]}),
                "GET <list>/").status == 200


def test_sub_in_capitals(world):
    assert call(world, token(world, sub=world.people["ada"]["uuid"].upper(), scopes=[READ]),
                "GET <list>/").status == 200


def test_inactive_and_former(world):
    check(world, call(world, token(world, "inactive", scopes=[ALL]), "GET <list>/"), BAD_TOKEN)
    check(world, call(world, token(world, "former", scopes=[ALL]), "GET <list>/"), NOT_MEMBER)


def test_bad_signature(world):
    good = token(world, scopes=[ALL])
    head, body, signature = good.split(".")
    forged = world.stack.mint_jwt({"sub": world.people["ada"]["uuid"], "scopes": [ALL]}, secret="x" * 32)
    other_body = token(world, "grace", scopes=[ALL]).split(".")[1]
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
    before = world.snapshot()
    for bad in (
        forged,
        f"{head}.{other_body}.{signature}",
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.!!.{signature}",
        good + "x",
        good + "." + signature,
        good.replace(".", " ", 1),
        "eyJ.eyJ.x",
    ):
        for request, content in (("GET <list>/", None), ("POST <list>/", {"title": "A"}),
                                 ("GET /api/projects/<unknown>/session_group_summaries/", None)):
            check(world, call(world, bad, request, content), BAD_TOKEN)
    assert world.snapshot() == before


def test_role_claim(world):
    """No role claim, or the API's own: the role follows from the user in any case."""
    for role in (None, "session_group_api"):
        assert call(world, token(world, scopes=[READ], role=role), "GET <list>/").status == 200
    before = world.snapshot()
    for role in ("postgres", "session_group_admin", "session_group_gateway", "session_group_anon", "nobody", "", 7):
        answer = call(world, token(world, scopes=[READ], role=role, session_group_role=role), "POST <list>/",
                      {"title": "A"})
        assert answer.status in (401, 403), (role, answer)
        assert list(answer.json()) == ["type", "code", "detail", "attr"]
    assert world.snapshot() == before


def test_projects(world):
    a, b, c = (world.names[n] for n in "abc")
    for project_ids, own in (
        (None, Answer(200)),
        ([a], Answer(200)),
        ([b, a], Answer(200)),
        ([a, a], Answer(200)),
        ([b], not_for_project("a")),
        ([c], not_for_project("a")),
        ([10**15], not_for_project("a")),
        ([b] * 500, not_for_project("a")),
    ):
        check(world, call(world, token(world, scopes=[READ], project_ids=project_ids), "GET <list>/"), own)
    # A claim never widens what the memberships are.
    check(world, call(world, token(world, scopes=[ALL], project_ids=[c]), "GET <list:c>/"), NOT_MEMBER)
    check(world, call(world, token(world, scopes=[ALL], project_ids=[a]), "GET <list:c>/"), not_for_project("c"))


@pytest.mark.parametrize("project_ids", ["1", 7, {}, [None], ["x"], [1.5], [2**63], [-1], [[]], [1e300], True],
                         ids=str)
def test_odd_projects(world, project_ids):
    """What cannot be read as a list of projects narrows to nothing or makes the token bad; it never widens."""
    answer = call(world, token(world, scopes=[ALL], project_ids=project_ids), "GET <list>/")
    check(world, answer, BAD_TOKEN, not_for_project("a"), NOT_MEMBER)


def test_same_table_of_errors(world):
    jwt = token(world, scopes=[ALL])
    check(world, call(world, jwt, "GET /api/projects/<unknown>/session_group_summaries/"), NO_PROJECT)
    check(world, call(world, jwt, "GET /api/projects/abc/session_group_summaries/"), NO_PROJECT)
    check(world, call(world, jwt, "GET <list:c>/"), NOT_MEMBER)
    check(world, call(world, jwt, "GET <list>/abc/"), NO_SUMMARY)
    check(world, call(world, jwt, "GET <list>/<foreign_row>/"), NO_SUMMARY)
    assert call(world, jwt, "POST <list>/", {"title": ""}).json()["code"] == "blank"
    assert call(world, jwt, "PURGE <list>/").status == 405


def test_token_and_key(world):
    """The token stands in the header, so it is the one that is tried."""
    target = f"{world.name('list')}/?personal_api_key={world.key('write')}"
    bad = world.stack.mint_jwt({"sub": world.people["ada"]["uuid"], "scopes": [ALL]}, secret="y" * 32)
    check(world, call(world, bad, f"GET {target}"), BAD_TOKEN)
    good = token(world, "grace", scopes=[ALL])
    check(world, call(world, good, f"GET {target}"), NOT_MEMBER)


def test_token_in_the_query_is_no_key(world):
    jwt = token(world, scopes=[ALL])
    answer = world.client.request("GET", f"{world.name('list')}/?personal_api_key={jwt}")
    assert answer.status == 401


def test_nothing_of_a_token_stays(world):
    """Token, nobody, key, token on one connection: each gets its own answer."""
    jwt, stranger = token(world, scopes=[WRITE]), token(world, "grace", scopes=[WRITE])
    for _ in range(5):
        assert call(world, jwt, "GET <list>/").status == 200
        assert world.call("GET", world.name("list") + "/", key=None).status == 401
        assert call(world, stranger, "GET <list>/").status == 403
        assert world.call("GET", world.name("list") + "/", key="grace").status == 403
        assert world.call("GET", world.name("list") + "/", key="read").status == 200
