"""Deliveries of notification channels: ids of one module, and the channel's token.

Zoho signs nothing. A delivery is believed for the token that only the channel and we know; what it says is a hint, and
the records are read again.

Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/notifications/overview.html
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from mlc import Notice, WebhookRequest
from mlc.errors import WebhookRejectedError
from mlc.records import ObjectType

from mlc_zoho.crm.client import CrmConnection
from mlc_zoho.crm.modules import module_of
from mlc_zoho.crm.schemas import Row, text
from mlc_zoho.crm.watching import WATCHED

BODY_MAX = 1_000_000
#: What is older was held back by somebody else than Zoho.
OLDEST = timedelta(days=1)


def verify(connection: CrmConnection, request: WebhookRequest) -> list[Notice]:
    """Compare the token in constant time, then look at the age, then read which records changed.

    Raises: WebhookRejectedError.
    """
    if len(request.body) > BODY_MAX:
        raise WebhookRejectedError("The delivery is larger than any of Zoho CRM's.")
    body = _parsed(request.body)
    tokens = _tokens(connection, request, text(body, "channel_id"))
    if not tokens:
        raise WebhookRejectedError("No token of that channel is known here, so no delivery can be believed.")
    stated = (text(body, "token") or "").encode()
    matches = [hmac.compare_digest(token, stated) for token in tokens]
    if not stated or not any(matches):
        raise WebhookRejectedError("The delivery does not carry the channel's token.")
    at = _when(body)
    if at is not None and request.received_at - at > OLDEST:
        raise WebhookRejectedError("The delivery is more than a day old.")
    return _notices(connection, body, at, request.body)


def _tokens(connection: CrmConnection, request: WebhookRequest, channel_id: str | None) -> list[bytes]:
    """Tokens of the channel that the delivery names, and one that was entered by hand."""
    ours = [watch.secret for watch in request.watches if watch.id == channel_id]
    return [one.get_secret_value().encode() for one in (*ours, connection.secrets.webhook_secret) if one is not None]


def _parsed(content: bytes) -> Row:
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise WebhookRejectedError("The delivery's body is no JSON.") from error
    if not isinstance(found, dict):
        raise WebhookRejectedError("The delivery's body is no JSON object.")
    return found


def _notices(connection: CrmConnection, body: Row, at: datetime | None, content: bytes) -> list[Notice]:
    module, ids = text(body, "module"), body.get("ids")
    kind = _kind(connection, module)
    if kind is None or not isinstance(ids, list):
        raise WebhookRejectedError("The delivery names no records that are known here.")
    digest = hashlib.sha256(content).hexdigest()[:32]
    event = f"{module}.{text(body, 'operation') or 'changed'}"
    found = dict.fromkeys(str(one) for one in ids if str(one).isdigit())
    return [Notice(kind, one, event, f"{digest}:{one}", at) for one in found]


def _kind(connection: CrmConnection, module: str | None) -> ObjectType | None:
    return next((kind for kind in WATCHED if module_of(connection.settings, kind).api_name == module), None)


def _when(body: Row) -> datetime | None:
    """``server_time`` in milliseconds; None for an absent or impossible one."""
    stated = body.get("server_time")
    if not isinstance(stated, int) or isinstance(stated, bool):
        return None
    try:
        return datetime.fromtimestamp(stated / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
