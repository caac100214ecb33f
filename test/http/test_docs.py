"""The examples of the documentation, run as they are printed against a stack with the sample.

A comment on the line before a fenced block says how:

    <!-- run: 200 404 -->    a sh block, whose calls of curl are answered with these statuses
    <!-- run: ok -->         a sh block that has to succeed
    <!-- run: psql -->       a sql block; those of one document share a session
    <!-- run: node -->       a js block, as a module where it has an import, else as a script
    <!-- answer: exact -->   a json block: the last answer to the sh block before it
    <!-- answer: shape -->   the same, but for the values: fields, their order and their types

The sh blocks of a document share their variables. What one document changes in the sample's
summaries, the next does not see.
"""

import dataclasses
import json
import os
import re
import shutil
import subprocess

import pytest

from runner import Client
from servers import REPO, Servers
from test_native_js import modules
from test_openapi import DOCUMENT, OPERATIONS, examples, resolve

DOCUMENTS = ["README.md", "docs/http-api.md", "docs/native-door.md", "docs/clients.md"]
# In these every example is run.
WHOLLY = DOCUMENTS[1:]
LANGUAGES = ("sh", "sql", "js", "json")
BLOCK = re.compile(r"^(?:<!-- (run|answer): ([^\n]*?) -->\n+)?```(\w*)\n(.*?)^```$", re.M | re.S)

# Keeps each answer and its status, and prints the answer as curl does.
PROLOGUE = r"""
set -eu -o pipefail
curl() { command curl --silent --show-error --write-out '%{stderr}%{http_code}\n' "$@" 2>>"$STATUSES" | tee "$ANSWER"; }
known=$(compgen -v)
. "$VARIABLES"
keep() {
	local name
	for name in $(compgen -v | grep -vE '^(BASH.*|PIPESTATUS|FUNCNAME|_|name|known)$' | grep -vxF "$known"); do
		declare -p "$name" | sed 's/^declare --/declare -g --/'
	done >"$VARIABLES.new"
	mv "$VARIABLES.new" "$VARIABLES"
}
trap keep EXIT
"""


@dataclasses.dataclass
class Block:
    place: str
    kind: str  # "run", "answer" or None
    how: str
    language: str
    text: str


def blocks(document):
    text = (REPO / document).read_text(encoding="utf-8")
    return [
        Block(f"{document}:{text.count(chr(10), 0, found.start()) + 1}", *found.groups())
        for found in BLOCK.finditer(text)
    ]


