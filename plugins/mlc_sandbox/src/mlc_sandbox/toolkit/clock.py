"""The vendor's clock: real time moved by an offset, or frozen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_MICROSECOND = timedelta(microseconds=1)


class Clock:
    """Tells the time a stand-in believes in. Starts at real time, or frozen at ``frozen_at``."""

    def __init__(self, *, frozen_at: datetime | None = None) -> None:
        self._offset = timedelta(0)
        self._frozen = frozen_at
        self._last_stamp = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """Aware UTC."""
        if self._frozen is not None:
            return self._frozen
        return datetime.now(UTC) + self._offset

    def stamp(self) -> datetime:
        """Now, but always at least one microsecond after the stamp before it: never the same twice."""
        now = self.now()
        if now <= self._last_stamp:
            now = self._last_stamp + _MICROSECOND
        self._last_stamp = now
        return now

    def advance(self, seconds: float) -> None:
        """Move the clock on; a negative number moves it back."""
        step = timedelta(seconds=seconds)
        if self._frozen is not None:
            self._frozen += step
        else:
            self._offset += step

    def set(self, moment: datetime) -> None:
        """Make it ``moment`` now; a running clock runs on from there."""
        if self._frozen is not None:
            self._frozen = moment
        else:
            self._offset = moment - datetime.now(UTC)

    def freeze(self) -> None:
        """Stop the clock where it is."""
        self._frozen = self.now()

    def unfreeze(self) -> None:
        """Let a stopped clock run on from where it stands."""
        if self._frozen is not None:
            self._offset = self._frozen - datetime.now(UTC)
            self._frozen = None

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen is not None


def wire_time(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds and ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
