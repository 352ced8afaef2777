"""One run of a pairing: settle, take in, deliver, take in once more what our own writes moved, report."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from mlc.clock import stamp
from mlc.contract import FetchMode
from mlc.engine.alerts import clear_alerts, raise_alert
from mlc.engine.delivery import Delivery
from mlc.engine.dryrun import FlowPlan, exceeds_limits, plan_flow
from mlc.engine.holdstore import open_rows
from mlc.engine.intake import Intake
from mlc.engine.intakerows import PROVISIONAL_S
from mlc.engine.scope import MASTER
from mlc.engine.session import Session
from mlc.engine.settle import Settler
from mlc.engine.states import RecordState
from mlc.engine.tally import Tally
from mlc.engine.upkeep import (
    call_older_documents,
    find_late_duplicates,
    judge_strangers,
    probe_sides,
    recover_interrupted,
    wake_holds,
    wake_master_data,
)
from mlc.errors import MlcError
from mlc.recipes import Flow, FlowMode, Side
from mlc.records import ObjectType
from mlc.store.audit import chain_head
from mlc.store.schema import acceptances, records, runs
from mlc.testing.steps import step

DOCUMENTS = frozenset({ObjectType.PURCHASE_ORDER, ObjectType.BILL, ObjectType.VENDOR_CREDIT, ObjectType.PAYMENT})


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
    seconds: float = 0.0
    chain_head: str = ""
    chain_count: int = 0
    uncertain: int = 0
    next_look: datetime | None = None
    failed: str | None = None
    """Why the run could not go on at all; None when it went to its end."""

    @property
    def needs_a_person(self) -> bool:
        bad = any(flow.get("held", 0) or flow.get("dead", 0) for flow in self.flows.values())
        return bool(bad or self.plans or self.stopped or self.uncertain)

    def as_dict(self) -> dict[str, Any]:
        return {
            "pairing": self.pairing,
            "run": self.run_id,
            "started_at": stamp(self.started_at),
            "seconds": round(self.seconds, 3),
            "flows": self.flows,
            "calls": self.calls,
            "planned_only": {name: plan.as_dict() for name, plan in self.plans.items()},
            "stopped": self.stopped,
            "failed": self.failed,
            "uncertain": self.uncertain,
            "audit_head": self.chain_head,
            "audit_groups": self.chain_count,
        }


def run_pairing(session: Session, *, accept: bool = False, sweep: bool = False, by: str = "operator") -> RunReport:
    """Run every flow of a pairing once.

    Args:
        accept: A person accepts the first plan, and whatever the limits stopped.
        sweep: Read both sides' lists unfiltered as well (R23).

    Raises: AuthError, TransientError, PluginError when a side cannot be read at all; nothing is lost then.
    """
    began = time.monotonic()
    report = _begin(session)
    try:
        recover_interrupted(session)
        probe_sides(session)
        _reachable_again(session)
        if accept:
            _accept(session, by)
        wake_holds(session, configuration_changed=_configuration_changed(session, report.run_id))
        before = {side: _calls(session, side) for side in Side}
        _settle(session, report, first=True)
        take_in(session, FetchMode.CHANGES)
        if sweep:
            take_in(session, FetchMode.SWEEP)
        _deliver(session, report, accept=accept)
        _take_in_again(session, report, _written(session, before))
        _settle(session, report, first=False)
        for side in Side:
            now = _calls(session, side)
            report.calls[side.value] = {kind: now[kind] - before[side][kind] for kind in now}
    except MlcError as error:
        report.failed = error.sentence
        raise
    finally:
        session.close()
        report.seconds = time.monotonic() - began
        _finish(session, report)
    step("run.finished")
    return report


# -------------------------------------------------------------------- begin and end


def _begin(session: Session) -> RunReport:
    now = session.clock.now()
    with session.database.write() as tx:
        result = tx.execute(insert(runs).values(pairing=session.pairing.name, started_at=stamp(now)))
        assert result.inserted_primary_key is not None
        run_id = int(result.inserted_primary_key[0])
    session.run_id = run_id
    return RunReport(session.pairing.name, run_id, now)


def _finish(session: Session, report: RunReport) -> None:
    with session.database.write() as tx:
        report.chain_head, report.chain_count = chain_head(tx)
        tx.execute(
            update(runs)
            .where(runs.c.id == report.run_id)
            .values(
                finished_at=stamp(session.clock.now()),
                outcome="failed" if report.failed else "needs_a_person" if report.needs_a_person else "done",
                summary=json.dumps(report.as_dict() | {"configuration": _digest(session)}),
                chain_head=report.chain_head,
                chain_count=report.chain_count,
            )
        )
    session.plugins.broadcast("mlc_run_finished", pairing=session.pairing.name, summary=report.as_dict())


def _reachable_again(session: Session) -> None:
    """Both sides accepted our credentials: what was said of refused ones is over."""
    names = [session.pairing.connection(side) for side in Side]
    with session.database.write() as tx:
        clear_alerts(tx, "credentials", names, stamp(session.clock.now()))


def _digest(session: Session) -> str:
    return json.dumps(session.digests, sort_keys=True)


def _configuration_changed(session: Session, run_id: int) -> bool:
    with session.database.read() as connection:
        text = connection.execute(
            select(runs.c.summary)
            .where(runs.c.pairing == session.pairing.name, runs.c.id < run_id, runs.c.summary.is_not(None))
            .order_by(runs.c.id.desc())
            .limit(1)
        ).scalar()
    return text is not None and json.loads(text).get("configuration") != _digest(session)


def _accept(session: Session, by: str) -> None:
    now = session.clock.now()
    with session.database.write() as tx:
        known = set(
            tx.execute(select(acceptances.c.flow).where(acceptances.c.pairing == session.pairing.name)).scalars()
        )
        audit = session.audit()
        for flow in session.pairing.flows:
            if flow.name not in known:
                tx.execute(
                    insert(acceptances).values(pairing=session.pairing.name, flow=flow.name, by=by, at=stamp(now))
                )
                audit.add("accepted_by_person", flow=flow.name, by=by)
        audit.write(tx, now)


def _accepted(session: Session) -> set[str]:
    with session.database.read() as connection:
        return set(
            connection.execute(
                select(acceptances.c.flow).where(acceptances.c.pairing == session.pairing.name)
            ).scalars()
        )


def _calls(session: Session, side: Side) -> dict[str, int]:
    calls = session.connections[side].http.calls.snapshot()
    return {"read": calls.reads, "write": calls.writes}


# -------------------------------------------------------------------- intake


def lists_to_read(session: Session) -> list[tuple[Side, ObjectType]]:
    """Every list of both sides that this pairing needs, master data first, each once."""
    wanted: dict[tuple[Side, ObjectType], None] = {}
    for flow in session.pairing.flows:
        if flow.mode is FlowMode.OFF:
            continue
        for side, kind in ((flow.source, flow.reads), (flow.target, flow.object)):
            if session.system(side).support(kind) is not None:
                wanted[(side, kind)] = None
    for kind in (ObjectType.TAX_RATE, ObjectType.CURRENCY, ObjectType.DIMENSION, ObjectType.CUSTOMER):
        for side in {flow.target for flow in session.pairing.flows if flow.object is ObjectType.BILL}:
            if session.system(side).support(kind) is not None:
                wanted[(side, kind)] = None
    return sorted(wanted, key=lambda one: one[1] not in MASTER)


def take_in(session: Session, mode: FetchMode, only: Iterable[tuple[Side, ObjectType]] | None = None) -> None:
    """Read every list that the pairing needs, or only these, and tell whoever waits for what has changed."""
    for side, kind in only if only is not None else lists_to_read(session):
        if session.stop():
            return
        counts = Intake(session, side, kind).run(mode)
        if kind in MASTER and counts.changed:
            wake_master_data(session)
        if kind is ObjectType.PAYMENT and counts.foreign:
            judge_strangers(session, side, counts.foreign)
        if kind in (ObjectType.BILL, ObjectType.VENDOR_CREDIT):
            find_late_duplicates(session, side, kind)
    step("intake.finished")


def _take_in_again(session: Session, report: RunReport, written: set[tuple[Side, ObjectType]]) -> None:
    """Our own bills, payments, images and openings move versions of documents: look once, so that the next run is
    silent.

    ``written``: the lists of the sides that were written to.
    """
    if not written or session.stop():
        return
    waited = 0.0
    while waited < PROVISIONAL_S and not session.stop():
        time.sleep(0.5)
        waited += 0.5
    take_in(session, FetchMode.CHANGES, sorted(written))
    kinds = {kind for _side, kind in written}
    accepted = _accepted(session)
    for flow in deliverable(session):
        if flow.object in kinds and flow.name in accepted:
            _merge(report, flow, Delivery(session, flow).run())


def _written(session: Session, before: dict[Side, dict[str, int]]) -> set[tuple[Side, ObjectType]]:
    """Document lists of every side that this run has written to."""
    sides = [side for side in Side if _calls(session, side)["write"] > before[side]["write"]]
    return {
        (side, kind)
        for side, kind in lists_to_read(session)
        if side in sides and kind in DOCUMENTS and any(flow.target is side for flow in session.pairing.flows)
    }


# -------------------------------------------------------------------- delivery


def deliverable(session: Session) -> list[Flow]:
    """Flows that carry records, in the recipe's order; master data is only matched."""
    return [
        flow
        for flow in session.pairing.flows
        if flow.object not in MASTER and flow.mode not in (FlowMode.OFF, FlowMode.MATCH) and flow.creates
    ]


