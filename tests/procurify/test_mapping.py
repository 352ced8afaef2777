"""Orders, payments, vendors and master data → canonical records."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from mlc.records import (
    ChargeKind,
    Completeness,
    DimensionKind,
    MoneyMovement,
    ObjectType,
    OrderStatus,
    PartyStatus,
)
from mlc_procurify.mapping import to_record
from mlc_procurify.redaction import without_secrets
from mlc_procurify.settings import ProcurifySettings

from .conftest import load

SETTINGS = ProcurifySettings(subdomain="northwind")


def mapped(object_type: ObjectType, payload: dict[str, Any], settings: ProcurifySettings = SETTINGS) -> Any:
    return to_record(object_type, payload, settings=settings, connection="purchasing")


def identity_gap(document: Any) -> Any:
    outside = sum((charge.amount for charge in document.charges), Decimal(0))
    return document.subtotal + outside + document.tax_total - document.total


def test_a_purchase_order_carries_lines_charges_and_addresses() -> None:
    order = mapped(ObjectType.PURCHASE_ORDER, load("purchase_order.json"))
    assert order.object_type is ObjectType.PURCHASE_ORDER
    assert (order.po_number, order.status, order.status_raw) == ("NW-2026-0031", OrderStatus.ISSUED, "0")
    assert (order.source.source_id, order.vendor.source_id) == ("118", "12")
    assert (order.issue_date, order.delivery_date) == (date(2026, 1, 20), date(2026, 2, 10))
    paper, cleaning = order.lines
    assert (paper.key, paper.received_quantity) == ("555", Decimal(40))
    assert [share.amount for share in paper.allocations] == [Decimal(300), Decimal(200)]
    assert (cleaning.quantity, cleaning.line_net_amount) == (Decimal(1), Decimal(500))
    assert (cleaning.account.code, cleaning.allocations[0].amount) == ("6300", Decimal(500))
    charges = {charge.kind: (charge.amount, charge.percent) for charge in order.charges}
    assert charges == {
        ChargeKind.DISCOUNT: (Decimal(-100), Decimal(10)),
        ChargeKind.SHIPPING: (Decimal(25), None),
        ChargeKind.TAX: (Decimal(117), Decimal(13)),
    }
    assert identity_gap(order) == 0
    assert order.ship_to.country_code == "CA"
    assert order.exchange_rate is None


@pytest.mark.parametrize(
    ("state", "expected"),
    [(1, "cancelled"), (2, "unknown"), (3, "closed"), (4, "closed"), (5, "issued"), (9, "unknown")],
)
def test_each_order_state_has_a_status(state: int, expected: str) -> None:
    assert mapped(ObjectType.PURCHASE_ORDER, load("purchase_order.json") | {"state": state}).status == expected


def test_an_order_without_external_number_shows_its_own() -> None:
    assert mapped(ObjectType.PURCHASE_ORDER, load("purchase_order.json") | {"PO_Num": None}).po_number == "PF118"


def test_an_order_row_without_items_is_a_summary() -> None:
    payload = load("purchase_order.json")
    del payload["order_items"]
    order = mapped(ObjectType.PURCHASE_ORDER, payload)
    assert order.source.completeness is Completeness.SUMMARY
    assert not order.known("lines")
    assert not order.known("charges")


def test_a_payment_names_groups_without_amounts() -> None:
    payment = mapped(ObjectType.PAYMENT, load("payment.json"))
    assert payment.object_type is ObjectType.PAYMENT
    assert (payment.source.source_id, payment.payment_number) == ("c0f1", "9")
    assert [(share.group, share.amount, share.document) for share in payment.allocations] == [
        ("55", None, None),
        ("56", None, None),
    ]
    assert (payment.movement, payment.method) == (MoneyMovement.MOVED, "ach")
    assert (payment.money_account.code, payment.party.name) == ("1010", "Harbour Paper Ltd")
    assert (payment.amount, payment.payment_date) == (Decimal(1130), date(2026, 3, 4))


@pytest.mark.parametrize(
    ("status", "movement"),
    [
        ("scheduled", "planned"),
        ("pending_approval", "planned"),
        ("denied", "failed"),
        ("failed", "failed"),
        ("odd", "unknown"),
    ],
)
def test_only_paid_payments_moved_money(status: str, movement: str) -> None:
    assert mapped(ObjectType.PAYMENT, load("payment.json") | {"status": status}).movement == movement


def test_a_vendor_is_cleaned_and_its_currency_resolved() -> None:
    payload = load("vendor.json") | {"_mlc": {"currencies": {"3": "CAD"}}}
    vendor = mapped(ObjectType.VENDOR, payload)
    assert vendor.object_type is ObjectType.VENDOR
    assert (vendor.category, vendor.status, vendor.currency) == ("preferred", PartyStatus.ACTIVE, "CAD")
    assert [contact.email for contact in vendor.contacts] == ["ap@harbour.example", "orders@harbour.example"]
    assert (vendor.addresses[0].country_code, vendor.addresses[0].country_raw) == ("CA", "Canada")
    assert (vendor.external_code, vendor.payment_days, vendor.us_1099) == ("Z-77", 30, False)
    assert vendor.vendor_code is None


def test_a_vendor_whose_currency_was_not_looked_up_leaves_it_unset() -> None:
    vendor = mapped(ObjectType.VENDOR, load("vendor.json"))
    assert not vendor.known("currency")


@pytest.mark.parametrize(("number", "word"), [(5, "employee"), (6, "card_provider"), (2, "punchout"), (77, "type_77")])
def test_vendor_types_are_words(number: int, word: str) -> None:
    assert mapped(ObjectType.VENDOR, load("vendor.json") | {"type": number}).category == word


def test_lists_without_dates_map_to_master_data() -> None:
    account = mapped(
        ObjectType.ACCOUNT, {"id": 8, "code": "6100", "description": "Office", "account_type": 2, "parent": 1}
    )
    assert (account.code, account.name, account.classification, account.parent.source_id) == (
        "6100",
        "Office",
        "expense",
        "1",
    )
    department = mapped(
        ObjectType.DIMENSION, {"id": 5, "name": "Office", "branch": {"id": 2}, "_mlc": {"kind": "department"}}
    )
    location = mapped(ObjectType.DIMENSION, {"id": 5, "name": "Hamilton", "_mlc": {"kind": "location"}})
    assert department.object_type is ObjectType.DIMENSION
    assert (department.source.source_id, location.source.source_id) == ("department-5", "location-5")
    assert (department.parent.source_id, location.kind) == ("location-2", DimensionKind.LOCATION)
    currency = mapped(ObjectType.CURRENCY, {"id": 3, "name": "cad", "base": True, "rate": "1.0"})
    assert currency.object_type is ObjectType.CURRENCY
    assert (currency.code, currency.is_base, currency.rate) == ("CAD", True, None)


def test_bank_details_never_leave_the_client() -> None:
    for name in ("bill.json", "vendor.json", "payment.json", "purchase_order.json"):
        text = json.dumps(without_secrets(load(name)), default=str)
        assert "1234" not in text
        assert "signature=" not in text
        assert "payment_methods" not in text
        assert "account_code" in text or name in ("vendor.json", "payment.json")
