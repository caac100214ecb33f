"""Fixtures of the HTTP tests; what runs the servers is in ../conftest.py."""

import pytest

from world import World


@pytest.fixture(scope="session")
def world(stack):
    """Projects, people, keys and summaries to play the cases on, see world.py."""
    return World(stack)
