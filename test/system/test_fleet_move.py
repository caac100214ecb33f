"""session_group_fleet: three nodes behind an nginx, and projects that move between them while they are written to.

SESSION_GROUP_MOVES: how often a project moves under writers (make check-fleet).
"""

import contextlib
import os
import shutil
import subprocess
import threading
import time

import psycopg2
import pytest
import requests

from crash import wait_until
from fleet import Fleet
from test_fleet_failover import WRITERS, acknowledged
from test_replica import eventually
from test_upgrade import run

MOVES = int(os.environ.get("SESSION_GROUP_MOVES", "2"))
STEPS = ("copying", "comparing", "stopping writes", "switching", "switched")


@pytest.fixture(scope="module")
def fleet():
    with Fleet("a", "b", "c") as running:
        yield running


class Project:
    """A project with one key, as a client of the nginx in front sees it."""

    def __init__(self, fleet, node, rows=50):
        self.fleet, self.id = fleet, fleet.make.project()
        user = fleet.make.user(self.id)
        self.key = fleet.make.key(user)
        run(fleet.make.connection, "SELECT session_group.place_project(%s, %s)", self.id, node)
        there = fleet.nodes[node].admin
        eventually(lambda: run(there, "SELECT session_group.is_placed_here(%s)", self.id), [(True,)])
        run(there, "INSERT INTO session_group.summaries (project_id, title, session_ids) SELECT %s, 'row ' || n, ARRAY['row ' || n] FROM generate_series(0, %s) AS n", self.id, rows - 1)
        # All of nginx has read the map: before, one of several requests happens to be asked of the right node.
        eventually(lambda: {self.ask("GET").json().get("count") for _ in range(6)}, {rows})

    def create(self, title):
        """As soon as it can be: nginx may not have read the last map yet."""
        eventually(lambda: self.ask("POST", json={"title": title, "session_ids": [title]}).status_code, 201)

    def ask(self, method, path="", headers=None, session=requests, **options):
        return session.request(method, f"{self.fleet.front.url}/api/projects/{self.id}/session_group_summaries/{path}",
                               headers={"Authorization": f"Bearer {self.key}", **(headers or {})}, timeout=90, **options)

    def titles(self, node):
        return {title for title, in run(self.fleet.nodes[node].admin, "SELECT title FROM session_group.summaries WHERE project_id = %s", self.id)}


class Client(threading.Thread):
    """Creates summaries as fast as it is answered, comes again after 503, and remembers what was acknowledged."""

    def __init__(self, project, name):
        super().__init__(daemon=True)
        self.project, self.client, self.acknowledged, self.refused, self.hung_up, self.fault, self.done = project, name, {}, 0, 0, None, False

    def run(self):
        session = requests.Session()
        number = 0
        while not self.done and not self.fault:
            number += 1
            try:
                self.write(session, f"{self.client} {number}")
            except requests.ConnectionError:  # nginx has read a new map, and closed a connection on which a request was just coming
                self.hung_up += 1

    def write(self, session, title):
        answer = self.project.ask("POST", session=session, json={"title": title})
        if answer.status_code == 201:
            self.acknowledged[answer.json()["id"]] = (title, time.monotonic())
            self.read(session, answer.json()["id"] + "/")
        elif not self.come_again(answer):
            self.fault = f"{answer.status_code} {answer.text[:300]}"

    def read(self, session, path):
        """What was just written is there at once, wherever it is now."""
        while self.come_again(answer := self.project.ask("GET", path, session=session)):
            pass
        if answer.status_code != 200:
            self.fault = f"not found after it was written: {answer.status_code} {answer.text[:300]}"

    def come_again(self, answer):
        asked = answer.status_code == 503 and answer.headers.get("Retry-After") == "1" and list(answer.json()) == ["type", "code", "detail", "attr"]
        self.refused += asked
        return asked