class Session:
    """Runs the blocks of one document."""

    def __init__(self, servers, directory):
        self.servers, self.directory = servers, directory
        self.statuses, self.answer, self.variables = (directory / n for n in ("statuses", "answer", "variables"))
        self.variables.touch()
        bindir = subprocess.run(
            [os.environ.get("PG_CONFIG", "pg_config"), "--bindir"], capture_output=True, text=True, check=True
        ).stdout.strip()
        self.env = {
            "PATH": f"{bindir}:{os.environ['PATH']}",
            "HOME": str(directory),
            "LANG": "C.UTF-8",
            "NODE_PATH": modules(),
            "STATUSES": str(self.statuses),
            "ANSWER": str(self.answer),
            "VARIABLES": str(self.variables),
            **servers.env,
        }
        # A module looks for its imports beside itself, not in NODE_PATH.
        (directory / "node_modules").symlink_to(modules())

    def command(self, place, *words, stdin=""):
        done = subprocess.run(
            words, input=stdin, env=self.env, cwd=self.directory, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{place}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def sh(self, block):
        self.statuses.write_text("")
        script = self.directory / "example.sh"
        script.write_text(PROLOGUE + block.text, encoding="utf-8")
        try:
            output = self.command(block.place, "bash", script)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\nstatuses: {self.statuses.read_text()}") from None
        expected = [] if block.how == "ok" else block.how.split()
        assert block.how == "ok" or self.statuses.read_text().split() == expected, f"{block.place}\n{output}"

    def js(self, block):
        name = "example.mjs" if re.search(r"^import ", block.text, re.M) else "example.cjs"
        (self.directory / name).write_text(block.text, encoding="utf-8")
        node = shutil.which("node")
        assert node, "node is missing; deploy/install test installs it"
        self.command(block.place, node, self.directory / name)

    def sql(self, place, text):
        variables = [f"--set={name}={value}" for name, value in self.servers.env.items()]
        self.command(
            place, "psql", "-Xq", "-v", "ON_ERROR_STOP=1", *variables, self.servers.database_url, stdin=text
        )

    def json(self, block):
        found = self.answer.read_text(encoding="utf-8")
        expected, actual = (json.loads(t, object_pairs_hook=list_of_pairs) for t in (block.text, found))
        if block.how == "exact":
            assert actual == expected, f"{block.place}\n{found}"
        else:
            assert same_shape(expected, actual), f"{block.place}\n{found[:3000]}"


class list_of_pairs(list):
    """A JSON object with the order of its fields."""


def same_shape(expected, actual):
    """Whether two values have the same fields in the same order, and values of the same types; of a
    list only the beginning need be there."""
    if type(expected) is not type(actual):
        return False
    if isinstance(expected, list_of_pairs):
        return [k for k, _ in expected] == [k for k, _ in actual] and all(
            same_shape(e, a) for (_, e), (_, a) in zip(expected, actual)
        )
    if isinstance(expected, list):
        return len(expected) <= len(actual) and bool(expected) == bool(actual) and all(map(same_shape, expected,
                actual))
    return True


@pytest.fixture(scope="module")
def sample():
    """A stack with the sample, as the quickstart has it."""
    with Servers("--set", "fsync = off", "--load", REPO / "deploy" / "sample.sql") as servers:
        with servers.admin.cursor() as cursor:
            cursor.execute("CREATE TABLE sample AS SELECT * FROM session_group.summaries")
        yield servers


def put_back(servers):
    """The sample's summaries, as they were loaded."""
    columns = (
        "project_id, id, title, session_ids, summary, extra_summary_context, run_metadata,"
        " created_at, created_by_id, updated_at, version"
    )
    with servers.admin.cursor() as cursor:
        cursor.execute("DELETE FROM session_group.summaries")
        cursor.execute(f"INSERT INTO session_group.summaries ({columns}) SELECT {columns} FROM sample")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_examples(sample, tmp_path, document):
    put_back(sample)
    session = Session(sample, tmp_path)
    sql = [b for b in blocks(document) if (b.kind, b.how) == ("run", "psql")]
    ran = 0
    for block in blocks(document):
        if block.kind is None:
            continue
        ran += 1
        if block.kind == "answer":
            assert block.how in ("exact", "shape") and block.language == "json", block.place
            session.json(block)
        elif block.how == "psql":
            assert block.language == "sql", block.place
            if block is sql[0]:
                session.sql(block.place, "\n".join(b.text for b in sql))
        elif block.how == "node":
            assert block.language == "js", block.place
            session.js(block)
        else:
            assert block.language == "sh" and re.fullmatch(r"ok|\d{3}( \d{3})*", block.how), block.place
            session.sh(block)
    assert ran, f"{document} has no example that is run"


@pytest.mark.parametrize("document", WHOLLY)
def test_no_example_is_left_out(document):
    for block in blocks(document):
        assert block.kind or block.language not in LANGUAGES, block.place


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_marker_has_its_block(document):
    """A marker that is not right before a block would be no marker."""
    text = (REPO / document).read_text(encoding="utf-8")
    markers = re.findall(r"<!-- *(?:run|answer)\b", text)
    assert len(markers) == sum(1 for b in blocks(document) if b.kind)


@pytest.mark.parametrize("document", WHOLLY)
def test_links(document):
    """Links to files and to headings of the repository lead somewhere."""
    file = REPO / document
    for link in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
        if re.match(r"\w+:", link):
            continue
        path, _, heading = link.partition("#")
        there = (file.parent / path).resolve() if path else file
        assert there.exists(), link
        if heading:
            names = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.M)
            assert heading in {re.sub(r"[^\w -]", "", n.lower()).replace(" ", "-") for n in names}, link


# The tables and sentences --------------------------------------------------------------------


def table(document, heading):
    """The cells of the first table after a heading, without its head."""
    text = (REPO / document).read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", text, re.M)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def quoted(cell):
    return re.findall(r"`([^`]*)`", cell)


def test_table_of_operations():
    found = {}
    for call, name, scope, answer in table("docs/http-api.md", "The five calls"):
        method, path = quoted(call)[0].split()
        found[quoted(name)[0]] = (method, path.endswith("/:id/"), scope, answer[:3])
    assert found == {
        name: (
            method,
            path.endswith("/{id}/"),
            operation["security"][0]["key"][0].rpartition(":")[2],
            min(operation["responses"]),
        )
        for name, (method, path, operation) in OPERATIONS.items()
        if name.startswith("session_group_summaries_")
    }


