"""Too much at once, too slow, or nothing there to serve it: an answer in the contract's form, none of
the acknowledged writes lost, and service again as soon as there is something to serve.

The pool is small and impatient, so that little load is too much.
"""

import concurrent.futures
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
import urllib.parse

import psycopg2
import pytest
import requests

from servers import Maker, REPO, Servers

CLIENTS = 500
POOL = 4
FORMS = {
    429: {"type": "throttled_error", "code": "throttled", "detail": "Request was throttled.", "attr": None},
    502: {"type": "server_error", "code": "service_unavailable", "detail": "The service does not answer.",
          "attr": None},
    503: {"type": "server_error", "code": "service_unavailable", "attr": None,
          "detail": "The service is unavailable for the moment. Try again later."},
    504: {"type": "server_error", "code": "timeout", "detail": "The request took too long.", "attr": None},
}


class Place:
    """A project, its two doors, and a key for them."""

    def __init__(self, servers):
        self.servers = servers
        make = Maker(servers.admin)
        self.project = make.project()
        self.headers = {"Authorization": f"Bearer {make.key(make.user(self.project))}"}
        self.list = f"{servers.url}/api/projects/{self.project}/session_group_summaries/"
        self.native = f"{servers.url}/rest/v1/session_group_summaries"

    def get(self, url=None):
        return requests.get(url or self.list, headers=self.headers, timeout=90)

    def post(self, title="A", url=None):
        body = {"title": title, "project_id": self.project}
        return requests.post(url or self.list, json=body, headers=self.headers, timeout=90)

    def titles(self):
        with self.servers.admin.cursor() as cursor:
            cursor.execute("SELECT title FROM session_group.summaries WHERE project_id = %s", (self.project,))
            return [row[0] for row in cursor.fetchall()]

    def wait_for_service(self, seconds=30):
        deadline = time.monotonic() + seconds
        while self.post("probe").status_code != 201:
            assert time.monotonic() < deadline, "no service again"
            time.sleep(0.05)
        assert self.get().status_code == self.get(self.native).status_code == 200

    def check_counts(self):
        with self.servers.admin.cursor() as cursor:
            cursor.execute("SELECT * FROM session_group.check_counts()")
            assert cursor.fetchall() == []


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    short = tmp_path_factory.mktemp("overload") / "short.sql"
    short.write_text("ALTER ROLE session_group_web SET statement_timeout = '2s';")
    with Servers("--set", "fsync = off", "--set", "max_connections = 20", "--postgrest", f"db-pool = {POOL}",
                 "--postgrest", "db-pool-acquisition-timeout = 1", "--load", short) as running:
        yield running


@pytest.fixture()
def place(servers):
    return Place(servers)


@contextlib.contextmanager
def locked(servers, table):
    with contextlib.closing(servers.connect(autocommit=False)) as other:
        with other.cursor() as cursor:
            cursor.execute(f"LOCK TABLE session_group.{table}")
        yield


def assert_form(answer, *statuses):
    """An error as the contract has it, with a hint when to come again where that makes sense."""
    assert answer.status_code in statuses, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == FORMS[answer.status_code]
    assert answer.headers.get("Retry-After") == ("1" if answer.status_code in (429, 503) else None)


def assert_native_form(answer, status, code):
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert set(answer.json()) == {"code", "message", "details", "hint"} and answer.json()["code"] == code
    assert "127.0.0.1" not in answer.text and "session_group_web" not in answer.text


# Slow clients ------------------------------------------------------------------------------------


def half_a_request(place, sent):
    parts = urllib.parse.urlsplit(place.list)
    sock = socket.create_connection((parts.hostname, parts.port), timeout=90)
    sock.sendall(sent.format(host=parts.netloc, path=parts.path, key=place.headers["Authorization"]).encode())
    return sock


@pytest.fixture(scope="module")
def slow_clients(servers):
    """Two hundred that never end their headers, two hundred that never end their bodies."""
    place = Place(servers)
    head = "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAuthorization: {key}\r\n"
    sockets = [half_a_request(place, sent) for sent in
               [head] * 200 + [head + 'Content-Length: 100\r\n\r\n{{"title":"Slow"'] * 200]
    yield place, sockets
    for sock in sockets:
        sock.close()


