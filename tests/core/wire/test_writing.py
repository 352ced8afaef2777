"""mlc.wire: JSON text with exact amounts."""

import json
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlc.wire import Json, encode, filled, members, midnight, plain

SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(SCALARS, lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside), max_leaves=20)


@given(VALUES)
def test_what_is_written_is_read_back_as_it_was(value: Json) -> None:
    read = json.loads(encode(value), parse_float=Decimal)

    assert read == value


@pytest.mark.parametrize(
    ("amount", "written"),
    [("55.50", "55.5"), ("100.00", "100"), ("1E+3", "1000"), ("0.001", "0.001"), ("-0.00", "0"), ("-7", "-7")],
)
def test_an_amount_is_written_without_exponent_and_without_trailing_zeros(amount: str, written: str) -> None:
    assert plain(Decimal(amount)) == written
    assert encode({"Amount": Decimal(amount)}) == f'{{"Amount":{written}}}'.encode()


def test_the_same_value_gives_the_same_bytes_whatever_kind_of_mapping_it_is() -> None:
    body = {"Name": "Ärger", "Active": True, "Lines": [{"Qty": 2}]}

    text = '{"Name":"Ärger","Active":true,"Lines":[{"Qty":2}]}'

    assert encode(MappingProxyType(body)) == encode(body) == text.encode()


def test_a_day_is_written_as_the_vendor_wants_it() -> None:
    body: dict[str, Json] = {"day": date(2026, 5, 4), "inside": [{"day": date(2026, 5, 5)}]}

    assert encode(body) == b'{"day":"2026-05-04","inside":[{"day":"2026-05-05"}]}'
    assert encode(body, days=midnight) == b'{"day":"2026-05-04T00:00:00Z","inside":[{"day":"2026-05-05T00:00:00Z"}]}'


def test_members_stand_beside_text_that_is_kept_as_it_came() -> None:
    written = members({"name": "x", "active": False})

    assert '{"amount":1.10,' + written + "}" == '{"amount":1.10,"name":"x","active":false}'


def test_only_none_is_left_out_of_a_body() -> None:
    assert filled({"a": None, "b": "", "c": 0, "d": False, "e": []}) == {"b": "", "c": 0, "d": False, "e": []}
