"""Fixtures of test/http and test/system."""

import os

import pytest

from servers import Maker, Servers, running_servers


@pytest.fixture(scope="session")
def stack():
    """PostgreSQL, PostgREST and nginx, started once: .url, .admin, .mint_jwt() …, see servers.py.

    SESSION_GROUP_TEST_ENV: servers that run already, by the file that deploy/stack would write of them.
    """
    if "SESSION_GROUP_TEST_ENV" in os.environ:
        yield running_servers(os.environ["SESSION_GROUP_TEST_ENV"])
        return
    with Servers("--set", "fsync = off") as running:
        yield running


@pytest.fixture(scope="session")
def base_url(stack):
    """nginx, without a slash at the end."""
    return stack.url


@pytest.fixture(scope="session")
def admin(stack):
    """The one connection as superuser, autocommit. stack.connect() opens others."""
    return stack.admin


@pytest.fixture(scope="session")
def make(admin):
    """Makes projects, users, keys, summaries: make.project(), make.user(p), make.key(u) …"""
    return Maker(admin)


@pytest.fixture(scope="session")
def mint_jwt(stack):
    """Signs a JSON Web Token: mint_jwt({"sub": …, "scopes": […]})."""
    return stack.mint_jwt
