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
from mlc.engine.planlines import Chosen, PlanLines, item_in
from mlc.engine.plans import Action, Entry, load_entries
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.errors import ConfigError
from mlc.store.schema import intents, records

#: Lines that write or bind. The others only note how a record stands, and are noted afresh by any run.
_ACTING = frozenset({*(operation.value for operation in Operation), Action.ADOPT.value, Action.ADJUST.value})
_ACTS = "action IN (" + ", ".join(f"'{action}'" for action in sorted(_ACTING)) + ")"


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
    _note_made(session, plan.lines)

    def choose(session: Session) -> Mapping[int, PlanItem]:
        _choose_unmoved(session, plan.lines, result)
        chosen = Chosen(plan.lines)
        result.applied = plan.lines.count(f"chosen AND {_ACTS}")
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
    missed = _not_done(session, plan.lines)
    result.applied -= len(missed)
    result.refused += missed
    return result


def _choose_unmoved(session: Session, lines: PlanLines, result: Applied) -> None:
    """The lines that would be decided just so again are chosen; the others go to ``refused`` or ``already``."""
    session.planned.clear()
    for flow in deliverable(session):
        for one in walk(session, flow):
            item = item_of(one, session.pairing.name, session.mapper_version(flow))
            lines.decided_now(one.entry.id, item, waits=None if one.until is None else one.reason)
    session.planned.clear()
    for batch in lines.batches(f"NOT chosen AND {_ACTS}"):
        entries = _entries(session, [line["record"] for line in batch])
        for line in batch:
            entry = entries.get(line["record"])
            if lines.count("record = ? AND made", (line["record"],)) or _adopted(line, entry):
                result.already += 1
            else:
                result.refused.append(_refusal(session, line, entry, lines))
                lines.mark("left_out", [line["record"]])
    for name, sentence in _paused_flows(session).items():
        for batch in lines.batches("chosen AND flow = ?", (name,)):
            lines.mark("chosen", [line["record"] for line in batch], 0)
            acting = [line for line in batch if line["action"] in _ACTING]
            lines.mark("left_out", [line["record"] for line in acting])
            result.refused += [_line(line, sentence) for line in acting]


def _refusal(session: Session, line: Mapping[str, Any], entry: Entry | None, lines: PlanLines) -> dict[str, Any]:
    if entry is None:
        return _line(line, "it is not known here any more")
    flow = next(one for one in session.pairing.flows if one.name == line["flow"])
    why = moved_since(item_in(line).basis, basis_of(entry, session.mapper_version(flow)))
    if why is None and lines.now(entry.id) is None:
        why = settled_words(entry.state)
    return _line(line, why or lines.waits(entry.id) or "something it refers to has changed")


def _line(line: Mapping[str, Any], why: str) -> dict[str, Any]:
    return {"record": line["record"], "what": line["what"], "action": line["action"], "why": why}


def _not_done(session: Session, lines: PlanLines) -> list[dict[str, Any]]:
    """Lines that were chosen and are as they were: the run stopped before them, or they changed under its hands."""
    _note_made(session, lines)
    found = []
    for batch in lines.batches(f"NOT left_out AND NOT made AND {_ACTS}"):
        entries = _entries(session, [line["record"] for line in batch])
        found += [
            _line(line, "it changed, or the run stopped, before its turn; plan again")
            for line in batch
            if (entry := entries.get(line["record"])) is not None
            and not _adopted(line, entry)
            and entry.state in (RecordState.PENDING, RecordState.HELD)
        ]
    return found


def _adopted(line: Mapping[str, Any], entry: Entry | None) -> bool:
    """A line that binds is done when the record is bound to just that."""
    if entry is None or line["action"] != Action.ADOPT.value or entry.target is None:
        return False
    return bool(entry.target.external_id == line["adopts"])


def _note_made(session: Session, lines: PlanLines) -> None:
    """Which lines have an intent already."""
    with session.database.read() as connection:
        for batch in lines.batches("NOT made"):
            records_of = {line["id"]: line["record"] for line in batch}
            query = select(intents.c.plan_item).where(intents.c.plan_item.in_(records_of))
            lines.mark("made", [records_of[item] for item in connection.execute(query).scalars()])


def _entries(session: Session, ids: list[int]) -> dict[int, Entry]:
    with session.database.read() as connection:
        rows = connection.execute(select(records).where(records.c.id.in_(ids))).mappings().all()
        return {entry.id: entry for entry in load_entries(connection, session.pairing.name, rows)}


def _paused_flows(session: Session) -> dict[str, str]:
    with session.database.read() as connection:
        stopped = pauses_of(connection, session.pairing.name)
    return {name: pause.sentence for name, pause in stopped.items() if name is not None}
