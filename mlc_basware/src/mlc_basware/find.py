"""Look-ups: by our key first, else by the natural key, which no list can be filtered by: rows are compared here."""

from collections.abc import Sequence
from typing import Any

from mlc import FindKey, SourceRecord
from mlc.records import ObjectType, ReportKind

from mlc_basware import typed
from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient
from mlc_basware.codes import code_of
from mlc_basware.entities import DOCUMENTS, EXCHANGE_RATES, Resource, resources_of
from mlc_basware.fetch import id_of, is_ours
from mlc_basware.parts import name_in
from mlc_basware.reading import BY_ID, by_code, note_keys, read, whole
from mlc_basware.redaction import without_secrets
from mlc_basware.schemas import FACTS, Row, rows, text
from mlc_basware.settings import prefix_of
from mlc_basware.statuses import WAITING

#: Fields that hold a record's name, by path.
NAMES = {"vendors": "name", "projects": "projectName"}
TRANSLATED = {
    "accounts": "accountNames",
    "costCenters": "costCenterNames",
    "taxCodes": "taxCodeNames",
    "paymentTerms": "paymentTermNames",
}


def find(connection: BaswareConnection, object_type: ObjectType, keys: Sequence[FindKey]) -> list[list[SourceRecord]]:
    """One list of candidates per key, inactive ones included."""
    if object_type is ObjectType.DOCUMENT_REPORT:
        return [_reports(connection, key) for key in keys]
    return [_find(connection, object_type, key) for key in keys]


def _find(connection: BaswareConnection, object_type: ObjectType, key: FindKey) -> list[SourceRecord]:
    if key.external_id is not None:
        return [row for row in read(connection, object_type, [key.external_id]) if row.deleted is None]
    code = code_of(prefix_of(connection.settings), key.record_key)
    if object_type is ObjectType.EXCHANGE_RATE:  # from, to and day are its key
        if key.currency is None or key.reference is None or key.on is None:
            return []
        pair = f"{key.currency}{key.reference}-{key.on:%Y%m%d}"
        own = by_code(connection, EXCHANGE_RATES, code_of(prefix_of(connection.settings), pair))
        return [] if own is None else [own]
    for resource in resources_of(connection.settings, object_type):
        if resource.path in BY_ID or object_type is ObjectType.DIMENSION:
            continue
        own = by_code(connection, resource, code)
        if own is not None:
            return [own]
    if key.number is None and key.name is None:
        return []
    found = []
    for resource in resources_of(connection.settings, object_type):
        for row in BaswareClient(connection).every(resource):
            if is_ours(connection.settings, resource, row) and _matches(connection, resource, row, key):
                note_keys(connection, resource, [row])
                found.append(whole(connection, resource, row))
    return found + (typed.alike(connection, key.number, key.name) if object_type is ObjectType.VENDOR else [])


def _matches(connection: BaswareConnection, resource: Resource, row: Row, key: FindKey) -> bool:
    if key.party_id is not None and text(row, "supplierCode") not in (None, key.party_id):
        return False
    number = text(row, "orderNumber") if "orderNumber" in row else id_of(resource, row).removeprefix(resource.prefix)
    if key.number is not None and _same(number, key.number):
        return True
    return key.name is not None and _same(_name(connection, resource, row), key.name)


def _name(connection: BaswareConnection, resource: Resource, row: Row) -> str | None:
    if resource.path in TRANSLATED:
        return name_in(row, TRANSLATED[resource.path], connection.settings.language)
    return text(row, NAMES.get(resource.path, connection.settings.list_name_column))


def _same(stated: str | None, wanted: str) -> bool:
    """Equal but for case and runs of spaces."""
    return " ".join((stated or "").split()).casefold() == " ".join(wanted.split()).casefold()


def _reports(connection: BaswareConnection, key: FindKey) -> list[SourceRecord]:
    """An answer as its invoice shows it. What is told by the status alone is found under its own code."""
    if key.external_id is None:
        return []
    invoice = BaswareClient(connection).maybe(DOCUMENTS, key.external_id)
    if invoice is None or not is_ours(connection.settings, DOCUMENTS, invoice):
        return []
    if key.reference == ReportKind.TAKEN:
        waiting = text(invoice, "processingStatus") == WAITING
        return [] if waiting else [_report(invoice, {"externalCode": key.record_key}, key.reference)]
    return [
        _report(invoice, row, ReportKind.PAID if field == "paymentResponses" else ReportKind.POSTED)
        for field in ("transferResponses", "paymentResponses")
        for row in rows(invoice, field)
        if text(row, "externalCode") == key.record_key
    ]


def _report(invoice: Row, response: Row, kind: str) -> SourceRecord:
    code = text(response, "externalCode") or ""
    payload: dict[str, Any] = without_secrets(dict(response))
    payload["currencyCode"] = invoice.get("currencyCode")
    payload[FACTS] = {"document": text(invoice, "invoiceId"), "kind": str(kind)}
    return SourceRecord(code, code, payload)
