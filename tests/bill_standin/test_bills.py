from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

D = Decimal


def test_a_bill_adds_up_and_is_unpaid(bill: Any) -> None:
    made = bill.bill(bill.vendor()["id"], purchaseOrderNumber="PO-00017", description="Zoho bill 46")
    assert made["id"].startswith("00n")
    assert (made["amount"], made["dueAmount"], made["paidAmount"]) == (D("228.99"), D("228.99"), 0)
    assert (made["paymentStatus"], made["approvalStatus"], made["recordStatus"]) == ("UNPAID", "UNASSIGNED", "ACTIVE")
    assert made["purchaseOrderNumber"] == "PO-00017"
    assert "vendorName" not in made
    assert bill.get(f"/bills/{made['id']}")["vendorName"] == "Nordic Bearings"


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"vendorId": None}, None, "vendorId: must not be blank"),
        ({"dueDate": None}, None, "dueDate: must not be null"),
        ({"dueDate": "30/04/2026"}, None, "dueDate: must be a date in the form yyyy-MM-dd"),
        ({"invoice": None}, None, "invoice: must not be null"),
        ({"invoice": {"invoiceNumber": "A"}}, None, "invoice.invoiceDate: must not be null"),
        ({"billLineItems": []}, None, "billLineItems: must not be empty"),
        ({"description": "x" * 4001}, None, "description: size must be between 0 and 4000"),
        ({"vendorId": "00901NOBODY"}, "BDC_1143", "vendorId: Invalid id."),
        ({"billLineItems": [{"amount": D("-1")}]}, "BDC_1143", "billLineItems[0].amount: must be greater than 0"),
        ({"billLineItems": [{"amount": D("1.005")}]}, "BDC_1143", "billLineItems[0].amount: has too many decimals"),
        ({"billLineItems": [{"amount": "12.00"}]}, None, "billLineItems[0].amount: must be a number"),
        (
            {"billLineItems": [{"amount": 1, "classifications": {"departmentId": "0de01X"}}]},
            "BDC_1143",
            "classifications.departmentId: Invalid id.",
        ),
    ],
)
def test_a_bill_with_something_missing_or_wrong_is_refused(bill: Any, changes: Any, code: Any, message: str) -> None:
    vendor = bill.vendor()["id"]
    assert bill.refused("POST", "/bills", {**bill.body(vendor), **changes}) == (400, code, message)
    assert bill.get("/bills")["results"] == []


def test_a_number_holds_21_characters(bill: Any) -> None:
    vendor = bill.vendor()["id"]
    bill.bill(vendor, "x" * 21)
    message = "invoiceNumber: Maximum length cannot be greater than 21 characters."
    assert bill.refused("POST", "/bills", bill.body(vendor, "x" * 22)) == (400, "BDC_1143", message)


def test_a_number_is_taken_per_vendor_unless_duplicates_are_allowed(bill: Any) -> None:
    vendor, other = bill.vendor()["id"], bill.vendor("Other")["id"]
    first = bill.bill(vendor, "INV-1", allowDuplicateInvoiceNumber=False)
    twin = bill.body(vendor, "inv-1", allowDuplicateInvoiceNumber=False)
    assert bill.refused("POST", "/bills", twin) == (422, "BDC_1171", "Invoice number already exists.")
    bill.bill(other, "INV-1")
    bill.bill(vendor, "INV-1", allowDuplicateInvoiceNumber=True)
    bill.call("PATCH", f"/bills/{first['id']}", {"description": "a duplicate may be edited"})
    bill.switch(duplicate_scope="organization", duplicate_any_case=False)
    assert bill.refused("POST", "/bills", bill.body(other, "INV-1"))[1] == "BDC_1171"
    bill.bill(vendor, "inv-1")


