"""Many requests on one backend: what it keeps does not grow with their number.

Requests of all kinds, wrong ones among them, by PostgREST on one connection and by SQL as PostgREST
would send them. After a warm-up, samples of the backend's memory (its own contexts, and what the
system has given it) and of open descriptors must stay where they are.

SESSION_GROUP_REQUESTS_SOAKED is the number of requests (make check-soak: 200,000), SESSION_GROUP_SEED
repeats a run.
"""

import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import secrets
import time
import urllib.parse
import uuid

import pytest

from servers import Maker, Servers

SEED = int(os.environ.get("SESSION_GROUP_SEED", secrets.randbelow(10**9)))
REQUESTS = int(os.environ.get("SESSION_GROUP_REQUESTS_SOAKED", "3000"))
SAMPLES, WARM_UP = 10, 2
CLIENTS = 4
EACH_FIRST = 8
ROWS = 1500     # in the large project
KEYS = 40
# Bytes and numbers. PostgreSQL enlarges a buffer or opens one more file of a table when it first needs to.
MAY_GROW = {"memory": 1_000_000, "contexts": 200_000, "descriptors": 10, "other descriptors": 10}
LARGE = json.dumps({"title": "Large",
                    "summary": {"patterns": [{"id": n, "text": "lorem ipsum " * 64} for n in range(1000)]}})


@pytest.fixture(scope="module")
def servers():
    with Servers("--set", "fsync = off", "--postgrest", "db-pool = 1") as running:
        with running.admin.cursor() as cursor:
            cursor.execute("CREATE ROLE soak LOGIN NOINHERIT PASSWORD 'soak' IN ROLE session_group_gateway")
            # An error that nobody foresees, after rows were written.
            cursor.execute("CREATE FUNCTION public.boom() RETURNS trigger LANGUAGE plpgsql AS"
                           " $$ BEGIN RAISE EXCEPTION 'boom'; END $$;"
                           "CREATE TRIGGER zz_boom AFTER INSERT ON session_group.summaries FOR EACH ROW"
                           " WHEN (NEW.title = 'boom') EXECUTE FUNCTION public.boom()")
        yield running


class World:
    """A large project to read and a small one to write in, and keys of all kinds."""

    def __init__(self, servers):
        make = Maker(servers.admin)
        self.large, self.small, self.foreign = (make.project() for _ in range(3))
        user = make.user(self.large, self.small)
        self.keys = [make.key(user) for _ in range(KEYS)]
        self.reader = make.key(user, scopes=["session_recording:read"])
        self.uuid = user["uuid"]
        with servers.admin.cursor() as cursor:
            cursor.execute(
                "INSERT INTO session_group.summaries (project_id, title, session_ids, created_by_id, created_at, summary)"
                " SELECT %s, 'Row ' || n, ARRAY['s1', 's2'], %s, now() - n * interval '1 minute',"
                " jsonb_build_object('patterns', jsonb_build_array(jsonb_build_object('n', n)))"
                " FROM generate_series(1, %s) AS n RETURNING id", (self.large, user["id"], ROWS))
            self.ids = [id for id, in cursor.fetchall()]
            cursor.execute("ANALYZE")


