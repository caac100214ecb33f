"""docs/production.md, followed command by command in a bare Debian, with the packages of test/packages/run."""

import functools
import itertools
import os
import re
import subprocess

import pytest
import requests
from machine import MAJOR, ROOT, UNITS, Machine, eventually
from servers import REPO, Servers, Traffic

PAGE = (REPO / "docs" / "production.md").read_text(encoding="utf-8").replace("17", MAJOR)
BLOCK = re.compile(r"^## (?P<task>[^\n]*)$|^(?:<!-- not run: (?P<why>[^\n]*) -->\n)?```sh\n(?P<text>.*?)^```$", re.M | re.S)
LIST = "https://summaries.example.com/api/projects/1/session_group_summaries/"


def tasks():
    """{heading: [text of a block]} in the order of the page, without the blocks that cannot be run here."""
    found = {}
    for block in BLOCK.finditer(PAGE):
        if block["task"]:
            found[block["task"]] = []
        elif not block["why"]:
            list(found.values())[-1].append(block["text"])
    return {task: texts for task, texts in found.items() if texts}


@pytest.fixture(scope="module")
def machine():
    """A server at a provider's: a name, and the cluster that Debian makes."""
    there = Machine()
    with open(ROOT / "etc/hosts", "a") as hosts:
        hosts.write("127.0.0.1 localhost summaries.example.com staging.example.com\n")
    there.env["CURL_CA_BUNDLE"] = "/etc/ssl/certs/summaries.example.com.pem"
    yield there
    there.close()


def curl(machine, path="", *options):
    """(status, body) of the API, from outside."""
    said = machine.run(f"""curl -sS -w '\\n%{{http_code}}' -H "Authorization: Bearer {machine.env['KEY']}" {' '.join(options)} '{LIST}{path}'""")
    body, status = said.rsplit("\n", 1)
    return int(status), body


def make_summaries(machine, number):
    for n in range(number):
        assert curl(machine, "", f"-d title=Number-{n}")[0] == 201


# What is done before a task, and what is looked at after it.

def install_the_version_before(machine):
    """With a database of it, which is upgraded."""
    machine.run("apt-get install -y postgresql && apt-get install -y ./old/*.deb")
    machine.systemctl("start", "postgresql")
    machine.run("su - postgres -c 'createdb -E UTF8 --locale=C.UTF-8 -T template0 before'")
    assert machine.sql("CREATE EXTENSION session_group; SELECT extversion FROM pg_extension WHERE extname = 'session_group'", "before") == ["0.2.0"]
    machine.sql("SELECT session_group.create_project('Old'); INSERT INTO session_group.summaries (project_id, title) SELECT 1, 'Row ' || n FROM generate_series(1, 500) n",
                "before")


def the_version_before_is_upgraded(machine, said):
    version = re.search(r"default_version = '(.*)'", (REPO / "session_group.control").read_text())[1]
    machine.sql("ALTER EXTENSION session_group UPDATE", "before")
    assert machine.sql("SELECT extversion FROM pg_extension WHERE extname = 'session_group'", "before") == [version]
    assert machine.sql("SELECT count(*) FROM session_group.summaries WHERE title LIKE 'Row %'; SELECT * FROM session_group.check_counts()", "before") == ["500"]
    machine.run("su - postgres -c 'dropdb before'")
    # Nothing of ours runs, or is served, before it is said.
    assert not (ROOT / "etc/nginx/sites-enabled/session_group").exists()
    assert machine.run("id -nG www-data").split() == ["www-data", "session_group_web"]


def units_are_sound(machine, said):
    units = sorted(UNITS.glob("session_group-*"))
    assert len(units) == 6
    paths = " ".join(f"/{unit.relative_to(ROOT)}" for unit in units)
    assert machine.run(f"systemd-analyze verify --man=no {paths}") == ""
    # 0 is as shut as a unit can be, 100 as open; one that nothing is done for has 96.
    for unit, most in (("postgrest", 20), ("maintenance", 20), ("backup", 20), ("nginx", 50)):
        machine.run(f"systemd-analyze security --offline=yes --threshold={most} session_group-{unit}.service")


def setup_said_the_key_alone(machine, said):
    dry, wet = said.split("Nothing was changed.")
    assert "to be made" in dry and "made  " not in dry.replace("to be made", "")
    machine.env["KEY"], = re.findall(r"^phx_\w{40,}$", wet, re.M)
    assert re.search(r"^Project 1\.", wet, re.M)
    secret = ROOT / "etc/session_group/jwt-secret"
    assert secret.read_text() not in said and len(secret.read_text()) == 64
    assert machine.run("stat -c '%a %U:%G' /etc/session_group/jwt-secret") == "400 session_group_web:session_group_web\n"
    again = machine.run("session_group-setup --yes --project Shop --email ines@example.com")
    assert "Everything is there." in again and "phx_" not in again and again.count("there already") == 5
    assert machine.sql("SHOW shared_preload_libraries; SELECT count(*) FROM session_group.api_keys") == ["session_group", "1"]


