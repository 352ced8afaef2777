"""``mlc run`` without ``--once``: every pairing in its slots, one catch-up, a nightly sweep, an orderly end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from mlc.clock import parse_stamp
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.errors import AuthError, ConfigError, MlcError, TransientError
from mlc.runner.embedded import Engine
from mlc.runner.schedule import Schedule, next_sweep, parse_every
from mlc.store.schema import runs, watermarks

TICK_S = 0.5
#: After a run that could not reach a side: the first pause, doubled each time, at most until the next slot.
PAUSE = timedelta(seconds=30)


@dataclass
class Slot:
    """One pairing and when it is due."""

    pairing: str
    schedule: Schedule
    due: datetime
    accept: bool = False
    """A person accepts its first plan: only until that was sent."""
    failures: int = 0


def make_slots(engine: Engine, pairings: Sequence[str], *, accept: bool) -> list[Slot]:
    """The pairings with their schedules; what was missed while nothing ran is due at once, once.

    Raises: ConfigError when a schedule cannot be read.
    """
    slots = []
    now = engine.clock.now()
    for name in pairings:
        try:
            schedule = parse_every(engine.config.pairings[name].policy.every)
        except ConfigError as error:
            raise ConfigError(f"{engine.config.path}: [pairings.{name}] {error.sentence}") from error
        last = _moment(engine, select(func.max(runs.c.started_at)).where(runs.c.pairing == name))
        due = now if last is None or accept else max(now, schedule.after(last))
        slots.append(Slot(name, schedule, due, accept=accept))
    return slots


def run_with(engine: Engine, *, stop: Callable[[], bool], by: str) -> Callable[[Slot], RunReport]:
    """What the loop does in a slot: one run of the pairing, with a sweep once a night."""

    def run(slot: Slot) -> RunReport:
        sweep = _sweep_due(engine, slot.pairing)
        with engine.session(slot.pairing, stop=stop) as session:
            return run_pairing(session, accept=slot.accept, sweep=sweep, by=by)

    return run


def keep_running(
    slots: Sequence[Slot],
    *,
    run: Callable[[Slot], RunReport],
    now: Callable[[], datetime],
    stop: Callable[[], bool],
    tell: Callable[[RunReport | MlcError], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Run pairings one after the other, each when it is due, until told to stop.

    Args:
        tell: hears of every run, and of every error that a later slot may cure.

    Raises: ConfigError, PluginError, StoreError: what no later slot can cure.
    """
    while not stop():
        slot = min(slots, key=lambda one: one.due)
        began = now()
        if slot.due > began:
            sleep(min(TICK_S, (slot.due - began).total_seconds()))
            continue
        try:
            report = run(slot)
        except (AuthError, TransientError) as error:
            slot.failures += 1
            pause = PAUSE * 2 ** min(slot.failures - 1, 10)
            slot.due = min(slot.schedule.after(began), began + pause)
            tell(error)
        else:
            slot.failures = 0
            slot.accept = False
            slot.due = slot.schedule.after(began)
            if report.next_look is not None:
                slot.due = min(slot.due, max(report.next_look, began + timedelta(seconds=1)))
            tell(report)


def _sweep_due(engine: Engine, pairing: str) -> bool:
    swept = _moment(engine, select(func.max(watermarks.c.swept_at)).where(watermarks.c.pairing == pairing))
    since = swept or _moment(engine, select(func.min(runs.c.started_at)).where(runs.c.pairing == pairing))
    return since is not None and next_sweep(since) <= engine.clock.now()


def _moment(engine: Engine, query: Any) -> datetime | None:
    with engine.database.read() as connection:
        text = connection.execute(query).scalar()
    return None if text is None else parse_stamp(text)
