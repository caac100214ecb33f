"""40001 and 40P01 over HTTP: real deadlocks between requests and an SQL session, and what the client sees.

Requests change one row each and do not deadlock among themselves. So that one meets a deadlock,
a trigger of the test makes it take two locks more, which others hold: the last one that waits is the
one that finds the deadlock and gives up. Nothing is timed: each step waits until the one before it waits.
"""

import concurrent.futures
import contextlib
import json
import time

import pytest
import requests

from servers import Maker, Servers

UNAVAILABLE = ('{"type":"server_error","code":"service_unavailable",'
               '"detail":"The service is unavailable for the moment. Try again later.","attr":null}')
FIRST, SECOND = 1, 2  # the advisory locks that the trigger takes
PAUSE = f"""
CREATE FUNCTION public.pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock({FIRST});
    PERFORM pg_advisory_xact_lock({SECOND});
    RETURN NULL;
END
$$;
CREATE TRIGGER pause AFTER UPDATE ON session_group.summaries
    FOR EACH ROW WHEN (NEW.title = 'by request') EXECUTE FUNCTION public.pause();
"""


@pytest.fixture(scope="module")
def servers():
    # One connection for all requests: what one leaves behind, the next one meets.
    with Servers("--set", "fsync = off", "--set", "deadlock_timeout = 100ms",
                 "--postgrest", "db-pool = 1") as running:
        with running.admin.cursor() as cursor:
            cursor.execute(PAUSE)
        yield running


class Stage:
    """A project with a row, an SQL session that never gives up, and a client."""

    def __init__(self, servers):
        self.servers = servers
        make = Maker(servers.admin)
        self.project = make.project()
        self.key = make.key(make.user(self.project))
        self.id = str(make.summary(self.project, title="at first")["id"])
        self.sql = servers.connect(autocommit=False)
        self.do(self.sql, "SET deadlock_timeout = '10min'")
        self.sql.commit()

    @staticmethod
    def do(connection, statement, *values):
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else None

    def ask(self, statement, *values):
        """The answer to a question, as superuser."""
        (row,) = self.do(self.servers.admin, statement, *values)
        return row[0]

    def change(self):
        self.do(self.sql, "UPDATE session_group.summaries SET title = 'by SQL' WHERE project_id = %s AND id = %s",
                self.project, self.id)

    def patch(self, door, title):
        path = {"gateway": f"/api/projects/{self.project}/session_group_summaries/{self.id}/",
                "native": f"/rest/v1/session_group_summaries?project_id=eq.{self.project}&id=eq.{self.id}"}
        return requests.patch(self.servers.url + path[door], json.dumps({"title": title}), timeout=120, headers={
            "Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})

    def row(self):
        return self.do(self.servers.admin, "SELECT title, version FROM session_group.summaries"
                       " WHERE project_id = %s AND id = %s", self.project, self.id)[0]

    def wait_for_waiting(self, blocker):
        """The pid of whoever waits for a session now."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            pid = self.ask("SELECT max(pid) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))", blocker)
            if pid is not None:
                return pid
            time.sleep(0.02)
        raise AssertionError(f"nobody waits for {blocker}")


@pytest.fixture()
def stage(servers):
    made = Stage(servers)
    with contextlib.closing(made.sql):
        yield made


def deadlock(stage, door):
    """A request takes the row, the SQL session waits for it, the request waits for the SQL session."""
    admin = stage.servers.admin
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        stage.do(admin, "SELECT pg_advisory_lock(%s)", FIRST)
        try:
            stage.do(stage.sql, "SELECT pg_advisory_xact_lock(%s)", SECOND)
            answer = pool.submit(stage.patch, door, "by request")
            backend = stage.wait_for_waiting(admin.info.backend_pid)
            change = pool.submit(stage.change)
            assert stage.wait_for_waiting(backend) == stage.sql.info.backend_pid
        finally:
            stage.do(admin, "SELECT pg_advisory_unlock(%s)", FIRST)
        answer = answer.result()
        change.result()
    stage.sql.commit()
    return backend, answer


@pytest.mark.parametrize("door", ["gateway", "native"])
def test_deadlock(stage, door):
    backend, answer = deadlock(stage, door)
    assert answer.status_code == 503
    if door == "gateway":
        assert (answer.text, answer.headers["Content-Type"]) == (UNAVAILABLE, "application/json")
    else:  # as PostgREST words its errors
        assert answer.json()["code"] == "service_unavailable"
        assert "at first" not in answer.text and "by request" not in answer.text
    # It was not repeated, and has changed nothing.
    assert stage.row() == ("by SQL", 2)
    assert "deadlock detected" in stage.servers.log()
    # The connection is the same, and none the worse.
    again = stage.patch("gateway", "again")
    assert (again.status_code, again.json()["title"]) == (200, "again")
    assert stage.ask("SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state = 'idle'", backend) == 1


def test_requests_are_read_committed(stage):
    """Whatever the database and the roles prefer: 40001 does not come up by itself."""
    scopes = ["DATABASE session_group", *(f"ROLE session_group_{role}" for role in ("web", "anon", "api"))]
    try:
        for scope in scopes:
            stage.do(stage.servers.admin, f"ALTER {scope} SET default_transaction_isolation = 'serializable'")
        reconnect(stage)
        # The row changes after the request's first statement, while it waits.
        stage.change()
        for door in ("gateway", "native"):
            stage.change()
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                answer = pool.submit(stage.patch, door, f"by {door}")
                stage.wait_for_waiting(stage.sql.info.backend_pid)
                stage.sql.commit()
                answer = answer.result()
            assert answer.status_code in (200, 204), answer.text
            assert stage.row()[0] == f"by {door}"
    finally:
        for scope in scopes:
            stage.do(stage.servers.admin, f"ALTER {scope} RESET default_transaction_isolation")
        reconnect(stage)


def reconnect(stage):
    """Give PostgREST new connections, with what the settings are now."""
    stage.do(stage.servers.admin, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
             " WHERE usename = 'session_group_web'")
    deadline = time.monotonic() + 60
    while stage.patch("gateway", "reconnected").status_code != 200:
        assert time.monotonic() < deadline, "PostgREST does not come back"
        time.sleep(0.1)
