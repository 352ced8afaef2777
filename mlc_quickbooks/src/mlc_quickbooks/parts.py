"""What mappings of several entities share: provenance, references, rates, dimensions, addresses. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import (
    Address,
    AddressKind,
    DimensionKind,
    DimensionValue,
    ObjectType,
    Rate,
    Ref,
    SourceMeta,
    country_code_of,
)

from mlc_quickbooks.entities import CLASS, DEPARTMENT, Entity
from mlc_quickbooks.schemas import COMPANY, Row, inner, instant, modified, money, ref_id, ref_name, text
from mlc_quickbooks.versions import version_of

ZERO = Decimal(0)
#: QuickBooks appends it to the name of what was made inactive.
DELETED_NAME = " (deleted)"

#: Canonical field, QuickBooks' member, reader.
FieldTable = Sequence[tuple[str, str, Callable[[Row, str], Any]]]


@dataclass(frozen=True, slots=True)
class MapContext:
    """What map knows beside the payload."""

    system: str
    connection: str


def take(row: Row, table: FieldTable) -> dict[str, Any]:
    """The fields that the row carries; what it does not carry stays unset."""
    return {name: read(row, key) for name, key, read in table if key in row}


def source_meta(row: Row, context: MapContext, entity: Entity) -> SourceMeta:
    """Where the record was read, and which version of it. Raises MappingError for a row without its id."""
    own = text(row, "Id")
    if own is None:
        raise MappingError(f"QuickBooks sent a {entity.name} without its Id.", field="Id")
    return SourceMeta(
        system=context.system,
        connection_id=context.connection,
        entity_id=fact(row, "realm"),
        record_type=entity.name,
        source_id=f"{entity.prefix}{own}",
        source_version=version_of(entity, row),
        source_created_at=instant(inner(row, "MetaData").get("CreateTime")),
        source_updated_at=modified(row),
    )


def fact(row: Row, key: str) -> str | None:
    """A fact of the company the row was read in."""
    return text(inner(row, COMPANY), key)


def yes(row: Row, key: str) -> bool:
    """A switch of the company the row was read in."""
    return inner(row, COMPANY).get(key) is True


def required(row: Row, key: str) -> str:
    found = text(row, key)
    if found is None:
        raise MappingError(f"QuickBooks sent no {key}.", field=key)
    return found


def ref(record_type: ObjectType, prefix: str = "") -> Callable[[Row, str], Ref | None]:
    """A reader of references, None when there is none."""

    def read(row: Row, key: str) -> Ref | None:
        found = ref_id(row, key)
        if found is None:
            return None
        return Ref(record_type=record_type, source_id=f"{prefix}{found}", name=ref_name(row, key))

    return read


def account_ref(row: Row, key: str) -> Ref | None:
    return ref(ObjectType.ACCOUNT)(row, key)


def currency_of(row: Row) -> str | None:
    """A document's currency: as stated, else the company's own."""
    stated = ref_id(row, "CurrencyRef") or fact(row, "currency")
    return stated if stated is not None and len(stated) == 3 and stated.isascii() and stated.isupper() else None


def money_fields(row: Row) -> dict[str, Any]:
    """Currency and rate. QuickBooks states base units per unit; the base currency itself has rate 1."""
    currency, base = currency_of(row), fact(row, "currency")
    if currency is None:
        return {}
    fields: dict[str, Any] = {"currency": currency}
    if base is not None and currency == base:
        fields["exchange_rate"] = Rate(value=Decimal(1), from_currency=currency, to_currency=base)
    elif base is not None and "ExchangeRate" in row:
        stated = money(row, "ExchangeRate")
        known = stated is not None and stated > 0
        fields["exchange_rate"] = Rate(value=stated, from_currency=currency, to_currency=base) if known else None
    return fields


def dimensions(row: Row, *more: DimensionValue | None) -> tuple[DimensionValue, ...]:
    """Department and class of a line; ``more`` holds what its document says for all."""
    found = [one for one in more if one is not None]
    for entity, key in ((DEPARTMENT, "DepartmentRef"), (CLASS, "ClassRef")):
        value = dimension(row, key, entity)
        if value is not None and all(one.kind is not value.kind for one in found):
            found.append(value)
    return tuple(found)


def dimension(row: Row, key: str, entity: Entity) -> DimensionValue | None:
    found = ref_id(row, key)
    if found is None:
        return None
    own = f"{entity.prefix}{found}"
    return DimensionValue(kind=entity.kind or DimensionKind.CUSTOM, source_id=own, code=own, name=ref_name(row, key))


_LINES: Mapping[str, str] = {
    "line1": "Line1", "line2": "Line2", "line3": "Line3", "city": "City", "region": "CountrySubDivisionCode",
    "postal_code": "PostalCode", "country_raw": "Country",
}  # fmt: skip


def address(row: Row, key: str, kind: AddressKind) -> Address | None:
    """An address, None when nothing in it is filled in."""
    stated = inner(row, key)
    found: dict[str, Any] = {name: text(stated, member) for name, member in _LINES.items() if text(stated, member)}
    code = country_code_of(found.get("country_raw"))
    if code is not None:
        found["country_code"] = code
    return Address(kind=kind, **found) if found else None
