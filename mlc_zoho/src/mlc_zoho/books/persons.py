"""Contact persons: they live inside their contact, have no list and no times of their own, and calls of their own.

A person's id here is the person's and, behind a colon, as much of the contact's as differs from it: Zoho finds a person
only by both, and together they would be longer than what other systems keep of an id. Its version is what it shows:
when one person of a contact changes, the others cost nothing.

Vendor doc: https://www.zoho.com/books/api/v3/contacts/#create-a-contact-person
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from itertools import takewhile
from weakref import WeakKeyDictionary

from mlc import Created, FindKey, NotSent, Operation, Outcome, Page, RenderedPart, SourceRecord, Unknown, Updated, Write
from mlc.errors import MappingError, NotFoundError, VendorError
from mlc.http import VendorClient
from mlc.records import Completeness, Contact, Deletion, DeletionKind, ObjectType, Ref, SourceMeta
from mlc.wire import encode

from mlc_zoho.books.client import BooksClient, BooksConnection, Listing
from mlc_zoho.books.entities import ENTITIES
from mlc_zoho.books.errors import rejected
from mlc_zoho.books.organisation import Organisation, organisation
from mlc_zoho.books.parts import FieldTable, MapContext, organisation_fact, take
from mlc_zoho.books.render_parts import Body, Rendering
from mlc_zoho.books.schemas import ORGANISATION, Row, flag, rows, text
from mlc_zoho.books.versions import version_of

#: Persons of contacts read a moment ago, so that a changed contact is not read twice in one run.
KEPT = 20_000
_CONTACT = ENTITIES[ObjectType.CUSTOMER]
_FIELDS: FieldTable = (
    ("first_name", "first_name", text),
    ("last_name", "last_name", text),
    ("email", "email", text),
    ("phone", "phone", text),
    ("mobile", "mobile", text),
    ("title", "designation", text),
)
_LIMITS = {"first_name": 100, "last_name": 100, "email": 100, "phone": 50, "mobile": 50, "title": 100}
_SHOWN = ("contact_person_id", *(key for _, key, _ in _FIELDS), "is_primary_contact")

_Known = OrderedDict[str, tuple[str, tuple[Row, ...]]]
"""By contact: the version that it had, and its persons."""
_READ: WeakKeyDictionary[VendorClient, _Known] = WeakKeyDictionary()


def remember(connection: BooksConnection, contact: Row) -> None:
    """Keep the persons of a contact that was read whole, for the list of persons that follows."""
    record_id = text(contact, _CONTACT.id)
    if record_id is None or "contact_persons" not in contact:
        return
    known = _READ.setdefault(connection.http, OrderedDict())
    known.pop(record_id, None)
    known[record_id] = version_of(_CONTACT, contact), tuple(_slim(one) for one in rows(contact, "contact_persons"))
    held = sum(len(people) for _, people in known.values()) if len(known) % 256 == 0 else 0
    while held > KEPT and known:
        held -= len(known.popitem(last=False)[1][1])


def _forget(connection: BooksConnection, contact_id: str) -> None:
    """A contact's version is its second: after a write in that very second its persons would pass for unchanged."""
    _READ.get(connection.http, OrderedDict()).pop(contact_id, None)


def page_of(connection: BooksConnection, client: BooksClient, home: Organisation, found: Listing) -> Page:
    """The persons of every customer on a page of contacts; those of a contact are there together, or not at all."""
    records: list[SourceRecord] = []
    whole: list[str] = []
    for row in found.rows:
        record_id = text(row, _CONTACT.id)
        if record_id is None or row.get("contact_type", "customer") != "customer":
            continue
        try:
            people = _people(connection, client, record_id, version_of(_CONTACT, row))
        except NotFoundError:
            continue
        records += [_record(home, record_id, person) for person in people]
        whole.append(record_id)
    return Page(tuple(records), complete_of=tuple(whole))


def _people(connection: BooksConnection, client: BooksClient, contact_id: str, version: str) -> Sequence[Row]:
    known: _Known = _READ.get(connection.http, OrderedDict())
    at, people = known.get(contact_id, (None, ()))
    if at == version:
        return people
    contact = client.detail(_CONTACT, contact_id)
    remember(connection, contact)
    return [_slim(person) for person in rows(contact, "contact_persons")]


def read(connection: BooksConnection, ids: Sequence[str]) -> list[SourceRecord]:
    """Persons by id: one call for each contact they belong to."""
    home = organisation(connection)
    client = BooksClient(connection, home.id)
    found: dict[str, SourceRecord] = {}
    for contact_id in dict.fromkeys(_parted(one)[0] for one in ids):
        try:
            contact = client.detail(_CONTACT, contact_id)
        except NotFoundError:
            continue
        found |= {
            one.id: one for one in (_record(home, contact_id, person) for person in rows(contact, "contact_persons"))
        }
    gone = Deletion(kind=DeletionKind.HARD_DELETED, evidence="http_404")
    return [found.get(one, SourceRecord(one, "gone", {}, deleted=gone)) for one in ids]


