"""One run of a pairing: settle, take in, deliver, take in once more what our own writes moved, report."""

import json
import time

from sqlalchemy import insert, select, update

from mlc.clock import stamp
from mlc.contract import FetchMode
from mlc.engine.acceptance import accept_flows, accepted_flows
from mlc.engine.alerts import clear_alerts, raise_alert, take_back
from mlc.engine.delivery import Delivery
from mlc.engine.dryrun import exceeds_limits, plan_flow
from mlc.engine.holdalerts import tell_holds
from mlc.engine.intakerows import PROVISIONAL_S
from mlc.engine.lists import DOCUMENTS, deliverable, lists_to_read, take_in
from mlc.engine.runreport import RunReport, add_up, count_standing
from mlc.engine.session import Session
from mlc.engine.settle import Settler
from mlc.engine.standing import note_refusal
from mlc.engine.sweep import sweep_is_due
from mlc.engine.upkeep import call_older_documents, probe_sides, recover_interrupted, wake_holds
from mlc.errors import AuthError, MlcError
from mlc.recipes import Flow, Side
from mlc.records import ObjectType
from mlc.store.audit import chain_head
from mlc.store.schema import runs
from mlc.testing.steps import step


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
            accept_flows(session, by)
        wake_holds(session, configuration_changed=_configuration_changed(session, report.run_id))
        before = {side: _calls(session, side) for side in Side}
        _settle(session, report, first=True)
        take_in(session, FetchMode.CHANGES)
        if sweep or sweep_is_due(session):
            take_in(session, FetchMode.SWEEP)
        _deliver(session, report, accept=accept)
        _take_in_again(session, report, _written(session, before))
        _settle(session, report, first=False)
        tell_holds(session)
        for side in Side:
            now = _calls(session, side)
            report.calls[side.value] = {kind: now[kind] - before[side][kind] for kind in now}
    except MlcError as error:
        report.failed = error.sentence
        if isinstance(error, AuthError):
            note_refusal(session, error)
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


def _calls(session: Session, side: Side) -> dict[str, int]:
    calls = session.connections[side].http.calls.snapshot()
    return {"read": calls.reads, "write": calls.writes}


# -------------------------------------------------------------------- intake


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
    accepted = accepted_flows(session)
    for flow in deliverable(session):
        if flow.object in kinds and flow.name in accepted:
            add_up(report, flow, Delivery(session, flow).run())


def _written(session: Session, before: dict[Side, dict[str, int]]) -> set[tuple[Side, ObjectType]]:
    """Document lists of every side that this run has written to."""
    sides = [side for side in Side if _calls(session, side)["write"] > before[side]["write"]]
    return {
        (side, kind)
        for side, kind in lists_to_read(session)
        if side in sides and kind in DOCUMENTS and any(flow.target is side for flow in session.pairing.flows)
    }


# -------------------------------------------------------------------- delivery


def _deliver(session: Session, report: RunReport, *, accept: bool) -> None:
    accepted = accepted_flows(session)
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
        take_back(session, "limit", f"{session.pairing.name}:{flow.name}")
        delivery = Delivery(session, flow)
        add_up(report, flow, delivery.run())
        if delivery.paused is not None:
            report.stopped[flow.name] = delivery.paused
            raise_alert(session, "credentials", session.pairing.connection(flow.target), delivery.paused)
            return
        if delivery.stopped is not None:
            report.stopped[flow.name] = delivery.stopped
    count_standing(session, report)


def _deliver_older(session: Session, report: RunReport, payments: Flow) -> None:
    """Bills from before go-live that payments settle are adopted before the payments go."""
    bills = next(
        (flow for flow in deliverable(session) if flow.object is ObjectType.BILL and flow.source is payments.source),
        None,
    )
    if bills is not None and call_older_documents(session, payments.source) and bills.name in accepted_flows(session):
        add_up(report, bills, Delivery(session, bills).run())


def _settle(session: Session, report: RunReport, *, first: bool) -> None:
    report.uncertain = 0
    for flow in deliverable(session):
        settler = Settler(session, flow)
        settlement = settler.run()
        report.uncertain += settlement.waiting
        if settlement.next_look is not None:
            report.next_look = min(report.next_look or settlement.next_look, settlement.next_look)
        if settlement.settled:
            add_up(report, flow, settler.tally)
    if not first:
        count_standing(session, report)
