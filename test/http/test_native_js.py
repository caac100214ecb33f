"""supabase's @supabase/postgrest-js through the native door: native/client.cjs has the checks."""

import os
import pathlib
import re
import shutil
import subprocess
import time

SCRIPT = pathlib.Path(__file__).with_name("native") / "client.cjs"


def modules():
    """Where deploy/install puts JavaScript libraries; test/run says so in NODE_PATH."""
    cache = os.environ.get("SESSION_GROUP_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "session_group"
    )
    return os.environ.get("NODE_PATH") or os.path.join(cache, "node", "node_modules")


def test_postgrest_js(world):
    # Never skipped: without node or the library this is red.
    node = shutil.which("node")
    assert node, "node is missing; deploy/install test installs it"
    assert os.path.isdir(os.path.join(modules(), "@supabase", "postgrest-js")), (
        "@supabase/postgrest-js is missing; deploy/install test installs it"
    )
    project = world.new_project()
    ada = world.people["ada"]
    world.add_member(project, ada["id"])
    mint = world.stack.mint_jwt
    claims = {"sub": ada["uuid"], "exp": int(time.time()) + 600}
    done = subprocess.run(
        [node, SCRIPT],
        env={
            "PATH": os.environ["PATH"],
            "NODE_PATH": modules(),
            "REST_URL": world.stack.url + "/rest/v1",
            "PROJECT_ID": str(project),
            "FOREIGN_PROJECT_ID": str(world.names["c"]),
            "FOREIGN_ID": world.names["foreign_row"],
            "CREATOR_EMAIL": ada["email"],
            "CREATOR_UUID": ada["uuid"],
            "TOKEN": mint({**claims, "scopes": ["session_recording:write"]}),
            "READ_TOKEN": mint({**claims, "scopes": ["session_recording:read"], "project_ids": [project]}),
            "BAD_TOKEN": mint({**claims, "scopes": ["*"]}, secret="x" * 32),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Every check of the script was run.
    named = re.findall(r"^  async (?:'([^']+)'|(\w+))\(\)", SCRIPT.read_text(), re.M)
    assert done.stdout.split("\n")[:-1] == [a or b for a, b in named]
