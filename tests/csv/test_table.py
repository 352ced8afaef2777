"""The text of a file, as suppliers and banks write it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from mlc.errors import MappingError
from mlc.records import ObjectType
from mlc_csv.mapping import Row, id_of, parse, text_of
from mlc_csv.settings import CsvSettings
from pydantic import ValidationError

FOLDER = "/srv/exchange"
ODD = "is missing, doubled or unknown; name it in columns or in ignore"
HEADER = "vendor_id,bill_number,issue_date,amount\n"
#: Cells are trimmed, so no text begins or ends with white space; NUL is refused by the reader.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)
NAMED = TEXT.filter(bool)
EUROS = st.decimals(-10_000_000, 10_000_000, places=2)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
STYLES = st.sampled_from(
    [
        {},
        {"amounts": "1.234,56", "delimiter": ";", "date": "%d.%m.%Y"},
        {"date": "%m/%d/%Y", "amounts": "1,234.56"},
        {"columns": {"amount": "Net", "bill_number": "Invoice No"}, "delimiter": "\t"},
    ]
)


def settings(**given_settings: Any) -> CsvSettings:
    return CsvSettings(folder=FOLDER, currency="EUR", **given_settings)


def rows_of(text: str, kind: ObjectType = ObjectType.BILL, **given_settings: Any) -> dict[str, list[Row]]:
    return parse(kind, settings(**given_settings), text.encode(), "bills.csv")


def refusal(text: str, kind: ObjectType = ObjectType.BILL, **given_settings: Any) -> str:
    with pytest.raises(MappingError) as caught:
        rows_of(text, kind, **given_settings)
    assert "\n" not in caught.value.sentence
    assert caught.value.sentence.endswith(".")
    return caught.value.sentence


@hypothesis(suppress_health_check=[HealthCheck.too_slow])  # the first text takes its time on a busy machine
@given(
    st.lists(st.tuples(NAMED, NAMED, DAYS, EUROS, TEXT, EUROS | st.none()), min_size=1, max_size=5),
    STYLES,
)
def test_what_is_written_reads_back_the_same(
    said: list[tuple[str, str, date, Decimal, str, Decimal | None]], style: dict[str, Any]
) -> None:
    how = settings(**style)
    names = ("vendor_id", "bill_number", "issue_date", "amount", "description", "tax")
    rows = [dict(zip(names, cells, strict=True)) for cells in said]
    found = parse(ObjectType.BILL, how, text_of(rows, ObjectType.BILL, how), "bills.csv")
    assert list(found) == list(dict.fromkeys(id_of(ObjectType.BILL, row) for row in rows))
    back = [row for of in found.values() for row in of]
    wanted = sorted(rows, key=lambda row: list(found).index(id_of(ObjectType.BILL, row)))
    for row, given_row in zip(back, wanted, strict=True):
        assert row["issue_date"] == str(given_row["issue_date"])
        assert (row["amount"], row["tax"]) == (given_row["amount"], given_row["tax"])
        assert (row["description"] or "") == given_row["description"]


@given(st.lists(NAMED, min_size=2, max_size=2), st.lists(NAMED, min_size=2, max_size=2))
def test_two_records_never_share_an_id(one: list[str], other: list[str]) -> None:
    ours, theirs = (
        id_of(ObjectType.BILL, dict(zip(("vendor_id", "bill_number"), keys, strict=True))) for keys in (one, other)
    )
    assert (ours == theirs) is (one == other)


@pytest.mark.parametrize(
    ("cell", "style", "amount"),
    [
        ("1234.50", {}, "1234.50"),
        ("-12", {}, "-12"),
        ("1,234.50", {"amounts": "1,234.56"}, "1234.50"),
        ("1234.50", {"amounts": "1,234.56"}, "1234.50"),
        ("1.234,50", {"amounts": "1.234,56"}, "1234.50"),
        ("1'000'000", {"amounts": "1'234.56"}, "1000000"),
        ("12,5", {"amounts": "1234,56"}, "12.5"),
    ],
)
def test_an_amount_is_read_as_the_settings_say(cell: str, style: dict[str, str], amount: str) -> None:
    (rows,) = rows_of(f'{HEADER}V1,1,2026-11-05,"{cell}"\n', **style).values()
    assert rows[0]["amount"] == Decimal(amount)


@pytest.mark.parametrize(
    ("cell", "style"),
    [
        ("1,234.50", {}),
        ("12,50", {}),
        ("1.234.50", {"amounts": "1,234.56"}),
        ("12,34.50", {"amounts": "1,234.56"}),
        ("1.234,50", {"amounts": "1234,56"}),
        ("1e3", {}),
        ("NaN", {}),
        ("+1", {}),
        ("1 000", {}),
        ("EUR 12", {}),
        (".50", {}),
        ("12.", {}),
        ("١٢", {}),
    ],
)
def test_a_wrong_decimal_is_named_with_its_row_and_column(cell: str, style: dict[str, str]) -> None:
    said = refusal(f'{HEADER}V1,1,2026-11-05,12\nV1,2,2026-11-05,"{cell}"\n', **style)
    assert said.startswith(f"bills.csv, row 3, amount: {cell!r} is no amount written like ")


def test_more_decimals_than_the_currency_has_are_refused() -> None:
    assert refusal(f"{HEADER}V1,1,2026-11-05,1.234\n") == (
        "bills.csv, row 2, amount: '1.234' has more decimals than EUR."
    )
    text = "vendor_id,bill_number,issue_date,amount,currency\nV1,1,2026-11-05,1.234,KWD\n"
    assert rows_of(text)["V1/1"][0]["amount"] == Decimal("1.234")


def test_headers_are_mapped_and_our_own_names_stay_known() -> None:
    columns = {"bill_number": "Invoice No", "amount": "Net"}
    assert rows_of("vendor_id,Invoice No,issue_date,amount\nV1,7,2026-11-05,1\n", columns=columns).keys() == {"V1/7"}


def test_an_unknown_column_refuses_the_file_until_it_is_named() -> None:
    text = "vendor_id,bill_number,issue_date,amount,Discount\nV1,7,2026-11-05,1,5\n"
    said = "bills.csv, its header: column 'Discount' is missing, doubled or unknown; name it in columns or in ignore."
    assert refusal(text) == said
    assert "Discount" not in rows_of(text, ignore=("Discount",))["V1/7"][0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", f"bills.csv, its header: column 'vendor_id' {ODD}."),
        ("vendor_id,bill_number,issue_date\n", f"bills.csv, its header: column 'amount' {ODD}."),
        ("amount," + HEADER, f"bills.csv, its header: column 'amount' {ODD}."),
        (f"{HEADER}V1,1,2026-11-05\n", "bills.csv, row 2: it has 3 cells, the header has 4."),
        (f"{HEADER}V1,1,2026-11-05,1\nV1,,2026-11-05,1\n", "bills.csv, row 3, bill_number: it is empty."),
        (
            f"{HEADER}V1,1,05.11.2026,1\n",
            "bills.csv, row 2, issue_date: time data '05.11.2026' does not match format '%Y-%m-%d'.",
        ),
        (f'{HEADER}V1,"1,2026-11-05,1\n', "bills.csv, its text: unexpected end of data."),
    ],
)
def test_a_file_that_cannot_be_read_says_why_in_one_sentence(text: str, said: str) -> None:
    assert refusal(text) == said


def test_a_text_in_another_encoding_is_refused_and_read_once_it_is_named() -> None:
    content = f"{HEADER}Bäcker,1,2026-11-05,1\n".encode("windows-1252")
    with pytest.raises(MappingError, match="can't decode"):
        parse(ObjectType.BILL, settings(), content, "bills.csv")
    found = parse(ObjectType.BILL, settings(encoding="windows-1252"), content, "bills.csv")
    assert list(found) == ["Bäcker/1"]


def test_a_byte_order_mark_and_empty_rows_are_no_content() -> None:
    assert list(rows_of("\ufeff" + HEADER + "V1,1,2026-11-05,1\n\n,,,\n")) == ["V1/1"]


def test_a_letter_that_the_encoding_lacks_is_told() -> None:
    row = {"vendor_id": "V1", "bill_number": "1", "issue_date": date(2026, 11, 5), "amount": Decimal(1), "memo": "漢"}
    with pytest.raises(MappingError, match="'漢' cannot be written in windows-1252"):
        text_of([row], ObjectType.BILL, settings(encoding="windows-1252"))


@pytest.mark.parametrize(
    ("given_settings", "said"),
    [
        ({"amounts": "1,234,56"}, "1234.56"),
        ({"folder": "exchange"}, "folder"),
        ({"currency": "euro"}, "currency"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(given_settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CsvSettings(**({"folder": FOLDER, "currency": "EUR"} | given_settings))
