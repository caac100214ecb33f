#!/usr/bin/python3
"""Kills servers at random moments under load, and looks whether anything acknowledged is lost.

Writers over HTTP (nginx, PostgREST, the extension) and SQL make, change and delete summaries. Each
keeps here, outside of the database, what was acknowledged to it and what was not: the latter is in
doubt, and must be there as a whole or not at all. After every blow and the recovery from it the
database is held against that, and checked in itself.

    test/crash.py --kills 50 --seed 7      (make check-crash CRASH_ARGS='--kills 50 --seed 7')
"""

import argparse
import collections
import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import random
import re
import secrets
import signal
import sys
import threading
import time

import psycopg2
import requests

from servers import Maker, Servers

# Nothing here turns fsync off.
OPTIONS = ["--set", "shared_preload_libraries = 'session_group'", "--set", "autovacuum_naptime = 1",
           "--set", "checkpoint_timeout = 30", "--set", "max_wal_size = 64MB"]

# Each blow, and how many of twenty are of its kind.
DECK = {"backend": 4, "auxiliary": 2, "postmaster": 3, "all of PostgreSQL": 2, "immediate stop": 2,
        "PostgREST": 3, "nginx worker": 2, "nginx": 2}

# What a client may be told while servers die and come back; anything else is a fault.
TROUBLE = {500, 502, 503, 504}


# What is known ----------------------------------------------------------------------------------


@dataclasses.dataclass
class Row:
    """A summary, as its writer knows it. content is None once it is deleted."""

    content: dict
    id: str = None  # unknown while the creation is in doubt
    version: int = 1
    changes: list = dataclasses.field(default_factory=list)  # kinds of activity, oldest first


@dataclasses.dataclass
class Change:
    """One of the changes that are made together; content None deletes."""

    kind: str
    row: Row
    content: dict


def new_content(rng, tag):
    """Four fields that belong together: the last has a digest of the others."""
    content = {"title": tag, "session_ids": [f"{tag}#{n}" for n in range(rng.randrange(8))],
               "summary": {"tag": tag, "text": rng.randbytes(rng.choice((10, 300, 12000))).hex(),
                           "patterns": [{"pattern_name": tag, "severity": rng.choice(("critical", "low"))}]}}
    return {**content, "run_metadata": {"sha256": digest(content)}}


def digest(content):
    fields = [content[name] for name in ("title", "session_ids", "summary")]
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


class Lost(AssertionError):
    """Something that was acknowledged is not there, or something that is there never was."""


# Writers ----------------------------------------------------------------------------------------


class Writer(threading.Thread):
    """Writes until told to stop; pauses where it is told to, with nothing under way."""

    def __init__(self, campaign, name):
        super().__init__(name=name, daemon=True)
        self.campaign, self.number = campaign, 0
        self.rng = random.Random(f"{campaign.seed}/{name}")
        self.rows, self.doubts, self.repeatable = [], [], []
        self.go, self.paused, self.done = threading.Event(), threading.Event(), False
        self.fault = None

    def run(self):
        try:
            while not self.done:
                if not self.go.is_set():
                    self.close()
                    self.paused.set()
                    self.go.wait()
                    continue
                changes = self.choose()
                if self.attempt(changes):
                    self.acknowledge(changes)
                    self.campaign.count("acknowledged", len(changes))
                else:
                    time.sleep(0.05)
        except BaseException as fault:  # told by the main thread
            self.fault = fault
            self.paused.set()

    def choose(self):
        """One to three changes of different rows; of those in doubt, none."""
        rows = self.rng.sample(self.rows, min(len(self.rows), self.together()))
        changes = []
        for row in rows or [None]:
            self.number += 1
            tag = f"{self.name} {self.number}"
            kind = "create" if row is None or self.rng.random() < 0.3 else "delete" if self.rng.random() < 0.1 else "update"
            row = Row(None) if kind == "create" else row
            changes.append(Change(kind, row, None if kind == "delete" else new_content(self.rng, tag)))
        return changes

    def acknowledge(self, changes):
        for change in changes:
            row = change.row
            if change.kind == "create":
                self.rows.append(row)
            else:
                row.version += change.kind == "update"
            row.content = change.content
            row.changes.append(change.kind + "d")
            if change.kind == "delete":
                self.rows.remove(row)
                self.campaign.deleted.append(row)

    def put_in_doubt(self, changes, **more):
        """Not acknowledged, but perhaps done; the rows are left alone until that is known."""
        self.doubts.append((changes, more))
        self.rows = [row for row in self.rows if all(row is not change.row for change in changes)]
        self.campaign.count("in doubt")

    def close(self):
        pass


