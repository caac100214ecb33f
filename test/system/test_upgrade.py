"""From each released version to this one: the objects, the rights, the data, the doors.

upgrade/ has the install scripts of the released versions, as they were released; make install puts them
beside this version's. The library is this version's all along, as it is on a server between
the installation of the new one and ALTER EXTENSION session_group UPDATE.
"""

import os
import pathlib
import re
import subprocess

import psycopg2
import psycopg2.errors
import pytest
import requests

from definitions import definitions, differences
from servers import Maker, Servers
from test_isolation_install import plant

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = sorted(path.stem.split("--")[1] for path in (HERE.parents[1] / "upgrade").glob("session_group--*.sql") if path.stem.count("--") == 1)
PGTAP = HERE.parent / "pgtap"

released = pytest.mark.parametrize("version", VERSIONS)


def run(connection, sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else None


def install(connection, version=None):
    run(connection, "CREATE EXTENSION session_group" + (f" VERSION '{version}'" if version else ""))


def update(connection):
    run(connection, "ALTER EXTENSION session_group UPDATE")


def fill(connection):
    """Projects, users, keys and summaries of all sorts; returns a key and its project."""
    make = Maker(connection)
    # Plain SQL: the functions of administration are the new library's, and wait for the update.
    (project,), (other,) = run(connection, "INSERT INTO session_group.projects (name, timezone) VALUES ('A', 'UTC'), ('B', 'Europe/Berlin') RETURNING id")
    ada, bob = make.user(project, other, first_name="Ada"), make.user(project, role_at_organization="data")
    gone = make.user(other)
    key = make.key(ada)
    make.key(bob, scopes=["session_recording:read"], projects=[project])
    for number in range(30):
        make.summary(project if number % 3 else other, ada if number % 2 and number % 3 else None,
                     title=f"Summary {number} – ünïcode", session_ids=[f"s-{number}-{i}" for i in range(number % 5)],
                     summary={"patterns": [{"pattern_id": number, "pattern_name": "Checkout trouble", "severity": "high"}]} if number % 4 else None,
                     run_metadata={"number": number})
    make.summary(other, gone, title="Of a former member")
    run(connection, "SELECT session_group.remove_member(%s, %s)", other, gone["id"])
    run(connection, "DELETE FROM session_group.summaries WHERE project_id = %s AND title LIKE 'Summary 1%%'", project)
    run(connection, "UPDATE session_group.summaries SET title = title || '!' WHERE project_id = %s", other)
    return key, project


def tables(connection):
    return [row[0] for row in run(connection, """SELECT c.oid::regclass::text FROM pg_extension e, unnest(e.extconfig) AS t (oid)
        JOIN pg_class c ON c.oid = t.oid WHERE e.extname = 'session_group' AND c.relkind IN ('r', 'S') ORDER BY 1""")]


def contents(connection, names):
    """Each table's rows, each row an object."""
    return {name: sorted(run(connection, f"SELECT to_jsonb(t) FROM (SELECT * FROM {name}) AS t"), key=repr) for name in names}


def without_new_columns(before, after):
    """The rows of `after` with the columns that there were before."""
    def old_part(name, row):
        return {column: row[column] for column in before[name][0][0]}

    return {name: sorted(((old_part(name, row),) for (row,) in after[name]), key=repr) if before[name] else after[name]
            for name in before}


@released
def test_objects_and_rights_are_those_of_a_fresh_install(database, version):
    fresh, updated = database(), database()
    install(fresh)
    install(updated, version)
    update(updated)
    assert differences(definitions(fresh), definitions(updated)) == []


@released
def test_data_stays(database, version):
    connection = database()
    install(connection, version)
    fill(connection)
    before = contents(connection, tables(connection))
    assert len(before) >= 6 and sum(map(len, before.values())) > 30
    # What users had of their memberships is no longer copied to them.
    for (user,) in before["session_group.users"]:
        user["project_ids"] = []
    before["session_group.users"].sort(key=repr)
    update(connection)
    assert without_new_columns(before, contents(connection, before)) == before
    assert run(connection, "SELECT * FROM session_group.check_counts()") == []
    assert run(connection, "SELECT * FROM session_group.check_rows()") == []
    # Those of before have their rows, too; of more, the others would wait for make_rows().
    assert run(connection, "SELECT count(*) > 10 FROM session_group.pattern_rows") == [(True,)]
    assert run(connection, "SELECT count(*) FROM session_group.pending_rows") == [(0,)]
    # Rows of before are found by what came since.
    found = run(connection, """SELECT project_id, count(*) FROM session_group.summaries
        WHERE session_group.session_keys(project_id, session_ids) OPERATOR(pg_catalog.@>) session_group.session_keys(project_id, '{s-4-1}')
        GROUP BY project_id""")
    assert len(found) == 1


def statistics(connection):
    """The columns, and expressions of indexes, of whose values the planner's statistics tell; how many rows a project has they may."""
    run(connection, "ANALYZE")
    return run(connection, """SELECT c.relname, a.attname FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid
        JOIN pg_attribute a ON a.attrelid = s.starelid AND a.attnum = s.staattnum
        WHERE c.relnamespace = 'session_group'::regnamespace AND a.attname <> 'project_id' ORDER BY 1, 2""")


@released
def test_L21_statistics_of_values_go(database, version):
    """Those that an earlier version's ANALYZE has left, and none come by another ANALYZE."""
    connection = database()
    install(connection, version)
    fill(connection)
    assert ("summaries", "title") in statistics(connection) and ("users", "email") in statistics(connection)
    update(connection)
    left = "SELECT count(*) FROM pg_statistic s JOIN pg_attribute a ON a.attrelid = s.starelid AND a.attnum = s.staattnum WHERE a.attname IN ('title', 'email', 'name')" \
           " AND s.starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'session_group'::regnamespace)"
    assert run(connection, left) == [(0,)]
    assert statistics(connection) == []


def test_a_retention_that_could_be_no_time_at_all_keeps_everything(database):
    connection = database()
    install(connection, "0.2.0")
    projects = run(connection, "INSERT INTO session_group.projects (name, retention) VALUES"
                   " ('a', '1 month -29 days'), ('b', '1 year 2 months 3 days 04:05:06'), ('c', NULL) RETURNING id")
    update(connection)
    kept = run(connection, "SELECT retention::text FROM session_group.projects ORDER BY name")
    assert kept == [(None,), ("1 year 2 mons 3 days 04:05:06",), (None,)]
    assert any(f"project {projects[0][0]} keeps its summaries for ever now" in notice for notice in connection.notices)


def tap(database_url, file):
    """What is not ok in a file of test/pgtap."""
    psql = pathlib.Path(subprocess.check_output([os.environ.get("PG_CONFIG", "pg_config"), "--bindir"], text=True).strip()) / "psql"
    ran = subprocess.run([psql, "-XqAt", "-d", database_url, "-f", file.name], cwd=PGTAP, text=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    bad = [line for line in ran.stdout.splitlines() if line.startswith("not ok")]
    if not bad and (ran.returncode or not re.search(r"^1\.\.\d+$", ran.stdout, re.M)):
        bad = [f"{file.name} broke off: {ran.stdout[-300:]}"]
    return bad


@pytest.mark.parametrize("version", VERSIONS[:1])
def test_everything_works_after_an_update(version):
    """The tests of rights and policies, each in a copy of a database that was updated, by way of every later release."""
    files = sorted(PGTAP.glob("*.sql"))
    assert len(files) > 8
    with Servers("--only-postgres", "--set", "fsync = off", "--set", "session_group.node = a") as servers:
        run(servers.admin, "DROP EXTENSION session_group")
        run(servers.admin, "CREATE EXTENSION pgtap")
        install(servers.admin, version)
        update(servers.admin)
        server, template = servers.database_url.rsplit("/", 1)
        servers.admin.close()
        maintenance = psycopg2.connect(f"{server}/postgres")
        maintenance.autocommit = True
        bad = []
        for number, file in enumerate(files):
            run(maintenance, f"CREATE DATABASE tap_{number} TEMPLATE {template}")
            bad += tap(f"{server}/tap_{number}", file)
        maintenance.close()
        assert bad == []


@released
def test_L10_planted_before_an_update(database, version):
    clean, hostile = database(), database()
    for connection in (clean, hostile):
        install(connection, version)
    with hostile.cursor() as cursor:
        cursor.execute("CREATE SCHEMA evil")
        plant(cursor, "evil")
        cursor.execute(f"ALTER DATABASE {hostile.database} SET search_path = evil, pg_catalog, public")
    again = database.again(hostile.database)
    with again.cursor() as cursor:
        plant(cursor, "pg_temp")
        cursor.execute("SET search_path = pg_temp, evil, pg_catalog, public")
        cursor.execute("ALTER EXTENSION session_group UPDATE")
    update(clean)
    assert differences(definitions(clean), definitions(database.again(hostile.database))) == []


@released
def test_L10_an_update_takes_over_nothing_that_is_not_its_own(database, version):
    fresh, connection = database(), database()
    install(fresh)
    install(connection, version)
    old = {row[0] for row in run(connection, "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'session_group'::regnamespace")}
    new = [row[0] for row in run(fresh, "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'session_group'::regnamespace AND prorettype = 'trigger'::regtype")
           if row[0] not in old]
    if not new:
        pytest.skip(f"no trigger function is new since {version}")
    run(connection, f"CREATE FUNCTION {new[0]} RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    with pytest.raises((psycopg2.errors.ObjectNotInPrerequisiteState, psycopg2.errors.DuplicateFunction), match="is not a member of extension|already exists"):
        update(connection)


@released
def test_the_new_library_serves_the_old_objects_until_the_update(database, version):
    """Functions that take more arguments now are called with those that they had. (Searches wait for their index.)"""
    connection = database()
    install(connection, version)
    key, project = fill(connection)
    run(connection, "BEGIN")
    run(connection, "SELECT session_group.login(%s)", key)
    run(connection, "SET LOCAL ROLE session_group_api")
    (identity, title), = run(connection, "SELECT id, title FROM session_group.create_summary(%s, 'Made')", project)
    assert title == "Made"
    assert run(connection, "SELECT title FROM session_group.update_summary(%s, %s, '{\"title\": \"Changed\"}')", project, identity) == [("Changed",)]
    (before,), = run(connection, "SELECT count(*) FROM session_group.list_summaries(%s, order_by => 'title')", project)
    assert run(connection, "SELECT session_group.count_summaries(%s, date_from => '-1d')", project) == [(before,)]
    run(connection, "SELECT session_group.delete_summary(%s, %s)", project, identity)
    assert run(connection, "SELECT session_group.count_summaries(%s)", project) == [(before - 1,)]
    run(connection, "COMMIT")


@released
def test_clients_are_served_before_and_after_an_update(version):
    """nginx and PostgREST run on; only what is new waits for the update."""
    with Servers("--set", "fsync = off") as servers:
        run(servers.admin, "DROP EXTENSION session_group")
        install(servers.admin, version)
        run(servers.admin, "NOTIFY pgrst, 'reload schema'")
        key, project = fill(servers.admin)
        path = f"{servers.url}/api/projects/{project}/session_group_summaries/"
        with requests.Session() as client:
            client.headers["Authorization"] = f"Bearer {key}"
            before = client.get(path)
            assert before.status_code == 200 and before.json()["count"] > 5
            assert client.post(path, json={"title": "Between"}).status_code == 201
            before = client.get(path).json()
            update(servers.admin)
            run(servers.admin, "NOTIFY pgrst, 'reload schema'")
            after = client.get(path)
            assert (after.status_code, after.json()) == (200, before)
            made = client.post(path, json={"title": "After", "session_ids": ["s"]})
            assert made.status_code == 201
            one = f"{path}{made.json()['id']}/"
            assert client.patch(one, json={"title": "Changed"}).json()["title"] == "Changed"
            assert client.get(path, params={"search": "chang"}).json()["count"] == 1
            assert client.delete(one).status_code == 204
