"""Counting calls in a window of seconds, minutes or hours, in this process; and slots for calls in flight."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mlc.http.clocks import boottime
from mlc.system import QuotaWindow

#: Length of each window in seconds. What the vendor counts arrives a little unevenly, so ours is a little longer.
PERIOD_S = {QuotaWindow.SECOND: 1.0, QuotaWindow.MINUTE: 60.0, QuotaWindow.HOUR: 3600.0}
SLACK_S = {QuotaWindow.SECOND: 0.05, QuotaWindow.MINUTE: 0.5, QuotaWindow.HOUR: 2.0}


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """What is left of one window. ``closed_for_s`` above zero: the vendor refused, and for how long yet."""

    window: str
    counts: str
    scope: str
    limit: int | None
    used: int
    closed_for_s: float = 0.0
    resets_in_s: float | None = None

    @property
    def remaining(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)


class Window(Protocol):
    """One limit. ``counts`` is all, read, write or mint; ``under`` the path that its calls begin with, None for any."""

    name: QuotaWindow
    counts: str
    under: str | None

    def take(self, share: float) -> float:
        """Count one call if ``share`` of the limit is not used up: 0, else the seconds until it may be tried again."""
        ...

    def give_back(self) -> None:
        """A call that was counted was not made."""
        ...

    def close(self, seconds: float) -> None:
        """The vendor refused: let nothing through for that long."""
        ...

    def observe(self, *, remaining: int | None, reset_s: float | None) -> None:
        """The vendor said what is left; its count wins."""
        ...

    def resize(self, limit: int) -> None:
        """The limit is another than the system declared."""
        ...

    def line(self) -> BudgetLine:
        """Where it stands."""
        ...


class MemoryWindow:
    """A sliding window: at most ``limit`` calls in any stretch of its length. Shared by the threads of a process."""

    def __init__(
        self,
        name: QuotaWindow,
        limit: int,
        *,
        scope: str,
        counts: str = "all",
        under: str | None = None,
        clock: Callable[[], float] = boottime,
    ) -> None:
        self.name = name
        self.counts = counts
        self.under = under
        self._limit = limit
        self._scope = scope
        self._period = PERIOD_S[name] + SLACK_S[name]
        self._clock = clock
        self._lock = threading.Lock()
        self._stamps: deque[float] = deque()
        self._closed_until = 0.0
        self._parts = 1

    def split(self, parts: int) -> None:
        """Others count for themselves too: of the limit only this part is ours."""
        self._parts = max(1, parts)
        stretch = max(1.0, self._parts / max(1, self._limit))  # no process has less than a call, but less often
        self._period = (PERIOD_S[self.name] + SLACK_S[self.name]) * stretch

    @property
    def used(self) -> int:
        """Calls in it now."""
        with self._lock:
            self._forget(self._clock())
            return len(self._stamps)

    def note(self) -> None:
        """A call that was admitted elsewhere."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            self._stamps.append(now)

    def take(self, share: float) -> float:
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return self._closed_until - now
            self._forget(now)
            allowed = max(1, int(self._limit * share / self._parts))
            if len(self._stamps) < allowed:
                self._stamps.append(now)
                return 0.0
            return max(0.001, self._stamps[len(self._stamps) - allowed] + self._period - now)

    def give_back(self) -> None:
        with self._lock:
            if self._stamps:
                self._stamps.pop()

    def close(self, seconds: float) -> None:
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + seconds)

    def observe(self, *, remaining: int | None, reset_s: float | None) -> None:
        with self._lock:
            now = self._clock()
            self._forget(now)
            if remaining is not None:
                used = min(self._limit, max(0, self._limit - remaining))
                while len(self._stamps) > used:
                    self._stamps.popleft()
                # Calls of others: as they leave the window at an unknown moment, they count from now.
                self._stamps.extend([now] * (used - len(self._stamps)))
            if remaining == 0 and reset_s is not None:
                self._closed_until = max(self._closed_until, now + reset_s)

    def resize(self, limit: int) -> None:
        with self._lock:
            self._limit = limit

    def line(self) -> BudgetLine:
        with self._lock:
            now = self._clock()
            self._forget(now)
            resets = self._stamps[0] + self._period - now if self._stamps else None
            return BudgetLine(
                window=self.name,
                counts=self.counts,
                scope=self._scope,
                limit=self._limit,
                used=len(self._stamps),
                closed_for_s=max(0.0, self._closed_until - now),
                resets_in_s=resets,
            )

    def _forget(self, now: float) -> None:
        while self._stamps and self._stamps[0] <= now - self._period:
            self._stamps.popleft()


class Slots:
    """At most ``limit`` calls in flight. A slot that was never given back expires, so a lost thread blocks nobody."""

    def __init__(self, limit: int, *, expires_s: float = 90.0, clock: Callable[[], float] = boottime) -> None:
        self.limit = max(1, limit)
        self._expires_s = expires_s
        self._clock = clock
        self._free = threading.Condition()
        self._taken: dict[int, float] = {}
        self._next = 0

    def take(self, *, wait_s: float) -> int | None:
        """A slot's number, None when none came free in time."""
        give_up = self._clock() + wait_s
        with self._free:
            while True:
                now = self._clock()
                if len(self._taken) >= self.limit:
                    self._taken = {slot: until for slot, until in self._taken.items() if until > now}
                if len(self._taken) < self.limit:
                    self._next += 1
                    self._taken[self._next] = now + self._expires_s
                    return self._next
                if now >= give_up:
                    return None
                self._free.wait(give_up - now)

    def give_back(self, slot: int) -> None:
        with self._free:
            self._taken.pop(slot, None)
            self._free.notify()

    @property
    def in_flight(self) -> int:
        return len(self._taken)
