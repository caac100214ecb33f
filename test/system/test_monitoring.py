"""Who watches: real exporters on the shipped files, the dashboard's queries, the alerts' names."""

import json
import os
import re
import socket
import subprocess

import psycopg2
import pytest
import requests

from psycopg2.extensions import parse_dsn
from servers import REPO, Maker, Servers
from test_replica import eventually
from test_upgrade import run

FILES = REPO / "deploy" / "monitoring"
PASSWORD = "of-a-test"


@pytest.fixture(scope="module")
def watched():
    with Servers("--only-postgres", "--set", "fsync = off", "--set", "shared_preload_libraries = 'session_group'") as servers:
        make = Maker(servers.admin)
        project = make.project()
        user = make.user(project)
        make.key(user)
        for _ in range(3):
            make.summary(project, user)
        run(servers.admin, f"CREATE ROLE exporter LOGIN PASSWORD '{PASSWORD}' IN ROLE session_group_monitor, pg_monitor")
        servers.figures = dict(run(servers.admin, "SELECT name, value FROM session_group.monitor()"))
        yield servers


@pytest.fixture
def exporter(watched, tmp_path):
    """Runs one on a free port; gives its /metrics as text."""
    processes = []

    def start(*words, **env):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        processes.append(subprocess.Popen([*map(str, words), f"--web.listen-address=127.0.0.1:{port}"], env={**os.environ, **env},
                                          stdout=open(tmp_path / "log", "w"), stderr=subprocess.STDOUT, cwd=tmp_path))

        def metrics():
            try:
                return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
            except requests.ConnectionError:
                return ""
        return metrics

    yield start
    for process in processes:
        process.terminate()
        process.wait(timeout=30)


def told(text, metric):
    return {name: float(value) for name, value in re.findall(rf'^{metric}{{[^}}]*\bname="(\w+)"[^}}]*}} (\S+)$', text, re.M)}


def test_postgres_exporter(watched, exporter):
    dsn = parse_dsn(watched.database_url)
    metrics = exporter("/usr/bin/prometheus-postgres-exporter", f"--extend.query-path={FILES / 'postgres_exporter.yaml'}",
                       DATA_SOURCE_NAME=f"postgresql://exporter:{PASSWORD}@127.0.0.1:{dsn['port']}/{dsn['dbname']}?sslmode=disable")
    eventually(lambda: set(told(metrics(), "session_group_value")), set(watched.figures))
    assert told(metrics(), "session_group_value")["projects"] == watched.figures["projects"] == 1


def test_sql_exporter(watched, exporter, tmp_path):
    dsn = parse_dsn(watched.database_url)
    text = (FILES / "sql_exporter.yml").read_text().replace("127.0.0.1/session_group", f"127.0.0.1:{dsn['port']}/{dsn['dbname']}").replace("CHANGE_ME", PASSWORD)
    (tmp_path / "config.yml").write_text(text)
    metrics = exporter("/usr/bin/prometheus-sql-exporter", f"--config.file={tmp_path / 'config.yml'}")
    eventually(lambda: set(told(metrics(), "sql_session_group")), set(watched.figures))


def test_the_dashboard_asks_what_the_role_may_ask(watched):
    panels = json.loads((FILES / "grafana.json").read_text())["panels"]
    queries = [target["rawSql"] for panel in panels for target in panel["targets"]]
    assert len(queries) == len(panels) == 5
    with psycopg2.connect(watched.database_url, user="exporter", password=PASSWORD) as connection, connection.cursor() as cursor:
        for query in queries:
            # As Grafana's PostgreSQL data source writes them.
            query = re.sub(r"\$__timeGroup\((\w+), '1h'\)", r"date_trunc('hour', \1)", query)
            query = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 BETWEEN now() - interval '7 days' AND now()", query)
            cursor.execute(query)
            assert cursor.fetchall(), query


def test_alerts_name_figures_that_there_are(watched):
    text = (FILES / "alerts.yml").read_text()
    named = re.findall(r'session_group_value\{name="(\w+)"\} > (.+)$', text, re.M)
    assert len(named) == 4 and {name for name, _ in named} <= set(watched.figures)
