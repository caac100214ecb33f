"""Requests that nobody would send by accident, at every endpoint of the API's description and at the doors
beside it: methods, addresses, headers and bodies are put together as they should be, and then damaged.
Whatever comes, the answer is in the contract's form, with a status that the description knows, says
nothing of the inside, and is never a server error; afterwards the logs hold no trace of a crash.

SESSION_GROUP_HOSTILE_REQUESTS: for how many requests of each seed (default 1000);
SESSION_GROUP_TEST_SEED=<the number that was printed> repeats the random one."""

import collections
import gzip
import http.client
import json
import os
import random
import re
import secrets
import socket
import urllib.parse

import pytest

import description
from runner import Response
from servers import Maker, Servers

REQUESTS = int(os.environ.get("SESSION_GROUP_HOSTILE_REQUESTS") or 1000)
RANDOM_SEED = int(os.environ.get("SESSION_GROUP_TEST_SEED") or secrets.randbits(32))
FIXED_SEED = 6

VERBS = ("get", "put", "post", "patch", "delete")
ODD_METHODS = ["HEAD", "OPTIONS", "PURGE", "TRACE", "get", "G", "PROPFIND", "X" * 300, "GET\t", "M-SEARCH", "PATCH1"]
WORDS = [
    "", "0", "1", "-1", "1.5", "1e9", "9223372036854775807", "9223372036854775808", "9" * 400, "true", "null", "NaN",
    "a", "é", "😀", "\0", "a\0b", "\u2028", " ", "\t", "\r\nX-Evil: 1", "'", '"', "\\", "%", "_", "/", "//", "..",
    "../../x", "%2e%2e", "$1", "{id}", "2026-01-01", "2026-02-30", "2026-W53-7T24:00Z", "-7d", "-1mStart",
    "-9999999999999999999y", "infinity", "-title", "id", "x" * 300, "x" * 5000, "-" * 60, "- " * 60, '"a b" or -c',
    "((((", "!!!!", "a<b>c", "\ufeff", "\ufffd", "\ud800", "Ǆ", "٣", "*", "W/\"1\"", '"1"', "bytes=0-", "gzip",
]  # fmt: skip
ODD_HEADERS = [
    "Accept", "Accept-Encoding", "Accept-Profile", "Authorization", "Content-Encoding", "Content-Profile",
    "Content-Type", "Cookie", "Expect", "Host", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match",
    "Origin", "Prefer", "Range", "Range-Unit", "Referer", "Upgrade", "User-Agent", "X-Api-Key",
    "X-Forwarded-Content-Type",
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Uri",
    "X-HTTP-Method-Override", "X-Request-Id", "X_Under", "Session-Group",
]  # fmt: skip
TYPES = ["application/json"] * 8 + ["application/x-www-form-urlencoded"] * 4 + ["application/json; charset=utf-16",
        "text/plain", "", ";", "multipart/form-data; boundary=x", "application/json/x"]
BESIDE = ["/", "/api", "/api/", "/api/schema/", "/api/projects/", "/api/projects/1/", "/rpc/http", "/.error/500",
          "/.unfit", "/robots.txt"]
NATIVE = ["session_group_summaries", "session_group_patterns", "project_users", "rpc/http", "rpc/authenticate", "",
          "nothing"]

# Nothing that is sent has these words, so that an answer has them from nobody but the server.
INSIDE = re.compile(
    r"pg_catalog|session_group\.|SQLSTATE|\bSELECT\b|\bINSERT\b|\bSPI_|relation \"|column \"|syntax error at|"
    r"/src/|\.c:\d|terminated|postgres|PGRST|stack|palloc|alloc request", re.I)  # fmt: skip


def parameters_of(path, operation):
    return [description.resolved(p) for p in [*path.get("parameters", []), *operation.get("parameters", [])]]


OPERATIONS = [
    (template, verb.upper(), operation, parameters_of(path, operation))
    for template, path in description.DOCUMENT["paths"].items()
    for verb, operation in path.items()
    if verb in VERBS
]
KNOWN = {int(status) for _, _, operation,
         _ in OPERATIONS for status in operation["responses"] if status.isdigit()} | {405}


