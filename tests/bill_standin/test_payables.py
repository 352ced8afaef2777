from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

D = Decimal


def credit_body(vendor: str, amount: Any = 50) -> dict[str, Any]:
    line = {"amount": amount, "description": "Return"}
    return {"vendorId": vendor, "referenceNumber": "CN-1", "creditDate": "2026-03-01", "vendorCreditLineItems": [line]}


def test_a_payment_goes_its_way_and_the_bill_with_it(bill: Any) -> None:
    made = bill.bill(bill.vendor()["id"])

    def status() -> tuple[str, Any, Any, Any]:
        shown = bill.get(f"/bills/{made['id']}")
        return shown["paymentStatus"], shown["dueAmount"], shown["paidAmount"], shown["scheduledAmount"]

    payment = bill.screen("payments", bills=[{"billId": made["id"]}], processDate="2026-04-01")
    assert status() == ("SCHEDULED", D("228.99"), 0, D("228.99"))
    bill.screen("payments", id=payment["id"], action="fund")
    assert status()[0] == "IN_PROCESS"
    bill.screen("payments", id=payment["id"], action="clear")
    assert status() == ("PAID", 0, D("228.99"), 0)
    shown = bill.get(f"/payments/{payment['id']}")
    assert (shown["status"], shown["singleStatus"], shown["onlinePayment"]) == ("PAID", "CLEARED", True)
    assert shown["billId"] == made["id"]
    assert shown["confirmationNumber"]
    assert shown["billPayments"][0]["amount"] == D("228.99")
    bill.screen("payments", id=payment["id"], action="void", reason="duplicate")
    assert status() == ("UNPAID", D("228.99"), 0, 0)
    assert bill.get(f"/payments/{payment['id']}")["voidInfo"][0]["voidReason"] == "duplicate"


@pytest.mark.parametrize(
    ("steps", "single", "status", "left"),
    [
        (["cancel"], "CANCELED", "CANCELLED", "UNPAID"),
        (["fund", "void_funding"], "FUNDING_FAILED_VOIDED", "VOID", "UNPAID"),
        (["fund", "escheat"], "FUNDS_ESCHEATED", "ESCHEATED", "UNPAID"),
        (["fund", "fail_disbursement"], "DISBURSEMENT_FAILED_ACTION_NEEDED", "PAID", "IN_PROCESS"),
        (["fund", "expire"], "EXPIRING", "SCHEDULED", "IN_PROCESS"),
    ],
)
def test_what_can_go_wrong_with_a_payment(bill: Any, steps: list[str], single: str, status: str, left: str) -> None:
    made = bill.bill(bill.vendor()["id"])
    payment = bill.screen("payments", bills=[{"billId": made["id"]}])
    for step in steps:
        bill.screen("payments", id=payment["id"], action=step)
    shown = bill.get(f"/payments/{payment['id']}")
    assert (shown["singleStatus"], shown["status"]) == (single, status)
    assert bill.get(f"/bills/{made['id']}")["paymentStatus"] == left
    refused = bill.http.post(f"/_sandbox/objects/payments/{payment['id']}", json={"action": "cancel"})
    assert refused.status_code == 400


def test_several_bills_in_one_payment_and_part_payments(bill: Any) -> None:
    vendor = bill.vendor()["id"]
    one, two = bill.bill(vendor, "A"), bill.bill(vendor, "B")
    rows = [{"billId": one["id"], "amount": D("100")}, {"billId": two["id"]}]
    payment = bill.screen("payments", bills=rows, action="clear")
    assert payment["amount"] == D("328.99")
    assert "billId" not in bill.get(f"/payments/{payment['id']}")
    assert bill.get(f"/bills/{one['id']}")["paymentStatus"] == "PARTIALLY_PAID"
    found = bill.get("/payments", filters=f"vendorId:eq:{vendor},status:eq:PAID")["results"]
    assert [row["id"] for row in found] == [payment["id"]]
    assert bill.refused("GET", "/payments", params={"filters": f"billId:eq:{one['id']}"})[1] == "BDC_1130"


def test_a_payment_made_elsewhere_is_recorded_but_never_more_than_is_due(bill: Any) -> None:
    made = bill.bill(bill.vendor()["id"])
    body = {
        "vendorId": made["vendorId"],
        "processDate": "2026-03-15",
        "toPrintCheck": False,
        "payments": [{"billId": made["id"], "amount": D("200.00")}],
    }
    payment = bill.call("POST", "/bills/record-payment", body)
    assert (payment["onlinePayment"], payment["status"], payment["allowExport"]) == (False, "PAID", True)
    assert bill.get(f"/bills/{made['id']}")["dueAmount"] == D("28.99")
    assert bill.refused("POST", "/bills/record-payment", body)[:2] == (422, "BDC_1151")
    body["payments"] = []
    assert bill.refused("POST", "/bills/record-payment", body)[2] == "payments: must not be empty"
    bill.switch(token_may_record_payment=False)
    assert bill.refused("POST", "/bills/record-payment", body)[:2] == (403, "BDC_1145")


def test_scheduled_and_paid_bills_are_not_edited_or_archived(bill: Any) -> None:
    made = bill.bill(bill.vendor()["id"])
    bill.screen("payments", bills=[{"billId": made["id"]}])
    path = f"/bills/{made['id']}"
    assert bill.refused("PATCH", path, {"dueDate": "2026-05-01"})[:2] == (422, "BDC_1143")
    assert bill.refused("POST", f"{path}/archive")[:2] == (422, "BDC_1143")
    bill.switch(edit_paid=True, archive_paid=True)
    assert bill.call("PATCH", path, {"dueDate": "2026-05-01"})["dueDate"] == "2026-05-01"
    assert bill.call("POST", f"{path}/archive")["recordStatus"] == "INACTIVE"


