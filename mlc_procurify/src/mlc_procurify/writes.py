"""Push: one mutating request, and what became of it."""

import json
from decimal import Decimal
from typing import Any

from mlc import Created, Operation, Outcome, RejectCause, Rejected, Unknown, Updated, Write
from mlc.errors import NotFoundError
from mlc.http import Response, decode
from mlc.records import ObjectType

from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.bills import PAID
from mlc_procurify.client import Client, written
from mlc_procurify.errors import rejected, request_id
from mlc_procurify.fields import parsed
from mlc_procurify.marks import mark_id, marked_amounts
from mlc_procurify.rendering import refusal
from mlc_procurify.schemas import BillWire
from mlc_procurify.values import as_text, tidy
from mlc_procurify.vendors import vendor
from mlc_procurify.versions import vendor_version

APPROVED = 2


def push(connection: ProcurifyConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
    """Send the first write; Procurify has no batches, so core sends one at a time.

    Raises: AccessSuspendedError, RateLimitedError, TransientError (also for an answer that is no JSON).
    """
    client, write = Client(connection), writes[0]
    if write.operation is Operation.VOID:
        return [_refused(write, "Procurify's API cannot take this back; do it there.")]
    if object_type is ObjectType.VENDOR:
        return [_vendor(connection, client, write)]
    if object_type is ObjectType.PAYMENT:
        return [_mark(client, write)]
    return [_refused(write, refusal(object_type))]


def _vendor(connection: ProcurifyConnection, client: Client, write: Write) -> Outcome:
    if write.external_id is None:
        response = client.create_vendor(write.payload)
    else:
        response = client.change_vendor(write.external_id, write.payload)
    if not response.is_success:
        return rejected(response, key=write.key, what="Vendor not written")
    shown = written(response)
    number = as_text(shown.get("id")) or write.external_id
    if number is None:
        return Unknown(write.key, "Procurify's answer does not say which vendor it created.")
    seen = vendor(shown, settings=connection.settings, connection=connection.name) if shown.get("id") else None
    version = vendor_version(shown) if shown else None
    outcome = Created if write.external_id is None else Updated
    return outcome(write.key, number, version=version, seen=seen, request_id=request_id(response))


def _mark(client: Client, write: Write) -> Outcome:
    """Look at the bills first: what is not approved, has its own payment or was paid in part is refused unsent."""
    uuids = [str(uuid) for uuid in json.loads(write.payload).get("bill_uuids", ())]
    if not uuids:
        return Rejected(write.key, "The mark as paid names no bill.", field="bill_uuids")
    amounts = marked_amounts(write.action)
    if amounts is None or len(amounts) != len(uuids):
        return Rejected(write.key, "The mark as paid does not say how much was paid of each bill.")
    for uuid, amount in zip(uuids, amounts, strict=True):
        problem = _unmarkable(client, uuid, amount)
        if problem is not None:
            return Rejected(write.key, problem[1], field="bill_uuids", cause=problem[0])
    response: Response = client.mark_as_paid(write.payload)
    if not response.is_success:
        return rejected(response, key=write.key, what="Bills not marked as paid")
    if not isinstance(decode(response), dict):
        return Unknown(write.key, "Procurify's answer does not repeat what was marked.")
    return Created(write.key, mark_id(uuids), request_id=request_id(response))


def _unmarkable(client: Client, uuid: str, amount: Decimal) -> tuple[RejectCause, str] | None:
    try:
        bill: dict[str, Any] = client.bill(uuid)
    except NotFoundError:
        return RejectCause.REFERENCE_GONE, "The bill to mark as paid is no longer in Procurify."
    number = as_text(bill.get("invoice_number")) or uuid
    if bill.get("bill_payment"):
        return RejectCause.INVALID, f"Bill {number} has a payment of its own in Procurify; it is not marked as paid."
    if bill.get("status") == PAID:
        return RejectCause.DUPLICATE, f"Bill {number} is already marked as paid in Procurify."
    if bill.get("status") != APPROVED:
        return RejectCause.INVALID, f"Bill {number} is not approved in Procurify; only approved bills can be paid."
    total = parsed(BillWire, bill, what="bill").total_cost_with_tax
    if total is None or tidy(total) != amount:
        return (
            RejectCause.INVALID,
            f"{amount} was paid of bill {number}, whose total is {total}; a part cannot be marked.",
        )
    return None


def _refused(write: Write, sentence: str) -> Rejected:
    return Rejected(write.key, sentence, cause=RejectCause.NOT_PERMITTED)
