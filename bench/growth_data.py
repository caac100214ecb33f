"""Projects of very different size in one database, alike in all but the number of their summaries.

Each has its summaries evenly over the last year, two sessions and one pattern in each. A needle is in as many summaries
of every project, whatever its size: in title, text, session and severity. Other searches find a tenth of a project.
"""

import concurrent.futures
import time

import world

NEEDLES = 50
PLACES = "checkout voucher basket payment address login profile filter review invoice".split()
TENTH = PLACES[0]   # in the titles of a tenth of a project
BATCH = 5_000       # summaries in a transaction
SMALL = 1_000       # summaries of each of the many small projects
LAST_ID = world.sql_id(2 ** 40)     # of those that are loaded; what is created later has higher ones


def project_of(size):
    """The id of the project with so many summaries; those of the many begin at 1."""
    return 1_000_000_000 + size


# A thousand documents of one pattern, whose words occur in as many of them, and once more with the needle.
PREPARE = ["CREATE SCHEMA bench_growth", "CREATE TABLE bench_growth.progress (part text PRIMARY KEY, batches bigint NOT NULL)",
           "CREATE UNLOGGED TABLE bench_growth.took (peer text NOT NULL, nanoseconds bigint NOT NULL, pages bigint NOT NULL)",
           f"""CREATE TABLE bench_growth.documents AS
SELECT d, is_needle, jsonb_build_object('patterns', jsonb_build_array(jsonb_build_object('pattern_id', 1,
        'pattern_name', initcap(name), 'pattern_description', words || CASE WHEN is_needle THEN ' {world.NEEDLE}' ELSE '' END,
        'severity', CASE WHEN is_needle THEN 'critical' WHEN d % 10 = 3 THEN 'high' WHEN d % 2 = 0 THEN 'medium' ELSE 'low' END,
        'indicators', jsonb_build_array('rage clicks'), 'sessions_affected', d % 17, 'occurrences', d % 31))) AS body
FROM generate_series(0, 999) AS d, (VALUES (false), (true)) AS v (is_needle),
    LATERAL (SELECT string_agg(translate(left(md5('word' || (d * 7 + i * i * 31) % 1000), 7), '0123456789', 'ghijklmnop'), ' ' ORDER BY i) AS words
        FROM generate_series(1, 15) AS i) AS w,
    LATERAL (SELECT left(words, 23) AS name) AS n""",
           "CREATE UNIQUE INDEX ON bench_growth.documents (d, is_needle)", "ANALYZE bench_growth.documents"]

# number: of the summary in its project of so many rows, the oldest first.
SUMMARIES = f"""INSERT INTO session_group.summaries (project_id, id, title, session_ids, summary, created_at, created_by_id)
SELECT {{project}}, {world.sql_id("n")}, 'Friction in the ' || ('{{{{{",".join(PLACES)}}}}}'::text[])[1 + n % 10] || ' ' || left(md5(n::text), 6)
        || CASE WHEN h.is_needle THEN ' of the {world.NEEDLE}' ELSE '' END,
    ARRAY[md5(n || 'a'), CASE WHEN h.is_needle THEN '{world.NEEDLE_SESSION}' ELSE md5(n || 'b') END],
    d.body, now() - ({{rows}} - n) * (interval '365 days' / {{rows}}), {{creator}}
FROM {{numbers}} CROSS JOIN LATERAL (SELECT n % ({{rows}} / {NEEDLES}) = 0 AS is_needle) AS h
    JOIN bench_growth.documents AS d ON d.d = n % 1000 AND d.is_needle = h.is_needle"""


def _of_one(size):
    for first in range(1, size + 1, BATCH):
        yield SUMMARIES.format(project=project_of(size), rows=size, creator=f"1 + n % {world.MEMBERSHIPS}",
                               numbers=f"generate_series({first}, {min(first + BATCH - 1, size)}) AS n")


def _of_many(projects):
    """By time and not by project, so that a project's rows lie scattered as they do in life."""
    together = min(projects, BATCH)
    for number in range(1, SMALL + 1, BATCH // together):
        for first in range(1, projects + 1, together):
            yield SUMMARIES.format(
                project="p", rows=SMALL, creator=f"(p - 1 - n % {world.MEMBERSHIPS} + {projects}) % {projects} + 1",
                numbers=f"generate_series({number}, {min(number + BATCH // together - 1, SMALL)}) AS n"
                        f" CROSS JOIN generate_series({first}, {min(first + together - 1, projects)}) AS p")


def _load_part(url, part, batches, say):
    """Go on where an earlier run was interrupted; each batch is one transaction."""
    connection = world.connect(url, options="-c synchronous_commit=off -c work_mem=64MB")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_growth.progress VALUES (%s, 0) ON CONFLICT DO NOTHING", (part,))
        cursor.execute("SELECT batches FROM bench_growth.progress WHERE part = %s", (part,))
        done, = cursor.fetchone()
        for number, batch in enumerate(batches, 1):
            if number > done:
                cursor.execute("BEGIN")
                cursor.execute(batch)
                cursor.execute("UPDATE bench_growth.progress SET batches = %s WHERE part = %s", (number, part))
                cursor.execute("COMMIT")
                if number % 100 == 0:
                    say(f"loaded {part}: {number * BATCH:,}")
    connection.close()


def _prepare(url, projects, sizes):
    (exists,), = world.run(url, "SELECT to_regnamespace('bench_growth') IS NOT NULL")
    if not exists:
        world.run(url, *world.people(projects, map(project_of, sizes)), *PREPARE)


def load(url, sizes, projects, say):
    """Load a project of each size and so many of SMALL, through the table itself, its triggers and constraints on."""
    start = time.monotonic()
    _prepare(url, projects, sizes)
    parts = [(f"one of {size:,}", _of_one(size)) for size in sizes]
    if projects:
        parts.append((f"{projects:,} of {SMALL:,}", _of_many(projects)))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(_load_part, url, part, batches, say) for part, batches in reversed(parts)]:
            done.result()
    world.run(url, "VACUUM (ANALYZE, FREEZE)")
    (size,), = world.run(url, "SELECT pg_size_pretty(pg_database_size(current_database()))")
    loaded = f"loaded {', '.join(part for part, _ in parts)} summaries, {BATCH:,} in a transaction, in {time.monotonic() - start:.0f} s; {size}"
    say(loaded)
    return loaded
