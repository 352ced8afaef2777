"""Deliveries of Intuit's webhooks: verify first, then parse. Two forms are sent: the older one, and CloudEvents.

The signature is base64 of HMAC-SHA256 over the raw body under the app's verifier token. Nothing signed says when it was
sent, and Intuit repeats what was not taken for days: an old delivery is as good as a new one, and a repeated one is
told by its event's id. A delivery is a hint and may name several companies: ours is picked out, its records are read.

Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/configure-webhooks,
https://blogs.a.intuit.com/2025/11/12/upcoming-change-to-webhooks-payload-structure
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlc import Notice, WebhookRequest
from mlc.errors import WebhookRejectedError
from mlc.records import ObjectType

from mlc_quickbooks.auth import QuickBooksConnection, known_realm
from mlc_quickbooks.entities import (
    ACCOUNT,
    BILL,
    BILL_PAYMENT,
    CLASS,
    DEPARTMENT,
    ITEM,
    JOURNAL_BILL,
    JOURNAL_ENTRY,
    PURCHASE_ORDER,
    TERM,
    VENDOR,
    VENDOR_CREDIT,
    Entity,
)
from mlc_quickbooks.schemas import Row, inner, instant, rows, text

HEADER = "intuit-signature"
BODY_MAX = 1_000_000
PREFIX = "qbo"

_ENTITIES: Mapping[str, Entity] = {
    entity.name.lower(): entity
    for entity in (
        ACCOUNT, BILL, BILL_PAYMENT, CLASS, DEPARTMENT, ITEM, JOURNAL_ENTRY, PURCHASE_ORDER, TERM, VENDOR,
        VENDOR_CREDIT,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Event:
    realm: str | None
    entity: str
    record_id: str
    operation: str
    key: str
    at: datetime | None
    merged: str | None


def verify(connection: QuickBooksConnection, request: WebhookRequest) -> list[Notice]:
    """Check the signature over the raw bytes, then pick out what changed in our company.

    Raises: WebhookRejectedError.
    """
    if len(request.body) > BODY_MAX:
        raise WebhookRejectedError("The delivery is larger than any of Intuit's.")
    verifier = connection.secrets.webhook_verifier
    if verifier is None:
        raise WebhookRejectedError("No webhook_verifier is configured, so no delivery can be believed.")
    stated = request.headers.get(HEADER, "").strip().encode()
    if not stated or not hmac.compare_digest(signature(verifier.get_secret_value(), request.body), stated):
        raise WebhookRejectedError("The webhook's signature does not match its content.")
    realm = known_realm(connection)
    found: dict[tuple[ObjectType, str, str], Notice] = {}
    for event in _events(_parsed(request.body)):
        if realm is None or event.realm != realm:
            continue
        for notice in _notices(event, journals=connection.settings.post_as == "journal"):
            found.setdefault((notice.object_type, notice.external_id, notice.delivery_id), notice)
    return list(found.values())


def signature(verifier: str, body: bytes) -> bytes:
    """What Intuit sends in the header."""
    return base64.b64encode(hmac.new(verifier.encode(), body, hashlib.sha256).digest())


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookRejectedError("The delivery's body is no JSON.") from error


def _events(body: Any) -> Iterator[_Event]:
    """The events of either form. What is neither is refused; an event of an unknown kind names nothing."""
    if isinstance(body, list):
        for row in body:
            event = _cloud_event(row) if isinstance(row, Mapping) else None
            if event is not None:
                yield event
        return
    if not isinstance(body, Mapping) or not isinstance(body.get("eventNotifications"), list):
        raise WebhookRejectedError("The delivery is neither a list of CloudEvents nor has it eventNotifications.")
    for notification in rows(body, "eventNotifications"):
        realm = text(notification, "realmId")
        for row in rows(inner(notification, "dataChangeEvent"), "entities"):
            name, record_id = text(row, "name"), text(row, "id")
            if name is not None and record_id is not None:
                key = _digest(realm, name, record_id, text(row, "operation"), text(row, "lastUpdated"))
                yield _Event(
                    realm,
                    name.lower(),
                    record_id,
                    (text(row, "operation") or "changed").lower(),
                    key,
                    instant(row.get("lastUpdated")),
                    text(row, "deletedId"),
                )


def _cloud_event(row: Row) -> _Event | None:
    """``qbo.<entity>.<operation>.v1``; the record's id stands beside the data."""
    steps = (text(row, "type") or "").split(".")
    record_id, realm = text(row, "intuitentityid"), text(row, "intuitaccountid")
    if len(steps) < 3 or steps[0] != PREFIX or record_id is None:
        return None
    data = inner(row, "data")
    merged = text(data, "deletedid") or text(data, "deletedId")
    key = text(row, "id") or _digest(realm, *steps, record_id, text(row, "time"))
    return _Event(realm, steps[1].lower(), record_id, steps[2].lower(), key, instant(row.get("time")), merged)


def _notices(event: _Event, *, journals: bool) -> Iterator[Notice]:
    """The record, and the one that was merged into it. ``journals``: an entry may be a bill as well."""
    entity = _ENTITIES.get(event.entity)
    if entity is None:
        return
    stays = f"{entity.prefix}{event.record_id}"
    yield Notice(entity.object_type, stays, event.operation, event.key, event.at)
    if event.merged is not None:
        gone, key = f"{entity.prefix}{event.merged}", f"{event.key}:1"
        yield Notice(entity.object_type, gone, event.operation, key, event.at, moved_to=stays)
    if journals and entity is JOURNAL_ENTRY:
        bill = f"{JOURNAL_BILL.prefix}{event.record_id}"
        yield Notice(ObjectType.BILL, bill, event.operation, f"{event.key}:{JOURNAL_BILL.prefix}", event.at)


def _digest(*parts: str | None) -> str:
    return hashlib.sha256("|".join(part or "" for part in parts).encode()).hexdigest()[:32]
