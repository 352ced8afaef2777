"""What the sales desk is to show of an invoice, and in what the two sides differ. The books own all of it. Pure."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from mlc.accounting.situation import Want
from mlc.records import DocumentStatus, Invoice, Line, PaymentStatus


def wanted(invoice: Invoice) -> Want:
    """Draft and unapproved ones are not carried; void ones stay where they were carried, marked void."""
    if invoice.source.deleted is not None:
        return Want.GONE
    match invoice.status:
        case DocumentStatus.DRAFT:
            return Want.NOT_CARRIED
        case DocumentStatus.VOID:
            return Want.VOID
        case DocumentStatus.UNKNOWN:
            return Want.UNKNOWN
        case _:
            return Want.POST


def shown_on(invoice: Invoice, today: date) -> Invoice:
    """The invoice as it stands that day: what is owed after its due date is overdue, whenever it was last read."""
    open_still = invoice.status is DocumentStatus.OPEN and invoice.payment_status is not PaymentStatus.PAID
    late = open_still and invoice.due_date is not None and invoice.due_date < today
    return invoice.model_copy(update={"overdue": late})


def changed_in(now: Invoice, base: Invoice) -> frozenset[str]:
    """Fields in which two readings of one side differ; only what both saw is compared."""
    return frozenset(
        name for name, value in _FIELDS.items() if now.known(name) and base.known(name) and value(now) != value(base)
    )


def named(invoice: Invoice) -> str:
    return f"Invoice {invoice.invoice_number or invoice.source.source_id}"


def _amount(name: str) -> Callable[[Invoice], Any]:
    def value(invoice: Invoice) -> Decimal | None:
        found: Decimal | None = getattr(invoice, name)
        return found or None

    return value


def _plain(name: str) -> Callable[[Invoice], Any]:
    return lambda invoice: getattr(invoice, name) or None


def _pointed(name: str) -> Callable[[Invoice], Any]:
    def value(invoice: Invoice) -> str | None:
        found = getattr(invoice, name)
        return None if found is None else found.source_id or found.code

    return value


def _lines(invoice: Invoice) -> tuple[tuple[object, ...], ...]:
    return tuple(_line(line) for line in invoice.lines)


def _line(line: Line) -> tuple[object, ...]:
    return ((line.description or line.name or "").strip(), line.quantity, line.unit_price, line.line_net_amount)


_FIELDS: Mapping[str, Callable[[Invoice], Any]] = {
    "invoice_number": _plain("invoice_number"),
    "customer": _pointed("customer"),
    "deal": _pointed("deal"),
    "issue_date": _plain("issue_date"),
    "due_date": _plain("due_date"),
    "currency": _plain("currency"),
    "total": _amount("total"),
    "balance": _amount("balance"),
    "amount_paid": _amount("amount_paid"),
    "credit_applied": _amount("credit_applied"),
    "written_off": _amount("written_off"),
    "last_payment_date": _plain("last_payment_date"),
    "status": _plain("status"),
    "payment_status": _plain("payment_status"),
    "overdue": _plain("overdue"),
    "lines": _lines,
}
