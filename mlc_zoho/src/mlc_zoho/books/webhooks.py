"""Deliveries of Zoho Books' workflow webhooks: verify first, then parse.

The signature covers the query and form parameters, sorted by name and written one after the other, then the raw body;
it is HMAC-SHA256 in hex. A delivery has no id and no time: what it says is a hint, and the record is read again.

Vendor doc: https://zoho.com/subscriptions/kb/webhooks/securing-webhooks.html (the same engine),
https://www.zoho.com/books/help/settings/automation/workflow-actions/webhooks.html
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from mlc import Notice, WebhookRequest
from mlc.errors import WebhookRejectedError
from mlc.records import ObjectType

from mlc_zoho.books.client import BooksConnection
from mlc_zoho.books.schemas import Row, moment, text

HEADER = "x-zoho-webhook-signature"
FORM = "application/x-www-form-urlencoded"
JSON_FIELD = "JSONString"

#: Names of entities in a delivery → object type and the key of their id. ``None``: a contact of either kind.
_ENTITIES: Mapping[str, tuple[ObjectType | None, tuple[str, ...]]] = {
    "bill": (ObjectType.BILL, ("bill_id",)),
    "purchaseorder": (ObjectType.PURCHASE_ORDER, ("purchaseorder_id",)),
    "vendorcredit": (ObjectType.VENDOR_CREDIT, ("vendor_credit_id",)),
    "vendorpayment": (ObjectType.PAYMENT, ("payment_id", "vendorpayment_id")),
    "expense": (ObjectType.EXPENSE, ("expense_id",)),
    "invoice": (ObjectType.INVOICE, ("invoice_id",)),
    "item": (ObjectType.ITEM, ("item_id",)),
    "vendor": (ObjectType.VENDOR, ("contact_id", "vendor_id")),
    "customer": (ObjectType.CUSTOMER, ("contact_id", "customer_id")),
    "contact": (None, ("contact_id",)),
}


def verify(connection: BooksConnection, request: WebhookRequest) -> list[Notice]:
    """Check the signature over the raw bytes, then read what changed.

    Raises: WebhookRejectedError.
    """
    secret = connection.secrets.webhook_secret
    if secret is None:
        raise WebhookRejectedError("No webhook secret is configured, so no delivery can be believed.")
    stated = request.headers.get(HEADER, "").strip().lower()
    key = secret.get_secret_value().encode()
    matches = [hmac.compare_digest(_signature(key, covered), stated.encode()) for covered in signed_texts(request)]
    if not stated or not any(matches):
        raise WebhookRejectedError("The webhook's signature does not match its content.")
    return _notices(connection, request)


def signed_texts(request: WebhookRequest) -> list[bytes]:
    """What the signature may cover. One text for a JSON body; for a form, the readings its documentation allows."""
    if not request.headers.get("content-type", "").lower().startswith(FORM):
        return [_joined(request.query) + request.body]
    form = _form(request)
    rest = tuple(pair for pair in form if pair[0] != JSON_FIELD)
    inner = next((value for name, value in form if name == JSON_FIELD), "")
    return [
        _joined((*request.query, *form)),
        _joined((*request.query, *rest)) + inner.encode(),
        _joined(request.query) + unquote_plus(request.body.decode("utf-8", "replace")).encode(),
    ]


def _signature(key: bytes, covered: bytes) -> bytes:
    return hmac.new(key, covered, hashlib.sha256).hexdigest().encode()


def _joined(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Names and values without separators, sorted by name."""
    return "".join(name + value for name, value in sorted(pairs, key=lambda pair: pair[0])).encode()


def _form(request: WebhookRequest) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _notices(connection: BooksConnection, request: WebhookRequest) -> list[Notice]:
    body = _parsed(request)
    wanted = connection.settings.organization_id
    stated = text(body, "organization_id") or text(body, "org")
    if wanted is not None and stated is not None and stated != wanted:
        raise WebhookRejectedError(f"The delivery is of organisation {stated}, not of {wanted}.")
    event = text(body, "event") or text(body, "event_type") or text(body, "operation") or "changed"
    notices = [_notice(request, object_type, record_id, event, row) for object_type, record_id, row in _changes(body)]
    if not notices:
        raise WebhookRejectedError("The delivery names no record that is known here.")
    return notices


def _parsed(request: WebhookRequest) -> Row:
    content: str | bytes = request.body
    if request.headers.get("content-type", "").lower().startswith(FORM):
        form = dict(_form(request))
        if JSON_FIELD not in form:
            return form
        content = form[JSON_FIELD]
    try:
        parsed = json.loads(content, parse_float=Decimal)
    except ValueError as error:
        raise WebhookRejectedError("The delivery's body is no JSON.") from error
    if not isinstance(parsed, dict):
        raise WebhookRejectedError("The delivery's body is no JSON object.")
    return parsed


def _changes(body: Row) -> Iterator[tuple[ObjectType, str, Row]]:
    """Records named by a body: ``{"entity": "bill", "id": …}``, ``{"bill": {…}}``, or the bare fields of one."""
    entity = text(body, "entity") or text(body, "module")
    if entity is not None and text(body, "id") is not None:
        yield from _typed(entity, text(body, "id"), body)
        return
    for name, value in body.items():
        known = _ENTITIES.get(_plain(name))
        if known is not None and isinstance(value, Mapping):
            yield from _typed(name, next((text(value, key) for key in known[1] if value.get(key)), None), value)
            return
    for name, (_, keys) in _ENTITIES.items():
        if text(body, keys[0]) is not None:
            yield from _typed(name, text(body, keys[0]), body)
            return


def _typed(name: str, record_id: str | None, row: Row) -> Iterator[tuple[ObjectType, str, Row]]:
    known = _ENTITIES.get(_plain(name))
    if known is None or record_id is None or not record_id.isdigit():
        return
    if known[0] is not None:
        yield known[0], record_id, row
        return
    kind = text(row, "contact_type")
    if kind != "customer":
        yield ObjectType.VENDOR, record_id, row
    if kind != "vendor":
        yield ObjectType.CUSTOMER, record_id, row


def _plain(name: str) -> str:
    """``Purchase Orders``, ``purchase_order`` and ``purchaseorder`` are one."""
    return name.lower().replace("_", "").replace(" ", "").removesuffix("s")


def _notice(request: WebhookRequest, object_type: ObjectType, record_id: str, event: str, row: Row) -> Notice:
    """The delivery's own id is made of the record and its version. A body without one is news each time it comes."""
    modified: Any = text(row, "last_modified_time") or request.received_at.isoformat()
    digest = hashlib.sha256(f"{object_type}|{record_id}|{modified}".encode() + request.body).hexdigest()[:32]
    return Notice(object_type, record_id, event, digest, moment(row, "last_modified_time"))
