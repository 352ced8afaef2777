"""The quarantine of a write: how long ago it left, by a clock that nobody sets (R3).

The clock of the day may be set while a write is in doubt, and those of two machines differ. What counts instead is the
database server's clock, on SQLite the machine's own count of seconds since it was started. Neither says anything across
a start: after one, the whole quarantine begins anew.
"""

from datetime import timedelta

from sqlalchemy import update

from mlc.engine.intents import Intent
from mlc.engine.sending import LEAVE_WITHIN_S
from mlc.engine.session import Session
from mlc.errors import TransientError
from mlc.recipes import Flow, Side
from mlc.records import ObjectType
from mlc.store.instance import last_recovery
from mlc.store.marks import mark_of_now, time_between
from mlc.store.schema import intents


def quarantine_of(session: Session, flow: Flow, side: Side, kind: ObjectType) -> timedelta:
    """How long a write of this kind may be on its way, or stored and not shown yet, after it was noted as sending."""
    support = session.system(side).support(kind)
    assert support is not None
    applies = flow.applies_within_s if flow.applies_within_s is not None else support.applies_within_s
    visible = flow.visible_within_s if flow.visible_within_s is not None else support.visible_within_s
    return timedelta(seconds=LEAVE_WITHIN_S + flow.request_deadline_s + applies + visible)


def is_looked_up(intent: Intent) -> bool:
    """Somebody has searched for it since it left. An attempt after that begins with both moments equal."""
    return intent.looked_at not in (None, intent.sent_at)


def left_of_quarantine(session: Session, flow: Flow, intent: Intent) -> timedelta:
    """What is left of it at this moment; zero or less when it is over.

    Where nothing is known of how long ago the write left, that is noted as now: the quarantine begins anew.
    """
    whole = quarantine_of(session, flow, intent.side, intent.object_type)
    with session.database.read() as connection:
        now = mark_of_now(connection, session.clock)
    passed = time_between(intent.sent_mark, now)
    if passed is None:
        with session.database.write() as tx:
            tx.execute(update(intents).where(intents.c.id == intent.id).values(sent_mark=now))
        return whole
    return whole - passed


def sent_mark_of(session: Session, intent: Intent) -> str:
    """When its last attempt left, by the clock that counts for quarantines; now, where nothing is known of it."""
    with session.database.read() as connection:
        now = mark_of_now(connection, session.clock)
    return now if intent.sent_mark is None or time_between(intent.sent_mark, now) is None else intent.sent_mark


def wait_after_recovery(session: Session) -> None:
    """What the lost database sent just before ``mlc recover`` is in no list yet: nobody reads, or sends, until it is.

    Raises: TransientError until the longest quarantine of the pairing has passed since.
    """
    with session.database.read() as connection:
        recovered = last_recovery(connection)
        if recovered is None:
            return
        passed = time_between(recovered.mark, mark_of_now(connection, session.clock))
    now = session.clock.now()
    left = longest_quarantine(session) - (now - recovered.at if passed is None else passed)
    if left > timedelta():
        raise TransientError(
            f"The database was recovered at {recovered.at:%H:%M:%S} UTC; what was sent shortly before may not be shown "
            f"yet where it went. {session.pairing.name} goes on at {now + left:%H:%M:%S} UTC."
        )


def longest_quarantine(session: Session) -> timedelta:
    """That of the kind of writes which may be on its way the longest, of all that the pairing may do on either side."""
    sides = [
        (flow, side)
        for flow in session.pairing.flows
        for side in Side
        if session.system(side).support(flow.object) is not None
    ]
    return max((quarantine_of(session, flow, side, flow.object) for flow, side in sides), default=timedelta())
