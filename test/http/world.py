"""What the cases are played on: projects, people, keys and summaries, made by SQL.

Ada is a member of the projects <a> and <b>, Grace of <c>. <unknown> is no project. The shelf
(project <shelf>) is never written to; its rows are in SHELF. Keys are many of each kind, taken in
turn, so that no run of cases meets the proxy's limits per key.
"""

import hashlib
import itertools
import json
import secrets
import string
import uuid
from urllib.parse import quote

import psycopg2.extras

from runner import Client, compact

ALPHABET = string.digits + string.ascii_letters
KEYS_OF_A_KIND = 40

# title, number of sessions, created_at, creator
SHELF = [
    ("alpha checkout", 1, "2026-01-01T00:00:00Z", "ada"),
    ("bravo onboarding", 3, "2026-01-02T10:30:00Z", "ada"),
    ("charlie 100% rage", 2, "2026-01-03T10:30:00.5Z", "joan"),
    ("delta snake_case", 3, "2026-02-01T12:00:00.000001Z", "ada"),
    ("echo back\\slash", 0, "2026-02-01T12:00:00.100000Z", "joan"),
    ("foxtrot Ärger Ωmega", 5, "2026-03-15T23:59:59.999999Z", "ada"),
    ("golf golf", 3, "2026-03-15T23:59:59.999999Z", "joan"),
    ("hotel CHECKOUT", 1, "2026-04-01T00:00:00Z", "ada"),
]

BEFORE = {
    "title": "Before",
    "session_ids": ["s1", "s2"],
    "summary": {"patterns": []},
    "extra_summary_context": {"focus": "checkout"},
    "run_metadata": {"model": "m"},
}


def new_key():
    return "phx_" + "".join(secrets.choice(ALPHABET) for _ in range(43))


def object_body(
    title="Before",
    session_ids=("s1", "s2"),
    summary={"patterns": []},
    extra_summary_context={"focus": "checkout"},
    run_metadata={"model": "m"},
    id="<row>",
    creator="<ada>",
    team="<a>",
    created_at="<time>",
):
    """The whole object as the contract prints it."""
    return (
        f'{{"id":"{id}","title":{compact(title)},"session_ids":{compact(list(session_ids))},'
        f'"summary":{compact(summary)},"extra_summary_context":{compact(extra_summary_context)},'
        f'"run_metadata":{compact(run_metadata)},"created_at":"{created_at}",'
        f'"created_by":{creator},"team":{team}}}'
    )


