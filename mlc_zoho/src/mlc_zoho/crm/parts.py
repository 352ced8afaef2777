"""What the mappings of several modules share. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

from mlc.errors import MappingError
from mlc.records import Address, AddressKind, ObjectType, Ref, country_code_of

from mlc_zoho.crm.keys import other_id
from mlc_zoho.crm.schemas import Row, inner, text

#: Canonical field, Zoho's field, reader.
FieldTable = Sequence[tuple[str, str, Callable[[Row, str], Any]]]


def take(row: Row, table: FieldTable) -> dict[str, Any]:
    """The fields that the row carries; what it does not carry stays unset."""
    return {name: read(row, key) for name, key, read in table if key in row}


def required(row: Row, key: str) -> str:
    """A text without which there is no record. Raises MappingError."""
    value = text(row, key)
    if value is None:
        raise MappingError(f"Zoho CRM sent a record without its {key}.", field=key)
    return value


def pointing_to(record_type: ObjectType) -> Callable[[Row, str], Ref | None]:
    """A reader of look-up fields; None for an empty one."""

    def read(row: Row, key: str) -> Ref | None:
        pointed = inner(row, key)
        source_id, name = text(pointed, "id"), text(pointed, "name")
        return None if source_id is None else Ref(record_type=record_type, source_id=source_id, name=name)

    return read


def address_of(row: Row, kind: str, of: AddressKind) -> Address | None:
    """An address, None when nothing in it is filled in. The street may have several lines."""
    street = (text(row, f"{kind}_Street") or "").splitlines()
    lines = {f"line{number}": line for number, line in enumerate(street[:2], 1) if line.strip()}
    if len(street) > 2:
        lines["line3"] = ", ".join(line for line in street[2:] if line.strip())
    others = {"city": "City", "region": "State", "postal_code": "Code", "country_raw": "Country"}
    found = {name: text(row, f"{kind}_{part}") for name, part in others.items()}
    found["postal_code"] = found["postal_code"] or text(row, f"{kind}_Zip")
    known = {**lines, **{name: value for name, value in found.items() if value is not None}}
    code = country_code_of(known.get("country_raw"))
    if code is not None:
        known["country_code"] = code
    return Address(kind=of, **known) if known else None


def owner_of(row: Row, key: str) -> str | None:
    """The name of whom a look-up field shows."""
    return text(inner(row, key), "name")


def our_key(record_type: ObjectType) -> Callable[[Row, str], str | None]:
    """A reader of the unique field: the other system's id in it."""

    def read(row: Row, key: str) -> str | None:
        value = text(row, key)
        return None if value is None else other_id(value, record_type)

    return read
