"""Zoho Books' statuses on the canonical axes. What no table knows is ``unknown``, never a default."""

from dataclasses import dataclass

from mlc.records import ApprovalStatus, DocumentStatus, MoneyMovement, OrderStatus, PaymentStatus


@dataclass(frozen=True, slots=True)
class Axes:
    status: DocumentStatus
    approval: ApprovalStatus
    payment: PaymentStatus


_UNKNOWN = Axes(DocumentStatus.UNKNOWN, ApprovalStatus.UNKNOWN, PaymentStatus.UNKNOWN)
_DRAFT = Axes(DocumentStatus.DRAFT, ApprovalStatus.NONE, PaymentStatus.UNPAID)
_PENDING = Axes(DocumentStatus.DRAFT, ApprovalStatus.PENDING, PaymentStatus.UNPAID)
_REFUSED = Axes(DocumentStatus.DRAFT, ApprovalStatus.REJECTED, PaymentStatus.UNPAID)
_OPEN = Axes(DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.UNPAID)
_PART = Axes(DocumentStatus.OPEN, ApprovalStatus.APPROVED, PaymentStatus.PARTIAL)
_DONE = Axes(DocumentStatus.CLOSED, ApprovalStatus.APPROVED, PaymentStatus.PAID)
_VOID = Axes(DocumentStatus.VOID, ApprovalStatus.NONE, PaymentStatus.UNPAID)

_DOCUMENTS = {
    "draft": _DRAFT,
    "pending_approval": _PENDING,
    "rejected": _REFUSED,
    "approved": _OPEN,
    "open": _OPEN,
    "overdue": _OPEN,
    "unpaid": _OPEN,
    "sent": _OPEN,
    "viewed": _OPEN,
    "partially_paid": _PART,
    "paid": _DONE,
    "closed": _DONE,
    "void": _VOID,
}

_ORDERS = {
    "draft": OrderStatus.DRAFT,
    "pending_approval": OrderStatus.DRAFT,
    "approved": OrderStatus.DRAFT,
    "rejected": OrderStatus.DRAFT,
    "open": OrderStatus.ISSUED,
    "issued": OrderStatus.ISSUED,
    "partially_billed": OrderStatus.ISSUED,
    "billed": OrderStatus.BILLED,
    "closed": OrderStatus.CLOSED,
    "cancelled": OrderStatus.CANCELLED,
    "canceled": OrderStatus.CANCELLED,
}

_MOVEMENTS = {
    "paid": MoneyMovement.MOVED,
    "success": MoneyMovement.MOVED,
    "completed": MoneyMovement.MOVED,
    "cleared": MoneyMovement.MOVED,
    "draft": MoneyMovement.PLANNED,
    "pending_approval": MoneyMovement.PLANNED,
    "pending": MoneyMovement.PLANNED,
    "initiated": MoneyMovement.PLANNED,
    "processing": MoneyMovement.PLANNED,
    "failed": MoneyMovement.FAILED,
    "failure": MoneyMovement.FAILED,
    "void": MoneyMovement.REVERSED,
    "refunded": MoneyMovement.REVERSED,
    "returned": MoneyMovement.REVERSED,
}


def document_axes(raw: str | None) -> Axes:
    """The axes of a bill, credit or invoice."""
    return _DOCUMENTS.get(raw or "", _UNKNOWN)


def order_status(raw: str | None) -> OrderStatus:
    """The status of a purchase order; one that waits for approval is not issued."""
    return _ORDERS.get(raw or "", OrderStatus.UNKNOWN)


def movement(raw: str | None) -> MoneyMovement:
    """Whether money moved. A recorded payment without a status of its own has been made."""
    return MoneyMovement.MOVED if raw is None else _MOVEMENTS.get(raw, MoneyMovement.UNKNOWN)
