"""What the measurements run on: projects, people, keys and summaries.

Projects 1 to N are alike and measured by random choice among them; the others
are for one purpose each. Ids follow from numbers, so that scripts of pgbench
and wrk can name any row and any key.
"""

import concurrent.futures
import time

import psycopg2

LARGE = 900001      # one project with very many summaries
SEARCH = 900002     # where a rare word is searched
SCRATCH = 900003    # where summaries are created
WRITERS = 900011    # to 900018: one project for each of eight writers
DOOMED = 900101     # to 900104: where summaries are deleted, one project a peer
DELETED = 900111    # to 900115: the same over HTTP
SPECIAL = [LARGE, SEARCH, SCRATCH, *range(WRITERS, WRITERS + 8), *range(DOOMED, DOOMED + 4), *range(DELETED, DELETED + 5)]

MEMBERSHIPS = 5     # projects of a user, users of a project
NEEDLE = "zeppelin"  # in the titles of SEARCH_HITS summaries of project SEARCH
SEARCH_HITS = 50
NEEDLE_SESSION = "needle-session"


def key(project):
    """The API key of a project's user, as create_api_key might have made it."""
    return f"phx_{project:043d}"


def sql_id(number):
    """The SQL expression of a summary's id."""
    return f"('01980000-0000-7000-8000-' || lpad(to_hex({number}::bigint), 12, '0'))::uuid"


def connect(url, **options):
    connection = psycopg2.connect(url, **options)
    connection.autocommit = True
    return connection


def run(url, *statements, connection=None):
    """Run statements, each in a transaction of its own; the rows of the last one."""
    connection = connection or connect(url)
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def run_side_by_side(url, *parts):
    """Run lists of statements, two at a time; whoever interrupts this ends them."""
    connections = [connect(url) for _ in parts]
    pool = concurrent.futures.ThreadPoolExecutor(2)
    try:
        futures = [pool.submit(run, url, *part, connection=connection)
                   for part, connection in zip(parts, connections)]
        for future in futures:
            future.result()
    except BaseException:
        for future in futures:
            future.cancel()
        for connection in connections:
            if not connection.closed:
                connection.cancel()
        raise
    finally:
        pool.shutdown()


def people(projects, special):
    """Statements for projects 1 to that many and the special ones, with users, their memberships and keys."""
    special = "{" + ",".join(map(str, special)) + "}"
    every = (f"(SELECT generate_series(1, {projects})"
             f" UNION ALL SELECT unnest('{special}'::int[])) AS p (id)")
    return [
        f"INSERT INTO session_group.projects (id, name) SELECT id, 'Project ' || id FROM {every}",
        f"""INSERT INTO session_group.users (id, uuid, distinct_id, first_name, last_name, email,
                is_email_verified, role_at_organization)
            SELECT n, md5('user' || n)::uuid, 'person-' || left(md5('person' || n), 12),
                (ARRAY['Ines', 'Tomasz', 'Noor', 'Jürgen', 'Amara'])[1 + n % 5], 'Benchmark ' || n,
                'person-' || n || '@example.com', true, 'engineering'
            FROM generate_series(1, {projects}) AS n""",
        # User u belongs to the projects u, u + 1 … (mod N); each special project has users 1 to 5.
        f"""INSERT INTO session_group.members (user_id, project_id)
            SELECT u, (u - 1 + n) % {projects} + 1
            FROM generate_series(1, {projects}) AS u, generate_series(0, {MEMBERSHIPS - 1}) AS n
            UNION ALL
            SELECT u, p FROM generate_series(1, {MEMBERSHIPS}) AS u, unnest('{special}'::bigint[]) AS p""",
        f"""INSERT INTO session_group.api_keys (user_id, label, mask, hash, scopes, project_ids, last_used_at)
            SELECT CASE WHEN id <= {projects} THEN id ELSE 1 END, 'Benchmark',
                left(key, 4) || '...' || right(key, 4),
                'sha256$' || encode(sha256(convert_to(key, 'UTF8')), 'hex'), '{{*}}',
                CASE WHEN id > {projects} THEN ARRAY[id] END, now()
            FROM {every}, LATERAL (SELECT 'phx_' || lpad(id::text, 43, '0')) AS k (key)""",
    ]


