"""What reconcile keeps of a document: a compact row, as one side's list shows it. Pure."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mlc.accounting.headers import shorten_number
from mlc.accounting.naming import number_of, party_of
from mlc.accounting.situation import Want
from mlc.accounting.wants import wants
from mlc.engine.registers import amount_text, name_key
from mlc.recipes import Flow, Side
from mlc.records import (
    Bill,
    DocumentStatus,
    Expense,
    Invoice,
    MoneyMovement,
    ObjectType,
    OrderStatus,
    Payment,
    PaymentStatus,
    PurchaseOrder,
    Ref,
    VendorCredit,
)

COMPARED = (
    ObjectType.PURCHASE_ORDER,
    ObjectType.BILL,
    ObjectType.VENDOR_CREDIT,
    ObjectType.PAYMENT,
    ObjectType.INVOICE,
    ObjectType.EXPENSE,
)
"""What is compared, in the order in which it is reported."""

Compared = PurchaseOrder | Bill | VendorCredit | Payment | Invoice | Expense
_NOT_LIVE = frozenset({DocumentStatus.VOID, OrderStatus.CANCELLED})
_DRAFTS = frozenset({DocumentStatus.DRAFT, OrderStatus.DRAFT})
_LOST = frozenset({MoneyMovement.FAILED, MoneyMovement.REVERSED})
_PAID = {
    PaymentStatus.PAID: "paid",
    PaymentStatus.PARTIAL: "partly paid",
    PaymentStatus.UNPAID: "unpaid",
    PaymentStatus.SCHEDULED: "unpaid",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """One document of one side, with what the store knows of it.

    The first block is what the list shows. ``live`` False: void, cancelled, failed or deleted, so that its amount
    counts nowhere. ``final`` False: not approved yet, or its money has not moved. ``key`` is the natural key beside the
    vendor. ``paid`` is compared between bills only. ``own_key`` is our key, as found in a unique field there.

    The second block explains, and never makes a total: the record it is or is bound to, that record's state, what it
    waits for, what was altered on purpose (R19), what people decided, and with which row it is paired.
    """

    side: Side
    kind: ObjectType
    read_type: ObjectType
    external_id: str
    version: str | None
    number: str | None
    key: str | None
    party_id: str | None
    party_name: str | None
    currency: str | None
    total: Decimal | None
    tax: Decimal | None
    day: date | None
    status: str
    paid: str | None
    live: bool
    final: bool
    group: str | None
    own_key: str | None
    settles: tuple[str, ...] = ()
    """Of a payment: ids and groups of the documents it settles."""
    aside: bool = False
    """Of a kind that its flow does not carry, on a side that is written to as well: ours, or nobody's business."""

    id: int = 0
    party: str = ""
    record_id: int | None = None
    bound: bool = False
    """Its record is bound to a document of the other side."""
    born_here: bool = False
    part: bool = False
    """A further document of its record: of a split, or one that posts a difference to it."""
    state: str | None = None
    reason: str | None = None
    seen_version: str | None = None
    hold_code: str | None = None
    hold_sentence: str | None = None
    overrides: dict[str, str] = field(default_factory=dict)
    decided: frozenset[str] = frozenset()
    adopted: bool = False
    pair: int | None = None
    doubled: bool = False

    @property
    def amount(self) -> Decimal:
        """What it adds to its side's control total."""
        return self.total if self.live and self.total is not None else Decimal(0)

    @property
    def what(self) -> str:
        """How a person would call it: Bill HP-2209 of Harbour Paper."""
        noun = self.kind.value.replace("_", " ").capitalize()
        of = f" of {self.party_name}" if self.party_name else ""
        on = f" on {self.day.isoformat()}" if self.kind is ObjectType.PAYMENT and self.day else ""
        return f"{noun} {self.number or f'(id {self.external_id})'}{of}{on}"


def row_of(
    record: Compared,
    *,
    side: Side,
    read_type: ObjectType,
    flow: Flow | None,
    version: str | None = None,
    deleted: bool = False,
    number_max: int | None = None,
) -> Listed:
    """A canonical record as a row.

    Args:
        flow: The flow that carries it from this side; None on the side that only receives.
        number_max: The longest number that the other side takes: longer ones arrive there shortened (R19).
    """
    want = wants(record, flow) if flow is not None else None
    gone = deleted or record.source.deleted is not None
    if isinstance(record, Payment):
        return _payment(record, side=side, read_type=read_type, version=version, gone=gone)
    number = _tidy(number_of(record))
    status = DocumentStatus.OPEN if isinstance(record, Expense) else record.status  # spent is spent
    live = not gone and status not in _NOT_LIVE and want is not Want.VOID
    total = record.total
    if total is None and isinstance(record, PurchaseOrder):
        total = record.subtotal  # of orders for matching, some systems state nothing but the net of their lines
    # Who was paid is known on one side only, as for its twins: an expense goes by its number alone.
    party = None if isinstance(record, Expense) else party_of(record)
    return Listed(
        side=side,
        kind=record.object_type,
        read_type=read_type,
        external_id=record.source.source_id,
        version=version,
        number=number,
        key=shorten_number(number, number_max) if number else None,
        party_id=party.source_id if party else None,
        party_name=_named(party),
        currency=record.currency,
        total=total,
        tax=record.tax_total,
        day=record.ledger_date,
        status=status.value,
        paid=_PAID.get(record.payment_status) if isinstance(record, Bill) else None,
        live=live,
        final=want is not Want.CORRECTION and status not in _DRAFTS,
        group=record.payment_group if isinstance(record, Bill | VendorCredit) else None,
        own_key=record.external_key,
    )


def _payment(record: Payment, *, side: Side, read_type: ObjectType, version: str | None, gone: bool) -> Listed:
    day = record.payment_date
    key = f"{amount_text(record.amount)}|{day.isoformat()}" if record.amount is not None and day else None
    settled = [one.group or (one.document.source_id if one.document else None) for one in record.allocations]
    return Listed(
        side=side,
        kind=ObjectType.PAYMENT,
        read_type=read_type,
        external_id=record.source.source_id,
        version=version,
        number=_tidy(record.reference or record.payment_number),
        key=key,
        party_id=record.party.source_id if record.party else None,
        party_name=_named(record.party),
        currency=record.currency,
        total=record.amount,
        tax=None,
        day=day,
        status=record.movement.value,
        paid=None,
        live=not gone and record.movement not in _LOST,
        final=record.movement is MoneyMovement.MOVED,
        group=None,
        own_key=record.external_key,
        settles=tuple(one for one in settled if one),
    )


def party_key(name: str | None) -> str:
    """A vendor that no binding names, by its name."""
    return f"name:{name_key(name)}" if name else ""


def _named(ref: Ref | None) -> str | None:
    return None if ref is None else ref.name or ref.code


def _tidy(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None
