"""Which list is being read, for which pairing, and what the pairing does with it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_

from mlc.accounting.situation import Want
from mlc.accounting.wants import wants
from mlc.engine.keeping import is_kept
from mlc.engine.session import Session
from mlc.recipes import KEPT_LISTS, MATCHED_LISTS, Flow, FlowMode, Pairing, Side
from mlc.records import MoneyDocument, ObjectType, Payment, Record

#: What documents point to: listed and matched; a record of its own only where a flow writes the list.
MASTER = KEPT_LISTS | MATCHED_LISTS
#: What may be born on either side of one pairing: its list is a source, and a register for twins.
BOTH_WAYS = frozenset({ObjectType.VENDOR, ObjectType.CUSTOMER, ObjectType.CONTACT, ObjectType.EXPENSE})


def is_outside(pairing: Pairing, side: Side, record: Record) -> bool:
    """Whether a document belongs to a company that the pairing's ``scope`` does not name. What states no company, and
    what is no document, is inside."""
    companies = pairing.policy.scope.get(side)
    entity = record.entity if isinstance(record, MoneyDocument) else None
    if not companies or entity is None:
        return False
    stated = (entity.code, entity.source_id)
    return any(stated) and not any(one in companies for one in stated if one)


@dataclass(frozen=True)
class ListScope:
    """One side's list of one object type.

    ``is_source``: a flow carries records born here. ``keeps_register``: its rows are kept for matching and twins.
    """

    session: Session
    side: Side
    object_type: ObjectType
    is_source: bool
    keeps_register: bool

    @classmethod
    def of(cls, session: Session, side: Side, object_type: ObjectType) -> "ListScope":
        is_source = any(
            flow.source is side and flow.reads is object_type and flow.mode is not FlowMode.OFF and flow.creates
            for flow in session.pairing.flows
            if object_type not in MASTER or is_kept(session, flow)
        )
        keeps = object_type in MASTER or not is_source or object_type in BOTH_WAYS
        return cls(session, side, object_type, is_source, keeps)

    @property
    def pairing(self) -> Pairing:
        return self.session.pairing

    def where(self, table: Any) -> Any:
        """The condition that picks this list's rows of a table."""
        return and_(
            table.c.pairing == self.pairing.name,
            table.c.side == self.side.value,
            table.c.object_type == self.object_type.value,
        )

    def is_outside(self, record: Record) -> bool:
        return is_outside(self.pairing, self.side, record)

    def flow_of(self, record: Record) -> Flow | None:
        """The flow that carries this record from here."""
        return self.session.source_flow(self.side, self.object_type, record.object_type)

    def is_before_go_live(self, record: Record) -> bool:
        since = self.pairing.policy.since
        return (
            isinstance(record, MoneyDocument)
            and since is not None
            and record.ledger_date is not None
            and record.ledger_date < since
        )

    def is_posted(self, record: Record, flow: Flow) -> bool:
        """Would it be written as it stands? What is not final, void or not ours costs no detail call."""
        return wants(record, flow) in (Want.POST, Want.SETTLED)

    def is_foreign_payment(self, record: Record | None) -> bool:
        """A payment on the side that does not pay, after go-live: whose bills does it touch? Where a flow carries the
        payments of that side to the other, nothing is wrong with it."""
        if self.is_source:
            return False
        since = self.pairing.policy.since
        return (
            isinstance(record, Payment)
            and self.pairing.policy.payment_authority is self.side.other
            and since is not None
            and record.payment_date is not None
            and record.payment_date >= since
        )
