"""Private servers: deploy/stack, and the peers beside it, behind the same nginx."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import world

BENCH = pathlib.Path(__file__).resolve().parent
PEERS = BENCH / "peers"
STACK = BENCH.parent / "deploy" / "stack"
FLEET = BENCH.parent / "deploy" / "fleet" / "session_group_fleet"
LIB = BENCH.parent / "deploy" / "lib.sh"
# As the unit of ours has it.
GHC_SETTINGS = "-A64m"

SETTINGS = {
    "shared_preload_libraries": "session_group",
    "shared_buffers": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "jit": "off",
    "max_connections": "60",
    "effective_cache_size": "4GB",
}

# What makes the server a node for a while: its word on projects is its placements, on keys the directory's news.
NODE = {"session_group.node": "b", "session_group.directory": "off", "session_group.directory_timeout": "7d"}


def from_lib(function):
    """What a function of deploy/lib.sh prints."""
    command = f'. "$0" && {function}'
    done = subprocess.run(["bash", "-c", command, LIB], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def fastify_modules():
    """Where deploy/install put the JavaScript packages of that peer."""
    return pathlib.Path(from_lib('say "$CACHE"'), "fastify", "node_modules")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, headers=None, method="GET", body=None):
    """Status and body; no proxy is asked."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, body, headers or {}, method=method)
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def wait_for(what, condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} does not answer")
        time.sleep(0.1)


def token(secret, claims):
    """A JSON Web Token, signed with HS256."""
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    signed = b".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return b".".join([signed, encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())]).decode()


