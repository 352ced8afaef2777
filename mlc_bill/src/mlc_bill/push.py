"""Writes: exactly one mutating request per call, and what became of it. Nothing here ever pays.

BILL compares no versions: before a change the record is read once more, and a vendor that joined the BILL network since
keeps its own name and address.
"""

import json
from collections.abc import Callable, Sequence

from mlc import Attachment, Created, NotSent, Operation, Outcome, RejectCause, Rejected, Unknown, Updated, Write
from mlc.errors import (
    ConflictError,
    MappingError,
    NotFoundError,
    PluginError,
    RateLimitedError,
    TransientError,
    VendorError,
)
from mlc.records import ObjectType, Record
from mlc.wire import Json, encode

from mlc_bill.auth import BillConnection
from mlc_bill.client import FILE_MAX, BillClient
from mlc_bill.entities import ENTITIES, KINDS, REIMBURSEMENTS, Entity
from mlc_bill.errors import rejected
from mlc_bill.facts import payloads
from mlc_bill.mapping import to_record
from mlc_bill.parts import MapContext
from mlc_bill.render_parties import CONNECTED_KEYS, is_connected
from mlc_bill.render_spend import NO_RECEIPT
from mlc_bill.schemas import Row, moment, text
from mlc_bill.versions import version_of

LIST = "list:"
_METHODS = {None: "PATCH", "replace": "PUT"}
_VERBS = frozenset({"archive", "restore"})
CONNECTED = "The vendor is connected in the BILL network since and keeps its own name, address and contact."


def push(
    connection: BillConnection, object_type: ObjectType, writes: Sequence[Write], context: MapContext
) -> list[Outcome]:
    """Send the first write; any further one comes back as not sent.

    BILL's bulk calls are not used: without a key of ours an uncertain one would be a hundred uncertain bills.

    Raises: ConflictError when the record changed since it was read, AuthError, RateLimitedError, TransientError.
    """
    sender = _Sender(connection, object_type, context)
    outcomes: list[Outcome] = [sender.send(write) for write in writes[:1]]
    return outcomes + [NotSent(write.key, 0.0, "one record per call") for write in writes[1:]]


class _Sender:
    """One write of one object type."""

    def __init__(self, connection: BillConnection, object_type: ObjectType, context: MapContext) -> None:
        self._connection = connection
        self._object_type = object_type
        self._context = context
        self._client = BillClient(connection)

    def send(self, write: Write) -> Outcome:
        how = self._how(write)
        try:
            return how(write)
        except (ConflictError, RateLimitedError):
            raise
        except TransientError as error:
            if error.status is not None and 400 <= error.status < 500 and error.code is not None:
                return NotSent(write.key, 1.0, error.sentence)  # a complete refusal: its session had ended
            raise
        except VendorError as error:
            refused = rejected(write.key, error, creating=write.external_id is None and write.parent_id is None)
            if refused is None:
                raise
            return refused

    def _how(self, write: Write) -> Callable[[Write], Outcome]:
        if write.action == "attachment":
            return self._attach
        if write.action in _VERBS:
            return self._act
        return self._create if write.operation is Operation.CREATE else self._update

    def _create(self, write: Write) -> Outcome:
        entity = self._entity(write)
        path = "bills/record-payment" if write.action == "record" else entity.path
        payload = write.payload
        if entity is REIMBURSEMENTS:
            if write.attachment is None:
                return Rejected(write.key, "A reimbursement needs its receipt.", field="attachment")
            payload = self._with_receipt(write.attachment, payload)
        reply = self._client.send("POST", path, payload, spend=entity.spend)
        record_id = text(reply, entity.id) or text(reply, "id")
        if record_id is None:
            return Unknown(write.key, "BILL said yes, but not under which id")
        return Created(write.key, record_id, self._version(reply), self._seen(reply, entity))

    def _with_receipt(self, file: Attachment, payload: bytes) -> bytes:
        """The stored body, with the place in it filled that was left for the receipt."""
        receipt: Json = {"url": self._client.upload_receipt(file), "filename": file.filename}
        return payload.replace(NO_RECEIPT, b'"receipts":' + encode([receipt]))

    def _update(self, write: Write) -> Outcome:
        if write.action not in _METHODS:
            raise PluginError(f"BILL has no action {write.action}.", system=self._connection.system)
        entity, record_id = self._entity(write), _target(write)
        now = self._unchanged(write, entity, record_id)
        if self._object_type is ObjectType.VENDOR and is_connected(now and text(now, "networkStatus")):
            touched = CONNECTED_KEYS & json.loads(write.payload).keys()
            if touched:
                return Rejected(write.key, CONNECTED, field=sorted(touched)[0], cause=RejectCause.NOT_PERMITTED)
        reply = self._client.send(_METHODS[write.action], f"{entity.path}/{record_id}", write.payload)
        return Updated(write.key, record_id, self._version(reply), self._seen(reply, entity))

    def _act(self, write: Write) -> Outcome:
        """Archive and restore show the record; both change nothing when it is so already."""
        entity, record_id = self._entity(write), _target(write)
        self._unchanged(write, entity, record_id)
        reply = self._client.send("POST", f"{entity.path}/{record_id}/{write.action}", b"")
        return Updated(write.key, record_id, self._version(reply), self._seen(reply, entity))

    def _unchanged(self, write: Write, entity: Entity, record_id: str) -> Row | None:
        """The record as it is right before a change (R14). Raises ConflictError when it is another than was read."""
        if write.expected_version is None and self._object_type is not ObjectType.VENDOR:
            return None
        row = self._client.one(entity, record_id)
        now = version_of(row)
        if write.expected_version not in (None, now):
            raise ConflictError(
                "It was changed in BILL since it was read.",
                f"version {now} instead of {write.expected_version}",
                system=self._connection.system,
                connection=self._connection.name,
            )
        return row

    def _attach(self, write: Write) -> Outcome:
        file = write.attachment
        if file is None:
            return Rejected(write.key, "There is no file to attach.", field="attachment")
        if file.size > FILE_MAX:
            reason = f"BILL takes files up to 6 MB; {file.filename} has {file.size} bytes."
            return Rejected(write.key, reason, field="attachment")
        record_id = _target(write)
        reply = self._client.upload(record_id, file)
        return Created(write.key, text(reply, "id") or f"{record_id}:{file.sha1}")

    def _entity(self, write: Write) -> Entity:
        if self._object_type is ObjectType.EXPENSE:
            return REIMBURSEMENTS
        if self._object_type is not ObjectType.DIMENSION:
            return ENTITIES[self._object_type]
        named = (write.action or "").removeprefix(LIST)
        kind = next((kind for kind in KINDS if kind.list == named), None)
        if kind is None:
            raise PluginError("The write does not say which list of BILL's it goes to.", system=self._connection.system)
        return kind.entity

    def _version(self, reply: Row) -> str | None:
        return version_of(reply) if moment(reply, "updatedTime") is not None else None

    def _seen(self, reply: Row, entity: Entity) -> Record | None:
        """The reply through map. What cannot be mapped was written all the same: it is looked at on the next read."""
        try:
            (payload,) = payloads(self._connection, self._object_type, [reply], list=entity.path.rpartition("/")[2])
            return to_record(self._object_type, payload, self._context)
        except (MappingError, VendorError):
            return None


def _target(write: Write) -> str:
    record_id = write.external_id or write.parent_id
    if record_id is None:
        raise NotFoundError("The write names no record of BILL.")
    return record_id
