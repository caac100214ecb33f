"""A golden file per operation: status, the headers of the contract, and the body byte for byte.

Ids, times and ETags are masked. The files were written from the contract, not from a server's answers;
SESSION_GROUP_GOLDEN=write replaces them with what the server says, to be read before it is kept.
"""

import os
import pathlib
import re

import pytest


GOLDEN = pathlib.Path(__file__).with_name("golden")
HEADERS = ("Content-Type", "Allow", "ETag")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ETAG = re.compile(r'"[0-9a-f]{16}"')
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z")

BODY = {
    "title": "Checkout: \"Pay now\" does nothing \\ ✓ 😀",
    "session_ids": ["0198c1d2-0001", "0198c1d2-0002", "0198c1d2-0003"],
    "summary": {
        "patterns": [
            {
                "pattern_id": 1,
                "pattern_name": "Rage clicks on <Pay now>",
                "severity": "high",
                "indicators": ["3+ clicks\nin a second", "no request"],
                "events": [],
                "stats": {"occurences": 5, "sessions_affected_ratio": 0.60, "exception": None, "blocking": True},
            }
        ]
    },
    "extra_summary_context": {"focus_area": "checkout"},
    "run_metadata": {"models": {"summary": "model-a"}, "duration": 12.5},
}
POSTHOG = {"title": "From PostHog", "summary": '{"patterns": [{"pattern_id": 1}]}', "session_ids": []}

# Operation (or its variant): method, path, body.
OPERATIONS = {
    "list": ("GET", "{list}/?limit=2&offset=1&search=", None),
    "list-empty": ("GET", "{empty}/", None),
    "create": ("POST", "{list}/", BODY),
    "create-defaults": ("POST", "{list}/", {}),
    "retrieve": ("GET", "{list}/{whole}/", None),
    "retrieve-string-summary": ("GET", "{list}/{string}/", None),
    "update": ("PUT", "{list}/{whole}/", {"title": "Replaced"}),
    "partial_update": ("PATCH", "{list}/{whole}/", {"title": "Changed", "summary": None}),
    "destroy": ("DELETE", "{list}/{whole}/", None),
    "head": ("HEAD", "{list}/{whole}/", None),
    "options-list": ("OPTIONS", "{list}/", None),
    "options": ("OPTIONS", "{list}/{whole}/", None),
    "error-401": ("GET", "{list}/", None),
    "error-404": ("GET", "{list}/abc/", None),
    "error-405": ("DELETE", "{list}/", None),
    "error-400": ("POST", "{list}/", {"session_ids": ["a", "b", "c", {}]}),
}


def masked(world, project, answer):
    text = answer.body.decode("utf-8").replace(world.client.base, "<base>")
    text = UUID.sub("<uuid>", TIME.sub("<time>", text))
    for name in ("ada", "joan"):
        person = world.people[name]
        text = text.replace(person["email"], f"<email of {name}>")
        text = text.replace(f'"created_by":{{"id":{person["id"]},', f'"created_by":{{"id":<id of {name}>,')
    text = text.replace(f"projects/{project}/", "projects/<project>/")
    text = text.replace(f'"team":{project}}}', '"team":<project>}')
    lines = [str(answer.status)]
    for name in HEADERS:
        value = answer.headers.get(name)
        if value is not None:
            value = ", ".join(sorted(value.split(", "))) if name == "Allow" else value
            lines.append(f"{name}: {ETAG.sub('<etag>', value)}")
    return "\n".join(lines) + "\n\n" + text + "\n"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_golden(world, operation):
    project = world.new_project()
    ada, joan = (world.people[name]["id"] for name in ("ada", "joan"))
    world.add_member(project, ada)
    world.add_member(project, joan)
    world.new_row(project, joan, title="First", created_at="2026-01-01T00:00:00Z")
    string = world.new_row(
        project, joan, created_at="2026-01-02T00:00:00Z", extra_summary_context=None, run_metadata=None, **POSTHOG
    )
    whole = world.new_row(project, ada, created_at="2026-01-03T00:00:00.5Z", **BODY)
    world.new_row(project, ada, title="Last", created_at="2026-01-04T00:00:00Z")
    names = {
        "list": f"/api/projects/{project}/session_group_summaries",
        "empty": world.name("list:empty"),
        "whole": whole,
        "string": string,
    }
    method, path, body = OPERATIONS[operation]
    key = None if operation == "error-401" else "write"
    found = masked(world, project, world.call(method, path.format(**names), body, key=key))
    file = GOLDEN / f"{operation}.http"
    if os.environ.get("SESSION_GROUP_GOLDEN") == "write":
        file.write_text(found, encoding="utf-8")
    # Options say what they like in their body, but for the form of it.
    if operation.startswith("options"):
        found = found.split("\n\n")[0] + "\n"
    assert found == file.read_text(encoding="utf-8")


def test_no_golden_file_without_its_operation():
    assert {file.stem for file in GOLDEN.glob("*.http")} == set(OPERATIONS)