def _deliver(session: Session, report: RunReport, *, accept: bool) -> None:
    accepted = _accepted(session)
    session.planned.clear()
    for flow in deliverable(session):
        if session.stop():
            return
        if flow.object is ObjectType.PAYMENT:
            _deliver_older(session, report, flow)
        if flow.name not in accepted:
            report.plans[flow.name] = plan_flow(session, flow)
            continue
        over = None if accept else exceeds_limits(session, flow)
        if over is not None:
            report.plans[flow.name] = over
            assert over.limit is not None
            raise_alert(session, "limit", f"{session.pairing.name}:{flow.name}", over.limit)
            continue
        delivery = Delivery(session, flow)
        _merge(report, flow, delivery.run())
        if delivery.paused is not None:
            report.stopped[flow.name] = delivery.paused
            raise_alert(session, "credentials", session.pairing.connection(flow.target), delivery.paused)
            return
        if delivery.stopped is not None:
            report.stopped[flow.name] = delivery.stopped
    _count(session, report)


def _deliver_older(session: Session, report: RunReport, payments: Flow) -> None:
    """Bills from before go-live that payments settle are adopted before the payments go."""
    bills = next(
        (flow for flow in deliverable(session) if flow.object is ObjectType.BILL and flow.source is payments.source),
        None,
    )
    if bills is not None and call_older_documents(session, payments.source) and bills.name in _accepted(session):
        _merge(report, bills, Delivery(session, bills).run())


