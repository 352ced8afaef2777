"""What came in since the start, counted: for metrics, and for tests that want to know what became of a delivery."""

import threading
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a delivery."""

    STORED = "stored"
    REPEATED = "repeated"
    TEST = "test"
    REFUSED = "refused"
    OVERSIZED = "oversized"
    SLOW = "slow"
    FULL = "full"
    UNAVAILABLE = "unavailable"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Counts:
    """Deliveries by connection and outcome. An unknown connection is counted without its name: anybody may invent
    those."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: Counter[tuple[str, Outcome]] = Counter()

    def add(self, connection: str, outcome: Outcome) -> None:
        with self._lock:
            self._counted[connection if outcome is not Outcome.UNKNOWN else "", outcome] += 1

    def snapshot(self) -> Mapping[tuple[str, Outcome], int]:
        with self._lock:
            return dict(self._counted)
