"""Late doubles are looked for where something changed, and found as if everything were looked at each time (R3)."""

import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from mlc.engine import doubles
from mlc.engine.registers import EMPTY, bind_rows, put_rows
from mlc.engine.session import Session
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.database import Database, open_database
from mlc.store.schema import intents, registers
from sqlalchemy import delete, insert, select, update

from benchmarks.plans import listening

BILL = ObjectType.BILL
Pair = tuple[int, str]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "mlc.db")
    yield opened
    opened.close()


class Ledger:
    """A target's bills as the register has them. Few numbers, totals and days: many are equal."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.session = cast(Session, SimpleNamespace(database=database, pairing=SimpleNamespace(name="p")))
        self.random = random.Random(seed)
        self.now = 0
        self.records = 0

    def list_one(self, external_id: str, **facts: Any) -> None:
        """A list or an answer shows a bill, perhaps changed."""
        row = {**EMPTY, "pairing": "p", "side": "right", "object_type": "bill", "external_id": external_id}
        row |= {"number": "1", "number_key": "1", "party": "v", "issue_date": "2026-11-01", "total": "10", "looked": 0}
        row |= {"version": None, "seen_at": f"{self.now:05}"} | facts
        with self.database.write() as tx:
            put_rows(tx, [row])

    def send(self, *, confirmed: bool) -> int:
        self.records += 1
        known = {column.name: "x" for column in intents.columns if not column.nullable and column.default is None}
        known |= {"id": f"i{self.records}", "pairing": "p", "record_id": self.records, "side": "right", "part": "main"}
        known |= {"object_type": "bill", "operation": "create", "attempt": 0, "generation": 0, "fence": 0}
        known |= {"state": "confirmed" if confirmed else "uncertain", "created_at": f"{self.now:05}"}
        with self.database.write() as tx:
            tx.execute(insert(intents).values(**known))
        return self.records

    def bind(self, external_id: str, record: int) -> None:
        """The write is answered: what stood for it meanwhile goes."""
        with self.database.write() as tx:
            tx.execute(update(intents).where(intents.c.record_id == record).values(state="confirmed"))
            stood = (registers.c.record_id == record) & registers.c.external_id.like("intent:%")
            tx.execute(delete(registers).where(stood))
            bind_rows(tx, [("p", Side.RIGHT, BILL, external_id, record)])

    def live_on(self) -> None:
        self.now += 1
        one = f"b{self.random.randrange(20)}"
        facts = {"number_key": self.random.choice([None, "1", "1"]), "party": self.random.choice("vvw")}
        facts |= {"total": self.random.choice([None, "10", "10"]), "live": int(self.random.random() < 0.8)}
        match self.random.randrange(6):
            case 0:
                self.bind(one, self.send(confirmed=False))
            case 1 if self.records:
                self.bind(one, self.random.randint(1, self.records))
            case 2:
                self.list_one(f"intent:{one}", record_id=self.send(confirmed=False))
            case _:
                self.list_one(one, **facts)

    def stands_twice(self) -> set[Pair]:
        """The rule in plain words, for every pair of rows."""
        with self.database.read() as connection:
            rows = connection.execute(select(registers)).all()
            sent = connection.execute(
                select(intents.c.record_id, intents.c.created_at).where(intents.c.state == "confirmed")
            ).all()
        created: dict[int, str] = {row.record_id: row.created_at for row in sent}
        return {
            (ours.record_id, theirs.external_id)
            for ours in rows
            for theirs in rows
            if ours.record_id in created
            and (ours.live, theirs.live, theirs.record_id) == (1, 1, None)
            and ours.external_id != theirs.external_id
            and not theirs.external_id.startswith("intent:")
            and None not in (ours.number_key, ours.total)
            and (ours.party, ours.number_key, ours.total, ours.issue_date)
            == (theirs.party, theirs.number_key, theirs.total, theirs.issue_date)
            and theirs.seen_at >= created[ours.record_id]
        }


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> set[Pair]:
    """What was held since it was last emptied."""
    held: set[Pair] = set()
    monkeypatch.setattr(doubles, "AT_ONCE", 2)
    monkeypatch.setattr(doubles, "hold_double", lambda _s, record, _i, double, *_, **__: held.add((record, double)))
    return held


@pytest.mark.parametrize("seed", range(3))
def test_a_double_is_found_whichever_of_both_changed_last(database: Database, told: set[Pair], seed: int) -> None:
    ledger = Ledger(database, seed)
    before: set[Pair] = set()
    found = 0
    for _ in range(60):
        ledger.live_on()
        if ledger.random.random() < 0.5:
            now = ledger.stands_twice()
            found += len(now - before)
            told.clear()
            doubles.find_late_duplicates(ledger.session, Side.RIGHT, BILL)
            assert now - before <= told <= now
            before = now
    assert found > 3, "nothing ever stood twice"


def test_a_look_that_was_cut_is_had_again_and_an_unchanged_list_costs_one_question(
    database: Database, told: set[Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(database, 1)
    for name in ("b1", "b2"):
        ledger.list_one(name)
    record = ledger.send(confirmed=True)
    ledger.bind("b1", record)
    ledger.list_one("b2")

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(doubles, "hold_double", cut)
        with pytest.raises(KeyboardInterrupt):
            doubles.find_late_duplicates(ledger.session, Side.RIGHT, BILL)
    assert doubles.find_late_duplicates(ledger.session, Side.RIGHT, BILL) == 1
    assert told == {(record, "b2")}
    with listening() as asked:
        assert doubles.find_late_duplicates(ledger.session, Side.RIGHT, BILL) == 0
    assert len(asked) == 1
