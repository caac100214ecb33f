"""docs/security.md names what is there: tests, places that run as the owner, settings, releases."""

import re

import pytest

from servers import REPO

PAGE = (REPO / "docs" / "security.md").read_text()
SOURCES = {str(path.relative_to(REPO)): path.read_text() for path in (REPO / "src").glob("*/*.[ch]")}
POSTURE = (REPO / "src/admin/posture.sql").read_text()
THREATS = re.findall(r"^\| (\d+) \|.*\| ([^|]*) \|$", PAGE, re.M)


def test_all_threats_are_there():
    assert [int(number) for number, _ in THREATS] == [*range(1, 33)]


@pytest.mark.parametrize("number, tests", THREATS)
def test_a_threat_has_its_tests(number, tests):
    files = [REPO / "test" / name for name in re.findall(r"`([^`]+)`", tests)]
    assert files
    assert any(re.search(rf"(?:\b|_)L{number}(?:\b|_)", file.read_text()) for file in files)


def test_places_that_run_as_the_owner():
    section = PAGE.split("## What runs with the owner's rights")[1].split("\n## ")[0]
    table = "\n".join(line for line in section.splitlines() if line.startswith("|"))
    named = set(re.findall(r"`(src/[a-z_/]+\.c)`", table))
    assert named == {name for name, text in SOURCES.items()
                     if re.search(r"\bsg_execute_as_owner\(|_beginscan\(", text) and name.endswith(".c") and name != "src/base/statement.c"}


def test_settings_that_write_keys():
    section = PAGE.split("## Settings that write keys")[1].split("\n## ")[0]
    listed = POSTURE.split("WITH\n\t-- The settings looked at")[1].split("\n\t),")[0]
    others = {"row_security", "session_replication_role", "log_min_messages", "auto_explain.log_level", "log_statement_sample_rate", "pgaudit.log"}
    checked = set(re.findall(r"\('([a-z_.]+)', ", listed)) - others
    assert checked <= set(re.findall(r"`([a-z_.]+)(?: = [^`]*)?`", section))


def test_releases():
    minimum = re.findall(r"\((\d\d), (\d{6}), (\d{6})\)", POSTURE)
    assert minimum
    section = PAGE.split("## PostgreSQL releases")[1].split("\n## ")[0]
    for major, policies, statements in minimum:
        for number in {policies, statements}:
            release = f"{major}.{int(number) % 10000}"
            assert release.endswith(".0") or release in section
