"""The table-driven runner: a case is one request and the answers that the contract allows.

A request is "METHOD target"; target, headers and body may name things of the world in angle
brackets (<list>, <row>, <key:read> ...; see world.py). An answer is a status and a body; what is
left in angle brackets there is a pattern (<uuid>, <time>, <int>, <any>). A case with more than one
answer is one that the contract leaves open.

Every answer that is an error, and every answer to a safe method, also has to leave the data as it
was; and every one has to be of the API's own description.
"""

import dataclasses
import gzip
import http.client
import json
import os
import re
import socket
import time
from urllib.parse import urlsplit

import description

PATTERNS = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z",
    "int": r"\d+",
    "any": r".*",
}
PLACEHOLDER = re.compile(r"<([a-z_0-9]+(?::[a-z_0-9]+)?)>")
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


# Requests ------------------------------------------------------------------------------------


@dataclasses.dataclass
class Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {dict(self.headers.items())}\n{self.body[:2000]!r}"


# Behind a proxy that compresses, all accept that.
PACKED = "SESSION_GROUP_TEST_FRONT" in os.environ


def unpacked(answer):
    """An answer as it was before the proxy had compressed it, if it had: its ETag is a weak one then, too."""
    body = answer.read()
    if not PACKED or answer.headers["Content-Encoding"] != "gzip":
        return Response(answer.status, answer.headers, body)
    etag = answer.headers["ETag"]
    for name in ("Content-Encoding", "ETag"):
        del answer.headers[name]
    if etag is not None:
        assert etag.startswith("W/"), etag
        answer.headers["ETag"] = etag.removeprefix("W/")
    return Response(answer.status, answer.headers, gzip.decompress(body) if body else body)


class Client:
    """One kept-open connection that sends exactly what it is told to."""

    def __init__(self, base):
        parts = urlsplit(base)
        self.path = parts.path.rstrip("/")
        self.base = base.rstrip("/")
        self.host, self.port = parts.hostname, parts.port or 80
        self.netloc = parts.netloc
        self.connection = None

    def request(self, method, target, headers=None, body=None):
        headers = {"Host": self.netloc, **({"Accept-Encoding": "gzip"} if PACKED else {}), **(headers or {})}
        if isinstance(body, str):
            body = body.encode("utf-8")
        if body is not None and "Transfer-Encoding" not in headers:
            headers.setdefault("Content-Length", str(len(body)))
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
            try:
                self.connection.putrequest(method, self.path + target, skip_host=True, skip_accept_encoding=True)
                for name, value in headers.items():
                    for one in value if isinstance(value, (list, tuple)) else [value]:
                        self.connection.putheader(
                            name, one if isinstance(one, bytes) else one.encode("utf-8")
                        )
                self.connection.endheaders(body)
                answer = self.connection.getresponse()
                response = unpacked(answer)
                if answer.will_close:
                    self.close()
                return response
            except (http.client.HTTPException, OSError):
                self.close()
                if fresh or attempt == 2:
                    raise

    def raw(self, data):
        """Sends bytes that no client library would, on a connection of their own."""
        method, _, rest = data.partition(b" ")
        if rest.startswith(b"/"):
            data = method + b" " + self.path.encode() + rest
        with socket.create_connection((self.host, self.port), timeout=60) as sock:
            sock.sendall(data)
            answer = http.client.HTTPResponse(sock, method=data.split(b" ", 1)[0].decode("latin-1"))
            answer.begin()
            return Response(answer.status, answer.headers, answer.read())

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


# Answers -------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    body: str = None  # a pattern; None: any body of the contract's form, "": none at all
    headers: tuple = ()  # (name, pattern)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def error(status, kind, code, detail, attr=None):
    """An answer with the contract's error body; detail and attr may hold patterns."""
    return Answer(
        status, compact({"type": kind, "code": code, "detail": detail, "attr": attr})
    )


def invalid(attr, detail, code="invalid_input"):
    return error(400, "validation_error", code, detail, attr)


NOT_AUTHENTICATED = error(
    401, "authentication_error", "not_authenticated", "Authentication credentials were not provided."
)


def bad_key(place):
    return error(
        401,
        "authentication_error",
        "authentication_failed",
        f"Personal API key found in request {place} is invalid.",
    )


BAD_HEADER_KEY = bad_key("Authorization header")
BAD_QUERY_KEY = bad_key("query string")
BAD_BODY_KEY = bad_key("body")


def denied(detail):
    return error(403, "authentication_error", "permission_denied", detail)


NO_READ_SCOPE = denied("API key missing required scope 'session_recording:read'")
NO_WRITE_SCOPE = denied("API key missing required scope 'session_recording:write'")
NOT_MEMBER = denied("You don't have access to the project.")


def not_for_project(name):
    return denied(f"API key does not have access to the requested project: ID <{name}>.")


def not_found(detail):
    return error(404, "invalid_request", "not_found", detail)


