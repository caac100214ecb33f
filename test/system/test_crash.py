"""The short form of test/crash.py: a blow of most kinds, and that its checks see a loss."""

import contextlib
import json
import random

import pytest
from crash import Campaign, Change, Lost, OPTIONS, Row, new_content
from servers import Servers

KINDS = ["backend", "postmaster", "PostgREST", "nginx", "immediate stop"]
SEED = 1


@pytest.fixture(scope="module")
def campaign():
    """After the blows: what is left is right, or this fails."""
    kinds = random.Random(SEED).sample(KINDS, len(KINDS))
    with Servers(*OPTIONS) as servers:
        campaign = Campaign(servers, SEED, 4)
        campaign.run(kinds, 0.3)
        yield campaign


def test_nothing_is_lost(campaign):
    assert campaign.counter["acknowledged"] > 50
    assert all(campaign.counter[f"killed: {kind}"] == 1 for kind in KINDS)
    campaign.check()
    campaign.check_log()


@pytest.fixture()
def edit(campaign):
    """Runs SQL as only a fault could: past the triggers."""
    with contextlib.closing(campaign.servers.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield lambda sql, *values: cursor.execute(sql, values)


@pytest.fixture()
def row(campaign):
    return next(row for writer in campaign.writers for row in writer.rows)


def test_half_a_row_is_seen(campaign, edit, row):
    for column, other in (("title", "half"), ("session_ids", ["half"]), ("summary", '"half"')):
        edit(f"UPDATE session_group.summaries SET {column} = %s WHERE id = %s", other, row.id)
        with pytest.raises(Lost, match="half there"):
            campaign.check()
        put_back(campaign, edit, row)
    campaign.check()


def put_back(campaign, edit, row):
    edit("UPDATE session_group.summaries SET title = %s, session_ids = %s, summary = %s, version = %s WHERE id = %s",
         row.content["title"], row.content["session_ids"], json.dumps(row.content["summary"]), row.version, row.id)


def test_another_version_is_seen(campaign, edit, row):
    edit("UPDATE session_group.summaries SET version = version + 1 WHERE id = %s", row.id)
    with pytest.raises(Lost, match="expected"):
        campaign.check()
    put_back(campaign, edit, row)


def test_a_row_that_is_gone_or_too_many_is_seen(campaign, row):
    rows = next(writer.rows for writer in campaign.writers if row in writer.rows)
    rows.append(Row(new_content(random.Random(0), "gone"), "01a20900-0000-7000-8000-000000000000"))
    with pytest.raises(Lost, match="gone"):
        campaign.check()
    rows.pop()
    rows.remove(row)
    with pytest.raises(Lost, match="never made"):
        campaign.check()
    rows.append(row)


def test_a_wrong_count_is_seen(campaign, edit):
    # What a replica inserts is left out, since it counts for itself.
    edit("SET session_replication_role = origin")
    edit("INSERT INTO session_group.project_counts VALUES (%s, pg_current_xact_id(), 1, 0)", campaign.project)
    with pytest.raises(Lost, match="counts"):
        campaign.check()
    edit("INSERT INTO session_group.project_counts VALUES (%s, pg_current_xact_id(), -1, 0)", campaign.project)
    campaign.check()


def test_a_transaction_of_which_half_is_there_is_seen(campaign, row):
    writer = next(writer for writer in campaign.writers if row in writer.rows)
    writer.put_in_doubt([Change("update", row, row.content), Change("create", Row(None), new_content(random.Random(1), "other half"))])
    with pytest.raises(Lost, match="half of it"):
        campaign.check()
    writer.doubts.clear()
    writer.rows.append(row)


def test_wrong_activity_is_seen(campaign, row):
    row.changes.append("updated")
    with pytest.raises(Lost, match="activity"):
        campaign.check()
    row.changes.pop()
    campaign.check()
