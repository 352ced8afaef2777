"""The fields by which two sides of a party or person are merged: the record's own, with each kind of address apart, and
of a customer the person to whom invoices go."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlc.records import Address, AddressKind, Contact, ContactPoint, Customer, ListEntry, Part, Party, Ref

Mergeable = Party | Contact | ListEntry

#: Addresses of a kind have an owner of their own: the ledger's invoices go to one, the goods to the other.
ADDRESSES: Mapping[str, AddressKind] = {
    "billing_address": AddressKind.BILLING,
    "shipping_address": AddressKind.SHIPPING,
}
#: The person to whom invoices go, where a customer is one person: each field of it has an owner of its own.
BILLING_PERSON: Mapping[str, str] = {
    "billing_person": "name",
    "billing_first_name": "first_name",
    "billing_last_name": "last_name",
    "billing_email": "email",
    "billing_phone": "phone",
    "billing_mobile": "mobile",
}
#: Invoices and reminders go there: a change by the side that does not own it is held under the remit rule.
REMITTED = frozenset({"billing_email"})
_OTHERS = "other_addresses"
_WHOLE = "addresses"
_OTHER_PEOPLE = "other_people"
_PEOPLE = "contacts"
_NAMES = frozenset({"first_name", "last_name"})


def names_of(record: Mergeable) -> Iterator[str]:
    """Every field once: the addresses by kind, everything else under the model's name; never where it was read."""
    for name in type(record).model_fields:
        if name == _WHOLE:
            yield from (*ADDRESSES, _OTHERS)
        elif name == _PEOPLE and isinstance(record, Customer):
            yield from (*BILLING_PERSON, _OTHER_PEOPLE)
        elif name != "source":
            yield name


def model_field(name: str) -> str:
    """The field of the record in which this one is kept."""
    if name in ADDRESSES or name == _OTHERS:
        return _WHOLE
    return _PEOPLE if name in BILLING_PERSON or name == _OTHER_PEOPLE else name


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
    if name in BILLING_PERSON:
        person = record.billing_person if isinstance(record, Party) else None
        return None if person is None else getattr(person, BILLING_PERSON[name])
    if name == _OTHER_PEOPLE:
        return _other_people(record)
    return getattr(record, name)


def with_values(record: Mergeable, changes: Mapping[str, Any]) -> Any:
    """The record with these fields changed; addresses of other kinds, and other people, stay as they are there."""
    plain = {name: value for name, value in changes.items() if model_field(name) == name}
    person = {name: value for name, value in changes.items() if name != _PEOPLE and model_field(name) == _PEOPLE}
    apart = {name: value for name, value in changes.items() if name != _WHOLE and model_field(name) == _WHOLE}
    if apart:
        kinds = {ADDRESSES[name] for name in apart if name in ADDRESSES}
        kept = [one for one in _addresses(record) if one.kind not in kinds]
        if _OTHERS in apart:
            kept = [one for one in kept if one.kind in ADDRESSES.values()]
        news = [value for name, value in apart.items() if name in ADDRESSES and value is not None]
        plain[_WHOLE] = (*kept, *news, *apart.get(_OTHERS, ()))
    if person:
        plain[_PEOPLE] = _people_with(record, person)
    return record.model_copy(update=plain)


def _people_with(record: Mergeable, changes: Mapping[str, Any]) -> tuple[ContactPoint, ...]:
    """Everybody, with the billing person changed; who has no values left is nobody."""
    before = record.billing_person if isinstance(record, Party) else None
    stated = {BILLING_PERSON[name]: value for name, value in changes.items() if name in BILLING_PERSON}
    if stated:
        person = (before or ContactPoint(is_primary=True)).model_copy(update=stated)
        if stated.keys() & _NAMES and "name" not in stated:
            names = (person.first_name, person.last_name)
            person = person.model_copy(update={"name": " ".join(one for one in names if one) or None})
    else:
        person = before or ContactPoint()
    others = changes.get(_OTHER_PEOPLE, _other_people(record))
    is_there = any(getattr(person, name) for name in ("source_id", *BILLING_PERSON.values()))
    return (person, *others) if is_there else tuple(others)


def compared(record: Mergeable, name: str) -> object:
    """What counts of a value: a reference by its id, text without outer spaces, nothing and empty text alike, an
    e-mail address whatever its case."""
    found = plain(value_of(record, name))
    return found.casefold() if name in _MAILBOXES and isinstance(found, str) else found


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


_MAILBOXES = frozenset({"email", "billing_email"})
_NO_CONTENT = frozenset({"source_id", "kind"})


def _addresses(record: Mergeable) -> tuple[Address, ...]:
    return record.addresses if isinstance(record, Party) else ()


def _other_people(record: Mergeable) -> tuple[ContactPoint, ...]:
    if not isinstance(record, Party):
        return ()
    return tuple(one for one in record.contacts if one is not record.billing_person)
