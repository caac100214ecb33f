"""docs/sql.md: it is what the database says, and each of its examples runs as the role that it is for."""

import importlib.machinery
import importlib.util
import re

import pytest

from servers import REPO, Servers
from test_upgrade import install, run

PAGE = (REPO / "docs" / "sql.md").read_text(encoding="utf-8")
USER, SUMMARY = "0198c1d2-0000-4000-8000-000000000001", "0198c1d2-5a4e-7b1c-9f3e-2d6a8b4c1e70"
ROLES = {"For applications": "session_group_api", "For trusted backends": "session_group_gateway",
         "For administrators": "session_group_admin", "For those who watch": "session_group_monitor"}


def maker():
    loader = importlib.machinery.SourceFileLoader("make_sql_page", str(REPO / "docs" / "make-sql-page"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_sql_page", loader))
    loader.exec_module(module)
    return module


def examples():
    """(role, function, SQL) of each."""
    for section in re.split(r"^## ", PAGE, flags=re.M)[1:]:
        title = section.partition("\n")[0]
        for name, text in re.findall(r"^### (\w+)\n.*?^```sql\n(.*?)^```", section, re.M | re.S):
            yield ROLES[title], name, text


@pytest.fixture(scope="module")
def node():
    """A server that is one of several."""
    with Servers("--only-postgres", "--without-extension", "--set", "fsync = off", "--set", "session_group.node = a") as servers:
        yield servers


@pytest.fixture(scope="module")
def shop(node):
    """What the examples speak of; nothing stays of what they do."""
    stack, connection = node, node.connect(autocommit=True)
    run(connection, "CREATE DATABASE sql_page")
    there = stack.connect_to("sql_page")
    install(there)
    for name in "ab":
        run(there, "SELECT session_group.add_node(%s, '127.0.0.1:80', 'host=127.0.0.1')", name)
    run(there, "SELECT session_group.create_project('Shop')")
    run(there, "SELECT session_group.create_user('ada@example.com', uuid => %s)", USER)
    run(there, "SELECT session_group.add_member(1, 1)")
    (key,), = run(there, "SELECT session_group.create_api_key(1, 'first', '{session_recording:write}')")
    run(there, "INSERT INTO session_group.summaries (project_id, id, title, session_ids) VALUES (1, %s, 'Checkout', '{s-1}')", SUMMARY)
    run(there, "CREATE SCHEMA posthog; SET search_path = posthog")
    run(there, (REPO / "test" / "system" / "posthog.sql").read_text().replace("%", "%%"))
    run(there, "RESET search_path; GRANT USAGE ON SCHEMA posthog TO session_group_admin; GRANT SELECT ON ALL TABLES IN SCHEMA posthog TO session_group_admin")
    there.autocommit = False
    yield there, key
    there.close()
    run(connection, "DROP DATABASE sql_page WITH (FORCE)")
    connection.close()


@pytest.mark.parametrize("role, name, text", [pytest.param(*example, id=example[1]) for example in examples()])
def test_example(shop, role, name, text):
    connection, key = shop
    assert f"session_group.{name}(" in text
    try:
        with connection.cursor() as cursor:
            if role == "session_group_api" and name != "login":
                cursor.execute("SELECT session_group.assume_identity(%s, '{session_recording:write}')", (USER,))
            cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute(text.replace("%", "%%").replace("$1", "%s"), (key,) if "$1" in text else ())
            cursor.fetchall()
    finally:
        connection.rollback()


def test_the_page_is_what_the_database_says(shop):
    """Else: make docs. A new function needs its block in docs/sql-examples.sql, too."""
    assert maker().page(shop[0]) + "\n" == PAGE


def test_no_comment_is_missing(shop):
    bare = run(shop[0], "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace IN ('session_group'::regnamespace, 'session_group_api'::regnamespace)"
                        " AND obj_description(p.oid, 'pg_proc') IS NULL")
    assert bare == []
