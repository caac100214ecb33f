"""Who asks, over several connections and over HTTP: lines 1, 2, 3, 5, 6, 15 and 20 of the threat list."""

import http.client
import json
import os
import secrets
import subprocess
import time
import urllib.parse

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import pytest

NOBODY = (None, [], [])
WHO = (
    "SELECT session_group.current_user_id(), session_group.readable_project_ids(),"
    " session_group.writable_project_ids()"
)


class Logins:
    """Login roles of each kind, made once and dropped at the end."""

    ROLES = {
        "app": "INHERIT IN ROLE session_group_api",
        "web": "NOINHERIT IN ROLE session_group_gateway",
        "backend": "INHERIT IN ROLE session_group_gateway",
        "stranger": "",
    }

    def __init__(self, stack):
        self.stack = stack
        self.password = secrets.token_hex(8)
        self.prefix = f"identity_{secrets.token_hex(3)}_"
        self.open = []
        with stack.admin.cursor() as cursor:
            for name, how in self.ROLES.items():
                cursor.execute(f"CREATE ROLE {self.prefix}{name} LOGIN PASSWORD '{self.password}' {how}")

    def name(self, role):
        return self.prefix + role

    def connect(self, role, **options):
        connection = self.stack.connect(self.name(role), self.password, **options)
        self.open.append(connection)
        return connection

    def close(self):
        for connection in self.open:
            connection.close()
        with self.stack.admin.cursor() as cursor:
            for name in self.ROLES:
                cursor.execute(f"DROP OWNED BY {self.name(name)}")
                cursor.execute(f"DROP ROLE {self.name(name)}")


@pytest.fixture(scope="module")
def logins(stack):
    made = Logins(stack)
    yield made
    made.close()


@pytest.fixture(scope="module")
def people(make):
    """Ann of A, Ben of B, each with rows, a key that reads and one that writes."""

    class People:
        a, b = make.project("A"), make.project("B")
        ann, ben = make.user(a), make.user(b)
        ann_read, ann_write = make.key(ann, ["session_recording:read"]), make.key(ann)
        ben_read, ben_write = make.key(ben, ["session_recording:read"]), make.key(ben)

    for project, user in ((People.a, People.ann), (People.b, People.ben)):
        for number in range(3):
            make.summary(project, user, title=f"Title {number}")
    return People


def ask(cursor, sql, *values):
    cursor.execute(sql, values)
    return cursor.fetchall()


def who(cursor):
    return ask(cursor, WHO)[0]


def seen(cursor):
    return [row[0] for row in ask(cursor, "SELECT DISTINCT project_id FROM session_group.summaries ORDER BY 1")]


def pre_request(cursor, key=None, claims=None, role="session_group_anon"):
    """What PostgREST does at the beginning of a request, statement by statement."""
    headers = {"host": "x"} if key is None else {"host": "x", "x-api-key": key}
    cursor.execute(
        "SELECT set_config('role', %s, true), set_config('request.headers', %s, true),"
        " set_config('request.jwt.claims', %s, true)",
        (role, json.dumps(headers), json.dumps(claims or {"role": role})),
    )
    cursor.execute("SELECT session_group.authenticate()")


# Line 1: before the library is loaded ------------------------------------------------------------


