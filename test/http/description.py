"""The API's own description (deploy/openapi.json) as a judge: whatever the server answers, and
whatever it takes, has to be in it."""

import functools
import json
import pathlib
import re

from jsonschema import Draft202012Validator, RefResolver

FILE = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "openapi.json"
DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))
RESOLVER = RefResolver("", DOCUMENT)
PATH = re.compile(r"/api/projects/[^/?]+/session_group_summaries(/[^/?]+)?/?(\?.*)?", re.S)
TEMPLATE = "/api/projects/{project_id}/session_group_summaries/"


def resolved(part):
    return RESOLVER.resolve(part["$ref"])[1] if "$ref" in part else part


@functools.lru_cache(maxsize=None)
def validator(pointer):
    """The validator of a schema, named by where it stands in the document."""
    return Draft202012Validator({"$ref": pointer}, resolver=RESOLVER)


@functools.lru_cache(maxsize=None)
def inline_validator(text):
    return Draft202012Validator(json.loads(text), resolver=RESOLVER)


def schema_of(content):
    return inline_validator(json.dumps(content["application/json"]["schema"]))


def operation(method, target):
    found = PATH.fullmatch(target)
    path = found and DOCUMENT["paths"][TEMPLATE + ("{id}/" if found[1] else "")]
    return path and path.get("get" if method == "HEAD" else method.lower())


def problem(validator, value):
    """What is wrong with a value, or None."""
    fault = next(validator.iter_errors(value), None)
    return fault and f"{fault.json_path}: {fault.message[:500]}"


def check_response(method, target, response):
    """An answer is one of those that the operation has, and of its schema."""
    described = operation(method, target)
    if described is None or (response.status == 414):
        if response.status >= 400 and response.body:
            fault = problem(validator("#/components/schemas/Error"), response.json())
            assert fault is None, f"{method} {target[:200]}\n{response}\n{fault}"
        return
    where = f"{method} {target[:200]} -> {response.status}"
    assert str(response.status) in described["responses"], f"{where} is not described"
    content = resolved(described["responses"][str(response.status)]).get("content")
    if content is None or method == "HEAD":
        assert response.body == b"", f"{where} has a body that is not described"
        return
    fault = problem(schema_of(content), response.json())
    assert fault is None, f"{where}\n{response}\n{fault}"


def check_request(method, target, body, response):
    """A JSON body that was taken is of the schema for it; one that was refused for a field is not."""
    described = operation(method, target)
    if described is None or body is None or "requestBody" not in described:
        return
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    fault = problem(schema_of(described["requestBody"]["content"]), value)
    where = f"{method} {str(body)[:500]} -> {response.status}"
    if response.status < 300:
        assert fault is None, f"{where}, but the description says: {fault}"
    elif response.status == 400 and response.json()["attr"] is not None:
        assert fault is not None, f"{where}, but the description takes it\n{response}"
