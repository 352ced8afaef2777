"""Quotas on the stand-in's clock: sliding windows, fixed windows, calendar days, and all of them together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Refused, Request, Response

if TYPE_CHECKING:
    from mlc_sandbox.toolkit.standin import StandIn


class Limit(Protocol):
    """Something that counts calls: ``wait`` asks without counting, ``count`` counts a call that is let through."""

    def wait(self, now: datetime) -> float | None:
        """None when one more fits, else the seconds until it would."""

    def count(self, now: datetime) -> None:
        """Count one call."""


class Window:
    """At most ``limit`` takes within ``seconds``. Calls in process are a window as long as one call takes."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._taken: deque[datetime] = deque()

    def wait(self, now: datetime) -> float | None:
        """None when one more fits, else the seconds until it would."""
        horizon = now - timedelta(seconds=self.seconds)
        while self._taken and self._taken[0] <= horizon:
            self._taken.popleft()
        if len(self._taken) < self.limit:
            return None
        return (self._taken[0] - horizon).total_seconds() if self._taken else self.seconds

    def count(self, now: datetime) -> None:
        """Count one take."""
        self._taken.append(now)

    def take(self, now: datetime) -> float | None:
        """Count one take; returns None when it fits, else the seconds until the next one would."""
        wait = self.wait(now)
        if wait is None:
            self.count(now)
        return wait

    def reset(self) -> None:
        """Forget every take."""
        self._taken.clear()


class FixedWindow:
    """At most ``limit`` takes between two strokes of the clock: a full window stays full until the next stroke.

    An hour's window begins at hh:00:00, a minute's at :00, as UTC has them.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.used = 0
        self._window = -1

    def wait(self, now: datetime) -> float | None:
        """None when one more fits, else the seconds until the next stroke."""
        window = int(now.timestamp() // self.seconds)
        if window != self._window:
            self._window, self.used = window, 0
        if self.used < self.limit:
            return None
        return (window + 1) * self.seconds - now.timestamp()

    def count(self, now: datetime) -> None:
        """Count one take."""
        self.used += 1


class CalendarDay:
    """At most ``limit`` calls a day, counted from ``hour`` in a time zone."""

    def __init__(self, limit: int, *, zone: str = "UTC", hour: int = 0) -> None:
        self.limit = limit
        self.hour = hour
        self.used = 0
        self._zone = ZoneInfo(zone)
        self._begins: datetime | None = None

    def resets_in(self, now: datetime) -> timedelta:
        """How long until the count starts anew; starts it anew when that time has come."""
        if self._begins is None or not self._begins <= now < self._begins + timedelta(days=1):
            local = now.astimezone(self._zone)
            begins = local.replace(hour=self.hour, minute=0, second=0, microsecond=0)
            self._begins = begins if begins <= local else begins - timedelta(days=1)
            self.used = 0
        return self._begins + timedelta(days=1) - now

    def wait(self, now: datetime) -> float | None:
        """None when one more fits, else the seconds until the day ends."""
        left = self.resets_in(now)
        return left.total_seconds() if self.used >= self.limit else None

    def count(self, now: datetime) -> None:
        """Count one call."""
        self.used += 1

    @property
    def left(self) -> int:
        """How many calls remain today."""
        return max(self.limit - self.used, 0)


class Throttle:
    """A window that stays shut once it was overrun: until its oldest take leaves, or anew with every further try."""

    def __init__(self) -> None:
        self._taken: deque[datetime] = deque()
        self._shut_until: datetime | None = None

    def take(self, now: datetime, *, limit: int, seconds: float, prolongs: bool = False) -> float | None:
        """Count one take; returns None when it fits, else the seconds to wait."""
        span = timedelta(seconds=seconds)
        if self._shut_until is not None and now < self._shut_until:
            if prolongs:
                self._shut_until = now + span
            return (self._shut_until - now).total_seconds()
        while self._taken and self._taken[0] <= now - span:
            self._taken.popleft()
        if len(self._taken) >= limit:
            self._shut_until = self._taken[0] + span if self._taken else now + span
            return (self._shut_until - now).total_seconds()
        self._taken.append(now)
        return None


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit with the vendor's own words for it: ``refuse(request, wait_s)`` makes its 429."""

    limit: Limit
    refuse: Callable[[Request, float], Response]


def take_quota(standin: StandIn, request: Request, *quotas: Quota) -> None:
    """Count a call against every quota, unless limits are open. A call that is refused is not counted.

    The fault ``rate_limit`` is answered with the first quota's words.

    Raises: Refused.
    """
    fault = standin.faults.active(Kind.RATE_LIMIT, request)
    if fault is not None:
        raise Refused(quotas[0].refuse(request, fault.seconds))
    if not standin.limits_enabled:
        return
    now = standin.clock.now()
    for quota in quotas:
        wait = quota.limit.wait(now)
        if wait is not None:
            raise Refused(quota.refuse(request, wait))
    for quota in quotas:
        quota.limit.count(now)
