"""docs/administration.md: all of its commands, in their order, against servers of their own."""

import os
import re
import subprocess
import urllib.parse

import pytest

from servers import REPO, Servers

PAGE = (REPO / "docs" / "administration.md").read_text(encoding="utf-8")
VERSION = re.search(r"default_version = '(.*)'", (REPO / "session_group.control").read_text())[1]
BLOCK = re.compile(r"^(?:## (?P<task>[^\n]*)|```(?P<language>\w+)\n(?P<text>.*?)^```)$", re.M | re.S)

# What has to be found in what the commands of a task print.
SAID = {
    "Install": re.escape(VERSION),
    "Make login roles": r"",
    "Make a project": r"\|Shop\|Europe/Berlin",
    "Make people": r"\d+\|[0-9a-f-]{36}\n\d+\|[0-9a-f-]{36}",
    "Let them into a project": r"(\d+\|\d+\|.*\n){2}",
    "Make a key": r"(\S+@example\.com\|phx_\w{40,}\n){2}",
    "Look at keys": r"(laptop.*\n.*){2}",
    "Rotate a key": r"^phx_\w+\n.*\|laptop\|phx_\S+\|\d{4}-",
    "Revoke a key": r"\|laptop, new\|phx_\S+\|\d{4}-",
    "When a person leaves": r"tomasz@example\.com\|f\nlaptop\|\d{4}-.*\n\d+\|\d{4}-",
    "Rename a project, or move it to another time zone": r"Web shop\nEurope/Warsaw",
    "See what is there": r"Web shop\|0\|0\|0 bytes\|\nWeb shop\|0\|0\|0\|0",
    "Read a summary": r"# Checkout\n(.*\n)+## Critical\n\n### Voucher field",
    "See who changed what": r"created",
    "Forget a summary, or a person": r"^\n\n$",
    "Keep summaries for a year only": r"Web shop\n0\n0",
    "Keep an old database fast": r"^dead_rows\|\d+\|",
    "Make the rows of patterns": r"^0\n0\n1\n1\n$",
    "Ask whether the guards stand": r"^$",
    "Back up, and try the backup": r"Web shop\|1\n(low.*\n|medium server.*\n)*Web shop\|1",
    "Move to another server": r"Web shop\|1",
    "Upgrade": r"",
    "Delete a project": r"",
    "Uninstall": r"",
}


def tasks():
    """(task, [(language, text)]) in the order of the page."""
    found = []
    for block in BLOCK.finditer(PAGE):
        if block["task"]:
            found.append((block["task"], []))
        else:
            found[-1][1].append((block["language"], block["text"]))
    return found


def libpq(servers):
    url = urllib.parse.urlsplit(servers.database_url)
    return {"PGHOST": url.hostname, "PGPORT": str(url.port), "PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": url.path[1:]}


@pytest.fixture(scope="module")
def places():
    """Two servers without the extension."""
    options = ("--set", "fsync = off", "--only-postgres", "--without-extension")
    with Servers(*options) as here, Servers(*options) as there:
        yield here, there


def run(places, directory, language, text):
    """What a block prints; it has to succeed."""
    here, there = places
    bindir = subprocess.run([os.environ.get("PG_CONFIG", "pg_config"), "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
    # psql prints as scripts read it: also where a command of the page calls it.
    (directory / "psqlrc").write_text("\\set QUIET 1\n\\pset tuples_only on\n\\pset format unaligned\n")
    env = {"PATH": f"{bindir}:{os.environ['PATH']}", "HOME": str(directory), "LANG": "C.UTF-8", "PSQLRC": str(directory / "psqlrc"), "OTHER": there.database_url, **libpq(here)}
    words = {"sql": ["psql", "-q", "-v", "ON_ERROR_STOP=1"], "sh": ["sh", "-eu"]}[language]
    done = subprocess.run(words, input=text, env=env, cwd=directory, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_command(places, tmp_path):
    ran = {}
    for task, blocks in tasks():
        assert blocks, f"{task} has no command"
        ran[task] = "".join(run(places, tmp_path, *block) for block in blocks)
        assert re.search(SAID[task], ran[task]), f"{task}\n{ran[task]}"
    assert list(ran) == list(SAID)
    here, there = places
    with here.admin.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '^session_group' UNION SELECT nspname FROM pg_namespace WHERE nspname ~ '^session_group'")
        assert cursor.fetchall() == []
    # On the other server who was let in is in, and who was shut out is not.
    with there.admin.cursor() as cursor:
        cursor.execute("SELECT email, is_active FROM session_group.list_users() ORDER BY email")
        assert cursor.fetchall() == [("ines@example.com", True), ("tomasz@example.com", False)]
        cursor.execute("SELECT count(*) FILTER (WHERE revoked_at IS NULL), count(*) FROM session_group.list_api_keys()")
        assert cursor.fetchall() == [(0, 3)]
    assert not list(tmp_path.glob("*.dump"))


def test_no_command_is_left_out():
    assert set(re.findall(r"^```(\w*)", PAGE, re.M)) == {"sql", "sh", ""}
    assert PAGE.count("\n```sql\n") + PAGE.count("\n```sh\n") == sum(len(blocks) for _, blocks in tasks())


def test_links():
    for path, heading in re.findall(r"\]\(((?!\w+:)[^)#\s]*)#?([^)\s]*)\)", PAGE):
        there = REPO / "docs" / path
        assert there.exists(), path
        names = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.M)
        assert not heading or heading in {re.sub(r"[^\w -]", "", n.lower()).replace(" ", "-") for n in names}, heading