class HttpWriter(Writer):
    def __init__(self, campaign, name):
        super().__init__(campaign, name)
        self.session = None

    def together(self):
        return 1

    def close(self):
        if self.session is not None:
            self.session.close()
        self.session = None

    def attempt(self, changes):
        (change,) = changes
        self.session = self.session or requests.Session()
        headers = dict(self.campaign.headers)
        if change.kind == "create":
            headers["Idempotency-Key"] = secrets.token_hex(16)
        try:
            answer = self.send(change, headers)
        except requests.RequestException as error:
            self.campaign.count(f"connection: {type(error).__name__}")
            self.close()
            self.put_in_doubt(changes, headers=headers)
            return False
        self.campaign.count(f"status {answer.status_code}")
        expected = {"create": 201, "update": 200, "delete": 204}[change.kind]
        if answer.status_code == expected:
            if change.kind != "delete" and {**answer.json(), **change.content} != answer.json():
                raise Lost(f"{change} was answered {answer.text[:500]}")
            if change.kind == "create":
                change.row.id = answer.json()["id"]
            return True
        self.check_trouble(change, answer)
        self.put_in_doubt(changes, headers=headers)
        return False

    def send(self, change, headers):
        method = {"create": "POST", "delete": "DELETE"}.get(change.kind) or self.rng.choice(("PUT", "PATCH"))
        address = self.campaign.list + (f"{change.row.id}/" if change.row.id else "")
        return self.session.request(method, address, json=change.content, headers=headers, timeout=60)

    def check_trouble(self, change, answer):
        if answer.status_code not in TROUBLE:
            raise Lost(f"{change} was answered {answer.status_code} {answer.text[:500]}")
        if list(answer.json()) != ["type", "code", "detail", "attr"]:
            raise Lost(f"an error in no known form: {answer.status_code} {answer.text[:500]}")


class SqlWriter(Writer):
    """As an application: several changes in one transaction, with an API key."""

    CREATE = "SELECT id FROM session_group.create_summary(%s, %s, %s, %s, run_metadata => %s)"
    UPDATE = "SELECT version FROM session_group.update_summary(%s, %s, %s)"
    DELETE = "SELECT session_group.delete_summary(%s, %s)"

    def __init__(self, campaign, name):
        super().__init__(campaign, name)
        self.connection = None

    def together(self):
        return self.rng.randint(1, 3)

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def attempt(self, changes):
        committing = False
        try:
            self.connection = self.connection or self.campaign.connect_application()
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT session_group.login(%s)", (self.campaign.key,))
                for change in changes:
                    self.write(cursor, change)
            committing = True
            self.connection.commit()
            return True
        except psycopg2.Error as error:
            # A good statement fails for the server's sake alone; before COMMIT nothing is in doubt.
            self.campaign.count(f"SQL: {type(error).__name__}")
            if not isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
                raise
            self.close()
            if committing:
                self.put_in_doubt(changes)
            return False

    def write(self, cursor, change):
        project, row, content = self.campaign.project, change.row, change.content
        if change.kind == "create":
            cursor.execute(self.CREATE, (project, content["title"], content["session_ids"],
                                         json.dumps(content["summary"]), json.dumps(content["run_metadata"])))
            row.id = cursor.fetchone()[0]
        elif change.kind == "update":
            cursor.execute(self.UPDATE, (project, row.id, json.dumps(content)))
            if cursor.fetchone()[0] != row.version + 1:
                raise Lost(f"{row} has another version")
        else:
            cursor.execute(self.DELETE, (project, row.id))


