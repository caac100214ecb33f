"""Many clients at once, at random, against a model of what there must be.

Each worker has rows of its own, which it alone changes, through whichever door: after each answer it
knows exactly what they are. Rows that all change obey invariants: a version grows by one with each
acknowledged change, a number that is raised only where nobody else has raised it loses no
acknowledged step. Members come and go, keys are revoked, projects are made and deleted meanwhile;
what was taken away must be refused from the next request on. In the end all is compared.

SESSION_GROUP_SEED repeats the choices (not the interleaving), SESSION_GROUP_OPERATIONS is how many
each worker makes; make check-concurrency runs many.
"""

import collections
import concurrent.futures
import http.client
import json
import os
import random
import re
import secrets
import threading
import time
import urllib.parse
import uuid

import psycopg2
import psycopg2.errors
import psycopg2.extras
import pytest

from servers import Maker, Servers

SEED = int(os.environ.get("SESSION_GROUP_SEED", secrets.randbelow(10**9)))
OPERATIONS = int(os.environ.get("SESSION_GROUP_OPERATIONS", "400"))
WRITERS = 6
SHARED = 3  # rows of each kind that all workers change, in each project
TITLES = ["Checkout", "Ärger", "100% off", "back\\slash", "'; --", "🔑"]


@pytest.fixture(scope="module")
def servers():
    with Servers("--set", "fsync = off") as running:
        with running.admin.cursor() as cursor:
            cursor.execute("CREATE ROLE model_app LOGIN PASSWORD 'model_app' IN ROLE session_group_api")
        yield running


class World:
    """What all workers share."""

    def __init__(self, servers):
        self.servers = servers
        self.make = Maker(servers.admin)
        self.projects = [self.make.project() for _ in range(2)]
        self.changed = {}   # rows that everybody changes: acknowledged changes
        self.raised = {}    # rows whose number everybody raises: acknowledged steps
        self.lock = threading.Lock()
        for project in self.projects:
            for _ in range(SHARED):
                self.changed[project, str(self.make.summary(project)["id"])] = 0
                self.raised[project, str(self.make.summary(project, run_metadata={"n": 0})["id"])] = 0

    def note(self, counts, row):
        with self.lock:
            counts[row] += 1


