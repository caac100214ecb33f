"""What nginx answers by itself, in the contract's body, and requests that no client library sends."""

import concurrent.futures
import contextlib
import http.client
import json
import socket

import pytest

from runner import Client, Response

KINDS = {"authentication_error", "invalid_request", "validation_error", "throttled_error", "server_error"}


def assert_contract(answer, *statuses):
    """The answer is an error in the one form that all have."""
    assert answer.status in statuses, answer
    assert answer.headers["Content-Type"] == "application/json", answer
    body = answer.json()
    assert list(body) == ["type", "code", "detail", "attr"], answer
    assert body["type"] in KINDS and body["detail"] and "<" not in body["detail"]
    assert json.dumps(body, separators=(",", ":"), ensure_ascii=False) == answer.text
    return body


@pytest.mark.parametrize("path", ["/foo", "/foo/", "/index.html", "/API/", "/rest/", "/apix/", "/.env", "/rpc/http"])
def test_unknown_path(world, path):
    for key in (None, "write"):
        body = assert_contract(world.call("GET", path, key=key), 404)
        assert (body["type"], body["code"]) == ("invalid_request", "not_found")


def test_body_that_is_too_large(world):
    body = b'{"title":"' + b"x" * 60_000_000 + b'"}'
    client = Client(world.client.base)
    headers = {
        "Authorization": f"Bearer {world.key('write')}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    # The server may answer and hang up before it has read the whole.
    try:
        answer = client.request("POST", world.name("list") + "/", headers, body)
    except OSError:
        answer = client.request("POST", world.name("list") + "/", headers, b"{")
    assert_contract(answer, 413)
    client.close()


def test_address_that_is_too_long(world):
    assert_contract(world.call("GET", "/api/" + "x" * 200_000), 400, 414)


def test_description_with_conditions(world):
    """The one document that nginx serves itself."""
    for headers in ({"If-Match": '"x"'}, {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
        assert_contract(world.call("GET", "/api/schema/", headers=headers), 412)
    assert world.call("GET", "/api/schema/", headers={"Range": "bytes=999999999-"}).status == 200


def test_headers_that_are_too_large(world):
    answer = world.call("GET", world.name("list") + "/", headers={"X-Long": "x" * 200_000})
    assert_contract(answer, 400, 431)
    answer = world.call("GET", world.name("list") + "/", headers={f"X-{n}": "x" * 5000 for n in range(20)})
    assert answer.status == 200 or assert_contract(answer, 400, 431)


def raw(world, *lines, body=b""):
    head = b"\r\n".join(line if isinstance(line, bytes) else line.encode("utf-8") for line in lines)
    return world.client.raw(head + b"\r\nConnection: close\r\n\r\n" + body)


def names(world):
    return {
        "list": world.name("list"),
        "host": world.client.netloc,
        "auth": f"Authorization: Bearer {world.key('write')}",
    }


@pytest.mark.parametrize(
    "line, statuses",
    [
        ("GET {list}/?q=é HTTP/1.1", (200, 400)),
        (b"GET {list}/?q=\xff HTTP/1.1", (200, 400)),
        (b"GET {list}/\xff\xfe/ HTTP/1.1", (400, 404)),
        (b"GET {list}/?q=\x01 HTTP/1.1", (200, 400)),
        (b"GET {list}/\x7f HTTP/1.1", (400, 404)),
        (b"GET {list}/?q=\x00 HTTP/1.1", (400,)),
        ("GET {list}/%zz HTTP/1.1", (400, 404)),
        ("GET {list}/% HTTP/1.1", (400, 404)),
        ("GET {list}/?q=a b HTTP/1.1", (200, 400)),
        ("GET http://{host}{list}/ HTTP/1.1", (200, 400, 404)),
        ("GET {list}/#fragment HTTP/1.1", (200, 400, 404)),
        ("GET {list}\\ HTTP/1.1", (400, 404)),
        ("GET /../..{list}/ HTTP/1.1", (200, 400, 404)),
        ("GET /../../../../etc/passwd HTTP/1.1", (400, 404)),
        ("GET * HTTP/1.1", (400, 404)),
        ("OPTIONS * HTTP/1.1", (200, 400, 404, 405)),
        ("get {list}/ HTTP/1.1", (400, 405)),
        ("G=T {list}/ HTTP/1.1", (400, 405)),
        ("TRACE {list}/ HTTP/1.1", (405,)),
        ("CONNECT {host} HTTP/1.1", (400, 405)),
        ("PROPFIND {list}/ HTTP/1.1", (405,)),
        ("GET {list}/ HTTP/9.9", (400,)),
        ("GET {list}/ HTTP/1.1\r\nno colon", (200, 400)),
        ("GET {list}/ HTTP/1.1\r\nHost: again", (400,)),
        ("POST {list}/ HTTP/1.1\r\nContent-Length: -1", (400,)),
        ("POST {list}/ HTTP/1.1\r\nContent-Length: x", (400,)),
        ("POST {list}/ HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5", (400,)),
        ("POST {list}/ HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", (400,)),
        ("POST {list}/ HTTP/1.1\r\nTransfer-Encoding: gzip", (400,)),
        ("GET {list}/ HTTP/1.1\r\nX-Underscore_Name: 1", (200,)),
        (b"GET {list}/ HTTP/1.1\r\nUser-Agent: \xff\xfe", (200, 400)),
        (b"GET {list}/ HTTP/1.1\r\nAccept: \xff", (200, 400)),
        (b"GET {list}/ HTTP/1.1\r\nPrefer: \xff", (200, 400)),
        (b"GET {list}/ HTTP/1.1\r\nCookie: \xff", (200, 400)),
        (b"GET {list}/ HTTP/1.1\r\nX-Request-Id: \xff", (200, 400)),
        (b"GET {list}/ HTTP/1.1\r\nReferer: \xff", (200, 400)),
        (b"POST {list}/ HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: \xff", (400, 415)),
        (b"POST {list}/ HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: a/b\xc3\xa9", (400, 415)),
    ],
    ids=lambda value: None if isinstance(value, tuple)
    else (value if isinstance(value, str) else value.decode("latin-1")).encode("unicode_escape").decode().replace("/",
            ":")[:60],
)  # fmt: skip
def test_odd_request(world, line, statuses):
    """Whatever is sent: a defined status, the contract's form, and nothing changed."""
    values = names(world)
    if isinstance(line, bytes):
        for name, value in values.items():
            line = line.replace(b"{%s}" % name.encode(), value.encode())
    else:
        for name, value in values.items():
            line = line.replace("{%s}" % name, value)
    before = world.snapshot()
    answer = raw(world, line, f"Host: {values['host']}", values["auth"], body=b"{}")
    assert answer.status in statuses, answer
    if answer.status >= 400 and not line.startswith(("CONNECT", "TRACE") if isinstance(line, str) else b"-"):
        assert_contract(answer, *statuses)
    if not line.startswith("POST" if isinstance(line, str) else b"POST") or answer.status >= 400:
        assert world.snapshot() == before


# What is no request: HTTP that nginx does not get to the end of, in the words of the door that it was for, if that is
# told by then. Each is (method, more of the address, headers, the rest).
MALFORMED = {
    "no chunk": ("POST", "", "Transfer-Encoding: chunked", "zz\r\n"),
    "a chunk, then none": ("POST", "", "Transfer-Encoding: chunked", "2\r\n{}\r\nzz\r\n"),
    "a chunk that is longer than it says": ("POST", "", "Transfer-Encoding: chunked", "2\r\n{}xx0\r\n\r\n"),
    "a chunk of a size beyond numbers": ("POST", "", "Transfer-Encoding: chunked", "F" * 40 + "\r\n"),
    "chunks of a PATCH": ("PATCH", "?project_id=eq.1", "Transfer-Encoding: chunked", "zz\r\n"),
    "chunks of a DELETE": ("DELETE", "?project_id=eq.1", "Transfer-Encoding: chunked", "zz\r\n"),
    "chunks of a GET": ("GET", "?limit=1", "Transfer-Encoding: chunked", "zz\r\n"),
    "chunks, twice": ("POST", "", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    "chunks and a length": ("POST", "", "Transfer-Encoding: chunked\r\nContent-Length: 2", "0\r\n\r\n"),
    "another encoding": ("POST", "", "Transfer-Encoding: gzip", ""),
    "a length below 0": ("POST", "", "Content-Length: -1", ""),
    "a length of letters": ("POST", "", "Content-Length: x", ""),
    "a length beyond numbers": ("POST", "", "Content-Length: " + "9" * 40, ""),
    "two lengths": ("POST", "", "Content-Length: 2\r\nContent-Length: 2", "{}"),
    "two hosts": ("GET", "", "Host: b", ""),
    "a header of 70 kB": ("GET", "", "X: " + "x" * 70_000, ""),
    "200 kB of headers": ("GET", "", "\r\n".join(f"X{n}: {'x' * 5000}" for n in range(40)), ""),
    "a blank in a header's name": ("GET", "", "X Y: 1", ""),
    "a null character in a header": ("GET", "", "X: a\0b", ""),
    "a header that goes on": ("GET", "", "X: a\r\n b", ""),
}
# Where nginx has not understood the address yet.
UNREADABLE = {
    "no HTTP": "hello",
    "no such version": "GET {path} HTTP/9.9",
    "no version": "GET {path} HTTP",
    "a method in lower case": "get {path} HTTP/1.1",
    "an odd method": "G@T {path} HTTP/1.1",
    "a control character": "GET {path}?q=\x01 HTTP/1.1",
    "a null character": "GET {path}?q=\0 HTTP/1.1",
    "%zz": "GET {path}/%zz HTTP/1.1",
    "up": "GET /../../..{path} HTTP/1.1",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}
NATIVE = "/rest/v1/session_group_summaries"
NOT_HTTP = "The request is not well-formed HTTP, or its headers are too large."


def assert_native_400(answer):
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/json"), answer
    assert answer.json() == {"code": "parse_error", "details": None, "hint": None, "message": NOT_HTTP}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed(world, kind):
    method, more, headers, rest = MALFORMED[kind]
    before = world.snapshot()
    for path in (world.name("list") + "/", NATIVE):
        answer = raw(world, f"{method} {path}{more} HTTP/1.1", f"Host: {world.client.netloc}", names(world)["auth"], headers, body=rest.encode())
        if path == NATIVE:
            assert_native_400(answer)
        else:
            assert assert_contract(answer, 400) == {"type": "invalid_request", "code": "parse_error", "detail": NOT_HTTP, "attr": None}
        assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"] and answer.headers["X-Request-Id"]
    assert world.snapshot() == before


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable(world, kind):
    for path in (world.name("list"), NATIVE):
        line = UNREADABLE[kind].replace("{path}", path).encode("latin-1")
        with socket.create_connection((world.client.host, world.client.port), timeout=60) as sock:
            sock.sendall(line + b"\r\nHost: a\r\n\r\n")
            answer = http.client.HTTPResponse(sock, method="POST")
            answer.begin()
            assert_contract(Response(answer.status, answer.headers, answer.read()), 400)


# Requests that are on no list, with what a client may expect of each: (method, address, headers, status). <list>, <one>
# and <native> are addresses that answer 200 to GET.
NOT_A_SUMMARY = "00000000-0000-7000-8000-000000000000"
ON_NO_LIST = [
    ("GET", "/<list>/", {}, 404), ("GET", "<list>//", {}, 404), ("GET", "<list>/;a=b", {}, 404), ("GET", "<list>.json", {}, 404), ("GET", "<list>/?format=xml", {}, 200),
    ("GET", "<encoded>/?limit=1", {}, 200), ("GET", "<list>/?limit=1#part", {}, 200), ("GET", "<list>/?limit=99999999999999999999999", {}, 200),
    ("HEAD", "<one>", {}, 200), ("HEAD", f"<list>/{NOT_A_SUMMARY}/", {}, 404), ("HEAD", "<native>", {}, 200),
    ("OPTIONS", "/", {}, 405), ("OPTIONS", "/api/schema/", {}, 405), ("OPTIONS", "/healthz", {}, 405), ("OPTIONS", "/api/nothing/", {}, 404), ("OPTIONS", "/api/users/@me/", {}, 200),
    ("OPTIONS", "/rest/v1/", {}, 200),
    ("GET", "<one>", {"Range": "bytes=0-10"}, 200), ("GET", "<one>", {"If-Range": '"x"', "Range": "bytes=0-1"}, 200), ("GET", "/api/schema/", {"Range": "bytes=0-10"}, 200),
    ("GET", "<one>", {"If-Modified-Since": "Thu, 26 Nov 2099 00:00:00 GMT"}, 200), ("GET", "<list>/", {"If-None-Match": "*"}, 200),
    ("GET", "<list>/", {"Accept": "application/xml"}, 200), ("GET", "<list>/", {"Accept": "application/json;q=0"}, 200), ("GET", "<list>/", {"Accept": ""}, 200),
    ("GET", "<list>/", {"Accept-Encoding": "br, gzip;q=0"}, 200), ("GET", "<list>/", {"Accept-Charset": "utf-16"}, 200), ("GET", "<native>", {"Accept": "application/xml"}, 415),
    ("GET", "<list>/", {"Connection": "Upgrade", "Upgrade": "websocket"}, 200), ("GET", "<list>/", {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}, 200),
    ("POST", "<one>", {"X-HTTP-Method-Override": "DELETE"}, 405), ("POST", "<one>?_method=DELETE", {}, 405),
    ("GET", "<list>/", {"Authorization": "Basic Zm9vOmJhcg=="}, 401), ("GET", "<list>/", {"Authorization": "Token phx_x"}, 401), ("GET", "<native>", {"Authorization": "Basic Zm9vOmJhcg=="}, 401),
    ("GET", "<list>/", {"Cookie": "sessionid=x", "Origin": "https://a.example"}, 200),
    ("GET", "/REST/v1/session_group_summaries", {}, 404), ("GET", "/rest/v1", {}, 404), ("GET", "/rest/v2/x", {}, 404), ("GET", "/auth/v1/token", {}, 404), ("GET", "/graphql/v1", {}, 404),
    ("GET", "/favicon.ico", {}, 404), ("GET", "/robots.txt", {}, 404), ("GET", "/.well-known/security.txt", {}, 404),
]  # fmt: skip


@pytest.mark.parametrize("method, target, headers, status", ON_NO_LIST, ids=[f"{m} {t} {'; '.join(h)}".replace("/", ":") for m, t, h, _ in ON_NO_LIST])
def test_requests_on_no_list(world, method, target, headers, status):
    row = world.names["a_row"]
    for name, address in (("<list>", world.name("list")), ("<one>", f"{world.name('list')}/{row}/"), ("<native>", f"{NATIVE}?id=eq.{row}"),
                          ("<encoded>", world.name("list").replace("projects", "%70rojects").replace("_", "%5f", 1))):
        target = target.replace(name, address)
    before = world.snapshot()
    answer = world.client.request(method, target, {"Authorization": "Bearer " + world.key("write"), **headers})
    assert answer.status == status, answer
    assert world.snapshot() == before
    assert answer.headers["X-Request-Id"] and len(answer.headers.get_all("Access-Control-Allow-Origin")) == 1
    assert answer.headers["Access-Control-Allow-Credentials"] is None and answer.headers["Content-Encoding"] is None
    if method != "HEAD" and answer.body:
        assert answer.headers["Content-Type"].startswith("application/"), answer
        answer.json()
    if status >= 400 and method != "HEAD" and not target.startswith("/rest/v1"):
        assert_contract(answer, status)


def test_expect_100_continue(world):
    """A client that waits before it sends the body: told to go on, and served."""
    for path, status in ((world.name("list") + "/", 201), (NATIVE, 201)):
        body = json.dumps({"project_id": world.names["a"], "title": "Expected"}).encode()
        with socket.create_connection((world.client.host, world.client.port), timeout=30) as sock:
            sock.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\n{names(world)['auth']}\r\nContent-Type: application/json\r\n"
                         f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode())
            assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            sock.sendall(body)
            assert b"".join(iter(lambda: sock.recv(65536), b"")).startswith(b"HTTP/1.1 %d " % status)


def test_methods_that_nginx_does_not_know(world):
    for path, key in ((world.name("list") + "/", "detail"), (NATIVE, "message")):
        for method in ("TRACE", "PROPFIND"):
            answer = world.call(method, path)
            assert answer.status == 405 and answer.headers["Content-Type"].startswith("application/json")
            assert method in answer.json()[key]
        assert "POST" in world.call("TRACE", path).headers["Allow"]


@pytest.mark.parametrize("path", ["<list>/", NATIVE])
def test_bodies_in_chunks(world, path):
    """As those of which the length is told first: stored, refused, too large."""
    path = path.replace("<list>", world.name("list"))

    def call(body, method="POST", more=""):
        # A body of pieces is sent in chunks.
        pieces = [body[n:n + 100_000] for n in range(0, len(body), 100_000)]
        connection = http.client.HTTPConnection(world.client.host, world.client.port, timeout=60)
        headers = {"Authorization": f"Bearer {world.key('write')}", "Content-Type": "application/json", "Prefer": "return=representation"}
        with contextlib.closing(connection):
            # The server may answer and hang up before it has read the whole.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path + more, iter(pieces), headers, encode_chunked=True)
            answer = connection.getresponse()
            return Response(answer.status, answer.headers, answer.read())

    body = {"project_id": world.names["a"], "title": "In chunks", "summary": "x" * 3_000_000}
    made = call(json.dumps(body).encode())
    assert made.status == 201 and json.dumps(body["summary"]) in made.text.replace(": ", ":")
    refused = call(json.dumps({**body, "title": " "}).encode())
    assert refused.status == 400 and "blank" in refused.text
    if path == NATIVE:
        assert refused.json()["code"] == "23514"
        changed = call(b'{"title": "Changed"}', "PATCH", f"?id=eq.{made.json()[0]['id']}&select=title")
        assert changed.json() == [{"title": "Changed"}]
        assert call(b'{"title": "All"}', "PATCH").json()["code"] == "21000"
    large = call(b'{"title":"' + b"x" * 21_000_000 + b'"}')
    assert large.status == 413 and "request_too_large" in large.text


def test_http_1_0(world):
    answer = world.client.raw(
        f"GET {world.name('list:empty')}/?limit=1 HTTP/1.0\r\nHost: example.com\r\n"
        f"Authorization: Bearer {world.key('read')}\r\n\r\n".encode()
    )
    assert (answer.status, answer.json()["count"]) == (200, 0)


def test_http_1_0_without_host(world):
    answer = world.client.raw(
        f"GET {world.name('list:shelf')}/?limit=1 HTTP/1.0\r\nAuthorization: Bearer {world.key('read')}\r\n\r\n".encode()
    )
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert answer.json()["next"].startswith("http://")


def test_requests_one_behind_the_other(world):
    """Pipelining: two on one connection, each with its own answer."""
    one, two = (
        f"GET {path} HTTP/1.1\r\nHost: {world.client.netloc}\r\nAuthorization: Bearer {world.key('read')}\r\n{more}\r\n"
        for path, more in ((world.name("list:empty") + "/", ""),
                           (world.name("list:shelf") + "/?limit=1", "Connection: close\r\n"))
    )
    with socket.create_connection((world.client.host, world.client.port), timeout=30) as sock:
        sock.sendall((one + two).encode())
        received = b"".join(iter(lambda: sock.recv(65536), b""))
    assert received.count(b"HTTP/1.1 200") == 2
    assert received.index(b'{"count":0,') < received.index(b'{"count":8,')


def test_no_traces_of_what_is_behind(world):
    """Headers of PostgREST's own that the contract does not have."""
    for answer in (
        world.call("GET", world.name("list:shelf") + "/"),
        world.call("POST", world.name("list") + "/", {"title": "A"}),
        world.call("GET", world.name("list") + "/abc/"),
        world.call("GET", "/nowhere"),
    ):
        for name in ("Content-Range", "Content-Profile", "Content-Location", "Preference-Applied"):
            assert answer.headers[name] is None, name
        assert "postgrest" not in str(answer.headers).lower()
        assert not any(c.isdigit() for c in answer.headers["Server"] or "")


def test_many_at_once(world):
    """Fifty readers and writers; every answer belongs to its request."""

    def work(number):
        client = Client(world.client.base)
        headers = {"Authorization": f"Bearer {keys[number]}", "Content-Type": "application/json"}
        for turn in range(4):
            title = f"{number}/{turn}"
            made = client.request("POST", path + "/", headers, json.dumps({"title": title}))
            assert (made.status, made.json()["title"]) == (201, title)
            read = client.request("GET", f"{path}/{made.json()['id']}/", headers)
            assert read.body == made.body
        client.close()
        return True

    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    path = f"/api/projects/{project}/session_group_summaries"
    keys = [world.key("write") for _ in range(50)]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert all(pool.map(work, range(50)))
    assert world.call("GET", path + "/?limit=1").json()["count"] == 200
