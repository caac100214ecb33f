"""A backend keeps the people whom its answers have named: what changes them is seen at once, in every backend."""

import json

import pytest

from servers import Maker, Servers


@pytest.fixture(scope="module")
def servers():
    with Servers("--only-postgres") as started:
        yield started


class Case:
    """A summary and its creator, and a session that has shown both before."""

    def __init__(self, servers):
        self.admin = servers.admin
        make = Maker(self.admin)
        self.project = make.project()
        self.user = make.user(self.project, first_name="Ada")
        self.key = make.key(make.user(self.project))
        make.summary(self.project, created_by=self.user)
        self.session = servers.connect()
        assert self.shown() == "Ada" and self.shown() == "Ada"

    def begin(self, mode="READ COMMITTED"):
        """A request's transaction, as far as its settings."""
        headers = {"x-api-key": self.key, "x-forwarded-method": "GET",
                   "x-forwarded-uri": f"/api/projects/{self.project}/session_group_summaries/"}
        with self.session.cursor() as cursor:
            cursor.execute(f"BEGIN ISOLATION LEVEL {mode}")
            cursor.execute("SELECT set_config('request.headers', %s, true)", [json.dumps(headers)])

    def ask(self):
        """The first name of the list's only creator; None if there is none."""
        with self.session.cursor() as cursor:
            cursor.execute("SELECT session_group_api.http()::bytea")
            body = json.loads(bytes(cursor.fetchone()[0]))
            cursor.execute("RESET ROLE")
        (item,) = body["results"]
        return item["created_by"] and item["created_by"]["first_name"]

    def end(self):
        with self.session.cursor() as cursor:
            cursor.execute("ROLLBACK")

    def shown(self):
        self.begin()
        try:
            return self.ask()
        finally:
            self.end()

    def change(self, sql):
        with self.admin.cursor() as cursor:
            cursor.execute(sql % {"user": self.user["id"], "project": self.project})


RENAME = "UPDATE session_group.users SET first_name = 'Grace' WHERE id = %(user)s"

CHANGES = {
    "renamed": (RENAME, "Grace"),
    "in a savepoint": (f"BEGIN; SAVEPOINT s; {RENAME}; RELEASE s; COMMIT", "Grace"),
    "without triggers": (f"BEGIN; SET LOCAL session_replication_role = replica; {RENAME}; COMMIT", "Grace"),
    "taken back": (f"BEGIN; {RENAME}; ROLLBACK", "Ada"),
    "removed member": ("SELECT session_group.remove_member(%(project)s, %(user)s)", "Ada"),
    "no member at all": ("DELETE FROM session_group.members WHERE user_id = %(user)s", None),
    "deleted": ("DELETE FROM session_group.users WHERE id = %(user)s", None),
    "inactive": ("SELECT session_group.set_user_active(%(user)s, false)", "Ada"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_seen_by_another_session(servers, change):
    case = Case(servers)
    sql, expected = CHANGES[change]
    case.change(sql)
    assert case.shown() == expected
    assert case.shown() == expected


def test_seen_in_the_midst_of_a_transaction(servers):
    case = Case(servers)
    case.begin()
    assert case.ask() == "Ada"
    case.change(RENAME)
    assert case.ask() == "Grace"
    case.end()


def test_a_snapshot_that_stays(servers):
    """A transaction that sees one state of the tables sees its people, too, whatever was kept before, and keeps none."""
    case = Case(servers)
    case.begin("REPEATABLE READ")
    assert case.ask() == "Ada"
    case.change(RENAME)
    assert case.ask() == "Ada"
    case.end()
    assert case.shown() == "Grace"
    case.begin("REPEATABLE READ")
    assert case.ask() == "Grace"
    case.end()


def test_a_policy_is_added(servers):
    case = Case(servers)
    case.change("CREATE POLICY fewer ON session_group.users AS RESTRICTIVE FOR SELECT TO session_group_api USING (id <> %(user)s)")
    try:
        assert case.shown() is None
    finally:
        case.change("DROP POLICY fewer ON session_group.users")
    assert case.shown() == "Ada"


def test_made_anew(servers):
    """People of an extension that was dropped are not those of the next."""
    case = Case(servers)
    case.change("DROP EXTENSION session_group CASCADE; CREATE EXTENSION session_group")
    make = Maker(case.admin)
    while make.project() < case.project:
        pass
    case.change("INSERT INTO session_group.users (id, email, first_name) VALUES (%(user)s, 'other@example.com', 'Other');"
                "SELECT session_group.add_member(%(project)s, %(user)s), setval('session_group.users_id_seq', 1000)")
    case.key = make.key(make.user(case.project))
    make.summary(case.project, created_by=case.user)
    assert case.shown() == "Other"
