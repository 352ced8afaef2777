"""Contact persons of Zoho Books: their id says whose they are, and only what they show makes a version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlc import Operation, Write
from mlc.records import ObjectType
from mlc_zoho.books.client import BooksClient, Listing
from mlc_zoho.books.organisation import organisation
from mlc_zoho.books.persons import _parted, joined, page_of, remember

from .conftest import Connect, Script
from .test_push import KEY, Books, push

IDS = st.text("0123456789", min_size=1, max_size=19)


@given(contact=IDS, person=IDS)
def test_an_id_of_both_gives_both_back(contact: str, person: str) -> None:
    if contact != person:
        assert _parted(joined(contact, person)) == (contact, person)


@pytest.mark.parametrize(
    ("contact", "person", "id"),
    [
        ("4600000000500001", "4600000000500118", "4600000000500118:001"),
        ("17", "4600000000500118", "4600000000500118::17"),
    ],
)
def test_what_is_alike_is_not_said_twice(contact: str, person: str, id: str) -> None:
    assert joined(contact, person) == id


def test_a_person_we_wrote_is_read_again_though_its_contact_says_the_same_second(
    connect: Connect, script: Script
) -> None:
    connection = connect()
    person = {"contact_person_id": "18", "first_name": "Ann", "phone": "1"}
    contact = {"contact_id": "17", "contact_type": "customer", "last_modified_time": "2026-11-20T10:00:00+0000"}
    remember(connection, contact | {"contact_persons": [person]})
    script.on("PUT /books/v3/contacts/contactpersons/18", {"code": 0, "contact_person": person | {"phone": "2"}})
    now = contact | {"contact_persons": [person | {"phone": "2"}]}
    script.on("GET /books/v3/contacts/17", {"code": 0, "contact": now})
    write = Write("w1", Operation.UPDATE, b'{"contact_id":"17","phone":"2"}', KEY, external_id=joined("17", "18"))
    assert shown(connection, contact) == ["1"]
    push(connection, write, object_type=ObjectType.CONTACT)
    assert shown(connection, contact) == ["2"]
    assert shown(connection, contact) == ["2"]
    assert len(script.asked("GET /books/v3/contacts/17")) == 1


def shown(connection: Books, contact: dict[str, str]) -> list[str]:
    """The phones that the list of persons shows."""
    home = organisation(connection)
    page = page_of(connection, BooksClient(connection, home.id), home, Listing([contact], False, None, 1))
    return [record.payload["phone"] for record in page.records]
