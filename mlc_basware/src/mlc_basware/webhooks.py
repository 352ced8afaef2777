"""Deliveries of push notifications: verify first, then parse.

``X-BWAPI-Signature-256`` is HMAC-SHA256 over the raw body under the subscription's token. Basware does not say how it
is encoded, so that hex, ``sha256=`` and hex, and base64 are accepted unless the setting names one. The body is thin,
its order and repetition are not promised: a delivery is a hint, told apart by its task's id.

Vendor doc: https://developer.basware.com/api/p2p/manual#PushNotifications
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from mlc import Notice, WebhookRequest
from mlc.errors import WebhookRejectedError
from mlc.records import ObjectType

from mlc_basware.auth import BaswareConnection
from mlc_basware.schemas import Row, moment, text

HEADER = "x-bwapi-signature-256"
BODY_MAX = 100_000
#: Sent when a subscription is made; it names nothing.
TEST = "connectiontest"

#: Kinds of task in lower case → object type. None: not ours to read, its record settles by itself.
KINDS: Mapping[str, ObjectType | None] = {
    "accountingdocuments": ObjectType.BILL,
    "exportedpurchaseorders": ObjectType.PURCHASE_ORDER,
    "exportedpurchaserequisitions": None,
    "requeststatus": None,
    "exportedcontracts": None,
    "exportedcontractspends": None,
}


def verify(connection: BaswareConnection, request: WebhookRequest) -> list[Notice]:
    """Check the signature over the raw bytes, then read what changed.

    Raises: WebhookRejectedError.
    """
    if len(request.body) > BODY_MAX:
        raise WebhookRejectedError("The delivery is larger than any of Basware's.")
    keys = _keys(connection, request)
    if not keys:
        raise WebhookRejectedError("No webhook token is known here, so no delivery can be believed.")
    stated = request.headers.get(HEADER, "").strip().encode()
    wanted = [one for key in keys for one in signatures(key, request.body, connection.settings.webhook_signature)]
    matches = [hmac.compare_digest(one, stated) for one in wanted]
    if not stated or not any(matches):
        raise WebhookRejectedError("The notification's signature does not match its content.")
    return _notices(_parsed(request.body), request.received_at)


def signatures(key: bytes, body: bytes, encoding: str) -> list[bytes]:
    """What the header may say, in every encoding that is accepted."""
    digest = hmac.new(key, body, hashlib.sha256).digest()
    written = {
        "hex": digest.hex().encode(),
        "sha256=hex": b"sha256=" + digest.hex().encode(),
        "base64": base64.b64encode(digest),
    }
    return list(written.values()) if encoding == "any" else [written[encoding]]


def kind_of(task_type: str) -> str | None:
    """The kind of task, also misspelt: Basware's own sample says ``AccoutingDocuments``."""
    name = task_type.strip().lower()
    if name in KINDS or name == TEST:
        return name
    return next(iter(get_close_matches(name, [*KINDS, TEST], n=1, cutoff=0.9)), None)


def _keys(connection: BaswareConnection, request: WebhookRequest) -> list[bytes]:
    secrets = [watch.secret for watch in request.watches] + [connection.secrets.webhook_token]
    return [secret.get_secret_value().encode() for secret in secrets if secret is not None]


def _parsed(body: bytes) -> Row:
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookRejectedError("The delivery's body is no JSON.") from error
    if not isinstance(found, dict):
        raise WebhookRejectedError("The delivery's body is no JSON object.")
    return found


def _notices(body: Row, received_at: datetime) -> list[Notice]:
    kind = kind_of(text(body, "taskType") or "")
    if kind == TEST:
        return []
    task, document = text(body, "taskId"), text(body, "documentId")
    if task is None or document is None:
        raise WebhookRejectedError("The notification does not say which task it is, or of which document.")
    expires = moment(body, "expirationTime")
    if expires is not None and expires < received_at:
        raise WebhookRejectedError("The notification had expired when it came.")
    record = None if kind is None else KINDS[kind]
    if record is None:
        return []
    event = f"{text(body, 'taskType')}/{text(body, 'taskSubType') or 'All'}"
    return [Notice(record, document, event, task)]
