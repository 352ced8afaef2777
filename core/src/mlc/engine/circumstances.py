"""The situation of one stored record: both sides now, both bases, what happened in the target, what people said."""

from datetime import date
from typing import cast

from mlc.accounting.decide import Situation, TargetFacts, Want, facts_of
from mlc.accounting.naming import TradeDocument
from mlc.accounting.periods import first_open_day
from mlc.accounting.shapes import TargetTraits
from mlc.engine.departmentparts import header_dimensions
from mlc.engine.planning import verdicts
from mlc.engine.plans import Entry
from mlc.engine.refused import lacks_a_part
from mlc.engine.session import Session
from mlc.engine.vanishing import is_gone_in_target
from mlc.recipes import Flow, FlowMode
from mlc.records import ApprovalStatus, ObjectType, load_record
from mlc.system import Capability, ObjectSupport

#: Among a record's overrides: how many of its differences were posted as documents of their own …
ADJUSTMENTS = "adjustments"
#: … and how much of it as documents of the opposite kind, which no total of its own kind shows.
APART = "adjusted_apart"
_ADJUSTING = (ObjectType.BILL, ObjectType.VENDOR_CREDIT)
_APPROVED_BY_PEOPLE = (ApprovalStatus.PENDING, ApprovalStatus.APPROVED)


def situation_of(
    session: Session, flow: Flow, support: ObjectSupport, entry: Entry, record: TradeDocument, want: Want
) -> Situation:
    """Everything decide looks at, from the store alone."""
    base_target = None
    target_now = None
    if entry.target is not None:
        base_target = load_record(flow.object, entry.target.base) if entry.target.base else None
        target_now = _shown(flow.object, entry.other_input) if entry.other_input else base_target
    gone = entry.target is not None and entry.other_input is not None and target_now is None
    can_void = Capability.VOID in support.can
    shown = cast(TradeDocument | None, target_now or base_target)
    unread = shown is None and not gone
    approved = support.people_approve and getattr(shown, "approval_status", None) in _APPROVED_BY_PEOPLE
    facts = TargetFacts(can_void=can_void, can_close=support.closes)
    if not unread:
        facts = facts_of(
            None if gone else shown, can_void=can_void, can_close=support.closes, approved_by_person=approved
        )
    base_source = load_record(entry.object_type, entry.origin.base) if entry.origin and entry.origin.base else None
    return Situation(
        record=record,
        want=want,
        flow=flow,
        policy=session.pairing.policy,
        probe=session.probe(flow.target),
        bound=entry.target is not None,
        base_source=cast(TradeDocument | None, base_source),
        target_now=cast(TradeDocument | None, target_now),
        base_target=cast(TradeDocument | None, base_target),
        facts=facts,
        verdicts=verdicts(entry.decided),
        lock_area=support.lock_area,
        collects=support.collects,
        lacking=flow.object is ObjectType.PURCHASE_ORDER and lacks_a_part(session, entry, flow.target),
        adjusted=int(entry.overrides.get(ADJUSTMENTS, 0)),
        adjusts_as=adjusts_as(session, flow) if entry.target is not None else frozenset(),
        open_day=_open_day(session, flow, support, shown or record),
    )


def traits_of(session: Session, flow: Flow, support: ObjectSupport, record: TradeDocument) -> TargetTraits:
    """What shaping needs to know of the target's documents of this kind."""
    return TargetTraits(
        number_max=support.number_max,
        number_fallback=getattr(record, "number_fallback", None),
        negative_lines=support.negative_lines,
        keeps_rate=session.system(flow.target).keeps_rates,
        line_accounts=support.line_accounts,
        money_account=support.money_account,
        header_dimensions=header_dimensions(support, session.probe(flow.target)),
    )


def adjusts_as(session: Session, flow: Flow) -> frozenset[ObjectType]:
    """As what a difference can be posted: bills and credits that this pairing writes to the same side."""
    return frozenset(
        one.object
        for one in session.pairing.flows
        if one.source is flow.source and one.object in _ADJUSTING and one.mode is FlowMode.WRITE and one.creates
    )


def _open_day(session: Session, flow: Flow, support: ObjectSupport, shown: TradeDocument) -> date | None:
    """The first day that is open in the target, of the document's own day on."""
    day = shown.ledger_date
    return None if day is None else first_open_day(day, support.lock_area, session.probe(flow.target))


def _shown(kind: ObjectType, text: str) -> object:
    """What the target shows, None when it is gone there."""
    if is_gone_in_target(text):
        return None
    return load_record(kind, text)
