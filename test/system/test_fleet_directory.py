"""Two nodes: the directory on one, published to the other; where projects are, and who is told so."""

import concurrent.futures
import contextlib
import json
import os
import re
import runpy
import subprocess

import psycopg2
import pytest
import requests

from servers import REPO, Maker, Servers
from test_dump import ANY_ORDER, SAID_OF_ROLES, kept, program
from test_replica import eventually
from test_upgrade import contents, run, tables

PRELOADED = ("--set", "fsync = off", "--set", "wal_level = logical", "--set", "shared_preload_libraries = 'session_group'")
SUBSCRIPTION = "session_group_directory_b"


def setting(servers, name, value):
    """Sets it, or takes it back (None), and waits until new sessions have it."""
    run(servers.admin, f"ALTER SYSTEM RESET {name}" if value is None else f"ALTER SYSTEM SET {name} = '{value}'")
    before = run(servers.admin, "SELECT pg_conf_load_time()")
    run(servers.admin, "SELECT pg_reload_conf()")
    eventually(lambda: run(servers.admin, "SELECT pg_conf_load_time()") != before, True)


class Fleet:
    """Node a, which has the directory, and node b; a project on each, and people of them."""

    def __init__(self, a, b):
        self.a, self.b = a, b
        for name, node in (("a", a), ("b", b)):
            run(a.admin, "SELECT session_group.add_node(%s, %s, %s)", name, node.url.removeprefix("http://"), node.database_url.replace(":" + psycopg2.extensions.parse_dsn(node.database_url)["password"], ""))
        run(a.admin, "SELECT session_group.publish_directory()")
        run(b.admin, f"CREATE SUBSCRIPTION {SUBSCRIPTION} CONNECTION '{a.database_url}' PUBLICATION session_group_directory WITH (synchronous_commit = on)")
        eventually(lambda: run(b.admin, "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'"), [(0,)])
        # The first news of the directory: until then the node refuses all.
        eventually(lambda: run(b.admin, "SELECT node FROM session_group.directory_clock"), [("a",)])
        self.make = Maker(a.admin)
        (self.here,), = run(a.admin, "SELECT id FROM session_group.create_project('Here', node => 'a')")
        (self.there,), = run(a.admin, "SELECT id FROM session_group.create_project('There', node => 'b')")
        self.user = self.make.user(self.here, self.there)
        self.only_there = self.make.user(self.there)
        self.key, self.key_there = self.make.key(self.user), self.make.key(self.only_there)

    def place(self, call, *values):
        """Until the other node has it: placements do not wait for that by themselves."""
        found = run(self.a.admin, f"SELECT * FROM session_group.{call}", *values)
        (end,), = run(self.a.admin, "SELECT pg_current_wal_lsn()")
        eventually(lambda: run(self.a.admin, "SELECT confirmed_flush_lsn >= %s FROM pg_replication_slots WHERE slot_name = %s", end, SUBSCRIPTION), [(True,)])
        return found

    def project(self, node):
        """A new project on a node, of the user who is in both."""
        (project,), = run(self.a.admin, "SELECT id FROM session_group.create_project('New', node => %s)", node)
        run(self.a.admin, "SELECT session_group.add_member(%s, %s)", project, self.user["id"])
        return project


@pytest.fixture(scope="module")
def fleet():
    with Servers(*PRELOADED, "--set", "session_group.node = a") as a, \
            Servers(*PRELOADED, "--set", "session_group.node = b", "--set", "session_group.directory = off") as b:
        made = Fleet(a, b)
        yield made
        run(b.admin, f"DROP SUBSCRIPTION {SUBSCRIPTION}")


def ask(node, key, path, method="GET", door="api/projects/", **options):
    return requests.request(method, f"{node.url}/{door}{path}", headers={"Authorization": f"Bearer {key}"}, timeout=60, **options)


@contextlib.contextmanager
def session(node, key):
    """A transaction of an application, as the key's owner."""
    connection = node.connect(autocommit=False)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_group.login(%s)", (key,))
            cursor.execute("SET LOCAL ROLE session_group_api")
            yield cursor
    finally:
        connection.rollback()
        connection.close()


def refused(cursor, sql, *values):
    """SQLSTATE of the error, or None."""
    cursor.execute("SAVEPOINT s")
    try:
        cursor.execute(sql, values)
    except psycopg2.Error as error:
        cursor.execute("ROLLBACK TO s")
        return error.pgcode
    return None


MISDIRECTED = json.loads((REPO / "deploy" / "openapi.json").read_text())["components"]["responses"]["Misdirected"]["content"]["application/json"]["example"]

NATIVE_MISDIRECTED = {"code": "misdirected", "details": None, "hint": "Ask at the address of the whole service, and name one project in the address, as in ?project_id=eq.1.",
                      "message": "The project, or some of the projects of this key, are on another node."}


