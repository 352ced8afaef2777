"""A party that its own side does not list, and that is inactive in the target under the same name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlc.engine.namesakes import only_inactive
from mlc.engine.registers import EMPTY, name_key
from mlc.recipes import Side
from mlc.records import ObjectType, Ref
from mlc.store.database import Database, open_database
from mlc.store.schema import records, registers
from sqlalchemy import insert

PAIRING, VENDOR = "main", ObjectType.VENDOR
NOW = "2026-11-01T00:00:00.000000Z"
THERE = {"Quiet Pier": (0,), "Open Pier": (1,), "Both Piers": (0, 1), "Two Quays": (0, 0), "Known Pier": (0,)}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "mlc.db")
    shared = {"pairing": PAIRING, "object_type": VENDOR.value}
    rows = [(name, live) for name, lives in THERE.items() for live in lives]
    with database.write() as tx:
        for number, (name, live) in enumerate(rows):
            told = {"external_id": str(number), "seen_at": NOW, "name_key": name_key(name), "live": live}
            tx.execute(insert(registers).values(EMPTY | shared | told | {"side": "left"}))
        tx.execute(
            insert(records).values(
                side="right",
                external_id="V9",
                read_type=VENDOR.value,
                state="pending",
                seen_at=NOW,
                changed_at=NOW,
                **shared,
            )
        )
    yield database
    database.close()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("quiet  PIER", "V1", True),
        ("Two Quays", "V1", True),
        ("Open Pier", "V1", False),
        ("Both Piers", "V1", False),
        ("Unknown Pier", "V1", False),
        ("Known Pier", "V9", False),  # its own side lists it
        (None, "V1", False),
    ],
)
def test_it_is_told_by_its_name_alone(database: Database, name: str | None, code: str, said: bool) -> None:
    with database.read() as connection:
        ref = Ref(record_type=VENDOR, source_id=code, name=name)
        assert only_inactive(connection, PAIRING, Side.RIGHT, VENDOR, ref) is said
