"""R39: matching finds the same parties whether they are kept in memory or as digests in a file."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlc.accounting.parties import PartyIndex, row_of
from mlc.engine import partylists
from mlc.engine.partylists import SpooledParties, parties_of
from mlc.engine.registers import EMPTY, put_rows
from mlc.recipes import Side
from mlc.records import SourceMeta, Vendor, dump_record
from mlc.store.database import Database, open_database
from mlc.store.keys import Keys

COUNT = 300


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "mlc.db")
    opened.seal_with(lambda: Keys(current=bytes(32)))
    yield opened
    opened.close()


def vendor(number: int, chance: random.Random) -> Vendor:
    """Few names, codes and mailboxes: many are equal."""
    return Vendor(
        source=SourceMeta(system="yard", source_id=f"V{number:05}", fetched_at=datetime(2026, 11, 20, tzinfo=UTC)),
        name=f"Harbour Paper {chance.randrange(90)}",
        vendor_code=f"C{chance.randrange(200)}" if chance.random() < 0.5 else None,
        tax_number=f"DE{chance.randrange(200):09}" if chance.random() < 0.5 else None,
    )


def fill(database: Database, seed: int) -> list[Vendor]:
    chance = random.Random(seed)
    made = [vendor(number, chance) for number in range(COUNT)]
    with database.write() as tx:
        put_rows(
            tx,
            [
                EMPTY
                | {"pairing": "p", "side": "right", "object_type": "vendor", "external_id": one.source.source_id}
                | {
                    "name_key": one.name,
                    "summary": dump_record(one),
                    "seen_at": "x",
                    "live": 1,
                    "version": None,
                    "record_id": None,
                }
                for one in made
            ],
        )
    return made


@pytest.mark.parametrize("seed", range(3))
def test_what_is_near_is_the_same_in_memory_and_in_a_file(
    database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(partylists, "FEW", COUNT - 1)
    monkeypatch.setattr(partylists, "_PAGE", 7)
    made, chance = fill(database, seed), random.Random(-seed)
    with database.read() as connection:
        there = parties_of(lambda: connection, "p", Side.RIGHT, emails={})
        assert isinstance(there, SpooledParties)
        here = PartyIndex([row_of(one) for one in made])
        found = 0
        for number in range(COUNT):
            asked = replace(row_of(vendor(number, chance)), external_id="elsewhere")
            near = there.near(asked)
            assert near == here.near(asked)
            found += len(near)
        assert found > COUNT
        assert there.near() == []


def test_few_parties_stay_in_memory(database: Database) -> None:
    fill(database, 1)
    with database.read() as connection:
        assert isinstance(parties_of(lambda: connection, "p", Side.RIGHT, emails={}), PartyIndex)