def test_a_credit_is_taken_off_a_bill_and_cannot_be_restored(bill: Any) -> None:
    vendor = bill.vendor()["id"]
    credit = bill.call("POST", "/vendor-credits", credit_body(vendor))
    assert (credit["amount"], credit["status"], credit["appliedAmount"]) == (50, "NOT_APPLIED", 0)
    used = [{"id": credit["id"], "amount": D("30")}]
    made = bill.bill(vendor, vendorCredits=used)
    assert (made["creditAmount"], made["dueAmount"]) == (30, D("198.99"))
    shown = bill.get(f"/vendor-credits/{credit['id']}")
    assert (shown["status"], shown["usage"]) == ("PARTIALLY_APPLIED", [{"billId": made["id"], "amount": 30}])
    assert bill.refused("POST", "/bills", bill.body(vendor, "B", vendorCredits=used))[:2] == (400, "BDC_1143")
    payment = bill.screen("payments", bills=[{"billId": made["id"]}], action="clear")
    assert payment["amount"] == D("198.99")
    assert payment["billPayments"][0]["vendorCredits"] == [{"id": credit["id"], "amount": 30}]
    assert bill.get(f"/bills/{made['id']}")["paymentStatus"] == "PAID"
    other = bill.call("POST", "/vendor-credits", credit_body(vendor))
    assert bill.call("POST", f"/vendor-credits/{other['id']}/archive")["archived"] is True
    assert bill.refused("POST", f"/vendor-credits/{other['id']}/restore")[:2] == (404, "BDC_1121")


def test_credits_in_bulk_are_all_or_nothing_unless_the_switch_says_otherwise(bill: Any) -> None:
    vendor = bill.vendor()["id"]
    rows = [credit_body(vendor), {**credit_body(vendor), "creditDate": None}]
    assert bill.refused("POST", "/vendor-credits/bulk", rows)[2] == "creditDate: must not be null"
    assert bill.get("/vendor-credits")["results"] == []
    bill.switch(bulk_all_or_nothing=False)
    made = bill.call("POST", "/vendor-credits/bulk", rows)["vendorCredits"]
    assert len(made) == 1
    changed = bill.call("PATCH", "/vendor-credits/bulk", [{"id": made[0]["id"], "description": "late"}])
    assert changed["vendorCredits"][0]["description"] == "late"


def test_classifications_are_listed_created_archived_and_can_be_off(bill: Any) -> None:
    base = "/classifications/chart-of-accounts"
    made = bill.call("POST", base, {"name": "Tools", "account": {"type": "EXPENSE", "number": "6700"}})
    assert made["id"].startswith("0ca")
    assert bill.refused("POST", base, {"name": "X", "account": {"type": "COST"}})[0] == 400
    assert bill.call("PATCH", f"{base}/{made['id']}", {"description": "Hand tools"})["name"] == "Tools"
    assert bill.call("POST", f"{base}/bulk/archive", params={"ids": made["id"]})["chartOfAccounts"][0]["archived"]
    line = {"amount": 1, "classifications": {"chartOfAccountId": made["id"]}}
    assert bill.refused("POST", "/bills", bill.body(bill.vendor()["id"], billLineItems=[line]))[1] == "BDC_1143"
    bill.call("POST", f"{base}/{made['id']}/restore")
    rows = bill.call("POST", "/classifications/departments/bulk", [{"name": "North"}, {"name": "South"}])
    assert [row["name"] for row in rows["departments"]] == ["North", "South"]
    bill.screen("organizations", id=bill.us, action="features", off=["accounting_classes"])
    assert bill.refused("GET", "/classifications/accounting-classes")[:2] == (403, "BDC_1145")
    assert bill.refused("GET", "/classifications/colours")[:2] == (404, "BDC_1121")


def test_an_invoice_is_written_in_one_shape_and_read_in_another(bill: Any) -> None:
    body = {
        "customer": {"name": "Meridian", "email": "ap@meridian.example"},
        "invoiceNumber": "S-1",
        "invoiceLineItems": [{"quantity": 2, "price": D("10.50"), "description": "Hours"}],
        "processingOptions": {"sendEmail": False},
    }
    made = bill.call("POST", "/invoices", body)
    assert (made["totalAmount"], made["status"], made["invoiceDate"]) == (D("21.00"), "OPEN", "2026-03-16")
    assert "customer" not in made
    customer = bill.get(f"/customers/{made['customerId']}")
    assert customer["name"] == "Meridian"
    assert bill.refused("POST", "/invoices", body)[:2] == (422, "BDC_1171")
    assert len(bill.get("/customers")["results"]) == 1
    bill.screen("invoices", id=made["id"], action="receive")
    assert bill.get(f"/invoices/{made['id']}")["status"] == "PAID_IN_FULL"
    assert bill.call("POST", f"/invoices/{made['id']}/archive")["archived"] is True
    assert bill.standin.store.get("invoices", made["id"])["_emailed"] is False
    memo = {"customerId": customer["id"], "referenceNumber": "CM", "creditDate": "2026-03-01",
            "creditMemoLineItems": [{"quantity": 1, "price": 5}]}  # fmt: skip
    assert bill.call("POST", "/credit-memos", memo)["status"] == "NOT_APPLIED"
