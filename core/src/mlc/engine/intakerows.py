"""What intake stores of a reading: the record born here, the bound document that changed there, the register's row."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from mlc.accounting.holdcodes import Waits
from mlc.accounting.listrows import label_of
from mlc.accounting.situation import Want
from mlc.accounting.wants import wants
from mlc.contract import SourceRecord
from mlc.engine import registers as register
from mlc.engine.changeset import alike
from mlc.engine.decisions import forget_verdicts
from mlc.engine.departures import note_departures
from mlc.engine.holdstore import wake
from mlc.engine.readings import Reading, is_outside
from mlc.engine.scope import ListScope
from mlc.engine.states import PROVISIONAL, RecordState
from mlc.engine.tellings import mark_due
from mlc.engine.vanishing import GONE_VERSION, gone_at_source, gone_in_target
from mlc.recipes import FlowMode
from mlc.records import (
    Completeness,
    Contact,
    Deletion,
    Invoice,
    ListEntry,
    MoneyDocument,
    ObjectType,
    Party,
    Payment,
    Record,
    SourceMeta,
    dump_record,
)
from mlc.store.audit import AuditGroup
from mlc.store.schema import records, registers
from mlc.store.statements import Statement

#: A version younger than this when read may still change under the same name (R23).
PROVISIONAL_S = 2.0
Row = dict[str, Any]


@dataclass
class IntakeRows:
    """Rows of one page, by what is to be done with them."""

    scope: ListScope
    pass_id: str
    now: str
    new: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    observed: list[Row] = field(default_factory=list)
    listed: list[Row] = field(default_factory=list)
    dead: list[Reading] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    vanished: list[tuple[int, Deletion]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def add(self, readings: Iterable[Reading]) -> None:
        for reading in readings:
            if not is_outside(self.scope, reading.record, reading.known):
                self._add(reading)

    def _add(self, reading: Reading) -> None:
        version = self._version(reading.row)
        known = reading.known
        if reading.row.deleted is not None:
            self.gone.append(reading.row.id)
        if self.scope.keeps_register and reading.record is not None:
            self.listed.append(self._register_row(reading, version))
        if known.is_part:
            return
        if known.bound_to is not None and known.bound_to != known.record_id:
            self.observed.append(_observation(reading, version, self.now) | {"b_id": known.bound_to})
        elif known.record_id is not None or self.scope.is_source:
            values = self._record_row(reading, version)
            if values is None:
                return
            if known.record_id is None:
                self.new.append(values)
            else:
                self.changed.append(values | {"b_id": known.record_id})
            if reading.problem is not None:
                self.dead.append(reading)
        elif isinstance(reading.record, Payment) and reading.full:
            self.foreign.append(dump_record(reading.record))

    def write(self, tx: Connection, audit: AuditGroup) -> None:
        """Store the page; what was dead on arrival is told in the audit."""
        note_departures(tx, self.scope, self.listed)
        register.put_rows(tx, self.listed)
        forget_verdicts(tx, [*self.changed, *self.observed])
        for names, rows in alike(self.new):
            _insert(names).run_all(tx, rows)
        for names, rows in alike([*self.changed, *self.observed]):
            _update(names).run_all(tx, rows)
        if self.gone:
            listed = self.scope.where(registers)
            tx.execute(update(registers).where(listed, registers.c.external_id.in_(self.gone)).values(live=0))
        mark_due(tx, [row["b_id"] for row in self.observed])
        self._wake_followers(tx)
        for record_id, deleted in self.vanished:
            _mark_gone(tx, record_id, deleted)
        for reading in self.dead:
            audit.add(
                "dead",
                object_type=self.scope.object_type.value,
                side=self.scope.side.value,
                external_id=reading.row.id,
                reason=reading.problem,
            )

    def _wake_followers(self, tx: Connection) -> None:
        """A party that changed over there, perhaps became active again: its documents are looked at once more."""
        kind = self.scope.object_type
        if kind not in (ObjectType.VENDOR, ObjectType.CUSTOMER) or not self.observed:
            return
        changed = select(records.c.external_id).where(records.c.id.in_([row["b_id"] for row in self.observed]))
        keys = [f"{kind.value}:{external_id}" for external_id in tx.execute(changed).scalars()]
        wake(tx, self.scope.pairing.name, Waits.REFERENCE, keys, self.now)

    def _version(self, row: SourceRecord) -> str:
        """A version that is seconds old is marked, so that the next pass reads it once more."""
        if row.modified_at is not None:
            age = self.scope.session.clock.now() - row.modified_at
            if timedelta(0) <= age < timedelta(seconds=PROVISIONAL_S):
                return row.version + PROVISIONAL
        return row.version

    def _register_row(self, reading: Reading, version: str) -> Row:
        assert reading.record is not None
        return register.describe(reading.record) | {
            "pairing": self.scope.pairing.name,
            "side": self.scope.side.value,
            "object_type": reading.record.object_type.value,
            "external_id": reading.row.id,
            "version": version,
            "seen_at": self.now,
            "pass_id": self.pass_id,
        }

    def _record_row(self, reading: Reading, version: str) -> Row | None:
        record, is_new = reading.record, reading.known.record_id is None
        values: Row = {
            "version": version,
            "seen_at": self.now,
            "changed_at": self.now,
            "reason": None,
            "dirty": 0 if is_new else 1,
        }
        if record is None:
            return self._unmapped_row(reading, values)
        if is_new and (reading.flow is None or reading.flow.mode is FlowMode.OFF):
            return None
        if reading.row.deleted is not None:
            record = record.model_copy(update={"source": _with_deletion(record, reading.row)})
        state, why = self._first_state(reading, record)
        return (
            values
            | {"state": state.value, "reason": why, "input": dump_record(record)}
            | self._identity(reading, record.object_type.value)
            | facts_of(record)
        )

    def _unmapped_row(self, reading: Reading, values: Row) -> Row | None:
        """Gone, or not to be understood; a record that was known keeps what it last said."""
        is_new, gone = reading.known.record_id is None, reading.row.deleted
        if reading.problem is not None:
            values |= {"state": RecordState.DEAD.value, "reason": reading.problem}
            return values | (self._identity(reading, self.scope.object_type.value) | _NO_FACTS if is_new else {})
        if is_new or gone is None:
            return None
        assert reading.known.record_id is not None
        self.vanished.append((reading.known.record_id, gone))
        return values | {"state": RecordState.PENDING.value, "version": GONE_VERSION}

    def _first_state(self, reading: Reading, record: Record) -> tuple[RecordState, str | None]:
        """What is certain without a look at the other side, and why."""
        if reading.known.bound_to is not None or reading.known.record_id is not None:
            return RecordState.PENDING, None
        if self.scope.is_before_go_live(record):
            since = self.scope.pairing.policy.since
            return RecordState.BEFORE_GO_LIVE, f"its ledger date is before go-live on {since}"
        if reading.flow is not None and wants(record, reading.flow) is Want.NOT_CARRIED:
            return RecordState.NOT_CARRIED, "this flow does not carry it"
        return RecordState.PENDING, None

    def _identity(self, reading: Reading, object_type: str) -> Row:
        return {
            "pairing": self.scope.pairing.name,
            "object_type": object_type,
            "side": self.scope.side.value,
            "external_id": reading.row.id,
            "read_type": self.scope.object_type.value,
        }


@cache
def _insert(names: tuple[str, ...]) -> Statement:
    return Statement(insert(records), columns=names)


@cache
def _update(names: tuple[str, ...]) -> Statement:
    values: Row = {name: bindparam(name) for name in names}
    return Statement(update(records).where(records.c.id == bindparam("b_id")).values(values))


def _mark_gone(tx: Connection, record_id: int, deleted: Deletion) -> None:
    known = tx.execute(select(records.c.object_type, records.c.input).where(records.c.id == record_id)).one()
    if known.input is not None:
        text = gone_at_source(ObjectType(known.object_type), known.input, deleted)
        tx.execute(update(records).where(records.c.id == record_id).values(input=text))


_NO_FACTS: Row = dict.fromkeys(("number", "party", "currency", "amount", "ledger_date", "group_key", "input"))


def facts_of(record: Record) -> Row:
    """What status, cut-off list and reconcile show without opening the record."""
    row = register.describe(record)
    facts: Row = dict.fromkeys(("party", "ledger_date", "group_key"))
    facts |= {"number": row["number"], "currency": row["currency"], "amount": row["total"]}
    if isinstance(record, MoneyDocument):
        vendor = getattr(record, "customer" if isinstance(record, Invoice) else "vendor", None)
        facts |= {
            "ledger_date": record.ledger_date.isoformat() if record.ledger_date else None,
            "party": (vendor.name or vendor.source_id) if vendor else getattr(record, "merchant", None),
            "group_key": getattr(record, "payment_group", None),
        }
    elif isinstance(record, Payment):
        facts |= {
            "ledger_date": record.payment_date.isoformat() if record.payment_date else None,
            "party": record.party.name if record.party else None,
        }
    elif isinstance(record, ListEntry):
        facts["number"] = label_of(record)
    elif isinstance(record, Party):
        facts["number"] = record.name
    elif isinstance(record, Contact):
        facts |= {"number": record.name or record.email, "group_key": row["party"]}
    return facts


def _observation(reading: Reading, version: str, now: str) -> Row:
    """The other side's document changed under us: keep what it shows, and decide again."""
    shown, deleted = reading.record, reading.row.deleted
    text = None
    if shown is not None:
        if deleted is not None:
            shown = shown.model_copy(update={"source": _with_deletion(shown, reading.row)})
        text = dump_record(shown)
    elif deleted is not None:
        text = gone_in_target(deleted)
    return {"other_input": text, "other_version": version, "dirty": 1, "changed_at": now}


def _with_deletion(record: Record, row: SourceRecord) -> SourceMeta:
    return record.source.model_copy(update={"deleted": row.deleted, "completeness": Completeness.FULL})
