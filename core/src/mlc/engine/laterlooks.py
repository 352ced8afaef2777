"""Looking again after a second attempt: the first may still arrive, however long the wait before it was (R3)."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from mlc.clock import parse_stamp, stamp
from mlc.engine.doubles import answered_before, hold_double
from mlc.engine.evidence import LATER
from mlc.engine.intents import Intent, load_intents
from mlc.engine.session import Session
from mlc.engine.settle import Settler
from mlc.engine.states import IntentState
from mlc.store.marks import mark_of_now, time_between
from mlc.store.schema import intents, registers

#: After the write was sent; the first look is noted with what confirms it.
SECOND = timedelta(hours=1)


def look_later(settler: Settler) -> datetime | None:
    """Look up what is due of one flow; two live hits are held. Returns when the next look of the flow is due."""
    session, now = settler.session, settler.session.clock.now()
    with session.database.read() as connection:
        waiting = load_intents(
            connection,
            intents.c.pairing == session.pairing.name,
            intents.c.object_type == settler.flow.object.value,
            intents.c.source_side == settler.flow.source.value,
            intents.c.state == IntentState.CONFIRMED.value,
            intents.c.due_at.is_not(None),
        )
    later = []
    for intent in waiting:
        left: timedelta | None = _left(session, intent, now)
        if left is not None and left <= timedelta() and not session.stop():
            _look(settler, intent)
            left = _note(session, intent, now)
        if left is not None:
            later.append(now + max(left, timedelta()))
    return min(later, default=None)


def _left(session: Session, intent: Intent, now: datetime) -> timedelta:
    """How long until its next look: by the clock that nobody sets, and where that says nothing of the write, as after
    another start of the machine, by the clock of the day."""
    with session.database.read() as connection:
        passed = time_between(intent.sent_mark, mark_of_now(connection, session.clock))
    assert intent.due_at is not None
    if passed is None:
        return parse_stamp(intent.due_at) - now
    return (LATER if _is_first(intent) else SECOND) - passed


def _is_first(intent: Intent) -> bool:
    """Its first look is noted with what confirmed it, by the same clock at the same moment."""
    assert intent.due_at is not None
    return parse_stamp(intent.due_at) - _confirmed_at(intent) == LATER


def _confirmed_at(intent: Intent) -> datetime:
    assert intent.updated_at is not None
    return parse_stamp(intent.updated_at)


def _look(settler: Settler, intent: Intent) -> None:
    session = settler.session
    hits = [row for row in settler.look(intent, []) if settler.is_ours(intent, row)]
    doubles = [row.id for row in hits if row.id != intent.external_id]
    if not doubles or not _is_live(session, intent):
        return
    kind = intent.object_type.value.replace("_", " ").capitalize()
    for double in doubles:
        if not answered_before(session, intent.record_id, double):
            sentence = (
                f"{kind} {intent.record_key} had to be sent twice and stands in the ledger twice ({intent.external_id} "
                f"and {double}); void one of them there. Payments to either are blocked."
            )
            hold_double(session, intent.record_id, intent.id, double, sentence, source="search", attempt=intent.attempt)


def _is_live(session: Session, intent: Intent) -> bool:
    """Whether the one we know still stands: a person who voided it has settled the question."""
    with session.database.read() as connection:
        live = connection.execute(
            select(registers.c.live).where(
                registers.c.pairing == session.pairing.name,
                registers.c.side == intent.side.value,
                registers.c.object_type == intent.object_type.value,
                registers.c.external_id == intent.external_id,
            )
        ).scalar()
    return live != 0


def _note(session: Session, intent: Intent, now: datetime) -> timedelta | None:
    """The second look is due an hour after it was sent; after that one only the lists tell."""
    due = _confirmed_at(intent) + SECOND if _is_first(intent) else None
    noted = None if due is None else stamp(due)
    with session.database.write() as tx:
        tx.execute(update(intents).where(intents.c.id == intent.id).values(looked_at=stamp(now), due_at=noted))
    return None if due is None else _left(session, replace(intent, due_at=noted), now)
