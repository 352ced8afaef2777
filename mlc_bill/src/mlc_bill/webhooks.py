"""Deliveries of BILL's webhooks (Connect Events): verify first, then parse.

The signature is base64 of HMAC-SHA256 over the minified body as it was received, under the subscription's security key.
No time is signed, so replays are told by the event's id. A delivery is a hint: the record is read again.

Vendor doc: https://developer.bill.com/docs/test-with-webhook-security,
https://developer.bill.com/docs/notification-payloads-reference
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlc import Notice, WebhookRequest
from mlc.errors import WebhookRejectedError
from mlc.records import ObjectType

from mlc_bill.auth import BillConnection
from mlc_bill.schemas import Row, inner, moment, rows, text

HEADER = "x-bill-sha-signature"
BODY_MAX = 1_000_000
SPEND_PREFIX = "spend."

#: Beginning of an event's type → object type, where the record stands in the body, keys of its id.
_EVENTS: Mapping[str, tuple[ObjectType, str, tuple[str, ...]]] = {
    "vendor": (ObjectType.VENDOR, "vendor", ("id",)),
    "bill": (ObjectType.BILL, "bill", ("id",)),
    "payment": (ObjectType.PAYMENT, "payment", ("id",)),
    "invoice": (ObjectType.INVOICE, "invoice", ("id",)),
    "spend.transaction": (ObjectType.EXPENSE, "transaction", ("uuid", "id")),
    "spend.reimbursement": (ObjectType.EXPENSE, "reimbursement", ("uuid", "id")),
}


def verify(connection: BillConnection, request: WebhookRequest) -> list[Notice]:
    """Check the signature over the raw bytes, then read what changed.

    Raises: WebhookRejectedError.
    """
    if len(request.body) > BODY_MAX:
        raise WebhookRejectedError("The delivery is larger than any of BILL's.")
    keys = _keys(connection, request)
    if not keys:
        raise WebhookRejectedError("No webhook key is known here, so no delivery can be believed.")
    stated = request.headers.get(HEADER, "").strip().encode()
    matches = [hmac.compare_digest(signature(key, request.body), stated) for key in keys]
    if not stated or not any(matches):
        raise WebhookRejectedError("The webhook's signature does not match its content.")
    return _notices(connection, _parsed(request.body))


def signature(key: bytes, body: bytes) -> bytes:
    """What BILL sends in the header."""
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest())


def _keys(connection: BillConnection, request: WebhookRequest) -> list[bytes]:
    """Keys of our subscriptions, replaced ones for a while too, and one that was entered by hand."""
    secrets = [watch.secret for watch in request.watches] + [connection.secrets.webhook_key]
    return [secret.get_secret_value().encode() for secret in secrets if secret is not None]


def _parsed(body: bytes) -> Row:
    """The body as an object; BILL documents it as JSON inside a JSON text, and sends it as an object."""
    try:
        found: Any = json.loads(body)
        if isinstance(found, str):
            found = json.loads(found)
    except (ValueError, RecursionError) as error:
        raise WebhookRejectedError("The delivery's body is no JSON.") from error
    if not isinstance(found, dict):
        raise WebhookRejectedError("The delivery's body is no JSON object.")
    return found


def _notices(connection: BillConnection, body: Row) -> list[Notice]:
    metadata = inner(body, "metadata")
    event, event_id = text(metadata, "eventType"), text(metadata, "eventId")
    if event is None or event_id is None:
        raise WebhookRejectedError("The delivery does not say which event it is.")
    organisation = text(metadata, "organizationId")
    wanted = connection.settings.organization_id
    if organisation not in (None, wanted) and not event.startswith(SPEND_PREFIX):
        raise WebhookRejectedError(f"The delivery is of organisation {organisation}, not of {wanted}.")
    found = list(dict.fromkeys(_records(event, body)))
    return [
        Notice(kind, record_id, event, event_id if number == 0 else f"{event_id}:{number}", _when(body, kind))
        for number, (kind, record_id) in enumerate(found)
    ]


def _records(event: str, body: Row) -> Iterator[tuple[ObjectType, str]]:
    """Records that an event names. A failed payment comes without its id, and names its bills; others name nothing."""
    known = _EVENTS.get(event.rpartition(".")[0])
    if known is None:
        return
    kind, key, id_keys = known
    entity = inner(body, key)
    record_id = next((found for name in id_keys if (found := text(entity, name)) is not None), None)
    if record_id is not None:
        yield kind, record_id
        return
    for entry in [*rows(entity, "bills"), *rows(body, "bills")]:
        bill_id = text(entry, "id") or text(entry, "billId")
        if bill_id is not None:
            yield ObjectType.BILL, bill_id


def _when(body: Row, kind: ObjectType) -> Any:
    key = next((entry[1] for entry in _EVENTS.values() if entry[0] is kind and entry[1] in body), "")
    return moment(inner(body, key), "updatedTime")
