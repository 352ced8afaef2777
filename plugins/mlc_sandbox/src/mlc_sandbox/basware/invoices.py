"""Invoices in the API layer: which answer leads from which status to which, and what an answer changes in P2P.

Two copies stand here: ``accountingDocuments`` is what the API shows, ``p2p_invoices`` what the people of P2P see.
The second one learns of an answer when it has been distributed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from mlc_sandbox.basware import tables
from mlc_sandbox.basware.distribution import Item
from mlc_sandbox.basware.fields import Table
from mlc_sandbox.basware.refusals import empty, refused
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.basware.wire import day_of, told_at

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

DOCUMENTS: Final = "accountingDocuments"
INVOICES: Final = "p2p_invoices"
KEPT: Final = 100

STATUSES: Final = [
    "WaitingForPrebook",
    "PrebookInProgress",
    "Prebooked",
    "PrebookFailed",
    "WaitingForTransfer",
    "TransferInProgress",
    "Transferred",
    "TransferFailed",
    "WaitingForPrebookCancelation",
    "PrebookCancelationInProgress",
    "PrebookCanceled",
    "PrebookCancelFailed",
    "WaitingToBeRemoved",
    "Removed",
    "RemoveFailed",
    "WaitingToBeReturned",
    "Returned",
    "ReturnFailed",
    "WaitingToBeCompleted",
    "CompletionInProgress",
    "Completed",
    "CompletionFailed",
    "Paid",
    "New",
    "WaitingForEnrichmentTransfer",
    "EnrichmentTransferInProgress",
    "EnrichmentTransferred",
    "EnrichmentTransferFailed",
    "InDocumentFilter",
    "DocumentFilterReleased",
]
#: What an acknowledgement makes of a status; from any other one it is refused with 405.
ACKNOWLEDGED: Final = {
    "WaitingForTransfer": "TransferInProgress",
    "WaitingForPrebook": "PrebookInProgress",
    "WaitingForPrebookCancelation": "PrebookCancelationInProgress",
    "WaitingForEnrichmentTransfer": "EnrichmentTransferInProgress",
    "WaitingToBeCompleted": "CompletionInProgress",
}
ENDINGS: Final = {"WaitingToBeRemoved": "Removed", "WaitingToBeReturned": "Returned"}
#: Statuses that are told to webhooks when an invoice comes into them.
TOLD: Final = frozenset({*ACKNOWLEDGED, *ENDINGS}) - {"WaitingForEnrichmentTransfer"}
_CLEARED: Final = ("paymentMethod", "paymentTermCode", "paymentMessage")
_OF_PAYMENT: Final = (
    *_CLEARED, "paidTotal", "cashDiscount", "checkNumber", "paymentNumber", "paymentDocument",
    "paymentReversalDocument",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """One kind of answer. ``steps``: status → what success and failure make of it."""

    path: str
    entity: str
    table: Table
    steps: dict[str, tuple[str, str]]


_TRANSFER: Final = ("Transferred", "TransferFailed")
_PREBOOK: Final = ("Prebooked", "PrebookFailed")
_CANCEL: Final = ("PrebookCanceled", "PrebookCancelFailed")
_ENRICH: Final = ("EnrichmentTransferred", "EnrichmentTransferFailed")
_DONE: Final = ("Completed", "CompletionFailed")
TRANSFER: Final = Answer(
    "transferResponses", "TransferResponse", tables.TRANSFER,
    {"WaitingForTransfer": _TRANSFER, "TransferInProgress": _TRANSFER,
     "WaitingToBeCompleted": _DONE, "CompletionInProgress": _DONE},
)  # fmt: skip
PREBOOK: Final = Answer(
    "prebookResponses", "PrebookResponse", tables.PREBOOK,
    {"WaitingForPrebook": _PREBOOK, "PrebookInProgress": _PREBOOK,
     "WaitingForPrebookCancelation": _CANCEL, "PrebookCancelationInProgress": _CANCEL},
)  # fmt: skip
ENRICHMENT: Final = Answer(
    "enrichmentResponses", "EnrichmentTransferResponse", tables.ENRICHMENT,
    {"WaitingForEnrichmentTransfer": _ENRICH, "EnrichmentTransferInProgress": _ENRICH},
)  # fmt: skip
PAYMENT: Final = Answer("paymentResponses", "PaymentResponse", tables.PAYMENT, {})
ANSWERS: Final = (TRANSFER, PREBOOK, ENRICHMENT, PAYMENT)


def document(standin: BaswareStandIn, invoice_id: str) -> Record:
    """The API layer's copy. Raises Refused: 404."""
    row = standin.store.get(DOCUMENTS, invoice_id)
    if row is None:
        raise empty(404)
    return row


def move(standin: BaswareStandIn, invoice_id: str, status: str, cause: Record, *, op: str, **changes: object) -> Record:
    """Bring an invoice into a status, in the API layer; webhooks are told of those that wait."""
    row = standin.store.edit(DOCUMENTS, invoice_id)
    before = row["processingStatus"]
    row |= {**changes, "processingStatus": status, "lastUpdated": told_at(standin.clock.stamp())}
    for name in [name for name, value in row.items() if value is None]:
        del row[name]
    standin.store.put(DOCUMENTS, invoice_id, row, cause, op=op)
    if status != before and status in TOLD:
        standin.pushes.tell("AccountingDocuments", status, invoice_id)
    return row


