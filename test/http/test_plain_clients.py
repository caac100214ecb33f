"""Clients that send no condition and no idempotency key are answered as ever: curl, and what supabase's
@supabase/postgrest-js and node's fetch make of it (native/plain.cjs has their checks)."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from test_native_js import modules

SCRIPT = pathlib.Path(__file__).with_name("native") / "plain.cjs"


def test_node(world):
    # Never skipped: without node or the library this is red.
    node = shutil.which("node")
    assert node, "node is missing; deploy/install test installs it"
    project = world.new_project()
    world.add_member(project, world.people["ada"]["id"])
    done = subprocess.run(
        [node, SCRIPT],
        env={
            "PATH": os.environ["PATH"],
            "NODE_PATH": modules(),
            "URL_OF_API": world.stack.url,
            "PROJECT_ID": str(project),
            "KEY": world.key("write"),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Every check of the script was run.
    assert done.stdout.split("\n")[:-1] == re.findall(r"^  async '([^']+)'\(\)", SCRIPT.read_text(), re.M)


def curl(world, *arguments):
    """Status, headers by lower-case name, and body of a call of curl."""
    done = subprocess.run(
        ["curl", "-q", "--silent", "--show-error", "--include", "-H", f"Authorization: Bearer {world.key('write')}", *arguments],
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}, body.decode()


# What a client may look at; the rest is between it and the proxy.
TRANSPORT = {"server", "date", "connection", "transfer-encoding", "content-length", "keep-alive", "vary"}
# What every answer has: see test_browsers.py.
EVERY = {"x-request-id", "cache-control", "access-control-allow-origin", "access-control-expose-headers"}


@pytest.mark.parametrize(
    "method, what, options, status, headers",
    [
        ("GET", "", [], 200, {"content-type"}),
        ("POST", "", ["-d", "title=string"], 201, {"content-type", "etag"}),
        ("GET", "<row>", [], 200, {"content-type", "etag"}),
        ("PUT", "<row>", ["-d", "title=string"], 200, {"content-type", "etag"}),
        ("PATCH", "<row>", ["-d", "title=string"], 200, {"content-type", "etag"}),
        ("DELETE", "<row>", [], 204, set()),
        ("OPTIONS", "<row>", [], 200, {"content-type", "allow"}),
        ("PATCH", "<row>", ["-d", "title="], 400, {"content-type"}),
        ("GET", "x/", [], 404, {"content-type"}),
    ],
)
def test_curl(world, method, what, options, status, headers):
    """The headers of an answer."""
    target = what.replace("<row>", world.new_row() + "/")
    found = curl(world, "-X", method, *options, f"{world.client.base}{world.name('list')}/{target}")
    assert (found[0], set(found[1]) - TRANSPORT) == (status, headers | EVERY), found
    assert (found[2] == "") == (status == 204)


def test_curl_makes_a_row_each_time(world):
    count = "SELECT count(*) FROM session_group.summaries WHERE title = 'by curl, twice'"
    for number in (1, 2):
        assert curl(world, f"{world.client.base}{world.name('list')}/", "-d", "title=by curl, twice")[0] == 201
        assert world.one(count) == number


def test_curl_keeps_etags(world, tmp_path):
    """curl's own options for ETags work as its manual says."""
    address, saved = f"{world.client.base}{world.name('list')}/{world.new_row()}/", tmp_path / "etag"
    first = curl(world, "--etag-save", saved, address)
    assert (first[0], saved.read_text().strip()) == (200, first[1]["etag"])
    again = curl(world, "--etag-compare", saved, "--etag-save", saved, address)
    assert (again[0], again[2]) == (304, "")
    assert curl(world, "-X", "PATCH", "-d", "title=n", address)[0] == 200
    assert curl(world, "--etag-compare", saved, address)[0] == 200
