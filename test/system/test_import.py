"""PostHog's tables are imported: from a dump, and from another database; then its clients go on.

PostHog's database is made by posthog.sql: 10,000 summaries, odd ones among them. The commands of
docs/import.md are run as they are printed.
"""

import contextlib
import decimal
import json
import os
import re
import subprocess
import urllib.parse

import psycopg2
import psycopg2.extras
import pytest

from servers import REPO, Servers

DOCUMENT = (REPO / "docs" / "import.md").read_text()
TABLES = ("projects", "users", "members", "api_keys", "summaries", "project_counts", "activity")
SUMMARIES = 10000
ODD = "0192eeee-0000-4000-8000-{:012}"
GOOD = "0192dddd-0000-7000-8000-{:012}"
PBKDF2 = "it is stored as pbkdf2_sha256, which cannot be imported: make a new key"

# The whole report: kind, outcome, note -> number, or the rows that it names.
REPORT = {
    ("projects", "imported", None): 2,
    ("projects", "imported", "its time zone is kept, but not known here: it counts as UTC"): ["7"],
    ("projects", "imported", "its time zone is no name: UTC"): ["40000"],
    ("projects", "skipped", 'new row for relation "projects" violates check constraint "projects_name_length"'): ["9"],
    ("users", "imported", None): 7,
    ("users", "imported", "role_at_organization is not known here: null"): ["10"],
    ("users", "skipped", 'duplicate key value violates unique constraint "users_email_key"'): ["6"],
    ("users", "skipped", 'duplicate key value violates unique constraint "users_uuid_key"'): ["7"],
    ("users", "skipped", 'new row for relation "users" violates check constraint "users_email_length"'): ["9"],
    ("users", "skipped", 'null value in column "email" of relation "users" violates not-null constraint'): ["11"],
    ("members", "imported", None): 16,
    ("members", "skipped", "access control closes the project to this member"): ["project 2, user 12"],
    ("members", "imported", "a former member: made a summary, and is no member now"):
        ["project 1, user 5", "project 2, user 5"],
    ("members", "skipped", "user 6 was not imported"):
        ["project 1, user 6", "project 2, user 6", "project 40000, user 6"],
    ("members", "skipped", "project 9 was not imported"): ["project 9, user 10", "project 9, user 3"],
    ("api_keys", "imported", None): 10,
    ("api_keys", "imported", "it has no scopes: it opens nothing"): ["user 2: old, without scopes"],
    ("api_keys", "skipped", PBKDF2): ["user 1: from 2021", "user 3: also from 2021"],
    ("api_keys", "skipped", "it is not stored as sha256: make a new key"): ["user 1: without a hash"],
    ("api_keys", "skipped", 'new row for relation "api_keys" violates check constraint "api_keys_hash_form"'):
        ["user 1: not a hash"],
    ("api_keys", "skipped", "it is for projects of which none was imported"): ["user 1: a team of nobody"],
    ("api_keys", "skipped", "the same key is another user's here"): ["user 2: twice"],
    ("api_keys", "skipped", "user 6 was not imported"): ["user 6: of a user that is skipped"],
    ("summaries", "imported", None): 8987,
    ("summaries", "imported", "its creator was not imported: null"):
        [GOOD.format(n) for n in range(1, 9981) if n % 5 == 4 and n % 10 != 9],
    ("summaries", "skipped", "title: this field may not be blank"): [ODD.format(5), ODD.format(6)],
    ("summaries", "skipped", "title: this field may not be null"): [ODD.format(7)],
    ("summaries", "skipped", "title: ensure this field has no more than 2048 characters"): [ODD.format(8)],
    ("summaries", "skipped", "session_ids: this field may not be null"): [ODD.format(9)],
    ("summaries", "skipped", "session_ids__1: this field may not be null"): [ODD.format(10)],
    ("summaries", "skipped", "session_ids__0: this field may not be blank"): [ODD.format(11)],
    ("summaries", "skipped", "session_ids: ensure this field has no more than 1000 elements"): [ODD.format(12)],
    ("summaries", "skipped", "session_ids__0: ensure this field has no more than 200 characters"): [ODD.format(13)],
    ("summaries", "skipped", "session_ids: not a list of one dimension"): [ODD.format(14)],
    ("summaries", "skipped", 'extra_summary_context: expected a dictionary of items but got type "list"'): [ODD.format(15)],
    ("summaries", "skipped", 'run_metadata: expected a dictionary of items but got type "str"'): [ODD.format(16)],
    ("summaries", "skipped", 'null value in column "created_at" of relation "summaries" violates not-null constraint'):
        [ODD.format(17)],
    ("summaries", "skipped", "project 404 was not imported"): [ODD.format(18)],
    ("summaries", "skipped", "project 9 was not imported"): [ODD.format(19)],
}


