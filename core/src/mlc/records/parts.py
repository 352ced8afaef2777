"""The parts that records share: where they came from, references, addresses, lines' allocations, charges."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler

from mlc.records.money import Amount, CurrencyCode


class Word(StrEnum):
    """A word of the canonical records. As JSON it is its own text: asked for its ``value``, as pydantic does for any
    other enum, it answered in Python, a quarter of writing a record down."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return {**handler(source), "serialization": {"type": "str"}}


class ObjectType(Word):
    """The kinds of record that can be kept in step."""

    CURRENCY = "currency"
    ACCOUNT = "account"
    DIMENSION = "dimension"
    TAX_RATE = "tax_rate"
    PAYMENT_TERM = "payment_term"
    EXCHANGE_RATE = "exchange_rate"
    ITEM = "item"
    VENDOR = "vendor"
    CUSTOMER = "customer"
    CONTACT = "contact"
    DEAL = "deal"
    PURCHASE_ORDER = "purchase_order"
    BILL = "bill"
    VENDOR_CREDIT = "vendor_credit"
    EXPENSE = "expense"
    INVOICE = "invoice"
    PAYMENT = "payment"
    JOURNAL_ENTRY = "journal_entry"
    DOCUMENT_REPORT = "document_report"
    ATTACHMENT = "attachment"


class Completeness(Word):
    SUMMARY = "summary"
    FULL = "full"


class DeletionKind(Word):
    VOIDED = "voided"
    ARCHIVED = "archived"
    HARD_DELETED = "hard_deleted"
    MERGED = "merged"
    VANISHED = "vanished"


class Part(BaseModel):
    """Three states per field: unset (not in ``model_fields_set``: we did not see it), None (the system says empty),
    a value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def known(self, field: str) -> bool:
        """True when the field was seen, even if it was empty."""
        return field in self.__pydantic_fields_set__


class Deletion(Part):
    kind: DeletionKind
    evidence: str
    """``event``, ``cdc``, ``missing_in_scan``, ``http_404`` or ``status``."""
    at: datetime | None = None
    moved_to: str | None = None
    """The surviving record's id after a merge."""


class SourceMeta(Part):
    """Where a record was read, and which version of it."""

    system: str
    source_id: str
    connection_id: str | None = None
    entity_id: str | None = None
    record_type: str | None = None
    source_ids: dict[str, str] = Field(default_factory=dict)
    source_version: str | None = None
    source_created_at: datetime | None = None
    source_updated_at: datetime | None = None
    fetched_at: datetime | None = None
    completeness: Completeness = Completeness.FULL
    deleted: Deletion | None = None
    url: str | None = None


class Ref(Part):
    """Points to another record of the same system: its id, with code and name as hints; never only a name."""

    record_type: ObjectType
    source_id: str | None = None
    code: str | None = None
    name: str | None = None


class Rate(Part):
    """``to_amount = from_amount * value``; from the document's currency to the entity's base currency."""

    value: Amount
    from_currency: CurrencyCode
    to_currency: CurrencyCode
    on: date | None = None
    source: str | None = None


class AddressKind(Word):
    BILLING = "billing"
    SHIPPING = "shipping"
    REMIT_TO = "remit_to"
    REGISTERED = "registered"
    OTHER = "other"


class Address(Part):
    kind: AddressKind = AddressKind.BILLING
    line1: str | None = None
    line2: str | None = None
    line3: str | None = None
    city: str | None = None
    region: str | None = None
    region_code: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    country_raw: str | None = None


class ContactPoint(Part):
    source_id: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    is_primary: bool | None = None


class CustomField(Part):
    key: str
    label: str | None = None
    type: str | None = None
    value: str | None = None


class DimensionKind(Word):
    DEPARTMENT = "department"
    LOCATION = "location"
    CLASS = "class"
    PROJECT = "project"
    COST_CENTER = "cost_center"
    TAG = "tag"
    EMPLOYEE = "employee"
    CUSTOMER = "customer"
    CUSTOM = "custom"


class DimensionValue(Part):
    kind: DimensionKind
    set_id: str | None = None
    """The target's own id of the set this value belongs to (a reporting tag), once resolved."""
    source_id: str | None = None
    code: str | None = None
    name: str | None = None


class Allocation(Part):
    """One share of a line that is split over accounts and dimensions."""

    amount: Amount
    account: Ref | None = None
    dimensions: tuple[DimensionValue, ...] = ()


class TaxTreatment(Word):
    STANDARD = "standard"
    ZERO_RATED = "zero_rated"
    EXEMPT = "exempt"
    OUT_OF_SCOPE = "out_of_scope"
    REVERSE_CHARGE = "reverse_charge"


class LineTax(Part):
    """A line's tax as its system states it. ``ref`` is the tax rate's id there (or in the target, once resolved)."""

    ref: Ref | None = None
    name: str | None = None
    percent: Amount | None = None
    inclusive: bool = False
    amount: Amount | None = None
    treatment: TaxTreatment | None = None


class ChargeKind(Word):
    SHIPPING = "shipping"
    HANDLING = "handling"
    DISCOUNT = "discount"
    ROUNDING = "rounding"
    TAX = "tax"
    OTHER = "other"


class Charge(Part):
    """Money of a document outside its lines; signed (a discount is negative). ``percent`` where the source states
    one."""

    kind: ChargeKind
    amount: Amount
    percent: Amount | None = None
    description: str | None = None
    account: Ref | None = None
    dimensions: tuple[DimensionValue, ...] = ()
    tax: LineTax | None = None


class AttachmentRef(Part):
    """A file of a document: its identity, never its bytes."""

    source_id: str
    filename: str | None = None
    mime_type: str | None = None
    size: int | None = None
    sha1: str | None = None
    sha256: str | None = None
    url: str | None = None
    is_image_of_document: bool = False


Extensions = dict[str, Any]
ZERO = Decimal(0)
