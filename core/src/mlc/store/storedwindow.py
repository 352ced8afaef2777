"""One window of an hour, a day or a month in the database: processes lease calls in blocks, so that all keep it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError

from mlc.clock import parse_stamp, stamp
from mlc.http.quota import BACKFILL_SHARE
from mlc.http.windows import BudgetLine
from mlc.store.schema import quotas
from mlc.system import QuotaWindow

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from mlc.store.database import Database

T = TypeVar("T")

BLOCK_MAX = 50
#: A backfill may use this much of a day, and of that only what the day's age allows; from its first minute on, what
#: six hours, or the first day of a month, would: a small first run is done whatever the hour.
BACKFILL_MAX = 0.70
BACKFILL_AT_ONCE = {QuotaWindow.DAY: 1 / 4, QuotaWindow.MONTH: 1 / 30}
BACKFILL_WAIT_S = 300.0
#: The vendor's count is written down when it differs from ours by more than this part of the limit.
DRIFT = 0.01


class StoredWindow:
    """An hour, day or month of calls, shared by all processes on one database. They begin with the clock, in UTC."""

    def __init__(
        self,
        name: QuotaWindow,
        limit: int,
        *,
        scope: str,
        counts: str = "all",
        under: str | None = None,
        database: "Database",
        now: Callable[[], datetime],
    ) -> None:
        self.name = name
        self.counts = counts
        self.under = under
        self._limit = limit
        self._scope = scope
        self._database = database
        self._now = now
        self._key = ":".join([str(name), *([] if counts == "all" else [counts]), *([] if under is None else [under])])
        self._lock = threading.Lock()
        self._slot = ""
        self._leased: dict[float, int] = {}
        self._used = 0
        self._closed_until: datetime | None = None

    def take(self, share: float) -> float:
        with self._lock:
            now = self._now()
            self._turn(now)
            if self._closed_until is not None and now < self._closed_until:
                return (self._closed_until - now).total_seconds()
            if self._leased.get(share, 0) == 0:
                wait_s = self._lease(share, now)
                if wait_s > 0:
                    return wait_s
            self._leased[share] -= 1
            return 0.0

    def give_back(self) -> None:
        with self._lock:
            share = next(iter(self._leased), 1.0)
            self._leased[share] = self._leased.get(share, 0) + 1

    def close(self, seconds: float) -> None:
        with self._lock:
            now = self._now()
            self._turn(now)
            self._closed_until = now + timedelta(seconds=seconds)
            self._write(now, {"closed_until": stamp(self._closed_until)})

    def observe(self, *, remaining: int | None, reset_s: float | None) -> None:
        with self._lock:
            now = self._now()
            self._turn(now)
            if remaining == 0 and reset_s is not None and self._closed_until is None:
                self._closed_until = now + timedelta(seconds=reset_s)
                self._write(now, {"closed_until": stamp(self._closed_until)})
            if remaining is None:
                return
            unspent = sum(self._leased.values())
            theirs = min(self._limit, max(0, self._limit - remaining))
            if abs(theirs + unspent - self._used) > max(1, self._limit * DRIFT):
                self._used = theirs + unspent
                self._write(now, {"used": self._used})

    def resize(self, limit: int) -> None:
        """The tenant's plan says how large the limit is."""
        with self._lock:
            self._limit = limit

    def line(self) -> BudgetLine:
        with self._lock, self._database.read() as transaction:
            now = self._now()
            self._turn(now)
            row = self._row(transaction, lock=False)
            used = 0 if row is None else row.used - sum(self._leased.values())
            closed = max(filter(None, (self._closed_until, _until(row))), default=None)
            return BudgetLine(
                window=self.name,
                counts=self.counts,
                scope=self._scope,
                limit=self._limit,
                used=max(0, used),
                closed_for_s=0.0 if closed is None else max(0.0, (closed - now).total_seconds()),
                resets_in_s=(_end(self.name, now) - now).total_seconds(),
            )

    def release(self) -> None:
        """Hand unspent calls back, when the process ends."""
        with self._lock:
            unspent = sum(self._leased.values())
            self._leased.clear()
            if unspent:
                with self._database.write() as transaction:
                    back = update(quotas).where(self._here(), quotas.c.used >= unspent)
                    transaction.execute(back.values(used=quotas.c.used - unspent))

    def _lease(self, share: float, now: datetime) -> float:
        """Book a block of calls; 0, else the seconds until it may be asked again."""

        def book(transaction: "Connection") -> float:
            row = self._row(transaction, lock=True)
            self._used = 0 if row is None else int(row.used)
            self._closed_until = max(filter(None, (self._closed_until, _until(row))), default=None)
            if self._closed_until is not None and now < self._closed_until:
                return (self._closed_until - now).total_seconds()
            block = min(self._allowed(share, now) - self._used, max(1, min(BLOCK_MAX, self._limit // 200)))
            if block <= 0:
                left = (_end(self.name, now) - now).total_seconds()
                return min(left, BACKFILL_WAIT_S) if share == BACKFILL_SHARE else left
            self._used += block
            self._put(transaction, row, now, {"used": self._used})
            self._leased[share] = block
            return 0.0

        return self._transact(book)

    def _allowed(self, share: float, now: datetime) -> int:
        if share != BACKFILL_SHARE:
            return max(1, int(self._limit * share))
        start, end = _start(self.name, now), _end(self.name, now)
        elapsed = (now - start) / (end - start)
        return max(1, int(self._limit * BACKFILL_MAX * max(elapsed, BACKFILL_AT_ONCE[self.name])))

    def _turn(self, now: datetime) -> None:
        slot = stamp(_start(self.name, now))
        if slot != self._slot:
            self._slot = slot
            self._leased.clear()
            self._used = 0

    def _here(self) -> ColumnElement[bool]:
        return (quotas.c.scope == self._scope) & (quotas.c.window == self._key) & (quotas.c.slot == self._slot)

    def _row(self, transaction: "Connection", *, lock: bool) -> "Row[Any] | None":
        query = select(quotas).where(self._here())
        return transaction.execute(query.with_for_update() if lock else query).one_or_none()

    def _write(self, now: datetime, values: dict[str, object]) -> None:
        self._transact(lambda transaction: self._put(transaction, self._row(transaction, lock=True), now, values))

    def _put(self, transaction: "Connection", row: object, now: datetime, values: dict[str, object]) -> None:
        changed = {"limit": self._limit, "updated_at": stamp(now), **values}
        if row is None:
            key = {"scope": self._scope, "window": self._key, "slot": self._slot, "used": 0}
            transaction.execute(insert(quotas).values({**key, **changed}))
        else:
            transaction.execute(update(quotas).where(self._here()).values(changed))

    def _transact(self, work: "Callable[[Connection], T]") -> T:
        try:
            return self._database.transact(work)
        except IntegrityError:  # another process made the row in the same instant
            return self._database.transact(work)


def _start(window: QuotaWindow, now: datetime) -> datetime:
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if window is QuotaWindow.HOUR:
        return hour
    midnight = hour.replace(hour=0)
    return midnight.replace(day=1) if window is QuotaWindow.MONTH else midnight


def _end(window: QuotaWindow, now: datetime) -> datetime:
    start = _start(window, now)
    if window is QuotaWindow.MONTH:
        return (start + timedelta(days=32)).replace(day=1)
    if window is QuotaWindow.HOUR:
        return start + timedelta(hours=1)
    return start + timedelta(days=1)


def _until(row: "Row[Any] | None") -> datetime | None:
    return None if row is None or row.closed_until is None else parse_stamp(row.closed_until)
