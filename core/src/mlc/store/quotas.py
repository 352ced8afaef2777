"""Calls spent per hour, day and month, in the database: processes lease them in blocks, so that all keep the limit."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from mlc.http.clocks import boottime
from mlc.http.quota import QuotaGate
from mlc.http.sharedwindows import SharedSlots, SharedWindow
from mlc.http.tickets import Sharing
from mlc.http.windows import MemoryWindow, Slots, Window
from mlc.store.storedwindow import StoredWindow
from mlc.system import Capability, Quota, QuotaScope, QuotaWindow, System

if TYPE_CHECKING:
    from mlc.store.database import Database

#: Counted in memory, or together with other processes; longer ones in the database.
SHORT = (QuotaWindow.SECOND, QuotaWindow.MINUTE)


class Ledger:
    """All windows of this process; connections of one scope share them. Hand the same ledger to every connection.

    Args:
        sharing: where other processes count the short windows and the calls in flight too; None: there are no others.
    """

    def __init__(
        self,
        database: "Database",
        *,
        now: Callable[[], datetime],
        sharing: Sharing | None = None,
        clock: Callable[[], float] = boottime,
    ) -> None:
        self._database = database.counters
        self._now = now
        self._sharing = sharing
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, Quota], Window] = {}
        self._slots: dict[str, Slots | SharedSlots] = {}

    def gate(self, connection: str, system: System, *, tenant: str | None = None, app: str | None = None) -> QuotaGate:
        """The gate of one connection.

        Args:
            tenant: names the account that several connections may share; by default this connection alone has it.
            app: names our registration with the vendor; by default all connections of the system share one.
        """
        scopes = {
            QuotaScope.CONNECTION: connection,
            QuotaScope.TENANT: f"{system.name}:{connection if tenant is None else tenant}",
            QuotaScope.APP: f"{system.name}:app" if app is None else f"{system.name}:app:{app}",
        }
        flights = [quota for quota in system.quotas if quota.window is QuotaWindow.CONCURRENCY]
        flying = [quota.limit for quota in flights]
        together = QuotaScope.TENANT if any(one.scope is QuotaScope.TENANT for one in flights) else None
        hangar = connection if together is None else scopes[together]
        with self._lock:
            windows = [
                self._window(scopes[quota.scope], quota)
                for quota in system.quotas
                if quota.window is not QuotaWindow.CONCURRENCY
            ]
            if hangar not in self._slots:
                self._slots[hangar] = self._new_slots(hangar, min([system.concurrency, *flying]))
            slots = self._slots[hangar]
        return QuotaGate(
            windows,
            slots=slots,
            has_webhooks=any(Capability.WEBHOOKS in support.can for support in system.objects),
            system=system.name,
            connection=connection,
            clock=self._clock,
        )

    def release(self) -> None:
        """Hand back what was leased and not spent; called when the process ends."""
        for window in self._windows.values():
            if isinstance(window, StoredWindow):
                window.release()

    def _window(self, scope: str, quota: Quota) -> Window:
        found = self._windows.get((scope, quota))
        if found is None:
            found = self._windows[scope, quota] = self._new(scope, quota)
        return found

    def _new_slots(self, scope: str, limit: int) -> Slots | SharedSlots:
        if self._sharing is None:
            return Slots(limit, clock=self._clock)
        return SharedSlots(limit, scope=scope, sharing=self._sharing, clock=self._clock)

    def _new(self, scope: str, quota: Quota) -> Window:
        if quota.window in SHORT and self._sharing is not None:
            return SharedWindow(
                quota.window, quota.limit, scope=scope, sharing=self._sharing,
                counts=quota.counts, under=quota.under, clock=self._clock,
            )  # fmt: skip
        if quota.window in SHORT:
            return MemoryWindow(
                quota.window, quota.limit, scope=scope, counts=quota.counts, under=quota.under, clock=self._clock
            )
        return StoredWindow(
            quota.window,
            quota.limit,
            scope=scope,
            counts=quota.counts,
            under=quota.under,
            database=self._database,
            now=self._now,
        )
