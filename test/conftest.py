"""Fixtures of test/http and test/system."""

import os

import pytest

from front import Front
from servers import Maker, Servers, running_servers


@pytest.fixture(scope="session")
def stack():
    """PostgreSQL, PostgREST and nginx, started once: .url, .admin, .mint_jwt() …, see servers.py.

    SESSION_GROUP_TEST_ENV: servers that run already, by the file that deploy/stack would write of them.
    SESSION_GROUP_TEST_FRONT: with another proxy in front, that .url leads to: see front.py.
    """
    if "SESSION_GROUP_TEST_ENV" in os.environ:
        yield running_servers(os.environ["SESSION_GROUP_TEST_ENV"])
        return
    if "SESSION_GROUP_TEST_FRONT" in os.environ:
        with Front() as front, Servers("--set", "fsync = off", "--site", base_address(front.url)) as running:
            front.start(running.url)
            running.env["SESSION_GROUP_URL"] = front.url
            yield running
        return
    with Servers("--set", "fsync = off") as running:
        yield running


def base_address(url):
    """An edit of site/http.conf: the address of the service as its clients know it."""
    return f'/base_address/,/}}/s#default "";#default "{url}";#'


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
