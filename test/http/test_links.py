"""Links and pages against Django REST framework's LimitOffsetPagination.

Random counts, limits, offsets and query strings go to the server and to the framework, which is set
up with this API's limits and asked about the same rows. SESSION_GROUP_TEST_SEED=<the number that was
printed> repeats a run.
"""

import os
import random
import secrets
import string
from urllib.parse import parse_qsl

import django
import pytest
from django.conf import settings
from django.http import HttpRequest

settings.configure(ALLOWED_HOSTS=["*"], DATABASES={}, SECRET_KEY="tests", USE_TZ=True)
django.setup()

from django.test import RequestFactory  # noqa: E402
from rest_framework.pagination import LimitOffsetPagination  # noqa: E402
from rest_framework.request import Request  # noqa: E402


SEED = int(os.environ.get("SESSION_GROUP_TEST_SEED") or secrets.randbits(32))
SAMPLES = 1500
COUNTS = [0, 1, 2, 3, 10, 99, 100, 101, 250, 1000, 1001, 1234]


class Pagination(LimitOffsetPagination):
    default_limit = 100
    max_limit = 1000


def framework_page(host, target, rows):
    """What the framework makes of a request: the page of rows, and its links."""
    http_request = RequestFactory().get(target, HTTP_HOST=host)
    assert isinstance(http_request, HttpRequest)
    pagination = Pagination()
    page = pagination.paginate_queryset(rows, Request(http_request))
    return pagination.get_paginated_response(page).data


def number(rng, count):
    """A limit or offset, as people and programs write them: mostly near an edge, now and then junk."""
    near = [0, 1, 2, 99, 100, 101, 999, 1000, 1001, count - 1, count, count + 1, count - 100, count - 1000]
    return rng.choice(
        [
            lambda: str(rng.choice(near)),
            lambda: str(rng.choice(near)),
            lambda: str(rng.randint(0, count + 5)),
            lambda: str(rng.randint(0, 2000)),
            lambda: str(rng.randint(0, 2000)),
            lambda: str(rng.randint(-5, 10**12)),
            lambda: "0" * rng.randint(1, 4) + str(rng.randint(0, 200)),
            lambda: rng.choice(["", "-", "abc", "1.5", "1e2", "0x1", "1,000", "ten", "%00", "--1", "%C3%A9"]),
        ]
    )()


def word(rng):
    """A parameter's name or value, raw: escaped, half escaped, and not escaped at all."""
    plain = string.ascii_letters + string.digits + "_.-~:/?@!$'()*,;[]{}|^`<>\"\\"
    pieces = [
        lambda: "".join(rng.choice(plain) for _ in range(rng.randint(1, 6))),
        lambda: "+",
        lambda: rng.choice(["%20", "%2B", "%26", "%3D", "%25", "%2f", "%3a", "%0a", "%00", "%7E", "%41"]),
        lambda: "".join(f"%{b:02x}" for b in rng.choice(["é", "Ω", "漢", "😀", "\u2028"]).encode()),
        lambda: rng.choice(["%", "%z", "%4", "%%", "%e"]),
        lambda: "=",
    ]
    return "".join(rng.choice(pieces)() for _ in range(rng.randint(0, 4)))


def is_utf8(text):
    from urllib.parse import unquote_to_bytes

    try:
        unquote_to_bytes(text).decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


# Parameters that the list reads for itself have their own tests; here only values that hide no row.
READ = ["order=", "search=", "date_from=", "date_to=", "order=-created_at", "date_to=9999-12-31",
        "date_from=0001-01-01T00:00:00Z"]


def query(rng, count):
    parts = []
    if rng.random() < 0.8:
        parts.append("limit=" + number(rng, count))
    if rng.random() < 0.8:
        parts.append("offset=" + number(rng, count))
    if rng.random() < 0.1:
        parts.append(rng.choice(["limit", "offset", "limit=", "offset=7", "limit=3"]))
    if rng.random() < 0.3:
        parts.append(rng.choice(READ))
    for _ in range(rng.choice([0, 0, 1, 1, 2, 5])):
        part = word(rng) + rng.choice(["=", "=", "=", ""]) + word(rng)
        # The contract has no rule for what is not UTF-8. By chance a name may be one that the list reads.
        if is_utf8(part) and not any(name == "q" for name, _ in parse_qsl(part, keep_blank_values=True)):
            parts.append(part)
    if parts and rng.random() < 0.2:
        parts.append(rng.choice(parts))
    if rng.random() < 0.1:
        parts.append("")
    rng.shuffle(parts)
    return "&".join(parts)


@pytest.fixture(scope="module")
def shelves(world):
    """Projects of many sizes: path and rows."""
    made = []
    for count in COUNTS:
        project = world.new_project()
        world.add_member(project, world.people["ada"]["id"])
        made.append((f"/api/projects/{project}/session_group_summaries", world.fill_project(project, count)))
    return made


def test_against_the_framework(world, shelves):
    print(f"SESSION_GROUP_TEST_SEED={SEED}")
    rng = random.Random(SEED)
    hosts = [world.client.netloc, "sessions.example.com", "sessions.example.com:8443"]
    for sample in range(SAMPLES):
        path, rows = rng.choice(shelves)
        target = path + rng.choice(["/", "/", ""])
        asked = query(rng, len(rows))
        if asked or rng.random() < 0.5:
            target += "?" + asked
        host = rng.choice(hosts)
        expected = framework_page(host, target, rows)
        answer = world.call("GET", target, key="read", headers={"Host": host})
        where = f"sample {sample} of seed {SEED}: GET {target}"
        assert answer.status == 200, f"{where}\n{answer}"
        page = answer.json()
        assert page["count"] == expected["count"], where
        assert page["next"] == expected["next"], where
        assert page["previous"] == expected["previous"], where
        assert [r["id"] for r in page["results"]] == expected["results"], where