class Load:
    """Clients at work, as a context manager."""

    def __init__(self, project):
        self.clients = [Client(project, f"client {number}") for number in range(WRITERS)]

    def __enter__(self):
        for client in self.clients:
            client.start()
        self.go_on()
        return self

    def go_on(self):
        """Waits until each has been acknowledged something anew."""
        before = [len(client.acknowledged) for client in self.clients]
        wait_until(lambda: all(len(c.acknowledged) > n or c.fault for c, n in zip(self.clients, before)), what="nothing is written")

    def __exit__(self, *_):
        for client in self.clients:
            client.done = True
        for client in self.clients:
            client.join(100)
        assert [client.fault for client in self.clients if client.fault] == []


def check(fleet, project, home, known):
    """All that was acknowledged is at home, and nothing of the project, or of its move, anywhere else."""
    assert fleet.where(project.id) == {"node": home, "moving_to": None, "writes_stopped": False}
    for name, node in fleet.nodes.items():
        eventually(lambda: run(node.admin, "SELECT count(*) FROM pg_subscription WHERE subname LIKE 'session_group_move%%'")[0][0], 0)
        assert run(node.admin, "SELECT count(*) FROM pg_publication WHERE pubname LIKE 'session_group_move%%'") == [(0,)]
        assert run(node.admin, "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'session_group_move%%'") == [(0,)]
        assert run(node.admin, "SELECT * FROM session_group.check_counts()") == []
        assert run(node.admin, "SELECT * FROM session_group.check_rows()") == []
        if name != home:
            assert {(what, number) for what, number, _ in run(node.admin, "SELECT * FROM session_group.project_fingerprint(%s)", project.id) if number} == set()
    assert {title for title, _ in known.values()} <= project.titles(home)
    # The watcher may have lost its node, and nginx not have the new map yet.
    eventually(lambda: project.ask("GET", "?limit=1").json().get("count"), len(project.titles(home)))


def test_moves_under_writers(fleet):
    project = Project(fleet, "a")
    moves, stops = ["b", "c", "a"], []
    with Load(project) as load:
        for number in range(MOVES):
            said = fleet.run("move", project.id, moves[number % 3])
            stops.append(float(said.split("writes were stopped for ")[1].split()[0]))
            load.go_on()
    known = acknowledged(load.clients)
    check(fleet, project, moves[(MOVES - 1) % 3], known)
    # Activity goes on from its numbers.
    last = project.ask("GET", "activity/?limit=1").json()
    assert last["count"] == len(project.titles(moves[(MOVES - 1) % 3]))
    print(f"\n{MOVES} moves: {len(known)} writes acknowledged by {WRITERS} clients, 0 lost; writes stopped for {', '.join(map(str, stops))} s; "
          f"refused meanwhile: {sum(client.refused for client in load.clients)}; hung up on: {sum(client.hung_up for client in load.clients)}")


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step(fleet, step):
    """It goes on where it was, or is taken back; what was acknowledged is where the project is. (The short form does both at one step alone.)"""
    project, home, long = Project(fleet, "a"), "a", MOVES > 2 or step == "stopping writes"
    with Load(project) as load:
        if long or step in ("copying", "switched"):
            fleet.kill_at(step, "move", project.id, "b")
            fleet.run("move", project.id, "b")
            home = "b"
            load.go_on()
        if long or home == "a":
            fleet.kill_at(step, "move", project.id, "c")
            before, home = home, fleet.where(project.id)["node"]
            assert home == before or step in ("switching", "switched")
            fleet.run("cancel", project.id)
            load.go_on()
    check(fleet, project, home, acknowledged(load.clients))


def test_until_copied(fleet):
    """The long part first; the switch at another time."""
    project = Project(fleet, "a")
    fleet.run("move", project.id, "b", "--until-copied")
    # What is confirmed is so on a synchronous standby, too, of the copy and of the directory.
    assert {row for row, in run(fleet.nodes["b"].admin, "SELECT subsynccommit FROM pg_subscription")} == {"on"}
    assert fleet.where(project.id) == {"node": "a", "moving_to": "b", "writes_stopped": False}
    assert f"project {project.id}: a -> b" in fleet.run("status")
    project.create("meanwhile")
    fleet.run("move", project.id, "b")
    check(fleet, project, "b", {})
    assert "meanwhile" in project.titles("b")


