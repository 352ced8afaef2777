"""When a pairing is due: every so often, or by a cron line."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from cronsim import CronSim, CronSimError

from mlc.errors import ConfigError

_INTERVAL = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
#: When the nightly sweep begins, UTC.
NIGHT = time(2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Slots of a pairing: ``interval`` or ``cron``, never both."""

    interval: timedelta | None = None
    cron: str | None = None

    def after(self, moment: datetime) -> datetime:
        """The next slot. One that has passed already is due at once: a catch-up, however many were missed."""
        if self.interval is not None:
            return moment + self.interval
        assert self.cron is not None
        slot: datetime = next(CronSim(self.cron, moment))
        return slot


def parse_every(text: str) -> Schedule:
    """``15m``, ``90s``, ``2h``, ``1d``, or a cron line of five fields (UTC).

    Raises: ConfigError.
    """
    found = _INTERVAL.fullmatch(text.strip().lower())
    if found is not None and int(found[1]) > 0:
        return Schedule(interval=timedelta(seconds=int(found[1]) * _UNITS[found[2]]))
    try:
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        raise ConfigError(
            f'every = "{text}" is neither an interval like 15m nor a cron line like "0 6 * * 1-5".'
        ) from error
    return Schedule(cron=text)


def next_sweep(last: datetime) -> datetime:
    """The first night after the last sweep."""
    tonight = datetime.combine(last.date(), NIGHT)
    return tonight if tonight > last else tonight + timedelta(days=1)
