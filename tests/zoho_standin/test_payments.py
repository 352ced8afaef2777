from __future__ import annotations

from decimal import Decimal
from typing import Any

D = Decimal


def pay(books: Any, vendor: str, amount: Any, *parts: tuple[str, Any], **fields: Any) -> dict[str, Any]:
    applied = [{"bill_id": bill_id, "amount_applied": part} for bill_id, part in parts]
    body = {"vendor_id": vendor, "amount": amount, "date": "2026-03-15", "bills": applied, **fields}
    reply: dict[str, Any] = books.call("POST", "/vendorpayments", body)
    return reply


def shown(books: Any, bill_id: str) -> tuple[str, Any, Any]:
    bill = books.get(f"/bills/{bill_id}")["bill"]
    return bill["status"], bill["payment_made"], bill["balance"]


def test_one_payment_settles_several_bills(books: Any) -> None:
    vendor = books.vendor()
    one, two = (books.bill(vendor, number)["bill_id"] for number in ("B-1", "B-2"))
    reply = pay(books, vendor, 3000, (one, 2220), (two, 700))
    assert (reply["code"], reply["balance"], reply["payment_number"]) == (0, 80, 1)
    assert "vendorpayment" not in reply
    assert shown(books, one) == ("paid", 2220, 0)
    assert shown(books, two) == ("partially_paid", 700, 1520)
    detail = books.get(f"/vendorpayments/{reply['payment_id']}")["vendorpayment"]
    assert [(part["bill_number"], part["amount_applied"]) for part in detail["bills"]] == [("B-1", 2220), ("B-2", 700)]
    row = books.get("/vendorpayments")["vendorpayments"][0]
    assert row["bill_numbers"] == "B-1,B-2"
    assert "bills" not in row


def test_never_more_than_the_balance_nor_than_was_paid(books: Any) -> None:
    vendor, other = books.vendor(), books.vendor("Other AS")
    bill_id = books.bill(vendor)["bill_id"]
    assert pay(books, vendor, 3000, (bill_id, D("2220.01")))["code"] != 0
    assert pay(books, vendor, 3000, (bill_id, 2000), (bill_id, 1000))["code"] != 0
    assert pay(books, vendor, 100, (bill_id, 200))["code"] != 0
    assert pay(books, other, 100, (bill_id, 100))["code"] != 0
    assert shown(books, bill_id) == ("open", 0, 2220)
    assert books.get("/vendorpayments")["vendorpayments"] == []


def test_payment_is_taken_back_by_delete_unapply_and_update(books: Any) -> None:
    vendor = books.vendor()
    bill_id = books.bill(vendor)["bill_id"]
    payment = pay(books, vendor, 500, (bill_id, 500))
    part = payment["bills"][0]["bill_payment_id"]
    books.call("DELETE", f"/bills/{bill_id}/payments/{part}")
    assert shown(books, bill_id) == ("open", 0, 2220)
    assert books.get(f"/vendorpayments/{payment['payment_id']}")["vendorpayment"]["balance"] == 500
    excess = {"bill_payments": [{"payment_id": payment["payment_id"], "amount_applied": 200}]}
    books.call("POST", f"/bills/{bill_id}/credits", excess)
    assert shown(books, bill_id) == ("partially_paid", 200, 2020)
    body = {"vendor_id": vendor, "amount": 600, "bills": [{"bill_id": bill_id, "amount_applied": 600}]}
    books.call("PUT", f"/vendorpayments/{payment['payment_id']}", body)
    assert shown(books, bill_id) == ("partially_paid", 600, 1620)
    params = {"vendorpayment_id": payment["payment_id"], "bulk_delete": "true"}
    assert books.call("DELETE", "/vendorpayments", params=params)["code"] == 0
    assert shown(books, bill_id) == ("open", 0, 2220)


def test_whether_a_payment_moves_the_bills_modification_time_is_a_switch(books: Any) -> None:
    vendor = books.vendor()
    bill = books.bill(vendor)
    books.control("POST", "clock", {"advance_s": 60})
    books.switch(payment_bumps_bill=False)
    pay(books, vendor, 10, (bill["bill_id"], 10))
    after = books.get(f"/bills/{bill['bill_id']}")["bill"]
    assert after["last_modified_time"] == bill["last_modified_time"]
    books.switch(payment_bumps_bill=True)
    pay(books, vendor, 10, (bill["bill_id"], 10))
    assert books.get(f"/bills/{bill['bill_id']}")["bill"]["last_modified_time"] > bill["last_modified_time"]


def test_payment_upsert_records_money_once(books: Any) -> None:
    vendor = books.vendor()
    bill_id = books.bill(vendor)["bill_id"]
    headers = {
        "X-Unique-Identifier-Key": "cf_source_id",
        "X-Unique-Identifier-Value": "pay:1",
        "X-Upsert": "true",
    }
    body = {
        "vendor_id": vendor,
        "amount": 100,
        "bills": [{"bill_id": bill_id, "amount_applied": 100}],
        "custom_fields": [{"api_name": "cf_source_id", "value": "pay:1"}],
    }
    for _ in range(2):
        assert books.call("PUT", "/vendorpayments", body, headers=headers)["code"] == 0
    assert shown(books, bill_id) == ("partially_paid", 100, 2120)
    assert len(books.get("/vendorpayments")["vendorpayments"]) == 1


