"""What was erased is in no file of the database.

Files are searched for words, ids and numbers as they are stored: before, where each must be found, and after a checkpoint
and what docs/administration.md says to run. (WAL and backups are not searched: that page says what they keep.)
"""

import re
import subprocess
import uuid

import psycopg2
import pytest
import requests
from servers import REPO, Maker, Servers

PAGE = (REPO / "docs" / "administration.md").read_text(encoding="utf-8")
# Words that are nowhere else, and that no compression breaks up, since they are short and come early.
SUMMARY = {name: f"qz{name}xv" for name in ("title", "session", "pattern", "description", "indicator", "context", "model", "renamed")}
PERSON = {name: f"zq{name}vx" for name in ("email", "first", "last", "distinct", "label")}


@pytest.fixture()
def stack():
    with Servers("--set", "fsync = off", "--set", "wal_level = minimal", "--set", "max_wal_senders = 0", "--set", "autovacuum = off") as servers:
        yield servers


def run(stack, sql, *values):
    with stack.admin.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else None


def files_with(stack, needles):
    """{needle: files of the database's directory that have it}, after a checkpoint."""
    run(stack, "CHECKPOINT")
    ((directory,),) = run(stack, "SELECT current_setting('data_directory')")
    ((path,),) = run(stack, "SELECT 'base/' || oid FROM pg_database WHERE datname = current_database()")
    found = {name: [] for name in needles}
    for file in sorted((REPO / directory / path).iterdir()):
        content = file.read_bytes()
        for name, needle in needles.items():
            if needle in content:
                found[name].append(file.name)
    return found


def clean(stack):
    """What the page says to run."""
    (block,) = re.findall(r"^## Forget [^\n]*\n.*?^```sql\n(VACUUM.*?)^```", PAGE, re.M | re.S)
    subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", stack.database_url], input=block, text=True, check=True)


def body(words):
    return {"title": words["title"], "session_ids": [words["session"]], "run_metadata": {"model_used": words["model"]},
            "extra_summary_context": {"focus": words["context"]},
            "summary": {"patterns": [{"pattern_name": words["pattern"], "severity": "high", "pattern_description": words["description"],
                                      "indicators": [words["indicator"]]}]}}


@pytest.fixture()
def world(stack):
    """A project with Ines, whose key has made a summary over HTTP, and with others who stay."""
    make = Maker(stack.admin)
    project = make.project()
    ines, other = (run(stack, "SELECT id FROM session_group.create_user(%s, %s, %s, %s)", f"{p['email']}@example.com", p["first"], p["last"], p["distinct"])[0][0]
                   for p in (PERSON, {name: "stays" + name for name in PERSON}))
    keys = {}
    for user in (ines, other):
        run(stack, "SELECT session_group.add_member(%s, %s)", project, user)
        ((keys[user],),) = run(stack, "SELECT session_group.create_api_key(%s, %s, '{*}')", user, PERSON["label"] if user == ines else "stays")

    def send(user, method, path, words=None, **headers):
        answer = requests.request(method, f"{stack.url}/api/projects/{project}/session_group_summaries/{path}", timeout=60,
                                  headers={"Authorization": f"Bearer {keys[user]}", **headers}, json=words and body(words))
        assert answer.ok, answer.text
        return answer.json() if answer.text else None

    made = send(ines, "POST", "", SUMMARY, **{"Idempotency-Key": "once"})["id"]
    send(other, "PATCH", f"{made}/", {**SUMMARY, "title": SUMMARY["renamed"]})
    others = [send(user, "POST", "", {name: f"stays{name}{user}" for name in SUMMARY}, **{"Idempotency-Key": "twice"})["id"] for user in (ines, other)]
    return {"project": project, "ines": ines, "other": other, "keys": keys, "made": made, "others": others, "send": send}


def test_L30_nothing_is_left_of_a_summary(stack, world):
    needles = {**{name: word.encode() for name, word in SUMMARY.items()}, "id": uuid.UUID(world["made"]).bytes, "id as text": world["made"].encode(),
               "stays": b"staystitle"}
    before = files_with(stack, needles)
    assert all(before.values()), before
    run(stack, "SELECT session_group.erase_summary(%s, %s)", world["project"], world["made"])
    clean(stack)
    after = files_with(stack, needles)
    assert after.pop("stays") and not any(after.values()), after
    # The numbers go on, and those who follow the feed see that something was erased.
    feed = run(stack, "SELECT seq, activity, summary_id::text, changes, user_id, api_key, request_id FROM session_group.activity_since(%s, 0)", world["project"])
    assert [row[1:] for row in feed[2:]] == [("deleted", str(uuid.UUID(int=0)), [], None, None, None)]
    assert [row[2] for row in feed[:2]] == world["others"] and [row[0] for row in feed] == sorted(row[0] for row in feed)
    for check in ("check_counts", "check_rows", "posture_objects", "posture_rights"):
        assert run(stack, f"SELECT * FROM session_group.{check}()") == []
    # What was kept for the other request is still its answer, and what was erased can be made again.
    assert world["send"](world["other"], "POST", "", {name: f"stays{name}{world['other']}" for name in SUMMARY}, **{"Idempotency-Key": "twice"})["id"] == world["others"][1]
    assert world["send"](world["ines"], "POST", "", SUMMARY, **{"Idempotency-Key": "once"})["id"] != world["made"]