class Hostile:
    """A maker of requests; what it knows of the world are the good values."""

    def __init__(self, rng, project, rows, keys):
        self.rng, self.project, self.rows, self.keys = rng, project, rows, keys

    def chance(self, part):
        return self.rng.random() < part

    def word(self):
        return self.rng.choice(WORDS)

    def value(self, schema, depth=0):
        """Something of a schema, or near it."""
        schema = description.resolved(schema)
        if self.chance(0.04) or depth > 5:
            return self.rng.choice([self.word, lambda: None, lambda: 10**40, lambda: [[]] * 3, lambda: {"a": {}},
                                    lambda: 1e300])()
        for way in ("anyOf", "oneOf"):
            if way in schema:
                return self.value(self.rng.choice(schema[way]), depth + 1)
        if "enum" in schema:
            return self.rng.choice(schema["enum"])
        kind = schema.get("type", "any")
        kind = self.rng.choice(kind) if isinstance(kind, list) else kind
        if kind == "object" or "properties" in schema:
            names = [n for n in schema.get("properties", {}) if self.chance(0.6)]
            return {n: self.value(schema["properties"][n], depth + 1) for n in names}
        if kind == "array":
            return [self.value(schema.get("items", {}), depth + 1) for _ in range(self.rng.randint(0, 4))]
        if kind in ("integer", "number"):
            return self.rng.choice([0, 1, 2, 5, 100, -1, 2**31, 2**63])
        if schema.get("format") == "uuid":
            return self.rng.choice(self.rows)
        if kind in ("boolean", "null"):
            return True if kind == "boolean" else None
        return self.rng.choice(["Checkout", "s-1", "-7d", "2026-08-01",
                                schema.get("example", "x")] * 3 + [self.word()])

    def damaged(self, data):
        data = bytearray(data)
        for _ in range(self.rng.choice([0] * 12 + [1, 1, 3, 9])):
            place = self.rng.randint(0, len(data))
            piece = self.rng.choice([b"", b"\xff", b"\0", b"\xed\xa0\x80", b'"', b"{", b"[", b",", b"\\u0000",
                                     b"\\ud800", b"%", b"&", b"=", b"[" * 3000])
            data[place : place + self.rng.randint(0, 4)] = piece
        return bytes(data)

    def escaped(self, text):
        text = str(text)
        if self.chance(0.1):
            text += self.rng.choice(["%", "%zz", "%ff", "%C3", "%00", "+", "&", "=", "?", "/", ";"])
            return urllib.parse.quote(text, safe="%+&=?/;", errors="replace")
        return urllib.parse.quote(text, safe=self.rng.choice(["", "/:,", "-._~!$'()*"]), errors="replace")

    def parameter(self, described):
        good = self.value(described["schema"]) if self.chance(0.85) else self.word()
        return f"{self.escaped(described['name'])}={self.escaped(good)}"

    def target(self, template, parameters):
        path = template
        for name in re.findall(r"\{(\w+)\}", template):
            good = self.project if name == "project_id" else self.rng.choice(self.rows)
            path = path.replace("{%s}" % name, str(good) if self.chance(0.85) else self.escaped(self.word()))
        if self.chance(0.3):
            path = path.rstrip("/")
        if self.chance(0.06):
            place = self.rng.randint(1, len(path))
            path = path[:place] + self.rng.choice(["/", "%2F", "..", "/../", ";x", "%00", "%", "x" * 100,
                                                   "."]) + path[place + self.rng.randint(0, 2) :]
        query = [self.parameter(p) for p in parameters if p["in"] == "query" and self.chance(0.3)]
        query += [f"{self.escaped(self.word())}={self.escaped(self.word())}"
                  for _ in range(self.rng.choice([0, 0, 0, 1, 3]))]
        if self.chance(0.02):
            query += ["a=1"] * self.rng.choice([200, 3000])
        self.rng.shuffle(query)
        return path + ("?" + "&".join(query) if query or self.chance(0.05) else "")

    def body(self, operation):
        content = operation["requestBody"]["content"]
        value = self.value(content["application/json"]["schema"])
        if self.chance(0.7) or not isinstance(value, dict):
            return self.damaged(json.dumps(value).encode())
        pairs = [(n, i) for n, v in value.items() for i in (v if isinstance(v, list) and v else [v])]
        return self.damaged("&".join(f"{self.escaped(n)}={self.escaped(i if isinstance(i, str) else json.dumps(i))}"
                                     for n, i in pairs).encode())

    def headers(self, parameters):
        headers = []
        if not self.chance(0.04):
            headers.append(("Authorization", "Bearer " + self.rng.choice(self.keys)))
        for described in parameters:
            if described["in"] == "header" and self.chance(0.5):
                headers.append((described["name"],
                                self.value(described["schema"]) if self.chance(0.6) else self.word()))
        for _ in range(self.rng.choice([0] * 8 + [1, 2, 5])):
            headers.append((self.rng.choice(ODD_HEADERS), self.word()))
        return headers

    def native(self):
        """A request to the door of PostgREST's clients."""
        query = "&".join(f"{self.rng.choice(['select', 'id', 'title', 'order', 'limit', 'offset', 'and', 'x'])}={self.escaped(self.word())}" for _ in range(self.rng.randint(0, 3)))
        return self.rng.choice(["GET", "GET", "POST",
                                "PATCH"]), f"/rest/v1/{self.rng.choice(NATIVE)}?{query}", self.headers([]), self.damaged(b'{"title":"x"}')

    def request(self):
        """Method, target, headers, body (or None)."""
        if self.chance(0.05):
            return self.native()
        if self.chance(0.05):
            return self.rng.choice(["GET", "POST"]), self.rng.choice(BESIDE), self.headers([]), b"x"
        template, method, operation, parameters = self.rng.choice(OPERATIONS)
        headers = self.headers(parameters)
        body = None
        if "requestBody" in operation:
            headers.append(("Content-Type", self.rng.choice(TYPES)))
            body = self.body(operation)
        elif self.chance(0.05):
            body = self.damaged(b"{}")
        if self.chance(0.06):
            method = self.rng.choice(ODD_METHODS)
        return method, self.target(template, parameters), headers, body


