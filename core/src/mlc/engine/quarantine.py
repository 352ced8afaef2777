"""The quarantine of a write: how long ago it left, by a clock that nobody sets (R3).

The clock of the day may be set while a write is in doubt, and those of two machines differ. What counts instead is the
database server's clock, on SQLite the machine's own count of seconds since it was started. Neither says anything across
a start: after one, the whole quarantine begins anew.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text, update

from mlc.clock import Clock, parse_stamp
from mlc.engine.intents import Intent
from mlc.engine.sending import LEAVE_WITHIN_S
from mlc.engine.session import Session
from mlc.recipes import Flow
from mlc.store.schema import intents

_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)
_SERVER = text(
    "SELECT extract(epoch FROM pg_postmaster_start_time()), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
)


def mark_of_now(connection: Connection, clock: Clock) -> str | None:
    """This moment as it is noted with a write: microseconds, and the start that they belong to. None where the platform
    names no start of the machine: there the clock of the day has to do."""
    if connection.dialect.name == "sqlite":
        boot, now = clock.boot_id(), clock.boottime() * _SECOND // _MICROSECOND
        if boot is None:
            return None
    else:
        boot, now = connection.execute(_SERVER).one()
    return f"{now + clock.skipped() // _MICROSECOND} {boot}"


def time_between(mark: str | None, later: str | None) -> timedelta | None:
    """What has passed from one mark to the other; None when a start, or a clock that was set back, lies between."""
    if mark is None or later is None:
        return None
    (before, _, boot), (now, _, same) = mark.partition(" "), later.partition(" ")
    passed = (int(now) - int(before)) * _MICROSECOND
    return passed if boot == same and passed >= timedelta() else None


def quarantine_of(session: Session, flow: Flow, intent: Intent) -> timedelta:
    """How long a write of this kind may be on its way, or stored and not shown yet, after it was noted as sending."""
    support = session.system(intent.side).support(intent.object_type)
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
    whole = quarantine_of(session, flow, intent)
    with session.database.read() as connection:
        now = mark_of_now(connection, session.clock)
    if now is None:
        return _sent(intent, session.clock.now()) + whole - session.clock.now()
    passed = time_between(intent.sent_mark, now)
    if passed is None:
        with session.database.write() as tx:
            tx.execute(update(intents).where(intents.c.id == intent.id).values(sent_mark=now))
        return whole
    return whole - passed


def _sent(intent: Intent, now: datetime) -> datetime:
    return parse_stamp(intent.sent_at) if intent.sent_at else now
