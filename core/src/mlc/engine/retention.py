"""What was sent is kept for a while, then its bytes go and its digest stays (R6)."""

from datetime import timedelta

from sqlalchemy import null, select, update

from mlc.clock import stamp
from mlc.engine.session import Session
from mlc.engine.states import IntentState
from mlc.store.schema import intents

#: Settled for good: nobody sends these bytes again.
_DONE = (IntentState.CONFIRMED.value, IntentState.SUPERSEDED.value)
BATCH = 500


def forget_payloads(session: Session) -> int:
    """Delete the bytes of writes that were settled longer ago than the pairing keeps them; how many were."""
    now = session.clock.now()
    before = stamp(now - timedelta(days=session.pairing.policy.payload_days))
    old = (
        select(intents.c.id)
        .where(
            intents.c.pairing == session.pairing.name,
            intents.c.state.in_(_DONE),
            intents.c.updated_at < before,
            intents.c.payload.is_not(None),
        )
        .limit(BATCH)
    )
    gone = 0
    while not session.stop():
        with session.database.write() as tx:
            ids = tx.execute(old).scalars().all()
            tx.execute(update(intents).where(intents.c.id.in_(ids)).values(payload=null(), source_input=null()))
        gone += len(ids)
        if len(ids) < BATCH:
            break
    if gone:
        audit = session.audit()
        audit.add("payloads_forgotten", count=gone, before=before)
        with session.database.write() as tx:
            audit.write(tx, now)
    return gone
