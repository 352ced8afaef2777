"""From a stored record to a plan: one planner per kind of record, none of which talks to a vendor."""

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import Connection

from mlc.accounting.holdcodes import HoldCode
from mlc.accounting.situation import Verdict
from mlc.engine.plans import Entry, Plan
from mlc.engine.session import Session
from mlc.recipes import KEPT_LISTS, Flow
from mlc.records import ObjectType

_CODES = frozenset(code.value for code in HoldCode)


class Planner(Protocol):
    """Plans one flow's records, slice by slice."""

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        """Look at the store through this connection from now on.

        ``planning_only``: nothing will be sent, so references to records that would be created count as found.
        """

    def plan(self, entry: Entry) -> Plan:
        """Decide one record. Never raises for what a record contains: that is a hold or a dead letter."""


def make_planner(session: Session, flow: Flow) -> Planner:
    """The planner for a flow's kind of record."""
    from mlc.engine.documentplans import DocumentPlanner
    from mlc.engine.invoiceplans import InvoicePlanner
    from mlc.engine.listplans import ListPlanner
    from mlc.engine.paidplans import PaidPlanner
    from mlc.engine.partyplans import PartyPlanner
    from mlc.engine.paymentplans import PaymentPlanner
    from mlc.engine.personplans import PersonPlanner
    from mlc.engine.reportplans import ReportPlanner
    from mlc.engine.tellings import tells_of_payments

    match flow.object:
        case ObjectType.VENDOR | ObjectType.CUSTOMER:
            return PartyPlanner(session, flow)
        case ObjectType.CONTACT:
            return PersonPlanner(session, flow)
        case ObjectType.INVOICE if flow.shows:
            return InvoicePlanner(session, flow)
        case ObjectType.DOCUMENT_REPORT:
            return ReportPlanner(session, flow)
        case ObjectType.PAYMENT if tells_of_payments(session, flow):
            return PaidPlanner(session, flow)
        case ObjectType.PAYMENT:
            return PaymentPlanner(session, flow)
        case kind if kind in KEPT_LISTS:
            return ListPlanner(session, flow)
        case _:
            return DocumentPlanner(session, flow)


def shows_writes_under_way(flow: Flow) -> bool:
    """Whether the target's register shows what is being written: then the records after it may be decided meanwhile,
    as if they were of the same slice. What a payment settles, and what stands in a list, shows once it is booked."""
    return flow.object in _REGISTERED_AT_ONCE and not flow.shows


_REGISTERED_AT_ONCE = frozenset(
    {ObjectType.BILL, ObjectType.VENDOR_CREDIT, ObjectType.EXPENSE, ObjectType.PURCHASE_ORDER}
)


def verdicts(decided: Mapping[str, Mapping[str, str]]) -> dict[HoldCode, Verdict]:
    """What people decided about a record, by the hold they decided."""
    if not decided:
        return {}
    found: dict[HoldCode, Verdict] = {}
    for verdict in Verdict:
        for subject in decided.get(verdict.value, {}):
            if subject in _CODES:  # a dead letter that was given up is no word about a hold
                found[HoldCode(subject)] = verdict
    return found
