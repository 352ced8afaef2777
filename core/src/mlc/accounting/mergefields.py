"""The fields by which two sides of a party or person are merged: the record's own, with each kind of address apart."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlc.records import Address, AddressKind, Contact, ListEntry, Part, Party, Ref

Mergeable = Party | Contact | ListEntry

#: Addresses of a kind have an owner of their own: the ledger's invoices go to one, the goods to the other.
ADDRESSES: Mapping[str, AddressKind] = {
    "billing_address": AddressKind.BILLING,
    "shipping_address": AddressKind.SHIPPING,
}
_OTHERS = "other_addresses"
_WHOLE = "addresses"


def names_of(record: Mergeable) -> Iterator[str]:
    """Every field once: the addresses by kind, everything else under the model's name; never where it was read."""
    for name in type(record).model_fields:
        if name == _WHOLE:
            yield from (*ADDRESSES, _OTHERS)
        elif name != "source":
            yield name


def model_field(name: str) -> str:
    """The field of the record in which this one is kept."""
    return _WHOLE if name in ADDRESSES or name == _OTHERS else name


def has_field(record: Mergeable, name: str) -> bool:
    return model_field(name) in type(record).model_fields


def is_known(record: Mergeable, name: str) -> bool:
    return record.known(model_field(name))


def value_of(record: Mergeable, name: str) -> Any:
    """As it is kept; of an address its own kind alone, None where there is none."""
    if name in ADDRESSES:
        return next((one for one in _addresses(record) if one.kind is ADDRESSES[name]), None)
    if name == _OTHERS:
        return tuple(one for one in _addresses(record) if one.kind not in ADDRESSES.values())
    return getattr(record, name)


def with_values(record: Mergeable, changes: Mapping[str, Any]) -> Any:
    """The record with these fields changed; addresses of other kinds stay as they are there."""
    plain = {name: value for name, value in changes.items() if model_field(name) == name}
    apart = {name: value for name, value in changes.items() if model_field(name) != name}
    if apart:
        kinds = {ADDRESSES[name] for name in apart if name in ADDRESSES}
        kept = [one for one in _addresses(record) if one.kind not in kinds]
        if _OTHERS in apart:
            kept = [one for one in kept if one.kind in ADDRESSES.values()]
        news = [value for name, value in apart.items() if name in ADDRESSES and value is not None]
        plain[_WHOLE] = (*kept, *news, *apart.get(_OTHERS, ()))
    return record.model_copy(update=plain)


def compared(record: Mergeable, name: str) -> object:
    """What counts of a value: a reference by its id, text without outer spaces, nothing and empty text alike, an
    e-mail address whatever its case."""
    found = plain(value_of(record, name))
    return found.casefold() if name == "email" and isinstance(found, str) else found


def plain(value: object) -> object:
    """A value without what does not count."""
    if isinstance(value, Ref):
        return value.source_id or value.code or value.name
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, Part):
        known = {name: plain(getattr(value, name)) for name in type(value).model_fields if name not in _NO_CONTENT}
        if isinstance(value, Address) and not any(known.values()):
            return None
        kind = {"kind": value.kind} if isinstance(value, Address) else {}
        return tuple(sorted((name, item) for name, item in {**known, **kind}.items() if item is not None)) or None
    return value


_NO_CONTENT = frozenset({"source_id", "kind"})


def _addresses(record: Mergeable) -> tuple[Address, ...]:
    return record.addresses if isinstance(record, Party) else ()
