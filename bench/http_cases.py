"""The operations over HTTP, all through the same nginx, eight connections."""

import dataclasses

IDENTIFIER = "01980000-0000-7000-8000-{n}"
OURS = "ours: gateway"
PLAIN, DRF = "PostgREST, plain table", "Django REST framework"
PREPARED, NOOP = "floor: prepared bytes", "floor: no-op"

API = "/api/projects/{p}/session_group_summaries/"
PERSON = ("created_by:users(id,uuid,distinct_id,first_name,last_name,email,is_email_verified,"
          "hedgehog_config,role_at_organization)")
# An exact count and the creators, as in our page.
PLAIN_PAGE = ("/bench/plain/summaries?project_id=eq.{p}&order=created_at.desc,id.desc&limit=%d"
              f"&select=id,title,session_count,created_at,{PERSON}")
PLAIN_OBJECT = (f"/bench/plain/summaries?project_id=eq.{{p}}&id=eq.{IDENTIFIER}"
                "&select=id,title,session_ids,summary,"
                f"extra_summary_context,run_metadata,created_at,{PERSON},team:project_id")


@dataclasses.dataclass
class HttpCase:
    """One peer of one operation; the path may hold {p} and {n}, a random project and row."""
    operation: str
    peer: str
    path: str
    accept: str = "application/json"
    prefer: str = ""
    token: str = "key"      # or jwt


def page(limit):
    operation = f"HTTP: page of {limit}"
    query = f"{API}?limit={limit}"
    return [
        HttpCase(operation, OURS, query),
        HttpCase(operation, PLAIN, PLAIN_PAGE % limit, prefer="count=exact", token="jwt"),
        HttpCase(operation, DRF, f"/bench/drf{query}"),
        HttpCase(operation, PREPARED, f"/bench/floor/page_{limit}"),
    ]


def one():
    operation = "HTTP: one object"
    path = f"{API}{IDENTIFIER}/"
    return [
        HttpCase(operation, OURS, path),
        HttpCase(operation, PLAIN, PLAIN_OBJECT, accept="application/vnd.pgrst.object+json", token="jwt"),
        HttpCase(operation, DRF, f"/bench/drf{path}"),
        HttpCase(operation, PREPARED, "/bench/floor/object"),
        HttpCase(operation, NOOP, "/bench/floor/noop"),
    ]


def all_cases():
    return page(100) + page(10) + one()
