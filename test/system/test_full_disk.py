"""A disk that is full: every refusal is one in the contract's form, nothing acknowledged is lost,
and when there is room again writes go on, without a restart where only tables had no room.

The disk is a small tmpfs, mounted in a mount namespace of its own, which the servers share. That
takes the right to mount: root has it, and others in a user namespace. Where neither is allowed
these tests fail and say so; they are not skipped.
"""

import contextlib
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import time

import psycopg2
import psycopg2.errors
import pytest
import requests

from servers import Maker, REPO, Servers

MB = 1024 * 1024
UNAVAILABLE = {"type": "server_error", "code": "service_unavailable", "attr": None,
               "detail": "The service is unavailable for the moment. Try again later."}


def server_uid():
    """Whom the servers run as: the caller, or for root another user."""
    run = subprocess.run(["bash", "-c", '. "$0/deploy/lib.sh"; id -u "$(server_user)"', REPO],
                         capture_output=True, text=True, check=True)
    return int(run.stdout)


class SmallDisk:
    """A tmpfs that only the processes of its namespace see; it goes with them."""

    MOUNT = 'mount -t tmpfs -o "size=$1,uid=$2,mode=0700" session_group "$0" && echo mounted && exec cat'
    # In a chroot the root is no mount point, and its propagation can not be changed.
    WAYS = [["--mount"], ["--mount", "--propagation", "unchanged"], ["--map-current-user", "--keep-caps", "--mount"]]

    def __init__(self, megabytes):
        self.size = megabytes * MB
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="session_group.disk.", dir="/var/tmp"))
        self.path.chmod(0o755)

    def __enter__(self):
        failures = [self.mount(way) for way in self.WAYS]
        if None not in failures:
            self.path.rmdir()
            raise AssertionError(f"no tmpfs can be mounted here, which these tests need: {failures}")
        return self

    def mount(self, way):
        """Null if it worked, or has before; else the reason."""
        if hasattr(self, "holder"):
            return None
        holder = subprocess.Popen(["unshare", *way, "sh", "-c", self.MOUNT, self.path, str(self.size), str(server_uid())],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if holder.stdout.readline() != "mounted\n":
            return holder.communicate()[1].strip()
        self.holder = holder
        self.enter = ["nsenter", "--target", str(holder.pid), "--mount", "--root", "--wd"]
        if "--map-current-user" in way:
            self.enter += ["--user", "--preserve-credentials"]
        return None

    def __exit__(self, *_):
        subprocess.run([*self.enter, "umount", "--lazy", self.path], check=False, capture_output=True)
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()
        self.holder.stderr.close()
        shutil.rmtree(self.path, ignore_errors=True)

    def run(self, script, *arguments):
        return subprocess.run([*self.enter, "sh", "-ec", script, *map(str, arguments)],
                              check=True, capture_output=True, text=True).stdout

    def fill(self, leave):
        """Leaves so many bytes of room."""
        free = int(self.run('df -B1 --output=avail "$0" | tail -n 1', self.path))
        self.run('head -c "$1" /dev/zero >"$0/ballast"', self.path, max(free - leave, 0))

    def free(self):
        self.run('rm "$0/ballast"', self.path)


class Place:
    """A project, its doors, and what was acknowledged there."""

    def __init__(self, servers):
        self.servers = servers
        make = Maker(servers.admin)
        self.project = make.project()
        self.key = make.key(make.user(self.project))
        self.headers = {"Authorization": f"Bearer {self.key}"}
        self.list = f"{servers.url}/api/projects/{self.project}/session_group_summaries/"
        self.native = f"{servers.url}/rest/v1/session_group_summaries"
        self.rows, self.in_doubt = {}, []

    def write(self, kilobytes=30):
        """A new summary, which does not compress; the answer."""
        body = {"title": secrets.token_hex(8), "summary": secrets.token_hex(kilobytes * 512)}
        answer = requests.post(self.list, json=body, headers=self.headers, timeout=90)
        if answer.status_code == 201:
            self.rows[answer.json()["id"]] = body
        else:
            self.in_doubt.append(body)
        return answer

    def write_until_refused(self):
        while (answer := self.write()).status_code == 201:
            pass
        return answer

    def wait_for_service(self, seconds=60):
        deadline = time.monotonic() + seconds
        while self.write().status_code != 201:
            assert time.monotonic() < deadline, "no service again"
            time.sleep(0.1)

    def check(self, doubtful=False):
        """All that was acknowledged is there as it was written; of the rest, nothing, or the whole."""
        with contextlib.closing(self.servers.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id::text, title, summary FROM session_group.summaries WHERE project_id = %s", (self.project,))
            found = {id: {"title": title, "summary": summary} for id, title, summary in cursor.fetchall()}
            assert {id: found.get(id) for id in self.rows} == self.rows
            assert all(doubtful and found[id] in self.in_doubt for id in found.keys() - self.rows.keys())
            cursor.execute("SELECT * FROM session_group.check_counts()")
            assert cursor.fetchall() == []
            cursor.execute("SELECT * FROM session_group.check_rows()")
            assert cursor.fetchall() == []
            cursor.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
            cursor.execute("SELECT bt_index_check(i.indexrelid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                           " JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree' WHERE c.relpersistence = 'p'"
                           " AND c.relnamespace <> 'pg_catalog'::regnamespace")
            cursor.execute("SELECT v.* FROM verify_heapam('session_group.summaries') v")
            assert cursor.fetchall() == []


def assert_unavailable(answer):
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/json"), answer.text
    assert answer.json() == UNAVAILABLE and answer.headers["Retry-After"] == "1"


@pytest.fixture()
def disk():
    with SmallDisk(96) as disk:
        yield disk


def test_no_room_for_tables(disk):
    with Servers("--set", "autovacuum = off", prefix=disk.enter) as servers:
        with servers.admin.cursor() as cursor:
            cursor.execute(f"CREATE TABLESPACE small LOCATION '{disk.path}'")
            cursor.execute("ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE small")
            cursor.execute("ALTER INDEX ALL IN TABLESPACE pg_default SET TABLESPACE small")
            cursor.execute("CREATE ROLE application LOGIN PASSWORD 'application' IN ROLE session_group_api")
        place = Place(servers)
        place.write()
        postmaster = (servers.directory / "servers" / "data" / "postmaster.pid").read_text()

        disk.fill(leave=2 * MB)
        assert_unavailable(place.write_until_refused())
        assert len(place.rows) > 10
        # So do the others doors; what reads is served.
        native = requests.post(place.native, json={"project_id": place.project, "summary": secrets.token_hex(MB)},
                               headers=place.headers, timeout=90)
        assert (native.status_code, native.json()["code"]) == (503, "service_unavailable")
        with contextlib.closing(servers.connect("application", "application", autocommit=False)) as application:
            with application.cursor() as cursor, pytest.raises(psycopg2.errors.DiskFull):
                cursor.execute("SELECT session_group.login(%s)", (place.key,))
                cursor.execute("SELECT session_group.create_summary(%s, summary => to_jsonb(%s::text))",
                               (place.project, secrets.token_hex(MB)))
        row = next(iter(place.rows))
        read = requests.get(f"{place.list}{row}/", headers=place.headers, timeout=90)
        assert (read.status_code, read.json()["summary"]) == (200, place.rows[row]["summary"])
        answer = requests.patch(f"{place.list}{row}/", json={"summary": secrets.token_hex(MB)}, headers=place.headers, timeout=90)
        assert_unavailable(answer)
        assert "No space left on device" in servers.log()
        place.check()

        disk.free()
        # PostgREST makes its connections anew after the native door's 503.
        place.wait_for_service()
        for _ in range(20):
            assert place.write().status_code == 201
        place.check()
        assert (servers.directory / "servers" / "data" / "postmaster.pid").read_text().split()[0] == postmaster.split()[0]
        assert "PANIC" not in servers.log()


def test_no_room_for_the_log(disk):
    """PostgreSQL ends without room for its write-ahead log; it comes back once there is some."""
    with Servers("--set", "max_wal_size = 32MB", "--set", "min_wal_size = 32MB", prefix=disk.enter) as servers:
        place = Place(servers)
        servers.admin.close()
        servers.stop()
        data = (servers.directory / "servers" / "data").resolve()
        disk.run('mv "$0/pg_wal" "$1/pg_wal" && ln -s "$1/pg_wal" "$0/pg_wal"', data, disk.path)
        servers.resume()
        place.write()

        disk.fill(leave=0)
        answer = place.write_until_refused()
        assert answer.status_code in (502, 503, 504) and list(answer.json()) == ["type", "code", "detail", "attr"]
        assert answer.json()["type"] == "server_error"
        assert len(place.rows) > 10
        log = servers.log()
        assert "PANIC" in log and "No space left on device" in log

        disk.free()
        servers.revive()
        place.wait_for_service()
        for _ in range(20):
            assert place.write().status_code == 201
        place.check(doubtful=True)
