"""Line 10 of the threat list: what an attacker plants before CREATE EXTENSION, in the database or beside it."""

import secrets

import psycopg2
import psycopg2.errors
import pytest

from definitions import definitions

TYPES = ("bigint", "integer", "text", "uuid", "timestamptz", "boolean", "name", "jsonb")


def plant(cursor, schema):
    """Namesakes of what an install script might look up, each of which raises when it runs."""
    cursor.execute(f"CREATE FUNCTION {schema}.evil() RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''evil as %'', current_user; END'")
    for operator in ("=", "<>", "<", ">", "<=", ">="):
        for left in TYPES:
            for right in {left, "integer" if left == "bigint" else left}:
                cursor.execute(f'CREATE FUNCTION {schema}."op{operator}"({left}, {right}) RETURNS boolean LANGUAGE plpgsql AS \'BEGIN PERFORM {schema}.evil(); RETURN true; END\'')
                cursor.execute(f'CREATE OPERATOR {schema}.{operator} (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = {schema}."op{operator}")')
    for signature, result in (
        ("now()", "timestamptz"), ("char_length(text)", "integer"), ("cardinality(anyarray)", "integer"), ("jsonb_typeof(jsonb)", "text"), ("gen_random_uuid()", "uuid"),
        ("current_setting(text)", "text"), ("format(text, text)", "text"), ("pg_extension_config_dump(regclass, text)", "void"), ("count(bigint)", "bigint"), ("nextval(regclass)", "bigint"),
        ("array_position(anyarray, anyelement)", "integer"), ("array_remove(anyarray, anyelement)", "anyarray"), ("length(text)", "integer"),
    ):
        cursor.execute(f"CREATE FUNCTION {schema}.{signature} RETURNS {result} LANGUAGE plpgsql AS 'BEGIN PERFORM {schema}.evil(); RETURN {'' if result == 'void' else 'NULL'}; END'")
    for name in ("text", "uuid", "jsonb", "timestamptz", "int8", "bool"):
        cursor.execute(f"CREATE DOMAIN {schema}.{name} AS pg_catalog.{name} CHECK ({schema}.evil() IS NULL)")
    for name in ("pg_roles", "pg_authid", "projects", "users", "members", "summaries", "api_keys"):
        cursor.execute(f"CREATE VIEW {schema}.{name} AS SELECT {schema}.evil() AS rolname")


def test_L10_planted_in_the_search_path(stack, database):
    clean, hostile = database(), database()
    with clean.cursor() as cursor:
        cursor.execute("CREATE EXTENSION session_group")
    with hostile.cursor() as cursor:
        cursor.execute("CREATE SCHEMA evil")
        plant(cursor, "evil")
        cursor.execute(f"ALTER DATABASE {hostile.database} SET search_path = evil, pg_catalog, public")
    again = database.again(hostile.database)
    with again.cursor() as cursor:
        plant(cursor, "pg_temp")
        cursor.execute("SET search_path = pg_temp, evil, pg_catalog, public")
        cursor.execute("CREATE EXTENSION session_group")
    assert definitions(database.again(hostile.database)) == definitions(clean)
    # What it has become works, under the same path, with nothing of the attacker's.
    with database.again(hostile.database).cursor() as cursor:
        cursor.execute("SELECT p.id FROM session_group.create_project('P') AS p")
        project = cursor.fetchone()[0]
        cursor.execute("SELECT u.id FROM session_group.create_user('u@example.com') AS u")
        user = cursor.fetchone()[0]
        cursor.execute("SELECT * FROM session_group.add_member(%s, %s)", (project, user))
        cursor.execute("SELECT * FROM session_group.create_api_key(%s, 'k', '{*}')", (user,))
        key = cursor.fetchone()[0]
        cursor.execute("BEGIN")
        cursor.execute("SELECT session_group.login(%s)", (key,))
        cursor.execute("SET LOCAL ROLE session_group_api")
        cursor.execute("SELECT s.title FROM session_group.create_summary(%s, 'T') AS s", (project,))
        cursor.execute("SELECT * FROM session_group.list_summaries(%s, 10, 0, '-title', 't')", (project,))
        assert len(cursor.fetchall()) == 1
        cursor.execute("COMMIT")


