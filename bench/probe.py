"""What is built, and whether the peers answer as we do: asked before anything is measured."""

import json
import urllib.parse

import http_cases
import scripts
import servers as stack
import world


IDENTIFIER = "01980000-0000-7000-8000-000000000007"


class Gateway:
    """The gateway function on one connection, called as PostgREST calls it."""

    def __init__(self, url):
        self.connection = world.connect(url)
        self.cursor = self.connection.cursor()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    @property
    def pid(self):
        return self.connection.get_backend_pid()

    def script(self, project, rest, query):
        quoted = "'" + rest.replace("'", "''") + "'"
        return scripts.as_request(str(project), query, quoted, calls=1).removesuffix("COMMIT;\n")

    def body(self, project, rest="", query="SELECT session_group_api.http();\n"):
        """The bytes of the answer; the transaction is committed."""
        self.cursor.execute(self.script(project, rest, query))
        answer = self.cursor.fetchone()[0]
        self.cursor.execute("COMMIT")
        return bytes(answer)

    def json(self, project, rest=""):
        return json.loads(self.body(project, rest))


def cursor_of(link):
    """The query of a link, and the cursor in it, if it has one."""
    query = urllib.parse.urlsplit(link or "").query
    return query, dict(urllib.parse.parse_qsl(query)).get("cursor")


def _walk(gateway, depth):
    """Follow cursors that far into the large project; the query of the page there."""
    step = 1000 if depth >= 10_000 else 100
    query, cursor = f"cursor=&limit={step}", None
    for _ in range(depth // step):
        following, cursor = cursor_of(gateway.json(world.LARGE, "?" + query)["next"])
        if not cursor:
            raise ValueError("a list with a cursor ends too early")
        query = following
    return f"?limit=100&cursor={urllib.parse.quote(cursor, safe='')}"


def _cursor(gateway, sizes):
    _, cursor = cursor_of(gateway.json(world.LARGE, "?cursor=&limit=100")["next"])
    if not cursor:
        return None
    depth = int(sizes.large * 0.9)
    return ("?limit=100&cursor=", _walk(gateway, depth))


def _session_id(gateway, sizes):
    hits = gateway.json(world.SEARCH, f"?session_id={world.NEEDLE_SESSION}&limit=1")["count"]
    return hits == world.SEARCH_HITS


def features(servers, sizes, say):
    """What exists of the operations that came later than the others."""
    found = {}
    with Gateway(servers.gateway_url) as gateway:
        hits = gateway.json(world.SEARCH, f"?search={world.NEEDLE}")["count"]
        if hits != world.SEARCH_HITS:
            raise ValueError(f"search finds {hits} summaries instead of {world.SEARCH_HITS}")
        for name, probe in (("cursor", _cursor), ("session_id", _session_id)):
            try:
                found[name] = probe(gateway, sizes)
            except (KeyError, TypeError):   # an error's body
                found[name] = None
            if not found[name]:
                say(f"{name}: not built yet")
    return found


def same_bytes(servers):
    """The peers at SQL level give the same bytes for a page, and the same object."""
    path = scripts.PATH
    base = f"http://{scripts.HOST}/api/projects/1{path}"
    with Gateway(servers.gateway_url) as gateway:
        def both(rest, *statements):
            ours = gateway.body(1, rest)
            for statement in statements:
                yield ours, gateway.body(1, query=f"SELECT convert_to(({statement})::text, 'UTF8');\n")

        for limit, offset in ((100, 0), (10, 20)):
            arguments = f"(1, '{base}', {limit}, {offset})"
            pages = both(f"?limit={limit}&offset={offset}", f"SELECT body FROM bench_sql.page{arguments}",
                         f"bench_plpgsql.page{arguments}")
            for ours, theirs in pages:
                if ours != theirs:
                    raise ValueError(f"a peer's page differs:\n{ours[:600]}\n{theirs[:600]}")
        arguments = f"(1, '{IDENTIFIER}')"
        objects = both(f"{IDENTIFIER}/", f"SELECT body FROM bench_sql.object{arguments}",
                       f"bench_plpgsql.object{arguments}")
        for ours, theirs in objects:
            if json.loads(ours) != json.loads(theirs):
                raise ValueError(f"a peer's object differs:\n{ours[:600]}\n{theirs[:600]}")


def bodies(servers):
    """Our answers over HTTP by the names of the floors' functions, for these to return."""
    headers = {"Authorization": f"Bearer {world.key(1)}"}
    found = {}
    for name, rest in (("page_100", "?limit=100"), ("page_10", "?limit=10"), ("object", IDENTIFIER + "/")):
        status, body = stack.get(servers.url + f"/api/projects/1{scripts.PATH}{rest}", headers)
        if status != 200:
            raise ValueError(f"status {status} of {rest}: {body[:600]}")
        found[name] = body
    return found


def _rows(body):
    """The rows of a page in any of the peers' forms, with times in one form."""
    answer = json.loads(body)
    rows = answer if isinstance(answer, list) else answer.get("results", [answer])
    for row in rows:
        row["created_at"] = row["created_at"].replace("+00:00", "Z")
    return rows


def _answer(servers, case, number):
    """What a peer answers with status 2xx: the rows, without what a new one has of its own."""
    project, token = servers.tokens(case.token, case.project).read_text().splitlines()[0].split()
    headers = {"Authorization": f"Bearer {token}", "Accept": case.accept}
    if case.prefer:
        headers["Prefer"] = case.prefer
    if case.body:
        headers["Content-Type"] = "application/json"
    places = {"{p}": project, "{n}": f"{number:012x}", "{i}": "1"}
    path, body = case.path, case.body
    for place, value in places.items():
        path, body = path.replace(place, value), body.replace(place, value)
    with servers.serving(case) as url:
        status, answer = stack.get(url + path, headers, case.method, body.encode() or None)
    if not 200 <= status < 300:
        raise ValueError(f"{case.peer}: status {status} of {case.method} {path}: {answer[:600]}")
    rows = _rows(answer) if answer else []
    return [{name: value for name, value in row.items() if case.method != "POST" or name not in ("id", "created_at")}
            for row in rows]


def same_over_http(servers, sizes):
    """The peers over HTTP give the same rows."""
    ours = {}
    for case in http_cases.all_cases():
        if "floor" in case.peer:
            continue
        rows = _answer(servers, case, sizes.http_doomed if case.uses_up else 7)
        if ours.setdefault(case.operation, rows) != rows:
            raise ValueError(f"{case.peer} differs in {case.operation}:\n{rows[:1]}\n{ours[case.operation][:1]}")
    _all_deleted(servers, sizes)


def _all_deleted(servers, sizes):
    for case in http_cases.delete():
        table = "bench_plain" if case.peer in (http_cases.PLAIN, http_cases.FASTIFY_PLAIN) else "session_group"
        (left,), = world.run(servers.owner_url, f"SELECT count(*) FROM {table}.summaries WHERE project_id = {case.project}")
        if left != sizes.http_doomed - 1:
            raise ValueError(f"{case.peer} says that it has deleted, and has not: {left} left")
