"""Doing exactly what a stored plan says, and nothing that has moved since (R38)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from mlc.contract import Operation
from mlc.engine.dryrun import walk
from mlc.engine.lists import deliverable
from mlc.engine.pauses import pauses_of
from mlc.engine.planfiles import StoredPlan
from mlc.engine.planitems import PlanItem, basis_of, item_of, moved_since, settled_words
from mlc.engine.plans import Action, Entry, load_entries
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.errors import ConfigError
from mlc.store.schema import intents, records

#: Lines that write or bind. The others only note how a record stands, and are noted afresh by any run.
_ACTING = frozenset({*(operation.value for operation in Operation), Action.ADOPT.value, Action.ADJUST.value})
BATCH = 500


@dataclass
class Applied:
    """What became of a plan's lines; ``refused`` has a sentence for each that was left alone."""

    pairing: str
    applied: int = 0
    already: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    report: RunReport | None = None

    @property
    def needs_a_person(self) -> bool:
        return bool(self.refused) or (self.report is not None and self.report.needs_a_person)

    def as_dict(self) -> dict[str, Any]:
        run = None if self.report is None else self.report.as_dict()
        counts = {"applied": self.applied, "already_applied": self.already, "refused": self.refused}
        return {"pairing": self.pairing, **counts, "run": run}


def apply_plan(session: Session, plan: StoredPlan, *, by: str) -> Applied:
    """One run that does what the plan says, line by line, as far as nothing of it has moved.

    Raises: ConfigError when the plan is of another pairing; what a run raises.
    """
    if plan.pairing != session.pairing.name:
        raise ConfigError(f"{plan.path} is a plan of {plan.pairing}, not of {session.pairing.name}.")
    result = Applied(plan.pairing)
    done = _intents_made(session, plan)

    def choose(session: Session) -> Mapping[int, PlanItem]:
        chosen = _unmoved(session, plan, result, done)
        result.applied = sum(1 for record in chosen if plan.lines[record]["action"] in _ACTING)
        audit = session.audit()
        audit.add(
            "plan_applied_by_person", by=by, lines=len(chosen), refused=len(result.refused), already=result.already
        )
        with session.database.write() as tx:
            audit.write(tx, session.clock.now())
        return chosen

    result.report = run_pairing(session, by=by, choose=choose)
    if result.report.paused is not None:
        raise ConfigError(result.report.paused)
    missed = _not_done(session, plan, result)
    result.applied -= len(missed)
    result.refused += missed
    return result


def _unmoved(session: Session, plan: StoredPlan, result: Applied, done: Mapping[str, str]) -> dict[int, PlanItem]:
    """The lines that would be decided just so again; the others go to ``refused`` or ``already``."""
    now: dict[int, PlanItem] = {}
    session.planned.clear()
    for flow in deliverable(session):
        for one in walk(session, flow):
            if one.entry.id in plan.items:
                now[one.entry.id] = item_of(one, session.pairing.name, session.mapper_version(flow))
    session.planned.clear()
    chosen = {record: item for record, item in now.items() if plan.items[record].id == item.id}
    left = [record for record in plan.items if record not in chosen and plan.lines[record]["action"] in _ACTING]
    stopped = _paused_flows(session)
    entries = _entries(session, left)
    for record in left:
        line, entry = plan.lines[record], entries.get(record)
        if plan.items[record].id in done or _adopted(line, entry):
            result.already += 1
        else:
            result.refused.append(_refusal(session, line, entry, plan.items[record], now.get(record)))
    for record in [one for one in chosen if plan.lines[one]["flow"] in stopped]:
        del chosen[record]
        if plan.lines[record]["action"] in _ACTING:
            result.refused.append(_line(plan.lines[record], stopped[plan.lines[record]["flow"]]))
    return chosen


def _refusal(
    session: Session, line: Mapping[str, Any], entry: Entry | None, planned: PlanItem, now: PlanItem | None
) -> dict[str, Any]:
    if entry is None:
        return _line(line, "it is not known here any more")
    flow = next(one for one in session.pairing.flows if one.name == line["flow"])
    why = moved_since(planned.basis, basis_of(entry, session.mapper_version(flow)))
    if why is None:
        why = settled_words(entry.state) if now is None else "something it refers to has changed"
    return _line(line, why)


def _line(line: Mapping[str, Any], why: str) -> dict[str, Any]:
    return {"record": line["record"], "what": line["what"], "action": line["action"], "why": why}


def _not_done(session: Session, plan: StoredPlan, result: Applied) -> list[dict[str, Any]]:
    """Lines that were chosen and are as they were: the run stopped before them, or they changed under its hands."""
    refused = {line["record"] for line in result.refused}
    acting = [record for record in plan.items if plan.lines[record]["action"] in _ACTING and record not in refused]
    made = _intents_made(session, plan)
    entries = _entries(session, [record for record in acting if plan.items[record].id not in made])
    return [
        _line(plan.lines[record], "it changed, or the run stopped, before its turn; plan again")
        for record, entry in entries.items()
        if not _adopted(plan.lines[record], entry) and entry.state in (RecordState.PENDING, RecordState.HELD)
    ]


def _adopted(line: Mapping[str, Any], entry: Entry | None) -> bool:
    """A line that binds is done when the record is bound to just that."""
    if entry is None or line["action"] != Action.ADOPT.value or entry.target is None:
        return False
    return bool(entry.target.external_id == line["adopts"])


def _intents_made(session: Session, plan: StoredPlan) -> dict[str, str]:
    """Plan items that have an intent already → its state."""
    found: dict[str, str] = {}
    ids = [item.id for item in plan.items.values()]
    with session.database.read() as connection:
        for at in range(0, len(ids), BATCH):
            query = select(intents.c.plan_item, intents.c.state).where(intents.c.plan_item.in_(ids[at : at + BATCH]))
            found |= {row.plan_item: row.state for row in connection.execute(query)}
    return found


def _entries(session: Session, ids: list[int]) -> dict[int, Entry]:
    found: dict[int, Entry] = {}
    with session.database.read() as connection:
        for at in range(0, len(ids), BATCH):
            rows = connection.execute(select(records).where(records.c.id.in_(ids[at : at + BATCH]))).mappings().all()
            found |= {entry.id: entry for entry in load_entries(connection, session.pairing.name, rows)}
    return found


def _paused_flows(session: Session) -> dict[str, str]:
    with session.database.read() as connection:
        stopped = pauses_of(connection, session.pairing.name)
    return {name: pause.sentence for name, pause in stopped.items() if name is not None}