def test_L30_of_one_that_was_deleted_before(stack, world):
    world["send"](world["ines"], "DELETE", f"{world['made']}/")
    world["send"](world["other"], "PATCH", f"{world['others'][0]}/", {name: "later" + name for name in SUMMARY})
    run(stack, "SELECT session_group.erase_summary(%s, %s)", world["project"], world["made"])
    ((records, answers),) = run(stack, "SELECT (SELECT count(*) FROM session_group.activity WHERE project_id = %s), (SELECT count(*) FROM session_group.idempotency_keys)", world["project"])
    assert (records, answers) == (3, 2)
    with pytest.raises(psycopg2.errors.NoDataFound, match="nothing is kept of summary"):
        run(stack, "SELECT session_group.erase_summary(%s, %s)", world["project"], world["made"])


def test_L30_nothing_is_left_of_a_person(stack, world):
    ((person,),) = run(stack, "SELECT uuid::text FROM session_group.users WHERE id = %s", world["ines"])
    ((hash_, mask),) = run(stack, "SELECT hash, mask FROM session_group.api_keys WHERE user_id = %s", world["ines"])
    needles = {**{name: word.encode() for name, word in PERSON.items()}, "uuid": uuid.UUID(person).bytes, "hash": hash_.encode(), "mask": mask.encode(),
               "stays": b"staysemail"}
    before = files_with(stack, needles)
    assert all(before.values()), before
    run(stack, "SELECT session_group.erase_user(%s)", world["ines"])
    clean(stack)
    after = files_with(stack, needles)
    assert after.pop("stays") and not any(after.values()), after
    records = run(stack, "SELECT to_jsonb(a) - 'at' FROM session_group.activity a WHERE project_id = %s ORDER BY seq", world["project"])
    assert not [r for (r,) in records if r["user_id"] == world["ines"] or {"created_by": world["ines"]} in [{c["field"]: c.get(when)} for c in r["changes"] for when in ("before", "after")]]
    # Who was the creator of two is the creator of none; the records say that somebody was.
    ended = [r["changes"] for (r,) in records if r["user_id"] is None and r["activity"] == "updated"]
    assert ended == [[{"field": "created_by", "before": None, "after": None}]] * 2
    assert run(stack, "SELECT count(*), count(created_by_id) FROM session_group.summaries WHERE project_id = %s", world["project"]) == [(3, 1)]
    answer = requests.get(f"{stack.url}/api/users/@me/", headers={"Authorization": f"Bearer {world['keys'][world['ines']]}"}, timeout=60)
    assert answer.status_code == 401
    for check in ("check_counts", "check_rows"):
        assert run(stack, f"SELECT * FROM session_group.{check}()") == []


def test_who_may_not_forget(stack, world):
    for arguments, error in (("erase_summary(NULL, gen_random_uuid())", psycopg2.errors.NullValueNotAllowed), ("erase_summary(1, NULL)", psycopg2.errors.NullValueNotAllowed),
                             ("erase_user(NULL)", psycopg2.errors.NullValueNotAllowed), ("erase_user(-1)", psycopg2.errors.NoDataFound)):
        with pytest.raises(error):
            run(stack, f"SELECT session_group.{arguments}")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run(stack, "BEGIN; SET LOCAL ROLE session_group_api; SELECT session_group.erase_user(1)")
    run(stack, "ROLLBACK")
    # Another project's summary stays where this one's is asked for.
    with pytest.raises(psycopg2.errors.NoDataFound):
        run(stack, "SELECT session_group.erase_summary(%s, %s)", world["project"] + 1, world["made"])
    # An administrator, not only a superuser.
    run(stack, "SET ROLE session_group_admin")
    run(stack, "SELECT session_group.erase_summary(%s, %s), session_group.erase_user(%s)", world["project"], world["made"], world["ines"])
    run(stack, "RESET ROLE")
