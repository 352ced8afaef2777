"""One run of a pairing, at once or slice by slice: its stages in order, what it did, how it ended."""

import json
import time

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from mlc.clock import stamp
from mlc.engine.acceptance import accept_flows
from mlc.engine.alerts import clear_alerts
from mlc.engine.course import Choice, Course, Order, begin_course, configuration, keep_course, load_course
from mlc.engine.history import carries_history, purpose_of
from mlc.engine.holdalerts import tell_holds
from mlc.engine.lacking import flows_off
from mlc.engine.makeable import make_what_lacks
from mlc.engine.pauses import Pause, paused
from mlc.engine.retention import forget_payloads
from mlc.engine.runreport import RunReport, count_standing
from mlc.engine.session import Session
from mlc.engine.stages import StageKind, stages_of
from mlc.engine.stagework import do_stage
from mlc.engine.standing import note_endings, note_refusal
from mlc.engine.upkeep import probe_if_old, probe_sides, recover_interrupted, wake_holds
from mlc.errors import AuthError, MlcError, OvertakenError, RateLimitedError
from mlc.http import HeldBackError
from mlc.recipes import Side
from mlc.store.audit import chain_head
from mlc.store.schema import runs
from mlc.testing.steps import step

Calls = dict[Side, dict[str, int]]


def run_pairing(
    session: Session, *, accept: bool = False, sweep: bool = False, by: str = "operator", choose: Choice | None = None
) -> RunReport:
    """Run every flow of a pairing once, from its first stage to its last.

    Args:
        accept: A person accepts the first plan, and whatever the limits stopped.
        sweep: Read both sides' lists unfiltered as well (R23).
        choose: Says, once both sides were read, which records alone may be written, and by which line of a plan.

    Raises: AuthError, TransientError, PluginError when a side cannot be read at all; nothing is lost then.
    """
    order = Order(accept=accept, sweep=sweep, by=by)
    stopped = paused(session).get(None)
    if stopped is not None:
        return _stopped(session, order, stopped).report
    course = begin_course(session, order)
    assert course is not None
    course.choose = choose
    _go_on(session, course)
    return course.report


def run_slice(session: Session, order: Order) -> Course | None:
    """Go on with the run that is under way, or begin one, as far as ``session.slice`` lets us.

    Returns:
        Where the run stands: without stages it is finished. None when its slot was run before.

    Raises: as ``run_pairing``; the run has failed then, and the next begins afresh. OvertakenError when somebody else
    holds the claim by now: the run is theirs.
    """
    stopped = paused(session).get(None)
    if stopped is not None:
        return _stopped(session, order, stopped)
    course = load_course(session) or begin_course(session, order)
    if course is not None:
        _go_on(session, course)
    return course


def _stopped(session: Session, order: Order, pause: Pause) -> Course:
    """A person has stopped the pairing: there is no such run, and one that is under way stays where it is."""
    return Course(RunReport(session.pairing.name, 0, session.clock.now(), paused=pause.sentence), order)


def _go_on(session: Session, course: Course) -> None:
    report, began = course.report, time.monotonic()
    finished = True
    try:
        finished = _stages(session, course)
    except OvertakenError:
        session.close()
        raise
    except MlcError as error:
        report.failed = error.sentence
        if isinstance(error, AuthError):
            note_refusal(session, error)
        _end(session, course, began)
        raise
    except SQLAlchemyError:
        if session.slice is None:
            _end(session, course, began)
        raise  # the database went away: a run that is done in slices stands where it stood
    except Exception as error:
        # A run that a mistake of ours ends in the middle is not gone on with: it would end there for ever.
        report.failed = f"It ended in a way mlc did not expect ({type(error).__name__})."
        _end(session, course, began)
        raise
    except BaseException:
        if session.slice is None:
            _end(session, course, began)
        raise
    if finished:
        _end(session, course, began)
        step("run.finished")
    else:
        session.close()
        report.seconds += time.monotonic() - began
        keep_course(session, course)
        step("slice.kept")


