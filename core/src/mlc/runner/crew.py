"""One process's part in the work: takes a pairing that is due, does a slice of it, puts it back (R30)."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from mlc.engine.course import Course, Order
from mlc.engine.run import run_slice
from mlc.engine.runreport import RunReport
from mlc.engine.slices import NAP_S, Slice
from mlc.errors import ConfigError, MlcError, OvertakenError, PluginError, StoreError, TransientError
from mlc.recipes import Side
from mlc.runner.claims import Claims
from mlc.runner.embedded import Engine
from mlc.runner.pace import due_after, due_after_failure, sweep_due
from mlc.runner.schedule import Schedule
from mlc.runner.shares import Shares
from mlc.runner.work import Claim
from mlc.tenants import Probe

#: So old answers of probes are asked again when a run goes on.
PROBES_S = 600.0
#: A claim that could not be given back is tried again so often.
AGAIN_S = 2.0


class Listener(Protocol):
    """Hears what becomes of runs. ``pairing_ended`` gets a report, or why there is none."""

    def pairing_ended(self, pairing: str, news: RunReport | MlcError) -> None: ...

    def slice_ended(self, pairing: str, claim: Claim, seconds: float) -> None: ...


class Crew:
    """What the actors of a process share. ``strict``: what no later run can cure ends the process."""

    def __init__(
        self,
        engine: Engine,
        schedules: Mapping[str, Schedule],
        *,
        owner: str,
        threads: int,
        nudge: Callable[[str], None],
        stop: Callable[[], bool],
        listener: Listener,
        by: str,
        accept: bool = False,
        strict: bool = False,
    ) -> None:
        self.fatal: MlcError | None = None
        """What no later slice can cure: the process has to end."""
        self._engine = engine
        self._schedules = schedules
        self._shares = Shares(threads)
        self._nudge = nudge
        self._stop = stop
        self._listener = listener
        self._by = by
        self._strict = strict
        self._accepted = set() if accept else set(schedules)
        self._probes: dict[str, tuple[float, dict[Side, Probe]]] = {}
        self.claims = Claims(engine.database, owner, engine.clock)

    def advance(self, pairing: str) -> None:
        """The one actor: a slice of a pairing, if it is due and nobody works on it. Never raises."""
        schedule = self._schedules.get(pairing)
        if schedule is None or self._stop() or self.fatal is not None:
            return
        connections = self._connections(pairing)
        if not self._shares.enter(pairing, connections):
            return
        try:
            self.claims.catch_up()
            claim = self.claims.take(pairing, early=pairing not in self._accepted)
            if claim is not None:
                self._work(claim, schedule)
        except StoreError as error:
            self.fatal = error
        except SQLAlchemyError as error:
            self._listener.pairing_ended(pairing, _unreachable(error))
        finally:
            self._leave(connections)

    @contextmanager
    def share(self, pairing: str) -> Iterator[bool]:
        """A place at the pairing's connections for a follow-up, which counts like a run; False: none is free now."""
        connections = self._connections(pairing)
        if not self._shares.try_enter(connections):
            yield False
            return
        try:
            yield True
        finally:
            self._leave(connections)

    def _connections(self, pairing: str) -> list[str]:
        sides = self._engine.config.pairings[pairing]
        return sorted({sides.connection(side) for side in Side})

    def _leave(self, connections: list[str]) -> None:
        for waiting in self._shares.leave(connections):
            self._nudge(waiting)

    # ---------------------------------------------------------------- one slice

    def _work(self, claim: Claim, schedule: Schedule) -> None:
        began = time.monotonic()
        failures = claim.failures + 1
        due_at = due_after_failure(schedule, self._now(claim), failures)
        try:
            course = self._slice(claim)
        except OvertakenError as error:
            self._listener.pairing_ended(claim.pairing, error)
            return
        except StoreError as error:
            # Busy, or migrated meanwhile: the next claim, which comes soon, tells which.
            due_at = self._now(claim) + timedelta(seconds=AGAIN_S)
            self._listener.pairing_ended(claim.pairing, error)
        except MlcError as error:
            if self._strict and isinstance(error, ConfigError | PluginError):
                self.fatal = error
            due_at = due_after_failure(schedule, self._now(claim), failures)
            self._listener.pairing_ended(claim.pairing, error)
        except SQLAlchemyError as error:
            due_at = self._now(claim) + timedelta(seconds=AGAIN_S)
            self._listener.pairing_ended(claim.pairing, _unreachable(error))
        except Exception as error:  # noqa: BLE001 - R30: whatever goes wrong in one pairing, the others go on
            self._listener.pairing_ended(claim.pairing, unexpected(claim.pairing, error))
        else:
            due_at, failures = self._after(claim, course, schedule), 0
        self.claims.give_back(claim, due_at=due_at, failures=failures)
        self._listener.slice_ended(claim.pairing, claim, time.monotonic() - began)
        if due_at <= self._now(claim) and not self._stop():
            self._nudge(claim.pairing)

    def _slice(self, claim: Claim) -> tuple[Course | None, datetime | None]:
        """Do one slice; where the run stands, and when it goes on."""
        accept = claim.pairing not in self._accepted
        order = Order(
            accept=accept,
            sweep=sweep_due(self._engine, claim.pairing),
            by=self._by,
            slot=None if accept else claim.due_at,
        )
        with self._engine.session(claim.pairing, stop=self._stop, patience_s=NAP_S, claim=claim) as session:
            asked, probes = self._probes.pop(claim.pairing, (0.0, {}))
            if time.monotonic() - asked < PROBES_S:
                session.probes = probes
            calls = [connection.http.calls for connection in session.connections.values()]
            session.slice = Slice(stop=self._stop, writes=lambda: sum(one.snapshot().writes for one in calls))
            session.stop = session.slice.over
            course = run_slice(session, order)
            if course is not None and course.stages and session.probes:
                self._probes[claim.pairing] = (asked or time.monotonic(), session.probes)
            if course is not None and course.begun:
                self._accepted.add(claim.pairing)
            return course, session.slice.resume_at

    def _after(self, claim: Claim, done: tuple[Course | None, datetime | None], schedule: Schedule) -> datetime:
        course, resume_at = done
        now = self._now(claim)
        if course is None:
            return max(now + timedelta(seconds=1), schedule.after(now))
        if course.stages:
            return now if resume_at is None else resume_at - claim.ahead
        self._listener.pairing_ended(claim.pairing, course.report)
        return due_after(course.report, schedule, now, ahead=claim.ahead)

    def _now(self, claim: Claim) -> datetime:
        """As the database's clock has it: a machine that is ahead would put its pairings off for all others."""
        return self._engine.clock.now() - claim.ahead


def unexpected(pairing: str, error: Exception) -> MlcError:
    """A mistake of this program's: the operator hears what becomes of it, and how to see where it lies."""
    sentence = (
        f"This run failed in a way mlc did not expect ({type(error).__name__}); it goes on later, other pairings now. "
        f"mlc --debug run {pairing} --once shows where."
    )
    return MlcError(sentence, repr(error))


def _unreachable(error: SQLAlchemyError) -> MlcError:
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return TransientError(f"The database does not answer: {cause}; work goes on when it does.", repr(error))
