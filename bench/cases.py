"""The operations at SQL level, and the peers of each."""

from scripts import API_ROLE, HOST, HTTP, PATH, REQUEST, Case, as_owner, as_request, headers
from world import DOOMED, LARGE, NEEDLE, NEEDLE_SESSION, SCRATCH, SEARCH, WRITERS, sql_id

GATEWAY, FUNCTION = "ours: gateway", "ours: function"
SQL_JSON, PLPGSQL, RAW = "SQL json functions", "PL/pgSQL", "floor: raw rows"

LIST_COLUMNS = "id, title, session_count, created_at, created_by_id"
ROW_COLUMNS = ("project_id, id, title, session_ids, session_count, summary, extra_summary_context, "
               "run_metadata, created_at, created_by_id, updated_at, version")

ANY_PROJECT = "\\set p random(1, :projects)\n"
ANY_NUMBER = "\\set n random(1, :rows)\n"
ANY_ROW = ANY_PROJECT + ANY_NUMBER
ID = sql_id(":n")
THIS_ROW = f"WHERE project_id = :p AND id = {ID}"


def raw_page(project, limit, where=""):
    return (f"SELECT {LIST_COLUMNS} FROM session_group.summaries WHERE project_id = {project} {where}"
            f" ORDER BY created_at DESC, id DESC LIMIT {limit};\n")


def base(project):
    return f"'http://{HOST}/api/projects/' || {project}::text || '{PATH}'"


def sql_page(project, limit):
    return f"SELECT body FROM bench_sql.page({project}, {base(project)}, {limit}, 0);\n"


def plpgsql_page(project, limit):
    return f"SELECT bench_plpgsql.page({project}, {base(project)}, {limit}, 0);\n"


def page(operation, limit):
    return [
        Case(operation, GATEWAY, as_request(":p", HTTP, f"'?limit={limit}'", prepare=ANY_PROJECT)),
        Case(operation, SQL_JSON, as_request(":p", sql_page(":p", limit), prepare=ANY_PROJECT)),
        Case(operation, PLPGSQL, as_request(":p", plpgsql_page(":p", limit), prepare=ANY_PROJECT)),
        Case(operation, RAW, as_owner(raw_page(":p", limit), prepare=ANY_PROJECT)),
    ]


def whole_request():
    def case(what, peer, statement, rest, prepare=ANY_PROJECT):
        script = as_request(":p", statement, rest, calls=1, prepare=prepare)
        return Case(f"whole request, {what}", peer, script, calls=1)
    peers = ((GATEWAY, REQUEST), (SQL_JSON, sql_page(":p", 100)), (PLPGSQL, plpgsql_page(":p", 100)))
    return [*(case("page of 100", peer, statement, "'?limit=100'") for peer, statement in peers),
            case("page of 10", GATEWAY, REQUEST, "'?limit=10'"),
            case("one object", GATEWAY, REQUEST, f"{ID} || '/'", ANY_ROW)]


def get():
    def case(peer, statement):
        return Case("get", peer, as_request(":p", statement, f"{ID} || '/'", prepare=ANY_ROW))
    return [
        case(FUNCTION, f"SELECT * FROM session_group.get_summary(:p, {ID});\n"),
        case(GATEWAY, HTTP),
        case(SQL_JSON, f"SELECT body FROM bench_sql.object(:p, {ID});\n"),
        case(PLPGSQL, f"SELECT bench_plpgsql.object(:p, {ID});\n"),
        Case("get", RAW, as_owner(f"SELECT {ROW_COLUMNS} FROM session_group.summaries {THIS_ROW};\n",
                                  prepare=ANY_ROW)),
    ]


def gateway_write(project, rest, method, body=""):
    """A call of the gateway with an address of its own: one set_config more than PostgREST has."""
    argument = f"convert_to('{body}', 'UTF8')" if body else ""
    return (f"SELECT session_group_api.http({argument})::bytea::text"
            f" FROM pg_catalog.set_config('request.headers', {headers(project, rest, method)}, true);\n")


TITLE = "Checkout and sign-up, made by the benchmark"
SUMMARY = '{"patterns": [{"pattern_id": 1, "pattern_name": "Back and forth", "severity": "low"}]}'


def create():
    values = f"'{TITLE}', '{{s-1,s-2,s-3}}'::text[], '{SUMMARY}'::jsonb"
    body = f'{{"title": "{TITLE}", "session_ids": ["s-1", "s-2", "s-3"], "summary": {SUMMARY}}}'

    def ours(peer, statement):
        return Case("create", peer, as_request(SCRATCH, statement, method="POST"), most=100)

    def insert(peer, table):
        statement = (f"INSERT INTO {table} (project_id, title, session_ids, summary, created_by_id) "
                     f"VALUES ({SCRATCH}, {values}, 1) RETURNING {ROW_COLUMNS};\n")
        return Case("create", peer, as_owner(statement), most=100)
    return [
        ours(FUNCTION, f"SELECT * FROM session_group.create_summary({SCRATCH}, {values});\n"),
        ours(GATEWAY, gateway_write(SCRATCH, "''", "POST", body)),
        insert("floor: INSERT, same table", "session_group.summaries"),
        insert("floor: INSERT, no triggers", "bench_plain.summaries"),
    ]


