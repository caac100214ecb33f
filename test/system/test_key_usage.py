"""When API keys were last used: by reading requests too, where the library is preloaded."""

import contextlib
import time

import psycopg2
import pytest
import requests

from servers import Maker, Servers, Traffic

PRELOADED = ("--set", "fsync = off", "--set", "shared_preload_libraries = 'session_group'",
             "--set", "session_group.key_usage_interval = 1")


def last_used(connection, key):
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_used_at FROM session_group.api_keys"
                       " WHERE hash = 'sha256$' || encode(sha256(%s::bytea), 'hex')", (key,))
        return cursor.fetchone()[0]


def wait_for_use(connection, key, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = last_used(connection, key)
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError("last_used_at was not written in time")


def status(servers, project, key):
    return requests.get(f"{servers.url}/api/projects/{project}/session_group_summaries/",
                        headers={"Authorization": f"Bearer {key}"}, timeout=10).status_code


def get(servers, project, key):
    assert status(servers, project, key) == 200


@pytest.fixture(scope="module")
def preloaded():
    with Servers(*PRELOADED) as servers:
        yield servers


@pytest.fixture()
def reader(preloaded):
    make = Maker(preloaded.admin)
    project = make.project()
    key = make.key(make.user(project), scopes=["session_recording:read"])
    return project, key


def test_get_is_use(preloaded, reader):
    project, key = reader
    assert last_used(preloaded.admin, key) is None
    get(preloaded, project, key)
    assert wait_for_use(preloaded.admin, key) is not None


def test_fresh_use_is_not_written_again(preloaded, reader):
    project, key = reader
    get(preloaded, project, key)
    first = wait_for_use(preloaded.admin, key)
    get(preloaded, project, key)
    # Another key's use is written later than this one's would have been.
    other = Maker(preloaded.admin).key(Maker(preloaded.admin).user(project))
    get(preloaded, project, other)
    wait_for_use(preloaded.admin, other)
    assert last_used(preloaded.admin, key) == first


def test_use_of_an_hour_ago_is_written_again(preloaded, reader):
    project, key = reader
    get(preloaded, project, key)
    wait_for_use(preloaded.admin, key)
    with preloaded.admin.cursor() as cursor:
        cursor.execute("UPDATE session_group.api_keys SET last_used_at = now() - interval '61 minutes'"
                       " WHERE hash = 'sha256$' || encode(sha256(%s::bytea), 'hex')"
                       " RETURNING last_used_at", (key,))
        old = cursor.fetchone()[0]
    get(preloaded, project, key)
    deadline = time.monotonic() + 20
    while last_used(preloaded.admin, key) == old:
        assert time.monotonic() < deadline, "last_used_at stayed as it was"
        time.sleep(0.1)


def test_a_key_that_is_held_holds_up_no_other(preloaded, reader):
    """An administrator's open transaction makes nobody wait; the key's next use is noted."""
    project, held = reader
    other = Maker(preloaded.admin).key(Maker(preloaded.admin).user(project))
    with contextlib.closing(preloaded.connect(autocommit=False)) as administrator:
        with administrator.cursor() as cursor:
            cursor.execute("UPDATE session_group.api_keys SET label = 'held'"
                           " WHERE hash = 'sha256$' || encode(sha256(%s::bytea), 'hex')", (held,))
        get(preloaded, project, held)
        get(preloaded, project, other)
        wait_for_use(preloaded.admin, other)
        assert last_used(preloaded.admin, held) is None
        administrator.rollback()
    get(preloaded, project, held)
    wait_for_use(preloaded.admin, held)


def test_every_database_has_its_own(preloaded):
    """One launcher serves several databases; one that has gone away stops nothing."""
    for name in ("second", "third"):
        with preloaded.admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        with contextlib.closing(psycopg2.connect(preloaded.database_url, dbname=name)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION session_group")
            make = Maker(connection)
            project = make.project()
            key = make.key(make.user(project))
            with connection.cursor() as cursor:
                cursor.execute("BEGIN READ ONLY")
                cursor.execute("SELECT session_group.login(%s)", (key,))
                cursor.execute("COMMIT")
            if name == "third":
                wait_for_use(connection, key)
        if name == "second":
            with preloaded.admin.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_without_preload_only_writes_count(stack, admin, make):
    project = make.project()
    key = make.key(make.user(project), scopes=["session_recording:write"])
    get(stack, project, key)
    assert last_used(admin, key) is None
    answer = requests.post(f"{stack.url}/api/projects/{project}/session_group_summaries/",
                           json={"title": "x"}, headers={"Authorization": f"Bearer {key}"}, timeout=10)
    assert answer.status_code == 201
    assert last_used(admin, key) is not None


def test_login_keeps_no_key_from_being_revoked(stack, admin, make):
    """An application's open transaction holds no lock on the key that it logged in with."""
    key = make.key(make.user(make.project()))
    with contextlib.closing(stack.connect(autocommit=False)) as application:
        with application.cursor() as cursor:
            cursor.execute("SELECT session_group.login(%s)", (key,))
            with admin.cursor() as revoke:
                revoke.execute("SET lock_timeout = '2s'")
                revoke.execute("SELECT (session_group.revoke_api_key(id)).revoked_at FROM session_group.api_keys"
                               " WHERE hash = 'sha256$' || encode(sha256(%s::bytea), 'hex')", (key,))
                assert revoke.fetchone()[0] is not None
                revoke.execute("RESET lock_timeout")


def test_launcher_comes_back(preloaded, reader):
    """Terminated, it is started again, and uses are written."""
    with preloaded.admin.cursor() as cursor:
        cursor.execute("SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity"
                       " WHERE backend_type = 'session_group key usage launcher'")
        assert cursor.rowcount == 1
    project, key = reader
    get(preloaded, project, key)
    assert wait_for_use(preloaded.admin, key, 40) is not None


def test_a_key_is_rotated_without_a_refused_request(preloaded, reader):
    """As docs/administration.md has it: a new key, given to who uses the old one, which is revoked when the new one has arrived."""
    project, old = reader
    with Traffic(lambda key: status(preloaded, project, key), old) as traffic, preloaded.admin.cursor() as cursor:
        wait_for_use(preloaded.admin, old)
        cursor.execute("SELECT id, user_id FROM session_group.api_keys WHERE hash = 'sha256$' || encode(sha256(%s::bytea), 'hex')", (old,))
        id, user = cursor.fetchone()
        new = Maker(preloaded.admin).key({"id": user})
        traffic.credential = new
        wait_for_use(preloaded.admin, new)
        cursor.execute("SELECT session_group.revoke_api_key(%s)", (id,))
        traffic.more()
    assert set(traffic.statuses) == {200}
    assert status(preloaded, project, old) == 401


def settings(connection, **values):
    """Settings of the server from now on; None is the default."""
    with connection.cursor() as cursor:
        for name, value in values.items():
            cursor.execute(f"ALTER SYSTEM SET session_group.{name} = {value}" if value else f"ALTER SYSTEM RESET session_group.{name}")
        cursor.execute("SELECT pg_reload_conf()")


def test_thousands_of_keys_in_an_interval(preloaded):
    make = Maker(preloaded.admin)
    user = make.user(make.project())
    keys = 3000
    with contextlib.closing(preloaded.connect()) as session, session.cursor() as cursor:
        try:
            # None is written before all have been used.
            settings(preloaded.admin, key_usage_interval=3600)
            cursor.execute("CREATE TEMP TABLE made AS SELECT session_group.create_api_key(%s, 'many') AS key FROM generate_series(1, %s)", (user["id"], keys))
            cursor.execute("SELECT session_group.login(key) FROM made")
            cursor.execute("SELECT session_group.key_uses_waiting()")
            assert cursor.fetchone()[0] >= keys
        finally:
            settings(preloaded.admin, key_usage_interval=None)
    deadline = time.monotonic() + 20
    with preloaded.admin.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(last_used_at) FROM session_group.api_keys WHERE user_id = %s", (user["id"],))
            if (written := cursor.fetchone()[0]) == keys:
                break
            time.sleep(0.1)
    assert written == keys
