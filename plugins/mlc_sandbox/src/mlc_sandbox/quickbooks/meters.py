"""Throttles and the counter of metered calls."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.quickbooks.refusals import gateway
from mlc_sandbox.quickbooks.wire import now_text
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.limits import Quota, Window, take_quota

if TYPE_CHECKING:
    from mlc_sandbox.quickbooks.app import QuickBooksStandIn

LIMITS: Final[dict[str, Any]] = {
    "per_minute": 500,
    "per_second": 10,
    "at_once": 0,  # 10 on older pages; 0: not counted
    "batches_per_minute": 40,
    "coreplus_per_month": 500_000,
}


class Meters:
    """Windows per company, and how many calls of each class succeeded."""

    def __init__(self, standin: QuickBooksStandIn) -> None:
        self._standin = standin
        self._windows: dict[tuple[str, str], Window] = {}
        self._in_flight: dict[int, str] = {}
        self.months: dict[str, Counter[str]] = {}

    def reset(self) -> None:
        """Limits were changed: windows start anew."""
        self._windows.clear()

    def arrived(self, request: Request) -> None:
        """A request is complete."""
        realm = realm_of(request)
        if realm:
            self._in_flight[request.number] = realm

    def left(self, request: Request) -> None:
        """Its reply leaves."""
        self._in_flight.pop(request.number, None)

    def take(self, request: Request, realm: str) -> None:
        """Count a call against the throttles. Raises Refused with 429."""
        limits = self._standin.limits
        quotas = [
            Quota(self._window(realm, "per_minute", 60.0), self._too_many),
            Quota(self._window(realm, "per_second", 1.0), self._too_many),
        ]
        if request.path.endswith("/batch"):
            quotas.append(Quota(self._window(realm, "batches_per_minute", 60.0), self._too_many))
        take_quota(self._standin, request, *quotas)
        if not self._standin.limits_enabled:
            return
        flying = sum(other == realm for other in self._in_flight.values())
        if limits["at_once"] and flying > limits["at_once"]:
            raise Refused(self._too_many(request, 0.0))
        if class_of(request) == "CorePlus" and self.count()["CorePlus"] >= limits["coreplus_per_month"]:
            refused = self._too_many(request, 0.0)
            refused.status = self._standin.switches["monthly_cap_status"]
            raise Refused(refused)

    def answered(self, request: Request, response: Response) -> None:
        """Count a call that succeeded, in production alone."""
        failed = response.status >= 400 or response.body.startswith(b'{"Fault"')
        if not failed and realm_of(request) and self._standin.switches["environment"] == "production":
            self.count()[class_of(request)] += 1

    def count(self) -> Counter[str]:
        """The counts of the month that it is by the stand-in's clock."""
        return self.months.setdefault(self._standin.clock.now().strftime("%Y-%m"), Counter())

    def told(self) -> dict[str, Any]:
        """What the portal shows: this month, and every month."""
        months = {month: dict(count) for month, count in self.months.items()}
        now = self.count()
        return {"Core": now["Core"], "CorePlus": now["CorePlus"], "months": months}

    def _window(self, realm: str, name: str, seconds: float) -> Window:
        return self._windows.setdefault((realm, name), Window(int(self._standin.limits[name]), seconds))

    def _too_many(self, request: Request, wait: float) -> Response:
        standin, code = self._standin, self._standin.switches["throttle_code"]
        now = standin.clock.now()
        if standin.switches["throttle_casing"] == "fault":
            return gateway(429, "3001", "ThrottleExceeded", "Throttle limit exceeded", "SERVICE", now)
        error = {"Message": "message=ThrottleExceeded; errorCode=003001; statusCode=429", "Detail": "", "code": code}
        return json_response(429, {"Fault": {"Error": [error], "type": "SystemFault"}, "time": now_text(now)})


def realm_of(request: Request) -> str:
    """The company that a path names, empty for none."""
    parts = request.path.split("/")
    return parts[3] if len(parts) > 4 and parts[1:3] == ["v3", "company"] else ""


def class_of(request: Request) -> str:
    """``CorePlus`` is metered: every GET, queries, change data capture, batches. Writes are ``Core``."""
    last = request.path.rsplit("/", 1)[-1]
    return "CorePlus" if request.method == "GET" or last in ("query", "batch", "cdc") else "Core"