class Doors:
    """One client with its key: HTTP and SQL, a connection each."""

    def __init__(self, servers, key):
        self.key = key
        self.web = http.client.HTTPConnection(urllib.parse.urlsplit(servers.url).netloc, timeout=120)
        self.sql = servers.connect("model_app", "model_app", autocommit=False)

    def ask(self, method, path, body=None, key=None, **headers):
        """Status and body of a request."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers.update({"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json",
                        "Prefer": "return=representation"})
        self.web.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self.web.getresponse()
        text = answer.read().decode()
        self.etag = answer.getheader("ETag")
        return answer.status, json.loads(text) if text else None

    def run(self, statement, *values, level="READ COMMITTED", commit=True):
        """The rows of a statement, in a transaction of its own."""
        with self.sql.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            try:
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
                cursor.execute("SELECT session_group.login(%s)", (self.key,))
                cursor.execute(statement, values)
                rows = cursor.fetchall()
                self.sql.commit() if commit else self.sql.rollback()
                return rows
            except psycopg2.Error:
                self.sql.rollback()
                raise

    def close(self):
        self.web.close()
        self.sql.close()


def path_of(project, id=None):
    return f"/api/projects/{project}/session_group_summaries/" + (f"{id}/" if id else "")


class Writer:
    """A worker with rows of its own: (project, id) and what it holds."""

    def __init__(self, world, number):
        self.world = world
        self.random = random.Random(f"{SEED} writer {number}")
        self.user = world.make.user(*world.projects)
        self.doors = Doors(world.servers, world.make.key(self.user))
        self.others = Doors(world.servers, world.make.key(self.user))
        self.rows, self.gone = {}, {}

    def work(self):
        kinds = [(self.create, 6), (self.create_once, 2), (self.change, 6), (self.delete, 3), (self.get, 4), (self.list, 4),
                 (self.count, 2), (self.give_up, 2), (self.miss, 1), (self.change_shared, 4), (self.raise_shared, 6)]
        names, weights = zip(*kinds)
        for operation in self.random.choices(names, weights, k=OPERATIONS):
            operation()
        self.doors.close()
        self.others.close()

    def project(self):
        return self.random.choice(self.world.projects)

    def over_http(self):
        return self.random.random() < 0.5

    def fields(self):
        return {"title": f"{self.random.choice(TITLES)} {self.random.randrange(10**6)}",
                "session_ids": [f"s{n}" for n in range(self.random.randrange(4))]}

    def own(self):
        return self.random.choice(list(self.rows)) if self.rows else None

    def expect(self, found, row):
        """What a door shows of a row is what the model says."""
        held = self.rows[row]
        assert {name: found[name] for name in ("title", "session_ids")} == held["fields"], row
        assert found.get("version", held["version"]) == held["version"], row

    def create(self):
        project, fields = self.project(), self.fields()
        if self.over_http():
            status, made = self.doors.ask("POST", path_of(project), fields)
            assert status == 201, made
            assert made["created_by"]["uuid"] == self.user["uuid"]
        else:
            (made,) = self.doors.run("SELECT * FROM session_group.create_summary(%s, %s, %s)",
                                     project, fields["title"], fields["session_ids"])
        row = project, str(made["id"])
        assert row not in self.rows
        self.rows[row] = {"fields": fields, "version": 1}
        self.expect(made, row)

    def create_once(self):
        """The same request on two connections at once makes one row, and both are told of it."""
        project, fields, once = self.project(), self.fields(), str(uuid.UUID(int=self.random.getrandbits(128)))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            sent = [pool.submit(doors.ask, "POST", path_of(project), fields, Idempotency_Key=once)
                    for doors in (self.doors, self.others)]
            (status, made), again = [answer.result() for answer in sent]
        assert status == 201 and again == (status, made), (made, again)
        self.rows[project, made["id"]] = {"fields": fields, "version": 1}

    def change(self):
        row = self.own()
        if row is None:
            return
        changes = {name: value for name, value in self.fields().items() if self.random.random() < 0.6}
        if self.over_http():
            status, found = self.doors.ask("PATCH", path_of(*row), changes)
            assert status == 200, found
        else:
            (found,) = self.doors.run("SELECT * FROM session_group.update_summary(%s, %s, %s)",
                                      *row, json.dumps(changes))
        self.rows[row]["fields"].update(changes)
        self.rows[row]["version"] += 1
        self.expect(found, row)

    def delete(self):
        row = self.own()
        if row is None:
            return
        if self.over_http():
            assert self.doors.ask("DELETE", path_of(*row)) == (204, None)
        else:
            self.doors.run("SELECT session_group.delete_summary(%s, %s)", *row)
        self.gone[row] = self.rows.pop(row)

    def get(self):
        row = self.own()
        if row is None:
            return
        if self.over_http():
            status, found = self.doors.ask("GET", path_of(*row))
            assert status == 200, found
        else:
            (found,) = self.doors.run("SELECT * FROM session_group.get_summary(%s, %s)", *row)
        self.expect(found, row)

    def list(self):
        """The rows that this worker has made are exactly its own."""
        project = self.project()
        own = {row for row in self.rows if row[0] == project}
        if self.over_http():
            status, page = self.doors.ask("GET", path_of(project) + f"?created_by={self.user['uuid']}&limit=1000")
            assert (status, page["count"]) == (200, len(own))
            found = page["results"]
        else:
            found = self.doors.run("SELECT * FROM session_group.list_summaries(%s, 1000, created_by => %s)",
                                   project, self.user["uuid"])
            for summary in found:
                self.expect(summary, (project, str(summary["id"])))
        assert {(project, str(summary["id"])) for summary in found} == own

    def count(self):
        """In one snapshot, the kept number is that of the rows."""
        (found,) = self.doors.run(
            "SELECT session_group.count_summaries(%(p)s) AS kept, (SELECT count(*)"
            " FROM session_group.summaries WHERE project_id = %(p)s) AS counted" % {"p": self.project()}, level="REPEATABLE READ")
        assert found["kept"] == found["counted"]

    def give_up(self):
        """What is rolled back, wholly or to a savepoint, leaves nothing."""
        project = self.project()
        create = f"SELECT id FROM session_group.create_summary({project}, 'given up')"
        if self.random.random() < 0.5:
            self.doors.run(create, commit=False)
        else:
            self.doors.run(f"SAVEPOINT s; {create}; SELECT session_group.delete_summary({project}, id)"
                           f" FROM session_group.list_summaries({project}, 1, created_by => '{self.user['uuid']}');"
                           " ROLLBACK TO s; SELECT 1")

    def miss(self):
        """A row that is not there."""
        row = self.project(), str(uuid.UUID(int=self.random.getrandbits(128)))
        status, answer = self.doors.ask(self.random.choice(["GET", "PATCH", "DELETE"]), path_of(*row), {"title": "x"})
        assert (status, answer["code"]) == (404, "not_found")
        with pytest.raises(psycopg2.errors.NoDataFound):
            self.doors.run("SELECT * FROM session_group.update_summary(%s, %s, '{}')", *row)

    def change_shared(self):
        row = self.random.choice(list(self.world.changed))
        title = self.fields()["title"]
        if self.over_http():
            status, found = self.doors.ask("PATCH", path_of(*row), {"title": title})
            assert status == 200, found
        else:
            (found,) = self.doors.run("SELECT * FROM session_group.update_summary(%s, %s, %s)",
                                      *row, json.dumps({"title": title}))
        assert found["title"] == title
        self.world.note(self.world.changed, row)

    def raise_shared(self):
        """Read, then write where nobody else has written; who comes too late does not write."""
        row = self.random.choice(list(self.world.raised))
        if self.random.choice([self.raise_at_gateway, self.raise_natively, self.raise_by_function, self.raise_in_view])(row):
            self.world.note(self.world.raised, row)

    def raise_at_gateway(self, row):
        status, found = self.doors.ask("GET", path_of(*row))
        assert status == 200, found
        status, answer = self.doors.ask("PATCH", path_of(*row), {"run_metadata": {"n": found["run_metadata"]["n"] + 1}},
                                        If_Match=self.doors.etag)
        assert status in (200, 412), answer
        return status == 200

    def look(self, row, level="READ COMMITTED"):
        """The version of a row, and its number raised by one."""
        (found,) = self.doors.run("SELECT * FROM session_group.get_summary(%s, %s)", *row, level=level)
        return found["version"], {"n": found["run_metadata"]["n"] + 1}

    def raise_natively(self, row):
        version, number = self.look(row)
        status, written = self.doors.ask(
            "PATCH", f"/rest/v1/session_group_summaries?project_id=eq.{row[0]}&id=eq.{row[1]}"
            f"&version=eq.{version}&select=version", {"run_metadata": number})
        assert status == 200 and written in ([], [{"version": version + 1}]), written
        return written != []

    def raise_by_function(self, row):
        version, number = self.look(row)
        try:
            (written,) = self.doors.run("SELECT * FROM session_group.update_summary(%s, %s, %s, expected_version => %s)",
                                        *row, json.dumps({"run_metadata": number}), version)
        except psycopg2.errors.ObjectNotInPrerequisiteState:
            return False
        assert written["version"] == version + 1
        return True

    def raise_in_view(self, row):
        level = self.random.choice(["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
        try:
            version, number = self.look(row, level)
            written = self.doors.run(
                "UPDATE session_group_api.session_group_summaries SET run_metadata = %s"
                " WHERE project_id = %s AND id = %s AND version = %s RETURNING version",
                json.dumps(number), *row, version, level=level)
        except psycopg2.errors.SerializationFailure:
            assert level != "READ COMMITTED"
            return False
        assert written in ([], [{"version": version + 1}]), written
        return written != []


class Administrator:
    """Takes away what others are using: from the next request on it is refused."""

    def __init__(self, world):
        self.world = world
        self.random = random.Random(f"{SEED} administrator")
        self.make = Maker(world.servers.connect())
        self.user = self.make.user(*world.projects)
        self.doors = Doors(world.servers, self.make.key(self.user))

    def work(self):
        for operation in self.random.choices([self.key, self.member, self.person, self.whole_project], k=OPERATIONS // 3):
            operation()
        self.doors.close()

    def status(self, project, key):
        method, body = self.random.choice([("GET", None), ("POST", {"title": "guest"})])
        status, answer = self.doors.ask(method, path_of(project), body, key)
        if status == 201:
            assert self.doors.ask("DELETE", path_of(project, answer["id"]))[0] == 204
            return 200
        return status

    def key(self):
        project = self.random.choice(self.world.projects)
        key = self.make.key(self.user)
        assert self.status(project, key) == 200
        self.make.row("SELECT session_group.revoke_api_key(id) FROM session_group.api_keys"
                      " WHERE hash = 'sha256$' || encode(sha256(%s::bytea), 'hex')", key)
        assert [self.status(project, key) for _ in range(3)] == [401] * 3

    def guest(self):
        user = self.make.user(*self.world.projects)
        return user["id"], self.make.key(user)

    def member(self):
        user, key = self.guest()
        project, other = self.random.sample(self.world.projects, 2)
        assert self.status(project, key) == 200
        self.make.row("SELECT session_group.remove_member(%s, %s)", project, user)
        assert (self.status(project, key), self.status(other, key)) == (403, 200)
        self.make.row("SELECT session_group.add_member(%s, %s)", project, user)
        assert self.status(project, key) == 200
        self.leave(user)

    def person(self):
        user, key = self.guest()
        project = self.random.choice(self.world.projects)
        assert self.status(project, key) == 200
        self.make.row("SELECT session_group.set_user_active(%s, false)", user)
        assert self.status(project, key) == 401
        self.leave(user)

    def leave(self, user):
        self.make.row("DELETE FROM session_group.users WHERE id = %s RETURNING 1", user)

    def whole_project(self):
        """A project with rows is made and deleted, while a request writes in it."""
        project = self.make.project()
        self.make.row("SELECT session_group.add_member(%s, %s)", project, self.user["id"])
        statuses = []

        def write():
            for _ in range(5):
                statuses.append(self.doors.ask("POST", path_of(project), {"title": "doomed"})[0])

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            self.make.row("SELECT session_group.delete_project(%s)", project)
            writing.result()
        # The one request that was let in before and writes after it is told that what it came with has ended (401).
        assert statuses.count(401) <= 1, statuses
        others = [status for status in statuses if status != 401]
        assert set(others) <= {201, 404} and others == sorted(others), statuses
        assert self.doors.ask("GET", path_of(project))[0] == 404


class Follower:
    """Reads a project's feed of changes while all others write: it misses no record and gets none twice."""

    def __init__(self, world, project):
        self.project = project
        self.doors = Doors(world.servers, world.make.key(world.make.user(project)))
        self.written = threading.Event()    # nobody writes any more
        self.read = []

    def work(self):
        deadline = None
        while True:
            last = self.written.is_set()
            found = self.page()
            self.read += found
            if last:
                # What runs on its own in the database can hold records back for a moment.
                deadline = deadline or time.monotonic() + 60
                if self.complete() or time.monotonic() > deadline:
                    break
            if not found:
                time.sleep(0.02)
        self.doors.close()

    def page(self):
        since = self.read[-1] if self.read else 0
        status, page = self.doors.ask("GET", path_of(self.project) + f"activity/?since={since}&limit=50")
        assert status == 200, page
        return [record["seq"] for record in page["results"]]

    def complete(self):
        self.all = [found["seq"] for found in self.doors.run(
            "SELECT seq FROM session_group.activity WHERE project_id = %s ORDER BY seq", self.project)]
        return self.all == self.read


