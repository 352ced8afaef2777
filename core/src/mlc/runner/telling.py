"""Tells alerts from the database, in a thread of its own: at least once each, in order, never in a run's way."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from mlc.clock import parse_stamp, stamp
from mlc.errors import StoreError
from mlc.runner.alertsinks import AlertNews, NotToldError, Sink
from mlc.store.alerts import AlertKind
from mlc.store.database import Database
from mlc.store.inserting import insert_or_leave
from mlc.store.schema import alert_events, alert_sinks, alerts, instance

log = logging.getLogger("mlc.alerts")
TICK_S = 0.5
#: One process tells a sink at a time; should it die meanwhile, another goes on after so long.
CLAIM = timedelta(seconds=60)
PAUSE_S = 5.0
PAUSE_MAX_S = 900.0
#: What a sink would not take for so long is left out, so that newer alerts reach it.
GIVEN_UP = timedelta(days=3)
AT_ONCE = 50


class Teller:
    """``tell`` does what is due of every sink. A sink that is new is told of what happens from now on."""

    def __init__(self, database: Database, sinks: Sequence[Sink], *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._sinks = {sink.name: sink for sink in sinks}
        self._now = now
        with database.write() as tx:
            latest = tx.execute(select(func.coalesce(func.max(alert_events.c.id), 0))).scalar_one()
            for name in self._sinks:
                insert_or_leave(tx, alert_sinks, name=name, last_event=latest, due_at=stamp(now()))
            self._home = str(tx.execute(select(instance.c.fingerprint)).scalar() or "mlc")[:8]

    def tell(self) -> None:
        """Tell every sink that is due what it has not been told."""
        with self._database.read() as connection:
            latest = connection.execute(select(func.coalesce(func.max(alert_events.c.id), 0))).scalar_one()
            rows = connection.execute(select(alert_sinks)).all()
        now = stamp(self._now())
        for row in rows:
            if row.name in self._sinks and row.last_event < latest and row.due_at <= now:
                self._tell(self._sinks[row.name])

    def pending(self) -> bool:
        """Is there a sink that has not been told everything?"""
        with self._database.read() as connection:
            latest = connection.execute(select(func.coalesce(func.max(alert_events.c.id), 0))).scalar_one()
            names = alert_sinks.c.name.in_(self._sinks)
            behind = select(alert_sinks.c.name).where(names, alert_sinks.c.last_event < latest).limit(1)
            return connection.execute(behind).first() is not None

    def finish(self, within_s: float) -> None:
        """Tell the rest before the process ends, as far as that goes; the next process goes on."""
        until = time.monotonic() + within_s
        while self.pending() and time.monotonic() < until:
            self.tell()
            time.sleep(0.05)

    def _tell(self, sink: Sink) -> None:
        claimed = self._claim(sink.name)
        if claimed is None:
            return
        last, failures, problem = claimed.last_event, 0, None
        for row in self._events(last):
            try:
                sink.tell(self._news(row))
            except NotToldError as error:
                problem = error.sentence
                if self._now() - parse_stamp(row.at) < GIVEN_UP:
                    failures = claimed.failures + 1
                    break
                log.error("An alert was given up on: %s", problem, extra={"code": row.code})
            last = row.id
            self._advance(sink.name, last)
        self._release(sink.name, failures, problem)

    def _claim(self, name: str) -> Any:
        now = self._now()
        with self._database.write() as tx:
            mine = tx.execute(
                update(alert_sinks)
                .where(alert_sinks.c.name == name, alert_sinks.c.due_at <= stamp(now))
                .values(due_at=stamp(now + CLAIM))
            ).rowcount
            return tx.execute(select(alert_sinks).where(alert_sinks.c.name == name)).one() if mine == 1 else None

    def _events(self, after: int) -> Sequence[Any]:
        with self._database.read() as connection:
            return connection.execute(
                select(alert_events, alerts.c.pairing, alerts.c.code, alerts.c.cause, alerts.c.sentence)
                .join(alerts, alerts.c.id == alert_events.c.alert_id)
                .where(alert_events.c.id > after)
                .order_by(alert_events.c.id)
                .limit(AT_ONCE)
            ).all()

    def _news(self, row: Any) -> AlertNews:
        return AlertNews(
            id=f"alert_{self._home}_{row.id}",
            kind=AlertKind(row.kind),
            pairing=row.pairing,
            code=row.code,
            cause=row.cause,
            sentence=row.sentence,
            at=parse_stamp(row.at),
        )

    def _advance(self, name: str, last: int) -> None:
        """What was taken is not told again, whatever happens next; our claim is renewed."""
        due = stamp(self._now() + CLAIM)
        with self._database.write() as tx:
            tx.execute(update(alert_sinks).where(alert_sinks.c.name == name).values(last_event=last, due_at=due))

    def _release(self, name: str, failures: int, problem: str | None) -> None:
        pause_s = min(PAUSE_S * 2.0 ** (failures - 1), PAUSE_MAX_S) if failures else 0.0
        values = {"failures": failures, "problem": problem if failures else None}
        due = stamp(self._now() + timedelta(seconds=pause_s))
        with self._database.write() as tx:
            tx.execute(update(alert_sinks).where(alert_sinks.c.name == name).values(due_at=due, **values))
        if failures == 1:
            log.warning("%s It is told again.", problem)


@contextmanager
def telling(teller: Teller, *, finish_s: float = 5.0) -> Iterator[None]:
    """Tell in a thread while the block runs, and the rest at its end."""
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(TICK_S):
            try:
                teller.tell()
            except (StoreError, DBAPIError) as error:
                log.warning("Alerts cannot be told now: %s", type(error).__name__)

    thread = threading.Thread(target=tell, name="mlc-alerts", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        teller.finish(finish_s)
