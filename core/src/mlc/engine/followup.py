"""The follow-up of notices: what they name is taken in and delivered at once, under the reserve kept for it (R34)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from mlc.accounting.limits import Counts, check_limits
from mlc.clock import parse_stamp, stamp
from mlc.contract import Operation
from mlc.engine.acceptance import accepted_flows
from mlc.engine.alerts import raise_alert
from mlc.engine.delivery import Delivery
from mlc.engine.dryrun import exceeds_limits
from mlc.engine.due import is_due
from mlc.engine.history import is_backlog
from mlc.engine.holdalerts import tell_holds
from mlc.engine.lists import deliverable
from mlc.engine.notices import TakenIn, next_notice, take_in_notices
from mlc.engine.pauses import pauses_of
from mlc.engine.powerloss import started_anew
from mlc.engine.preparing import prepare
from mlc.engine.quarantine import wait_after_recovery
from mlc.engine.session import Session
from mlc.engine.settle import Settler
from mlc.engine.states import IntentState
from mlc.engine.taking import take_first, warn_of_others
from mlc.engine.tally import Tally
from mlc.engine.tellings import report_flow
from mlc.engine.upkeep import probe_if_old
from mlc.http import Purpose
from mlc.recipes import Flow
from mlc.records import ObjectType
from mlc.store.schema import bindings, intents, records

#: Single notices add up: the limits of R24 are held against what left within this time.
LIMIT_SPAN = timedelta(hours=1)
PAUSED_LOOK = timedelta(seconds=30)


@dataclass
class FollowUp:
    """What a follow-up did. ``next_due``: when there is something to do again. ``not_before``: it is paused.
    ``run_first``: it did nothing, as a run has to go before it."""

    taken: TakenIn
    flows: dict[str, Tally] = field(default_factory=dict)
    next_due: datetime | None = None
    not_before: datetime | None = None
    run_first: bool = False

    def waits_until(self, moment: datetime | None) -> None:
        """Something is to be done again then."""
        if moment is not None:
            self.next_due = min(self.next_due or moment, moment)


def follow_up(session: Session) -> FollowUp:
    """Take in what is due and deliver what it changed. The pairing's flows go in their order, each only if it has work.

    Raises: AuthError, TransientError, PluginError when a side cannot be asked at all; nothing is lost then.
    """
    if None in _paused(session):
        return FollowUp(TakenIn(), not_before=session.clock.now() + PAUSED_LOOK)
    wait_after_recovery(session)
    if started_anew(session):  # what was planned or written just before is for a run to find out
        return FollowUp(TakenIn(), not_before=session.clock.now() + PAUSED_LOOK, run_first=True)
    with session.calls_for(Purpose.WEBHOOK):
        probe_if_old(session)
        done = FollowUp(take_in_notices(session))
        _deliver(session, done)
        if any(tally.held for tally in done.flows.values()):
            tell_holds(session)
        done.waits_until(_next_due(session))
    return done


def _deliver(session: Session, done: FollowUp) -> None:
    may_go = accepted_flows(session) - _paused(session)
    for flow in deliverable(session):
        if session.stop():
            return
        if flow.name not in may_go:
            continue
        if done.taken.settled:
            settler = Settler(session, flow)
            with session.calls_for(Purpose.SETTLE):
                settled = settler.run().settled
            if settled:
                done.flows[flow.name] = settler.tally
        _take_first(session, flow, may_go)
        prepare(session, flow)
        if not _has_work(session, flow) or _goes_too_far(session, flow):
            continue
        delivery = Delivery(session, flow)
        # Beside what the notice told of, a backlog may lie there: it does not get the share of the notices.
        with session.calls_for(Purpose.BACKFILL if is_backlog(session, flow) else Purpose.WEBHOOK):
            done.flows[flow.name] = delivery.run()
        done.waits_until(delivery.next_look)
        if delivery.paused is not None:
            raise_alert(session, "credentials", session.pairing.connection(flow.target), delivery.paused)
            return


def _take_first(session: Session, flow: Flow, may_go: set[str]) -> None:
    """What is handed over is taken before it is posted; where the answer comes later, the next run posts it."""
    reports = report_flow(session, flow)
    if reports is None or reports.name not in may_go or flow.object is ObjectType.PAYMENT:
        return
    if not _goes_too_far(session, flow) and take_first(session, flow):
        Delivery(session, reports).run()
        warn_of_others(session, flow)


def _paused(session: Session) -> set[str | None]:
    """What a person has stopped: flows, or with None the whole pairing, whose notices wait."""
    with session.database.read() as connection:
        return set(pauses_of(connection, session.pairing.name))


def _has_work(session: Session, flow: Flow) -> bool:
    """Records to decide, or planned writes whose time has come."""
    now = stamp(session.clock.now())
    with session.database.read() as connection:
        due = connection.execute(select(records.c.id).where(is_due(session, flow)).limit(1)).first()
        planned = connection.execute(
            select(intents.c.id)
            .where(
                intents.c.pairing == session.pairing.name,
                intents.c.state == IntentState.PLANNED.value,
                intents.c.due_at <= now,
                intents.c.object_type == flow.object.value,
                intents.c.source_side == flow.source.value,
            )
            .limit(1)
        ).first()
    return due is not None or planned is not None


def _goes_too_far(session: Session, flow: Flow) -> bool:
    """Beyond a limit nothing leaves; the next run plans it and a person accepts it (R24)."""
    over = exceeds_limits(session, flow)
    sentence = over.limit if over is not None else check_limits(_lately(session, flow), session.pairing.policy.limits)
    if sentence is not None:
        raise_alert(session, "limit", f"{session.pairing.name}:{flow.name}", sentence)
    return sentence is not None


def _lately(session: Session, flow: Flow) -> Counts:
    """Updates and voids of the last hour. Creates are left to the run's own count of a usual day."""
    since = stamp(session.clock.now() - LIMIT_SPAN)
    with session.database.read() as connection:
        rows = connection.execute(
            select(intents.c.operation, func.count())
            .where(
                intents.c.pairing == session.pairing.name,
                intents.c.object_type == flow.object.value,
                intents.c.source_side == flow.source.value,
                intents.c.part == "main",
                intents.c.run_id.is_(None),
                intents.c.created_at >= since,
            )
            .group_by(intents.c.operation)
        )
        made: dict[str, int] = {row[0]: row[1] for row in rows}
        bound = connection.execute(
            select(func.count())
            .select_from(bindings)
            .where(
                bindings.c.pairing == session.pairing.name,
                bindings.c.side == flow.target.value,
                bindings.c.object_type == flow.object.value,
                bindings.c.part == "main",
            )
        ).scalar_one()
    return Counts(
        creates=0,
        updates=made.get(Operation.UPDATE.value, 0),
        voids=made.get(Operation.VOID.value, 0),
        vanished=0,
        bound=bound,
        usual_creates=None,
    )


def _next_due(session: Session) -> datetime | None:
    with session.database.read() as connection:
        notice = next_notice(connection, session.pairing.name)
        planned = connection.execute(
            select(func.min(intents.c.due_at)).where(
                intents.c.pairing == session.pairing.name, intents.c.state == IntentState.PLANNED.value
            )
        ).scalar()
    moments = [one for one in (notice, None if planned is None else parse_stamp(planned)) if one is not None]
    return min(moments, default=None)