# What differs in a copy, and what is told: from the last comparison to the first, so that each is the first to see it.
TAMPERED = (("idempotency keys", "DELETE FROM session_group.idempotency_keys WHERE project_id = %s"),
            ("activity purges", "INSERT INTO session_group.activity_purges (project_id, purged_to) VALUES (%s, 0)"),
            ("patterns", "DELETE FROM session_group.pattern_rows WHERE project_id = %s"),
            ("activity", "UPDATE session_group.activity SET request_id = 'another' WHERE project_id = %s AND seq = 2"),
            ("summaries", "UPDATE session_group.summaries SET title = 'another' WHERE project_id = %s AND title = 'row 7'"),
            ("summaries", "DELETE FROM session_group.summaries WHERE project_id = %s AND title = 'row 8'"))


def test_a_copy_that_differs_is_not_switched_to(fleet):
    project = Project(fleet, "a")
    project.ask("POST", json={"title": "with a pattern", "summary": {"patterns": [{"pattern_name": "Stuck", "severity": "high"}]}}, headers={"Idempotency-Key": "once"})
    fleet.run("move", project.id, "b", "--until-copied")
    there = fleet.nodes["b"].admin
    for what, statement in TAMPERED:
        run(there, "SET session_replication_role = replica")
        run(there, statement, project.id)
        run(there, "RESET session_replication_role")
        assert f"the copy differs in {what}." in fleet.run("move", project.id, "b", fails=True)
        assert fleet.where(project.id) == {"node": "a", "moving_to": "b", "writes_stopped": False}
    project.create("writable")
    fleet.run("cancel", project.id)
    check(fleet, project, "a", {})


def test_a_write_that_is_under_way_is_waited_for(fleet):
    """And comes along: after the switch nobody would look for it here. (A copy that begins waits for it anyway.)"""
    project = Project(fleet, "a", rows=1)
    fleet.run("move", project.id, "b", "--until-copied")
    with contextlib.closing(fleet.nodes["a"].connect(autocommit=False)) as writer:
        run(writer, "INSERT INTO session_group.summaries (project_id, title) VALUES (%s, 'under way')", project.id)
        with fleet.run_up_to("stopping writes", "move", project.id, "b") as running, contextlib.closing(writer):
            eventually(lambda: run(fleet.nodes["a"].admin, """SELECT count(*) FROM pg_stat_activity
                WHERE application_name = 'session_group_fleet' AND query LIKE '%%wait_for_writers%%' AND wait_event_type = 'Lock'"""), [(1,)])
            writer.commit()
            assert "switched" in running.stdout.read()
    check(fleet, project, "b", {})
    assert "under way" in project.titles("b")


def test_a_lost_slot_begins_the_copy_again(fleet):
    """As after a failover of the node that has the project."""
    project = Project(fleet, "a")
    fleet.run("move", project.id, "b", "--until-copied")
    slot = f"session_group_move_{project.id}"
    here, there = fleet.nodes["a"].admin, fleet.nodes["b"].admin
    run(there, f"ALTER SUBSCRIPTION {slot} DISABLE")
    eventually(lambda: run(here, "SELECT active FROM pg_replication_slots WHERE slot_name = %s", slot), [(False,)])
    run(here, "SELECT pg_drop_replication_slot(%s)", slot)
    project.create("missed")
    assert "from the beginning" in fleet.run("move", project.id, "b")
    check(fleet, project, "b", {})
    assert "missed" in project.titles("b")


# The nginx in front ------------------------------------------------------------------------------


def test_any_node_knows_projects_and_people(fleet):
    project = Project(fleet, "b", rows=1)
    for path in ("/api/projects/", "/api/users/@me/", "/api/personal_api_keys/@current/", f"/api/projects/{project.id}/"):
        eventually(lambda: {requests.get(fleet.front.url + path, headers={"Authorization": f"Bearer {project.key}"}).status_code for _ in range(6)}, {200})


