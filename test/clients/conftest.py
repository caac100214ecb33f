"""Fixtures of the tests with clients that nobody here wrote; ../http has what they share with the others."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "http"))

from test_native_js import modules  # noqa: E402
from world import World  # noqa: E402


@pytest.fixture(scope="session")
def world(stack):
    return World(stack)


class Node:
    """Runs programs of node in a directory where they find the packages that deploy/install put there."""

    def __init__(self, directory, env):
        self.directory, self.env = directory, env
        (directory / "node_modules").symlink_to(modules())

    def run(self, *words, **env):
        node = shutil.which("node")
        # Never skipped: without node or a package this is red.
        assert node, "node is missing; deploy/install test installs it"
        done = subprocess.run(
            [node, *map(str, words)], cwd=self.directory, capture_output=True, text=True, timeout=180,
            env={"PATH": os.environ["PATH"], "HOME": str(self.directory), "NODE_PATH": modules(), **self.env, **env},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def checks(self, name, **env):
        """A script of this directory that prints a line for each check that holds: all of them were run."""
        script = self.directory / name
        shutil.copy(HERE / name, script)
        shutil.copy(HERE / "checks.mjs", self.directory)
        printed = self.run(script, **env).splitlines()
        named = re.findall(r"^  async ['\"]?([^'\"(]+)['\"]?\(", script.read_text(), re.M)
        assert printed == named and named, "\n".join(printed)


@pytest.fixture
def node(world, tmp_path):
    """For a project of its own, with a key that writes there and one that reads."""
    project = world.new_project()
    ada = world.people["ada"]
    world.add_member(project, ada["id"])
    (writes,) = world.new_keys(ada["id"], ["session_recording:write"], [project], number=1)
    (reads,) = world.new_keys(ada["id"], ["session_recording:read"], [project], number=1)
    names = {
        "SESSION_GROUP_URL": world.stack.url, "SESSION_GROUP_PROJECT_ID": str(project), "POSTHOG_PERSONAL_API_KEY": writes,
        "SESSION_GROUP_READ_KEY": reads, "FOREIGN_PROJECT_ID": str(world.names["c"]), "USER_UUID": ada["uuid"],
    }  # fmt: skip
    return Node(tmp_path, names)
