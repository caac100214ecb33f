"""Who may do what: keys and the places where they stand, scopes, projects, the order of checks."""

import hashlib
import json
import string
import threading
import time
import uuid

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from runner import (
    BAD_BODY_KEY,
    BAD_HEADER_KEY,
    BAD_QUERY_KEY,
    BLANK,
    FORM,
    NO_ENDPOINT,
    NO_PROJECT,
    NO_READ_SCOPE,
    NO_SUMMARY,
    NO_WRITE_SCOPE,
    NOT_AUTHENTICATED,
    NOT_MEMBER,
    REFUSED,
    Answer,
    Client,
    case,
    ids,
    invalid,
    not_for_project,
    run,
)
from world import new_key, stored_hash

# Every operation: request, body, what a good key gets, the text for a key without its scope.
OPERATIONS = {
    "list": ("GET {}/", None, 200, NO_READ_SCOPE),
    "create": ("POST {}/", {"title": "A"}, 201, NO_WRITE_SCOPE),
    "retrieve": ("GET {}/<row>/", None, 200, NO_READ_SCOPE),
    "update": ("PUT {}/<row>/", {"title": "A"}, 200, NO_WRITE_SCOPE),
    "partial_update": ("PATCH {}/<row>/", {"title": "A"}, 200, NO_WRITE_SCOPE),
    "destroy": ("DELETE {}/<row>/", None, 204, NO_WRITE_SCOPE),
    "head_of_list": ("HEAD {}/", None, 200, NO_READ_SCOPE),
    "head": ("HEAD {}/<row>/", None, 200, NO_READ_SCOPE),
    "options": ("OPTIONS {}/", None, 200, NO_READ_SCOPE),
    "options_of_row": ("OPTIONS {}/<row>/", None, 200, NO_READ_SCOPE),
}
PLACES = {
    "own": "<list>",
    "second": "<list:b>",
    "foreign": "<list:c>",
    "unknown": "/api/projects/<unknown>/session_group_summaries",
    "word": "/api/projects/abc/session_group_summaries",
}
OK = "what a good key gets"
SCOPE = "the scope that is missing"

# Key, place, answer: each line is played with all operations.
MATRIX = [
    ("no-key", None, "own", NOT_AUTHENTICATED),
    ("no-key", None, "foreign", NOT_AUTHENTICATED),
    ("no-key", None, "unknown", NOT_AUTHENTICATED),
    ("no-key", None, "word", NOT_AUTHENTICATED),
    ("unknown-key", "unknown", "own", BAD_HEADER_KEY),
    ("unknown-key", "unknown", "foreign", BAD_HEADER_KEY),
    ("unknown-key", "unknown", "unknown", BAD_HEADER_KEY),
    ("unknown-key", "unknown", "word", BAD_HEADER_KEY),
    ("expired", "expired", "own", BAD_HEADER_KEY),
    ("revoked", "revoked", "own", BAD_HEADER_KEY),
    ("inactive-owner", "inactive", "own", BAD_HEADER_KEY),
    ("not-yet-expired", "fresh", "own", OK),
    ("all-scopes", "all", "own", OK),
    ("write-scope", "write", "own", OK),
    ("no-prefix", "no_prefix", "own", OK),
    ("narrowed-to-it", "only_a", "own", OK),
    ("null-scopes", "null_scopes", "own", SCOPE),
    ("empty-scopes", "empty_scopes", "own", SCOPE),
    ("other-scope", "other_scope", "own", SCOPE),
    # credentials, project, key's projects, scope, membership, then the rest
    ("good-key", "write", "unknown", NO_PROJECT),
    ("good-key", "write", "word", NO_PROJECT),
    ("narrowed", "only_b", "unknown", NO_PROJECT),
    ("narrowed", "only_b", "word", NO_PROJECT),
    ("null-scopes", "null_scopes", "unknown", NO_PROJECT),
    ("narrowed-to-another", "only_b", "own", not_for_project("a")),
    ("narrowed-to-another", "only_b", "foreign", not_for_project("c")),
    ("narrowed-no-scope", "only_b_no_scope", "own", not_for_project("a")),
    ("narrowed-no-scope", "only_b_no_scope", "second", SCOPE),
    ("stranger-no-scope", "grace_no_scope", "own", SCOPE),
    ("narrowed-to-foreign", "only_c", "own", not_for_project("a")),
    ("narrowed-to-foreign", "only_c", "foreign", NOT_MEMBER),
    ("not-a-member", "write", "foreign", NOT_MEMBER),
    ("not-a-member-all-scopes", "all", "foreign", NOT_MEMBER),
    ("not-a-member-no-scope", "null_scopes", "foreign", SCOPE),
    ("stranger", "grace", "own", NOT_MEMBER),
    ("former-member", "former", "own", NOT_MEMBER),
]


