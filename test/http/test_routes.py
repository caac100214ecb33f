"""The table of routes (src/http/route.c) is the rule; what else must know it says the same: the
description, and nginx, which refuses some methods by itself."""

import re

import pytest

from description import DOCUMENT
from servers import REPO

SUMMARIES = '"projects", ANY_PROJECT, "session_group_summaries"'
SCOPES = {"SG_SCOPE_READ": "session_recording:read", "SG_SCOPE_WRITE": "session_recording:write", "NULL": None}


def table():
    """Path to {method: scope}."""
    text = (REPO / "src/http/route.c").read_text()
    text = text[text.index("resources[] = {"):text.index("\n};\n", text.index("resources[] = {"))]
    routes = {}
    for path, rest in re.findall(r'\n\t\t"[\w ]+", \{([^}]+)\}(.*?)\n\t\}', text, re.S):
        segments = re.findall(r'"([^"]+)"|(ANY_\w+)', path.replace("SUMMARIES", SUMMARIES))
        words = [word or {"ANY_PROJECT": "{project_id}", "ANY_ID": "{id}"}[variable] for word, variable in segments]
        routes[f"/api/{'/'.join(words)}/"] = {m: SCOPES[s] for m, s in re.findall(r"\[SG_METHOD_(\w+)\] = \{\w+, (\w+)\}", rest)}
    return routes


ROUTES = table()


def described(path):
    """Path to {method: scope} of the description; who needs no scope, needs a key all the same."""
    return {method.upper(): next(iter(operation["security"][0]["key"]), None)
            for method, operation in DOCUMENT["paths"][path].items() if isinstance(operation, dict) and "operationId" in operation}


def test_the_description_has_the_routes_of_the_table():
    assert len(ROUTES) > 8
    assert {path: described(path) for path in DOCUMENT["paths"]} == ROUTES


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ROUTES)
def test_allow_is_what_the_table_has(world, path, method):
    """OPTIONS is answered by the gateway, TRACE by nginx."""
    address = path.replace("{project_id}", str(world.names["a"])).replace("{id}", world.new_row())
    for target in (address, address.rstrip("/"), address.replace("projects", "environments")):
        answer = world.call(method, target, key="read")
        assert answer.status == (200 if method == "OPTIONS" else 405)
        assert answer.headers["Allow"].split(", ") == [*ROUTES[path], "HEAD", "OPTIONS"]
