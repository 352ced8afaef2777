"""How often each path was called, and with what outcome."""

from __future__ import annotations

from collections import Counter
from typing import Any

DROPPED = 0


class CallCounter:
    """Counts per (method, path template) and status; reads, writes and token calls apart."""

    def __init__(self) -> None:
        self._statuses: dict[tuple[str, str], Counter[int]] = {}
        self._kinds: Counter[str] = Counter()

    def add(self, method: str, template: str, *, status: int, kind: str) -> None:
        """Count one call; status 0 says that no reply was sent."""
        counts = self._statuses.get((method, template))
        if counts is None:
            counts = self._statuses[method, template] = Counter()
        counts[status] += 1
        self._kinds[kind] += 1

    def count(self, method: str, template: str) -> int:
        """How often one method and path template was called."""
        return sum(self._statuses.get((method, template), Counter()).values())

    @property
    def reads(self) -> int:
        """Calls that cannot change anything."""
        return self._kinds["read"]

    @property
    def writes(self) -> int:
        """Calls that may change something, token calls left out."""
        return self._kinds["write"]

    def reset(self) -> None:
        """Start at zero."""
        self._statuses.clear()
        self._kinds.clear()

    def as_json(self) -> dict[str, Any]:
        """The form that ``GET /_sandbox/calls`` answers with."""
        statuses: Counter[int] = Counter()
        for counts in self._statuses.values():
            statuses.update(counts)
        return {
            "total": sum(self._kinds.values()),
            "reads": self.reads,
            "writes": self.writes,
            "auth": self._kinds["auth"],
            "statuses": {str(status): count for status, count in sorted(statuses.items())},
            "calls": {
                f"{method} {template}": {
                    "count": sum(counts.values()),
                    "statuses": {str(status): count for status, count in sorted(counts.items())},
                }
                for (method, template), counts in sorted(self._statuses.items())
            },
        }