def matrix():
    for name, key, place, answer in MATRIX:
        for operation, (request, send, status, missing) in OPERATIONS.items():
            if answer is OK:
                expected = Answer(status, "" if operation.startswith("head") or status == 204 else None)
            elif answer is SCOPE:
                expected = missing
            else:
                expected = answer
            yield case(f"{name}-{place}-{operation}", request.format(PLACES[place]), expected, send=send, key=key)
    for operation, (request, send, status, missing) in OPERATIONS.items():
        # A key that reads: the scope, and on a foreign project the scope before the membership.
        reads = missing is NO_READ_SCOPE
        expected = Answer(status) if reads else missing
        if operation.startswith("head"):
            expected = Answer(status, "")
        yield case(f"read-key-own-{operation}", request.format("<list>"), expected, send=send, key="read")
        yield case(f"read-key-foreign-{operation}", request.format("<list:c>"), NOT_MEMBER if reads else missing,
                   send=send, key="read")
        yield case(f"read-key-narrowed-{operation}", request.format("<list>"), not_for_project("a"), send=send,
                   key="only_b_read")


HEADER = [
    case("basic", "GET <list>/", NOT_AUTHENTICATED, key=None, headers={"Authorization": "Basic YTpi"}),
    case("no-scheme", "GET <list>/", NOT_AUTHENTICATED, BAD_HEADER_KEY, key=None,
         headers={"Authorization": "<key:write>"}),
    case("bearer-alone", "GET <list>/", NOT_AUTHENTICATED, BAD_HEADER_KEY, key=None,
         headers={"Authorization": "Bearer"}),
    case("bearer-blank", "GET <list>/", NOT_AUTHENTICATED, BAD_HEADER_KEY, key=None,
         headers={"Authorization": "Bearer  "}),
    case("empty-header", "GET <list>/", NOT_AUTHENTICATED, key=None, headers={"Authorization": ""}),
    case("cut-key", "GET <list>/", BAD_HEADER_KEY, key=None, headers={"Authorization": "Bearer phx_a"}),
    case("key-and-more", "GET <list>/", BAD_HEADER_KEY, key=None, headers={"Authorization": "Bearer <key:write>x"}),
    case("key-in-two-words", "GET <list>/", BAD_HEADER_KEY, key=None,
         headers={"Authorization": "Bearer <key:write> x"}),
    # RFC 9110 has schemes in any case; PostHog reads "Bearer" only.
    case("bearer-lower-case", "GET <list>/", Answer(200), NOT_AUTHENTICATED, key=None,
         headers={"Authorization": "bearer <key:write>"}),
    case("blank-behind", "GET <list>/", Answer(200), key=None, headers={"Authorization": "Bearer <key:write> "}),
    case("two-blanks", "GET <list>/", Answer(200), BAD_HEADER_KEY, key=None,
         headers={"Authorization": "Bearer  <key:write>"}),
    case("key-not-ascii", "GET <list>/", BAD_HEADER_KEY, REFUSED, key=None,
         headers={"Authorization": "Bearer phx_é"}),
    case("key-invalid-utf8", "GET <list>/", BAD_HEADER_KEY, REFUSED, key=None,
         headers={"Authorization": "Bearer phx_\udcff"}),
    case("hash-is-no-key", "GET <list>/", BAD_HEADER_KEY, key=None, headers={"Authorization": "Bearer <hash>"}),
    case("sql-in-key", "GET <list>/", BAD_HEADER_KEY, key=None, headers={"Authorization": "Bearer ' OR 1=1 --"}),
    case("header-of-the-proxy", "GET <list>/", NOT_AUTHENTICATED, key=None, headers={"X-Api-Key": "<key:write>"}),
    case("apikey-header", "GET <list>/", NOT_AUTHENTICATED, key=None, headers={"apikey": "<key:write>"}),
    case("cookie", "GET <list>/", NOT_AUTHENTICATED, key=None, headers={"Cookie": "personal_api_key=<key:write>"}),
    case("key-of-1000", "GET <list>/", BAD_HEADER_KEY, key=None,
         headers={"Authorization": "Bearer phx_" + "x" * 1000}),
    case("no-key-broken-body", "POST <list>/", NOT_AUTHENTICATED, send="{", key=None),
    case("no-key-other-type", "POST <list>/", NOT_AUTHENTICATED, send="a", type="text/plain", key=None),
    case("no-key-other-method", "PURGE <list>/", NOT_AUTHENTICATED, key=None),
    case("no-key-bad-filter", "GET <list>/?order=foo", NOT_AUTHENTICATED, key=None),
    case("no-key-bad-id", "GET <list>/abc/", NOT_AUTHENTICATED, key=None),
    # An unknown path is none for anybody; the contract does not say what a stranger gets.
    case("no-key-unknown-path", "GET /api/foo/", NO_ENDPOINT, NOT_AUTHENTICATED, key=None),
]

