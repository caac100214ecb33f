"""deploy/openapi.json against OpenAPI's own schema, and against what the servers do: every operation
with every status that it names is called, and the answer is held against its schema."""

import concurrent.futures
import contextlib
import copy
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
from urllib.parse import quote, urlencode

import jsonschema
import pytest

from runner import Client, fill, wait_until
from servers import Servers
from test_native_js import modules
from world import World

REPO = pathlib.Path(__file__).resolve().parents[2]
FILE = REPO / "deploy" / "openapi.json"
DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


# The document --------------------------------------------------------------------------------


def resolve(node):
    """What a reference stands for."""
    while "$ref" in node:
        place, node = node["$ref"], DOCUMENT
        for step in place.removeprefix("#/").split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]
    return node


OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}


def scope_of(name):
    """The scope that an operation needs, or None."""
    return next(iter(OPERATIONS[name][2]["security"][0]["key"]), None)


def problems(schema, value):
    """What is wrong with a value, by a schema of the document."""
    whole = {**schema, "components": DOCUMENT["components"]}
    validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in validator.iter_errors(value)]


def everywhere(node, place="#"):
    """Every object of the document, with its place."""
    if isinstance(node, dict):
        yield place, node
    for name, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from everywhere(value, f"{place}/{name}")


def test_the_operations():
    """Those of the contract, and those added to them, by name, method and scope."""
    found = {
        (name, method, "{id}" in path, scope_of(name))
        for name, (method, path, operation) in OPERATIONS.items()
    }
    read, write = "session_recording:read", "session_recording:write"
    assert found == {
        ("projects_list", "GET", False, read),
        ("projects_retrieve", "GET", False, read),
        ("users_me", "GET", False, None),
        ("personal_api_keys_current", "GET", False, None),
        ("session_group_summaries_list", "GET", False, read),
        ("session_group_summaries_create", "POST", False, write),
        ("session_group_summaries_retrieve", "GET", True, read),
        ("session_group_summaries_update", "PUT", True, write),
        ("session_group_summaries_partial_update", "PATCH", True, write),
        ("session_group_summaries_destroy", "DELETE", True, write),
        ("session_group_summaries_patterns", "GET", False, read),
        ("session_group_summaries_all_activity", "GET", False, read),
        ("session_group_summaries_activity", "GET", True, read),
    }


def test_what_a_fleet_adds():
    """A project may be on another node; a read may come from a standby; any node may be away."""
    for name, (method, path, operation) in OPERATIONS.items():
        assert ("421" in operation["responses"]) == ("{project_id}" in path), name
        assert "503" in operation["responses"], name
        headers = {resolve(p)["name"] for p in operation.get("parameters", []) if resolve(p)["in"] == "header"}
        assert ("X-Session-Group-Consistency" in headers) == (method == "GET"), name