def test_L10_default_privileges_give_nothing_away(stack, database):
    clean, lax = database(), database()
    with clean.cursor() as cursor:
        cursor.execute("CREATE EXTENSION session_group")
    with lax.cursor() as cursor:
        for what in ("TABLES", "SEQUENCES", "FUNCTIONS", "TYPES"):
            cursor.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON {what} TO PUBLIC")
        cursor.execute("CREATE EXTENSION session_group")
        cursor.execute("""
            SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a WHERE n.nspname ~ '^session_group' AND a.grantee = 0
            UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                WHERE n.nspname ~ '^session_group' AND a.grantee = 0""")
        assert cursor.fetchall() == []


def test_L27_default_privileges_are_taken_back(stack, database):
    """Those to one named role, and to our own roles, which may be there from an earlier installation."""
    clean, lax = database(), database()
    with clean.cursor() as cursor:
        cursor.execute("CREATE EXTENSION session_group")
    role = f"odd {secrets.token_hex(3)}"
    with lax.cursor() as cursor:
        cursor.execute(f'CREATE ROLE "{role}"')
        for grantee in (f'"{role}"', "session_group_api", "session_group_anon", "session_group_admin WITH GRANT OPTION"):
            for what in ("TABLES", "SEQUENCES", "FUNCTIONS", "TYPES", "SCHEMAS"):
                cursor.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON {what} TO {grantee}")
        cursor.execute("CREATE EXTENSION session_group")
        cursor.execute("SELECT object FROM session_group.posture() WHERE object !~ '^(server|setting) '")
        assert cursor.fetchall() == [("default privileges of postgres",)]
        cursor.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')
    # (What is granted on a row type means nothing.)
    assert [d for d in definitions(lax) if d[0] != "right on type"] == [d for d in definitions(clean) if d[0] != "right on type"]


@pytest.mark.parametrize("schema", ["session_group", "session_group_api"])
def test_L10_a_schema_that_is_there_already_is_not_taken_over(stack, database, schema):
    with database().cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {schema}")
        with pytest.raises(psycopg2.errors.DuplicateSchema):
            cursor.execute("CREATE EXTENSION session_group")


@pytest.mark.parametrize("attribute", ["SUPERUSER", "BYPASSRLS", "CREATEROLE", "LOGIN", "CREATEDB", "REPLICATION", "INHERIT"])
@pytest.mark.parametrize("role", ["session_group_anon", "session_group_api", "session_group_gateway", "session_group_admin"])
def test_L10_a_role_that_is_stronger_is_refused(stack, database, role, attribute):
    connection = database()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER ROLE {role} {attribute}")
        try:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="exists with more rights"):
                cursor.execute("CREATE EXTENSION session_group")
        finally:
            cursor.execute(f"ALTER ROLE {role} NO{attribute}")
        cursor.execute("CREATE EXTENSION session_group")


def test_L10_a_role_that_belongs_to_others_is_refused(stack, database):
    connection = database()
    with connection.cursor() as cursor:
        cursor.execute("GRANT pg_read_all_data TO session_group_api")
        try:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute("CREATE EXTENSION session_group")
        finally:
            cursor.execute("REVOKE pg_read_all_data FROM session_group_api")


def test_L10_only_a_superuser_installs(stack, database):
    connection = database()
    role = f"installer_{secrets.token_hex(3)}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} CREATEDB CREATEROLE")
        cursor.execute(f"GRANT ALL ON DATABASE {connection.database} TO {role}")
        try:
            cursor.execute(f"SET ROLE {role}")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute("CREATE EXTENSION session_group")
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute(f"REVOKE ALL ON DATABASE {connection.database} FROM {role}")
            cursor.execute(f"DROP ROLE {role}")


def test_L10_create_drop_and_create_again(stack, database):
    connection = database()
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION session_group")
        before = definitions(connection)
        cursor.execute("DROP EXTENSION session_group")
        cursor.execute("CREATE EXTENSION session_group")
        assert definitions(connection) == before