def test_slow_clients_are_in_nobodys_way(slow_clients, place):
    """More of them than the pool has connections, or PostgREST would hold: they wait at nginx."""
    for number in range(20):
        assert place.post(str(number)).status_code == 201
        assert place.get().json()["count"] == number + 1


# 500 at once -------------------------------------------------------------------------------------


def test_500_connections(slow_clients, place):
    """All are connected before the first one sends; each has its answer, and it is true."""
    parts = urllib.parse.urlsplit(place.list)
    sockets = [socket.create_connection((parts.hostname, parts.port), timeout=90) for _ in range(CLIENTS)]
    for number, sock in enumerate(sockets):
        body = json.dumps({"title": f"client {number}"})
        sock.sendall(f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
                     f"Authorization: {place.headers['Authorization']}\r\nContent-Type: application/json\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    made = set()
    for number, sock in enumerate(sockets):
        with sock:
            answer = http.client.HTTPResponse(sock)
            answer.begin()
            status, body = answer.status, answer.read()
        if status == 201:
            made.add(f"client {number}")
            assert json.loads(body)["title"] == f"client {number}"
        else:
            assert json.loads(body) == FORMS[status] and status in (503, 504)
    # Who was refused had no connection to write with.
    assert made and sorted(place.titles()) == sorted(made)
    place.wait_for_service()
    place.check_counts()


# The pool, and statements that take too long -------------------------------------------------------


def test_exhausted_pool(servers, place):
    with locked(servers, "summaries"), concurrent.futures.ThreadPoolExecutor(40) as clients:
        waiting = [clients.submit(place.post) for _ in range(POOL * 3)]
        native = [clients.submit(place.get, place.native) for _ in range(POOL * 3)]
        for answer in waiting:
            assert_form(answer.result(), 504)
        for answer in native:
            assert_native_form(answer.result(), 504, "timeout")
    assert place.titles() == []
    place.wait_for_service()
    place.check_counts()


@pytest.mark.parametrize("table", ["summaries", "api_keys"])
def test_statement_timeout(servers, place, table):
    """In the gateway's function or PostgREST's statement, and before it, where the key is looked up."""
    assert place.post("before").status_code == 201
    with locked(servers, table):
        assert_form(place.get(), 504)
        assert_form(place.post(), 504)
        assert_native_form(place.get(place.native), 504, "timeout")
        assert_native_form(place.post(url=place.native), 504, "timeout")
    assert place.titles() == ["before"]
    place.wait_for_service()


def test_cancelled_by_the_administrator(servers, place):
    with locked(servers, "summaries"), concurrent.futures.ThreadPoolExecutor(1) as clients:
        answer = clients.submit(place.post)
        with servers.admin.cursor() as cursor:
            deadline = time.monotonic() + 20
            while not cursor.rowcount == 1:
                assert time.monotonic() < deadline
                cursor.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                               " WHERE usename = 'session_group_web' AND wait_event_type = 'Lock'")
        assert_form(answer.result(), 504)
    assert place.titles() == []
    place.wait_for_service()


# The database ------------------------------------------------------------------------------------


def test_connection_that_breaks_at_work(servers, place):
    with locked(servers, "summaries"), concurrent.futures.ThreadPoolExecutor(1) as clients:
        answer = clients.submit(place.post)
        with contextlib.closing(servers.connect()) as other, other.cursor() as cursor:
            wait_until(lambda: ask(cursor, "SELECT count(*) FROM pg_locks WHERE NOT granted") == 1)
            os.kill(ask(cursor, "SELECT pid FROM pg_locks WHERE NOT granted"), signal.SIGKILL)
        assert_form(answer.result(), 502, 503)
    forget_admin(servers)
    wait_until(lambda: place.get().status_code == 200)
    assert place.titles() == []
    place.wait_for_service()


