"""Finds what is due and nudges. Any number may run: whoever nudges, a claim and a slot decide (R33)."""

from collections.abc import Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

from mlc.runner.embedded import Engine
from mlc.runner.pace import first_due
from mlc.runner.schedule import Schedule
from mlc.runner.work import due_pairings, plan_work, shared_now

TICK_S = 0.5


class Scheduler:
    """Looks into the database each tick. A nudge that was lost is sent again by the next one."""

    def __init__(
        self,
        engine: Engine,
        schedules: Mapping[str, Schedule],
        *,
        owner: str,
        nudge: Callable[[str], None],
        tick_s: float = TICK_S,
    ) -> None:
        self.tick_s = tick_s
        self.trouble: SQLAlchemyError | None = None
        """Why the last look failed."""
        self._engine = engine
        self._schedules = schedules
        self._owner = owner
        self._nudge = nudge

    def prepare(self, *, at_once: bool = False) -> None:
        """Make sure that every pairing has its row."""
        now = shared_now(self._engine.database, self._engine.clock.now())
        plan_work(
            self._engine.database,
            {
                name: now if at_once else first_due(self._engine, name, schedule, now)
                for name, schedule in self._schedules.items()
            },
            {name: schedule.after(now) for name, schedule in self._schedules.items()},
        )

    def tick(self) -> int:
        """Nudge what is due and nobody works on. Returns how many there were."""
        try:
            due = due_pairings(self._engine.database, owner=self._owner, local=self._engine.clock.now())
        except SQLAlchemyError as error:
            self.trouble = error
            return 0
        self.trouble = None
        mine = [name for name in due if name in self._schedules]
        for name in mine:
            self._nudge(name)
        return len(mine)
