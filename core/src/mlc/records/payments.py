"""Payments: money that moved, and which documents it settled."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from mlc.records.money import Amount, CurrencyCode
from mlc.records.parts import Extensions, ObjectType, Part, Rate, Ref, SourceMeta, Word


class PaymentDirection(Word):
    OUT = "out"
    IN = "in"


class MoneyMovement(Word):
    """Whether money moved, the only thing that decides if a payment is carried (pairings 0.6)."""

    PLANNED = "planned"
    MOVED = "moved"
    FAILED = "failed"
    REVERSED = "reversed"
    UNKNOWN = "unknown"


class PaymentAllocation(Part):
    """One document that a payment settles. A source that names groups instead of documents fills ``group`` alone."""

    document: Ref | None = None
    group: str | None = None
    amount: Amount | None = None
    external_id: str | None = None


class Payment(Part):
    object_type: ClassVar[ObjectType] = ObjectType.PAYMENT
    source: SourceMeta
    direction: PaymentDirection = PaymentDirection.OUT
    payment_number: str | None = None
    party: Ref | None = None
    payment_date: date | None = None
    amount: Amount | None = None
    currency: CurrencyCode | None = None
    exchange_rate: Rate | None = None
    method: str | None = None
    money_account: Ref | None = None
    reference: str | None = None
    allocations: tuple[PaymentAllocation, ...] = ()
    refunded: Amount | None = None
    """How much of it came back: booked as refunds of this payment."""
    movement: MoneyMovement = MoneyMovement.UNKNOWN
    status_raw: str | None = None
    category: str | None = None
    """The source's own kind of payment, e.g. online or recorded; recipes filter by it."""
    memo: str | None = None
    external_key: str | None = None
    extensions: Extensions = Field(default_factory=dict)
