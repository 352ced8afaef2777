"""The gate in front of every call: it lets through what the vendor's limits allow, or says how long to wait (R34)."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

from mlc.clock import span
from mlc.errors import RateLimitedError
from mlc.http.calls import CallKind
from mlc.http.clocks import boottime
from mlc.http.sharedwindows import SharedSlots
from mlc.http.windows import BudgetLine, Slots, Window
from mlc.system import QuotaWindow

#: A thread waits this long at most; what must wait longer goes back to its queue.
PATIENCE_S = 1.0
SETTLE_RESERVE = 0.05
WEBHOOK_RESERVE = 0.25
LONG = (QuotaWindow.DAY, QuotaWindow.MONTH)
#: So many time-outs in a row close a connection for so long.
TIMEOUTS_TO_BREAK = 3
BREAK_S = 30.0


class HeldBackError(RateLimitedError):
    """Our own gate said no, not the vendor. Nothing was sent."""


class Purpose(StrEnum):
    """What calls are for; settling and webhook follow-ups have reserves, backfills run pro rata."""

    SETTLE = "settle"
    WEBHOOK = "webhook"
    ORDINARY = "ordinary"
    BACKFILL = "backfill"


#: Told to a window that only the pro-rata share of a day may be used.
BACKFILL_SHARE = -1.0


class Reservation:
    """A call that has been admitted and not been made yet. Given back when its permit ends unused."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows = list(windows)
        self.spent = False

    def spend(self) -> None:
        self.spent = True

    def release(self) -> None:
        """Return what was not spent. Harmless when repeated."""
        if not self.spent:
            self.spent = True
            for window in self._windows:
                window.give_back()


