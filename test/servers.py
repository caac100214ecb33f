"""Private servers for tests: deploy/stack, and what a test makes in its database."""

import base64
import contextlib
import functools
import hashlib
import hmac
import json
import os
import pathlib
import secrets
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time

import psycopg2

REPO = pathlib.Path(__file__).resolve().parent.parent
STACK = REPO / "deploy" / "stack"


def free_port():
    """A port that deploy/stack would choose."""
    return int(subprocess.check_output(["bash", "-c", '. "$0/deploy/lib.sh"; free_port', REPO]))


def read_env(path):
    return dict(line.split("=", 1) for line in pathlib.Path(path).read_text().splitlines())


def running_servers(path):
    """Servers that somebody else started and stops, by their env file."""
    servers = Servers()
    servers.directory.rmdir()
    servers.env = read_env(path)
    return servers


def pass_on(source, target):
    """What one end sends to the other, up to its end, or until one of them has gone."""
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


class ToSocket(socketserver.BaseRequestHandler):
    """A connection to a port, passed on to a socket in the file system (path of the server)."""

    def handle(self):
        with socket.socket(socket.AF_UNIX) as there:
            there.connect(self.server.path)
            back = threading.Thread(target=pass_on, args=(there, self.request), daemon=True)
            back.start()
            pass_on(self.request, there)
            back.join()


class Servers:
    """PostgreSQL with the extension, PostgREST and nginx in a directory of their own.

    Used as a context manager: they are stopped and removed whatever happens.
    options: what `deploy/stack start` takes, e.g. "--limits", "5 50".
    prefix: a command that runs another one, where the servers are to run.
    """

    def __init__(self, *options, prefix=()):
        self.options = [str(option) for option in options]
        self.prefix = list(prefix)
        # What runs the tests removes the servers in this directory, should
        # the tests die before they can.
        base = os.environ.get("SESSION_GROUP_TEST_DIR")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="servers.", dir=base))
        self.env = {}

    def __enter__(self):
        try:
            self._stack("start", *self.options)
        except BaseException:
            self.__exit__()
            raise
        self.env = read_env(self.directory / "env")
        return self

    def __exit__(self, *_):
        try:
            self._stack("remove")
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _stack(self, action, *options):
        run = subprocess.run([*self.prefix, STACK, action, self.directory, *options],
                             stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if run.returncode:
            raise RuntimeError(f"deploy/stack {action} failed:\n{run.stderr}")

    def stop(self):
        self._stack("stop")

    def resume(self):
        """Starts again what was stopped."""
        self._stack("resume")

    def revive(self):
        """Starts again what has died."""
        self._stack("revive")

    @property
    def url(self):
        """nginx, without a slash at the end."""
        return self.env["SESSION_GROUP_URL"]

    @functools.cached_property
    def postgrest_url(self):
        """PostgREST itself, past nginx: a port of ours that leads to its socket."""
        relay = socketserver.ThreadingTCPServer(("127.0.0.1", 0), ToSocket)
        relay.daemon_threads = True
        relay.path = self.env["POSTGREST_SOCKET"]
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{relay.server_address[1]}"

    @property
    def database_url(self):
        """The database as its superuser."""
        return self.env["DATABASE_URL"]

    @functools.cached_property
    def admin(self):
        """One connection as superuser, autocommit, shared by all who ask."""
        return self.connect()

    def connect(self, user=None, password=None, autocommit=True):
        """A connection, as superuser if no other user is named."""
        asked = {"user": user, "password": password} if user else {}
        connection = psycopg2.connect(self.database_url, **asked)
        connection.autocommit = autocommit
        return connection

    def connect_to(self, database):
        """A superuser's connection to another database, autocommit."""
        connection = psycopg2.connect(self.database_url, dbname=database)
        connection.autocommit = True
        return connection

    def log(self, name="postgres"):
        """The text of a log: postgres, postgrest, nginx-access or nginx-error."""
        return (self.directory / "servers" / "logs" / f"{name}.log").read_text()

    def mint_jwt(self, claims, secret=None):
        """A JSON Web Token (HS256) for an hour, if the claims do not say otherwise, signed as the gateway's backends would."""
        if isinstance(claims, dict):
            claims = {name: value for name, value in {"exp": int(time.time()) + 3600, **claims}.items() if value is not ...}
        def part(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")

        key = (secret or self.env["SESSION_GROUP_JWT_SECRET"]).encode()
        message = b".".join(part(json.dumps(piece).encode())
                            for piece in ({"alg": "HS256", "typ": "JWT"}, claims))
        signature = hmac.new(key, message, hashlib.sha256).digest()
        return (message + b"." + part(signature)).decode()


class Traffic(threading.Thread):
    """A client that asks without a pause, with the credential that it was given last.

    ask: a function of the credential that asks once and returns the status.
    """

    def __init__(self, ask, credential):
        super().__init__()
        self.ask, self.credential = ask, credential
        self.statuses, self.ended = [], threading.Event()

    def run(self):
        while not self.ended.is_set():
            self.statuses.append(self.ask(self.credential))

    def more(self, number=50, seconds=60):
        """Waits until it has asked so many times more."""
        wanted, deadline = len(self.statuses) + number, time.monotonic() + seconds
        while len(self.statuses) < wanted:
            assert self.is_alive() and time.monotonic() < deadline, "no answers"
            time.sleep(0.01)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


class Maker:
    """Makes projects, users, keys and summaries, with random names where none is given."""

    def __init__(self, connection):
        self.connection = connection

    def row(self, sql, *values):
        """The first row of a query, as a dict; None if there is none."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            found = cursor.fetchone()
            return found and dict(zip((column.name for column in cursor.description), found))

    def project(self, name=None, timezone="UTC"):
        """A project's id."""
        name = name or f"Project {secrets.token_hex(4)}"
        return self.row("SELECT id FROM session_group.create_project(%s, %s)", name, timezone)["id"]

    def user(self, *projects, email=None, **columns):
        """A user's row (id, uuid, email …), a member of the projects. columns: see create_user."""
        email = email or f"user-{secrets.token_hex(6)}@example.com"
        names = "".join(f", {name} => %s" for name in columns)
        user = self.row(f"SELECT * FROM session_group.create_user(%s{names})",
                        email, *columns.values())
        for project in projects:
            self.row("SELECT session_group.add_member(%s, %s)", project, user["id"])
        return user

    def key(self, user, scopes=("session_recording:write",), projects=None, expires_at=None):
        """A new API key of a user, in clear."""
        return self.row("SELECT session_group.create_api_key(%s, %s, %s, %s, %s) AS key",
                        user["id"], f"key {secrets.token_hex(4)}", list(scopes),
                        projects and list(projects), expires_at)["key"]

    def summary(self, project, created_by=None, **columns):
        """A summary's row, as the administrator inserts it; created_by: a user, a member."""
        columns = {"project_id": project, **columns}
        if created_by:
            columns["created_by_id"] = created_by["id"]
        for name in ("summary", "extra_summary_context", "run_metadata"):
            if columns.get(name) is not None:
                columns[name] = json.dumps(columns[name])
        names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
        return self.row(f"INSERT INTO session_group.summaries ({names}) VALUES ({places})"
                        " RETURNING *", *columns.values())