QUERY = [
    case("query-list", "GET <list>/?personal_api_key=<key:read>", Answer(200), key=None),
    case("query-retrieve", "GET <list>/<row>/?personal_api_key=<key:read>", Answer(200), key=None),
    case("query-without-slash", "GET <list>?personal_api_key=<key:read>", Answer(200), key=None),
    case("query-create", "POST <list>/?personal_api_key=<key:write>", Answer(201), send={"title": "A"}, key=None),
    case("query-patch", "PATCH <list>/<row>/?personal_api_key=<key:write>", Answer(200), send={"title": "A"},
         key=None),
    case("query-delete", "DELETE <list>/<row>/?personal_api_key=<key:write>", Answer(204, ""), key=None),
    case("query-among-others", "GET <list>/?limit=1&personal_api_key=<key:read>&offset=0", Answer(200), key=None),
    # One way to write it: each further one would have limits of its own.
    case("query-encoded-name", "GET <list>/?personal%5Fapi%5Fkey=<key:read>", BAD_QUERY_KEY, key=None),
    case("query-encoded-first-letter", "GET <list>/?%70ersonal_api_key=<key:read>", BAD_QUERY_KEY, key=None),
    case("query-encoded-key", "GET <list>/?personal_api_key=%70<key-rest:read>", BAD_QUERY_KEY, key=None),
    case("query-encoded-last", "GET <list>/?personal_api_key=<key:read>&%70ersonal_api_key=<key:read>", BAD_QUERY_KEY, key=None),
    case("query-encoded-first", "GET <list>/?%70ersonal_api_key=<key:unknown>&personal_api_key=<key:read>", Answer(200), key=None),
    case("query-plus", "GET <list>/?personal_api_key=<key:read>+", BAD_QUERY_KEY, key=None),
    case("query-name-in-a-value", "GET <list>/?personal_api_key=<key:read>&x=personal_api_key", Answer(200), key=None),
    case("query-last-wins", "GET <list>/?personal_api_key=bad&personal_api_key=<key:read>", Answer(200), key=None),
    case("query-unknown", "GET <list>/?personal_api_key=<key:unknown>", BAD_QUERY_KEY, key=None),
    case("query-expired", "GET <list>/?personal_api_key=<key:expired>", BAD_QUERY_KEY, key=None),
    case("query-revoked", "GET <list>/?personal_api_key=<key:revoked>", BAD_QUERY_KEY, key=None),
    case("query-inactive", "GET <list>/?personal_api_key=<key:inactive>", BAD_QUERY_KEY, key=None),
    case("query-empty", "GET <list>/?personal_api_key=", BAD_QUERY_KEY, NOT_AUTHENTICATED, key=None),
    case("query-nul", "GET <list>/?personal_api_key=%00", BAD_QUERY_KEY, key=None),
    case("query-invalid-utf8", "GET <list>/?personal_api_key=%ff", BAD_QUERY_KEY, REFUSED, key=None),
    case("query-not-ascii", "GET <list>/?personal_api_key=<quoted:unicode>", BAD_QUERY_KEY, key=None),
    case("query-name-in-capitals", "GET <list>/?PERSONAL_API_KEY=<key:read>", NOT_AUTHENTICATED, key=None),
    case("query-other-name", "GET <list>/?api_key=<key:read>", NOT_AUTHENTICATED, key=None),
    case("query-read-key-writes", "POST <list>/?personal_api_key=<key:read>", NO_WRITE_SCOPE, send={"title": "A"},
         key=None),
    case("query-narrowed", "GET <list>/?personal_api_key=<key:only_b>", not_for_project("a"), key=None),
    case("query-stranger", "GET <list>/?personal_api_key=<key:grace>", NOT_MEMBER, key=None),
    case("query-with-basic", "GET <list>/?personal_api_key=<key:read>", Answer(200), key=None,
         headers={"Authorization": "Basic YTpi"}),
]