def test_a_project_is_answered_by_its_node(fleet):
    """And refused by the others, never as an empty list."""
    for project, right, wrong in ((fleet.here, fleet.a, fleet.b), (fleet.there, fleet.b, fleet.a)):
        path = f"{project}/session_group_summaries/"
        made = ask(right, fleet.key, path, "POST", json={"title": "One"})
        assert made.status_code == 201
        one = path + made.json()["id"] + "/"
        assert ask(right, fleet.key, path).json()["count"] == 1
        for method, where in (("GET", path), ("POST", path), ("GET", one), ("PATCH", one), ("PUT", one), ("DELETE", one), ("GET", path + "patterns/"), ("GET", path + "activity/"), ("GET", one + "activity/")):
            answer = ask(wrong, fleet.key, where, method, **({} if method == "GET" else {"json": {"title": "Two"}}))
            assert (answer.status_code, answer.json()) == (421, MISDIRECTED), (method, where)
        assert ask(right, fleet.key, one).json()["title"] == "One"
        assert run(wrong.admin, "SELECT count(*) FROM session_group.summaries WHERE project_id = %s", project) == [(0,)]


def test_who_is_no_member_is_not_told_where_a_project_is(fleet):
    answer = ask(fleet.a, fleet.key_there, f"{fleet.here}/session_group_summaries/")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert ask(fleet.b, fleet.key_there, f"{fleet.here}/session_group_summaries/").content == answer.content
    assert ask(fleet.b, fleet.key_there, "999999/session_group_summaries/").status_code == 404
    with session(fleet.a, fleet.key_there) as a, session(fleet.b, fleet.key_there) as b:
        for cursor in (a, b):
            for sql in ("SELECT * FROM session_group.list_summaries(%s)", "SELECT session_group.create_summary(%s)", "INSERT INTO session_group.summaries (project_id) VALUES (%s)"):
                for project in (fleet.here, 999999):
                    assert refused(cursor, sql, project) == "42501", sql


def test_who_asks_is_answered_by_any_node(fleet):
    for path in ("api/projects/", "api/users/@me/", "api/personal_api_keys/@current/"):
        a, b = (ask(node, fleet.key, "", door=path) for node in (fleet.a, fleet.b))
        assert a.status_code == 200 and a.text.replace(fleet.a.url, "") == b.text.replace(fleet.b.url, "")
    assert {project["id"] for project in a.json().get("results", [])} <= {fleet.here, fleet.there}
    assert {project["name"] for project in ask(fleet.b, fleet.key, "").json()["results"]} == {"Here", "There"}


@pytest.mark.parametrize("sql", ["SELECT * FROM session_group.list_summaries(%s)", "SELECT session_group.count_summaries(%s)", "SELECT session_group.count_summaries(%s, search => 'x')",
                                 "SELECT session_group.count_summaries(%s, severity => 'high')", "SELECT session_group.create_summary(%s)",
                                 "SELECT session_group.get_summary(%s, session_group.uuidv7())", "SELECT session_group.update_summary(%s, session_group.uuidv7(), '{}')",
                                 "SELECT session_group.delete_summary(%s, session_group.uuidv7())", "SELECT session_group.summary_report(%s, session_group.uuidv7())",
                                 "SELECT * FROM session_group.list_activity(%s)", "SELECT * FROM session_group.activity_since(%s)", "SELECT session_group.count_activity(%s)"])
def test_sql_is_told_clearly(fleet, sql):
    with session(fleet.a, fleet.key) as cursor:
        assert refused(cursor, sql, fleet.there) == "3D000"
        assert refused(cursor, sql, fleet.here) in (None, "P0002")


def test_an_administrator_is_told_too(fleet):
    for node, project in ((fleet.b, fleet.here), (fleet.a, fleet.there)):
        with pytest.raises(psycopg2.errors.InvalidCatalogName):
            run(node.admin, "INSERT INTO session_group.summaries (project_id) VALUES (%s)", project)
        with pytest.raises(psycopg2.errors.InvalidCatalogName):
            run(node.admin, "SELECT session_group.count_summaries(%s)", project)
        assert run(node.admin, "SELECT * FROM session_group.check_counts()") == []


