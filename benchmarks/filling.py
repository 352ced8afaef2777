"""A store with many bound bills, made of few that the engine bound: each further one is a copy under ids of its own.

Whatever the engine writes for a bill is copied, table by table, so a bulk-made bill cannot have a row or a field less
than a carried one; ``forms_of`` shows it. Events go into the audit's chain by the store's own means.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from mlc.accounting.twins import number_key
from mlc.clock import Clock
from mlc.records import ObjectType
from mlc.store.audit import AuditGroup
from mlc.store.database import Database
from mlc.store.schema import audit, bindings, intents, records, registers, sightings
from peers.server import source_bill
from sqlalchemy import Table, insert, select, text

#: Tables with rows of a bill, and the column that says of which. Sightings and audit events name its intent, too.
OF_A_RECORD: Mapping[str, tuple[Table, Any]] = {
    "records": (records, records.c.id),
    "bindings": (bindings, bindings.c.record_id),
    "registers": (registers, registers.c.record_id),
    "intents": (intents, intents.c.record_id),
    "audit": (audit, audit.c.record_id),
}
Row = dict[str, Any]
Rows = dict[str, list[Row]]


def source_id(number: int) -> str:
    return f"B{number:07d}"


class Pattern:
    """The first ``size`` bills of a store, which the engine made: all their rows, by table."""

    def __init__(self, database: Database, pairing: str, *, size: int) -> None:
        self._database = database
        self.size = size
        with database.read() as connection:
            mine = select(records.c.id).where(
                records.c.pairing == pairing,
                records.c.object_type == ObjectType.BILL.value,
                records.c.external_id < source_id(size),
            )
            self.rows: Rows = {
                name: [dict(row._mapping) for row in connection.execute(select(table).where(column.in_(mine)))]
                for name, (table, column) in OF_A_RECORD.items()
            }
            sent = select(intents.c.id).where(intents.c.record_id.in_(mine))
            seen = select(sightings).where(sightings.c.intent_id.in_(sent))
            self.rows["sightings"] = [dict(row._mapping) for row in connection.execute(seen)]
        if len(self.rows["records"]) != size:
            raise RuntimeError(f"the engine bound {len(self.rows['records'])} bills instead of {size}")
        self._span = max(row["id"] for row in self.rows["records"]) + 1
        self._targets: dict[int, str] = {}
        self._intents: dict[int, str] = {}
        self._bills = self._of_bills()

    def copy(self, number: int) -> Rows:
        """The rows of the ``number``-th copy of every bill, from 1."""
        made: Rows = {name: [] for name in self.rows}
        for bill, rows in self._bills:
            words = self._words(bill, number * self.size)
            for name, row in rows:
                made[name].append(self._copied(name, row, words, number))
        return made

    def write(self, copies: Iterable[int]) -> None:
        """Add these copies to the store, each in one transaction."""
        for number in copies:
            made = self.copy(number)
            with self._database.write() as tx:
                for name, table in (("records", records), ("bindings", bindings), ("registers", registers),
                                    ("intents", intents), ("sightings", sightings)):  # fmt: skip
                    tx.execute(insert(table), made[name])
                self._append(tx, made["audit"])
        self._settle_ids()

    def _append(self, tx: Any, events: list[Row]) -> None:
        """As many groups as the engine made of them."""
        for group_no in sorted({event["group_no"] for event in events}):
            mine = [event for event in events if event["group_no"] == group_no]
            group = AuditGroup(run_id=mine[0]["run_id"], pairing=mine[0]["pairing"])
            for event in mine:
                told = {name: event[name] for name in ("record_id", "object_type", "side", "external_id")}
                group.add(event["event"], **told, **json.loads(event["detail"]))
            group.write(tx, Clock().now())

    def _settle_ids(self) -> None:
        """PostgreSQL's counter of records does not know of ids that were given."""
        if self._database.is_sqlite:
            return
        with self._database.write() as tx:
            tx.execute(text("SELECT setval(pg_get_serial_sequence('records', 'id'), (SELECT max(id) FROM records))"))

    def _of_bills(self) -> list[tuple[int, list[tuple[str, Row]]]]:
        """Each bill's number and its rows, their texts cut where they name this bill."""
        of: dict[int, list[tuple[str, Row]]] = {row["id"]: [] for row in self.rows["records"]}
        sent = {row["id"]: row["record_id"] for row in self.rows["intents"]}
        for name, rows in self.rows.items():
            for row in rows:
                owner = (
                    sent[row["intent_id"]] if name == "sightings" else row["id" if name == "records" else "record_id"]
                )
                of[owner].append((name, row))
        found = []
        for record in self.rows["records"]:
            bill, rows = int(record["external_id"][1:]), of[record["id"]]
            self._targets[bill] = next(row["external_id"] for name, row in rows if name == "registers")
            self._intents[bill] = next(row["id"] for name, row in rows if name == "intents")
            cut = re.compile("(" + "|".join(map(re.escape, self._words(bill, 0))) + ")")
            found.append((bill, [(name, _cut(row, cut)) for name, row in rows]))
        return found

    def _words(self, bill: int, further: int) -> dict[str, str]:
        """What tells this bill from any other → what tells its copy, so many bills further on."""
        new = bill + further
        before, after = source_bill(bill), source_bill(new)
        there = self._targets[bill]
        words = {before[name]: after[name] for name in ("id", "number", "updated_at", "issue_date", "due_date")}
        words |= {before["vendor"][name]: after["vendor"][name] for name in ("id", "name")}
        words |= {number_key(before["number"]): number_key(after["number"]), there: f"D{int(there[1:]) + further:08d}"}
        words |= {f"L{bill:07d}-": f"L{new:07d}-", f"PO-{bill:06d}": f"PO-{new:06d}"}
        return words | {self._intents[bill]: uuid.uuid4().hex}

    def _copied(self, name: str, row: Row, words: Mapping[str, str], number: int) -> Row:
        made = {
            column: "".join([words.get(part, part) for part in value]) if isinstance(value, list) else value
            for column, value in row.items()
        }
        if name == "records":
            made["id"] = row["id"] + number * self._span
        else:
            if name in ("bindings", "sightings", "audit"):
                del made["id"]
            if name != "sightings":
                made["record_id"] = row["record_id"] + number * self._span
        if name == "registers":
            made["number_sig"] = "".join(sorted(made["number_key"]))
        if name == "intents":
            made["payload"] = made["payload"].encode()
            made["payload_digest"] = hashlib.sha256(made["payload"]).hexdigest()
        return made