def head_of(method, target, headers, body):
    """The bytes of a request's head; no header is repaired."""
    lines = [f"{method} {target} HTTP/1.1"]
    if not any(name == "Host" for name, _ in headers):
        lines.append("Host: h.example")
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines + ["", ""]).encode("utf-8", "replace")


class Sender:
    """Sends bytes on one connection for as long as the server keeps it."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.address, self.sock = (parts.hostname, parts.port), None

    def send(self, method, data):
        for _ in range(2):
            fresh = self.sock is None
            if fresh:
                self.sock = socket.create_connection(self.address, timeout=60)
            try:
                self.sock.sendall(data)
                answer = http.client.HTTPResponse(self.sock, method=method)
                answer.begin()
                body = answer.read()
                response = Response(answer.status, answer.headers, gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" and body else body)
                if answer.will_close:
                    self.close()
                return response
            except (http.client.HTTPException, OSError):
                # The server hangs up on what it does not want to read to its end; with that
                # a connection that was used before may be gone.
                self.close()
                if fresh:
                    raise

    def close(self):
        if self.sock is not None:
            self.sock.close()
            self.sock = None


@pytest.fixture(scope="module")
def servers():
    with Servers("--set", "fsync = off", "--set", "log_line_prefix = '%m [%p] %e '") as started:
        yield started


@pytest.fixture(scope="module")
def made(servers):
    """A project with summaries, one of somebody who sends nothing, and keys."""
    make = Maker(servers.admin)
    project, others, graces = make.project(timezone="America/St_Johns"), make.project(), make.project()
    ada, joan, grace = make.user(project), make.user(others), make.user(graces)
    summary = {"patterns": [{"pattern_id": 1, "pattern_name": "Rage", "severity": "high",
                             "stats": {"occurences": 2}}]}
    rows = [str(make.summary(project, ada, title=f"Checkout {n}", session_ids=["s-1", f"s{n}"],
                             summary=summary)["id"]) for n in range(30)]
    foreign = str(make.summary(others, joan, title="of nobody else's business")["id"])
    keys = [make.key(ada)] * 60 + [make.key(ada, ["session_recording:read"])] * 2
    keys += [make.key(grace), make.key(ada, [], None), "phx_nothing", "", "x" * 3000, servers.mint_jwt({"sub": "x"})]
    return {"project": project, "others": others, "rows": rows + [foreign, "0" * 36], "keys": keys}


def others_rows(servers, other):
    return Maker(servers.admin).row(
        "SELECT md5(string_agg(s::text, ',' ORDER BY s.id)) FROM session_group.summaries AS s WHERE s.project_id = %s", other)  # fmt: skip


def check_error(answer, where):
    assert answer.headers["Content-Type"] == "application/json", where
    body = answer.json()
    assert list(body) == ["type", "code", "detail", "attr"] and body["detail"], where
    fault = description.problem(description.validator({"$ref": "#/components/schemas/Error"}), body)
    assert fault is None, f"{where}\n{fault}"
    assert not INSIDE.search(answer.text), where


def check(method, target, answer):
    where = f"{method} {target[:300]}\n-> {answer}"
    assert "X-Evil" not in answer.headers, where
    if target.startswith("/rest/v1"):
        # PostgREST's own answers: 500 for a view that cannot be written, or text that is not UTF-8.
        assert answer.status < 500 or answer.body == b"Something went wrong" or answer.json()["code"] == "55000", where
        return
    assert answer.status < 500 and answer.status in KNOWN, where
    if method == "HEAD" or answer.status in (204, 304):
        assert answer.body == b"", where
    elif answer.status >= 400:
        check_error(answer, where)
    elif target.startswith("/api/projects/"):
        json.loads(answer.body)


@pytest.mark.parametrize("seed", [FIXED_SEED, RANDOM_SEED], ids=["fixed", "random"])
def test_hostile_requests(servers, made, seed):
    print(f"SESSION_GROUP_TEST_SEED={seed}")
    hostile = Hostile(random.Random(seed), made["project"], made["rows"], made["keys"])
    sender = Sender(servers.url)
    before = others_rows(servers, made["others"])
    seen = collections.Counter()
    for number in range(REQUESTS):
        method, target, headers, body = hostile.request()
        where = f"request {number} of seed {seed}: {method} {target[:1000]} {headers} {str(body)[:2000]}"
        try:
            answer = sender.send(method, head_of(method, target, headers, body) + (body or b""))
        except (http.client.HTTPException, OSError):
            seen["hung up"] += 1
            continue
        seen["native" if target.startswith("/rest/") else answer.status] += 1
        try:
            check(method, target, answer)
        except (AssertionError, ValueError) as fault:
            raise AssertionError(f"{where}\n{fault}") from fault
        if answer.status == 201 and target.startswith("/api/"):
            hostile.rows.append(answer.json()["id"])
    sender.close()
    print(dict(seen))
    assert others_rows(servers, made["others"]) == before
    # It is of use only while a good part is let in, and every kind of refusal is met.
    assert {200, 201, 400, 401, 403, 404, 405, 415} <= set(seen), seen
    assert seen[200] + seen[201] + seen[204] > REQUESTS / 20 and seen["hung up"] < REQUESTS / 50, seen


def test_logs_afterwards(servers):
    lines = servers.log().splitlines()
    entries = [m.groups() for m in map(re.compile(r"^.{19,35} \[\d+\] (\w{5}) ([A-Z]+): ").match, lines) if m]
    assert entries, "nothing was logged: the prefix is not what is looked for"
    raised = collections.Counter((level, code) for code, level in entries if level in ("ERROR", "FATAL", "PANIC"))
    print(dict(raised))
    assert not [e for e in raised if e[0] != "ERROR"], raised
    # Internal errors, the system's errors, lost connections.
    assert not [e for e in raised if e[1][:2] in ("XX", "58", "53", "08", "57")], raised
    assert not [line for line in lines if re.search(r"terminated|server process|TRAP|corrupt|stack depth", line)]
    upstream = [line for line in servers.log("nginx-error").splitlines()
                if re.search(r"upstream|\[(alert|crit|emerg)\]", line)]
    assert not upstream, upstream[:5]
