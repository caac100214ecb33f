"""Fixtures of test/system."""

import secrets

import psycopg2
import psycopg2.extensions
import pytest


class Connection(psycopg2.extensions.connection):
    """A connection that knows its database's name."""
    database = None


@pytest.fixture
def database(stack):
    """Makes databases without the extension: database() gives a superuser's connection to a new one."""
    made, connections = [], []

    def make():
        name = f"made_{secrets.token_hex(4)}"
        with stack.admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        made.append(name)
        return connect(name)

    def connect(name):
        parts = psycopg2.extensions.parse_dsn(stack.database_url)
        connection = psycopg2.connect(**{**parts, "dbname": name}, connection_factory=Connection)
        connection.autocommit = True
        connection.database = name
        connections.append(connection)
        return connection

    make.again = connect
    make.made = made
    yield make
    for connection in connections:
        connection.close()
    with stack.admin.cursor() as cursor:
        for name in made:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
