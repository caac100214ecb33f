"""A node under Patroni: its leader is killed under writers, etcd dies and falls silent; standbys serve the reads that may be old.

SESSION_GROUP_KILLS: how often it is killed. From three times on (make check-fleet) with Patroni's times as they are
in deploy/fleet/patroni.yml, and three members; else shorter ones, and two.
"""

import contextlib
import os
import re
import signal
import threading
import time

import psycopg2
import psycopg2.extensions
import pytest
import requests

from crash import Killer, wait_until
from fleet import PAIR, PAIR_LEASE
from servers import Maker, Servers
from test_replica import eventually
from test_upgrade import run

KILLS = int(os.environ.get("SESSION_GROUP_KILLS", "2"))
LONG = KILLS > 2
OPTIONS, LEASE = (["--members", 3], 20) if LONG else (PAIR, PAIR_LEASE)
WRITERS = 8
EVENTUAL = {"X-Session-Group-Consistency": "eventual"}
# What a client may be told while the office changes hands.
TROUBLE = {500, 502, 503, 504}


class Members:
    """A Patroni cluster."""

    def __init__(self, servers):
        self.servers = servers
        self.home = (servers.directory / "servers").resolve()
        self.dsn = psycopg2.extensions.parse_dsn(servers.database_url)
        self.ports = self.dsn["port"].split(",")
        choices = (servers.directory / "choices").read_text()
        self.patronis = [f"http://127.0.0.1:{port}" for port in re.search(r'MEMBER_API_PORTS="([\d ]+)', choices)[1].split()]
    @contextlib.contextmanager
    def sql(self, port=None):
        """The leader, or the member at a port."""
        where = {"port": port, "host": "127.0.0.1", "target_session_attrs": "any"} if port else {}
        connection = psycopg2.connect(**{**self.dsn, **where})
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def leader(self):
        """Its number, from 1 on."""
        with self.sql() as connection:
            return 1 + self.ports.index(str(run(connection, "SELECT inet_server_port()")[0][0]))

    def standbys(self):
        leader = self.leader()
        return [port for number, port in enumerate(self.ports, 1) if number != leader]

    def follows(self):
        """All members are there, one has each write before it is acknowledged, and etcd knows which: before that Patroni promotes none."""
        with contextlib.suppress(psycopg2.Error, requests.RequestException), self.sql() as connection:
            known = [member["role"] for member in requests.get(self.patronis[0] + "/cluster", timeout=10).json()["members"]]
            return known.count("sync_standby") == 1 and run(connection, """SELECT count(*), count(*) FILTER (WHERE sync_state = 'sync')
                FROM pg_stat_replication WHERE state = 'streaming'""") == [(len(self.ports) - 1, 1)]

    def status(self):
        """What the Patroni of the leader says of it."""
        return requests.get(self.patronis[self.leader() - 1] + "/patroni", timeout=30).json()

    def is_without_etcd(self):
        """The leader keeps its office by asking all members. (When it last saw etcd tells less: one of three still shows what it knew.)"""
        return self.status().get("failsafe_mode_is_active", False)

    def signal_etcd(self, number, members=slice(None)):
        for file in sorted(self.home.glob("etcd-*.pid"))[members]:
            os.kill(int(file.read_text()), number)

    def kill(self, number, machine=True):
        """All of a member's processes, as when its machine dies; or its PostgreSQL alone."""
        postmaster = int((self.home / f"member-{number}" / "data" / "postmaster.pid").read_text().split()[0])
        patroni = [int((self.home / f"member-{number}.pid").read_text())] if machine else []
        for pid in [*patroni, postmaster, *Killer.children(postmaster)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Node(Members):
    """One behind PostgREST and nginx, and a project on it."""

    def __init__(self, servers):
        super().__init__(servers)
        with self.sql() as connection:
            make = Maker(connection)
            self.project = make.project()
            self.key = make.key(make.user(self.project))
        self.list = f"{servers.url}/api/projects/{self.project}/session_group_summaries/"

    def ask(self, method, path="", headers=None, session=requests, **options):
        return session.request(method, self.list + path, headers={"Authorization": f"Bearer {self.key}", **(headers or {})}, timeout=90, **options)


@pytest.fixture(scope="module")
def node():
    with Servers(*OPTIONS) as servers:
        yield Node(servers)


def replay(node, action):
    for port in node.standbys():
        with node.sql(port) as connection:
            run(connection, f"SELECT pg_wal_replay_{action}()")


def seen(node, title, headers=None):
    answer = node.ask("GET", "?search=" + title, headers)
    assert answer.status_code == 200
    return answer.json()["count"]


def test_reads_that_may_be_old_come_from_standbys(node):
    """Whoever does not ask for that reads what was written before, his own writes first of all.

    Before the leader is killed: a connection to a standby stays when that takes the office, until PostgREST renews it.
    """
    wait_until(node.follows, what="the members do not come together")
    native = node.list.split("/api/")[0] + f"/rest/v1/session_group_summaries?project_id=eq.{node.project}&title=eq.paused&select=title"
    replay(node, "pause")
    try:
        assert node.ask("POST", json={"title": "paused"}, headers=EVENTUAL).status_code == 201
        assert (seen(node, "paused"), seen(node, "paused", EVENTUAL)) == (1, 0)
        key = {"Authorization": f"Bearer {node.key}"}
        assert (requests.get(native, headers=key).json(), requests.get(native, headers={**key, **EVENTUAL}).json()) == ([{"title": "paused"}], [])
    finally:
        replay(node, "resume")
    eventually(lambda: seen(node, "paused", EVENTUAL), 1)


class Writer(threading.Thread):
    """Creates summaries, and remembers those that were acknowledged, and when."""

    def __init__(self, node, name):
        super().__init__(daemon=True)
        self.node, self.writer, self.acknowledged, self.troubles, self.fault, self.done = node, name, {}, {}, None, False

    def run(self):
        session = requests.Session()
        number = 0
        while not self.done and not self.fault:
            number += 1
            title = f"{self.writer} {number}"
            try:
                answer = self.node.ask("POST", session=session, json={"title": title, "session_ids": [title]})
            except requests.RequestException as error:
                self.fault = f"no answer: {error}"
                return
            if answer.status_code == 201:
                self.acknowledged[answer.json()["id"]] = (title, time.monotonic())
            else:
                self.trouble(answer)

    def trouble(self, answer):
        status = answer.status_code
        self.troubles[status] = self.troubles.get(status, 0) + 1
        if status not in TROUBLE or list(answer.json()) != ["type", "code", "detail", "attr"]:
            self.fault = f"{status} {answer.text[:300]}"
        elif (answer.headers.get("Retry-After") is not None) != (status == 503):
            self.fault = f"{status} with Retry-After {answer.headers.get('Retry-After')}"
        else:
            time.sleep(0.05)


def acknowledged(writers):
    return {key: value for writer in writers for key, value in list(writer.acknowledged.items())}


def longest_pause(times):
    times = sorted(times)
    return max(later - earlier for earlier, later in zip(times, times[1:]))


@contextlib.contextmanager
def writing(node):
    """Writers at work. In the end nothing that was acknowledged to them is lost, and they were told nothing unforeseen."""
    writers = [Writer(node, f"writer {number}") for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        yield writers
    finally:
        for writer in writers:
            writer.done = True
        for writer in writers:
            writer.join(100)
    assert [writer.fault for writer in writers if writer.fault] == []
    wait_until(node.follows, what="the members do not come together")
    check(node, acknowledged(writers))


def refused(writers):
    return {status: sum(writer.troubles.get(status, 0) for writer in writers) for status in sorted(TROUBLE)}


def go_on(writers, number=50):
    """Waits until so many more writes are acknowledged."""
    before = len(acknowledged(writers))
    wait_until(lambda: len(acknowledged(writers)) > before + number, what="nothing is written")


def test_leader_killed_under_writers(node):
    pauses = []
    with writing(node) as writers:
        for number in range(KILLS):
            wait_until(node.follows, what="the members do not come together")
            before, leader = set(acknowledged(writers)), node.leader()
            go_on(writers)
            node.kill(leader, machine=number % 2 == 0)
            # Whoever has only lost its PostgreSQL may be the leader again.
            wait_until(lambda: writes_again(node, writers, leader if number % 2 == 0 else None), what="no other member takes writes")
            pauses.append((leader, node.leader(), longest_pause(when for key, (_, when) in acknowledged(writers).items() if key not in before)))
            node.servers.revive()
    print(f"\nleader killed {KILLS} times: {len(acknowledged(writers))} writes acknowledged, 0 lost; without writes for "
          f"{', '.join(f'{pause:.1f} ({before} -> {after})' for before, after, pause in pauses)} s; refused meanwhile: {refused(writers)}")


def strikes(node):
    """What happens to etcd, and what ends it."""
    killed = ("all killed", lambda: node.signal_etcd(signal.SIGKILL), node.servers.revive)
    silent = ("all silent", lambda: node.signal_etcd(signal.SIGSTOP), lambda: node.signal_etcd(signal.SIGCONT))
    minority = ("two of three killed", lambda: node.signal_etcd(signal.SIGKILL, slice(2)), node.servers.revive)
    return [killed, silent, minority] if LONG else [killed]


def test_etcd_away_under_writers(node):
    """For longer than a leader's lease: it reaches all members, and goes on. No client notices."""
    with writing(node) as writers:
        for name, strike, end in strikes(node):
            wait_until(node.follows, what="the members do not come together")
            leader = node.leader()
            strike()
            struck = time.monotonic()
            try:
                wait_until(lambda: time.monotonic() > struck + LEASE and node.is_without_etcd(), what=f"Patroni hears of etcd ({name})")
                go_on(writers)
            finally:
                end()
            wait_until(lambda: not node.is_without_etcd(), what=f"Patroni does not hear of etcd again ({name})")
            go_on(writers)
            assert (node.leader(), sum(refused(writers).values())) == (leader, 0), name
    print(f"\netcd away {len(strikes(node))} times: {len(acknowledged(writers))} writes acknowledged, 0 lost; "
          f"longest time without one {longest_pause(when for _, when in acknowledged(writers).values()):.1f} s")


@pytest.mark.skipif(not LONG, reason="make check-fleet")
def test_etcd_and_members_away_under_writers(node):
    """One of three of etcd: nobody notices. All of it, and a standby: the leader cannot know that no other has taken its office, and stops."""
    with writing(node) as writers:
        wait_until(node.follows, what="the members do not come together")
        node.signal_etcd(signal.SIGKILL, slice(1))
        go_on(writers, 500)
        assert "failsafe_mode_is_active" not in node.status() and sum(refused(writers).values()) == 0
        standby = 1 + node.ports.index(node.standbys()[0])
        node.signal_etcd(signal.SIGKILL, slice(1, None))
        node.kill(standby)
        wait_until(lambda: refused(writers)[503] > 0 and node.ask("POST", json={"title": "x"}).status_code == 503, what="the leader takes writes without etcd and without a standby")
        node.servers.revive()
        go_on(writers)
    print(f"\netcd and a standby away: {len(acknowledged(writers))} writes acknowledged, 0 lost; refused meanwhile: {refused(writers)}")


def writes_again(node, writers, dead):
    before = len(acknowledged(writers))
    with contextlib.suppress(psycopg2.Error):
        if node.leader() != dead:
            wait_until(lambda: len(acknowledged(writers)) > before + WRITERS, 60, "nothing is written")
            return True


def check(node, known):
    """All that was acknowledged is there, on each member, and counts are right."""
    for port in node.ports:
        with node.sql(port) as connection:
            wanted = {(key, title) for key, (title, _) in known.items()}
            eventually(lambda: wanted - set(run(connection, "SELECT id::text, title FROM session_group.summaries WHERE project_id = %s", node.project)), set())
    with node.sql() as connection:
        assert run(connection, "SELECT * FROM session_group.check_counts()") == []
        assert run(connection, "SELECT * FROM session_group.check_rows()") == []


def test_without_postgrest_for_standbys_the_other_one_reads(node):
    os.kill(int((node.home / "postgrest-eventual.pid").read_text()), signal.SIGKILL)
    assert seen(node, "writer", EVENTUAL) > 0
