"""Numbers that are never used twice, as vendors number their records."""

from __future__ import annotations

from collections import Counter


class Sequences:
    """One counter per kind of record."""

    def __init__(self, *, start: int = 0, step: int = 1) -> None:
        self._start = start
        self._step = step
        self._last: Counter[str] = Counter()

    def next(self, kind: str) -> int:
        """The next number of a kind."""
        self._last[kind] = self._last.get(kind, self._start) + self._step
        return self._last[kind]

    def used(self, kind: str, number: int) -> int:
        """Say that a number came from elsewhere, e.g. a seed: the next one lies above it. Returns the highest."""
        self._last[kind] = max(self._last.get(kind, self._start), number)
        return self._last[kind]
