"""Contact persons of Zoho Books: their id says whose they are, and only what they show makes a version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlc_zoho.books.persons import _parted, joined

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
