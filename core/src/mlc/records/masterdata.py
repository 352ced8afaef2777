"""What documents point to: currencies, accounts, dimensions, tax rates, payment terms, exchange rates, items."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from mlc.records.money import Amount, CurrencyCode
from mlc.records.parts import DimensionKind, Extensions, ObjectType, Part, Ref, SourceMeta, TaxTreatment, Word


class Currency(Part):
    object_type: ClassVar[ObjectType] = ObjectType.CURRENCY
    source: SourceMeta
    code: str
    name: str | None = None
    is_base: bool = False
    active: bool = True
    rate: Amount | None = None
    """Base units per unit of this currency, today's; never used for a document (pairings 1)."""


class AccountClass(Word):
    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"
    OTHER = "other"


class Account(Part):
    object_type: ClassVar[ObjectType] = ObjectType.ACCOUNT
    source: SourceMeta
    code: str | None = None
    name: str
    full_name: str | None = None
    classification: AccountClass = AccountClass.OTHER
    account_type: str | None = None
    parent: Ref | None = None
    currency: CurrencyCode | None = None
    postable: bool = True
    """False for headers, control accounts (receivable, payable) and, for document lines, bank and card accounts."""
    money: bool = False
    """True for bank, cash and card accounts, which payments may use."""
    active: bool = True


class Dimension(Part):
    object_type: ClassVar[ObjectType] = ObjectType.DIMENSION
    source: SourceMeta
    kind: DimensionKind
    set_id: str | None = None
    set_name: str | None = None
    code: str | None = None
    name: str
    parent: Ref | None = None
    active: bool = True


class TaxRate(Part):
    object_type: ClassVar[ObjectType] = ObjectType.TAX_RATE
    source: SourceMeta
    code: str | None = None
    name: str
    rate: Amount
    treatment: TaxTreatment | None = None
    compound: bool = False
    country_code: str | None = None
    active: bool = True


class PaymentTerm(Part):
    object_type: ClassVar[ObjectType] = ObjectType.PAYMENT_TERM
    source: SourceMeta
    code: str | None = None
    name: str
    days: int | None = None
    active: bool = True


class ExchangeRate(Part):
    """The ledger's own rate from a day on: ``amount in to_currency = amount in from_currency * rate``."""

    object_type: ClassVar[ObjectType] = ObjectType.EXCHANGE_RATE
    source: SourceMeta
    from_currency: CurrencyCode
    to_currency: CurrencyCode
    rate: Amount
    valid_from: date
    active: bool = True


class Item(Part):
    object_type: ClassVar[ObjectType] = ObjectType.ITEM
    source: SourceMeta
    code: str | None = None
    name: str
    description: str | None = None
    kind: str | None = None
    unit: str | None = None
    sales_price: Amount | None = None
    purchase_price: Amount | None = None
    income_account: Ref | None = None
    expense_account: Ref | None = None
    preferred_vendor: Ref | None = None
    active: bool = True
    extensions: Extensions = Field(default_factory=dict)


#: What documents point to, where a flow of a pairing may write it.
ListEntry = Account | Dimension | TaxRate | PaymentTerm | ExchangeRate
