"""What waits is told once per cause, and again after 3 and 14 days (R25)."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import RowMapping, select, update

from mlc.clock import parse_stamp, stamp
from mlc.engine.alerts import clear_alerts, raise_alert
from mlc.engine.holdstore import open_rows
from mlc.engine.session import Session
from mlc.store.schema import alerts, holds

REMINDERS = (3, 14)
CHUNK = 500


def tell_holds(session: Session) -> None:
    """Raise one alert per code and cause of this pairing's open holds; take back those whose cause is gone.

    Where two causes read the same, such as two vendors of one name, each names its record.
    """
    with session.database.read() as connection:
        rows = open_rows(connection, session.pairing.name)
    causes: dict[tuple[str, str], list[RowMapping]] = {}
    for row in rows:
        causes.setdefault((row["code"], f"{session.pairing.name}:{row['waits_key']}"), []).append(row)
    standing = set(causes)
    told = {key: _first(waiting) for key, waiting in causes.items()}
    alike = Counter(first["sentence"] for first in told.values())
    for (code, cause), waiting in causes.items():
        first = told[code, cause]
        named = "" if alike[first["sentence"]] == 1 else f" (Record {first['record_id']}, {first['external_id']}.)"
        more = f" ({len(waiting) - 1} more wait for the same.)" if len(waiting) > 1 else ""
        sentence = first["sentence"] + named + more
        raise_alert(session, code, cause, sentence)
        standing |= {(code, reminder) for reminder in _remind(session, code, cause, waiting, sentence)}
    _take_back(session, standing)


def _first(waiting: Sequence[RowMapping]) -> RowMapping:
    """The party itself, where documents wait for what it waits for."""
    return next((row for row in waiting if row["waits_key"].endswith(f":{row['external_id']}")), waiting[0])


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
            if row.cause.startswith(prefix) and (row.code, row.cause) not in standing:
                clear_alerts(tx, row.code, [row.cause], stamp(session.clock.now()))


def _remind(session: Session, code: str, cause: str, waiting: Sequence[RowMapping], sentence: str) -> list[str]:
    """Remind once per cause when its oldest hold comes of age. Returns the causes of the reminders that stand."""
    age = session.clock.now() - min(parse_stamp(row["since"]) for row in waiting)
    due = [days for days in REMINDERS if age >= timedelta(days=days)]
    told = [f"{cause} after {days} days" for days in due]
    late = [row["id"] for row in waiting if row["alerted_days"] < max(due, default=0)]
    if late and all(row["alerted_days"] < due[-1] for row in waiting):
        raise_alert(session, code, told[-1], f"For {due[-1]} days now: {sentence}")
    if not late:
        return told
    with session.database.write() as tx:
        for start in range(0, len(late), CHUNK):
            those = holds.c.id.in_(late[start : start + CHUNK])
            tx.execute(update(holds).where(those).values(alerted_days=due[-1]))
    return told
