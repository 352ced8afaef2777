from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from mlc import Connection, FindKey, SourceRecord
from mlc.records import ObjectType
from mlc_zoho.books import plugin
from mlc_zoho.books.settings import BooksSettings
from mlc_zoho.settings import ZohoSecrets

from .conftest import Script, plain_json

Books = Connection[BooksSettings, ZohoSecrets]
Connect = Callable[..., Books]
BILLS = "GET /books/v3/bills"
KEY = "procurify:b-77120"


def find(connection: Books, object_type: ObjectType, **fields: Any) -> list[SourceRecord]:
    key = FindKey(**({"record_key": KEY} | fields))
    return plugin.mlc_find(connection=connection, object_type=object_type, keys=[key])[0]


def test_a_bill_is_found_by_vendor_and_number_whatever_its_status(connect: Connect, script: Script) -> None:
    script.on(BILLS, plain_json("bills"))
    found = find(connect(), ObjectType.BILL, party_id="4600000000111001", number=" nb-20931 ", amount="1.00")
    asked = script.asked(BILLS)[0].url.params
    assert (asked["vendor_id"], asked["bill_number"], asked["filter_by"]) == (
        "4600000000111001", " nb-20931 ", "Status.All",
    )  # fmt: skip
    assert [record.id for record in found] == ["4600000000333001"]


def test_a_filter_that_is_ignored_finds_nothing_wrong(connect: Connect, script: Script) -> None:
    script.on(BILLS, plain_json("bills"))
    assert find(connect(), ObjectType.BILL, party_id="4600000000111001", number="OTHER") == []


def test_leading_zeros_count(connect: Connect, script: Script) -> None:
    script.on(BILLS, plain_json("bills"))
    assert find(connect(), ObjectType.BILL, party_id="4600000000111002", number="0077") == []


def test_a_key_that_states_nothing_matches_nothing(connect: Connect, script: Script) -> None:
    script.on(BILLS, plain_json("bills"))
    assert find(connect(), ObjectType.BILL) == []


def test_by_unique_field_the_natural_key_is_asked_first_and_the_record_itself_decides(
    connect: Connect, script: Script
) -> None:
    script.on(BILLS, plain_json("bills"))
    script.on("GET /books/v3/bills/4600000000333001", plain_json("bill"))
    found = find(connect(), ObjectType.BILL, use_unique_field=True, party_id="4600000000111001", number="NB-20931")
    assert found[0].complete
    assert found[0].id == "4600000000333001"
    assert len(script.asked(BILLS)) == 1


def test_by_unique_field_a_record_with_another_key_is_none(connect: Connect, script: Script) -> None:
    script.on(BILLS, plain_json("bills"), {"code": 0, "bills": []})
    script.on("GET /books/v3/bills/4600000000333001", plain_json("bill"))
    found = find(
        connect(), ObjectType.BILL, record_key="procurify:other", use_unique_field=True,
        party_id="4600000000111001", number="NB-20931",
    )  # fmt: skip
    assert found == []
    assert script.asked(BILLS)[1].url.params["search_text"] == "procurify:other"


@pytest.mark.parametrize(
    ("settings", "parameter"), [({}, "custom_field"), ({"unique_lookup": "search_text"}, "search_text")]
)
def test_orders_are_searched_by_custom_field_unless_set_otherwise(
    connect: Connect, script: Script, settings: dict[str, str], parameter: str
) -> None:
    row = {"purchaseorder_id": "5", "status": "open", "custom_field_hash": {"cf_source_id": KEY}}
    other = {"purchaseorder_id": "6", "status": "open", "custom_field_hash": {"cf_source_id": KEY + "0"}}
    script.on("GET /books/v3/purchaseorders", {"code": 0, "purchaseorders": [other, row]})
    found = find(connect(**settings), ObjectType.PURCHASE_ORDER, use_unique_field=True)
    assert [record.id for record in found] == ["5"]
    assert script.asked("GET /books/v3/purchaseorders")[0].url.params[parameter] == KEY


def test_an_ignored_search_is_not_followed_record_by_record(connect: Connect, script: Script) -> None:
    rows = [{"bill_id": str(number), "status": "open"} for number in range(50)]
    script.on(BILLS, {"code": 0, "bills": rows})
    assert find(connect(), ObjectType.BILL, use_unique_field=True) == []
    assert len(script.requests) == 2


def test_vendors_are_found_by_their_exact_name_among_vendors(connect: Connect, script: Script) -> None:
    rows = [
        {"contact_id": "1", "contact_type": "vendor", "contact_name": "Lake Supplies"},
        {"contact_id": "2", "contact_type": "vendor", "contact_name": "Lake Supplies West"},
        {"contact_id": "3", "contact_type": "customer", "contact_name": "Lake Supplies"},
    ]
    script.on("GET /books/v3/contacts", {"code": 0, "contacts": rows})
    assert [record.id for record in find(connect(), ObjectType.VENDOR, name="lake  supplies")] == ["1"]


def test_payments_are_found_by_vendor_reference_and_date(connect: Connect, script: Script) -> None:
    rows = [
        {"payment_id": "1", "vendor_id": "11", "reference_number": "R-1", "date": "2026-03-01", "amount": "5.00"},
        {"payment_id": "2", "vendor_id": "11", "reference_number": "R-1", "date": "2026-03-02", "amount": "5.00"},
        {"payment_id": "3", "vendor_id": "11", "reference_number": "R-1", "date": "2026-03-01", "amount": "6.00"},
    ]
    script.on("GET /books/v3/vendorpayments", {"code": 0, "vendorpayments": rows})
    found = find(connect(), ObjectType.PAYMENT, party_id="11", reference="R-1", on=date(2026, 3, 1), amount="5")
    assert [record.id for record in found] == ["1"]


def test_accounts_are_found_by_code(connect: Connect, script: Script) -> None:
    script.on("GET /books/v3/chartofaccounts", {"code": 0, "chartofaccounts": [plain_json("masterdata")["account"]]})
    found = find(connect(), ObjectType.ACCOUNT, number="5010")
    assert found[0].complete
    assert found[0].id == "4600000000000403"


def test_an_id_is_looked_up_itself(connect: Connect, script: Script) -> None:
    script.on("GET /books/v3/bills/9", {"code": 1002, "message": "Bill does not exist."}, status=404)
    script.on("GET /books/v3/bills/4600000000333001", plain_json("bill"))
    connection = connect()
    assert find(connection, ObjectType.BILL, external_id="9") == []
    assert find(connection, ObjectType.BILL, external_id="4600000000333001")[0].complete
