"""One create at a time per natural key: what could be the same document waits until the other is settled (R5)."""

from collections.abc import Sequence

from sqlalchemy import select

from mlc.contract import Operation
from mlc.engine.intents import Intent
from mlc.engine.session import Session
from mlc.engine.states import IntentState
from mlc.store.schema import intents

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


def _key(write: Intent) -> str | None:
    return write.natural_key if write.operation is Operation.CREATE else None
