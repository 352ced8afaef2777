"""Documents that another system hands over to the ledger: whether one is ours, and what to answer (R28). Pure."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from mlc.accounting.holdcodes import HoldCode
from mlc.accounting.naming import money
from mlc.records import (
    ApprovalStatus,
    Bill,
    DocumentStatus,
    ExportStatus,
    PayableDocument,
    ReportKind,
)

#: What only the people can mend who handed it over: it is given back to them. All else waits for the ledger's side.
GIVEN_BACK = frozenset(
    {
        HoldCode.TOTALS_DIFFER,
        HoldCode.ACCOUNT_NOT_POSTABLE,
        HoldCode.DIMENSION_UNMAPPED,
        HoldCode.NUMBER_MISSING,
        HoldCode.NUMBER_CONFLICT,
    }
)
_IN_THE_LEDGER = frozenset({DocumentStatus.OPEN, DocumentStatus.CLOSED})
_NOT_YET = frozenset({ApprovalStatus.PENDING, ApprovalStatus.REJECTED, ApprovalStatus.UNKNOWN})


class Progress(StrEnum):
    """How far a report is. ``elsewhere``: somebody else had taken the document before us."""

    UNDER_WAY = "under_way"
    DONE = "done"
    REFUSED = "refused"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Told:
    """The last report that was made of a document, and the version of it that was known when it was taken."""

    kind: ReportKind
    progress: Progress
    version: str | None


class Standing(StrEnum):
    """Whether a document may be posted, by what its system shows and by what we told it.

    ``free``: its system wants to be told nothing. ``untaken``: it is offered, and has to be taken first. ``waits``: we
    are about to take it. ``ours``: taken by us. ``theirs``: taken by another program. ``done``: it was handed over
    before. ``given_back``: people mend it over there and offer it again.
    """

    FREE = "free"
    UNTAKEN = "untaken"
    WAITS = "waits"
    OURS = "ours"
    THEIRS = "theirs"
    DONE = "done"
    GIVEN_BACK = "given_back"


def standing_of(status: ExportStatus | None, version: str | None, told: Told | None) -> Standing:
    """Where a document stands. A status that was read before our last report does not outweigh it."""
    match status:
        case ExportStatus.OFFERED if told is None:
            return Standing.UNTAKEN
        case ExportStatus.OFFERED | ExportStatus.TAKEN:
            if told is None:
                return Standing.THEIRS
            if told.progress is Progress.UNDER_WAY and told.kind is ReportKind.TAKEN:
                return Standing.WAITS
            if status is ExportStatus.OFFERED and told.version != version:
                return Standing.UNTAKEN  # sent back, and offered once more
            return _by_report(status, told)
        case ExportStatus.POSTED:
            return Standing.DONE
        case ExportStatus.REFUSED:
            return Standing.GIVEN_BACK
        case _:
            return Standing.FREE


def _by_report(status: ExportStatus, told: Told) -> Standing:
    if told.kind is ReportKind.REFUSED:
        return Standing.GIVEN_BACK
    if told.kind is not ReportKind.TAKEN:
        return Standing.DONE
    if told.progress is Progress.DONE:
        return Standing.OURS
    if told.progress is Progress.REFUSED and status is ExportStatus.OFFERED:
        return Standing.WAITS
    return Standing.THEIRS


@dataclass(frozen=True, slots=True)
class PaymentShown:
    """A payment that the ledger shows on a document. ``gone``: it was taken back; ``told``: and that was said.
    ``waits``: what it settles of the document while no money has moved yet, such as a cheque still to be printed."""

    on: date | None = None
    number: str | None = None
    method: str | None = None
    gone: bool = False
    told: bool = False
    waits: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One report to be made, without its code. Amounts in the document's currency."""

    kind: ReportKind
    message: str
    on: date | None = None
    voucher_number: str | None = None
    paid_total: Decimal | None = None
    payment_number: str | None = None
    payment_method: str | None = None
    reversal_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What decides about the next answer.

    ``shown``: the document in the ledger, under ``voucher``; ``ledger`` is its title. ``given_back``: the sentence for
    people over there. ``paid``: the total that was told last. ``today``: the day of what no payment dates, such as a
    credit that was applied.
    """

    told: Told
    ledger: str
    shown: PayableDocument | None = None
    voucher: str | None = None
    given_back: str | None = None
    paid: Decimal = Decimal(0)
    payments: dict[str, PaymentShown] = field(default_factory=dict)
    today: date | None = None


def next_answer(now: Known) -> Answer | None:
    """What is to be told next; None while there is nothing to tell, or while something is on its way."""
    told = now.told
    if told.progress is Progress.UNDER_WAY:
        return None
    if told.kind is ReportKind.TAKEN and told.progress is Progress.DONE:
        if now.voucher is not None:
            return _posted(now)
        return None if now.given_back is None else Answer(ReportKind.REFUSED, now.given_back)
    stands = told.progress is Progress.DONE or told.kind is ReportKind.PAID
    if told.kind in (ReportKind.POSTED, ReportKind.PAID) and stands:
        return _paid(now)
    return None


def is_in_the_ledger(shown: PayableDocument) -> bool:
    """Posted: neither a draft nor waiting for an approval there."""
    gone = shown.source.deleted is not None
    return not gone and shown.status in _IN_THE_LEDGER and shown.approval_status not in _NOT_YET


def paid_of(shown: PayableDocument) -> Decimal | None:
    """What is settled of a document in the ledger, by payments and credits together; None when it does not say."""
    if shown.total is None or shown.balance is None:
        return None
    return shown.total - shown.balance


def _posted(now: Known) -> Answer | None:
    shown = now.shown
    if shown is None or not is_in_the_ledger(shown):
        return None
    name = f"{shown.bill_number} ({now.voucher})" if shown.bill_number else str(now.voucher)
    message = f"Posted as {name} in {now.ledger}."
    return Answer(ReportKind.POSTED, message, on=shown.ledger_date, voucher_number=now.voucher)


def _paid(now: Known) -> Answer | None:
    shown = now.shown
    if not isinstance(shown, Bill) or not is_in_the_ledger(shown):
        return None
    settled = paid_of(shown)
    if settled is None:
        return None
    paid = settled - sum((one.waits or Decimal(0) for one in now.payments.values() if not one.gone), Decimal(0))
    if paid == now.paid:
        return None
    standing = [(one.on or date.min, key, one) for key, one in now.payments.items() if not one.gone and not one.waits]
    newest = max(standing, key=lambda one: one[:2])[2] if standing else PaymentShown()
    taken_back = [one.number or key for key, one in now.payments.items() if one.gone and not one.told]
    lower = paid < now.paid
    return Answer(
        ReportKind.PAID,
        _said(shown, paid, taken_back if lower else []),
        on=newest.on or now.today,
        voucher_number=now.voucher,
        paid_total=paid,
        payment_number=newest.number,
        payment_method=newest.method,
        reversal_reference=", ".join(taken_back) or None if lower else None,
    )


def _said(shown: PayableDocument, paid: Decimal, taken_back: list[str]) -> str:
    of = f" of {money(shown.total, shown.currency)}" if shown.total is not None and paid != shown.total else ""
    credit = shown.credit_applied or Decimal(0)
    by = f", of it {money(credit, shown.currency)} by credits" if credit else ""
    removed = f"; taken back: {', '.join(taken_back)}" if taken_back else ""
    return f"Paid: {money(paid, shown.currency)}{of}{by}{removed}."
