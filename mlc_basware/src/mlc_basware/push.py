"""Writes: exactly one mutating request per call. A yes is only an acceptance; ``settle`` tells the rest (R9).

Vendor doc: https://developer.basware.com/en/api/p2p/manual
"""

import json
from collections.abc import Sequence
from typing import Any

from mlc import NotSent, Operation, Outcome, RejectCause, Rejected, Write
from mlc.errors import VendorError
from mlc.records import ObjectType

from mlc_basware import push_records, push_reports
from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient
from mlc_basware.entities import EXCHANGE_RATES, ORDER_LINES, ORDERS, REQUISITIONS
from mlc_basware.outcomes import BYTES_MAX, broken, changed, conclude, refusal
from mlc_basware.render_orders import LINES
from mlc_basware.schemas import Row, text
from mlc_basware.versions import version_of


def push(connection: BaswareConnection, object_type: ObjectType, writes: Sequence[Write]) -> list[Outcome]:
    """Send writes of one call. What is no record is refused here, so that it does not spoil the others.

    Raises: AuthError, RateLimitedError, TransientError.
    """
    if object_type is ObjectType.DOCUMENT_REPORT:
        return [push_reports.push(connection, writes[0]), *_later(writes[1:], "one answer per call")]
    if object_type is ObjectType.PURCHASE_ORDER:
        return [_order(connection, writes[0]), *_later(writes[1:], "one order per call")]
    if object_type is ObjectType.EXCHANGE_RATE:
        return _rates(connection, writes)
    return push_records.push(connection, object_type, writes)


def _rates(connection: BaswareConnection, writes: Sequence[Write]) -> list[Outcome]:
    """Exchange rates are ours whole: up to 500 a call, as they are stored."""
    outcomes: list[Outcome] = []
    good: list[tuple[Write, str]] = []
    size = 2
    client = BaswareClient(connection)
    for write in writes:
        code = text(_object(write.payload), "externalCode")
        if code is None or "rate" not in _object(write.payload):
            outcomes.append(broken(write))
        elif (stale := _stale(client, write, code)) is not None:
            outcomes.append(stale)
        elif size + len(write.payload) + 1 > BYTES_MAX:
            outcomes.append(NotSent(write.key, 0.0, "the request is full"))
        else:
            size += len(write.payload) + 1
            good.append((write, code))
    if good:
        body = b"[" + b",".join(write.payload for write, _ in good) + b"]"
        try:
            answer = client.send("POST", EXCHANGE_RATES.url, body)
        except VendorError as error:
            return outcomes + refusal([write for write, _ in good], error)
        outcomes += conclude(answer, good, EXCHANGE_RATES)
    return outcomes


def _stale(client: BaswareClient, write: Write, code: str) -> Rejected | None:
    """Whether somebody wrote a rate since it was read; a new one has nothing to compare."""
    if write.operation is Operation.CREATE or write.expected_version is None:
        return None
    row = client.maybe(EXCHANGE_RATES, code)
    now = None if row is None else version_of(row)
    return None if now in (None, write.expected_version) else changed(write, now or "")


def _order(connection: BaswareConnection, write: Write) -> Outcome:
    """A header in an array of its own, or up to 100 lines of one order as they are stored."""
    lines = write.action == LINES
    own = REQUISITIONS if connection.settings.po_mode == "requisition" else ORDERS
    resource = ORDER_LINES if lines else own
    shown = _array(write.payload) if lines else [_object(write.payload)]
    codes = [text(one, "externalCode") for one in shown]
    if not codes or not all(codes):
        return broken(write)
    document = text(shown[0], resource.id) or ""
    client = BaswareClient(connection)
    if lines:
        document = write.external_id or write.parent_id or ""
    target = text(shown[0], "orderExternalCode") if lines else codes[0]
    if write.expected_version is not None and write.external_id is not None:
        row = client.maybe(own, target or "")
        if row is None:
            return Rejected(write.key, "The order is gone from Basware's API.", cause=RejectCause.NOT_FOUND)
        if version_of(row) != write.expected_version:
            return changed(write, version_of(row))
    body = write.payload if lines else b"[" + write.payload + b"]"
    try:
        answer = client.send("POST", resource.url, body)
    except VendorError as error:
        return refusal([write], error)[0]
    return conclude(answer, [(write, codes[-1] or "")], resource, document=document)[0]


def _later(writes: Sequence[Write], why: str) -> list[Outcome]:
    return [NotSent(write.key, 0.0, why) for write in writes]


def _object(payload: bytes) -> Row:
    found = _parsed(payload)
    return found if isinstance(found, dict) else {}


def _array(payload: bytes) -> list[Row]:
    found = _parsed(payload)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _parsed(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return None
