"""Private servers: deploy/stack, and the peers beside it, behind the same nginx."""

import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile

import world

BENCH = pathlib.Path(__file__).resolve().parent
STACK = BENCH.parent / "deploy" / "stack"

SETTINGS = {
    "shared_preload_libraries": "session_group",
    "shared_buffers": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    # VACUUM runs between the rounds, and not beside what is measured.
    "autovacuum": "off",
    "jit": "off",
    "max_connections": "60",
    "effective_cache_size": "4GB",
}


class Servers:
    """Stopped and removed at the end of the block, whatever happens."""

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="session_group-bench."))
        self.directory.chmod(0o711)
        self.peers = []
        try:
            settings = [f"--set={name} = '{value}'" for name, value in SETTINGS.items()]
            self._stack("start", *[word for line in settings for word in line.split("=", 1)])
            lines = (self.directory / "stack" / "env").read_text().splitlines()
            self.env = dict(line.split("=", 1) for line in lines)
            self._make_gateway_login()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.peers:
            process.terminate()
        for process in self.peers:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        try:
            self._stack("remove")
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _stack(self, action, *options):
        run = subprocess.run([STACK, action, self.directory / "stack", *options],
                             stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if run.returncode:
            raise RuntimeError(f"deploy/stack {action} failed:\n{run.stderr}")

    def _make_gateway_login(self):
        self.password = secrets.token_hex(16)
        world.run(self.owner_url, "CREATE ROLE bench_gateway LOGIN NOINHERIT PASSWORD "
                                  f"'{self.password}' IN ROLE session_group_gateway")

    @property
    def owner_url(self):
        """The database as its superuser."""
        return self.env["DATABASE_URL"]

    @property
    def gateway_url(self):
        """The database as a login role like PostgREST's."""
        return "postgresql://bench_gateway:" + self.password + "@" + self.owner_url.split("@")[1]

    @property
    def url(self):
        """nginx."""
        return self.env["SESSION_GROUP_URL"]
