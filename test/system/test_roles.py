"""Roles of the extension's names that were there before it: who made them, who holds them."""

import contextlib

import psycopg2
import pytest

from servers import Servers


@pytest.fixture()
def empty(stack, admin):
    """A connection to a database without the extension."""
    with admin.cursor() as cursor:
        cursor.execute("CREATE DATABASE roles_test")
    try:
        with contextlib.closing(psycopg2.connect(stack.database_url, dbname="roles_test")) as connection:
            connection.autocommit = True
            yield connection
    finally:
        with admin.cursor() as cursor:
            cursor.execute("DROP DATABASE roles_test WITH (FORCE)")
            cursor.execute("DROP ROLE IF EXISTS roles_test")


@pytest.mark.parametrize("role", ["session_group_admin", "session_group_gateway", "session_group_api"])
def test_L10_a_role_that_somebody_may_grant_is_refused(empty, role):
    with empty.cursor() as cursor:
        cursor.execute("CREATE ROLE roles_test")
        cursor.execute(f"GRANT {role} TO roles_test WITH ADMIN OPTION")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match='"roles_test" may grant it'):
            cursor.execute("CREATE EXTENSION session_group")
        cursor.execute(f"REVOKE {role} FROM roles_test")
        cursor.execute("CREATE EXTENSION session_group")


def test_L10_who_holds_a_role_is_said():
    """Where it could be a surprise: not where another database has the extension."""
    def said(connection):
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION session_group")
        return [notice for notice in connection.notices if '"roles_test" holds it' in notice]

    with Servers("--only-postgres", "--without-extension", "--set", "fsync = off") as servers:
        with servers.admin.cursor() as cursor:
            cursor.execute("CREATE ROLE session_group_admin NOLOGIN NOINHERIT")
            cursor.execute("CREATE ROLE roles_test IN ROLE session_group_admin")
            cursor.execute("CREATE DATABASE second")
        warning, = said(servers.admin)
        assert warning.startswith('WARNING:  role "session_group_admin" existed, and')
        assert said(servers.connect_to("second")) == []


@pytest.mark.parametrize("attribute, back", [("LOGIN", "NOLOGIN"), ("CREATEDB", "NOCREATEDB"), ("INHERIT", "NOINHERIT"),
                                             ("BYPASSRLS", "NOBYPASSRLS"), ("CREATEROLE", "NOCREATEROLE"),
                                             ("REPLICATION", "NOREPLICATION"), ("SUPERUSER", "NOSUPERUSER")])
def test_L10_a_role_stronger_than_ours_is_refused(empty, attribute, back):
    with empty.cursor() as cursor:
        cursor.execute(f"ALTER ROLE session_group_anon {attribute}")
        try:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="more rights than it may have"):
                cursor.execute("CREATE EXTENSION session_group")
        finally:
            cursor.execute(f"ALTER ROLE session_group_anon {back}")


def test_L10_a_role_that_is_a_member_of_another_is_refused(empty):
    with empty.cursor() as cursor:
        cursor.execute("GRANT pg_read_all_data TO session_group_api")
        try:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="more rights than it may have"):
                cursor.execute("CREATE EXTENSION session_group")
        finally:
            cursor.execute("REVOKE pg_read_all_data FROM session_group_api")