def _cut(row: Row, words: re.Pattern[str]) -> Row:
    """Texts as the parts between words; moments stay as they are."""
    cut = {}
    for column, value in row.items():
        text_of = value.decode() if isinstance(value, bytes) else value
        whole = not isinstance(text_of, str) or column.endswith("_at")
        cut[column] = value if whole else words.split(text_of)
    return cut


# ------------------------------------------------------------------ the proof


def forms_of(database: Database, bills: Iterable[str]) -> dict[str, list[Any]]:
    """What is stored of some bills, per table, without what tells one bill or moment from another."""
    wanted = set(bills)
    with database.read() as connection:
        of_bills = select(records.c.id).where(records.c.external_id.in_(wanted))
        found: Rows = {
            name: [dict(row._mapping) for row in connection.execute(select(table).where(column.in_(of_bills)))]
            for name, (table, column) in OF_A_RECORD.items()
        }
        sent = select(intents.c.id).where(intents.c.record_id.in_(of_bills))
        seen = connection.execute(select(sightings).where(sightings.c.intent_id.in_(sent)))
        found["sightings"] = [dict(row._mapping) for row in seen]
    return {
        name: sorted(
            (sorted((column, _form(column, value)) for column, value in row.items()) for row in rows), key=repr
        )
        for name, rows in found.items()
    }


def _form(column: str, value: Any) -> Any:
    """A value's kind; of a word its letters' shape, of JSON its whole structure."""
    if isinstance(value, bytes):
        value = value.decode()
    if not isinstance(value, str):
        return "group" if column == "group_no" else type(value).__name__
    if value[:1] in ("{", "["):
        return _structure(json.loads(value))
    return _shape(value)


def _structure(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _structure(below) for name, below in value.items()} if not _own_keys(value) else len(value)
    if isinstance(value, list):
        return [_structure(below) for below in value]
    return _shape(value) if isinstance(value, str) else type(value).__name__


def _own_keys(value: dict[str, Any]) -> bool:
    """A table from the bill's own line ids."""
    return all(any(letter.isdigit() for letter in key) for key in value)


def _shape(value: str) -> str:
    """Letters stay unless they count or are hexadecimal; how many digits there are does not matter."""
    if len(value) in (32, 64) and all(letter in "0123456789abcdef" for letter in value):
        return "hex"
    shape = "".join("9" if letter.isdigit() else letter for letter in value)
    while "99" in shape:
        shape = shape.replace("99", "9")
    return shape.replace("9.9", "9")
