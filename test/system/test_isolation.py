"""Line 12 of the threat list: whatever tenant A asks, the answer is the same, byte by byte, whether tenant B has data or not.

Two servers. On one, A alone has data; on the other, B has rows with A's ids, titles, sessions and
times, and many more of them, people with A's names, keys with A's labels. The same random requests
go to both: over HTTP to the compatible and to the native door, and in SQL. What a run creates gets
new ids and times; those are masked, and nothing else. All requests say their order: without one, and
which of several errors comes first, is the plan's choice, and a plan may depend on the size of the table.

SESSION_GROUP_SEED repeats a run, SESSION_GROUP_REQUESTS sets the number of requests (200).
"""

import hashlib
import http.client
import io
import json
import os
import random
import re
import secrets
import urllib.parse
import uuid

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import pytest
from servers import Servers

A, B, C = 1001, 1002, 1003  # C exists beside B only
ANN, BEN, CAT, DAN, EVE = 101, 102, 103, 104, 105
REQUESTS = int(os.environ.get("SESSION_GROUP_REQUESTS", "200"))
SEED = int(os.environ.get("SESSION_GROUP_SEED", secrets.randbelow(10**9)))
TITLES = ["Checkout", "checkout rage", "100% off", "snake_case", "back\\slash", "Ärger", "Ωmega", "'; --", "a,b", '"q"', "Zoë 🔑", "only"]
ROWS = 24
BOTH_IDS = [str(uuid.UUID(int=0x0198_0000_0000_7000_8000_0000_0000_0000 + n)) for n in range(ROWS)]
B_IDS = [str(uuid.UUID(int=0x0198_0000_0000_7000_8000_0000_0000_1000 + n)) for n in range(ROWS)]
IDEMPOTENCY_KEYS = ["first", "second", "third"]
KEYS = {name: f"phx_{name}".ljust(47, "0") for name in ("annread", "annwrite", "annnarrow", "annrevoked", "benwrite")}
SECRET = "0123456789abcdef" * 3


def user_uuid(id):
    return str(uuid.UUID(int=0x4000_8000_0000_0000_0000 + id))


def hash_of(key):
    return "sha256$" + hashlib.sha256(key.encode()).hexdigest()


def fill(cursor, crowded):
    """A's data, the same everywhere; then B's, if it is to have any."""
    cursor.execute("INSERT INTO session_group.projects (id, name, timezone) VALUES (%s, 'Shop', 'Europe/Berlin'), (%s, 'Shop', 'UTC')", (A, B))
    for id, name in ((ANN, "ann"), (CAT, "cat"), (DAN, "dan")):
        cursor.execute("INSERT INTO session_group.users (id, uuid, email, first_name) VALUES (%s, %s, %s, %s)", (id, user_uuid(id), f"{name}@example.com", name.title()))
    cursor.execute("INSERT INTO session_group.members (project_id, user_id, removed_at) VALUES (%(a)s, %(ann)s, NULL), (%(a)s, %(cat)s, NULL), (%(a)s, %(dan)s, '2026-01-01')",
                   {"a": A, "ann": ANN, "cat": CAT, "dan": DAN})
    key(cursor, 1, ANN, "annread", ["session_recording:read"])
    key(cursor, 2, ANN, "annwrite", ["session_recording:write"])
    key(cursor, 3, ANN, "annnarrow", ["*"], [A])
    key(cursor, 4, ANN, "annrevoked", ["*"], revoked="2026-01-01")
    summaries(cursor, A, BOTH_IDS, [ANN, CAT, DAN, None], 1)
    if crowded:
        cursor.execute("INSERT INTO session_group.projects (id, name, timezone) VALUES (%s, 'Shop', 'Asia/Tokyo')", (C,))
        for id, email in ((BEN, "ben@example.com"), (EVE, "ann@example.org")):
            cursor.execute("INSERT INTO session_group.users (id, uuid, email, first_name) VALUES (%s, %s, %s, 'Ann')", (id, user_uuid(id), email))
        for project, user in ((B, BEN), (B, CAT), (B, EVE), (C, EVE), (B, DAN)):
            cursor.execute("INSERT INTO session_group.members (project_id, user_id) VALUES (%s, %s)", (project, user))
        key(cursor, 11, BEN, "benwrite", ["*"])
        summaries(cursor, B, BOTH_IDS, [BEN, CAT, EVE, None], 3)
        summaries(cursor, B, B_IDS, [BEN], 50)
        summaries(cursor, C, BOTH_IDS, [EVE], 3)
        for project, user in ((B, CAT), (B, BEN), (C, EVE)):
            cursor.execute("INSERT INTO session_group.idempotency_keys (project_id, user_id, key_digest, request_digest, status, body)"
                           " SELECT %s, %s, sha256(k::bytea), sha256(''), 201, '{}' FROM unnest(%s) AS k", (project, user, IDEMPOTENCY_KEYS))
        cursor.execute("INSERT INTO session_group.summaries (project_id, title, session_ids, created_at)"
                       " SELECT %s, 'Checkout', ARRAY['s1','s2'], timestamptz '2026-01-01Z' + n * interval '1 minute' FROM generate_series(1, 20000) AS n", (B,))
    cursor.execute("ANALYZE")