def test_the_native_door_answers_for_one_project(fleet):
    """Of a key whose projects are on several nodes it wants to know which: what is on a node is not all there is."""
    def native(node, key, query, method="GET", **options):
        return ask(node, key, "session_group_summaries" + query, method, door="rest/v1/", **options)

    assert native(fleet.a, fleet.key, f"?project_id=eq.{fleet.here}").json() != []
    for query in ("", f"?project_id=in.({fleet.here},{fleet.there})", f"?or=(project_id.eq.{fleet.here},project_id.eq.{fleet.there})", f"?project_id=eq.{fleet.there}"):
        answer = native(fleet.a, fleet.key, query)
        assert (answer.status_code, answer.json()) == (421, NATIVE_MISDIRECTED), query
    assert native(fleet.a, fleet.key, "", "POST", json={"project_id": fleet.here}).status_code == 421
    assert native(fleet.a, fleet.key, f"?project_id=eq.{fleet.here}", "POST", json={"project_id": fleet.here}).status_code == 201
    assert native(fleet.a, fleet.key, f"?project_id=eq.{fleet.here}", "POST", json={"project_id": fleet.there}).status_code == 401
    # All of its projects are on this node.
    assert native(fleet.b, fleet.key_there, "").json() != []
    assert native(fleet.a, fleet.key_there, "").status_code == 421
    assert ask(fleet.a, fleet.key, "", door="rest/v1/").status_code == 200


def test_a_revocation_is_so_everywhere_when_it_returns(fleet):
    for change, back in (("SELECT session_group.revoke_api_key(id) FROM session_group.api_keys WHERE user_id = %s", None),
                         ("SELECT session_group.set_user_active(%s, false)", None), ("SELECT session_group.remove_member(%%s, %%s)", None)):
        user = fleet.make.user(fleet.there)
        key = fleet.make.key(user)
        path = f"{fleet.there}/session_group_summaries/"
        with session(fleet.b, key) as open_before:
            for _ in range(5):
                assert ask(fleet.b, key, path).status_code == 200
            run(fleet.a.admin, change.replace("%%s, %%s", f"{fleet.there}, %s"), user["id"])
            assert {ask(fleet.b, key, path).status_code for _ in range(5)} <= {401, 403}
            # A transaction that was open before does not write.
            assert refused(open_before, "SELECT session_group.create_summary(%s)", fleet.there) == "28000"


@contextlib.contextmanager
def revoking(fleet):
    """A connection on which a key is being revoked: it is done, and waits for a node, which does not apply it."""
    (number,), = run(fleet.a.admin, "SELECT max(id) FROM session_group.api_keys")
    connection = fleet.a.connect()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        done = pool.submit(run, connection, "SELECT session_group.revoke_api_key(%s)", number)
        eventually(lambda: run(fleet.a.admin, "SELECT revoked_at IS NULL FROM session_group.api_keys WHERE id = %s", number), [(False,)])
        eventually(lambda: run(fleet.a.admin, "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", connection.info.backend_pid), [("Extension",)])
        yield connection, done
    connection.close()


def test_a_revocation_waits_for_a_node_that_lags(fleet):
    """Not for ever: whoever does not want to wait cancels that, and is told of the node; the key is revoked all the same."""
    path = f"{fleet.there}/session_group_summaries/"
    for cancelled in (False, True):
        key, held = fleet.make.key(fleet.only_there), fleet.b.connect(autocommit=False)
        with contextlib.closing(held):
            run(held, "LOCK TABLE session_group.api_keys IN SHARE MODE")
            with revoking(fleet) as (connection, done):
                assert ask(fleet.b, key, path).status_code == 200
                if cancelled:
                    run(fleet.a.admin, "SELECT pg_cancel_backend(%s)", connection.info.backend_pid)
                    done.result(60)
                    assert ["not come to all nodes yet: b" in notice for notice in connection.notices] == [True]
                else:
                    assert not done.done()
                held.rollback()
                done.result(60)
        assert cancelled or not connection.notices
        eventually(lambda: ask(fleet.b, key, path).status_code, 401)


RELATIONS = ("projects", "members", "users", "api_keys", "summaries", "activity", "activity_purges", "pattern_rows", "pattern_numbers", "pending_rows", "idempotency_keys",
             "project_counts", "activity_sequences", "nodes", "placements", "directory_clock", "patterns", "stats")
VERBS = ("SELECT count(*) FROM session_group.{t} WHERE {c} = {p}", "DELETE FROM session_group.{t} WHERE {c} = {p}", "UPDATE session_group.{t} SET {c} = {c} WHERE {c} = {p}",
         "INSERT INTO session_group.{t} ({c}) VALUES ({p})", "TRUNCATE session_group.{t}", "LOCK TABLE session_group.{t}", "SELECT * FROM session_group.{t} WHERE {c} = {p} FOR UPDATE")
CALLS = ("SELECT title FROM session_group.list_summaries({p})", "SELECT session_group.create_summary({p}, 'x')", "SELECT session_group.count_activity({p})", "UPDATE session_group.summaries SET title = 'x' WHERE project_id = {p}",
         "DELETE FROM session_group_api.session_group_summaries WHERE project_id = {p}", "SELECT count(*) FROM session_group_api.project_users WHERE project_id = {p}",
         "SELECT count(*) FROM session_group_api.session_group_patterns WHERE project_id = {p}", "SELECT count(*) FROM session_group.users", "SELECT count(*) FROM session_group.summaries")


