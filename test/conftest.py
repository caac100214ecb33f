"""Fixtures of test/http and test/system."""

import pytest

from servers import Maker, Servers


@pytest.fixture(scope="session")
def servers():
    """PostgreSQL, PostgREST and nginx, started once: .url, .postgrest_url, .connect(), .mint_jwt()."""
    with Servers("--set", "fsync = off") as running:
        yield running


@pytest.fixture(scope="session")
def base_url(servers):
    """nginx, without a slash at the end."""
    return servers.url


@pytest.fixture(scope="session")
def postgrest_url(servers):
    """PostgREST itself, past nginx."""
    return servers.postgrest_url


@pytest.fixture(scope="session")
def connect(servers):
    """Opens a connection, as superuser if no other user is named."""
    return servers.connect


@pytest.fixture(scope="session")
def db(servers):
    """One connection as superuser, autocommit, for looking and making."""
    connection = servers.connect()
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def make(db):
    """Makes projects, users, keys, summaries: make.project(), make.user(p), make.key(u) …"""
    return Maker(db)


@pytest.fixture(scope="session")
def mint_jwt(servers):
    """Signs a JSON Web Token: mint_jwt({"sub": …, "scopes": […]})."""
    return servers.mint_jwt