def test_the_default_and_archived_numbers_are_switches(bill: Any) -> None:
    vendor = bill.vendor()["id"]
    made = bill.bill(vendor)
    bill.switch(allow_duplicate_default=True)
    bill.call("POST", f"/bills/{bill.bill(vendor)['id']}/archive")
    bill.switch(allow_duplicate_default=False)
    assert bill.refused("POST", "/bills", bill.body(vendor))[1] == "BDC_1171"
    bill.call("POST", f"/bills/{made['id']}/archive")
    bill.switch(archived_keeps_number=True)
    assert bill.refused("POST", "/bills", bill.body(vendor))[1] == "BDC_1171"
    bill.switch(archived_keeps_number=False)
    bill.bill(vendor)


def test_an_answer_that_is_lost_after_the_commit_leaves_a_bill_to_find(bill: Any) -> None:
    vendor = bill.vendor()["id"]
    bill.fault("POST /bills", "commit_then_drop")
    with pytest.raises(httpx.RemoteProtocolError):
        bill.raw("POST", "/bills", bill.body(vendor))
    found = bill.get("/bills", filters=f"vendorId:eq:{vendor}")["results"]
    assert [row["invoice"]["invoiceNumber"] for row in found] == ["NB-2207"]
    assert bill.refused("POST", "/bills", bill.body(vendor))[:2] == (422, "BDC_1171")


def test_quantity_times_price_makes_an_amount_and_amount_wins(bill: Any) -> None:
    lines = [{"quantity": 3, "price": D("33.333")}, {"amount": 7, "quantity": 1, "price": 5}]
    made = bill.bill(bill.vendor()["id"], billLineItems=lines)
    assert (made["amount"], made["billLineItems"][0]["amount"]) == (D("107.00"), D("100.00"))


def test_patch_changes_the_lines_it_names_and_put_replaces_all(bill: Any) -> None:
    made = bill.bill(bill.vendor()["id"])
    first, second = made["billLineItems"]
    path = f"/bills/{made['id']}"
    after = bill.call("PATCH", path, {"billLineItems": [{"id": first["id"], "amount": D("200")}]})
    assert (after["amount"], after["billLineItems"][0]["description"]) == (D("218.99"), "Racking")
    assert bill.refused("PATCH", path, {"billLineItems": [{"amount": 1}]})[:2] == (400, "BDC_1143")
    assert bill.refused("PATCH", path, {"billLineItems": [{"id": "bli01X", "amount": 1}]})[:2] == (400, "BDC_1143")
    body = bill.body(made["vendorId"], billLineItems=[{"id": second["id"], "amount": 20}, {"amount": 5}])
    after = bill.call("PUT", path, body)
    assert (after["amount"], after["billLineItems"][0]["id"], len(after["billLineItems"])) == (25, second["id"], 2)
    assert bill.refused("PUT", path, {"dueDate": "2026-05-01"})[0] == 400


def test_bulk_creates_all_or_nothing_and_answers_a_bare_array(bill: Any) -> None:
    vendor = bill.vendor()["id"]
    rows = [bill.body(vendor, f"B-{number}") for number in range(3)]
    made = bill.call("POST", "/bills/bulk", rows)
    assert isinstance(made, list)
    assert len(made) == 3
    assert bill.refused("POST", "/bills/bulk", [bill.body(vendor, "B-9"), rows[0]])[1] == "BDC_1171"
    assert bill.refused("POST", "/bills/bulk", [bill.body(vendor, "C"), bill.body(vendor, "c")])[1] == "BDC_1171"
    assert bill.refused("POST", "/bills/bulk", [bill.body(vendor, f"D-{n}") for n in range(101)])[0] == 400
    assert len(bill.get("/bills")["results"]) == 3
    bill.fault("POST /bills/bulk", "batch_partial")
    assert len(bill.call("POST", "/bills/bulk", [bill.body(vendor, f"E-{n}") for n in range(4)])) == 2


def test_a_foreign_bill_takes_its_vendors_currency(bill: Any) -> None:
    made = bill.bill(bill.vendor(billCurrency="EUR")["id"])
    assert (made["amount"], made["exchangeRate"], made["fundingAmount"]) == (D("228.99"), D("1.0912"), D("249.87"))
    yen = bill.vendor("Tokyo", billCurrency="JPY")["id"]
    assert bill.refused("POST", "/bills", bill.body(yen))[1] == "BDC_1143"
    assert bill.bill(yen, billLineItems=[{"amount": 5000}])["amount"] == 5000