class Requests:
    """Random requests: method, path, body, key, other headers, and the status that each must have."""

    def __init__(self, world, name):
        self.world = world
        self.name = name
        self.random = random.Random(f"{SEED} {name}")
        self.made = []
        kinds = {self.page: 30, self.filtered: 15, self.object: 20, self.create: 8, self.once: 3, self.change: 8,
                 self.delete: 7,
                 self.conditional: 3, self.activity: 4, self.patterns: 1, self.wrong: 8, self.unauthorized: 5,
                 self.unforeseen: 1, self.whole_page: 0.3, self.document: 0.2}
        self.kinds, self.weights = list(kinds), list(kinds.values())
        self.first = self.kinds * EACH_FIRST

    def next(self):
        """First some of each kind, so that none is new after the warm-up; then at random."""
        if self.first:
            return self.first.pop()()
        (kind,) = self.random.choices(self.kinds, self.weights)
        return kind()

    def request(self, method, project, rest, expected, body=None, headers=None, **key):
        path = f"/api/projects/{project}/session_group_summaries/{rest}"
        return method, path, body, key.get("key", self.random.choice(self.world.keys)), headers or {}, expected

    def page(self):
        query = self.random.choice(["", "?limit=10", "?limit=5&offset=700", "?limit=3&order=title"])
        return self.request("GET", self.world.large, query, 200)

    def whole_page(self):
        return self.request("GET", self.world.large, "?limit=1000", 200)

    def filtered(self):
        number = self.random.randrange(10**6)
        query = self.random.choice([f"search=row%20{number % ROWS}", "date_from=-3h", f"date_to=-{number % 99}d",
                                    f"created_by={self.world.uuid}", f"created_by={uuid.UUID(int=number)}",
                                    f"q=row%20{number % ROWS}", f"session_id=s{number % 4}", "severity=high",
                                    f"unknown={number}&limit=2"])
        return self.request("GET", self.world.large, f"?limit=4&{query}", 200)

    def object(self):
        return self.request("GET", self.world.large, f"{self.random.choice(self.world.ids)}/", 200)

    def activity(self):
        rest = self.random.choice(["activity/?limit=5", f"activity/?since={self.random.randrange(ROWS)}&limit=5",
                                   f"{self.random.choice(self.world.ids)}/activity/"])
        return self.request("GET", self.world.large, rest, 200)

    def patterns(self):
        return self.request("GET", self.world.large, "patterns/?limit=5", 200)

    def body(self):
        return json.dumps({"title": f"Made {self.random.random()}", "session_ids": ["a", "b"],
                           "summary": {"patterns": []}})

    def create(self):
        return self.request("POST", self.world.small, "", 201, self.body())

    def once(self):
        """Sent twice; who makes the row is the first, and the second has its answer."""
        headers = {"Idempotency-Key": f"{self.name} {self.random.random()}"}
        request = self.request("POST", self.world.small, "", 201, self.body(), headers)
        self.first.append(lambda: request)
        return request

    def change(self):
        id = self.random.choice(self.world.ids)
        body = self.random.choice([{"title": f"Row {self.random.randrange(10**6)}"},
                                   {"run_metadata": {"n": self.random.random()}}, {}])
        return self.request("PATCH", self.world.large, f"{id}/", 200, json.dumps(body))

    def conditional(self):
        rest = f"{self.random.choice(self.world.ids)}/"
        return self.random.choice([
            self.request("PATCH", self.world.large, rest, 412, '{"title": "x"}', {"If-Match": '"0"'}),
            self.request("PATCH", self.world.large, rest, 200, "{}", {"If-Match": "*"}),
            self.request("GET", self.world.large, rest, 304, None, {"If-None-Match": "*"})])

    def delete(self):
        if not self.made:
            return self.create()
        return self.request("DELETE", self.world.small, f"{self.made.pop()}/", 204)

    def document(self):
        """A megabyte in; deleted later."""
        return self.request("POST", self.world.small, "", 201, LARGE)

    def wrong(self):
        unknown = uuid.UUID(int=self.random.getrandbits(128))
        method, rest, body, expected = self.random.choice([
            ("POST", "", "{", 400), ("POST", "", "[]", 400), ("POST", "", '{"title": ""}', 400),
            ("POST", "", json.dumps({"session_ids": ["s"] * 1001}), 400), ("POST", "", "[" * 20000, 400),
            ("GET", "?order=nope", None, 400), ("GET", "?date_from=x", None, 400),
            ("GET", "?created_by=x", None, 400),
            ("GET", "?cursor=x", None, 400), ("GET", "activity/?since=x", None, 400),
            ("GET", f"{unknown}/", None, 404),
            ("PATCH", f"{unknown}/", '{"title":"x"}', 404), ("DELETE", "", None, 405), ("GET", "nope", None, 404)])
        return self.request(method, self.world.large, rest, expected, body)

    def unauthorized(self):
        number = self.random.randrange(10**9)
        project, key, expected = self.random.choice([
            (self.world.large, f"phx_{number}", 401), (self.world.large, "x" * 300, 401),
            (self.world.large, None, 401),
            (self.world.foreign, self.world.keys[0], 403), (10**12 + number, self.world.keys[0], 404),
            ("x", self.world.keys[0], 404)])
        return self.request("GET", project, "", expected, key=key)

    def unforeseen(self):
        key, expected = self.random.choice([(self.world.keys[0], 500), (self.world.reader, 403)])
        return self.request("POST", self.world.small, "", expected, '{"title": "boom"}', key=key)


