"""Logical replication of the tables to another server, which then takes the writes itself."""

import psycopg2
import pytest

from servers import Maker, Servers
from test_replica import eventually
from test_upgrade import run

TABLES = ("projects", "users", "members", "api_keys", "summaries")


@pytest.fixture(scope="module")
def pair():
    with Servers("--only-postgres", "--set", "fsync = off", "--set", "wal_level = logical") as publisher, \
            Servers("--only-postgres", "--set", "fsync = off") as subscriber:
        make = Maker(publisher.admin)
        publisher.project, other = make.project(), make.project()
        publisher.user = make.user(publisher.project, other)
        publisher.key = make.key(publisher.user)
        for number in range(6):
            make.summary(publisher.project if number else other, publisher.user, title=f"Before {number}", session_ids=["s", f"s-{number}"])
        run(publisher.admin, f"CREATE PUBLICATION moved FOR TABLE {', '.join('session_group.' + name for name in TABLES)}")
        run(subscriber.admin, f"CREATE SUBSCRIPTION moved CONNECTION '{publisher.database_url}' PUBLICATION moved")
        yield publisher, subscriber
        run(subscriber.admin, "DROP SUBSCRIPTION IF EXISTS moved")


def rows(servers):
    return {name: sorted(run(servers.admin, f"SELECT to_jsonb(t) FROM session_group.{name} AS t"), key=repr) for name in TABLES}


def same(publisher, subscriber):
    eventually(lambda: rows(subscriber) == rows(publisher), True)
    assert run(subscriber.admin, "SELECT * FROM session_group.check_counts()") == []
    assert run(subscriber.admin, "SELECT * FROM session_group.check_rows()") == []


def test_what_was_there_is_copied(pair):
    """And counted, though replication fires only the triggers that are on always."""
    publisher, subscriber = pair
    same(publisher, subscriber)
    assert len(rows(subscriber)["summaries"]) == 6


def test_changes_follow(pair):
    publisher, subscriber = pair
    make = Maker(publisher.admin)
    for number in range(20):
        make.summary(publisher.project, publisher.user, title=f"After {number}")
    run(publisher.admin, "UPDATE session_group.summaries SET title = title || '!' WHERE title LIKE 'After 1%%'")
    run(publisher.admin, "DELETE FROM session_group.summaries WHERE title LIKE 'Before%%'")
    doomed = make.project()
    make.summary(doomed)
    run(publisher.admin, "SELECT session_group.delete_project(%s)", doomed)
    same(publisher, subscriber)
    assert len(rows(subscriber)["summaries"]) == 20


def test_a_key_of_the_publisher_logs_in_at_the_subscriber_until_it_is_revoked(pair):
    publisher, subscriber = pair

    def login():
        with subscriber.connect(autocommit=False) as connection, connection.cursor() as cursor:
            try:
                cursor.execute("SELECT session_group.login(%s)", (publisher.key,))
                cursor.execute("SET LOCAL ROLE session_group_api")
                cursor.execute("SELECT session_group.count_summaries(%s)", (publisher.project,))
                return cursor.fetchone()[0]
            except Exception as error:
                return error.pgcode
            finally:
                connection.rollback()

    eventually(login, 20)
    run(publisher.admin, "UPDATE session_group.api_keys SET revoked_at = now()")
    eventually(login, "28000")
    run(publisher.admin, "UPDATE session_group.api_keys SET revoked_at = NULL")
    eventually(login, 20)


def test_then_it_takes_the_writes(pair):
    """Sequences are not replicated: they are set past what came."""
    publisher, subscriber = pair
    same(publisher, subscriber)
    run(subscriber.admin, "DROP SUBSCRIPTION moved")
    for name in ("projects", "users", "api_keys"):
        run(subscriber.admin, f"SELECT setval(pg_get_serial_sequence('session_group.{name}', 'id'), max(id)) FROM session_group.{name}")
    make = Maker(subscriber.admin)
    project = make.project()
    assert project > publisher.project
    user = make.user(project)
    make.key(user)
    made = make.summary(project, user, title="Here now")
    assert made["version"] == 1
    run(subscriber.admin, "UPDATE session_group.summaries SET title = 'Changed here' WHERE project_id = %s", project)
    assert run(subscriber.admin, "SELECT version FROM session_group.summaries WHERE project_id = %s", project) == [(2,)]
    assert run(subscriber.admin, "SELECT * FROM session_group.check_counts()") == []
    assert run(subscriber.admin, "SELECT * FROM session_group.check_rows()") == []
    assert run(publisher.admin, "SELECT count(*) FROM session_group.summaries WHERE title = 'Here now'") == [(0,)]


def test_all_tables_may_be_published(pair):
    """Writers of the publisher go on, and the subscriber takes the rows, but not the publisher's numbers of them."""
    publisher, subscriber = pair
    run(publisher.admin, "CREATE PUBLICATION everything FOR ALL TABLES")
    run(subscriber.admin, "CREATE DATABASE other")
    other = psycopg2.connect(subscriber.database_url.rsplit("/", 1)[0] + "/other")
    other.autocommit = True
    try:
        run(other, "CREATE EXTENSION session_group")
        run(other, f"CREATE SUBSCRIPTION everything CONNECTION '{publisher.database_url}' PUBLICATION everything")
        make = Maker(publisher.admin)
        project = make.project()
        run(publisher.admin, "INSERT INTO session_group.summaries (project_id) SELECT %s FROM generate_series(1, 2000)", project)
        # Many transactions, so that some of them fold, here and there.
        run(publisher.admin, f"""DO $$ BEGIN FOR n IN 1..700 LOOP
            INSERT INTO session_group.summaries (project_id) VALUES ({project}); COMMIT; END LOOP; END $$""")
        run(publisher.admin, "DELETE FROM session_group.summaries WHERE project_id = %s AND id IN (SELECT id FROM session_group.summaries WHERE project_id = %s LIMIT 500)", project, project)
        eventually(lambda: run(other, "SELECT count(*) FROM session_group.summaries WHERE project_id = %s", project), [(2200,)])
        eventually(lambda: run(other, "SELECT count(*) FROM session_group.activity"), run(publisher.admin, "SELECT count(*) FROM session_group.activity"))
        assert run(other, "SELECT * FROM session_group.check_counts()") == []
        assert run(other, "SELECT count(*) < 500 FROM session_group.project_counts WHERE project_id = %s", project) == [(True,)]
        assert run(publisher.admin, "SELECT * FROM session_group.check_counts()") == []
    finally:
        run(other, "DROP SUBSCRIPTION IF EXISTS everything")
        other.close()
