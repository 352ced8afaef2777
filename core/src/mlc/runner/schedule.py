"""When a pairing is due: every so often, or by a cron line in the operator's time zone.

Pure arithmetic: the same text, pairing and moment give the same slot on every machine, so that whoever computes it
first may take it and everybody else sees that it is taken.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from cronsim import CronSim, CronSimError

from mlc.clock import parse_span
from mlc.errors import ConfigError

#: Where slots of an interval are counted from.
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
#: When the nightly sweep begins, in the operator's time zone.
NIGHT = time(2)
#: Pairings with the same cron line begin within this time of it, unless ``jitter`` says otherwise.
CRON_JITTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Slots of a pairing: ``interval`` or ``cron``, never both. Every slot is moved by the same ``offset``."""

    interval: timedelta | None = None
    cron: str | None = None
    zone: tzinfo = UTC
    """What the hours of a cron line mean."""
    offset: timedelta = timedelta()

    def after(self, moment: datetime) -> datetime:
        """The first slot after a moment, in UTC."""
        if self.interval is not None:
            return self.latest(moment) + self.interval
        slots = self._cron(moment, reverse=False)
        # In the hour that a clock set back repeats, a line that names its hour means the first of the two.
        return next(slot for slot in slots if slot > moment)

    def latest(self, moment: datetime) -> datetime:
        """The slot that began last: at a moment, or before it, in UTC. Its time names it on every machine."""
        if self.interval is not None:
            return moment.astimezone(UTC) - (moment - EPOCH - self.offset) % self.interval
        # A slot is on a full second: the one that begins at this moment counts.
        slot = next(self._cron(moment.replace(microsecond=0) + timedelta(seconds=1), reverse=True))
        while (later := self.after(slot)) <= moment:
            slot = later
        return slot

    def due(self, last: datetime | None, moment: datetime) -> datetime:
        """When to run next, after a run that began at ``last``, or none yet.

        At once where a slot has passed since: one catch-up, however many were missed.
        """
        return moment if last is None else max(moment, self.after(last))

    def _cron(self, moment: datetime, *, reverse: bool) -> Iterator[datetime]:
        assert self.cron is not None
        local = (moment - self.offset).astimezone(self.zone)
        return (slot.astimezone(UTC) + self.offset for slot in CronSim(self.cron, local, reverse=reverse))


def schedule_of(pairing: str, *, every: str, jitter: str | None = None, zone: tzinfo = UTC) -> Schedule:
    """A pairing's schedule as the configuration has it.

    Args:
        jitter: How far its slots may be moved, always by the same time for one pairing, so that many pairings do not
            begin at once. None: anywhere in its interval, or a minute for a cron line.

    Raises: ConfigError.
    """
    plain = parse_every(every)
    spread = plain.interval or CRON_JITTER
    if jitter is not None:
        length = parse_span(jitter)
        if length is None:
            raise ConfigError(f'jitter = "{jitter}" is no length like 30s or 5m; 0s moves nothing.')
        spread = length if plain.interval is None else min(length, plain.interval)
    offset = timedelta(seconds=_share(pairing, int(spread.total_seconds())))
    return Schedule(plain.interval, plain.cron, zone, offset)


def parse_every(text: str) -> Schedule:
    """``15m``, ``90s``, ``2h``, ``1d``, or a cron line of five fields, without jitter.

    Raises: ConfigError.
    """
    length = parse_span(text)
    if length:
        return Schedule(interval=length)
    try:
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        raise ConfigError(
            f'every = "{text}" is neither an interval like 15m nor a cron line like "0 6 * * 1-5".'
        ) from error
    return Schedule(cron=text)


def next_sweep(last: datetime, zone: tzinfo = UTC) -> datetime:
    """The first night after the last sweep, in UTC."""
    local = last.astimezone(zone)
    tonight = datetime.combine(local.date(), NIGHT, tzinfo=zone)
    if tonight <= local:
        tonight = datetime.combine(local.date() + timedelta(days=1), NIGHT, tzinfo=zone)
    return tonight.astimezone(UTC)


def _share(pairing: str, seconds: int) -> int:
    """A number below ``seconds`` that is always the same for one pairing and evenly spread over many."""
    digest = hashlib.sha256(b"mlc schedule" + pairing.encode()).digest()
    return int.from_bytes(digest[:8], "big") % seconds if seconds else 0
