"""Two tenants of a fleet, on different nodes, are answered as by one machine that has both: byte for byte."""

import re

import pytest
import requests
from psycopg2.extras import Json

from fleet import Fleet
from servers import Maker, Servers
from test_replica import eventually
from test_upgrade import run

SHARED = ("projects", "users", "members", "api_keys")
OWN = ("summaries", "activity")
READS = ["", "?limit=2", "?limit=2&offset=2&order=title", "?cursor=&limit=2", "?search=checkout", "?q=payment", "?session_id=s-3", "?severity=high",
         "?date_from=-1d", "?limit=x", "patterns/", "activity/", "{id}/", "{id}/activity/", "00000000-0000-7000-8000-000000000000/"]
WRITES = [("POST", "", {"title": 1}), ("PATCH", "{id}/", {"session_ids": "no"}), ("PUT", "00000000-0000-7000-8000-000000000000/", {}),
          ("DELETE", "00000000-0000-7000-8000-000000000000/", None), ("OPTIONS", "", None), ("TRACE", "", None)]
NATIVE = ["session_group_summaries?project_id=eq.{project}&order=id", "session_group_patterns?project_id=eq.{project}&order=id", "project_users?project_id=eq.{project}",
          "session_group_summaries?project_id=eq.{project}&nothing=eq.1", "session_group_summaries?project_id=eq.{project}&select=count()"]


class Tenant:
    """A project with a key of its own, and one of its summaries."""

    def __init__(self, make, name):
        self.project, self.name = make.project(name), name
        user = make.user(self.project, email=f"{name}@example.com")
        self.key = make.key(user)
        self.id = [str(make.summary(self.project, user, title=f"Checkout {name} {n}", session_ids=[f"s-{n}"],
                                    summary={"patterns": [{"pattern_id": n, "pattern_name": "Payment refused", "severity": "high"}]})["id"]) for n in range(5)][2]


def copy(table, source, target, where="true", *values):
    """Rows as they are, past the triggers that would number, date and record them anew."""
    columns = run(source, "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                  " AND NOT attisdropped AND attgenerated = ''", f"session_group.{table}")[0][0]
    for row, in run(source, f"SELECT to_jsonb(t) FROM session_group.{table} AS t WHERE {where}", *values):
        run(target, f"INSERT INTO session_group.{table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::session_group.{table}, %s)", Json(row))


@pytest.fixture(scope="module")
def places():
    with Servers("--set", "fsync = off") as single, Fleet("a", "b") as fleet:
        make = Maker(single.admin)
        tenants = [Tenant(make, "north"), Tenant(make, "south")]
        directory = fleet.make.connection
        run(directory, "SET session_replication_role = replica")
        for table in SHARED:
            copy(table, single.admin, directory)
        run(directory, "RESET session_replication_role")
        for tenant, name in zip(tenants, ("a", "b")):
            run(directory, "SELECT session_group.place_project(%s, %s)", tenant.project, name)
            node = fleet.nodes[name].connect()
            run(node, "SET session_replication_role = replica")
            for table in OWN:
                copy(table, single.admin, node, "project_id = %s", tenant.project)
            node.close()
        for tenant in tenants:
            eventually(lambda: [ask(fleet.front.url, tenant, tenant, "GET", "?limit=1")[0] for _ in range(4)], [200] * 4)
        yield single.url, fleet.front.url, tenants


def ask(url, asker, owner, method, path, body=None, door="/api/projects/{project}/session_group_summaries/"):
    address = (door + path).format(project=owner.project, id=owner.id)
    answer = requests.request(method, url + address, headers={"Authorization": f"Bearer {asker.key}"}, json=body, timeout=60)
    kept = ("ETag", "Content-Type", "Allow", "Cache-Control", "Content-Range", "Retry-After")
    # When the key was used last is noted where it was, and after a while.
    text = re.sub(r'"last_used_at":[^,]*,', "", answer.text.replace(url, "URL").replace(url[7:], "URL"))
    return answer.status_code, text, [answer.headers.get(name) for name in kept]


@pytest.mark.parametrize("method, path, body, door", [
    *[("GET", path, None, "/api/projects/{project}/session_group_summaries/") for path in READS],
    *[(*write, "/api/projects/{project}/session_group_summaries/") for write in WRITES],
    *[("GET", path, None, "/rest/v1/") for path in NATIVE],
    *[("GET", path, None, "") for path in ("/api/projects/", "/api/projects/{project}/", "/api/users/@me/", "/api/personal_api_keys/@current/", "/api/nothing/")],
])
def test_same_answers(places, method, path, body, door):
    single, front, tenants = places
    for asker in tenants:
        for owner in tenants:
            assert ask(front, asker, owner, method, path, body, door) == ask(single, asker, owner, method, path, body, door), (asker.name, owner.name)
