"""BILL's limits: fixed hours per developer key, three requests in flight per key and organisation, 60 a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill.admission import EVENTS, SPEND
from mlc_sandbox.bill.refusals import Refusal, refused
from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Request
from mlc_sandbox.toolkit.limits import FixedWindow, Window

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

LIMITS: Final[dict[str, Any]] = {
    "per_hour": 20_000,
    "logins_per_hour": 200,
    "concurrent": 3,
    "spend_per_minute": 60,
    "events_per_minute": 0,  # a number is documented nowhere; 0: none
}
HOUR_FULL: Final = "Max number of allowed requests per hour reached: {limit}."
TOO_MANY_AT_ONCE: Final = "Max number of concurrent requests per organization reached."


class Quotas:
    """Counts calls, and knows which are in process."""

    def __init__(self, standin: BillStandIn) -> None:
        self._standin = standin
        self._hours: dict[str, FixedWindow] = {}
        self._logins: dict[str, FixedWindow] = {}
        self._login_minutes: dict[str, FixedWindow] = {}
        self._tokens: dict[str, Window] = {}
        self._flying: dict[tuple[str, str], set[int]] = {}
        self._crowded: set[int] = set()
        self.peaks: dict[tuple[str, str], int] = {}
        """(developer key, organisation) → the most requests that were ever in flight at once."""

    def arrived(self, request: Request) -> None:
        """A request is complete: from now until its reply leaves it is in flight."""
        key = self._flight(request)
        if key is None:
            return
        flying = self._flying.setdefault(key, set())
        if len(flying) >= int(self._standin.limits["concurrent"]):
            self._crowded.add(request.number)
        flying.add(request.number)
        self.peaks[key] = max(self.peaks.get(key, 0), len(flying))

    def left(self, request: Request) -> None:
        """Its reply leaves."""
        self._crowded.discard(request.number)
        for flying in self._flying.values():
            flying.discard(request.number)

    def _flight(self, request: Request) -> tuple[str, str] | None:
        session = self._standin.logins.sessions.get(request.headers.get("sessionid", ""))
        return None if session is None else (session.developer_key, session.organization_id)

    def take(self, request: Request, developer_key: str) -> None:
        """Count a call against what is set for it. Raises Refusal."""
        fault = self._standin.faults.active(Kind.RATE_LIMIT, request)
        if request.path.startswith(SPEND):
            self._spend(request, struck=fault is not None)
        elif request.path.startswith(EVENTS):
            self._events(request, struck=fault is not None)
        else:
            if fault is not None:
                asked = fault.body.get("code") if isinstance(fault.body, dict) else None
                short = asked == "BDC_1322" or (asked is None and fault.seconds > 0)
                raise self.crowded() if short else self.hour_full("per_hour")
            self._connect(request, developer_key)

    def _connect(self, request: Request, developer_key: str) -> None:
        if not self._standin.limits_enabled:
            return
        if request.number in self._crowded:
            raise self.crowded()
        self._count(self._hours, developer_key, "per_hour")

    def login(self, developer_key: str) -> None:
        """Count a login against its own budget. Raises Refusal."""
        if not self._standin.limits_enabled:
            return
        self._count(self._logins, developer_key, "logins_per_hour")
        minute = int(self._standin.switches["logins_per_minute"])
        if minute:
            window = self._login_minutes.setdefault(developer_key, FixedWindow(minute, 60.0))
            now = self._standin.clock.now()
            if window.wait(now) is not None:
                raise self.hour_full("logins_per_hour")
            window.count(now)

    def _count(self, windows: dict[str, FixedWindow], key: str, limit: str) -> None:
        window = windows.setdefault(key, FixedWindow(0, 3600.0))
        window.limit = int(self._standin.limits[limit])
        now = self._standin.clock.now()
        if window.wait(now) is not None:
            raise self.hour_full(limit)
        window.count(now)

    def _spend(self, request: Request, *, struck: bool) -> None:
        token = request.headers.get("apitoken", "")
        if struck or self._over_minute(token, "spend_per_minute"):
            code = self._standin.switches["spend_throttle_code"]
            raise refused(self._standin.switches["spend_throttle_status"], code, "Rate limit exceeded.")

    def _events(self, request: Request, *, struck: bool) -> None:
        who = request.headers.get("sessionid") or request.headers.get("apitoken", "")
        if struck or self._over_minute(f"events:{who}", "events_per_minute"):
            raise refused(429, "BDC_1144", "Too many requests.")

    def _over_minute(self, key: str, limit: str) -> bool:
        most = int(self._standin.limits[limit])
        if not self._standin.limits_enabled or not most:
            return False
        window = self._tokens.setdefault(key, Window(most, 60.0))
        window.limit = most
        return window.take(self._standin.clock.now()) is not None

    def hour_full(self, limit: str) -> Refusal:
        """The hour is spent; nothing helps before the next one begins."""
        text = HOUR_FULL.format(limit=self._standin.limits[limit])
        return refused(self._standin.switches["throttle_status"], "BDC_1144", text)

    def crowded(self) -> Refusal:
        """Too many at once."""
        return refused(self._standin.switches["throttle_status"], "BDC_1322", TOO_MANY_AT_ONCE)
