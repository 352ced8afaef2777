"""Our key in a field that may be too short for it."""

import pytest
from mlc.records import ObjectType
from mlc_zoho.crm.keys import fitted, other_id

PERSON = "zoho-books:contact:4600000000500001:4600000000500118"
KIND = ObjectType.CONTACT


@pytest.mark.parametrize(
    ("most", "stands"),
    [(None, PERSON), (52, PERSON), (51, "contact:4600000000500001:4600000000500118"),
     (33, "4600000000500001:4600000000500118")],
)  # fmt: skip
def test_a_key_is_shortened_from_the_front_and_keeps_its_id(most: int | None, stands: str) -> None:
    assert fitted(PERSON, KIND, most) == stands
    assert other_id(stands, KIND) == "4600000000500001:4600000000500118"


def test_where_not_even_the_id_fits_a_digest_stands_for_it() -> None:
    one, other = fitted(PERSON, KIND, 30), fitted(PERSON + "9", KIND, 30)
    assert len(one) == len(other) == 30
    assert one != other


@pytest.mark.parametrize("value", ["4600", "4600:4601", "a:contact"])
def test_what_a_person_typed_is_the_id_itself(value: str) -> None:
    assert other_id(value, KIND) == value