def _stages(session: Session, course: Course) -> bool:
    """Do stage after stage; True when none is left."""
    before = _calls(session)
    session.wrote.clear()
    recover_interrupted(session)
    if not course.begun:
        probe_sides(session)
        _reachable_again(session)
        note_endings(session)
    elif not session.probes:
        probe_if_old(session)
    course.report.off = flows_off(session)
    if not course.begun:
        unseen = accept_flows(session, course.order.by) if course.order.accept else []
        if make_what_lacks(session, accepted=course.order.accept):
            course.report.off = flows_off(session)
        wake_holds(session, configuration_changed=_configuration_changed(session, course.report.run_id))
        course.stages = stages_of(session, sweep=course.order.sweep, chosen=course.choose is not None, unseen=unseen)
        course.history = carries_history(session)
        course.begun = True
    session.planned.clear()
    while course.stages:
        stage = course.stages[0]
        try:
            with session.calls_for(purpose_of(session, stage, history=course.history)):
                done = do_stage(session, course, stage)
        except RateLimitedError as error:
            if session.puts_back(error):
                done = False
            elif not _sweep_waits(course, error):
                raise
            else:
                continue
        finally:
            before = _count_calls(session, course.report, before)
            course.written |= session.wrote
            session.wrote.clear()
        if done:
            course.stages.pop(0)
            if stage.kind is StageKind.TAKE_IN and course.stages[0].kind is not StageKind.TAKE_IN:
                step("intake.finished")
            if stage.kind is StageKind.SWEEP and course.stages[0].kind is not StageKind.SWEEP:
                forget_payloads(session)
        if session.slice is not None:
            if course.stages and (not done or session.slice.over()):
                return False
        elif not done or session.stop():
            count_standing(session, course.report)
            tell_holds(session)
            return True
    return True


def _sweep_waits(course: Course, error: RateLimitedError) -> bool:
    """A sweep that has used up its share of the day goes on in a later run, at its page; what is new goes out now."""
    before = len(course.stages)
    if course.stages[0].kind is StageKind.SWEEP and isinstance(error, HeldBackError):
        course.stages[:] = [stage for stage in course.stages if stage.kind is not StageKind.SWEEP]
    return len(course.stages) < before


# -------------------------------------------------------------------- end


def _end(session: Session, course: Course, began: float) -> None:
    report = course.report
    session.close()
    report.seconds += time.monotonic() - began
    with session.database.write() as tx:
        report.chain_head, report.chain_count = chain_head(tx)
        tx.execute(
            update(runs)
            .where(runs.c.id == report.run_id)
            .values(
                finished_at=stamp(session.clock.now()),
                outcome="failed" if report.failed else "needs_a_person" if report.needs_a_person else "done",
                summary=json.dumps(report.as_dict() | {"configuration": configuration(session)}),
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


def _configuration_changed(session: Session, run_id: int) -> bool:
    with session.database.read() as connection:
        text = connection.execute(
            select(runs.c.summary)
            .where(runs.c.pairing == session.pairing.name, runs.c.id < run_id, runs.c.summary.is_not(None))
            .order_by(runs.c.id.desc())
            .limit(1)
        ).scalar()
    return text is not None and json.loads(text).get("configuration") != configuration(session)


def _calls(session: Session) -> Calls:
    counted = {side: session.connections[side].http.calls.snapshot() for side in Side}
    return {side: {"read": calls.reads, "write": calls.writes} for side, calls in counted.items()}


def _count_calls(session: Session, report: RunReport, before: Calls) -> Calls:
    """Add the calls made since ``before`` to the report."""
    now = _calls(session)
    for side in Side:
        sums = report.calls.setdefault(side.value, {"read": 0, "write": 0})
        for kind, count in now[side].items():
            sums[kind] += count - before[side][kind]
    return now
