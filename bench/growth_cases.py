"""What is asked of projects of different size, each of them a peer of the others."""

import json

from cases import ANY_PROJECT, quoted
from http_cases import API, HttpCase
from growth_data import PLACES, SMALL, TENTH, project_of
from scripts import HTTP, Case, as_request
from world import NEEDLE, NEEDLE_SESSION, sql_id

# Of the large projects these would take minutes: a few calls tell enough.
FEW = 3
WRITTEN = ("create", "new title")
WRITES = 60         # transactions of all projects in a slice

DOCUMENT = json.dumps({"patterns": [{
    "pattern_id": 1, "pattern_name": "Back and forth", "pattern_description": " ".join(PLACES), "severity": "low",
    "indicators": ["rage clicks"], "sessions_affected": 3, "occurrences": 7}]})
ANY_ROW = "\\set n random(1, {rows})\n"
RANDOM = "md5(random()::text)"


def name(size):
    return f"{size:,}"


def many(projects):
    """What stands for any of the small projects, whose rows and pages nobody has asked for just before."""
    return f"{projects:,} of {SMALL:,}"


def gets(cursor):
    """Operations of the gateway: names and the end of the path; cursor: behind nine tenths of the list."""
    yield "first page of 100", "?limit=100"
    if cursor:
        yield "page of 100, nine tenths deep", f"?limit=100&cursor={cursor}"
    yield "search=, 50 found", f"?search={NEEDLE}"
    yield "session_id=, 50 found", f"?session_id={NEEDLE_SESSION}"
    yield "q=, 50 found", f"?q={NEEDLE}"
    yield "severity=, 50 found", "?severity=critical"
    yield "activity/, page of 100", "activity/?limit=100"


def large_gets():
    """The same, where the answer has to count a share of the project."""
    yield "search=, a tenth found", f"?search={TENTH}"
    yield "q=, a tenth found", f"?q={TENTH}"
    yield "severity=, a tenth found", "?severity=high"
    yield "patterns/, of 30 days", "patterns/"
    yield "patterns/, of a year", "patterns/?since=-1y"


def functions(rows):
    """Operations by SQL functions, each call of any row: names and statements of pgbench."""
    any_row = ANY_ROW.format(rows=rows)
    identifier = sql_id(":n")
    yield "get", any_row + f"SELECT * FROM session_group.get_summary({{p}}, {identifier});\n"
    yield "count", "SELECT session_group.count_summaries({p});\n"
    yield "activity of a summary", any_row + f"SELECT * FROM session_group.list_activity({{p}}, {identifier});\n"
    yield ("feed, 100 records", f"\\set n random({rows // 2}, {rows - 200})\n"
           "SELECT * FROM session_group.activity_since({p}, :n, 100);\n")
    yield ("create", f"SELECT id FROM session_group.create_summary({{p}}, 'Friction in the {TENTH} ' || left({RANDOM}, 6),"
           f" ARRAY[{RANDOM}, {RANDOM}], '{DOCUMENT}'::jsonb);\n")
    # Of none that a search finds.
    yield ("new title", f"\\set n random(0, {rows // 20 - 1}) * 20 + 7\n"
           f"SELECT version FROM session_group.update_summary({{p}}, {identifier},"
           f" jsonb_build_object('title', 'Friction in the {PLACES[7]} ' || left({RANDOM}, 6)));\n")


def timed(case):
    """With a row of what the backend's processor time was, which others on the machine change little."""
    now = "split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::bigint"
    before, _, rest = case.script.partition("BEGIN")
    case.script = (f"\\set pages 0\n{before}SELECT {now} AS start \\gset\nBEGIN{rest}"
                   f"INSERT INTO bench_growth.took VALUES ('{case.peer}', {now} - :start, :pages);\n")
    return case


# What was read of our tables and their indexes, since statistics were sent last: never within a transaction.
PAGES = """SELECT coalesce(sum(pg_catalog.pg_stat_get_xact_blocks_fetched(c.oid)), 0)::bigint AS {name}
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = 'session_group' \\gset
"""


def counting_pages(case):
    """The script, which gives the pages of its transaction, too."""
    before, begin, rest = case.script.partition("BEGIN")
    first, _, rest = rest.partition("\n")
    rest = rest.replace("COMMIT;\n", PAGES.format(name="pages") + "COMMIT;\n").replace(":pages)", ":pages::bigint - :pages_before::bigint)")
    return f"{before}{begin}{first}\n{PAGES.format(name='pages_before')}{rest}"


def of_project(peer, project, rows, cursor=None, prepare=""):
    for operation, rest in gets(cursor):
        yield Case(operation, peer, as_request(project, HTTP, quoted(rest), prepare=prepare))
    for operation, rest in large_gets():
        yield Case(operation, peer, as_request(project, HTTP, quoted(rest), calls=1, prepare=prepare), calls=1, most=FEW, alone=True)
    for operation, statement in functions(rows):
        writes = operation in WRITTEN
        script = as_request(project, statement.replace("{p}", str(project)), method="POST" if writes else "GET", prepare=prepare)
        yield Case(operation, peer, script, most=WRITES if writes else 100_000)


def all_cases(sizes, cursors, projects):
    """cursors: of each size, one that is nine tenths deep."""
    found = [timed(case) for size in sizes for case in of_project(name(size), project_of(size), size, cursors[size])]
    if projects:
        found += map(timed, of_project(many(projects), ":p", SMALL, prepare=ANY_PROJECT))
    return found


def http(size):
    """Over HTTP: each call of any row of the project."""
    peer = name(size)
    project = project_of(size)
    row = "01980000-0000-7000-8000-{n}"
    yield HttpCase("page of 10", peer, f"{API}?limit=10", project=project)
    yield HttpCase("one object", peer, f"{API}{row}/", project=project)
    yield HttpCase("create", peer, API, "POST", json.dumps({
        "title": f"Friction in the {TENTH} {{i}}", "session_ids": ["s-{i}", "t-{i}"], "summary": json.loads(DOCUMENT)}), project=project)
