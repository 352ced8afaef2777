from __future__ import annotations

from typing import Any

import pytest

from .conftest import ADDRESS


def test_a_vendor_is_created_with_201_and_shows_only_what_is_set(bill: Any) -> None:
    reply = bill.raw("POST", "/vendors", {"name": "Nordic Bearings", "address": ADDRESS, "shortName": "V-17"})
    assert reply.status_code == 201
    vendor = reply.json()
    assert vendor["id"].startswith("009")
    assert len(vendor["id"]) == 20
    assert (vendor["billCurrency"], vendor["networkStatus"], vendor["archived"]) == ("USD", "NOT_CONNECTED", False)
    assert vendor["address"]["countryName"] == "United States"
    assert vendor["createdTime"] == "2026-03-16T09:30:00.000+00:00"
    assert "email" not in vendor
    assert "organizationId" not in vendor


def test_everything_that_is_wrong_is_told_at_once(bill: Any) -> None:
    problems = bill.raw("POST", "/vendors", {"email": "a@b.example"}).json()
    assert [(one.get("code"), one["message"]) for one in problems] == [
        (None, "name: must not be blank"),
        (None, "address: must not be null"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "x" * 101},
        {"shortName": "x" * 41},
        {"address": {**ADDRESS, "city": None}},
        {"address": {**ADDRESS, "country": "USA"}},
        {"accountType": "COMPANY"},
        {"billCurrency": "Dollar"},
    ],
)
def test_a_vendor_with_a_wrong_field_is_refused_and_not_stored(bill: Any, changes: dict[str, Any]) -> None:
    assert bill.refused("POST", "/vendors", {"name": "N", "address": ADDRESS, **changes})[0] == 400
    assert len(bill.get("/vendors")["results"]) == 1


def test_two_creates_of_one_vendor_make_two(bill: Any) -> None:
    assert bill.vendor()["id"] != bill.vendor()["id"]
    bill.switch(vendor_names_unique=True)
    assert bill.refused("POST", "/vendors", {"name": "Nordic Bearings", "address": ADDRESS})[:2] == (400, "BDC_1143")


def test_a_patch_changes_what_was_sent_but_never_the_currency_or_bank(bill: Any) -> None:
    vendor = bill.vendor(email="old@n.example", billCurrency="EUR")
    bill.advance(5)
    after = bill.call("PATCH", f"/vendors/{vendor['id']}", {"email": "new@n.example"})
    assert (after["email"], after["name"], after["updatedTime"] > vendor["updatedTime"]) == (
        "new@n.example",
        "Nordic Bearings",
        True,
    )
    assert bill.refused("PATCH", f"/vendors/{vendor['id']}", {"billCurrency": "USD"})[:2] == (400, "BDC_1143")
    bank = {"paymentInformation": {"bankAccount": {"accountNumber": "1"}}}
    assert bill.refused("PATCH", f"/vendors/{vendor['id']}", bank)[:2] == (400, "BDC_1143")
    bill.switch(vendor_currency_patch=True)
    assert bill.call("PATCH", f"/vendors/{vendor['id']}", {"billCurrency": "USD"})["billCurrency"] == "USD"


def test_archiving_twice_changes_nothing_the_second_time(bill: Any) -> None:
    vendor = bill.vendor()
    bill.advance(1)
    once = bill.call("POST", f"/vendors/{vendor['id']}/archive")
    bill.advance(1)
    assert bill.call("POST", f"/vendors/{vendor['id']}/archive") == once
    assert once["archived"] is True
    assert bill.refused("POST", "/bills", bill.body(vendor["id"]))[:2] == (400, "BDC_1143")
    assert bill.call("POST", f"/vendors/{vendor['id']}/restore")["archived"] is False


def test_twenty_vendors_at_once_all_or_none(bill: Any) -> None:
    rows = [{"name": f"V{number}", "address": ADDRESS} for number in range(20)]
    assert [row["name"] for row in bill.call("POST", "/vendors/bulk", rows)["vendors"]] == [r["name"] for r in rows]
    assert bill.refused("POST", "/vendors/bulk", [*rows, rows[0]])[0] == 400
    assert bill.refused("POST", "/vendors/bulk", [rows[0], {"name": "no address"}])[2] == "address: must not be null"
    assert len(bill.get("/vendors", max=100)["results"]) == 21


def test_unknown_fields_are_ignored_or_refused(bill: Any) -> None:
    body = {"name": "N", "address": ADDRESS, "contactEmail": "x"}
    assert "contactEmail" not in bill.call("POST", "/vendors", body)
    bill.switch(unknown_fields="refuse")
    assert bill.refused("POST", "/vendors", body)[:2] == (400, "BDC_1119")


def test_a_body_that_is_no_json_is_refused(bill: Any) -> None:
    assert bill.refused("POST", "/vendors", b"{name:")[:2] == (400, "BDC_1122")
    assert bill.refused("POST", "/vendors", [])[:2] == (400, "BDC_1122")


def test_the_audit_trail_tells_who_changed_which_field(bill: Any) -> None:
    vendor = bill.vendor(email="old@n.example")
    bill.screen("vendors", id=vendor["id"], email="new@n.example")
    assert bill.get(f"/reports/audit-trail/vendor/{vendor['id']}")["results"] == [
        {"field": "email", "source": "ui", "previous": "old@n.example", "current": "new@n.example"}
    ]


def test_bank_details_come_with_the_vendor_and_are_shown_masked(bill: Any) -> None:
    bank = {"nameOnAccount": "N", "accountNumber": "123456789", "routingNumber": "021000021"}
    vendor = bill.vendor(paymentInformation={"bankAccount": bank})
    assert bill.get(f"/vendors/{vendor['id']}/bank-account")["accountNumber"] == "*****6789"
    assert "123456789" not in bill.raw("GET", f"/vendors/{vendor['id']}").text
    assert bill.raw("DELETE", f"/vendors/{vendor['id']}/bank-account").status_code == 204
    assert bill.refused("GET", f"/vendors/{vendor['id']}/bank-account")[0] == 404
