"""Single records by id, whole; orders with their lines. What is gone comes back as deleted, never as an error."""

from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from mlc import SourceRecord
from mlc.http import VendorClient
from mlc.records import Deletion, DeletionKind, ObjectType

from mlc_basware import typed
from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient
from mlc_basware.entities import (
    DOCUMENTS,
    EXPORTED_ORDERS,
    ORDER_LINES,
    ORDERS,
    Resource,
    resources_of,
)
from mlc_basware.fetch import Phase, id_of, is_ours, is_wanted, source_record
from mlc_basware.mapping_orders import LINES
from mlc_basware.redaction import without_secrets
from mlc_basware.schemas import Row, text

GONE_VERSION = "gone"
#: Resources whose key at Basware is their id.
BY_ID = frozenset({DOCUMENTS.path, EXPORTED_ORDERS.path})

#: Path → id → externalCode, per live client. Neither ever changes.
_KEYS: WeakKeyDictionary[VendorClient, dict[str, dict[str, str]]] = WeakKeyDictionary()


def read(connection: BaswareConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    """Records in the order of their ids. Keys that are not known are looked for in the list, once for all."""
    found: dict[str, SourceRecord] = {}
    for resource in resources_of(connection.settings, object_type):
        missing = [one for one in dict.fromkeys(ids) if one not in found and one.startswith(resource.prefix)]
        for row in _rows(connection, resource, missing):
            record = whole(connection, resource, row)
            found.setdefault(record.id, record)
    if object_type is ObjectType.VENDOR:
        missing = [one for one in dict.fromkeys(ids) if one not in found]
        found |= {record.id: record for record in typed.by_codes(connection, missing)}
    return [found.get(one) or _gone(one) for one in ids]


def by_code(connection: BaswareConnection, resource: Resource, code: str) -> SourceRecord | None:
    """The record of this ``externalCode``, whole; None when there is none of ours."""
    row = BaswareClient(connection).maybe(resource, code)
    if row is None or not is_ours(connection.settings, resource, row):
        return None
    return whole(connection, resource, row)


def whole(connection: BaswareConnection, resource: Resource, row: Row) -> SourceRecord:
    """A record with what its list does not show."""
    note_keys(connection, resource, [row])
    if resource != ORDERS:
        return source_record(resource, row)
    code = text(row, "externalCode") or ""
    lines = BaswareClient(connection).every(ORDER_LINES, {"orderExternalCode": code})
    shown = [without_secrets(dict(line)) for line in lines if text(line, "orderExternalCode") in (None, code)]
    return source_record(resource, {**row, LINES: shown}, complete=True)


def note_keys(connection: BaswareConnection, resource: Resource, found: Iterable[Row]) -> None:
    """Remember which key belongs to which id."""
    known = _KEYS.setdefault(connection.http, {}).setdefault(resource.path, {})
    for row in found:
        code = text(row, "externalCode")
        if code is not None:
            known[id_of(resource, row)] = code


def _rows(connection: BaswareConnection, resource: Resource, ids: Sequence[str]) -> Iterable[Row]:
    client, settings = BaswareClient(connection), connection.settings
    if resource.path in BY_ID:
        for one in ids:
            row = client.maybe(resource, one)
            if row is not None and is_wanted(settings, Phase(resource, {}), _lenient(row), None):
                yield row
        return
    known = _KEYS.setdefault(connection.http, {}).setdefault(resource.path, {})
    missing = set(ids)
    for one in ids:
        row = client.maybe(resource, known[one]) if one in known else None
        if row is not None and id_of(resource, row) == one:
            missing.discard(one)
            yield row
    if not missing:
        return
    for row in client.every(resource):
        if not is_ours(settings, resource, row):
            continue
        note_keys(connection, resource, [row])
        if id_of(resource, row) in missing:
            missing.discard(id_of(resource, row))
            yield row
        if not missing:
            return


def _lenient(row: Row) -> dict[str, Any]:
    """By its id an invoice is read in whatever status it is; only its company and its mode count."""
    return {key: value for key, value in row.items() if key != "processingStatus"} | (
        {"processingStatus": "TransferInProgress"} if "processingStatus" in row else {}
    )


def _gone(record_id: str) -> SourceRecord:
    deleted = Deletion(kind=DeletionKind.VANISHED, evidence="http_404")
    return SourceRecord(record_id, GONE_VERSION, {}, deleted=deleted)
