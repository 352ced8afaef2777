"""Which planned writes may leave now: one create per natural key, and none that the source has overtaken (R5)."""

from collections.abc import Sequence

from sqlalchemy import select

from mlc.contract import Operation
from mlc.engine.booking import Booking
from mlc.engine.intents import Intent
from mlc.engine.session import Session
from mlc.engine.states import IntentState, RecordState
from mlc.engine.tally import Tally
from mlc.store.schema import intents, records

#: In these states a create may be in the target already; the store lets one per natural key into them.
_UNDER_WAY = (IntentState.SENDING.value, IntentState.ACCEPTED.value, IntentState.UNCERTAIN.value)


def in_turn(session: Session, writes: Sequence[Intent]) -> list[Intent]:
    """Those of these writes to one side that may leave now, in order; the others' turn comes later."""
    keys = {key for write in writes if (key := _key(write)) is not None}
    if not keys:
        return list(writes)
    with session.database.read() as connection:
        taken = set(
            connection.execute(
                select(intents.c.natural_key).where(
                    intents.c.connection == session.pairing.connection(writes[0].side),
                    intents.c.object_type == writes[0].object_type.value,
                    intents.c.operation == Operation.CREATE.value,
                    intents.c.natural_key.in_(keys),
                    intents.c.state.in_(_UNDER_WAY),
                )
            ).scalars()
        )
    free = []
    for write in writes:
        key = _key(write)
        if key is None or key not in taken:
            free.append(write)
            if key is not None:
                taken.add(key)
    return free


def not_overtaken(session: Session, ready: Sequence[Intent], tally: Tally) -> Sequence[Intent]:
    """Drop writes that surely are not in the target when the source has moved on: it is decided afresh."""
    absent = [intent for intent in ready if intent.part == "main" and intent.sent_at is None]
    if not absent:
        return ready
    with session.database.read() as connection:
        moved = set(
            connection.execute(
                select(records.c.id).where(
                    records.c.id.in_([intent.record_id for intent in absent]),
                    records.c.state == RecordState.PENDING.value,
                )
            ).scalars()
        )
    overtaken = [intent for intent in absent if intent.record_id in moved]
    if overtaken:
        booking = Booking(session, session.clock.now(), tally)
        for intent in overtaken:
            booking.supersede(intent, "the source changed before it was sent")
        booking.commit()
    return [intent for intent in ready if intent not in overtaken]


def _key(write: Intent) -> str | None:
    return write.natural_key if write.operation is Operation.CREATE else None
