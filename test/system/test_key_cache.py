"""A backend keeps the keys that it has read: what changes them is seen at once, in every backend."""

import psycopg2
import pytest

from servers import Maker, Servers


@pytest.fixture(scope="module")
def servers():
    with Servers("--only-postgres") as started:
        yield started


class Case:
    """A user with a key in a project, and a session that has used the key before."""

    def __init__(self, servers):
        self.admin = servers.admin
        make = Maker(self.admin)
        self.project = make.project()
        self.user = make.user(self.project)
        self.key = make.key(self.user)
        self.key_id = make.row("SELECT max(id) AS id FROM session_group.api_keys")["id"]
        self.session = servers.connect()
        assert self.readable() == [self.project]

    def readable(self):
        """Projects that the key opens in this session; None if it is refused."""
        with self.session.cursor() as cursor:
            try:
                cursor.execute("BEGIN; SELECT session_group.login(%s); SELECT session_group.readable_project_ids()",
                               [self.key])
                return cursor.fetchone()[0]
            except psycopg2.errors.InvalidAuthorizationSpecification:
                return None
            finally:
                cursor.execute("ROLLBACK")

    def change(self, sql):
        names = {"key": self.key_id, "user": self.user["id"], "project": self.project}
        with self.admin.cursor() as cursor:
            cursor.execute(sql % names)


CHANGES = {
    "revoked": ("SELECT session_group.revoke_api_key(%(key)s)", None),
    "deleted": ("DELETE FROM session_group.api_keys WHERE id = %(key)s", None),
    "expired": ("UPDATE session_group.api_keys SET expires_at = now() - interval '1 second' WHERE id = %(key)s",
                None),
    "another key": ("UPDATE session_group.api_keys SET hash = 'sha256$' || encode(sha256('x%(key)s'), 'hex') WHERE id = %(key)s", None),
    "without scopes": ("UPDATE session_group.api_keys SET scopes = '{}' WHERE id = %(key)s", []),
    "narrowed": ("UPDATE session_group.api_keys SET project_ids = '{0}' WHERE id = %(key)s", []),
    "inactive user": ("SELECT session_group.set_user_active(%(user)s, false)", None),
    "deleted user": ("DELETE FROM session_group.users WHERE id = %(user)s", None),
    "removed member": ("SELECT session_group.remove_member(%(project)s, %(user)s)", []),
    "deleted project": ("SELECT session_group.delete_project(%(project)s)", []),
    "without triggers": ("BEGIN; SET LOCAL session_replication_role = replica; UPDATE session_group.api_keys SET revoked_at = now() WHERE id = %(key)s; COMMIT", None),
    "in a savepoint": ("BEGIN; SAVEPOINT s; SELECT session_group.revoke_api_key(%(key)s); RELEASE s; COMMIT", None),
    "taken back": ("BEGIN; SELECT session_group.revoke_api_key(%(key)s); ROLLBACK", "kept"),
    "another's": ("SELECT session_group.create_api_key(%(user)s, 'another')", "kept"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_seen_by_another_session(servers, change):
    case = Case(servers)
    sql, expected = CHANGES[change]
    case.change(sql)
    assert case.readable() == ([case.project] if expected == "kept" else expected)


def test_seen_in_the_midst_of_a_transaction(servers):
    """Also by a transaction that has used the key, in its next statement."""
    case = Case(servers)
    with case.session.cursor() as cursor:
        cursor.execute("BEGIN; SELECT session_group.login(%s)", [case.key])
        case.change(CHANGES["revoked"][0])
        with pytest.raises(psycopg2.errors.InvalidAuthorizationSpecification):
            cursor.execute("SELECT session_group.login(%s)", [case.key])


def test_more_projects(servers):
    case = Case(servers)
    other = Maker(servers.admin).project()
    case.change(f"SELECT session_group.add_member({other}, %(user)s)")
    assert sorted(case.readable()) == sorted([case.project, other])


def test_own_changes(servers):
    """A session's own change counts in it at once, and no longer when it is rolled back."""
    case = Case(servers)
    with case.session.cursor() as cursor:
        cursor.execute("BEGIN; SELECT session_group.create_api_key(%s, 'fleeting', '{*}')", [case.user["id"]])
        kept, case.key = case.key, cursor.fetchone()[0]
        cursor.execute("SELECT session_group.login(%s)", [case.key])
        cursor.execute("ROLLBACK")
        assert case.readable() is None
        case.key = kept
        cursor.execute("BEGIN; SAVEPOINT s; SELECT session_group.revoke_api_key(%s)", [case.key_id])
        with pytest.raises(psycopg2.errors.InvalidAuthorizationSpecification):
            cursor.execute("SELECT session_group.login(%s)", [case.key])
        cursor.execute("ROLLBACK TO s; SELECT session_group.login(%s); ROLLBACK", [case.key])


def test_emptied(servers):
    case = Case(servers)
    case.change("BEGIN; TRUNCATE session_group.api_keys")
    case.change("COMMIT")
    assert case.readable() is None


def test_made_anew(servers):
    """Keys of an extension that was dropped open nothing in the next."""
    case = Case(servers)
    case.change("DROP EXTENSION session_group CASCADE; CREATE EXTENSION session_group")
    assert case.readable() is None


def reads_of_keys(case):
    """How many times the session reads the table of keys for a login."""
    with case.session.cursor() as cursor:
        reads = []
        cursor.execute("BEGIN")
        for statement in ("SELECT 1", "SELECT session_group.login(%s)"):
            cursor.execute(statement, [case.key] if "login" in statement else None)
            cursor.execute("SELECT idx_scan FROM pg_stat_xact_user_tables WHERE relid = 'session_group.api_keys'::regclass")
            reads.append(cursor.fetchone()[0])
        cursor.execute("ROLLBACK")
    return reads[1] - reads[0]


def test_a_use_that_is_written_down_leaves_keys_where_they_are(servers):
    case = Case(servers)
    assert reads_of_keys(case) == 0
    case.change("UPDATE session_group.api_keys SET last_used_at = now()")
    assert reads_of_keys(case) == 0
    case.change("UPDATE session_group.api_keys SET last_used_at = now(), label = label || '!' WHERE id = %(key)s")
    assert reads_of_keys(case) > 0
