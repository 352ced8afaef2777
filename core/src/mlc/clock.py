"""Time as an argument: aware UTC for what is stored, the boot clock for deadlines that survive a clock change (R3)."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

_SPAN = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Clock:
    """The real clock. A test that lets time pass without waiting for it overrides ``skipped``; one in which somebody
    has set the clock, ``now``."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC) + self.skipped()

    def skipped(self) -> timedelta:
        """What has passed without being waited for, by every clock alike: nothing."""
        return timedelta()

    def boottime(self) -> float:
        """Seconds since boot, counting time asleep where the platform can; never set back."""
        boot = getattr(time, "CLOCK_BOOTTIME", None)
        return time.monotonic() if boot is None else time.clock_gettime(boot)

    def uptime(self) -> timedelta:
        """How long ago this machine was started."""
        return timedelta(seconds=self.boottime()) + self.skipped()

    def boot_id(self) -> str | None:
        """Which start of the machine this is; None where the platform does not say."""
        return _boot_id()


@cache
def _boot_id() -> str | None:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def stamp(moment: datetime) -> str:
    """An instant as the tables hold it: UTC with microseconds, so that text sorts as time.

    Raises: ValueError for a naive datetime.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant without a time zone cannot be stored")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def parse_stamp(text: str) -> datetime:
    """The inverse of ``stamp``."""
    return datetime.fromisoformat(text).astimezone(UTC)


def parse_span(text: str) -> timedelta | None:
    """``90s``, ``15m``, ``2h``, ``1d`` as a length; None for anything else."""
    found = _SPAN.fullmatch(text.strip().lower())
    return None if found is None else timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def span(seconds: float) -> str:
    """A duration as people say it: ``40 s``, ``12 min``, ``5 h``."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 7200 else f"{round(seconds / 3600)} h"
