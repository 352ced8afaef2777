"""What we tell the system that handed a document over: taken, posted, refused, paid (R28)."""

from datetime import date
from typing import ClassVar

from mlc.records.money import Amount, CurrencyCode
from mlc.records.parts import ObjectType, Part, Ref, SourceMeta, Word


class ReportKind(Word):
    TAKEN = "taken"
    """Stored here: it need not be offered again."""
    POSTED = "posted"
    """It stands in the ledger, under ``voucher_number``."""
    REFUSED = "refused"
    """Somebody over there has to mend it; ``message`` says what."""
    PAID = "paid"
    """What was paid on it so far, all payments together; less than before where one was taken back."""


class DocumentReport(Part):
    """One answer about one document, to the system that the document came from.

    ``report_code`` is ours, at most 36 characters, another one for every answer, never used twice. A system that is
    told a report it knows already changes nothing. ``paid_total`` is cumulative, in the document's ``currency``.
    """

    object_type: ClassVar[ObjectType] = ObjectType.DOCUMENT_REPORT
    source: SourceMeta
    report_code: str
    kind: ReportKind
    document: Ref
    """The document, by its id in the system that is told."""
    message: str
    on: date | None = None
    """The ledger date of a posting; the day of the newest payment."""
    voucher_number: str | None = None
    """What the ledger calls the document: its own number or id there."""
    payment_blocked: bool = False
    paid_total: Amount | None = None
    currency: CurrencyCode | None = None
    payment_number: str | None = None
    payment_method: str | None = None
    reversal_reference: str | None = None
    """The payment that was taken back, where ``paid_total`` went down."""
