"""Alerts: one per cause while it lasts, never one per retry."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from mlc.clock import stamp
from mlc.engine.session import Session
from mlc.store.schema import alerts


def raise_alert(session: Session, code: str, cause: str, sentence: str) -> bool:
    """Raise an alert unless this very one is open. Returns True when it is new; plugins hear of it once."""
    now = session.clock.now()
    with session.database.write() as tx:
        known = tx.execute(
            select(alerts.c.id).where(alerts.c.code == code, alerts.c.cause == cause, alerts.c.cleared_at.is_(None))
        ).first()
        if known is not None:
            return False
        try:
            with tx.begin_nested():
                tx.execute(
                    alerts.insert().values(
                        pairing=session.pairing.name, code=code, cause=cause, sentence=sentence, raised_at=stamp(now)
                    )
                )
        except IntegrityError:
            return False
        audit = session.audit()
        audit.add("alert", code=code, cause=cause, sentence=sentence)
        audit.write(tx, now)
    session.plugins.broadcast("mlc_alert", pairing=session.pairing.name, code=code, sentence=sentence, at=now)
    session.progress("alert", code=code, sentence=sentence)
    return True


def take_back(session: Session, code: str, cause: str) -> None:
    """The cause is gone, if it was told at all. Costs a write only then."""
    with session.database.read() as connection:
        told = connection.execute(
            select(alerts.c.id).where(alerts.c.code == code, alerts.c.cause == cause, alerts.c.cleared_at.is_(None))
        ).first()
    if told is not None:
        with session.database.write() as tx:
            clear_alerts(tx, code, [cause], stamp(session.clock.now()))


def clear_alerts(tx: Connection, code: str, causes: Sequence[str] | None, now: str) -> None:
    """The cause is gone; the next one like it alerts again."""
    statement = update(alerts).where(alerts.c.code == code, alerts.c.cleared_at.is_(None)).values(cleared_at=now)
    if causes is not None:
        statement = statement.where(alerts.c.cause.in_(causes))
    tx.execute(statement)
