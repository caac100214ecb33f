"""The operations over HTTP, all through the same nginx, eight connections."""

import dataclasses
import json

from cases import SUMMARY, TITLE
from world import DELETED, SCRATCH

IDENTIFIER = "01980000-0000-7000-8000-{n}"
OURS, FLEET = "ours: gateway", "ours: through a fleet"
PLAIN, DRF = "PostgREST, plain table", "Django REST framework"
FASTIFY, FASTIFY_PLAIN = "Fastify", "Fastify, no triggers"
PREPARED, NOOP = "floor: prepared bytes", "floor: no-op"

API = "/api/projects/{p}/session_group_summaries/"
PERSON = ("created_by:users(id,uuid,distinct_id,first_name,last_name,email,is_email_verified,"
          "hedgehog_config,role_at_organization)")
# An exact count and the creators, as in our page.
PLAIN_PAGE = ("/bench/plain/summaries?project_id=eq.{p}&order=created_at.desc,id.desc&limit=%d"
              f"&select=id,title,session_count,created_at,{PERSON}")
PLAIN_SELECT = ("select=id,title,session_ids,summary,extra_summary_context,run_metadata,created_at,"
                f"{PERSON},team:project_id")
PLAIN_ROW = f"/bench/plain/summaries?project_id=eq.{{p}}&id=eq.{IDENTIFIER}"
ONE_OBJECT = "application/vnd.pgrst.object+json"
RETURN = "return=representation"


@dataclasses.dataclass
class HttpCase:
    """One peer of one operation; path and body may hold {p} and {n}, a random project and row, and {i}, any number."""
    operation: str
    peer: str
    path: str
    method: str = "GET"
    body: str = ""
    accept: str = "application/json"
    prefer: str = ""
    token: str = "key"      # or jwt
    project: int = 0        # instead of a random one
    uses_up: bool = False   # each row once, one after the other
    fleet: bool = False     # by the nginx in front of several nodes, of which the server is one


def through_fleet(operation, path):
    return HttpCase(operation, FLEET, path, fleet=True)


def page(limit):
    operation = f"HTTP: page of {limit}"
    query = f"{API}?limit={limit}"
    return [
        HttpCase(operation, OURS, query),
        *([through_fleet(operation, query)] if limit == 10 else []),
        HttpCase(operation, PLAIN, PLAIN_PAGE % limit, prefer="count=exact", token="jwt"),
        HttpCase(operation, DRF, f"/bench/drf{query}"),
        HttpCase(operation, FASTIFY, f"/bench/fastify{query}"),
        HttpCase(operation, PREPARED, f"/bench/floor/page_{limit}"),
    ]


def one():
    operation = "HTTP: one object"
    path = f"{API}{IDENTIFIER}/"
    return [
        HttpCase(operation, OURS, path),
        through_fleet(operation, path),
        HttpCase(operation, PLAIN, f"{PLAIN_ROW}&{PLAIN_SELECT}", accept=ONE_OBJECT, token="jwt"),
        HttpCase(operation, DRF, f"/bench/drf{path}"),
        HttpCase(operation, FASTIFY, f"/bench/fastify{path}"),
        HttpCase(operation, PREPARED, "/bench/floor/object"),
        HttpCase(operation, NOOP, "/bench/floor/noop"),
    ]


def writes(verb, method, path, plain_path, body="", plain_body="", **options):
    """Ours, Django and Fastify into the same table; PostgREST, and Fastify once more, into the copy without triggers."""
    def case(number, peer, where, body=body, **more):
        project = {"project": DELETED + number} if options.get("uses_up") else {}
        return HttpCase(f"HTTP: {verb}", peer, where, method, body, **{**options, **project, **more})
    return [
        case(0, OURS, path),
        case(1, PLAIN, plain_path, plain_body or body, accept=ONE_OBJECT, prefer=RETURN if body else "", token="jwt"),
        case(2, DRF, f"/bench/drf{path}"),
        case(3, FASTIFY, f"/bench/fastify{path}"),
        case(4, FASTIFY_PLAIN, f"/bench/fastify-plain{path}"),
    ]


def create():
    fields = {"title": TITLE, "session_ids": ["s-1", "s-2", "s-3"], "summary": json.loads(SUMMARY)}
    return writes("create", "POST", API, f"/bench/plain/summaries?{PLAIN_SELECT}", json.dumps(fields),
                  json.dumps({"project_id": SCRATCH, "created_by_id": 1, **fields}), project=SCRATCH)


def update():
    return writes("update", "PATCH", f"{API}{IDENTIFIER}/", f"{PLAIN_ROW}&{PLAIN_SELECT}",
                  '{"title": "Renamed by the benchmark, {i}"}')


def delete():
    return writes("delete", "DELETE", f"{API}{IDENTIFIER}/", PLAIN_ROW, uses_up=True)


def all_cases():
    return page(100) + page(10) + one() + create() + update() + delete()