def setup_refuses_what_does_not_work(machine):
    """PostgREST's versions, by a program that says it is one; what cannot be reached; half a project."""
    program, aside = ROOT / "usr/local/bin/postgrest", ROOT / "usr/local/bin/postgrest.aside"
    program.rename(aside)
    for version, accepted in (("12.0.2", True), ("12.2.3", False), ("12.2.11", False), ("12.2.12", True), ("13.0.0", False), ("13.0.8", True), ("14.17", True),
                              ("16.1", False), ("16.2", True), ("11.2.2", False)):
        program.write_text(f"#!/bin/sh\necho 'PostgREST {version} (0000000)'\n")
        program.chmod(0o755)
        status, said = machine.try_run("session_group-setup --dry-run")
        assert (status == 0) == accepted, (version, said)
    aside.rename(program)
    assert machine.try_run("session_group-setup --project X")[0] != 0
    status, said = machine.try_run("PGPORT=1 session_group-setup --dry-run")
    assert status != 0 and "pg_lsclusters" in said


def ready(machine, said):
    assert "ready" not in said
    # Its socket is nginx's alone.
    assert machine.run("stat -c '%a %U:%G' /run/session_group/postgrest.sock") == "660 session_group_web:session_group_web\n"


def served(machine, said):
    assert '"results":[]' in said
    make_summaries(machine, 3)
    assert curl(machine)[1].count("Number-") == 3
    # Reads are noted, too.
    eventually(lambda: machine.sql("SELECT last_used_at IS NOT NULL FROM session_group.api_keys") == ["t"])
    assert "301" in machine.run("curl -s -o /dev/null -w '%{http_code} %{redirect_url}' http://summaries.example.com/api/")
    # Debian's own site is as it was.
    assert "Welcome to nginx" in machine.run("curl -s http://127.0.0.1/")
    assert not (ROOT / "var/log/nginx/access.log").read_text().count("session_group")


def maintained(machine, said):
    assert said == "0 summaries and activity records, and 0 kept answers deleted\n"
    machine.sql("SELECT session_group.set_retention(1, '1 day'); UPDATE session_group.summaries SET created_at = now() - interval '2 days' WHERE title = 'Number-0'")
    assert machine.unit_start("session_group-maintenance") == "1 summaries and activity records, and 0 kept answers deleted\n"
    machine.sql("SELECT session_group.set_retention(1, NULL)")


def rotated(machine, said):
    """nginx goes on in the new file, and neither has a query."""
    logs = ROOT / "var/log/session_group"
    assert (logs / "access.log.1").exists()
    assert curl(machine, "?search=rotated")[0] == 200
    eventually(lambda: "GET /api/projects/1/" in (logs / "access.log").read_text())
    assert "search" not in (logs / "access.log").read_text() + (logs / "access.log.1").read_text()
    assert not (ROOT / "var/log/nginx/access.log.1").exists()


