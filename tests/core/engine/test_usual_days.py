"""What a usual day brings is counted as writes are noted, and was counted once when the counter came (R24)."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from mlc.contract import Operation, Strategy
from mlc.engine.intents import Intent, insert_intents
from mlc.engine.states import IntentState
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store import migrations
from mlc.store.database import Database, connect_database
from mlc.store.keys import Keys
from mlc.store.migrations import upgrade
from mlc.store.schema import creates
from sqlalchemy import Connection, select, text

DAYS = {
    ("p", "bill", "2026-11-18"): 2,
    ("p", "bill", "2026-11-19"): 1,
    ("p", "payment", "2026-11-19"): 1,
    ("q", "bill", "2026-11-19"): 1,
}


@pytest.fixture
def intent() -> Intent:
    values: dict[str, Any] = dict.fromkeys(one.name for one in fields(Intent))
    own = {"operation": Operation.CREATE, "strategy": Strategy.UNIQUE_FIELD, "payload": b"{}", "part": "main"}
    own |= {"side": Side.RIGHT, "source_side": Side.LEFT, "source_id": "1", "object_type": ObjectType.BILL}
    own |= {"state": IntentState.PLANNED, "attempt": 0, "generation": 0, "fence": 0, "record_key": "k"}
    return Intent(**(values | own))


def counted(connection: Connection) -> dict[tuple[str, str, str], int]:
    rows = connection.execute(select(creates)).all()
    return {(row.pairing, row.object_type, row.day): row.made for row in rows}


def send(database: Database, intent: Intent, day: str, *ids: int, pairing: str = "p", **changes: Any) -> None:
    made = [replace(intent, id=f"{pairing}{one}", record_id=one, **changes) for one in ids]
    with database.write() as tx:
        insert_intents(tx, made, pairing=pairing, connection="c", run_id=None, now=f"{day}T10:00:00.000000Z")


def test_creates_are_counted_by_day_and_an_older_database_gets_the_same_counts(tmp_path: Path, intent: Intent) -> None:
    database = connect_database(tmp_path / "mlc.db")
    database.seal_with(lambda: Keys(current=b"k" * 32))
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with database.write() as tx:
        upgrade(tx)
    send(database, intent, "2026-11-18", 1)
    send(database, intent, "2026-11-18", 2)
    send(database, intent, "2026-11-19", 3, 4, operation=Operation.UPDATE)
    send(database, intent, "2026-11-19", 5)
    send(database, intent, "2026-11-19", 8, part="image")
    send(database, intent, "2026-11-19", 6, object_type=ObjectType.PAYMENT)
    send(database, intent, "2026-11-19", 7, pairing="q")
    with database.read() as connection:
        assert counted(connection) == DAYS
    with database.write() as tx:
        for table in ("creates", "tellings", "arrivals"):
            tx.execute(text(f"DROP TABLE {table}"))
        tx.execute(text("DROP INDEX ix_registers_unlooked"))
        added = [("registers", "looked"), ("runs", "boot"), ("intents", "sent_mark"), ("intents", "late_mark")]
        added += [("acceptances", "seen")]
        for table, column in (*added, ("inbox", "moved_to"), ("notices", "moved_to")):
            tx.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        config.attributes["connection"] = tx
        command.stamp(config, "0006")
        upgrade(tx)
        assert counted(tx) == DAYS
    database.close()
