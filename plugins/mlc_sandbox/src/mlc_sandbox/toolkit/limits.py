"""Quotas over a sliding window, on the stand-in's clock."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta


class Window:
    """At most ``limit`` takes within ``seconds``."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._taken: deque[datetime] = deque()

    def take(self, now: datetime) -> float | None:
        """Count one take; returns None when it fits, else the seconds until the next one would."""
        horizon = now - timedelta(seconds=self.seconds)
        while self._taken and self._taken[0] <= horizon:
            self._taken.popleft()
        if len(self._taken) >= self.limit:
            return (self._taken[0] - horizon).total_seconds() if self._taken else self.seconds
        self._taken.append(now)
        return None

    def reset(self) -> None:
        """Forget every take."""
        self._taken.clear()