@pytest.fixture(scope="module")
def genuine(stack, people):
    """The setting's value, as a superuser may read it: what a forger would want."""
    connection = stack.connect(autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_group.login(%s)", (people.ben_write,))
        value = ask(cursor, "SELECT current_setting('session_group.identity')")[0][0]
    connection.close()
    assert value
    return value


@pytest.mark.parametrize("role", ["app", "backend", "superuser"])
def test_L1_set_before_the_library_is_loaded(stack, logins, genuine, role):
    connection = stack.connect() if role == "superuser" else logins.connect(role)
    with connection.cursor() as cursor:
        try:
            cursor.execute("SET session_group.identity = %s", (genuine,))
        except psycopg2.errors.InsufficientPrivilege:
            pass
        assert who(cursor) == NOBODY
        cursor.execute("SHOW session_group.identity" if role == "superuser" else "SELECT ''")
        assert cursor.fetchone()[0] == ""
    connection.close()


@pytest.mark.parametrize("role", ["app", "backend"])
def test_L1_pgoptions(stack, logins, genuine, role):
    parts = psycopg2.extensions.parse_dsn(stack.database_url)
    parts |= {"user": logins.name(role), "password": logins.password}
    value = genuine.replace("\\", "\\\\").replace(" ", "\\ ")
    try:
        connection = psycopg2.connect(**parts, options=f"-c session_group.identity={value}")
    except psycopg2.OperationalError:
        return
    with connection.cursor() as cursor:
        assert who(cursor) == NOBODY
    connection.close()


def test_L1_set_by_alter_role_and_database(stack, logins, genuine):
    with logins.connect("app").cursor() as cursor:
        for sql in ("ALTER ROLE CURRENT_USER SET session_group.identity = %s",
                    "ALTER ROLE CURRENT_USER IN DATABASE session_group SET session_group.identity = %s"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(sql, (genuine,))
    # Not even as a superuser has set it for the role, before the library is loaded.
    app = logins.name("app")
    with stack.connect().cursor() as admin:
        try:
            admin.execute(f"ALTER ROLE {app} SET session_group.identity = %s", (genuine,))
        except psycopg2.Error:
            return
        try:
            with logins.connect("app").cursor() as cursor:
                assert who(cursor) == NOBODY
                assert seen(cursor) == []
        finally:
            admin.execute(f"ALTER ROLE {app} RESET ALL")


def test_L1_in_the_startup_packet_of_the_driver(stack, logins, genuine):
    """PGOPTIONS of psql, as a person would try it."""
    parts = psycopg2.extensions.parse_dsn(stack.database_url)
    env = {**os.environ, "PGPASSWORD": logins.password,
           "PGOPTIONS": "-c session_group.identity='" + genuine.replace(" ", "\\ ") + "'"}
    run = subprocess.run(
        ["psql", "-XAt", "-h", parts["host"], "-p", parts["port"], "-U", logins.name("app"), "-d", parts["dbname"],
         "-c", WHO],
        env=env, capture_output=True, text=True)
    assert run.returncode != 0 or run.stdout.strip() == "|{}|{}", run


# Line 2 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["session", "transaction"])
def test_L2_forged_claims_of_an_application(logins, people, scope):
    claims = json.dumps({"sub": str(people.ben["uuid"]), "scopes": ["*"], "role": "session_group_api"})
    with logins.connect("app").cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT set_config('request.jwt.claims', %s, %s)", (claims, scope == "transaction"))
        cursor.execute("SELECT session_group.authenticate()")
        assert who(cursor) == NOBODY
        assert seen(cursor) == []
        cursor.execute("ROLLBACK")


# Line 3 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("way", ["login", "authenticate", "assume", "claims"])
def test_L3_an_identity_ends_with_its_transaction(logins, people, way, end):
    with logins.connect("app" if way == "login" else "backend").cursor() as cursor:
        cursor.execute("BEGIN")
        if way == "login":
            cursor.execute("SELECT session_group.login(%s)", (people.ann_write,))
        elif way == "assume":
            cursor.execute("SELECT session_group.assume_identity(%s, '{*}')", (people.ann["uuid"],))
        elif way == "claims":
            pre_request(cursor, claims={"sub": str(people.ann["uuid"]), "scopes": ["*"], "exp": 4102444800})
        else:
            pre_request(cursor, people.ann_write)
        assert who(cursor) == (people.ann["id"], [people.a], [people.a])
        cursor.execute(end)
        assert who(cursor) == NOBODY
        assert ask(cursor, "SELECT current_user = session_user")[0][0]
        if way == "login":
            assert seen(cursor) == []


def test_L3_one_connection_serves_one_request_after_another(logins, people):
    """A, then nobody, then B, then an error, then nobody, on one connection as PostgREST holds it."""
    connection = logins.connect("web")
    with connection.cursor() as cursor:
        for _ in range(30):
            for key, expected in (
                (people.ann_read, (people.ann["id"], [people.a], [])),
                (None, NOBODY),
                (people.ben_write, (people.ben["id"], [people.b], [people.b])),
                ("phx_unknown", NOBODY),
                (people.ann_write, (people.ann["id"], [people.a], [people.a])),
            ):
                cursor.execute("BEGIN")
                pre_request(cursor, key)
                assert who(cursor) == expected
                role = ask(cursor, "SELECT current_user")[0][0]
                assert role == ("session_group_api" if expected[0] else "session_group_anon")
                if expected[0]:
                    assert seen(cursor) == expected[1]
                cursor.execute("COMMIT")


def test_L3_after_an_error(logins, people):
    with logins.connect("web").cursor() as cursor:
        for failure in ("SELECT 1/0", "SELECT * FROM session_group.api_keys", "SET ROLE session_group_admin"):
            cursor.execute("BEGIN")
            pre_request(cursor, people.ann_write)
            with pytest.raises(psycopg2.Error):
                cursor.execute(failure)
            cursor.execute("ROLLBACK")
            cursor.execute("BEGIN")
            pre_request(cursor)
            assert who(cursor) == NOBODY
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                seen(cursor)
            cursor.execute("ROLLBACK")


def test_L3_after_a_savepoint_that_was_rolled_back(logins, people):
    with logins.connect("app").cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SAVEPOINT s")
        cursor.execute("SELECT session_group.login(%s)", (people.ann_write,))
        with pytest.raises(psycopg2.Error):
            cursor.execute("SELECT 1/0")
        cursor.execute("ROLLBACK TO s")
        assert who(cursor) == NOBODY and seen(cursor) == []
        cursor.execute("SELECT session_group.login(%s)", (people.ben_read,))
        assert seen(cursor) == [people.b]
        cursor.execute("COMMIT")
        assert who(cursor) == NOBODY and seen(cursor) == []


@pytest.mark.parametrize("reset",
                         ["RESET ALL", "DISCARD ALL", "RESET ROLE", "RESET SESSION AUTHORIZATION", "DEALLOCATE ALL"])
def test_L3_what_poolers_send_between_clients(logins, people, reset):
    with logins.connect("app").cursor() as cursor:
        cursor.execute("PREPARE q AS SELECT DISTINCT project_id FROM session_group.summaries")
        cursor.execute("BEGIN")
        cursor.execute("SELECT session_group.login(%s)", (people.ann_write,))
        assert ask(cursor, "EXECUTE q") == [(people.a,)]
        cursor.execute("COMMIT")
        cursor.execute(reset)
        assert who(cursor) == NOBODY and seen(cursor) == []


def test_L3_without_a_transaction_block_an_identity_lasts_one_statement(logins, people):
    connection = logins.connect("app")
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_group.login(%s)", (people.ann_write,))
        assert any("WARNING" in notice for notice in connection.notices)
        assert people.ann_write not in "".join(connection.notices)
        assert who(cursor) == NOBODY and seen(cursor) == []


def test_L3_settings_left_by_a_session_do_not_speak_for_it(logins, people):
    """Claims and headers set for the session, then a request that brings none of its own."""
    with logins.connect("web").cursor() as cursor:
        cursor.execute("SELECT set_config('request.headers', %s, false)",
                       (json.dumps({"x-api-key": people.ann_write}),))
        cursor.execute("BEGIN")
        pre_request(cursor)
        assert who(cursor) == NOBODY
        cursor.execute("ROLLBACK")


def test_L3_a_held_cursor_reads_with_the_rights_that_it_was_opened_with(logins, people):
    with logins.connect("app").cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT session_group.login(%s)", (people.ann_read,))
        cursor.execute("DECLARE held CURSOR WITH HOLD FOR SELECT project_id FROM session_group.summaries")
        cursor.execute("COMMIT")
        assert {row[0] for row in ask(cursor, "FETCH ALL FROM held")} == {people.a}
        cursor.execute("BEGIN")
        cursor.execute("SELECT session_group.login(%s)", (people.ben_read,))
        cursor.execute("DECLARE open CURSOR FOR SELECT project_id FROM session_group.summaries")
        cursor.execute("SELECT session_group.login(%s)", (people.ann_read,))
        assert {row[0] for row in ask(cursor, "FETCH ALL FROM open")} <= {people.a, people.b}
        cursor.execute("COMMIT")
        cursor.execute("CLOSE ALL")
        assert seen(cursor) == []


# Line 6 ------------------------------------------------------------------------------------------

CHANGES = {
    "revoked": "SELECT session_group.revoke_api_key(%(key)s)",
    "expired": "UPDATE session_group.api_keys SET expires_at = now() WHERE id = %(key)s",
    "inactive": "SELECT session_group.set_user_active(%(user)s, false)",
    "deleted": "DELETE FROM session_group.api_keys WHERE id = %(key)s",
    "removed": "SELECT session_group.remove_member(%(project)s, %(user)s)",
    "no scope": "UPDATE session_group.api_keys SET scopes = '{}' WHERE id = %(key)s",
    "other project": "UPDATE session_group.api_keys SET project_ids = '{1}' WHERE id = %(key)s",
}


@pytest.fixture
def fresh(make, admin):
    """A project with a row, its member, a key that writes."""
    project = make.project()
    user = make.user(project)
    key = make.key(user)
    row = make.summary(project, user, title="Fresh")
    id = make.row("SELECT max(id) AS id FROM session_group.api_keys")["id"]
    return {"project": project, "user": user["id"], "uuid": str(user["uuid"]), "key": id, "secret": key,
            "row": row["id"]}


@pytest.mark.parametrize("change", CHANGES)
def test_L6_the_next_login_on_the_same_connection_fails(logins, admin, fresh, change):
    connection = logins.connect("app")
    with connection.cursor() as cursor:
        for _ in range(6):  # past the point where plans turn generic
            cursor.execute("BEGIN")
            cursor.execute("SELECT session_group.login(%s)", (fresh["secret"],))
            assert seen(cursor) == [fresh["project"]]
            cursor.execute("COMMIT")
        with admin.cursor() as administrator:
            administrator.execute(CHANGES[change], fresh)
        cursor.execute("BEGIN")
        try:
            cursor.execute("SELECT session_group.login(%s)", (fresh["secret"],))
        except psycopg2.errors.InvalidAuthorizationSpecification:
            cursor.execute("ROLLBACK")
            assert change in ("revoked", "expired", "inactive", "deleted")
        else:
            assert change in ("removed", "no scope", "other project")
            assert who(cursor) == (fresh["user"], [], [])
        assert seen(cursor) == []


@pytest.mark.parametrize("change", CHANGES)
def test_L6_the_next_request_over_http_fails(base_url, admin, fresh, change):
    path = f"/api/projects/{fresh['project']}/session_group_summaries/"
    headers = {"Authorization": f"Bearer {fresh['secret']}"}
    for _ in range(15):  # more than the pool has connections
        assert fetch(base_url, "GET", path, headers)[0] == 200
    with admin.cursor() as administrator:
        administrator.execute(CHANGES[change], fresh)
    expected = 401 if change in ("revoked", "expired", "inactive", "deleted") else 403
    for _ in range(15):
        for method, target, body in (("GET", path, None), ("GET", f"{path}{fresh['row']}/", None),
                                     ("PATCH", f"{path}{fresh['row']}/", b'{"title":"x"}'),
                                     ("DELETE", f"{path}{fresh['row']}/", None)):
            status, _, answer = fetch(base_url, method, target, {**headers, "Content-Type": "application/json"}, body)
            assert status == expected, (method, answer)
            assert b"Fresh" not in answer
    with admin.cursor() as administrator:
        assert ask(administrator, "SELECT title FROM session_group.summaries WHERE id = %s",
                   fresh["row"]) == [("Fresh",)]


@pytest.mark.parametrize("change", ["inactive", "removed"])
def test_L6_tokens_lose_what_their_user_loses(base_url, admin, fresh, mint_jwt, change):
    token = mint_jwt({"sub": fresh["uuid"], "scopes": ["session_recording:read"], "exp": int(time.time()) + 600})
    headers = {"Authorization": f"Bearer {token}"}
    view = f"/rest/v1/session_group_summaries?select=title&project_id=eq.{fresh['project']}"
    assert json.loads(fetch(base_url, "GET", view, headers)[2]) == [{"title": "Fresh"}]
    with admin.cursor() as administrator:
        administrator.execute(CHANGES[change], fresh)
    for _ in range(15):
        status, _, answer = fetch(base_url, "GET", view, headers)
        assert b"Fresh" not in answer and status in (200, 401, 403)
        assert fetch(base_url, "GET", f"/api/projects/{fresh['project']}/session_group_summaries/",
                     headers)[0] in (401, 403)


# Lines 3 and 5 over HTTP -------------------------------------------------------------------------


def fetch(base, method, target, headers=(), body=None):
    """Status, headers and body of one request on a connection of its own."""
    parts = urllib.parse.urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_L3_pooled_connections_over_http(base_url, people):
    """A, nobody, B, a broken request, in turn, often enough that each of the pool's connections serves them all."""
    list_a = f"/api/projects/{people.a}/session_group_summaries/"
    list_b = f"/api/projects/{people.b}/session_group_summaries/"
    a, b = {"Authorization": f"Bearer {people.ann_read}"}, {"Authorization": f"Bearer {people.ben_write}"}
    for _ in range(40):
        assert fetch(base_url, "GET", list_a, a)[0] == 200
        assert fetch(base_url, "GET", list_a)[0] == 401
        assert fetch(base_url, "GET", list_b, b)[0] == 200
        assert fetch(base_url, "GET", list_a, b)[0] == 403
        assert fetch(base_url, "POST", list_b, {**b, "Content-Type": "application/json"}, b"{")[0] == 400
        assert fetch(base_url, "GET", list_b)[0] == 401
        assert fetch(base_url, "GET", list_b, a)[0] == 403
        status, _, answer = fetch(base_url, "GET", "/rest/v1/session_group_summaries")
        assert status in (401, 403) or json.loads(answer) == []


def test_L5_a_key_at_the_native_door(base_url, people):
    status, _, answer = fetch(base_url, "GET", "/rest/v1/session_group_summaries?select=project_id",
                              {"Authorization": f"Bearer {people.ann_read}"})
    assert status == 200 and {row["project_id"] for row in json.loads(answer)} == {people.a}


@pytest.mark.parametrize("headers", [
    {"X-Api-Key": "KEY"}, {"X-Forwarded-Method": "GET",
                           "X-Forwarded-Uri": "/api/projects/1/session_group_summaries/?personal_api_key=KEY"},
    {"apikey": "KEY"}, {"Cookie": "personal_api_key=KEY"}, {"Authorization": "Basic KEY"}, {"Authorization": "KEY"},
    {"Authorization": "Token KEY"}, {"Authorization": "Bearer"},
    {"Authorization": "Bearer "}, {"Proxy-Authorization": "Bearer KEY"},
])
def test_L5_headers_that_are_no_credentials(base_url, people, headers):
    """Nor can a client speak to the database in the proxy's name."""
    path = f"/api/projects/{people.a}/session_group_summaries/"
    sent = {name: value.replace("KEY", people.ann_read) for name, value in headers.items()}
    assert fetch(base_url, "GET", path, sent)[0] == 401
    status, _, answer = fetch(base_url, "GET", "/rest/v1/session_group_summaries", sent)
    assert status in (400, 401, 403) or json.loads(answer) == []


@pytest.mark.parametrize("claims", [
    {"role": "session_group_api"}, {"role": "session_group_admin"}, {"role": "postgres"},
    {"session_group_role": "session_group_admin"},
    {"session_group_role": "session_group_gateway"}, {"session_group_role": "session_group_api"}, {"sub": "postgres"},
    {},
])
def test_L2_tokens_that_name_a_role(base_url, mint_jwt, claims):
    token = mint_jwt({**claims, "exp": int(time.time()) + 600})
    for path in ("/rest/v1/session_group_summaries", "/rest/v1/project_users"):
        status, _, answer = fetch(base_url, "GET", path, {"Authorization": f"Bearer {token}"})
        assert status in (400, 401, 403) or json.loads(answer) == [], (status, answer)
    status, _, answer = fetch(base_url, "GET", "/api/projects/1/session_group_summaries/",
                              {"Authorization": f"Bearer {token}"})
    assert status in (400, 401, 403), answer


@pytest.mark.parametrize("token", ["wrong key", "none", "expired", "two parts"])
def test_L2_tokens_that_do_not_verify(base_url, mint_jwt, people, token):
    claims = {"sub": str(people.ann["uuid"]), "scopes": ["*"]}
    text = {
        "wrong key": mint_jwt(claims, "x" * 40),
        "expired": mint_jwt({**claims, "exp": int(time.time()) - 600}),
        "none": "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + mint_jwt(claims).split(".")[1] + ".",
        "two parts": mint_jwt(claims).rsplit(".", 1)[0],
    }[token]
    for path in (f"/api/projects/{people.a}/session_group_summaries/", "/rest/v1/session_group_summaries"):
        status, _, answer = fetch(base_url, "GET", path, {"Authorization": f"Bearer {text}"})
        assert status == 401 or json.loads(answer) == [], (status, answer)


@pytest.mark.parametrize("path", [
    "/rest/v1/rpc/login", "/rest/v1/rpc/authenticate", "/rest/v1/rpc/assume_identity", "/rest/v1/rpc/create_api_key",
    "/rest/v1/api_keys", "/rest/v1/users", "/rest/v1/members",
    "/rest/v1/projects", "/rest/v1/summaries", "/rest/v1/pg_authid", "/rest/v1/rpc/set_config", "/rest/v1/rpc/http",
    "/rest/v1/rpc/ht%74p", "/rest/v1//rpc/http", "/rest/v1/./rpc/http", "/rest/v1/rpc/http/",
])
@pytest.mark.parametrize("profile", [None, "session_group", "pg_catalog", "public"])
def test_L5_what_is_not_exposed(base_url, people, path, profile):
    headers = {"Authorization": f"Bearer {people.ann_write}"}
    if profile:
        headers |= {"Accept-Profile": profile, "Content-Profile": profile}
    for method, body in (("GET", None), ("POST", b"{}"), ("PATCH", b"{}"), ("DELETE", None)):
        status, _, answer = fetch(base_url, method, path, {**headers, "Content-Type": "application/json"}, body)
        assert 400 <= status < 500, (method, status, answer)
        assert b"sha256$" not in answer and b"@example.com" not in answer


# Line 18 -----------------------------------------------------------------------------------------


def test_L18_a_request_that_takes_for_ever_is_ended(stack):
    """Regular expressions of the native door can take any time; without an end they would hold the whole pool."""
    with stack.admin.cursor() as cursor:
        settings = dict(row[0].split("=", 1) for row in ask(
            cursor, "SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setrole = 'session_group_web'::regrole"))
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", (settings.get("statement_timeout", "0"),))
        seconds = ask(cursor, "SELECT setting::int / 1000 FROM pg_settings WHERE name = 'statement_timeout'")[0][0]
        cursor.execute("RESET statement_timeout")
    assert 1 <= seconds <= 60, settings


# Lines 15 and 20: logs, dumps, shared state -------------------------------------------------------


def test_L15_an_application_sees_no_other_sessions_statements(stack, logins, people):
    with logins.connect("app").cursor() as one, logins.connect("stranger").cursor() as other:
        one.execute("SELECT session_group.login(%s)", (people.ann_write,))
        rows = ask(other, "SELECT query FROM pg_stat_activity")
        assert people.ann_write not in str(rows)


def test_L15_nothing_is_notified(stack, base_url, people):
    listener = stack.connect()
    with listener.cursor() as cursor:
        for channel in ("session_group", "summaries", "pgrst"):
            cursor.execute(f"LISTEN {channel}")
        headers = {"Authorization": f"Bearer {people.ann_write}", "Content-Type": "application/json"}
        assert fetch(base_url, "POST", f"/api/projects/{people.a}/session_group_summaries/", headers,
                     b'{"title":"Hush"}')[0] == 201
        cursor.execute("SELECT 1")
        listener.poll()
        assert not [n for n in listener.notifies if "Hush" in n.payload or "phx_" in n.payload]
    listener.close()


def test_L20_keys_are_in_no_log_and_no_dump(stack, base_url, make, people):
    key = make.key(people.ann)
    path = f"/api/projects/{people.a}/session_group_summaries/"
    fetch(base_url, "GET", path, {"Authorization": f"Bearer {key}"})
    fetch(base_url, "GET", f"{path}?personal_api_key={key}")
    fetch(base_url, "GET", f"{path}x/?personal_api_key={key}&x=" + "%ff")
    fetch(base_url, "POST", path, {"Content-Type": "application/json"},
          json.dumps({"personal_api_key": key, "title": 1}))
    fetch(base_url, "POST", path, {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}, b"\xff")
    fetch(base_url, "BREW", path, {"Authorization": f"Bearer {key}"})
    fetch(base_url, "GET", "/nowhere?personal_api_key=" + key, {"Authorization": f"Bearer {key}"})
    fetch(base_url, "GET", "/rest/v1/session_group_summaries?nonsense=1", {"Authorization": f"Bearer {key}"})
    fetch(base_url, "GET", "/rest/v1/nothing", {"Authorization": f"Bearer {key}"})
    # (An SQL statement that fails is logged as it was sent; that is the server's own, and documented.)
    for log in ("postgres", "postgrest", "nginx-access", "nginx-error"):
        try:
            text = stack.log(log)
        except FileNotFoundError:
            continue
        assert key not in text and key[4:24] not in text, log
    dump = subprocess.run(["pg_dump", stack.database_url], capture_output=True, text=True, check=True).stdout
    assert "sha256$" in dump
    assert key not in dump and key[4:24] not in dump