BODY_KEY = '{"title":"A","personal_api_key":"<key:%s>"}'
BODY = [
    case("body-create", "POST <list>/", Answer(201), send=BODY_KEY % "write", key=None, stored={"title": "A"}),
    case("body-put", "PUT <list>/<row>/", Answer(200), send=BODY_KEY % "write", key=None),
    case("body-patch", "PATCH <list>/<row>/", Answer(200), send=BODY_KEY % "write", key=None),
    case("body-delete", "DELETE <list>/<row>/", Answer(204, ""), send=BODY_KEY % "write", key=None),
    case("body-form", "POST <list>/", Answer(201), send="title=A&personal_api_key=<key:write>", type=FORM, key=None,
         stored={"title": "A"}),
    case("body-form-patch", "PATCH <list>/<row>/", Answer(200), send="personal_api_key=<key:write>&title=A",
         type=FORM, key=None),
    # The documentation's second curl line, with the key in the body.
    case("body-form-under-json", "POST <list>/", Answer(201), send="title=A&personal_api_key=<key:write>", key=None),
    case("body-escaped", "POST <list>/", Answer(201), send=r'{"personal\u005fapi_key":"<key:write>"}', key=None),
    case("body-unknown", "POST <list>/", BAD_BODY_KEY, send=BODY_KEY % "unknown", key=None),
    case("body-unknown-patch", "PATCH <list>/<row>/", BAD_BODY_KEY, send=BODY_KEY % "unknown", key=None),
    case("body-unknown-put", "PUT <list>/<row>/", BAD_BODY_KEY, send=BODY_KEY % "unknown", key=None),
    case("body-unknown-delete", "DELETE <list>/<row>/", BAD_BODY_KEY, send=BODY_KEY % "unknown", key=None),
    case("body-expired", "POST <list>/", BAD_BODY_KEY, send=BODY_KEY % "expired", key=None),
    case("body-form-unknown", "POST <list>/", BAD_BODY_KEY, send="title=A&personal_api_key=phx_no", type=FORM,
         key=None),
    case("body-number", "POST <list>/", BAD_BODY_KEY, NOT_AUTHENTICATED, send='{"personal_api_key":7}', key=None),
    case("body-null", "POST <list>/", BAD_BODY_KEY, NOT_AUTHENTICATED, send='{"personal_api_key":null}', key=None),
    case("body-list", "POST <list>/", BAD_BODY_KEY, NOT_AUTHENTICATED, send='{"personal_api_key":["<key:write>"]}',
         key=None),
    case("body-nested", "POST <list>/", NOT_AUTHENTICATED, send='{"summary":{"personal_api_key":"<key:write>"}}',
         key=None),
    case("body-in-a-list", "POST <list>/", NOT_AUTHENTICATED, send='[{"personal_api_key":"<key:write>"}]', key=None),
    case("body-read-key", "POST <list>/", NO_WRITE_SCOPE, send=BODY_KEY % "read", key=None),
    case("body-narrowed", "POST <list>/", not_for_project("a"), send=BODY_KEY % "only_b", key=None),
    case("body-stranger", "POST <list>/", NOT_MEMBER, send=BODY_KEY % "grace", key=None),
    case("body-blank-title", "POST <list>/", invalid("title", BLANK, "blank"),
         send='{"title":"","personal_api_key":"<key:write>"}', key=None),
    case("body-unknown-project", "POST /api/projects/<unknown>/session_group_summaries/", NO_PROJECT,
         send=BODY_KEY % "write", key=None),
]

