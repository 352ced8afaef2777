"""How many calls a connection has made: the unit of cost."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class CallKind(StrEnum):
    READ = "read"
    WRITE = "write"
    MINT = "mint"


@dataclass(frozen=True, slots=True)
class CallCount:
    """Calls up to a moment. ``statuses`` counts answers; what never answered is missing there."""

    reads: int = 0
    writes: int = 0
    mints: int = 0
    retries: int = 0
    statuses: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Reads and writes; token calls are not metered by vendors."""
        return self.reads + self.writes

    def __sub__(self, earlier: "CallCount") -> "CallCount":
        return CallCount(
            reads=self.reads - earlier.reads,
            writes=self.writes - earlier.writes,
            mints=self.mints - earlier.mints,
            retries=self.retries - earlier.retries,
            statuses=dict(Counter(self.statuses) - Counter(earlier.statuses)),
        )


class Calls:
    """Counters of one client, safe across threads. A call is counted as it is sent, repeated tries included."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: Counter[CallKind] = Counter()
        self._statuses: Counter[int] = Counter()
        self._retries = 0

    def sent(self, kind: CallKind) -> None:
        with self._lock:
            self._sent[kind] += 1

    def answered(self, status: int) -> None:
        with self._lock:
            self._statuses[status] += 1

    def retried(self) -> None:
        with self._lock:
            self._retries += 1

    @property
    def reads(self) -> int:
        return self._sent[CallKind.READ]

    @property
    def writes(self) -> int:
        return self._sent[CallKind.WRITE]

    @property
    def mints(self) -> int:
        return self._sent[CallKind.MINT]

    @property
    def total(self) -> int:
        """Reads and writes."""
        return self.reads + self.writes

    @property
    def statuses(self) -> Mapping[int, int]:
        return self.snapshot().statuses

    def snapshot(self) -> CallCount:
        """All counters at one moment; subtract two to get what lies between."""
        with self._lock:
            return CallCount(
                reads=self._sent[CallKind.READ],
                writes=self._sent[CallKind.WRITE],
                mints=self._sent[CallKind.MINT],
                retries=self._retries,
                statuses=dict(self._statuses),
            )

    def __repr__(self) -> str:
        return f"<Calls reads={self.reads} writes={self.writes} mints={self.mints}>"
