"""Differences that appear after a close, as records of their own (pairings 0.3).

An adjustment is made in the transaction in which the original's base moves: the difference is either still open, or a
record that is delivered like any other, twins, locks, holds and settling included. Neither is lost by a crash.
"""

import json
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, insert

from mlc.accounting.situation import Verdict
from mlc.clock import stamp
from mlc.engine.booking import Booking
from mlc.engine.circumstances import ADJUSTMENTS, APART
from mlc.engine.intakerows import facts_of
from mlc.engine.plans import Plan
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.records import dump_record
from mlc.store.schema import decisions, records


def adjust(session: Session, plan: Plan, booking: Booking) -> dict[str, Any]:
    """Book the original as in step with what its source shows, and return the row of the record that makes it so."""
    entry, made = plan.entry, plan.adjustment
    assert made is not None
    document = made.document
    flow = session.pairing.flow_for(document.object_type, entry.side)
    assert flow is not None
    now = stamp(booking.now)
    row: dict[str, Any] = {
        "pairing": session.pairing.name,
        "object_type": document.object_type.value,
        "side": entry.side.value,
        "external_id": document.source.source_id,
        "read_type": flow.reads.value,
        "state": RecordState.PENDING.value,
        "version": entry.version,
        "input": dump_record(document),
        "reason": plan.reason,
        "seen_at": now,
        "changed_at": now,
        "adjusts": entry.id,
    } | {name: value for name, value in facts_of(document).items() if name != "group_key"}
    overrides = {**entry.overrides, ADJUSTMENTS: str(made.order)}
    if document.object_type is not entry.object_type:
        apart = Decimal(entry.overrides.get(APART, "0")) - (document.total or 0)
        overrides[APART] = f"{apart:f}"
    booking.rows.overrides.append({"b_id": entry.id, "overrides": json.dumps(overrides)})
    version = session.mapper_version(plan.flow)
    booking.bound.rebased(entry.id, entry.side, version=entry.version, base=entry.input, mapper_version=version)
    booking.record(entry.id, RecordState.IN_STEP, reason=plan.reason)
    booking.note(
        "adjusted",
        record_id=entry.id,
        object_type=entry.object_type.value,
        external_id=entry.external_id,
        number=document.bill_number,
        posted_as=document.object_type.value,
        amount=f"{document.total:f}",
        currency=document.currency,
        on=str(document.issue_date),
    )
    return row


def insert_adjustments(tx: Connection, rows: list[dict[str, Any]]) -> None:
    """The records; the word of the person who asked for each has been done, and is not said of the next difference."""
    for row in rows:
        tx.execute(insert(records).values(**row))
        said = (decisions.c.record_id == row["adjusts"]) & (decisions.c.kind == Verdict.POST.value)
        tx.execute(delete(decisions).where(said))