class QuotaGate:
    """Admits the calls of one connection against its windows, which other connections may share.

    Without windows and slots it lets everything pass.
    """

    def __init__(
        self,
        windows: Sequence[Window] = (),
        *,
        slots: Slots | SharedSlots | None = None,
        has_webhooks: bool = False,
        system: str | None = None,
        connection: str | None = None,
        clock: Callable[[], float] = boottime,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._windows = {
            kind: tuple(window for window in windows if window.counts in ("all", kind))
            for kind in (CallKind.READ, CallKind.WRITE)
        }
        self._windows[CallKind.MINT] = tuple(window for window in windows if window.counts == CallKind.MINT)
        self._all = tuple(windows)
        self._slots = slots
        self._has_webhooks = has_webhooks
        self._system = system
        self._connection = connection
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._closed: dict[str, float] = {}
        self._timeouts = 0
        self._read_patience_s = PATIENCE_S
        self._stop: Callable[[], bool] = lambda: False
        self._local = threading.local()

    @contextmanager
    def purpose(self, purpose: Purpose) -> Iterator[None]:
        """Calls of this thread inside the block are for ``purpose``."""
        before = self._purpose
        self._local.purpose = purpose
        try:
            yield
        finally:
            self._local.purpose = before

    @property
    def _purpose(self) -> Purpose:
        return getattr(self._local, "purpose", Purpose.ORDINARY)

    def be_patient(self, seconds: float, *, stop: Callable[[], bool]) -> None:
        """Let reads wait for their place so long, in steps of a second, unless ``stop`` ends the wait.

        For an engine that has nothing else to do meanwhile: a list that breaks off has to be read again.
        """
        self._read_patience_s = seconds
        self._stop = stop

    def reserve(self, kind: CallKind, *, path: str = "") -> Reservation:
        """Admit one call now, to be made later. Waits a second at most; a read as long as ``be_patient`` allows.

        Args:
            path: of the call, for limits of a part of the API; a write is reserved before it has one.

        Raises: RateLimitedError, naming the window and how long it stays shut.
        """
        give_up = self._clock() + (self._read_patience_s if kind is CallKind.READ else PATIENCE_S)
        while True:
            window, wait_s = self._try(kind, path)
            if window is None:
                return Reservation(self._counting(kind, path))
            if self._clock() + wait_s > give_up or self._stop():
                raise self._refusal(window, wait_s)
            self._sleep(min(wait_s, PATIENCE_S))

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the places for calls in flight. Raises RateLimitedError when none comes free within a second."""
        if self._slots is None:
            yield
            return
        taken = self._slots.take(wait_s=PATIENCE_S)
        if taken is None:
            raise self._refusal(QuotaWindow.CONCURRENCY, PATIENCE_S)
        try:
            yield
        finally:
            self._slots.give_back(taken)

    def close(self, window: str, seconds: float) -> None:
        """The vendor refused for ``seconds``: shut that window and nothing else."""
        named = [each for each in self._all if each.name == window]
        for each in named:
            each.close(seconds)
        if not named:
            with self._lock:
                self._closed[window] = max(self._closed.get(window, 0.0), self._clock() + seconds)

    def heed(self, error: RateLimitedError) -> None:
        """Shut the window that a plugin's error names; an error of our own gate changes nothing."""
        if not isinstance(error, HeldBackError):
            self.close(error.window, error.retry_after_s)

    def observe(self, window: str, *, remaining: int | None = None, reset_s: float | None = None) -> None:
        """What the vendor's headers say is left overwrites our count."""
        for each in self._all:
            if each.name == window:
                each.observe(remaining=remaining, reset_s=reset_s)

    def resize(self, window: str, limit: int) -> None:
        """The tenant's plan has another limit than the system declared (``Probe.daily_calls``)."""
        for each in self._all:
            if each.name == window:
                each.resize(limit)

    def timed_out(self) -> None:
        """Note a time-out; the third in a row shuts the connection for half a minute."""
        with self._lock:
            self._timeouts += 1
            broken = self._timeouts >= TIMEOUTS_TO_BREAK
            if broken:
                self._timeouts = 0
                self._closed["timeouts"] = self._clock() + BREAK_S

    def answered(self) -> None:
        """Note that the vendor answered something."""
        self._timeouts = 0

    def budget(self) -> list[BudgetLine]:
        """Where every window stands, for ``mlc budget``."""
        now = self._clock()
        lines = [window.line() for window in self._all]
        if self._slots is not None:
            lines.append(
                BudgetLine(QuotaWindow.CONCURRENCY, "all", "connection", self._slots.limit, self._slots.in_flight)
            )
        with self._lock:
            shut = {name: until - now for name, until in self._closed.items() if until > now}
        lines.extend(BudgetLine(name, "all", "connection", None, 0, left) for name, left in sorted(shut.items()))
        return lines

    def _counting(self, kind: CallKind, path: str) -> list[Window]:
        return [window for window in self._windows[kind] if window.under is None or path.startswith(window.under)]

    def _try(self, kind: CallKind, path: str) -> tuple[str | None, float]:
        if self._closed:
            now = self._clock()
            with self._lock:
                self._closed = {name: until for name, until in self._closed.items() if until > now}
                shut = max(self._closed.items(), key=lambda item: item[1], default=None)
            if shut is not None:
                return shut[0], shut[1] - now
        taken: list[Window] = []
        for window in self._counting(kind, path):
            wait_s = window.take(self._share(window))
            if wait_s > 0:
                for earlier in taken:
                    earlier.give_back()
                return window.name, wait_s
            taken.append(window)
        return None, 0.0

    def _share(self, window: Window) -> float:
        purpose = self._purpose
        if purpose is Purpose.SETTLE or window.name == QuotaWindow.SECOND or window.counts == CallKind.MINT:
            return 1.0  # a reserve of a second's two calls would be every second call
        if window.name not in LONG or purpose is Purpose.WEBHOOK:
            return 1.0 - SETTLE_RESERVE
        if purpose is Purpose.BACKFILL:
            return BACKFILL_SHARE
        return 1.0 - SETTLE_RESERVE - (WEBHOOK_RESERVE if self._has_webhooks else 0.0)

    def _refusal(self, window: str, wait_s: float) -> HeldBackError:
        whose = self._connection or "this connection"
        sentence = f"The {window} limit of {whose} is used up; calls go on in {span(wait_s)}."
        if self._purpose is Purpose.BACKFILL and window in LONG:
            sentence = (
                f"History has used its share of the {window} limit of {whose} so far, the rest is left to what is new; "
                f"it goes on in {span(wait_s)}."
            )
        return HeldBackError(
            sentence,
            "nothing was sent",
            retry_after_s=wait_s,
            window=str(window),
            system=self._system,
            connection=self._connection,
        )