def stored(servers, projects):
    """All rows of the projects, as the superuser sees them."""
    with servers.admin.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute("SELECT * FROM session_group.summaries WHERE project_id = ANY (%s)", (projects,))
        return {(found["project_id"], str(found["id"])): found for found in cursor.fetchall()}


def recorded(servers, projects):
    """What the activity records say was done to each row, in their order."""
    done = collections.defaultdict(list)
    with servers.admin.cursor() as cursor:
        cursor.execute("SELECT project_id, summary_id, activity FROM session_group.activity"
                       " WHERE project_id = ANY (%s) ORDER BY project_id, seq", (projects,))
        for project, id, activity in cursor.fetchall():
            done[project, str(id)].append(activity)
    return done


def test_model(servers):
    print(f"SESSION_GROUP_SEED={SEED} SESSION_GROUP_OPERATIONS={OPERATIONS}")  # shown when it fails
    world = World(servers)
    writers = [Writer(world, number) for number in range(WRITERS)]
    followers = [Follower(world, project) for project in world.projects]
    with concurrent.futures.ThreadPoolExecutor(WRITERS + 1 + len(followers)) as pool:
        following = [pool.submit(follower.work) for follower in followers]
        try:
            for done in [pool.submit(worker.work) for worker in (*writers, Administrator(world))]:
                done.result()
        finally:
            for follower in followers:
                follower.written.set()
        for done in following:
            done.result()
    for follower in followers:
        assert follower.read == follower.all

    found = stored(servers, world.projects)
    done = recorded(servers, world.projects)
    for writer in writers:
        for row, held in writer.rows.items():
            writer.expect(found[row], row)
            assert done.pop(row) == ["created"] + ["updated"] * (held["version"] - 1)
            del found[row]
        for row, held in writer.gone.items():
            assert done.pop(row) == ["created"] + ["updated"] * (held["version"] - 1) + ["deleted"]
    for row, times in (world.changed | world.raised).items():
        assert done.pop(row) == ["created"] + ["updated"] * times
    for row, times in world.changed.items():
        assert found.pop(row)["version"] == 1 + times
    for row, times in world.raised.items():
        raised = found.pop(row)
        assert (raised["version"], raised["run_metadata"]["n"]) == (1 + times, times)
    assert not found, "rows that nobody has made"
    # What is left is the administrator's guests', who took away what they made.
    assert all(activities == ["created", "deleted"] for activities in done.values())
    with servers.admin.cursor() as cursor:
        cursor.execute("SELECT * FROM session_group.check_counts()")
        assert cursor.fetchall() == []
        cursor.execute("SELECT * FROM session_group.check_rows()")
        assert cursor.fetchall() == []
        cursor.execute("SELECT DISTINCT project_id FROM session_group.activity EXCEPT SELECT id FROM session_group.projects")
        assert cursor.fetchall() == [], "records of projects that are gone"
    assert not re.search("deadlock detected|XX000|PANIC|server process .* was terminated", servers.log())
    assert " 500 " not in servers.log("postgrest")