def outcomes(node, key, projects):
    """What each verb on each relation gives a key: rows and values, or SQLSTATE."""
    found = {}
    with session(node, key) as cursor:
        statements = [(verb, t, "id" if t in ("projects", "users", "api_keys") else "name" if t == "nodes" else "node" if t == "directory_clock" else "project_id") for t in RELATIONS for verb in VERBS]
        for template, t, column in [*statements, *((call, None, None) for call in CALLS)]:
            for which, project in projects.items():
                sql = template.format(t=t, c=column, p=f"'{project}'" if column in ("name", "node") else project)
                cursor.execute("SAVEPOINT s")
                try:
                    cursor.execute(sql)
                    rows = cursor.fetchall() if cursor.description and template.startswith(("SELECT count", "SELECT title")) else None
                    found[template, t, which] = (cursor.rowcount, rows)
                except psycopg2.Error as error:
                    found[template, t, which] = error.pgcode
                cursor.execute("ROLLBACK TO s")
    return found


def test_a_subscriber_isolates_as_the_publisher_does(fleet):
    """The same projects, people and keys on both: each verb on each relation has the same outcome, for each kind of key."""
    worlds = {}
    for name, node in (("a", fleet.a), ("b", fleet.b)):
        own, foreign = fleet.project(name), fleet.project(name)
        writer, stranger, former = fleet.make.user(own), fleet.make.user(foreign), fleet.make.user(own)
        for user, project in ((writer, own), (stranger, foreign)):
            for title in ("One", "Two"):
                answer = ask(node, fleet.make.key(user), f"{project}/session_group_summaries/", "POST", json={"title": title, "summary": {"patterns": [{"pattern_name": title, "severity": "high"}]}})
                assert answer.status_code == 201
        run(fleet.a.admin, "SELECT session_group.remove_member(%s, %s)", own, former["id"])
        keys = {"writes": fleet.make.key(writer), "reads": fleet.make.key(writer, scopes=["session_recording:read"]), "none": fleet.make.key(writer, scopes=[]),
                "foreign": fleet.make.key(stranger), "narrowed": fleet.make.key(writer, projects=[foreign]), "former": fleet.make.key(former)}
        worlds[name] = {kind: outcomes(node, key, {"own": own, "foreign": foreign, "unknown": 999999}) for kind, key in keys.items()}
    for kind, found in worlds["a"].items():
        assert worlds["b"][kind] == found, kind
    writes = worlds["b"]["writes"]
    assert writes[CALLS[0], None, "own"] == (2, [("Two",), ("One",)]) and writes[CALLS[0], None, "foreign"] == "42501"
    assert writes[VERBS[1], "summaries", "own"] == (2, None) and writes[VERBS[1], "summaries", "foreign"] == (0, None)


def test_administration_is_for_the_directory(fleet):
    for sql in ("SELECT session_group.create_project('x')", "SELECT session_group.create_user('x@example.com')", f"SELECT session_group.add_member({fleet.there}, {fleet.user['id']})",
                "SELECT session_group.revoke_api_key(1)", f"SELECT session_group.set_retention({fleet.there}, '1 day')", f"SELECT session_group.delete_project({fleet.there})",
                "SELECT session_group.add_node('c', 'x:1', 'host=x')", f"SELECT session_group.begin_move({fleet.there}, 'a')", "UPDATE session_group.projects SET name = 'x'",
                "DELETE FROM session_group.members", "TRUNCATE session_group.api_keys", "UPDATE session_group.placements SET node = 'a'", "UPDATE session_group.nodes SET weight = 0",
                "UPDATE session_group.directory_clock SET at = 'infinity'"):
        with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState, match="HINT:  Administer on the directory's node: a at 127.0.0.1") as error:
            run(fleet.b.admin, sql)
        assert "node b does not administer" in str(error.value)
    # Reading does not.
    assert run(fleet.b.admin, "SELECT name, projects > 0 FROM session_group.list_nodes()") == [("a", True), ("b", True)]


# What each node does with its own: rows of its projects, copies that are left, counts.
OWN = {"make_rows", "remake_rows", "repair_titles", "repair_counts", "repair", "purge_expired", "purge_idempotency_keys", "purge_project", "wait_for_writers", "erase_summary",
       "import_json", "key_uses_waiting", "monitor"}

ADMINISTRATIVE = """SELECT p.proname, p.proargnames[:p.pronargs - p.pronargdefaults], ARRAY(SELECT format_type(a, NULL) FROM unnest(p.proargtypes) AS a)
    FROM pg_proc p WHERE p.pronamespace = 'session_group'::regnamespace AND p.provolatile = 'v' AND p.prorettype NOT IN ('trigger'::regtype, 'internal'::regtype)
    AND NOT has_function_privilege('session_group_api', p.oid, 'EXECUTE') AND NOT has_function_privilege('session_group_gateway', p.oid, 'EXECUTE')"""


