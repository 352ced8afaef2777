"""The organisation's limits: calls a minute, calls a day by plan, calls in process."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from mlc_sandbox.zoho_books.refusals import IN_PROCESS, PER_DAY, PER_MINUTE, Refusal

PER_DAY_BY_PLAN: Final = {
    "FREE": 1000,
    "STANDARD": 2000,
    "PROFESSIONAL": 5000,
    "PREMIUM": 10000,
    "ELITE": 10000,
    "ULTIMATE": 10000,
}
BLOCKED: Final = (
    "For security reasons your organization has been blocked as it have exceeded the maximum number of requests "
    "per minute that can originate from an organization."
)


class Meter:
    """Counts what one organisation's callers use, on the vendor's clock. Calls that are refused are not counted."""

    def __init__(self, *, plan: str, time_zone: str) -> None:
        self.limits: dict[str, Any] = {
            "per_minute": 100,
            "per_day": PER_DAY_BY_PLAN.get(plan.upper(), 5000),
            "in_process": 5 if plan.upper() == "FREE" else 10,
        }
        self._zone = ZoneInfo(time_zone)
        self._minute: deque[float] = deque()
        self._blocked_until = 0.0
        self._day: datetime | None = None
        self._today = 0
        self._started: deque[float] = deque()

    def take(self, now: datetime, switches: dict[str, Any]) -> None:
        """Counts one call. Raises Refusal (429) with the body of the limit that stands against it."""
        at = now.timestamp()
        self._open_day(now, switches["day_starts_at_hour"])
        if self._today >= self.limits["per_day"]:
            most = self.limits["per_day"]
            message = f"The API call for this organization has exceeded the maximum call rate limit of {most}."
            raise Refusal(PER_DAY, message, 429)
        while self._minute and self._minute[0] <= at - 60:
            self._minute.popleft()
        if len(self._minute) >= self.limits["per_minute"] or at < self._blocked_until:
            if at >= self._blocked_until:
                self._blocked_until = at + switches["minute_block_s"]
            raise Refusal(PER_MINUTE, BLOCKED, 429)
        self._count_in_process(at, switches["in_process_s"])
        self._minute.append(at)
        self._today += 1

    def headers(self, now: datetime, switches: dict[str, Any]) -> dict[str, str]:
        """The headers seen on responses; ``Reset`` counts the seconds until the daily counter starts again."""
        begins = self._open_day(now, switches["day_starts_at_hour"])
        reset = begins + timedelta(days=1) - now
        return {
            "X-Rate-Limit-Limit": str(self.limits["per_day"]),
            "X-Rate-Limit-Remaining": str(max(self.limits["per_day"] - self._today, 0)),
            "X-Rate-Limit-Reset": str(int(reset.total_seconds())),
        }

    def _open_day(self, now: datetime, hour: int) -> datetime:
        if self._day is None or not self._day <= now < self._day + timedelta(days=1):
            local = now.astimezone(self._zone)
            begins = local.replace(hour=hour, minute=0, second=0, microsecond=0)
            self._day = begins if begins <= local else begins - timedelta(days=1)
            self._today = 0
        return self._day

    def _count_in_process(self, at: float, life_s: float) -> None:
        if not life_s:
            return
        while self._started and self._started[0] <= at - life_s:
            self._started.popleft()
        if len(self._started) >= self.limits["in_process"]:
            message = (
                "You have reached the maximum number of in process requests allowed. Kindly try again after some time."
            )
            raise Refusal(IN_PROCESS, message, 429)
        self._started.append(at)