def key(cursor, id, user, name, scopes, projects=None, revoked=None):
    cursor.execute("INSERT INTO session_group.api_keys (id, user_id, label, mask, hash, scopes, project_ids, revoked_at, last_used_at) VALUES (%s, %s, 'key', 'phx_...0000', %s, %s, %s, %s, now())",
                   (id, user, hash_of(KEYS[name]), scopes, projects, revoked))


def summaries(cursor, project, ids, people, size):
    for n, id in enumerate(ids):
        cursor.execute(
            "INSERT INTO session_group.summaries (project_id, id, title, session_ids, summary, run_metadata, created_at, updated_at, created_by_id)"
            " VALUES (%s, %s, %s, %s, %s, %s, timestamptz '2026-01-01Z' + %s * interval '1 hour 1 second', '2026-02-01Z', %s)",
            (project, id, TITLES[n % len(TITLES)], [f"s{i}" for i in range(n % 5)], json.dumps({"patterns": [project if size > 1 else 0] * n * size + [{"pattern_name": f"{project} {n}", "severity": ["low", "critical"][n % 2], "stats": {"sessions_affected": n}}]}),
             json.dumps({"n": n}), n // 2, people[n % len(people)]))


@pytest.fixture(scope="module")
def worlds():
    """The two servers: A alone, and beside B."""
    options = ("--set", "fsync = off", "--set", "shared_preload_libraries = 'session_group, auto_explain'", "--jwt-secret", SECRET)
    with Servers(*options) as alone, Servers(*options) as crowded:
        for servers, is_crowded in ((alone, False), (crowded, True)):
            with servers.admin.cursor() as cursor:
                fill(cursor, is_crowded)
                cursor.execute("CREATE ROLE isolated LOGIN PASSWORD 'isolated' IN ROLE session_group_api")
            web = Web(servers)
            for id in BOTH_IDS:
                web.ask(("GET", f"/api/projects/{A}/session_group_summaries/{id}/", {"Authorization": f"Bearer {KEYS['annread']}"}, None))
                KNOWN_TAGS.setdefault(id, web.etag)
                assert KNOWN_TAGS[id] == web.etag
        yield alone, crowded


KNOWN = {*BOTH_IDS, *B_IDS, *(user_uuid(id) for id in (ANN, BEN, CAT, DAN, EVE))}
# Of A's summaries as the fixtures made them: the same on both servers.
KNOWN_TAGS = {}
# Everything that the fixtures made is older.
START = "2026-03-01"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
REQUEST_ID = re.compile(r"\b[0-9a-f]{32}\b")
TIME = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00|\+00)?")
TAG = re.compile(r'"[0-9a-f]{16}"')


def masked(text):
    """The text without the ids, times and ETags that the run has made."""
    text = REQUEST_ID.sub("<request>", text)
    text = TAG.sub(lambda m: m[0] if m[0] in KNOWN_TAGS.values() else "<etag>", text)
    text = UUID.sub(lambda m: m[0] if m[0] in KNOWN else "<id>", text)
    return TIME.sub(lambda m: m[0] if m[0][:10] < START else "<time>", text)


class Web:
    """One client of one server, with a connection that stays open."""

    def __init__(self, servers):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(servers.url).netloc, timeout=60)

    def ask(self, request):
        method, target, headers, body = request
        self.connection.request(method, target, body, {"Host": "summaries.example", **headers})
        answer = self.connection.getresponse()
        self.etag = answer.headers["ETag"]
        shown = [f"{name}: {value}" for name, value in sorted(answer.getheaders()) if name.lower() not in ("date", "x-request-id", "content-length")]
        return masked("\n".join([str(answer.status), *shown, answer.read().decode()]))


