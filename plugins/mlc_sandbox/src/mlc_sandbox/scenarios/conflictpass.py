"""The pass ``conflict`` of ``zoho-books+zoho-crm``: forty people edited on both sides between two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.company.relations import Person, Relations
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult

if TYPE_CHECKING:
    from mlc_sandbox.scenarios.relationsview import RelationsView

SOURCE, TARGET = "zoho-books", "zoho-crm"
DIFFERENT: Final = 20
SAME: Final = 15
OWNED: Final = 5
_CUSTOMERS: Final = (1, 2, 3, 4, 5, 12, 13, 14)
_TAKEN: Final = frozenset({"person:02-1", "person:02-3", "person:05-4", "person:05-5"})
TITLES: Final = ("Title of the books", "Title of the desk")


def _ordinary(known: Relations) -> list[Person]:
    keys = [f"person:{number:02d}-{place}" for number in _CUSTOMERS for place in range(1, 6)]
    return [known.person(key) for key in keys if key not in _TAKEN]


def different(known: Relations) -> list[Person]:
    """Edited in different fields: one new phone, one new title."""
    return _ordinary(known)[:DIFFERENT]


def same(known: Relations) -> list[Person]:
    """Given two titles."""
    return _ordinary(known)[DIFFERENT : DIFFERENT + SAME]


def owned(known: Relations) -> list[Person]:
    """Billing persons, given two addresses: the books own them."""
    return [known.person(f"person:{number:02d}-0") for number in _CUSTOMERS[:OWNED]]


def phone_of(person: Person) -> str:
    """The new phone of a person."""
    return f"+44 30 7946 {person.key[-4:].replace('-', '')}"


def address_of(person: Person, side: str) -> str:
    """The new address of a billing person on one side."""
    return f"{'accounts' if side == SOURCE else 'acounts'}@{person.email.partition('@')[2]}"


def changes(known: Relations) -> list[Change]:
    """Two edits of each of the forty, one on each side."""
    found: list[Change] = []

    def edits(person: Person, in_books: dict[str, Any], at_desk: dict[str, Any]) -> None:
        customer = known.customer(person.customer).books_id
        body = {"id": customer, "action": "person", "person_id": person.books_id, **in_books}
        found.append(Change(person.key, SOURCE, "contacts", body))
        found.append(Change(person.key, TARGET, "Contacts", {"id": person.desk_id, **at_desk}))

    for place, person in enumerate(different(known)):
        if place % 2:
            edits(person, {"phone": phone_of(person)}, {"Title": TITLES[1]})
        else:
            edits(person, {"designation": TITLES[0]}, {"Phone": phone_of(person)})
    for person in same(known):
        edits(person, {"designation": TITLES[0]}, {"Title": TITLES[1]})
    for person in owned(known):
        edits(person, {"email": address_of(person, SOURCE)}, {"Email": address_of(person, TARGET)})
    return found


def check(view: RelationsView) -> list[CaseResult]:
    """Different fields are merged; the same one is held with both values, or is the owner's."""
    known = view.known
    merged = 0
    for place, person in enumerate(different(known)):
        title = TITLES[place % 2]
        merged += view.seen_in_books(person) == view.seen_at_desk(person) == (phone_of(person), title)
    held = sum(
        view.seen_in_books(person)[1] == TITLES[0]
        and view.seen_at_desk(person)[1] == TITLES[1]
        and bool(view.held(person.books_id, person.desk_id))
        for person in same(known)
    )
    kept = sum(view.email_in_books(person) == address_of(person, SOURCE) for person in owned(known))
    settled = sum(
        view.email_at_desk(person) == address_of(person, SOURCE) or bool(view.held(person.books_id, person.desk_id))
        for person in owned(known)
    )
    return [
        CaseResult("conflict_in_different_fields", f"{DIFFERENT} merged", f"{merged} merged"),
        CaseResult("conflict_in_one_field", f"{SAME} held with both values", f"{held} held with both values"),
        CaseResult("conflict_where_the_books_own", f"{OWNED} kept in the books", f"{kept} kept in the books"),
        CaseResult("conflict_settled_at_the_desk", f"{OWNED} carried or held", f"{settled} carried or held"),
    ]