def test_vendor_credit_is_applied_up_to_its_balance_and_closes(books: Any) -> None:
    vendor = books.vendor()
    bill_id = books.bill(vendor)["bill_id"]
    body = {"vendor_id": vendor, "vendor_credit_number": "CN-1", "line_items": [books.line(100, 1)]}
    credit = books.call("POST", "/vendorcredits", body)["vendor_credit"]
    path = f"/vendorcredits/{credit['vendor_credit_id']}/bills"
    assert books.refused("POST", path, {"bills": [{"bill_id": bill_id, "amount_applied": 101}]})[0] == 400
    books.call("POST", path, {"bills": [{"bill_id": bill_id, "amount_applied": 100}]})
    bill = books.get(f"/bills/{bill_id}")["bill"]
    assert (bill["vendor_credits_applied"], bill["balance"], bill["status"]) == (100, 2120, "partially_paid")
    after = books.get(f"/vendorcredits/{credit['vendor_credit_id']}")["vendor_credit"]
    assert (after["status"], after["balance"]) == ("closed", 0)
    part = books.get(path)["bills_credited"][0]["vendor_credit_bill_id"]
    books.call("DELETE", f"{path}/{part}")
    assert shown(books, bill_id) == ("open", 0, 2220)
    assert books.refused("POST", "/vendorcredits", body)[0] == 400


def test_vendor_credits_have_no_upsert(books: Any) -> None:
    assert books.raw("PUT", "/vendorcredits", {}).status_code == 405


def test_banking_lock_stops_payments_but_not_bills(books: Any) -> None:
    vendor = books.vendor()
    lock = {"transaction_lock_module": "banking", "transaction_lock_date": "2026-03-31"}
    books.control("POST", "objects/transactionlocks", lock)
    bill_id = books.bill(vendor)["bill_id"]
    assert pay(books, vendor, 10, (bill_id, 10))["code"] != 0
    assert pay(books, vendor, 10, (bill_id, 10), date="2026-04-01")["code"] == 0


def test_customer_payment_settles_an_invoice(books: Any) -> None:
    customer = books.call("POST", "/contacts", {"contact_name": "Buyer Ltd"})["contact"]["contact_id"]
    line = {"name": "Advice", "rate": 50, "quantity": 2}
    invoice = books.call("POST", "/invoices", {"customer_id": customer, "line_items": [line]}, params={"send": "true"})[
        "invoice"
    ]
    assert (invoice["invoice_number"], invoice["status"], invoice["balance"]) == ("INV-000001", "sent", 100)
    body = {
        "customer_id": customer,
        "payment_mode": "cash",
        "amount": 100,
        "date": "2026-03-16",
        "invoices": [{"invoice_id": invoice["invoice_id"], "amount_applied": 100}],
    }
    assert books.call("POST", "/customerpayments", body)["message"] == "The payment has been created."
    assert books.get(f"/invoices/{invoice['invoice_id']}")["invoice"]["status"] == "paid"
    assert len(books.get(f"/invoices/{invoice['invoice_id']}/payments")["payments"]) == 1
    payment = books.get("/customerpayments")["customerpayments"][0]["payment_id"]
    part = {"invoice_id": invoice["invoice_id"], "amount_applied": 40}
    books.call("PUT", f"/customerpayments/{payment}", {**body, "invoices": [part]})
    after = books.get(f"/invoices/{invoice['invoice_id']}")["invoice"]
    assert (after["status"], after["balance"]) == ("partially_paid", 60)
    books.call("DELETE", f"/customerpayments/{payment}")
    assert books.get(f"/invoices/{invoice['invoice_id']}")["invoice"]["balance"] == 100
    books.switch(customerpayments_key="customer_payments")
    assert books.get("/customerpayments")["customer_payments"] == []


def test_expense_total_is_told_in_lists_and_amount_in_detail(books: Any) -> None:
    body = {
        "account_id": books.account("6100"),
        "paid_through_account_id": books.account("1010"),
        "date": "2026-03-10",
        "amount": 100,
        "tax_id": books.tax("20"),
    }
    reply = books.call("POST", "/expenses", body)
    assert reply["message"] == "The expense has been recorded."
    row = books.get("/expenses")["expenses"][0]
    assert (row["total"], "amount" in row, "account_id" in row) == (120, False, False)
    assert books.get(f"/expenses/{row['expense_id']}")["expense"]["amount"] == 100


def test_excess_is_applied_only_as_far_as_it_goes(books: Any) -> None:
    vendor = books.vendor()
    bill_id = books.bill(vendor)["bill_id"]
    payment = pay(books, vendor, 100)["payment_id"]
    part = {"payment_id": payment, "amount_applied": 60}
    assert books.refused("POST", f"/bills/{bill_id}/credits", {"bill_payments": [part, part]})[0] == 400
    assert shown(books, bill_id) == ("open", 0, 2220)
    books.call("POST", f"/bills/{bill_id}/credits", {"bill_payments": [part]})
    assert shown(books, bill_id) == ("partially_paid", 60, 2160)