class Servers:
    """Stopped and removed at the end of the block, whatever happens; in a directory of one's own, stopped only."""

    def __init__(self, directory=None):
        self.kept = directory
        self.peers = []
        self.env = {}
        self.front_url = None

    def __enter__(self):
        self.directory = pathlib.Path(self.kept or tempfile.mkdtemp(prefix="session_group-bench."))
        self.directory.mkdir(exist_ok=True)
        self.directory.chmod(0o711)
        is_new = not (self.directory / "stack" / "env").exists()
        try:
            self._start() if is_new else self._stack("revive")
            lines = (self.directory / "stack" / "env").read_text().splitlines()
            self.env = dict(line.split("=", 1) for line in lines)
            if is_new:
                self._make_gateway_login()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        settings = [f"--set={name} = '{value}'" for name, value in SETTINGS.items()]
        self._stack("start", *[word for line in settings for word in line.split("=", 1)])

    def _stop_peers(self):
        if self.front_url:
            self._stack("remove", part="front")
            self.front_url = None
        for process in self.peers:
            process.terminate()
        for process in self.peers:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        self.peers = []

    def __exit__(self, *_):
        self._stop_peers()
        if self.kept:
            self._stack("stop")
            return
        try:
            self._stack("remove")
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def stop_all(self):
        """Stop the servers; return the directory of their data."""
        self._stop_peers()
        self._stack("stop")
        return (self.directory / "stack" / "servers").resolve()

    def _stack(self, action, *options, part="stack"):
        run = subprocess.run([STACK, action, self.directory / part, *options],
                             stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if run.returncode:
            raise RuntimeError(f"deploy/stack {action} failed:\n{run.stderr}")

    def _make_gateway_login(self):
        self.password = secrets.token_hex(16)
        world.run(self.owner_url, "CREATE ROLE bench_gateway LOGIN NOINHERIT PASSWORD "
                                  f"'{self.password}' IN ROLE session_group_gateway",
                  "CREATE CAST (bytea AS text) WITHOUT FUNCTION",
                  # A second call in a transaction comes as the role that the first one has taken on.
                  "GRANT EXECUTE ON FUNCTION session_group_api.http(), session_group_api.http(bytea) TO session_group_api")

    @property
    def owner_url(self):
        """The database as its superuser."""
        return self.env["DATABASE_URL"]

    def through_socket(self, user, password):
        """The database by its socket, as a peer beside it connects."""
        url = urllib.parse.urlsplit(self.owner_url)
        sockets = (self.directory / "stack" / "servers" / "sockets").resolve()
        return f"postgresql://{user}:{password}@{url.path}?host={sockets}&port={url.port}"

    @property
    def gateway_url(self):
        """The same as a login role like PostgREST's."""
        return self.through_socket("bench_gateway", self.password)

    @property
    def peer_url(self):
        """The same as the superuser, for peers without roles of their own."""
        return self.through_socket("postgres", urllib.parse.urlsplit(self.owner_url).password)

    @property
    def url(self):
        """nginx."""
        return self.env["SESSION_GROUP_URL"]

    def start_peers(self, projects):
        """PostgREST on the plain table, Django under gunicorn, Fastify, and nginx's way to them."""
        self._start_postgrest(projects)
        self._start_drf()
        self._start_fastify("fastify", "session_group")
        self._start_fastify("fastify-plain", "bench_plain")
        self._start_front()
        page = "api/projects/1/session_group_summaries/"
        paths = {"postgrest": "/bench/plain/", **{name: f"/bench/{name}/{page}" for name in ("drf", "fastify", "fastify-plain")}}
        for name in paths:
            self._wait_for(name, self._socket(name).exists)
            self._socket(name).chmod(0o666)     # nginx runs as another user
        home = self.directory / "stack" / "servers"
        for part, file in (("http", "http.conf"), ("server", "server.conf")):
            with open(home / "site" / file, "a") as out:
                out.write((PEERS / f"nginx-{part}.conf").read_text().replace("DIRECTORY", str(self.directory)))
        os.kill(int((home / "nginx.pid").read_text()), signal.SIGHUP)
        for name, path in paths.items():
            self._wait_for(name, lambda: get(self.url + path)[0] in (200, 401))

    def _start_front(self):
        """The nginx in front of a fleet: its map leads to our PostgREST, which has all projects."""
        world.run(self.owner_url, f"""INSERT INTO session_group.nodes (name, address, connection)
                VALUES ('a', '127.0.0.1:1', 'host=none'), ('b', 'unix:{self.env["POSTGREST_SOCKET"]}', 'host=none')""",
                  "INSERT INTO session_group.placements (project_id, node) SELECT id, 'b' FROM session_group.projects",
                  "INSERT INTO session_group.directory_clock (node, at, received_at) VALUES ('a', now(), now())")
        nodes = self.directory / "nodes.conf"
        made = subprocess.run(["/usr/bin/python3", FLEET, "--directory", self.owner_url, "map"], check=True, capture_output=True)
        nodes.write_bytes(made.stdout)
        self._stack("start", "--front", nodes, part="front")
        env = dict(line.split("=", 1) for line in (self.directory / "front" / "env").read_text().splitlines())
        self.front_url = env["SESSION_GROUP_URL"]

    def _set(self, settings):
        """Sets them, or takes them back (None), and waits until new sessions have them."""
        words = [f"SET {name} = '{value}'" if value else f"RESET {name}" for name, value in settings.items()]
        (before,), = world.run(self.owner_url, "SELECT pg_conf_load_time()")
        world.run(self.owner_url, *[f"ALTER SYSTEM {word}" for word in words], "SELECT pg_reload_conf()")
        wait_for("PostgreSQL", lambda: world.run(self.owner_url, "SELECT pg_conf_load_time()") != [(before,)])

    @contextlib.contextmanager
    def serving(self, case):
        """Where a case is asked; through a fleet the server is a node meanwhile."""
        if not case.fleet:
            yield self.url
            return
        self._set(NODE)
        try:
            yield self.front_url
        finally:
            self._set(dict.fromkeys(NODE))

    def _socket(self, name):
        """Where a peer listens."""
        return self.directory / f"{name}.sock"

    def _wait_for(self, name, condition):
        """Until a peer answers; else with the end of what it logged."""
        try:
            wait_for(name, condition)
        except RuntimeError as error:
            log = (self.directory / f"{name}.log").read_text()
            raise RuntimeError(f"{error}; the end of its log:\n{log[-2000:]}") from None

    def _start_postgrest(self, projects):
        secret, password, admin = secrets.token_hex(32), secrets.token_hex(16), free_port()
        world.run(self.owner_url, f"CREATE ROLE bench_web LOGIN NOINHERIT PASSWORD '{password}' "
                                  "IN ROLE bench_anon, bench_plain_user")
        environment = {
            "PGRST_DB_URI": self.through_socket("bench_web", password),
            "PGRST_JWT_SECRET": secret, "PGRST_SERVER_UNIX_SOCKET": str(self._socket("postgrest")),
            "GHCRTS": GHC_SETTINGS,
            "PGRST_ADMIN_SERVER_PORT": str(admin)}
        self._start_peer("postgrest", [from_lib("find_postgrest"), PEERS / "postgrest.conf"], environment)
        self._wait_for("postgrest", lambda: get(f"http://127.0.0.1:{admin}/ready")[0] == 200)
        makers = {"key": world.key,
                  "jwt": lambda project: token(secret, {"role": "bench_plain_user", "project_id": project})}
        for name, make in makers.items():
            self.write_tokens(name, make, 0, range(1, projects + 1))
            for project in world.SPECIAL:
                self.write_tokens(name, make, project, [project])

    def write_tokens(self, name, make, project, projects):
        """Write the file of that name: the tokens of these projects' users."""
        self.tokens(name, project).write_text("".join(f"{number} {make(number)}\n" for number in projects))

    def tokens(self, name, project=0):
        """A file with the token (key or jwt) of the project's user, or (0) of each one's among which it is chosen."""
        return self.directory / f"tokens-{name}-{project}"

    def _start_drf(self):
        self._start_peer("drf", ["/usr/bin/python3", "-m", "gunicorn", "--workers=2", f"--bind=unix:{self._socket('drf')}",
                            f"--worker-tmp-dir={self.directory}", "--log-level=warning",
                            f"--chdir={PEERS / 'drf'}", "drf.wsgi"],
                    {"DATABASE_URL": self.peer_url, "PYTHONDONTWRITEBYTECODE": "1"})

    def _start_fastify(self, name, tables):
        self._start_peer(name, ["node", PEERS / "fastify" / "server.cjs"],
                    {"DATABASE_URL": self.peer_url, "SOCKET": self._socket(name), "TABLES": tables, "NODE_ENV": "production",
                     "NODE_PATH": str(fastify_modules())})

    def _start_peer(self, name, command, environment):
        clean = {key: value for key, value in os.environ.items()
                 if not key.startswith("PG") and not key.lower().endswith("_proxy")}
        with open(self.directory / f"{name}.log", "w") as log:
            self.peers.append(subprocess.Popen(command, env={**clean, **environment}, cwd="/", stdout=log,
                                               stderr=log, stdin=subprocess.DEVNULL))