class Sql:
    """One application's connection to one server."""

    def __init__(self, servers):
        self.connection = servers.connect("isolated", "isolated")
        as_text = psycopg2.extensions.new_type((1184,), "TIMESTAMPTZ", lambda value, _: value)
        psycopg2.extensions.register_type(as_text, self.connection)

    def ask(self, request):
        key, statements = request
        answers = []
        with self.connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                if key:
                    cursor.execute("SELECT session_group.login(%s)", (key,))
                for statement in statements:
                    if statement.startswith("COPY"):
                        out = io.StringIO()
                        cursor.copy_expert(statement, out)
                        answers.append(out.getvalue())
                        continue
                    cursor.execute(statement)
                    answers.append((cursor.rowcount, cursor.statusmessage, cursor.fetchall() if cursor.description else None))
                cursor.execute("COMMIT")
            except psycopg2.Error as error:
                diag = error.diag
                answers.append((diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint, diag.constraint_name, diag.column_name))
                cursor.execute("ROLLBACK")
        return masked(repr(answers))


class Requests:
    """Random requests of A: some plain, some wrong, some that reach for B."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def chance(self, share):
        return self.random.random() < share

    def key(self):
        return KEYS[self.pick(["annread"] * 4 + ["annwrite"] * 6 + ["annnarrow"] * 2 + ["annrevoked"])]

    def id(self):
        return self.pick([self.pick(BOTH_IDS)] * 4 + [self.pick(B_IDS), str(uuid.UUID(int=self.random.getrandbits(128))), "x", ""])

    def project(self):
        return self.pick([A] * 8 + [B])

    def title(self):
        return self.pick(TITLES + ["", " ", "n", "x" * 2049])

    def body(self):
        fields = {
            "title": lambda: self.pick([self.title(), self.title(), 1, None, []]),
            "session_ids": lambda: self.pick([["s1"], [], ["s1", "s2", "s3"], [""], "s1", None, ["s"] * 1001]),
            "summary": lambda: self.pick([None, {"a": 1}, "{}", [1]]),
            "run_metadata": lambda: self.pick([None, {}, [], 1]),
            "team": lambda: self.pick([A, B]), "id": lambda: self.pick(B_IDS), "created_by": lambda: {"id": BEN},
        }
        chosen = self.random.sample(sorted(fields), self.random.randint(0, 4))
        return self.pick([json.dumps({name: fields[name]() for name in chosen})] * 9 + ["{", "[]", "", "\udcff" and "null"])

    def compatible(self):
        """A request to the compatible door."""
        base = f"/api/projects/{self.project()}/session_group_summaries/"
        headers = {"Authorization": f"Bearer {self.key()}"}
        if self.chance(0.4):
            headers[self.pick(["If-Match", "If-None-Match"])] = self.pick(["*", "*", '"x"', "x", self.pick(list(KNOWN_TAGS.values()))])
        kind = self.pick(["list"] * 6 + ["patterns", "patterns", "activity", "activity"] + ["get"] * 3 + ["post", "post", "patch", "patch", "put", "delete", "options", "odd"])
        if kind == "list":
            options = {
                "limit": lambda: self.pick([1, 2, 5, 0, -1, 1000, 10**12, "x"]), "offset": lambda: self.pick([0, 1, 5, 23, 24, 1000, -1]),
                "order": lambda: self.pick(["", "-"]) + self.pick(["title", "created_at", "session_count", "id", "created_by", "summary"]),
                "search": lambda: self.pick(TITLES)[:self.random.randint(1, 6)], "created_by": lambda: self.pick([user_uuid(i) for i in (ANN, BEN, CAT, EVE)] + ["x"]),
                "date_from": lambda: self.pick(["2026-01-01", "2026-01-01T05:00:00", "-1d", "2030", "x"]), "date_to": lambda: self.pick(["2026-01-02", "2026-01-01T05:00:00Z", "2030"]),
            }
            options["severity"] = lambda: self.pick(["critical", "low,high", "x"])
            names = self.random.sample(sorted(options), self.random.randint(0, 4))
            return "GET", base + "?" + urllib.parse.urlencode({name: options[name]() for name in names}), headers, None
        if kind == "patterns":
            options = {"limit": lambda: self.pick([1, 5, 1000]), "offset": lambda: self.pick([0, 3, 500]), "severity": lambda: self.pick(["critical", "low,high", "x"]), "since": lambda: self.pick(["2025", "2026-01-01T05:00:00", "-1d"])}
            names = self.random.sample(sorted(options), self.random.randint(0, 3))
            return "GET", f"{base}patterns/?" + urllib.parse.urlencode({"since": "2025", **{name: options[name]() for name in names}}), headers, None
        if kind == "activity":
            options = {"limit": lambda: self.pick([1, 5, 1000]), "offset": lambda: self.pick([0, 3, 500]), "since": lambda: self.pick([0, 0, 1, 40, 10**6, "x"])}
            names = self.random.sample(sorted(options), self.random.randint(0, 3))
            return "GET", base + self.pick(["", "", f"{self.id()}/"]) + "activity/?" + urllib.parse.urlencode({name: options[name]() for name in names}), headers, None
        if kind == "odd":
            return self.pick(["GET", "PUT", "BREW"]), self.pick([base + "x/y/", "/api/", f"/api/projects/x{A}/session_group_summaries/"]), headers, None
        method = {"get": "GET"}.get(kind, kind.upper())
        target = base if method == "POST" else f"{base}{self.id()}/"
        has_body = method in ("POST", "PUT", "PATCH")
        if kind == "post" and self.chance(0.7):
            once = {"Idempotency-Key": self.pick(IDEMPOTENCY_KEYS)} if self.chance(0.5) else {}
            body = self.pick([b'{"title":"New"}', b'{"title":"New"}', b'{"title":"Newer"}'])
            return method, f"/api/projects/{A}/session_group_summaries/", {"Authorization": f"Bearer {KEYS['annwrite']}", "Content-Type": "application/json", **once}, body
        return method, target, {**headers, **({"Content-Type": self.pick(["application/json"] * 5 + ["text/plain"])} if has_body else {})}, self.body().encode() if has_body else None

    def native(self):
        """A request to the native door, by key or by token."""
        view = self.pick(["session_group_summaries"] * 5 + ["project_users", "session_group_patterns"])
        headers = {"Authorization": f"Bearer {self.key()}", "Prefer": self.pick(["count=exact", "count=exact", "return=representation", "return=representation,count=exact"])}
        order = {"session_group_summaries": "project_id,id", "project_users": "project_id,user_id", "session_group_patterns": "project_id,summary_id,position"}[view]
        filters = {
            "project_id": lambda: self.pick(["eq", "neq", "gt", "in"]) + self.pick([f".{A}", f".{B}", f".({A},{B},{C})", f".{C}"]),
            "title": lambda: self.pick([f"eq.{self.pick(TITLES[:4])}", "ilike.*check*", "gt.b", "like.*", "is.null"]),
            "id": lambda: self.pick([f"eq.{self.pick(BOTH_IDS)}", f"eq.{self.pick(B_IDS)}", f"in.({BOTH_IDS[0]},{B_IDS[0]})", "eq.x"]),
            "created_by_id": lambda: f"eq.{self.pick([ANN, BEN, CAT, EVE])}", "session_count": lambda: f"gte.{self.random.randint(0, 4)}",
            "summary->patterns->0": lambda: f"eq.{self.pick([0, B])}", "session_ids": lambda: "cs.{s1}", "nothing": lambda: "eq.1",
        } if view == "session_group_summaries" else {"severity": lambda: self.pick(["eq.critical", "is.null"]), "project_id": lambda: f"eq.{self.pick([A, B, C])}", "sessions_affected": lambda: "gt.3"} if view == "session_group_patterns" else {"user_id": lambda: f"eq.{self.pick([ANN, BEN, CAT])}", "email": lambda: self.pick(["ilike.*ann*", "like.*org"]), "project_id": lambda: f"eq.{self.pick([A, B, C])}"}
        names = self.random.sample(sorted(filters), self.random.randint(0, 2))
        query = [(name, filters[name]()) for name in names]
        method = self.pick(["GET"] * 7 + ["HEAD", "POST", "PATCH", "DELETE"])
        body = None
        if method in ("GET", "HEAD"):
            query += [("order", order), ("limit", self.pick([1, 5, 100])), ("offset", self.pick([0, 0, 3, 500]))]
            if view == "session_group_summaries" and self.chance(0.3):
                query.append(("select", self.pick(["id,title,project_id", "*", "count", "id,nothing", "id,created_by:project_users(email,uuid,project_id)", "id,project_users!inner(email,project_id)", "id,project_users(*)", "id,ctid"])))
        else:
            headers["Content-Type"] = "application/json"
            query.append(("select", "project_id,title,created_by_id"))
            if method != "POST":
                query += [("id", f"eq.{self.pick(BOTH_IDS + B_IDS)}")]
            if method != "DELETE":
                values = {"title": self.pick(TITLES + [""]), **({"project_id": self.pick([A, A, B, C])} if method == "POST" or self.chance(0.2) else {}), **({"id": self.pick(B_IDS)} if self.chance(0.1) else {})}
                body = json.dumps(values).encode()
        return method, f"/rest/v1/{view}?" + urllib.parse.urlencode(query, safe="*(),.>"), headers, body

    def sql(self):
        """Statements of one transaction of an application."""
        quote = lambda value: "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
        columns = "project_id, id, title, session_count, created_by_id, created_at, version"
        table = lambda: self.pick(["session_group.summaries", "session_group_api.session_group_summaries"])
        kinds = [
            lambda: f"SELECT title, session_count, created_by_id FROM session_group.list_summaries({self.pick([A] * 6 + [B, C, 9999])}, {self.pick([1, 5, 100, 0])}, {self.pick([0, 3, 30])},"
                    f" '{self.pick(['', '-'])}{self.pick(['title', 'id', 'created_at', 'created_by'])}', {quote(self.pick([None, *TITLES]))}, {quote(self.pick([None, None, user_uuid(CAT), user_uuid(BEN)]))})",
            lambda: f"SELECT session_group.count_summaries({self.pick([A] * 6 + [B, C, 9999])}, {quote(self.pick([None, *TITLES]))})",
            lambda: f"SELECT * FROM session_group.get_summary({self.pick([A] * 4 + [B, C])}, {quote(self.id())})",
            lambda: f"SELECT title, version FROM session_group.update_summary({self.pick([A] * 4 + [B, C])}, {quote(self.id())}, {quote(self.pick([json.dumps({'title': self.title()}), '{}', '[]', json.dumps({'project_id': B})]))})",
            lambda: f"SELECT session_group.delete_summary({self.pick([A] * 3 + [B, C])}, {quote(self.pick(BOTH_IDS[-6:] + B_IDS[:3]))})",
            lambda: f"SELECT title, created_by_id FROM session_group.create_summary({self.pick([A] * 4 + [B, C])}, {quote(self.title())})",
            lambda: f"SELECT {columns} FROM {table()} WHERE {self.pick(['title = ' + quote(self.pick(TITLES)), 'id = ' + quote(self.pick(B_IDS + BOTH_IDS)), f'project_id <> {A}', 'session_ids @> ARRAY[''s1'']'.replace(chr(39) * 2, chr(39)), 'summary IS NOT NULL'])} ORDER BY 1, 2",
            lambda: f"SELECT count(*), min(id::text), max(created_at), sum(session_count), count(DISTINCT project_id) FROM {table()}",
            lambda: f"UPDATE {table()} SET title = {quote(self.title())} WHERE {self.pick([f'project_id = {B}', 'id = ' + quote(self.pick(BOTH_IDS + B_IDS)), f'project_id IN ({A}, {B}) AND session_count = 4'])}",
            lambda: f"DELETE FROM {table()} WHERE {self.pick([f'project_id = {B}', 'id = ' + quote(self.pick(B_IDS)), f'project_id = {C}'])}",
            lambda: f"INSERT INTO {table()} (project_id, title) VALUES ({self.pick([A, B, C, 9999])}, {quote(self.title())})",
            lambda: f"INSERT INTO session_group.summaries (project_id, title) SELECT {A}, title FROM session_group.summaries WHERE project_id <> {A}",
            lambda: f"MERGE INTO session_group.summaries s USING (VALUES ({self.pick([A, B])}, {quote(self.pick(BOTH_IDS))}::uuid)) v (p, i) ON s.project_id = v.p AND s.id = v.i WHEN MATCHED THEN UPDATE SET title = 'merged' WHEN NOT MATCHED THEN INSERT (project_id, title) VALUES (v.p, 'merged')",
            lambda: f"SELECT {columns} FROM session_group.summaries WHERE id = {quote(self.pick(BOTH_IDS))} ORDER BY 1, 2 FOR {self.pick(['UPDATE', 'SHARE'])}",
            lambda: "SELECT id, uuid, email FROM session_group.users ORDER BY id",
            lambda: "SELECT * FROM session_group_api.project_users ORDER BY project_id, user_id",
            lambda: f"SELECT * FROM {self.pick(['session_group.patterns', 'session_group_api.session_group_patterns'])} WHERE {self.pick(['true', f'project_id <> {A}'])} ORDER BY project_id, summary_id, position",
            lambda: "SELECT id, name FROM session_group.projects ORDER BY id",
            # Which row of a statement has which number is the plan's choice.
            lambda: f"SELECT summary_id, activity, user_id, api_key, how, request_id, changes, at FROM session_group.list_activity({self.pick([A] * 4 + [B, C, 9999])}, {quote(self.pick([None, None, self.pick(BOTH_IDS)]))}, 1000) ORDER BY 1, 2, 7, 3, 4, 5, request_id IS NULL",
            lambda: f"SELECT count(*), min(seq), max(seq) FROM session_group.activity_since({self.pick([A] * 4 + [B, C, 9999])}, {self.pick([0, 1, 20, 10**6])}, {self.pick([1, 5, 100])})",
            lambda: f"SELECT project_id, summary_id, activity, user_id, api_key, how, changes, at FROM session_group.activity WHERE {self.pick(['true', f'project_id <> {A}', 'summary_id = ' + quote(self.pick(BOTH_IDS + B_IDS))])} ORDER BY 1, 2, 3, 7, 4, 5, 6",
            lambda: f"SELECT {self.pick(['max(seq), count(*)', 'count(*)', 'max(horizon::text)', 'max(xmin::text)'])} FROM session_group.activity",
            lambda: f"SELECT session_group.{self.pick(['count_summaries', 'count_activity'])}({self.pick([A] * 4 + [B, C, 9999])})",
            lambda: f"COPY (SELECT {columns} FROM session_group.summaries ORDER BY 1, 2) TO STDOUT",
            lambda: f"SELECT s.title, u.email FROM session_group.summaries s LEFT JOIN session_group.users u ON u.id = s.created_by_id WHERE u.email > '{self.pick('abcd')}' ORDER BY s.project_id, s.id",
            lambda: "SELECT * FROM session_group.current_identity()",
            lambda: f"SELECT {self.pick(['relname', 'attname'])} FROM {self.pick(['pg_class', 'pg_stats', 'session_group.api_keys', 'pg_attribute'])} WHERE false",
            lambda: "SELECT tablename, attname, most_common_vals::text, null_frac FROM pg_stats WHERE schemaname = 'session_group' ORDER BY 1, 2",
        ]
        return self.pick([self.key()] * 9 + [None]), [self.pick(kinds)() for _ in range(self.random.randint(1, 3))]


def compare(worlds, channel, make):
    """Send the same random requests to both servers, and compare."""
    clients = [channel(servers) for servers in worlds]
    requests = Requests(f"{SEED} {make}")
    kinds = {}
    for number in range(REQUESTS):
        request = getattr(requests, make)()
        alone, crowded = (client.ask(request) for client in clients)
        assert alone == crowded, f"SESSION_GROUP_SEED={SEED}, request {number}: {request}"
        kind = alone[:3] if channel is Web else "error" if re.search(r"\('[0-9A-Z]{5}', ", alone) else "rows"
        kinds[kind] = kinds.get(kind, 0) + 1
    print(f"seed {SEED}: {kinds}")
    return kinds


def test_L12_conditions_and_idempotency_keys_answer_the_same(worlds):
    """The random requests come to these statuses too seldom, and may have deleted the summaries by then."""
    base = f"/api/projects/{A}/session_group_summaries/"
    headers = {"Authorization": f"Bearer {KEYS['annwrite']}", "Content-Type": "application/json"}
    requests = [("GET", base + BOTH_IDS[-1] + "/", {"If-None-Match": "*"}, None, 304), ("DELETE", base + BOTH_IDS[-1] + "/", {"If-None-Match": "*"}, None, 412)]
    requests += [("PATCH", f"{base}{id}/", {"If-Match": '"0000000000000000"'}, b"{}", 412 if id in BOTH_IDS else 404) for id in (BOTH_IDS[-1], B_IDS[0])]
    requests += [("POST", base, {"Idempotency-Key": "of L12"}, body, status) for body, status in ((b"{}", 201), (b"{}", 201), (b'{"title":"n"}', 409))]
    requests += [("POST", base, {"Idempotency-Key": key}, b'{"title":"New"}', None) for key in IDEMPOTENCY_KEYS]
    clients = [Web(servers) for servers in worlds]
    for method, target, more, body, status in requests:
        alone, crowded = (client.ask((method, target, {**headers, **more}, body)) for client in clients)
        assert alone == crowded and (status is None or alone.startswith(str(status))), (method, target, more, alone)


def test_L12_the_compatible_door_answers_the_same(worlds):
    kinds = compare(worlds, Web, "compatible")
    if REQUESTS >= 200:  # the requests are worth their while
        assert {"200", "201", "400", "401", "403", "404"} <= set(kinds), kinds


def test_L12_the_native_door_answers_the_same(worlds):
    kinds = compare(worlds, Web, "native")
    if REQUESTS >= 200:
        assert {"200", "400", "401"} <= set(kinds), kinds


def test_L12_sql_answers_the_same(worlds):
    kinds = compare(worlds, Sql, "sql")
    if REQUESTS >= 200:
        assert min(kinds.get("rows", 0), kinds.get("error", 0)) > 20, kinds


def test_L12_tokens_get_the_same(worlds):
    claims = {"sub": user_uuid(ANN), "scopes": ["session_recording:write"]}
    for target in ("/rest/v1/session_group_summaries?order=project_id,id", "/rest/v1/project_users?order=project_id,user_id", "/rest/v1/session_group_patterns?order=project_id,summary_id,position", f"/api/projects/{A}/session_group_summaries/?order=id", f"/api/projects/{B}/session_group_summaries/",
                   f"/rest/v1/session_group_summaries?project_id=neq.{A}", "/rest/v1/session_group_summaries?title=eq.Checkout&order=id"):
        answers = [Web(servers).ask(("GET", target, {"Authorization": f"Bearer {servers.mint_jwt(claims)}", "Prefer": "count=exact"}, None)) for servers in worlds]
        assert answers[0] == answers[1], target
        assert "ben@" not in answers[1]


def test_L12_a_HEAD_breaks_nobodys_connection(worlds):
    """PostgREST ends its connection after HEAD; the next one to use it, whoever that is, must not notice."""
    client = Web(worlds[0])
    headers = {"Authorization": f"Bearer {KEYS['annread']}"}
    for _ in range(500):
        client.ask(("HEAD", "/rest/v1/session_group_summaries?nothing=eq.1", headers, None))
        answer = client.ask(("POST", "/rest/v1/session_group_summaries", {**headers, "Content-Type": "application/json"}, b"[{\"nothing\":1}]"))
        assert answer.startswith("4"), answer


@pytest.mark.parametrize("prefer", ["count=planned", "count=estimated", "count=planned,return=minimal", "count=exact,count=planned", "return=minimal, count = planned", "Count=Planned", '"count=planned"', "count=\tplanned"])
@pytest.mark.parametrize("query", ["title=eq.Checkout", f"project_id=eq.{B}", f"created_by_id=eq.{BEN}", "order=id"])
def test_L14_no_estimate_tells_of_others(worlds, prefer, query):
    """The planner's statistics are of all tenants: what they say must not reach a client of the service."""
    headers = {"Authorization": f"Bearer {KEYS['annread']}", "Prefer": prefer}
    # Without an order, which row comes first depends on the plan.
    order = "" if "order=" in query else "&order=id"
    answers = [Web(servers).ask(("GET", f"/rest/v1/session_group_summaries?select=id&{query}{order}&limit=1", headers, None)) for servers in worlds]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("accept", ["application/vnd.pgrst.plan", "application/vnd.pgrst.plan+json; options=analyze", 'application/vnd.pgrst.plan+text; for="application/json"'])