@pytest.mark.parametrize("heading, operation",
                         [("The list", "session_group_summaries_list"),
                          ("Patterns", "session_group_summaries_patterns")])
def test_table_of_parameters(heading, operation):
    found = {name for row in table("docs/http-api.md", heading) for name in quoted(row[0])}
    described = map(resolve, OPERATIONS[operation][2]["parameters"])
    assert found == {p["name"] for p in described if p["in"] == "query"}


def test_table_of_fields():
    """Names, limits and defaults, against the description of the API."""
    fields = dict(DOCUMENT["components"]["schemas"]["Created"]["properties"])
    del fields["personal_api_key"]
    rows = table("docs/http-api.md", "One summary")
    assert [quoted(row[0])[0] for row in rows] == list(fields)
    for row, schema in zip(rows, fields.values()):
        items = schema.get("items", {})
        limits = [n for s in (schema, items) for k in ("maxItems", "minLength", "maxLength") for n in [s.get(k)] if n]
        # What no keyword of a schema can say, its description says.
        limits += [int(n) for n in re.findall(r"at most (\d+)", schema.get("description", ""))]
        assert [int(n) for n in re.findall(r"\d+", row[2])] == limits
        default = schema["default"]
        assert row[3].strip("`") == (default if isinstance(default, str) else json.dumps(default))


def test_table_of_errors():
    """Each row is in the description of the API, and each of its errors is a row."""
    found = {
        (status, quoted(kind)[0], code)
        for statuses, kind, codes, _ in table("docs/http-api.md", "Errors")
        for status in statuses.split(", ")
        for code in quoted(codes)
    }
    described = set()
    for name, (_, _, operation) in OPERATIONS.items():
        for status, response in operation["responses"].items():
            for media in resolve(response).get("content", {}).values():
                described |= {
                    (status, e["type"], e["code"]) for e in examples(media) if isinstance(e, dict) and "attr" in e
                }
    assert found == described | {("405", "invalid_request", "method_not_allowed")}


