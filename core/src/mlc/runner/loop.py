"""``mlc run`` without ``--once``: every pairing in its slots, one catch-up, a nightly sweep, an orderly end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from mlc.clock import parse_stamp
from mlc.engine.run import RunReport, run_pairing
from mlc.errors import AuthError, MlcError, TransientError
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


class Loop:
    """Runs pairings one after the other, each when it is due, until it is told to stop."""

    def __init__(
        self,
        engine: Engine,
        pairings: Sequence[str],
        *,
        stop: Callable[[], bool],
        tell: Callable[[RunReport | MlcError], None],
        accept: bool = False,
        by: str = "operator",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Args:
        tell: hears of every run, and of every error that the next slot may cure.
        accept: a person accepts the first plans; limits stop later runs as ever.

        Raises: ConfigError when a pairing's schedule cannot be read.
        """
        self._engine = engine
        self._stop = stop
        self._tell = tell
        self._by = by
        self._sleep = sleep
        self._slots = [self._slot(name, accept=accept) for name in pairings]

    def run(self) -> None:
        """Run until stopped. Raises ConfigError, PluginError, StoreError: what no later slot can cure."""
        while not self._stop():
            slot = min(self._slots, key=lambda one: one.due)
            if slot.due > self._engine.clock.now():
                self._sleep(TICK_S)
                continue
            self._run_slot(slot)

    def _slot(self, name: str, *, accept: bool) -> Slot:
        schedule = parse_every(self._engine.config.pairings[name].policy.every)
        last = self._moment(select(func.max(runs.c.started_at)).where(runs.c.pairing == name))
        now = self._engine.clock.now()
        due = now if last is None or accept else max(now, schedule.after(last))
        return Slot(name, schedule, due, accept=accept)

    def _run_slot(self, slot: Slot) -> None:
        began = self._engine.clock.now()
        try:
            with self._engine.session(slot.pairing, stop=self._stop) as session:
                report = run_pairing(
                    session, accept=slot.accept, sweep=self._sweep_due(slot.pairing, began), by=self._by
                )
        except (AuthError, TransientError) as error:
            slot.failures += 1
            pause = PAUSE * 2 ** min(slot.failures - 1, 10)
            slot.due = min(slot.schedule.after(began), began + pause)
            self._tell(error)
            return
        slot.failures = 0
        slot.due = slot.schedule.after(began)
        if report.next_look is not None:
            slot.due = min(slot.due, max(report.next_look, began + timedelta(seconds=1)))
        slot.accept = False
        self._tell(report)

    def _sweep_due(self, pairing: str, now: datetime) -> bool:
        swept = self._moment(select(func.max(watermarks.c.swept_at)).where(watermarks.c.pairing == pairing))
        since = swept or self._moment(select(func.min(runs.c.started_at)).where(runs.c.pairing == pairing))
        return since is not None and next_sweep(since) <= now

    def _moment(self, query: object) -> datetime | None:
        with self._engine.database.read() as connection:
            text = connection.execute(query).scalar()  # type: ignore[call-overload]
        return None if text is None else parse_stamp(str(text))
