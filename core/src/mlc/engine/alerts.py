"""Alerts of a run: one per cause while it lasts, never one per retry. Who is told of them, ``mlc.runner`` sees to."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from mlc.clock import parse_stamp
from mlc.engine.session import Session
from mlc.store.alerts import raise_in, take_back_in
from mlc.store.schema import alerts
from mlc.store.statements import Statement

# Asked for every stage of every run, and nearly always in vain.
_OPEN = Statement(
    select(alerts.c.id).where(
        alerts.c.code == bindparam("of_code"), alerts.c.cause == bindparam("of_cause"), alerts.c.cleared_at.is_(None)
    )
)


def raise_alert(session: Session, code: str, cause: str, sentence: str) -> bool:
    """Raise an alert unless this very one is open. Returns True when it is new."""
    if _is_open(session, code, cause):
        return False
    now = session.clock.now()
    with session.database.write() as tx:
        audit = session.audit()
        new = raise_in(tx, audit, code=code, cause=cause, sentence=sentence, now=now, pairing=session.pairing.name)
        audit.write(tx, now)
    if new:
        session.progress("alert", code=code, sentence=sentence)
    return new


def take_back(session: Session, code: str, cause: str) -> None:
    """The cause is gone, if it was told at all. Costs a write only then."""
    if _is_open(session, code, cause):
        with session.database.write() as tx:
            take_back_in(tx, code, [cause], session.clock.now())


def clear_alerts(tx: Connection, code: str, causes: Sequence[str] | None, now: str) -> None:
    """The cause is gone; the next one like it alerts again."""
    take_back_in(tx, code, causes, parse_stamp(now))


def _is_open(session: Session, code: str, cause: str) -> bool:
    with session.database.read() as connection:
        return bool(_OPEN.rows(connection, {"of_code": code, "of_cause": cause}))
