"""Each guard of "a write happens once" on its own: take it out, and one of these fails (R44f)."""

from pathlib import Path
from typing import Any

import pytest
from faultbench.people import People
from faultbench.vendorcases import MATCH
from faultbench.world import SWITCHES, TIMING, open_world
from mlc.engine.intents import Change, apply_changes, load_intents
from mlc.engine.states import IntentState
from mlc.errors import StoreError
from mlc.store.database import Database, open_database
from mlc.store.schema import intents
from sqlalchemy import Connection, insert, text, update
from sqlalchemy.exc import IntegrityError

NOW = "2026-11-20T10:00:00.000000+00:00"


# -------------------------------------------------------------------- without them the judge finds something


def test_without_the_quarantine_a_late_write_becomes_a_duplicate(tmp_path: Path) -> None:
    assert late_write(tmp_path / "without", without="quarantine")
    assert not late_write(tmp_path / "with", without=None)


def test_without_the_permit_a_plugin_that_sends_twice_makes_a_duplicate(tmp_path: Path) -> None:
    assert sent_twice(tmp_path / "without", without="permit")
    assert not sent_twice(tmp_path / "with", without=None)


def late_write(folder: Path, *, without: str | None) -> list[str]:
    """A bill whose create arrives minutes after its connection broke, with eager runs meanwhile."""
    guards = {} if without is None else {"FAULTS_WITHOUT": without}
    with open_world(folder, switches=SWITCHES["search"], timing=TIMING | {"applies_within_s": 400.0}) as world:
        people = People(world)
        world.settle()
        people.do("create")
        world.fault(MATCH["create"], "commit_late", seconds=300.0)
        for _ in range(3):
            world.run(environ=guards)
        world.go_ahead(310)
        world.settle()
        return people.problems()


def sent_twice(folder: Path, *, without: str | None) -> list[str]:
    """A bill that the plugin pushes twice in one call."""
    guards = {} if without is None else {"FAULTS_WITHOUT": without}
    with open_world(folder, switches=SWITCHES["search"], timing=TIMING) as world:
        people = People(world)
        world.settle()
        people.do("create")
        world.run(environ={"FAULTS_PUSH": "twice", **guards})
        world.settle()
        return people.problems()


# -------------------------------------------------------------------- the store's own guards


@pytest.fixture
def database(tmp_path: Path) -> Any:
    """An empty one."""
    opened = open_database(tmp_path / "mlc.db")
    yield opened
    opened.close()


def put_intent(tx: Connection, **changes: Any) -> None:
    """A create of a bill, being sent."""
    row = {
        "id": "a",
        "pairing": "main",
        "connection": "books",
        "record_id": 1,
        "side": "right",
        "object_type": "bill",
        "part": "main",
        "operation": "create",
        "state": "sending",
        "strategy": "search",
        "record_key": "procurify:bill:1",
        "natural_key": "v1/0042",
        "payload_digest": "0",
        "source_side": "left",
        "source_id": "1",
        "fence": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    tx.execute(insert(intents).values(**(row | changes)))


@pytest.mark.parametrize("state", ["planned", "sending", "accepted", "uncertain", "held"])
def test_a_record_cannot_have_two_open_writes(database: Database, state: str) -> None:
    with database.write() as tx:
        put_intent(tx, state=state)
    with pytest.raises(IntegrityError), database.write() as tx:
        put_intent(tx, id="b", state="planned", natural_key=None)


@pytest.mark.parametrize("state", ["sending", "accepted", "uncertain"])
def test_a_document_cannot_be_on_its_way_twice_for_two_records(database: Database, state: str) -> None:
    with database.write() as tx:
        put_intent(tx, state=state)
    with pytest.raises(IntegrityError), database.write() as tx:
        put_intent(tx, id="b", record_id=2)


def test_a_settled_write_leaves_room_for_the_next(database: Database) -> None:
    with database.write() as tx:
        put_intent(tx, state="confirmed")
        put_intent(tx, id="b")


def test_a_writer_whose_fence_was_taken_changes_nothing(database: Database) -> None:
    with database.write() as tx:
        put_intent(tx)
    with database.read() as connection:
        (mine,) = load_intents(connection, intents.c.id == "a")
    with database.write() as tx:
        tx.execute(update(intents).values(fence=2))
    with pytest.raises(StoreError), database.write() as tx:
        apply_changes(tx, [Change(mine, IntentState.CONFIRMED, {})], NOW)
    with database.read() as connection:
        assert connection.execute(text("SELECT state, fence FROM intents")).one() == ("sending", 2)


def test_no_write_goes_from_settled_back_to_open(database: Database) -> None:
    with database.write() as tx:
        put_intent(tx, state="confirmed")
    with database.read() as connection:
        (done,) = load_intents(connection, intents.c.id == "a")
    with pytest.raises(StoreError), database.write() as tx:
        apply_changes(tx, [Change(done, IntentState.PLANNED, {})], NOW)


def test_a_commit_is_on_the_disk_before_it_returns(database: Database) -> None:
    with database.write() as tx:
        assert tx.execute(text("PRAGMA synchronous")).scalar() == 2
        assert tx.execute(text("PRAGMA journal_mode")).scalar() == "wal"