# The first place that has a key is the one that is tried.
PRECEDENCE = [
    case("bad-header-good-query", "GET <list>/?personal_api_key=<key:read>", BAD_HEADER_KEY, key="unknown"),
    case("good-header-bad-query", "GET <list>/?personal_api_key=<key:unknown>", Answer(200), key="read"),
    case("bad-header-good-body", "POST <list>/", BAD_HEADER_KEY, send=BODY_KEY % "write", key="unknown"),
    case("good-header-bad-body", "POST <list>/", Answer(201), send=BODY_KEY % "unknown", key="write"),
    case("bad-query-good-body", "POST <list>/?personal_api_key=<key:unknown>", BAD_QUERY_KEY, send=BODY_KEY % "write",
         key=None),
    case("good-query-bad-body", "POST <list>/?personal_api_key=<key:write>", Answer(201), send=BODY_KEY % "unknown",
         key=None),
    case("read-header-write-query", "POST <list>/?personal_api_key=<key:write>", NO_WRITE_SCOPE, send={"title": "A"},
         key="read"),
    case("read-query-write-body", "POST <list>/?personal_api_key=<key:read>", NO_WRITE_SCOPE, send=BODY_KEY % "write",
         key=None),
    case("three-good", "POST <list>/?personal_api_key=<key:write>", Answer(201), send=BODY_KEY % "write",
         key="write"),
    case("three-bad", "POST <list>/?personal_api_key=<key:unknown>", BAD_HEADER_KEY, send=BODY_KEY % "unknown",
         key="unknown"),
]

# A refusal of the person comes before a look at what they send.
ORDER = [
    case("scope-before-id", "GET <list>/abc/", NO_READ_SCOPE, key="null_scopes"),
    case("scope-before-body", "POST <list>/", NO_WRITE_SCOPE, send="{", key="read"),
    case("scope-before-fields", "POST <list>/", NO_WRITE_SCOPE, send={"title": ""}, key="read"),
    case("scope-before-type", "POST <list>/", NO_WRITE_SCOPE, send="a", type="text/plain", key="read"),
    case("membership-before-body", "POST <list:c>/", NOT_MEMBER, send="{"),
    case("membership-before-fields", "POST <list:c>/", NOT_MEMBER, send={"title": ""}),
    case("membership-before-type", "POST <list:c>/", NOT_MEMBER, send="a", type="text/plain"),
    case("membership-before-filters", "GET <list:c>/?order=foo", NOT_MEMBER),
    case("membership-before-id", "GET <list:c>/abc/", NOT_MEMBER),
    case("membership-before-row", "GET <list:c>/<foreign_row>/", NOT_MEMBER),
    case("membership-before-method", "PURGE <list:c>/", NOT_MEMBER),
    case("project-before-body", "POST /api/projects/<unknown>/session_group_summaries/", NO_PROJECT, send="{"),
    case("project-before-id", "GET /api/projects/<unknown>/session_group_summaries/abc/", NO_PROJECT),
    case("project-before-method", "PURGE /api/projects/<unknown>/session_group_summaries/", NO_PROJECT),
    case("project-before-filters", "GET /api/projects/<unknown>/session_group_summaries/?date_from=x", NO_PROJECT),
    case("narrowing-before-body", "POST <list>/", not_for_project("a"), send="{", key="only_b"),
    case("narrowing-before-id", "GET <list>/abc/", not_for_project("a"), key="only_b"),
    case("narrowing-before-scope", "POST <list>/", not_for_project("a"), send={"title": "A"}, key="only_b_read"),
    case("key-before-body", "POST <list>/", BAD_HEADER_KEY, send="{", key="unknown"),
    # "then the rest": PostHog looks the row up before it looks at the body.
    case("row-before-body", "PATCH <list>/<no_row>/", NO_SUMMARY, Answer(400), send="{"),
    case("row-before-fields", "PATCH <list>/<no_row>/", NO_SUMMARY, Answer(400), send={"title": ""}),
]

