"""Fixtures of the HTTP tests; what runs the servers is in ../conftest.py."""

import pytest

from runner import PACKED
from world import World

# The contract, which holds as well behind a proxy that gives the service a path and compresses (../front.py): these
# files, without what such a proxy answers by itself: odd methods, hosts and bytes, and addresses that are too long.
CONTRACT = {f"test_{name}.py" for name in (
    "account", "activity", "conditional", "cursor", "filters", "forms", "golden", "idempotency", "jwt", "keys", "native",
    "operations", "paging", "patterns",
)}  # fmt: skip
OF_THE_FRONT = {
    "test_activity.py": ("test_methods",),
    "test_keys.py": ("test_key[key-invalid-utf8]", "test_two_authorization_headers"),
    "test_native.py": ("test_door_in_other_words",),
    "test_operations.py": ("test_operation[list-lower-case-method]", "test_operation[retrieve-nul-in-id]", "test_operation[project-nul]"),
    "test_paging.py": ("test_links_and_x_forwarded_proto", "test_links_have_the_clients_host", "test_links_have_the_path_as_it_was_sent", "test_links_of_a_query_that_is_not_ascii",
                       "test_odd_hosts", "test_orders[100000-characters]"),
    "test_patterns.py": ("test_other_methods[TRACE]",),
}


def pytest_collection_modifyitems(config, items):
    if not PACKED:
        return
    def fits(item):
        named = OF_THE_FRONT.get(item.path.name, ())
        return item.path.name in CONTRACT and not {item.name, item.originalname} & {*named} and "[postgrest" not in item.name
    left = [item for item in items if not fits(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if fits(item)]


@pytest.fixture(scope="session")
def world(stack):
    """Projects, people, keys and summaries to play the cases on, see world.py."""
    return World(stack)