def update():
    change = '{"title": "Renamed by the benchmark"}'

    def ours(peer, statement):
        script = as_request(":p", ANY_NUMBER + statement, method="PATCH", prepare=ANY_PROJECT)
        return Case("update", peer, script, most=100)

    def floor(peer, table):
        statement = (f"UPDATE {table} SET title = 'Renamed by the benchmark', updated_at = now(), "
                     f"version = version + 1 {THIS_ROW} RETURNING {ROW_COLUMNS};\n")
        return Case("update", peer, as_owner(ANY_NUMBER + statement, prepare=ANY_PROJECT), most=100)
    return [
        ours(FUNCTION, f"SELECT * FROM session_group.update_summary(:p, {ID}, '{change}'::jsonb);\n"),
        ours(GATEWAY, gateway_write(":p", f"{ID} || '/'", "PATCH", change)),
        floor("floor: UPDATE, same table", "session_group.summaries"),
        floor("floor: UPDATE, no triggers", "bench_plain.summaries"),
    ]


DELETES = 50        # transactions of each peer in a slice, as rows are used up
DELETERS = 4


def delete():
    """Each peer deletes from a project of its own, where it got to in :n0 to :n3."""
    def ours(number, peer, statement):
        script = as_request(DOOMED + number, step(number, statement), method="DELETE")
        return Case("delete", peer, script, most=DELETES * DELETERS)

    def floor(number, peer, statement):
        return Case("delete", peer, as_owner(step(number, statement)), most=DELETES * DELETERS)

    def step(number, statement):
        return f"\\set n{number} :n{number} + 1\n" + statement(DOOMED + number, sql_id(f":n{number}"))

    def plain(table):
        return lambda project, key: f"DELETE FROM {table} WHERE project_id = {project} AND id = {key};\n"
    return [
        ours(0, FUNCTION, lambda project, key: f"SELECT session_group.delete_summary({project}, {key});\n"),
        ours(1, GATEWAY, lambda project, key: gateway_write(project, f"{key} || '/'", "DELETE")),
        floor(2, "floor: DELETE, same table", plain("session_group.summaries")),
        floor(3, "floor: DELETE, no triggers", plain("bench_plain.summaries")),
    ]


def authenticate():
    """Whole transactions that differ in one statement: what it costs is the difference."""
    script = as_request(":p", "", prepare=ANY_PROJECT)
    without = script.replace("session_group.authenticate()", "pg_catalog.pg_backend_pid()")
    return [Case("authenticate()", "with it", script, calls=1),
            Case("authenticate()", "without it", without, calls=1)]


def policies():
    """The same statement as the API role, with its policies, and as the tables' owner."""
    statements = {"get": f"SELECT {ROW_COLUMNS} FROM session_group.summaries {THIS_ROW};\n",
                  "list": raw_page(":p", 100)}
    cases = []
    for name, statement in statements.items():
        for peer, role in (("with policies", "session_group_api"), ("as owner", "none")):
            script = as_request(":p", statement, prepare=ANY_ROW)
            script = script.replace(API_ROLE, API_ROLE.replace("session_group_api", role))
            cases.append(Case(f"policies, {name}", peer, script))
    return cases


def large():
    operation, query = "first page of 100, by the project's size", "'?limit=100'"
    return [
        Case(operation, "ours: small", as_request(":p", HTTP, query, prepare=ANY_PROJECT)),
        Case(operation, "ours: large", as_request(LARGE, HTTP, query)),
        Case(operation, "floor: raw rows, large", as_owner(raw_page(LARGE, 100))),
    ]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def cursor(first, deep):
    """first, deep: queries of the list with a cursor at the start and far into the large project."""
    operation = "page of 100 with a cursor"
    return [
        Case(operation, "ours: first", as_request(LARGE, HTTP, quoted(first))),
        Case(operation, "ours: deep", as_request(LARGE, HTTP, quoted(deep))),
    ]


def search():
    where = f"AND title ILIKE '%{NEEDLE}%'"
    return [
        Case("search, 50 hits", GATEWAY, as_request(SEARCH, HTTP, f"'?search={NEEDLE}'", calls=1), calls=1),
        Case("search, 50 hits", "filter rows, with policies",
             as_request(SEARCH, raw_page(SEARCH, 100, where), calls=1), calls=1),
    ]


def session():
    where = f"AND session_ids @> ARRAY['{NEEDLE_SESSION}']"
    return [
        Case("session_id, 50 hits", GATEWAY,
             as_request(SEARCH, HTTP, f"'?session_id={NEEDLE_SESSION}'", calls=1), calls=1),
        Case("session_id, 50 hits", "filter rows, with policies",
             as_request(SEARCH, raw_page(SEARCH, 100, where), calls=1), calls=1),
    ]


def writers():
    """Eight clients that each commit one summary at a time."""
    values = f"'{TITLE}', '{{s-1,s-2,s-3}}'::text[], '{SUMMARY}'::jsonb"
    cases = []
    for commit in ("off", "on"):
        operation = f"create by 8 writers, synchronous_commit {commit}"
        for peer, step in (("in 8 projects", 1), ("in 1 project", 0)):
            script = as_request(":p", f"SELECT id FROM session_group.create_summary(:p, {values});\n",
                                method="POST", calls=1, prepare=f"\\set p {WRITERS} + {step} * :client_id\n")
            cases.append(Case(operation, peer, script, calls=1, clients=8, most=400,
                              settings=(f"synchronous_commit={commit}",)))
    return cases


def all_cases(features):
    """features: what probe.py found to be built."""
    cases = page("list, page of 100", 100) + page("list, page of 10", 10) + whole_request()
    cases += get() + create() + update() + delete()
    cases += authenticate() + policies() + large() + search() + writers()
    if features.get("cursor"):
        cases += cursor(*features["cursor"])
    if features.get("session_id"):
        cases += session()
    return cases
