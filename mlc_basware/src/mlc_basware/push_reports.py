"""Answers to invoices. One code is one answer: what stands on the invoice already is not sent again.

A payment response clears what it leaves out, so that payment terms and method go back as the invoice shows them.

Vendor doc: P2P OpenAPI 26.06, acknowledge, transferResponses, paymentResponses
"""

import json
from typing import Any
from urllib.parse import quote

from mlc import Accepted, Created, Outcome, RejectCause, Rejected, Unknown, Write
from mlc.errors import ConflictError, NotFoundError, RejectedError, VendorError

from mlc_basware.auth import BaswareConnection
from mlc_basware.client import Answer, BaswareClient
from mlc_basware.entities import DOCUMENTS, EXPORTED_ORDERS
from mlc_basware.errors import rejected
from mlc_basware.fetch import is_ours
from mlc_basware.render_reports import ACKNOWLEDGE, ACKNOWLEDGE_ORDER, PAYMENT
from mlc_basware.schemas import Row, rows, text
from mlc_basware.tasks import TaskName
from mlc_basware.wire import encode

ALREADY = 405
#: Members of the invoice that a payment response would clear.
RETURNED = ("paymentTermCode", "paymentMethod", "paymentMessage")


def push(connection: BaswareConnection, write: Write) -> Outcome:
    """One call about one document.

    Raises: AuthError, RateLimitedError, TransientError.
    """
    document = write.parent_id or write.external_id
    if document is None:
        return Rejected(write.key, "The answer does not say which document it is about.", field="document")
    client = BaswareClient(connection)
    try:
        if write.action in (ACKNOWLEDGE, ACKNOWLEDGE_ORDER):
            return _acknowledge(client, write, document)
        return _respond(client, write, document)
    except NotFoundError as error:
        return Rejected(write.key, error.sentence, code=error.code, cause=RejectCause.NOT_FOUND)
    except ConflictError as error:  # a code that was used before: ours, if it stands there
        if is_there(client.maybe(DOCUMENTS, document), write.record_key):
            return _known(write, error.code)
        return Rejected(write.key, error.sentence, code=error.code)
    except VendorError as error:
        refused = rejected(write.key, error)
        if refused is None:
            raise
        return refused


def entity_of(action: str | None) -> str:
    """How requestStatus calls an answer that was sent by this call."""
    return "PaymentResponse" if action == PAYMENT else "TransferResponse"


def is_there(invoice: Row | None, code: str) -> bool:
    """Whether an invoice shows an answer of this code."""
    shown = [row for key in ("transferResponses", "paymentResponses") for row in rows(invoice or {}, key)]
    return any(text(row, "externalCode") == code for row in shown)


def _known(write: Write, code: str | None) -> Rejected:
    """Basware has it already, so this call did nothing: core counts it as told, and a success it could not believe."""
    reason = "Basware has this answer already."
    return Rejected(write.key, reason, code=code, cause=RejectCause.DUPLICATE)


def _acknowledge(client: BaswareClient, write: Write, document: str) -> Outcome:
    resource = EXPORTED_ORDERS if write.action == ACKNOWLEDGE_ORDER else DOCUMENTS
    try:
        answer = client.send("POST", f"{resource.url}/{quote(document, safe='')}/acknowledge", b"")
    except RejectedError as error:
        if error.status == ALREADY:  # by us or by another program: core knows
            return _known(write, error.code)
        raise
    if answer.request_id is None:
        return Unknown(write.key, "Basware's answer does not show that it took note")
    return Created(write.key, write.record_key, request_id=answer.request_id)


def _respond(client: BaswareClient, write: Write, document: str) -> Outcome:
    own = _members(write.payload, is_open=write.action == PAYMENT)
    code = text(own, "externalCode")
    if code is None or write.action is None:
        return Rejected(write.key, "The answer has no code of its own.", field="externalCode", code="INCOMPLETE")
    invoice = client.one(DOCUMENTS, document)
    if is_there(invoice, code):
        return _known(write, None)
    if not is_ours(client.connection.settings, DOCUMENTS, invoice):
        return Rejected(
            write.key, "The invoice belongs to a company that is not among company_codes.", field="companyCode"
        )
    content = write.payload
    if write.action == PAYMENT:
        kept = {key: invoice[key] for key in RETURNED if key not in own and text(invoice, key) is not None}
        added = "".join(f',"{key}":{encode(value).decode()}' for key, value in kept.items())
        content = b"{" + write.payload + added.encode() + b"}"
    answer = client.send("POST", f"{DOCUMENTS.url}/{quote(document, safe='')}/{write.action}", content)
    return _concluded(answer, write, code, document)


def _concluded(answer: Answer, write: Write, code: str, document: str) -> Outcome:
    if not isinstance(answer.body, dict) or text(answer.body, "externalCode") != code:
        return Unknown(write.key, "Basware's answer does not show the response")
    name = TaskName(answer.request_id or "", code, entity_of(write.action), document, write.action or "")
    return Accepted(write.key, name.text(), answer.request_id)


def _members(payload: bytes, *, is_open: bool) -> dict[str, Any]:
    """What a stored answer holds; nothing for anything else."""
    try:
        found = json.loads(b"{" + payload + b"}" if is_open else payload)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
