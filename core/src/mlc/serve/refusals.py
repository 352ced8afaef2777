"""Refused deliveries in the audit trail: the first at once, then one event per connection and five minutes with how
many there were, so that a flood cannot fill it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mlc.store.alerts import raise_in, take_back_in
from mlc.store.audit import AuditGroup
from mlc.store.database import Database

EVERY = timedelta(minutes=5)
#: So many refusals without a genuine delivery in between are no accident.
SUSPICIOUS = 5
#: Genuine and forged deliveries in turn must not raise and clear one alert after the other.
ALERT_EVERY = timedelta(hours=1)
CODE = "webhook_refused"


@dataclass
class _Tally:
    told_at: datetime | None = None
    untold: int = 0
    in_a_row: int = 0
    reason: str = ""
    alerted: bool = False
    alerted_at: datetime | None = None


class Refusals:
    """Counts refusals and writes what is due of them. Safe across threads."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._lock = threading.Lock()
        self._tallies: dict[str, _Tally] = {}

    def note(self, connection: str, reason: str) -> None:
        """One delivery was refused."""
        now = self._now()
        with self._lock:
            tally = self._tallies.setdefault(connection, _Tally())
            tally.untold += 1
            tally.in_a_row += 1
            tally.reason = reason
            quiet = tally.alerted_at is None or now - tally.alerted_at >= ALERT_EVERY
            alert = tally.in_a_row >= SUSPICIOUS and not tally.alerted and quiet
            if alert:
                tally.alerted, tally.alerted_at = True, now
            due = self._take(tally, now) if tally.told_at is None or now - tally.told_at >= EVERY else 0
        if due or alert:
            self._tell(connection, due, reason, now, alert=alert)

    def passed(self, connection: str) -> None:
        """A genuine delivery came: whatever was wrong is over."""
        tally = self._tallies.get(connection)
        if tally is None or tally.in_a_row == 0:
            return
        with self._lock:
            tally.in_a_row = 0
            alerted, tally.alerted = tally.alerted, False
        if alerted:
            with self._database.write() as tx:
                take_back_in(tx, CODE, [connection], self._now())

    def flush(self) -> None:
        """Write what is due of every connection; called now and then, and at the end."""
        now = self._now()
        with self._lock:
            due = [
                (name, self._take(tally, now), tally.reason)
                for name, tally in self._tallies.items()
                if tally.untold and (tally.told_at is None or now - tally.told_at >= EVERY)
            ]
        for name, count, reason in due:
            self._tell(name, count, reason, now)

    def finish(self) -> None:
        """Write the rest before the process ends."""
        now = self._now()
        with self._lock:
            due = [(name, self._take(one, now), one.reason) for name, one in self._tallies.items() if one.untold]
        for name, count, reason in due:
            self._tell(name, count, reason, now)

    @staticmethod
    def _take(tally: _Tally, now: datetime) -> int:
        count, tally.untold, tally.told_at = tally.untold, 0, now
        return count

    def _tell(self, connection: str, count: int, reason: str, now: datetime, *, alert: bool = False) -> None:
        with self._database.write() as tx:
            audit = AuditGroup()
            if count:
                audit.add(CODE, connection=connection, deliveries=count, reason=reason)
            if alert:
                sentence = (
                    f"{connection}: {SUSPICIOUS} webhook deliveries in a row were refused ({reason}) "
                    f"Compare the secret there with the one stored here: mlc connect {connection}"
                )
                raise_in(tx, audit, code=CODE, cause=connection, sentence=sentence, now=now)
            audit.write(tx, now)