def find(connection: BooksConnection, key: FindKey) -> list[SourceRecord]:
    """Persons of one contact with that address, or without one with that name. Zoho has no search for persons."""
    if key.external_id is not None:
        return [one for one in read(connection, [key.external_id]) if one.deleted is None]
    if key.party_id is None:
        return []
    home = organisation(connection)
    try:
        contact = BooksClient(connection, home.id).detail(_CONTACT, key.party_id)
    except NotFoundError:
        return []
    people = [person for person in rows(contact, "contact_persons") if _is_meant(person, key)]
    return [_record(home, key.party_id, person) for person in people]


def _is_meant(person: Row, key: FindKey) -> bool:
    if key.reference is not None:
        return (text(person, "email") or "").casefold() == key.reference.strip().casefold()
    named = " ".join(part for part in (text(person, "first_name"), text(person, "last_name")) if part)
    return key.name is not None and named.casefold() == key.name.strip().casefold()


def _record(home: Organisation, contact_id: str, person: Row) -> SourceRecord:
    shown = _slim(person)
    content = json.dumps([shown.get(key) or "" for key in _SHOWN], default=str).encode()
    payload = {**shown, "contact_id": contact_id, ORGANISATION: home.mark()}
    record_id = joined(contact_id, str(shown["contact_person_id"]))
    return SourceRecord(record_id, hashlib.sha256(content).hexdigest()[:20], payload)


def _slim(person: Row) -> Row:
    return {key: person.get(key) for key in _SHOWN}


def joined(contact_id: str, person_id: str) -> str:
    """One id of both. Ids of one organisation begin alike, and what is alike is not said twice; other ids stand whole,
    behind two colons."""
    if len(contact_id) != len(person_id):
        return f"{person_id}::{contact_id}"
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(contact_id, person_id, strict=True)))
    return f"{person_id}:{contact_id[alike:]}"


def _parted(record_id: str) -> tuple[str, str]:
    person_id, _, rest = record_id.partition(":")
    if rest.startswith(":"):
        return rest[1:], person_id
    return person_id[: len(person_id) - len(rest)] + rest, person_id


# ------------------------------------------------------------------ map and render


def contact(row: Row, context: MapContext) -> Contact:
    """A person, with the customer whose it is."""
    contact_id, person_id = text(row, "contact_id"), text(row, "contact_person_id")
    if contact_id is None or person_id is None:
        raise MappingError("Zoho Books sent a contact person without an id.", field="contact_person_id")
    found = take(row, _FIELDS)
    names = [name for name in (found.get("first_name"), found.get("last_name")) if name]
    return Contact(
        source=SourceMeta(
            system=context.system,
            connection_id=context.connection,
            entity_id=organisation_fact(row, "id"),
            record_type="contact_person",
            source_id=joined(contact_id, person_id),
            completeness=Completeness.FULL,
        ),
        name=" ".join(names) or found.get("email"),
        customer=Ref(record_type=ObjectType.CUSTOMER, source_id=contact_id),
        is_primary=flag(row, "is_primary_contact") is True,
        **found,
    )


def parts(person: Contact, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A create sends everything, an update what changed. Primary flag, portal and opt-out are never sent.

    Raises: MappingError for a person without a customer.
    """
    fields, binding = rendering.context.fields, rendering.binding
    customer = person.customer.source_id if person.customer is not None else None
    if binding is not None:
        customer = _parted(binding.main.external_id)[0]
    if customer is None:
        raise MappingError("A person without a customer has no place in Zoho Books.", field="customer")
    body: Body = {"contact_id": customer}
    for name, key, _ in _FIELDS:
        if (person.known(name) if fields is None else name in fields) and (rendering.updating or getattr(person, name)):
            body[key] = rendering.clipped(name, getattr(person, name), _LIMITS[name]) or ""
    if fields is None and not (person.first_name or person.last_name) and person.name:
        body["last_name"] = person.name[:100]
    if rendering.updating and len(body) == 1:
        return ()
    operation = Operation.UPDATE if rendering.updating else Operation.CREATE
    return (RenderedPart("main", operation, encode(body)),)


# ------------------------------------------------------------------ push


def push(connection: BooksConnection, writes: Sequence[Write], context: MapContext) -> list[Outcome]:
    """The first write; Zoho takes one person per call."""
    home = organisation(connection)
    client = BooksClient(connection, home.id)
    outcomes: list[Outcome] = []
    for write in writes[:1]:
        try:
            outcomes.append(_send(client, home, write, context))
        finally:
            _forget(connection, str(json.loads(write.payload).get("contact_id")))
    return outcomes + [NotSent(write.key, 0.0, "one person per call") for write in writes[1:]]


def _send(client: BooksClient, home: Organisation, write: Write, context: MapContext) -> Outcome:
    creating = write.external_id is None
    try:
        if creating:
            shown = client.create_person(write.payload)
        else:
            shown = client.update_person(_parted(write.external_id or "")[1], write.payload)
    except VendorError as error:
        refused = rejected(write.key, error, creating=creating)
        if refused is None:
            raise
        return refused
    person_id = text(shown, "contact_person_id")
    if person_id is None:
        return Unknown(write.key, "Zoho Books said yes, but not under which id")
    told = json.loads(write.payload)
    record = _record(home, str(told["contact_id"]), shown)
    seen = contact(record.payload, context)
    if creating:
        return Created(write.key, record.id, record.version, seen)
    return Updated(write.key, record.id, record.version, seen)
