"""Payments that are written nowhere: what they settle was handed over, and its system is told what was paid (R28)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Connection, func, select, update

from mlc.accounting.handover import PaymentShown
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.tellings import payments_text, tellings_of
from mlc.recipes import Flow, Side
from mlc.records import MoneyMovement, ObjectType, Payment
from mlc.store.schema import bindings, records, tellings

#: Among a payment's overrides: the documents it was last seen to settle, by their records.
SETTLES = "settles"

#: A payment that was reversed, or failed, settles nothing any more.
_STANDING = (MoneyMovement.MOVED, MoneyMovement.PLANNED)


@dataclass(frozen=True, slots=True)
class Settles:
    """What a payment settles now, of each document so much, and what it did when it was last looked at: documents, by
    their records."""

    payment: str
    shown: PaymentShown
    now: Mapping[int, Decimal]
    before: tuple[int, ...]
    waits: bool = False


class PaidPlanner:
    """One flow of payments whose target takes none, and wants to be told."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self._connection: Connection | None = None

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        del planning_only
        self._connection = connection

    def plan(self, entry: Entry) -> Plan:
        payment = cast(Payment | None, entry.source())
        if payment is None:
            return self._settled(entry, RecordState.DEAD, entry.reason or "it could not be read")
        before = tuple(json.loads(entry.overrides.get(SETTLES, "[]")))
        now = self._documents(payment)
        if not now and not before:
            return self._settled(entry, RecordState.NOT_CARRIED, "it settles nothing that was handed over")
        gone = payment.source.deleted is not None or payment.movement not in _STANDING
        shown = PaymentShown(
            on=payment.payment_date,
            number=payment.payment_number or payment.reference,
            method=payment.method,
            gone=gone,
        )
        waits = payment.movement is MoneyMovement.PLANNED
        settles = Settles(entry.external_id, shown, now, before, waits=waits)
        return Plan(
            entry,
            self.flow,
            Action.SETTLE,
            self.flow.target,
            state=RecordState.IN_STEP,
            reason="it is told of what it settles",
            settles=settles,
        )

    def _documents(self, payment: Payment) -> dict[int, Decimal]:
        """The handed-over documents that the payment names, by what they became in the ledger, and what it settles."""
        assert self._connection is not None
        ids: dict[str, Decimal] = {}
        for one in payment.allocations:
            if one.document is not None and one.document.source_id is not None:
                id = one.document.source_id
                ids[id] = ids.get(id, Decimal(0)) + (one.amount or Decimal(0))
        if not ids:
            return {}
        side: Side = self.flow.source
        document = func.coalesce(records.c.adjusts, records.c.id)
        found = self._connection.execute(
            select(document.label("document"), bindings.c.external_id)
            .distinct()
            .select_from(bindings)
            .join(records, records.c.id == bindings.c.record_id)
            .join(tellings, tellings.c.record_id == document)
            .where(
                bindings.c.pairing == self.session.pairing.name,
                bindings.c.side == side.value,
                bindings.c.object_type == ObjectType.BILL.value,
                bindings.c.external_id.in_(ids),
                bindings.c.role == "primary",
            )
        )
        sums: dict[int, Decimal] = {}
        for row in found:
            sums[row.document] = sums.get(row.document, Decimal(0)) + ids[row.external_id]
        return dict(sorted(sums.items()))

    def _settled(self, entry: Entry, state: RecordState, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)


def note_settled(tx: Connection, plans: Sequence[Plan]) -> None:
    """Keep what payments settle with the documents they settle: their systems may have to be told."""
    for plan in plans:
        if plan.settles is None:
            continue
        settles = plan.settles
        for record_id in sorted({*settles.now, *settles.before}):
            _note(tx, record_id, settles)
        kept = {**plan.entry.overrides, SETTLES: json.dumps(sorted(settles.now))}
        tx.execute(update(records).where(records.c.id == plan.entry.id).values(overrides=json.dumps(kept)))


def _note(tx: Connection, record_id: int, settles: Settles) -> None:
    telling = tellings_of(tx, [record_id]).get(record_id)
    if telling is None:
        return
    known = dict(telling.payments)
    was = known.get(settles.payment)
    gone = settles.shown.gone or record_id not in settles.now
    told = was is not None and was.told and gone
    values: dict[str, Any] = {name: getattr(settles.shown, name) for name in ("on", "number", "method")}
    waits = settles.now.get(record_id) if settles.waits and not gone else None
    known[settles.payment] = PaymentShown(**values, gone=gone, told=told, waits=waits)
    row = {"payments": payments_text(known), "due": 1}
    tx.execute(update(tellings).where(tellings.c.record_id == record_id).values(**row))