def test_drafts_are_archived_too_so_record_status_says_more(bill: Any) -> None:
    made = bill.bill(bill.vendor()["id"])
    bill.screen("bills", id=made["id"], action="draft")
    shown = bill.get(f"/bills/{made['id']}")
    assert (shown["archived"], shown["recordStatus"]) == (True, "DRAFT")
    assert [row["id"] for row in bill.get("/bills", filters="archived:eq:false")["results"]] == []


def test_a_policy_assigns_and_people_approve_in_turn(bill: Any) -> None:
    bill.login("ap@harbour.example", "Harbour-4711")
    user = bill.get("/login/session")["userId"]
    other = bill.screen("users", username="second@harbour.example", password="x")["userId"]
    policy = {"rules": [{"key": "BILL_AMOUNT", "value": 100}], "approvers": [user, other]}
    made = bill.call("POST", "/bill-approvals/policies", policy)
    assert made["approvers"] == {"users": [user, other], "groups": []}
    assert [row["id"] for row in bill.get("/bill-approvals/policies")] == [made["id"]]
    big = bill.bill(bill.vendor()["id"], billApprovals=True)
    assert big["approvalStatus"] == "ASSIGNED"
    assert [one["status"] for one in big["approvers"]] == ["WAITING", "WAITING"]
    assert [row["billId"] for row in bill.get("/bill-approvals/pending-user-approvals")["bills"]] == [big["id"]]
    action = [{"billId": big["id"], "action": "APPROVE", "comment": "ok"}]
    assert bill.call("POST", "/bill-approvals/actions", action) == {"status": "SUCCESS"}
    assert bill.get(f"/bills/{big['id']}")["approvalStatus"] == "APPROVING"
    assert bill.refused("POST", "/bill-approvals/actions", action)[:2] == (403, "BDC_1145")
    assert bill.screen("bills", id=big["id"], action="deny")["approvalStatus"] == "DENIED"
    small = bill.bill(big["vendorId"], "S", billLineItems=[{"amount": 99}])
    assert small["approvalStatus"] == "UNASSIGNED"


def test_documents_take_a_while_and_attachments_do_not(bill: Any) -> None:
    made = bill.bill(bill.vendor()["id"])
    bill.switch(document_minutes=3)
    path = f"/documents/bills/{made['id']}"
    temporary = bill.call("POST", path, b"%PDF-1.4 scan", params={"name": "scan.pdf"})["id"]
    assert temporary.startswith("0du")
    status = bill.get("/documents/upload-status", ids=temporary)
    assert [(row["status"], "documentId" in row) for row in status] == [("IN_PROGRESS", False)]
    assert bill.get(path)["results"] == []
    bill.advance(180)
    document = bill.get("/documents/upload-status", ids=temporary)[0]["documentId"]
    assert document.startswith("00h")
    link = bill.get(f"/documents/{document}")["downloadLink"]
    assert bill.http.get(link).status_code == 401
    assert (
        bill.http.get(link, headers={"sessionId": bill.session, "devKey": "01DEMODEVKEY"}).content == b"%PDF-1.4 scan"
    )
    assert bill.refused("POST", path, b"x")[2] == "name: must not be blank"
    assert bill.refused("POST", path, b"x" * (6 * 1024 * 1024 + 1), params={"name": "big.pdf"})[:2] == (400, "BDC_1143")
    vendor = made["vendorId"]
    kept = bill.call("POST", f"/attachments/vendors/{vendor}", b"W9", params={"name": "w9.pdf"})
    assert [row["id"] for row in bill.get(f"/attachments/vendors/{vendor}")["results"]] == [kept["id"]]
    bill.call("DELETE", f"/attachments/{kept['id']}")
    assert bill.get(f"/attachments/vendors/{vendor}")["results"] == []
    assert bill.refused("POST", f"/attachments/bills/{made['id']}", b"x", params={"name": "a"})[:2] == (404, "BDC_1121")
