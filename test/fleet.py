"""A fleet for tests: nodes by deploy/stack, an nginx in front of them, and session_group_fleet."""

import concurrent.futures
import contextlib
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile

from psycopg2.extensions import parse_dsn

from servers import REPO, STACK, Maker, Servers

PROGRAM = REPO / "deploy" / "fleet" / "session_group_fleet"
# A node of two members, with Patroni's times shortened; and for how long a leader keeps its office unheard.
PAIR = ["--members", 2, "--patroni", "s/ttl: 20/ttl: 8/; s/loop_wait: 5/loop_wait: 1/; s/retry_timeout: 5/retry_timeout: 3/",
        "--set", "fsync = off", "--patroni", "s/- data-checksums/&\\n  - no-sync/"]
PAIR_LEASE = 8


class Fleet:
    """Nodes by name (the first one is the directory's), and front, whose url leads to all of them.

    Used as a context manager: all is stopped and removed whatever happens.
    """

    def __init__(self, *names):
        self.names = names
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="fleet.", dir=os.environ.get("SESSION_GROUP_TEST_DIR")))
        self.directory.chmod(0o711)
        self.stopped = contextlib.ExitStack()

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.stopped.close()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        secret = secrets.token_hex(16)
        nodes = {name: self.new_node(name, secret) for name in self.names}
        with concurrent.futures.ThreadPoolExecutor(len(nodes)) as pool:
            started = {name: pool.submit(self.stopped.enter_context, node) for name, node in nodes.items()}
        self.nodes = {name: node.result() for name, node in started.items()}
        self.write_passwords()
        for name in self.names:
            self.run("add", name, self.address(name), self.connection(name))
        self.map = self.directory / "nodes.conf"
        self.map.write_text(self.run("map"))
        healths = " ".join(node.env["POSTGREST_HEALTH"] for node in self.nodes.values())
        self.front = self.stopped.enter_context(Servers("--front", self.map, "--health", healths, "--jwt-secret", secret))
        self.watcher = subprocess.Popen([*self.command("map", "--watch", "--output", self.front_map(),
                                         "--nginx", f"{STACK} nginx {self.front.directory}")], stdout=open(self.directory / "watcher.log", "w"), stderr=subprocess.STDOUT)
        self.stopped.callback(self.watcher.wait)
        self.stopped.callback(self.watcher.kill)
        self.make = Maker(self.nodes[self.names[0]].admin)

    def new_node(self, name, secret):
        # PostgreSQL starts subscriptions that were made one after the other once in five seconds, and copies two tables at a time.
        settings = ("fsync = off", "wal_level = logical", "shared_preload_libraries = 'session_group'", f"session_group.node = '{name}'",
                    f"session_group.directory = {'on' if name == self.names[0] else 'off'}", "wal_retrieve_retry_interval = 100ms",
                    "max_sync_workers_per_subscription = 4", "max_logical_replication_workers = 8", "max_worker_processes = 16")
        return Servers(*[word for line in settings for word in ("--set", line)], "--jwt-secret", secret)

    def write_passwords(self):
        """Of the nodes' superusers: for us, and for the servers, which connect to each other."""
        self.passwords = self.directory / "pgpass"
        parts = [parse_dsn(node.database_url) for node in self.nodes.values()]
        self.passwords.write_text("".join(f"{p['host']}:{p['port']}:*:{p['user']}:{p['password']}\n" for p in parts))
        self.passwords.chmod(0o600)
        owner = self.nodes[self.names[0]].directory.joinpath("servers", "data").stat()
        if os.getuid() == 0:
            os.chown(self.passwords, owner.st_uid, owner.st_gid)

    def connection(self, name):
        parts = parse_dsn(self.nodes[name].database_url)
        return f"host={parts['host']} port={parts['port']} dbname={parts['dbname']} user={parts['user']} passfile={self.passwords}"

    def address(self, name):
        return "unix:" + self.nodes[name].env["POSTGREST_SOCKET"]

    def front_map(self):
        return (self.front.directory / "servers" / "site" / "nodes.conf").resolve()

    def command(self, *words):
        return [sys.executable, str(PROGRAM), "--directory", self.connection(self.names[0]), *map(str, words)]

    def run(self, *words, fails=False):
        """What the program says; with fails, what it says on its failure."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    @contextlib.contextmanager
    def run_up_to(self, step, *words):
        """The program when it has said a line that begins so; it goes on meanwhile."""
        with subprocess.Popen(self.command(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
            said = ""
            for line in running.stdout:
                said += line
                if line.strip().startswith(step):
                    yield running
                    return
        raise AssertionError(f"it never said {step!r}: {said}")

    def kill_at(self, step, *words):
        with self.run_up_to(step, *words) as running:
            running.send_signal(signal.SIGKILL)

    def where(self, project):
        return self.make.row("SELECT node, moving_to, writes_stopped FROM session_group.placements WHERE project_id = %s", project)