# Sixteen documents, about half of which compresses away, as text does; whole here, so that each table that they go
# into compresses them by its own method: what is compressed already is copied as it is.
DOCUMENTS = """CREATE TEMP TABLE document (d integer, body jsonb);
ALTER TABLE document ALTER body SET STORAGE EXTERNAL;
INSERT INTO document SELECT d, jsonb_build_object('patterns', (
    SELECT jsonb_agg(jsonb_build_object('pattern_id', i, 'pattern_name', 'Pattern ' || md5(d || 'name' || i),
        'pattern_description', repeat('Visitors go back and forth. ', 3) || md5(d || 'text' || i),
        'severity', 'medium', 'indicators', jsonb_build_array(md5(d || 'a' || i), md5(d || 'b' || i))))
    FROM generate_series(1, greatest(1, {size} / 330)) AS i))
FROM generate_series(0, 15) AS d"""

SUMMARY = """INSERT INTO session_group.summaries
    (project_id, id, title, session_ids, summary, run_metadata, created_at, created_by_id)
SELECT {project}, {id}, {title}, {sessions}, {summary}, {metadata},
    '2026-01-01T00:00:00.000123Z'::timestamptz + n * interval '1 minute', {creator}
FROM {rows}"""


def _rows(project, rows, creator, title="'Checkout and sign-up, group ' || n", sessions="3",
          summary="NULL", metadata="NULL"):
    return SUMMARY.format(
        project=project, id=sql_id("n"), rows=rows, creator=creator, title=title, summary=summary,
        metadata=metadata,
        sessions=sessions if not sessions.isdigit() else
        f"ARRAY[{', '.join(f'md5(n || $${i}$$)' for i in range(int(sessions)))}]")


def _main(sizes):
    # By time and not by project, so that a project's rows lie scattered as they do in life.
    return [
        DOCUMENTS.format(size=sizes.document),
        _rows("p", f"generate_series(1, {sizes.rows}) AS n, generate_series(1, {sizes.projects}) AS p, "
              "LATERAL (SELECT body FROM document WHERE d = (n + p) % 16) AS d",
              f"(p - 1 - n % {MEMBERSHIPS} + {sizes.projects}) % {sizes.projects} + 1",
              sessions="5", summary="body", metadata="""'{"model": "example-large-2", "sessions": 5}'"""),
    ]


BATCH = 5_000      # rows of one project in a transaction


def _numbers(count):
    """FROM items whose n together run from 1 to count, a batch each."""
    for first in range(1, count + 1, BATCH):
        yield f"generate_series({first}, {min(first + BATCH - 1, count)}) AS n"


def _large(sizes):
    return [_rows(LARGE, numbers, f"1 + n % {MEMBERSHIPS}", sessions="2") for numbers in _numbers(sizes.large)]


def _search(sizes):
    every = max(1, sizes.search // SEARCH_HITS)
    is_hit = f"n % {every} = 0 AND n / {every} <= {SEARCH_HITS}"
    title = f"'Friction in step ' || md5(n::text) || CASE WHEN {is_hit} THEN ' of the {NEEDLE}' ELSE '' END"
    sessions = (f"ARRAY[md5(n || 'a'), md5(n || 'b')]"
                f" || CASE WHEN {is_hit} THEN '{{{NEEDLE_SESSION}}}'::text[] ELSE '{{}}' END")
    return [_rows(SEARCH, numbers, f"1 + n % {MEMBERSHIPS}", title=title, sessions=sessions)
            for numbers in _numbers(sizes.search)]


def _doomed(sizes):
    def rows(count, first, peers):
        return _rows("p", f"generate_series(1, {count}) AS n, generate_series({first}, {first + peers - 1}) AS p", "1")
    return [rows(sizes.doomed, DOOMED, 4), rows(sizes.http_doomed, DELETED, 5)]


def load(url, sizes, say):
    """Load everything through the table itself, its triggers and constraints on."""
    start = time.monotonic()
    run(url, *people(sizes.projects, SPECIAL))
    run_side_by_side(url, *[part(sizes) for part in (_large, _main, _search, _doomed)])
    run(url, "VACUUM (ANALYZE, FREEZE)")
    (size,), = run(url, "SELECT pg_size_pretty(pg_total_relation_size('session_group.summaries'))")
    loaded = (f"{sizes.projects} projects × {sizes.rows:,} summaries (documents of {sizes.document:,} bytes), "
              f"one of {sizes.large:,}, one of {sizes.search:,} for searches; {size}, {MEMBERSHIPS} users a project; "
              f"by INSERT … SELECT with all triggers and constraints, {BATCH:,} rows of the large ones in a "
              f"transaction, then VACUUM (ANALYZE, FREEZE), in {time.monotonic() - start:.0f} s")
    say(f"loaded {loaded}")
    return loaded