@pytest.fixture
def native(sample):
    """The native door with the sample's keys."""
    put_back(sample)
    client = Client(sample.url)

    def call(method, target, body=None, key="POSTHOG_PERSONAL_API_KEY", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            headers["Authorization"] = f"Bearer {sample.env.get(key, key)}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        return client.request(method, "/rest/v1/" + target, headers, None if body is None else json.dumps(body))

    yield call
    client.close()


def test_table_of_codes(sample, native):
    """Each code of the native door's errors, with its status; test_fleet_move.py has the one that takes a fleet."""
    project = int(sample.env["SESSION_GROUP_PROJECT_ID"])
    summaries, narrow = "session_group_summaries", "SESSION_GROUP_OTHER_KEY"
    of = f"{summaries}?project_id=eq.{project}"

    def post(**values):
        return native("POST", summaries, {"project_id": project, **values})

    ways = {
        "23502": [post(title=None), post(session_ids=None)],
        "23514": [post(title=" "), post(title="x" * 2049), post(session_ids=[""]), post(session_ids=["s"] * 1001)],
        "22023": [post(extra_summary_context=[]), post(run_metadata="A")],
        "42501": [
            native("GET", of, key=None),
            native("GET", of, key="phx_unknown"),
            native("POST", summaries, {"project_id": project}, key=narrow),
            native("POST", summaries, {"title": "A"}),
            post(version=2),
            native("POST", summaries, {"project_id": project}, key="SESSION_GROUP_READ_KEY"),
        ],
        "42703": [native("GET", of + "&colour=eq.red")],
        "21000": [native("DELETE", summaries), native("PATCH", summaries + "?select=id", {"title": "A"})],
        "22021": [native("GET", of + "&title=eq.%00")],
        "54000": [native("GET", of + "&title=neq." + "x" * 8000)],
        "55000": [native("POST", "project_users", {"project_id": project}), native("DELETE", "session_group_patterns?project_id=eq.1")],
        "PGRST301": [
            native("GET", of, key=sample.mint_jwt({"sub": "x", "exp": 1})),
            native("GET", of, key=sample.mint_jwt({"sub": "x"}, secret="x" * 32)),
        ],
    }
    rows = table("docs/native-door.md", "Good to know")
    assert {quoted(row[0])[0] for row in rows} == {*ways, "misdirected"}
    for code, status, _ in rows:
        for answer in ways.get(quoted(code)[0], []):
            assert (answer.json()["code"], answer.status) == (quoted(code)[0], int(status)), answer


def test_table_of_columns(sample, native):
    """What the native door takes on insert and update, column by column."""
    project = int(sample.env["SESSION_GROUP_PROJECT_ID"])
    row = f"session_group_summaries?project_id=eq.{project}&id=eq.{sample.env['SESSION_GROUP_SUMMARY_ID']}"
    (whole,) = native("GET", row).json()
    seen = []
    for names, insert, update, _ in table("docs/native-door.md", "What there is"):
        for name in quoted(names):
            seen.append(name)
            value = {"project_id": project, "title": "A"}.get(name, whole[name])
            made = native("POST", "session_group_summaries", {"project_id": project, name: value})
            assert (made.status == 201) == bool(insert), made
            changed = native("PATCH", row, {name: value})
            assert (changed.status == 204) == bool(update), changed
    assert sorted(seen) == sorted(whole)


def test_good_to_know(sample, native):
    """What the native door's page says besides."""
    project = int(sample.env["SESSION_GROUP_PROJECT_ID"])
    summaries = "session_group_summaries"
    refused = [
        native("PUT", f"{summaries}?project_id=eq.{project}&id=eq.{sample.env['SESSION_GROUP_SUMMARY_ID']}",
               {"title": "A"}),
        native("POST", summaries, {"project_id": project}, Prefer="resolution=merge-duplicates"),
        native("GET", f"{summaries}?select=session_count.sum()"),
        native("GET", summaries, Accept="application/vnd.pgrst.plan+json"),
        native("POST", "rpc/uuidv7", {}),
        native("GET", f"{summaries}?personal_api_key=x"),
    ]
    assert all(400 <= answer.status < 500 for answer in refused), list(map(str, refused))
    for count in ("planned", "estimated"):
        answer = native("GET", f"{summaries}?select=id", Prefer=f"count={count}")
        assert answer.headers["Content-Range"].split("/")[1] == str(len(answer.json()))
    projects = {row["project_id"] for row in native("GET", f"{summaries}?select=project_id").json()}
    assert len(projects) == 3
    with sample.admin.cursor() as cursor:
        cursor.execute(
            "INSERT INTO session_group.summaries (project_id) SELECT %s FROM generate_series(1, 1001)", (project,)
        )
    assert len(native("GET", f"{summaries}?select=id").json()) == 1000
    # Without a filter: none.
    for method, body in (("DELETE", None), ("PATCH", {"title": "A"})):
        answer = native(method, summaries, body, key="SESSION_GROUP_NARROW_KEY")
        assert (answer.status, answer.json()["code"]) == (400, "21000")
    answer = native("GET", f"{summaries}?title=eq.A%00")
    assert (answer.status, answer.json()["code"]) == (400, "22021")
    # With a filter that all rows match: those that the key may write, and no others.
    assert native("DELETE", f"{summaries}?version=gt.0", key="SESSION_GROUP_NARROW_KEY").status == 204
    left = native("GET", f"{summaries}?select=project_id").json()
    assert {row["project_id"] for row in left} == projects - {project}


def test_a_wrong_example_is_found(sample, tmp_path):
    """Of a status, of an answer and of a statement that fails."""
    session = Session(sample, tmp_path)
    good = Block("here", "run", "401", "sh", 'curl "$SESSION_GROUP_URL/api/projects/1/session_group_summaries/"\n')
    session.sh(good)
    body = '{"type":"authentication_error","code":"not_authenticated","detail":"Authentication credentials were not provided.","attr":null}'
    session.json(Block("here", "answer", "exact", "json", body))
    session.json(Block("here", "answer", "shape", "json", body.replace("provided", "given")))
    for wrong in (
        lambda: session.sh(dataclasses.replace(good, how="200")),
        lambda: session.sh(dataclasses.replace(good, how="401 401")),
        lambda: session.sh(Block("here", "run", "ok", "sh", "false\n")),
        lambda: session.json(Block("here", "answer", "exact", "json", body.replace("provided", "given"))),
        lambda: session.json(Block("here", "answer", "shape", "json", body.replace("null", '"title"'))),
        lambda: session.json(Block("here", "answer", "shape", "json", body.replace('"code"', '"kode"'))),
        lambda: session.sql("here", "SELECT 1/0;"),
        lambda: session.js(Block("here", "run", "node", "js", "process.exit(1)")),
    ):
        with pytest.raises(AssertionError):
            wrong()
