"""session_group.posture() on servers: clean after the quickstart, and right about what the server's log writes."""

import re
import subprocess
import time

import psycopg2
import pytest
import requests

from servers import REPO, Maker, Servers

# The server's release is the machine's, not the quickstart's; test/pgtap/posture.sql looks at releases.
ASK = "SELECT severity, object, finding, remedy FROM session_group.posture() WHERE object !~ '^server '"


def findings(connection):
    with connection.cursor() as cursor:
        cursor.execute(ASK)
        return cursor.fetchall()


@pytest.fixture(scope="module")
def quickstart():
    """The servers as deploy/quickstart starts them, and auto_explain, which does nothing by default."""
    script = (REPO / "deploy" / "quickstart").read_text()
    options = re.search(r'"\$STACK" start "\$RUN" (.*?)"\$\{OPTIONS', script, re.S).group(1)
    assert options.split() == ["--set", "\"shared_preload_libraries", "=", "'session_group'\"", "\\", "--load",
                               '"$DEPLOY/sample.sql"']
    with Servers("--set", "shared_preload_libraries = 'session_group, auto_explain'", "--load",
                 REPO / "deploy" / "sample.sql") as servers:
        yield servers


def test_clean_after_the_quickstart(quickstart):
    assert findings(quickstart.admin) == []


def test_clean_for_the_administrators_role(quickstart):
    connection = quickstart.connect(autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE posture_operator IN ROLE session_group_admin; SET LOCAL SESSION AUTHORIZATION posture_operator")
        cursor.execute(ASK)
        assert cursor.fetchall() == []
    connection.rollback()
    connection.close()


@pytest.mark.parametrize("role", ["session_group_anon", "session_group_api", "session_group_web"])
def test_not_for_requests(quickstart, role):
    connection = quickstart.connect(autocommit=False)
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(ASK)
    connection.close()


def test_postgrests_role_is_looked_at(quickstart):
    connection = quickstart.connect(autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute("ALTER ROLE session_group_web BYPASSRLS")
        cursor.execute(ASK)
        assert [row[:2] for row in cursor.fetchall()] == [("high", "role session_group_web")]
    connection.rollback()
    connection.close()


@pytest.fixture()
def configure(quickstart):
    """Sets the server's settings until the end of the test, and waits until sessions have them."""
    def reload():
        with quickstart.admin.cursor() as cursor:
            cursor.execute("SELECT pg_reload_conf()")
        time.sleep(0.3)

    def configure(**settings):
        with quickstart.admin.cursor() as cursor:
            for name, value in settings.items():
                cursor.execute(f"ALTER SYSTEM SET {name.replace('__', '.')} = %s", (value,))
        reload()

    yield configure
    with quickstart.admin.cursor() as cursor:
        cursor.execute("ALTER SYSTEM RESET ALL")
    reload()


def written(servers, configure, settings):
    """Whether a request's key gets into the server's log, in clear or as debug_print_… shows bytes."""
    make = Maker(servers.admin)
    project = make.project()
    key = make.key(make.user(project), expires_at="2100-01-01")
    configure(**settings)
    # Only the first plans of a session have values in them.
    with servers.admin.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'session_group_web'")
    before = len(servers.log())
    served = 0
    deadline = time.monotonic() + 30
    while served < 3:
        assert time.monotonic() < deadline
        served += requests.get(f"{servers.url}/api/projects/{project}/session_group_summaries/",
                               headers={"Authorization": f"Bearer {key}"}, timeout=10).status_code == 200
    log = servers.log()[before:]
    return key in log or "".join(str(byte) for byte in key.encode()) in re.sub(r"\s+", "", log)


WRITE = [
    {"log_statement": "all"},
    {"log_statement": "all", "log_parameter_max_length": "2kB"},
    {"log_min_duration_statement": "0"},
    {"log_min_duration_sample": "0"},
    {"log_transaction_sample_rate": "1"},
    {"debug_print_plan": "on"},
    {"auto_explain__log_min_duration": "0", "auto_explain__log_verbose": "on"},
]
WRITE_NOT = [
    {},
    {"log_statement": "ddl"},
    {"log_statement": "mod"},
    {"log_duration": "on"},
    {"log_statement": "all", "log_parameter_max_length": "0"},
    {"log_min_duration_statement": "0", "log_parameter_max_length": "0"},
    {"log_transaction_sample_rate": "1", "log_parameter_max_length": "0"},
    {"log_min_duration_sample": "0", "log_statement_sample_rate": "0"},
]


def name_of(settings):
    return ",".join(f"{name}={value}" for name, value in settings.items()) or "as shipped"


@pytest.mark.parametrize("settings", WRITE, ids=name_of)
def test_settings_that_write_keys_are_high(quickstart, configure, settings):
    assert written(quickstart, configure, settings)
    (severity, object, finding, _), = findings(quickstart.connect())
    assert (severity, object) == ("high", f"setting {next(iter(settings)).replace('__', '.')}")
    assert "API keys of requests" in finding


@pytest.mark.parametrize("settings", WRITE_NOT, ids=name_of)
def test_settings_that_do_not_write_keys_are_not_high(quickstart, configure, settings):
    assert not written(quickstart, configure, settings)
    assert [row for row in findings(quickstart.connect()) if row[0] != "low"] == []


@pytest.mark.parametrize("settings, writes", [({}, False), ({"log_parameter_max_length_on_error": "-1"}, True)],
                         ids=["as shipped", "on error"])
def test_keys_that_are_parameters_of_failing_statements(quickstart, configure, tmp_path, settings, writes):
    make = Maker(quickstart.admin)
    key = make.key(make.user(make.project()), expires_at="2100-01-01")
    script = tmp_path / "fails.sql"
    script.write_text("SELECT session_group.login(:key), 1 / length(''::text);\n")
    configure(**settings)
    before = len(quickstart.log())
    bindir = make.row("SELECT setting FROM pg_config() WHERE name = 'BINDIR'")["setting"]
    run = subprocess.run([f"{bindir}/pgbench", "-n", "-t", "1", "-M", "extended", "-D", f"key={key}", "-f", script,
                          quickstart.database_url],
                         capture_output=True, text=True)
    assert "division by zero" in run.stderr
    log = quickstart.log()[before:]
    assert "STATEMENT:  SELECT session_group.login($1)" in log
    assert (key in log) == writes
    assert [row[:2] for row in findings(quickstart.connect())] == [("high", f"setting {name}") for name in settings]
