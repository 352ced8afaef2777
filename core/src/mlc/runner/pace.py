"""When a pairing is due again after a run: its next slot, sooner where something is to be looked at or tried again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from mlc.clock import parse_stamp
from mlc.engine.runreport import RunReport
from mlc.errors import ConfigError
from mlc.runner.embedded import Engine
from mlc.runner.schedule import Schedule, next_sweep, schedule_of
from mlc.store.schema import runs, watermarks

#: After a run that could not reach a side: the first pause, doubled each time, at most until the next slot.
PAUSE = timedelta(seconds=30)
SOON = timedelta(seconds=1)


def schedules(engine: Engine, pairings: Sequence[str]) -> dict[str, Schedule]:
    """The schedule of each pairing. Raises: ConfigError when one cannot be read."""
    found = {}
    for name in pairings:
        policy = engine.config.pairings[name].policy
        try:
            found[name] = schedule_of(name, every=policy.every, jitter=policy.jitter, zone=engine.config.zone)
        except ConfigError as error:
            raise ConfigError(f"{engine.config.path}: [pairings.{name}] {error.sentence}") from error
    return found


def first_due(engine: Engine, pairing: str, schedule: Schedule, now: datetime) -> datetime:
    """When a pairing is due at the start; what was missed while nothing ran is due at once, once."""
    last = _moment(engine, select(func.max(runs.c.started_at)).where(runs.c.pairing == pairing))
    # A machine whose clock is ahead noted when its run began: not later than now it was.
    return schedule.due(None if last is None else min(last, now), now)


def due_after(report: RunReport, schedule: Schedule, now: datetime, *, ahead: timedelta = timedelta()) -> datetime:
    """After a run that went to its end.

    ``ahead``: how much later than ``now``'s clock the one shows that the report was written by.
    """
    due: datetime = schedule.due(report.started_at - ahead, now)
    return due if report.next_look is None else min(due, max(report.next_look - ahead, now + SOON))


def due_after_failure(schedule: Schedule, now: datetime, failures: int) -> datetime:
    """After so many runs in a row that could not go on."""
    pause: timedelta = PAUSE * 2 ** min(failures - 1, 10)
    return min(max(now + SOON, schedule.after(now)), now + pause)


def sweep_due(engine: Engine, pairing: str) -> bool:
    """True when no sweep has begun since the night began."""
    swept = _moment(engine, select(func.max(watermarks.c.swept_at)).where(watermarks.c.pairing == pairing))
    since = swept or _moment(engine, select(func.min(runs.c.started_at)).where(runs.c.pairing == pairing))
    return since is not None and next_sweep(since, engine.config.zone) <= engine.clock.now()


def _moment(engine: Engine, query: Any) -> datetime | None:
    with engine.database.read() as connection:
        text = connection.execute(query).scalar()
    return None if text is None else parse_stamp(text)
