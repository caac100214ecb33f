"""Retention: several purges at once, rows that somebody writes meanwhile, and pg_cron."""

import threading
import time

import psycopg2.errors
import pytest

from servers import Maker, Servers


def rows(connection, query, *values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else []


def value(connection, query, *values):
    return rows(connection, query, *values)[0][0]


def expired_project(admin, number):
    """A project that keeps ten days, with so many summaries that are older and five that are not."""
    project = Maker(admin).project()
    rows(admin, "INSERT INTO session_group.summaries (project_id, title, created_at)"
         " SELECT %s, 'n ' || n, now() - (10 + n) * interval '1 day' FROM generate_series(-4, %s) AS n WHERE n <> 0",
         project, number)
    rows(admin, "INSERT INTO session_group.summaries (project_id, title) VALUES (%s, 'new')", project)
    rows(admin, "SELECT session_group.set_retention(%s, '10 days')", project)
    return project


def remaining(admin, project):
    return value(admin, "SELECT count(*) FROM session_group.summaries WHERE project_id = %s", project)


def deletions(admin, project):
    return rows(admin, "SELECT how, count(*), count(DISTINCT summary_id) FROM session_group.activity"
                " WHERE project_id = %s AND activity = 'deleted' GROUP BY 1", project)


def purge_at_once(stack):
    """What four purges beside each other say that they deleted; none fails."""
    deleted, errors = [], []

    def purge():
        connection = stack.connect()
        try:
            while number := value(connection, "SELECT session_group.purge_expired(50)"):
                deleted.append(number)
        except BaseException as error:
            errors.append(error)
        connection.close()

    threads = [threading.Thread(target=purge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return deleted


def test_purges_at_once(stack):
    """Each row goes once; together they return what is gone; none fails or waits for another."""
    project = expired_project(stack.admin, 2000)
    deleted = purge_at_once(stack)
    # One that passed over what others held may have ended early; nothing is left for a last one.
    assert sum(deleted) + value(stack.admin, "SELECT session_group.purge_expired(1000)") == 2000
    assert max(deleted) <= 50
    assert remaining(stack.admin, project) == 5
    assert deletions(stack.admin, project) == [("retention", 2000, 2000)]


def test_a_row_that_is_being_written_is_passed_over(stack):
    project = expired_project(stack.admin, 3)
    writer = stack.connect(autocommit=False)
    rows(writer, "UPDATE session_group.summaries SET title = 'busy' WHERE project_id = %s AND title = 'n 3'", project)
    purger = stack.connect()
    rows(purger, "SET lock_timeout = '10s'")
    assert value(purger, "SELECT session_group.purge_expired()") == 2
    writer.commit()
    assert value(purger, "SELECT session_group.purge_expired()") == 1
    assert remaining(stack.admin, project) == 5
    writer.close(), purger.close()


def history(admin, number, age="2 years"):
    """A project that keeps a year of activity, with so many records that are older."""
    project = Maker(admin).project()
    rows(admin, "INSERT INTO session_group.summaries (project_id) SELECT %s FROM generate_series(1, %s)", project, number)
    rows(admin, "UPDATE session_group.activity SET at = now() - %s::interval WHERE project_id = %s", age, project)
    rows(admin, "SELECT session_group.set_activity_retention(%s, '1 year')", project)
    return project


def purged(admin, project):
    return rows(admin, "SELECT activity_purged_to, activity FROM session_group.stats WHERE project_id = %s", project)[0]


def test_purges_of_activity_at_once(stack):
    """Each record goes once; none fails or waits for another, nor for who changes or deletes the project."""
    projects = [history(stack.admin, 500) for _ in range(3)]
    deleted = purge_at_once(stack)
    assert sum(deleted) + value(stack.admin, "SELECT session_group.purge_expired(10000)") == 1500
    assert [purged(stack.admin, project) for project in projects] == [(500, 0)] * 3
    project = history(stack.admin, 5)
    other, purger = stack.connect(autocommit=False), stack.connect()
    rows(purger, "SET lock_timeout = '10s'")
    for statement in ("SELECT session_group.rename_project(%s, 'New')", "SELECT session_group.delete_project(%s)"):
        rows(other, statement, project)
        assert value(purger, "SELECT session_group.purge_expired()") == 0
        other.rollback()
    assert value(purger, "SELECT session_group.purge_expired()") == 5
    other.close(), purger.close()


def test_activity_is_purged_beside_writers_and_readers(stack):
    """A number that may still come, and what is above it, stays; a transaction that holds records back is waited for."""
    project = history(stack.admin, 3)
    writer = stack.connect(autocommit=False)
    rows(writer, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
    rows(stack.admin, "INSERT INTO session_group.summaries (project_id) VALUES (%s), (%s)", project, project)
    rows(stack.admin, "UPDATE session_group.activity SET at = now() - interval '2 years' WHERE project_id = %s", project)
    assert value(stack.admin, "SELECT session_group.purge_expired()") == 3
    assert purged(stack.admin, project) == (3, 2)
    writer.commit()
    assert rows(stack.admin, "SELECT seq FROM session_group.activity_since(%s, 3)", project) == [(4,), (5,), (6,)]
    # What it brought is young, and keeps those above it.
    assert value(stack.admin, "SELECT session_group.purge_expired()") == 0
    rows(stack.admin, "UPDATE session_group.activity SET at = now() - interval '2 years' WHERE project_id = %s", project)
    # A reader's snapshot sees it as it was; writers of the project go on.
    reader = stack.connect(autocommit=False)
    rows(reader, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    before = rows(reader, "SELECT seq FROM session_group.activity_since(%s, 3)", project)
    rows(writer, "UPDATE session_group.summaries SET title = 'later' WHERE project_id = %s", project)
    assert value(stack.admin, "SELECT session_group.purge_expired()") == 3
    assert rows(reader, "SELECT seq FROM session_group.activity_since(%s, 3)", project) == before
    assert purged(reader, project) == (3, 3)
    writer.commit()
    assert purged(stack.admin, project) == (6, 6)
    assert rows(stack.admin, "SELECT * FROM session_group.check_counts()") == []
    reader.close(), writer.close()


def test_it_is_an_administrators(stack):
    rows(stack.admin, "CREATE ROLE retention_admin LOGIN PASSWORD 'r' IN ROLE session_group_admin")
    rows(stack.admin, "CREATE ROLE retention_app LOGIN PASSWORD 'r' IN ROLE session_group_api")
    project = expired_project(stack.admin, 2)
    app, operator = stack.connect("retention_app", "r"), stack.connect("retention_admin", "r")
    for statement in ("SELECT session_group.purge_expired()",
                      f"SELECT session_group.set_activity_retention({project}, '1 day')",
                      f"SELECT session_group.set_retention({project}, '1 day')"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            rows(app, statement)
    rows(operator, "SET ROLE session_group_admin")
    assert value(operator, "SELECT session_group.purge_expired()") == 2
    app.close(), operator.close()
    rows(stack.admin, "DROP ROLE retention_admin, retention_app")


def test_pg_cron_keeps_it():
    """As the README schedules it, with the real pg_cron: it runs once a minute at the most."""
    with Servers("--only-postgres", "--set", "fsync = off", "--set",
                 "shared_preload_libraries = 'session_group, pg_cron'",
                 "--set", "cron.database_name = 'session_group'", "--set",
                 "cron.use_background_workers = on") as servers:
        rows(servers.admin, "CREATE EXTENSION pg_cron")
        project = expired_project(servers.admin, 30)
        rows(servers.admin, "SELECT cron.schedule('session_group retention', '* * * * *', 'SELECT session_group.purge_expired(10000)')")
        deadline = time.monotonic() + 150
        while remaining(servers.admin, project) != 5:
            assert time.monotonic() < deadline, rows(servers.admin,
                                                     "SELECT status, return_message FROM cron.job_run_details")
            time.sleep(0.5)
        assert deletions(servers.admin, project) == [("retention", 30, 30)]
