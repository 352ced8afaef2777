"""Alerts as rows: one per cause while it lasts, one event per change of state. Told by ``mlc.runner.alerts`` later."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, insert, select, update

from mlc.clock import stamp
from mlc.store.audit import AuditGroup
from mlc.store.inserting import insert_or_leave
from mlc.store.schema import alert_events, alerts


class AlertKind(StrEnum):
    RAISED = "raised"
    CLEARED = "cleared"


def raise_in(
    tx: Connection,
    audit: AuditGroup,
    *,
    code: str,
    cause: str,
    sentence: str,
    now: datetime,
    pairing: str | None = None,
) -> bool:
    """Raise an alert unless this very one is open. Returns True when it is new."""
    values = {"pairing": pairing, "code": code, "cause": cause, "sentence": sentence, "raised_at": stamp(now)}
    if not insert_or_leave(tx, alerts, **values):
        return False
    alert_id = tx.execute(select(alerts.c.id).where(_open(code), alerts.c.cause == cause)).scalar_one()
    tx.execute(insert(alert_events).values(alert_id=alert_id, kind=AlertKind.RAISED.value, at=stamp(now)))
    audit.add("alert", code=code, cause=cause, sentence=sentence)
    return True


def take_back_in(tx: Connection, code: str, causes: Sequence[str] | None, now: datetime) -> int:
    """The cause is gone; the next one like it alerts again. ``causes`` None: all of this code. How many were open."""
    which = _open(code) if causes is None else _open(code) & alerts.c.cause.in_(causes)
    ids = list(tx.execute(select(alerts.c.id).where(which)).scalars())
    if not ids:
        return 0
    tx.execute(update(alerts).where(alerts.c.id.in_(ids)).values(cleared_at=stamp(now)))
    tx.execute(
        insert(alert_events), [{"alert_id": one, "kind": AlertKind.CLEARED.value, "at": stamp(now)} for one in ids]
    )
    return len(ids)


def _open(code: str) -> ColumnElement[bool]:
    return (alerts.c.code == code) & alerts.c.cleared_at.is_(None)
