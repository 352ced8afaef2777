"""What decide looks at, and what it may answer. Frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from mlc.accounting.holdcodes import Hold, HoldCode
from mlc.accounting.naming import TradeDocument
from mlc.recipes import Flow, Policy
from mlc.records import (
    Bill,
    DocumentStatus,
    Expense,
    ObjectType,
    OrderStatus,
    PaymentStatus,
    PurchaseOrder,
    VendorCredit,
)
from mlc.tenants import Probe


class Want(StrEnum):
    """What the source's status asks for.

    ``post``: final there. ``settled``: final, and paid (part paid) or closed there. ``correction``: not final, or no
    longer. ``void``: denied, withdrawn, void or deleted, said explicitly. ``gone``: absent without a word (R24).
    ``not_carried``: this flow does not carry it. ``unknown``: the source's status is not understood.
    """

    POST = "post"
    SETTLED = "settled"
    CORRECTION = "correction"
    VOID = "void"
    GONE = "gone"
    NOT_CARRIED = "not_carried"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What a person decided about a held record."""

    ACCEPT = "accept"
    REPAIR = "repair"
    POST = "post"
    VOID = "void"
    MOVE = "move"
    REVERSE = "reverse"
    SKIP = "skip"


class Accepts(StrEnum):
    """Which side's present values become its base."""

    SOURCE = "source"
    TARGET = "target"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What has happened to the document in the target, beyond its fields.

    ``approved_by_person``: not by us and not automatically. ``filed``: in a filed tax return. ``billed``: of an order,
    when something was billed. ``can_void``: the target can void this type at all.
    ``can_close``: it can close an order of which nothing was billed.
    """

    void: bool = False
    deleted: bool = False
    part_paid: bool = False
    paid: bool = False
    scheduled: bool = False
    approved_by_person: bool = False
    filed: bool = False
    period_locked: bool = False
    billed: bool = False
    can_void: bool = True
    can_close: bool = False

    @property
    def gone(self) -> bool:
        return self.void or self.deleted

    @property
    def money_moved(self) -> bool:
        return self.part_paid or self.paid or self.scheduled

    @property
    def closed(self) -> bool:
        return self.period_locked or self.filed

    @property
    def free(self) -> bool:
        """The first column of the event table: open, unpaid, unscheduled, approved by nobody, its period open."""
        return not (self.gone or self.money_moved or self.approved_by_person or self.closed)


def facts_of(
    target: TradeDocument | None,
    *,
    period_locked: bool = False,
    approved_by_person: bool = False,
    filed: bool = False,
    billed: bool = False,
    can_void: bool = True,
    can_close: bool = False,
) -> TargetFacts:
    """Facts as the target's own record shows them; None: it could not be found, which counts as deleted."""
    if target is None or target.source.deleted is not None:
        return TargetFacts(deleted=True, period_locked=period_locked, can_void=can_void, billed=billed)
    if isinstance(target, PurchaseOrder):
        part_billed = target.status is OrderStatus.BILLED or (target.billed_total or 0) > 0
        return TargetFacts(
            void=target.status is OrderStatus.CANCELLED,
            approved_by_person=approved_by_person,
            period_locked=period_locked,
            billed=billed or part_billed,
            can_void=can_void,
            can_close=can_close,
        )
    if isinstance(target, Expense):
        return TargetFacts(approved_by_person=approved_by_person, period_locked=period_locked, can_void=can_void)
    used = (target.amount_paid or 0) > 0 or (target.credit_applied or 0) > 0
    return TargetFacts(
        void=target.status is DocumentStatus.VOID,
        part_paid=used or target.payment_status is PaymentStatus.PARTIAL,
        paid=target.payment_status is PaymentStatus.PAID or target.status is DocumentStatus.CLOSED,
        scheduled=target.payment_status is PaymentStatus.SCHEDULED,
        approved_by_person=approved_by_person,
        filed=filed,
        period_locked=period_locked,
        billed=billed,
        can_void=can_void,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that decides about one money document.

    ``record`` and ``base_source`` are both as the source stated them, ``target_now`` and ``base_target`` both as the
    target showed them; bases are None when there is none. ``target_now`` is None when it was not read (``facts`` then
    say what is known). ``verdicts``: what a person decided, per hold code; ``skip`` under any code counts.
    ``changed`` overrides the comparison of ``record`` with its base. ``lock_area`` None: no lock guards this type.
    ``collects``: the target asks to be paid for it.
    ``adjusted``: how many differences of it were posted as documents of their own; ``adjusts_as``: as what one may be.
    ``lacking``: a part of what was sent of it was refused, so it is not there whole.
    ``open_day``: the first day on which such a document may be posted.
    """

    record: TradeDocument
    want: Want
    flow: Flow
    policy: Policy
    probe: Probe
    bound: bool = False
    base_source: TradeDocument | None = None
    target_now: TradeDocument | None = None
    base_target: TradeDocument | None = None
    facts: TargetFacts = field(default_factory=TargetFacts)
    verdicts: Mapping[HoldCode, Verdict] = field(default_factory=dict)
    changed: frozenset[str] | None = None
    lock_area: str | None = None
    collects: bool = False
    adjusted: int = 0
    adjusts_as: frozenset[ObjectType] = frozenset()
    lacking: bool = False
    open_day: date | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """``moved_to``: the first open day, where ``closed_period = "next_open"`` moves it; told in memo and overrides."""

    moved_to: date | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """``fields`` are names of ``changes``; ``status`` is the order status to set (billed, or open again)."""

    fields: frozenset[str]
    status: OrderStatus | None = None


@dataclass(frozen=True, slots=True)
class Void:
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Of an order: nothing of it was billed."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing is written. ``accepts``: a person accepted what a side shows, so its base moves.

    ``keeps_bases``: something is still unanswered, so neither base may move, or a change would be forgotten.
    """

    reason: str
    accepts: Accepts | None = None
    keeps_bases: bool = False


@dataclass(frozen=True, slots=True)
class Adjust:
    """The difference becomes a document of its own; ``order`` is its number, from 1. ``told`` names it."""

    document: Bill | VendorCredit
    order: int
    told: str


Decision = Create | Update | Void | Cancel | Nothing | Adjust | Hold


@dataclass(frozen=True, slots=True)
class Difference:
    """One field on which two readings disagree, as text for a person."""

    field: str
    ours: str
    theirs: str

    @property
    def detail(self) -> Mapping[str, str]:
        return {"field": self.field, "ours": self.ours, "theirs": self.theirs}