def block(name):
    """The commands of the documentation that are marked so."""
    (text,) = re.findall(rf"^<!-- run: {name} -->\n```\w+\n(.*?)^```$", DOCUMENT, re.M | re.S)
    return text


def run(command, text, **environment):
    done = subprocess.run(command, input=text, capture_output=True, text=True,
                          env={**os.environ, "PGOPTIONS": "-c client_min_messages=warning", **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_block(name, directory, **environment):
    """Runs documented commands in a directory; returns what they print."""
    return run(["bash", "-euc", f"cd {directory}\n{block(name)}"], None, **environment)


def rows(connection, sql, *values):
    with connection.cursor(cursor_factory=psycopg2.extras.DictCursor) as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall()


def report(connection, schema):
    found = rows(connection, "SELECT * FROM session_group.import_posthog(%s)", schema)
    return {(r["kind"], r["outcome"], r["note"]): r["number"] if r["rows"] is None else sorted(r["rows"]) for r in found}


def state(connection):
    """Every row of every table, with who wrote it."""
    return {table: rows(connection, f"SELECT md5(string_agg(x, '|' ORDER BY x)), count(*) FROM"
                                    f" (SELECT xmin::text || t::text FROM session_group.{table} t) AS t (x)")
            for table in TABLES}


def content(connection):
    """What was imported, but for what is the time of the import."""
    return {
        "projects": rows(connection, "SELECT id, name, timezone FROM session_group.projects ORDER BY id"),
        "users": rows(connection, "SELECT to_jsonb(u) - 'created_at' FROM session_group.users u ORDER BY id"),
        "members": rows(connection, "SELECT project_id, user_id, removed_at IS NULL FROM session_group.members ORDER BY 1, 2"),
        "api_keys": rows(connection, "SELECT to_jsonb(k) - 'id' FROM session_group.api_keys k ORDER BY hash"),
        "summaries": rows(connection, "SELECT count(*), md5(string_agg(s::text, '|' ORDER BY project_id, id))"
                                      " FROM session_group.summaries s"),
    }


class World:
    """A stack, and beside its database PostHog's and a second one with the extension."""

    def __init__(self, servers):
        self.servers = servers
        self.main = servers.admin
        for name in ("posthog", "other"):
            rows_of_none(self.main, f"CREATE DATABASE {name}")
        self.posthog, self.other = self.connect("posthog"), self.connect("other")
        rows_of_none(self.posthog, (REPO / "test" / "system" / "posthog.sql").read_text())
        rows_of_none(self.other, "CREATE EXTENSION session_group")

    def connect(self, database):
        connection = psycopg2.connect(self.url(database))
        connection.autocommit = True
        return connection

    def url(self, database):
        return urllib.parse.urlsplit(self.servers.database_url)._replace(path="/" + database).geturl()

    def psql(self, database, text, **variables):
        return run(["psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", *[f"--set={k}={v}" for k, v in variables.items()],
                    self.url(database)], text)

    def curl(self, key, path, *arguments):
        """Status and body of the documented commands."""
        done = run(["curl", "-sS", "-w", "\n%{http_code}", "-H", f"Authorization: Bearer {key}",
                    *arguments, self.servers.url + path], None)
        body, _, status = done.rpartition("\n")
        return int(status), body

    def get(self, key, path):
        status, body = self.curl(key, path)
        assert status == 200, body
        return json.loads(body, parse_float=decimal.Decimal)


def rows_of_none(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture(scope="module")
def world():
    with Servers("--set", "fsync = off") as servers:
        made = World(servers)
        try:
            yield made
        finally:
            made.posthog.close()
            made.other.close()


@pytest.fixture(scope="module")
def moved(world, tmp_path_factory):
    """The dump is restored as documented and imported; its tables stay in schema public."""
    world.dump = tmp_path_factory.mktemp("dump")
    world.report = run_block("dump", world.dump, POSTHOG_DATABASE_URL=world.url("posthog"),
                             DATABASE_URL=world.servers.database_url)
    return world


def path(project, rest=""):
    return f"/api/projects/{project}/session_group_summaries/{rest}"


# What PostHog would answer, from its own tables ----------------------------------------------------


def person(posthog, user):
    if user is None or user in (6, 7, 9, 77):
        return None
    (row,) = rows(posthog, "SELECT * FROM posthog_user WHERE id = %s", user)
    config = row["hedgehog_config"]
    return {
        "id": row["id"], "uuid": row["uuid"], "distinct_id": row["distinct_id"], "first_name": row["first_name"],
        "last_name": row["last_name"], "email": row["email"], "is_email_verified": row["is_email_verified"],
        "hedgehog_config": config if isinstance(config, dict) and config else None,
        "role_at_organization": row["role_at_organization"],
    }


def time(value):
    return value.strftime("%Y-%m-%dT%H:%M:%S") + (f".{value.microsecond:06}" if value.microsecond else "") + "Z"


def whole(posthog, row):
    return {
        "id": row["id"], "title": row["title"], "session_ids": row["session_ids"],
        "summary": row["summary"] and json.loads(row["summary"], parse_float=decimal.Decimal),
        "extra_summary_context": row["extra_summary_context"], "run_metadata": row["run_metadata"],
        "created_at": time(row["created_at"]), "created_by": person(posthog, row["created_by_id"]), "team": row["team_id"],
    }


def item(posthog, row):
    return {"id": row["id"], "title": row["title"], "session_count": len(row["session_ids"]),
            "created_at": time(row["created_at"]), "created_by": person(posthog, row["created_by_id"])}


def source(posthog, condition, *values):
    return rows(posthog, "SELECT id::text, team_id, title, session_ids, summary::text AS summary, extra_summary_context,"
                         " run_metadata, created_at AT TIME ZONE 'UTC' AS created_at, created_by_id"
                         f" FROM ee_group_session_summary WHERE {condition}", *values)


# The tests -----------------------------------------------------------------------------------------


def test_the_report_of_the_documented_commands(moved):
    assert rows(moved.posthog, "SELECT count(*) FROM ee_group_session_summary") == [[SUMMARIES]]
    assert re.search(r"summaries +\| imported +\| +8987 \|", moved.report)
    assert PBKDF2 in moved.report


def test_lists_answer_as_before(moved):
    for key, project in (("phx_ada_write", 1), ("phx_ada_read", 2), ("phx_grace", 7), ("ada_all_without_prefix", 40000)):
        good = [row for row in source(moved.posthog, "team_id = %s ORDER BY created_at DESC, id DESC", project)
                if row["id"] < ODD.format(5)]
        assert good
        for offset in (0, len(good) // 2, max(len(good) - 60, 0)):
            page = moved.get(key, path(project, f"?limit=60&offset={offset}"))
            assert page["count"] == len(good)
            assert page["results"] == [item(moved.posthog, row) for row in good[offset:offset + 60]]


def test_objects_answer_as_before(moved):
    wanted = [ODD.format(n) for n in range(5)] + [GOOD.format(n) for n in range(1, 9981, 311)]
    found = source(moved.posthog, "id = ANY (%s::uuid[])", wanted)
    assert len(found) == len(wanted)
    for row in found:
        key = "phx_grace" if row["team_id"] == 7 else "ada_all_without_prefix"
        assert moved.get(key, path(row["team_id"], row["id"] + "/")) == whole(moved.posthog, row)


def test_one_body_byte_by_byte(moved):
    (row,) = source(moved.posthog, "id = %s", GOOD.format(6))
    document = json.dumps(json.loads(row["summary"]), ensure_ascii=False)
    assert moved.curl("phx_ada_read", path(2, GOOD.format(6))) == (200, (
        f'{{"id":"{GOOD.format(6)}","title":"Group summary 6","session_ids":["session-6-1","session-6-2","session-6-3",'
        f'"session-6-4","session-6-5","session-6-6"],"summary":{document},"extra_summary_context":null,"run_metadata":null,'
        '"created_at":"2026-02-03T04:05:12Z","created_by":{"id":2,"uuid":"0191cccc-0000-7000-8000-000000000002",'
        '"distinct_id":null,"first_name":"Joan","last_name":"","email":"joan@example.com","is_email_verified":null,'
        '"hedgehog_config":null,"role_at_organization":""},"team":2}'))


def test_filters_know_the_creators(moved):
    former = "0191cccc-0000-7000-8000-000000000005"
    page = moved.get("phx_ada_write", path(1, f"?created_by={former}&limit=1"))
    (number,) = rows(moved.posthog, "SELECT count(*) FROM ee_group_session_summary"
                                    " WHERE team_id = 1 AND created_by_id = 5 AND session_ids IS NOT NULL")
    assert page["count"] == number[0] > 0
    assert page["results"][0]["created_by"]["uuid"] == former


@pytest.mark.parametrize("key, project, read, write", [
    ("phx_ada_write", 1, 200, 201), ("phx_ada_write", 7, 403, 403), ("phx_ada_read", 1, 200, 403),
    ("ada_all_without_prefix", 2, 200, 201), ("phx_ada_mobile", 2, 200, 201), ("phx_ada_mobile", 1, 403, 403),
    ("phx_joan_null", 1, 403, 403), ("phx_joan_other", 1, 403, 403), ("phx_grace", 7, 200, 201), ("phx_grace", 1, 403, 403),
    ("phx_outside", 1, 200, 201), ("phx_outside", 2, 403, 403), ("phx_outside", 40000, 200, 201),
    ("phx_inactive", 1, 401, 401), ("phx_former", 1, 403, 403), ("phx_skipped", 1, 401, 401), ("phx_null_team", 1, 401, 401),
    ("phx_twice", 1, 200, 201), ("phx_unknown", 1, 401, 401),
])
def test_keys_open_what_they_opened(moved, key, project, read, write):
    assert moved.curl(key, path(project))[0] == read
    status, body = moved.curl(key, path(project), "-H", "Content-Type: application/json", "-d", '{"title": "New"}')
    assert status == write
    if status == 201:
        assert moved.curl(key, path(project, json.loads(body)["id"] + "/"), "-X", "DELETE")[0] == 204


def test_the_documented_command_lines(moved):
    key = "phx_ada_write"
    assert moved.get(key, path(1))["count"] > 5000
    status, body = moved.curl(key, path(1), "-H", "Content-Type: application/json", "-d", "title=string")
    made = json.loads(body)
    assert (status, made["title"], made["created_by"]["id"]) == (201, "string", 1)
    assert moved.get(key, path(1, made["id"])) == made
    status, body = moved.curl(key, path(1, made["id"] + "/"), "-X", "PATCH", "-d", "title=changed")
    assert (status, json.loads(body)["title"]) == (200, "changed")
    assert moved.curl(key, path(1, made["id"] + "/"), "-X", "DELETE") == (204, "")
    assert moved.curl(key, path(1, made["id"]))[0] == 404


def test_a_second_import_changes_nothing(moved):
    before = state(moved.main)
    again = report(moved.main, "public")
    assert state(moved.main) == before
    first = {**REPORT}
    for kind in ("projects", "users", "members", "api_keys", "summaries"):
        done = [v for (k, outcome, _), v in REPORT.items() if (k, outcome) == (kind, "imported")]
        number = sum(v if isinstance(v, int) else len(v) for v in done)
        # Former members are no row of PostHog's.
        first[kind, "unchanged", None] = number - (2 if kind == "members" else 0)
        # No line says that nothing was imported.
        first = {k: v for k, v in first.items() if k[:2] != (kind, "imported")}
    assert again == first
    assert rows(moved.main, "SELECT * FROM session_group.check_counts()") == []
    assert rows(moved.main, "SELECT * FROM session_group.check_rows()") == []


def test_what_was_changed_here_stays(moved):
    changed, removed = GOOD.format(10), GOOD.format(20)
    assert moved.curl("phx_ada_write", path(1, changed + "/"), "-X", "PATCH", "-d", "title=Changed here")[0] == 200
    assert moved.curl("phx_ada_write", path(1, removed + "/"), "-X", "DELETE")[0] == 204
    rows(moved.main, "SELECT session_group.remove_member(1, 8)")
    rows(moved.main, "SELECT session_group.set_user_active(2, false)")
    try:
        again = report(moved.main, "public")
        assert again["summaries", "imported", None] == 1
        assert moved.get("phx_ada_write", path(1, changed))["title"] == "Changed here"
        assert moved.get("phx_ada_write", path(1, removed))["id"] == removed
        assert rows(moved.main, "SELECT user_id FROM session_group.list_members(1) WHERE removed_at IS NOT NULL ORDER BY 1") == [[5], [8]]
        assert rows(moved.main, "SELECT is_active FROM session_group.users WHERE id = 2") == [[False]]
    finally:
        rows(moved.main, "SELECT session_group.add_member(1, 8), session_group.set_user_active(2, true)")
        (row,) = source(moved.posthog, "id = %s", changed)
        moved.curl("phx_ada_write", path(1, changed + "/"), "-X", "PATCH", "-d", f"title={row['title']}")


def test_new_projects_and_users_come_after_the_imported_ones(moved):
    assert rows(moved.main, "SELECT id FROM session_group.create_project('Next')")[0][0] > 40000
    assert rows(moved.main, "SELECT id FROM session_group.create_user('next@example.com')")[0][0] > 12
    rows_of_none(moved.main, "DELETE FROM session_group.projects WHERE id > 40000; DELETE FROM session_group.users WHERE id > 12")


def test_foreign_tables(moved):
    url = urllib.parse.urlsplit(moved.url("posthog"))
    printed = moved.psql("other", block("foreign"), host=url.hostname, port=url.port, dbname="posthog",
                         user=url.username, password=urllib.parse.unquote(url.password))
    assert "summaries\timported\t8987\t" in printed.splitlines()
    assert rows(moved.other, "SELECT FROM pg_foreign_server") == []
    ours = content(moved.other)
    theirs = content(moved.main)
    for kind in ("projects", "users", "members"):
        assert ours[kind] == theirs[kind], kind
    # Their use was noted meanwhile.
    without = [[{k: v for k, v in row[0].items() if k != "last_used_at"} for row in keys["api_keys"]] for keys in (ours, theirs)]
    assert without[0] == without[1]
    columns = ("project_id, id, title, session_ids, summary, extra_summary_context, run_metadata, created_at, created_by_id")
    assert (rows(moved.other, f"SELECT md5(string_agg(s::text, '|')) FROM (SELECT {columns} FROM session_group.summaries ORDER BY 1, 2) s")
            == rows(moved.main, f"SELECT md5(string_agg(s::text, '|')) FROM (SELECT {columns} FROM session_group.summaries ORDER BY 1, 2) s"))
    assert rows(moved.other, "SELECT count(*) FROM session_group.summaries WHERE version <> 1 OR updated_at <> created_at") == [[0]]


@pytest.fixture()
def empty(moved):
    """A third database with the extension, empty, and PostHog's tables in its schema posthog."""
    rows_of_none(moved.main, "CREATE DATABASE empty")
    with contextlib.closing(moved.connect("empty")) as connection:
        try:
            rows_of_none(connection, "CREATE EXTENSION session_group; CREATE SCHEMA posthog; SET search_path = posthog")
            rows_of_none(connection, (REPO / "test" / "system" / "posthog.sql").read_text())
            rows_of_none(connection, "RESET search_path")
            yield connection
        finally:
            rows_of_none(moved.main, "DROP DATABASE empty WITH (FORCE)")


def test_the_whole_report_and_its_progress(empty):
    empty.notices.clear()
    assert report(empty, "posthog") == {k: sorted(v) if isinstance(v, list) else v for k, v in REPORT.items()}
    assert any(re.search(r"10000 rows of ee_group_session_summary read, \d+ a second", n) for n in empty.notices)
    assert rows(empty, "SELECT * FROM session_group.check_counts()") == []
    assert rows(empty, "SELECT * FROM session_group.check_rows()") == []
    # Each summary has one record of its coming.
    assert rows(empty, "SELECT how, activity, count(DISTINCT (project_id, summary_id)), count(*)"
                       " FROM session_group.activity GROUP BY 1, 2") == [["import", "created", 9985, 9985]]


def test_the_administrator_imports_with_rights_of_his_own(moved, empty):
    rows_of_none(empty, "SET ROLE session_group_admin")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        report(empty, "posthog")
    rows_of_none(empty, "RESET ROLE; GRANT USAGE ON SCHEMA posthog TO session_group_admin;"
                        " GRANT SELECT ON ALL TABLES IN SCHEMA posthog TO session_group_admin; SET ROLE session_group_admin")
    assert report(empty, "posthog")["summaries", "imported", None] == 8987
    # The documented way to keep the report.
    rows_of_none(empty, "RESET ROLE")
    assert moved.psql("empty", block("report")).count("\tskipped\t") == sum(
        len(v) for (_, outcome, _), v in REPORT.items() if outcome == "skipped")


def test_an_error_that_is_not_about_a_row_ends_the_import(empty):
    rows_of_none(empty, """
        CREATE FUNCTION suppress() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
        CREATE TRIGGER a_suppress BEFORE INSERT ON session_group.summaries FOR EACH ROW EXECUTE FUNCTION suppress()""")
    with pytest.raises(psycopg2.errors.TriggeredActionException, match="rows were not written"):
        report(empty, "posthog")
    assert rows(empty, "SELECT count(*) FROM session_group.projects") == [[0]]


def test_a_cancelled_import_leaves_nothing(moved, empty):
    """It has imported all but the summaries, whose table somebody has locked, when it is cancelled."""
    with contextlib.closing(moved.connect("empty")) as locker:
        locker.autocommit = False
        rows_of_none(locker, "LOCK TABLE posthog.ee_group_session_summary")
        running = subprocess.Popen(["psql", "-Xq", "-d", moved.url("empty"),
                                    "-c", "SELECT session_group.import_posthog('posthog')"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            while not rows(empty, "SELECT pg_cancel_backend(pid) FROM pg_locks WHERE NOT granted"):
                assert running.poll() is None
            _, errors = running.communicate()
        finally:
            running.kill()
    assert running.returncode == 1 and "canceling statement due to user request" in errors
    assert {table: found[0][1] for table, found in state(empty).items()} == dict.fromkeys(TABLES, 0)
    assert report(empty, "posthog")["summaries", "imported", None] == 8987


def test_imports_at_the_same_time(moved, empty):
    """The second waits for what the first has not committed yet, and finds it unchanged then."""
    with contextlib.closing(moved.connect("empty")) as first:
        first.autocommit = False
        assert report(first, "posthog")["summaries", "imported", None] == 8987
        second = subprocess.Popen(["psql", "-XqAt", "-F", "\t", "-d", moved.url("empty"), "-c",
                                   "SELECT kind, outcome, sum(number) FROM session_group.import_posthog('posthog') GROUP BY 1, 2"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            while not rows(empty, "SELECT FROM pg_locks WHERE NOT granted"):
                assert second.poll() is None
            first.commit()
            printed, errors = second.communicate()
        finally:
            second.kill()
    assert second.returncode == 0, errors
    assert {"summaries\tunchanged\t9985", "users\tunchanged\t8"} <= set(printed.splitlines())
    assert "imported" not in printed
    assert rows(empty, "SELECT * FROM session_group.check_counts()") == []
    assert rows(empty, "SELECT * FROM session_group.check_rows()") == []


def test_objects_out_and_in_again(moved, tmp_path):
    """The documented commands: project 1 goes to another database and comes back; all answers are as before."""
    pages = [moved.curl("phx_ada_read", path(1, f"?limit=1000&offset={n}")) for n in range(0, 7000, 1000)]
    ids = [ODD.format(n) for n in range(4)] + [GOOD.format(n) for n in range(10, 9981, 410)]
    bodies = [moved.curl("phx_ada_read", path(1, id)) for id in ids]
    assert {status for status, _ in pages + bodies} == {200}
    databases = {"session_group": moved.main, "other": moved.other}
    for here, there in (("session_group", "other"), ("other", "session_group")):
        rows_of_none(databases[there], "DELETE FROM session_group.summaries WHERE project_id = 1")
        printed = run_block("export", tmp_path, DATABASE_URL=moved.url(here), OTHER_DATABASE_URL=moved.url(there))
        assert re.search(rf" summaries \| imported \| +\| +{json.loads(pages[0][1])['count']}\n", printed), printed
    assert [moved.curl("phx_ada_read", path(1, f"?limit=1000&offset={n}")) for n in range(0, 7000, 1000)] == pages
    assert [moved.curl("phx_ada_read", path(1, id)) for id in ids] == bodies


def test_the_documented_object(moved):
    printed = moved.psql("other", block("objects"))
    assert printed.splitlines() == ["summaries\timported\t1\t"]
    assert rows(moved.other, "SELECT title, created_by_id FROM session_group.summaries"
                             " WHERE id = '0192c0de-0000-7000-8000-000000000001'") == [["Saved through the API", 1]]


def test_the_restored_tables_can_go(moved):
    run_block("drop", moved.dump, DATABASE_URL=moved.servers.database_url)
    assert not list(moved.dump.iterdir())
    assert rows(moved.main, "SELECT FROM pg_tables WHERE schemaname = 'public'") == []
    assert moved.get("phx_ada_write", path(1))["count"] > 5000
