"""pgbouncer in transaction mode, between PostgREST or an SQL application and the database, as docs/production.md has it."""

import concurrent.futures
import os
import re
import subprocess

import psycopg2
import pytest
import requests

from servers import Maker, Servers, free_port

# Fewer connections than those that ask: transactions of both projects share each of them.
POOL = 2

CONFIG = """
[databases]
session_group = host=127.0.0.1 port={postgres} dbname=session_group
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool}
{prepared}
"""

ROLES = """
CREATE ROLE pooled_web LOGIN NOINHERIT PASSWORD 'of-a-test' IN ROLE session_group_gateway;
CREATE ROLE pooled_app LOGIN PASSWORD 'of-a-test' IN ROLE session_group_api;
"""


def version():
    said = subprocess.run(["/usr/sbin/pgbouncer", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.search(r"PgBouncer (\d+)\.(\d+)", said).groups()))


@pytest.fixture(scope="module")
def pooled(tmp_path_factory):
    """Servers whose PostgREST comes through a pgbouncer."""
    directory = tmp_path_factory.mktemp("pgbouncer")
    prepared = version() >= (1, 21)
    port, postgres = free_port(), free_port()
    (directory / "roles.sql").write_text(ROLES)
    (directory / "users").write_text('"pooled_web" "of-a-test"\n"pooled_app" "of-a-test"\n')
    (directory / "ini").write_text(CONFIG.format(port=port, postgres=postgres, pool=POOL, users=directory / "users",
                                                 prepared="max_prepared_statements = 200" if prepared else ""))
    # As root it asks for another user, who has to find its files.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    for path in (directory, *directory.parents[:2]) if user else ():
        path.chmod(0o755)
    bouncer = subprocess.Popen(["/usr/sbin/pgbouncer", "-q", *user, directory / "ini"])
    try:
        with Servers("--set", "fsync = off", "--postgres-port", postgres, "--load", directory / "roles.sql",
                     "--postgrest", f"db-uri = postgresql://pooled_web:of-a-test@127.0.0.1:{port}/session_group",
                     "--postgrest", "db-channel-enabled = false", "--postgrest", f"db-prepared-statements = {str(prepared).lower()}") as servers:
            servers.bouncer = port
            make = Maker(servers.admin)
            servers.keys = {}
            for name in ("first", "second"):
                project = make.project()
                user = make.user(project)
                servers.keys[project] = make.key(user)
                for n in range(5):
                    make.summary(project, user, title=f"{project}: {n}")
            yield servers
    finally:
        bouncer.terminate()
        bouncer.wait(timeout=30)


def ask(servers, project, method="GET", **options):
    return requests.request(method, f"{servers.url}/api/projects/{project}/session_group_summaries/",
                            headers={"Authorization": f"Bearer {servers.keys[project]}"}, **options)


def test_connections_are_shared_and_identities_are_not(pooled):
    """Clients of two projects, many more than there are connections: each gets its own, and none is refused."""
    def one(project):
        native = requests.get(f"{pooled.url}/rest/v1/session_group_summaries?select=project_id",
                              headers={"Authorization": f"Bearer {pooled.keys[project]}"})
        made = ask(pooled, project, "POST", json={"title": f"{project}: made"})
        listed = ask(pooled, project, params={"limit": 1000})
        return (native.status_code, made.status_code, listed.status_code,
                {row["project_id"] for row in native.json()}, {row["title"].split(":")[0] for row in listed.json()["results"]})

    asked = list(pooled.keys) * 40
    with concurrent.futures.ThreadPoolExecutor(16) as clients:
        for project, found in zip(asked, clients.map(one, asked)):
            assert found == (200, 201, 200, {project}, {str(project)})
    with pooled.admin.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = 'pooled_web'")
        assert cursor.fetchone()[0] <= POOL
        cursor.execute("SELECT * FROM session_group.check_counts()")
        assert cursor.fetchall() == []


def test_an_sql_application_logs_in_in_each_transaction(pooled):
    """The next transaction on the same connection of the database, of another client, has no identity."""
    clients = [psycopg2.connect(host="127.0.0.1", port=pooled.bouncer, dbname="session_group", user="pooled_app", password="of-a-test") for _ in range(4)]
    (first, key), (second, _) = pooled.keys.items()
    backends = set()
    for number, client in enumerate(clients * 3):
        with client, client.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backends.add(cursor.fetchone()[0])
            if number % 2:
                cursor.execute("SELECT count(*) FROM session_group.summaries")
                assert cursor.fetchone() == (0,)
            else:
                cursor.execute("SELECT session_group.login(%s)", (key,))
                cursor.execute("SELECT DISTINCT project_id FROM session_group.summaries")
                assert cursor.fetchall() == [(first,)]
                with pytest.raises(psycopg2.Error, match=str(second)):
                    cursor.execute("SELECT session_group.count_summaries(%s)", (second,))
                client.rollback()
    assert len(backends) <= POOL
    for client in clients:
        client.close()