def test_a_project_is_found_however_it_is_written(fleet):
    """nginx finds the node by a plain number; where it cannot read one, the node that it asks says which project that is."""
    for node in fleet.names:
        project = Project(fleet, node, rows=1)
        # Until all nodes know the key, and have heard of the directory.
        eventually(lambda: {requests.get(f"{fleet.front.url}/api/projects/", headers={"Authorization": f"Bearer {project.key}"}).status_code for _ in range(6)}, {200})
        encoded = "".join(f"%3{digit}" for digit in str(project.id))
        for name in ("@current", "%40current", f"000{project.id}", encoded, f"0{encoded}"):
            for kind in ("projects", "environments"):
                url, key = f"{fleet.front.url}/api/{kind}/{name}/session_group_summaries/", {"Authorization": f"Bearer {project.key}"}
                for _ in range(2 * len(fleet.names)):  # whichever node is asked first
                    answer = requests.get(url, headers=key)
                    assert (answer.status_code, "X-Session-Group-Project" in answer.headers) == (200, False), (name, node, answer.text)
            made = requests.post(url, json={"title": name}, headers=key)
            assert (made.status_code, requests.delete(f"{url}{made.json()['id']}/", headers=key).status_code) == (201, 204)
        assert project.titles(node) == {"row 0"}


def test_native_door_finds_the_node_by_project(fleet):
    project = Project(fleet, "c", rows=2)
    rest, key = fleet.front.url + "/rest/v1/session_group_summaries", {"Authorization": f"Bearer {project.key}"}
    eventually(lambda: len(requests.get(f"{rest}?project_id=eq.{project.id}&select=title", headers=key).json()), 2)
    eventually(lambda: requests.post(f"{rest}?project_id=eq.{project.id}", json={"project_id": project.id, "title": "native"}, headers=key).status_code, 201)
    assert "native" in project.titles("c")
    assert [row["title"] for row in requests.get(f"{rest}?select=title&project_id=eq.00{project.id}&title=eq.native", headers=key).json()] == ["native"]
    for query in ("", "?select=id", f"?project_id=in.({project.id})", f"?id=eq.{project.id}"):
        answer = requests.get(rest + query, headers=key)
        assert (answer.status_code, answer.json()["message"]) == (400, "No single project is named")
    assert requests.get(fleet.front.url + "/rest/v1/", headers=key).status_code == 200


def test_a_node_that_is_down_takes_only_its_projects_away(fleet):
    there, elsewhere = Project(fleet, "c", rows=1), Project(fleet, "b", rows=1)
    fleet.nodes["c"].stop()
    try:
        for method, path in (("GET", ""), ("POST", ""), ("GET", "?limit=1")):
            answer = there.ask(method, path, json={"title": "lost?"} if method == "POST" else None)
            assert (answer.status_code, answer.headers.get("Retry-After"), answer.json()["code"]) == (503, "1", "service_unavailable")
        native = requests.get(f"{fleet.front.url}/rest/v1/session_group_summaries?project_id=eq.{there.id}", headers={"Authorization": f"Bearer {there.key}"})
        assert (native.status_code, native.headers.get("Retry-After"), native.json()["code"]) == (503, "1", "service_unavailable")
        elsewhere.create("served")
        for _ in range(6):
            assert requests.get(fleet.front.url + "/readyz").status_code == 200
            answer = requests.get(fleet.front.url + "/api/projects/", headers={"Authorization": f"Bearer {elsewhere.key}"})
            assert answer.status_code == 200
        assert "away" in fleet.run("status")
    finally:
        fleet.nodes["c"].__dict__.pop("admin", None)
        fleet.nodes["c"].resume()
    eventually(lambda: there.ask("POST", json={"title": "again"}).status_code, 201)


def test_a_map_that_nginx_does_not_take_is_not_left(fleet, tmp_path):
    """The check is nginx's own; the one that is there stays."""
    before = fleet.front_map().read_text()
    broken = fleet.run("map", "--output", fleet.front_map(), "--nginx", "false", "--eventual", "b=unix:/nowhere", fails=True)
    assert "keeps the one it has" in broken
    assert fleet.front_map().read_text() == before


