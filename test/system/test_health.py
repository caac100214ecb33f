"""/healthz and /readyz: what a load balancer may know, and when they say no."""

import os
import re
import signal
import subprocess

import pytest
import requests
from servers import REPO, Servers, free_port
from test_replica import eventually

PATHS = ("/healthz", "/readyz")


@pytest.fixture(scope="module")
def servers():
    with Servers("--set", "fsync = off") as running:
        yield running


def statuses(servers):
    return tuple(requests.get(servers.url + path, timeout=30).status_code for path in PATHS)


def kill(servers, pid_file):
    os.kill(int((servers.directory / "servers" / pid_file).read_text().split()[0]), signal.SIGKILL)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_it_is_well_and_says_no_more(servers, path, method):
    """Without a key; a key that is no key, a query and a body make no difference."""
    for options in ({}, {"headers": {"Authorization": "Bearer phx_wrong"}}, {"params": {"personal_api_key": "x"}},
                    {"data": b"body"}):
        answer = requests.request(method, servers.url + path, **options)
        assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (200, b"", "no-store")
        assert set(answer.headers) <= {"Server", "Date", "Content-Type", "Transfer-Encoding", "Connection",
                                       "Cache-Control", "Content-Length"}
        assert answer.headers["Server"] == "nginx"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(servers, path, method):
    answer = requests.request(method, servers.url + path)
    assert (answer.status_code, answer.headers["Allow"], answer.json()["code"]) == (405, "GET, HEAD",
            "method_not_allowed")


@pytest.mark.parametrize("path",
                         ["/healthz/", "/readyz/", "/healthz/live", "/live", "/ready", "/config", "/metrics",
                          "/readyz/config"])
def test_nothing_else_of_that_port_is_open(servers, path):
    assert requests.get(servers.url + path).status_code == 404


def test_it_is_not_in_the_access_log(servers):
    before = servers.log("nginx-access").count("\n")
    statuses(servers)
    requests.get(servers.url + "/seen-in-the-log")
    eventually(lambda: servers.log("nginx-access").count("\n"), before + 1)
    assert "GET /readyz 200" not in servers.log("nginx-access")


def test_they_say_when_what_is_behind_dies(servers):
    assert statuses(servers) == (200, 200)
    kill(servers, "data/postmaster.pid")
    eventually(lambda: statuses(servers), (200, 503))
    kill(servers, "postgrest.pid")
    eventually(lambda: statuses(servers), (503, 503))
    answer = requests.get(servers.url + "/readyz")
    assert (answer.text, answer.headers["Content-Type"]) == ("unavailable\n", "text/plain")
    servers.revive()
    eventually(lambda: statuses(servers), (200, 200))


def test_postgrest_knows_each_setting_of_its_file(servers, tmp_path):
    """It would pass over others in silence."""
    program = f"/proc/{(servers.directory / 'servers' / 'postgrest.pid').read_text().strip()}/exe"
    variables = {"PGRST_JWT_SECRET": "x" * 32, "PGRST_SERVER_UNIX_SOCKET": str(tmp_path / "socket"), "PGRST_ADMIN_SERVER_PORT": str(free_port())}
    setting = re.compile(r"^([a-z-]+) *= *(.*)$", re.M)
    wanted = dict(setting.findall((REPO / "deploy/postgrest.conf").read_text()))
    dumped = subprocess.run([program, "--dump-config", REPO / "deploy/postgrest.conf"], env=variables, check=True, capture_output=True, text=True)
    known = dict(setting.findall(dumped.stdout))
    assert set(wanted) - set(known) == set()
    assert wanted["db-pool-max-idletime"] == wanted["db-pool-max-lifetime"]
    for name, value in wanted.items():
        if name.startswith("db-pool"):
            assert known[name] == value


def test_a_long_way_to_the_sockets():
    """A socket's path has at most 107 bytes: then they live elsewhere, and go with the servers."""
    servers = Servers("--set", "fsync = off")
    servers.directory = servers.directory.rename(servers.directory.with_name(f"servers. {'long' * 25}"))
    servers.directory.chmod(0o755)  # for the servers' user, if that is another one
    with servers:
        assert statuses(servers) == (200, 200)
        home = (servers.directory / "servers").resolve()
        sockets = (home / "sockets").resolve()
        assert {path.name for path in sockets.iterdir()} >= {"postgrest.sock"} and len(str(sockets)) < 90
        assert sockets.stat().st_mode & 0o077 == 0
        # Unless root's tests are where that user cannot go, and all of the servers are elsewhere.
        assert sockets.parent != home or "long" not in str(home)
    assert not sockets.exists()
