from __future__ import annotations

from typing import Any

import pytest
from mlc_sandbox.company import make_company
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn
from mlc_sandbox.zoho_books.switches import SWITCHES


def test_a_person_recodes_edits_pays_voids_and_deletes(books: Any) -> None:
    vendor = books.vendor()
    bill = books.bill(vendor)
    path = f"objects/bills/{bill['bill_id']}"
    other = books.account("6100")
    changed = books.control("POST", path, {"action": "recode", "account_id": other})
    assert changed["line_items"][0]["account_id"] == other
    assert changed["total"] == 2220
    assert books.control("POST", path, {"notes": "seen"})["notes"] == "seen"
    payment = books.control("POST", path, {"action": "pay", "amount": 20, "date": "2026-03-12"})
    assert payment["bills"][0]["amount_applied"] == 20
    books.control("POST", f"objects/vendorpayments/{payment['payment_id']}", {"action": "delete"})
    assert books.control("POST", path, {"action": "void"})["status"] == "void"
    assert books.control("POST", path, {"action": "delete"}) == {}
    causes = [entry["cause"]["kind"] for entry in books.control("GET", "log?cause=ui")]
    assert set(causes) == {"ui"}


def test_a_screen_that_does_not_exist_is_said_so(books: Any) -> None:
    reply = books.http.post("/_sandbox/objects/bills/1", json={"action": "dance"})
    assert reply.status_code == 400
    assert "recode" in reply.json()["error"]
    assert books.http.post("/_sandbox/objects/dreams", json={}).status_code == 400
    bill_id = books.bill(books.vendor())["bill_id"]
    reply = books.http.post(f"/_sandbox/objects/bills/{bill_id}", json={"action": "recode"})
    assert reply.json()["error"] == "the change on bills needs 'account_id'"


def test_the_log_tells_each_write_with_its_request(books: Any) -> None:
    bill = books.bill(books.vendor())
    entry = next(entry for entry in books.control("GET", "log?type=bills") if entry["op"] == "create")
    assert (entry["id"], entry["cause"]["method"], entry["cause"]["path"]) == (
        bill["bill_id"],
        "POST",
        "/books/v3/bills",
    )


def test_commit_then_drop_leaves_the_bill_behind(books: Any) -> None:
    vendor = books.vendor()
    body = books.bill_body(vendor)
    books.control("POST", "faults", {"match": "POST /bills", "kind": "commit_then_drop"})
    with pytest.raises(Exception, match=r"disconnected|reset"):
        books.call("POST", "/bills", body)
    assert len(books.ids("/bills", "bill_id", vendor_id=vendor, bill_number="NB-20931")) == 1


def test_a_fault_lets_a_person_pay_between_two_calls(books: Any) -> None:
    bill_id = books.bill(books.vendor())["bill_id"]
    change = {"type": "bills", "id": bill_id, "action": "pay"}
    books.control("POST", "faults", {"match": "GET /bills/", "kind": "human", "body": change})
    assert books.get(f"/bills/{bill_id}")["bill"]["status"] == "paid"


def test_every_switch_can_be_set_and_reset(books: Any) -> None:
    assert books.control("POST", "switches", SWITCHES) == SWITCHES
    assert books.control("DELETE", "switches") == SWITCHES
    assert books.http.post("/_sandbox/switches", json={"nonsense": 1}).status_code == 400


def test_seeded_company_shows_its_ledger(books: Any) -> None:
    company = make_company(1, 100)
    standin = ZohoBooksStandIn(company=company)
    assert standin.organization_id == company.ledger_organization_id
    for document in company.ledger_documents:
        kind = "bills" if document.kind == "bill" else "vendorcredits"
        stored = standin.books[kind].get(document.ledger_id)
        assert stored is not None
        assert stored["total"] == document.total
        assert (stored["status"] == "void", stored["status"] == "paid") == (
            document.status == "void",
            document.status == "paid",
        )
    for contact in company.contacts:
        stored = standin.books["contacts"].get(contact.ledger_id)
        assert stored is not None
        assert (stored["contact_name"], stored["status"] == "active") == (contact.name, contact.active)
    for account in company.accounts:
        if account.ledger_id:
            assert standin.books["chartofaccounts"].get(account.ledger_id) is not None


def test_seeding_an_empty_stand_in_replaces_its_small_chart(books: Any) -> None:
    company = make_company(2, 40)
    books.standin.seed(company)
    with Server(books.standin):
        assert len(books.standin.books["organizations"]) == 1
        assert len(books.standin.books["contacts"]) == len(company.contacts)
