"""What each stage of a run does. It returns True when it is done, False when it was cut and has to go on later."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from mlc.clock import parse_stamp, stamp
from mlc.contract import FetchMode
from mlc.engine.acceptance import accepted_flows
from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.course import Course
from mlc.engine.currencyparts import call_vendors
from mlc.engine.delivery import Delivery
from mlc.engine.dryrun import exceeds_limits, plan_flow
from mlc.engine.elsewhere import plan_unseen, tell_arrivals, tell_carried_elsewhere
from mlc.engine.holdalerts import tell_holds
from mlc.engine.intakerows import PROVISIONAL_S
from mlc.engine.laterlooks import look_later
from mlc.engine.lists import deliverable, lists_to_read, take_in_list
from mlc.engine.merging import resolve_refused
from mlc.engine.namedsuppliers import name_suppliers, named_elsewhere
from mlc.engine.pauses import paused
from mlc.engine.preparing import prepare
from mlc.engine.runreport import RunReport, add_up, count_standing
from mlc.engine.session import Session
from mlc.engine.settle import Settlement, Settler
from mlc.engine.settled import is_settled
from mlc.engine.soon import settle_soon
from mlc.engine.stages import Stage, StageKind, flow_named, look_again_stages, sweep_stages
from mlc.engine.sweep import sweep_is_due, without_conclusion
from mlc.engine.taking import is_stuck, take_first, warn_of_others
from mlc.engine.tally import Tally
from mlc.engine.tasks import TaskSettler
from mlc.engine.tellings import report_flow
from mlc.engine.upkeep import call_older_documents
from mlc.recipes import Flow, Side
from mlc.records import ObjectType


def do_stage(session: Session, course: Course, stage: Stage) -> bool:
    """Do the first stage that is left. Stages that follow from it are put behind it."""
    return _WORK[stage.kind](session, course, stage)


def _settle(session: Session, course: Course, stage: Stage) -> bool:
    report, flow = course.report, flow_named(session, stage.flow)
    if not stage.begun:
        with session.database.read() as connection:
            if is_settled(connection, session.pairing.name, flow):
                report.unanswered[flow.name] = report.unsettled[flow.name] = 0
                return True
        stage.begun = True
        tasks = TaskSettler(session, flow)
        settlement = tasks.run()
        report.unanswered[flow.name] = settlement.waiting
        _note_settlement(report, flow, settlement, tasks.tally)
        report.unsettled[flow.name] = 0
    settler = Settler(session, flow)
    settlement = settler.run(after=stage.after)
    report.unsettled[flow.name] = report.unsettled.get(flow.name, 0) + settlement.waiting
    _note_settlement(report, flow, settlement, settler.tally)
    if settlement.reached is None:
        _note_look(report, look_later(settler))
    stage.after = settlement.reached or ""
    return settlement.reached is None


def _note_settlement(report: RunReport, flow: Flow, settlement: Settlement, tally: Tally) -> None:
    _note_look(report, settlement.next_look)
    if settlement.settled:
        add_up(report, flow, tally)


def _note_look(report: RunReport, due: datetime | None) -> None:
    if due is not None:
        report.next_look = min(report.next_look or due, due)


def _take_in(session: Session, _course: Course, stage: Stage) -> bool:
    if stage.until and not session.wait_until(parse_stamp(stage.until)):
        return False
    mode = FetchMode.SWEEP if stage.kind is StageKind.SWEEP else FetchMode.CHANGES
    return take_in_list(session, mode, *stage.list)


def _sweep_if_due(session: Session, course: Course, _stage: Stage) -> bool:
    if sweep_is_due(session):
        course.stages[1:1] = sweep_stages(session)
    else:
        stuck = {(flow.source, flow.reads) for flow in deliverable(session) if is_stuck(session, flow)}
        whole = sorted(stuck | without_conclusion(session).intersection(lists_to_read(session)))
        course.stages[1:1] = [Stage(StageKind.SWEEP, side=side.value, object=kind.value) for side, kind in whole]
    return True


def _choose(session: Session, course: Course, _stage: Stage) -> bool:
    session.only = None if course.choose is None else course.choose(session)
    return True


def _plan_unseen(session: Session, _course: Course, stage: Stage) -> bool:
    plan_unseen(session, stage.after.split("\n"))
    return True


def _adopt_older(session: Session, course: Course, stage: Stage) -> bool:
    """Bills from before go-live that payments settle are adopted before the payments go."""
    payments = flow_named(session, stage.flow)
    bills = next(
        (flow for flow in deliverable(session) if flow.object is ObjectType.BILL and flow.source is payments.source),
        None,
    )
    if bills is None or bills.name in paused(session):
        return True
    if not stage.begun:
        stage.begun = True
        if not call_older_documents(session, payments.source):
            return True
    if bills.name not in accepted_flows(session):
        return True
    return _carry(session, course, stage, bills)


def _add_currencies(session: Session, course: Course, stage: Stage) -> bool:
    """Vendors that these documents need in a further currency get it before the documents go."""
    keeper = flow_named(session, stage.flow).target
    vendors = [flow for flow in deliverable(session) if flow.object is ObjectType.VENDOR]
    called = [flow.name for flow in vendors if call_vendors(session, flow, keeper)]
    course.stages[1:1] = [Stage(StageKind.DELIVER_AGAIN, flow=name) for name in called]
    return True


def _name_suppliers(session: Session, course: Course, stage: Stage) -> bool:
    """Who is named for the first time is decided at once, and what waits for somebody who was made by that."""
    vendors = named_elsewhere(session, flow_named(session, stage.flow).source)
    if vendors is not None and name_suppliers(session, vendors):
        course.stages[1:1] = [Stage(StageKind.DELIVER_AGAIN, flow=name) for name in (vendors.name, stage.flow)]
    return True


def _take_first(session: Session, course: Course, stage: Stage) -> bool:
    """What is handed over is taken, and posted only once its system has said yes to that."""
    flow = flow_named(session, stage.flow)
    reports = report_flow(session, flow)
    stopped, accepted = paused(session), accepted_flows(session)
    if reports is None or any(one.name in stopped or one.name not in accepted for one in (flow, reports)):
        return True
    if not stage.begun:
        planned = session.only is not None
        if not course.order.accept and not planned and exceeds_limits(session, flow) is not None:
            return True  # its own delivery says so
        stage.begun = True
        if not take_first(session, flow):
            return True
    if not _carry(session, course, stage, reports):
        return False
    warn_of_others(session, flow)
    course.stages.insert(1, Stage(StageKind.SETTLE_SOON, flow=reports.name))
    return True


def _settle_soon(session: Session, course: Course, stage: Stage) -> bool:
    done, settled = settle_soon(session, stage, partial(_note_settlement, course.report))
    if done and settled and not stage.after:  # its own entries may have waited for it, too
        again = Stage(StageKind.SETTLE_SOON, flow=stage.flow, after="again")
        course.stages[1:1] = [Stage(StageKind.DELIVER_AGAIN, flow=stage.flow), again]
    return done


def _deliver(session: Session, course: Course, stage: Stage) -> bool:
    report, flow = course.report, flow_named(session, stage.flow)
    cause = f"{session.pairing.name}:{flow.name}"
    stopped = paused(session).get(flow.name)
    if stopped is not None:
        report.stopped[flow.name] = stopped.sentence
        return True
    if not stage.begun:
        resolve_refused(session)
        prepare(session, flow)
        planned = session.only is not None  # a person has seen the very lines
        if flow.name not in accepted_flows(session) and not planned:
            if flow.object is ObjectType.BILL and _are_paid(session, flow.source):
                call_older_documents(session, flow.source)  # they are adopted before the payments go
            report.plans[flow.name] = plan_flow(session, flow)
            tell_carried_elsewhere(session, flow, report.plans[flow.name])
            return True
        follows = flow.object is ObjectType.DOCUMENT_REPORT  # from documents that were within theirs
        over = None if course.order.accept or planned or follows else exceeds_limits(session, flow)
        if over is not None:
            report.plans[flow.name] = over
            assert over.limit is not None
            raise_alert(session, "limit", cause, over.limit)
            return True
        take_back(session, "limit", cause)
        stage.begun = True
    return _carry(session, course, stage, flow)


def _are_paid(session: Session, source: Side) -> bool:
    return any(flow.object is ObjectType.PAYMENT and flow.source is source for flow in deliverable(session))


def _deliver_again(session: Session, course: Course, stage: Stage) -> bool:
    stopped = stage.flow in paused(session) or stage.flow in course.report.stopped
    if stopped or stage.flow not in accepted_flows(session):
        return True
    if not stage.begun:
        stage.begun = True
        prepare(session, flow_named(session, stage.flow))
    return _carry(session, course, stage, flow_named(session, stage.flow))


def _carry(session: Session, course: Course, stage: Stage, flow: Flow) -> bool:
    delivery = Delivery(session, flow)
    add_up(course.report, flow, delivery.run(conflicts_before=stage.conflicts))
    _note_look(course.report, delivery.next_look)
    course.report.waiting[flow.name] = len(delivery.waiting)
    stage.conflicts = delivery.rounds
    if delivery.paused is not None:
        course.report.stopped[flow.name] = delivery.paused
        raise_alert(session, "credentials", session.pairing.connection(flow.target), delivery.paused)
        # Nothing else leaves in this run: whoever refuses us would only be asked again.
        course.stages[1:] = [one for one in course.stages[1:] if one.kind not in _SENDING]
        return True
    if delivery.stopped is not None:
        course.report.stopped[flow.name] = delivery.stopped
        if delivery.is_broken:
            _let_rest(session, course, flow.target, delivery.stopped)
        return True
    return not session.stop()


def _let_rest(session: Session, course: Course, side: Side, why: str) -> None:
    """A side that answers nothing: no other flow of this run sends there (R34)."""
    for one in [one for one in course.stages[1:] if one.kind in _SENDING]:
        if flow_named(session, one.flow).target is side:
            course.report.stopped[one.flow] = why
            course.stages.remove(one)


def _look_again(session: Session, course: Course, _stage: Stage) -> bool:
    """Our own bills, payments, images and openings move versions of documents: look once, so that the next run is
    silent."""
    again = look_again_stages(session, course.written)
    if again:
        again[0].until = stamp(session.clock.now() + timedelta(seconds=PROVISIONAL_S))
    course.stages[1:1] = again
    return True


def _count(session: Session, course: Course, _stage: Stage) -> bool:
    count_standing(session, course.report)
    return True


def _tell(session: Session, _course: Course, _stage: Stage) -> bool:
    tell_holds(session)
    tell_arrivals(session)
    return True


_SENDING = (StageKind.TAKE_FIRST, StageKind.ADOPT_OLDER, StageKind.ADD_CURRENCIES, StageKind.DELIVER)
_WORK: Mapping[StageKind, Callable[[Session, Course, Stage], bool]] = {
    StageKind.SETTLE: _settle,
    StageKind.TAKE_IN: _take_in,
    StageKind.SWEEP: _take_in,
    StageKind.SWEEP_IF_DUE: _sweep_if_due,
    StageKind.CHOOSE: _choose,
    StageKind.PLAN_UNSEEN: _plan_unseen,
    StageKind.ADOPT_OLDER: _adopt_older,
    StageKind.ADD_CURRENCIES: _add_currencies,
    StageKind.NAME_SUPPLIERS: _name_suppliers,
    StageKind.TAKE_FIRST: _take_first,
    StageKind.DELIVER: _deliver,
    StageKind.SETTLE_SOON: _settle_soon,
    StageKind.LOOK_AGAIN: _look_again,
    StageKind.DELIVER_AGAIN: _deliver_again,
    StageKind.COUNT: _count,
    StageKind.TELL: _tell,
}