def test_L14_no_plan_is_shown(worlds, accept):
    for servers in worlds:
        answer = Web(servers).ask(("GET", "/rest/v1/session_group_summaries", {"Authorization": f"Bearer {KEYS['annread']}", "Accept": accept}, None))
        assert "Plan" not in answer and "cost=" not in answer, answer


ESTIMATES = [
    "EXPLAIN SELECT * FROM session_group.summaries WHERE project_id = %d" % B,
    "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM session_group.summaries WHERE project_id = %d" % B,
    "EXPLAIN SELECT FROM session_group.summaries s WHERE title >= 'Ch' AND title < 'Ci'",
    "PREPARE q AS SELECT * FROM session_group.summaries; EXPLAIN (GENERIC_PLAN) EXECUTE q",
    "DECLARE c CURSOR FOR SELECT * FROM session_group.summaries ORDER BY project_id, id; EXPLAIN FETCH c",
    "DECLARE c CURSOR FOR SELECT title FROM session_group.summaries ORDER BY project_id, id; FETCH 2 FROM c",
    "DO $$ DECLARE line text; BEGIN EXECUTE 'EXPLAIN SELECT * FROM session_group.projects' INTO line; RAISE NOTICE '%', line; END $$",
    "SELECT count(*) FROM session_group.summaries WHERE title > 'b'",
    "SELECT set_config('debug_print_plan', 'on', true), set_config('client_min_messages', 'log', true), count(*) FROM session_group.users",
    "SET LOCAL client_min_messages = debug1; SET LOCAL debug_print_plan = on; SELECT count(*) FROM session_group.summaries",
    "SELECT reltuples > 1 FROM pg_class WHERE relname = 'nothing'",
    "SELECT ctid FROM session_group.summaries", "LOCK TABLE session_group.summaries NOWAIT",
]


