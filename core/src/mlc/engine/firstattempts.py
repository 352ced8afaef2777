"""What was sent twice may still arrive from the first attempt, and would put its values back over a later write (R3).

Where a unique field or our key names the document, a create without an answer that is not there is sent again at once:
the target makes no second one of it. It takes the late one for a change instead. What is to be written to such a record
waits until the quarantine of every attempt but the last is over.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from mlc.engine.plans import Action, Plan
from mlc.engine.quarantine import quarantine_of
from mlc.engine.session import Session
from mlc.recipes import Flow
from mlc.store.marks import mark_of_now, time_between
from mlc.store.schema import intents
from mlc.store.statements import Statement

_LATE = Statement(
    select(intents.c.record_id, intents.c.side, intents.c.late_mark).where(
        intents.c.record_id.in_(bindparam("b_ids", expanding=True)), intents.c.late_mark.is_not(None)
    )
)


def wait_for_first(connection: Connection, session: Session, flow: Flow, plans: Sequence[Plan]) -> list[Plan]:
    """These plans; a write of which an attempt from before may still arrive waits."""
    writing = [plan.entry.id for plan in plans if plan.action is Action.WRITE]
    late = _LATE.rows(connection, {"b_ids": writing}) if writing else []
    if not late:  # as nearly always
        return list(plans)
    marks: dict[tuple[int, str], list[str]] = {}
    for record_id, side, mark in late:
        marks.setdefault((record_id, side), []).append(mark)
    now = mark_of_now(connection, session.clock)
    return [_waiting(session, flow, plan, marks.get((plan.entry.id, plan.side.value), ()), now) for plan in plans]


def _waiting(session: Session, flow: Flow, plan: Plan, marks: Collection[str], now: str) -> Plan:
    if plan.action is not Action.WRITE or not marks:
        return plan
    whole = quarantine_of(session, flow, plan.side, plan.entry.object_type)
    # Across a start of the machine nothing is known: the whole of it is left.
    left = max(whole - (time_between(mark, now) or timedelta()) for mark in marks)
    if left <= timedelta():
        return plan
    until: datetime = session.clock.now() + left
    why = (
        f"it was sent twice, as the first time got no answer, and the first may still arrive: {plan.entry.label} "
        f"is written again after {until:%H:%M:%S} UTC"
    )
    return replace(plan, action=Action.WAIT, operation=None, parts=(), reason=why, until=until)


def begin_anew(tx: Connection, session: Session, record_ids: Collection[int]) -> None:
    """Marks of these records that belong to another start of the machine, or of the server, count from now."""
    if not record_ids:
        return
    now = mark_of_now(tx, session.clock)
    for intent_id, mark in tx.execute(
        select(intents.c.id, intents.c.late_mark).where(
            intents.c.record_id.in_(record_ids), intents.c.late_mark.is_not(None)
        )
    ).all():
        if time_between(mark, now) is None:
            tx.execute(update(intents).where(intents.c.id == intent_id).values(late_mark=now))
