"""What browsers need of every answer, and what is said of it besides: cross-origin headers, the request's id,
whether it may be kept, compression. test/clients/test_browser.py has a page that lives on them."""

import contextlib
import gzip
import json
import os
import re
import signal

import pytest

from runner import wait_until
from servers import Servers
from world import World

ORIGIN = "https://app.example.com"
EXPOSED = {"ETag", "Allow", "Retry-After", "Location", "Content-Range", "Idempotency-Replayed", "X-Request-Id"}
REST = "/rest/v1/session_group_summaries"


def assert_open(answer):
    """A page of another origin may read the answer, and all that a client needs of it."""
    assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"], answer
    assert EXPOSED <= {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert len(answer.headers.get_all("X-Request-Id")) == 1
    assert answer.headers["Access-Control-Allow-Credentials"] is None


def preflight(client, path, method="PATCH", headers="authorization,content-type,x-request-id", origin=ORIGIN):
    sent = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        sent["Access-Control-Request-Headers"] = headers
    return client.request("OPTIONS", path, sent)


@pytest.mark.parametrize("path", ["/api/", "/api/schema/", "/api/nothing/", "<list>/", "<list>/<a_row>/", "<list>/?q=x", "/rest/v1/", REST, REST + "?id=eq.%00", "/rest/v1/rpc/http"])
def test_preflight(world, path):
    """Answered without a key, allowing what is asked for, for a day."""
    path = path.replace("<list>", world.name("list")).replace("<a_row>", world.names["a_row"])
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = preflight(world.client, path, method)
        assert (answer.status, answer.body) == (204, b""), answer
        assert_open(answer)
        assert answer.headers["Access-Control-Allow-Methods"] == method
        assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type,x-request-id"
        assert answer.headers["Access-Control-Max-Age"] == "86400"
        assert answer.headers["Content-Type"] is None
    bare = preflight(world.client, path, headers=None)
    assert bare.status == 204 and bare.headers["Access-Control-Allow-Headers"] is None


def test_options_of_no_browser(world):
    """Without an origin, or a method that it asks for, OPTIONS is the contract's."""
    for headers in ({}, {"Origin": ORIGIN}, {"Access-Control-Request-Method": "PUT"}):
        assert world.call("OPTIONS", world.name("list") + "/", key=None, headers=headers).status == 401
        answer = world.call("OPTIONS", world.name("list") + "/", headers=headers)
        assert (answer.status, answer.headers["Allow"]) == (200, "GET, POST, HEAD, OPTIONS")
        assert answer.headers["Access-Control-Allow-Methods"] is None


def test_options_of_the_native_door(world):
    """PostgREST's, and its own word on origins is not a second one."""
    for headers in ({}, {"Origin": ORIGIN}):
        answer = world.call("OPTIONS", REST, headers=headers)
        assert answer.status == 200 and "PATCH" in answer.headers["Allow"]
        assert_open(answer)


ANSWERS = [
    ("200", "GET", "<list>/", None, "write", 200),
    ("schema", "GET", "/api/schema/", None, None, 200),
    ("201", "POST", "<list>/", {"title": "A"}, "write", 201),
    ("204", "DELETE", "<list>/<row>/", None, "write", 204),
    ("400", "GET", "<list>/?order=x", None, "write", 400),
    ("401", "GET", "<list>/", None, None, 401),
    ("401-unknown", "GET", "<list>/", None, "unknown", 401),
    ("403", "GET", "<list>/", None, "grace", 403),
    ("404", "GET", "/api/nothing", None, "write", 404),
    ("404-nginx", "GET", "/api", None, "write", 404),
    ("405", "PUT", "<list>/", {}, "write", 405),
    ("405-nginx", "POST", "/api/schema/", {}, "write", 405),
    ("trace", "TRACE", "<list>/", None, "write", 405),
    ("414", "GET", "<list>/?q=" + "x" * 40_000, None, "write", 414),
    ("native-200", "GET", REST + "?limit=1", None, "write", 200),
    ("native-201", "POST", REST, {"project_id": "<a>"}, "write", 201),
    ("native-400", "GET", REST + "?x=y", None, "write", 400),
    ("native-nul", "GET", REST + "?title=eq.%00", None, "write", 400),
    ("native-unfiltered", "DELETE", REST, None, "write", 400),
    ("native-401", "GET", REST, None, None, 401),
    ("native-404", "GET", "/rest/v1/nothing", None, "write", 404),
    ("native-405", "DELETE", "/rest/v1/project_users?user_id=eq.1", None, "write", 405),
]


@pytest.mark.parametrize("name, method, path, body, key, status", ANSWERS, ids=[a[0] for a in ANSWERS])
def test_every_answer(world, name, method, path, body, key, status):
    """Whoever makes it: the gateway, PostgREST, or nginx."""
    for part in ("list", "row", "a"):
        if f"<{part}>" in path or body and f"<{part}>" in str(body):
            path = path.replace(f"<{part}>", str(world.name(part)))
            body = body and json.loads(json.dumps(body).replace(f'"<{part}>"', str(world.name(part))))
    for headers in ({}, {"Origin": ORIGIN}, {"Origin": "null"}):
        headers["X-Request-Id"] = f"id-{name}"
        answer = world.call(method, path, body, key=key, headers=headers)
        if status == 204 and answer.status == 404:
            continue
        assert answer.status == status, answer
        assert_open(answer)
        if status == 414:  # nginx read no more of the request
            continue
        assert answer.headers["X-Request-Id"] == f"id-{name}"
        assert answer.headers["Cache-Control"] == "private, no-cache", answer
        assert answer.headers["Vary"] in (None, "Accept", "Accept-Encoding")


def test_malformed_requests(world):
    """Those that nginx does not get to the end of."""
    for head in (
        f"GET {world.name('list')}/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        f"POST {world.name('list')}/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        f"POST {world.name('list')}/ HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
    ):
        answer = world.client.raw(head.encode())
        assert answer.status in (400, 413) and answer.headers["Content-Type"] == "application/json", answer
        assert_open(answer)


def test_large_bodies(world):
    for path in (world.name("list") + "/", REST):
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {world.key('write')}\r\nContent-Length: 30000000\r\n\r\n"
        answer = world.client.raw(head.encode())
        assert answer.status == 413 and answer.headers["Content-Type"] == "application/json"
        assert_open(answer)


@pytest.fixture(scope="module")
def tired():
    """Servers with a limit, that name the origins of pages, and that a proxy in front gives a path."""
    edits = (
        's#^\\tdefault "\\*";#\\tdefault ""; "https://app.example.com" $http_origin; "~^https://[a-z]+\\\\.example\\\\.org$" $http_origin;#',
        '/base_address/,/}/s#default "";#default "https://example.com/summaries/v1";#',
    )
    options = [word for edit in edits for word in ("--site", edit)]
    with Servers("--set", "fsync = off", "--limits", "5 600", *options) as servers:
        yield World(servers)


def test_limits(tired):
    """A preflight counts against none; an answer of the limit can be read by a page."""
    key = tired.key("write")
    headers = {"Authorization": f"Bearer {key}", "Origin": ORIGIN}
    for path in (tired.name("list") + "/", REST):
        for _ in range(20):
            assert preflight(tired.client, path).status == 204
    wait_until(lambda: tired.client.request("GET", tired.name("list") + "/", headers).status == 429)
    for path in (tired.name("list") + "/", REST):
        for _ in range(20):
            assert preflight(tired.client, path).status == 204
        answer = tired.client.request("GET", path, headers)
        assert (answer.status, answer.headers["Retry-After"], answer.headers["Access-Control-Allow-Origin"]) == (429, "1", ORIGIN)


def test_some_origins_alone(tired):
    """Their pages may ask, others may not, and no cache mixes them up."""
    for origin, allowed in ((ORIGIN, True), ("https://a.example.org", True), ("https://app.example.com.evil.test", False), ("http://app.example.com", False), ("null", False)):
        for path in (tired.name("list") + "/", REST, "/api/schema/"):
            for answer in (preflight(tired.client, path, origin=origin), tired.call("GET", path, key="all", headers={"Origin": origin})):
                assert answer.headers["Access-Control-Allow-Origin"] == (origin if allowed else None)
                assert "Origin" in ", ".join(answer.headers.get_all("Vary"))


def test_a_path_in_front(tired):
    """All addresses that answers name lead to the service as its clients know it."""
    base = "https://example.com/summaries/v1"
    tired.new_row(project=tired.names["a"])
    tired.new_row(project=tired.names["a"])
    for headers in ({}, {"Host": "other.example", "X-Forwarded-Host": "third.example", "X-Forwarded-Proto": "http"}):
        page = tired.call("GET", f"{tired.name('list')}/?limit=1", key="all", headers=headers).json()
        assert page["next"] == f"{base}{tired.name('list')}/?limit=1&offset=1"
        made = tired.call("POST", REST, {"project_id": tired.names["a"]}, key="joan", headers={"Prefer": "return=headers-only", **headers})
        assert re.fullmatch(re.escape(base + REST) + r"\?project_id=eq\.\d+&id=eq\.[0-9a-f-]{36}", made.headers["Location"])
        read = tired.call("GET", f"{REST}?limit=1&select=id", key="read", headers=headers)
        assert read.headers["Content-Location"] == f"/summaries/v1{REST}?limit=1&select=id"


def test_without_what_is_behind(world):
    """503 of both doors."""
    with Servers("--set", "fsync = off") as servers:
        other = World(servers)
        postmaster = int((servers.directory / "servers" / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGQUIT)
        wait_until(lambda: other.call("GET", REST).status == 503)
        for path in (other.name("list") + "/", REST):
            answer = other.call("GET", path)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert_open(answer)
        os.kill(int((servers.directory / "servers" / "postgrest.pid").read_text()), signal.SIGKILL)
        for path in (other.name("list") + "/", REST):
            wait_until(lambda: other.call("GET", path).status == 503)
            answer = other.call("GET", path)
            assert answer.status == 503 and answer.headers["Content-Type"] == "application/json"
            assert_open(answer)
        assert preflight(other.client, other.name("list") + "/").status == 204


# What else is said ---------------------------------------------------------------------------


def test_request_ids(world):
    """The client's, where it is one, else a new one: in the answer, in the record of activity, in the log."""
    for sent in ("mine-1.2_3", "x" * 64, None, "", "with blank", "é", "x" * 65, "a\"b"):
        answer = world.call("POST", world.name("list") + "/", {"title": "A"}, headers={} if sent is None else {"X-Request-Id": sent})
        found = answer.headers["X-Request-Id"]
        assert found == sent if sent in ("mine-1.2_3", "x" * 64) else re.fullmatch("[0-9a-f]{32}", found)
        assert world.one("SELECT request_id FROM session_group.activity WHERE summary_id = %s", answer.json()["id"]) == found
        assert f"id={found}" in world.stack.log("nginx-access")
    first, second = (world.call("GET", "/api/nothing").headers["X-Request-Id"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize("query", ["personal_api_key=<key:read>", "a=1&personal_api_key=<key:read>&b=2", "personal%5Fapi_key=<key:read>", "%70ersonal_api_key=x", "personal_api_key="])
def test_L31_a_key_in_the_query_is_kept_nowhere(world, query):
    answer = world.call("GET", f"{world.name('list')}/?" + query.replace("<key:read>", world.key("read")), key=None)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.status == (200 if "_api_key=phx" in answer.text or "results" in answer.text else 401)


def test_compression(world):
    """For who accepts it, of a kilobyte or more; the same answer, and its ETag is still the summary's."""
    row = world.new_row(title="x" * 2000, summary={"a": "y" * 5000})
    path = f"{world.name('list')}/{row}/"
    plain = world.call("GET", path)
    assert plain.headers["Content-Encoding"] is None and "Accept-Encoding" in ", ".join(plain.headers.get_all("Vary"))
    packed = world.call("GET", path, headers={"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.body) < len(plain.body) / 4
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"].removeprefix("W/") == plain.headers["ETag"]
    assert world.call("GET", path, headers={"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "gzip"}).status == 304
    changed = world.call("PATCH", path, {"title": "B"}, headers={"If-Match": packed.headers["ETag"]})
    assert changed.status == 200
    assert world.call("PATCH", path, {"title": "C"}, headers={"If-Match": packed.headers["ETag"]}).status == 412
    for target, kind in (("/api/schema/", "application/json"), (f"{REST}?id=eq.{row}", "application/json"), (path, "text/markdown")):
        plain = world.call("GET", target, headers={"Accept": kind})
        answer = world.call("GET", target, headers={"Accept": kind, "Accept-Encoding": "gzip"})
        if len(plain.body) >= 1024:
            assert answer.headers["Content-Encoding"] == "gzip" and gzip.decompress(answer.body) == plain.body
    small = world.call("GET", "/api/nothing", headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] is None


def test_L31_forwarded(world):
    """Scheme and host that a trusted proxy names, the first of several; from others, none."""
    list_ = world.name("list:shelf")
    here = world.client.netloc
    for headers, expected in (
        ({"X-Forwarded-Proto": "https, http"}, f"https://{here}"),
        ({"X-Forwarded-Proto": "https,http"}, f"https://{here}"),
        ({"X-Forwarded-Proto": " HTTPS "}, f"https://{here}"),
        ({"X-Forwarded-Proto": "ftp, https"}, f"http://{here}"),
        ({"X-Forwarded-Host": "a.example"}, "http://a.example"),
        ({"X-Forwarded-Host": "a.example:8443, b.example", "X-Forwarded-Proto": "https"}, "https://a.example:8443"),
        ({"X-Forwarded-Host": "[::1]:80"}, "http://[::1]:80"),
        ({"X-Forwarded-Host": "a.example/evil?"}, f"http://{here}"),
        ({"X-Forwarded-Host": ""}, f"http://{here}"),
        ({"X-Forwarded-Host": "é"}, f"http://{here}"),
    ):
        answer = world.call("GET", f"{list_}/?limit=1", headers=headers)
        assert answer.json()["next"] == f"{expected}{list_}/?limit=1&offset=1", headers
        if answer.status == 200:
            made = world.call("POST", REST, {"project_id": world.names["a"]}, headers={"Prefer": "return=headers-only", **headers})
            assert made.headers["Location"].startswith(f"{expected}{REST}?"), headers


def test_addresses_in_answers_lead_somewhere(world):
    """Location and Content-Location of the native door, also of long addresses."""
    key = {"Authorization": "Bearer " + world.key("write")}
    made = world.call("POST", REST, {"project_id": world.names["a"], "title": "Led to"}, headers={"Prefer": "return=headers-only"})
    address = made.headers["Location"].removeprefix(world.client.base)
    assert world.client.request("GET", address, key).json()[0]["title"] == "Led to"
    for query in ("select=id&limit=1", f"select=id&title=neq.{'x' * 7_500}&limit=1", "select=id&title=eq.%C3%A9%20%C3%BC&limit=1"):
        read = world.call("GET", f"{REST}?{query}")
        assert read.status == 200
        again = world.client.request("GET", read.headers["Content-Location"], key)
        assert again.body == read.body


def test_from_elsewhere():
    """A proxy that is not trusted is not believed."""
    with Servers("--set", "fsync = off", "--site", r"s#^\t127.0.0.0/8 1;#\t127.0.0.9 1;#") as servers, contextlib.closing(servers.connect()):
        world = World(servers)
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
        page = world.call("GET", f"{world.name('list:shelf')}/?limit=1", headers=headers).json()
        assert page["next"].startswith(f"http://{world.client.netloc}/api/")
