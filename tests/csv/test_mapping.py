"""Rows as canonical records, and records as rows."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import strategies as st
from mlc.errors import MappingError
from mlc.records import (
    Account,
    Bill,
    DocumentStatus,
    MoneyMovement,
    ObjectType,
    Payment,
    PaymentAllocation,
    Record,
    Ref,
    SourceMeta,
    Vendor,
    dump_record,
    load_record,
)
from mlc_csv.mapping import parse, text_of, to_record, to_rows
from mlc_csv.settings import CsvSettings

SETTINGS = CsvSettings(folder="/srv/exchange", currency="EUR")
BILL = "vendor_id,bill_number,issue_date,amount,tax,tax_code,account,description,due_date,total,status\n"
EUROS = st.decimals(Decimal("0.01"), 1_000_000, places=2)
KEY = "books:payment:1"


def one(text: str, kind: ObjectType) -> Record:
    (rows,) = parse(kind, SETTINGS, text.encode(), "file.csv").values()
    return to_record(kind, {"rows": rows}, SETTINGS)


def bill(*rows: str) -> Bill:
    found = one(BILL + "\n".join(rows), ObjectType.BILL)
    assert isinstance(found, Bill)
    return found


def test_rows_with_one_number_are_the_lines_of_one_bill() -> None:
    found = bill(
        "V17,2026/118,2026-11-05,1200.00,240.00,V20,6100,Paper,2026-12-05,1475.50,",
        "V17,2026/118,2026-11-05,35.50,,,6650,Freight,2026-12-05,1475.50,",
    )
    assert (found.source.source_id, found.bill_number) == ("V17/2026%2F118", "2026/118")
    assert found.vendor == Ref(record_type=ObjectType.VENDOR, source_id="V17", code="V17")
    assert (found.issue_date, found.due_date) == (date(2026, 11, 5), date(2026, 12, 5))
    assert (found.subtotal, found.tax_total, found.total) == (Decimal("1235.50"), Decimal(240), Decimal("1475.50"))
    assert (found.currency, found.status) == ("EUR", DocumentStatus.OPEN)
    first, second = found.lines
    assert first.tax is not None
    assert (first.tax.amount, first.tax.ref) == (Decimal(240), Ref(
        record_type=ObjectType.TAX_RATE, source_id="V20", code="V20"
    ))  # fmt: skip
    assert first.account is not None
    assert (first.account.code, first.description, second.tax) == ("6100", "Paper", None)
    assert load_record(ObjectType.BILL, dump_record(found)) == found


def test_a_total_that_the_rows_do_not_add_up_to_is_refused() -> None:
    with pytest.raises(MappingError, match=r"V1/7: its total is 12.50, but its rows add up to 12.00") as caught:
        bill("V1,7,2026-11-05,10.00,2.00,,,,,12.50,")
    assert caught.value.field == "total"


def test_lines_that_disagree_on_their_bill_are_refused() -> None:
    with pytest.raises(MappingError, match="V1/7: its rows do not agree on issue_date"):
        bill("V1,7,2026-11-05,10.00,,,,,,,", "V1,7,2026-11-06,10.00,,,,,,,")


def test_only_the_word_void_voids() -> None:
    assert bill("V1,7,2026-11-05,10.00,,,,,,,void").status is DocumentStatus.VOID
    with pytest.raises(MappingError, match="status"):
        bill("V1,7,2026-11-05,10.00,,,,,,,cancelled perhaps")


def test_a_column_that_is_not_there_stays_unset_and_an_empty_cell_is_empty() -> None:
    short = one("vendor_id,bill_number,issue_date,amount\nV1,7,2026-11-05,1\n", ObjectType.BILL)
    assert not short.known("due_date")
    empty = bill("V1,7,2026-11-05,10.00,,,,,,,")
    assert empty.known("due_date")
    assert empty.due_date is None


def test_a_vendor_brings_its_number_and_address() -> None:
    text = "vendor_id,vendor_name,tax_number,email\nV1,Harbour Paper,GB1,ap@harbour.example\n"
    found = one(text, ObjectType.VENDOR)
    assert isinstance(found, Vendor)
    assert (found.source.source_id, found.vendor_code, found.name) == ("V1", "V1", "Harbour Paper")
    assert (found.tax_number, found.contacts[0].email) == ("GB1", "ap@harbour.example")
    assert not found.known("currency")


def test_a_payment_settles_the_bills_of_its_rows() -> None:
    text = "payment_number,vendor_id,payment_date,amount,bill_number,account,reference\n" + "".join(
        f"P1,V1,2026-11-10,{amount},{number},main,Run 7\n" for amount, number in (("10.00", "7"), ("2.50", "8/9"))
    )
    found = one(text, ObjectType.PAYMENT)
    assert isinstance(found, Payment)
    assert (found.amount, found.movement, found.reference) == (Decimal("12.50"), MoneyMovement.MOVED, "Run 7")
    settled = [(part.document.source_id, part.amount) for part in found.allocations if part.document is not None]
    assert settled == [("V1/7", Decimal(10)), ("V1/8%2F9", Decimal("2.50"))]


def test_an_account_says_whether_money_is_paid_from_it() -> None:
    pays = [one(f"account,account_name,pays\n1010,Bank,{word}\n", ObjectType.ACCOUNT) for word in ("yes", "")]
    assert [account.money for account in pays if isinstance(account, Account)] == [True, False]


def test_a_file_that_was_left_alone_is_told_in_its_own_words() -> None:
    with pytest.raises(MappingError, match=r"^bills.csv: it is damaged.$"):
        to_record(ObjectType.BILL, {"problem": "bills.csv: it is damaged."}, SETTINGS)


def test_a_payment_that_is_written_maps_back() -> None:
    document = Ref(record_type=ObjectType.BILL, source_id="V1/7", code="7")
    payment = Payment(
        source=SourceMeta(system="books", source_id="1"),
        party=Ref(record_type=ObjectType.VENDOR, source_id="V1"),
        payment_date=date(2026, 11, 10),
        amount=Decimal("12.50"),
        currency="EUR",
        money_account=ref("1010"),
        reference="Run 7",
        allocations=(PaymentAllocation(document=document, amount=Decimal("12.50")),),
    )
    found = written(payment)
    assert isinstance(found, Payment)
    assert (found.source.source_id, found.amount, found.reference) == (KEY, Decimal("12.50"), "Run 7")
    assert found.allocations[0].document == Ref(record_type=ObjectType.BILL, source_id="V1/7", code="7")


def written(payment: Payment) -> Record:
    kind = ObjectType.PAYMENT
    content = text_of(to_rows(payment, KEY), kind, SETTINGS)
    (rows,) = parse(kind, SETTINGS, content, "file.csv").values()
    return to_record(kind, {"rows": rows}, SETTINGS)


def ref(account: str) -> Ref:
    return Ref(record_type=ObjectType.ACCOUNT, source_id=account, code=account)
