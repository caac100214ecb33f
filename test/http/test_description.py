"""The API's description, /api/schema/: what it says of itself. Each case of the other files checks
requests and answers against it."""

import json

import pytest
from jsonschema import Draft202012Validator

from description import DOCUMENT, FILE, TEMPLATE, operation, problem, resolved, schema_of

OPERATIONS = {
    "session_group_summaries_list": ("GET", "", "session_recording:read", "200"),
    "session_group_summaries_create": ("POST", "", "session_recording:write", "201"),
    "session_group_summaries_retrieve": ("GET", "{id}/", "session_recording:read", "200"),
    "session_group_summaries_update": ("PUT", "{id}/", "session_recording:write", "200"),
    "session_group_summaries_partial_update": ("PATCH", "{id}/", "session_recording:write", "200"),
    "session_group_summaries_destroy": ("DELETE", "{id}/", "session_recording:write", "204"),
}


@pytest.mark.parametrize("path", ["/api/schema/", "/api/schema"])
@pytest.mark.parametrize("key", [None, "read"])
def test_served(world, path, key):
    answer = world.call("GET", path, key=key)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.body == FILE.read_bytes()
    assert world.call("HEAD", path, key=key).body == b""


def test_operations():
    """The six operations, by method and path, with their scopes."""
    found = {
        entry["operationId"]: (method.upper(), path.removeprefix(TEMPLATE), entry)
        for path, item in DOCUMENT["paths"].items()
        for method, entry in item.items()
        if isinstance(entry, dict) and "operationId" in entry
    }
    assert set(found) == set(OPERATIONS)
    for name, (method, path, scope, status) in OPERATIONS.items():
        assert found[name][:2] == (method, path)
        assert status in found[name][2]["responses"]
        assert {s for way in found[name][2]["security"] for scopes in way.values() for s in scopes} == {scope}
        assert operation(method, f"/api/projects/1/session_group_summaries/{'x/' if path else ''}") is found[name][2]


def test_version():
    assert DOCUMENT["openapi"].startswith("3.1.")


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_schema(name):
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


def examples():
    """All media types of the document that have a schema and examples."""

    def walk(part, where):
        if isinstance(part, dict):
            content = part.get("content", {}).get("application/json") if isinstance(part.get("content"), dict) else None
            if content:
                if "example" in content:
                    yield where, part["content"], content["example"]
                for name, example in content.get("examples", {}).items():
                    yield f"{where}/{name}", part["content"], resolved(example)["value"]
            for name, inner in part.items():
                yield from walk(inner, f"{where}/{name}")
        elif isinstance(part, list):
            for number, inner in enumerate(part):
                yield from walk(inner, f"{where}/{number}")

    return list(walk(DOCUMENT, ""))


@pytest.mark.parametrize("where, content, example", examples(), ids=[e[0].replace("/", ".") for e in examples()])
def test_example(where, content, example):
    assert problem(schema_of(content), example) is None


def test_references_lead_somewhere():
    text = json.dumps(DOCUMENT)
    for found in set(part.split('"')[0] for part in text.split('"$ref": "')[1:]):
        assert resolved({"$ref": found})