def _merge(report: RunReport, flow: Flow, tally: Tally) -> None:
    sums = report.flows.setdefault(flow.name, Tally().as_dict())
    for name, value in tally.as_dict().items():
        sums[name] += value


def _settle(session: Session, report: RunReport, *, first: bool) -> None:
    report.uncertain = 0
    for flow in deliverable(session):
        settler = Settler(session, flow)
        settlement = settler.run()
        report.uncertain += settlement.waiting
        if settlement.next_look is not None:
            report.next_look = min(report.next_look or settlement.next_look, settlement.next_look)
        if settlement.settled:
            _merge(report, flow, settler.tally)
    if not first:
        _count(session, report)


def _count(session: Session, report: RunReport) -> None:
    """Held, dead and unchanged as they stand at the end, not as events of this run."""
    open_holds = open_rows_by_flow(session)
    with session.database.read() as connection:
        for flow in deliverable(session):
            sums = report.flows.setdefault(flow.name, Tally().as_dict())
            states: dict[str, int] = dict(
                connection.execute(
                    select(records.c.state, func.count())
                    .where(
                        records.c.pairing == session.pairing.name,
                        records.c.object_type == flow.object.value,
                        records.c.side == flow.source.value,
                    )
                    .group_by(records.c.state)
                )
                .tuples()
                .all()
            )
            sums["held"] = open_holds.get(flow.object.value, 0)
            sums["dead"] = states.get(RecordState.DEAD.value, 0)
            written = sums["created"] + sums["updated"] + sums["adopted"] + sums["voided"]
            sums["unchanged"] = max(0, states.get(RecordState.IN_STEP.value, 0) - written)


def open_rows_by_flow(session: Session) -> dict[str, int]:
    """How many records of each object type are held now."""
    held: dict[str, set[int]] = {}
    with session.database.read() as connection:
        for row in open_rows(connection, session.pairing.name):
            held.setdefault(row["object_type"], set()).add(row["record_id"])
    return {kind: len(ids) for kind, ids in held.items()}
