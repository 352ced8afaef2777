"""What waits is told once per cause, and again after 3 and 14 days (R25)."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from mlc.clock import parse_stamp, stamp
from mlc.engine.alerts import clear_alerts, raise_alert
from mlc.engine.holdstore import open_rows
from mlc.engine.session import Session
from mlc.store.schema import alerts, holds

REMINDERS = (3, 14)


def tell_holds(session: Session) -> None:
    """Raise one alert per code and cause of this pairing's open holds; take back those whose cause is gone."""
    with session.database.read() as connection:
        rows = open_rows(connection, session.pairing.name)
    causes: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        causes.setdefault((row["code"], f"{session.pairing.name}:{row['waits_key']}"), []).append(row["sentence"])
    for (code, cause), sentences in causes.items():
        more = f" ({len(sentences) - 1} more wait for the same.)" if len(sentences) > 1 else ""
        raise_alert(session, code, cause, sentences[0] + more)
    _take_back(session, set(causes))
    now = session.clock.now()
    for row in rows:
        _remind(session, row["id"], row["code"], row["sentence"], parse_stamp(row["since"]), row["alerted_days"], now)


def _take_back(session: Session, standing: set[tuple[str, str]]) -> None:
    prefix = f"{session.pairing.name}:"
    with session.database.write() as tx:
        for row in tx.execute(
            select(alerts.c.code, alerts.c.cause).where(
                alerts.c.pairing == session.pairing.name,
                alerts.c.cleared_at.is_(None),
                alerts.c.code.in_(select(holds.c.code).where(holds.c.pairing == session.pairing.name)),
            )
        ).all():
            if row.cause.startswith(prefix) and (row.code, row.cause) not in standing and " days: " not in row.cause:
                clear_alerts(tx, row.code, [row.cause], stamp(session.clock.now()))


def _remind(
    session: Session, hold_id: int, code: str, sentence: str, since: datetime, told: int, now: datetime
) -> None:
    due = max((days for days in REMINDERS if now - since >= timedelta(days=days)), default=0)
    if due <= told:
        return
    raise_alert(session, code, f"{session.pairing.name}:{due} days: {hold_id}", f"For {due} days now: {sentence}")
    with session.database.write() as tx:
        tx.execute(update(holds).where(holds.c.id == hold_id).values(alerted_days=due))
