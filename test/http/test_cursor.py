"""Reading a list by cursor: every row once, in the order of the list, whatever is written meanwhile."""

import json
import random
import secrets

import pytest
import requests

from test_filters import FILTERS

ORDERS = ["created_at", "title", "session_count", "id", "created_by"]


@pytest.fixture(scope="module")
def shelf(stack, admin, make):
    """A project whose summaries have many equal sort keys, null creators among them."""
    project = make.project()
    people = [make.user(project) for _ in range(3)]
    key = make.key(people[0])
    chance = random.Random(20261123)
    for n in range(57):
        make.summary(project, created_by=chance.choice(people + [None]),
                     title=chance.choice(["alpha", "Beta", "gamma ü", "delta"]),
                     session_ids=[str(i) for i in range(chance.randrange(3))],
                     created_at=f"2026-01-0{chance.randrange(1, 4)}T00:00:00.000001Z")
    return {"url": f"{stack.url}/api/projects/{project}/session_group_summaries/",
            "headers": {"Authorization": f"Bearer {key}"}, "project": project}


def get(shelf, url=None, **params):
    return requests.get(url or shelf["url"], params=params, headers=shelf["headers"], timeout=10)


def walk(shelf, **params):
    """All ids, page after page."""
    answer = get(shelf, cursor="", **params)
    pages = []
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        pages.append(page)
        if page["next"] is None:
            return pages
        assert "offset=" not in page["next"]
        answer = get(shelf, page["next"])


@pytest.mark.parametrize("order", [sign + name for name in ORDERS for sign in ("", "-")])
@pytest.mark.parametrize("limit", [1, 7, 57, 100])
def test_walk_is_the_list(shelf, order, limit):
    whole = get(shelf, order=order, limit=1000).json()
    pages = walk(shelf, order=order, limit=limit)
    assert [row for page in pages for row in page["results"]] == whole["results"]
    assert {page["count"] for page in pages} == {57}
    assert {page["previous"] for page in pages} == {None}
    assert all(len(page["results"]) == limit for page in pages[:-1])


def test_walk_with_filters(shelf):
    whole = get(shelf, order="created_by", search="BETA", date_from="2026-01-01", limit=1000).json()
    pages = walk(shelf, order="created_by", search="BETA", date_from="2026-01-01", limit=2)
    assert whole["count"] > 4
    assert [row for page in pages for row in page["results"]] == whole["results"]


def test_rows_that_come_and_go_lose_nothing(shelf, admin, make):
    first = get(shelf, cursor="", limit=10).json()
    last = first["results"][-1]["id"]
    later = make.summary(shelf["project"], title="new", created_at="2026-02-01")
    with admin.cursor() as cursor:
        cursor.execute("DELETE FROM session_group.summaries WHERE id = %s", (last,))
    try:
        second = get(shelf, first["next"]).json()
        whole = get(shelf, limit=1000).json()["results"]
        assert whole[0]["id"] == str(later["id"])
        assert second["results"] == whole[10:20]
    finally:
        with admin.cursor() as cursor:
            cursor.execute("DELETE FROM session_group.summaries WHERE id = %s", (later["id"],))
        make.summary(shelf["project"], id=last, title="alpha", created_at="2026-01-03T00:00:00.000001Z")


def bad(answer):
    assert answer.status_code == 400
    assert answer.json() == {"type": "validation_error", "code": "invalid_input", "attr": "cursor",
                             "detail": "Not a cursor of this list. Use the one in next, with the same order and filters."}


@pytest.mark.parametrize("order", ["created_at", "title", "session_count", "id", "created_by"])
def test_cursor_is_bound(shelf, stack, make, order):
    """To the project and the order; and it is refused when it is anything else."""
    following = get(shelf, cursor="", limit=2, order=order).json()["next"]
    cursor = requests.compat.urlparse(following).query.split("cursor=")[1].split("&")[0]
    assert get(shelf, cursor=cursor, order=order, limit=3).status_code == 200
    bad(get(shelf, cursor=cursor, order="-" + order))
    other = make.project()
    key = make.key(make.user(other))
    bad(requests.get(f"{stack.url}/api/projects/{other}/session_group_summaries/",
                     params={"cursor": cursor, "order": order},
                     headers={"Authorization": f"Bearer {key}"}, timeout=10))
    for wrong in (cursor[:-1], cursor[:-2], cursor + "00", cursor[:16], cursor.upper() + "G", "x", "0",
                  cursor[:-2] + "zz", secrets.token_hex(40)):
        if order == "title" and wrong in (cursor[:-2], cursor + "00"):
            assert get(shelf, cursor=wrong, order=order).status_code in (200, 400)
        else:
            bad(get(shelf, cursor=wrong, order=order))


@pytest.fixture(scope="module")
def alike(stack, make):
    """A project of summaries that every filter below finds, and two values for each filter."""
    project = make.project()
    user, other = make.user(project), make.user(project)
    for n in range(3):
        make.summary(project, created_by=user, title=f"alpha beta {n}", session_ids=["s1", "s2"],
                     summary=json.dumps({"patterns": [{"name": "one", "severity": "high"}, {"name": "two", "severity": "low"}]}))
    filters = {"search": ("alpha", "beta"), "created_by": (user["uuid"], other["uuid"]), "date_from": ("2026-01-01", "2026"),
               "date_to": ("2126-01-01", "2126"), "session_id": ("s1", "s2"), "q": ("alpha", "beta"), "severity": ("high", "low")}
    return {"url": f"{stack.url}/api/projects/{project}/session_group_summaries/",
            "headers": {"Authorization": f"Bearer {make.key(user)}"}, "filters": filters}


@pytest.mark.parametrize("name", FILTERS)
def test_cursor_is_bound_to_each_filter_of_the_table(alike, name):
    """A page after it is a page of the same rows, whatever the filter is."""
    value, another = alike["filters"][name]
    given = {"order": "-created_at", "limit": 1}
    pages = walk(alike, **given, **{name: value})
    assert [page["count"] for page in pages] == [3, 3, 3]
    with_it, without = (get(alike, cursor="", **given, **params).json()["next"].split("cursor=")[1].split("&")[0]
                        for params in ({name: value}, {}))
    assert get(alike, cursor=with_it, **given, **{name: value}).status_code == 200
    bad(get(alike, cursor=with_it, **given, **{name: another}))
    bad(get(alike, cursor=with_it, **given))
    bad(get(alike, cursor=without, **given, **{name: value}))