CASES = list(matrix()) + HEADER + QUERY + BODY + PRECEDENCE + ORDER


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_key(world, case):
    if case.id == "key-invalid-utf8":
        answer = world.client.raw(
            f"GET {world.name('list')}/ HTTP/1.1\r\nHost: {world.client.netloc}\r\n".encode()
            + b"Authorization: Bearer phx_\xff\r\nConnection: close\r\n\r\n"
        )
        assert answer.status in (400, 401) and answer.json()["detail"]
        return
    run(world, case)


def test_two_authorization_headers(world):
    """One that is bad must not pass beside one that is good, nor a server fall over it."""
    target = world.name("list") + "/"
    for first, second in (("write", "unknown"), ("unknown", "write")):
        answer = world.client.request(
            "GET", target, {"Authorization": [f"Bearer {world.key(k)}" for k in (first, second)]}
        )
        assert answer.status in (200, 400, 401)
        assert answer.status == 200 or answer.json()["type"]


def test_a_stored_key_is_hidden(world):
    """A key of somebody never shows in an answer to its use, but for the links."""
    key = world.key("write")
    for method, path in (("POST", "/"), ("GET", "/abc/"), ("GET", "/?order=foo")):
        body = "{" if method == "POST" else None
        answer = world.client.request(
            method, world.name("list") + path, {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            body
        )
        assert key not in answer.text


# Hashes and masks, against hashlib ---------------------------------------------------------


def test_hash_of_made_keys(world):
    base62 = set(string.digits + string.ascii_letters)
    seen = set()
    for _ in range(50):
        key = world.one("SELECT session_group.create_api_key(%s, 'hash')", world.people["ada"]["id"])
        assert key.startswith("phx_") and set(key[4:]) <= base62 and 40 <= len(key[4:]) <= 44
        (row,) = world.sql(
            "SELECT * FROM session_group.api_keys WHERE hash = %s",
            "sha256$" + hashlib.sha256(key.encode("ascii")).hexdigest(),
        )
        assert row["mask"].startswith(key[:4]) and row["mask"].endswith(key[-4:])
        assert key not in str(row) and len(row["mask"]) < 20
        assert row["scopes"] == ["session_recording:read"]
        seen.add(key)
    assert len(seen) == 50


@settings(max_examples=100, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=300))
def test_any_stored_hash_lets_its_key_in(world, key):
    """Rows copied from elsewhere: a key of any characters, hashed by hashlib."""
    key = new_key() + key
    world.sql(
        "INSERT INTO session_group.api_keys (user_id, label, mask, hash, scopes)"
        " VALUES (%s, 'copied', 'copied', %s, '{*}')",
        world.people["ada"]["id"],
        stored_hash(key),
    )

    def status(sent):
        return world.client.request("PATCH", f"{world.name('list:empty')}/{uuid.uuid4()}/", {"Content-Type": "application/json"},
                                    json.dumps({"personal_api_key": sent})).status

    assert status(key) == 404
    assert status(key[:-1] + ("0" if key[-1] != "0" else "1")) == 401


# Life of a key ------------------------------------------------------------------------------


