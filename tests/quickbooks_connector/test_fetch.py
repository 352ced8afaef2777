"""Lists by query, changes by change data capture, deleted ones only once a read says so too."""

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from mlc import FetchMode
from mlc.errors import PluginError, TransientError
from mlc.records import ObjectType
from mlc_quickbooks.cursors import Position, read_position
from mlc_quickbooks.fetch import fetch
from mlc_quickbooks.queries import equals, quoted, select, within
from mlc_quickbooks.reading import read

from tests.quickbooks_connector.conftest import BILL, META, NOW, VENDOR, answered, cdc, later, reply

CHANGES, SWEEP = FetchMode.CHANGES, FetchMode.SWEEP
WATERMARK = "2026-05-04T16:15:00+00:00"


def vendor(number: int, at: str = "2026-05-04T09:00:10-07:00", **own):
    return {**VENDOR, "Id": str(number), "MetaData": {**META, "LastUpdatedTime": at}, **own}


def test_a_first_pass_asks_for_inactive_ones_too_in_the_order_of_change(books, connection):
    books.on("query Vendor", answered("Vendor", vendor(1), vendor(2, Active=False)))
    page = fetch(connection, ObjectType.VENDOR, None, CHANGES)
    assert [record.id for record in page.records] == ["1", "2"]
    assert books.statements("Vendor") == [
        "SELECT * FROM Vendor WHERE Active IN (true, false) ORDERBY MetaData.LastUpdatedTime, Id MAXRESULTS 1000"
    ]
    assert page.watermark == WATERMARK, "QuickBooks' own clock less five minutes"
    (asked,) = books.asked("query Vendor")
    assert asked.url.params["minorversion"] == "75"
    assert asked.headers["accept"] == "application/json"


def test_documents_have_no_active_flag(books, connection):
    books.on("query Bill", answered("Bill", BILL))
    (record,) = fetch(connection, ObjectType.BILL, None, CHANGES).records
    assert record.version.startswith("3|100.5|")
    assert "Active" not in books.statements("Bill")[0]


def test_what_must_not_be_kept_is_dropped_as_it_arrives(books, connection):
    books.on("query Vendor", answered("Vendor", VENDOR))
    (record,) = fetch(connection, ObjectType.VENDOR, None, CHANGES).records
    assert "111222333" not in str(record.payload)
    assert not {"TaxIdentifier", "VendorPaymentBankDetail"} & record.payload.keys()
    assert record.payload["AcctNum"] == "SUP-1042"


def test_pages_go_on_where_the_last_row_was_changed(books):
    connection = books.connect(page_size=10)
    first = [vendor(number, f"2026-05-01T09:00:{number:02d}-07:00") for number in range(10)]
    books.on("query Vendor", answered("Vendor", *first), answered("Vendor", first[-1], vendor(99)))
    page = fetch(connection, ObjectType.VENDOR, None, CHANGES)
    assert page.watermark is None
    last = fetch(connection, ObjectType.VENDOR, page.next_cursor, CHANGES)
    assert [record.id for record in last.records] == ["99"], "the last row of the page before comes once"
    assert "MetaData.LastUpdatedTime >= '2026-05-01T16:00:09+00:00'" in books.statements("Vendor")[1]
    assert last.watermark == WATERMARK


def test_an_import_of_one_second_is_read_to_its_end(books):
    connection = books.connect(page_size=10)
    rows = [vendor(number) for number in range(25)]
    books.on("query Vendor", *(answered("Vendor", *rows[first : first + 10]) for first in (0, 10, 20)))
    pages, cursor = [], None
    while cursor is not None or not pages:
        pages.append(fetch(connection, ObjectType.VENDOR, cursor, CHANGES))
        cursor = pages[-1].next_cursor
    assert [record.id for page in pages for record in page.records] == [str(number) for number in range(25)]
    assert [statement.partition("STARTPOSITION ")[2][:2] for statement in books.statements("Vendor")] == [
        "",
        "11",
        "21",
    ]


def test_a_page_that_repeats_itself_ends_the_pass(books):
    connection = books.connect(page_size=10)
    books.on("query Vendor", answered("Vendor", *[vendor(number) for number in range(10)]))
    page = fetch(connection, ObjectType.VENDOR, None, CHANGES)
    with pytest.raises(TransientError, match="twice over"):
        fetch(connection, ObjectType.VENDOR, page.next_cursor, CHANGES)


