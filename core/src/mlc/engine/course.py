"""Where a run stands: what is left of it and what it did so far, kept in its row so that anybody can go on with it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mlc.clock import parse_stamp, stamp
from mlc.engine.planitems import PlanItem
from mlc.engine.powerloss import boot_of, doubt_planned, is_same_boot, wait_after_start
from mlc.engine.quarantine import wait_after_recovery
from mlc.engine.runreport import RunReport
from mlc.engine.session import Session
from mlc.engine.stages import Stage
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.schema import runs, slots

#: Under this key the summary of a run that is under way holds what is left of it.
UNDER_WAY = "under_way"


Choice = Callable[[Session], Mapping[int, PlanItem]]


@dataclass(frozen=True, slots=True)
class Order:
    """How a run is to be.

    ``accept``: a person accepts the first plan, and whatever the limits stopped. ``sweep``: read both sides' lists
    unfiltered as well (R23). ``slot``: the scheduled time it is for, run once however many want to (R33).
    """

    accept: bool = False
    sweep: bool = False
    by: str = "operator"
    slot: str | None = None


@dataclass
class Course:
    """One run: its order, its report so far and the stages that are left.

    ``begun``: its stages are known. ``history``: it fetches and carries what was there before (R34).
    """

    report: RunReport
    order: Order
    stages: list[Stage] = field(default_factory=list)
    begun: bool = False
    history: bool = False
    written: set[tuple[Side, ObjectType]] = field(default_factory=set)
    """What was sent to a side in this run, whatever became of it."""
    choose: Choice | None = None
    """Of a run that is done at once: says which records alone may be written."""

    def summary(self, session: Session) -> dict[str, Any]:
        left = {
            "stages": [stage.as_dict() for stage in self.stages],
            "begun": self.begun,
            "history": self.history,
            "written": sorted([side.value, kind.value] for side, kind in self.written),
            "order": asdict(self.order),
        }
        return self.report.as_dict() | {"configuration": configuration(session), UNDER_WAY: left}


def begin_course(session: Session, order: Order) -> Course | None:
    """A new run's row and, with it, the slot it is for. None when that slot was run before: two never run it (R33)."""
    wait_after_recovery(session)
    wait_after_start(session)
    now = session.clock.now()
    name, slot = session.pairing.name, order.slot
    if not is_same_boot(session):
        doubt_planned(session)
    with session.database.write() as tx:
        session.guard.check_epoch(tx)
        if slot is not None and not _take_slot(tx, name, slot, stamp(now)):
            return None
        given_up = update(runs).where(runs.c.pairing == name, runs.c.finished_at.is_(None), runs.c.summary.is_not(None))
        tx.execute(given_up.values(finished_at=stamp(now), outcome="stopped"))
        values = {"pairing": name, "started_at": stamp(now), "boot": boot_of(tx, session.clock)}
        result = tx.execute(insert(runs).values(values))
        assert result.inserted_primary_key is not None
        run_id = int(result.inserted_primary_key[0])
        course = Course(RunReport(name, run_id, now), order)
        if slot is not None:
            tx.execute(update(slots).where(slots.c.pairing == name, slots.c.slot == slot).values(run_id=run_id))
        if session.slice is not None:
            _keep(tx, session, course)
    session.run_id = run_id
    return course


def keep_course(session: Session, course: Course) -> None:
    """Note how far it is, before anybody else may go on with it."""
    with session.database.write() as tx:
        _keep(tx, session, course)


def load_course(session: Session) -> Course | None:
    """The run of this pairing that is under way; None when none is, or its configuration is another by now.

    None as well when the machine or the server was started anew: what it had read may be lost, and is read again (R2).
    """
    if not is_same_boot(session):
        return None
    with session.database.read() as connection:
        row = connection.execute(
            select(runs.c.id, runs.c.started_at, runs.c.summary)
            .where(runs.c.pairing == session.pairing.name, runs.c.finished_at.is_(None), runs.c.summary.is_not(None))
            .order_by(runs.c.id.desc())
            .limit(1)
        ).first()
    if row is None:
        return None
    summary = json.loads(row.summary)
    if UNDER_WAY not in summary or summary.get("configuration") != configuration(session):
        return None
    session.run_id = row.id
    report = RunReport.of(summary, run_id=row.id, started_at=parse_stamp(row.started_at))
    left = summary[UNDER_WAY]
    stages = [Stage.of(stage) for stage in left["stages"]]
    written = {(Side(side), ObjectType(kind)) for side, kind in left.get("written", ())}
    history = bool(left.get("history", False))
    return Course(report, Order(**left["order"]), stages, begun=left["begun"], history=history, written=written)


def configuration(session: Session) -> str:
    """The mapper versions of all flows, as a run's summary keeps them."""
    return json.dumps(session.digests, sort_keys=True)


def _keep(tx: Connection, session: Session, course: Course) -> None:
    tx.execute(
        update(runs).where(runs.c.id == course.report.run_id).values(summary=json.dumps(course.summary(session)))
    )


def _take_slot(tx: Connection, pairing: str, slot: str, now: str) -> bool:
    """The unique row of a slot: True for the one who makes it."""
    values = {"pairing": pairing, "slot": slot, "taken_at": now}
    if tx.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_once
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_once  # type: ignore[assignment]
    made = insert_once(slots).values(values).on_conflict_do_nothing().returning(slots.c.slot)
    return tx.execute(made).first() is not None
