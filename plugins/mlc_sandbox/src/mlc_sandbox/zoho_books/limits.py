"""The organisation's limits: calls a minute, calls a day by plan, calls in process."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from mlc_sandbox.toolkit.limits import CalendarDay, Window
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
TOO_MANY_AT_ONCE: Final = (
    "You have reached the maximum number of in process requests allowed. Kindly try again after some time."
)


class Meter:
    """Counts what one organisation's callers use, on the vendor's clock. Calls that are refused are not counted."""

    def __init__(self, *, plan: str, time_zone: str) -> None:
        self.limits: dict[str, Any] = {
            "per_minute": 100,
            "per_day": PER_DAY_BY_PLAN.get(plan.upper(), 5000),
            "in_process": 5 if plan.upper() == "FREE" else 10,
        }
        self._minute = Window(self.limits["per_minute"], 60.0)
        self._in_process = Window(self.limits["in_process"], 0.0)
        self._day = CalendarDay(self.limits["per_day"], zone=time_zone)
        self._blocked_until = 0.0

    def take(self, now: datetime, switches: dict[str, Any]) -> None:
        """Counts one call. Raises Refusal (429) with the body of the limit that stands against it."""
        self._heed(switches)
        if self._day.wait(now) is not None:
            raise Refusal(PER_DAY, over_the_day(self.limits), 429)
        at = now.timestamp()
        if self._minute.wait(now) is not None or at < self._blocked_until:
            if at >= self._blocked_until:
                self._blocked_until = at + switches["minute_block_s"]
            raise Refusal(PER_MINUTE, BLOCKED, 429)
        if switches["in_process_s"] and self._in_process.take(now) is not None:
            raise Refusal(IN_PROCESS, TOO_MANY_AT_ONCE, 429)
        self._minute.count(now)
        self._day.count(now)

    def headers(self, now: datetime, switches: dict[str, Any]) -> dict[str, str]:
        """The headers seen on responses; ``Reset`` counts the seconds until the daily counter starts again."""
        self._heed(switches)
        reset = self._day.resets_in(now)
        return {
            "X-Rate-Limit-Limit": str(self._day.limit),
            "X-Rate-Limit-Remaining": str(self._day.left),
            "X-Rate-Limit-Reset": str(int(reset.total_seconds())),
        }

    def _heed(self, switches: dict[str, Any]) -> None:
        """Limits and switches may have been changed since the last call."""
        self._minute.limit = self.limits["per_minute"]
        self._day.limit = self.limits["per_day"]
        self._day.hour = switches["day_starts_at_hour"]
        self._in_process.limit = self.limits["in_process"]
        self._in_process.seconds = switches["in_process_s"]


def over_the_day(limits: dict[str, Any]) -> str:
    """What is said once the day's calls are used up."""
    return f"The API call for this organization has exceeded the maximum call rate limit of {limits['per_day']}."
