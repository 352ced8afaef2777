"""Looking again after a second attempt: the first may still arrive, however long the wait before it was (R3)."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from mlc.clock import parse_stamp, stamp
from mlc.engine.doubles import answered_before, hold_double
from mlc.engine.intents import Intent, load_intents
from mlc.engine.session import Session
from mlc.engine.settle import Settler
from mlc.engine.states import IntentState
from mlc.store.schema import intents, registers

#: After the write was confirmed; the first look is noted with it.
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
        assert intent.due_at is not None
        due: datetime | None = parse_stamp(intent.due_at)
        if due is not None and due <= now and not session.stop():
            _look(settler, intent)
            due = _note(session, intent, now)
        if due is not None:
            later.append(due)
    return min(later, default=None)


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


def _note(session: Session, intent: Intent, now: datetime) -> datetime | None:
    """The second look is due an hour after it was confirmed; after that one only the lists tell."""
    with session.database.write() as tx:
        row = tx.execute(select(intents.c.updated_at, intents.c.looked_at).where(intents.c.id == intent.id)).one()
        confirmed_at = parse_stamp(row.updated_at)
        is_first = row.looked_at is None or parse_stamp(row.looked_at) <= confirmed_at
        due = max(confirmed_at + SECOND, now) if is_first else None
        values = {"looked_at": stamp(now), "due_at": stamp(due) if due is not None else None}
        tx.execute(update(intents).where(intents.c.id == intent.id).values(**values))
    return due