def validate(file):
    """What @seriousme/openapi-schema-validator says, which has OpenAPI's own schema of documents."""
    node = shutil.which("node")
    program = pathlib.Path(modules(), "@seriousme", "openapi-schema-validator", "bin", "validate-api-cli.js")
    # Never skipped: without node or the validator this is red.
    assert node and program.exists(), "the validator is missing; deploy/install test installs it"
    done = subprocess.run([node, program, file], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("{"), done.stderr
    return json.loads(done.stdout)


def test_valid_by_the_schema_of_openapi(tmp_path):
    assert validate(FILE) == {"valid": True}
    # It says no as well.
    broken = copy.deepcopy(DOCUMENT)
    del broken["components"]["responses"]["Throttled"]["description"]
    (tmp_path / "broken.json").write_text(json.dumps(broken))
    assert not validate(tmp_path / "broken.json")["valid"]


def test_references_and_names():
    used = set()
    for place, node in everywhere(DOCUMENT):
        if isinstance(node.get("$ref"), str):
            used.add(node["$ref"])
            assert resolve(node) is not None, place
    for kind in ("parameters", "headers", "schemas", "responses"):
        for name in DOCUMENT["components"][kind]:
            # No operation can answer 405: that is for methods which are none.
            if (kind, name) != ("responses", "MethodNotAllowed"):
                assert f"#/components/{kind}/{name}" in used, f"{name} is not used"
    for name, (_, path, operation) in OPERATIONS.items():
        shared = DOCUMENT["paths"][path].get("parameters", [])
        in_path = {resolve(p)["name"] for p in shared + operation.get("parameters", []) if resolve(p)["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), name
        assert all(set(s) <= set(DOCUMENT["components"]["securitySchemes"]) for s in operation["security"])


def schemas():
    for place, node in everywhere(DOCUMENT):
        for key in ("schema", "contentSchema"):
            if isinstance(node.get(key), dict):
                yield f"{place}/{key}", node[key]
    for name, schema in DOCUMENT["components"]["schemas"].items():
        yield name, schema


@pytest.mark.parametrize("place, schema", [pytest.param(*s, id=s[0]) for s in schemas()])
def test_schema_is_one(place, schema):
    jsonschema.Draft202012Validator.check_schema(schema)


def test_answers_are_described_to_the_last_field():
    """Every object of an answer that is ours has all its fields, and no others."""
    for name in ("Page", "Item", "Object", "User", "PatternPage", "Pattern", "ActivityPage", "Activity", "Error", "ProjectPage", "Project", "Self", "Organization", "ApiKey"):
        schema = DOCUMENT["components"]["schemas"][name]
        assert schema["additionalProperties"] is False and schema["required"] == list(schema["properties"])


def media():
    """Every body of the document: its place and its description."""
    for place, node in everywhere(DOCUMENT):
        if place.rpartition("/content/")[2] in (JSON, FORM):
            yield place, node


def examples(node):
    return ([node["example"]] if "example" in node else []) + [e["value"] for e in node.get("examples", {}).values()]


def test_examples_fit_their_schemas():
    seen = 0
    for place, node in list(media()) + [
        (name, p) for name, p in DOCUMENT["components"]["parameters"].items() if examples(p)
    ]:
        assert examples(node), f"{place} has no example"
        for example in examples(node):
            assert problems(node["schema"], example) == [], place
            seen += 1
    assert seen > 40


# The servers ---------------------------------------------------------------------------------


def test_served(world):
    """The file as it is, to whoever asks."""
    for path in ("/api/schema/", "/api/schema"):
        for key in (None, "read", "unknown"):
            answer = world.call("GET", path, key=key)
            assert (answer.status, answer.headers["Content-Type"]) == (200, JSON)
            assert answer.body == FILE.read_bytes()
        answer = world.call("HEAD", path, key=None)
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["Content-Length"] == str(FILE.stat().st_size)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_served_to_get_and_head_alone(world, method):
    for path in ("/api/schema/", "/api/schema"):
        answer = world.call(method, path, {"title": "A"} if method in ("POST", "PUT", "PATCH") else None)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
        assert answer.headers["Content-Type"] == JSON
        assert answer.json() == {
            "type": "invalid_request",
            "code": "method_not_allowed",
            "detail": f'Method "{method}" not allowed.',
            "attr": None,
        }


@pytest.mark.parametrize("path", ["/api", "/rest/v1", "/rest"])
def test_no_redirects(world, path):
    answer = world.call("GET", path)
    # In the form of the door.
    detail = "There is nothing at this address." if path == "/rest/v1" else "Endpoint not found."
    assert answer.status == 404 and detail in answer.json().values()


def test_only_the_file_is_served(world):
    for path in ("/openapi.json", "/api/schema/openapi.json", "/api/schema/../nginx.conf", "/nginx.conf",
                 "/api/schemas"):
        answer = world.call("GET", path)
        assert (answer.status, answer.json()["detail"]) == (404, "Endpoint not found.")


def target(world, path, project=None, row=None):
    """A path of the document, with things of the world in it."""
    project = world.names["a"] if project is None else project
    if "{id}" in path:
        path = path.replace("{id}", row or world.new_row())
    return path.replace("{project_id}", str(project))


def needs(operation, name):
    """Whether an operation has a body, an id, a project_id."""
    return "requestBody" in OPERATIONS[operation][2] if name == "body" else f"{{{name}}}" in OPERATIONS[operation][1]


def requests():
    """(operation, status, name, what is sent): the answers to all but what takes broken servers."""
    for op in OPERATIONS:
        scope = scope_of(op)
        has_body = needs(op, "body")
        body = {"title": "A"} if has_body else None
        good = {"session_group_summaries_create": 201, "session_group_summaries_destroy": 204}.get(op, 200)
        yield op, good, "plain", {"body": body}
        yield op, good, "no slash", {"body": body, "cut": True}
        yield op, good, "all scopes", {"body": body, "key": "all"}
        yield op, good, "where standbys may answer", {"body": body, "headers": {"X-Session-Group-Consistency": "eventual"}}
        yield op, good, "key in the query", {"body": body, "key": None, "query": "personal_api_key=<quoted:write>"}
        if scope is None or scope.endswith(":read"):
            yield op, good, "reading key", {"key": "read"}
        yield op, 401, "no key", {"body": body, "key": None}
        yield op, 401, "unknown key", {"body": body, "key": "unknown"}
        yield op, 401, "expired key", {"body": body, "key": "expired"}
        yield op, 401, "unknown key in the query", {"body": body, "key": None, "query": "personal_api_key=phx_x"}
        yield op, 403 if scope else good, "no scope", {"body": body, "key": "null_scopes"}
        if needs(op, "project_id"):
            yield op, 403, "another project's key", {"body": body, "key": "only_b"}
            yield op, 403, "no member", {"body": body, "key": "grace"}
            yield op, 404, "unknown project", {"body": body, "project": "unknown"}
            yield op, 404, "project that is no number", {"body": body, "project": "abc"}
            yield op, 404, "the project of a key that has several", {"body": body, "project": "@current"}
            yield op, 404 if needs(op, "id") else good, "the project of a key that has one", {"body": body, "project": "@current", "key": "only_b", "row": "01890a5d-ac96-774b-bcce-b302099a8057"}
        if scope and scope.endswith(":write"):
            yield op, 403, "reading key", {"body": body, "key": "read"}
        if op == "personal_api_keys_current":
            yield op, 404, "token", {"key": None, "token": True}
        yield op, 400, "header that is not text", {"body": body, "headers": {"Accept": b"\xff"}}
        if needs(op, "id") and not op.endswith("_activity"):
            yield op, 412, "another ETag", {"body": body, "headers": {"If-Match": '"x"'}}
            yield op, 400, "no ETag", {"body": body, "headers": {"If-None-Match": "x"}}
            yield op, good, "any ETag", {"body": body, "headers": {"If-Match": "*"}}
            yield op, 304 if op.endswith("_retrieve") else 412, "the same ETag", {"body": body,
                    "headers": {"If-None-Match": "*"}}
        if needs(op, "id"):
            yield op, 404, "unknown summary", {"body": body, "row": "01890a5d-ac96-774b-bcce-b302099a8057"}
            yield op, 404, "id that is no uuid", {"body": body, "row": "1"}
        if has_body:
            yield op, good, "form", {"body": "title=A&session_ids=a&session_ids=b", "type": FORM}
            yield op, good, "form under JSON", {"body": "title=A"}
            yield op, good, "key in the body", {"body": {"title": "A", "personal_api_key": "<key:write>"},
                                                "key": None}
            yield op, good, "whole", {"body": {"title": "é", "session_ids": ["s"] * 1000, "summary": "{}",
                                               "extra_summary_context": {"a": {}}, "run_metadata": {}}}
            yield op, good, "nulls", {"body": {"title": "A", "summary": None, "extra_summary_context": None,
                                               "run_metadata": None}}
            yield op, 401, "unknown key in the body", {"body": {"title": "A", "personal_api_key": "phx_x"},
                                                       "key": None}
            yield op, 400, "no JSON", {"body": "{"}
            yield op, 400, "no object", {"body": [1]}
            yield op, 400, "null title", {"body": {"title": None}}
            yield op, 400, "blank title", {"body": {"title": " "}}
            yield op, 400, "long title", {"body": {"title": "x" * 2049}}
            yield op, 400, "title that is no string", {"body": {"title": 1}}
            yield op, 400, "item that is no string", {"body": {"title": "A", "session_ids": ["a", 1]}}
            yield op, 400, "too many items", {"body": {"title": "A", "session_ids": ["a"] * 1001}}
            yield op, 400, "no object in a field", {"body": {"title": "A", "run_metadata": []}}
            yield op, 415, "text", {"body": "A", "type": "text/plain"}
            yield op, 413, "large", {"large": True}
        if op.endswith("_create"):
            yield op, 201, "key", {"body": body, "headers": {"Idempotency-Key": "first"}}
            yield op, 201, "key again", {"body": body, "headers": {"Idempotency-Key": "first"}}
            yield op, 409, "key of another request", {"body": {}, "headers": {"Idempotency-Key": "first"}}
            yield op, 400, "long key", {"body": body, "headers": {"Idempotency-Key": "k" * 256}}
        if op.endswith("_update") and "partial" not in op:
            yield op, 400, "no title", {"body": {}}
        if op == "projects_list":
            for name, query in (("pages", "limit=1&offset=1"), ("past the end", "offset=100000")):
                yield op, 200, name, {"query": query}
        if op == "session_group_summaries_list":
            for name, query in (
                ("pages", "limit=1&offset=1"), ("past the end", "offset=100000"), ("empty", "search=nowhere"),
                ("creators", "created_by=<uuid_of:ada>&order=created_by"), ("session", "session_id=s1"),
                ("words", "q=alpha+or+golf"), ("dates", "date_from=-7d&date_to=2126"),
            ):  # fmt: skip
                yield op, 200, name, {"query": query, "project": "shelf"}
            for parameter in ("order", "created_by", "severity", "date_from", "date_to"):
                yield op, 400, f"bad {parameter}", {"query": f"{parameter}=x"}
            for parameter in ("search", "session_id", "q"):
                yield op, 400, f"bad {parameter}", {"query": f"{parameter}=%00"}
            yield op, 400, "cursor of a list by rank", {"query": "q=alpha&cursor="}
        if op.endswith("_patterns"):
            for name, query in (("pages", "limit=1&offset=1"), ("past the end", "offset=100000"),
                                ("empty", "since=2100"), ("filters", "severity=critical,low&since=2000")):
                yield op, 200, name, {"query": query}
            for parameter in ("severity", "since"):
                yield op, 400, f"bad {parameter}", {"query": f"{parameter}=x"}
        if op.endswith("_activity"):
            for name, query in (("pages", "limit=1&offset=1"), ("past the end", "offset=100000"),
                                ("feed", "since=0&limit=3"), ("end of the feed", "since=9223372036854775807")):
                yield op, 200, name, {"query": query}
            for name, value in (("negative", "-1"), ("empty", ""), ("word", "x"), ("large", "9223372036854775808"),
                                ("fraction", "1.5"), ("null", "%00")):
                yield op, 400, f"{name} since", {"query": f"since={value}"}
            yield op, 410, "from before what is kept", {"query": "since=0", "project": "short", "row": "short_row"}
        if op.endswith(("_list", "_patterns", "_activity")):
            yield op, 414, "long", {"query": "search=" + "x" * 40_000}


CASES = list(requests())


def send(world, op, body=None, type=JSON, key="write", query="", cut=False, project="a", row=None, headers=None,
         large=False, token=False):
    method, path, _ = OPERATIONS[op]
    if token:
        headers = {"Authorization": "Bearer " + world.stack.mint_jwt({"sub": world.people["ada"]["uuid"], "scopes": "*"})}
    address = target(world, path, world.names.get(project, project), world.names.get(row, row))
    address = (address.rstrip("/") if cut else address) + (query and "?" + fill(query, world.name))
    if large:
        return world.client.raw(
            f"{method} {address} HTTP/1.1\r\nHost: {world.client.netloc}\r\nContent-Type: {JSON}\r\n"
            f"Authorization: Bearer {world.key('write')}\r\nContent-Length: 30000000\r\n\r\n".encode()
        )
    if isinstance(body, (dict, list)):
        body = fill(json.dumps(body), world.name)
    return world.call(method, address, body, key=key, type=type, headers=headers)


def check(op, answer):
    """Holds an answer against what the document says of the operation and the status."""
    described = OPERATIONS[op][2]["responses"].get(str(answer.status))
    assert described, f"{op} does not name the status {answer.status}"
    described = resolve(described)
    for name, header in described.get("headers", {}).items():
        value = answer.headers[name]
        assert value is None and name in ("Idempotency-Replayed",
                                          "Retry-After") or problems(resolve(header)["schema"], value) == [], name
    if "content" not in described:
        assert (answer.body, answer.headers["Content-Type"]) == (b"", None)
        return None
    # The other form of a summary, which nobody here asks for, is in test_report.py.
    assert [t for t in described["content"] if t != "text/markdown"] == [answer.headers["Content-Type"]]
    schema = described["content"][JSON]["schema"]
    body = answer.json()
    assert problems(schema, body) == [], answer
    return body


@pytest.mark.parametrize("op, status, name, sent", CASES,
                         ids=[f"{c[0].removeprefix('session_group_summaries_')}-{c[1]}-{c[2]}" for c in CASES])
def test_answer_is_as_described(world, op, status, name, sent):
    answer = send(world, op, **sent)
    assert answer.status == status, answer
    check(op, answer)


# What takes servers in trouble.
TROUBLE = (429, 500, 502, 503, 504)


@pytest.fixture(scope="module")
def trouble():
    """Every operation's answers at its limit, without its table, locked out of it, without PostgreSQL, and without PostgREST."""
    with Servers("--set", "fsync = off", "--set", "lock_timeout = 100", "--limits", "30 3000") as servers:
        world = World(servers)

        def ask(key="write"):
            return {
                op: world.call(method, target(world, path, row=row), {"title": "A"} if needs(op, "body") else None,
                               key=key)
                for op, (method, path, _) in OPERATIONS.items()
            }

        row = world.new_row()
        answers = {}
        world.keys["tired"] = world.keys["fresh"][:1]
        world.hand_out["tired"] = iter(world.keys["tired"] * 1000)
        wait_until(lambda: world.call("GET", world.name("list") + "/", key="tired").status == 429)
        answers[429] = ask("tired")
        tables = ("summaries", "activity", "projects", "api_keys")
        for table in tables:
            world.sql(f"ALTER TABLE session_group.{table} RENAME TO {table}_elsewhere")
        answers[500] = ask()
        for table in tables:
            world.sql(f"ALTER TABLE session_group.{table}_elsewhere RENAME TO {table}")
        assert world.call("GET", world.name("list") + "/").status == 200
        with contextlib.closing(servers.connect(autocommit=False)) as other:
            other.cursor().execute("LOCK TABLE session_group.summaries, session_group.activity, session_group.projects, session_group.api_keys")
            answers[504] = ask()
        assert world.call("GET", world.name("list") + "/").status == 200
        postmaster = int((servers.directory / "servers" / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGQUIT)
        wait_until(lambda: world.call("GET", world.name("list") + "/").status == 503)
        answers[503] = ask()
        answers[502] = interrupted(servers, world, row)
        yield answers


def interrupted(servers, world, row):
    """Every operation's answer when PostgREST dies with its request; asked again where it died before it had that."""
    answers, socket = {}, servers.env["POSTGREST_SOCKET"]

    def ask(op):
        method, path, _ = OPERATIONS[op]
        own = copy.copy(world)
        own.client = Client(world.client.base)
        with contextlib.closing(own.client):
            return own.call(method, target(world, path, row=row), {"title": "A"} if needs(op, "body") else None)

    def connections():
        return sum(line.endswith(socket + "\n") for line in open("/proc/net/unix"))

    while len(answers) < len(OPERATIONS):
        servers.revive()
        postgrest = int((servers.directory / "servers" / "postgrest.pid").read_text())
        os.kill(postgrest, signal.SIGSTOP)
        with concurrent.futures.ThreadPoolExecutor(len(OPERATIONS)) as clients:
            asked = {op: clients.submit(ask, op) for op in OPERATIONS if op not in answers}
            # One more listens.
            wait_until(lambda: connections() > len(asked))
            os.kill(postgrest, signal.SIGKILL)
        answers |= {op: answer.result() for op, answer in asked.items() if answer.result().status == 502}
    return answers


@pytest.mark.parametrize("op", OPERATIONS)
@pytest.mark.parametrize("status", TROUBLE)
def test_answer_in_trouble_is_as_described(trouble, op, status):
    answer = trouble[status][op]
    assert answer.status == status, answer
    check(op, answer)
    assert (answer.headers["Retry-After"] is not None) == (status in (429, 503))


def test_every_status_of_the_document_is_met():
    described = {(op, status) for op in OPERATIONS for status in OPERATIONS[op][2]["responses"]}
    met = {(op, str(status)) for op, status, *_ in CASES}
    met |= {(op, str(status)) for op in OPERATIONS for status in TROUBLE}
    # Of several nodes: test/system/test_fleet_directory.py.
    met |= {(op, "421") for op in OPERATIONS if "{project_id}" in OPERATIONS[op][1]}
    assert met == described


def test_drift_is_seen(world):
    """A field more, a field less, another type: each is found."""
    answer = send(world, "session_group_summaries_retrieve")
    good = answer.json()
    schema = {"$ref": "#/components/schemas/Object"}
    assert problems(schema, good) == []
    for name in good:
        assert problems(schema, {k: v for k, v in good.items() if k != name}), name
        if name != "summary":
            assert problems(schema, {**good, name: [[]]}), name
    for name in good["created_by"]:
        assert problems(schema, {**good, "created_by": {k: v for k, v in good["created_by"].items() if k != name}})
    assert problems(schema, {**good, "new": 1})
    assert problems(schema, {**good, "created_by": {**good["created_by"], "new": 1}})


def test_bounds_are_those_of_the_server(world):
    """Values at every limit, as each operation answers them."""
    title, sessions = "é" * 2048, ["é" * 200] * 1000
    row = world.new_row(title=title, session_ids=sessions)
    limits = {"title": title, "session_ids": sessions}
    for op, (method, _, _) in OPERATIONS.items():
        answer = send(world, op, body=limits if needs(op, "body") else None, row=row if needs(op, "id") else None)
        assert answer.status < 300
        check(op, answer)


def test_orders_are_those_of_the_server(world):
    order = next(p for p in map(resolve, OPERATIONS["session_group_summaries_list"][2]["parameters"])
                 if p["name"] == "order")
    names = [*DOCUMENT["components"]["schemas"]["Object"]["properties"], "session_count", "updated_at", "version", ""]
    for name in [sign + name for name in names for sign in ("", "-", "--")]:
        answer = world.call("GET", f"{world.name('list:shelf')}/?order={name}")
        # An empty one is none.
        assert (answer.status == 200) == (name in [*order["schema"]["enum"], ""]), name


def test_fields_are_in_the_order_of_the_document(world):
    properties = {name: list(s["properties"]) for name,
                  s in DOCUMENT["components"]["schemas"].items() if "properties" in s}
    page = world.call("GET", world.name("list:shelf") + "/").json()
    assert list(page) == properties["Page"] and list(page["results"][0]) == properties["Item"]
    whole = send(world, "session_group_summaries_retrieve").json()
    assert list(whole) == properties["Object"] and list(whole["created_by"]) == properties["User"]
    assert list(world.call("GET", "/api/nothing").json()) == properties["Error"]


# Paths and methods ---------------------------------------------------------------------------


def methods(path):
    return {m.upper() for m in DOCUMENT["paths"][path] if m in METHODS}


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_allow_is_what_the_document_has(world, path):
    for address in (target(world, path), target(world, path).rstrip("/")):
        answer = world.call("OPTIONS", address, key="read")
        assert answer.status == 200
        assert set(answer.headers["Allow"].split(", ")) == methods(path) | {"HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", DOCUMENT["paths"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "COPY"])
def test_method(world, path, method):
    """What the document does not have is 405, and nothing else is."""
    answer = world.call(method, target(world, path), {"title": "A"} if method in ("POST", "PUT", "PATCH") else None)
    assert (answer.status != 405) == (method in methods(path) | {"HEAD", "OPTIONS"})
    if answer.status == 405:
        described = resolve({"$ref": "#/components/responses/MethodNotAllowed"})
        assert problems(described["content"][JSON]["schema"], answer.json()) == []
        assert set(answer.headers["Allow"].split(", ")) == methods(path) | {"HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/project/", "/api/projects/<a>/x/", "<list>s/", "<list>/<row>/x/", "/api/users/",
     "/api/users/<uuid_of:ada>/",
     "/api/users/@me/x/", "/api/users/@current/", "/api/personal_api_keys/", "/api/personal_api_keys/1/",
     "/api/keys/", "/api/activity/"],
)  # fmt: skip
def test_no_other_path_is_served(world, path):
    for method in ("GET", "POST", "OPTIONS"):
        answer = world.call(method, fill(path, world.name), {} if method == "POST" else None)
        assert (answer.status, answer.json()["detail"]) == (404, "Endpoint not found.")


def test_every_fault_of_the_gateway_is_in_the_document():
    """The table of src/base/fault.c, and nginx's own: each status with its type and code, none forgotten."""
    table = (REPO / "src/base/fault.c").read_text()
    faults = {m.groups() for m in re.finditer(r'{(\d{3}), "(\w+)", "(\w+)"', table)}
    own = (REPO / "deploy" / "nginx" / "errors-table.conf").read_text()
    faults |= {m.groups() for m in re.finditer(r'/\.error/(\d{3}) .*?"type":"(\w+)","code":"(\w+)"', own)}
    assert len(faults) > 12
    described = set()
    for response in DOCUMENT["components"]["responses"].values():
        for status, kind, code in faults:
            attrs = [None, "title", "order", "since", "Idempotency-Key"]
            if "content" not in response:
                continue
            schema = response["content"][JSON]["schema"]
            if any(not problems(schema, {"type": kind, "code": code, "detail": "X", "attr": a}) for a in attrs):
                described.add((kind, code))
    # Of slow requests the document only says that they have the same body.
    assert {f[1:] for f in faults} - described == {("invalid_request", "request_timeout")}


# What is sent --------------------------------------------------------------------------------


def test_parameters_examples_and_orders_are_taken(world):
    (_, path, operation) = OPERATIONS["session_group_summaries_list"]
    in_query = [p for p in map(resolve, operation["parameters"]) if p["in"] == "query"]
    for parameter in in_query:
        values = examples(parameter) + parameter["schema"].get("enum",
                []) + [parameter["schema"][k] for k in ("default",) if k in parameter["schema"]]
        if parameter["name"] == "created_by":
            values = [world.people["ada"]["uuid"]]
        assert values, parameter["name"]
        for value in values:
            answer = world.call("GET",
                                f"{world.name('list:shelf')}/?{parameter['name']}={quote(str(value), safe='')}")
            assert answer.status == 200, (parameter["name"], value)
    assert len(in_query) == 11


def test_defaults_are_those_of_the_server(world):
    _, _, operation = OPERATIONS["session_group_summaries_list"]
    defaults = {p["name"]: p["schema"]["default"] for p in map(resolve, operation["parameters"])
                if "default" in p["schema"]}
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    world.fill_project(project, 101)
    path = f"/api/projects/{project}/session_group_summaries/"
    plain = world.call("GET", path).json()
    explicit = world.call("GET", path + "?" + urlencode(defaults)).json()
    assert (plain["count"], plain["results"]) == (101, explicit["results"]) and len(plain["results"]) == 100
    made = send(world, "session_group_summaries_create", body={}).json()
    for name, schema in DOCUMENT["components"]["schemas"]["Created"]["properties"].items():
        if "default" in schema:
            assert made[name] == schema["default"], name


@pytest.mark.parametrize("op", [op for op in OPERATIONS if needs(op, "body")])
@pytest.mark.parametrize("type", [JSON, FORM])
def test_example_body_is_taken(world, op, type):
    example = OPERATIONS[op][2]["requestBody"]["content"][type]["example"]
    answer = send(world, op, body=example if type == JSON else urlencode(example, doseq=True), type=type)
    body = check(op, answer)
    assert answer.status in (200, 201) and {k: body[k] for k in example} == example


BODIES = [
    {}, {"title": "A"}, {"title": ""}, {"title": " \t\n"}, {"title": None}, {"title": 1}, {"title": ["A"]},
    {"title": "x" * 2048},
    {"title": "é" * 2049}, {"session_ids": []}, {"session_ids": None}, {"session_ids": "a"}, {"session_ids": [""]},
    {"session_ids": [" "]}, {"session_ids": [None]}, {"session_ids": [1]}, {"session_ids": ["x" * 200]},
    {"session_ids": ["x" * 201]}, {"session_ids": ["a"] * 1000}, {"session_ids": ["a"] * 1001}, {"session_ids": {}},
    {"summary": None}, {"summary": []}, {"summary": "text"}, {"summary": 1.5}, {"summary": False},
    {"extra_summary_context": None}, {"extra_summary_context": {}}, {"extra_summary_context": []},
    {"extra_summary_context": "{}"},
    {"run_metadata": None}, {"run_metadata": {"a": [1]}}, {"run_metadata": 0}, {"run_metadata": True}, {"unknown": 1},
    [], "A", None,
]  # fmt: skip


@pytest.mark.parametrize("op", [op for op in OPERATIONS if needs(op, "body")])
@pytest.mark.parametrize("body", BODIES, ids=lambda b: json.dumps(b)[:40])
def test_schema_and_server_agree_on_bodies(world, op, body):
    """What the schema allows is taken, what it forbids is refused."""
    schema = OPERATIONS[op][2]["requestBody"]["content"][JSON]["schema"]
    for one in (body, {"title": "T", **body}) if isinstance(body, dict) else (body,):
        wrong = problems(schema, one)
        answer = send(world, op, body=json.dumps(one))
        check(op, answer)
        assert (answer.status == 400) == bool(wrong), (one, wrong, answer)


def test_body_is_required_where_the_document_says_so(world):
    for op, (_, _, operation) in OPERATIONS.items():
        if "requestBody" in operation:
            assert (send(world, op).status == 400) == operation["requestBody"]["required"], op