def test_next_request_fails(world):
    """Expiry, revocation, an inactive owner, an ended membership, narrower scopes: at once, on one connection."""
    user = world.new_user("short")["id"]
    world.add_member(world.names["empty"], user)
    target = world.name("list:empty") + "/"

    def status(key):
        return world.client.request("GET", target, {"Authorization": "Bearer " + key}).status

    for change, restore, refused in (
        ("UPDATE session_group.users SET is_active = false WHERE id = %s",
         "UPDATE session_group.users SET is_active = true WHERE id = %s", 401),
        ("UPDATE session_group.members SET removed_at = now() WHERE user_id = %s",
         "UPDATE session_group.members SET removed_at = NULL WHERE user_id = %s", 403),
        ("UPDATE session_group.api_keys SET scopes = '{}' WHERE user_id = %s",
         "UPDATE session_group.api_keys SET scopes = '{*}' WHERE user_id = %s", 403),
        ("UPDATE session_group.api_keys SET project_ids = '{1000000000000}' WHERE user_id = %s",
         "UPDATE session_group.api_keys SET project_ids = NULL WHERE user_id = %s", 403),
        ("UPDATE session_group.api_keys SET expires_at = now() WHERE user_id = %s",
         "UPDATE session_group.api_keys SET expires_at = NULL WHERE user_id = %s", 401),
        ("UPDATE session_group.api_keys SET revoked_at = now() WHERE user_id = %s",
         "UPDATE session_group.api_keys SET revoked_at = NULL WHERE user_id = %s", 401),
    ):  # fmt: skip
        (key,) = world.new_keys(user, ["*"], number=1)
        assert status(key) == 200
        world.sql(change, user)
        assert status(key) == refused, change
        world.sql(restore, user)
        assert status(key) == 200, restore


@pytest.mark.parametrize("door", ["api", "rest"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_L29_revoked_while_a_write_waits(world, door, method):
    """The statement has begun, and waits for the row that somebody else has locked, when the key is revoked: it changes nothing."""
    (key,) = world.new_keys(world.people["ada"]["id"], ["*"], number=1)
    row = world.new_row()
    target = f"{world.name('list')}/{row}/" if door == "api" else f"/rest/v1/session_group_summaries?project_id=eq.{world.names['a']}&id=eq.{row}"
    answers = []
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    # The first write of an hour also writes last_used_at, and the revocation would wait for it.
    assert world.client.request("POST", world.name("list") + "/", headers, "{}").status == 201
    client = threading.Thread(target=lambda: answers.append(Client(world.stack.url).request(method, target, headers, '{"title":"Late"}' if method == "PATCH" else None)))
    lock = world.stack.connect(autocommit=False)
    with lock.cursor() as cursor:
        cursor.execute("SELECT FROM session_group.summaries WHERE id = %s FOR UPDATE", (row,))
        client.start()
        deadline = time.monotonic() + 20
        while not world.one("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')"):
            assert time.monotonic() < deadline, answers
            time.sleep(0.02)
        world.sql("UPDATE session_group.api_keys SET revoked_at = now() WHERE hash = %s", stored_hash(key))
    lock.rollback()
    client.join()
    assert answers[0].status == 401, answers[0].text
    assert world.one("SELECT title FROM session_group.summaries WHERE id = %s", row) == "Before"


def last_used(world, key):
    return world.one("SELECT last_used_at FROM session_group.api_keys WHERE hash = %s", stored_hash(key))


@pytest.mark.parametrize(
    "before, moves",
    [(None, True), ("61 minutes", True), ("2 days", True), ("59 minutes", False), ("0 minutes", False)],
)
def test_last_used_at(world, before, moves):
    """A write brings last_used_at up to date when it is null or more than an hour old."""
    (key,) = world.new_keys(world.people["ada"]["id"], ["*"], number=1)
    world.sql(
        "UPDATE session_group.api_keys SET last_used_at = now() - %s::interval WHERE hash = %s",
        before,
        stored_hash(key),
    )
    old = last_used(world, key)
    headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
    answer = world.client.request("POST", world.name("list") + "/", headers, '{"title":"A"}')
    assert answer.status == 201
    new = last_used(world, key)
    assert (new != old) == moves
    if moves:
        age = world.one("SELECT extract(epoch FROM clock_timestamp() - %s::timestamptz)", new)
        assert 0 <= age < 30


def test_last_used_at_of_another_key_stays(world):
    first, second = world.new_keys(world.people["ada"]["id"], ["*"], number=2)
    headers = {"Authorization": "Bearer " + first, "Content-Type": "application/json"}
    assert world.client.request("POST", world.name("list") + "/", headers, "{}").status == 201
    assert last_used(world, first) is not None
    assert last_used(world, second) is None
