"""Money documents: purchase orders, bills and vendor credits, invoices, expenses, journal entries."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from mlc.records.money import Amount, CurrencyCode
from mlc.records.parts import (
    Address,
    Allocation,
    AttachmentRef,
    Charge,
    CustomField,
    DimensionValue,
    Extensions,
    LineTax,
    ObjectType,
    Part,
    Rate,
    Ref,
    SourceMeta,
    Word,
)


class DocumentStatus(Word):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    VOID = "void"
    UNKNOWN = "unknown"


class ApprovalStatus(Word):
    NONE = "none"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class PaymentStatus(Word):
    UNPAID = "unpaid"
    SCHEDULED = "scheduled"
    PARTIAL = "partial"
    PAID = "paid"
    UNKNOWN = "unknown"


class ExportStatus(Word):
    """How far a document is that its system hands over to the ledger and wants to hear of again (R28)."""

    OFFERED = "offered"
    """Approved, and waiting to be taken."""
    TAKEN = "taken"
    """Somebody said that it is taken: we, or another program."""
    POSTED = "posted"
    REFUSED = "refused"
    """The ledger's side refused it: people mend it over there and offer it again under the same id."""
    WITHDRAWN = "withdrawn"
    """Removed or sent back there, or about to be."""
    UNKNOWN = "unknown"


class OrderStatus(Word):
    DRAFT = "draft"
    ISSUED = "issued"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    BILLED = "billed"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Line(Part):
    """One line. ``line_id`` is the system's own; ``key`` is ours: the source's line id, plus account and dimensions
    where it is split."""

    line_id: str | None = None
    key: str | None = None
    position: int | None = None
    item: Ref | None = None
    name: str | None = None
    description: str | None = None
    quantity: Amount | None = None
    received_quantity: Amount | None = None
    billed_quantity: Amount | None = None
    unit: str | None = None
    unit_price: Amount | None = None
    discount: Amount | None = None
    line_net_amount: Amount | None = None
    tax: LineTax | None = None
    line_gross_amount: Amount | None = None
    account: Ref | None = None
    dimensions: tuple[DimensionValue, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    purchase_order: Ref | None = None
    purchase_order_line: Ref | None = None
    customer: Ref | None = None
    billable: bool | None = None
    custom_fields: tuple[CustomField, ...] = ()


class MoneyDocument(Part):
    """What all money documents share. Amounts are positive; the direction is in the type."""

    source: SourceMeta
    entity: Ref | None = None
    issue_date: date | None = None
    due_date: date | None = None
    posting_date: date | None = None
    currency: CurrencyCode | None = None
    exchange_rate: Rate | None = None
    amounts_include_tax: bool = False
    lines: tuple[Line, ...] = ()
    charges: tuple[Charge, ...] = ()
    subtotal: Amount | None = None
    tax_total: Amount | None = None
    total: Amount | None = None
    memo: str | None = None
    url: str | None = None
    status_raw: str | None = None
    category: str | None = None
    """The source's own kind of document, e.g. order, expense, card; recipes filter by it."""
    attachments: tuple[AttachmentRef, ...] = ()
    custom_fields: tuple[CustomField, ...] = ()
    external_key: str | None = None
    """Our own key as found in the unique field of the system this was read from."""
    extensions: Extensions = Field(default_factory=dict)

    @property
    def ledger_date(self) -> date | None:
        """The posting date when the source states one, else the issue date (pairings 0.4)."""
        return self.posting_date or self.issue_date


class PurchaseOrder(MoneyDocument):
    object_type: ClassVar[ObjectType] = ObjectType.PURCHASE_ORDER
    po_number: str | None = None
    vendor: Ref | None = None
    status: OrderStatus = OrderStatus.UNKNOWN
    delivery_date: date | None = None
    ship_to: Address | None = None
    billed_total: Amount | None = None
    """How much of it was billed, where the system says so; more than zero forbids cancelling."""


class PayableDocument(MoneyDocument):
    bill_number: str | None = None
    """The vendor's number."""
    number_fallback: str | None = None
    """What the source would call a document without a number, e.g. a prefix and its own id."""
    vendor: Ref | None = None
    purchase_orders: tuple[Ref, ...] = ()
    payment_terms: str | None = None
    payment_reference: str | None = None
    withholding_total: Amount | None = None
    amount_paid: Amount | None = None
    credit_applied: Amount | None = None
    balance: Amount | None = None
    status: DocumentStatus = DocumentStatus.UNKNOWN
    approval_status: ApprovalStatus = ApprovalStatus.NONE
    payment_status: PaymentStatus = PaymentStatus.UNKNOWN
    payable_account: Ref | None = None
    payment_group: str | None = None
    """Key that payments of the same system name instead of the document."""
    approver: str | None = None
    payment_blocked: bool | None = None
    """Its system forbids paying it: a block, a dispute."""
    export_status: ExportStatus | None = None
    """Only where the system hands documents over and is told what became of them."""


class Bill(PayableDocument):
    """A payable."""

    object_type: ClassVar[ObjectType] = ObjectType.BILL


class VendorCredit(PayableDocument):
    """A payable's opposite, amounts positive."""

    object_type: ClassVar[ObjectType] = ObjectType.VENDOR_CREDIT


class Invoice(MoneyDocument):
    """A receivable."""

    object_type: ClassVar[ObjectType] = ObjectType.INVOICE
    invoice_number: str | None = None
    customer: Ref | None = None
    deal: Ref | None = None
    """The deal it belongs to: its id, or as ``code`` what was written down of it (a reference)."""
    amount_paid: Amount | None = None
    credit_applied: Amount | None = None
    written_off: Amount | None = None
    balance: Amount | None = None
    last_payment_date: date | None = None
    status: DocumentStatus = DocumentStatus.UNKNOWN
    payment_status: PaymentStatus = PaymentStatus.UNKNOWN
    overdue: bool | None = None
    invoice_url: str | None = None
    salesperson: str | None = None


class Expense(MoneyDocument):
    """Spent without a bill."""

    object_type: ClassVar[ObjectType] = ObjectType.EXPENSE
    expense_number: str | None = None
    merchant: str | None = None
    vendor: Ref | None = None
    employee: Ref | None = None
    paid_through_account: Ref | None = None
    kind: str | None = None


class JournalLine(Part):
    line_id: str | None = None
    account: Ref | None = None
    debit: Amount | None = None
    credit: Amount | None = None
    description: str | None = None
    party: Ref | None = None
    dimensions: tuple[DimensionValue, ...] = ()


class JournalEntry(Part):
    object_type: ClassVar[ObjectType] = ObjectType.JOURNAL_ENTRY
    source: SourceMeta
    entry_number: str | None = None
    posting_date: date | None = None
    currency: CurrencyCode | None = None
    exchange_rate: Rate | None = None
    reference: str | None = None
    memo: str | None = None
    lines: tuple[JournalLine, ...] = ()
    status: DocumentStatus = DocumentStatus.UNKNOWN