def acknowledge(standin: BaswareStandIn, invoice_id: str, cause: Record) -> Record:
    """Take it out of the next list. Raises Refused: 404, or 405 when it does not wait any more."""
    status = document(standin, invoice_id)["processingStatus"]
    after = ACKNOWLEDGED.get(status)
    if after is None and standin.switches["removal_takes"] == "acknowledge":
        after = ENDINGS.get(status)
    if after is None:
        raise empty(405)
    return move(standin, invoice_id, after, cause, op="acknowledge")


def answer(standin: BaswareStandIn, kind: Answer, invoice_id: str, sent: Record, cause: Record) -> Record:
    """Take one answer. Raises Refusal: 409 for an externalCode that this invoice has seen, 400 where none is due."""
    row = document(standin, invoice_id)
    told = row.get(kind.path, [])
    code = sent["externalCode"]
    if standin.store.get(kind.path, f"{invoice_id}/{code}") is not None:
        if int(standin.switches["duplicate_response"]) == 200:
            return sent
        text = "A response with this externalCode exists on the document."
        raise refused(int(standin.switches["duplicate_response"]), "CONFLICT_IN_POST", text, code)
    status = row["processingStatus"]
    after = _after_payment(standin, row, sent) if kind is PAYMENT else _after(standin, kind, status, sent["success"])
    if after is None:
        text = f"{kind.entity} is not allowed for a document in status {status}."
        raise refused(400, "DATA_VALIDATION_FAILED", text, code)
    changes: Record = {kind.path: [*told, sent][-KEPT:]}
    if sent["success"]:
        changes |= _of_payment(standin, sent) if kind is PAYMENT else _of_voucher(sent)
    standin.store.put(kind.path, f"{invoice_id}/{code}", {**sent, "invoiceId": invoice_id}, cause)
    move(standin, invoice_id, after, cause, op=kind.path, **changes)
    item = Item(code, sent, invoice_id, undo=partial(_reopen, standin, invoice_id, before=status, after=after))
    carry = partial(_reach, standin, kind, after)
    standin.distribution.accept(standin.request_id, kind.entity, "POST", [item], carry)
    return sent


def _reopen(standin: BaswareStandIn, invoice_id: str, *, before: str, after: str) -> None:
    """P2P refused the answer: where the tenant does so, the document waits for another one."""
    row = standin.store.get(DOCUMENTS, invoice_id)
    if standin.switches["refused_response"] == "reopens" and row is not None and row["processingStatus"] == after:
        move(standin, invoice_id, before, {"kind": "distribution"}, op="reopen")


def _after(standin: BaswareStandIn, kind: Answer, status: str, success: bool) -> str | None:
    steps = kind.steps.get(status)
    if steps is None and status == "TransferFailed" and kind is TRANSFER:
        steps = _TRANSFER if standin.switches["response_after_failed"] else None
    return None if steps is None else steps[0 if success else 1]


def _after_payment(standin: BaswareStandIn, row: Record, sent: Record) -> str | None:
    status = str(row["processingStatus"])
    if status not in ("Transferred", "Paid", "Completed") and not standin.switches["payment_before_transfer"]:
        return None
    if not sent["success"]:
        return status
    if standin.switches["paid_when"] == "success":
        return "Paid"
    paid = abs(Decimal(str(sent.get("paidTotal", 0)))) + abs(Decimal(str(sent.get("cashDiscount", 0))))
    due = abs(Decimal(str(row.get("grossSum", 0))))
    return "Paid" if paid and paid >= due else "Transferred" if status == "Paid" else status


def _of_voucher(sent: Record) -> Record:
    names = ("voucherNumber1", "voucherNumber2", "paymentBlock")
    return {name: sent[name] for name in names if sent.get(name) is not None}


def _of_payment(standin: BaswareStandIn, sent: Record) -> Record:
    """What a payment leaves on the document: all that it does not say is cleared."""
    changes: Record = {name: sent.get(name) for name in _CLEARED}
    changes["paymentBlock"] = sent["paymentBlock"]
    changes["paymentRevelsalDocument"] = sent.get("paymentReversalDocument")
    return changes


def _reach(standin: BaswareStandIn, kind: Answer, after: str, items: Sequence[Item]) -> None:
    """An answer has come to P2P."""
    for item in items:
        invoice = standin.store.edit(INVOICES, item.parent)
        sent = item.record
        if (standin.store.get(DOCUMENTS, item.parent) or {}).get("processingStatus") == after:
            invoice["processingStatus"] = after  # else somebody has gone on meanwhile
        invoice["responseMessage"] = sent.get("responseMessage")
        if sent["success"] and kind is PAYMENT:
            invoice |= {name: sent.get(name) for name in _OF_PAYMENT}
            invoice["paymentBlock"] = sent["paymentBlock"]
            invoice["paymentDate"] = sent.get("paymentDate") or day_of(standin.clock.now().date())
        elif sent["success"]:
            invoice |= _of_voucher(sent)
        standin.store.put(INVOICES, item.parent, invoice, {"kind": "distribution"})