def test_each_function_that_administers_is_for_the_directory(fleet):
    """Whatever is in the catalog: what is not a node's own is refused there, and says where to go."""
    (key,), = run(fleet.a.admin, "SELECT max(id) FROM session_group.api_keys WHERE user_id = %s", fleet.user["id"])
    run(fleet.b.admin, "DROP SCHEMA IF EXISTS posthog CASCADE; CREATE SCHEMA posthog")
    given = {"project_id": fleet.there, "user_id": fleet.user["id"], "api_key_id": key, "source_schema": "posthog", "name": "a", "node": "a", "address": "x:1", "connection": "host=x",
             "email": "x@example.com", "label": "x", "timezone": "UTC", "active": False}
    kinds = {"interval": "1 day"}
    shared = [f"{schema}.{table}" for schema, table in run(fleet.a.admin, "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = 'session_group_directory'")]
    assert len(shared) == 7
    found = run(fleet.b.admin, ADMINISTRATIVE)
    assert {"create_project", "delete_project", "import_posthog", "publish_directory", "change_node"} <= {name for name, *_ in found} and OWN < {name for name, *_ in found}
    for name, arguments, types in found:
        if name in OWN:
            continue
        values = [given[argument] if argument in given else kinds[kind] for argument, kind in zip(arguments or [], types)]
        with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState, match="HINT:  Administer on the directory's node: a at 127.0.0.1"):
            run(fleet.b.admin, f"SELECT session_group.{name}({', '.join(['%s'] * len(values))})", *values)
    for table in shared:
        if not table.endswith("clock"):
            assert run(fleet.b.admin, f"SELECT t::text FROM {table} t ORDER BY 1") == run(fleet.a.admin, f"SELECT t::text FROM {table} t ORDER BY 1"), table


def rows(connection, names):
    """The rows of tables, without the uses of keys, which the directory goes on telling."""
    found = kept(contents(connection, names))
    return {name: sorted(({k: v for k, v in row.items() if k != "last_used_at"} for row in found[name]), key=repr) for name in names}


def test_a_dump_of_a_node_is_restored_on_a_node(fleet, tmp_path):
    """As replication writes: the node that is no directory says so to who forgets it."""
    assert ask(fleet.b, fleet.key, f"{fleet.there}/session_group_summaries/", "POST", json={"title": "Dumped", "summary": {"patterns": [{"pattern_name": "x", "severity": "high"}]}}).status_code == 201
    restored = fleet.b.database_url.rsplit("/", 1)[0] + "/restored"
    run(fleet.b.admin, "CREATE DATABASE restored")
    subprocess.run([program("pg_dump"), "-Fc", "--no-subscriptions", "--no-publications", "-f", tmp_path / "dump", fleet.b.database_url], check=True)

    def restore(*options, **env):
        return subprocess.run([program("pg_restore"), "--exit-on-error", *options, "-d", restored, tmp_path / "dump"], capture_output=True, text=True, env={**os.environ, **env})

    refused = restore()
    assert refused.returncode and "A dump is restored here with session_replication_role = replica." in refused.stderr
    done = restore("--clean", "--if-exists", **ANY_ORDER)
    assert (done.returncode, SAID_OF_ROLES.sub("", done.stderr)) == (0, "")
    with contextlib.closing(fleet.b.connect_to("restored")) as copy:
        names = [table for table in tables(copy) if not table.endswith("directory_clock")]
        assert rows(copy, names) == rows(fleet.b.admin, names)
        assert run(copy, "SELECT * FROM session_group.check_counts()") == run(copy, "SELECT * FROM session_group.check_rows()") == []
    run(fleet.b.admin, "DROP DATABASE restored")


def test_the_use_of_a_key_is_no_conflict(fleet):
    """A node that does not administer notes none; and a subscriber that did would stop to apply."""
    key = fleet.make.key(fleet.user)
    for method in ("GET", "POST"):
        ask(fleet.b, key, f"{fleet.there}/session_group_summaries/", method, **({} if method == "GET" else {"json": {}}))
    assert run(fleet.b.admin, "SELECT session_group.key_uses_waiting()") == [(0,)]
    assert run(fleet.b.admin, "SELECT count(*) FROM session_group.api_keys WHERE last_used_at IS NOT NULL AND label LIKE 'key %%' AND id = (SELECT max(id) FROM session_group.api_keys)") == [(0,)]
    assert run(fleet.b.admin, "SELECT * FROM session_group.posture() WHERE severity = 'high'") == []


