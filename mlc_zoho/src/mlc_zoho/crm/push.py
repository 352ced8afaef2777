"""Writes: up to a hundred records in exactly one mutating request, and what became of each.

Zoho answers row by row, in order, whatever the HTTP status. ``trigger: []`` keeps the organisation's own automations
out of it. A create with our key is an upsert: the key alone decides whether there is one already.
"""

from collections.abc import Mapping, Sequence

from mlc import Created, Operation, Outcome, Unknown, Updated, Write
from mlc.errors import ConflictError, MappingError, MlcError
from mlc.records import ObjectType, Record

from mlc_zoho.books.wire import encode
from mlc_zoho.crm.client import CrmClient, CrmConnection
from mlc_zoho.crm.errors import refused_row
from mlc_zoho.crm.mapping import MapContext, to_record
from mlc_zoho.crm.modules import STAMPS, Module, module_of
from mlc_zoho.crm.schemas import Row, inner, text
from mlc_zoho.crm.tenant import read_fields
from mlc_zoho.crm.versions import version_of


def push(
    connection: CrmConnection, object_type: ObjectType, writes: Sequence[Write], context: MapContext
) -> list[Outcome]:
    """Send the writes together; they are all creates, or all changes.

    Raises: ConflictError when one of the records changed since it was read (nothing was sent), AuthError,
    RateLimitedError, TransientError.
    """
    module = module_of(connection.settings, object_type)
    client = CrmClient(connection)
    creating = writes[0].operation is Operation.CREATE
    if not creating:
        _unchanged(client, module, writes)
    unique = creating and writes[0].use_unique_field
    path = f"{module.api_name}/upsert" if unique else module.api_name
    check = connection.settings.unique_field if unique else None
    answer = client.write("POST" if creating else "PUT", path, body_of(writes, check))
    ids = [text(inner(row, "details"), "id") for row in answer if text(row, "status") == "success"]
    shown = _shown(connection, client, module, [one for one in ids if one is not None])
    return [
        _outcome(write, answer[place], shown, object_type, context)
        if place < len(answer)
        else Unknown(write.key, "Zoho CRM said nothing about this one")
        for place, write in enumerate(writes)
    ]


def body_of(writes: Sequence[Write], unique_field: str | None) -> bytes:
    """The envelope; the payloads stand in it byte for byte, in order."""
    check = b'"duplicate_check_fields":' + encode([unique_field]) + b"," if unique_field is not None else b""
    return b'{"data":[' + b",".join(write.payload for write in writes) + b"]," + check + b'"trigger":[]}'


def _unchanged(client: CrmClient, module: Module, writes: Sequence[Write]) -> None:
    """Zoho compares no versions: before a change the records are read once more, all in one call."""
    expected = {write.external_id: write.expected_version for write in writes if write.expected_version is not None}
    ids = [one for one in expected if one is not None]
    if not ids:
        return
    for row in client.records(module.api_name, STAMPS, ids):
        before, now = expected.get(text(row, "id")), version_of(row)
        if before is not None and now != before:
            raise ConflictError(
                "It was changed in Zoho CRM since it was read.",
                f"{text(row, 'id')}: version {now} instead of {before}",
                system=client.connection.system,
                connection=client.connection.name,
            )


def _shown(connection: CrmConnection, client: CrmClient, module: Module, ids: Sequence[str]) -> Mapping[str, Row]:
    """The records as they stand now, by one call. What was written stands if they cannot be read."""
    if not ids:
        return {}
    try:
        found = client.records(module.api_name, read_fields(connection, module), ids)
    except MlcError:
        return {}
    return {text(row, "id") or "": row for row in found}


def _outcome(write: Write, row: Row, shown: Mapping[str, Row], object_type: ObjectType, context: MapContext) -> Outcome:
    if text(row, "status") == "error":
        return refused_row(write.key, row)
    details = inner(row, "details")
    record_id = text(details, "id") or write.external_id
    if text(row, "code") != "SUCCESS" or record_id is None:
        return Unknown(write.key, "Zoho CRM said yes, but not under which id")
    now = shown.get(record_id)
    version = version_of(now if now is not None else details) if now or text(details, "Modified_Time") else None
    seen = None if now is None else _seen(object_type, now, context)
    if write.operation is Operation.CREATE:
        return Created(write.key, record_id, version, seen)
    return Updated(write.key, record_id, version, seen)


def _seen(object_type: ObjectType, row: Row, context: MapContext) -> Record | None:
    """What cannot be mapped was written all the same: it is looked at on the next read."""
    try:
        return to_record(object_type, row, context)
    except MappingError:
        return None