def contract(machine, said):
    """The core of test/http, through the packaged site and PostgREST's packaged configuration."""
    with open(ROOT / "etc/session_group/site/server.conf", "a") as conf:
        conf.write("listen 127.0.0.1:8080;\n")
    machine.systemctl("reload", "nginx")
    machine.sql("ALTER ROLE postgres PASSWORD 'of-a-test'", "postgres")
    env = ROOT / "tmp" / "env"
    env.write_text("DATABASE_URL=postgresql://postgres:of-a-test@127.0.0.1/session_group\nSESSION_GROUP_URL=http://127.0.0.1:8080\n"
                   f"SESSION_GROUP_JWT_SECRET={(ROOT / 'etc/session_group/jwt-secret').read_text()}\n")
    ran = subprocess.run(["/usr/bin/python3", "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", REPO / "test/http/test_golden.py", REPO / "test/http/test_jwt.py"],
                         env={**os.environ, "SESSION_GROUP_TEST_ENV": str(env)}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    assert int(re.search(r"(\d+) passed", ran.stdout)[1]) > 30


def lose_something(machine, name):
    """Summaries before the moment, and a deletion after it, which is archived. (To pgBackRest a backup ends in a whole second.)"""
    second = "SELECT floor(extract(epoch FROM clock_timestamp()))"
    began = machine.sql(second)
    eventually(lambda: machine.sql(second) > began)
    make_summaries(machine, 2)
    machine.count = machine.sql("SELECT count(*) FROM session_group.summaries")
    machine.env[name], = machine.sql("SELECT clock_timestamp()")
    machine.sql("DELETE FROM session_group.summaries")
    last, = machine.sql("SELECT pg_walfile_name(pg_switch_wal())")
    eventually(lambda: machine.sql(f"SELECT last_archived_wal >= '{last}' FROM pg_stat_archiver") == ["t"])


def back(machine):
    """What was there at the moment is there, and is served; PostgREST has found the database again."""
    eventually(lambda: machine.sql("SELECT pg_is_in_recovery()") == ["f"])
    assert machine.sql("SELECT count(*) FROM session_group.summaries") == machine.count != ["0"]
    assert machine.sql("SELECT * FROM session_group.check_counts()") == []
    eventually(lambda: curl(machine)[0] == 200)


TOKENS = itertools.count()


def ask(subject, secret):
    """The status of a request by a backend of one's own, with a new token, signed with the secret."""
    claims = {"sub": subject, "scopes": ["session_recording:read"], "jti": str(next(TOKENS))}
    # The address that contract() adds to the site.
    return requests.get(LIST.replace("https://summaries.example.com", "http://127.0.0.1:8080"), timeout=30,
                        headers={"Authorization": f"Bearer {Servers.mint_jwt(None, claims, secret)}"}).status_code


BEFORE = {"The packages": install_the_version_before, "The database": setup_refuses_what_does_not_work}
AFTER = {"The packages": the_version_before_is_upgraded, "PostgREST": units_are_sound, "The database": setup_said_the_key_alone, "The service": ready,
         "The domain and its certificate": served, "What has to run regularly": maintained, "Logs": rotated, "Health": contract}


@pytest.mark.parametrize("task", [task for task in tasks() if task not in ("Backups", "Rotate the secret of tokens", "A second database", "Go away again")])
def test_guide(machine, task):
    BEFORE.get(task, lambda *_: None)(machine)
    said = "".join(machine.follow(text) for text in tasks()[task])
    AFTER.get(task, lambda *_: None)(machine, said)


def test_backups(machine):
    for text in tasks()["Backups"]:
        moment = re.search(r"\$(\w*MINUTE)", text)
        if moment:
            lose_something(machine, moment[1])
        said = machine.follow(text)
        if moment:
            back(machine)
        elif "TABLE DATA" in text:
            assert "TABLE DATA session_group summaries" in said
            assert machine.run("stat -c '%a %U' /var/lib/session_group /var/lib/session_group/*") == "700 postgres\n600 postgres\n"


def test_rotation_refuses_no_token(machine):
    """Under traffic: the backend is given the new secret when PostgREST takes both, and asks on when the old one is gone."""
    path = ROOT / "etc/session_group"
    old = (path / "jwt-secret").read_text()
    subject, = machine.sql("SELECT uuid FROM session_group.users WHERE email = 'ines@example.com'")
    first, second = tasks()["Rotate the secret of tokens"]
    with Traffic(functools.partial(ask, subject), old) as backend:
        machine.follow(first)
        new = (path / "jwt-secret.new").read_text()
        eventually(lambda: backend.ask(new) == 200)
        backend.more()
        backend.credential = new
        backend.more()
        machine.follow(second)
        eventually(lambda: backend.ask(old) == 401)
        backend.more()
    assert set(backend.statuses) == {200}
    assert backend.ask(new) == 200


def test_a_second_database(machine):
    """At its own name, with its own key, and neither opens anything in the other."""
    make, end = tasks()["A second database"]
    key, = re.findall(r"^phx_\w{40,}$", machine.follow(make), re.M)
    there = LIST.replace("summaries.example.com", "staging.example.com")

    def status(url, key):
        return machine.run(f"""curl -ks -o /dev/null -w '%{{http_code}}' -H "Authorization: Bearer {key}" '{url}'""")

    eventually(lambda: status(there, key) == "200")
    assert [status(there, machine.env["KEY"]), status(LIST, key), status(LIST, machine.env["KEY"])] == ["401", "401", "200"]
    assert machine.sql("SELECT name FROM session_group.projects", "staging") == ["Trials"]
    machine.follow(end)
    assert [status(LIST, key), status(LIST, machine.env["KEY"])] == ["401", "200"]


def test_what_is_left(machine):
    """Removed, the packages leave their configuration; purged, nothing that is theirs."""
    ours = [ROOT / "etc/session_group/site/server.conf", ROOT / "etc/logrotate.d/session-group-http", ROOT / "etc/nginx/sites-available/session_group"]
    machine.run("rm /etc/nginx/sites-enabled/session_group && nginx -s reload && apt-get remove -y session-group-http")
    assert all(path.exists() for path in ours) and not (ROOT / "usr/share/session_group").exists()
    machine.run("apt-get install -y ./dist/session-group-http_*_all.deb && ln -s ../sites-available/session_group /etc/nginx/sites-enabled/session_group && nginx -t")
    text, = tasks()["Go away again"]
    machine.follow(text)
    left = machine.run("find / -xdev \\( -iname '*session_group*' -o -iname '*session-group*' \\) -not -path '/root/*' -not -name 80session_group -not -path '/proc/*' -not -path '/tmp/*'").split()
    # (80session_group is what makes this Debian quick.) Dumps are data; a user stays, as Debian wants it, and a directory under /run goes with the machine.
    assert {path for path in left if not path.startswith("/run/")} <= {"/var/lib/session_group"} | {p for p in left if p.startswith("/var/lib/session_group/")}
    assert machine.sql("SELECT datname FROM pg_database WHERE datname = 'session_group'", "postgres") == []


def test_no_command_is_left_out():
    """Blocks are run, or say why not."""
    assert set(re.findall(r"^```(\w*)", PAGE, re.M)) == {"sh", ""}
    assert PAGE.count("\n```sh\n") == sum(map(len, tasks().values())) + PAGE.count("\n<!-- not run: ")