def test_writes_are_stopped_for_a_while(fleet):
    project = fleet.project("b")
    path = f"{project}/session_group_summaries/"
    kept = ask(fleet.b, fleet.key, path, "POST", json={"title": "Kept"}).json()["id"]
    fleet.place("stop_writes(%s)", project)
    run(fleet.b.admin, "SELECT session_group.wait_for_writers(%s)", project)
    for method, where in (("POST", path), ("PATCH", f"{path}{kept}/"), ("DELETE", f"{path}{kept}/")):
        answer = ask(fleet.b, fleet.key, where, method, json={"title": "x"})
        assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"].isdigit()) == (503, "service_unavailable", True)
    for method, query in (("POST", ""), ("PATCH", "&title=neq.x"), ("DELETE", "&title=neq.x")):
        answer = ask(fleet.b, fleet.key, f"session_group_summaries?project_id=eq.{project}{query}", method, door="rest/v1/", json={"project_id": project, "title": "x"} if method == "POST" else {"title": "x"})
        assert (answer.status_code, answer.headers["Retry-After"].isdigit()) == (503, True), answer.text
    with session(fleet.b, fleet.key) as cursor:
        assert refused(cursor, "SELECT session_group.create_summary(%s)", project) == "55006"
    for sql in (f"DELETE FROM session_group.summaries WHERE project_id = {project}", f"SELECT session_group.erase_summary({project}, '{kept}')"):
        with pytest.raises(psycopg2.errors.ObjectInUse):
            run(fleet.b.admin, sql)
    run(fleet.a.admin, "SELECT session_group.set_retention(%s, '1 microsecond')", project)
    assert run(fleet.b.admin, "SELECT session_group.purge_expired()") == [(0,)]
    run(fleet.a.admin, "SELECT session_group.set_retention(%s, NULL)", project)
    assert ask(fleet.b, fleet.key, path).json()["count"] == 1
    fleet.place("allow_writes(%s)", project)
    assert ask(fleet.b, fleet.key, path, "POST", json={}).status_code == 201
    with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState):
        run(fleet.b.admin, "SELECT session_group.wait_for_writers(%s)", project)


def test_who_waits_for_writers_misses_none(fleet):
    """A transaction that wrote before the stop is waited for; one of another project is not; who comes later is refused."""
    project = fleet.project("b")
    waiter = fleet.b.connect()
    with session(fleet.b, fleet.key) as writer, session(fleet.b, fleet.key) as other:
        writer.execute("SELECT session_group.create_summary(%s)", (project,))
        other.execute("SELECT session_group.create_summary(%s)", (fleet.there,))
        fleet.place("stop_writes(%s)", project)
        assert refused(other, "SELECT session_group.create_summary(%s)", project) == "55006"
        with pytest.raises(psycopg2.errors.QueryCanceled):
            run(waiter, f"SET statement_timeout = 300; SELECT session_group.wait_for_writers({project})")
        writer.connection.rollback()
        run(waiter, f"SET statement_timeout = 30000; SELECT session_group.wait_for_writers({project})")
    waiter.close()


# What SG_PROJECT_TABLES names.
TABLES = re.findall(r'\btable\("(\w+)"', (REPO / "src/fleet/placement.h").read_text())


def copy_project(fleet, project, source, target, name):
    """As a mover does it: row filters, the first copy, and what comes meanwhile."""
    parts = ", ".join(f"session_group.{table} WHERE (project_id = {project})" for table in TABLES)
    run(source.admin, f"CREATE PUBLICATION {name} FOR TABLE {parts}")
    run(target.admin, f"CREATE SUBSCRIPTION {name} CONNECTION '{source.database_url}' PUBLICATION {name}")
    eventually(lambda: run(target.admin, "SELECT count(*) FROM pg_subscription_rel r JOIN pg_subscription s ON s.oid = r.srsubid WHERE s.subname = %s AND r.srsubstate <> 'r'", name), [(0,)])


def fingerprint(node, project):
    return run(node.admin, "SELECT * FROM session_group.project_fingerprint(%s)", project)


