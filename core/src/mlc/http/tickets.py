"""Counting together with other processes: each call is a ticket that lapses, of which so many may be valid at once.

A window of a minute is tickets that last a minute; a slot for a call in flight is one that is renewed until it ends.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mlc.http.clocks import boottime

T = TypeVar("T")

#: A store that did not answer is asked again after so long; meanwhile every process counts its own part.
AGAIN_S = 5.0
#: Slots are renewed while their process lives; those of a killed one are free after ``SLOT_S``.
SLOT_S = 9.0
BEAT_S = 3.0


class TicketsLostError(Exception):
    """The store of the tickets does not answer."""


@dataclass(frozen=True, slots=True)
class Valid:
    """Tickets of one key at one moment."""

    used: int
    closed_for_s: float = 0.0
    resets_in_s: float | None = None


class Tickets(Protocol):
    """A store that processes share, with one clock for all of them. Every call may raise ``TicketsLostError``."""

    def take(self, key: str, ticket: str, *, allowed: int, lasts_s: float) -> float:
        """Make a ticket if fewer than ``allowed`` are valid: 0, else the seconds until it may be tried again."""
        ...

    def give_back(self, key: str, ticket: str) -> None:
        """It was not used."""
        ...

    def renew(self, key: str, tickets: Sequence[str], *, lasts_s: float) -> None:
        """They last so long from now; one that has lapsed is made again."""
        ...

    def close(self, key: str, seconds: float) -> None:
        """No ticket for that long."""
        ...

    def fill(self, key: str, tickets: Sequence[str], *, used: int, lasts_s: float) -> None:
        """As many are used as that, by whomever: add of these what is missing."""
        ...

    def valid(self, key: str) -> Valid:
        """How many there are."""
        ...


class Sharing:
    """The tickets of a process, and what happens while their store cannot be reached: each counts its own part.

    Args:
        processes: how many share a limit, for the time when each has to count for itself.
        tell: called once with a sentence when the store is lost, and with None when it answers.
    """

    def __init__(
        self,
        tickets: Tickets,
        *,
        processes: Callable[[], int] = lambda: 1,
        tell: Callable[[str | None], None] = lambda _sentence: None,
        clock: Callable[[], float] = boottime,
    ) -> None:
        self.parts = 1
        """Between so many a limit is divided while the store is lost."""
        self._tickets = tickets
        self._processes = processes
        self._tell = tell
        self._clock = clock
        self._lock = threading.Lock()
        self._again_at = 0.0
        self._lost: bool | None = None
        self._held: dict[str, set[str]] = {}
        self._ended = threading.Event()
        self._beating: threading.Thread | None = None

    def ask(self, question: Callable[[Tickets], T]) -> T | None:
        """The store's answer; None while each process counts for itself."""
        if self._clock() < self._again_at:
            return None
        try:
            answer = question(self._tickets)
        except TicketsLostError as error:
            with self._lock:
                self._again_at = self._clock() + AGAIN_S
            self.parts = max(1, self._processes())
            self._turn(lost=True, sentence=str(error))
            return None
        self._turn(lost=False)
        return answer

    def hold(self, key: str, ticket: str) -> None:
        """Renew a ticket until it is let go."""
        with self._lock:
            self._held.setdefault(key, set()).add(ticket)
            if self._beating is None:
                self._beating = threading.Thread(target=self._keep_renewing, name="mlc-slots", daemon=True)
                self._beating.start()

    def let_go(self, key: str, ticket: str) -> None:
        with self._lock:
            self._held.get(key, set()).discard(ticket)
        self.ask(lambda tickets: tickets.give_back(key, ticket))

    def close(self) -> None:
        """Renew nothing any more."""
        self._ended.set()

    def _keep_renewing(self) -> None:
        while not self._ended.wait(BEAT_S):
            with self._lock:
                held = {key: sorted(names) for key, names in self._held.items() if names}
            for key, names in held.items():
                self._renew(key, names)

    def _renew(self, key: str, names: Sequence[str]) -> None:
        self.ask(lambda tickets: tickets.renew(key, names, lasts_s=SLOT_S))
        with self._lock:
            ended = set(names) - self._held.get(key, set())
        for name in ended:  # let go while it was renewed
            self.ask(lambda tickets, name=name: tickets.give_back(key, name))  # type: ignore[misc]

    def _turn(self, *, lost: bool, sentence: str | None = None) -> None:
        with self._lock:
            if self._lost is lost:
                return
            self._lost = lost
        self._tell(sentence)
