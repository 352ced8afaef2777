"""What mappings of several entities share: provenance, references, dimensions, rates, custom fields. Pure."""

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import (
    Address,
    AddressKind,
    AttachmentRef,
    Completeness,
    CustomField,
    DimensionKind,
    DimensionValue,
    ObjectType,
    Rate,
    Ref,
    SourceMeta,
    country_code_of,
)

from mlc_zoho.books.entities import Entity
from mlc_zoho.books.schemas import ORGANISATION, Row, moment, money, rows, text
from mlc_zoho.books.versions import version_of

ZERO = Decimal(0)

#: Canonical field, Zoho's key, reader.
FieldTable = Sequence[tuple[str, str, Callable[[Row, str], Any]]]


@dataclass(frozen=True, slots=True)
class MapContext:
    """What map knows beside the payload."""

    system: str
    connection: str
    unique_field: str
    issue_date_field: str | None = None
    reimburse_field: str = "cf_reimburse"
    employee_field: str = "cf_employee"
    budget_field: str = "cf_budget"
    deal_field: str = "cf_deal_id"


def take(row: Row, table: FieldTable) -> dict[str, Any]:
    """The fields that the row carries; what it does not carry stays unset."""
    return {name: read(row, key) for name, key, read in table if key in row}


def shown(row: Row, values: Mapping[str, Any], origins: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The values of which the row carries something; the others stay unset."""
    return {name: value for name, value in values.items() if any(key in row for key in origins[name])}


def source_meta(row: Row, context: MapContext, entity: Entity, *, full: bool) -> SourceMeta:
    """Where the record was read, and which version of it. Raises MappingError for a row without its id."""
    source_id = text(row, entity.id)
    if source_id is None:
        raise MappingError(f"Zoho Books sent a record without its {entity.id}.", field=entity.id)
    return SourceMeta(
        system=context.system,
        connection_id=context.connection,
        entity_id=organisation_fact(row, "id"),
        record_type=entity.detail,
        source_id=source_id,
        source_version=version_of(entity, row),
        source_created_at=moment(row, "created_time"),
        source_updated_at=moment(row, "last_modified_time"),
        completeness=Completeness.FULL if full else Completeness.SUMMARY,
    )


def term_of(days: int | None) -> str | None:
    """The id that we give a payment term which is a number of days: Zoho has none. Below zero only the label tells."""
    return None if days is None or days < 0 else str(days)


def organisation_fact(row: Row, key: str) -> str | None:
    """A fact of the organisation the row was read in."""
    facts = row.get(ORGANISATION)
    return facts.get(key) if isinstance(facts, Mapping) else None


def ref(
    row: Row, record_type: ObjectType, id_key: str, *, name: str | None = None, code: str | None = None
) -> Ref | None:
    """A reference by id, None when the row has no id there."""
    source_id = text(row, id_key)
    if source_id is None:
        return None
    return Ref(
        record_type=record_type,
        source_id=source_id,
        code=text(row, code) if code else None,
        name=text(row, name) if name else None,
    )


def document_rate(row: Row) -> Rate | None:
    """Zoho states base units per unit of the document's currency; equal currencies have rate 1."""
    currency = text(row, "currency_code")
    base = organisation_fact(row, "currency_code")
    if currency is None or base is None:
        return None
    if currency == base:
        return Rate(value=Decimal(1), from_currency=currency, to_currency=base)
    stated = money(row, "exchange_rate")
    return Rate(value=stated, from_currency=currency, to_currency=base) if stated else None


def rate_of(row: Row) -> dict[str, Any]:
    """The rate as a field: unset when the row cannot tell it, None when Zoho says that there is none."""
    rate = document_rate(row)
    said = rate is not None or ("exchange_rate" in row and not row["exchange_rate"])
    return {"exchange_rate": rate} if said else {}


def dimensions(row: Row) -> tuple[DimensionValue, ...]:
    """Reporting tags, location and project of a document or line."""
    found = [
        DimensionValue(
            kind=DimensionKind.TAG,
            set_id=text(tag, "tag_id"),
            source_id=text(tag, "tag_option_id"),
            name=text(tag, "tag_option_name"),
        )
        for tag in (rows(row, "tags") if row.get("tags") else ())
        if text(tag, "tag_option_id") is not None
    ]
    for kind, key, name in _SINGLE_DIMENSIONS:
        if row.get(key):
            found.append(DimensionValue(kind=kind, source_id=text(row, key), name=text(row, name)))
    return tuple(found)


_SINGLE_DIMENSIONS = (
    (DimensionKind.LOCATION, "location_id", "location_name"),
    (DimensionKind.PROJECT, "project_id", "project_name"),
)


def custom_fields(row: Row) -> tuple[CustomField, ...]:
    """Custom fields with a value, by API name where Zoho states it."""
    found = []
    for field in rows(row, "custom_fields"):
        key = text(field, "api_name") or text(field, "customfield_id") or text(field, "custom_field_id")
        if key is not None:
            label, kind, value = text(field, "label"), text(field, "data_type"), text(field, "value")
            found.append(CustomField(key=key, label=label, type=kind, value=value))
    return tuple(found)


def custom_value(row: Row, api_name: str) -> str | None:
    """One custom field's value: from the hash, by API name, or by the label that the API name was made from."""
    hashed = row.get("custom_field_hash")
    if isinstance(hashed, Mapping) and hashed.get(api_name):
        return text(hashed, api_name)
    if row.get(api_name):
        return text(row, api_name)
    for field in rows(row, "custom_fields"):
        named = text(field, "api_name") or "cf_" + (text(field, "label") or "").strip().lower().replace(" ", "_")
        if named == api_name:
            return text(field, "value")
    return None


def carries_custom_fields(row: Row) -> bool:
    """True when the row shows custom fields at all; documented list rows of bills and payments do not."""
    return "custom_fields" in row or "custom_field_hash" in row


_ADDRESS: FieldTable = (
    ("line1", "address", text),
    ("line2", "street2", text),
    ("line3", "attention", text),
    ("city", "city", text),
    ("region", "state", text),
    ("region_code", "state_code", text),
    ("postal_code", "zip", text),
    ("country_code", "country_code", text),
    ("country_raw", "country", text),
)


def address(row: Row, key: str, kind: AddressKind) -> Address | None:
    """An address, None when nothing in it is filled in."""
    stated = row.get(key)
    if not isinstance(stated, Mapping):
        return None
    found = {name: value for name, value in take(stated, _ADDRESS).items() if value is not None}
    code = found.get("country_code") or country_code_of(found.get("country_raw"))
    if code is not None:
        found["country_code"] = code
    return Address(kind=kind, **found) if found else None


def attachments(row: Row, path: str) -> tuple[AttachmentRef, ...]:
    """A document's files. Zoho hands out one file per document, so each points to the same address.

    The last picture or PDF is taken for the image of the document, since it is the one that Zoho hands out.
    """
    named = [(text(file, "document_id"), text(file, "file_name")) for file in rows(row, "documents")]
    files = [(key, name) for key, name in named if key is not None]
    alone = text(row, "attachment_name")
    if not files and alone is not None:
        files = [(alone, alone)]
    images = [key for key, name in files if (name or "").lower().endswith(_IMAGES)]
    return tuple(
        AttachmentRef(
            source_id=key,
            filename=name,
            mime_type=mimetypes.guess_type(name or "")[0],
            url=path,
            is_image_of_document=images[-1:] == [key],
        )
        for key, name in files
    )


_IMAGES = (".pdf", ".png", ".jpg", ".jpeg", ".gif", ".bmp")
