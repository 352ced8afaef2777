"""What one run did: kept with the run, printed by the command line, sent to whoever listens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from mlc.clock import parse_stamp, stamp
from mlc.engine.dryrun import FlowPlan
from mlc.engine.holdstore import open_rows
from mlc.engine.lists import deliverable
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.tally import Tally
from mlc.recipes import Flow
from mlc.store.schema import records


@dataclass
class RunReport:
    """What ``mlc run`` shows and stores: per flow what was done, calls per side, what needs a person."""

    pairing: str
    run_id: int
    started_at: datetime
    flows: dict[str, dict[str, int]] = field(default_factory=dict)
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    plans: dict[str, FlowPlan] = field(default_factory=dict)
    """Flows that were only planned: not accepted yet, or beyond a limit."""
    stopped: dict[str, str] = field(default_factory=dict)
    off: dict[str, str] = field(default_factory=dict)
    """Flows that need what a side's edition does not have, each with one sentence."""
    seconds: float = 0.0
    chain_head: str = ""
    chain_count: int = 0
    unsettled: dict[str, int] = field(default_factory=dict)
    """Flow → writes that were looked up and are still uncertain."""
    unanswered: dict[str, int] = field(default_factory=dict)
    """Flow → writes that their system took and has not yet said what became of them (R9)."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Flow → records to which something that was sent before may still arrive, and nothing is written until then."""
    next_look: datetime | None = None
    planned_before: dict[str, Any] = field(default_factory=dict)
    """What earlier slices only planned, as stored."""
    failed: str | None = None
    """Why the run could not go on at all; None when it went to its end."""
    paused: str | None = None
    """A person has stopped the whole pairing: nothing was read or sent, and there is no such run."""

    @property
    def needs_a_person(self) -> bool:
        bad = any(flow.get("held", 0) or flow.get("dead", 0) for flow in self.flows.values())
        return bool(bad or self.plans or self.planned_before or self.stopped or self.uncertain or self.paused)

    @property
    def uncertain(self) -> int:
        """Writes that are looked up again before anything is repeated."""
        return sum(self.unsettled.values())

    @property
    def accepted(self) -> int:
        """Writes that their system took and has not yet said what became of them (R9)."""
        return sum(self.unanswered.values())

    @classmethod
    def of(cls, summary: Mapping[str, Any], *, run_id: int, started_at: datetime) -> "RunReport":
        """The report of a run that is under way, as its row holds it."""
        look = summary.get("next_look")
        return cls(
            summary["pairing"],
            run_id,
            started_at,
            flows=summary["flows"],
            calls=summary["calls"],
            planned_before=summary["planned_only"],
            stopped=summary["stopped"],
            seconds=summary["seconds"],
            unsettled=summary["unsettled"],
            unanswered=summary["unanswered"],
            waiting=summary.get("waiting", {}),
            next_look=None if look is None else parse_stamp(look),
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "pairing": self.pairing,
            "run": self.run_id,
            "started_at": stamp(self.started_at),
            "seconds": round(self.seconds, 3),
            "flows": self.flows,
            "calls": self.calls,
            "planned_only": self.planned_before | {name: plan.as_dict() for name, plan in self.plans.items()},
            "stopped": self.stopped,
            "off": self.off,
            "failed": self.failed,
            "paused": self.paused,
            "uncertain": self.uncertain,
            "accepted": self.accepted,
            "unanswered": {name: count for name, count in self.unanswered.items() if count},
            "unsettled": {name: count for name, count in self.unsettled.items() if count},
            "waiting": {name: count for name, count in self.waiting.items() if count},
            "next_look": None if self.next_look is None else stamp(self.next_look),
            "audit_head": self.chain_head,
            "audit_groups": self.chain_count,
        }


def add_up(report: RunReport, flow: Flow, tally: Tally) -> None:
    sums = report.flows.setdefault(flow.name, Tally().as_dict())
    for name, value in tally.as_dict().items():
        sums[name] += value


def count_standing(session: Session, report: RunReport) -> None:
    """Held, dead and unchanged as they stand at the end, not as events of this run."""
    open_holds = open_rows_by_flow(session)
    with session.database.read() as connection:
        for flow in deliverable(session):
            sums = report.flows.setdefault(flow.name, Tally().as_dict())
            counted = connection.execute(
                select(records.c.state, func.count())
                .where(
                    records.c.pairing == session.pairing.name,
                    records.c.object_type == flow.object.value,
                    records.c.side == flow.source.value,
                )
                .group_by(records.c.state)
            )
            states: dict[str, int] = {row[0]: row[1] for row in counted}
            sums["held"] = open_holds.get((flow.object.value, flow.source.value), 0)
            sums["dead"] = states.get(RecordState.DEAD.value, 0)
            written = sums["created"] + sums["updated"] + sums["adopted"] + sums["voided"]
            sums["unchanged"] = max(0, states.get(RecordState.IN_STEP.value, 0) - written)


def open_rows_by_flow(session: Session) -> dict[tuple[str, str], int]:
    """How many records of each object type and side of birth are held now."""
    held: dict[tuple[str, str], set[int]] = {}
    with session.database.read() as connection:
        for row in open_rows(connection, session.pairing.name):
            held.setdefault((row["object_type"], row["side"]), set()).add(row["record_id"])
    return {flow: len(ids) for flow, ids in held.items()}
