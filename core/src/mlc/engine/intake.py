"""Intake: what a side shows, made durable page by page, before anything is decided (R22)."""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from mlc.clock import parse_stamp, stamp
from mlc.contract import FetchMode, SourceRecord
from mlc.engine import registers as register
from mlc.engine.decide import wants
from mlc.engine.session import Session
from mlc.engine.situation import Want
from mlc.engine.states import RecordState
from mlc.errors import MappingError, PluginError
from mlc.recipes import Flow, FlowMode, Side
from mlc.records import (
    Completeness,
    MoneyDocument,
    ObjectType,
    Party,
    Payment,
    Record,
    dump_record,
)
from mlc.records.codec import readable_problems
from mlc.store.schema import bindings, pages, records, registers, watermarks
from mlc.testing.steps import step

#: A version younger than this when read may still change under the same name (R23).
PROVISIONAL_S = 2.0
#: What documents point to: listed, matched, never a record of its own.
MASTER = frozenset(
    {
        ObjectType.CURRENCY,
        ObjectType.ACCOUNT,
        ObjectType.DIMENSION,
        ObjectType.TAX_RATE,
        ObjectType.PAYMENT_TERM,
        ObjectType.ITEM,
    }
)


@dataclass
class IntakeCounts:
    """What a pass saw. ``foreign`` are new documents of the target side that we did not write."""

    rows: int = 0
    changed: int = 0
    read: int = 0
    dead: int = 0
    provisional: int = 0
    foreign: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Known:
    """What the store knows of one external id."""

    record_id: int | None = None
    record_version: str | None = None
    bound_to: int | None = None
    bound_version: str | None = None
    observed_version: str | None = None
    register_version: str | None = None


@dataclass(frozen=True)
class _Reading:
    """One row that is to be stored."""

    row: SourceRecord
    record: Record | None
    full: bool
    flow: Flow | None
    known: _Known
    problem: str | None = None


