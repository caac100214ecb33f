"""Activity: the feed under concurrent writers, crashes, dumps and restores, notifications."""

import os
import pathlib
import random
import secrets
import select
import signal
import subprocess
import threading
import time

import psycopg2
import pytest

from servers import REPO, Maker, Servers

WRITERS = 8
TRANSACTIONS = 120  # of each writer
SEED = int(os.environ.get("SESSION_GROUP_SEED", secrets.randbelow(10**9)))
LEVELS = ["READ COMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]


def eventually(look, seconds=30):
    """What look() gives, asked again until it is something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def rows(connection, query, *values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall() if cursor.description else []


def numbers(connection, project):
    return [seq for (seq,) in rows(connection, "SELECT seq FROM session_group.activity WHERE project_id = %s ORDER BY seq", project)]


class Writer(threading.Thread):
    """Random transactions on rows of its own; counts the records that it has committed."""

    def __init__(self, connection, project, seed):
        super().__init__()
        self.connection, self.project, self.random = connection, project, random.Random(seed)
        self.mine, self.committed, self.conflicts, self.error = [], 0, 0, None

    def run(self):
        try:
            for _ in range(TRANSACTIONS):
                self.transaction()
        except BaseException as error:
            self.error = error

    def transaction(self):
        mine, written = list(self.mine), 0
        with self.connection.cursor() as cursor:
            cursor.execute(f"BEGIN ISOLATION LEVEL {self.random.choice(LEVELS)}")
            try:
                for _ in range(self.random.randint(1, 4)):
                    before = list(mine), written
                    if nested := self.random.random() < 0.3:
                        cursor.execute("SAVEPOINT s")
                    written += self.write(cursor, mine)
                    if nested and self.random.random() < 0.5:
                        cursor.execute("ROLLBACK TO s")
                        mine, written = before
                    if self.random.random() < 0.2:
                        cursor.execute("SELECT pg_sleep(%s)", (self.random.random() / 100,))
                if self.random.random() < 0.3:
                    cursor.execute("ROLLBACK")
                    return
                cursor.execute("COMMIT")
            except psycopg2.errors.SerializationFailure:
                self.conflicts += 1
                cursor.execute("ROLLBACK")
                return
        self.mine, self.committed = mine, self.committed + written

    def write(self, cursor, mine):
        kind = self.random.choice(["insert", "insert", "several", "update", "delete"])
        if kind == "several" or not mine:
            cursor.execute("INSERT INTO session_group.summaries (project_id, title) SELECT %s, 'n' FROM generate_series(1, 3) RETURNING id", (self.project,))
            mine += [row[0] for row in cursor.fetchall()]
            return 3
        if kind == "insert":
            cursor.execute("SELECT id FROM session_group.create_summary(%s)", (self.project,))
            mine.append(cursor.fetchone()[0])
        elif kind == "update":
            cursor.execute("UPDATE session_group.summaries SET title = %s WHERE project_id = %s AND id = %s",
                           (str(self.random.random()), self.project, self.random.choice(mine)))
        else:
            cursor.execute("DELETE FROM session_group.summaries WHERE project_id = %s AND id = %s",
                           (self.project, mine.pop(self.random.randrange(len(mine)))))
        assert cursor.rowcount == 1
        return 1


class Reader(threading.Thread):
    """Reads on from the last number until it is told that nothing more will come."""

    def __init__(self, connection, project, begin, seed):
        super().__init__()
        self.connection, self.project, self.begin, self.random = connection, project, begin, random.Random(seed)
        self.read, self.error, self.finished, self.polls = [], None, threading.Event(), 0

    def run(self):
        try:
            done = False
            while not done:
                # Asked before reading: what comes is all there is, if it was already set.
                last = self.finished.is_set()
                done = not self.poll() and last
        except BaseException as error:
            self.error = error

    def poll(self):
        rows(self.connection, self.begin)
        found = rows(self.connection, "SELECT seq, summary_id, activity FROM session_group.activity_since(%s, %s, %s)",
                     self.project, self.read[-1][0] if self.read else 0, self.random.randint(1, 50))
        rows(self.connection, "COMMIT")
        self.read += found
        self.polls += 1
        return found


def test_the_feed_misses_and_repeats_nothing(stack, make):
    """Writers at all isolation levels, with savepoints and rollbacks; readers that poll meanwhile."""
    project = make.project()
    print("seed", SEED)
    writers = [Writer(stack.connect(), project, SEED + n) for n in range(WRITERS)]
    readers = [Reader(stack.connect(), project, f"BEGIN ISOLATION LEVEL {level} READ ONLY", SEED)
               for level in ("READ COMMITTED", "REPEATABLE READ")]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    for thread in readers:
        thread.finished.set()
        thread.join()
    for thread in readers + writers:
        thread.connection.close()
        if thread.error:
            raise thread.error
    stored = rows(stack.admin, "SELECT seq, summary_id, activity FROM session_group.activity WHERE project_id = %s ORDER BY seq", project)
    assert len(stored) == sum(writer.committed for writer in writers) > WRITERS * TRANSACTIONS / 2
    # The rollbacks have left gaps; nobody was refused for the numbers' sake.
    assert stored[-1][0] > len(stored)
    for reader in readers:
        assert reader.read == stored, f"SESSION_GROUP_SEED={SEED}"
        assert reader.polls > 10


def feed(connection, project):
    return [seq for (seq,) in rows(connection, "SELECT seq FROM session_group.activity_since(%s)", project)]


def test_transactions_of_other_databases_hold_nothing_back():
    """Open or prepared, begun before the numbers or between them; those of this database do, whatever they write."""
    with Servers("--only-postgres", "--set", "fsync = off", "--set", "max_prepared_transactions = 4") as servers:
        rows(servers.admin, "CREATE DATABASE elsewhere")
        rows(servers.admin, "CREATE TABLE nothing_of_ours ()")

        def begin(database, prepared):
            connection = servers.connect_to(database)
            rows(connection, "BEGIN")
            rows(connection, "SELECT pg_current_xact_id()")
            if prepared:
                rows(connection, f"PREPARE TRANSACTION '{database}'")
            return connection

        def behind():
            return rows(servers.admin, "SELECT value > 0 FROM session_group.monitor() WHERE name = 'activity_behind_seconds'") == [(True,)]

        for prepared in (False, True):
            project = Maker(servers.admin).project()
            before = begin("elsewhere", prepared)
            rows(servers.admin, "BEGIN; INSERT INTO session_group.summaries (project_id) VALUES (%s); ROLLBACK", project)
            rows(servers.admin, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
            assert feed(servers.admin, project) == [2]
            # An id that was given after the reader's last one that ended is looked at, too.
            writer = servers.connect(autocommit=False)
            rows(servers.admin, "BEGIN; INSERT INTO session_group.summaries (project_id) VALUES (%s); ROLLBACK", project)
            rows(writer, "SELECT pg_current_xact_id()")
            between = servers.connect_to("elsewhere")
            rows(between, "BEGIN; SELECT pg_current_xact_id()")
            rows(writer, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
            writer.commit()
            assert feed(servers.admin, project) == [2, 4]
            assert not behind()
            # Here one does that has nothing to do with us.
            ours = begin("session_group", prepared)
            rows(servers.admin, "BEGIN; INSERT INTO session_group.summaries (project_id) VALUES (%s); ROLLBACK", project)
            rows(servers.admin, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
            assert feed(servers.admin, project) == [2, 4]
            assert behind()
            rows(ours, "ROLLBACK PREPARED 'session_group'" if prepared else "ROLLBACK")
            assert feed(servers.admin, project) == [2, 4, 6]
            rows(before, "ROLLBACK PREPARED 'elsewhere'" if prepared else "ROLLBACK")
            for connection in (before, between, writer, ours):
                connection.close()


def test_first_writers_of_a_project_do_not_wait_for_each_others_commit(stack, make):
    """Who makes the project's sequence, and who finds it: each goes on before the other has ended."""
    project = make.project()
    one, other = (stack.connect(autocommit=False) for _ in range(2))
    rows(one, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
    rows(other, "SET lock_timeout = '10s'")
    rows(other, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
    other.commit()
    assert numbers(stack.admin, project) == [2]
    assert rows(stack.admin, "SELECT seq FROM session_group.activity_since(%s)", project) == []
    # The sequence outlives the transaction that made it.
    one.rollback()
    rows(other, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
    other.commit()
    assert rows(stack.admin, "SELECT seq FROM session_group.activity_since(%s)", project) == [(2,), (3,)]
    one.close(), other.close()


def test_many_first_writers_at_once(stack, make):
    """They make one sequence, and no two get one number."""
    connections = [stack.connect() for _ in range(WRITERS)]
    for _ in range(20):
        project = make.project()
        start = threading.Barrier(WRITERS)

        def write(connection):
            start.wait()
            rows(connection, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)

        threads = [threading.Thread(target=write, args=(connection,)) for connection in connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert numbers(stack.admin, project) == list(range(1, WRITERS + 1))
        assert rows(stack.admin, "SELECT count(*) FROM session_group.activity_sequences WHERE project_id = %s", project) == [(1,)]
    for connection in connections:
        connection.close()


def test_vacuum_full_keeps_the_numbers(stack, make):
    project = make.project()
    for command in ("VACUUM", "VACUUM FULL", "VACUUM FREEZE", "REINDEX TABLE"):
        rows(stack.admin, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
        rows(stack.admin, f"{command} session_group.activity_sequences")
    rows(stack.admin, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
    assert numbers(stack.admin, project) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("how", ["backend", "postmaster"])
def test_numbers_go_on_after_a_crash(how):
    """The sequences are gone with the crash: new numbers are above all that anybody has seen."""
    with Servers("--only-postgres", "--set", "fsync = off") as servers:
        project = Maker(servers.admin).project()
        purged = Maker(servers.admin).project()
        rows(servers.admin, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", purged)
        rows(servers.admin, "UPDATE session_group.activity SET at = now() - interval '1 day' WHERE project_id = %s", purged)
        rows(servers.admin, "SELECT session_group.set_activity_retention(%s, '1 hour'), session_group.purge_expired()", purged)
        rows(servers.admin, "VACUUM session_group.activity")
        reader = servers.connect()
        seen, stop = [], threading.Event()

        def write():
            connection = servers.connect()
            try:
                while not stop.is_set():
                    rows(connection, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
            except psycopg2.Error:
                connection.close()

        writers = [threading.Thread(target=write) for _ in range(4)]
        for thread in writers:
            thread.start()

        def look():
            seen[:] = numbers(reader, project)
            return len(seen) > 300

        eventually(look)
        data = servers.directory / "servers" / "data"
        postmaster = int((data / "postmaster.pid").read_text().split()[0])
        victim = postmaster if how == "postmaster" else reader.info.backend_pid
        os.kill(victim, signal.SIGKILL)
        stop.set()
        for thread in writers:
            thread.join()

        def back():
            try:
                if how == "postmaster":
                    servers._stack("resume")
                return servers.connect()
            except (psycopg2.OperationalError, RuntimeError):
                return None

        admin = eventually(back, 60)
        kept = numbers(admin, project)
        assert set(seen) <= set(kept)
        assert rows(admin, "SELECT * FROM session_group.activity_sequences") == []
        for _ in range(3):
            rows(admin, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
        after = numbers(admin, project)
        assert after[:-3] == kept
        assert after[-3] > kept[-1] and after[-1] == after[-3] + 2
        # So are those of a project whose records were all deleted.
        assert numbers(admin, purged) == []
        rows(admin, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", purged)
        assert numbers(admin, purged)[0] > 1
        # A reader that had come to the end goes on there.
        assert rows(admin, "SELECT seq FROM session_group.activity_since(%s, %s)", project, seen[-1])[-3:] == [(n,) for n in after[-3:]]


def program(name):
    """A program of the server's own release."""
    config = subprocess.run(["bash", "-c", ". deploy/lib.sh && find_pg_config"], cwd=REPO, check=True, capture_output=True, text=True).stdout.strip()
    return str(pathlib.Path(config).parent / name)


def databases(servers, name):
    """The address of another database of the same server, made empty."""
    rows(servers.admin, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    return servers.database_url.rpartition("/")[0] + "/" + name


CONTENT = "SELECT project_id, seq, summary_id, activity, user_id, api_key, how, request_id, changes::text, at FROM session_group.activity ORDER BY 1, 2"


@pytest.fixture(scope="module")
def dumped():
    """A server with records, gaps between them, and transaction ids far beyond those of a new one."""
    with Servers("--only-postgres", "--set", "fsync = off") as servers:
        make = Maker(servers.admin)
        rows(servers.admin, "DO $$ BEGIN FOR n IN 1..3000 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$")
        for _ in range(3):
            project = make.project()
            user = make.user(project)
            for n in range(5):
                row = make.summary(project, created_by=user, title=f"n{n}", summary={"n": n}, created_at="2026-01-01Z")
            rows(servers.admin, "UPDATE session_group.summaries SET title = 'changed' WHERE project_id = %s AND title < 'n3'", project)
            rows(servers.admin, "BEGIN; DELETE FROM session_group.summaries; ROLLBACK")
            rows(servers.admin, "DELETE FROM session_group.summaries WHERE id = %s", row["id"])
        make.project()  # one without records
        yield servers


def restore(source, target, how):
    """Dumps one database and restores it into another, which is empty but for the extension with --data-only."""
    dump = [program("pg_dump"), "-d", source]
    if how == "psql":
        text = subprocess.run(dump, check=True, capture_output=True).stdout
        subprocess.run([program("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-d", target], input=text, check=True, capture_output=True)
    else:
        options = {"pg_restore": ["-Fc"], "inserts": ["-Fc", "--inserts"]}[how]
        file = pathlib.Path(os.environ.get("SESSION_GROUP_TEST_DIR", "/tmp")) / f"dump.{secrets.token_hex(4)}"
        try:
            subprocess.run([*dump, *options, "-f", str(file)], check=True)
            done = subprocess.run([program("pg_restore"), "-e", "-d", target, str(file)], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        finally:
            file.unlink(missing_ok=True)


@pytest.mark.parametrize("how", ["psql", "pg_restore", "inserts"])
def test_a_restore_brings_the_records_and_invents_none(dumped, how):
    """Into a cluster whose transaction ids have not come that far: the feed does not wait for them."""
    with Servers("--only-postgres", "--without-extension", "--set", "fsync = off") as fresh:
        target = databases(fresh, "restored")
        restore(dumped.database_url, target, how)
        connection = psycopg2.connect(target)
        connection.autocommit = True
        assert rows(connection, CONTENT) == rows(dumped.admin, CONTENT)
        assert rows(connection, "SELECT * FROM session_group.check_counts()") == []
        assert rows(connection, "SELECT * FROM session_group.check_rows()") == []
        (next_id,), = rows(connection, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        (source_id,), = rows(dumped.admin, "SELECT min(horizon)::text::bigint FROM session_group.activity")
        assert source_id > next_id
        projects = [p for (p,) in rows(connection, "SELECT id FROM session_group.projects ORDER BY id")]
        assert len(projects) == 4
        for project in projects:
            before = numbers(connection, project)
            assert [s for (s,) in rows(connection, "SELECT seq FROM session_group.activity_since(%s, row_limit => 1000)", project)] == before
            rows(connection, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
            after = numbers(connection, project)
            assert after[:-1] == before and (not before or after[-1] > before[-1])
            assert rows(connection, "SELECT seq FROM session_group.activity_since(%s, %s)", project, before[-1] if before else 0) == [(after[-1],)]
        connection.close()


def test_records_of_another_cluster_without_triggers(dumped):
    """pg_restore --disable-triggers keeps horizons that mean nothing here; they hold nobody back."""
    connection = dumped.connect(autocommit=False)
    (project,), = rows(connection, "SELECT id FROM session_group.create_project('Foreign')")
    rows(connection, "ALTER TABLE session_group.activity DISABLE TRIGGER ALL")
    rows(connection, "INSERT INTO session_group.activity (project_id, seq, summary_id, activity, how, changes, horizon)"
         " SELECT %s, n * 10, gen_random_uuid(), 'created', 'sql', '[]', '18446744073709551000' FROM generate_series(1, 5) AS n", project)
    assert rows(connection, "SELECT seq FROM session_group.activity_since(%s)", project) == [(10,), (20,), (30,), (40,), (50,)]
    connection.rollback()
    connection.close()


def test_notifications(stack, make):
    """One for each project and transaction, when it commits, with the highest number; none where they are off."""
    one, other = make.project(), make.project()
    listener = stack.connect()
    rows(listener, "LISTEN session_group_activity")
    writer = stack.connect()
    rows(writer, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", one)
    rows(writer, "SET session_group.notify_activity = on")
    rows(writer, "BEGIN")
    for project in (one, other, one):
        rows(writer, "INSERT INTO session_group.summaries (project_id, title) VALUES (%s, 'secret title'), (%s, 'secret title')", project, project)
    assert rows(stack.admin, "SELECT pg_notification_queue_usage()") == [(0,)]
    rows(writer, "COMMIT")
    rows(writer, "BEGIN")
    rows(writer, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", one)
    rows(writer, "ROLLBACK")
    rows(writer, "DELETE FROM session_group.summaries WHERE project_id = %s", other)

    def heard():
        select.select([listener], [], [], 0.1)
        listener.poll()
        return len(listener.notifies) >= 3 and listener.notifies

    assert [(n.channel, n.payload) for n in eventually(heard)] == [
        ("session_group_activity", f"{one}:5"), ("session_group_activity", f"{other}:2"), ("session_group_activity", f"{other}:4")]
    listener.close(), writer.close()


def test_only_an_administrator_lets_notify(stack, make):
    """L15: an application cannot make others' writes be told."""
    rows(stack.admin, "CREATE ROLE activity_app LOGIN PASSWORD 'app' IN ROLE session_group_api")
    connection = stack.connect("activity_app", "app")
    # Before the library is loaded it is a setting of nobody's; then it is taken away.
    rows(connection, "SET session_group.notify_activity = on")
    assert rows(connection, "SELECT session_group.current_user_id(), current_setting('session_group.notify_activity')") == [(None, "off")]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        rows(connection, "SET session_group.notify_activity = on")
    connection.close()
    rows(stack.admin, "DROP ROLE activity_app")


def test_deleting_a_project_while_others_write_in_it(stack, make):
    """Nothing of it is left, and nobody waits for ever."""
    for _ in range(10):
        project = make.project()
        ids = [make.summary(project)["id"] for _ in range(4)]
        start = threading.Barrier(5)
        failures = []

        def write(connection, id):
            start.wait()
            for n in range(20):
                try:
                    rows(connection, "UPDATE session_group.summaries SET title = %s WHERE project_id = %s AND id = %s", f"t{n}", project, id)
                except psycopg2.Error as error:
                    failures.append(error)

        def delete(connection):
            start.wait()
            rows(connection, "SELECT session_group.delete_project(%s)", project)

        connections = [stack.connect() for _ in range(5)]
        threads = [threading.Thread(target=write, args=pair) for pair in zip(connections, ids)]
        threads.append(threading.Thread(target=delete, args=(connections[4],)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for connection in connections:
            connection.close()
        assert failures == []
        assert numbers(stack.admin, project) == []
        assert rows(stack.admin, "SELECT FROM session_group.projects WHERE id = %s", project) == []
