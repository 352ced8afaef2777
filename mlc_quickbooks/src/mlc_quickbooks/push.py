"""Writes: exactly one mutating request per call, and what became of it. Nothing here ever pays, voids or deletes.

Every write carries a request id: QuickBooks answers a repetition with its first answer and makes nothing. A change also
carries the token of the version it was made from, and is refused when somebody else was faster. Batches are not used:
they would turn writes, which are free, into metered calls.
"""

import json
from collections.abc import Sequence

from mlc import Created, NotSent, Operation, Outcome, Rejected, Unknown, Updated, Write
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

from mlc_quickbooks import SYSTEM, taxcodes
from mlc_quickbooks.auth import QuickBooksConnection
from mlc_quickbooks.client import QuickBooksClient
from mlc_quickbooks.company import company, doubt_company
from mlc_quickbooks.entities import BILL, JOURNAL_BILL, PURCHASE_ORDER, VENDOR_CREDIT, Entity, entities_of, entity_of
from mlc_quickbooks.errors import rejected
from mlc_quickbooks.mapping import to_record
from mlc_quickbooks.parts import MapContext
from mlc_quickbooks.schemas import Row, text
from mlc_quickbooks.sources import own_id, payload_of, record_id
from mlc_quickbooks.versions import token_of, version_of

FILE_MAX = 100_000_000
ATTACHMENT = "attachment"
#: Files are counted on their own: the id of one may be that of a bill, too.
FILE_PREFIX = "file-"
_NUMBERED = frozenset({BILL, VENDOR_CREDIT, PURCHASE_ORDER})


def push(
    connection: QuickBooksConnection, object_type: ObjectType, writes: Sequence[Write], context: MapContext
) -> list[Outcome]:
    """Send the first write; any further one comes back as not sent.

    Raises: ConflictError when the record changed since it was read, AuthError, RateLimitedError, TransientError.
    """
    if not writes:
        return []
    sender = _Sender(connection, _entity(connection, object_type, writes[0]), context)
    return [sender.send(writes[0]), *(NotSent(write.key, 0.0, "one record per call") for write in writes[1:])]


def _entity(connection: QuickBooksConnection, object_type: ObjectType, write: Write) -> Entity:
    """What a write is of: an existing record stays what it is, a new bill is what the settings say."""
    there = write.external_id or write.parent_id
    if there is not None:
        return entity_of(object_type, there)
    journals = object_type is ObjectType.BILL and connection.settings.post_as == "journal"
    return JOURNAL_BILL if journals else entities_of(object_type)[0]


class _Sender:
    """One write of one entity."""

    def __init__(self, connection: QuickBooksConnection, entity: Entity, context: MapContext) -> None:
        self._connection = connection
        self._entity = entity
        self._context = context
        self._client = QuickBooksClient(connection)
        self._home = company(connection)

    def send(self, write: Write) -> Outcome:
        try:
            return self._attach(write) if write.action == ATTACHMENT else self._write(write)
        except (ConflictError, RateLimitedError):
            raise
        except TransientError as error:
            if error.status is not None and 200 <= error.status < 300:
                return Unknown(write.key, f"{error.sentence} ({error.detail or error.status})")
            raise
        except VendorError as error:
            refused = rejected(write.key, error, creating=write.external_id is None and write.parent_id is None)
            if refused is None:
                raise
            doubt_company(self._connection)  # what was known of it, or of its tax codes, may be why
            taxcodes.forget(self._connection)
            return refused

    def _write(self, write: Write) -> Outcome:
        if write.action is not None:
            raise PluginError(f"QuickBooks has no action {write.action}.", system=SYSTEM)
        creating = write.operation is Operation.CREATE
        if not creating:
            self._refuse_stale(write)
        params = {}
        if creating and self._entity in _NUMBERED and self._connection.settings.duplicate_numbers == "company":
            params["include"] = "allowduplicatedocnum"
        row = self._client.write(self._entity, write.payload, request_id=write.replay_key, params=params)
        made = None if row is None else record_id(self._entity, row)
        if row is None or made is None:
            return Unknown(write.key, "QuickBooks said yes, but showed no record")
        shown = version_of(self._entity, row), self._seen(row)
        if creating:
            return Created(write.key, made, *shown)
        return Updated(write.key, made, *shown)

    def _refuse_stale(self, write: Write) -> None:
        """The body names the version it was made from; another than core expects would undo what came between.

        What QuickBooks has now it compares itself.
        """
        expected = token_of(write.expected_version)
        try:
            body = json.loads(write.payload)
        except ValueError as error:
            raise PluginError("The body of a change is no JSON.", system=SYSTEM) from error
        stated = body.get("SyncToken") if isinstance(body, dict) else None
        if expected is not None and stated is not None and stated != expected:
            raise ConflictError(
                "It was changed in QuickBooks since it was read.",
                f"token {stated} instead of {expected}",
                system=self._connection.system,
                connection=self._connection.name,
            )

    def _attach(self, write: Write) -> Outcome:
        file = write.attachment
        if file is None:
            return Rejected(write.key, "There is no file to attach.", field=ATTACHMENT)
        if file.size > FILE_MAX:
            reason = f"QuickBooks takes files up to 100 MB; {file.filename} has {file.size} bytes."
            return Rejected(write.key, reason, field=ATTACHMENT)
        there = own_id(self._entity, write.external_id or write.parent_id or "")
        if not there:
            raise NotFoundError("The write names no record of QuickBooks.")
        shown = self._client.upload(self._entity, there, file, request_id=write.replay_key)
        attachable = None if shown is None else text(shown, "Id")
        if attachable is None:
            return Unknown(write.key, "QuickBooks said yes, but showed no file")
        return Created(write.key, f"{FILE_PREFIX}{attachable}")

    def _seen(self, row: Row) -> Record | None:
        """The reply through map. What cannot be mapped was written all the same: it is looked at on the next read."""
        try:
            return to_record(self._entity.object_type, payload_of(self._entity, self._home, row), self._context)
        except MappingError:
            return None
