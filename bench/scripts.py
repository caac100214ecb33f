"""The transactions that pgbench runs.

A read is measured by CALLS equal statements in one transaction, so that what
PostgREST sends around them weighs little; "whole request" has just one. Ours and
the peers run as PostgREST would run them: the same settings, authenticate(), the
API role and its policies. Floors run as the tables' owner, without policies, in
a transaction of as many statements. All log in as the superuser, so that one
connection can take turns; the role is set in each transaction.
"""

import dataclasses
import json

CALLS = 20
HOST = "bench.example"
PATH = "/session_group_summaries/"


@dataclasses.dataclass
class Case:
    """One peer of one operation, measured at SQL level."""
    operation: str
    peer: str
    script: str
    calls: int = CALLS          # the same for all peers of an operation
    most: int = 100_000         # transactions in a slice
    clients: int = 1            # several: measured alone, by throughput
    alone: bool = False         # a slice of its own, since its peers take very different times
    settings: tuple = ("synchronous_commit=off",)


def headers(project, rest="''", method="GET"):
    """SQL for request.headers as nginx and PostgREST give them; rest: SQL of the path's end."""
    fixed = json.dumps({
        "host": "session_group_postgrest", "content-type": "application/octet-stream",
        "x-request-id": "7d5c2092451869dc01d0b6aa7dfb967a", "x-accept": "*/*", "accept": "*/*",
        "x-forwarded-method": method, "x-forwarded-base": f"http://{HOST}", "x-forwarded-content-type": "application/json"})
    return (f"""'{fixed[:-1]},"x-api-key":"phx_' || lpad({project}::text, 43, '0')"""
            f""" || '","x-forwarded-uri":"/api/projects/' || {project}::text || '{PATH}' || {rest} || '"}}'""")


def begin(project, rest="''", method="GET", role=""):
    """What PostgREST 12 sends before the query of a request; role: SQL that takes on another one with authenticate()."""
    mode, verb = ("ONLY", "GET") if method == "GET" else ("WRITE", "POST")
    return f"""BEGIN ISOLATION LEVEL READ COMMITTED READ {mode};
SELECT set_config('search_path', '"session_group_api", ""', true),
	set_config('role', 'session_group_anon', true),
	set_config('request.jwt.claims', '{{"role":"session_group_anon"}}', true),
	set_config('request.method', '{verb}', true), set_config('request.path', '/rpc/http', true),
	set_config('request.headers', {headers(project, rest, method)}, true),
	set_config('request.cookies', '{{}}', true);
SELECT session_group.authenticate(){role};
"""


# pgbench asks for text, PostgREST for the bytes as they are. The cast from bytea to
# text, which world.py declares free, spares pgbench's answers the hexadecimal digits.
HTTP = "SELECT session_group_api.http()::bytea::text;\n"

# The query that PostgREST 12 sends for the gateway function.
REQUEST = """WITH pgrst_source AS (
	SELECT pgrst_call.pgrst_scalar FROM (SELECT "session_group_api"."http"() pgrst_scalar) pgrst_call)
SELECT null::bigint AS total_result_set, 1 AS page_total,
	"session_group_api"."*/*"(_postgrest_t.pgrst_scalar)::bytea::text AS body,
	nullif(current_setting('response.headers', true), '') AS response_headers,
	nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted
FROM (SELECT "http".* FROM "pgrst_source" AS "http" LIMIT 1000 OFFSET 0) _postgrest_t;
"""


# The gateway function takes on the API role by itself; for what stands in its place, so does this.
API_ROLE = ", pg_catalog.set_config('role', 'session_group_api', true)"


def as_request(project, statement, rest="''", method="GET", calls=CALLS, prepare=""):
    role = "" if "session_group_api.http(" in statement else API_ROLE
    return prepare + begin(project, rest, method, role) + statement * calls + "COMMIT;\n"


def checked(script):
    """The script, failing where the gateway's last answer in a transaction is no success."""
    if "session_group_api.http(" not in script:
        return script
    check = "SELECT 1 / (pg_catalog.current_setting('response.status') LIKE '2%')::int;\n"
    return script.replace("COMMIT;\n", check + "COMMIT;\n")


def as_owner(statement, calls=CALLS, prepare=""):
    """As many statements as as_request has, without identity and policies."""
    settings = "SELECT set_config('search_path', 'pg_catalog', true);\nSELECT 1;\n"
    return prepare + "BEGIN;\n" + settings + statement * calls + "COMMIT;\n"
