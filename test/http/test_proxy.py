"""What nginx answers by itself, in the contract's body, and requests that no client library sends."""

import concurrent.futures
import json
import socket

import pytest

from runner import Client

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
        ("GET {list}/ HTTP/9.9", (400, 505)),
        ("GET {list}/ HTTP/1.1\r\nno colon", (200, 400)),
        ("GET {list}/ HTTP/1.1\r\nHost: again", (400,)),
        ("POST {list}/ HTTP/1.1\r\nContent-Length: -1", (400,)),
        ("POST {list}/ HTTP/1.1\r\nContent-Length: x", (400,)),
        ("POST {list}/ HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5", (400,)),
        ("POST {list}/ HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", (400,)),
        ("POST {list}/ HTTP/1.1\r\nTransfer-Encoding: gzip", (400, 501)),
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