def test_without_the_directory_requests_go_on(fleet):
    """And nothing is administered."""
    project = Project(fleet, "b", rows=1)
    fleet.nodes["a"].stop()
    try:
        project.create("written meanwhile")
        assert requests.get(fleet.front.url + "/api/projects/", headers={"Authorization": f"Bearer {project.key}"}).status_code == 200
        assert "session_group_fleet: " in fleet.run("move", project.id, "c", fails=True)
        with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState):
            run(fleet.nodes["b"].admin, "SELECT session_group.create_project('elsewhere')")
    finally:
        fleet.nodes["a"].resume()
        fleet.nodes["a"].__dict__.pop("admin", None)
        fleet.make.connection = fleet.nodes["a"].admin
    fleet.run("move", project.id, "c")
    check(fleet, project, "c", {})


def restored(node, *, change):
    """A cold copy of a node, a change after it, and the copy in its place."""
    data = (node.directory / "servers" / "data").resolve()
    backup = data.with_name("backup")
    node.stop()
    subprocess.run(["cp", "-a", data, backup], check=True)
    node.resume()
    node.__dict__.pop("admin", None)
    change()
    node.stop()
    shutil.rmtree(data)
    backup.rename(data)
    node.resume()
    node.__dict__.pop("admin", None)


def test_a_node_is_restored_from_a_backup(fleet):
    """It takes the directory anew: it would never hear of what was revoked between the backup and now."""
    project = Project(fleet, "b", rows=3)
    user = fleet.make.row("SELECT user_id AS id FROM session_group.members WHERE project_id = %s", project.id)
    revoked, made = fleet.make.key(user), []

    def change():
        run(fleet.make.connection, "SELECT session_group.revoke_api_key(max(id)) FROM session_group.api_keys WHERE user_id = %s", user["id"])
        made.append(fleet.make.key(user))
        eventually(lambda: run(fleet.nodes["b"].admin, "SELECT count(*) FROM session_group.api_keys WHERE user_id = %s", user["id"]), [(3,)])
        project.create("after the backup")

    restored(fleet.nodes["b"], change=change)
    fleet.run("rejoin", "b")

    def status(key):
        return requests.get(f"{fleet.front.url}/api/projects/{project.id}/session_group_summaries/", headers={"Authorization": f"Bearer {key}"}).status_code

    eventually(lambda: [status(key) for key in (project.key, made[0], revoked)], [200, 200, 401])
    assert project.titles("b") == {"row 0", "row 1", "row 2"}
    project.create("written to again")
    eventually(lambda: run(fleet.nodes["b"].admin, "SELECT * FROM session_group.check_counts()"), [])
    run(fleet.make.connection, "SELECT session_group.revoke_api_key(max(id)) FROM session_group.api_keys WHERE user_id = %s", user["id"])
    eventually(lambda: status(made[0]), 401)


# Nodes ------------------------------------------------------------------------------------------


def placements(fleet):
    return dict(run(fleet.make.connection, "SELECT project_id, node FROM session_group.placements"))


def test_rebalance_and_drain(fleet):
    """What is printed is what is done, and only then."""
    projects = [Project(fleet, "c", rows=20) for _ in range(3)]
    for command in (["rebalance"], ["drain", "c"]):
        before = placements(fleet)
        planned = fleet.run(*command)
        assert "nothing was done" in planned and placements(fleet) == before
        moves = [line.split() for line in planned.splitlines() if line.startswith("move project")]
        done = fleet.run(*command, "--yes")
        assert moves and moves == [line.split() for line in done.splitlines() if line.startswith("move project")]
        assert placements(fleet) == before | {int(words[2]): words[6].rstrip(":") for words in moves}
        assert "nothing is to be moved" in fleet.run(*command)
    assert "c" not in placements(fleet).values()
    for project in projects:
        check(fleet, project, fleet.where(project.id)["node"], {})
    fleet.run("remove", "c")
    assert run(fleet.nodes["c"].admin, "SELECT count(*) FROM pg_subscription") == [(0,)]
    assert "c" not in {line.split()[0] for line in fleet.run("status").splitlines()}
