"""What mappings of several entities share: provenance, references, addresses, lines, rates. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import (
    Address,
    AddressKind,
    Completeness,
    DimensionValue,
    Line,
    ObjectType,
    Rate,
    Ref,
    SourceMeta,
)

from mlc_bill import SYSTEM
from mlc_bill.entities import KINDS
from mlc_bill.schemas import Row, fact, inner, moment, money, rows, text
from mlc_bill.versions import version_of

#: Canonical field, BILL's key, reader.
FieldTable = Sequence[tuple[str, str, Callable[[Row, str], Any]]]
RATE_DIGITS = Decimal("0.0000000001")


@dataclass(frozen=True, slots=True)
class MapContext:
    """What map knows beside the payload."""

    connection: str
    organization: str
    base_currency: str
    time_zone: str
    account_field: str = "GL Account"


def take(row: Row, table: FieldTable) -> dict[str, Any]:
    """The fields that the row carries; what it does not carry stays unset."""
    return {name: read(row, key) for name, key, read in table if key in row}


def source_meta(row: Row, context: MapContext, record_type: str, *, id_key: str = "id") -> SourceMeta:
    """Where the record was read, and which version of it. Raises MappingError for a row without its id."""
    source_id = text(row, id_key)
    if source_id is None:
        raise MappingError(f"BILL sent a {record_type} without its {id_key}.", field=id_key, system=SYSTEM)
    return SourceMeta(
        system=SYSTEM,
        connection_id=context.connection,
        entity_id=context.organization,
        record_type=record_type,
        source_id=source_id,
        source_version=version_of(row),
        source_created_at=moment(row, "createdTime"),
        source_updated_at=moment(row, "updatedTime"),
        completeness=Completeness.FULL,
    )


def ref(row: Row, record_type: ObjectType, key: str, *, name: str | None = None) -> Ref | None:
    """A reference by id, None when the row has none there."""
    source_id = text(row, key)
    if source_id is None:
        return None
    return Ref(record_type=record_type, source_id=source_id, name=text(row, name) if name else None)


def party(row: Row, field: str, record_type: ObjectType) -> dict[str, Any]:
    """Whose document it is; unset where the row does not say."""
    return {field: ref(row, record_type, f"{field}Id", name=f"{field}Name")} if f"{field}Id" in row else {}


def currency(row: Row) -> dict[str, Any]:
    """The party's currency, looked up when the row was read; unset where it was not."""
    found = fact(row, "currency")
    return {} if found is None else {"currency": found}


def rate(row: Row, context: MapContext, *, amount: str) -> dict[str, Any]:
    """What the payment cost in the funding currency, per unit of the document's.

    BILL states ``exchangeRate`` without its direction, so the two amounts decide.
    """
    own = fact(row, "currency")
    if own is None:
        return {}
    if own == context.base_currency:
        return {"exchange_rate": Rate(value=Decimal(1), from_currency=own, to_currency=own)}
    stated, funded = money(row, amount), money(row, "fundingAmount")
    if not stated or not funded:
        return {}
    value = (funded / stated).quantize(RATE_DIGITS, rounding=ROUND_HALF_UP).normalize()
    return {"exchange_rate": Rate(value=value, from_currency=own, to_currency=context.base_currency)}


_ADDRESS: FieldTable = (
    ("line1", "line1", text),
    ("line2", "line2", text),
    ("city", "city", text),
    ("region", "stateOrProvince", text),
    ("postal_code", "zipOrPostalCode", text),
    ("country_code", "country", text),
    ("country_raw", "countryName", text),
)


def address(row: Row, key: str, kind: AddressKind) -> Address | None:
    """An address, None when nothing in it is filled in."""
    found = {name: value for name, value in take(inner(row, key), _ADDRESS).items() if value is not None}
    return Address(kind=kind, **found) if found else None


def lines(row: Row, key: str) -> tuple[Line, ...]:
    """A document's lines in their order."""
    return tuple(_line(entry, place) for place, entry in enumerate(rows(row, key), 1))


def _line(row: Row, place: int) -> Line:
    fields: dict[str, Any] = {"line_id": text(row, "id"), "position": place, **take(row, _LINE)}
    if fields.get("line_net_amount") is None:
        quantity, price = fields.get("quantity"), fields.get("unit_price")
        if quantity is not None and price is not None:
            fields["line_net_amount"] = quantity * price
    codes = inner(row, "classifications")
    fields["account"] = ref(codes, ObjectType.ACCOUNT, "chartOfAccountId")
    fields["dimensions"] = tuple(
        DimensionValue(kind=kind.kind, source_id=text(codes, kind.key)) for kind in KINDS if codes.get(kind.key)
    )
    for name, record_type, key in (
        ("item", ObjectType.ITEM, "itemId"),
        ("customer", ObjectType.CUSTOMER, "customerId"),
    ):
        if codes.get(key):
            fields[name] = ref(codes, record_type, key)
    return Line(**fields)


_LINE: FieldTable = (
    ("description", "description", text),
    ("quantity", "quantity", money),
    ("unit_price", "price", money),
    ("line_net_amount", "amount", money),
)
