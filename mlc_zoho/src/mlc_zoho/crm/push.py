"""Writes: up to a hundred records in exactly one mutating request, and what became of each.

Zoho answers row by row, in order, whatever the HTTP status. ``trigger: []`` keeps the organisation's own automations
out of it. A create with our key is an upsert: the key alone decides whether there is one already.
"""

from collections.abc import Mapping, Sequence

from mlc import Created, NotSent, Operation, Outcome, RejectCause, Rejected, Unknown, Updated, Write
from mlc.errors import MappingError, MlcError
from mlc.records import ObjectType, Record
from mlc.wire import encode

from mlc_zoho.crm.client import CrmClient, CrmConnection
from mlc_zoho.crm.errors import refused_row
from mlc_zoho.crm.mapping import MapContext, to_record
from mlc_zoho.crm.modules import STAMPS, Module, module_of
from mlc_zoho.crm.schemas import Row, inner, text
from mlc_zoho.crm.tenant import forget, key_in, read_fields
from mlc_zoho.crm.versions import version_of

NOT_ALONE = "others of the same request were changed in Zoho CRM meanwhile"


def push(
    connection: CrmConnection, object_type: ObjectType, writes: Sequence[Write], context: MapContext
) -> list[Outcome]:
    """Send the writes together; they are all creates, or all changes.

    Raises: AuthError, RateLimitedError, TransientError.
    """
    module = module_of(connection.settings, object_type)
    client = CrmClient(connection)
    creating = writes[0].operation is Operation.CREATE
    stale = {} if creating else _changed_since(client, module, writes)
    if stale:
        others = NOT_ALONE if len(stale) < len(writes) else ""
        return [stale.get(write.key) or NotSent(write.key, 0.0, others) for write in writes]
    unique = creating and writes[0].use_unique_field
    path = f"{module.api_name}/upsert" if unique else module.api_name
    check = connection.settings.unique_field if unique else None
    answer = client.write("POST" if creating else "PUT", path, body_of(writes, check))
    if any(text(row, "status") == "error" for row in answer):
        forget(connection)
    ids = [found for row in answer if (found := _written(row)) is not None]
    shown = _shown(connection, client, module, ids)
    keys = {key_in(connection, module, write.record_key): write for write in writes} if check is not None else {}
    rows = _by_write(writes, answer, shown, check, keys)
    return [_outcome(write, rows.get(write.key), shown, object_type, context) for write in writes]


def _by_write(
    writes: Sequence[Write],
    answer: Sequence[Row],
    shown: Mapping[str, Row],
    check: str | None,
    keys: Mapping[str, Write],
) -> dict[str, Row]:
    """Which row of the answer belongs to which write: by place, unless the record that it names is another's.

    An answer with more or fewer rows than the request is believed only where a record says itself whose it is.
    """
    whole = len(answer) == len(writes)
    changed = {write.external_id: write for write in writes if write.external_id is not None}
    found = {}
    for place, row in enumerate(answer):
        record_id = _written(row)
        key = text(shown.get(record_id or "", {}), check) if check is not None else None
        owner = keys.get(key or "") or changed.get(record_id or "")
        if owner is None and whole:
            there = writes[place]
            of_another = record_id is not None and (key is not None or there.external_id is not None)
            owner = None if of_another else there
        if owner is not None:
            found[owner.key] = row
    return found


def _written(row: Row) -> str | None:
    """The id of a record that was written, None for a refusal."""
    return text(inner(row, "details"), "id") if text(row, "status") == "success" else None


def body_of(writes: Sequence[Write], unique_field: str | None) -> bytes:
    """The envelope; the payloads stand in it byte for byte, in order."""
    check = b'"duplicate_check_fields":' + encode([unique_field]) + b"," if unique_field is not None else b""
    return b'{"data":[' + b",".join(write.payload for write in writes) + b"]," + check + b'"trigger":[]}'


def _changed_since(client: CrmClient, module: Module, writes: Sequence[Write]) -> dict[str, Outcome]:
    """Which records were changed since they were read. Zoho compares no versions: one call looks at all of them.

    Nothing is sent then, since the request was to hold all of the writes; the others go without these.
    """
    expected = {write.external_id: write for write in writes if write.expected_version is not None}
    ids = [one for one in expected if one is not None]
    rows = client.records(module.api_name, STAMPS, ids) if ids else []
    found: dict[str, Outcome] = {}
    for row in rows:
        write, now = expected.get(text(row, "id")), version_of(row)
        if write is not None and now != write.expected_version:
            reason = "It was changed in Zoho CRM since it was read."
            found[write.key] = Rejected(write.key, reason, code=now, cause=RejectCause.CONFLICT)
    return found


def _shown(connection: CrmConnection, client: CrmClient, module: Module, ids: Sequence[str]) -> Mapping[str, Row]:
    """The records as they stand now, by one call. What was written stands if they cannot be read."""
    if not ids:
        return {}
    try:
        found = client.records(module.api_name, read_fields(connection, module), ids)
    except MlcError:
        return {}
    return {text(row, "id") or "": row for row in found}


def _outcome(
    write: Write, row: Row | None, shown: Mapping[str, Row], object_type: ObjectType, context: MapContext
) -> Outcome:
    if row is None:
        return Unknown(write.key, "Zoho CRM did not say what became of this one")
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
