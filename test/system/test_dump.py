"""pg_dump, pg_restore and pg_dumpall: every row, key, count and right comes back."""

import os
import pathlib
import re
import subprocess

import pytest

from definitions import definitions, differences
from servers import Servers
from test_upgrade import contents, fill, install, run, statistics, tables

FORMATS = {"plain": ["-Fp"], "custom": ["-Fc"], "directory": ["-Fd", "-j2"]}

# CREATE EXTENSION says so of roles of another database's extension that are held by somebody.
SAID_OF_ROLES = re.compile(r"^.*(WARNING:  role \"session_group_\w+\" existed, and|HINT:  REVOKE session_group_).*\n", re.M)

# Tables that refer to each other belong to the extension, so that pg_restore -j does not know their order.
ANY_ORDER = {"PGOPTIONS": "-c session_replication_role=replica"}


def program(name):
    bindir = subprocess.check_output([os.environ.get("PG_CONFIG", "pg_config"), "--bindir"], text=True).strip()
    return str(pathlib.Path(bindir) / name)


def call(name, *arguments, env=None):
    """Runs a program of PostgreSQL, which is to find no fault."""
    ran = subprocess.run([program(name), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         env={**os.environ, **(env or {})})
    assert (ran.returncode, SAID_OF_ROLES.sub("", ran.stderr)) == (0, "")


def url(stack, name):
    return f"{stack.database_url.rsplit('/', 1)[0]}/{name}"


def dump(stack, source, path, *options):
    call("pg_dump", *options, "-f", path, url(stack, source.database))


def restore(stack, path, target, form):
    if form == "plain":
        call("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-f", path, url(stack, target))
    else:
        parallel = form == "directory"
        call("pg_restore", "--exit-on-error", *(["-j2"] if parallel else []), "-d", url(stack, target), path, env=ANY_ORDER if parallel else None)


def same(source, copy):
    """Both hold the same objects, rights and rows, and the counts agree with the rows."""
    assert differences(definitions(source), definitions(copy)) == []
    names = tables(source)
    assert names == tables(copy)
    there, here = kept(contents(source, names)), kept(contents(copy, names))
    for name in names:
        assert here[name] == there[name], name
    assert run(copy, "SELECT * FROM session_group.check_counts()") == []
    assert run(copy, "SELECT * FROM session_group.check_rows()") == []


def kept(found):
    """The rows, but for what belongs to the server: a number of its transactions, how many numbers a sequence has set aside."""
    return {name: sorted(({k: v for k, v in row.items() if k not in ("log_cnt", "horizon")} for (row,) in rows), key=repr) for name, rows in found.items()}


def works(connection, key, project):
    """A key of the source logs in; a write is counted, and its project, user and number follow those that were there."""
    (before,), = run(connection, "SELECT count(*) FROM session_group.summaries WHERE project_id = %s", project)
    run(connection, "BEGIN")
    run(connection, "SELECT session_group.login(%s)", key)
    run(connection, "SET LOCAL ROLE session_group_api")
    run(connection, "SELECT session_group.create_summary(%s, 'After the restore')", project)
    assert run(connection, "SELECT session_group.count_summaries(%s)", project) == [(before + 1,)]
    assert run(connection, "SELECT session_group.count_summaries(%s, search => 'the restore')", project) == [(1,)]
    run(connection, "COMMIT")
    (largest,), = run(connection, "SELECT max(id) FROM session_group.projects")
    assert run(connection, "SELECT id FROM session_group.create_project('Next')") == [(largest + 1,)]
    assert run(connection, "SELECT * FROM session_group.check_counts()") == []
    assert run(connection, "SELECT * FROM session_group.check_rows()") == []


@pytest.fixture
def source(database):
    connection = database()
    install(connection)
    connection.key, connection.project = fill(connection)
    # A right and a comment of the administrator's own are dumped with what they are on.
    run(connection, "GRANT SELECT ON session_group.project_counts TO session_group_gateway")
    return connection


@pytest.mark.parametrize("form", FORMATS)
def test_dump_and_restore(stack, database, source, tmp_path, form):
    dump(stack, source, tmp_path / "dump", *FORMATS[form])
    copy = database()
    restore(stack, tmp_path / "dump", copy.database, form)
    same(source, copy)
    assert statistics(copy) == [], "L21"
    works(copy, source.key, source.project)


@pytest.mark.parametrize("form", FORMATS)
def test_data_alone_goes_into_a_fresh_extension(stack, database, source, tmp_path, form):
    """With the triggers that are on; then the counts are kept by the rows that come in, so they are not to come twice."""
    dump(stack, source, tmp_path / "dump", "--data-only", *FORMATS[form])
    copy = database()
    install(copy)
    run(copy, "GRANT SELECT ON session_group.project_counts TO session_group_gateway")
    restore(stack, tmp_path / "dump", copy.database, form)
    same(source, copy)
    works(copy, source.key, source.project)


def numbers_kept(connection):
    """The projects of which numbers are kept, so that nobody counts rows."""
    return run(connection, "SELECT DISTINCT project_id FROM session_group.project_counts WHERE running IS NOT NULL ORDER BY 1")


def repaired(connection):
    """What repair() has found wrong."""
    return {what: number for what, number, _ in run(connection, "SELECT * FROM session_group.repair()") if number}


@pytest.mark.parametrize("options", [["-j4"], ["--disable-triggers"]], ids=["in any order", "without triggers"])
def test_numbers_after_a_restore_that_skips_triggers(stack, database, source, tmp_path, options):
    """In any order: those that are on always count. Without triggers: rows are counted until repair() is called."""
    dump(stack, source, tmp_path / "dump", "--data-only", "-Fd")
    copy = database()
    install(copy)
    call("pg_restore", "--exit-on-error", "--data-only", *options, "-d", url(stack, copy.database), tmp_path / "dump", env=ANY_ORDER)
    projects = run(source, "SELECT id FROM session_group.projects ORDER BY 1")
    assert contents(copy, ["session_group.summaries"]) == contents(source, ["session_group.summaries"])
    assert run(copy, "SELECT * FROM session_group.check_counts()") == []
    assert numbers_kept(copy) == (projects if options == ["-j4"] else [])
    # Nor were patterns read, nor titles.
    wrong = run(copy, "SELECT * FROM session_group.check_rows()")
    assert bool(wrong) == (options != ["-j4"])
    pending = run(copy, "SELECT count(*) FROM session_group.summaries WHERE project_id = ANY (%s)", [project for project, _ in wrong])
    (titles,), = run(copy, "SELECT count(*) FROM session_group.summaries")
    assert repaired(copy) == ({"patterns": pending[0][0], "titles": titles} if wrong else {})
    assert numbers_kept(copy) == projects
    assert run(copy, "SELECT * FROM session_group.check_counts()") == []
    run(copy, "SELECT session_group.make_rows(100000)")
    assert repaired(copy) == {}
    works(copy, source.key, source.project)


def test_tables_that_were_left_out(stack, database, source, tmp_path):
    """Neither memberships nor sequences came, and a project went: repair() says so, and mends what can be mended."""
    dump(stack, source, tmp_path / "dump", "--data-only", "-Fc")
    copy = database()
    install(copy)
    call("pg_restore", "--exit-on-error", "--data-only", "--disable-triggers", "-d", url(stack, copy.database), "--table=projects", "--table=users",
         "--table=api_keys", "--table=summaries", tmp_path / "dump")
    run(copy, "SET session_replication_role = replica")
    run(copy, "DELETE FROM session_group.projects WHERE id = %s", source.project)
    run(copy, "SET session_replication_role = origin")
    (orphans,), = run(copy, "SELECT count(*) FROM session_group.summaries WHERE project_id = %s", source.project)
    found = repaired(copy)
    assert (found.pop("patterns") > 0, found.pop("titles") > 0, found) == (True, True, {"orphans": orphans, "ids": 3}) and orphans
    (largest,), = run(copy, "SELECT max(id) FROM session_group.projects")
    assert run(copy, "SELECT id FROM session_group.create_project('Next')") == [(largest + 1,)]
    run(copy, "SELECT session_group.make_rows(100000)")
    assert repaired(copy) == {"orphans": orphans}


def test_the_extension_alone_is_dumped_by_its_name(stack, source, database, tmp_path):
    """And by its schema: with -n alone the dump is empty, since what an extension has made is not its schema's."""
    run(source, "CREATE TABLE public.other (id integer)")
    dump(stack, source, tmp_path / "schemas", "-Fp", "-n", "session_group")
    assert "summaries" not in (tmp_path / "schemas").read_text()
    dump(stack, source, tmp_path / "dump", "-Fc", "-e", "session_group", "-n", "session_group")
    copy = database()
    restore(stack, tmp_path / "dump", copy.database, "custom")
    assert run(copy, "SELECT to_regclass('public.other')") == [(None,)]
    run(copy, "GRANT SELECT ON session_group.project_counts TO session_group_gateway")
    same(source, copy)
    works(copy, source.key, source.project)


def test_a_parallel_restore_is_completed(stack, source, database, tmp_path):
    """What it could not fill, since it does not know which table refers to which, it says; that comes by a second command."""
    dump(stack, source, tmp_path / "dump", "-Fd")
    copy = database()
    ran = subprocess.run([program("pg_restore"), "-j4", "-d", url(stack, copy.database), tmp_path / "dump"], stderr=subprocess.PIPE, text=True)
    refused = re.findall(r'COPY failed for table "(\w+)"', ran.stderr)
    assert bool(refused) == bool(ran.returncode)
    # Here no order is asked for; which table came first is chance.
    empty = [name for name in ("members", "api_keys", "summaries", "idempotency_keys")
             if run(copy, f"SELECT NOT EXISTS (SELECT FROM session_group.{name}) AND %s", name in refused) == [(True,)]]
    assert sorted(empty) == sorted(refused)
    if refused:
        call("pg_restore", "--exit-on-error", "--data-only", *(f"--table={name}" for name in refused), "-d", url(stack, copy.database), tmp_path / "dump")
    same(source, copy)
    assert repaired(copy) == {}
    works(copy, source.key, source.project)


def test_a_dump_holds_no_key(stack, source, tmp_path):
    dump(stack, source, tmp_path / "dump", "-Fp")
    text = (tmp_path / "dump").read_text()
    assert source.key not in text and "sha256$" in text


def test_dumpall_goes_into_another_server(stack, source, tmp_path):
    """Roles and their memberships come too."""
    with Servers("--only-postgres", "--without-extension", "--set", "fsync = off") as other:
        server = stack.database_url.rsplit("/", 1)[0]
        call("pg_dumpall", "-d", f"{server}/postgres", "--exclude-database", "session_group", "-f", tmp_path / "all",
             env={"PGPASSWORD": re.search(r"//postgres:(.*)@", server)[1]})
        script = (tmp_path / "all").read_text()
        # The superuser is there already, and is to keep the password of the other server.
        script = re.sub(r"^(CREATE|ALTER) ROLE postgres\b.*;$", "", script, flags=re.M)
        (tmp_path / "all").write_text(script)
        call("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-f", tmp_path / "all", f"{other.database_url.rsplit('/', 1)[0]}/postgres")
        copy = other.connect_to(source.database)
        same(source, copy)
        works(copy, source.key, source.project)
        members = "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members WHERE roleid::regrole::text ~ '^session' ORDER BY 1, 2"
        assert run(copy, members) == run(stack.admin, members) != []
        copy.close()


def catalog(connection):
    """Whatever the catalogs of a database have, but for what names the statistics and the time."""
    names = [row[0] for row in run(connection, """SELECT c.relname FROM pg_class c WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'
        AND NOT relisshared AND relname NOT IN ('pg_statistic', 'pg_statistic_ext_data') ORDER BY 1""")]
    return {name: run(connection, f"SELECT count(*) FROM pg_catalog.{name}")[0][0] for name in names}


def test_drop_extension_leaves_nothing_but_the_roles(database):
    connection = database()
    roles = "SELECT rolname FROM pg_roles WHERE rolname ~ '^session_group' ORDER BY 1"
    before = catalog(connection)
    install(connection)
    fill(connection)
    there = run(connection, roles)
    assert catalog(connection) != before
    run(connection, "DROP EXTENSION session_group")
    assert catalog(connection) == before
    assert run(connection, roles) == there != []
    install(connection)
    fill(connection)
