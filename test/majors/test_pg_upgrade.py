"""pg_upgrade to another major: every row, number and right comes over, and clients go on where they were.

For test/majors/upgrade, which puts two PostgreSQLs beside each other: OLD_BINDIR and NEW_BINDIR name their programs.
"""

import os
import pathlib
import subprocess
import types

import pytest
import requests
from psycopg2.extensions import parse_dsn

from definitions import definitions, differences
from servers import REPO, Servers
from test_upgrade import contents, fill, install, run

OLD = pathlib.Path(os.environ["OLD_BINDIR"])
NEW = pathlib.Path(os.environ["NEW_BINDIR"])
MANY = 5000


def as_server(directory, *command, **env):
    """Runs a command as the servers' user in a directory; returns what it says."""
    script = 'set -e; . "$0/deploy/lib.sh"; as_server sh -c \'cd "$0" && exec "$@"\' "$@"'
    ran = subprocess.run(["bash", "-c", script, REPO, directory, *map(str, command)], env={**os.environ, **env},
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


def pg_upgrade(servers):
    """Upgrades the data of stopped servers, whose settings and doors stay as they were."""
    home = (servers.directory / "servers").resolve()
    old, new = home / "data-old", home / "data"
    as_server(home, "mv", new, old)
    # Some majors make new clusters with checksums, and both have to agree.
    as_server(home, OLD / "pg_checksums", "--enable", "-D", old)
    as_server(home, NEW / "initdb", "-D", new, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums")
    as_server(home, NEW / "pg_upgrade", "--old-bindir", OLD, "--new-bindir", NEW, "--old-datadir", old, "--new-datadir", new,
              "--username", "postgres", "--socketdir", home / "tmp", "--copy", PGPASSWORD=parse_dsn(servers.database_url)["password"])
    as_server(home, "cp", old / "postgresql.conf", old / "pg_hba.conf", new)
    as_server(home, "rm", "-r", old)


def client(key):
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    return session


def write_over_http(servers, before):
    """Summaries of clients', and what these hold on to: a link, an ETag, a number, an idempotency key."""
    before.post = {"json": {"title": "Once", "session_ids": ["s-once"]}, "headers": {"Idempotency-Key": "pg_upgrade"}}
    with client(before.key) as http:
        made = http.post(before.url, **before.post)
        assert made.status_code == 201, made.text
        before.made, before.etag = made.json(), made.headers["ETag"]
        gone = http.post(before.url, json={"title": "Gone"}).json()["id"]
        assert http.patch(f"{before.url}{gone}/", json={"title": "Going"}).status_code == 200
        assert http.delete(f"{before.url}{gone}/").status_code == 204
        before.next = http.get(before.url, params={"cursor": "", "limit": 100}).json()["next"]
        before.seq = http.get(f"{before.url}activity/", params={"limit": 1}).json()["results"][0]["seq"]
        before.answers = answers(http, before)


def answers(http, before):
    """What clients read: path and query → status and body."""
    paths = ["", "?search=checkout", "?q=payment", "?session_id=s-77", "?limit=5&offset=4000&order=title", "patterns/?limit=3", "activity/?since=0&limit=50",
             f"{before.made['id']}/", f"{before.made['id']}/activity/", before.next.removeprefix(before.url)]
    found = {path: http.get(before.url + path) for path in paths}
    return {path: (answer.status_code, answer.text) for path, answer in found.items()}


def load(servers, before):
    """Projects, users, members, keys, summaries and activity of all sorts, and many rows."""
    before.key, before.project = fill(servers.admin)
    before.url = f"{servers.url}/api/projects/{before.project}/session_group_summaries/"
    run(servers.admin, """INSERT INTO session_group.summaries (project_id, title, session_ids, summary, run_metadata)
        SELECT %s, 'Checkout ' || n, ARRAY['s-' || n], jsonb_build_object('patterns', jsonb_build_array(jsonb_build_object(
                'pattern_id', n, 'pattern_name', 'Payment refused', 'pattern_description', repeat(md5(n::text), n %% 400), 'severity', 'high'))), '{}'
        FROM generate_series(1, %s) AS n""", before.project, MANY)
    run(servers.admin, "SELECT session_group.set_retention(%s, '10 years')", before.project)


@pytest.fixture(scope="module")
def upgraded():
    """The upgraded servers, and what there was before: .rows, .key, .project …"""
    before = types.SimpleNamespace()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PG_CONFIG", str(OLD / "pg_config"))
        with Servers("--set", "fsync = off") as servers:
            load(servers, before)
            write_over_http(servers, before)
            before.rows = rows(servers)
            before.posture = posture(servers)
            before.version = version(servers)
            servers.admin.close()
            del servers.admin
            servers.stop()
            pg_upgrade(servers)
            patch.setenv("PG_CONFIG", str(NEW / "pg_config"))
            servers.resume()
            yield servers, before


def rows(servers):
    """Those of all tables, also of those that a dump leaves out, and the numbers that sequences are at."""
    names = [name for (name,) in run(servers.admin, """SELECT oid::regclass::text FROM pg_class
        WHERE relnamespace = 'session_group'::regnamespace AND relkind IN ('r', 'S') ORDER BY 1""")]
    found = contents(servers.admin, names)
    # How many numbers a sequence has set aside belongs to the server.
    return {name: [{column: value for column, value in row.items() if column != "log_cnt"} for (row,) in found[name]] for name in names}


def version(servers):
    return run(servers.admin, "SHOW server_version_num")[0][0]


def posture(servers):
    return run(servers.admin, "SELECT * FROM session_group.posture_tables() UNION ALL SELECT * FROM session_group.posture_policies()"
               " UNION ALL SELECT * FROM session_group.posture_functions() UNION ALL SELECT * FROM session_group.posture_rights()"
               " UNION ALL SELECT * FROM session_group.posture_roles()")


def test_the_server_is_another_one(upgraded):
    servers, before = upgraded
    assert int(before.version) // 10000 < int(version(servers)) // 10000


def test_every_row_is_there(upgraded):
    servers, before = upgraded
    assert len(before.rows["session_group.summaries"]) > MANY
    assert all(before.rows[f"session_group.{name}"] for name in ("projects", "users", "members", "api_keys", "project_counts", "activity", "idempotency_keys"))
    after = rows(servers)
    assert list(after) == list(before.rows)
    for name, there in before.rows.items():
        assert after[name] == there, name
    assert run(servers.admin, "SELECT * FROM session_group.check_counts()") == []
    assert run(servers.admin, "SELECT * FROM session_group.check_rows()") == []


def test_objects_and_rights_are_those_of_a_fresh_install(upgraded):
    servers, before = upgraded
    run(servers.admin, "CREATE DATABASE fresh")
    fresh = servers.connect_to("fresh")
    install(fresh)
    write_bodies_again(fresh)
    assert differences(definitions(fresh), definitions(servers.admin)) == []
    fresh.close()
    # A right that was not taken for one of the extension's own would be in the dump.
    assert schema(servers, "fresh") == schema(servers, "session_group")
    assert posture(servers) == before.posture == []


def write_bodies_again(connection):
    """As a dump does: PostgreSQL writes SQL bodies with types, after which it names the columns that had no name."""
    for (text,) in run(connection, """SELECT pg_get_functiondef(oid) FROM pg_proc
            WHERE pronamespace = 'session_group'::regnamespace AND prosqlbody IS NOT NULL"""):
        run(connection, text.replace("%", "%%"))


def schema(servers, database):
    """What pg_dump says of a database besides its data, but for the words that differ from dump to dump."""
    said = subprocess.check_output([NEW / "pg_dump", "--schema-only", "-d", f"{servers.database_url.rsplit('/', 1)[0]}/{database}"], text=True)
    return [line for line in said.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def test_an_update_of_the_extension_changes_nothing(upgraded):
    servers, _ = upgraded
    there = definitions(servers.admin)
    run(servers.admin, "ALTER EXTENSION session_group UPDATE")
    assert definitions(servers.admin) == there


def test_no_index_or_table_is_damaged(upgraded):
    """By the new major's eyes; checksums are on, so every page was looked at."""
    servers, _ = upgraded
    there = parse_dsn(servers.database_url)
    as_server("/", NEW / "pg_amcheck", "--install-missing", "--heapallindexed", "--rootdescend", "-h", there["host"], "-p", there["port"],
              "-U", there["user"], there["dbname"], PGPASSWORD=there["password"])


def test_clients_read_what_they_read_before(upgraded):
    servers, before = upgraded
    with client(before.key) as http:
        assert answers(http, before) == before.answers
    assert {status for status, _ in before.answers.values()} == {200}


def test_clients_go_on_writing(upgraded):
    """The last test: numbers, ETags, idempotency keys and the feed go on from where they were."""
    servers, before = upgraded
    with client(before.key) as http:
        again = http.post(before.url, **before.post)
        assert (again.status_code, again.json()) == (201, before.made)
        one = f"{before.url}{before.made['id']}/"
        changed = http.patch(one, json={"title": "Twice"}, headers={"If-Match": before.etag})
        assert changed.status_code == 200, changed.text
        assert http.patch(one, json={"title": "Late"}, headers={"If-Match": before.etag}).status_code == 412
        count = http.get(before.url).json()["count"]
        assert http.post(before.url, json={"title": "New"}).status_code == 201
        assert http.get(before.url).json()["count"] == count + 1
        assert http.get(before.url, params={"search": "twice"}).json()["count"] == 1
        feed = http.get(f"{before.url}activity/", params={"since": before.seq}).json()["results"]
        assert [record["seq"] for record in feed] == [before.seq + 1, before.seq + 2]
    (largest,), = run(servers.admin, "SELECT max(id) FROM session_group.projects")
    assert run(servers.admin, "SELECT id FROM session_group.create_project('Next')") == [(largest + 1,)]
    assert run(servers.admin, "SELECT * FROM session_group.check_counts()") == []
    assert run(servers.admin, "SELECT * FROM session_group.check_rows()") == []