class World:
    def __init__(self, stack):
        self.stack = stack
        self.client = Client(stack.url)
        self.admin = stack.connect()
        self.keys = {}
        self.hand_out = {}
        self.build()

    # SQL -------------------------------------------------------------------------------------

    def sql(self, query, *args):
        with self.admin.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(query, args or None)
            return [dict(r) for r in cursor.fetchall()] if cursor.description else []

    def one(self, query, *args):
        (row,) = self.sql(query, *args)
        (value,) = row.values()
        return value

    # Making ----------------------------------------------------------------------------------

    def new_project(self, timezone="UTC"):
        return self.one(
            "INSERT INTO session_group.projects (name, timezone) VALUES ('Tests', %s) RETURNING id",
            timezone,
        )

    def new_user(self, name, **columns):
        columns = {
            "email": f"{name}.{secrets.token_hex(6)}@example.com",
            "first_name": name.capitalize(),
            **columns,
        }
        if isinstance(columns.get("hedgehog_config"), dict):
            columns["hedgehog_config"] = json.dumps(columns["hedgehog_config"])
        (row,) = self.sql(
            f"INSERT INTO session_group.users ({', '.join(columns)}) "
            f"VALUES ({', '.join(['%s'] * len(columns))}) RETURNING id, uuid::text, email",
            *columns.values(),
        )
        return row

    def add_member(self, project, user):
        self.sql("INSERT INTO session_group.members (project_id, user_id) VALUES (%s, %s)", project, user)

    def new_keys(self, user, scopes, projects=None, number=KEYS_OF_A_KIND, make=new_key, **columns):
        keys = [make() for _ in range(number)]
        fixed = {"scopes": scopes, "project_ids": projects, **columns}
        with self.admin.cursor() as cursor:
            psycopg2.extras.execute_values(
                cursor,
                f"INSERT INTO session_group.api_keys (user_id, label, mask, hash, {', '.join(fixed)}) VALUES %s",
                [
                    (user, "tests", k[:4] + "..." + k[-4:], stored_hash(k), *fixed.values())
                    for k in keys
                ],
            )
        return keys

    def new_row(self, project=None, creator=None, **columns):
        columns = {
            "project_id": project or self.names["a"],
            "created_by_id": creator or self.people["ada"]["id"],
            **BEFORE,
            **columns,
        }
        for name in ("summary", "extra_summary_context", "run_metadata"):
            columns[name] = None if columns[name] is None else json.dumps(columns[name])
        return self.one(
            f"INSERT INTO session_group.summaries ({', '.join(columns)}) "
            f"VALUES ({', '.join(['%s'] * len(columns))}) RETURNING id::text",
            *columns.values(),
        )

    def keep_no_activity(self, project):
        """Deletes all activity of a project, as its retention would."""
        self.sql("UPDATE session_group.activity SET at = now() - interval '2 days' WHERE project_id = %s", project)
        self.sql("SELECT session_group.set_activity_retention(%s, '1 day'), session_group.purge_expired()", project)

    def fill_project(self, project, number):
        """Gives a project this many rows; returns their ids in the list's default order."""
        self.sql(
            "INSERT INTO session_group.summaries (project_id, title, created_at)"
            " SELECT %s, 'Row ' || n, timestamptz '2026-01-01 00:00Z' + n / 3 * interval '1 second'"
            " FROM generate_series(1, %s) n",
            project,
            number,
        )
        return [
            r["id"]
            for r in self.sql(
                "SELECT id::text FROM session_group.summaries WHERE project_id = %s"
                " ORDER BY created_at DESC, id DESC",
                project,
            )
        ]

    def build(self):
        a, b, c, shelf, empty, short = (self.new_project() for _ in range(6))
        self.names = {"a": a, "b": b, "c": c, "shelf": shelf, "empty": empty, "short": short}
        self.people = {
            "ada": self.new_user(
                "ada",
                last_name="Lovelace",
                distinct_id="ada-1",
                is_email_verified=True,
                hedgehog_config={"color": "green"},
                role_at_organization="engineering",
            ),
            "joan": self.new_user("joan", hedgehog_config={}, role_at_organization=""),
            "grace": self.new_user("grace"),
            "former": self.new_user("former"),
            "inactive": self.new_user("inactive", is_active=False),
        }
        who = {name: person["id"] for name, person in self.people.items()}
        for project in (a, b, shelf, empty, short):
            self.add_member(project, who["ada"])
        self.add_member(shelf, who["joan"])
        self.add_member(a, who["joan"])
        self.add_member(c, who["grace"])
        self.add_member(a, who["inactive"])
        self.add_member(a, who["former"])
        self.sql(
            "UPDATE session_group.members SET removed_at = now() WHERE user_id = %s", who["former"]
        )
        # An id that is far from any project that the sequence will give.
        self.names["unknown"] = 10**12 + secrets.randbelow(10**12)
        self.names["foreign_row"] = self.new_row(c, who["grace"], title="Foreign")
        self.names["a_row"] = self.new_row(a)
        self.names["b_row"] = self.new_row(b, title="Elsewhere")
        self.names["no_row"] = str(uuid.uuid4())
        self.names["short_row"] = self.one("INSERT INTO session_group.summaries (project_id) VALUES (%s) RETURNING id::text", short)
        self.keep_no_activity(short)

        self.shelf = []
        for title, sessions, created_at, creator in SHELF:
            self.shelf.append(
                self.new_row(
                    shelf,
                    who[creator],
                    title=title,
                    session_ids=[f"s{n}" for n in range(sessions)],
                    created_at=created_at,
                )
            )

        read, write = ["session_recording:read"], ["session_recording:write"]
        ada = who["ada"]
        self.keys = {
            "read": self.new_keys(ada, read),
            "write": self.new_keys(ada, write),
            "all": self.new_keys(ada, ["*"]),
            "null_scopes": self.new_keys(ada, None),
            "empty_scopes": self.new_keys(ada, []),
            "other_scope": self.new_keys(ada, ["feature_flag:write", "session_recording"]),
            "only_a": self.new_keys(ada, write, [a]),
            "only_b": self.new_keys(ada, write, [b]),
            "only_b_read": self.new_keys(ada, read, [b]),
            "only_b_no_scope": self.new_keys(ada, [], [b]),
            "only_c": self.new_keys(ada, write, [c]),
            "expired": self.new_keys(ada, write, expires_at="2026-01-01T00:00:00Z"),
            "fresh": self.new_keys(ada, write, expires_at="2126-01-01T00:00:00Z"),
            "revoked": self.new_keys(ada, write, revoked_at="2026-01-01T00:00:00Z"),
            "joan": self.new_keys(who["joan"], write),
            "grace": self.new_keys(who["grace"], write),
            "grace_read": self.new_keys(who["grace"], read),
            "grace_no_scope": self.new_keys(who["grace"], None),
            "former": self.new_keys(who["former"], write),
            "inactive": self.new_keys(who["inactive"], write),
            "no_prefix": self.new_keys(ada, write, make=lambda: new_key()[4:]),
            "unicode": self.new_keys(ada, write, make=lambda: "clé-" + new_key()),
        }
        self.hand_out = {kind: itertools.cycle(keys) for kind, keys in self.keys.items()}

    # Naming ----------------------------------------------------------------------------------

    def key(self, kind):
        return new_key() if kind == "unknown" else next(self.hand_out[kind])

    def creator(self, name):
        """created_by of a person, as the contract prints it."""
        (row,) = self.sql(
            "SELECT id, uuid::text, distinct_id, first_name, last_name, email, is_email_verified,"
            " hedgehog_config, role_at_organization FROM session_group.users WHERE id = %s",
            self.people[name]["id"],
        )
        row["hedgehog_config"] = row["hedgehog_config"] or None
        return compact(row)

    def name(self, name):
        """What <name> stands for in a case, or None."""
        kind, _, rest = name.partition(":")
        if kind == "key":
            return self.key(rest)
        if kind == "key-rest":
            return self.key(rest)[1:]
        if kind == "list":
            return f"/api/projects/{self.names[rest or 'a']}/session_group_summaries"
        if kind == "uuid_of":
            return self.people[rest]["uuid"]
        if kind == "quoted":
            return quote(self.key(rest), safe="")
        if name == "hash":
            return stored_hash(self.key("write"))
        if name == "row":
            return self.new_row()
        if name == "shelf_row":
            return self.shelf[0]
        if name == "base":
            return self.client.base
        if name in ("ada", "joan", "grace"):
            return self.creator(name)
        return self.names.get(name)

    def snapshot(self):
        """What must not change when a request is refused: which rows there are, and who wrote each."""
        return self.sql(
            "SELECT project_id, count(*), md5(string_agg(id::text || xmin::text, ',' ORDER BY id))"
            " FROM session_group.summaries"
            " WHERE project_id IN (%s, %s, %s, %s, %s) GROUP BY 1 ORDER BY 1",
            *(self.names[n] for n in ("a", "b", "c", "shelf", "empty")),
        )

    def stored(self, id):
        (row,) = self.sql("SELECT * FROM session_group.summaries WHERE id = %s", id)
        return row

    # Shorthands ------------------------------------------------------------------------------

    def call(self, method, target, body=None, key="write", type="application/json", headers=None):
        headers = dict(headers or {})
        if key is not None:
            headers["Authorization"] = "Bearer " + self.key(key)
        if body is not None:
            headers["Content-Type"] = type
            if isinstance(body, (dict, list)):
                body = compact(body)
        return self.client.request(method, target, headers, body)


def stored_hash(key):
    return "sha256$" + hashlib.sha256(key.encode("utf-8")).hexdigest()
