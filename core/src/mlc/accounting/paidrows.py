"""A payment and the documents it settles, as shaping sees them. Frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from mlc.records import DocumentStatus, PayableDocument, Payment, PaymentStatus


@dataclass(frozen=True, slots=True)
class PaidDocument:
    """One document of the payment, as bound in the target.

    ``source_id`` and ``group`` are what the payment's allocations name. ``total`` and ``amount_paid`` are the source's
    (``amount_paid``: what the source says this document was paid, None when it does not say), ``balance`` the target's
    open balance, None when unknown. ``vendor_target`` is the target's vendor id.
    """

    record_id: int
    source_id: str
    number: str | None
    target_id: str | None
    total: Decimal | None
    balance: Decimal | None
    amount_paid: Decimal | None
    bound: bool
    vendor_target: str | None
    currency: str | None
    group: str | None = None
    before_go_live: bool = False
    paid_before: bool = False
    """Paid before it was carried, so it never will be."""
    adjusts: int | None = None
    """The record whose difference it posts: what the payment names is that one."""


def is_paid(bill: PayableDocument | None) -> bool:
    """Paid as a whole: nothing of it is left to pay."""
    if bill is None:
        return False
    closed = bill.payment_status is PaymentStatus.PAID or bill.status is DocumentStatus.CLOSED
    return closed and not bill.balance


@dataclass(frozen=True, slots=True)
class ShapedPayment:
    """``record``: party, money account and every allocation's document carry the target's ids."""

    record: Payment
    record_ids: tuple[int, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
