"""make dist: what PGXN takes is whole, says one version, and passes its own make installcheck."""

import json
import os
import re
import subprocess
import zipfile

import pytest
from psycopg2.extensions import parse_dsn
from servers import REPO, Servers

VERSION = re.search(r"default_version = '(.*)'", (REPO / "session_group.control").read_text())[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    if subprocess.run(["git", "-C", REPO, "rev-parse", "HEAD"], capture_output=True).returncode:
        pytest.skip("make dist packs what git has, and this is no repository")
    subprocess.run(["make", "-s", "-C", REPO, "dist"], check=True)
    there = tmp_path_factory.mktemp("dist")
    with zipfile.ZipFile(REPO / "dist" / f"session_group-{VERSION}.zip") as archive:
        archive.extractall(there)
    inside, = there.iterdir()
    assert inside.name == f"session_group-{VERSION}"
    return inside


def test_meta(unpacked):
    """What the PGXN Meta Spec 1.0.0 asks for, and one version."""
    meta = json.loads((unpacked / "META.json").read_text())
    assert {"name", "version", "abstract", "maintainer", "license", "provides", "meta-spec"} <= set(meta)
    assert re.fullmatch(r"\d+\.\d+\.\d+", meta["version"]) and meta["version"] == VERSION
    assert meta["meta-spec"]["version"] == "1.0.0" and meta["license"] == "postgresql"
    provided = meta["provides"]["session_group"]
    assert provided["version"] == VERSION
    assert (unpacked / provided["file"]).exists() and (unpacked / provided["docfile"]).exists()


def test_installcheck(unpacked):
    with Servers("--only-postgres", "--without-extension", "--set", "fsync = off") as servers:
        dsn = parse_dsn(servers.database_url)
        env = {**os.environ, "PGHOST": dsn["host"], "PGPORT": dsn["port"], "PGUSER": dsn["user"], "PGPASSWORD": dsn["password"]}
        ran = subprocess.run(["make", "-C", unpacked, f"PG_CONFIG={os.environ.get('PG_CONFIG', 'pg_config')}", "installcheck"], env=env,
                             capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_without_headers_make_says_what_to_install(unpacked):
    done = subprocess.run(["make", "-C", unpacked, "PG_CONFIG=/nowhere/pg_config"], capture_output=True, text=True)
    assert done.returncode != 0 and done.stdout.count("\n") <= 2
    assert "/nowhere/pg_config" in done.stderr and "postgresql-server-dev-" in done.stderr and "make quickstart" in done.stderr