@pytest.mark.parametrize("options", ["", "-c client_min_messages=log -c debug_print_plan=on"], ids=["plain", "asking for the log"])
@pytest.mark.parametrize("statement", ESTIMATES)
def test_L21_no_way_to_estimates(worlds, statement, options):
    """Also where the administrator has auto_explain write all plans, with what was done, to the server's log."""
    told = []
    for servers in worlds:
        with servers.admin.cursor() as cursor:
            cursor.execute("ALTER ROLE isolated SET auto_explain.log_min_duration = 0; ALTER ROLE isolated SET auto_explain.log_analyze = on")
        connection = psycopg2.connect(servers.database_url, user="isolated", password="isolated", options=options)
        with connection.cursor() as cursor:
            try:
                # Before the library's first call, too.
                cursor.execute("SELECT 1")
                cursor.execute("SELECT session_group.login(%s)", (KEYS["annread"],))
                cursor.execute(statement.replace("%", "%%"), ())
                answer = cursor.fetchall() if cursor.description else cursor.statusmessage
            except psycopg2.Error as error:
                answer = error.diag.sqlstate, error.diag.message_primary
        told.append((answer, connection.notices))
        connection.close()
        with servers.admin.cursor() as cursor:
            cursor.execute("ALTER ROLE isolated RESET ALL")
    assert told[0] == told[1]
    assert "cost=" not in str(told) and ":plan_rows" not in str(told) and "rows=" not in str(told)


