"""Windows of seconds and minutes, and slots for calls in flight, that several processes count together (R34)."""

import time
import uuid
from collections import deque
from collections.abc import Callable

from mlc.http.clocks import boottime
from mlc.http.tickets import SLOT_S, Sharing, Valid
from mlc.http.windows import PERIOD_S, SLACK_S, BudgetLine, MemoryWindow, Slots
from mlc.system import QuotaWindow

#: So often a process that waits for a slot looks whether another one gave one back.
LOOK_S = 0.02


class SharedWindow:
    """A sliding window over the calls of all processes. Each notes its own, for the time when it has to count alone."""

    def __init__(
        self,
        name: QuotaWindow,
        limit: int,
        *,
        scope: str,
        sharing: Sharing,
        counts: str = "all",
        under: str | None = None,
        clock: Callable[[], float] = boottime,
    ) -> None:
        self.name = name
        self.counts = counts
        self.under = under
        self._limit = limit
        self._scope = scope
        self._sharing = sharing
        self._lasts_s = PERIOD_S[name] + SLACK_S[name]
        self._key = f"calls:{scope}:{name}:{counts}:{under or ''}"
        self._alone = MemoryWindow(name, limit, scope=scope, counts=counts, under=under, clock=clock)
        self._mine: deque[str] = deque(maxlen=max(1, limit))

    def take(self, share: float) -> float:
        ticket = uuid.uuid4().hex
        allowed = max(1, int(self._limit * share))
        wait_s = self._sharing.ask(
            lambda tickets: tickets.take(self._key, ticket, allowed=allowed, lasts_s=self._lasts_s)
        )
        if wait_s is None:
            self._alone.split(self._sharing.parts)
            return self._alone.take(share)
        if wait_s == 0:
            self._mine.append(ticket)
            self._alone.note()
        return wait_s

    def give_back(self) -> None:
        self._alone.give_back()
        if self._mine:
            ticket = self._mine.pop()
            self._sharing.ask(lambda tickets: tickets.give_back(self._key, ticket))

    def close(self, seconds: float) -> None:
        self._alone.close(seconds)
        self._sharing.ask(lambda tickets: tickets.close(self._key, seconds))

    def observe(self, *, remaining: int | None, reset_s: float | None) -> None:
        """A count of the vendor's that is lower than ours is not heeded: others' calls may be under way to it."""
        if remaining is None:
            return
        if remaining == 0 and reset_s is not None:
            self.close(reset_s)
        used = min(self._limit, max(0, self._limit - remaining))
        if used > self._alone.used:
            names = [uuid.uuid4().hex for _ in range(used)]
            self._sharing.ask(lambda tickets: tickets.fill(self._key, names, used=used, lasts_s=self._lasts_s))

    def resize(self, limit: int) -> None:
        self._limit = limit
        self._mine = deque(self._mine, maxlen=max(1, limit))
        self._alone.resize(limit)

    def line(self) -> BudgetLine:
        valid = self._sharing.ask(lambda tickets: tickets.valid(self._key))
        if valid is None:
            return self._alone.line()
        return BudgetLine(
            window=self.name,
            counts=self.counts,
            scope=self._scope,
            limit=self._limit,
            used=valid.used,
            closed_for_s=valid.closed_for_s,
            resets_in_s=valid.resets_in_s,
        )


class SharedSlots:
    """At most ``limit`` calls in flight over all processes. A killed process's slots are free after some seconds."""

    def __init__(
        self, limit: int, *, scope: str, sharing: Sharing, clock: Callable[[], float] = boottime,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.limit = max(1, limit)
        self._key = f"flights:{scope}"
        self._sharing = sharing
        self._alone = Slots(limit, clock=clock)
        self._tickets: dict[int, str] = {}
        self._clock = clock
        self._sleep = sleep

    def take(self, *, wait_s: float) -> int | None:
        """A slot's number, None when none came free in time."""
        give_up = self._clock() + wait_s
        slot = self._alone.take(wait_s=wait_s)
        while slot is not None:
            ticket = uuid.uuid4().hex
            refused = self._sharing.ask(
                lambda tickets, ticket=ticket: tickets.take(  # type: ignore[misc]
                    self._key, ticket, allowed=self.limit, lasts_s=SLOT_S
                )
            )
            if refused is None:
                if self._alone.in_flight <= max(1, self.limit // self._sharing.parts):
                    return slot
            elif refused == 0:
                self._tickets[slot] = ticket
                self._sharing.hold(self._key, ticket)
                return slot
            if self._clock() >= give_up:
                self._alone.give_back(slot)
                return None
            self._sleep(LOOK_S)
        return None

    def give_back(self, slot: int) -> None:
        ticket = self._tickets.pop(slot, None)
        if ticket is not None:
            self._sharing.let_go(self._key, ticket)
        self._alone.give_back(slot)

    @property
    def in_flight(self) -> int:
        valid: Valid | None = self._sharing.ask(lambda tickets: tickets.valid(self._key))
        return self._alone.in_flight if valid is None else valid.used
