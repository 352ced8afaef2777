"""Writes: exactly one mutating request per call, and what became of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from mlc import Created, NotSent, Operation, Outcome, Rejected, Unknown, Updated, Write
from mlc.errors import ConflictError, MappingError, MlcError, NotFoundError, PluginError, VendorError
from mlc.records import ObjectType, Record
from mlc.wire import rows

from mlc_zoho.books import persons
from mlc_zoho.books.client import FILE_MAX, BooksClient, BooksConnection
from mlc_zoho.books.entities import ENTITIES, Entity
from mlc_zoho.books.errors import rejected
from mlc_zoho.books.fetch import payload_of
from mlc_zoho.books.mapping import to_record
from mlc_zoho.books.organisation import Organisation, organisation
from mlc_zoho.books.parts import MapContext
from mlc_zoho.books.render_documents import MARK
from mlc_zoho.books.render_payments import REFUND, UNAPPLY
from mlc_zoho.books.schemas import Row, moment, text
from mlc_zoho.books.versions import version_of

#: Actions → the end of the path. A contact's status has no ``status/`` in it.
_VERBS: Mapping[str, str] = {
    "open": "status/open",
    "void": "status/void",
    "billed": "status/billed",
    "cancelled": "status/cancelled",
    "active": "active",
    "inactive": "inactive",
}
_FILES = frozenset({"gif", "png", "jpeg", "jpg", "bmp", "pdf"})


def push(
    connection: BooksConnection, object_type: ObjectType, writes: Sequence[Write], context: MapContext
) -> list[Outcome]:
    """Send the first write; any further one comes back as not sent, since Zoho Books takes one record per call.

    Raises: ConflictError when the record changed since it was read, AuthError, RateLimitedError, TransientError.
    """
    if object_type is ObjectType.CONTACT:
        return persons.push(connection, writes, context)
    sender = _Sender(connection, ENTITIES[object_type], organisation(connection), context)
    outcomes: list[Outcome] = [sender.send(write) for write in writes[:1]]
    later: list[Outcome] = [NotSent(write.key, 0.0, "one record per call") for write in writes[1:]]
    return outcomes + later


class _Sender:
    """One write of one entity."""

    def __init__(self, connection: BooksConnection, entity: Entity, home: Organisation, context: MapContext) -> None:
        self._connection = connection
        self._entity = entity
        self._home = home
        self._context = context
        self._client = BooksClient(connection, home.id)

    def send(self, write: Write) -> Outcome:
        how = self._how(write)
        try:
            return how(write)
        except VendorError as error:
            refused = rejected(write.key, error, creating=write.external_id is None and write.parent_id is None)
            if refused is None:
                raise
            return refused

    def _how(self, write: Write) -> Callable[[Write], Outcome]:
        if write.action == "attachment":
            return self._attach
        if write.action == MARK:
            return self._mark
        if write.action is not None:
            return self._act
        return self._create if write.operation is Operation.CREATE else self._update

    def _create(self, write: Write) -> Outcome:
        params = self._create_params(write)
        if write.use_unique_field and self._entity.upsert:
            field = self._connection.settings.unique_field
            reply = self._client.upsert(self._entity, write.payload, params=params, field=field, value=write.record_key)
        else:
            reply = self._client.create(self._entity, write.payload, params=params)
        record_id = text(reply, self._entity.id)
        if record_id is None:
            return Unknown(write.key, "Zoho Books said yes, but not under which id")
        return Created(write.key, record_id, self._version(reply), self._seen(reply))

    def _create_params(self, write: Write) -> dict[str, str]:
        """A given order or credit number is taken only when automatic numbering is left out."""
        number = {ObjectType.PURCHASE_ORDER: "purchaseorder_number", ObjectType.VENDOR_CREDIT: "vendor_credit_number"}
        key = number.get(self._entity.object_type)
        if key is None or not json.loads(write.payload).get(key):
            return {}
        return {"ignore_auto_number_generation": "true"}

    def _update(self, write: Write) -> Outcome:
        record_id = _target(write)
        self._unchanged(write, record_id)
        reply = self._client.update(self._entity, record_id, write.payload)
        return Updated(write.key, text(reply, self._entity.id) or record_id, self._version(reply), self._seen(reply))

    def _unchanged(self, write: Write, record_id: str) -> None:
        """Zoho has no versions of its own: before a full replacement the record is read once more (R14)."""
        if write.expected_version is None or b'"line_items"' not in write.payload:
            return
        shown = self._client.detail(self._entity, record_id)
        now = version_of(self._entity, shown)
        if now != write.expected_version:
            self._conflict(f"version {now} instead of {write.expected_version}")
        # In the second of the last reading, equal lines may have taken the place of those that it showed.
        gone = _line_ids(json.loads(write.payload)) - _line_ids(shown)
        if gone:
            self._conflict(f"there are no lines {', '.join(sorted(gone))} any more")

    def _conflict(self, detail: str) -> NoReturn:
        raise ConflictError(
            "It was changed in Zoho Books since it was read.",
            detail,
            system=self._connection.system,
            connection=self._connection.name,
        )

    def _mark(self, write: Write) -> Outcome:
        """Custom fields alone; the answer shows nothing, so the document is read afterwards."""
        record_id = _target(write)
        self._client.mark(self._entity, record_id, write.payload)
        shown = self._after(record_id)
        if shown is None:
            return Updated(write.key, record_id)
        return Updated(write.key, record_id, self._version(shown), self._seen(shown))

    def _act(self, write: Write) -> Outcome:
        if write.action == REFUND or (write.action or "").startswith(f"{UNAPPLY} "):
            return self._reverse(write)
        verb = _VERBS.get(write.action or "")
        if verb is None:
            raise PluginError(f"Zoho Books has no action {write.action}.", system=self._connection.system)
        record_id = _target(write)
        self._client.act(self._entity, record_id, verb)
        shown = self._after(record_id)
        if shown is None:
            return Updated(write.key, record_id)
        return Updated(write.key, record_id, self._version(shown), self._seen(shown))

    def _reverse(self, write: Write) -> Outcome:
        """One step of a payment's reversal; neither answer shows the payment, and the next step depends on it."""
        record_id = _target(write)
        if write.action == REFUND:
            self._client.refund(record_id, write.payload)
        else:
            _, bill_id, part_id = (write.action or "").split(" ")
            self._client.unapply(bill_id, part_id)
        shown = self._after(record_id)
        if shown is None:
            return Unknown(write.key, "Zoho Books said yes, but the payment could not be read afterwards")
        return Updated(write.key, record_id, self._version(shown), self._seen(shown))

    def _after(self, record_id: str) -> Row | None:
        """The record after a change of status, whose answer shows nothing. The change stands if this cannot be read."""
        try:
            return self._client.detail(self._entity, record_id)
        except MlcError:
            return None

    def _attach(self, write: Write) -> Outcome:
        file = write.attachment
        if file is None:
            return Rejected(write.key, "There is no file to attach.", field="attachment")
        ending = file.filename.rpartition(".")[2].lower()
        if ending not in _FILES or file.size > FILE_MAX:
            reason = f"Zoho Books takes pictures and PDF up to 10 MB; {file.filename} has {file.size} bytes."
            return Rejected(write.key, reason, field="attachment")
        record_id = _target(write)
        self._client.attach(self._entity, record_id, file)
        return Created(write.key, f"{record_id}:{file.sha1}")

    def _version(self, reply: Row) -> str | None:
        return version_of(self._entity, reply) if moment(reply, "last_modified_time") is not None else None

    def _seen(self, reply: Row) -> Record | None:
        """The reply through map. What cannot be mapped was written all the same: it is looked at on the next read."""
        try:
            payload = payload_of(self._connection, self._home, reply, complete=False)
            return to_record(self._entity.object_type, payload, self._context)
        except MappingError:
            return None


def _line_ids(row: Row) -> set[str]:
    return {found for line in rows(row, "line_items") if (found := text(line, "line_item_id")) is not None}


def _target(write: Write) -> str:
    record_id = write.external_id or write.parent_id
    if record_id is None:
        raise NotFoundError("The write names no record of Zoho Books.")
    return record_id