def test_a_project_moves_and_comes_back(fleet):
    """Rows that replication brings are whole: patterns, counts, activity and its numbers; and what is left behind is seen by nobody."""
    project = fleet.project("a")
    path = f"{project}/session_group_summaries/"
    document = {"patterns": [{"pattern_id": 1, "pattern_name": "Payment refused", "severity": "high"}]}
    for n in range(5):
        answer = requests.post(f"{fleet.a.url}/api/projects/{path}", json={"title": f"Checkout {n}", "session_ids": [f"s-{n}"], "summary": document}, headers={"Authorization": f"Bearer {fleet.key}", "Idempotency-Key": f"k{n}"}, timeout=60)
        assert answer.status_code == 201
    first = answer
    for source, target, name, back in ((fleet.a, fleet.b, "b", "a"), (fleet.b, fleet.a, "a", "b")):
        subscription = f"moving_to_{name}"
        fleet.place("begin_move(%s, %s)", project, name)
        copy_project(fleet, project, source, target, subscription)
        assert ask(source, fleet.key, path, "POST", json={"title": "While it moves"}).status_code == 201
        assert ask(target, fleet.key, path).status_code == 421
        fleet.place("stop_writes(%s)", project)
        run(source.admin, "SELECT session_group.wait_for_writers(%s)", project)
        eventually(lambda: fingerprint(target, project) == fingerprint(source, project), True)
        with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState):
            run(target.admin, "SELECT session_group.purge_project(%s)", project)
        with session(source, fleet.key) as reader:
            fleet.place("finish_move(%s)", project)
            # A transaction that was open reads what it read, and writes no more.
            assert refused(reader, "SELECT session_group.create_summary(%s)", project) == "3D000"
        run(target.admin, f"DROP SUBSCRIPTION {subscription}")
        run(source.admin, f"DROP PUBLICATION {subscription}")
        for method in ("GET", "POST"):
            assert ask(source, fleet.key, path, method, **({} if method == "GET" else {"json": {}})).status_code == 421
        with session(source, fleet.key) as cursor:
            assert refused(cursor, "SELECT count(*) FROM session_group.summaries WHERE project_id = %s", project) == "3D000"
            cursor.execute("SELECT count(*) FROM session_group.summaries WHERE project_id + 0 = %s", (project,))
            assert cursor.fetchone() == (0,)
        for query in ("", "?search=checkout", "?q=payment", "?session_id=s-3", "?severity=high", "?order=title&limit=2"):
            assert ask(target, fleet.key, path + query).status_code == 200
        assert ask(target, fleet.key, path + "?severity=high").json()["count"] == 5 and ask(target, fleet.key, path + "?session_id=s-3").json()["count"] == 1
        assert run(target.admin, "SELECT * FROM session_group.check_counts()") == [] and run(target.admin, "SELECT * FROM session_group.check_rows()") == []
        # A request that comes again gives the answer that it had.
        again = requests.post(f"{target.url}/api/projects/{path}", json=json.loads(first.request.body), headers={"Authorization": f"Bearer {fleet.key}", "Idempotency-Key": "k4"}, timeout=60)
        assert (again.status_code, again.content, again.headers["Idempotency-Replayed"]) == (201, first.content, "true")
        # The numbers of activity go on above all that were given.
        (last,), = run(target.admin, "SELECT max(seq) FROM session_group.activity WHERE project_id = %s", project)
        assert ask(target, fleet.key, path, "POST", json={"title": f"After {name}"}).status_code == 201
        assert run(target.admin, "SELECT min(seq) > %s, count(*) FROM session_group.activity WHERE project_id = %s AND seq > %s", last, project, last) == [(True, 1)]
        purged = []
        while not purged or purged[-1] > 0:
            purged += run(source.admin, "SELECT session_group.purge_project(%s, 3)", project)[0]
        assert sum(purged) > 10 and max(purged) <= 9
        assert fingerprint(source, project)[0][1] == 0 and run(source.admin, "SELECT * FROM session_group.check_rows()") == []
    assert ask(fleet.a, fleet.key, path).json()["count"] == 9


def test_what_is_deleted_in_the_directory_is_deleted_on_its_node(fleet):
    project = fleet.project("b")
    path = f"{project}/session_group_summaries/"
    guest = fleet.make.user(project)
    made = ask(fleet.b, fleet.make.key(guest), path, "POST", json={"title": "A guest's"}).json()["id"]
    erase = "SELECT session_group.erase_user(%s)"
    with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState):
        run(fleet.b.admin, erase, guest["id"])
    run(fleet.a.admin, erase, guest["id"])
    assert ask(fleet.b, fleet.key, f"{path}{made}/").json()["created_by"] is None
    # Its records are on the other node alone.
    records = "SELECT count(*) > 0 FROM session_group.activity WHERE user_id = %s"
    assert run(fleet.b.admin, records, guest["id"]) == [(True,)]
    run(fleet.b.admin, erase, guest["id"])
    assert run(fleet.b.admin, records, guest["id"]) == [(False,)]
    with pytest.raises(psycopg2.errors.NoDataFound):
        run(fleet.b.admin, erase, guest["id"])
    run(fleet.a.admin, "SELECT session_group.delete_project(%s)", project)
    assert {row[1] for row in fingerprint(fleet.b, project)} == {0}
    assert ask(fleet.b, fleet.key, path).status_code == 404
    assert run(fleet.b.admin, "SELECT * FROM session_group.repair() WHERE what = 'orphans' AND number > 0") == []