def test_changes_come_in_one_call_with_the_deleted_ones_read_first(books, connection):
    stub = {
        "Id": "145",
        "domain": "QBO",
        "status": "Deleted",
        "MetaData": {"LastUpdatedTime": "2026-05-04T09:01:00-07:00"},
    }
    books.on("GET cdc", cdc({"Bill": [BILL | {"Id": "1"}, stub, {**stub, "Id": "7"}], "startPosition": 1}, {}))
    books.on("query Bill", answered("Bill", BILL | {"Id": "7"}))
    page = fetch(connection, ObjectType.BILL, "2026-05-04T15:00:00+00:00", CHANGES)
    assert {record.id: record.deleted is not None for record in page.records} == {"1": False, "7": False, "145": True}
    assert page.records[-1].deleted.evidence == "cdc"
    (asked,) = books.asked("GET cdc")
    assert parse_qs(asked.url.query.decode()) == {
        "entities": ["Bill"], "changedSince": ["2026-05-04T15:00:00+00:00"], "minorversion": ["75"],
    }  # fmt: skip
    assert b"%2B00" in asked.url.query, "the plus of an offset is encoded"
    assert "Id IN ('145', '7')" in books.statements("Bill")[0]
    assert page.watermark == WATERMARK


def test_nothing_changed_costs_one_call(books, connection):
    fetch(connection, ObjectType.ACCOUNT, None, CHANGES)
    books.on("GET cdc", cdc({}))
    before = len(books.requests)
    page = fetch(connection, ObjectType.VENDOR, "2026-05-04T15:00:00+00:00", CHANGES)
    assert (page.records, len(books.requests) - before) == ((), 1)


def test_rows_that_the_filter_should_have_left_out_are_left_out(books, connection):
    books.on("GET cdc", cdc({"Vendor": [vendor(1, "2026-04-01T00:00:00Z"), vendor(2)]}))
    page = fetch(connection, ObjectType.VENDOR, "2026-05-04T15:00:00+00:00", CHANGES)
    assert [record.id for record in page.records] == ["2"]


def test_an_answer_of_another_kind_is_no_change(books, connection):
    books.on("GET cdc", answered("Vendor", VENDOR))
    with pytest.raises(TransientError, match="change data capture"):
        fetch(connection, ObjectType.VENDOR, "2026-05-04T15:00:00+00:00", CHANGES)
    books.on("query Vendor", cdc({}))
    with pytest.raises(TransientError, match="no list"):
        fetch(connection, ObjectType.VENDOR, None, CHANGES)


def test_a_window_older_than_thirty_days_is_a_whole_list(books, connection):
    books.on("query Vendor", answered("Vendor", vendor(1, "2025-01-01T00:00:00Z")))
    page = fetch(connection, ObjectType.VENDOR, (NOW - timedelta(days=31)).isoformat(), CHANGES)
    assert [record.id for record in page.records] == ["1"]
    assert books.asked("GET cdc") == []


def test_a_full_window_is_read_by_query_and_its_deleted_ones_by_shorter_windows(books, connection):
    full = [vendor(number) for number in range(1000)]
    stub = {"Id": "5000", "status": "Deleted", "MetaData": {"LastUpdatedTime": "2026-05-04T09:10:00-07:00"}}
    books.on("GET cdc", cdc({"Vendor": full}), cdc({"Vendor": full}), cdc({"Vendor": [vendor(3), stub]}))
    books.on("query Vendor", answered("Vendor", vendor(3)), answered("Vendor"))
    since = NOW - timedelta(hours=4)
    page = fetch(connection, ObjectType.VENDOR, since.isoformat(), CHANGES)
    assert [(record.id, record.deleted is None) for record in page.records] == [("3", True), ("5000", False)]
    asked = [one.url.params["changedSince"] for one in books.asked("GET cdc")]
    assert asked == [(NOW - timedelta(hours=hours)).isoformat() for hours in (4, 2, 1)]
    assert f"MetaData.LastUpdatedTime >= '{since.isoformat()}'" in books.statements("Vendor")[0]


