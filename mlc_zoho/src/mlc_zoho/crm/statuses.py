"""An invoice's state in one word, as the sales desk shows it."""

from collections.abc import Mapping
from enum import StrEnum

from mlc.records import DocumentStatus, Invoice, PaymentStatus

from mlc_zoho.crm.settings import CrmSettings


class Shown(StrEnum):
    SENT = "sent"
    OVERDUE = "overdue"
    PART_PAID = "part_paid"
    PAID = "paid"
    VOID = "void"
    WRITTEN_OFF = "written_off"


_WORDS: Mapping[Shown, str] = {
    Shown.SENT: "Sent",
    Shown.OVERDUE: "Overdue",
    Shown.PART_PAID: "Part paid",
    Shown.PAID: "Paid",
    Shown.VOID: "Void",
    Shown.WRITTEN_OFF: "Written off",
}
_OPEN = DocumentStatus.OPEN
#: What a word says on the canonical axes: document, payment, overdue.
AXES: Mapping[Shown, tuple[DocumentStatus, PaymentStatus, bool]] = {
    Shown.SENT: (_OPEN, PaymentStatus.UNPAID, False),
    Shown.OVERDUE: (_OPEN, PaymentStatus.UNPAID, True),
    Shown.PART_PAID: (_OPEN, PaymentStatus.PARTIAL, False),
    Shown.PAID: (DocumentStatus.CLOSED, PaymentStatus.PAID, False),
    Shown.VOID: (DocumentStatus.VOID, PaymentStatus.UNPAID, False),
    Shown.WRITTEN_OFF: (DocumentStatus.CLOSED, PaymentStatus.UNPAID, False),
}


def shown_of(invoice: Invoice) -> Shown | None:
    """The word for an invoice; None for a draft, and for a state that nobody has told."""
    if invoice.status is DocumentStatus.VOID:
        return Shown.VOID
    if invoice.written_off and not invoice.balance:
        return Shown.WRITTEN_OFF
    if invoice.payment_status is PaymentStatus.PAID:
        return Shown.PAID
    if invoice.status not in (DocumentStatus.OPEN, DocumentStatus.CLOSED):
        return None
    if invoice.overdue:
        return Shown.OVERDUE
    return Shown.PART_PAID if invoice.payment_status is PaymentStatus.PARTIAL else Shown.SENT


def word_of(shown: Shown, settings: CrmSettings) -> str:
    """The picklist's value, as the settings or the recommended words have it."""
    return settings.invoice_statuses.get(shown.value, _WORDS[shown])


def shown_by(word: str | None, settings: CrmSettings) -> Shown | None:
    """The inverse of ``word_of``; None for a value that people chose for something else."""
    return next((shown for shown in Shown if word_of(shown, settings) == word), None)