def test_whoever_makes_the_map_is_told_on_every_node(fleet):
    listeners = [node.connect() for node in (fleet.a, fleet.b)]
    for listener in listeners:
        run(listener, "LISTEN session_group_placements")
    project = fleet.project("a")
    for listener in listeners:
        def told(listener=listener):
            listener.poll()
            return {(notice.channel, notice.payload) for notice in listener.notifies}
        eventually(told, {("session_group_placements", "")})
        listener.close()
    assert project


def test_a_node_without_news_of_the_directory_refuses_all(fleet):
    """Keys, tokens and the word of trusted backends; at both doors and in SQL; and takes them again with the news."""
    path = f"{fleet.there}/session_group_summaries/"
    uuid = str(fleet.user["uuid"])
    token = fleet.b.mint_jwt({"sub": uuid, "role": "session_group_api", "scopes": ["*"]})

    def statuses():
        return {ask(fleet.b, credentials, where, door=door).status_code for credentials in (fleet.key, token)
                for where, door in ((path, "api/projects/"), (f"session_group_summaries?project_id=eq.{fleet.there}", "rest/v1/"), ("", "api/projects/"))}

    def state():
        """SQLSTATEs of login() and assume_identity()."""
        found = set()
        for sql, value in (("SELECT session_group.login(%s)", fleet.key), ("SELECT session_group.assume_identity(%s, '{*}')", uuid)):
            try:
                run(fleet.b.admin, sql, value)
                found.add(None)
            except psycopg2.Error as error:
                found.add(error.pgcode)
        return found

    assert statuses() == {200} and state() == {None}
    # The directory falls silent: as a cut network, without which the subscriber asks again and again.
    run(fleet.b.admin, f"ALTER SUBSCRIPTION {SUBSCRIPTION} DISABLE")
    setting(fleet.b, "session_group.directory_timeout", "1")
    eventually(state, {"57P03"})
    assert statuses() == {503}
    answer = ask(fleet.b, fleet.key, path)
    assert (answer.json()["code"], answer.headers["Retry-After"].isdigit()) == ("service_unavailable", True)
    # A key that was revoked meanwhile is among them.
    revoked = fleet.make.key(fleet.only_there)
    del fleet.a.admin.notices[:]
    run(fleet.a.admin, "SELECT session_group.revoke_api_key(max(id)) FROM session_group.api_keys")
    assert ["not come to all nodes yet: b" in notice for notice in fleet.a.admin.notices] == [True]
    assert ask(fleet.b, revoked, path).status_code == 503
    # 0: no bound.
    setting(fleet.b, "session_group.directory_timeout", "0")
    eventually(state, {None})
    setting(fleet.b, "session_group.directory_timeout", "300")
    eventually(state, {None})
    # Either of its times, far from this clock in either direction.
    for column in ("at", "received_at"):
        for time in ("now() - interval '301 seconds'", "now() + interval '301 seconds'"):
            run(fleet.b.admin, f"""SET session_replication_role = replica; ALTER TABLE session_group.directory_clock DISABLE TRIGGER directory_clock_received;
                UPDATE session_group.directory_clock SET at = now(), received_at = now(); UPDATE session_group.directory_clock SET {column} = {time};
                ALTER TABLE session_group.directory_clock ENABLE ALWAYS TRIGGER directory_clock_received; SET session_replication_role = origin""")
            assert state() == {"57P03"}, (column, time)
    run(fleet.b.admin, f"ALTER SUBSCRIPTION {SUBSCRIPTION} ENABLE")
    eventually(state, {None})
    assert statuses() == {200}
    assert ask(fleet.b, revoked, path).status_code == 401
    assert run(fleet.b.admin, "SELECT node FROM session_group.directory_clock") == [("a",)]


def test_what_moves_is_all_that_a_project_has(stack, admin):
    """A table with a project's rows is copied and purged, or is the directory's, or follows another by triggers."""
    with admin.cursor() as cursor:
        cursor.execute("SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind = 'r' AND c.relnamespace = 'session_group'::regnamespace AND a.attname = 'project_id'")
        tables = {name for name, in cursor}
    beside = {"activity_sequences", "pattern_numbers", "pattern_rows", "pending_rows", "project_counts", "title_rows"}
    assert set(TABLES) == tables - {"members", "placements"} - beside
    assert set(TABLES) == set(runpy.run_path(str(REPO / "deploy/fleet/session_group_fleet"))["TABLES"])


def test_one_machine_knows_nothing_of_it(stack, admin):
    with admin.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM session_group.placements), (SELECT count(*) FROM session_group.directory_clock), session_group.is_placed_here(1)")
        assert cursor.fetchone() == (0, 0, True)
        for sql in ("SELECT session_group.add_node('a', '127.0.0.1:80', 'host=x')", "SELECT session_group.purge_project(1)"):
            with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState):
                cursor.execute(sql)