NO_PROJECT = not_found("Project not found.")
NO_SUMMARY = not_found("Not found.")
NO_ENDPOINT = not_found("Endpoint not found.")
PARSE_ERROR = error(400, "invalid_request", "parse_error", "JSON parse error - <any>")
REQUIRED = "This field is required."
NULL = "This field may not be null."
BLANK = "This field may not be blank."
NOT_STRING = "Not a valid string."


def no_method(method, allow):
    return dataclasses.replace(
        error(405, "invalid_request", "method_not_allowed", f'Method "{method}" not allowed.'),
        headers=(("Allow", allow),),
    )


def no_media(media):
    return error(
        415,
        "invalid_request",
        "unsupported_media_type",
        f'Unsupported media type "{media}" in request.',
    )


# Any refusal in the contract's form, for what the contract leaves open.
REFUSED = Answer(400, '{"type":"<any>","code":"<any>","detail":"<any>","attr":<any>}')

# Cases ---------------------------------------------------------------------------------------


@dataclasses.dataclass
class Case:
    id: str
    request: str
    answers: tuple
    send: object = None
    type: str = None
    key: str = "write"
    headers: dict = dataclasses.field(default_factory=dict)
    stored: dict = None  # what SQL then finds in the row: column -> value


def case(id, request, *answers, send=None, type=None, key="write", headers=None, stored=None):
    if type is None and send is not None:
        type = JSON
    if isinstance(send, (dict, list)):
        send = compact(send)
    return Case(id, request, answers, send, type, key, headers or {}, stored)


def ids(cases):
    names = [c.id for c in cases]
    repeated = {n for n in names if names.count(n) > 1}
    assert not repeated, f"cases of the same name: {repeated}"
    return names


def fill(text, names):
    """Puts the things of the world into a template; what it does not know stays."""
    if isinstance(text, bytes):
        return re.sub(
            PLACEHOLDER.pattern.encode(),
            lambda m: str(names(m[1].decode()) or m[0].decode()).encode(),
            text,
        )
    return PLACEHOLDER.sub(lambda m: str(names(m[1]) or m[0]), text)


def as_pattern(text):
    parts, end = [], 0
    for found in PLACEHOLDER.finditer(text):
        if found[1] in PATTERNS:
            parts += [re.escape(text[end : found.start()]), PATTERNS[found[1]]]
            end = found.end()
    return re.compile("".join(parts) + re.escape(text[end:]), re.S)


def difference(response, answer, head=False):
    """What is wrong with a response, or None."""
    if response.status != answer.status:
        return f"status {response.status}, not {answer.status}"
    for name, pattern in answer.headers:
        value = response.headers.get(name)
        if name == "Allow":
            methods = {m.strip() for m in (value or "").split(",")}
            if methods != set(pattern.split(", ")):
                return f"Allow: {value}, not {pattern}"
        elif value is None or not as_pattern(pattern).fullmatch(value):
            return f"{name}: {value}, not {pattern}"
    if head or answer.body == "":
        return None if response.body == b"" else f"a body: {response.body[:200]!r}"
    if response.headers.get("Content-Type") != JSON:
        return f"Content-Type: {response.headers.get('Content-Type')}"
    if answer.body is None:
        return None
    if not as_pattern(answer.body).fullmatch(response.text):
        return f"body\n  is     {response.text[:1500]}\n  not    {answer.body[:1500]}"
    return None


def run(world, case):
    """Runs one case against the world."""
    local = {}

    def names(name):
        if name in PATTERNS:
            return None
        if name not in local:
            local[name] = world.name(name)
        return local[name]

    method, target = fill(case.request, names).split(" ", 1)
    headers = {k: fill(v, names) for k, v in case.headers.items()}
    if case.key is not None and "Authorization" not in headers:
        headers["Authorization"] = "Bearer " + world.key(case.key)
    if case.type:
        headers["Content-Type"] = case.type
    body = fill(case.send, names) if case.send is not None else None
    answers = [
        dataclasses.replace(
            a,
            body=None if a.body is None else fill(a.body, names),
            headers=tuple((n, fill(v, names)) for n, v in a.headers),
        )
        for a in case.answers
    ]

    before = world.snapshot()
    response = world.client.request(method, target, headers, body)
    after = world.snapshot()

    wrong = [difference(response, a, head=method == "HEAD") for a in answers]
    assert None in wrong, (
        f"{method} {target}\n{headers}\n{str(body)[:500]}\n-> {response}\n" + "\nor ".join(map(str, wrong))
    )
    if response.status >= 400 or method in ("GET", "HEAD", "OPTIONS"):
        assert before == after, f"{method} {target} -> {response.status}, but the data changed"
    description.check_response(method, target, response)
    if case.type == JSON:
        description.check_request(method, target, body, response)
    if case.stored is not None and response.status < 400:
        row = local.get("row") or response.json()["id"]
        found = world.stored(row)
        expected = {
            k: fill(v, names) if isinstance(v, str) else v for k, v in case.stored.items()
        }
        assert {k: found[k] for k in expected} == expected
    return response


def wait_until(check, seconds=10):
    """Polls until check() is true."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
