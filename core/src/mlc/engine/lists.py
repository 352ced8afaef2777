"""The lists of both sides that a pairing reads, and the flows that deliver from them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select

from mlc.clock import parse_stamp
from mlc.contract import FetchMode
from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.doubles import find_late_duplicates
from mlc.engine.intake import Intake
from mlc.engine.keeping import is_kept
from mlc.engine.lacking import lacks_of, why_off
from mlc.engine.scope import MASTER
from mlc.engine.session import Session
from mlc.engine.states import IntentState
from mlc.engine.sweep import find_vanished
from mlc.engine.tellings import is_queue
from mlc.engine.unpaid import tell_unpaid
from mlc.engine.upkeep import judge_strangers, wake_master_data
from mlc.recipes import Flow, FlowMode, Side
from mlc.records import ObjectType
from mlc.store.schema import intents
from mlc.testing.steps import step

MOST_WAITING = 1_000
"""Writes of one flow that may wait before its source is read on (R22)."""
_WAITING = (IntentState.PLANNED, IntentState.SENDING, IntentState.ACCEPTED, IntentState.UNCERTAIN)


def deliverable(session: Session) -> list[Flow]:
    """Flows that carry records, in the recipe's order; lists that are only matched carry none. One that needs what a
    tenant does not have is off."""
    lacks = lacks_of(session)
    return [
        flow
        for flow in session.pairing.flows
        if (flow.object not in MASTER or is_kept(session, flow))
        and flow.mode not in (FlowMode.OFF, FlowMode.MATCH)
        and flow.creates
        and why_off(flow, lacks) is None
    ]


def lists_to_read(session: Session) -> list[tuple[Side, ObjectType]]:
    """Every list of both sides that this pairing needs and they have, each once: master data first, then deals, so that
    a customer who was merged away before its deals were seen to move is seen to be gone."""
    lacks = lacks_of(session)
    wanted: dict[tuple[Side, ObjectType], None] = {}
    for flow in session.pairing.flows:
        if flow.mode is FlowMode.OFF or why_off(flow, lacks) is not None:
            continue
        for side, kind in ((flow.source, flow.reads), (flow.target, flow.object)):
            if kind is not ObjectType.DOCUMENT_REPORT and session.system(side).support(kind) is not None:
                wanted[(side, kind)] = None
    for kind in (ObjectType.TAX_RATE, ObjectType.CURRENCY, ObjectType.DIMENSION, ObjectType.CUSTOMER):
        for side in {flow.target for flow in session.pairing.flows if flow.object is ObjectType.BILL}:
            if session.system(side).support(kind) is not None:
                wanted[(side, kind)] = None
    sold_to = [
        flow
        for flow in session.pairing.flows
        if (flow.object is ObjectType.CUSTOMER or flow.shows) and flow.mode is not FlowMode.OFF
    ]
    for side in Side if sold_to else ():  # whose name is taken by a supplier, and which deal was won
        for kind in (ObjectType.VENDOR, ObjectType.DEAL):
            if session.system(side).support(kind) is not None:
                wanted[(side, kind)] = None
    there = [(side, kind) for side, kind in wanted if kind not in lacks.get(side, {})]
    return sorted(there, key=lambda one: (one[1] not in MASTER, one[1] is not ObjectType.DEAL))


def take_in(session: Session, mode: FetchMode, only: Iterable[tuple[Side, ObjectType]] | None = None) -> None:
    """Read every list that the pairing needs, or only these, and tell whoever waits for what has changed."""
    for side, kind in only if only is not None else lists_to_read(session):
        if session.stop():
            return
        take_in_list(session, mode, side, kind)
    step("intake.finished")


def take_in_list(session: Session, mode: FetchMode, side: Side, kind: ObjectType) -> bool:
    """Read one list from its watermark, or from the page where the pass was cut, on. True when it came to its end, or
    when it is not read because too many writes wait already."""
    if _pauses(session, side, kind):
        return True
    intake = Intake(session, side, kind)
    counts = intake.run(mode)
    if mode is FetchMode.SWEEP and counts.finished:
        if not is_queue(session, side, kind):
            find_vanished(session, side, kind, before=parse_stamp(counts.began))
            if kind is ObjectType.BILL:
                tell_unpaid(session, side)
        intake.conclude()
    name = session.pairing.connection(side)
    if counts.unlisted:
        sentence = f"{name}: its list of {kind.value}s counts {counts.unlisted} more than it showed; it is read again."
        raise_alert(session, "list_incomplete", f"{name}:{kind.value}", sentence)
    elif counts.finished:
        take_back(session, "list_incomplete", f"{name}:{kind.value}")
    tell_of_readings(session, side, kind, changed=bool(counts.changed), foreign=counts.foreign)
    return counts.finished


def _pauses(session: Session, side: Side, kind: ObjectType) -> bool:
    """Intake pauses while more writes of a flow wait than this: what changes meanwhile stays where it is (R22)."""
    flows = [one for one in deliverable(session) if one.source is side and one.reads is kind]
    name = session.pairing.connection(side)
    for flow in flows:
        with session.database.read() as connection:
            waiting = connection.execute(
                select(func.count()).where(
                    intents.c.pairing == session.pairing.name,
                    intents.c.state.in_([state.value for state in _WAITING]),
                    intents.c.object_type == flow.object.value,
                    intents.c.source_side == side.value,
                )
            ).scalar_one()
        if waiting > MOST_WAITING:
            sentence = f"{name}: {waiting} writes of {flow.name} wait; its {kind.value}s are read again once they left."
            raise_alert(session, "intake_paused", f"{name}:{kind.value}", sentence)
            return True
    if flows:
        take_back(session, "intake_paused", f"{name}:{kind.value}")
    return False


def tell_of_readings(
    session: Session, side: Side, kind: ObjectType, *, changed: bool, foreign: Sequence[str] = ()
) -> None:
    """Tell whoever waits for a list of what was read of it."""
    if kind in MASTER and changed:
        wake_master_data(session)
    if kind is ObjectType.PAYMENT and foreign:
        judge_strangers(session, side, foreign)
    if kind in (ObjectType.BILL, ObjectType.VENDOR_CREDIT):
        find_late_duplicates(session, side, kind)
