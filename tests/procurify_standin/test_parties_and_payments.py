"""Vendors, short lists, payments, and the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from mlc_sandbox.company import Company

Ui = Callable[..., Any]
VENDORS = "/api/v3/vendors/"
PAYMENTS = "/api/public/v1/payments/"
NEW = {"name": "Nova Supplies", "email": ["ap@nova.example"], "type": 4}


def bill_of(http: httpx.Client, uuid: str) -> Any:
    return http.get(f"/api/v2/ap/bills/{uuid}/").json()["data"]


def test_a_vendor_is_created_read_changed_and_never_deleted(http: httpx.Client) -> None:
    made = http.post(VENDORS, json=NEW | {"payment_term_ref": {"name": "Net 30"}, "external_id": "E-77"})
    assert made.status_code == 201
    vendor = made.json()["data"]
    url = f"{VENDORS}{vendor['id']}/"
    assert vendor["payment_term_ref"]["id"] == 1 or vendor["payment_term_ref"]["name"] == "Net 30"
    changed = http.patch(url, json={"external_id": "E-78"}).json()["data"]
    assert (changed["external_id"], changed["name"]) == ("E-78", "Nova Supplies")
    assert changed["dateModified"] > vendor["dateModified"]
    assert http.put(url, json={"name": "Nova"}).json() == {
        "email": ["This field is required."],
        "type": ["This field is required."],
    }
    assert http.put(url, json=NEW).status_code == 200
    assert http.get(url).json()["data"]["external_id"] == "E-78"
    assert http.delete(url).status_code == 405


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"name": "x" * 151}, "name"),
    ({"name": " "}, "name"),
    ({"type": 5}, "type"),
    ({"email": "a@b.example"}, "email"),
    ({"email": ["nonsense"]}, "email"),
    ({"currency": 999}, "currency"),
    ({"postalCode": "1" * 21}, "postalCode"),
    ({"payment_term_ref": 3}, "payment_term_ref"),
]


@pytest.mark.parametrize(("change", "field"), BROKEN)
def test_a_vendor_that_breaks_a_rule_is_refused_by_field(http: httpx.Client, change: Any, field: str) -> None:
    reply = http.post(VENDORS, json=NEW | change)
    assert (reply.status_code, list(reply.json())) == (400, [field])


def test_vendor_filters_are_exact_and_groups_are_segments(http: httpx.Client, company: Company) -> None:
    with_id = next(vendor for vendor in company.vendors if vendor.external_id)
    rows = http.get(f"{VENDORS}all/", params={"external_id": with_id.external_id}).json()["data"]
    assert [row["id"] for row in rows] == [with_id.id]
    rows = http.get(f"{VENDORS}all/", params={"name": with_id.name[:5]}).json()["data"]
    assert rows == []
    preferred = http.get(f"{VENDORS}preferred/", params={"page_size": 200}).json()["data"]
    assert {(row["type"], row["active"]) for row in preferred} == {(3, True)}
    everyone = http.get(VENDORS, params={"page_size": 200}).json()["metadata"]["pagination"]["count"]
    assert everyone == len(company.vendors)
    assert http.get(f"{VENDORS}unheard_of/").status_code == 404


def test_names_may_repeat_unless_the_switch_says_otherwise(http: httpx.Client, switch: Callable[..., None]) -> None:
    assert [http.post(VENDORS, json=NEW).status_code for _ in range(2)] == [201, 201]
    switch(vendor_names_unique=True)
    assert http.post(VENDORS, json=NEW).json() == {"name": ["vendor with this name already exists."]}


def test_stored_text_may_differ_from_the_text_sent(http: httpx.Client) -> None:
    http.post("/_sandbox/faults", json={"match": "POST /vendors", "kind": "normalise"})
    vendor = http.post(VENDORS, json=NEW | {"name": "A  B " + "c" * 60, "email": ["AP@Nova.example"]}).json()["data"]
    assert vendor["name"] == ("A B " + "c" * 60)[:50]
    assert vendor["email"] == ["ap@nova.example"]


def test_a_merge_moves_documents_and_deactivates_the_loser(http: httpx.Client, ui: Ui, approved: Any) -> None:
    ui("vendors", id=1, action="merge", into=2)
    assert http.get(f"{VENDORS}1/").json()["data"]["active"] is False
    assert bill_of(http, approved["uuid"])["vendor"]["id"] == 2


def test_paying_makes_a_public_payment_over_the_bills_groups(http: httpx.Client, ui: Ui, approved: Any) -> None:
    made = ui("bills", id=approved["uuid"], action="pay", payment_date="2026-11-10")
    paid = bill_of(http, approved["uuid"])
    assert paid["status"] == 4
    assert paid["bill_payment"]["amount"] == "100.00"
    assert paid["bill_payment"]["payment"]["payment_date"] == "2026-11-10"
    rows = http.get(PAYMENTS, params={"bill_groups": paid["group"]}).json()["data"]
    assert [(row["id"], row["status"], row["bill_groups"]) for row in rows] == [(made["id"], "paid", [paid["group"]])]
    assert "vendor" not in rows[0]


def test_payments_are_polled_by_their_time_of_change(http: httpx.Client, ui: Ui, approved: Any) -> None:
    made = ui("payments", bills=[approved["uuid"]], status="scheduled", gl_code="1010")
    assert bill_of(http, approved["uuid"])["status"] == 8
    params = {"updated_at_after": made["updated_at"], "order_by": "updated_at"}
    assert [row["id"] for row in http.get(PAYMENTS, params=params).json()["data"]] == [made["id"]]
    ui("payments", id=made["id"], action="set_status", status="paid")
    moved = http.get(PAYMENTS, params=params).json()["data"][0]
    assert (moved["status"], moved["updated_at"] > made["updated_at"]) == ("paid", True)
    assert http.get(PAYMENTS, params={"status": "paid", "invoice_number": "T-1"}).json()["data"][0]["id"] == made["id"]
    assert http.get(PAYMENTS, params={"ids": made["id"], "payment_amount": "100"}).json()["data"]


@pytest.mark.parametrize("action", ["void", "fail"])
def test_a_payment_taken_back_returns_its_bills_to_approved(
    http: httpx.Client, ui: Ui, approved: Any, action: str
) -> None:
    made = ui("payments", bills=[approved["uuid"]])
    ui("payments", id=made["id"], action=action)
    bill = bill_of(http, approved["uuid"])
    assert (bill["status"], bill["bill_payment"]) == (2, None)
    assert http.get(PAYMENTS, params={"ids": made["id"]}).json()["data"][0]["status"] == "failed"


def test_a_void_may_make_a_payment_vanish(
    http: httpx.Client, ui: Ui, approved: Any, switch: Callable[..., None]
) -> None:
    made = ui("payments", bills=[approved["uuid"]])
    switch(voided_payment="gone")
    ui("payments", id=made["id"], action="void")
    assert http.get(PAYMENTS, params={"ids": made["id"]}).json()["data"] == []


def test_the_old_payment_list_is_gone_by_switch(http: httpx.Client, switch: Callable[..., None]) -> None:
    assert http.get("/api/v2/ap/payments/").status_code == 404
    switch(old_payments=410)
    assert http.get("/api/v2/ap/payments/").status_code == 410
    switch(old_payments="live")
    assert isinstance(http.get("/api/v2/ap/payments/").json()["data"][0]["status"], int)


def test_payment_methods_show_their_paging_where_the_switch_says(
    http: httpx.Client, switch: Callable[..., None]
) -> None:
    url = "/api/v2/ap/company-payment-methods/"
    assert "pagination" in http.get(url).json()
    switch(payment_methods_pagination="metadata")
    assert http.get(url).json()["metadata"]["pagination"]["count"] > 0


def test_short_lists_hold_the_companys_master_data(http: httpx.Client, company: Company) -> None:
    codes = http.get("/api/v3/account-codes/", params={"page_size": 200}).json()["data"]
    assert {row["code"] for row in codes} == {account.code for account in company.accounts if account.id}
    inactive = http.get("/api/v3/account-codes/", params={"active": "false", "page_size": 200}).json()["data"]
    assert all(not row["active"] for row in inactive)
    departments = http.get("/api/v3/departments/", params={"page_size": 200}).json()["data"]
    assert len(departments) == len(company.departments)
    assert len(http.get("/api/v2/locations/").json()["data"]) == len(company.locations)
    base = http.get("/api/v2/currencies/", params={"base": "true"}).json()["data"]
    assert [(row["name"], row["rate"]) for row in base] == [(company.base_currency, "1.000000")]
    account = http.get("/api/v3/accounts/").json()["data"][0]
    assert account["account_code"]["code"]
    assert account["department"]["branch"]["id"]


def test_an_account_code_can_be_created_and_renamed_and_bills_show_it(
    http: httpx.Client, ui: Ui, approved: Any
) -> None:
    made = http.post("/api/v3/account-codes/", json={"code": "6999", "description": "Odds"})
    assert made.status_code == 201
    assert http.post("/api/v3/account-codes/", json={"code": "6999", "description": "Odds"}).status_code == 400
    budget = bill_of(http, approved["uuid"])["items"][0]["cost_allocations"][0]["budget"]
    ui("account_codes", id=budget["account_code"]["id"], description="Renamed")
    budget = bill_of(http, approved["uuid"])["items"][0]["cost_allocations"][0]["budget"]
    assert budget["account_code"]["description"] == "Renamed"


def test_the_log_tells_seed_requests_and_people_apart(http: httpx.Client, ui: Ui, approved: Any) -> None:
    http.post(VENDORS, json=NEW)
    kinds = {entry["cause"]["kind"] for entry in http.get("/_sandbox/log").json()}
    assert {"seed", "request", "ui"} <= kinds
    requests = http.get("/_sandbox/log", params={"cause": "request"}).json()
    assert [(entry["op"], entry["type"]) for entry in requests] == [("create", "vendors")]