def test_departments_and_classes_are_one_type_of_two_lists(books, connection):
    row = {"SyncToken": "0", "Name": "Office", "Active": True, "MetaData": META}
    books.on("query Department", answered("Department", {"Id": "1", **row}))
    books.on("query Class", answered("Class", {"Id": "1", **row}))
    first = fetch(connection, ObjectType.DIMENSION, None, SWEEP)
    second = fetch(connection, ObjectType.DIMENSION, first.next_cursor, SWEEP)
    assert [record.id for page in (first, second) for record in page.records] == ["D1", "C1"]
    assert second.watermark == WATERMARK
    found = read(connection, ObjectType.DIMENSION, ["C1", "D1", "C9", "X"])
    assert [(one.id, one.deleted is None) for one in found] == [("C1", True), ("D1", True), ("C9", False), ("X", False)]


def test_a_sweep_ignores_where_the_last_pass_ended(books, connection):
    books.on("query Vendor", answered("Vendor", vendor(1, "2020-01-01T00:00:00Z")))
    page = fetch(connection, ObjectType.VENDOR, WATERMARK, SWEEP)
    assert [record.id for record in page.records] == ["1"]
    assert "LastUpdatedTime >=" not in books.statements("Vendor")[0]


def test_tax_codes_come_with_the_rates_on_purchases(books, connection):
    code = {"Id": "4", "SyncToken": "0", "Name": "20% S", "Active": True,
            "PurchaseTaxRateList": {"TaxRateDetail": [{"TaxRateRef": {"value": "8"}}]}}  # fmt: skip
    books.on("query TaxCode", answered("TaxCode", code))
    books.on("query TaxRate", answered("TaxRate", {"Id": "8", "RateValue": 20, "SyncToken": "0"}))
    (record,) = fetch(connection, ObjectType.TAX_RATE, WATERMARK, CHANGES).records
    assert record.payload["_rates"] == {"8": "20"}
    books.on("query TaxRate", answered("TaxRate", {"Id": "8", "RateValue": 21, "SyncToken": "0"}))
    (changed,) = fetch(connection, ObjectType.TAX_RATE, WATERMARK, SWEEP).records
    assert changed.version != record.version


def test_rates_are_read_by_day_for_the_currencies_that_are_named(books):
    rate = {"ExchangeRate": {"SourceCurrencyCode": "EUR", "TargetCurrencyCode": "USD", "Rate": 1.17}}
    books.on("GET exchangerate", rate, reply({}, 404), rate)
    connection = books.connect(currencies=["EUR", "USD"], rate_days=3)
    page = fetch(connection, ObjectType.EXCHANGE_RATE, None, SWEEP)
    assert [record.id for record in page.records] == ["EUR@2026-05-02", "EUR@2026-05-04"]
    assert len(books.asked("GET exchangerate")) == 3
    fetch(connection, ObjectType.EXCHANGE_RATE, None, SWEEP)
    assert len(books.asked("GET exchangerate")) == 3, "days that are known cost nothing"
    assert fetch(books.connect(), ObjectType.EXCHANGE_RATE, None, SWEEP).records == ()


def test_many_ids_are_one_question(books, connection):
    books.on("query Bill", answered("Bill", BILL | {"Id": "2"}, BILL | {"Id": "999"}))
    found = read(connection, ObjectType.BILL, ["1", "2"])
    assert [(one.id, one.deleted is not None) for one in found] == [("1", True), ("2", False)]
    assert len(books.asked("query Bill")) == 1


def test_texts_in_statements_cannot_leave_their_quotes():
    assert quoted("O'Neil\\ & Sons\n") == "'O\\'Neil\\\\ & Sons'"
    assert select("Vendor", [equals("DisplayName", "x' OR '1' = '1")], start=1001) == (
        "SELECT * FROM Vendor WHERE DisplayName = 'x\\' OR \\'1\\' = \\'1' STARTPOSITION 1001 MAXRESULTS 1000"
    )
    assert within("Id", ["1", "2"]) == "Id IN ('1', '2')"


def test_cursors_are_read_back():
    position = Position(NOW, later(hours=1), 1, NOW, ("1", "2"), True, 7)
    assert read_position(position.text()) == position
    assert read_position(position.watermark()).since == later(hours=1)
    with pytest.raises(PluginError):
        read_position('{"since": 1}')
