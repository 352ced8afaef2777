"""Orders, bills and payments of a seeded company, as procurement shows them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum


class BillStatus(IntEnum):
    """Where a bill stands in procurement."""

    DRAFT = 0
    CONFIRMED = 1
    APPROVED = 2
    DENIED = 3
    PAID = 4
    WITHDRAWN = 5
    PAYMENT_CONFIRMED = 6
    PAYMENT_APPROVED = 7
    PAYMENT_LIMBO = 8


class OrderState(IntEnum):
    """Where a purchase order stands in procurement."""

    PURCHASED = 0
    CANCELLED = 1
    CLOSED = 3
    PAID = 4
    REOPENED = 5


@dataclass(frozen=True, slots=True)
class Allocation:
    """A share of a line for one account code and department."""

    id: int
    amount: Decimal
    account: str
    department: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A purchase-order line; ``kind`` 0 one time, 1 recurring, 2 blanket."""

    id: int
    position: int
    name: str
    sku: str
    unit: str
    quantity: Decimal
    price: Decimal
    total: Decimal
    tax: str | None
    tax_amount: Decimal
    allocations: tuple[Allocation, ...]
    received_pass: Decimal = Decimal(0)
    received_fail: Decimal = Decimal(0)
    kind: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """Goods received against one order line."""

    id: int
    order_line: int
    passed: Decimal
    failed: Decimal
    received_on: date
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """A purchase order; discount and header tax are ``(value, "amount" | "percentage")``."""

    key: str
    id: int
    uuid: str
    number: str
    external_number: str | None
    version: int
    state: OrderState
    fulfilment: str
    vendor: str
    location: str
    currency: str
    order_date: date
    promise_date: date
    lines: tuple[OrderLine, ...]
    subtotal: Decimal
    freight: Decimal
    other: Decimal
    discount: tuple[Decimal, str]
    header_tax: tuple[Decimal, str]
    total: Decimal
    memo: str
    term: str
    rate: Decimal
    modified_at: datetime
    receipts: tuple[Receipt, ...] = ()


@dataclass(frozen=True, slots=True)
class BillLine:
    """A bill line. ``total`` is quantity × unit cost; it contains the tax if ``inclusive`` is set."""

    id: int
    description: str
    sku: str
    unit: str
    quantity: Decimal
    unit_cost: Decimal
    total: Decimal
    tax: str | None
    inclusive: bool
    tax_amount: Decimal
    total_with_tax: Decimal
    allocations: tuple[Allocation, ...]
    order: str | None = None
    order_line: int | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """A charge of the whole bill, outside its lines."""

    name: str
    amount: Decimal
    allocation: Allocation


@dataclass(frozen=True, slots=True)
class Attachment:
    """The scanned invoice; its bytes are made from its own id, so that nothing is stored."""

    uuid: str
    name: str
    mime_type: str
    sha1: str
    size: int

    @property
    def content(self) -> bytes:
        """The file itself."""
        return attachment_content(self.uuid)


def attachment_content(uuid: str) -> bytes:
    """A tiny file that differs for every attachment."""
    return b"%PDF-1.4\n% invoice image " + uuid.encode("ascii") + b"\n%%EOF\n"


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill as procurement shows it. A negative ``total`` is a credit note.

    ``subtotal`` is the lines, ``total_cost`` the lines and costs, ``total`` everything with exclusive tax and
    shipping: the figure that is owed. ``posting_date`` None means that the issue date counts.
    """

    key: str
    id: int
    uuid: str
    version: int
    bill_type: int
    status: BillStatus
    vendor: str
    location: str
    currency: str
    number: str
    issue_date: date
    due_date: date
    posting_date: date | None
    submitted_at: datetime
    modified_at: datetime
    lines: tuple[BillLine, ...]
    costs: tuple[Cost, ...]
    shipping: Decimal
    subtotal: Decimal
    total_cost: Decimal
    inclusive_tax: Decimal
    exclusive_tax: Decimal
    total: Decimal
    term: str
    note: str
    history: tuple[tuple[BillStatus, datetime], ...]
    group: int | None = None
    payment: str | None = None
    payment_amount: Decimal | None = None
    attachment: Attachment | None = None
    orders: tuple[str, ...] = ()

    @property
    def ledger_date(self) -> date:
        """The day on which it belongs in the books."""
        return self.posting_date or self.issue_date

    @property
    def tax_total(self) -> Decimal:
        """All tax, contained in prices or not."""
        return self.inclusive_tax + self.exclusive_tax


@dataclass(frozen=True, slots=True)
class PaymentPart:
    """What of a payment went to one bill."""

    bill: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment run in procurement, of one vendor in one currency, over all bills of its groups."""

    key: str
    id: int
    uuid: str
    vendor: str
    currency: str
    amount: Decimal
    status: str
    processing_date: date
    money_account: str
    parts: tuple[PaymentPart, ...]
    groups: tuple[int, ...]
    created_at: datetime
    updated_at: datetime
