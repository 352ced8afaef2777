"""Credits in any 24 hours, and requests at once."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Any

from mlc_sandbox.zoho_crm.editions import HEAVY_AT_ONCE, credits_of, edition_of
from mlc_sandbox.zoho_crm.refusals import Refusal, too_many

DAY = timedelta(hours=24)


class Meter:
    """Counts what all callers of one organisation use, on the vendor's clock."""

    def __init__(self, switches: dict[str, Any]) -> None:
        self._switches = switches
        self.limits: dict[str, Any] = {}
        self._spent: deque[tuple[datetime, int]] = deque()
        self._used = 0
        self._running: dict[int, bool] = {}
        self.bought()

    def bought(self) -> None:
        """Take the limits over from the edition, as after a purchase."""
        self.limits.update(credits=credits_of(self._switches), at_once=edition_of(self._switches).at_once,
                           heavy_at_once=HEAVY_AT_ONCE)  # fmt: skip

    def used(self, now: datetime) -> int:
        """Credits spent in the last 24 hours."""
        while self._spent and self._spent[0][0] <= now - DAY:
            self._used -= self._spent.popleft()[1]
        return self._used

    def spend(self, now: datetime, cost: int) -> None:
        """Spend credits. Raises Refusal when fewer are left; a refused call costs nothing."""
        if self.used(now) + cost > self.limits["credits"]:
            code, status = self._switches["credits_refusal"], self._switches["credits_status"]
            raise Refusal(code, "You have reached the API credit limit of your organization.", status)
        self._spent.append((now, cost))
        self._used += cost

    def headers(self, now: datetime) -> dict[str, str]:
        """What is left, told once half is used."""
        used, limit = self.used(now), int(self.limits["credits"])
        return {"X-API-CREDITS-REMAINING": str(max(limit - used, 0))} if used * 2 >= limit else {}

    def begin(self, number: int, *, heavy: bool) -> None:
        """A request is in process from its last byte on."""
        self._running[number] = heavy

    def end(self, number: int) -> None:
        """Its reply has left."""
        self._running.pop(number, None)

    def check_at_once(self, number: int) -> None:
        """Raises Refusal (429) when too many are in process, this one among them."""
        if len(self._running) > self.limits["at_once"]:
            raise too_many("You have reached the maximum number of concurrent requests. Please try again later.")
        heavy = self._running.get(number, False)
        if heavy and sum(self._running.values()) > self.limits["heavy_at_once"]:
            raise too_many("You have reached the maximum number of concurrent requests of this API.")
