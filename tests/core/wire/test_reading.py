"""mlc.wire: readers of one JSON object's fields."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from mlc.errors import MappingError
from mlc.wire import day, fact, flag, inner, instant, moment, money, number, rows, text, whole

EMPTY: tuple[dict[str, Any], ...] = ({}, {"key": None}, {"key": ""})


@pytest.mark.parametrize("row", EMPTY)
def test_what_is_missing_null_or_blank_is_empty_alike(row: dict[str, Any]) -> None:
    readers = (text, money, number, whole, day, moment, flag)

    assert [reader(row, "key") for reader in readers] == [None] * len(readers)
    assert inner(row, "key") == {}
    assert rows(row, "key") == []


@pytest.mark.parametrize(("value", "read"), [("Ärger & Söhne", "Ärger & Söhne"), (7, "7"), (Decimal("1.50"), "1.50")])
def test_a_text_may_have_come_as_a_number(value: object, read: str) -> None:
    assert text({"key": value}, "key") == read


@pytest.mark.parametrize("value", [{"value": "1"}, ["1"], {}])
def test_an_object_or_a_list_is_no_text(value: object) -> None:
    assert text({"key": value}, "key") is None


@pytest.mark.parametrize("value", [0, "0", "0.00", Decimal("0.00")])
def test_zero_is_a_number_and_not_empty(value: object) -> None:
    assert money({"key": value}, "key") == 0


@pytest.mark.parametrize("value", [33, "33.10", Decimal("33.10000001"), "-5", "1e3"])
def test_a_number_keeps_every_digit(value: int | str | Decimal) -> None:
    assert str(money({"key": value}, "key")) == str(Decimal(value))


@pytest.mark.parametrize("value", [True, 1.5, "1,50", "12 EUR", "NaN", Decimal("NaN"), "Infinity", [1], {}])
def test_what_is_no_number_is_refused_with_the_sender_and_the_field(value: object) -> None:
    with pytest.raises(MappingError, match=r"^Tiny Books sent no number in Balance") as refused:
        money({"Balance": value}, "Balance", sender="Tiny Books")

    assert refused.value.field == "Balance"
    assert number({"Balance": value}, "Balance") is None


def test_a_comma_between_thousands_is_read_only_where_the_vendor_writes_it() -> None:
    assert money({"key": "1,234.50"}, "key", grouped=True) == Decimal("1234.50")
    assert whole({"key": "1,234"}, "key", grouped=True) == 1234
    with pytest.raises(MappingError):
        money({"key": "1,234.50"}, "key")


@pytest.mark.parametrize("value", ["2026-03-04", "2026-03-04T00:00:00Z", "2026-03-04T23:59:59-08:00"])
def test_a_day_is_what_stands_there_whatever_the_zone(value: str) -> None:
    assert day({"key": value}, "key") == date(2026, 3, 4)


@pytest.mark.parametrize("value", ["04.03.2026", "2026-13-01", "soon", 20261304, ["2026-03-04"]])
def test_what_is_no_day_is_refused_with_the_sender_and_the_field(value: object) -> None:
    with pytest.raises(MappingError, match=r"^Tiny Books sent no date in DueDate") as refused:
        day({"DueDate": value}, "DueDate", sender="Tiny Books")

    assert refused.value.field == "DueDate"


@pytest.mark.parametrize(
    "value",
    ["2026-05-04T16:00:10Z", "2026-05-04T09:00:10-07:00", "2026-05-04T09:00:10-0700", "2026-05-04T16:00:10.000000000Z"],
)
def test_a_moment_of_any_iso_form_is_aware_utc(value: str) -> None:
    assert moment({"key": value}, "key") == instant(value) == datetime(2026, 5, 4, 16, 0, 10, tzinfo=UTC)
    assert moment({"key": value}, "key", zoneless=UTC) == instant(value)


def test_a_moment_without_a_zone_is_unreadable_unless_the_vendor_says_which() -> None:
    row = {"key": "2026-05-04T16:00:10"}

    assert moment(row, "key") is None
    assert moment(row, "key", zoneless=UTC) == datetime(2026, 5, 4, 16, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize("value", ["soon", 1777885200000, ["2026-05-04T16:00:10Z"]])
def test_what_is_no_moment_is_empty(value: object) -> None:
    assert moment({"key": value}, "key") is None


@pytest.mark.parametrize(
    ("value", "read"), [(True, True), (False, False), ("True", True), ("false", False), ("yes", None), (1, None)]
)
def test_a_flag_is_a_boolean_or_one_written_out(value: object, read: bool | None) -> None:
    assert flag({"key": value}, "key") is read


def test_a_list_keeps_its_objects_and_an_object_counts_as_one_only_where_asked() -> None:
    assert rows({"key": [{"a": 1}, "b", None, {"c": 2}]}, "key") == [{"a": 1}, {"c": 2}]
    assert rows({"key": {"a": 1}}, "key") == []
    assert rows({"key": {"a": 1}}, "key", lone=True) == [{"a": 1}]


def test_a_fact_is_read_from_the_key_a_connector_put_it_under() -> None:
    row = {"_facts": {"currency": "EUR"}, "_company": {"country": "DE"}}

    assert fact(row, "currency") == "EUR"
    assert fact(row, "country", under="_company") == "DE"
    assert fact({}, "currency") is None