def test_L14_the_statistics_values_stay_hidden(worlds):
    for servers in worlds:
        assert Sql(servers).ask((KEYS["annread"], ["SELECT count(*) FROM pg_stats WHERE schemaname = 'session_group'"])).startswith("[(1, 'SELECT 1', [(0,)])")


@pytest.mark.parametrize("relation", ["session_group.summaries", "session_group.users", "session_group.members", "session_group.projects", "session_group.api_keys"])
def test_L8_copy(worlds, relation):
    """COPY TO gives what the policies give, COPY FROM nothing at all."""
    columns = {"summaries": "project_id", "users": "id", "members": "project_id", "projects": "id", "api_keys": "id"}[relation.split(".")[1]]
    allowed = {"session_group.summaries": {str(A)}, "session_group.users": {str(ANN), str(CAT), str(DAN)}, "session_group.members": {str(A)}, "session_group.projects": {str(A)}}
    for servers in worlds:
        connection = servers.connect("isolated", "isolated")
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT session_group.login(%s)", (KEYS["annwrite"],))
            cursor.execute("SAVEPOINT s")
            out = io.StringIO()
            try:
                cursor.copy_expert(f"COPY {relation} ({columns}) TO STDOUT", out)
                assert set(out.getvalue().split()) == allowed[relation]
            except psycopg2.errors.InsufficientPrivilege:
                assert relation == "session_group.api_keys"
            cursor.execute("ROLLBACK TO s")
            with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.FeatureNotSupported)):
                cursor.copy_expert(f"COPY {relation} ({columns}) FROM STDIN", io.StringIO("1001\n"))
            cursor.execute("ROLLBACK")
        connection.close()
