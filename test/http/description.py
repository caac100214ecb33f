"""The API's own description (deploy/openapi.json) as a judge: whatever the server answers, and
whatever it takes, has to be in it."""

import functools
import json
import pathlib
import re

from jsonschema import Draft202012Validator

FILE = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "openapi.json"
DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))
PATHS = {
    re.compile(re.sub("{[^}]+}", "[^/?]+", template).replace("/projects/", "/(?:projects|environments)/").removesuffix("/") + r"/?(?:\?.*)?", re.S): path
    # Words go before ids.
    for template, path in sorted(DOCUMENT["paths"].items(), key=lambda item: item[0].count("{"))
}


def resolved(part):
    """What a reference of the document stands for."""
    place = DOCUMENT
    for name in part["$ref"].removeprefix("#/").split("/") if "$ref" in part else ():
        place = place[name]
    return place if "$ref" in part else part


@functools.lru_cache(maxsize=None)
def validator_of(text):
    return Draft202012Validator({**json.loads(text), "components": DOCUMENT["components"]})


def validator(schema):
    """The validator of a schema of the document."""
    return validator_of(json.dumps(schema))


def schema_of(content):
    return validator(content["application/json"]["schema"])


def operation(method, target):
    path = next((path for pattern, path in PATHS.items() if pattern.fullmatch(target)), None)
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
            fault = problem(validator({"$ref": "#/components/schemas/Error"}), response.json())
            assert fault is None, f"{method} {target[:200]}\n{response}\n{fault}"
        return
    where = f"{method} {target[:200]} -> {response.status}"
    answers = described["responses"]
    answer = answers.get(str(response.status))
    assert answer is not None, f"{where} is not described"
    content = resolved(answer).get("content")
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