class Gauge:
    """What a backend holds, and how many descriptors other processes have open, sampled."""

    def __init__(self, servers, pid, others=()):
        self.servers = servers
        self.pid = pid
        self.others = others
        self.samples = []

    def sample(self):
        self.samples.append({"memory": self.memory(), "contexts": self.contexts(),
                             "descriptors": descriptors(self.pid),
                             "other descriptors": sum(descriptors(pid) for pid in self.others)})

    def memory(self):
        """Bytes that the system has given the backend, shared memory apart."""
        (kilobytes,) = re.findall(r"RssAnon:\s+(\d+) kB", pathlib.Path(f"/proc/{self.pid}/status").read_text())
        return int(kilobytes) * 1024

    def contexts(self):
        """Bytes in the backend's memory contexts, as it writes to the server's log."""
        total = re.compile(rf"\[{self.pid}\] LOG:  Grand total: (\d+) bytes")
        with (self.servers.directory / "servers" / "logs" / "postgres.log").open() as log:
            log.seek(0, os.SEEK_END)
            with self.servers.admin.cursor() as cursor:
                cursor.execute("SELECT pg_log_backend_memory_contexts(%s)", (self.pid,))
            written, deadline = "", time.monotonic() + 60
            while not total.search(written):
                assert time.monotonic() < deadline, "the backend does not write what memory it has"
                time.sleep(0.01)
                written += log.read()
        return int(total.search(written)[1])

    def grown(self, what):
        """How far all of the later samples lie above all of the earlier ones, the warm-up apart."""
        values = [sample[what] for sample in self.samples[WARM_UP:]]
        half = len(values) // 2
        return min(values[half:]) - max(values[:half])

    def conclude(self, name):
        """Say what there was (pytest -s shows it), and check that nothing grows."""
        first, last = self.samples[WARM_UP], self.samples[-1]
        print(f"\n{name}, {REQUESTS} requests, SESSION_GROUP_SEED={SEED}; after the warm-up and at the end: "
              + ", ".join(f"{what} {first[what]:,} {last[what]:,}" for what in first))
        for what, most in MAY_GROW.items():
            assert self.grown(what) <= most, self.samples


def descriptors(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def soak(gauge, work):
    """Do the work in pieces, with a sample after each."""
    for _ in range(SAMPLES):
        work(REQUESTS // SAMPLES)
        gauge.sample()


def play(requests, ask, number):
    """Send requests; each has the status that it must have."""
    for _ in range(number):
        *request, expected = requests.next()
        status, answer = ask(*request)
        assert status == expected, (SEED, [str(part)[:300] for part in request], status, answer[:300])
        if status == 201 and json.loads(answer)["id"] not in requests.made[-2:]:
            requests.made.append(json.loads(answer)["id"])


class Backend:
    """A session that sends what PostgREST sends."""

    def __init__(self, servers):
        self.connection = servers.connect("soak", "soak")
        self.cursor = self.connection.cursor()

    def ask(self, method, path, body, key, headers):
        headers = {name.lower(): value for name, value in headers.items()}
        headers |= {"x-forwarded-method": method, "x-forwarded-uri": path,
                    "x-forwarded-content-type": "application/json"}
        if key is not None:
            headers["x-api-key"] = key
        self.cursor.execute(
            f"BEGIN READ {'ONLY' if method == 'GET' else 'WRITE'};"
            "SELECT set_config('role', 'session_group_anon', true), set_config('request.headers', %s, true);"
            "SELECT session_group.authenticate();"
            "SELECT current_setting('response.status')::integer, body"
            " FROM (SELECT session_group_api.http(%s)::bytea AS body OFFSET 0) AS answer",
            (json.dumps(headers), body and body.encode()))
        status, answer = self.cursor.fetchone()
        self.cursor.execute("COMMIT")
        return status, bytes(answer)


class Client:
    """A client of nginx, with a connection that stays open."""

    def __init__(self, servers):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(servers.url).netloc, timeout=120)

    def ask(self, method, path, body, key, headers):
        headers = {**headers, "Content-Type": "application/json"} if body is not None else dict(headers)
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture(scope="module")
def world(servers):
    return World(servers)


def test_one_session(servers, world):
    backend = Backend(servers)
    with contextlib.closing(backend.connection):
        gauge = Gauge(servers, backend.connection.info.backend_pid)
        requests = Requests(world, "session")
        soak(gauge, lambda number: play(requests, backend.ask, number))
        gauge.conclude("SQL")


def test_one_connection_of_postgrest(servers, world):
    clients = [(Requests(world, f"client {number}"), Client(servers)) for number in range(CLIENTS)]
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        def work(number):
            for done in [pool.submit(play, requests, client.ask, number // CLIENTS) for requests, client in clients]:
                done.result()

        gauge = Gauge(servers, *processes(servers))
        soak(gauge, work)
    assert processes(servers)[0] == gauge.pid, "PostgREST has opened another connection"
    gauge.conclude("HTTP")


def processes(servers):
    """The one backend that serves requests, and PostgREST and nginx's workers."""
    with servers.admin.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'session_group_web' AND query !~ '^LISTEN'")
        (backend,), = cursor.fetchall()
    pids = [int((servers.directory / "servers" / name).read_text()) for name in ("postgrest.pid", "nginx.pid")]
    workers = pathlib.Path(f"/proc/{pids[1]}/task/{pids[1]}/children").read_text().split()
    return backend, [pids[0], *map(int, workers)]