class Intake:
    """One side's list of one object type, read from the watermark on."""

    def __init__(self, session: Session, side: Side, object_type: ObjectType) -> None:
        self.session = session
        self.side = side
        self.object_type = object_type
        self.pairing = session.pairing
        self.counts = IntakeCounts()
        self._pass_id = ""
        self._is_source = object_type not in MASTER and any(
            flow.source is side and flow.reads is object_type and flow.mode is not FlowMode.OFF and flow.creates
            for flow in self.pairing.flows
        )
        self._keeps_register = object_type in MASTER or not self._is_source or object_type is ObjectType.VENDOR

    def run(self, mode: FetchMode = FetchMode.CHANGES) -> IntakeCounts:
        """Read to the last page; a pass that was cut short goes on at its page."""
        cursor = self._begin(mode)
        seen: set[str] = set()
        total: int | None = None
        visited: set[str] = set()
        while True:
            page = self.session.fetch(self.side, self.object_type, cursor, mode)
            step("intake.page.read")
            total = page.total if page.total is not None else total
            fresh = [row for row in page.records if row.id not in seen]
            seen.update(row.id for row in fresh)
            self.counts.rows += len(fresh)
            self._take(fresh, page.next_cursor, page.watermark, mode)
            step("intake.page.committed")
            self.session.progress("intake", side=self.side, object_type=self.object_type, rows=self.counts.rows)
            if page.next_cursor is None or self.session.stop():
                break
            if page.next_cursor in visited:
                system = self.session.system(self.side).name
                raise PluginError(f"{system}: the list of {self.object_type} pages in a circle; nothing was skipped.")
            visited.add(page.next_cursor)
            cursor = page.next_cursor
        return self.counts

    # ---------------------------------------------------------------- the pass

    def _where(self, table: Any) -> Any:
        return and_(
            table.c.pairing == self.pairing.name,
            table.c.side == self.side.value,
            table.c.object_type == self.object_type.value,
        )

    def _begin(self, mode: FetchMode) -> str | None:
        now = stamp(self.session.clock.now())
        with self.session.database.write() as tx:
            open_pass = tx.execute(
                select(pages.c.cursor, pages.c.pass_id).where(self._where(pages), pages.c.mode == mode.value)
            ).first()
            if open_pass is not None:
                self._pass_id = open_pass.pass_id
                if open_pass.cursor is not None:
                    return str(open_pass.cursor)
            else:
                self._pass_id = uuid.uuid4().hex
                tx.execute(
                    insert(pages).values(
                        pairing=self.pairing.name,
                        side=self.side.value,
                        object_type=self.object_type.value,
                        mode=mode.value,
                        pass_id=self._pass_id,
                        started_at=now,
                    )
                )
            if mode is FetchMode.SWEEP:
                return None
            mark = tx.execute(select(watermarks.c.value).where(self._where(watermarks))).scalar()
            return None if mark is None else str(mark)

    def _take(
        self, rows: Sequence[SourceRecord], next_cursor: str | None, watermark: str | None, mode: FetchMode
    ) -> None:
        with self.session.database.read() as connection:
            known = self._lookup(connection, [row.id for row in rows])
        changed = [row for row in rows if not self._is_known(row, known[row.id])]
        readings = self._read_changed(changed, known)
        now = stamp(self.session.clock.now())
        with self.session.database.write() as tx:
            audit = self.session.audit()
            self._store(tx, readings, now, audit)
            if mode is FetchMode.SWEEP and rows:
                self._mark_swept(tx, [row.id for row in rows])
            if next_cursor is not None:
                tx.execute(
                    update(pages)
                    .where(self._where(pages), pages.c.mode == mode.value)
                    .values(cursor=next_cursor, seen=pages.c.seen + len(rows))
                )
            else:
                self._finish(tx, watermark, mode, now)
            audit.write(tx, self.session.clock.now())

    def _finish(self, tx: Connection, watermark: str | None, mode: FetchMode, now: str) -> None:
        tx.execute(delete(pages).where(self._where(pages), pages.c.mode == mode.value))
        values: dict[str, Any] = {"completed_at": now}
        if mode is FetchMode.SWEEP:
            values["swept_at"] = now
        elif watermark is not None:
            values["value"] = watermark
        if tx.execute(update(watermarks).where(self._where(watermarks)).values(**values)).rowcount == 0:
            tx.execute(
                insert(watermarks).values(
                    pairing=self.pairing.name,
                    side=self.side.value,
                    object_type=self.object_type.value,
                    **values,
                )
            )

    def _mark_swept(self, tx: Connection, ids: Sequence[str]) -> None:
        tx.execute(
            update(registers)
            .where(self._where(registers), registers.c.external_id.in_(ids))
            .values(pass_id=self._pass_id)
        )

    # ---------------------------------------------------------------- known or changed

    def _lookup(self, connection: Connection, ids: Sequence[str]) -> dict[str, _Known]:
        known: dict[str, dict[str, Any]] = {external_id: {} for external_id in ids}
        if not ids:
            return {}
        for own in connection.execute(
            select(records.c.id, records.c.external_id, records.c.version).where(
                records.c.pairing == self.pairing.name,
                records.c.side == self.side.value,
                records.c.read_type == self.object_type.value,
                records.c.external_id.in_(ids),
            )
        ):
            known[own.external_id] |= {"record_id": own.id, "record_version": own.version}
        for row in connection.execute(
            select(bindings.c.record_id, bindings.c.external_id, bindings.c.version, records.c.other_version)
            .join(records, records.c.id == bindings.c.record_id)
            .where(
                bindings.c.pairing == self.pairing.name,
                bindings.c.side == self.side.value,
                bindings.c.object_type == self.object_type.value,
                bindings.c.part == "main",
                bindings.c.external_id.in_(ids),
            )
        ):
            known[row.external_id] |= {
                "bound_to": row.record_id,
                "bound_version": row.version,
                "observed_version": row.other_version,
            }
        if self._keeps_register:
            for listed in connection.execute(
                select(registers.c.external_id, registers.c.version).where(
                    self._where(registers), registers.c.external_id.in_(ids)
                )
            ):
                known[listed.external_id] |= {"register_version": listed.version}
        return {external_id: _Known(**facts) for external_id, facts in known.items()}

    def _is_known(self, row: SourceRecord, known: _Known) -> bool:
        """True when this very version was stored before: it costs nothing more."""
        if row.deleted is not None:
            return False
        if known.record_id is not None:
            return known.record_version == row.version
        if known.bound_to is not None:
            return row.version in (known.bound_version, known.observed_version)
        return known.register_version == row.version

    # ---------------------------------------------------------------- reading whole

    def _read_changed(self, rows: Sequence[SourceRecord], known: dict[str, _Known]) -> list[_Reading]:
        firsts = [self._map(row, known[row.id]) for row in rows]
        wanted = [reading.row.id for reading in firsts if self._needs_detail(reading)]
        details = {row.id: row for row in self.session.read(self.side, self.object_type, wanted)} if wanted else {}
        self.counts.read += len(details)
        readings = []
        for reading in firsts:
            detail = details.get(reading.row.id)
            readings.append(reading if detail is None else self._map(detail, reading.known))
        return readings

    def _map(self, row: SourceRecord, known: _Known) -> _Reading:
        if row.deleted is not None and not row.payload:
            return _Reading(row, None, full=True, flow=None, known=known)
        try:
            record = self.session.map(self.side, self.object_type, row.payload)
        except MappingError as error:
            return _Reading(row, None, full=row.complete, flow=None, known=known, problem=error.sentence)
        except ValidationError as error:
            problem = "; ".join(readable_problems(error))
            return _Reading(row, None, full=row.complete, flow=None, known=known, problem=problem)
        flow = self.session.source_flow(self.side, self.object_type, record.object_type)
        return _Reading(row, record, full=row.complete, flow=flow, known=known)

    def _needs_detail(self, reading: _Reading) -> bool:
        if reading.row.complete or reading.row.deleted is not None or reading.problem is not None:
            return False
        if reading.known.bound_to is not None:
            return True
        record = reading.record
        if not self._is_source or record is None:
            return self._is_foreign_payment(record)
        if isinstance(record, MoneyDocument):
            # A credit's list row may look like a bill: decide by what any flow of this list would carry.
            since = self.pairing.policy.since
            if since is not None and record.ledger_date is not None and record.ledger_date < since:
                return False
            if reading.flow is None:
                return False
            return self._carries(reading.flow, record)
        return True

    def _is_foreign_payment(self, record: Record | None) -> bool:
        """A payment on the side that does not pay, after go-live: whose bills does it touch?"""
        since = self.pairing.policy.since
        return (
            isinstance(record, Payment)
            and self.pairing.policy.payment_authority is self.side.other
            and since is not None
            and record.payment_date is not None
            and record.payment_date >= since
        )

    @staticmethod
    def _carries(flow: Flow, record: Record) -> bool:
        category = getattr(record, "category", None)
        if flow.categories and category is not None and category not in flow.categories:
            return False
        return wants(record, flow) is not Want.NOT_CARRIED

    # ---------------------------------------------------------------- storing

    def _store(self, tx: Connection, readings: Iterable[_Reading], now: str, audit: Any) -> None:
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        observed: list[dict[str, Any]] = []
        listed: list[dict[str, Any]] = []
        for reading in readings:
            self.counts.changed += 1
            version = self._version(reading.row)
            if self._keeps_register and reading.record is not None:
                listed.append(self._register_row(reading, version, now))
            if reading.known.bound_to is not None and reading.known.record_id is None:
                observed.append(self._observation(reading, version, now))
            elif reading.known.record_id is not None or self._is_source:
                values = self._record_values(reading, version, now)
                if values is None:
                    continue
                if reading.known.record_id is None:
                    new.append(values)
                else:
                    changed.append(values | {"b_id": reading.known.record_id})
                if reading.problem is not None:
                    self.counts.dead += 1
                    audit.add(
                        "dead",
                        object_type=self.object_type.value,
                        side=self.side.value,
                        external_id=reading.row.id,
                        reason=reading.problem,
                    )
            elif isinstance(reading.record, Payment) and reading.full:
                self.counts.foreign.append(dump_record(reading.record))
        if listed:
            register.put_rows(tx, listed)
        for _columns, rows in _alike(new):
            tx.execute(insert(records), rows)
        for columns, rows in _alike(changed):
            tx.execute(
                update(records)
                .where(records.c.id == bindparam("b_id"))
                .values({name: bindparam(name) for name in columns if name != "b_id"}),
                rows,
            )
        for values in observed:
            tx.execute(update(records).where(records.c.id == values.pop("b_id")).values(**values))

    def _version(self, row: SourceRecord) -> str:
        if row.modified_at is not None:
            age = self.session.clock.now() - row.modified_at
            if timedelta(0) <= age < timedelta(seconds=PROVISIONAL_S):
                self.counts.provisional += 1
                return row.version + "~"
        return row.version

    def _register_row(self, reading: _Reading, version: str, now: str) -> dict[str, Any]:
        assert reading.record is not None
        return register.describe(reading.record) | {
            "pairing": self.pairing.name,
            "side": self.side.value,
            "object_type": reading.record.object_type.value,
            "external_id": reading.row.id,
            "version": version,
            "seen_at": now,
            "pass_id": self._pass_id,
        }

    def _observation(self, reading: _Reading, version: str, now: str) -> dict[str, Any]:
        """The target's document changed under us: keep what it shows, and decide again."""
        shown = reading.record
        if shown is not None and reading.row.deleted is not None:
            shown = shown.model_copy(update={"source": _with_deletion(shown, reading.row)})
        gone = reading.row.deleted is not None and shown is None
        return {
            "b_id": reading.known.bound_to,
            "other_input": json.dumps({"gone": reading.row.deleted.model_dump(mode="json")})
            if gone and reading.row.deleted is not None
            else (dump_record(shown) if shown is not None else None),
            "other_version": version,
            "dirty": 1,
            "changed_at": now,
        }

    def _record_values(self, reading: _Reading, version: str, now: str) -> dict[str, Any] | None:
        record = reading.record
        values: dict[str, Any] = {
            "version": version,
            "seen_at": now,
            "changed_at": now,
            "reason": None,
            "dirty": 0 if reading.known.record_id is None else 1,
        }
        if record is None:
            if reading.known.record_id is None and reading.problem is None:
                return None
            kind = self.object_type
            gone = reading.row.deleted
            values |= {"state": RecordState.DEAD.value, "reason": reading.problem}
            if reading.problem is None and gone is not None:
                values |= {"state": RecordState.PENDING.value, "reason": f"gone:{gone.kind.value}:{gone.evidence}"}
                return values
            return (
                values | self._identity(reading, kind) | (self._facts(None) if reading.known.record_id is None else {})
            )
        if (reading.flow is None or reading.flow.mode is FlowMode.OFF) and reading.known.record_id is None:
            return None
        if reading.row.deleted is not None:
            record = record.model_copy(update={"source": _with_deletion(record, reading.row)})
        state = self._first_state(reading, record)
        return (
            values
            | {"state": state.value, "input": dump_record(record)}
            | self._identity(reading, record.object_type)
            | self._facts(record)
        )

    def _first_state(self, reading: _Reading, record: Record) -> RecordState:
        if reading.known.bound_to is not None or reading.known.record_id is not None:
            return RecordState.PENDING
        if isinstance(record, MoneyDocument):
            since = self.pairing.policy.since
            if since is not None and record.ledger_date is not None and record.ledger_date < since:
                return RecordState.BEFORE_GO_LIVE
            if reading.flow is not None and not self._carries(reading.flow, record):
                return RecordState.NOT_CARRIED
        return RecordState.PENDING

    def _identity(self, reading: _Reading, kind: ObjectType) -> dict[str, Any]:
        return {
            "pairing": self.pairing.name,
            "object_type": kind.value,
            "side": self.side.value,
            "external_id": reading.row.id,
            "read_type": self.object_type.value,
        }

    @staticmethod
    def _facts(record: Record | None) -> dict[str, Any]:
        """What status, cut-off list and reconcile show without opening the record."""
        facts: dict[str, Any] = dict.fromkeys(
            ("number", "party", "currency", "amount", "ledger_date", "group_key", "input")
        )
        if record is None:
            return facts
        del facts["input"]
        row = register.describe(record)
        facts |= {"number": row["number"], "currency": row["currency"], "amount": row["total"]}
        if isinstance(record, MoneyDocument):
            ledger_date = record.ledger_date
            facts["ledger_date"] = ledger_date.isoformat() if ledger_date else None
            vendor = getattr(record, "vendor", None)
            facts["party"] = (vendor.name or vendor.source_id) if vendor else None
            facts["group_key"] = getattr(record, "payment_group", None)
        elif isinstance(record, Payment):
            facts["ledger_date"] = record.payment_date.isoformat() if record.payment_date else None
            facts["party"] = record.party.name if record.party else None
        elif isinstance(record, Party):
            facts["number"] = record.name
        return facts


def _alike(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """Rows grouped by their columns, since one statement fits one set of columns."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(sorted(row)), []).append(row)
    yield from groups.items()


def _with_deletion(record: Record, row: SourceRecord) -> Any:
    return record.source.model_copy(update={"deleted": row.deleted, "completeness": Completeness.FULL})


def last_complete(connection: Connection, pairing: str, side: Side, object_type: ObjectType) -> Any:
    """When a pass over this list last ended, None if never."""
    text = connection.execute(
        select(watermarks.c.completed_at).where(
            watermarks.c.pairing == pairing,
            watermarks.c.side == side.value,
            watermarks.c.object_type == object_type.value,
        )
    ).scalar()
    return parse_stamp(text) if text else None