# Blows ------------------------------------------------------------------------------------------


class Killer:
    """Picks processes of the servers, and kills them."""

    def __init__(self, servers, rng):
        self.home, self.rng = (servers.directory / "servers").resolve(), rng

    def pid(self, *path):
        return int(self.home.joinpath(*path).read_text().split()[0])

    @property
    def postmaster(self):
        return self.pid("data", "postmaster.pid")

    @staticmethod
    def children(parent):
        found = {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                    title = (stat.parent / "cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
                    found[int(stat.parent.name)] = title
        return found

    def backends(self, clients):
        """Processes of PostgreSQL that serve a client, or those that serve none."""
        return [pid for pid, title in self.children(self.postmaster).items()
                if title.startswith("postgres: ") and bool(re.search(r" 127\.0\.0\.1\(", title)) == clients]

    def strike(self, kind):
        targets = {
            "backend": lambda: [self.rng.choice(self.backends(True))],
            "auxiliary": lambda: [self.rng.choice(self.backends(False))],
            "postmaster": lambda: [self.postmaster],
            "all of PostgreSQL": lambda: [self.postmaster, *self.children(self.postmaster)],
            "PostgREST": lambda: [self.pid("postgrest.pid")],
            "nginx worker": lambda: [self.rng.choice(list(self.children(self.pid("nginx.pid"))))],
            "nginx": lambda: [self.pid("nginx.pid")],
        }
        if kind == "immediate stop":
            # What pg_ctl stop -m immediate sends, which then waits for the end.
            os.kill(self.postmaster, signal.SIGQUIT)
            wait_until(lambda: not (self.home / "data" / "postmaster.pid").exists())
            return
        for pid in targets[kind]():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def wait_until(check, seconds=120, what="it did not happen in time"):
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


# The campaign -----------------------------------------------------------------------------------


class Campaign:
    def __init__(self, servers, seed, writers, report=print):
        self.servers, self.seed, self.report = servers, seed, report
        self.rng = random.Random(seed)
        self.killer = Killer(servers, self.rng)
        self.counter, self.lock = collections.Counter(), threading.Lock()
        self.deleted = []
        make = Maker(servers.admin)
        self.project = make.project()
        self.key = make.key(make.user(self.project))
        self.headers = {"Authorization": f"Bearer {self.key}"}
        self.list = f"{servers.url}/api/projects/{self.project}/session_group_summaries/"
        with servers.admin.cursor() as cursor:
            cursor.execute("CREATE EXTENSION amcheck")
            cursor.execute("CREATE ROLE crash_application LOGIN PASSWORD 'crash' IN ROLE session_group_api")
            cursor.execute("SHOW fsync")
            assert cursor.fetchone() == ("on",)
        servers.admin.close()
        self.writers = [(HttpWriter if n % 3 else SqlWriter)(self, f"writer {n}") for n in range(writers)]

    def connect_application(self):
        return self.servers.connect("crash_application", "crash", autocommit=False)

    def count(self, what, number=1):
        with self.lock:
            self.counter[what] += number

    def run(self, kills, seconds):
        """kills: their kinds, one after the other; seconds: the load before each, at most."""
        for writer in self.writers:
            writer.start()
        try:
            for number, kind in enumerate(kills, 1):
                self.blow(number, len(kills), kind, self.rng.uniform(0.1, seconds))
        finally:
            for writer in self.writers:
                writer.done = True
                writer.go.set()
            for writer in self.writers:
                writer.join(90)

    def blow(self, number, of, kind, seconds):
        before = self.counter["acknowledged"]
        self.resume()
        wait_until(lambda: self.counter["acknowledged"] > before + 3 * len(self.writers) or self.faults())
        time.sleep(seconds)
        self.killer.strike(kind)
        begun = time.monotonic()
        self.count(f"killed: {kind}")
        time.sleep(self.rng.uniform(0, 0.3))  # writers meet it
        self.servers.revive()
        self.pause()
        self.wait_for_service()
        recovery = time.monotonic() - begun
        self.counter["slowest recovery, ms"] = max(self.counter["slowest recovery, ms"], round(recovery * 1000))
        rows = self.check()
        self.report(f"{number}/{of}  {kind:18} after {seconds:.1f} s of load, served again after {recovery:.1f} s: "
                    f"{self.counter['acknowledged'] - before} acknowledged, {rows} rows right", flush=True)

    # Pausing and recovery

    def faults(self):
        return [writer.fault for writer in self.writers if writer.fault]

    def resume(self):
        for writer in self.writers:
            writer.paused.clear()
            writer.go.set()

    def pause(self):
        """Every writer has its last answer, or the end of its connection."""
        for writer in self.writers:
            writer.go.clear()
        for writer in self.writers:
            if not writer.paused.wait(120):
                raise TimeoutError(f"{writer.name} waits for an answer for ever")
        for fault in self.faults():
            raise fault

    def wait_for_service(self):
        def served():
            with contextlib.suppress(requests.RequestException):
                return requests.get(self.list + "?limit=1", headers=self.headers, timeout=60).status_code == 200
        wait_until(served, what="the API does not answer again")
        wait_until(self.is_idle, what="requests go on although nobody waits for them")

    def is_idle(self):
        """What a killed PostgREST or nginx has left behind may still be at work."""
        with contextlib.closing(self.servers.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                           " AND pid <> pg_backend_pid() AND (state <> 'idle' OR usename = 'crash_application')")
            return cursor.fetchone()[0] == 0

    # Checking

    def check(self):
        with contextlib.closing(self.servers.connect()) as connection, connection.cursor() as cursor:
            found = self.read_rows(cursor)
            for writer in self.writers:
                self.settle(writer, found)
            self.compare(found)
            self.check_database(cursor)
            self.check_activity(cursor)
        self.repeat_creations(found)
        return len(found)

    def read_rows(self, cursor):
        cursor.execute("SELECT id::text, title, session_ids, summary, run_metadata, version, session_count"
                       " FROM session_group.summaries WHERE project_id = %s", (self.project,))
        found = {}
        for id, title, session_ids, summary, run_metadata, version, session_count in cursor.fetchall():
            content = {"title": title, "session_ids": session_ids, "summary": summary, "run_metadata": run_metadata}
            if run_metadata != {"sha256": digest(content)} or session_count != len(session_ids):
                raise Lost(f"{id} is half there: {str(content)[:500]}")
            found[id] = Row(content, id, version)
        return found

    def settle(self, writer, found):
        """Each change in doubt was made as a whole or not at all; from now on it is known which."""
        by_title = {row.content["title"]: row for row in found.values()}
        for changes, more in writer.doubts:
            made = [self.was_made(change, found, by_title) for change in changes]
            if len(set(made)) != 1:
                raise Lost(f"one transaction, half of it: {changes}")
            for change in changes:
                if change.kind != "create":
                    writer.rows.append(change.row)
                elif change.row.id is None and made[0]:
                    change.row.id = by_title[change.content["title"]].id
            if made[0]:
                writer.acknowledge(changes)
                self.count("in doubt, and done")
        writer.repeatable = [(changes[0], more["headers"]) for changes, more in writer.doubts
                             if "Idempotency-Key" in more.get("headers", {})]
        writer.doubts = []

    @staticmethod
    def was_made(change, found, by_title):
        if change.kind == "delete":
            return change.row.id not in found
        return change.content["title"] in by_title

    def compare(self, found):
        expected = {row.id: row for writer in self.writers for row in writer.rows}
        for id in expected.keys() - found.keys():
            raise Lost(f"gone: {expected[id]}")
        for id in found.keys() - expected.keys():
            raise Lost(f"never made, or deleted: {found[id]}")
        for id, row in expected.items():
            if (row.content, row.version) != (found[id].content, found[id].version):
                raise Lost(f"expected: {row}\nfound: {found[id]}")

    def check_database(self, cursor):
        cursor.execute("SELECT * FROM session_group.check_counts()")
        if cursor.rowcount:
            raise Lost(f"counts: {cursor.fetchall()}")
        cursor.execute("SELECT * FROM session_group.check_rows()")
        if cursor.rowcount:
            raise Lost(f"rows of patterns: {cursor.fetchall()}")
        count = requests.get(self.list + "?limit=1", headers=self.headers, timeout=60).json()["count"]
        if count != sum(len(writer.rows) for writer in self.writers):
            raise Lost(f"the list counts {count}")
        cursor.execute("SELECT bt_index_check(c.oid, true) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid"
                       " JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relpersistence = 'p'"
                       " AND i.indisvalid AND c.relnamespace <> 'pg_catalog'::regnamespace")
        cursor.execute("SELECT c.relname, v.* FROM pg_class c, verify_heapam(c.oid) v WHERE c.relkind = 'r'"
                       " AND c.relpersistence = 'p' AND c.relnamespace = 'session_group'::regnamespace")
        if cursor.rowcount:
            raise Lost(f"amcheck: {cursor.fetchall()}")

    def check_activity(self, cursor):
        """What was recorded of each summary is what was done to it."""
        cursor.execute("SELECT summary_id::text, array_agg(activity ORDER BY seq) FROM session_group.activity"
                       " WHERE project_id = %s GROUP BY 1", (self.project,))
        recorded = dict(cursor.fetchall())
        expected = {row.id: row.changes for writer in self.writers for row in writer.rows}
        expected |= {row.id: row.changes for row in self.deleted}
        if recorded != expected:
            wrong = [id for id in recorded.keys() | expected.keys() if recorded.get(id) != expected.get(id)]
            raise Lost(f"activity of {wrong[0]}: recorded {recorded.get(wrong[0])}, done {expected.get(wrong[0])}")

    def repeat_creations(self, found):
        """With their idempotency keys, creations in doubt are sent again: each is made once."""
        for writer in self.writers:
            for change, headers in writer.repeatable:
                done = change.row.id is not None
                answer = requests.post(self.list, json=change.content, headers=headers, timeout=60)
                if answer.status_code != 201 or (answer.headers.get("Idempotency-Replayed") == "true") != done:
                    raise Lost(f"sent again: {change} {done} {answer.status_code} {answer.headers} {answer.text[:300]}")
                if done and answer.json()["id"] != change.row.id:
                    raise Lost(f"made twice: {change}")
                change.row.id = answer.json()["id"]
                if not done:
                    writer.acknowledge([change])
                    found[change.row.id] = change.row
                self.count("sent again with its key")
            writer.repeatable = []

    def check_log(self):
        """Of the processes that ended by a signal, all by the signal that was sent here."""
        log = self.servers.log()
        ends = set(re.findall(r"was terminated by signal (\d+)", log))
        bad = re.findall(r".*(?:PANIC|TRAP|XX000|XX001|XX002|invalid page|could not read block).*", log)
        if ends - {"9"} or bad:
            raise Lost(f"the server's log: signals {ends}, {bad[:5]}")


def kinds_of(kills, rng):
    """So many kinds of blows, in the deck's proportions, shuffled."""
    drawn = []
    while len(drawn) < kills:
        deck = [kind for kind, number in DECK.items() for _ in range(number)]
        rng.shuffle(deck)
        drawn += deck
    return drawn[:kills]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=60)
    options.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    options.add_argument("--writers", type=int, default=6)
    options.add_argument("--seconds", type=float, default=1.5, help="of load before each, at most")
    options = options.parse_args()
    print(f"seed {options.seed}", flush=True)
    with Servers(*OPTIONS) as servers:
        campaign = Campaign(servers, options.seed, options.writers)
        try:
            campaign.run(kinds_of(options.kills, random.Random(options.seed)), options.seconds)
            campaign.check_log()
        except BaseException:
            print(servers.log()[-3000:])
            raise
        finally:
            for what, number in sorted(campaign.counter.items()):
                print(f"{number:8}  {what}")
    print(f"crash: {options.kills} kills, {campaign.counter['acknowledged']} acknowledged changes, nothing lost")


if __name__ == "__main__":
    sys.exit(main())