def test_connection_that_broke_while_idle(servers, place):
    """PostgREST answers 400 to who gets it next, which would be the client's own fault."""
    with servers.admin.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'session_group_web' AND query NOT LIKE 'LISTEN%'")
        pool = [row[0] for row in cursor.fetchall()]
    os.kill(postmaster_of(servers), signal.SIGSTOP)
    try:
        for pid in pool:
            os.kill(pid, signal.SIGKILL)
        for _ in range(len(pool) * 2):
            assert_form(place.post(), 502, 503, 504)
    finally:
        os.kill(postmaster_of(servers), signal.SIGCONT)
    forget_admin(servers)
    wait_until(lambda: place.get().status_code == 200)
    assert pool and place.titles() == []
    place.wait_for_service()


def postmaster_of(servers):
    return int((servers.directory / "servers" / "data" / "postmaster.pid").read_text().split()[0])


def forget_admin(servers):
    """The connection of a server that has gone."""
    servers.__dict__.pop("admin").close()


def ask(cursor, query):
    cursor.execute(query)
    return cursor.fetchone()[0]


def terminate_pool(servers):
    with servers.admin.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'session_group_web'")


def test_all_connections_taken(servers, place):
    """Other programs took them all: PostgREST's are not to be had again until they leave."""
    servers.admin.cursor().execute("SELECT 1")  # the one that stays
    with contextlib.ExitStack() as others:
        terminate_pool(servers)
        while True:
            try:
                others.enter_context(contextlib.closing(servers.connect()))
            except psycopg2.OperationalError as error:
                assert "too many clients" in str(error)
                break
        terminate_pool(servers)
        deadline = time.monotonic() + 20
        while place.get().status_code == 200:  # a connection that still ends
            assert time.monotonic() < deadline
        assert_form(place.get(), 503)
        assert_form(place.post(), 503)
        assert_native_form(place.get(place.native), 503, "service_unavailable")
    place.wait_for_service()


def test_database_down_and_back(servers, place):
    """Stopped at once while there are writers; what was acknowledged is there when it is back."""
    acknowledged, answers, done = [], [], False

    def write(client):
        number = 0
        while not done:
            number += 1
            answer = place.post(f"{client}/{number}")
            answers.append(answer)
            if answer.status_code == 201:
                acknowledged.append(f"{client}/{number}")

    def met(status):
        return any(answer.status_code == status for answer in answers)

    data = servers.directory / "servers" / "data"
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        writers = [clients.submit(write, client) for client in range(8)]
        try:
            wait_until(lambda: len(acknowledged) > 50)
            os.kill(postmaster_of(servers), signal.SIGQUIT)
            wait_until(lambda: met(503))
            assert_native_form(place.get(place.native), 503, "service_unavailable")
            # Starts what does not run, and leaves what does.
            start_postgres(data)
            before = len(acknowledged)
            wait_until(lambda: len(acknowledged) > before + 50)
        finally:
            done = True
        for writer in writers:
            writer.result()
    forget_admin(servers)
    for answer in answers:
        if answer.status_code != 201:
            assert_form(answer, 502, 503, 504)
    found = place.titles()
    assert len(found) == len(set(found)) and set(acknowledged) <= set(found)
    place.check_counts()


def start_postgres(data):
    """As deploy/stack does it."""
    subprocess.run(["bash", "-c",
                    'set -e; . "$0/deploy/lib.sh"; PG_CONFIG=$(find_pg_config); as_server "$("$PG_CONFIG" --bindir)/pg_ctl"'
                    ' -D "$1" -l "$1/../logs/postgres.log" -w -t 60 start >/dev/null 2>&1 </dev/null', REPO,
                    data.resolve()], check=True)


def wait_until(check, seconds=30):
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_nobody_there(servers, place):
    """Without PostgREST nginx itself answers."""
    os.kill(int((servers.directory / "servers" / "postgrest.pid").read_text()), signal.SIGKILL)
    wait_until(lambda: place.get().status_code == 503)
    assert_form(place.post(), 503)
    assert_native_form(place.get(place.native), 503, "service_unavailable")
    servers.revive()
    place.wait_for_service()
    place.check_counts()


def test_slow_clients_are_given_up(slow_clients):
    """Each is hung up on in the end, and nothing of its half is kept."""
    place, sockets = slow_clients
    for sock in sockets:
        with contextlib.suppress(ConnectionResetError):
            while sock.recv(65536):
                pass
    assert place.titles() == []
